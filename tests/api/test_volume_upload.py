"""Images made from volumes: os-volume_upload_image."""
import hashlib
import os
import subprocess

import pytest

from harness.cloud import Cloud, wait_for
from harness.volumes import call, gone, settled, show

GIB = 1024 ** 3
FORMATS = ("raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx")


@pytest.fixture(scope="module")
def cloud():
    """A cloud whose operator takes images of every format."""
    formats = ", ".join(f'"{name}"' for name in FORMATS)
    running = Cloud(settings={"image.disk_formats": f"[{formats}]"}).start()
    yield running
    running.close()


def upload(cloud, volume, version="3.70", token=None, expect=202, **fields):
    body = {"os-volume_upload_image": {"image_name": "made", **fields}}
    answer = call(cloud, "POST", f"/volumes/{volume}/action", body, version=version, token=token, expect=expect)
    return answer.json()["os-volume_upload_image"] if expect == 202 else answer


def show_image(cloud, identifier):
    answer = cloud.http("GET", f"/image/v2/images/{identifier}")
    return answer.json() if answer.status_code == 200 else None


def uploaded(cloud, volume, identifier):
    """The image when the upload has ended; None when it failed."""
    wait_for(lambda: show(cloud, volume)["status"] != "uploading", 60, "upload ends")
    return show_image(cloud, identifier)


def active_file(cloud, volume):
    """Where the driver keeps the volume's data."""
    return next((cloud.state / "host" / "volumes").rglob(f"volume-{volume}"))


def write(cloud, volume, data, offset=0):
    with open(active_file(cloud, volume), "r+b") as disk:
        disk.seek(offset)
        disk.write(data)


def store_path(cloud, identifier):
    return cloud.state / "control" / "images" / identifier


@pytest.fixture
def images(cloud):
    made = []
    yield made
    for identifier in made:
        cloud.http("PATCH", f"/image/v2/images/{identifier}", headers={
            "Content-Type": "application/openstack-images-v2.1-json-patch"},
            data='[{"op": "replace", "path": "/protected", "value": false}]')
        cloud.http("DELETE", f"/image/v2/images/{identifier}")
        assert show_image(cloud, identifier) is None
    assert [path.name for path in (cloud.state / "control" / "images").glob("*.part")] == []


def test_an_image_has_the_bytes_of_its_volume(cloud, volumes, images):
    volume = volumes(size=1)
    data = os.urandom(3 << 20)
    write(cloud, volume, data, 5 << 20)
    answer = upload(cloud, volume)
    images.append(answer["image_id"])
    assert answer["status"] == "uploading" and answer["id"] == volume and answer["size"] == 1
    assert (answer["disk_format"], answer["container_format"], answer["image_name"]) == ("raw", "bare", "made")
    assert answer["volume_type"]["name"] == "__DEFAULT__" and answer["visibility"] == "private"
    made = uploaded(cloud, volume, answer["image_id"])
    assert made["status"] == "active" and made["size"] == GIB and made["min_disk"] == 1
    assert made["visibility"] == "private" and made["protected"] is False
    assert show(cloud, volume)["status"] == "available"
    path = store_path(cloud, made["id"])
    expected = bytearray(GIB)
    expected[5 << 20:8 << 20] = data
    assert made["os_hash_value"] == hashlib.sha512(expected).hexdigest()
    assert made["checksum"] == hashlib.md5(expected).hexdigest()
    assert hashlib.sha512(path.read_bytes()).hexdigest() == made["os_hash_value"]
    assert path.stat().st_blocks * 512 < 16 << 20, "holes stay holes"
    assert path.stat().st_uid == path.parent.stat().st_uid and path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("disk_format", FORMATS)
def test_formats_and_a_volume_from_each(cloud, volumes, images, disk_format):
    volume = volumes(size=1)
    data = os.urandom(1 << 20)
    write(cloud, volume, data, 512 << 20)
    identifier = upload(cloud, volume, disk_format=disk_format)["image_id"]
    images.append(identifier)
    made = uploaded(cloud, volume, identifier)
    assert made["status"] == "active" and made["disk_format"] == disk_format and made["virtual_size"] == GIB
    back = volumes(size=1, imageRef=identifier)
    plain = cloud.folder / "back.raw"
    record = active_file(cloud, back)
    subprocess.run(["qemu-img", "convert", "-f", "qcow2" if record.read_bytes()[:4] == b"QFI\xfb" else "raw", "-O", "raw",
                    str(record), str(plain)], check=True, timeout=60)
    with open(plain, "rb") as disk:
        disk.seek(512 << 20)
        assert disk.read(1 << 20) == data
    plain.unlink()


def test_properties_come_from_the_volume(cloud, volumes, images, image):
    volume = volumes(size=2, imageRef=image)
    identifier = upload(cloud, volume, disk_format="qcow2")["image_id"]
    images.append(identifier)
    made = uploaded(cloud, volume, identifier)
    assert made["os_distro"] == "debian" and made["min_ram"] == 64 and made["min_disk"] == 2
    assert "image_id" not in made and "image_name" not in made


def test_a_snapshot_below_is_flattened(cloud, volumes, images):
    volume = volumes(size=1)
    write(cloud, volume, b"old" * 1000)
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]
    assert settled(cloud, "snapshot", made["id"])["status"] == "available"
    identifier = upload(cloud, volume, disk_format="qcow2")["image_id"]
    images.append(identifier)
    assert uploaded(cloud, volume, identifier)["status"] == "active"
    told = subprocess.run(["qemu-img", "info", "-f", "qcow2", str(store_path(cloud, identifier))],
                          capture_output=True, text=True, check=True)
    assert "backing file" not in told.stdout


def test_visibility_and_protection(cloud, volumes, images):
    volume = volumes(size=1)
    upload(cloud, volume, version="3.0", expect=400, visibility="public")
    older = upload(cloud, volume, version="3.0")
    images.append(older["image_id"])
    assert "visibility" not in older
    assert uploaded(cloud, volume, older["image_id"])["visibility"] == "shared"
    newer = upload(cloud, volume, version="3.1", visibility="public", protected=True)
    images.append(newer["image_id"])
    made = uploaded(cloud, volume, newer["image_id"])
    assert made["visibility"] == "public" and made["protected"] is True


@pytest.mark.parametrize("fields, named", [
    ({"image_name": None}, "image_name"), ({"image_name": ""}, "image_name"), ({"image_name": "x" * 256}, "image_name"),
    ({"disk_format": "iso"}, "disk_format"), ({"disk_format": "../../etc/passwd"}, "disk_format"),
    ({"container_format": "ova"}, "container_format"), ({"visibility": "everyone"}, "visibility"),
    ({"protected": "perhaps"}, "protected"), ({"force": "perhaps"}, "force"), ({"image_name": 7}, "image_name"),
])
def test_bad_requests_name_the_field(cloud, volumes, fields, named):
    volume = volumes(size=1)
    assert named in upload(cloud, volume, expect=400, **fields).text
    assert show(cloud, volume)["status"] == "available"


def test_who_may(cloud, volumes, stranger):
    volume = volumes(size=1)
    upload(cloud, volume, token=stranger, expect=404)
    own = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=stranger, expect=202).json()["volume"]["id"]
    assert settled(cloud, "volume", own)["status"] == "available"
    upload(cloud, own, token=stranger, visibility="public", expect=403)
    assert show(cloud, own)["status"] == "available"
    call(cloud, "DELETE", f"/volumes/{own}", token=stranger, expect=202)
    gone(cloud, "volume", own)


def test_only_one_at_a_time_and_nothing_else_meanwhile(cloud, volumes, images):
    volume = volumes(size=1)
    identifier = upload(cloud, volume)["image_id"]
    images.append(identifier)
    again = upload(cloud, volume, expect=400)
    assert "uploading" in again.text
    call(cloud, "DELETE", f"/volumes/{volume}", expect=400)
    assert uploaded(cloud, volume, identifier)["status"] == "active"


def test_a_guest_that_writes_another_format_is_refused(cloud, volumes):
    """Declared raw, but what a guest wrote looks like a qcow2 with a backing file: no such image comes to be."""
    volume = volumes(size=1)
    evil = cloud.folder / "evil.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", str(evil), "1G"],
                   check=True)
    write(cloud, volume, evil.read_bytes())
    identifier = upload(cloud, volume)["image_id"]
    assert uploaded(cloud, volume, identifier) is None, "the image of a failed upload is deleted"
    assert show(cloud, volume)["status"] == "available"
    messages = call(cloud, "GET", f"/messages?resource_uuid={volume}", expect=200).json()["messages"]
    assert any("qcow2" in item["user_message"] for item in messages)
    assert not store_path(cloud, identifier).exists()


def test_deleting_the_image_ends_its_upload(cloud, volumes):
    volume = volumes(size=1)
    with open(active_file(cloud, volume), "r+b") as disk:
        for _ in range(96):
            disk.write(os.urandom(4 << 20))
    identifier = upload(cloud, volume)["image_id"]
    wait_for(lambda: show_image(cloud, identifier)["status"] == "saving", 20, "upload has begun")
    assert cloud.http("DELETE", f"/image/v2/images/{identifier}").status_code == 204
    assert uploaded(cloud, volume, identifier) is None
    assert show(cloud, volume)["status"] == "available"
    assert not list((cloud.state / "control" / "images").glob(f"{identifier}*"))


def test_in_use_needs_force(cloud, volumes, images):
    volume = volumes(size=1)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-attach": {"host_name": "elsewhere", "mountpoint": "/dev/vdb"}},
         expect=202)
    assert "force" in upload(cloud, volume, expect=400).text
    identifier = upload(cloud, volume, force=True)["image_id"]
    images.append(identifier)
    assert uploaded(cloud, volume, identifier)["status"] == "active"
    assert show(cloud, volume)["status"] == "in-use"
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-detach": {}}, expect=202)
    assert show(cloud, volume)["status"] == "available"


def test_the_command_line(cloud, volumes, images):
    volume = volumes(size=1)
    made = cloud.openstack("image", "create", "--volume", volume, "--disk-format", "qcow2", "from-volume")
    images.append(made["image_id"])
    assert uploaded(cloud, volume, made["image_id"])["status"] == "active"
