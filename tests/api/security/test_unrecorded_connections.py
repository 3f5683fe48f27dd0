"""No connection of a storage host is off the records: neither one that an attachment's end overtook, nor more than fit."""
import contextlib
import os
import pathlib
import signal
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.accounts import Accounts  # noqa: E402
from harness.cloud import wait_for  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.volumes import call, show  # noqa: E402
from test_attachment_connecting import CONNECTOR, assert_free, connecting, status_of  # noqa: E402
from test_ended_connections import plant, records  # noqa: E402
from test_unattached_connections import HOST, act, connections  # noqa: E402

MOST = 64


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().start()
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
    made = api.ready_volume("unrecorded", 1)
    yield made
    for attachment in api.attachments():
        call(cloud, "DELETE", f"/attachments/{attachment['id']}", expect=200)
    api.delete_all()
    assert records(cloud, made) == []


@pytest.fixture
def attached(cloud, volume):
    """By os-attach: the storage host wasn't asked."""
    act(cloud, volume, "os-attach", {"instance_uuid": str(uuid.uuid4()), "mountpoint": "/dev/vdb"})
    found, = call(cloud, "GET", f"/attachments?volume_id={volume}", expect=200).json()["attachments"]
    return found["id"]


@contextlib.contextmanager
def silent(cloud):
    """The storage host doesn't answer within the block; what it was asked for, it does after that."""
    process = cloud.processes["host"]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)
        wait_for(cloud.host_is_up, 60, "the host answers again")


def connect_late(cloud, api, volume, attachment):
    """The user is told that it failed, and then it is made."""
    with silent(cloud):
        call(cloud, "PUT", f"/attachments/{attachment}", CONNECTOR, expect=503)
    api.wait(lambda: connections(cloud, volume) == ["outside"], "the connection is made")


def delete(cloud, volume, attachment):
    return call(cloud, "DELETE", f"/attachments/{attachment}")


def detach(cloud, volume, attachment):
    return act(cloud, volume, "os-detach", {}, None)


ENDS = pytest.mark.parametrize("end", [delete, detach])


@ENDS
def test_the_end_waits_for_the_connection_of_an_attached_one(cloud, api, volume, attached, end):
    with ThreadPoolExecutor(1) as pool:
        with connecting(cloud, attached) as answer:
            assert records(cloud, volume) == ["outside"]
            ended = pool.submit(end, cloud, volume, attached)
            api.wait(lambda: status_of(cloud, attached) == "detaching", "it is being ended")
        assert ended.result().status_code in (200, 202), ended.result().text
        assert answer.result().status_code in (400, 404, 409), answer.result().text
    api.wait(lambda: records(cloud, volume) == [], "nothing is left to end")
    assert_free(cloud, api, volume)


@ENDS
def test_the_end_of_an_attached_one_that_was_connected_late(cloud, api, volume, attached, end):
    connect_late(cloud, api, volume, attached)
    assert (status_of(cloud, attached), records(cloud, volume)) == ("attached", ["outside"])
    assert end(cloud, volume, attached).status_code in (200, 202)
    assert records(cloud, volume) == []
    assert_free(cloud, api, volume)


def test_one_that_was_connected_late_is_connected_again(cloud, api, volume, attached):
    connect_late(cloud, api, volume, attached)
    call(cloud, "PUT", f"/attachments/{attached}", CONNECTOR, expect=200)
    assert (connections(cloud, volume), records(cloud, volume)) == (["outside"], [])
    delete(cloud, volume, attached)
    assert_free(cloud, api, volume)


def test_a_connection_that_is_ended_while_it_is_made(cloud, api, volume, attached):
    """By os-terminate_connection: the attachment is as before."""
    with ThreadPoolExecutor(1) as pool:
        with connecting(cloud, attached) as answer:
            ended = pool.submit(act, cloud, volume, "os-terminate_connection", {"connector": {"host": "outside"}}, None)
            api.wait(lambda: cloud.database.rows(
                f"SELECT 1 FROM volume_connections WHERE volume_id = '{volume}' AND ending <> ''") or ended.done(), "it is ended")
        assert (ended.result().status_code, answer.result().status_code) == (202, 409)
    api.wait(lambda: records(cloud, volume) == [], "nothing is left to end")
    assert (connections(cloud, volume), status_of(cloud, attached)) == ([], "attached")
    assert cloud.differences() == []
    delete(cloud, volume, attached)
    assert_free(cloud, api, volume)


def test_it_does_not_go_along_with_a_transfer(cloud, api, volume, attached, taker):
    connect_late(cloud, api, volume, attached)
    delete(cloud, volume, attached)
    transfer(cloud, volume, taker)
    assert connections(cloud, volume) == [] and cloud.differences() == []


def transfer(cloud, volume, taker):
    offer = call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume}}, expect=202).json()["transfer"]
    call(cloud, "POST", f"/volume-transfers/{offer['id']}/accept", {"accept": {"auth_key": offer["auth_key"]}},
         token=taker, expect=202)


def test_ends_of_unknown_hosts_are_bounded_while_the_storage_host_is_silent(cloud, api, volume, taker):
    for number in range(MOST - 1):
        act(cloud, volume, "os-initialize_connection", {"connector": {"host": f"h{number}"}}, 200)
    with silent(cloud), ThreadPoolExecutor(8) as pool:
        unknown = [{"connector": {"host": f"t{number}"}} for number in range(16)]
        answers = list(pool.map(lambda item: act(cloud, volume, "os-terminate_connection", item, None), unknown))
        assert {item.status_code for item in answers} == {503}
        assert len(records(cloud, volume)) <= MOST
        act(cloud, volume, "os-terminate_connection", {"connector": {"host": "h1"}}, 503)
        assert len(records(cloud, volume)) <= MOST
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "unknown"}}, 202)
    assert len(records(cloud, volume)) <= MOST
    transfer(cloud, volume, taker)
    assert (connections(cloud, volume), records(cloud, volume)) == ([], [])
    assert cloud.differences() == []


def test_the_text_of_a_failed_reimage_names_no_host(cloud, api, volume):
    """Of a connection that nobody knows of."""
    plant(cloud, volume, "a-secret-host")
    act(cloud, volume, "os-reimage", {"image_id": api.image("other", b"x" * 4096)})
    api.wait_flows(volume)
    assert show(cloud, volume)["status"] == "error"
    told = call(cloud, "GET", f"/messages?resource_uuid={volume}", expect=200).text
    assert "connected to a host" in told and "a-secret-host" not in told
    act(cloud, volume, "os-reset_status", {"status": "available"})
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "a-secret-host"}})
    assert (connections(cloud, volume), cloud.differences()) == ([], [])


def test_attachments_of_a_volume_are_bounded(cloud, volume):
    server = str(uuid.uuid4())
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": server}}
    answers = [call(cloud, "POST", "/attachments", body) for _ in range(130)]
    assert [item.status_code for item in answers] == [200] * 128 + [409] * 2
    assert "128" in answers[-1].text
    act(cloud, volume, "os-attach", {"instance_uuid": server, "mountpoint": "/dev/vdb"}, 409)
    call(cloud, "DELETE", f"/attachments/{answers[0].json()['attachment']['id']}", expect=200)
    call(cloud, "POST", "/attachments", body, expect=200)


def test_a_foreign_attachment_is_as_one_that_does_not_exist(cloud, api, volume, attached, taker):
    other = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=taker, expect=202).json()["volume"]["id"]
    api.wait_volume(other)
    act(cloud, other, "os-attach", {"instance_uuid": str(uuid.uuid4()), "mountpoint": "/dev/vdb"}, token=taker)
    said = set()
    for name in (attached, str(uuid.uuid4())):
        answer = act(cloud, other, "os-detach", {"attachment_id": name}, None, taker)
        said.add((answer.status_code, answer.text.replace(name, "")))
    assert len(said) == 1, said
    act(cloud, other, "os-detach", {}, token=taker)


@pytest.mark.parametrize("host", ["é" * 128, "a/../b", "..", "h\n", "h\0x", " ", "a\\b", "\x7f"])
def test_what_can_be_no_host_is_refused(cloud, volume, host):
    connector = {"connector": {"host": host}}
    for name in ("os-initialize_connection", "os-terminate_connection"):
        assert "connector.host" in act(cloud, volume, name, connector, 400).text
    assert "connector.host" in call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, **connector}},
                                    expect=400).text
    assert "host_name" in act(cloud, volume, "os-attach", {"host_name": host, "mountpoint": "/dev/vdb"}, 400).text
    assert (connections(cloud, volume), records(cloud, volume)) == ([], [])


def test_a_long_host_is_counted_in_bytes(cloud, volume):
    connector = {"connector": {"host": "é" * 127}}
    act(cloud, volume, "os-initialize_connection", connector, 200)
    act(cloud, volume, "os-terminate_connection", connector)
    assert connections(cloud, volume) == []
