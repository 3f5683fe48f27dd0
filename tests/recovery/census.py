"""What a cloud has, without names and ids: two clouds in the same state have the same census."""
import hashlib
import json
import re
import subprocess
import tempfile

from harness.keys import key_ids, keyed, passphrase_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TAP = re.compile(r"tap[0-9a-f-]{11}")
HASH = re.compile(r"[0-9a-f]{12,128}")
FOLDERS = ("instances", "volumes-second", "backups", "fake-guests", "taps")
CACHE = "_base"  # cached images outlive their users
STANDING = ("volumes/manage", "volumes-second/manage")  # the folder of disks to be taken over is always there


def census(resources):
    cloud = resources.cloud
    return {
        "servers": sorted(server_line(item) for item in resources.servers()),
        "volumes": sorted(volume_line(item) for item in resources.volumes()),
        "snapshots": sorted(f"{item['status']} {item['size']} GiB" for item in resources.snapshots()),
        "backups": sorted(backup_line(item) for item in resources.backups()),
        "attachments": sorted(f"{item['status']} server={bool(item['instance'])}" for item in resources.attachments()),
        "ports": sorted(f"{item['status']} {item['device_owner']}" for item in resources.ports()),
        "keys": len(key_ids(cloud)),
        "files": files(cloud),
    }


def server_line(server):
    ext = {key.split(":")[1]: value for key, value in server.items() if key.startswith("OS-EXT-STS:")}
    addresses = sum(len(found) for found in server["addresses"].values())
    volumes = len(server["os-extended-volumes:volumes_attached"])
    return (f"{server['status']} vm={ext['vm_state']} task={ext['task_state']} power={ext['power_state']} "
            f"addresses={addresses} volumes={volumes} fault={'fault' in server}")


def volume_line(volume):
    made_from = [key for key in ("snapshot_id", "source_volid") if volume.get(key)]
    return (f"{volume['status']} {volume['size']} GiB bootable={volume['bootable']} from={made_from} "
            f"image={bool(volume.get('volume_image_metadata'))} attachments={len(volume['attachments'])}")


def backup_line(backup):
    return (f"{backup['status']} {backup['size']} GiB incremental={backup['is_incremental']} "
            f"objects={backup['object_count']} dependents={backup['has_dependent_backups']}")


def files(cloud):
    """Disk files and records of the host and its volumes, ids taken out of their names."""
    folders = {name: cloud.state / "host" / name for name in FOLDERS}
    folders["volumes"] = cloud.volume_folder
    found = []
    for kind, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            name = f"{kind}/{path.relative_to(folder)}"
            if CACHE not in path.parts and "lock" not in path.name and name not in STANDING:
                found.append(HASH.sub("<hash>", TAP.sub("<tap>", UUID.sub("<id>", name))))
    return sorted(found)


def leftovers(cloud):
    """Half-made files, which no ended flow may leave."""
    return [str(path) for folder in (cloud.state / "host", cloud.volume_folder) for path in folder.rglob("*")
            if path.suffix in (".part", ".tmp", ".new")]


def volume_disk(cloud, volume):
    """Path and format of the file that a volume is."""
    folders = (cloud.volume_folder, cloud.state / "host" / "volumes-second")
    record = next(path for folder in folders for path in folder.rglob(f"volume-{volume}.json"))
    described = json.loads(record.read_text())
    layers = described["layers"]
    layer = layers[described["active"]] if isinstance(layers, dict) else next(
        item for item in layers if item["file"] == described["active"])
    return record.parent / described["active"], layer["format"]


def guest_file(cloud, server, volume):
    """The file that a guest of the fake hypervisor has open for a volume."""
    guest = json.loads((cloud.state / "host" / "fake-guests" / server).read_text())
    return guest["volumes"][volume]["path"]


def assert_same_content(cloud, volume, image_path):
    """A volume starts with the bytes of its image; what is behind them is zero."""
    path, disk_format = volume_disk(cloud, volume)
    key = passphrase_of(cloud, volume)
    if key is None:
        return assert_same_disk(path, disk_format, image_path)
    with tempfile.NamedTemporaryFile() as secret:
        secret.write(key)
        secret.flush()
        done = subprocess.run(["qemu-img", "compare", "-U", "--object", f"secret,id=key,file={secret.name}", "-F", "raw",
                               "json:" + json.dumps(keyed(path)), str(image_path)],
                              capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"content of {path}: {done.stdout}{done.stderr}"


def assert_same_disk(path, disk_format, image_path):
    done = subprocess.run(["qemu-img", "compare", "-U", "-f", disk_format, "-F", "raw", str(path), str(image_path)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"content of {path}: {done.stdout}{done.stderr}"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
