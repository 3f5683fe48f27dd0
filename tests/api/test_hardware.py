"""What images, flavors and requests ask of a server's hardware and place is done, or refused by name."""
import base64
import uuid

import pytest
from harness.resources import Resources

V21 = "/compute/v2.1"


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"hardware-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("hardware", b"\0" * 65536)
    yield resources
    resources.delete_all()


@pytest.fixture
def plain_image(cloud, made):
    """The image without what a test gave it."""
    names = []

    def give(**properties):
        names.extend(properties)
        patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in properties.items()]
        assert update(cloud, made.image_id, patch).status_code == 200
        return made.image_id
    yield give
    update(cloud, made.image_id, [{"op": "remove", "path": f"/{name}"} for name in names])


def update(cloud, image, patch):
    return cloud.http("PATCH", f"/image/v2/images/{image}", json=patch, headers={
        "Content-Type": "application/openstack-images-v2.1-json-patch"})


def boot(cloud, made, hints=None, **fields):
    body = {"server": {"name": "hardware", "flavorRef": made.flavor_id, "imageRef": made.image_id, "networks": "none", **fields}}
    if hints:
        body["os:scheduler_hints"] = hints
    return cloud.http("POST", f"{V21}/servers", json=body, headers={"OpenStack-API-Version": "compute 2.90"})


def refused(answer, *parts):
    assert answer.status_code == 400, answer.text
    message = answer.json()["badRequest"]["message"]
    for part in parts:
        assert part in message, message


@pytest.mark.parametrize("name, value", [
    ("hw_disk_bus", "foo"), ("architecture", "bogus"), ("hw_video_ram", "abc"), ("hw_vif_model", "ethernet"),
    ("hw_cpu_cores", "many"), ("hw_firmware_type", "coreboot"), ("hw_machine_type", "vax"),
    ("hw_machine_type", "pc-q35-<x/>"), ("hw_machine_type", "pc-i440fx-\n"), ("hw_machine_type", "pc-q35-"),
    ("hw_tpm_version", "2.0"), ("hw_cpu_policy", "dedicated"), ("os_secure_boot", "required")])
def test_properties_that_no_server_can_have_are_refused(cloud, made, plain_image, name, value):
    plain_image(**{name: value})
    refused(boot(cloud, made), f"image property '{name}'", value)


def test_a_volume_is_asked_as_its_image_is(cloud, made, volumes):
    volume = volumes(size=1)
    for action in ({"os-set_image_metadata": {"metadata": {"hw_disk_bus": "foo"}}}, {"os-set_bootable": {"bootable": True}}):
        answer = cloud.http("POST", f"/volume/v3/{made_project(cloud)}/volumes/{volume}/action", json=action)
        assert answer.status_code == 200, answer.text
    device = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
    refused(boot(cloud, made, imageRef="", block_device_mapping_v2=[device]), "hw_disk_bus")


def made_project(cloud):
    return cloud.conn.current_project_id


@pytest.mark.parametrize("spec, value", [
    ("hw:cpu_policy", "dedicated"), ("quota:cpu_quota", "1000"), ("resources:VGPU", "1"), ("trait:CUSTOM_GOLD", "required")])
def test_extra_specs_that_no_server_can_have_are_refused(cloud, made, spec, value):
    path = f"{V21}/flavors/{made.flavor_id}/os-extra_specs"
    assert cloud.http("POST", path, json={"extra_specs": {spec: value}}).status_code == 200
    try:
        refused(boot(cloud, made), f"flavor extra spec '{spec}'", value)
    finally:
        assert cloud.http("DELETE", f"{path}/{spec}").status_code == 200


@pytest.mark.parametrize("hint, value", [("group", "00000000-0000-4000-8000-000000000000"), ("query", "[]"),
    ("same_host", ["00000000-0000-4000-8000-000000000000"]), ("same_host", "x"), ("different_host", [7])])
def test_hints_that_are_not_followed_are_refused(cloud, made, hint, value):
    refused(boot(cloud, made, hints={hint: value}), hint)


def test_servers_beside_and_apart_from_others(cloud, made):
    """There is one host only."""
    first = made.active_server("first", made.flavor_id, made.image_id)
    beside = boot(cloud, made, hints={"same_host": first})
    assert beside.status_code == 202, beside.text
    made.wait_server(beside.json()["server"]["id"])
    apart = boot(cloud, made, hints={"different_host": [first, "00000000-0000-4000-8000-000000000000"]})
    assert apart.status_code == 202, apart.text
    made.wait_server(apart.json()["server"]["id"], "ERROR")
    assert "No valid host" in made.show_server(apart.json()["server"]["id"])["fault"]["message"]
    for server in (first, beside.json()["server"]["id"], apart.json()["server"]["id"]):
        made.delete_server(server)
        made.wait_gone(lambda each=server: made.show_server(each), "server")


@pytest.mark.parametrize("field, value", [("disk_bus", "usb"), ("device_type", "lun"), ("guest_format", "xfs")])
def test_devices_that_servers_do_not_have_are_refused(cloud, made, field, value):
    root = {"uuid": made.image_id, "source_type": "image", "destination_type": "local", "boot_index": 0}
    refused(boot(cloud, made, block_device_mapping_v2=[{**root, field: value}]), field)


def test_the_hardware_of_an_ordinary_image_is_given(cloud, made, plain_image):
    plain_image(hw_disk_bus="scsi", hw_scsi_model="virtio-scsi", hw_vif_model="e1000", hw_machine_type="q35",
                hw_firmware_type="uefi", hw_qemu_guest_agent="yes", os_distro="debian", hw_rng_model="virtio")
    answer = boot(cloud, made, user_data=base64.b64encode(b"#!/bin/sh\n").decode())
    assert answer.status_code == 202, answer.text
    server = answer.json()["server"]["id"]
    assert answer.json()["server"]["adminPass"]
    made.wait_server(server, "ACTIVE")
    made.delete_server(server)
    made.wait_gone(lambda: made.show_server(server), "server")
