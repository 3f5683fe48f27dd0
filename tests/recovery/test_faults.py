"""What goes wrong outside of the program: the server goes to ERROR and says why, nothing leaks, delete works."""
import os
import subprocess
import threading
import uuid

import pytest

from census import census, leftovers
from failing_cloud import FailingCloud
from harness import database
from harness.resources import Resources, blank, device
from scenarios import fail_next

IMAGE_BYTES = 3 * 1024 * 1024 + 512  # a size that no other file has


def upload(api, name="faulty", size=IMAGE_BYTES):
    return api.image(name, os.urandom(size))


def stored_data(cloud, size=IMAGE_BYTES):
    """The file in which the image service keeps the data."""
    found = [path for path in (cloud.state / "control").rglob("*") if path.is_file() and path.stat().st_size == size]
    assert len(found) == 1, found
    return found[0]


def assert_failed_cleanly(cloud, api, server, *words):
    """ERROR, with a fault that has one of the words; then delete leaves nothing."""
    api.wait_server(server, "ERROR")
    api.wait_flows(server)
    fault = api.show_server(server)["fault"]
    text = (fault["message"] + " " + fault.get("details", "")).lower()
    assert any(word in text for word in words), fault
    assert fault["code"] in (400, 404, 500), fault
    assert api.attachments() == []
    assert cloud.differences() == []
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    api.delete_all()
    left = census(api)
    assert all(not found for found in left.values()), left
    assert leftovers(cloud) == [] and cloud.differences() == []


def test_image_data_vanishes_in_the_boot(cloud, drill):
    api = drill.api
    flavor = api.flavor("faulty")
    image = upload(api)
    # Before the flow makes its volumes: the two are made side by side, and a point holds only the first that comes to it.
    point = "boot_server.compute.manager.prep_block_device.before"
    with cloud.held("control", point):
        mark = cloud.mark()
        server = api.server("faulty", flavor, devices=[device("image", image, volume_size=1), blank()])
        cloud.wait_point("control", point, mark)
        data = stored_data(cloud)
        kept = data.with_suffix(".kept")
        data.rename(kept)
    api.wait_server(server, "ERROR")
    api.wait_flows(server)
    kept.rename(data)  # the image itself is whole again: only the boot has failed
    assert_failed_cleanly(cloud, api, server, "image", "not found", "no data")


def test_corrupt_image(cloud, drill):
    api = drill.api
    flavor = api.flavor("faulty")
    image = upload(api)
    with open(stored_data(cloud), "r+b") as data:
        data.seek(IMAGE_BYTES // 2)
        byte = data.read(1)
        data.seek(IMAGE_BYTES // 2)
        data.write(bytes([byte[0] ^ 0xFF]))
    volume = api.volume("faulty", 1, imageRef=image)
    api.wait_volume(volume, "error")
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")
    server = api.server("faulty", flavor, devices=[device("image", image, volume_size=1)])
    assert_failed_cleanly(cloud, api, server, "damaged")


def test_an_upload_that_was_given_up_takes_no_other_ones_data(cloud, drill):
    """Its process stood still for so long that another one queued the image again; the next upload is whole."""
    def put(content):
        return cloud.http("PUT", f"/image/v2/images/{image}/file", data=content,
                          headers={"Content-Type": "application/octet-stream"}).status_code
    body = {"name": "faulty", "disk_format": "raw", "container_format": "bare"}
    image = drill.api.call("POST", "/image/v2/images", body)["id"]
    answers = []
    point = "image.upload.published"
    with cloud.held("control", point):
        mark = cloud.mark()
        sender = threading.Thread(target=lambda: answers.append(put(b"first")))
        sender.start()
        cloud.wait_point("control", point, mark)
        cloud.database.rows("UPDATE images SET status = 'queued', upload_id = NULL, charged_bytes = 0 "
                            f"WHERE id = '{image}'")
        assert put(b"second") == 204
    sender.join()
    assert answers == [410]
    assert cloud.http("GET", f"/image/v2/images/{image}/file").content == b"second"
    assert cloud.differences() == []


def test_guest_that_can_not_be_started(cloud, drill):
    api = drill.api
    flavor = api.flavor("faulty")
    fail_next(cloud, "spawn")
    server = api.server("faulty", flavor, image=upload(api))
    assert_failed_cleanly(cloud, api, server, "spawn")


def test_what_is_no_file_in_the_image_store(cloud, drill):
    strange = cloud.state / "control" / "images" / str(uuid.uuid4())
    strange.mkdir()
    cloud.kill("control")
    cloud.start_half("control")
    cloud.wait_ready()
    assert "can't be removed" in cloud.log_tail(200)
    strange.rmdir()
    assert cloud.differences() == []


def test_a_guest_whose_record_is_damaged(cloud, drill):
    """It can be deleted, and the host starts for all others."""
    api = drill.api
    flavor = api.flavor("faulty")
    image = upload(api)
    other = api.active_server("other", flavor, image=image)
    server = api.active_server("faulty", flavor, image=image)
    record = cloud.state / "host" / "instances" / server / "guest.json"
    record.write_text('{"damaged')
    cloud.kill("host")
    cloud.start_half("host")
    cloud.wait_ready()
    assert "the record of a guest can't be read" in cloud.log_tail(200)
    assert api.show_server(other)["status"] == "ACTIVE"
    for each in (server, other):
        api.delete_server(each)
        api.wait_gone(lambda: api.show_server(each), "server")
    api.delete_all()
    assert cloud.differences() == [] and leftovers(cloud) == []


def test_disk_full(small_file_system):
    cloud = FailingCloud(settings={"volume.path": str(small_file_system)})
    try:
        cloud.start()
        api = Resources(cloud)
        flavor = api.flavor("faulty")
        image = upload(api, size=24 * 1024 * 1024)
        server = api.server("faulty", flavor, devices=[device("image", image, volume_size=1)])
        assert_failed_cleanly(cloud, api, server, "space", "full", "no valid backend", "room", "capacity")
        files = [path for path in small_file_system.rglob("*") if path.is_file() and path.stat().st_blocks > 64]
        assert files == []
    finally:
        cloud.close()


@pytest.fixture
def cramped_cloud():
    """All state, the database too, is on a file system of 48 MiB, no room of which is kept back."""
    cloud = FailingCloud(settings={"image.reserved_space_bytes": 0, "host.reserved_space_bytes": 0})
    cloud.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=755", "tmpfs", str(cloud.state)], check=True)
    yield cloud.start()
    try:
        for half in list(cloud.processes):
            cloud.stop_half(half)
    finally:
        subprocess.run(["umount", "-l", str(cloud.state)], check=True)
        cloud.close()


def fill(cloud):
    """Leaves no room at all; returns the file that takes it."""
    filler = cloud.state / "filler"
    with open(filler, "wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(1 << 16))
        except OSError:
            return filler


@pytest.mark.skipif(bool(database.SERVER), reason="PostgreSQL has a disk of its own: tests/api/test_postgresql_faults.py")
def test_state_disk_full(cramped_cloud):
    """A request is refused, a boot that is under way waits; both go well when there is room again."""
    cloud, api = cramped_cloud, Resources(cramped_cloud)
    flavor = api.flavor("faulty")
    image = upload(api)
    point = "boot_server.virt.libvirt.spawn.before"
    with cloud.held("control", point):
        mark = cloud.mark()
        server = api.server("under way", flavor, image=image)
        cloud.wait_point("control", point, mark)
        filler = fill(cloud)
    answer = cloud.http("POST", "/compute/v2.1/servers", json={"server": {
        "name": "refused", "flavorRef": flavor, "imageRef": image}})
    assert 400 <= answer.status_code < 600, answer.text
    assert len(api.servers()) == 1
    filler.unlink()
    api.wait(lambda: api.show_server(server)["status"] in ("ACTIVE", "ERROR"), "boot has ended", seconds=40)
    api.wait_flows(server)
    second = api.active_server("afterwards", flavor, image=image)
    assert cloud.differences() == []
    for each in (server, second):
        api.delete_server(each)
    api.wait(lambda: not api.servers(), "servers are gone")
    api.delete_all()
    assert cloud.differences() == [] and leftovers(cloud) == []
