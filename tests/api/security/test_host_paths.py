"""A control process that somebody has taken over asks a running host for files that are none of its business."""
import copy
import os

import pytest

from harness.cloud import Cloud
from harness.rpc import Impostor

CANARY = b"canary of the host " * 300
ID = "11111111-2222-4333-8444-555555555555"
OTHER = "22222222-2222-4333-8444-555555555555"
EVIL = object()  # where the path goes
DISK = {"kind": "volume", "device_name": "vda", "volume_id": ID,
        "connection_info": {"driver_volume_type": "local", "serial": ID, "data": {"path": EVIL, "format": "raw"}}}
LOCAL = {"kind": "root", "device_name": "vda", "file": EVIL, "size_mib": 1}
STORE = {"file": ".store", "value": "m" * 64}
IMAGE = {"image_id": ID, "path": EVIL, "store": STORE, "disk_format": "raw", "container_format": "bare",
         "size_bytes": len(CANARY)}
TARGET = {"image_id": ID, "upload_id": OTHER, "folder": EVIL, "store": STORE, "disk_format": "raw", "max_bytes": 1 << 30}
ON = {"backend": "local", "volume_id": ID}


def guest(*disks):
    return {"server_id": ID, "name": "evil", "vcpus": 1, "memory_mib": 64, "disks": list(disks), "nics": [],
            "image_properties": {}}


# Each command with a path, or with a name that becomes part of one.
COMMANDS = [
    ("compute.fetch_image", {"image": IMAGE, "max_virtual_size_bytes": 1 << 30}),
    ("compute.create_disks", {"server_id": EVIL, "image_id": "", "root_size_mib": 1, "disks": []}),
    ("compute.create_disks", {"server_id": ID, "image_id": "", "root_size_mib": 1, "disks": [LOCAL]}),
    ("compute.create_config_drive", {"server_id": EVIL, "label": "config-2", "files": []}),
    ("compute.spawn", {"guest": guest(DISK)}), ("compute.spawn", {"guest": guest(LOCAL)}),
    ("compute.power_on", {"guest": guest(DISK)}), ("compute.reboot", {"guest": guest(DISK), "type": "HARD"}),
    ("compute.spawn", {"guest": {**guest(), "server_id": EVIL}}),
    ("compute.attach_disk", {"server_id": ID, "disk": DISK}), ("compute.mirror_disk", {"server_id": ID, "disk": DISK}),
    ("compute.pivot_disk", {"server_id": ID, "disk": DISK}), ("compute.snapshot_disk", {"server_id": ID, "disk": DISK}),
    ("compute.destroy_guest", {"server_id": EVIL, "nics": []}),
    ("compute.remove_server_files", {"server_id": EVIL}), ("compute.console_output", {"server_id": EVIL, "max_bytes": 0}),
    ("volume.create", {**ON, "volume_id": EVIL, "size_gib": 1}), ("volume.delete", {**ON, "volume_id": EVIL}),
    ("volume.create_from_image", {**ON, "size_gib": 1, "image": IMAGE}), ("volume.reimage", {**ON, "image": IMAGE}),
    ("volume.reimage", {**ON, "image": {**IMAGE, "store": {**STORE, "file": EVIL}}}),
    ("volume.reimage", {**ON, "image": {**IMAGE, "store": {"file": "none", "value": "n" * 64}, "transfer": EVIL}}),
    ("volume.clone", {**ON, "size_gib": 1, "source_volume_id": EVIL}),
    ("volume.create_snapshot", {**ON, "snapshot_id": EVIL}), ("volume.delete_snapshot", {**ON, "snapshot_id": EVIL}),
    ("volume.create_from_snapshot", {**ON, "size_gib": 1, "source_volume_id": ID, "snapshot_id": EVIL}),
    ("volume.upload", {**ON, "target": TARGET}), ("volume.discard_upload", {**ON, "target": TARGET}),
    ("volume.manage", {**ON, "volume_id": OTHER, "source_name": EVIL, "format": "raw"}),
    ("volume.manage_snapshot", {**ON, "snapshot_id": OTHER, "source_name": EVIL}),
    ("volume.unmanage", {**ON, "volume_id": EVIL}), ("volume.initialize_connection", {**ON, "volume_id": EVIL,
                                                                                     "connector": {"host": "h"}}),
]


def put(value, path):
    if value is EVIL:
        return path
    if isinstance(value, dict):
        return {key: put(item, path) for key, item in value.items()}
    return [put(item, path) for item in value] if isinstance(value, list) else copy.copy(value)


@pytest.fixture(scope="module")
def place():
    """A running host without a control process: (cloud, impostor)."""
    cloud = Cloud()
    cloud.state.mkdir(mode=0o755)
    impostor = Impostor(cloud)
    try:
        (cloud.folder / "secret").write_bytes(CANARY)
        (cloud.folder / "precious").mkdir()
        (cloud.folder / "precious" / "file").write_bytes(CANARY)
        cloud.start_half("host")
        impostor.wait_for_host()
        images, volumes = cloud.state / "control" / "images", cloud.volume_folder
        for folder in (images, volumes, volumes / "manage"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "link").symlink_to(cloud.folder / "secret")
            (folder / "folder-link").symlink_to(cloud.folder / "precious")
        (images / STORE["file"]).write_text(STORE["value"])
        created = impostor.call("volume.create", {**ON, "size_gib": 1})
        assert "result" in created, created
        yield cloud, impostor
    finally:
        impostor.close()
        cloud.close()


def paths(cloud):
    roots = [cloud.state / "control" / "images", cloud.volume_folder, cloud.state / "host" / "instances"]
    yield from ("/etc/shadow", str(cloud.folder / "secret"), "../../secret", "../../../secret", "..", "/", "//", "/proc/self/environ",
                "/dev/zero", "secret\0", "link", "folder-link", "folder-link/file", "/precious/../secret")
    for root in roots:
        yield from (f"{root}/link", f"{root}/folder-link/file", f"{root}/folder-link", f"{root}/../../../secret",
                    f"{root}/..", f"{root}/./../../../secret")


def outside(cloud):
    """What is where no host may write, and what the images and volumes were before."""
    seen = {}
    for folder in (cloud.folder, cloud.folder / "precious", cloud.state / "control" / "images"):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name == "virga.log":
                continue
            status = entry.stat(follow_symlinks=False)
            seen[entry.path] = (status.st_mode, status.st_uid, status.st_ino, status.st_size if entry.is_file() else 0)
    return seen


def copies(cloud):
    """Files of the host that have the secret in them."""
    found = []
    for folder, _, names in os.walk(cloud.state / "host"):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) <= 1 << 20:
                with open(path, "rb") as file:
                    if CANARY[:18] in file.read():
                        found.append(path)
    return found


@pytest.mark.parametrize("method,params", COMMANDS, ids=[f"{i}-{method}" for i, (method, _) in enumerate(COMMANDS)])
def test_no_path_leads_out(place, method, params):
    cloud, impostor = place
    before, wrong = outside(cloud), []
    for path in paths(cloud):
        reply = impostor.call(method, put(params, path))
        error = reply.get("error")
        if error is None or error["code"] in ("Internal", "Corrupt") or CANARY[:18].decode() in str(reply):
            wrong.append((path, reply))
    assert wrong == []
    assert outside(cloud) == before
    assert copies(cloud) == []
    assert cloud.processes["host"].poll() is None, "the host has ended"


def test_the_commands_work_with_what_is_theirs(place):
    """Without this the refusals above would prove nothing."""
    cloud, impostor = place
    path = str(cloud.state / "control" / "images" / "image")
    (cloud.state / "control" / "images" / "image").write_bytes(b"\0" * 65536)
    image = {**IMAGE, "path": path, "size_bytes": 65536}
    assert "result" in impostor.call("volume.create_from_image", {**ON, "volume_id": OTHER, "size_gib": 1, "image": image})
    info = impostor.call("volume.initialize_connection", {**ON, "connector": {"host": "host-1"}})["result"]
    disk = {**DISK, "connection_info": {**info, "serial": ID}}
    assert "result" in impostor.call("compute.spawn", {"guest": guest(disk)})
    assert "result" in impostor.call("compute.remove_server_files", {"server_id": ID})
