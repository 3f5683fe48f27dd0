"""One project has a host convert images for as long as it likes: that is its share of the host, and others don't wait."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.accounts import Accounts  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.volumes import call, show  # noqa: E402

FETCHED = "volume.files.base.fetched"
#: More than the host has threads for, and more than there are for flows.
SOME, MANY = 8, 34


@pytest.fixture(scope="module")
def cloud():
    settings = {"host.threads": "2", "host.long_threads": "2"}
    running = FailingCloud(settings=settings).start()
    yield running
    running.close()


@pytest.fixture
def api(cloud):
    resources = Resources(cloud)
    yield resources
    resources.delete_all()


@pytest.fixture
def tokens(cloud):
    """Of members of two projects."""
    accounts = Accounts(cloud)
    yield [accounts.of_project(accounts.project(), "member")[1] for _ in range(2)]
    accounts.close()


def make_volume(cloud, token, **source):
    return call(cloud, "POST", "/volumes", {"volume": {"size": 1, **source}}, token=token, expect=202).json()["volume"]["id"]


def boot(cloud, token, **fields):
    body = {"server": {"name": "other", "networks": "none", **fields}}
    answer = cloud.http("POST", "/compute/v2.1/servers", json=body, token=token,
                        headers={"OpenStack-API-Version": "compute 2.37"})
    assert answer.status_code == 202, answer.text
    return answer.json()["server"]["id"]


def test_others_do_not_wait_for_a_project_that_has_images_converted(cloud, api, tokens):
    greedy, other = tokens
    flavor = api.flavor("long-commands")
    slow, quick = (api.image(name, name.encode() * 512, visibility="public") for name in ("slow", "quick"))
    mark = cloud.mark()
    with cloud.held("host", FETCHED):
        first = make_volume(cloud, greedy, imageRef=slow)
        cloud.wait_point("host", FETCHED, mark)
        waiting = [make_volume(cloud, greedy, imageRef=slow) for _ in range(SOME)]
        # What waits for its turn on the host is deleted at once.
        cancelled = waiting.pop()
        assert call(cloud, "DELETE", f"/volumes/{cancelled}", token=greedy).status_code == 202
        api.wait_gone(lambda: api.show_volume(cancelled), "a volume whose turn has not come")
        waiting += [make_volume(cloud, greedy, imageRef=slow) for _ in range(MANY)]
        for volume in (make_volume(cloud, other), make_volume(cloud, other, imageRef=quick)):
            api.wait_volume(volume)
        api.wait_server(boot(cloud, other, flavorRef=flavor, imageRef=quick))
        assert {show(cloud, volume)["status"] for volume in [first, *waiting]} <= {"downloading", "creating"}
    for volume in [first, *waiting]:
        api.wait_volume(volume)
