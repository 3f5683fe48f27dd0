"""A half of the cloud dies as a flow has ended a connection that was in its way: the flow goes on, and none is left."""
import pytest

from census import leftovers
from failing_cloud import FailingCloud
from harness.resources import Resources
from harness.volumes import call, gone, show
from test_connections import ENDED, MADE, Subject

PLACES = {"host-1@local#local": "host-1@second#second", "host-1@second#second": "host-1@local#local"}


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().with_two_backends().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


def connect(cloud, subject):
    assert subject.initialize().status_code == 200


def fail_an_attachment(cloud, subject):
    """The storage host makes the connection and fails then."""
    cloud.arm("host", f"{MADE}:error")
    assert subject.create().status_code == 500


def revert(cloud, api, subject):
    snapshot, = [item["id"] for item in api.snapshots() if item["volume_id"] == subject.volume]
    return subject.act("revert", {"snapshot_id": snapshot})


def reimage(cloud, api, subject):
    return subject.act("os-reimage", {"image_id": api.image("other", b"x" * 4096)})


def move(cloud, api, subject):
    return subject.act("os-migrate_volume", {"host": PLACES[show(cloud, subject.volume)["os-vol-host-attr:host"]]})


def unmanage(cloud, api, subject):
    return subject.act("os-unmanage", {})


def assert_no_connection(cloud, volume):
    assert cloud.database.rows(f"SELECT host FROM volume_connections WHERE volume_id = '{volume}'") == []
    assert cloud.differences() == [] and leftovers(cloud) == []


@pytest.mark.parametrize("halves", [("host",), ("control",), ("control", "host")], ids="+".join)
@pytest.mark.parametrize("flow", [revert, reimage, move, unmanage])
@pytest.mark.parametrize("before", [connect, fail_an_attachment])
def test_death_as_a_connection_is_ended(cloud, api, before, flow, halves):
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
    api.wait_volume(volume)
    if flow is revert:
        api.ready_snapshot("kept", volume)
    subject = Subject(cloud, volume)
    before(cloud, subject)
    with cloud.held("host", ENDED):
        mark = cloud.mark()
        assert flow(cloud, api, subject).status_code == 202
        cloud.wait_point("host", ENDED, mark, 60)
        for half in halves:
            cloud.kill(half)
    cloud.revive(*halves)
    api.wait_flows(volume)
    if flow is unmanage:
        gone(cloud, "volume", volume)
        return assert_no_connection(cloud, volume)
    assert show(cloud, volume)["status"] == "available"
    assert_no_connection(cloud, volume)
    assert show(cloud, volume)["migration_status"] == ("success" if flow is move else None)
    subject.end_all()
    connect(cloud, subject)
    assert subject.terminate().status_code == 202
    api.delete_all()
    assert_no_connection(cloud, volume)
