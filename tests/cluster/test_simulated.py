"""What plays very many hosts for measurements does as hosts do, and what it writes into the database is as a cloud leaves
it: with few of both, by one control process on PostgreSQL and NATS with keys."""
import pytest

from harness.resources import Resources
from harness.simulated import SimulatedCloud

HOSTS = 50
SERVERS = 500
SECONDS = 300


@pytest.fixture(scope="module")
def cloud():
    running = SimulatedCloud(HOSTS, delay_ms=5)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def given(api):
    """A flavor, an image, and a network with room for all."""
    network = api.call("POST", "/network/v2.0/networks", {"network": {"name": "wide"}})["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/8", "enable_dhcp": False}
    api.call("POST", "/network/v2.0/subnets", {"subnet": subnet})
    return {"flavor": api.flavor("small"), "image": api.image("nothing", bytes(1024)), "networks": [{"uuid": network}]}


@pytest.fixture(scope="module")
def filled(cloud, api, given):
    template = api.active_server("template", **given)
    cloud.fill(SERVERS, [template])
    return template


def hosts_in_state(api, state):
    hosts = api.compute("GET", "/os-hypervisors")["hypervisors"]
    return sum(host["state"] == state for host in hosts)


def power_states(cloud):
    return sorted(cloud.database.rows("SELECT id, vm_state, power_state, host FROM servers"))


def test_all_hosts_are_up(api):
    api.wait(lambda: hosts_in_state(api, "up") == HOSTS, "all hosts are up", seconds=SECONDS)


def test_copied_servers_are_as_booted_ones(cloud, api, filled):
    assert api.compute("GET", f"/servers/detail?limit={SERVERS + 100}&name=filled-7%24")["servers"][0]["status"] == "ACTIVE"
    assert len(cloud.database.rows("SELECT id FROM servers")) == SERVERS + 1
    assert cloud.differences() == []


def test_boots_and_deletes(cloud, api, given, filled):
    made = [api.server(f"booted-{number}", **given) for number in range(20)]
    for server in made:
        api.wait_server(server)
    assert cloud.differences() == []
    copied = api.compute("GET", "/servers?name=filled-11%24")["servers"][0]["id"]
    for server in [copied, *made[::2]]:
        api.delete_server(server)
        api.wait_gone(lambda server=server: api.show_server(server), f"server {server}")
    assert cloud.differences() == []


def test_a_copied_server_stops_and_starts(cloud, api, filled):
    server = api.compute("GET", "/servers?name=filled-12%24")["servers"][0]["id"]
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF")
    assert cloud.differences() == []
    api.action(server, "os-start")
    api.wait_server(server)
    assert cloud.differences() == []


def test_after_a_crash_of_control_nothing_has_changed(cloud, api, filled):
    before = power_states(cloud)
    looked_at = reconciled(cloud)
    cloud.kill("control")
    cloud.start_control()
    api.wait(lambda: reconciled(cloud) >= looked_at + HOSTS, "every host was looked at", seconds=SECONDS)
    assert hosts_in_state(api, "up") == HOSTS
    assert power_states(cloud) == before
    assert cloud.differences() == []


def reconciled(cloud):
    return int(cloud.database.rows("SELECT count(*) FROM flows WHERE kind = 'reconcile_host' AND ended_us > 0")[0][0])


def test_the_end_of_the_hosts_is_seen(cloud, api):
    cloud.hosts.close()
    cloud.hosts = None
    api.wait(lambda: hosts_in_state(api, "down") == HOSTS, "all hosts are down", seconds=SECONDS)
