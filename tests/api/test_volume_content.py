"""Another content for a volume: revert to its latest snapshot (3.40), reimage (3.68)."""
import json
import os
import subprocess

import pytest

from harness.cloud import wait_for
from harness.volumes import NOWHERE, call, gone, settled, show


def act(cloud, volume, name, argument, expect=202, version="3.70", token=None):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, version=version, token=token, expect=expect)


def disk(cloud, volume):
    record = json.loads(next((cloud.state / "host" / "volumes").rglob(f"volume-{volume}.json")).read_text())
    layer = next(item for item in record["layers"] if item["file"] == record["active"])
    return str(next((cloud.state / "host" / "volumes").rglob(layer["file"]))), layer["format"]


def write(cloud, volume, pattern, offset="1M"):
    path, disk_format = disk(cloud, volume)
    subprocess.run(["qemu-io", "-f", disk_format, "-c", f"write -P {pattern} {offset} 64k", path], check=True,
                   capture_output=True, timeout=30)


def reads(cloud, volume, pattern, offset="1M", length="64k"):
    path, disk_format = disk(cloud, volume)
    done = subprocess.run(["qemu-io", "-r", "-f", disk_format, "-c", f"read -P {pattern} {offset} {length}", path],
                          capture_output=True, text=True, timeout=30)
    return done.returncode == 0 and "failed" not in done.stdout


def snapshot(cloud, volume):
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", made)["status"] == "available"
    return made


def idle(cloud, volume, expected="available"):
    busy = ("reverting", "downloading", "creating")
    wait_for(lambda: show(cloud, volume)["status"] not in busy, 60, "volume is idle")
    assert show(cloud, volume)["status"] == expected


# ---- revert

def test_revert_to_the_latest_snapshot(cloud, volumes):
    volume = volumes(size=1)
    write(cloud, volume, 1)
    first = snapshot(cloud, volume)
    write(cloud, volume, 2)
    second = snapshot(cloud, volume)
    for pattern in (3, 4):
        write(cloud, volume, pattern)
        write(cloud, volume, pattern, "500M")
        act(cloud, volume, "revert", {"snapshot_id": second})
        idle(cloud, volume)
        assert reads(cloud, volume, 2) and reads(cloud, volume, 0, "500M")
    assert call(cloud, "GET", f"/snapshots/{second}").json()["snapshot"]["status"] == "available"
    answer = act(cloud, volume, "revert", {"snapshot_id": first}, expect=400)
    assert "latest" in answer.text and second in answer.text
    call(cloud, "DELETE", f"/snapshots/{second}", expect=202)
    gone(cloud, "snapshot", second)
    act(cloud, volume, "revert", {"snapshot_id": first})
    idle(cloud, volume)
    assert reads(cloud, volume, 1)


def test_revert_wants_the_same_size(cloud, volumes):
    volume = volumes(size=1)
    taken = snapshot(cloud, volume)
    act(cloud, volume, "os-extend", {"new_size": 2})
    wait_for(lambda: show(cloud, volume)["status"] == "available", 30, "extended")
    assert "size" in act(cloud, volume, "revert", {"snapshot_id": taken}, expect=400).text


@pytest.mark.parametrize("argument, status", [({}, 400), ({"snapshot_id": "x"}, 400), ({"snapshot_id": None}, 400),
                                              ({"snapshot_id": NOWHERE}, 400), ({"snapshot_id": 7}, 400)])
def test_revert_refuses(cloud, volumes, argument, status):
    volume = volumes(size=1)
    act(cloud, volume, "revert", argument, expect=status)
    assert show(cloud, volume)["status"] == "available"


def test_revert_of_what_is_not_mine_or_not_its_own(cloud, volumes, stranger):
    volume, other = volumes(size=1), volumes(size=1)
    taken = snapshot(cloud, other)
    act(cloud, volume, "revert", {"snapshot_id": taken}, expect=400)
    act(cloud, other, "revert", {"snapshot_id": taken}, expect=404, token=stranger)
    act(cloud, other, "revert", {"snapshot_id": taken}, expect=404, version="3.39")


def test_revert_of_an_attached_volume(cloud, volumes):
    volume = volumes(size=1)
    taken = snapshot(cloud, volume)
    act(cloud, volume, "os-attach", {"host_name": "elsewhere", "mountpoint": "/dev/vdb"})
    assert "in-use" in act(cloud, volume, "revert", {"snapshot_id": taken}, expect=409).text
    act(cloud, volume, "os-detach", {})


def test_revert_by_the_command_line(cloud, volumes):
    volume = volumes(size=1)
    write(cloud, volume, 1)
    taken = snapshot(cloud, volume)
    write(cloud, volume, 2)
    subprocess.run(["cinder", "--os-volume-api-version", "3.40", "revert-to-snapshot", taken], check=True, timeout=60,
                   env={**os.environ, **cloud.openrc()}, capture_output=True)
    idle(cloud, volume)
    assert reads(cloud, volume, 1)


# ---- reimage

@pytest.mark.parametrize("start", ["empty", "image", "snapshot"])
def test_reimage_replaces_content_and_metadata(cloud, volumes, image, start):
    volume = volumes(size=1, **({"imageRef": image} if start == "image" else {}))
    for offset in ("0", "1M", "700M"):
        write(cloud, volume, 9, offset)
    if start == "snapshot":
        taken = snapshot(cloud, volume)
        write(cloud, volume, 8, "700M")
    other = make_image(cloud)
    act(cloud, volume, "os-reimage", {"image_id": other["id"]})
    idle(cloud, volume)
    after = show(cloud, volume)
    assert after["bootable"] == "true" and after["volume_image_metadata"]["image_id"] == other["id"]
    assert after["volume_image_metadata"]["os_distro"] == "other" and "os_version" not in after["volume_image_metadata"]
    assert reads(cloud, volume, 5, "0") and reads(cloud, volume, 5, "960k")
    assert reads(cloud, volume, 0, "1M", "1023M"), "nothing of the old content is left"
    if start == "snapshot":
        old = volumes(snapshot_id=taken)
        assert reads(cloud, old, 9, "700M") and reads(cloud, old, 9, "0")
    cloud.http("DELETE", f"/image/v2/images/{other['id']}")
    assert reads(cloud, volume, 5, "0")


def make_image(cloud, data=b"\5" * (1 << 20), **fields):
    body = {"name": "other", "disk_format": "raw", "container_format": "bare", "os_distro": "other", **fields}
    made = cloud.http("POST", "/image/v2/images", json=body).json()
    sent = cloud.http("PUT", f"/image/v2/images/{made['id']}/file", data=data,
                      headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 204, sent.text
    return made


def test_reimage_states(cloud, volumes, image):
    volume = volumes(size=1)
    act(cloud, volume, "os-reimage", {"image_id": image}, version="3.67", expect=404)
    for argument, status in (({}, 400), ({"image_id": "x"}, 400), ({"image_id": NOWHERE}, 404),
                             ({"image_id": image, "reimage_reserved": "perhaps"}, 400), ({"image_id": image, "x": 1}, 400)):
        act(cloud, volume, "os-reimage", argument, expect=status)
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "instance_uuid": NOWHERE}},
                expect=200).json()["attachment"]["id"]
    assert show(cloud, volume)["status"] == "reserved"
    assert "reimage_reserved" in act(cloud, volume, "os-reimage", {"image_id": image}, expect=400).text
    act(cloud, volume, "os-reimage", {"image_id": image, "reimage_reserved": True})
    wait_for(lambda: show(cloud, volume)["status"] == "reserved", 30, "reserved again")
    call(cloud, "DELETE", f"/attachments/{made}", expect=200)
    assert show(cloud, volume)["status"] == "available"
    act(cloud, volume, "os-reset_status", {"status": "error"})
    act(cloud, volume, "os-reimage", {"image_id": image})
    idle(cloud, volume)


def test_reimage_that_does_not_fit_or_fails(cloud, volumes):
    volume = volumes(size=1)
    write(cloud, volume, 9)
    large = make_image(cloud, min_disk=2)
    assert "min_disk" in act(cloud, volume, "os-reimage", {"image_id": large["id"]}, expect=400).text
    damaged = make_image(cloud, os.urandom(1 << 20))
    (cloud.state / "control" / "images" / damaged["id"]).write_bytes(os.urandom(1 << 20))
    act(cloud, volume, "os-reimage", {"image_id": damaged["id"]})
    idle(cloud, volume, "error")
    messages = call(cloud, "GET", f"/messages?resource_uuid={volume}", expect=200).json()["messages"]
    assert any("damaged" in item["user_message"] for item in messages)
    assert "checksum" in cloud.http("GET", f"/virga/v1/trace/{volume}").text
    assert reads(cloud, volume, 9), "a failure leaves the old content"
    for made in (large, damaged):
        cloud.http("DELETE", f"/image/v2/images/{made['id']}")
