"""A server that was never built is deleted, and nothing else: there is no guest to do anything with, whatever its state says."""
import pytest

from harness.resources import Resources

COMPUTE = {"OpenStack-API-Version": "compute 2.90"}


@pytest.fixture(scope="module")
def resources(cloud):
    made = Resources(cloud)
    made.flavor_id = made.flavor("never-built")
    made.image_id = made.image("never-built", b"\0" * 65536)
    yield made
    made.delete_all()


@pytest.fixture
def unbuilt(cloud, resources):
    """No host is left for it."""
    other = resources.active_server("other", resources.flavor_id, resources.image_id)
    body = {"server": {"name": "unbuilt", "flavorRef": resources.flavor_id, "imageRef": resources.image_id, "networks": "none"},
            "os:scheduler_hints": {"different_host": [other]}}
    answer = cloud.http("POST", "/compute/v2.1/servers", json=body, headers=COMPUTE)
    assert answer.status_code == 202, answer.text
    server = answer.json()["server"]["id"]
    resources.wait_server(server, "ERROR")
    yield server
    for one in (server, other):
        resources.delete_server(one)
        resources.wait_gone(lambda one=one: resources.show_server(one), "server")


def act(cloud, server, action):
    return cloud.http("POST", f"/compute/v2.1/servers/{server}/action", json=action, headers=COMPUTE)


def test_it_is_told_apart_from_one_that_failed_later(cloud, resources, unbuilt):
    volume = resources.ready_volume("never-built")
    attach = {"volumeAttachment": {"volumeId": volume}}
    for state in ("error", "active"):
        assert act(cloud, unbuilt, {"os-resetState": {"state": state}}).status_code == 202
        for action in ({"reboot": {"type": "HARD"}}, {"reboot": {"type": "SOFT"}}, {"os-start": None}, {"os-stop": None},
                       {"os-getConsoleOutput": {}}):
            answer = act(cloud, unbuilt, action)
            assert answer.status_code == 409, f"{state} {action}: {answer.status_code} {answer.text}"
        answer = cloud.http("POST", f"/compute/v2.1/servers/{unbuilt}/os-volume_attachments", json=attach, headers=COMPUTE)
        assert answer.status_code == 409, answer.text
    assert "never been active" in act(cloud, unbuilt, {"reboot": {"type": "HARD"}}).text
