"""A host that is connected but stopped holds up nobody who doesn't need it, and who does is told so in time."""
import os
import signal
import threading
import time

import pytest

from harness.cloud import Cloud, wait_for
from harness.resources import Resources
from harness.volumes import call

CALLS = 40
#: What is said of a stopped host must be known in seconds; the bound is generous for machines with other work.
SEEN_SECONDS = 30


@pytest.fixture(scope="module")
def cloud():
    running = Cloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture
def stopped(cloud):
    """Ends and continues the host's work by signals."""
    process = cloud.processes["host"]

    def stop():
        os.kill(process.pid, signal.SIGSTOP)
    yield stop
    os.kill(process.pid, signal.SIGCONT)
    wait_for(cloud.host_is_up, 60, "the host answers again")


@pytest.fixture
def volume(cloud, api):
    made = api.ready_volume("wanted")
    yield made
    api.delete_volume(made)
    api.wait_gone(lambda: api.show_volume(made), "volume")


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("stuck", ram=64, disk=1)


@pytest.fixture
def server(cloud, api, flavor, image):
    made = api.active_server("stuck", flavor, image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")


def in_threads(calls):
    answers = [None] * len(calls)

    def run(index, function):
        answers[index] = function()
    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    return threads, answers


def waiting_calls(cloud, volume, server):
    """Every kind of request that asks a host before it answers."""
    def connect():
        return call(cloud, "POST", f"/volumes/{volume}/action",
                    {"os-initialize_connection": {"connector": {"host": "outside"}}})

    def console():
        return cloud.http("POST", f"/compute/v2.1/servers/{server}/action", json={"os-getConsoleOutput": {}})
    return [connect, console,
            lambda: call(cloud, "GET", "/manageable_volumes?host=host-1@local%23local"),
            lambda: call(cloud, "PUT", "/os-services/get-log", {"binary": "cinder-volume"}),
            lambda: cloud.http("GET", "/virga/v1/check")] + [connect] * CALLS


def test_everything_else_is_answered(cloud, api, volume, server, stopped):
    cloud.token
    stopped()
    threads, answers = in_threads(waiting_calls(cloud, volume, server))
    # Long before the last of them is given up:
    for _ in range(5):
        cloud.login()
        assert api.show_volume(volume)["id"] == volume
        assert api.show_server(server)["id"] == server
        made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
        call(cloud, "DELETE", f"/volumes/{made}", expect=202)
    assert any(thread.is_alive() for thread in threads), "nobody waited: the test shows nothing"
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive(), "a request waits for ever"
    for answer in answers[:4] + answers[5:]:
        assert answer.status_code == 503, f"{answer.status_code} {answer.text}"
    assert answers[4].status_code == 200 and "does not answer" in answers[4].text  # the check tells of the host
    os.kill(cloud.processes["host"].pid, signal.SIGCONT)
    wait_for(lambda: not [item for item in api.volumes() if item["id"] != volume], 60, "volumes are gone")
    wait_for(lambda: call(cloud, "POST", f"/volumes/{volume}/action", {
        "os-initialize_connection": {"connector": {"host": "outside"}}}).status_code == 200, 60, "the host is asked again")
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-terminate_connection": {"connector": {"host": "outside"}}},
         expect=202)


def test_a_stopped_host_is_seen(cloud, api, volume, server, stopped):
    def state():
        listed = cloud.http("GET", "/compute/v2.1/os-services?binary=nova-compute").json()["services"]
        return listed[0]["state"]
    assert state() == "up"
    stopped()
    wait_for(lambda: state() == "down", SEEN_SECONDS, "the service is shown as down")
    storage = call(cloud, "GET", "/os-services?binary=cinder-volume", expect=200).json()["services"]
    assert storage[0]["state"] == "down"
    begun = time.monotonic()
    answer = call(cloud, "POST", f"/volumes/{volume}/action", {
        "os-initialize_connection": {"connector": {"host": "outside"}}})
    assert answer.status_code == 503 and "does not answer" in answer.text
    assert time.monotonic() - begun < 5, "a host that is known not to answer isn't waited for"


def test_an_attachment_that_could_not_be_ended_can_be_deleted_again(cloud, api, volume, stopped):
    made = call(cloud, "POST", "/attachments", {"attachment": {
        "volume_uuid": volume, "connector": {"host": "outside"}}}, expect=200).json()["attachment"]["id"]
    stopped()
    call(cloud, "DELETE", f"/attachments/{made}", expect=503)
    assert call(cloud, "GET", f"/attachments/{made}", expect=200).json()["attachment"]["status"] == "detaching"
    call(cloud, "PUT", f"/attachments/{made}", {"attachment": {"connector": {"host": "outside"}}}, expect=400)
    os.kill(cloud.processes["host"].pid, signal.SIGCONT)
    wait_for(lambda: call(cloud, "DELETE", f"/attachments/{made}").status_code == 200, 60, "the attachment is deleted")
    assert api.show_volume(volume)["status"] == "available"
