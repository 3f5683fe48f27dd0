"""Nobody takes away, deletes or changes what an accepted boot holds (the kind of CVE-2023-2088).

A failpoint holds the boot for ever, so that the attacks come in time however slow the machine is; the control process is
killed then, and the boot goes on in the next one."""
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "recovery"))

from failing_cloud import FailingCloud  # noqa: E402
from harness.resources import Resources, blank, device  # noqa: E402
from harness.volumes import call  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    running = FailingCloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("held", ram=64, disk=1)


@pytest.fixture
def clean(cloud, api):
    yield
    for kind, delete in ((api.servers, api.delete_server), (api.snapshots, api.delete_snapshot),
                         (api.volumes, api.delete_volume)):
        for item in kind():
            delete(item["id"])
        api.wait(lambda: not kind(), f"{kind.__name__} are gone", lambda: str(kind())[:2000])
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences)


class Held:
    """A boot that stands before a task."""

    def __init__(self, cloud, api, point):
        self.cloud, self.api, self.point = cloud, api, f"boot_server.{point}"

    def begin(self, flavor, **body):
        mark = self.cloud.mark()
        self.cloud.arm("control", f"{self.point}:hang")
        self.server = self.api.server(f"held-{random.getrandbits(40):x}", flavor, **body)
        self.cloud.wait_point("control", self.point, mark)
        return self.server

    def go_on(self):
        self.cloud.disarm("control")
        self.cloud._token = None
        self.api.wait_server(self.server)


@pytest.fixture
def held(cloud, api, clean):
    return lambda point: Held(cloud, api, point)


def act(cloud, volume, name, argument=None, expect=202):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, expect=expect)


def attachment_of(api, volume):
    found = [item for item in api.attachments() if item["volume_id"] == volume]
    assert len(found) == 1, found
    return found[0]


def attack(cloud, volume, attachment, server):
    """Everything by which a user, an administrator even, could free the volume or change its attachment."""
    path = f"/attachments/{attachment}"
    call(cloud, "DELETE", path, expect=409)
    call(cloud, "PUT", path, {"attachment": {"connector": {"host": "elsewhere"}}}, expect=409)
    call(cloud, "POST", f"{path}/action", {"os-complete": {}}, expect=409)
    act(cloud, volume, "os-detach", {"attachment_id": attachment}, 409)
    act(cloud, volume, "os-force_detach", {"attachment_id": attachment}, 409)
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "host-1"}}, 409)
    act(cloud, volume, "os-reset_status", {"status": "available", "attach_status": "detached"}, 409)
    act(cloud, volume, "os-force_delete", None, 409)
    act(cloud, volume, "os-begin_detaching", None, 409)
    act(cloud, volume, "os-roll_detaching", None, 409)
    act(cloud, volume, "os-unreserve", None, 202)  # as in the original it takes back a legacy reservation only
    act(cloud, volume, "os-attach", {"instance_uuid": server, "mountpoint": "/dev/vdx"}, 409)
    call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "instance_uuid": server}}, expect=409)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=400)
    call(cloud, "DELETE", f"/volumes/{volume}?force=true", expect=409)


def assert_has(api, server, volume):
    found = attachment_of(api, volume)
    assert (found["instance"], found["status"]) == (server, "attached")
    assert api.show_volume(volume)["status"] == "in-use"


@pytest.mark.parametrize("when", ["before", "after"])
def test_attachment_of_a_booting_server(cloud, api, flavor, image, held, when):
    """Before its attach task the attachment is reserved; after it, before the commit, the host is connected."""
    volume = api.ready_volume("root", imageRef=image)
    boot = held(f"virt.block_device.DriverVolumeBlockDevice.attach.{when}")
    server = boot.begin(flavor, devices=[device("volume", volume, delete_on_termination=False)])
    attack(cloud, volume, attachment_of(api, volume)["id"], server)
    assert attachment_of(api, volume)["status"] == "reserved"
    assert api.show_volume(volume)["status"] == "reserved"
    boot.go_on()
    assert_has(api, server, volume)


def test_attachment_is_not_freed_while_it_detaches(cloud, api, flavor, image, clean):
    volume = api.ready_volume("data")
    server = api.active_server("with data", flavor, image=image)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_flows(server)
    point = "detach_volume.compute.manager.detach_volume.before"
    mark = cloud.mark()
    cloud.arm("control", f"{point}:hang")
    api.detach(server, volume)
    cloud.wait_point("control", point, mark)
    attack(cloud, volume, attachment_of(api, volume)["id"], server)
    cloud.disarm("control")
    api.wait_flows(server)
    assert api.show_volume(volume)["status"] == "available"
    assert api.attachments() == []


def test_new_volume_of_a_booting_server(cloud, api, flavor, image, held):
    """It is available as soon as it is made, and the boot attaches it later: nobody else can have it between."""
    boot = held("virt.block_device.DriverVolBlankBlockDevice.attach.before")
    server = boot.begin(flavor, image=image,
                        devices=[device("image", image, destination_type="local"), blank()])
    volume = api.volumes()[0]["id"]
    api.wait_volume(volume)
    other = api.active_server("other", flavor, image=image)
    answer = cloud.http("POST", f"/compute/v2.1/servers/{other}/os-volume_attachments",
                        json={"volumeAttachment": {"volumeId": volume}})
    assert answer.status_code in (400, 409), answer.text
    call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "instance_uuid": other}}, expect=409)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=409)
    act(cloud, volume, "os-force_delete", None, 409)
    act(cloud, volume, "os-reset_status", {"status": "error"}, 409)
    act(cloud, volume, "os-extend", {"new_size": 2}, 409)
    act(cloud, volume, "os-reserve", None, 409)
    call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume, "name": "mine"}}, expect=409)
    boot.go_on()
    assert_has(api, server, volume)
    api.delete_server(other)


def test_a_users_own_attachment_can_still_be_deleted(cloud, api, clean):
    volume = api.ready_volume("external")
    made = call(cloud, "POST", "/attachments", {"attachment": {
        "volume_uuid": volume, "connector": {"host": "outside"}}}, expect=200).json()["attachment"]
    assert made["connection_info"]["data"]
    call(cloud, "DELETE", f"/attachments/{made['id']}", expect=200)
    assert api.show_volume(volume)["status"] == "available"
    reserved = call(cloud, "POST", "/attachments", {"attachment": {
        "volume_uuid": volume, "instance_uuid": "11111111-2222-4333-8444-555555555555"}}, expect=200).json()["attachment"]
    call(cloud, "DELETE", f"/attachments/{reserved['id']}", expect=200)
    assert api.show_volume(volume)["status"] == "available"
