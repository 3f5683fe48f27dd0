"""Volumes move between two backends of a host."""
import json
import subprocess
import uuid

import pytest

from harness.cloud import Cloud, wait_for
from harness.keys import assert_not_told, encrypted_type, passphrases
from harness.resources import ApiError, Resources
from harness.volumes import NOWHERE, call, show

HERE, THERE = "host-1@local#local", "host-1@second#second"


@pytest.fixture(scope="module")
def cloud():
    running = Cloud().with_two_backends(format="qcow2").start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def types(cloud):
    """For each backend one, and one for both."""
    made = {}
    for name, specs in (("local", {"volume_backend_name": "local"}), ("second", {"volume_backend_name": "second"}), ("any", {})):
        body = {"volume_type": {"name": f"{name}-{uuid.uuid4().hex}", "extra_specs": specs}}
        made[name] = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]["name"]
    return made


@pytest.fixture
def volume(cloud, types, volumes):
    """On the first backend, of a type that may be on both."""
    made = volumes(size=1, volume_type=types["local"])
    retype(cloud, made, types["any"])
    wait_for(lambda: show(cloud, made)["status"] == "available", 30, "retype")
    return made


@pytest.fixture(scope="module")
def server(api):
    image = api.image("move", b"x" * 65536)
    made = api.active_server("move", api.flavor("move", ram=64, disk=1), image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    api.delete_image(image)


def act(cloud, volume, name, expect=202, version="3.70", token=None, **fields):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: fields}, version=version, token=token, expect=expect)


def migrate(cloud, volume, host, expect=202, **fields):
    return act(cloud, volume, "os-migrate_volume", expect, host=host, **fields)


def retype(cloud, volume, new_type, expect=202, **fields):
    return act(cloud, volume, "os-retype", expect, new_type=new_type, **fields)


def moved(cloud, volume):
    """The volume when its move has ended."""
    ended = wait_for(lambda: (lambda v: v if v["migration_status"] in ("success", "error") else None)(show(cloud, volume)),
                     60, "move ends")
    assert ended["os-vol-mig-status-attr:migstat"] == ended["migration_status"]
    return ended


def disk(cloud, volume):
    """Path and format, as the backend's record says."""
    file, = (cloud.state / "host").glob(f"volumes*/volume-{volume}")
    return file, "qcow2" if file.read_bytes()[:4] == b"QFI\xfb" else "raw"


def qemu_io(cloud, volume, command):
    path, disk_format = disk(cloud, volume)
    done = subprocess.run(["qemu-io", "-f", disk_format, "-c", command, str(path)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "verification failed" not in done.stdout, done.stdout + done.stderr


def test_there_and_back(cloud, volume):
    qemu_io(cloud, volume, "write -P 0x5a 1M 64k")
    before = show(cloud, volume)
    assert before["os-vol-host-attr:host"] == HERE and before["migration_status"] is None
    migrate(cloud, volume, "host-1@second")
    after = moved(cloud, volume)
    assert (after["migration_status"], after["status"]) == ("success", "available")
    assert after["os-vol-host-attr:host"] == THERE
    assert {key: after[key] for key in ("id", "name", "size", "volume_type", "user_id", "metadata")} == {
        key: before[key] for key in ("id", "name", "size", "volume_type", "user_id", "metadata")}
    path, disk_format = disk(cloud, volume)
    assert path.parent.name == "volumes-second" and disk_format == "qcow2"
    qemu_io(cloud, volume, "read -P 0x5a 1M 64k")
    qemu_io(cloud, volume, "read -P 0 900M 64k")
    migrate(cloud, volume, HERE, lock_volume=True, force_host_copy=True)
    assert moved(cloud, volume)["os-vol-host-attr:host"] in (HERE, THERE)
    wait_for(lambda: show(cloud, volume)["os-vol-host-attr:host"] == HERE, 60, "back")
    wait_for(lambda: show(cloud, volume)["status"] == "available", 60, "available")
    qemu_io(cloud, volume, "read -P 0x5a 1M 64k")
    tasks = [task for flow in cloud.trace(volume) for task in flow["tasks"]]
    assert any("from host-1@local to host-1@second" in task["decision"] for task in tasks)
    assert any("at rest: copied" in task["decision"] for task in tasks)
    listed = call(cloud, "GET", "/volumes/detail?migration_status=success", expect=200).json()["volumes"]
    assert volume in [item["id"] for item in listed]
    assert call(cloud, "GET", "/volumes/detail?migration_status=error", expect=200).json()["volumes"] == []


def test_what_is_refused(cloud, types, volume, volumes, stranger):
    def refused(**fields):
        return act(cloud, volume, "os-migrate_volume", 400, **fields).json()["badRequest"]["message"]
    assert "already" in refused(host=HERE)
    assert "no storage backend" in refused(host="host-1@third")
    assert "no storage backend" in refused(host="host-9@local")
    assert "host" in refused() and "host" in refused(host="")
    assert "cluster" in refused(cluster="c")
    assert "cluster" in refused(cluster="c", host=THERE)
    assert "force_host_copy" in refused(host=THERE, force_host_copy="perhaps")
    assert "lock_volume" in refused(host=THERE, lock_volume="perhaps")
    bound = volumes(size=1, volume_type=types["local"])
    message = migrate(cloud, bound, THERE, 400).json()["badRequest"]["message"]
    assert "volume_backend_name" in message
    for policy in ({}, {"migration_policy": "never"}):
        message = retype(cloud, bound, types["second"], 400, **policy).json()["badRequest"]["message"]
        assert "on-demand" in message and "new_type" in message
    act(cloud, volume, "os-migrate_volume_completion", 400, new_volume=NOWHERE)
    call(cloud, "PUT", "/os-services/disable", {"binary": "cinder-volume", "host": "host-1@second"}, expect=200)
    assert "disabled" in migrate(cloud, volume, THERE, 400).json()["badRequest"]["message"]
    call(cloud, "PUT", "/os-services/enable", {"binary": "cinder-volume", "host": "host-1@second"}, expect=200)
    snapshot = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    wait_for(lambda: call(cloud, "GET", f"/snapshots/{snapshot}").json()["snapshot"]["status"] == "available", 30, "snapshot")
    assert "snapshots" in migrate(cloud, volume, THERE, 400).json()["badRequest"]["message"]
    assert "snapshots" in retype(cloud, volume, types["second"], 400, migration_policy="on-demand").text
    assert show(cloud, volume)["migration_status"] is None and show(cloud, volume)["status"] == "available"


def test_users_may_not_migrate(cloud, stranger):
    made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=stranger, expect=202).json()["volume"]["id"]
    wait_for(lambda: show(cloud, made)["status"] == "available", 30, "volume")
    act(cloud, made, "os-migrate_volume", 403, host=THERE, token=stranger)
    shown = call(cloud, "GET", f"/volumes/{made}", token=stranger, expect=200).json()["volume"]
    assert "migration_status" not in shown
    call(cloud, "DELETE", f"/volumes/{made}", expect=202)
    wait_for(lambda: call(cloud, "GET", f"/volumes/{made}").status_code == 404, 30, "volume is gone")


def test_retype_on_demand(cloud, types, volumes):
    volume = volumes(size=1, volume_type=types["local"])
    qemu_io(cloud, volume, "write -P 0x66 10M 64k")
    retype(cloud, volume, types["second"], migration_policy="on-demand")
    after = moved(cloud, volume)
    assert (after["volume_type"], after["status"], after["os-vol-host-attr:host"]) == (types["second"], "available", THERE)
    qemu_io(cloud, volume, "read -P 0x66 10M 64k")


def test_openstack_client(cloud, types, volume):
    cloud.openstack("volume", "migrate", "--host", THERE, volume, parse=False)
    assert moved(cloud, volume)["os-vol-host-attr:host"] == THERE
    cloud.openstack("volume", "set", "--type", types["local"], "--retype-policy", "on-demand", volume, parse=False)
    wait_for(lambda: show(cloud, volume)["volume_type"] == types["local"], 60, "retype")
    wait_for(lambda: show(cloud, volume)["status"] == "available", 60, "available")
    assert show(cloud, volume)["os-vol-host-attr:host"] == HERE


def test_reset_of_the_migration_status(cloud, volume):
    act(cloud, volume, "os-reset_status", migration_status="error")
    assert show(cloud, volume)["migration_status"] == "error"
    act(cloud, volume, "os-reset_status", migration_status="none")
    assert show(cloud, volume)["migration_status"] is None
    act(cloud, volume, "os-reset_status", 400, migration_status="perhaps")


@pytest.fixture
def attached(api, server, volume):
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_flows(server)
    yield volume
    api.wait_flows(server)
    api.detach(server, volume)
    api.wait_volume(volume)


def path_of_guest(cloud, api, server, volume):
    guest = json.loads((cloud.state / "host" / "fake-guests" / server).read_text())
    return guest["volumes"][volume]["path"]


def test_while_a_guest_uses_it(cloud, api, server, attached, types):
    qemu_io(cloud, attached, "write -P 0x77 3M 64k")
    migrate(cloud, attached, THERE)
    after = moved(cloud, attached)
    assert (after["status"], after["os-vol-host-attr:host"]) == ("in-use", THERE)
    assert [item["server_id"] for item in after["attachments"]] == [server]
    assert path_of_guest(cloud, api, server, attached) == str(disk(cloud, attached)[0])
    qemu_io(cloud, attached, "read -P 0x77 3M 64k")
    retype(cloud, attached, types["local"], migration_policy="on-demand")
    wait_for(lambda: show(cloud, attached)["volume_type"] == types["local"], 60, "retype")
    api.wait_flows(attached)
    after = show(cloud, attached)
    assert (after["status"], after["os-vol-host-attr:host"]) == ("in-use", HERE)
    assert path_of_guest(cloud, api, server, attached) == str(disk(cloud, attached)[0])
    actions = api.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
    swaps = [item for item in actions if item["action"] == "swap_volume"]
    assert len(swaps) == 2
    shown = api.compute("GET", f"/servers/{server}/os-instance-actions/{swaps[0]['request_id']}")["instanceAction"]
    assert [event["result"] for event in shown["events"] if event["event"] == "compute_swap_volume"] == ["Success"]


def test_of_a_stopped_server_which_starts_with_the_new_file(cloud, api, server, attached):
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF")
    migrate(cloud, attached, THERE)
    api.action(server, "os-start")
    api.wait_server(server)
    after = moved(cloud, attached)
    assert (after["status"], after["os-vol-host-attr:host"]) == ("in-use", THERE)
    assert path_of_guest(cloud, api, server, attached) == str(disk(cloud, attached)[0])


def test_a_guest_that_cant_be_moved(cloud, api, server, attached):
    script = cloud.state / "host" / "fake-script"
    script.with_suffix(".new").write_text("fail mirror_disk 1")
    script.with_suffix(".new").replace(script)
    migrate(cloud, attached, THERE)
    after = moved(cloud, attached)
    assert (after["migration_status"], after["status"], after["os-vol-host-attr:host"]) == ("error", "in-use", HERE)
    found = call(cloud, "GET", f"/messages?resource_uuid={attached}", expect=200).json()["messages"]
    assert any("migrate" in item["user_message"] for item in found)


def test_quota_of_the_new_type_counts_snapshots(cloud, types, volume):
    path = f"/os-quota-sets/{cloud.conn.current_project_id}"
    snapshot = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    wait_for(lambda: call(cloud, "GET", f"/snapshots/{snapshot}").json()["snapshot"]["status"] == "available", 30, "snapshot")
    try:
        for name, bound in ((f"gigabytes_{types['local']}", 1), (f"snapshots_{types['local']}", 0)):
            call(cloud, "PUT", path, {"quota_set": {name: bound}}, expect=200)
            assert name in retype(cloud, volume, types["local"], 413).json()["overLimit"]["message"]
            call(cloud, "DELETE", path, expect=200)
    finally:
        call(cloud, "DELETE", path, expect=200)
    retype(cloud, volume, types["local"])
    wait_for(lambda: show(cloud, volume)["volume_type"] == types["local"], 30, "retype")


def test_a_server_that_is_deleted_takes_its_volume_with_it(cloud, api, types):
    """delete_on_termination of a volume that is being moved."""
    image = api.image("doomed", b"x" * 65536)
    disk_of_server = {"boot_index": 0, "source_type": "image", "destination_type": "volume", "uuid": image,
                      "volume_size": 1, "delete_on_termination": True}
    made = api.active_server("doomed", api.flavor("doomed", ram=64, disk=1), devices=[disk_of_server])
    volume, = api.attached_volumes(made)
    where = show(cloud, volume)["os-vol-host-attr:host"]
    migrate(cloud, volume, THERE if where == HERE else HERE)
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    api.wait_gone(lambda: api.show_volume(volume), "volume")
    api.delete_image(image)
    with pytest.raises(ApiError):
        api.volume_api("GET", f"/volumes/{volume}")


def record(cloud, volume):
    file, = (cloud.state / "host").glob(f"volumes*/volume-{volume}.json")
    return file.parent.name, json.loads(file.read_text())["encryption"]


def test_an_encrypted_volume(cloud, api, server, volumes):
    made = volumes(size=1, volume_type=encrypted_type(api, f"luks-{uuid.uuid4().hex}"))
    target = THERE if show(cloud, made)["os-vol-host-attr:host"] == HERE else HERE
    migrate(cloud, made, target)
    after = moved(cloud, made)
    assert (after["status"], after["os-vol-host-attr:host"], after["encrypted"]) == ("available", target, True)
    assert record(cloud, made) == ("volumes-second" if target == THERE else "volumes", "luks")
    api.attach(server, made)
    api.wait_volume(made, "in-use")
    api.wait_flows(server)
    target = THERE if target == HERE else HERE
    migrate(cloud, made, target)
    wait_for(lambda: show(cloud, made)["os-vol-host-attr:host"] == target, 60, "move")
    api.wait_flows(made)
    assert show(cloud, made)["status"] == "in-use"
    assert record(cloud, made) == ("volumes-second" if target == THERE else "volumes", "luks")
    assert_not_told(cloud, passphrases(cloud))
    api.detach(server, made)
    api.wait_volume(made)
