"""The room that servers take of hosts, as hypervisors show it."""
import uuid

import pytest
from harness.cloud import Cloud
from harness.resources import Resources

DATA = b"\0" * 65536
USED = ("vcpus_used", "memory_mb_used", "local_gb_used", "running_vms")
HUGE_GIB = 2_000_000_000  # more than the fake hypervisor says it has


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.image_id = resources.image("room", DATA)
    yield resources
    resources.delete_all()


def flavor(made, **fields):
    return made.flavor(f"room-{uuid.uuid4().hex[:6]}", **fields)


def used(made):
    (host,) = made.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    one = made.compute("GET", f"/os-hypervisors/{host['id']}")["hypervisor"]
    sums = made.compute("GET", "/os-hypervisors/statistics")["hypervisor_statistics"]
    for key in USED:
        assert one[key] == host[key] == sums[key]
    assert host["free_ram_mb"] == host["memory_mb"] - host["memory_mb_used"]
    return [host[key] for key in USED]


def discard(made, server):
    made.delete_server(server)
    made.wait_gone(lambda: made.show_server(server), "server")


def test_a_server_takes_room_until_it_is_deleted(made):
    before = used(made)
    server = made.active_server("room", flavor(made, vcpus=2, ram=96, disk=3), made.image_id)
    assert used(made) == [had + takes for had, takes in zip(before, (2, 96, 3, 1))]
    made.action(server, "os-stop")
    made.wait(lambda: made.show_server(server)["status"] == "SHUTOFF", "server is stopped")
    assert used(made)[3] == before[3] + 1
    discard(made, server)
    assert used(made) == before


def test_a_server_that_fits_nowhere_takes_none(made):
    before = used(made)
    server = made.server("huge", flavor(made, disk=HUGE_GIB), made.image_id)
    made.wait(lambda: made.show_server(server)["status"] == "ERROR", "server has failed")
    assert "No valid host" in made.show_server(server)["fault"]["message"]
    assert used(made) == before
    discard(made, server)
    assert used(made) == before


def test_the_last_room_goes_to_one_of_many():
    settings = {"compute.memory_mib": 1000, "scheduler.ram_allocation_percent": 100}
    running = Cloud(settings=settings).start()
    try:
        made = Resources(running)
        image = made.image("last", DATA)
        third = flavor(made, ram=333)
        servers = [made.server(f"s{number}", third, image) for number in range(8)]
        made.wait(lambda: all(made.show_server(one)["status"] in ("ACTIVE", "ERROR") for one in servers), "boots have ended")
        assert [made.show_server(one)["status"] for one in servers].count("ACTIVE") == 3
        assert used(made)[1] == 999 and used(made)[3] == 3
        assert running.differences() == []
        for one in servers:
            discard(made, one)
        assert used(made) == [0, 0, 0, 0]
        assert running.differences() == []
    finally:
        running.close()
