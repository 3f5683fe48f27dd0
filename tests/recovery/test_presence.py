"""Which hosts are up, as control processes of one database see it: all the same, whichever a host is connected to."""
import time

import pytest
from failing_cloud import FailingCloud
from harness.nats import NatsServer
from harness.resources import Resources, WentToError
from replica import Replica, is_possible

# Ten times what is promised: a machine may be slow.
SECONDS = 100
# Longer than a host that isn't heard of is held for up.
LONGER_THAN_SILENCE = 6

pytestmark = pytest.mark.skipif(not is_possible(), reason="only PostgreSQL is shared: DATABASE=postgresql")


@pytest.fixture(params=["socket", "nats"])
def clouds(request):
    """Each hears its own host only, or both."""
    meeting = NatsServer().start() if request.param == "nats" else None
    first = FailingCloud(settings={"rpc.url": meeting.url if meeting else ""})
    first.hears_all = bool(meeting)
    running = [first]
    try:
        first.start()
        running.append(Replica(first, "host-2"))
        yield first, running[-1].start()
    finally:
        for cloud in reversed(running):
            cloud.close()
        if meeting:
            meeting.close()


def states(cloud):
    """What administrators see, in two views that must say the same."""
    api = Resources(cloud)
    hypervisors = {item["hypervisor_hostname"]: item["state"] for item in api.compute("GET", "/os-hypervisors")["hypervisors"]}
    services = {item["host"]: item["state"] for item in api.compute("GET", "/os-services?binary=nova-compute")["services"]}
    return hypervisors if hypervisors == services else None


def wait_states(clouds, **wanted):
    wanted = {name.replace("_", "-"): state for name, state in wanted.items()}
    for cloud in clouds:
        Resources(cloud).wait(lambda cloud=cloud: states(cloud) == wanted, f"hosts are {wanted}",
                              lambda cloud=cloud: states(cloud), SECONDS)


def rows(cloud):
    return dict(cloud.database.rows("SELECT name, state FROM hosts"))


def test_all_agree_on_a_host_that_dies_and_returns(clouds):
    first, second = clouds
    wait_states(clouds, host_1="up", host_2="up")
    second.kill("host")
    wait_states(clouds, host_1="up", host_2="down")
    # Views go by the clock; the rows, by which servers are placed, follow at the next look.
    Resources(first).wait(lambda: rows(first) == {"host-1": "up", "host-2": "down"}, "the row is down", lambda: rows(first),
                          SECONDS)
    second.start_half("host")
    wait_states(clouds, host_1="up", host_2="up")
    shown = Resources(first).compute("GET", "/os-hypervisors/detail", version="2.53")["hypervisors"]
    assert all(item["vcpus"] > 0 and item["hypervisor_type"] for item in shown), "what the other is told of it"


def test_a_host_that_nobody_hears_any_more_is_down(clouds):
    first, second = clouds
    wait_states(clouds, host_1="up", host_2="up")
    second.kill("control")
    # As long as one process hears it, all is well.
    wait_states([first], host_1="up", host_2="up" if first.hears_all else "down")
    second.start_half("control")
    second.wait_ready()
    wait_states(clouds, host_1="up", host_2="up")


def test_a_host_of_another_process_is_not_put_down(clouds):
    """Who finds no room looks at all hosts, and hears only its own."""
    first, second = clouds
    wait_states(clouds, host_1="up", host_2="up")
    ours = Resources(first)
    flavor, image = ours.flavor("vast", ram=2**31 - 1, vcpus=2**31 - 1), ours.image("image", b"x" * 65536)
    project = first.openrc()["OS_PROJECT_NAME"]
    projects = ours.call("GET", f"/identity/v3/projects?name={project}")["projects"]
    ours.compute("PUT", f"/os-quota-sets/{projects[0]['id']}", {"quota_set": {"ram": -1, "cores": -1}})
    server = ours.server("no room", flavor, image)
    with pytest.raises(WentToError):
        ours.wait_server(server)
    until = time.monotonic() + LONGER_THAN_SILENCE
    while time.monotonic() < until:
        assert rows(first) == rows(second) == {"host-1": "up", "host-2": "up"}
        assert states(first) == states(second) == {"host-1": "up", "host-2": "up"}
    ours.delete_server(server)
    ours.wait_gone(lambda: ours.show_server(server), "server")
    assert second.differences() == first.differences()


def test_a_host_is_named_while_it_is_away(clouds):
    """It is shown as down, not forgotten."""
    first, second = clouds
    first.kill("host")
    wait_states(clouds, host_1="down", host_2="up")
    detail = Resources(second).compute("GET", "/os-availability-zone/detail")["availabilityZoneInfo"]
    available = {name: view["nova-compute"]["available"] for zone in detail for name, view in (zone["hosts"] or {}).items()}
    assert available == {"host-1": False, "host-2": True}
    first.start_half("host")
    wait_states(clouds, host_1="up", host_2="up")
