"""Attachments that compute knows nothing of: their owner can always end them, and they do nothing to the server that
they name."""
import json

import pytest

from harness.accounts import Accounts
from harness.resources import Resources
from harness.volumes import NOWHERE, call, gone, show

CONNECTOR = {"host": "anywhere"}


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def member(cloud, accounts):
    """The token of a member of a project that has nothing else."""
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def server(cloud, api, image):
    """Another project's server."""
    flavor = api.flavor("claimed", ram=64, disk=1)
    made = api.active_server("claimed", flavor, image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    cloud.http("DELETE", f"/compute/v2.1/flavors/{flavor}")


@pytest.fixture
def volume(cloud, member):
    made = new_volume(cloud, member)
    yield made
    call(cloud, "DELETE", f"/volumes/{made}", token=member, expect=202)
    gone(cloud, "volume", made)


def new_volume(cloud, token):
    made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]["id"]
    Resources(cloud).wait_volume(made)
    return made


def act(cloud, volume, name, argument=None, expect=202, token=None):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, token=token, expect=expect)


# ---- ways in: each leaves one attachment, in the status that its name says


def reserved(cloud, token, volume, named):
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": named}}
    return call(cloud, "POST", "/attachments", body, token=token, expect=200).json()["attachment"]["id"]


def attaching(cloud, token, volume, named):
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": named, "connector": CONNECTOR}}
    return call(cloud, "POST", "/attachments", body, token=token, expect=200).json()["attachment"]["id"]


def connected_later(cloud, token, volume, named):
    made = reserved(cloud, token, volume, named)
    call(cloud, "PUT", f"/attachments/{made}", {"attachment": {"connector": CONNECTOR}}, token=token, expect=200)
    return made


def attached(cloud, token, volume, named):
    made = attaching(cloud, token, volume, named)
    call(cloud, "POST", f"/attachments/{made}/action", {"os-complete": {}}, token=token, expect=204)
    return made


def detaching(cloud, token, volume, named):
    made = attached(cloud, token, volume, named)
    act(cloud, volume, "os-begin_detaching", token=token)
    return made


def attached_of_old(cloud, token, volume, named):
    act(cloud, volume, "os-attach", {"instance_uuid": named, "mountpoint": "/dev/vdb"}, token=token)
    return show(cloud, volume)["attachments"][0]["attachment_id"]


WAYS_IN = [reserved, attaching, connected_later, attached, detaching, attached_of_old]


# ---- ways out


def delete(cloud, token, volume, attachment):
    call(cloud, "DELETE", f"/attachments/{attachment}", token=token, expect=200)


def detach(cloud, token, volume, attachment):
    act(cloud, volume, "os-detach", {"attachment_id": attachment}, token=token)


def force_detach(cloud, token, volume, attachment):
    """The administrator's."""
    act(cloud, volume, "os-force_detach", {"attachment_id": attachment, "connector": None})


def connections(cloud, volume):
    """What the storage host has on record."""
    for path in cloud.state.rglob(f"*{volume}*.json"):
        found = json.loads(path.read_text())
        if "connections" in found:
            return found["connections"]
    raise AssertionError("the storage host has no record of the volume")


@pytest.mark.parametrize("way_out", [delete, detach, force_detach])
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_claim_can_always_be_ended(cloud, member, volume, way_in, way_out):
    attachment = way_in(cloud, member, volume, NOWHERE)
    assert cloud.differences() == []
    way_out(cloud, member, volume, attachment)
    after = show(cloud, volume)
    assert (after["status"], after["attachments"]) == ("available", [])
    assert connections(cloud, volume) == []


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_claim_does_nothing_to_the_server(cloud, api, member, volume, server, way_in):
    actions = api.compute("GET", f"/servers/{server}/os-instance-actions")
    attachment = way_in(cloud, member, volume, server)
    assert cloud.differences() == []
    if way_in in (attached, attached_of_old):
        act(cloud, volume, "os-extend", {"new_size": 2}, token=member)
        api.wait_volume(volume, "in-use")
    assert api.compute("GET", f"/servers/{server}/os-instance-actions") == actions
    assert api.attached_volumes(server) == []
    delete(cloud, member, volume, attachment)
    assert show(cloud, volume)["status"] == "available"


def test_a_claim_outlives_the_server_that_it_names(cloud, api, member, volume, image):
    flavor = api.flavor("short", ram=64, disk=1)
    server = api.active_server("short", flavor, image)
    attachment = attached(cloud, member, volume, server)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    assert show(cloud, volume)["attachments"][0]["attachment_id"] == attachment
    assert cloud.differences() == []
    delete(cloud, member, volume, attachment)
    assert show(cloud, volume)["status"] == "available"
    cloud.http("DELETE", f"/compute/v2.1/flavors/{flavor}")


def test_a_claim_beside_the_server_s_own_attachment(cloud, api, server):
    """Ending it leaves the guest's connection, which is to the same host, and the guest's attachment alone."""
    volume = api.ready_volume("shared")
    api.attach(server, volume)
    api.wait_flows(server)
    own, = show(cloud, volume)["attachments"]
    before = connections(cloud, volume)
    assert before == [own["host_name"]]
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": server, "connector": {"host": own["host_name"]}}}
    claim = call(cloud, "POST", "/attachments", body, expect=200).json()["attachment"]["id"]
    for name in ("os-detach", "os-force_detach"):
        act(cloud, volume, name, {"attachment_id": own["attachment_id"]}, 409)
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": own["host_name"]}}, 409)
    call(cloud, "DELETE", f"/attachments/{own['attachment_id']}", expect=409)
    call(cloud, "DELETE", f"/attachments/{claim}", expect=200)
    assert connections(cloud, volume) == before
    assert show(cloud, volume)["status"] == "in-use"
    api.detach(server, volume)
    api.wait_volume(volume)
    api.delete_volume(volume)
    gone(cloud, "volume", volume)


def test_only_the_owner_ends_a_claim(cloud, member, volume, stranger):
    attachment = attached(cloud, member, volume, NOWHERE)
    call(cloud, "DELETE", f"/attachments/{attachment}", token=stranger, expect=404)
    act(cloud, volume, "os-detach", {"attachment_id": attachment}, 404, token=stranger)
    call(cloud, "DELETE", f"/volumes/{volume}", token=member, expect=400)
    act(cloud, volume, "os-terminate_connection", {"connector": CONNECTOR}, token=member)
    delete(cloud, member, volume, attachment)
