"""Keys of encrypted volumes: where they must not be."""
import base64
import json
import os
import pathlib
import subprocess

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
LUKS = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}


def key_ids(cloud):
    return {row[0] for row in cloud.database.rows("SELECT id FROM volume_keys")}


def passphrases(cloud):
    """Of every encrypted volume and backup."""
    rows = cloud.database.rows("SELECT id, sealed FROM volume_keys")
    return [opened(cloud, *row) for row in rows]


def passphrase_of(cloud, volume):
    """None of a volume that isn't encrypted."""
    rows = cloud.database.rows("SELECT k.id, k.sealed FROM volumes v JOIN volume_keys k ON k.id = v.encryption_key_id "
                               f"WHERE v.id = '{volume}'")
    return opened(cloud, *rows[0]) if rows else None


def opened(cloud, identifier, sealed):
    """As the control process opens a key."""
    master = AESGCM(base64.b64decode((cloud.state / "control" / "master.key").read_text()))
    data = base64.b64decode(sealed)
    return master.decrypt(data[:NONCE], data[NONCE:], identifier.encode())


def _readable(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def assert_not_told(cloud, keys):
    """Neither a file of the cloud nor the words and variables of any process hold a key."""
    assert keys
    places = [path for path in cloud.folder.rglob("*") if path.is_file()]
    for process in pathlib.Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            places += [process / "cmdline", process / "environ"]
    wanted = [form for key in keys for form in (key, base64.b64encode(key))]
    for path in places:
        data = _readable(path)
        for form in wanted:
            assert form not in data, f"{path} holds a key"


def keyed(path):
    """An encrypted qcow2 with all beneath it, as QEMU's tools want to be told of it."""
    info = json.loads(subprocess.run(["qemu-img", "info", "-U", "--output=json", "-f", "qcow2", str(path)],
                                     capture_output=True, check=True).stdout)
    disk = {"driver": "qcow2", "encrypt": {"format": "luks", "key-secret": "key"},
            "file": {"driver": "file", "filename": str(path)}}
    if "backing-filename" in info:
        below = path.parent / info["backing-filename"]
        raw = info["backing-filename-format"] == "raw"
        disk["backing"] = {"driver": "raw", "file": {"driver": "file", "filename": str(below)}} if raw else keyed(below)
    return disk


def encrypted_type(resources, name, **encryption):
    """A volume type with LUKS; its id."""
    made = resources.volume_api("POST", "/types", {"volume_type": {"name": name}})["volume_type"]["id"]
    resources.volume_api("POST", f"/types/{made}/encryption", {"encryption": {**LUKS, **encryption}})
    return made
