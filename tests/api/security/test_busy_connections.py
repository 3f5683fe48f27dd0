"""Connections of a volume that the storage host is at work on: refused in seconds, and nobody else waits for that."""
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.accounts import Accounts  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.volumes import call, show  # noqa: E402
from held_volumes import BACKUP, CLONE, MOVE, SNAPSHOT, UPLOAD, Held  # noqa: E402
from test_unattached_connections import HOST, act, connections  # noqa: E402

CALLS = 40
#: A refusal takes two seconds at most, what holds the volume takes for ever: the bound is for slow machines.
SOON_SECONDS = 30
INITIALIZE, TERMINATE = "os-initialize_connection", "os-terminate_connection"


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().with_two_backends().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def user(accounts):
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture(scope="module")
def neighbour(accounts):
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture
def made(cloud, api):
    """Makes ready volumes of a user; whatever came of them is deleted after the test."""
    def make(token):
        volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]["id"]
        api.wait_volume(volume)
        assert show(cloud, volume)["os-vol-host-attr:host"].startswith("host-1@")
        return volume
    yield make
    for attachment in api.attachments():
        call(cloud, "DELETE", f"/attachments/{attachment['id']}", expect=200)
    api.delete_all()
    assert cloud.differences() == []


def assert_connects(cloud, volume, token):
    """As any client may that nothing keeps from it."""
    begun = time.monotonic()
    act(cloud, volume, INITIALIZE, HOST, 200, token)
    act(cloud, volume, TERMINATE, HOST, 202, token)
    assert time.monotonic() - begun < SOON_SECONDS


def is_refusal(answer):
    return answer.status_code in (400, 409)


@pytest.mark.parametrize("work, status", [(UPLOAD, "uploading"), (BACKUP, "backing-up")], ids=["upload", "backup"])
def test_nobody_waits_for_a_volume_at_work(cloud, api, made, user, neighbour, work, status):
    volume, other = made(user), made(neighbour)
    with Held(cloud, api, work, volume, user), ThreadPoolExecutor(CALLS) as pool:
        assert show(cloud, volume)["status"] == status
        begun = time.monotonic()
        asked = [pool.submit(act, cloud, volume, name, HOST, None, user) for name in (INITIALIZE, TERMINATE) * (CALLS // 2)]
        assert_connects(cloud, other, neighbour)
        answers = [item.result() for item in asked]
        assert time.monotonic() - begun < SOON_SECONDS
        assert all(is_refusal(item) and status in item.text for item in answers), {item.text for item in answers}
        assert_connects(cloud, other, neighbour)
    api.wait_volume(volume)
    assert connections(cloud, volume) == []
    assert_connects(cloud, volume, user)


@pytest.mark.parametrize("work", [CLONE, SNAPSHOT, MOVE], ids=["clone", "snapshot", "move"])
def test_a_volume_that_looks_available(cloud, api, made, user, neighbour, work):
    volume, other = made(user), made(neighbour)
    attachment = {"attachment": {"volume_uuid": volume, **HOST}}
    with Held(cloud, api, work, volume, user), ThreadPoolExecutor(4) as pool:
        assert show(cloud, volume)["status"] == "available"
        begun = time.monotonic()
        asked = [pool.submit(act, cloud, volume, INITIALIZE, HOST, None, user),
                 pool.submit(act, cloud, volume, TERMINATE, HOST, None, user),
                 pool.submit(call, cloud, "POST", "/attachments", attachment, token=user)]
        assert_connects(cloud, other, neighbour)
        answers = [item.result() for item in asked]
        assert time.monotonic() - begun < SOON_SECONDS
        assert all(is_refusal(item) for item in answers), [item.text for item in answers]
        assert (show(cloud, volume)["status"], api.attachments()) == ("available", [])
    assert connections(cloud, volume) == []
    assert_connects(cloud, volume, user)
    done = call(cloud, "POST", "/attachments", attachment, token=user, expect=200).json()["attachment"]["id"]
    assert connections(cloud, volume) == ["one"]
    call(cloud, "DELETE", f"/attachments/{done}", token=user, expect=200)
    assert connections(cloud, volume) == []


def test_a_connected_volume_that_is_cloned_stays_connected(cloud, api, made, user):
    """A refused end leaves the connection on record: it can be ended later."""
    volume = made(user)
    act(cloud, volume, INITIALIZE, HOST, 200, user)
    with Held(cloud, api, CLONE, volume, user):
        assert act(cloud, volume, TERMINATE, HOST, token=user, expect=409).text
        assert connections(cloud, volume) == ["one"]
    assert cloud.differences() == []
    act(cloud, volume, INITIALIZE, HOST, 200, user)
    act(cloud, volume, TERMINATE, HOST, 202, user)
    assert connections(cloud, volume) == []
