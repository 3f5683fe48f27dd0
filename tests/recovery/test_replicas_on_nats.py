"""Two control processes share a database and, by NATS, all hosts; one of them dies."""
import pytest
from failing_cloud import FailingCloud
from harness.nats import NatsServer
from harness.resources import Resources
from replica import Replica, is_possible

BOOTS = 5
SECONDS = 300

pytestmark = pytest.mark.skipif(not is_possible(), reason="only PostgreSQL is shared: DATABASE=postgresql")


@pytest.fixture
def nats():
    server = NatsServer().start()
    yield server
    server.close()


@pytest.fixture
def first(nats):
    running = FailingCloud(settings={"rpc.url": nats.url}).start()
    yield running
    running.close()


@pytest.fixture
def second(first, nats):
    running = Replica(first, "host-2")
    running.settings["rpc.url"] = nats.url
    running.start()
    yield running
    running.close()


def boot(api, name, flavor):
    """From a volume: the controls of this test have image stores of different paths, as no hosts of one path can have."""
    volume = api.ready_volume(name)
    api.volume_action(volume, "os-set_bootable", {"bootable": True})
    return api.server(name, flavor, devices=[{"source_type": "volume", "destination_type": "volume", "uuid": volume,
                                              "boot_index": 0}])


def hosts_of(replica):
    services = replica.cloud.http("GET", "/compute/v2.1/os-services?binary=nova-compute").json()["services"]
    return sorted((service["host"], service["state"]) for service in services)


def test_the_boots_of_a_control_that_was_killed_end_on_the_hosts_of_both(first, second):
    ours, theirs = Resources(second), Resources(first)
    both = [("host-1", "up"), ("host-2", "up")]
    for replica in (ours, theirs):
        replica.wait(lambda replica=replica: hosts_of(replica) == both, "it knows both hosts", seconds=SECONDS)
    flavor = theirs.flavor("small")
    with first.held("control", "boot_server.virt.libvirt.spawn.before"):
        servers = [boot(theirs, f"held-{number}", flavor) for number in range(BOOTS)]
        first.kill("control")

    for server in servers:
        assert ours.wait_server(server, seconds=SECONDS)["status"] == "ACTIVE"
    assert {ours.show_server(server)["OS-EXT-SRV-ATTR:host"] for server in servers} <= {"host-1", "host-2"}
    assert hosts_of(ours) == both
    assert second.differences() == []

    first.start_half("control")
    first.wait_ready()
    for replica in (ours, theirs):
        replica.wait(lambda replica=replica: hosts_of(replica) == both, "it knows both hosts", seconds=SECONDS)
        replica.wait(lambda replica=replica: replica.cloud.differences() == [], "nothing differs")
        assert replica.wait_server(boot(replica, "another", flavor))["status"] == "ACTIVE"


def test_the_nats_server_dies_while_both_boot(first, second, nats):
    ours, theirs = Resources(second), Resources(first)
    flavor = theirs.flavor("small")
    servers = []
    for number in range(BOOTS):
        servers += [boot(theirs, f"theirs-{number}", flavor), boot(ours, f"ours-{number}", flavor)]
        nats.kill()
        nats.start()
    for server in servers:
        assert ours.wait_server(server, seconds=SECONDS)["status"] == "ACTIVE"
    assert second.differences() == []
