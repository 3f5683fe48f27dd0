"""Members never read the name of a host: in no answer, and in no text that a failure on it left."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_roles import CASES, VERSIONS, Owned

from harness.accounts import Accounts
from harness.cloud import Cloud, wait_for

HOST = "rack7-node3"


@pytest.fixture(scope="module")
def own():
    running = Cloud(settings={"host.name": HOST}).start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def member(own):
    return Owned(own, Accounts(own)).make()


class Asked:
    """Answers to the member, and those among them that name the host."""

    def __init__(self, member):
        self.member, self.named, self.good = member, [], 0

    def __call__(self, method, path, body=None):
        answer = self.member.cloud.http(method, path, json=body, token=self.member.token, headers=VERSIONS)
        self.good += answer.status_code < 300
        if HOST in answer.text or any(HOST in value for value in answer.headers.values()):
            self.named.append((method, path, answer.status_code, answer.text[:2000]))
        return answer


def look_everywhere(member):
    """Every route that shows something, with the member's own objects."""
    ask = Asked(member)
    for method, pattern, _, _ in CASES:
        if method == "GET":
            ask(method, member.path(pattern, member.project)[0])
    for kind in ("volumes", "snapshots", "backups", "attachments", "messages", "volume-transfers"):
        ask("GET", f"/volume/v3/{kind}/detail" if kind in ("volumes", "snapshots", "backups") else f"/volume/v3/{kind}")
    server = member.ids["server_id"]
    for action in ask("GET", f"/compute/v2.1/servers/{server}/os-instance-actions").json()["instanceActions"]:
        ask("GET", f"/compute/v2.1/servers/{server}/os-instance-actions/{action['request_id']}")
    for thing in (server, *(member.ids[f"{kind}_id"] for kind in ("volume", "snapshot", "backup"))):
        ask("GET", f"/virga/v1/trace/{thing}")
    return ask


def test_no_view_names_the_host(own, member):
    seen = look_everywhere(member)
    assert seen.good > 40, "the routes were not really asked"
    assert seen.named == []
    admin = own.http("GET", f"/compute/v2.1/servers/{member.ids['server_id']}").text
    assert HOST in admin


def requests_of(ids):
    volume, server = f"/volume/v3/volumes/{ids['volume_id']}", f"/compute/v2.1/servers/{ids['server_id']}"
    yield "POST", "/volume/v3/volumes", {"volume": {"snapshot_id": ids["snapshot_id"], "name": "of the snapshot"}}
    yield "POST", "/volume/v3/volumes", {"volume": {"source_volid": ids["volume_id"], "name": "of the volume"}}
    yield "POST", "/volume/v3/volumes", {"volume": {"size": 1, "name": "new"}}
    yield "POST", f"{volume}/action", {"os-retype": {"new_type": "lost", "migration_policy": "on-demand"}}
    yield "POST", f"{volume}/action", {"os-initialize_connection": {"connector": {"host": "other"}}}
    yield "PUT", f"/volume/v3/attachments/{ids['attachment_id']}", {"attachment": {"connector": {"host": "other"}}}
    yield "POST", f"{server}/action", {"reboot": {"type": "HARD"}}
    yield "POST", f"{server}/action", {"os-getConsoleOutput": {}}


def test_no_failure_names_the_host(own, member):
    kind = own.http("POST", "/volume/v3/types", json={"volume_type": {"name": "lost", "extra_specs": {
        "volume_backend_name": "nowhere"}}})
    assert kind.status_code == 200
    ask = Asked(member)
    ask("POST", f"/volume/v3/volumes/{member.ids['volume_id']}/action", {"os-retype": {"new_type": "lost"}})
    own.kill("host")
    wait_for(lambda: not own.host_is_up(), 120, "the host is seen to be gone")
    with ThreadPoolExecutor(10) as pool:  # each waits for the host for a while
        list(pool.map(lambda asked: ask(*asked), requests_of(member.ids)))
    wait_for(lambda: len(ask("GET", "/volume/v3/messages").json()["messages"]) >= 2, 300, "something has failed")
    assert ask.named + look_everywhere(member).named == []
