"""Encrypted volumes: their keys, and what may become of what. The guests are no real ones, the files are."""
import json
import subprocess
import uuid

import pytest

from harness.cloud import wait_for
from harness.keys import LUKS, assert_not_told, key_ids, passphrases
from harness.volumes import call, gone, settled, show


def make_type(cloud, encryption=None, specs=None):
    body = {"volume_type": {"name": f"type-{uuid.uuid4().hex}", "extra_specs": specs or {}}}
    made = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]
    if encryption is not None:
        call(cloud, "POST", f"/types/{made['id']}/encryption", {"encryption": encryption}, expect=200)
    return made


@pytest.fixture
def types(cloud):
    made = []

    def make(encryption=None, specs=None):
        made.append(make_type(cloud, encryption, specs))
        return made[-1]["name"]
    yield make
    for each in made:
        call(cloud, "DELETE", f"/types/{each['id']}", expect=202)


@pytest.fixture
def luks(types):
    return types(LUKS)


@pytest.fixture
def encrypted(luks, volumes):
    """Makes encrypted volumes; they go before their type does."""
    return lambda **fields: volumes(**{"size": 1, "volume_type": luks, **fields})


def record(cloud, volume):
    return json.loads((cloud.state / "host" / "volumes" / f"volume-{volume}.json").read_text())


def file_of(cloud, volume):
    return cloud.state / "host" / "volumes" / record(cloud, volume)["active"]


def refused(cloud, method, path, body, *words, version="3.70"):
    fault = call(cloud, method, path, body, version=version, expect=400).json()["badRequest"]["message"]
    for word in words:
        assert word in fault, fault


def snapshot_of(cloud, volume):
    body = {"snapshot": {"volume_id": volume, "force": True}}
    made = call(cloud, "POST", "/snapshots", body, version="3.60", expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", made)["status"] == "available"
    return made


def act(cloud, volume, **action):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name.replace("_", "-"): value for name, value in action.items()})


def test_views_tell_that_a_volume_is_encrypted(cloud, encrypted):
    volume = encrypted()
    seen = show(cloud, volume)
    assert seen["encrypted"] is True and seen["encryption_key_id"] in key_ids(cloud)
    assert "encryption_key_id" not in show(cloud, volume, "3.63")
    details = call(cloud, "GET", f"/volumes/{volume}/encryption", expect=200).json()
    assert details == {**LUKS, "encryption_key_id": seen["encryption_key_id"]}
    assert record(cloud, volume)["encryption"] == "luks"
    info = subprocess.run(["qemu-img", "info", "--output=json", "-f", "qcow2", str(file_of(cloud, volume))],
                          capture_output=True, check=True).stdout
    assert json.loads(info)["encrypted"] is True


def test_a_plain_volume_tells_nothing(cloud, volumes):
    seen = show(cloud, volumes(size=1))
    assert seen["encrypted"] is False and "encryption_key_id" not in seen


def test_a_key_goes_with_its_volume_and_is_nowhere_in_clear(cloud, encrypted):
    before = key_ids(cloud)
    volume = encrypted()
    snapshot = snapshot_of(cloud, volume)
    clone = encrypted(source_volid=volume)
    copy = encrypted(snapshot_id=snapshot)
    keys = {show(cloud, each)["encryption_key_id"] for each in (volume, clone, copy)}
    assert len(keys) == 3 and key_ids(cloud) - before == keys
    assert len(set(passphrases(cloud))) == 1, "data is shared, so the passphrase is"
    assert_not_told(cloud, passphrases(cloud))
    call(cloud, "DELETE", f"/volumes/{volume}?cascade=true", expect=202)
    gone(cloud, "volume", volume)
    assert len(key_ids(cloud) - before) == 2
    act(cloud, clone, os_extend={"new_size": 2})
    assert settled(cloud, "volume", clone)["status"] == "available"


def test_two_volumes_have_two_passphrases(cloud, encrypted):
    encrypted()
    encrypted()
    assert len(set(passphrases(cloud))) == len(passphrases(cloud)) == 2


def test_work_on_an_encrypted_volume(cloud, encrypted):
    volume = encrypted()
    first = snapshot_of(cloud, volume)
    second = snapshot_of(cloud, volume)
    act(cloud, volume, revert={"snapshot_id": second})
    wait_for(lambda: show(cloud, volume)["status"] == "available", 30, "reverted")
    for snapshot in (first, second):
        call(cloud, "DELETE", f"/snapshots/{snapshot}", expect=202)
        gone(cloud, "snapshot", snapshot)
    act(cloud, volume, os_extend={"new_size": 3})
    assert settled(cloud, "volume", volume)["size"] == 3


def test_from_an_image_and_reimaged(cloud, encrypted, image):
    volume = encrypted(imageRef=image)
    seen = show(cloud, volume)
    assert seen["encrypted"] is True and seen["bootable"] == "true"
    act(cloud, volume, os_reimage={"image_id": image})
    assert wait_for(lambda: show(cloud, volume)["status"] == "available", 30, "reimaged")
    assert record(cloud, volume)["encryption"] == "luks"


@pytest.mark.parametrize("change, word", [
    ({"provider": "plain"}, "provider plain"), ({"provider": "luks2"}, "provider luks2"),
    ({"cipher": "aes-cbc-essiv:sha256"}, "cipher"), ({"key_size": 128}, "key_size 128"),
    ({"control_location": "back-end"}, "control_location")])
def test_an_encryption_that_can_not_be_made(cloud, types, change, word):
    refused(cloud, "POST", "/volumes", {"volume": {"size": 1, "volume_type": types({**LUKS, **change})}}, word)


@pytest.mark.parametrize("provider", ["luks", "LuksEncryptor", "nova.volume.encryptors.luks.LuksEncryptor"])
def test_names_of_luks(cloud, types, volumes, provider):
    volume = volumes(size=1, volume_type=types({"provider": provider, "control_location": "front-end"}))
    assert show(cloud, volume)["encrypted"] is True


def test_multiattach_can_not_be_encrypted(cloud, types):
    both = types(LUKS, {"multiattach": "<is> True"})
    refused(cloud, "POST", "/volumes", {"volume": {"size": 1, "volume_type": both}}, "multiattach")


def test_copies_keep_the_encryption(cloud, encrypted, volumes, types, luks):
    plain = types()
    source = encrypted()
    snapshot = snapshot_of(cloud, source)
    of_plain = volumes(size=1, volume_type=plain)
    for body in ({"source_volid": source, "volume_type": plain}, {"snapshot_id": snapshot, "volume_type": plain},
                 {"source_volid": of_plain, "volume_type": luks}):
        refused(cloud, "POST", "/volumes", {"volume": {"size": 1, **body}}, "encryption")
    again = types({**LUKS, "key_size": 512})
    refused(cloud, "POST", f"/volumes/{source}/action", {"os-retype": {"new_type": again}}, "encryption")
    refused(cloud, "POST", f"/volumes/{source}/action", {"os-retype": {"new_type": plain}}, "encryption")
    same = types(LUKS)
    act(cloud, source, os_retype={"new_type": same, "migration_policy": "never"})
    assert wait_for(lambda: show(cloud, source)["volume_type"] == same, 30, "retyped")
    assert show(cloud, source)["encrypted"] is True


def test_what_is_refused(cloud, encrypted, luks):
    volume = encrypted()
    refused(cloud, "POST", f"/volumes/{volume}/action", {"os-unmanage": {}}, "encrypted")
    refused(cloud, "POST", f"/volumes/{volume}/action", {"os-volume_upload_image": {"image_name": "x"}}, "encrypted")
    snapshot = snapshot_of(cloud, volume)
    refused(cloud, "POST", f"/snapshots/{snapshot}/action", {"os-unmanage": {}}, "encrypted")
    assert show(cloud, volume)["status"] == "available"


def test_transfers(cloud, encrypted):
    volume = encrypted()
    body = {"transfer": {"volume_id": volume}}
    refused(cloud, "POST", "/volume-transfers", body, "3.70", version="3.69")
    snapshot_of(cloud, volume)
    refused(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume, "no_snapshots": True}}, "snapshots")
    made = call(cloud, "POST", "/volume-transfers", body, expect=202).json()["transfer"]
    call(cloud, "POST", f"/volume-transfers/{made['id']}/accept", {"accept": {"auth_key": made["auth_key"]}}, expect=202)
    assert show(cloud, volume)["encrypted"] is True


def restore(cloud, backup, **fields):
    body = {"restore": fields}
    return call(cloud, "POST", f"/backups/{backup}/restore", body)


def test_backups(cloud, encrypted, volumes):
    before = key_ids(cloud)
    volume = encrypted()
    path = file_of(cloud, volume)
    backups = []
    for incremental in (False, True):
        body = {"backup": {"volume_id": volume, "incremental": incremental}}
        backups.append(call(cloud, "POST", "/backups", body, expect=202).json()["backup"]["id"])
        assert settled(cloud, "backup", backups[-1])["status"] == "available"
    seen = call(cloud, "GET", f"/backups/{backups[0]}", expect=200).json()["backup"]
    assert seen["encryption_key_id"] in key_ids(cloud)
    assert "encryption_key_id" not in call(cloud, "GET", f"/backups/{backups[0]}", version="3.63").json()["backup"]
    assert_not_told(cloud, passphrases(cloud))
    plain = volumes(size=1)
    fault = restore(cloud, backups[1], volume_id=plain)
    assert fault.status_code == 400 and "encrypted" in fault.text
    refused(cloud, "POST", "/volumes", {"volume": {"size": 1, "backup_id": backups[1]}}, "encrypted")
    other = encrypted()
    assert restore(cloud, backups[1], volume_id=other).status_code == 202
    assert wait_for(lambda: show(cloud, other)["status"] == "available", 60, "restored")
    restored = restore(cloud, backups[1]).json()["restore"]["volume_id"]
    assert settled(cloud, "volume", restored)["encrypted"] is True
    assert wait_for(lambda: show(cloud, restored)["status"] == "available", 60, "restored")
    for each in (restored, volume):
        call(cloud, "DELETE", f"/volumes/{each}", expect=202)
        gone(cloud, "volume", each)
    assert not path.exists()
    for backup in reversed(backups):
        call(cloud, "DELETE", f"/backups/{backup}", expect=202)
        gone(cloud, "backup", backup)
    assert key_ids(cloud) - before == {show(cloud, other)["encryption_key_id"]}
