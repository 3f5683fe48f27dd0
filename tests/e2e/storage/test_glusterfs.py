"""The four ways to boot on a real GlusterFS, and one of its two bricks that dies in the middle of everything."""
import base64
import json
import pathlib
import subprocess

import pytest

from harness.cloud import GUEST_IMAGE, Cloud
from harness.gluster import GlusterServer, backend_settings
from harness.guests import LOGIN, GuestReaper, taps_of
from harness.resources import Resources

WAYS = ("a", "b", "c", "d")
BLANK = "source_type=blank,destination_type=volume,volume_size=1,delete_on_termination=true,volume_type=shared"
WRITER = """#!/bin/sh
(
n=0
while sleep 0.2; do
    n=$((n + 1))
    if dd if=/dev/urandom of=/root/written bs=64k count=4 conv=fsync 2>/dev/null; then
        echo "WRITER $n"
    else
        echo "WRITER FAILED"
    fi >/dev/console
done
) &
"""


@pytest.fixture(scope="module")
def gluster():
    server = GlusterServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def cloud(gluster):
    """Two backends: the server's local disk, and GlusterFS for the volume type "shared"."""
    with GuestReaper():
        running = Cloud("libvirt")
        running.settings.update({
            "volume.backends.disk.driver": "local",
            "volume.backends.disk.path": str(running.state / "host" / "volumes"),
            **backend_settings(gluster, volume_backend_name="replicated", reserved_percentage=1,
                               max_over_subscription_ratio=3.5),
        })
        try:
            yield running.start()
        finally:
            running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def sources(cloud, api):
    """Image, flavor, a bootable volume of type "shared" and its snapshot, made by the client."""
    image = cloud.openstack("image", "create", "--file", GUEST_IMAGE, "--disk-format", "qcow2",
                            "--container-format", "bare", "--property", "cinder_img_volume_type=shared", "guest")
    flavor = cloud.openstack("flavor", "create", "--ram", "128", "--disk", "1", "--vcpus", "1", "guest")
    for name, backend in (("shared", "replicated"), ("disk", "disk")):
        cloud.openstack("volume", "type", "create", "--property", f"volume_backend_name={backend}", name)
    volume = cloud.openstack("volume", "create", "--image", "guest", "--type", "shared", "--size", "1", "root")
    api.wait_volume(volume["id"])
    snapshot = cloud.openstack("volume", "snapshot", "create", "--volume", "root", "root-snapshot")
    api.wait_status(lambda: api.show_snapshot(snapshot["id"]), "available", "snapshot")
    return {"image": image["id"], "flavor": flavor["id"], "volume": volume["id"], "snapshot": snapshot["id"]}


@pytest.fixture(scope="module")
def servers(cloud, sources):
    options = {"a": ["--volume", "root"], "b": ["--image", "guest"],
               "c": ["--image", "guest", "--boot-from-volume", "1", "--block-device", BLANK],
               "d": ["--snapshot", "root-snapshot"]}
    version = ("--os-compute-api-version", "2.67")
    return {way: cloud.openstack(*version, "server", "create", "--flavor", "guest", *options[way], "--wait",
                                 f"way-{way}")["id"] for way in WAYS}


def host_of(api, volume):
    return api.show_volume(volume)["os-vol-host-attr:host"]


@pytest.mark.parametrize("way", WAYS)
def test_server_boots(servers, api, way):
    shown = api.show_server(servers[way])
    assert shown["status"] == "ACTIVE", shown.get("fault")
    api.wait_console(servers[way], LOGIN)


@pytest.mark.parametrize("way, volumes", [("a", 1), ("b", 0), ("c", 2), ("d", 1)])
def test_volumes_are_on_the_backend_of_their_type(servers, api, gluster, way, volumes):
    attached = api.attached_volumes(servers[way])
    assert len(attached) == volumes
    for volume in attached:
        assert api.show_volume(volume)["status"] == "in-use"
        assert host_of(api, volume) == "host-1@gluster#gluster"
        assert f"volume-{volume}" in gluster.files()


def test_connection_tells_the_share(servers, api, gluster):
    for attachment in api.attachments():
        shown = api.volume_api("GET", f"/attachments/{attachment['id']}")["attachment"]
        info = shown["connection_info"]
        data = info.get("data", info)
        assert data["export"] == gluster.volume and data["name"].startswith("volume-"), json.dumps(info)


def test_second_volume_from_the_image_copies_nothing(cloud, api, sources):
    volume = api.ready_volume("second", imageRef=sources["image"], volume_type="shared")
    decisions = " ".join(task["decision"] for flow in api.flows(volume) for task in flow["tasks"])
    assert "base already on backend" in decisions and "copied 0 bytes" in decisions, decisions
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


def test_the_other_type_goes_on_the_disk(api, gluster):
    volume = api.ready_volume("on-disk", volume_type="disk")
    assert host_of(api, volume) == "host-1@disk#disk"
    assert f"volume-{volume}" not in gluster.files()
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


def test_pools_tell_the_capacity(api):
    pools = {pool["name"]: pool["capabilities"] for pool in
             api.volume_api("GET", "/scheduler-stats/get_pools?detail=true")["pools"]}
    shared = pools["host-1@gluster#gluster"]
    assert shared["storage_protocol"] == "glusterfs" and shared["volume_backend_name"] == "replicated"
    assert shared["max_over_subscription_ratio"] == "3.5" and shared["reserved_percentage"] == 1
    assert shared["provisioned_capacity_gb"] >= 4 and 0 < shared["free_capacity_gb"] <= shared["total_capacity_gb"]
    assert "host-1@disk#disk" in pools


def test_hotplug_is_seen_by_the_guest(cloud, servers, api):
    server = servers["b"]
    volume = api.ready_volume("hotplug", volume_type="shared")
    cloud.openstack("server", "add", "volume", server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, "VIRGA-GUEST-DISK vdb 2097152")
    cloud.openstack("server", "remove", "volume", server, volume, parse=False)
    api.wait_volume(volume, "available")
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


def test_a_dead_brick_is_not_noticed_and_heals(cloud, servers, api, sources, gluster):
    """It dies while a guest writes; then a volume is made and a server boots without it."""
    writer = api.active_server("writer", sources["flavor"], devices=[
        {"source_type": "image", "uuid": sources["image"], "destination_type": "volume", "volume_size": 1, "boot_index": 0,
         "delete_on_termination": True}], user_data=base64.b64encode(WRITER.encode()).decode())
    root = api.attached_volumes(writer)[0]
    assert host_of(api, root) == "host-1@gluster#gluster"
    api.wait_console(writer, "WRITER 5")
    creating = api.volume("during", imageRef=sources["image"], volume_type="shared")
    gluster.kill_brick()
    api.wait_volume(creating)
    booted = api.active_server("during", sources["flavor"], devices=[
        {"source_type": "volume", "uuid": creating, "destination_type": "volume", "boot_index": 0,
         "delete_on_termination": True}])
    api.wait_console(booted, LOGIN)
    written = api.console(writer).count("WRITER ")
    api.wait(lambda: api.console(writer).count("WRITER ") > written + 5, "the guest writes on")
    assert len(gluster.bricks()) == 1
    gluster.start_bricks()
    gluster.wait_healed()
    assert len(gluster.bricks()) == 2
    output = api.console(writer)
    assert "WRITER FAILED" not in output and "I/O error" not in output and "EXT4-fs error" not in output
    for server in (writer, booted):
        assert api.show_server(server)["status"] == "ACTIVE"
        api.delete_server(server)
        api.wait_gone(lambda: api.show_server(server), "server")
    for volume in (root, creating):
        api.wait_gone(lambda: api.show_volume(volume), "volume")


def test_a_share_that_is_unmounted_is_mounted_again_for_the_guest(cloud, servers, api, gluster):
    """As on a host that never had the share: the mount is made before the guest starts."""
    cloud.openstack("server", "stop", servers["a"], parse=False)
    api.wait_server(servers["a"], "SHUTOFF", 120)
    subprocess.run(["umount", "-l", *gluster.mount_points()], check=True)
    cloud.openstack("server", "start", servers["a"], parse=False)
    api.wait_server(servers["a"])
    api.wait_console(servers["a"], "VIRGA-GUEST-BOOT 2")
    assert len(gluster.mount_points()) == 1
    assert cloud.differences() == []


def test_restart_finds_the_volumes_again(cloud, servers, api):
    cloud.kill("host")
    cloud.start_half("host")
    cloud.wait_ready()
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences, 30)
    for way in WAYS:
        api.wait_server(servers[way])


def test_everything_can_be_deleted(cloud, servers, api, sources, gluster):
    ports = api.ports()
    cloud.openstack("server", "delete", "--wait", *servers.values(), parse=False)
    cloud.openstack("volume", "snapshot", "delete", "root-snapshot", parse=False)
    api.wait_gone(lambda: api.show_snapshot(sources["snapshot"]), "snapshot")
    cloud.openstack("volume", "delete", *[volume["id"] for volume in api.volumes()], parse=False)
    api.wait(lambda: not api.volumes(), "volumes are gone", api.volumes)
    cloud.openstack("image", "delete", "guest", parse=False)
    assert cloud.differences() == []
    assert gluster.files() == [] and cloud.guest_processes() == [] and taps_of(ports) == []
    assert api.attachments() == [] and not list(pathlib.Path(cloud.state / "host" / "volumes").glob("volume-*"))
