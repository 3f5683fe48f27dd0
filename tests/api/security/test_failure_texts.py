"""What members read of failures: what is wrong in the API's terms, and nothing of tools, files or systems. What exactly
happened is for administrators, in the trace."""
import pathlib
import subprocess
import uuid

import pytest

from harness.accounts import Accounts
from harness.cloud import wait_for
from harness.volumes import call, gone, settled

TECHNICAL = ("qemu", "exit code", "errno", "No such file", "(file)", "open ", "sidecar", "/", ".disk", "sandbox")


@pytest.fixture(scope="module")
def member(cloud):
    accounts = Accounts(cloud)
    yield accounts.of_project(accounts.project(), "member")[1]
    accounts.close()


@pytest.fixture
def made(cloud, member):
    """Makes volumes of the member, and deletes them in the end."""
    volumes = []

    def make(status, **fields):
        body = {"volume": {"size": 1, **fields}}
        volume = call(cloud, "POST", "/volumes", body, token=member, expect=202).json()["volume"]["id"]
        volumes.append(volume)
        assert settled(cloud, "volume", volume)["status"] == status
        return volume
    yield make
    for volume in volumes:
        call(cloud, "DELETE", f"/volumes/{volume}?cascade=true", token=member, expect=202)
        gone(cloud, "volume", volume)


def message_of(cloud, member, resource):
    def look():
        return call(cloud, "GET", f"/messages?resource_uuid={resource}", token=member, expect=200).json()["messages"]
    return wait_for(look, 60, "the failure is told")[0]["user_message"]


def told_to_admin(cloud, resource):
    return cloud.http("GET", f"/virga/v1/trace/{resource}").text


def check(text):
    assert [word for word in TECHNICAL if word in text] == [], text


def broken_qcow2(folder):
    """Its header and tables are right; only who expands a cluster sees that there is nothing in it to expand."""
    path = pathlib.Path(folder) / f"{uuid.uuid4().hex}.qcow2"
    raw = path.with_suffix(".raw")
    raw.write_bytes(b"x" * (1 << 20))
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", raw, path], check=True, timeout=120)
    data = bytearray(path.read_bytes())
    l1 = int.from_bytes(data[40:48], "big")
    l2 = int.from_bytes(data[l1:l1 + 8], "big") & 0x00fffffffffffe00
    entry = int.from_bytes(data[l2:l2 + 8], "big")
    assert entry >> 62 & 1, "not compressed"
    at = entry & ((1 << 54) - 1)
    data[at:at + 16] = b"\xff" * 16
    return bytes(data)


def test_an_image_that_the_tool_refuses(cloud, member, made, tmp_path):
    image = cloud.http("POST", "/image/v2/images", token=member, json={
        "name": "broken", "disk_format": "qcow2", "container_format": "bare"}).json()["id"]
    sent = cloud.http("PUT", f"/image/v2/images/{image}/file", data=broken_qcow2(tmp_path), token=member,
                      headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 204, sent.text
    volume = made("error", imageRef=image)
    text = message_of(cloud, member, volume)
    check(text)
    assert "image" in text and "unacceptable" in text
    assert "qemu-img" in told_to_admin(cloud, volume)
    assert cloud.http("DELETE", f"/image/v2/images/{image}", token=member).status_code == 204


def data_files(cloud, volume):
    return [path for path in (cloud.state / "host").rglob(f"*{volume}*") if path.is_file() and path.suffix != ".json"]


def test_a_storage_that_fails(cloud, member, made):
    volume = made("available")
    files = data_files(cloud, volume)
    assert files
    for path in files:
        path.rename(path.with_name("away-" + path.name[::-1]))
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, token=member, expect=202)
    check(message_of(cloud, member, volume))
    assert "/" in told_to_admin(cloud, volume), "the administrator sees the file"
    for path in files:
        path.with_name("away-" + path.name[::-1]).rename(path)
