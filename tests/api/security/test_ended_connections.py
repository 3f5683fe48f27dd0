"""What ends the connections that no attachment tells of, on the storage host and on record; and what check says of others."""
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.accounts import Accounts  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.volumes import call, gone, show  # noqa: E402
from test_unattached_connections import HOST, act, connections  # noqa: E402

MADE = "volume.files.initialize_connection.saved"
PLACE = "host-1@local#local"


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().with_two_backends().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def taker(cloud):
    accounts = Accounts(cloud)
    yield accounts.of_project(accounts.project(), "member")[1]
    accounts.close()


@pytest.fixture
def volume(cloud, api):
    """On the first backend, free to move."""
    made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
    api.wait_volume(made)
    yield made
    for attachment in api.attachments():
        call(cloud, "DELETE", f"/attachments/{attachment['id']}", expect=200)
    api.delete_all()
    assert records(cloud, made) == []


def records(cloud, volume):
    return [host for (host,) in cloud.database.rows(f"SELECT host FROM volume_connections WHERE volume_id = '{volume}'")]


def fail_an_attachment(cloud, volume):
    """The storage host has made the connection, and then failed."""
    cloud.arm("host", f"{MADE}:error")
    call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, **HOST}}, expect=500)
    found, = call(cloud, "GET", f"/attachments/detail?volume_id={volume}", expect=200).json()["attachments"]
    assert found["status"] == "error_attaching"
    assert connections(cloud, volume) == ["one"]


def connect(cloud, volume):
    act(cloud, volume, "os-initialize_connection", HOST, 200)
    assert (connections(cloud, volume), records(cloud, volume)) == (["one"], ["one"])


def assert_ended(cloud, volume):
    assert show(cloud, volume)["status"] == "available"
    assert (connections(cloud, volume), records(cloud, volume)) == ([], [])
    assert cloud.differences() == []


BEFORE = pytest.mark.parametrize("before", [connect, fail_an_attachment])


@BEFORE
def test_a_transfer(cloud, volume, taker, before):
    before(cloud, volume)
    offer = call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume}}, expect=202).json()["transfer"]
    call(cloud, "POST", f"/volume-transfers/{offer['id']}/accept", {"accept": {"auth_key": offer["auth_key"]}},
         token=taker, expect=202)
    assert_ended(cloud, volume)


@BEFORE
def test_a_revert(cloud, api, volume, before):
    snapshot = api.ready_snapshot("kept", volume)
    before(cloud, volume)
    act(cloud, volume, "revert", {"snapshot_id": snapshot})
    api.wait_flows(volume)
    assert_ended(cloud, volume)


@BEFORE
def test_a_reimage(cloud, api, volume, before):
    image = api.image("other", b"x" * 4096)
    before(cloud, volume)
    act(cloud, volume, "os-reimage", {"image_id": image})
    api.wait_flows(volume)
    assert_ended(cloud, volume)


@BEFORE
def test_a_move(cloud, api, volume, before):
    before(cloud, volume)
    other = "second" if show(cloud, volume)["os-vol-host-attr:host"] == PLACE else "local"
    act(cloud, volume, "os-migrate_volume", {"host": f"host-1@{other}#{other}"})
    api.wait_flows(volume)
    assert show(cloud, volume)["migration_status"] == "success"
    assert_ended(cloud, volume)


@BEFORE
def test_unmanage(cloud, api, volume, before):
    """The disk is taken over anew, without a connection of the former volume."""
    before(cloud, volume)
    place = show(cloud, volume)["os-vol-host-attr:host"]
    act(cloud, volume, "os-unmanage", {})
    gone(cloud, "volume", volume)
    api.wait_flows(volume)
    assert records(cloud, volume) == [] and cloud.differences() == []
    found = call(cloud, "GET", f"/manageable_volumes?host={place.replace('#', '%23')}", expect=200).json()["manageable-volumes"]
    source, = [item["reference"] for item in found if not item.get("cinder_id")]
    body = {"volume": {"host": place, "ref": source, "name": "again"}}
    again = call(cloud, "POST", "/manageable_volumes", body, expect=202).json()["volume"]["id"]
    api.wait_flows(again)
    assert_ended(cloud, again)


def plant(cloud, volume, host):
    """A connection that the storage host has and nobody asked for."""
    cloud.kill("host")
    path, = [path for path in (cloud.state / "host").rglob(f"volume-{volume}.json")]
    found = json.loads(path.read_text())
    found["connections"].append(host)
    path.write_text(json.dumps(found))
    cloud.revive("host")


def test_check_names_a_connection_without_a_record(cloud, volume):
    connect(cloud, volume)
    assert cloud.differences() == []
    plant(cloud, volume, "nobody's")
    said, = cloud.differences()
    assert volume in said and "nobody's" in said and "no record" in said
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "nobody's"}})
    assert cloud.differences() == []
    assert (connections(cloud, volume), records(cloud, volume)) == (["one"], ["one"])
    act(cloud, volume, "os-terminate_connection", HOST)
    assert_ended(cloud, volume)


@pytest.mark.parametrize("complete", [False, True], ids=["attaching", "attached"])
def test_check_names_a_second_connection_of_an_attached_volume(cloud, volume, complete):
    """What its attachment tells of is known; another host is not."""
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, **HOST}}, expect=200).json()["attachment"]
    if complete:
        call(cloud, "POST", f"/attachments/{made['id']}/action", {"os-complete": None}, expect=204)
    assert cloud.differences() == []
    plant(cloud, volume, "nobody's")
    said, = cloud.differences()
    assert volume in said and "host nobody's" in said
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "nobody's"}})
    assert cloud.differences() == []
    assert (connections(cloud, volume), records(cloud, volume)) == (["one"], [])
    call(cloud, "DELETE", f"/attachments/{made['id']}", expect=200)
    assert_ended(cloud, volume)


def test_force_detach_ends_the_connection_that_there_is(cloud, volume):
    """Whatever the caller takes for it."""
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, **HOST}}, expect=200).json()["attachment"]
    act(cloud, volume, "os-force_detach", {"attachment_id": made["id"], "connector": {"host": "two"}})
    assert_ended(cloud, volume)
