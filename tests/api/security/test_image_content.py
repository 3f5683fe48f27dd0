"""Images whose content names files of the host: none of them may ever be read, nor be taken for what it isn't."""
import os
import struct
import uuid

import pytest

from harness.cloud import Cloud
from harness.volumes import call

IMAGES = "/image/v2/images"
DEFAULT_FORMATS = ["ami", "ari", "aki", "raw", "qcow2", "iso"]
FOREIGN_FORMATS = ["vmdk", "vhd", "vhdx", "vdi"]
SECTOR = 512
CANARY = b"canary-of-the-host-" + os.urandom(16).hex().encode()


def make(cloud, expect=201, **fields):
    body = {"name": "hostile", "disk_format": "raw", "container_format": "bare", **fields}
    answer = cloud.http("POST", IMAGES, json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()["id"] if expect == 201 else answer


def put(cloud, image, data):
    return cloud.http("PUT", f"{IMAGES}/{image}/file", data=data, headers={"Content-Type": "application/octet-stream"})


@pytest.fixture(scope="module")
def open_cloud():
    """A cloud whose operator takes every format that Virga knows."""
    formats = ", ".join(f'"{name}"' for name in DEFAULT_FORMATS + FOREIGN_FORMATS)
    running = Cloud(settings={"image.disk_formats": f"[{formats}]"}).start()
    yield running
    running.close()


@pytest.fixture(params=["cloud", "open_cloud"])
def either(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def secret(either):
    """What only root may read."""
    path = either.folder / "secret"
    path.write_bytes(CANARY.ljust(1 << 20, b"."))
    path.chmod(0o600)
    yield path
    path.unlink()


@pytest.fixture
def images(either):
    made = []
    yield made
    for image in made:
        assert either.http("DELETE", f"{IMAGES}/{image}").status_code == 204


def flat_descriptor(target, prefix=""):
    return (f'{prefix}# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\n'
            f'RW 2048 FLAT "{target}" 0\n').encode()


def descriptor(extra="", extent="RW 2048 SPARSE \"disk.vmdk\""):
    return (f'# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicSparse"\n'
            f'{extra}\n{extent}\nddb.adapterType = "ide"\n').encode()


def vmdk(text, sector=1, at_sector_1=None, sectors=20):
    """A sparse image of 1 MiB without data, whose header says that its descriptor stands at `sector`."""
    image = bytearray(128 * SECTOR)
    image[0:79] = struct.pack("<4sIIQQQQIQQQ", b"KDMV", 1, 3, 2048, 128, sector, sectors, 512, 40, 44, 64).ljust(79, b"\0")
    image[sector * SECTOR:sector * SECTOR + len(text)] = text
    if at_sector_1 is not None:
        image[SECTOR:SECTOR + len(at_sector_1)] = at_sector_1
    return bytes(image)


def hints(target, raw_id):
    """Descriptors that name a parent where a careless reader doesn't look."""
    yield "comment", vmdk(descriptor(f'# parentFileNameHint="{target}"'))
    yield "relative, by the id of an image", vmdk(descriptor(f'# parentFileNameHint="{raw_id}"'))
    yield "field", vmdk(descriptor(f'parentFileNameHint="{target}"'))
    yield "inside a value", vmdk(descriptor(f'ddb.comment = "x parentFileNameHint="{target}"'))
    yield "other case", vmdk(descriptor(f'# ParentFilenameHint="{target}"'))
    yield "beside a clean one", vmdk(descriptor(), sector=21, at_sector_1=descriptor(f'# parentFileNameHint="{target}"'))
    yield "behind the end", vmdk(descriptor() + b"\0" * 8 + f'parentFileNameHint="{target}"\n'.encode())
    yield "beyond the sectors of the header", vmdk(
        descriptor().ljust(SECTOR, b"\n") + f'parentFileNameHint="{target}"\n'.encode(), sectors=1)
    yield "two extents", vmdk(descriptor(extent='RW 2048 SPARSE "a"\nRW 2048 SPARSE "b"'))
    yield "an extent with a path", vmdk(descriptor(extent=f'RW 2048 SPARSE "{target}"'))
    yield "a flat extent", vmdk(descriptor(extent=f'RW 2048 FLAT "{raw_id}" 0'))


def test_a_vmdk_never_names_a_file(either, secret, images):
    """A raw image is a descriptor with the secret as its extent; a VMDK names it, or the secret itself, as parent."""
    first = make(either)
    images.append(first)
    for target in (secret, os.path.relpath(secret, either.state / "control" / "images")):
        for prefix in ("", "# x\n", "\n", "  \n", "#" * 600 + "\n"):
            answer = put(either, first, flat_descriptor(target, prefix).ljust(1 << 16, b"\0"))
            assert answer.status_code == 400, (prefix, target, answer.text)
    assert put(either, first, b"\0" * (1 << 16)).status_code == 204
    for target in (secret, os.path.relpath(secret, either.state / "control" / "images")):
        for name, data in hints(target, first):
            answer = either.http("POST", IMAGES, json={"disk_format": "vmdk", "container_format": "bare", "name": name})
            if answer.status_code == 201:
                images.append(answer.json()["id"])
                answer = put(either, images[-1], data)
            assert answer.status_code == 400, name
    if "vmdk" in allowed(either):
        images.append(make(either, disk_format="vmdk"))
        assert put(either, images[-1], vmdk(descriptor())).status_code == 204, "an honest one is taken"


def allowed(cloud):
    schema = cloud.http("GET", "/image/v2/schemas/image").json()
    return [name for name in schema["properties"]["disk_format"]["enum"] if name]


def test_formats_with_a_history_are_refused_unless_the_operator_wants_them(cloud):
    assert allowed(cloud) == DEFAULT_FORMATS
    for name in (*FOREIGN_FORMATS, "qed", "ploop", "parallels", "vpc", "luks"):
        answer = make(cloud, expect=400, disk_format=name)
        assert "disk_format" in answer.text and "raw, qcow2" in answer.text, answer.text
        image = make(cloud)
        changed = cloud.http("PATCH", f"{IMAGES}/{image}", headers={
            "Content-Type": "application/openstack-images-v2.1-json-patch"},
            data=f'[{{"op": "replace", "path": "/disk_format", "value": "{name}"}}]')
        assert changed.status_code == 400 and "disk_format" in changed.text
        cloud.http("DELETE", f"{IMAGES}/{image}")


def test_an_operator_can_want_them(open_cloud):
    assert allowed(open_cloud) == DEFAULT_FORMATS + FOREIGN_FORMATS
    for name in ("qed", "ploop", "parallels"):
        make(open_cloud, expect=400, disk_format=name)


@pytest.mark.parametrize("container", ["ova", "ovf", "docker", "compressed"])
def test_a_container_that_is_not_unpacked_is_no_disk(cloud, container):
    image = make(cloud, container_format=container)
    try:
        assert put(cloud, image, b"\0" * (1 << 16)).status_code == 204
        volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1, "imageRef": image}}, expect=400)
        assert container in volume.text
        flavor = next(iter(cloud.conn.compute.flavors())).id
        server = {"name": "x", "flavorRef": flavor, "networks": "none"}
        by_image = cloud.http("POST", "/compute/v2.1/servers", json={"server": {**server, "imageRef": image}},
                              headers={"X-OpenStack-Nova-API-Version": "2.60"})
        mapped = {"boot_index": 0, "uuid": image, "source_type": "image", "destination_type": "volume", "volume_size": 1}
        by_volume = cloud.http("POST", "/compute/v2.1/servers",
                               json={"server": {**server, "block_device_mapping_v2": [mapped]}},
                               headers={"X-OpenStack-Nova-API-Version": "2.60"})
        for answer in (by_image, by_volume):
            assert answer.status_code == 400 and container in answer.text, answer.text
    finally:
        cloud.http("DELETE", f"{IMAGES}/{image}")


def test_a_volume_becomes_no_image_of_a_refused_format(cloud, volumes):
    volume = volumes(size=1)
    for name in FOREIGN_FORMATS:
        body = {"os-volume_upload_image": {"image_name": str(uuid.uuid4()), "disk_format": name}}
        answer = call(cloud, "POST", f"/volumes/{volume}/action", body, expect=400)
        assert "disk_format" in answer.text and "raw" in answer.text


def test_tables_that_repeat_are_refused_when_they_are_uploaded(cloud):
    """33 MB that read as 128 GiB: each entry leads to the same table, and each of its entries to the same cluster."""
    cluster, tables = 512, 64
    data = bytearray(8 * cluster)
    size = tables * cluster // 8 * cluster
    struct.pack_into(">4sIQIIQIIQQIIQQQQII", data, 0, b"QFI\xfb", 3, 0, 0, 9, size, 0, tables, 4 * cluster, cluster, 1, 0, 0, 0, 0, 0,
                     4, 104)
    struct.pack_into(">Q", data, cluster, 2 * cluster)
    data[4 * cluster:5 * cluster] = struct.pack(">Q", 5 * cluster) * tables
    data[5 * cluster:6 * cluster] = struct.pack(">Q", 6 * cluster) * tables
    image = make(cloud, disk_format="qcow2")
    answer = put(cloud, image, bytes(data))
    assert answer.status_code == 400 and "a data cluster lies where something else of the image lies" in answer.text, answer.text
    assert cloud.http("GET", f"{IMAGES}/{image}").json()["status"] == "queued"
    assert cloud.http("DELETE", f"{IMAGES}/{image}").status_code == 204
