"""Images fill neither the disk nor more than their project's share, at any moment of an upload."""
import os
import socket

import pytest
import requests

from harness.cloud import Cloud, wait_for
from harness.volumes import call, gone, settled, show

MIB = 1024 * 1024
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def small():
    """64 MiB, 4 images and 2 uploads for each project."""
    running = Cloud(settings={"image.quota_bytes": 64 * MIB, "image.quota_images": 4, "image.quota_uploads": 2}).start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def small_is_empty(small):
    yield
    for image in small.http("GET", "/image/v2/images").json()["images"]:
        assert small.http("DELETE", f"/image/v2/images/{image['id']}").status_code == 204
    assert small.differences() == []


def make(cloud, **fields):
    answer = cloud.http("POST", "/image/v2/images", json={"name": "i", "disk_format": "raw",
                                                          "container_format": "bare", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def upload(cloud, image, data):
    return cloud.http("PUT", f"/image/v2/images/{image}/file", data=data, headers=BINARY)


def status(cloud, image):
    return cloud.http("GET", f"/image/v2/images/{image}").json()["status"]


def pieces(count, counted=None):
    piece = os.urandom(MIB)
    for _ in range(count):
        if counted is not None:
            counted.append(1)
        yield piece


class Slow:
    """An upload that has sent `mib` and waits."""

    def __init__(self, cloud, image, mib):
        self.socket = socket.create_connection(("127.0.0.1", cloud.port))
        self.socket.sendall((f"PUT /image/v2/images/{image}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {cloud.token}\r\n"
                             "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
        for piece in pieces(mib):
            self.socket.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        folder = cloud.state / "control" / "images"
        wait_for(lambda: sum(part.stat().st_size for part in folder.glob(f"{image}.*.part")) >= (mib - 1) * MIB, 60,
                 "the data has arrived")

    def finish(self):
        self.socket.sendall(b"0\r\n\r\n")
        answer = self.socket.recv(65536).split(b"\r\n")[0]
        self.socket.close()
        return int(answer.split()[1])


def test_an_upload_is_refused_in_the_middle(small):
    image, sent = make(small), []
    try:
        assert upload(small, image, pieces(2000, sent)).status_code == 413
    except requests.ConnectionError:
        pass  # refused while it was sending
    assert len(sent) < 1000
    wait_for(lambda: status(small, image) == "queued", 60, "the upload is given up")
    assert not list((small.state / "control" / "images").glob("*.part"))


def test_what_arrives_is_charged_at_once(small):
    slow = Slow(small, make(small), 40)
    other = make(small)
    try:
        refused = upload(small, other, pieces(30)).status_code
    except requests.ConnectionError:
        refused = 413
    assert refused == 413
    assert slow.finish() == 204
    assert upload(small, other, pieces(20)).status_code == 204


def test_a_length_that_is_too_large_is_refused_at_once(small):
    image = make(small)
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as sender:
        sender.sendall((f"PUT /image/v2/images/{image}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {small.token}\r\n"
                        f"Content-Type: application/octet-stream\r\nContent-Length: {65 * MIB}\r\n\r\n").encode())
        assert sender.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_images_are_counted(small):
    images = [make(small) for _ in range(4)]
    answer = small.http("POST", "/image/v2/images", json={"name": "one too many"})
    assert answer.status_code == 413 and "4 images" in answer.text
    assert small.http("DELETE", f"/image/v2/images/{images[0]}").status_code == 204
    make(small)


def test_uploads_at_once_are_counted(small):
    running = [Slow(small, make(small), 2) for _ in range(2)]
    third = make(small)
    answer = upload(small, third, b"x" * 512)
    assert answer.status_code == 413 and "uploading" in answer.text
    assert [each.finish() for each in running] == [204, 204]
    assert upload(small, third, b"x" * 512).status_code == 204


def test_a_deleted_image_gives_its_bytes_back(small):
    slow = Slow(small, make(small), 40)
    image = small.http("GET", "/image/v2/images").json()["images"][0]["id"]
    assert small.http("DELETE", f"/image/v2/images/{image}").status_code == 204
    slow.socket.close()
    assert upload(small, make(small), pieces(60)).status_code == 204


def test_a_lost_upload_gives_its_bytes_back(small):
    image = make(small)
    slow = Slow(small, image, 40)
    small.kill("control")
    slow.socket.close()
    small.start_half("control")
    small.wait_ready()
    assert status(small, image) == "queued"
    assert upload(small, image, pieces(60)).status_code == 204


def test_a_disk_is_never_filled():
    running = Cloud(settings={"image.reserved_space_bytes": 1 << 60}).start()
    try:
        image = make(running)
        refused = upload(running, image, b"x" * MIB)
        assert refused.status_code == 413 and "space" in refused.text
        assert status(running, image) == "queued"
        assert running.http("DELETE", f"/image/v2/images/{image}").status_code == 204
        assert running.differences() == []
    finally:
        running.close()


@pytest.fixture
def volume(small):
    made = call(small, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
    assert settled(small, "volume", made)["status"] == "available"
    yield made
    assert call(small, "DELETE", f"/volumes/{made}").status_code == 202
    gone(small, "volume", made)


def fill(cloud, volume, mib):
    """The data of a volume, which can't be packed."""
    disk = next((cloud.state / "host" / "volumes").rglob(f"volume-{volume}"))
    with open(disk, "r+b") as file:
        for piece in pieces(mib):
            file.write(piece)


def copy_to_image(cloud, volume, disk_format):
    return call(cloud, "POST", f"/volumes/{volume}/action",
                {"os-volume_upload_image": {"image_name": "made", "disk_format": disk_format}})


def images_of(cloud):
    return cloud.http("GET", "/image/v2/images").json()["images"]


def test_an_image_of_a_volume_that_cannot_fit_is_refused_at_once(small, volume):
    answer = copy_to_image(small, volume, "raw")
    assert answer.status_code == 413 and "quota" in answer.text
    assert show(small, volume)["status"] == "available" and images_of(small) == []


def test_an_image_of_a_volume_ends_where_the_quota_does(small, volume):
    fill(small, volume, 100)
    answer = copy_to_image(small, volume, "qcow2")
    assert answer.status_code == 202
    wait_for(lambda: show(small, volume)["status"] == "available", 120, "the upload is given up")
    assert images_of(small) == []
    assert [path.name for path in (small.state / "control" / "images").iterdir()] == [".store"]
    message = call(small, "GET", f"/messages?resource_uuid={volume}", expect=200).json()["messages"][0]
    assert "quota" in message["user_message"]


def test_an_image_of_a_volume_counts(small, volume):
    fill(small, volume, 40)
    made = copy_to_image(small, volume, "qcow2").json()["os-volume_upload_image"]["image_id"]
    wait_for(lambda: status(small, made) == "active", 120, "the image is there")
    try:
        refused = upload(small, make(small), pieces(30)).status_code
    except requests.ConnectionError:
        refused = 413
    assert refused == 413
    assert upload(small, make(small), pieces(20)).status_code == 204
