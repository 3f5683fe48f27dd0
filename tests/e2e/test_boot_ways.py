"""The four ways to boot, from the upload of the image to the last delete."""
import os
import re
import signal
import subprocess

import pytest

from harness.cloud import GUEST_IMAGE, PROGRAM
from harness.guests import LOGIN, taps_of

WAYS = ("a", "b", "c", "d")
BLANK = "source_type=blank,destination_type=volume,volume_size=1,delete_on_termination=true"
BLANK_SEEN = "VIRGA-GUEST-DISK vdb 2097152"  # sectors of 512 bytes


@pytest.fixture(scope="module")
def sources(cloud, api):
    """Image, bootable volume and snapshot, made by the client."""
    image = cloud.openstack("image", "create", "--file", GUEST_IMAGE, "--disk-format", "qcow2",
                            "--container-format", "bare", "guest")
    flavor = cloud.openstack("flavor", "create", "--ram", "128", "--disk", "1", "--vcpus", "1", "guest")
    volume = cloud.openstack("volume", "create", "--image", "guest", "--size", "1", "root")
    api.wait_volume(volume["id"])
    snapshot = cloud.openstack("volume", "snapshot", "create", "--volume", "root", "root-snapshot")
    api.wait_status(lambda: api.show_snapshot(snapshot["id"]), "available", "snapshot")
    return {"image": image["id"], "flavor": flavor["id"], "volume": volume["id"], "snapshot": snapshot["id"]}


@pytest.fixture(scope="module")
def servers(cloud, sources):
    """Way -> server, as `openstack server create --wait` showed it."""
    options = {"a": ["--volume", "root"], "b": ["--image", "guest"],
               "c": ["--image", "guest", "--boot-from-volume", "1", "--block-device", BLANK],
               "d": ["--snapshot", "root-snapshot"]}
    return {way: cloud.openstack("server", "create", "--flavor", "guest", *options[way], "--wait", f"way-{way}")
            for way in WAYS}


def console(cloud, server):
    return cloud.openstack("console", "log", "show", server, parse=False)


@pytest.mark.parametrize("way", WAYS)
def test_server_becomes_active(servers, api, way):
    """The client's --wait ends well even when the server went to ERROR, so the status is looked at."""
    shown = api.show_server(servers[way]["id"])
    assert servers[way]["status"] == "ACTIVE" and shown["status"] == "ACTIVE", shown.get("fault")
    assert shown["OS-EXT-STS:power_state"] == 1 and shown["OS-EXT-STS:task_state"] is None
    assert len(shown["addresses"]) == 1


@pytest.mark.parametrize("way", WAYS)
def test_guest_prints_its_login(cloud, servers, api, way):
    api.wait_console(servers[way]["id"], LOGIN)
    assert LOGIN in console(cloud, f"way-{way}")


@pytest.mark.parametrize("way, volumes", [("a", 1), ("b", 0), ("c", 2), ("d", 1)])
def test_volumes_of_each_way(cloud, servers, api, sources, way, volumes):
    attached = api.attached_volumes(servers[way]["id"])
    assert len(attached) == volumes
    assert all(api.show_volume(volume)["status"] == "in-use" for volume in attached)
    assert (sources["volume"] in attached) == (way == "a")


def test_guest_sees_the_blank_volume(servers, api):
    api.wait_console(servers["c"]["id"], BLANK_SEEN)
    assert BLANK_SEEN not in api.console(servers["b"]["id"])


def test_trace_puts_the_ways_side_by_side(cloud, servers):
    ids = [servers[way]["id"] for way in WAYS]
    done = subprocess.run([PROGRAM, "trace", *ids, "--state-dir", str(cloud.state)], capture_output=True, text=True,
                          timeout=60, check=True)
    table, *decisions = re.split(r"\n(?=[a-d]\) )", done.stdout)
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines() if line.split()}
    assert all(len(decision) > 40 for decision in decisions) and len(decisions) == 4
    for task in ("compute.api.create", "conductor.schedule", "compute.manager.build_networks", "virt.libvirt.spawn"):
        assert "-" not in rows[task], f"{task} ran in every way\n{table}"
    fetched = rows["virt.libvirt.imagecache.fetch_image"]
    assert [cell == "-" for cell in fetched] == [True, False, True, True], table
    for way, text in zip(WAYS, decisions):
        booted = "booted_from_volume = false" if way == "b" else "booted_from_volume = true"
        assert booted in text, f"{way}: {text}"
    assert "create then attach" in decisions[2] and "create then attach" in decisions[3]
    assert "attach only" in decisions[0]


def test_trace_of_one_server_tells_the_decisions(cloud, servers):
    done = subprocess.run([PROGRAM, "trace", servers["c"]["id"], "--state-dir", str(cloud.state)], capture_output=True,
                          text=True, timeout=60, check=True)
    for text in ("boot_server: succeeded", "DriverVolImageBlockDevice", "DriverVolBlankBlockDevice",
                 "CreateVolumeFromSpec"):
        assert text.lower() in done.stdout.lower(), done.stdout


def test_server_event_list_and_show(cloud, servers):
    events = cloud.openstack("server", "event", "list", servers["c"]["id"])
    assert [event["Action"] for event in events] == ["create"]
    shown = cloud.openstack("server", "event", "show", servers["c"]["id"], events[0]["Request ID"])
    text = str(shown["events"])
    assert "virt.libvirt.spawn" in text and "Success" in text, shown


def test_image_save_gives_back_what_was_uploaded(cloud, sources, tmp_path):
    saved = tmp_path / "saved.qcow2"
    cloud.openstack("image", "save", "--file", saved, "guest", parse=False)
    with open(GUEST_IMAGE, "rb") as wanted:
        assert saved.read_bytes() == wanted.read()


def test_hotplug_is_seen_by_the_guest(cloud, servers, api):
    server = servers["b"]["id"]
    api.wait_console(server, LOGIN)
    volume = cloud.openstack("volume", "create", "--size", "1", "hotplug")["id"]
    api.wait_volume(volume)
    cloud.openstack("server", "add", "volume", server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, BLANK_SEEN)
    cloud.openstack("server", "remove", "volume", server, volume, parse=False)
    api.wait_volume(volume, "available")
    api.wait_console(server, "VIRGA-GUEST-DISK vdb removed")
    cloud.openstack("volume", "delete", volume, parse=False)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


@pytest.mark.parametrize("way", ["a", "b"])
def test_stop_and_start_keep_the_disk(cloud, servers, api, way):
    server = servers[way]["id"]
    api.wait_console(server, LOGIN)
    cloud.openstack("server", "stop", server, parse=False)
    api.wait_server(server, "SHUTOFF", 120)
    assert not any(server.encode() in command_line(pid) for pid in cloud.guest_processes())
    cloud.openstack("server", "start", server, parse=False)
    api.wait_server(server)
    api.wait_console(server, "VIRGA-GUEST-BOOT 2")


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            return words.read()
    except FileNotFoundError:
        return b""


@pytest.mark.parametrize("kind, boot", [("--soft", 3), ("--hard", 4)])
def test_reboot(cloud, servers, api, kind, boot):
    server = servers["b"]["id"]
    api.wait_console(server, f"VIRGA-GUEST-BOOT {boot - 1}")
    wait_logins(api, server, f"VIRGA-GUEST-BOOT {boot - 1}")
    cloud.openstack("server", "reboot", kind, "--wait", server, parse=False)
    api.wait_server(server)
    api.wait_console(server, f"VIRGA-GUEST-BOOT {boot}")


def wait_logins(api, server, boot):
    """The login that follows a boot: a soft reboot needs a guest that listens to its power button."""
    api.wait(lambda: LOGIN in api.console(server).split(boot, 1)[-1], f"login after {boot}",
             lambda: api.console(server)[-2000:], 180)


def test_restart_of_both_halves_leaves_guests_alone(cloud, servers, api):
    before = sorted(cloud.guest_processes())
    assert len(before) == 4
    for half in ("control", "host"):
        cloud.kill(half)
    assert sorted(cloud.guest_processes()) == before
    cloud.start_half("control")
    cloud.start_half("host")
    cloud.wait_ready()
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences, 20)
    assert sorted(cloud.guest_processes()) == before
    for way in WAYS:
        api.wait_server(servers[way]["id"])
    for half in ("control", "host"):
        cloud.stop_half(half)
    assert sorted(cloud.guest_processes()) == before
    cloud.start_half("host")
    cloud.start_half("control")
    cloud.wait_ready()
    for way in WAYS:
        api.wait_server(servers[way]["id"])
    assert sorted(cloud.guest_processes()) == before


def test_guest_whose_process_dies_is_shut_off(cloud, servers, api):
    server = servers["d"]["id"]
    mine = [pid for pid in cloud.guest_processes() if server.encode() in command_line(pid)]
    assert len(mine) == 1
    os.kill(mine[0], signal.SIGKILL)
    api.wait_server(server, "SHUTOFF")
    assert api.show_server(server)["OS-EXT-STS:vm_state"] == "stopped"
    cloud.openstack("server", "start", server, parse=False)
    api.wait_server(server)
    api.wait_console(server, "VIRGA-GUEST-BOOT 2")


def test_console_of_the_last_lines(cloud, servers, api):
    whole = api.console(servers["c"]["id"]).splitlines()
    assert len(whole) > 10
    assert 1 <= len(api.console(servers["c"]["id"], 5).rstrip("\n").split("\n")) <= 5
    assert cloud.openstack("console", "log", "show", "--lines", "5", servers["c"]["id"], parse=False).strip()


def test_everything_can_be_deleted(cloud, servers, api, sources, nothing_is_left):
    ports = api.ports()
    assert len(taps_of(ports)) == 4
    cloud.openstack("server", "delete", "--wait", *[servers[way]["id"] for way in WAYS], parse=False)
    assert cloud.openstack("server", "list") == []
    # The root volumes of (c) and (d) were not to be deleted with their servers, the blank one was.
    volumes = {volume["id"]: volume for volume in api.volumes()}
    assert len(volumes) == 3 and all(volume["status"] == "available" for volume in volumes.values()), volumes
    cloud.openstack("volume", "snapshot", "delete", "root-snapshot", parse=False)
    api.wait_gone(lambda: api.show_snapshot(sources["snapshot"]), "snapshot")
    cloud.openstack("volume", "delete", *volumes, parse=False)
    api.wait(lambda: not api.volumes(), "volumes are gone", api.volumes)
    cloud.openstack("image", "delete", "guest", parse=False)
    nothing_is_left(ports)
