"""docs/howto/grow-to-many-machines.md, step by step: one machine with SQLite becomes three with PostgreSQL and NATS."""
import json
import os
import shutil
import subprocess

import pytest

from harness.cloud import PROGRAM, wait_for
from harness.cluster import START_SECONDS, Cluster, Node, share_secrets, up_hosts
from harness.resources import Resources, device

MIB = 1 << 20
SECONDS = 300


class Machine:
    """One of the operator's: what runs on it, and its settings."""

    def __init__(self, cluster, name, has_share):
        self.name = name
        self.has_share = has_share
        self.machine = cluster.network.machine(name, {"images": cluster.images} if has_share else {})
        self.node = Node("serve", self.machine, {"host.name": name, "compute.driver": "fake", "rpc.url": ""}, "")
        cluster.ending.callback(self.node.close)
        self.settings = self.node.settings

    def start(self, *halves):
        for half in halves:
            self.node.start_half(half)
        for half in halves:
            self.node.wait_announced(half)


@pytest.fixture(scope="module")
def cluster():
    """NATS, PostgreSQL, an authority for certificates and a share for images: no control and no host yet."""
    running = Cluster(controls=0, hosts=0)
    yield running
    running.close()


@pytest.fixture(scope="module")
def machines(cluster):
    """Control processes will be on A and B, so these see the share."""
    return {name: Machine(cluster, name, name in "ab") for name in "abc"}


@pytest.fixture(scope="module")
def api(machines):
    return Resources(machines["a"].node)


def views(node, servers):
    """What users see, and the record of what was done."""
    paths = ["/compute/v2.1/servers/detail", "/volume/v3/volumes/detail", "/volume/v3/snapshots/detail", "/image/v2/images",
             "/network/v2.0/ports", "/identity/v3/users", "/compute/v2.1/flavors/detail"]
    seen = {path: node.http("GET", path).json() for path in paths}
    for server in servers:
        seen[server] = node.http("GET", f"/virga/v1/trace/{server}").json()
    # Its host's address is told by the URLs, not by what was asked for.
    return json.loads(json.dumps(seen).replace(node.url, ""))


@pytest.fixture(scope="module")
def first(machines, api):
    """The cloud on A, with servers of all ways, whose volumes have data."""
    node = machines["a"].node
    node.start()
    wait_for(lambda: up_hosts(node) == {"a"}, START_SECONDS, "the host is up")
    made = {"flavor": api.flavor("f", ram=64, disk=1), "data": os.urandom(MIB)}
    made["image"] = api.image("image", made["data"])
    made["volume"] = api.ready_volume("root", imageRef=made["image"])
    made["snapshot"] = api.ready_snapshot("snapshot", made["volume"])
    roots = [device("volume", made["volume"], delete_on_termination=False)]
    made["servers"] = [api.active_server("on-volume", made["flavor"], None, roots),
                       api.active_server("on-image", made["flavor"], made["image"])]
    made["before"] = views(node, made["servers"])
    made["token"] = node.token
    return made


def test_the_cloud_of_one_machine_is_the_same_on_three(cluster, machines, first):
    a, b, c = machines.values()
    a.node.stop_half("serve")
    copy_database(cluster, a)
    for each in machines.values():
        write_settings(cluster, each)
    # The store of A is copied to the share, with its mark.
    shutil.copytree(a.node.state / "control" / "images", cluster.images, dirs_exist_ok=True)
    for path in [cluster.images, *cluster.images.rglob("*")]:
        owner = (a.node.state / "control" / "images").stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    a.start("control", "host")
    assert a.node.token == first["token"] and views(a.node, first["servers"]) == first["before"]
    b.start("host")
    c.start("host")
    (b.node.state / "control").mkdir(exist_ok=True)
    share_secrets(a.node, b.node)
    b.start("control")
    for each in (a, b):
        wait_for(lambda each=each: up_hosts(each.node) == {"a", "b", "c"}, START_SECONDS, "three hosts are up")
        assert each.node.differences() == []
    assert views(b.node, first["servers"]) == first["before"]


def copy_database(cluster, a):
    config = a.machine.folder / "virga.toml"
    config.write_text(f'[database]\nurl = "{cluster.postgres.url}"\n')
    done = subprocess.run(a.machine.inside(PROGRAM, "db", "copy", "--config", a.machine.here / "virga.toml", "--state-dir",
                                           a.node.state_seen), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert (a.node.state / "control" / "virga.db").exists(), "for the way back"


def write_settings(cluster, each):
    machine = each.machine
    subprocess.run([PROGRAM, "pki", "host", cluster.authority, each.name, machine.address], check=True, capture_output=True)
    shutil.copytree(cluster.authority / each.name, machine.folder / "tls")
    controls = [f"http://{member.address}:{each.node.port}" for member in cluster.network.machines if member.name in "ab"]
    each.settings.update({**cluster.settings, "host.address": machine.address, "host.tls_folder": machine.here / "tls",
                          "host.control_urls": json.dumps(controls)})
    if each.has_share:
        each.settings["image.folder"] = machine.here / "images"


def test_old_servers_live_on_and_new_ones_are_everywhere(machines, first):
    """By the second control: what A has is used on B and C over the network."""
    api = Resources(machines["b"].node)
    for server in first["servers"]:
        api.action(server, "os-stop")
        api.wait_server(server, "SHUTOFF")
        api.action(server, "os-start")
        api.wait_server(server)
        assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == "a"
    for host in "bc":
        new = [api.server("from-image", first["flavor"], first["image"], availability_zone=f"nova:{host}"),
               api.server("from-snapshot", first["flavor"], None, [device("snapshot", first["snapshot"], volume_size=1)],
                          availability_zone=f"nova:{host}")]
        for server in new:
            api.wait_server(server)
            assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == host
    for each in "ab":
        assert machines[each].node.differences() == []


def test_the_first_machine_may_be_without_its_control_process(machines, first):
    """Hosts get images from the one that is left."""
    machines["a"].node.stop_half("control")
    api = Resources(machines["b"].node)
    data = os.urandom(2 * MIB)
    image = api.image("later", data)
    server = api.server("later", first["flavor"], image, availability_zone="nova:c")
    api.wait_server(server)
    assert machines["b"].node.differences() == []
    api.delete_all()
    assert machines["b"].node.differences() == []
