"""os-begin_detaching, of a volume that a server goes on using: no loss, and taken back by os-roll_detaching."""
import pytest

from harness.resources import Resources
from harness.volumes import call, gone, show
from test_unattached_connections import act


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def flavor(cloud, api):
    made = api.flavor("detaching", ram=64, disk=1)
    yield made
    cloud.http("DELETE", f"/compute/v2.1/flavors/{made}")


@pytest.fixture(scope="module")
def server(api, flavor, image):
    made = api.active_server("detaching", flavor, image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")


@pytest.fixture
def attached(cloud, api, server):
    volume = api.ready_volume("detaching", 1)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_flows(server)
    yield volume
    api.delete_volume(volume)
    gone(cloud, "volume", volume)


def test_it_is_healthy_and_is_taken_back(cloud, api, server, attached):
    act(cloud, attached, "os-begin_detaching")
    assert show(cloud, attached)["status"] == "detaching"
    assert cloud.differences() == []
    assert api.attached_volumes(server) == [attached]
    act(cloud, attached, "os-begin_detaching", expect=400)
    act(cloud, attached, "os-roll_detaching")
    assert show(cloud, attached)["status"] == "in-use"
    api.detach(server, attached)
    api.wait_volume(attached)
    api.wait_flows(server)


def test_without_an_attachment_it_is_a_fault(cloud, api, server, attached):
    api.detach(server, attached)
    api.wait_volume(attached)
    api.wait_flows(server)
    act(cloud, attached, "os-reset_status", {"status": "detaching"})
    assert cloud.differences() == [f"volume {attached} is detaching, but nothing works on it"]
    act(cloud, attached, "os-roll_detaching")
    assert cloud.differences() == []


def test_a_server_in_that_state_can_be_deleted(cloud, api, flavor, image):
    server, volume = api.active_server("detaching-end", flavor, image), api.ready_volume("detaching-end", 1)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_flows(server)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-begin_detaching": None}, expect=202)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_volume(volume)
    assert cloud.differences() == []
    api.delete_volume(volume)
    gone(cloud, "volume", volume)
