"""Kills and faults with real guests: at least one kill in each task of booting, attaching, detaching and deleting."""
import itertools
import os
import signal

import pytest
import requests

from census import assert_same_disk, leftovers
from failing_cloud import HALVES, FailingCloud
from harness.guests import FLAVOR, LOGIN, GuestReaper, server_files, taps_of, upload_guest
from harness.resources import Resources, blank, device

BACKGROUND = ("reconcile_host.", "sync_power_state.")


@pytest.fixture(scope="module")
def cloud():
    # More memory than there is, so that it is libvirt and not the scheduler that refuses a huge guest.
    with GuestReaper():
        settings = {"compute.memory_mib": 1 << 40, "quota.ram_mib": -1}
        running = FailingCloud("libvirt", settings).with_two_backends().start()
        yield running
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("guest", **FLAVOR)


@pytest.fixture(scope="module")
def guest_image(api):
    return upload_guest(api)


@pytest.fixture(autouse=True)
def whole(cloud, api):
    """A test that failed leaves nothing to the next one."""
    yield
    for half in HALVES:
        cloud.arm_file(half).unlink(missing_ok=True)
        if half not in cloud.processes or cloud.processes[half].poll() is not None:
            cloud.processes.pop(half, None)
            cloud.start_half(half)
    cloud.wait_ready()
    for server in api.servers():
        api.delete_server(server["id"])
    api.wait(lambda: not api.servers(), "servers are gone", api.servers)
    for snapshot in api.snapshots():
        api.delete_snapshot(snapshot["id"])
    api.wait(lambda: not api.snapshots(), "snapshots are gone", api.snapshots)
    for volume in api.volumes():
        api.delete_volume(volume["id"])
    api.wait(lambda: not api.volumes(), "volumes are gone", api.volumes)


class Life:
    """The life of one server: each of its phases may be cut by a kill, and must end as if there had been none."""

    def __init__(self, cloud, api, flavor, body):
        self.cloud, self.api, self.flavor, self.body = cloud, api, flavor, body
        self.server = None

    def begin_boot(self):
        self.server = None
        self.server = self.api.server("life", self.flavor, **self.body)

    def end_boot(self):
        self.api.wait_flows(self.server)
        self.api.wait_server(self.server)
        assert len(self.cloud.guest_processes()) == 1
        assert len(self.api.ports()) == 1 and len(taps_of(self.api.ports())) == 1
        assert len(self.api.volumes()) == len(self.body.get("devices", []))

    def begin_attach(self):
        self.api.attach(self.server, self.spare)

    def end_attach(self):
        self.api.wait_flows(self.server)
        self.api.wait_volume(self.spare, "in-use")
        assert self.api.attached_volumes(self.server) == [self.spare]

    def begin_detach(self):
        self.api.detach(self.server, self.spare)

    def end_detach(self):
        self.api.wait_flows(self.server)
        self.api.wait_volume(self.spare, "available")
        assert self.api.attached_volumes(self.server) == []

    def begin_snapshot(self):
        self.snapshot = self.api.snapshot("online", self.spare, force=True)

    def end_snapshot(self):
        self.api.wait_status(lambda: self.api.show_snapshot(self.snapshot), "available", "snapshot")
        self.end_online(self.snapshot)

    def begin_drop(self):
        self.api.delete_snapshot(self.snapshot)

    def end_drop(self):
        self.api.wait_gone(lambda: self.api.show_snapshot(self.snapshot), "snapshot")
        self.end_online(self.snapshot)

    def begin_extend(self):
        self.size = self.api.show_volume(self.spare)["size"] + 1
        self.api.extend(self.spare, self.size)

    def end_extend(self):
        self.end_online(self.spare)
        assert self.api.show_volume(self.spare)["size"] == self.size
        self.api.wait_console(self.server, f"VIRGA-GUEST-DISK vdb {self.size << 21}")

    def begin_move(self):
        self.target = other_backend(self.api, self.spare)
        self.api.volume_action(self.spare, "os-migrate_volume", {"host": self.target})

    def end_move(self):
        self.end_online(self.spare)
        found = self.api.show_volume(self.spare)
        assert found["os-vol-host-attr:host"].startswith(self.target) and found["migration_status"] == "success"

    def begin_clone(self):
        self.clone = self.api.volume("clone", self.api.show_volume(self.spare)["size"], source_volid=self.spare)

    def end_clone(self):
        self.api.wait_volume(self.clone)
        self.end_online(self.clone)

    def begin_unclone(self):
        self.api.delete_volume(self.clone)

    def end_unclone(self):
        self.api.wait_gone(lambda: self.api.show_volume(self.clone), "clone")
        self.api.wait_flows(self.clone)
        self.end_online(self.spare)  # what they shared becomes its own

    def end_online(self, resource):
        self.api.wait_flows(resource)
        self.api.wait_volume(self.spare, "in-use")

    def begin_delete(self):
        self.ports = self.api.ports()
        self.api.delete_server(self.server)

    def end_delete(self):
        self.api.wait_gone(lambda: self.api.show_server(self.server), "server")
        self.api.wait_flows(self.server)
        self.api.wait(lambda: not self.api.volumes(), "volumes of the server are gone")
        assert self.cloud.guest_processes() == []
        assert taps_of(self.ports) == []
        assert server_files(self.cloud) == []

    def was_accepted(self, phase):
        """Whether a request whose reply was lost was accepted."""
        if phase == "boot":
            found = [server["id"] for server in self.api.servers()]
            assert len(found) < 2, "one request made two servers"
            self.server = found[0] if found else None
            return bool(found)
        if phase == "snapshot":
            self.snapshot = next((item["id"] for item in self.api.snapshots()), None)
            return self.snapshot is not None
        if phase == "clone":
            self.clone = next((item["id"] for item in self.api.volumes() if item["name"] == "clone"), None)
            return self.clone is not None
        if phase == "drop":
            found = self.api.show_snapshot(self.snapshot)
            return found is None or found["status"] == "deleting"
        if phase == "move":
            found = self.api.show_volume(self.spare)
            moves = found["migration_status"] in ("starting", "migrating", "completing")
            return moves or found["os-vol-host-attr:host"].startswith(self.target)
        if phase == "unclone":
            found = self.api.show_volume(self.clone)
            return found is None or found["status"] == "deleting"
        if phase == "extend":
            return self.api.show_volume(self.spare)["size"] == self.size
        return len(self.api.flows(self.server)) > self.flows_before

    def pass_phase(self, phase, kill=None):
        """`kill`: (half, point). Returns the points that were passed."""
        mark = self.cloud.mark()
        if kill:
            self.cloud.arm(kill[0], f"{kill[1]}:exit")
        self.flows_before = len(self.api.flows(self.server)) if self.server else 0
        lost = False
        try:
            getattr(self, f"begin_{phase}")()
        except requests.RequestException:
            lost = True
        if kill:
            assert self.cloud.died(kill[0], 30), f"{kill} was not passed in {phase}"
            self.cloud.revive(kill[0])
        if lost and not self.was_accepted(phase):
            getattr(self, f"begin_{phase}")()
        getattr(self, f"end_{phase}")()
        assert self.cloud.differences() == [], f"{phase}, killed at {kill}"
        assert leftovers(self.cloud) == []
        return kill_points(self.cloud, mark)

    def kill_in_each_task(self, first, second, done=()):
        """Goes through two phases again and again, with a kill in each task of both but those that are done."""
        firsts = [kill for kill in self.pass_phase(first) if kill not in done]
        seconds = [kill for kill in self.pass_phase(second) if kill not in done]
        for kills in itertools.zip_longest(firsts, seconds):
            self.pass_phase(first, kills[0])
            self.pass_phase(second, kills[1])
        return firsts + seconds


def other_backend(api, volume):
    at_first = api.show_volume(volume)["os-vol-host-attr:host"].startswith("host-1@local")
    return "host-1@second" if at_first else "host-1@local"


def kill_points(cloud, mark):
    """One point for each task and one for each command of a host."""
    chosen = {}
    for point in cloud.passed("control", mark):
        if point.endswith(".after") and not point.startswith(BACKGROUND):
            chosen[point] = ("control", point)
    for point in cloud.passed("host", mark):
        if point.startswith(("host.", "virt.")) and "fetch" not in point:
            chosen[point.rsplit(".", 1)[0]] = ("host", point)
    return list(chosen.values())


def test_kill_in_each_task_of_booting_and_deleting(cloud, api, flavor, guest_image):
    done = Life(cloud, api, flavor, {"image": guest_image}).kill_in_each_task("boot", "delete")
    assert len(done) >= 16, done
    volumes = [device("image", guest_image, volume_size=1), blank()]
    more = Life(cloud, api, flavor, {"devices": volumes}).kill_in_each_task("boot", "delete", done)
    assert len(more) >= 8, more


def test_kill_in_each_task_of_attaching_and_detaching(cloud, api, flavor, guest_image):
    life = Life(cloud, api, flavor, {"image": guest_image})
    life.pass_phase("boot")
    api.wait_console(life.server, LOGIN)  # before, nobody in the guest would let go of a disk
    life.spare = api.ready_volume("spare")
    done = life.kill_in_each_task("attach", "detach")
    assert len(done) >= 7, done
    api.delete_volume(life.spare)
    life.pass_phase("delete")


def test_kill_in_each_task_of_work_on_a_volume_in_use(cloud, api, flavor, guest_image):
    life = Life(cloud, api, flavor, {"image": guest_image})
    life.pass_phase("boot")
    api.wait_console(life.server, LOGIN)
    life.spare = api.ready_volume("spare")
    life.pass_phase("attach")
    done = life.kill_in_each_task("snapshot", "drop")
    assert len(done) >= 8, done
    done += life.kill_in_each_task("clone", "unclone", done)
    done += life.kill_in_each_task("extend", "extend", done)
    assert len(done) >= 14, done
    life.pass_phase("detach")
    api.delete_volume(life.spare)
    life.pass_phase("delete")


def test_kill_in_each_task_of_a_move(cloud, api, flavor, guest_image):
    life = Life(cloud, api, flavor, {"image": guest_image})
    life.pass_phase("boot")
    life.spare = api.ready_volume("spare")
    life.pass_phase("attach")
    done = life.kill_in_each_task("move", "move")
    assert len(done) >= 20, done
    api.wait_console(life.server, LOGIN)
    life.pass_phase("detach")
    api.delete_volume(life.spare)
    life.pass_phase("delete")


@pytest.mark.parametrize("halves", [["host"], ["control"], ["host", "control"]], ids="+".join)
def test_kill_in_the_middle_of_a_move(cloud, api, flavor, guest_image, long_image, halves):
    with open(long_image, "rb") as data:
        image = api.image("long", data)
    server = api.active_server("mover", flavor, guest_image)
    volume = api.ready_volume("long", 1, imageRef=image)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    target = other_backend(api, volume)
    folder = cloud.state / "host" / ("volumes" if target == "host-1@local" else "volumes-second")
    copy = folder / f"volume-{volume}"
    guests = cloud.guest_processes()
    api.volume_action(volume, "os-migrate_volume", {"host": target})
    api.wait(lambda: copy.exists() and copy.stat().st_blocks * 512 > 8 << 20, "the copy has begun")
    for half in halves:
        cloud.kill(half)
    cloud.revive(*halves)
    api.wait_flows(volume)
    found = api.wait_volume(volume, "in-use")
    assert (found["migration_status"], found["os-vol-host-attr:host"].split("#")[0]) == ("success", target)
    assert cloud.guest_processes() == guests, "the guest was not left alone"
    assert cloud.differences() == []
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    assert_same_disk(copy, "raw", long_image)
    api.delete_volume(volume)
    api.delete_image(image)


def test_a_guest_whose_boot_was_killed_reaches_its_login(cloud, api, flavor, guest_image):
    cloud.arm("host", "host.spawn.done:exit")
    server = api.server("login", flavor, guest_image)
    assert cloud.died("host", 30)
    cloud.revive("host")
    api.wait_server(server)
    api.wait_console(server, LOGIN)
    processes = cloud.guest_processes()
    assert len(processes) == 1
    for half in ("control", "host"):
        cloud.kill(half)
    cloud.revive("control", "host")
    api.wait_server(server)
    assert cloud.guest_processes() == processes, "the guest was not left alone"
    assert_deleted(cloud, api, server)


def assert_deleted(cloud, api, server):
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences, 20)
    assert api.ports() == [] and api.attachments() == [] and cloud.guest_processes() == []
    assert server_files(cloud) == [] and leftovers(cloud) == []


def assert_error(api, server, *words):
    api.wait_server(server, "ERROR")
    api.wait_flows(server)
    fault = api.show_server(server)["fault"]
    text = (fault["message"] + " " + fault.get("details", "")).lower()
    assert any(word in text for word in words), fault


def stored_data(cloud, size):
    found = [path for path in (cloud.state / "control").rglob("*") if path.is_file() and path.stat().st_size == size]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("halves", [["host"], ["control"], ["host", "control"]], ids="+".join)
def test_kill_in_the_middle_of_fetching_an_image(cloud, api, flavor, long_image, halves):
    with open(long_image, "rb") as data:
        image = api.image("long", data)
    server = api.server("long", flavor, image)
    base = cloud.state / "host" / "instances" / "_base"
    api.wait(lambda: [path for path in base.glob("*.part") if path.stat().st_size > 0], "the copy has begun")
    for half in halves:
        cloud.kill(half)
    cloud.revive(*halves)
    api.wait_server(server)
    assert leftovers(cloud) == [] and len(cloud.guest_processes()) == 1
    copy = max(base.iterdir(), key=lambda path: path.stat().st_mtime if path.suffix == "" else 0)
    with open(copy, "rb") as made, open(long_image, "rb") as wanted:
        while chunk := wanted.read(1 << 20):
            assert made.read(len(chunk)) == chunk, "the cached image differs from the image"
    assert_deleted(cloud, api, server)
    api.delete_image(image)


def test_a_guest_that_dies_at_its_start(cloud, api, flavor, guest_image):
    point = "boot_server.virt.libvirt.spawn.after"
    # Not held: the host needs a moment to see that the guest has ended, and the boot goes on by itself then.
    cloud.arm("control", f"{point}:delay=3000")
    mark = cloud.mark()
    server = api.server("dying", flavor, guest_image)
    cloud.wait_point("control", point, mark)
    for guest in cloud.guest_processes():
        os.kill(guest, signal.SIGKILL)
    assert_error(api, server, "ended", "guest")
    assert_deleted(cloud, api, server)


def test_libvirt_refuses_a_guest(cloud, api, guest_image):
    huge = api.flavor("huge", ram=64 << 20, disk=1)
    server = api.server("huge", huge, guest_image)
    assert_error(api, server, "memory", "qemu", "libvirt", "guest")
    assert_deleted(cloud, api, server)


def test_image_data_vanishes_in_the_boot(cloud, api, flavor):
    image = api.image("vanishing", os.urandom((1 << 20) + 512))
    point = "boot_server.virt.libvirt.imagecache.fetch_image.before"
    with cloud.held("control", point):
        mark = cloud.mark()
        server = api.server("vanishing", flavor, image)
        cloud.wait_point("control", point, mark)
        data = stored_data(cloud, (1 << 20) + 512)
        content = data.read_bytes()
        owner = data.stat()
        data.unlink()
    assert_error(api, server, "image", "not found", "no data")
    data.write_bytes(content)
    os.chown(data, owner.st_uid, owner.st_gid)
    assert_deleted(cloud, api, server)
    api.delete_image(image)


def test_corrupt_image(cloud, api, flavor):
    image = api.image("corrupt", os.urandom((1 << 20) + 1024))
    with open(stored_data(cloud, (1 << 20) + 1024), "r+b") as data:
        data.seek(1 << 19)
        byte = data.read(1)
        data.seek(1 << 19)
        data.write(bytes([byte[0] ^ 1]))
    server = api.server("corrupt", flavor, image)
    assert_error(api, server, "checksum", "sha512", "corrupt")
    assert_deleted(cloud, api, server)
    api.delete_image(image)


def test_disk_of_servers_is_full(api, cloud, flavor, small_file_system):
    """The folder of servers is replaced by a small file system while the host is down."""
    instances = cloud.state / "host" / "instances"
    cloud.stop_half("host")
    kept = instances.with_name("instances.kept")
    instances.rename(kept)
    instances.symlink_to(small_file_system)
    try:
        cloud.revive("host")
        image = api.image("large", os.urandom(24 << 20))
        server = api.server("large", flavor, image)
        assert_error(api, server, "space", "full", "no valid host", "room")
        api.delete_server(server)
        api.wait_gone(lambda: api.show_server(server), "server")
        api.wait_flows(server)
        assert [path for path in small_file_system.rglob("*") if path.is_file() and path.stat().st_blocks > 64] == []
        api.delete_image(image)
    finally:
        if "host" in cloud.processes:
            cloud.stop_half("host")
        instances.unlink()
        kept.rename(instances)
        cloud.revive("host")
    assert cloud.differences() == []
