"""Kills while the data of an image is on its way between a control process and a host that don't share a folder."""
import hashlib
import os

import pytest

from failing_cloud import FailingCloud
from harness.apart import HostApart
from harness.guests import FLAVOR, GuestReaper, upload_guest
from harness.resources import Resources
from harness.volumes import call

MIB = 1 << 20
SIZE = 40 * MIB


class CloudApart(HostApart, FailingCloud):
    pass


@pytest.fixture(scope="module")
def cloud():
    # Nobody listens at the first URL, as when the control process at it is dead.
    running = CloudApart()
    running.settings["host.control_urls"] = f'["http://127.0.0.1:1", "{running.url}"]'
    running.start()
    yield running
    running.close()


@pytest.fixture
def api(cloud):
    resources = Resources(cloud)
    yield resources
    resources.delete_all()
    for image in resources.images():
        cloud.http("DELETE", f"/image/v2/images/{image['id']}")
    assert cloud.left_on_host() == [] and cloud.store() == []
    assert cloud.differences() == []


def volume_file(cloud, volume):
    return next(cloud.volume_folder.rglob(f"volume-{volume}"))


def kill(cloud, half, held):
    """What is held goes on when the other one is dead, before it comes back."""
    cloud.kill(half)
    cloud.let_go(held)
    cloud.start_half(half)
    cloud.wait_ready()


@pytest.mark.parametrize("half", ("control", "host"))
def test_a_killed_half_costs_a_download_nothing_but_time(cloud, api, half):
    data = os.urandom(SIZE)
    image = api.image("image", data)
    before = set((cloud.volume_folder / "_base").iterdir())
    with cloud.held("host", "disk.remote_image.piece"):
        mark = cloud.mark()
        volume = api.volume("volume", 1, imageRef=image)
        cloud.wait_point("host", "disk.remote_image.piece", mark)
        kill(cloud, half, "host")
    api.wait_volume(volume)
    base, = set((cloud.volume_folder / "_base").iterdir()) - before
    assert base.read_bytes() == data
    if half == "control":
        assert "the transfer of an image goes on elsewhere" in cloud.log_path.read_text(errors="replace")


@pytest.mark.parametrize("half,point", [("control", "disk.remote_image.sent"), ("host", "disk.remote_image.sent"),
                                        ("control", "image.transfer.received"), ("control", "image.transfer.published")])
def test_a_killed_half_costs_an_upload_nothing_but_time(cloud, api, half, point):
    volume = api.ready_volume("volume", 1)
    data = os.urandom(SIZE)
    with open(volume_file(cloud, volume), "r+b") as disk:
        disk.write(data)
    where = "host" if point.startswith("disk") else "control"
    with cloud.held(where, point):
        mark = cloud.mark()
        body = {"os-volume_upload_image": {"image_name": "made", "disk_format": "raw", "container_format": "bare"}}
        image = call(cloud, "POST", f"/volumes/{volume}/action", body, expect=202).json()["os-volume_upload_image"]["image_id"]
        cloud.wait_point(where, point, mark)
        kill(cloud, half, where)
    api.wait_volume(volume)
    made = cloud.http("GET", f"/image/v2/images/{image}").json()
    assert made["status"] == "active", cloud.trace(volume)
    stored = (cloud.state / "control" / "images" / image).read_bytes()
    assert stored == data + bytes(len(stored) - SIZE)
    assert hashlib.sha512(stored).hexdigest() == made["os_hash_value"]
    assert cloud.store() == [image]


def test_a_cancelled_upload_leaves_nothing(cloud, api):
    volume = api.ready_volume("volume", 1)
    with cloud.held("host", "disk.remote_image.sent"):
        mark = cloud.mark()
        body = {"os-volume_upload_image": {"image_name": "made", "disk_format": "raw", "container_format": "bare"}}
        image = call(cloud, "POST", f"/volumes/{volume}/action", body, expect=202).json()["os-volume_upload_image"]["image_id"]
        cloud.wait_point("host", "disk.remote_image.sent", mark)
        assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204
    api.wait_volume(volume)
    api.wait(lambda: cloud.store() == [], "the data is gone", cloud.store)


def test_a_real_guest_boots_from_an_image_that_its_host_does_not_see():
    with GuestReaper():
        cloud = CloudApart("libvirt")
        try:
            cloud.start()
            api = Resources(cloud)
            server = api.active_server("apart", api.flavor("guest", **FLAVOR), upload_guest(api))
            assert "cache miss" in str(cloud.trace(server))
            api.delete_server(server)
            api.wait(lambda: not api.servers(), "the server is gone", api.servers)
            assert cloud.left_on_host() == []
        finally:
            cloud.close()
