"""Images on a host that doesn't see the image store: by HTTP, with signed URLs."""
import base64
import hashlib
import hmac
import os
import socket
import subprocess
import time
import uuid

import pytest

from harness.apart import HostApart
from harness.cloud import Cloud, wait_for
from harness.resources import Resources
from harness.volumes import call, gone, settled, show

MIB = 1 << 20
GIB = 1 << 30


class CloudApart(HostApart, Cloud):
    pass


@pytest.fixture(scope="module")
def cloud():
    running = CloudApart().start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def tidy(cloud):
    yield
    assert cloud.left_on_host() == []
    assert "signature=" not in cloud.log_path.read_text(errors="replace")


@pytest.fixture
def images(cloud):
    """Makes images of some data and deletes them."""
    made = []

    def make(data, disk_format="raw"):
        made.append(Resources(cloud).image("image", data, disk_format))
        return made[-1]
    yield make
    for image in made:
        assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204
    assert cloud.store() == []


def content(cloud, volume, size):
    """The first bytes of what the volume reads as."""
    path = next((cloud.state / "host" / "volumes").rglob(f"volume-{volume}"))
    made = "qcow2" if path.read_bytes()[:4] == b"QFI\xfb" else "raw"
    plain = cloud.folder / "plain.raw"
    subprocess.run(["qemu-img", "convert", "-f", made, "-O", "raw", str(path), str(plain)], check=True, timeout=300)
    with open(plain, "rb") as disk:
        data = disk.read(size)
    plain.unlink()
    return data


def bases(cloud):
    return list((cloud.volume_folder / "_base").iterdir())


def test_a_volume_has_the_bytes_of_its_image(cloud, volumes, images):
    data = os.urandom(5 * MIB) + bytes(20 * MIB) + os.urandom(3 * MIB + 512)
    image = images(data)
    assert content(cloud, volumes(size=1, imageRef=image), len(data)) == data
    assert content(cloud, volumes(size=1, imageRef=image), len(data)) == data
    assert all(path.stat().st_blocks * 512 < 10 * MIB for path in bases(cloud)), "zeros are holes"


def test_a_qcow2_comes_too(cloud, volumes, images):
    plain, packed = cloud.folder / "disk.raw", cloud.folder / "disk.qcow2"
    plain.write_bytes(os.urandom(MIB) + bytes(30 * MIB))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", plain, packed], check=True, timeout=60)
    image = images(packed.read_bytes(), "qcow2")
    assert content(cloud, volumes(size=1, imageRef=image), 31 * MIB) == plain.read_bytes()


@pytest.mark.parametrize("disk_format", ("raw", "qcow2"))
def test_an_image_has_the_bytes_of_its_volume(cloud, volumes, disk_format):
    volume = volumes(size=1)
    data = os.urandom(3 * MIB)
    with open(next(cloud.volume_folder.rglob(f"volume-{volume}")), "r+b") as disk:
        disk.seek(5 * MIB)
        disk.write(data)
    body = {"os-volume_upload_image": {"image_name": "made", "disk_format": disk_format, "container_format": "bare"}}
    answer = call(cloud, "POST", f"/volumes/{volume}/action", body, expect=202).json()["os-volume_upload_image"]
    wait_for(lambda: show(cloud, volume)["status"] == "available", 300, "the upload ends")
    made = cloud.http("GET", f"/image/v2/images/{answer['image_id']}").json()
    assert made["status"] == "active", cloud.trace(volume)
    stored = cloud.state / "control" / "images" / made["id"]
    assert cloud.store() == [made["id"]] and stored.stat().st_mode & 0o077 == 0
    assert hashlib.sha512(stored.read_bytes()).hexdigest() == made["os_hash_value"]
    back = volumes(size=1, imageRef=made["id"])
    assert content(cloud, back, 8 * MIB) == bytes(5 * MIB) + data
    assert cloud.http("DELETE", f"/image/v2/images/{made['id']}").status_code == 204
    assert cloud.differences() == []


def test_damaged_data_becomes_no_volume(cloud, images):
    image = images(os.urandom(2 * MIB))
    path = cloud.state / "control" / "images" / image
    good = path.read_bytes()
    before = bases(cloud)
    path.write_bytes(good[:MIB] + bytes([good[MIB] ^ 1]) + good[MIB + 1:])
    body = {"volume": {"size": 1, "imageRef": image}}
    volume = call(cloud, "POST", "/volumes", body, expect=202).json()["volume"]["id"]
    assert settled(cloud, "volume", volume)["status"] == "error"
    assert "checksum is not the recorded one" in str(cloud.trace(volume))
    assert bases(cloud) == before
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
    gone(cloud, "volume", volume)
    path.write_bytes(good)


def signature(cloud, purpose, image, upload, size, until, host):
    key = base64.b64decode((cloud.state / "control" / "master.key").read_text())
    key = hmac.new(key, b"virga image transfers", "sha256").hexdigest()
    text = "\n".join((purpose, image, upload, str(size), str(until), host))
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def url(cloud, image, size, purpose="get", upload="", host="host-1", until=None, signed_for=None, **changes):
    until = until or int(time.time()) + 60
    values = {"size": size, "until": until, "host": host, "upload": upload,
              "signature": signature(cloud, purpose, signed_for or image, upload, size, until, host), **changes}
    return f"/image/transfer/{image}?" + "&".join(f"{key}={value}" for key, value in values.items() if value != "")


def test_only_what_is_signed_is_given(cloud, images):
    data, other = os.urandom(100_000), images(b"other" * 1000)
    image = images(data)
    size = len(data)

    def get(path, **headers):
        return cloud.http("GET", path, token="", headers=headers)
    whole = get(url(cloud, image, size))
    assert whole.status_code == 200 and whole.content == data
    part = get(url(cloud, image, size), Range="bytes=99000-")
    assert part.status_code == 206 and part.content == data[99000:]
    assert part.headers["Content-Range"] == "bytes 99000-99999/100000"
    assert get(url(cloud, image, size), Range="bytes=100000-").status_code == 416
    refused = {
        "no signature": url(cloud, image, size, signature=""),
        "nothing": f"/image/transfer/{image}",
        "another image's": url(cloud, image, size, signed_for=other),
        "over": url(cloud, image, size, until=int(time.time()) - 1),
        "a later end": url(cloud, image, size, until=int(time.time()) - 1).replace("until=", "until=9"),
        "another size": url(cloud, image, size).replace("size=100000", "size=5000"),
        "another host": url(cloud, image, size).replace("host=host-1", "host=host-2"),
        "for PUT": url(cloud, image, size, purpose="put"),
        "another key": url(cloud, image, size, signature="0" * 64),
    }
    for why, path in refused.items():
        answer = get(path)
        assert answer.status_code == 403 and answer.json()["code"] == "Forbidden", why
        assert cloud.http("GET", path).status_code == 403, "a token doesn't help"
    assert get(url(cloud, image, 5)).status_code == 404, "signed for data of another size"
    missing = str(uuid.uuid4())
    assert get(url(cloud, missing, 5)).status_code == 404


def test_nothing_is_taken_that_no_flow_waits_for(cloud, images):
    queued = cloud.http("POST", "/image/v2/images", json={"name": "x", "disk_format": "raw", "container_format": "bare"})
    image = queued.json()["id"]
    upload = str(uuid.uuid4())
    put = url(cloud, image, MIB, purpose="put", upload=upload)
    assert cloud.http("PUT", put, token="", data=b"x" * 1000).status_code == 404
    assert cloud.http("PUT", put.replace("signature=", "signature=0"), token="", data=b"x" * 1000).status_code == 403
    assert cloud.http("PUT", url(cloud, image, MIB), token="", data=b"x" * 1000).status_code == 403
    assert cloud.http("PUT", put, token="", data=b"x" * (MIB + 1)).status_code == 413
    assert cloud.http("PUT", url(cloud, images(b"x" * 512), MIB, purpose="put", upload=upload), token="",
                      data=b"x").status_code == 404
    assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204


def test_slow_readers_hold_no_thread(cloud, images):
    """More of them than the server has threads of any kind; others are served meanwhile."""
    image = images(os.urandom(20 * MIB))
    readers = []
    for _ in range(40):
        reader = socket.create_connection(("127.0.0.1", cloud.port))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(f"GET {url(cloud, image, 20 * MIB)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        readers.append(reader)
    for reader in readers:
        assert reader.recv(12) == b"HTTP/1.1 200"
    assert len(cloud.http("GET", url(cloud, image, 20 * MIB), token="").content) == 20 * MIB
    assert cloud.http("GET", "/image/v2/images").status_code == 200
    for reader in readers:
        reader.close()


def test_without_a_url_the_error_names_the_setting():
    cloud = CloudApart(control_urls=[])
    try:
        cloud.start()
        image = Resources(cloud).image("image", os.urandom(MIB))
        body = {"volume": {"size": 1, "imageRef": image}}
        volume = call(cloud, "POST", "/volumes", body, expect=202).json()["volume"]["id"]
        assert settled(cloud, "volume", volume)["status"] == "error"
        assert "host.control_urls" in str(cloud.trace(volume))
    finally:
        cloud.close()
