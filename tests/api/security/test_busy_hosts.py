"""What changes connections or attachments while the storage host has no time for them: refused, and all is as before."""
import pathlib
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from harness.volumes import call, show  # noqa: E402
from held_volumes import CLONE, CONNECT, Held  # noqa: E402
from test_busy_connections import (  # noqa: E402, F401
    INITIALIZE, TERMINATE, accounts, api, assert_connects, cloud, made, neighbour, user)
from test_unattached_connections import HOST, act, connections  # noqa: E402

#: http::Waiters: of one project at one host, at once and waiting. One request more is refused at once.
RUNNING, QUEUED = 2, 64


class Subject:
    """A volume of a user, and his attachment."""

    def __init__(self, cloud, volume, token):
        self.cloud, self.volume, self.token = cloud, volume, token
        self.attachment = None

    def act(self, name, argument=None, expect=None, token=None):
        return act(self.cloud, self.volume, name, argument, expect, token or self.token)

    def call(self, method, path, body=None, expect=None):
        return call(self.cloud, method, f"/attachments{path}", body, token=self.token, expect=expect)

    def create(self, connector, expect=None):
        return self.call("POST", "", {"attachment": {"volume_uuid": self.volume, **connector}}, expect)

    def complete(self, expect=None):
        return self.call("POST", f"/{self.attachment}/action", {"os-complete": None}, expect)

    def reserve(self):
        self.attachment = self.create({}, 200).json()["attachment"]["id"]

    def attach(self):
        self.attachment = self.create(HOST, 200).json()["attachment"]["id"]
        self.complete(204)

    def seen(self):
        """Statuses of the volume and its attachments, and the connections that the storage host has."""
        path = f"/attachments/detail?all_tenants=1&volume_id={self.volume}"
        attached = [item["status"] for item in call(self.cloud, "GET", path, expect=200).json()["attachments"]]
        return show(self.cloud, self.volume)["status"], attached, connections(self.cloud, self.volume)


class Case:
    """A request about a volume; `work`: what may be done to such a volume meanwhile; `late`: begins beside that work;
    `answer`, `seen`: what comes of it when it needs no storage host."""

    def __init__(self, request, before=None, late=None, work=CLONE, answer=None, seen=None):
        self.request, self.work, self.answer, self.expected = request, work, answer, seen
        self.before = before or (lambda subject: None)
        self.late = late or (lambda subject: None)


CASES = {
    INITIALIZE: Case(lambda one: one.act(INITIALIZE, HOST)),
    "initialize again": Case(lambda one: one.act(INITIALIZE, HOST), lambda one: one.act(INITIALIZE, HOST, 200)),
    TERMINATE: Case(lambda one: one.act(TERMINATE, HOST), lambda one: one.act(INITIALIZE, HOST, 200)),
    "create": Case(lambda one: one.create(HOST)),
    "update": Case(lambda one: one.call("PUT", f"/{one.attachment}", {"attachment": HOST}), late=Subject.reserve),
    "delete": Case(lambda one: one.call("DELETE", f"/{one.attachment}"), Subject.attach, work=CONNECT),
    "os-detach": Case(lambda one: one.act("os-detach", {}), Subject.attach, work=CONNECT),
    "os-detach of one": Case(lambda one: one.act("os-detach", {"attachment_id": one.attachment}), Subject.attach, work=CONNECT),
    "delete of one that is detached": Case(
        lambda one: one.call("DELETE", f"/{one.attachment}"), Subject.attach,
        lambda one: one.act("os-begin_detaching", expect=202), CONNECT),
    "delete of a reservation": Case(
        lambda one: one.call("DELETE", f"/{one.attachment}"), late=Subject.reserve, answer=200, seen=("available", [], [])),
    "complete": Case(Subject.complete, late=Subject.reserve, answer=204, seen=("in-use", ["attached"], [])),
    "os-roll_detaching": Case(
        lambda one: one.act("os-roll_detaching"), Subject.attach, lambda one: one.act("os-begin_detaching", expect=202),
        CONNECT, 202, ("in-use", ["attached"], ["one"])),
}


def assert_outcome(case, subject, refusal):
    before = subject.seen()
    answer = case.request(subject)
    assert answer.status_code == (case.answer or refusal), answer.text
    assert subject.seen() == (case.expected or before)


def free(subject):
    """The volume can be had afterwards: nothing was left that nobody can end."""
    subject.act(TERMINATE, HOST)
    for item in call(subject.cloud, "GET", f"/attachments?volume_id={subject.volume}", token=subject.token).json()["attachments"]:
        subject.call("DELETE", f"/{item['id']}", expect=200)
    assert subject.seen() == ("available", [], [])
    assert_connects(subject.cloud, subject.volume, subject.token)


@pytest.mark.parametrize("name", CASES)
def test_a_volume_that_the_host_works_on(cloud, api, made, user, name):
    case = CASES[name]
    subject = Subject(cloud, made(user), user)
    case.before(subject)
    with Held(cloud, api, case.work, subject.volume, user):
        case.late(subject)
        assert_outcome(case, subject, 409)
    assert cloud.differences() == []
    free(subject)


def test_force_detach_of_a_volume_that_the_host_works_on(cloud, api, made, user):
    """An administrator's, whose project has places of its own at the host."""
    subject = Subject(cloud, made(user), user)
    subject.attach()
    with Held(cloud, api, CONNECT, subject.volume, user):
        before = subject.seen()
        subject.act("os-force_detach", {"attachment_id": subject.attachment}, 409, cloud.token)
        assert subject.seen() == before
    subject.act("os-force_detach", {"attachment_id": subject.attachment}, 202, cloud.token)
    free(subject)


class FullLane:
    """Within the block a project's places at the host are all taken: by calls that the host doesn't end, and others that
    wait for their turn."""

    def __init__(self, cloud, held, waiting, token):
        self.cloud, self.held, self.waiting, self.token = cloud, held, waiting, token
        self.pool = ThreadPoolExecutor(RUNNING + QUEUED + 1)
        self.asked = []

    def __enter__(self):
        try:
            for volume in self.held:
                mark = self.cloud.mark()
                self.cloud.arm("host", self.cloud.holding("host", "volume.files.initialize_connection.saved"))
                self.ask(volume, INITIALIZE)
                self.cloud.wait_point("host", "volume.files.initialize_connection.saved", mark, 60)
            queued = [self.ask(self.waiting, TERMINATE) for _ in range(QUEUED + 1)]
            done = wait(queued, 60, FIRST_COMPLETED).done
            assert [item.result().status_code for item in done] == [503]
            self.asked.remove(*done)
        except BaseException:
            self.__exit__()
            raise
        return self

    def ask(self, volume, name):
        asked = self.pool.submit(act, self.cloud, volume, name, HOST, None, self.token)
        self.asked.append(asked)
        return asked

    def __exit__(self, *failure):
        self.cloud.let_go("host")
        self.pool.shutdown()


def test_a_host_that_the_project_waits_for_already(cloud, made, user, neighbour):
    subjects = {name: Subject(cloud, made(user), user) for name in CASES}
    for name, case in CASES.items():
        case.before(subjects[name])
    held, waiting, other = [made(user) for _ in range(RUNNING)], made(user), made(neighbour)
    with FullLane(cloud, held, waiting, user) as full:
        assert_connects(cloud, other, neighbour)
        for name, case in CASES.items():
            case.late(subjects[name])
            assert_outcome(case, subjects[name], 503)
    assert {item.result().status_code for item in full.asked} == {200, 202}
    for subject in [*subjects.values(), *(Subject(cloud, volume, user) for volume in held)]:
        free(subject)
