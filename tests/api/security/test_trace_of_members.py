"""A member's trace tells what was done for him, and nothing of the hosts that did it: no tap, bridge, host, file or device."""
import json
import re

import pytest

from harness.accounts import Accounts
from harness.cloud import Cloud
from harness.resources import Resources, blank, device, local_image

HOST = "rack9-node4"
TAP = re.compile(r"\b(?:tap|vbr)[0-9a-f]{8}-[0-9a-f]{2}\b")
FILE = re.compile(r"(?<![\w:/])/(?!dev/)[\w.-]+(?:/[\w.-]+)+")  # names below /dev are those of the guest


@pytest.fixture(scope="module")
def own():
    running = Cloud(settings={"host.name": HOST}).start()
    yield running
    running.close()


class Member:
    """Every request of Resources with the token of a member."""

    def __init__(self, cloud):
        accounts = Accounts(cloud)
        _, self.token = accounts.of_project(accounts.project(), "member")
        self.cloud = cloud

    def http(self, method, path, **request):
        return self.cloud.http(method, path, token=self.token, **request)


@pytest.fixture(scope="module")
def api(own):
    return Resources(Member(own))


@pytest.fixture(scope="module")
def booted(own, api):
    """Servers that were booted in the four ways; the last one is deleted."""
    flavor = Resources(own).flavor("four", ram=64, disk=1)
    image = api.image("disk", b"x" * 65536)
    volume = api.ready_volume("root", imageRef=image)
    snapshot = api.ready_snapshot("root", volume)
    servers = [
        api.active_server("a", flavor, devices=[device("volume", volume), blank()]),
        api.active_server("b", flavor, image, [local_image(image), blank()]),
        api.active_server("c", flavor, devices=[device("image", image, volume_size=1)]),
        api.active_server("d", flavor, devices=[device("snapshot", snapshot)]),
    ]
    api.delete_server(servers[-1])
    api.wait_gone(lambda: api.show_server(servers[-1]), "server")
    return servers


def traces(cloud, server):
    answers = [cloud.http("GET", path) for path in (f"/compute/v2.1/servers/{server}/virga-trace", f"/virga/v1/trace/{server}")]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [answer.json() for answer in answers]


def runs_of(flows):
    for flow in flows:
        yield from flow["tasks"]
        yield from runs_of(flow["children"])


def internals(text):
    """Whatever in the text is a host's own."""
    found = set(TAP.findall(text)) | set(FILE.findall(text))
    return found | ({HOST} if HOST in text else set())


def test_members_read_nothing_of_hosts(own, api, booted):
    secret, read = set(), ""
    for server in booted:
        secret |= internals(json.dumps([run["decision"] for run in runs_of(own.trace(server))]))
        read += json.dumps(traces(api.cloud, server))
    kinds = {word[:3] for word in secret}
    assert {"tap", "vbr", HOST[:3]} <= kinds, f"the administrator's trace names too little to compare with: {secret}"
    assert internals(read) == set()
    assert [word for word in secret | {str(own.state)} if word in read] == []


def test_members_read_what_was_decided(api, booted):
    for server in booted:
        told = {}
        for run in runs_of(traces(api.cloud, server)[1]["flows"]):
            if run["phase"] == "execute" and run["decision"]:
                told[run["task"]] = run["decision"]
        assert "way: boot from" in told["compute.api.create"]
        assert re.search(r"allocated 1 port: default 172\.29\.\d+\.\d+ \(fa:16:3e:[0-9a-f:]+\)$",
                         told["compute.manager.build_networks"])
        assert "block_device_mapping has" in told["compute.manager.prep_block_device"]
        assert "vm_state active" in told["compute.manager.active"]
        assert "conductor.schedule" not in told
    assert "are gone" in told["compute.manager.delete"]


def test_operators_read_all(own, booted):
    runs = {run["task"]: run["decision"] for run in runs_of(own.trace(booted[0]))}
    assert TAP.search(runs["compute.manager.build_networks"]) and HOST in runs["conductor.schedule"]
