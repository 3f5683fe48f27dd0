"""Two control processes share a database, and one of them dies."""
import threading

import pytest
import requests
from failing_cloud import FailingCloud
from harness.resources import Resources
from replica import Replica, is_possible

BOOTS = 5
# A host that only the dead one could reach is waited for before a boot gives it up.
SETTLED_SECONDS = 300

pytestmark = pytest.mark.skipif(not is_possible(), reason="only PostgreSQL is shared: DATABASE=postgresql")


@pytest.fixture
def first():
    running = FailingCloud().start()
    yield running
    running.close()


@pytest.fixture
def second(first):
    running = Replica(first, "host-2").start()
    yield running
    running.close()


def test_the_boots_of_a_control_that_was_killed_come_to_an_end(first, second):
    ours, theirs = Resources(second), Resources(first)
    flavor, image = theirs.flavor("small"), theirs.image("image", b"x" * 100_000)
    servers = [theirs.server(f"server-{number}", flavor, image) for number in range(BOOTS)]
    with first.held("control", "boot_server.virt.libvirt.spawn.before"):
        servers += [theirs.server(f"held-{number}", flavor, image) for number in range(BOOTS)]
        first.kill("control")

    for server in servers:
        ours.wait_flows(server, seconds=SETTLED_SECONDS)
    for server in servers:
        shown = ours.show_server(server)
        assert shown["OS-EXT-STS:task_state"] is None
        assert shown["status"] == "ACTIVE" or shown["fault"]["message"] == "the host of this is not connected", shown
    assert second.differences() == []
    assert ours.active_server("another", flavor, image)

    first.start_half("control")
    first.wait_ready()
    for replica in (ours, theirs):
        replica.wait(lambda: replica.cloud.differences() == [], "nothing differs")


def test_a_control_that_starts_leaves_the_flows_of_the_other_alone(first):
    theirs = Resources(first)
    flavor, image = theirs.flavor("small"), theirs.image("image", b"x" * 100_000)
    point = "boot_server.virt.libvirt.spawn.before"
    with first.held("control", point):
        mark = first.mark()
        server = theirs.server("server", flavor, image)
        first.wait_point("control", point, mark)
        owned = "SELECT owner, generation FROM flows WHERE kind = 'boot_server'"
        before = first.database.rows(owned)
        second = Replica(first, "host-2")
        try:
            second.start()
            assert first.database.rows(owned) == before
        finally:
            second.close()
    assert theirs.wait_server(server)["OS-EXT-SRV-ATTR:host"] == "host-1"


def test_a_control_that_starts_leaves_the_uploads_of_the_other_alone(first):
    theirs = Resources(first)
    body = {"name": "image", "disk_format": "raw", "container_format": "bare"}
    image, cut_off = (theirs.call("POST", "/image/v2/images", body)["id"] for _ in range(2))
    answers = []

    def upload(of):
        answers.append(first.http("PUT", f"/image/v2/images/{of}/file", data=b"x" * 100_000,
                                  headers={"Content-Type": "application/octet-stream"}).status_code)

    def status(cloud, of):
        return cloud.http("GET", f"/image/v2/images/{of}").json()["status"]
    point = "image.upload.received"
    with first.held("control", point):
        mark = first.mark()
        sender = threading.Thread(target=upload, args=(image,))
        sender.start()
        first.wait_point("control", point, mark)
        second = Replica(first, "host-2").start()
    try:
        sender.join()
        assert answers == [204] and status(second, image) == "active"
        assert second.http("GET", f"/image/v2/images/{image}/file").content == b"x" * 100_000
        with first.held("control", point):
            mark = first.mark()
            sender = threading.Thread(target=lambda: pytest.raises(requests.ConnectionError, upload, cut_off))
            sender.start()
            first.wait_point("control", point, mark)
            first.kill("control")
            sender.join()
        assert status(second, cut_off) == "saving"
        first.start_half("control")
        first.wait_ready()
        assert status(second, cut_off) == "queued", "its successor puts it back"
        assert second.differences() == []
    finally:
        second.close()
