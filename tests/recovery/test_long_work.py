"""Kills in the middle of long work."""
import os
import threading

import pytest
import requests

from census import assert_same_content, leftovers


def part_files(cloud):
    """Files being made, and files in folders being made."""
    return [path for path in (cloud.state / "host").rglob("*")
            if path.is_file() and ".part" in (path.suffix, path.parent.suffix) and path.stat().st_size > 0]


@pytest.mark.parametrize("halves", [["host"], ["control"], ["host", "control"]], ids="+".join)
def test_kill_in_the_middle_of_a_copy(cloud, drill, long_image, halves):
    api = drill.api
    with open(long_image, "rb") as data:
        image = api.image("long", data)
    volume = api.volume("long", 1, imageRef=image)
    api.wait(lambda: part_files(cloud), "the copy has begun")
    for half in halves:
        cloud.kill(half)
    assert not any(api_half in cloud.processes for api_half in halves)
    cloud.revive(*halves)
    api.wait_volume(volume)
    assert_same_content(cloud, volume, long_image)
    assert cloud.differences() == [] and leftovers(cloud) == []
    api.delete_all()
    assert api.volumes() == [] and cloud.differences() == []


@pytest.mark.parametrize("halves", [["host"], ["control"], ["host", "control"]], ids="+".join)
def test_kill_in_the_middle_of_a_backup_and_of_its_restore(cloud, drill, long_image, halves):
    api = drill.api
    with open(long_image, "rb") as data:
        volume = api.ready_volume("long", 1, imageRef=api.image("long", data))
    backup = api.backup("long", volume)
    api.wait(lambda: part_files(cloud), "the backup has begun")
    for half in halves:
        cloud.kill(half)
    cloud.revive(*halves)
    api.wait_backup(backup)
    api.wait_volume(volume)
    restored = api.restore_backup(backup)
    api.wait(lambda: api.show_volume(restored)["status"] == "restoring-backup", "the restore has begun")
    for half in halves:
        cloud.kill(half)
    cloud.revive(*halves)
    api.wait_volume(restored)
    assert_same_content(cloud, restored, long_image)
    assert cloud.differences() == [] and leftovers(cloud) == []


def test_delete_in_the_middle_of_a_backup_and_of_its_restore(cloud, drill, long_image):
    api = drill.api
    with open(long_image, "rb") as data:
        volume = api.ready_volume("long", 1, imageRef=api.image("long", data))
    half_made = api.backup("half", volume)
    api.wait(lambda: part_files(cloud), "the backup has begun")
    api.delete_backup(half_made)
    api.wait_gone(lambda: api.show_backup(half_made), "backup")
    api.wait_volume(volume)
    backup = api.ready_backup("whole", volume)
    restored = api.restore_backup(backup)
    api.wait(lambda: api.show_volume(restored)["status"] == "restoring-backup", "the restore has begun")
    api.delete_volume(restored)
    api.wait_gone(lambda: api.show_volume(restored), "volume")
    api.wait_backup(backup)
    assert cloud.differences() == [] and leftovers(cloud) == []


def test_delete_in_the_middle_of_a_copy(cloud, drill, long_image):
    api = drill.api
    with open(long_image, "rb") as data:
        image = api.image("long", data)
    volume = api.volume("long", 1, imageRef=image)
    api.wait(lambda: part_files(cloud), "the copy has begun")
    cloud.kill("host")
    api.delete_volume(volume)
    cloud.revive("host")
    api.wait_gone(lambda: api.show_volume(volume), "volume")
    api.wait_flows(volume)
    assert cloud.differences() == [] and leftovers(cloud) == []


def test_kill_control_in_the_middle_of_an_upload(cloud, drill):
    """The half upload leaves no data; the same image takes a second one."""
    api = drill.api
    body = {"name": "cut", "disk_format": "raw", "container_format": "bare"}
    image = api.call("POST", "/image/v2/images", body)["id"]
    half_sent, killed = threading.Event(), threading.Event()

    def slow_data():
        yield os.urandom(4 << 20)
        half_sent.set()
        killed.wait(30)
        yield os.urandom(4 << 20)

    def kill():
        half_sent.wait(30)
        api.wait(lambda: api.show_image(image)["status"] == "saving", "upload has begun")
        cloud.kill("control")
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(requests.RequestException):
        api.call("PUT", f"/image/v2/images/{image}/file", data=slow_data(),
                 headers={"Content-Type": "application/octet-stream"})
    killer.join(60)
    cloud.revive("control")
    assert api.show_image(image)["status"] in ("queued", "killed")
    assert cloud.differences() == []
    api.delete_image(image)
    assert api.images() == [] and cloud.differences() == []
