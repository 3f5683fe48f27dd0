"""A half of the cloud dies between the storage host's work on a connection and the record of it."""
import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from census import leftovers
from failing_cloud import FailingCloud
from harness.resources import Resources
from harness.volumes import call, gone, show

HOST = {"connector": {"host": "outside"}}
MADE, ENDED = "volume.files.initialize_connection.saved", "volume.files.terminate_connection.saved"


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


class Subject:
    def __init__(self, cloud, volume):
        self.cloud, self.volume = cloud, volume
        self.attachment = self.transfer = None

    def initialize(self):
        return self.act("os-initialize_connection", HOST)

    def terminate(self):
        return self.act("os-terminate_connection", HOST)

    def create(self):
        return call(self.cloud, "POST", "/attachments", {"attachment": {"volume_uuid": self.volume, **HOST}})

    def update(self):
        return call(self.cloud, "PUT", f"/attachments/{self.attachment}", {"attachment": HOST})

    def delete(self):
        return call(self.cloud, "DELETE", f"/attachments/{self.attachment}")

    def detach(self):
        return self.act("os-detach", {"attachment_id": self.attachment})

    def act(self, name, argument):
        return call(self.cloud, "POST", f"/volumes/{self.volume}/action", {name: argument})

    def reserve(self):
        body = {"attachment": {"volume_uuid": self.volume}}
        self.attachment = call(self.cloud, "POST", "/attachments", body, expect=200).json()["attachment"]["id"]

    def attach(self):
        self.reserve()
        assert self.update().status_code == 200
        call(self.cloud, "POST", f"/attachments/{self.attachment}/action", {"os-complete": None}, expect=204)

    def offer(self):
        assert self.initialize().status_code == 200
        body = {"transfer": {"volume_id": self.volume}}
        self.transfer = call(self.cloud, "POST", "/volume-transfers", body, expect=202).json()["transfer"]

    def accept(self):
        body = {"accept": {"auth_key": self.transfer["auth_key"]}}
        return call(self.cloud, "POST", f"/volume-transfers/{self.transfer['id']}/accept", body)

    def end_all(self):
        """What a user may do who finds his volume so; the connections themselves aren't his to end."""
        for item in call(self.cloud, "GET", "/volume-transfers", expect=200).json()["transfers"]:
            call(self.cloud, "DELETE", f"/volume-transfers/{item['id']}", expect=202)
        for item in call(self.cloud, "GET", f"/attachments?volume_id={self.volume}", expect=200).json()["attachments"]:
            call(self.cloud, "DELETE", f"/attachments/{item['id']}", expect=200)


class Case:
    """What is asked of a volume, where the storage host has done its part, and the answers to the same asked again and
    again: when it was not done before, and when it was."""

    def __init__(self, before, ask, point, again, once_more):
        self.before, self.ask, self.point, self.again, self.once_more = before, ask, point, again, once_more


CASES = {
    "os-initialize_connection": Case(lambda one: None, Subject.initialize, MADE, {200}, 200),
    "os-terminate_connection": Case(Subject.initialize, Subject.terminate, ENDED, {202}, 202),
    "attachment update": Case(Subject.reserve, Subject.update, MADE, {200}, 200),
    "attachment delete": Case(Subject.attach, Subject.delete, ENDED, {200, 404}, 404),
    # Whoever got no answer finds an attachment that he can end, and makes no second one.
    "attachment create": Case(lambda one: None, Subject.create, MADE, {400}, 400),
    # With a wrong attachment nothing is told of what was: see refuse_unknown.
    "os-detach": Case(Subject.attach, Subject.detach, ENDED, {202, 409}, 409),
    "transfer accept": Case(Subject.offer, Subject.accept, ENDED, {202, 404}, 404),
}


def die(cloud, subject, case, halves):
    """The storage host has done its part; nobody gets to know. The answer, if there was one, is of no interest."""
    with ThreadPoolExecutor(1) as pool:
        with cloud.held("host", case.point):
            mark = cloud.mark()
            answer = pool.submit(case.ask, subject)
            cloud.wait_point("host", case.point, mark, 60)
            for half in halves:
                cloud.kill(half)
        cloud.revive(*halves)
        with contextlib.suppress(requests.RequestException):
            assert answer.result().status_code in (200, 202, 503), answer.result().text


def assert_usable(cloud, api, subject):
    """Connected, disconnected and deleted, by all ways."""
    subject.end_all()
    assert subject.initialize().status_code == 200
    assert subject.terminate().status_code == 202
    subject.attach()
    assert show(cloud, subject.volume)["status"] == "in-use"
    assert subject.delete().status_code == 200
    assert_deletable(cloud, api, subject)


def assert_deletable(cloud, api, subject):
    subject.end_all()
    api.delete_volume(subject.volume)
    gone(cloud, "volume", subject.volume)
    api.wait_flows(subject.volume)
    assert cloud.database.rows(f"SELECT host FROM volume_connections WHERE volume_id = '{subject.volume}'") == []
    assert cloud.differences() == [] and leftovers(cloud) == []


def ask_again(case, subject):
    assert case.ask(subject).status_code in case.again
    for _ in range(2):
        answer = case.ask(subject)
        assert answer.status_code == case.once_more, answer.text


@pytest.mark.parametrize("halves", [("host",), ("control",), ("control", "host")], ids="+".join)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("after", ["again", "use", "delete"])
def test_death_before_the_record(cloud, api, name, halves, after):
    case, subject = CASES[name], Subject(cloud, api.ready_volume("dying", 1))
    case.before(subject)
    die(cloud, subject, case, halves)
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences, 60)
    if after == "again":
        ask_again(case, subject)
        assert cloud.differences() == []
    if after == "delete":
        return assert_deletable(cloud, api, subject)
    assert_usable(cloud, api, subject)
