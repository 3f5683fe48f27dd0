"""Real guests on three hosts, by any of three controls, in each of the four ways."""
import itertools

import pytest

from harness import gluster
from harness.cluster import Cluster
from harness.guests import FLAVOR, LOGIN, GuestReaper, upload_guest
from harness.resources import Resources

SECONDS = 900


@pytest.fixture(scope="module", params=["local", "glusterfs"])
def cluster(request):
    """Volumes are on the disk of the host that made them, or on a file system that all hosts mount."""
    on_gluster = request.param == "glusterfs"
    if on_gluster and not gluster.can_run():
        pytest.skip("GlusterFS needs Debian's packages glusterfs-server and glusterfs-client, and /dev/fuse")
    with GuestReaper():
        running = Cluster(settings={"compute.driver": "libvirt", "libvirt.virt_type": "qemu"}, gluster=on_gluster)
        try:
            yield running.start()
        finally:
            running.close()


@pytest.fixture(scope="module")
def apis(cluster):
    return [Resources(control) for control in cluster.controls]


@pytest.fixture(scope="module")
def sources(apis):
    """What the four ways start from, made by one control after another."""
    one, two, three = apis
    image = upload_guest(one)
    volume = two.ready_volume("source", imageRef=image)
    snapshot = three.ready_snapshot("source", volume)
    return {"flavor": one.flavor("guest", **FLAVOR), "image": image, "snapshot": snapshot}


def device(kind, uuid):
    return [{"source_type": kind, "destination_type": "volume", "uuid": uuid, "volume_size": 1, "boot_index": 0,
             "delete_on_termination": True}]


WAYS = {
    "volume": lambda api, given: {"devices": device("volume", api.ready_volume("root", imageRef=given["image"]))},
    "image": lambda _, given: {"image": given["image"]},
    "image to volume": lambda _, given: {"devices": device("image", given["image"])},
    "snapshot to volume": lambda _, given: {"devices": device("snapshot", given["snapshot"])},
}


@pytest.mark.parametrize("host", ["host-1", "host-2", "host-3"])
def test_every_way_on_every_host(cluster, apis, sources, host):
    """By one control after another. Sources are on whichever host they were made on: the image comes by HTTP, volumes
    by NBD unless all hosts see them."""
    servers = []
    for way, api in zip(WAYS, itertools.cycle(apis)):
        servers.append(api.server(way, sources["flavor"], availability_zone=f"nova:{host}", **WAYS[way](api, sources)))
    for server, api in zip(servers, itertools.cycle(apis[1:] + apis[:1])):
        assert api.wait_server(server, seconds=SECONDS)["status"] == "ACTIVE"
        api.wait(lambda api=api, server=server: LOGIN in api.console(server), "the guest is at its login", seconds=SECONDS)
    assert not (cluster.gluster and [host for host in cluster.hosts if host.machine.processes_named("qemu-storage-da")])
    assert {apis[0].show_server(server)["OS-EXT-SRV-ATTR:host"] for server in servers} == {host}
    for api in apis:
        assert api.cloud.differences() == []
    for server in servers:
        apis[2].delete_server(server)
    apis[2].wait(lambda: apis[2].servers() == [], "all servers are gone", seconds=SECONDS)
    assert all(host.guest_processes() == [] for host in cluster.hosts)


def test_nothing_is_left(cluster, apis, sources):
    apis[0].delete_all()
    assert apis[1].cloud.differences() == []
    mounts = {"glusterfs"} if cluster.gluster else set()  # which stay for guests that outlive the program
    assert {entry for host in cluster.hosts for entry in host.machine.names()} == {"virga"} | mounts
