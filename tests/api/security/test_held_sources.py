"""What an accepted request will read is kept until it has been read, and what can't succeed is refused at once."""
import pytest

from harness.resources import blank, device, local_image
from harness.volumes import call
from test_attachment_race import act, api, clean, cloud, flavor, held  # noqa: F401


def refused(cloud, flavor, status, **body):
    server = {"name": "refused", "flavorRef": flavor, "networks": "none", **body}
    answer = cloud.http("POST", "/compute/v2.1/servers", json={"server": server},
                        headers={"OpenStack-API-Version": "compute 2.90"})
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert cloud.http("GET", "/compute/v2.1/servers").json()["servers"] == []
    return answer.text


def put_quota(cloud, **limits):
    project = cloud.conn.current_project_id
    call(cloud, "PUT", f"/os-quota-sets/{project}", {"quota_set": limits}, expect=200)


def usage(cloud):
    project = cloud.conn.current_project_id
    return call(cloud, "GET", f"/os-quota-sets/{project}?usage=true", expect=200).json()["quota_set"]


@pytest.fixture
def quota(cloud):
    yield lambda **limits: put_quota(cloud, **limits)
    call(cloud, "DELETE", f"/os-quota-sets/{cloud.conn.current_project_id}")


@pytest.fixture
def own_image(api, clean):
    made = api.image("held", b"x" * 65536)
    yield made
    api.delete_image(made)


def test_local_root_keeps_its_image(cloud, api, flavor, own_image, held):
    boot = held("virt.libvirt.imagecache.fetch_image.before")
    boot.begin(flavor, image=own_image)
    answer = cloud.http("DELETE", f"/image/v2/images/{own_image}")
    assert answer.status_code == 409 and "in use" in answer.text
    boot.go_on()
    assert cloud.http("DELETE", f"/image/v2/images/{own_image}").status_code == 204


def test_new_root_volume_keeps_its_image(cloud, api, flavor, own_image, held):
    """Before there is a volume, and while it is being made."""
    boot = held("virt.block_device.DriverVolImageBlockDevice.create.before")
    boot.begin(flavor, devices=[device("image", own_image, volume_size=1)])
    assert cloud.http("DELETE", f"/image/v2/images/{own_image}").status_code == 409
    boot.go_on()
    assert cloud.http("DELETE", f"/image/v2/images/{own_image}").status_code == 204


def test_snapshot_is_kept_for_a_boot(cloud, api, flavor, image, held):
    volume = api.ready_volume("origin", imageRef=image)
    snapshot = api.ready_snapshot("held", volume)
    boot = held("virt.block_device.DriverVolSnapshotBlockDevice.create.before")
    server = boot.begin(flavor, devices=[device("snapshot", snapshot)])
    call(cloud, "DELETE", f"/snapshots/{snapshot}", expect=409)
    call(cloud, "POST", f"/snapshots/{snapshot}/action", {"os-force_delete": {}}, expect=409)
    call(cloud, "POST", f"/snapshots/{snapshot}/action", {"os-unmanage": {}}, expect=409)
    call(cloud, "DELETE", f"/volumes/{volume}?cascade=true", expect=409)
    boot.go_on()
    assert len(api.attached_volumes(server)) == 1
    call(cloud, "DELETE", f"/snapshots/{snapshot}", expect=202)
    api.wait_gone(lambda: api.show_snapshot(snapshot), "snapshot")


def test_deleting_the_server_gives_back_what_it_held(cloud, api, flavor, image, held):
    snapshot = api.ready_snapshot("held", api.ready_volume("origin", imageRef=image))
    before = usage(cloud)
    boot = held("virt.block_device.DriverVolSnapshotBlockDevice.create.before")
    server = boot.begin(flavor, devices=[device("snapshot", snapshot)])
    assert usage(cloud)["volumes"]["in_use"] == before["volumes"]["in_use"] + 1
    api.delete_server(server)
    cloud.disarm("control")
    api.wait_gone(lambda: api.show_server(server), "server")
    assert usage(cloud) == before
    call(cloud, "DELETE", f"/snapshots/{snapshot}", expect=202)
    api.wait_gone(lambda: api.show_snapshot(snapshot), "snapshot")


@pytest.mark.parametrize("task", ["ExtractVolumeRequest", "CreateVolumeFromSpec"])
def test_volume_keeps_its_image(cloud, api, own_image, clean, task):
    point = f"create_volume.volume.flows.create_volume.{task}.before"
    mark = cloud.mark()
    cloud.arm("control", f"{point}:hang")
    volume = api.volume("from image", imageRef=own_image)
    cloud.wait_point("control", point, mark)
    assert cloud.http("DELETE", f"/image/v2/images/{own_image}").status_code == 409
    cloud.disarm("control")
    api.wait_volume(volume)
    assert cloud.http("DELETE", f"/image/v2/images/{own_image}").status_code == 204


def test_volume_quota_is_asked_before_a_boot_is_accepted(cloud, api, flavor, image, clean, quota):
    quota(volumes=1)
    two = [local_image(image), blank(), blank()]
    assert "volumes" in refused(cloud, flavor, 403, imageRef=image, block_device_mapping_v2=two)
    quota(volumes=10, gigabytes=3)
    assert "gigabytes" in refused(cloud, flavor, 403, imageRef=image,
                                  block_device_mapping_v2=[local_image(image), blank(2), blank(2)])
    assert "gigabytes" in refused(cloud, flavor, 403, min_count=2, max_count=2,
                                  block_device_mapping_v2=[device("image", image, volume_size=2)])
    quota(gigabytes=10, per_volume_gigabytes=1)
    refused(cloud, flavor, 403, imageRef=image, block_device_mapping_v2=[local_image(image), blank(2)])
    assert usage(cloud)["volumes"]["in_use"] == 0


def test_quota_of_a_type_is_asked_before_a_boot_is_accepted(cloud, api, flavor, image, clean, quota):
    made = call(cloud, "POST", "/types", {"volume_type": {"name": "rare"}}, expect=200).json()["volume_type"]["id"]
    quota(volumes_rare=0)
    assert "volumes_rare" in refused(cloud, flavor, 403, imageRef=image,
                                     block_device_mapping_v2=[local_image(image), blank(volume_type="rare")])
    call(cloud, "DELETE", f"/types/{made}", expect=202)


def test_claims_count_for_everybody(cloud, api, flavor, image, held, quota):
    quota(volumes=1)
    boot = held("virt.block_device.DriverVolBlankBlockDevice.create.before")
    boot.begin(flavor, image=image, devices=[local_image(image), blank()])
    answer = call(cloud, "POST", "/volumes", {"volume": {"size": 1}})
    assert answer.status_code == 413, answer.text
    boot.go_on()


def test_sources_that_cannot_be_used_are_refused_at_once(cloud, api, flavor, image, own_image, clean):
    volume = api.ready_volume("origin", imageRef=image)
    snapshot = api.ready_snapshot("broken", volume)
    for status in ("deleting", "error", "creating"):
        call(cloud, "POST", f"/snapshots/{snapshot}/action", {"os-reset_status": {"status": status}}, expect=202)
        assert snapshot in refused(cloud, flavor, 400, block_device_mapping_v2=[device("snapshot", snapshot)])
        call(cloud, "POST", "/volumes", {"volume": {"snapshot_id": snapshot}}, expect=400)
    call(cloud, "POST", f"/snapshots/{snapshot}/action", {"os-reset_status": {"status": "available"}}, expect=202)
    assert cloud.http("POST", f"/image/v2/images/{own_image}/actions/deactivate").status_code == 204
    assert "not active" in refused(cloud, flavor, 400, imageRef=own_image)
    refused(cloud, flavor, 400, block_device_mapping_v2=[device("image", own_image, volume_size=1)])
    refused(cloud, flavor, 400, imageRef=image, block_device_mapping_v2=[
        local_image(image), device("image", own_image, volume_size=1, boot_index=-1)])
    call(cloud, "POST", "/volumes", {"volume": {"imageRef": own_image, "size": 1}}, expect=400)
    assert cloud.http("POST", f"/image/v2/images/{own_image}/actions/reactivate").status_code == 204
