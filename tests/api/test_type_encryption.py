"""How the volumes of a type are to be encrypted."""
import uuid

import pytest

from harness.volumes import NOWHERE, call

LUKS = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}


@pytest.fixture
def volume_type(cloud):
    made = call(cloud, "POST", "/types", {"volume_type": {"name": uuid.uuid4().hex}}, expect=200).json()["volume_type"]
    yield made["id"]
    call(cloud, "DELETE", f"/types/{made['id']}", expect=202)


def test_life_of_an_encryption(cloud, volume_type):
    path = f"/types/{volume_type}/encryption"
    assert call(cloud, "GET", path, expect=200).json() == {}
    call(cloud, "GET", f"{path}/cipher", expect=404)
    made = call(cloud, "POST", path, {"encryption": LUKS}, expect=200).json()["encryption"]
    assert {key: made[key] for key in LUKS} == LUKS and made["volume_type_id"] == volume_type
    call(cloud, "POST", path, {"encryption": LUKS}, expect=409)
    shown = call(cloud, "GET", path, expect=200).json()
    assert shown["encryption_id"] == made["encryption_id"] and shown["key_size"] == 256 and shown["updated_at"] is None
    below = f"{path}/{made['encryption_id']}"
    assert call(cloud, "PUT", below, {"encryption": {"key_size": 512}}, expect=200).json() == {"encryption": {"key_size": 512}}
    assert call(cloud, "GET", f"{path}/key_size", expect=200).json() == {"key_size": 512}
    call(cloud, "GET", f"{path}/nothing", expect=404)
    call(cloud, "DELETE", below, expect=202)
    call(cloud, "DELETE", below, expect=404)
    call(cloud, "PUT", below, {"encryption": {"key_size": 512}}, expect=404)
    assert call(cloud, "GET", path, expect=200).json() == {}


@pytest.mark.parametrize("change", [
    {"provider": None}, {"provider": ""}, {"provider": 5}, {"control_location": None}, {"control_location": "middle"},
    {"key_size": -1}, {"key_size": "long"}, {"cipher": ""}, {"cipher": "x" * 256}, {"colour": "red"}])
def test_bad_input(cloud, volume_type, change):
    fault = call(cloud, "POST", f"/types/{volume_type}/encryption", {"encryption": {**LUKS, **change}}, expect=400).json()
    assert next(iter(change)) in fault["badRequest"]["message"]


def test_a_type_in_use_keeps_its_encryption(cloud, volume_type, volumes):
    path = f"/types/{volume_type}/encryption"
    volume = volumes(size=1, volume_type=volume_type)
    fault = call(cloud, "POST", path, {"encryption": LUKS}, expect=400).json()
    assert "in use" in fault["badRequest"]["message"]
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)


def test_only_administrators(cloud, volume_type, stranger):
    path = f"/types/{volume_type}/encryption"
    for method, below in (("GET", ""), ("POST", ""), ("GET", "/cipher"), ("PUT", "/x"), ("DELETE", "/x")):
        call(cloud, method, path + below, {"encryption": LUKS}, token=stranger, expect=403)
    call(cloud, "GET", f"/types/{NOWHERE}/encryption", expect=404)
    call(cloud, "POST", f"/types/{NOWHERE}/encryption", {"encryption": LUKS}, expect=404)


def test_openstack_client(cloud):
    name = f"cli-{uuid.uuid4().hex}"
    cloud.openstack("volume", "type", "create", "--encryption-provider", "luks", "--encryption-cipher", "aes-xts-plain64",
                    "--encryption-key-size", 256, "--encryption-control-location", "front-end", name)
    shown = cloud.openstack("volume", "type", "show", "--encryption-type", name)
    assert "luks" in str(shown["encryption"])
    cloud.openstack("volume", "type", "set", "--encryption-key-size", 512, name, parse=False)
    assert "512" in str(cloud.openstack("volume", "type", "show", "--encryption-type", name)["encryption"])
    cloud.openstack("volume", "type", "unset", "--encryption-type", name, parse=False)
    cloud.openstack("volume", "type", "delete", name, parse=False)
