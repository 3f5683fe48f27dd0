"""Boot in every way, block device mappings, and volumes on running servers."""
import json
import uuid

import pytest
from harness.resources import Resources, blank, device, local_image

V21 = "/compute/v2.1"
DATA = b"\0" * 65536


def version(minor):
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"bdm-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("bdm", DATA)
    yield resources
    resources.delete_all()


@pytest.fixture()
def root_volume(made):
    """A bootable volume."""
    volume = made.ready_volume("root", imageRef=made.image_id)
    yield volume
    made.delete_volume(volume)
    made.wait_gone(lambda: made.show_volume(volume), "volume")


@pytest.fixture()
def data_volume(made):
    volume = made.ready_volume("data")
    yield volume
    made.delete_volume(volume)
    made.wait_gone(lambda: made.show_volume(volume), "volume")


@pytest.fixture()
def boot(made):
    """Boots servers that are gone at the end."""
    servers = []

    def start(devices=None, image=None, **fields):
        servers.append(made.active_server("bdm", made.flavor_id, image, devices, **fields))
        return servers[-1]

    yield start
    discard(made, *servers)


def discard(made, *servers):
    """Deletes servers and waits: what is half gone would count as a difference."""
    for server in servers:
        made.delete_server(server)
    for server in servers:
        made.wait_gone(lambda one=server: made.show_server(one), "server")


def create(cloud, made, minor=93, **fields):
    body = {"server": {"name": "refused", "flavorRef": made.flavor_id, **fields}}
    if minor >= 37:
        body["server"]["networks"] = "auto"
    return cloud.http("POST", V21 + "/servers", json=body, headers=version(minor))


def message(answer, status):
    assert answer.status_code == status, answer.text
    (envelope,) = answer.json().values()
    return envelope["message"]


def way(made, server):
    return made.compute("GET", f"/servers/{server}/virga-trace")["trace"]["server"]["way"]


# ---- the ways to boot

def test_boot_from_image(made, boot):
    server = boot(image=made.image_id)
    view = made.show_server(server)
    assert view["image"]["id"] == made.image_id and view["os-extended-volumes:volumes_attached"] == []
    assert way(made, server) == "boot from image"


def test_boot_from_volume(made, root_volume, boot):
    server = boot([device("volume", root_volume, delete_on_termination=False)])
    view = made.compute("GET", f"/servers/{server}", version="2.3")["server"]
    assert view["image"] == "" and view["OS-EXT-SRV-ATTR:root_device_name"] == "/dev/vda"
    assert view["os-extended-volumes:volumes_attached"] == [{"id": root_volume, "delete_on_termination": False}]
    assert made.show_volume(root_volume)["status"] == "in-use"
    assert way(made, server) == "boot from volume"
    discard(made, server)
    assert made.wait_volume(root_volume)["attachments"] == []


def test_boot_from_image_creates_a_volume(made, boot):
    server = boot([device("image", made.image_id, volume_size=2)])
    (volume,) = made.attached_volumes(server)
    assert made.show_volume(volume)["size"] == 2
    assert way(made, server) == "boot from image (creates a new volume)"
    discard(made, server)
    made.wait_gone(lambda: made.show_volume(volume), "volume that was made for the server")


def test_boot_from_snapshot(made, root_volume, boot):
    snapshot = made.ready_snapshot("root", root_volume)
    server = boot([device("snapshot", snapshot)])
    (volume,) = made.attached_volumes(server)
    assert made.show_volume(volume)["snapshot_id"] == snapshot
    assert way(made, server) == "boot from volume snapshot (creates a new volume)"
    discard(made, server)
    made.wait_gone(lambda: made.show_volume(volume), "volume")
    made.delete_snapshot(snapshot)
    made.wait_gone(lambda: made.show_snapshot(snapshot), "snapshot")


def test_extra_blank_volumes_keep_their_letters(made):
    answer = made.cloud.http("POST", V21 + "/servers", headers=version(67), json={"server": {
        "name": "blanks", "flavorRef": made.flavor_id, "imageRef": made.image_id, "networks": "auto",
        "block_device_mapping_v2": [local_image(made.image_id), blank(1, tag="a"), blank(2, tag="b")]}})
    assert answer.status_code == 202, answer.text
    server = answer.json()["server"]["id"]
    made.wait_server(server)
    found = made.compute("GET", f"/servers/{server}/os-volume_attachments", version="2.79")["volumeAttachments"]
    assert [(a["device"], a["tag"], a["delete_on_termination"]) for a in found] == [
        ("/dev/vdb", "a", True), ("/dev/vdc", "b", True)]
    assert [made.show_volume(a["volumeId"])["size"] for a in found] == [1, 2]
    discard(made, server)
    for attachment in found:
        made.wait_gone(lambda one=attachment: made.show_volume(one["volumeId"]), "blank volume")


def test_legacy_mapping(made, root_volume, boot):
    server = boot(block_device_mapping=[{"device_name": "vda", "volume_id": root_volume}])
    assert made.attached_volumes(server) == [root_volume]


# ---- refusals leave nothing behind

@pytest.mark.parametrize("devices, part", [
    ([device("volume", str(uuid.uuid4()))], "failed to get volume"),
    ([device("image", str(uuid.uuid4()), volume_size=1)], "failed to get image"),
    ([device("snapshot", str(uuid.uuid4()))], "failed to get snapshot"),
    ([device("blank")], "volume_size"),
    ([device("volume")], "missing device UUID"),
    ([blank(1, boot_index=1)], "boot_index"),
    ([{"source_type": "tape", "destination_type": "volume"}], "source_type"),
    ([blank(1, boot_index=0, color="red")], "color"),
    ([blank(1, boot_index=0, volume_type="no such")], "volume_type"),
    ([blank(1, boot_index=0, disk_bus="tape")], "disk_bus"),
])
def test_refused(cloud, made, devices, part):
    assert part in message(create(cloud, made, block_device_mapping_v2=devices), 400)
    assert not [s for s in made.servers() if s["name"] == "refused"]


def test_a_later_error_releases_earlier_volumes(cloud, made, root_volume):
    devices = [device("volume", root_volume, delete_on_termination=False), device("volume", str(uuid.uuid4()), boot_index=1)]
    message(create(cloud, made, block_device_mapping_v2=devices), 400)
    assert made.show_volume(root_volume)["status"] == "available"


def test_volume_in_use_is_refused(cloud, made, root_volume, boot):
    boot([device("volume", root_volume, delete_on_termination=False)])
    assert "in-use" in message(create(cloud, made, block_device_mapping_v2=[device("volume", root_volume)]), 400)


def test_not_bootable_volume(cloud, made, data_volume):
    assert "is not bootable" in message(create(cloud, made, block_device_mapping_v2=[device("volume", data_volume)]), 400)


def test_existing_volume_for_several_servers(cloud, made, root_volume):
    answer = create(cloud, made, block_device_mapping_v2=[device("volume", root_volume)], min_count=2)
    assert "multiple instances" in message(answer, 400)


def test_both_lists(cloud, made, root_volume):
    answer = create(cloud, made, block_device_mapping_v2=[device("volume", root_volume)],
                    block_device_mapping=[{"device_name": "vda", "volume_id": root_volume}])
    assert "not both" in message(answer, 400)


def test_zero_disk_flavor_boots_from_volume_only_for_users(cloud, made, root_volume):
    flavor = made.flavor(f"zero-{uuid.uuid4().hex[:6]}", disk=0)
    server = made.active_server("zero", flavor, None, [device("volume", root_volume, delete_on_termination=False)])
    discard(made, server)
    made.compute("DELETE", f"/flavors/{flavor}")


def test_image_needs_more_than_the_flavor_has(cloud, made):
    big = made.image("big", DATA, min_disk=9, min_ram=1)
    assert "minimum size" in message(create(cloud, made, imageRef=big), 400)
    small = [device("image", big, volume_size=8)]
    assert "minimum size" in message(create(cloud, made, block_device_mapping_v2=small), 400)
    hungry = made.image("hungry", DATA, min_ram=65)
    assert "memory" in message(create(cloud, made, imageRef=hungry), 400)
    queued = made.call("POST", "/image/v2/images", {"name": "q", "disk_format": "raw", "container_format": "bare"})["id"]
    assert "not active" in message(create(cloud, made, imageRef=queued), 400)
    for image in (big, hungry, queued):
        made.delete_image(image)


def test_image_defined_mapping(made, root_volume, boot):
    snapshot = made.ready_snapshot("defined", root_volume)
    mapping = json.dumps([{"source_type": "snapshot", "destination_type": "volume", "snapshot_id": snapshot,
                           "boot_index": 0, "delete_on_termination": True, "device_name": "/dev/vda"}])
    image = made.image("defined", DATA, bdm_v2="true", block_device_mapping=mapping)
    server = boot(image=image)
    assert way(made, server) == "boot from volume snapshot (creates a new volume)"
    (volume,) = made.attached_volumes(server)
    discard(made, server)
    made.wait_gone(lambda: made.show_volume(volume), "volume")
    made.delete_image(image)
    made.delete_snapshot(snapshot)
    made.wait_gone(lambda: made.show_snapshot(snapshot), "snapshot")


# ---- volumes on a running server

def test_attach_and_detach(cloud, made, data_volume, boot):
    server = boot(image=made.image_id)
    answer = cloud.http("POST", f"{V21}/servers/{server}/os-volume_attachments", headers=version(89),
                        json={"volumeAttachment": {"volumeId": data_volume, "tag": "t"}})
    assert answer.status_code == 200, answer.text
    view = answer.json()["volumeAttachment"]
    assert view["device"] == "/dev/vdb" and view["tag"] == "t" and view["delete_on_termination"] is False
    assert "id" not in view and view["bdm_uuid"]
    made.wait_volume(data_volume, "in-use")
    made.wait_flows(server)
    shown = cloud.http("GET", f"{V21}/servers/{server}/os-volume_attachments/{data_volume}").json()["volumeAttachment"]
    assert shown == {"id": data_volume, "volumeId": data_volume, "serverId": server, "device": "/dev/vdb"}
    again = cloud.http("POST", f"{V21}/servers/{server}/os-volume_attachments",
                       json={"volumeAttachment": {"volumeId": data_volume}})
    assert "already attached" in message(again, 400)
    assert cloud.http("DELETE", f"{V21}/servers/{server}/os-volume_attachments/{data_volume}").status_code == 202
    made.wait_volume(data_volume)
    made.wait_flows(server)
    gone = cloud.http("DELETE", f"{V21}/servers/{server}/os-volume_attachments/{data_volume}")
    message(gone, 404)
    actions = made.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
    assert [a["action"] for a in actions] == ["detach_volume", "attach_volume", "create"]


def test_change_delete_on_termination(cloud, made, data_volume, boot):
    server = boot(image=made.image_id)
    made.attach(server, data_volume)
    made.wait_volume(data_volume, "in-use")
    made.wait_flows(server)
    path = f"{V21}/servers/{server}/os-volume_attachments/{data_volume}"
    body = {"volumeAttachment": {"volumeId": data_volume, "delete_on_termination": True}}
    assert cloud.http("PUT", path, json=body, headers=version(85)).status_code == 202
    assert cloud.http("GET", path, headers=version(79)).json()["volumeAttachment"]["delete_on_termination"] is True
    body["volumeAttachment"]["device"] = "/dev/vdz"
    assert "device" in message(cloud.http("PUT", path, json=body, headers=version(85)), 400)
    swap = {"volumeAttachment": {"volumeId": str(uuid.uuid4())}}
    message(cloud.http("PUT", path, json=swap, headers=version(84)), 400)
    back = {"volumeAttachment": {"volumeId": data_volume, "delete_on_termination": False}}
    assert cloud.http("PUT", path, json=back, headers=version(85)).status_code == 202


def test_attach_refusals(cloud, made, root_volume, boot):
    server = boot(image=made.image_id)
    path = f"{V21}/servers/{server}/os-volume_attachments"
    message(cloud.http("POST", path, json={"volumeAttachment": {"volumeId": str(uuid.uuid4())}}), 404)
    assert "volumeId" in message(cloud.http("POST", path, json={"volumeAttachment": {"volumeId": "x"}}), 400)
    message(cloud.http("POST", path, json={"volumeAttachment": {"volumeId": root_volume, "tag": "t"}}), 400)
    used = cloud.http("POST", path, json={"volumeAttachment": {"volumeId": root_volume, "device": "/dev/vda"}})
    assert "in use" in message(used, 409)
    bad = cloud.http("POST", path, json={"volumeAttachment": {"volumeId": root_volume, "device": "/dev/v 1"}})
    message(bad, 400)
    message(cloud.http("POST", f"{V21}/servers/{uuid.uuid4()}/os-volume_attachments",
                       json={"volumeAttachment": {"volumeId": root_volume}}), 404)
    assert made.show_volume(root_volume)["status"] == "available"


def test_root_volume_stays(cloud, made, root_volume, boot):
    server = boot([device("volume", root_volume, delete_on_termination=False)])
    answer = cloud.http("DELETE", f"{V21}/servers/{server}/os-volume_attachments/{root_volume}")
    assert "Cannot detach a root device volume" in message(answer, 400)


def test_delete_returns_attached_volumes(made, data_volume, boot):
    server = boot(image=made.image_id)
    made.attach(server, data_volume)
    made.wait_volume(data_volume, "in-use")
    discard(made, server)
    made.wait_volume(data_volume)


def test_openstack_client(cloud, made):
    volume = cloud.openstack("volume", "create", "--image", "bdm", "--size", "1", "--bootable", "cli-root")["id"]
    made.wait_volume(volume)
    first = cloud.openstack("server", "create", "--volume", "cli-root", "--flavor", made.flavor_id, "--wait", "cli-a")
    second = cloud.openstack("server", "create", "--image", "bdm", "--boot-from-volume", "1", "--flavor", made.flavor_id,
                             "--wait", "cli-b")
    assert [first["status"], second["status"]] == ["ACTIVE", "ACTIVE"]
    assert way(made, second["id"]) == "boot from image (creates a new volume)"
    data = cloud.openstack("volume", "create", "--size", "1", "cli-data")["id"]
    made.wait_volume(data)
    cloud.openstack("server", "add", "volume", "cli-b", "cli-data")
    made.wait_volume(data, "in-use")
    made.wait_flows(second["id"])
    cloud.openstack("server", "remove", "volume", "cli-b", "cli-data", parse=False)
    made.wait_volume(data)
    cloud.openstack("server", "delete", "--wait", "cli-a", "cli-b", parse=False)
    made.delete_all()
    made.image_id = made.image("bdm", DATA)
