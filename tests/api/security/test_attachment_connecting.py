"""Attachments that are ended, completed or connected again while the storage host still makes their connection."""
import contextlib
import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.volumes import call  # noqa: E402

MADE = "volume.files.initialize_connection.saved"
CONNECTOR = {"attachment": {"connector": {"host": "outside"}}}


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture
def volume(api):
    made = api.ready_volume("connecting", 1)
    yield made
    api.delete_volume(made)
    api.wait_gone(lambda: api.show_volume(made), "volume")


@pytest.fixture
def attachment(cloud, volume):
    return call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume}}, expect=200).json()["attachment"]["id"]


@contextlib.contextmanager
def connecting(cloud, attachment):
    """The storage host has made the connection and doesn't get to say so; gives the answer that the user waits for."""
    with ThreadPoolExecutor(1) as pool:
        with cloud.held("host", MADE):
            mark = cloud.mark()
            answer = pool.submit(call, cloud, "PUT", f"/attachments/{attachment}", CONNECTOR)
            cloud.wait_point("host", MADE, mark)
            yield answer


def connections(cloud, volume):
    for path in cloud.state.rglob(f"*{volume}*.json"):
        found = json.loads(path.read_text())
        if "connections" in found:
            return found["connections"]
    raise AssertionError("the storage host has no record of the volume")


def assert_free(cloud, api, volume):
    found = api.show_volume(volume)
    assert (found["status"], found["attachments"]) == ("available", [])
    assert connections(cloud, volume) == []
    assert cloud.differences() == []


def status_of(cloud, attachment):
    return call(cloud, "GET", f"/attachments/{attachment}", expect=200).json()["attachment"]["status"]


def test_deletes_wait_for_the_connection_and_end_it(cloud, api, volume, attachment):
    with ThreadPoolExecutor(2) as pool:
        with connecting(cloud, attachment) as answer:
            deletes = [pool.submit(call, cloud, "DELETE", f"/attachments/{attachment}") for _ in range(2)]
            api.wait(lambda: status_of(cloud, attachment) == "detaching", "it is being ended")
            assert connections(cloud, volume) == ["outside"]
        assert sorted(item.result().status_code for item in deletes) in ([200, 200], [200, 404])
        assert answer.result().status_code in (400, 404, 409), answer.result().text
    assert_free(cloud, api, volume)


def test_a_connection_outlives_no_crash(cloud, api, volume, attachment):
    with connecting(cloud, attachment) as answer:
        cloud.kill("control")
        cloud.revive("control")
        assert status_of(cloud, attachment) == "attaching"
    with contextlib.suppress(OSError):
        answer.result()
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    assert_free(cloud, api, volume)


def test_it_is_not_completed_before(cloud, api, volume, attachment):
    with connecting(cloud, attachment) as answer:
        refused = call(cloud, "POST", f"/attachments/{attachment}/action", {"os-complete": None}, expect=400)
        assert "connection" in refused.text
    assert answer.result().status_code == 200, answer.result().text
    call(cloud, "POST", f"/attachments/{attachment}/action", {"os-complete": None}, expect=204)
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    assert_free(cloud, api, volume)


def test_an_attachment_has_one_connection(cloud, api, volume, attachment):
    call(cloud, "PUT", f"/attachments/{attachment}", CONNECTOR, expect=200)
    call(cloud, "PUT", f"/attachments/{attachment}", CONNECTOR, expect=200)
    call(cloud, "PUT", f"/attachments/{attachment}", {"attachment": {"connector": {"host": "elsewhere"}}}, expect=409)
    assert connections(cloud, volume) == ["outside"]
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    assert_free(cloud, api, volume)


@pytest.mark.parametrize("field,value", [("host", 5), ("host", ""), ("host", "x" * 256), ("mountpoint", 5),
                                         ("mountpoint", "x" * 256), ("mode", "rx"), ("mode", 1)])
def test_a_wrong_connector_is_refused_before_the_host_is_asked(cloud, api, volume, attachment, field, value):
    connector = {"host": "outside", field: value}
    refused = call(cloud, "PUT", f"/attachments/{attachment}", {"attachment": {"connector": connector}}, expect=400)
    assert f"connector.{field}" in refused.text
    assert connections(cloud, volume) == []
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    refused = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "connector": connector}}, expect=400)
    assert f"connector.{field}" in refused.text
    assert_free(cloud, api, volume)
