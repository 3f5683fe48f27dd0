"""The volume service as clients see it: plain HTTP, openstacksdk and the `openstack` client."""
import os
import uuid

import pytest

from harness.cloud import wait_for
from harness.volumes import NOWHERE, call, gone, settled, show

GIB = 1024 ** 3


# ---- versions

@pytest.mark.parametrize("path,status", [("/volume", 300), ("/volume/", 300), ("/volume/v3", 200), ("/volume/v3/", 200)])
def test_version_documents_need_no_token(cloud, path, status):
    answer = cloud.http("GET", path, token="")
    assert answer.status_code == status
    version = answer.json()["versions"][0]
    assert (version["id"], version["status"], version["version"], version["min_version"]) == ("v3.0", "CURRENT", "3.70", "3.0")
    assert version["links"][0]["href"] == f"{cloud.url}/volume/v3/"


def test_microversions_are_negotiated(cloud):
    assert call(cloud, "GET", "/volumes", version="3.27").headers["OpenStack-API-Version"] == "volume 3.27"
    assert call(cloud, "GET", "/volumes", version="latest").headers["OpenStack-API-Version"] == "volume 3.70"
    call(cloud, "GET", "/volumes", version="3.71", expect=406)
    call(cloud, "GET", "/attachments", version="3.26", expect=404)
    call(cloud, "GET", "/attachments", version="3.27", expect=200)


def test_a_token_is_needed(cloud):
    assert cloud.http("GET", "/volume/v3/volumes", token="").status_code == 401


def test_the_project_may_stand_in_the_path(cloud, stranger):
    project = cloud.conn.current_project_id
    call(cloud, "GET", f"/{project}/volumes", expect=200)
    call(cloud, "GET", f"/{project}/volumes", token=stranger, expect=400)


# ---- volumes

def test_an_empty_volume(cloud, volumes):
    volume = show(cloud, volumes(size=2, description="d", metadata={"a": "b"}))
    assert volume["size"] == 2 and volume["description"] == "d" and volume["metadata"] == {"a": "b"}
    assert volume["bootable"] == "false" and volume["multiattach"] is False and volume["attachments"] == []
    assert volume["volume_type"] == "__DEFAULT__" and volume["availability_zone"] == "nova"
    assert volume["os-vol-host-attr:host"].startswith("host-1@")
    assert "volume_image_metadata" not in volume


def test_a_volume_from_an_image(cloud, volumes, image):
    volume = show(cloud, volumes(size=1, imageRef=image))
    assert volume["bootable"] == "true"
    metadata = volume["volume_image_metadata"]
    assert metadata["image_id"] == image and metadata["image_name"] == "disk" and metadata["os_distro"] == "debian"
    assert metadata["min_ram"] == "64" and metadata["disk_format"] == "raw"


def test_a_second_volume_from_an_image_copies_nothing(cloud, volumes, image):
    volumes(size=1, imageRef=image)
    second = volumes(size=1, imageRef=image)
    runs = [run for flow in cloud.trace(second) for run in flow.get("tasks", flow.get("journal", []))]
    assert any("copied 0 bytes" in run.get("decision", "") for run in runs)


def test_snapshot_and_clone(cloud, volumes, image):
    source = volumes(size=1, imageRef=image)
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": source, "name": "s"}}, expect=202).json()["snapshot"]
    assert settled(cloud, "snapshot", made["id"])["status"] == "available"
    for fields in ({"snapshot_id": made["id"]}, {"source_volid": source}, {"source_volid": source, "size": 2}):
        copy = show(cloud, volumes(**fields))
        assert copy["bootable"] == "true" and copy["size"] == fields.get("size", 1)
        assert copy["volume_image_metadata"]["image_id"] == image
    call(cloud, "DELETE", f"/volumes/{source}", expect=400)
    call(cloud, "DELETE", f"/snapshots/{made['id']}", expect=202)
    gone(cloud, "snapshot", made["id"])


def test_extend(cloud, volumes):
    volume = volumes(size=1)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 1}}, expect=400)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 3}}, expect=202)
    assert settled(cloud, "volume", volume)["status"] == "available"
    assert show(cloud, volume)["size"] == 3


def test_update_and_metadata(cloud, volumes):
    volume = volumes(size=1, metadata={"a": "1"})
    changed = call(cloud, "PUT", f"/volumes/{volume}", {"volume": {"name": "n", "description": "d"}}, expect=200).json()["volume"]
    assert (changed["name"], changed["description"]) == ("n", "d")
    path = f"/volumes/{volume}/metadata"
    assert call(cloud, "POST", path, {"metadata": {"b": "2"}}, expect=200).json()["metadata"] == {"a": "1", "b": "2"}
    assert call(cloud, "PUT", path, {"metadata": {"c": "3"}}, expect=200).json()["metadata"] == {"c": "3"}
    assert call(cloud, "PUT", f"{path}/c", {"meta": {"c": "4"}}, expect=200).json()["meta"] == {"c": "4"}
    call(cloud, "PUT", f"{path}/c", {"meta": {"d": "4"}}, expect=400)
    assert call(cloud, "GET", f"{path}/c", expect=200).json()["meta"] == {"c": "4"}
    call(cloud, "DELETE", f"{path}/c", expect=200)
    call(cloud, "DELETE", f"{path}/c", expect=404)


def test_flags_and_image_metadata(cloud, volumes):
    volume = volumes(size=1)

    def act(name, argument, expect):
        return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, expect=expect)
    act("os-set_bootable", {"bootable": True}, 200)
    assert show(cloud, volume)["bootable"] == "true"
    act("os-update_readonly_flag", {"readonly": True}, 202)
    assert show(cloud, volume)["metadata"] == {"readonly": "True"}
    act("os-set_image_metadata", {"metadata": {"k": "v"}}, 200)
    assert act("os-show_image_metadata", None, 200).json()["metadata"] == {"k": "v"}
    act("os-unset_image_metadata", {"key": "k"}, 200)
    act("os-unset_image_metadata", {"key": "k"}, 404)
    act("os-set_bootable", {}, 400)
    act("os-nonsense", {}, 400)


@pytest.mark.parametrize("fields,status", [
    ({}, 400), ({"size": 0}, 400), ({"size": -1}, 400), ({"size": "#$%"}, 400), ({"size": 1.5}, 400),
    ({"size": 1, "snapshot_id": NOWHERE}, 404), ({"size": 1, "source_volid": NOWHERE}, 404),
    ({"size": 1, "imageRef": NOWHERE}, 400), ({"size": 1, "imageRef": "no-uuid"}, 400),
    ({"size": 1, "volume_type": "nothing"}, 404), ({"size": 1, "availability_zone": "mars"}, 400),
    ({"size": 1, "metadata": {"a": 1}}, 400), ({"size": 1, "name": "x" * 256}, 400),
    ({"size": 1, "snapshot_id": NOWHERE, "source_volid": NOWHERE}, 400)])
def test_bad_requests_name_the_reason(cloud, fields, status):
    fault = call(cloud, "POST", "/volumes", {"volume": fields}, expect=status).json()
    (kind, inner), = fault.items()
    assert kind == {400: "badRequest", 404: "itemNotFound"}[status]
    assert inner["code"] == status and inner["message"]


def test_an_image_that_does_not_fit(cloud):
    made = cloud.http("POST", "/image/v2/images", json={
        "name": "big", "disk_format": "raw", "container_format": "bare", "min_disk": 5}).json()["id"]
    cloud.http("PUT", f"/image/v2/images/{made}/file", data=b"x" * 512, headers={"Content-Type": "application/octet-stream"})
    fault = call(cloud, "POST", "/volumes", {"volume": {"size": 4, "imageRef": made}}, expect=400).json()
    assert "min_disk" in fault["badRequest"]["message"]
    cloud.http("DELETE", f"/image/v2/images/{made}")


def test_malformed_bodies(cloud):
    for data in (b"{", b"[]", b"", b'{"volume": 1}'):
        answer = cloud.http("POST", "/volume/v3/volumes", data=data, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400 and "badRequest" in answer.json(), data


@pytest.mark.parametrize("method,path", [
    ("GET", f"/volumes/{NOWHERE}"), ("DELETE", f"/volumes/{NOWHERE}"), ("GET", f"/snapshots/{NOWHERE}"),
    ("DELETE", f"/snapshots/{NOWHERE}"), ("GET", f"/types/{NOWHERE}"), ("GET", f"/attachments/{NOWHERE}"),
    ("GET", f"/messages/{NOWHERE}"), ("GET", "/volumes/no-uuid"), ("GET", "/extensions/nothing"), ("GET", "/nothing")])
def test_what_is_not_there(cloud, method, path):
    assert call(cloud, method, path, expect=404).json()["itemNotFound"]["code"] == 404


def test_another_projects_volume_is_not_there(cloud, volumes, stranger):
    volume = volumes(size=1)
    call(cloud, "GET", f"/volumes/{volume}", token=stranger, expect=404)
    call(cloud, "DELETE", f"/volumes/{volume}", token=stranger, expect=404)
    call(cloud, "POST", "/volumes", {"volume": {"source_volid": volume}}, token=stranger, expect=404)
    call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, token=stranger, expect=404)
    assert call(cloud, "GET", "/volumes?all_tenants=1", token=stranger, expect=200).json()["volumes"] == []


def test_administration_is_for_administrators(cloud, stranger):
    for method, path, body in (("GET", "/os-services", None), ("GET", "/scheduler-stats/get_pools", None),
                               ("POST", "/types", {"volume_type": {"name": "x"}}),
                               ("GET", f"/os-quota-sets/{cloud.conn.current_project_id}", None)):
        assert "forbidden" in call(cloud, method, path, body, token=stranger, expect=403).json()


# ---- lists

def test_lists_filter_sort_and_page(cloud, volumes):
    mark = uuid.uuid4().hex
    made = [volumes(size=size, name=f"{mark}-{size}", metadata={"mark": mark}) for size in (1, 3, 2)]

    def listed(query, version="3.70"):
        return call(cloud, "GET", f"/volumes/detail?{query}", version=version, expect=200).json()
    marked = f"metadata={{'mark': '{mark}'}}"
    assert [v["id"] for v in listed(marked)["volumes"]] == made[::-1]
    assert [v["size"] for v in listed(marked + "&sort=size:asc")["volumes"]] == [1, 2, 3]
    assert [v["size"] for v in listed(marked + "&sort_key=size&sort_dir=desc")["volumes"]] == [3, 2, 1]
    assert [v["id"] for v in listed(f"name={mark}-3")["volumes"]] == [made[1]]
    assert len(listed(f"name~={mark}")["volumes"]) == 3
    assert listed(marked + "&with_count=true")["count"] == 3
    first = listed(marked + "&sort=size:asc&limit=2")
    assert [v["size"] for v in first["volumes"]] == [1, 2]
    href = next(link["href"] for link in first["volumes_links"] if link["rel"] == "next")
    second = cloud.http("GET", href.removeprefix(cloud.url)).json()
    assert [v["size"] for v in second["volumes"]] == [3] and "volumes_links" not in second
    assert [v["size"] for v in listed(marked + "&sort=size:asc&offset=1")["volumes"]] == [2, 3]
    assert listed("status=error_extending")["volumes"] == []
    for bad in ("limit=x", "limit=-1", "sort=nothing:asc", "offset=-1", "metadata=x"):
        call(cloud, "GET", f"/volumes?{bad}", expect=400)
    call(cloud, "GET", f"/volumes?marker={NOWHERE}", expect=404)


def test_fields_by_microversion(cloud, volumes):
    volume = volumes(size=1)
    for field, minor in (("group_id", 13), ("provider_id", 21), ("service_uuid", 48), ("shared_targets", 48),
                         ("cluster_name", 61), ("volume_type_id", 63), ("consumes_quota", 65)):
        assert field not in show(cloud, volume, f"3.{minor - 1}")
        assert field in show(cloud, volume, f"3.{minor}")


# ---- attachments

def test_attachments(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "mode": "rw"}}, expect=200).json()["attachment"]
    assert made["status"] == "reserved" and made["attach_mode"] == "rw"
    assert show(cloud, volume)["status"] == "reserved"
    call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume}}, expect=400)
    path = f"/attachments/{made['id']}"
    done = call(cloud, "PUT", path, {"attachment": {"connector": {"host": "host-1"}}}, expect=200).json()["attachment"]
    assert done["connection_info"]["data"]["access_mode"] == "rw" and done["status"] == "attaching"
    call(cloud, "POST", f"{path}/action", {"os-complete": None}, expect=204)
    assert show(cloud, volume)["status"] == "in-use"
    call(cloud, "DELETE", f"/volumes/{volume}", expect=400)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-begin_detaching": None}, expect=202)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-roll_detaching": None}, expect=202)
    assert [a["id"] for a in call(cloud, "GET", f"/attachments?volume_id={volume}").json()["attachments"]] == [made["id"]]
    call(cloud, "DELETE", path, expect=200)
    assert show(cloud, volume)["status"] == "available"


# ---- types, quotas, and what operators look at

def test_types(cloud, volumes):
    name = f"type-{uuid.uuid4().hex}"
    made = call(cloud, "POST", "/types", {"volume_type": {"name": name, "extra_specs": {"multiattach": "<is> True"}}},
                expect=200).json()["volume_type"]
    call(cloud, "POST", "/types", {"volume_type": {"name": name}}, expect=409)
    path = f"/types/{made['id']}"
    call(cloud, "POST", f"{path}/extra_specs", {"extra_specs": {"k": "v"}}, expect=200)
    assert call(cloud, "GET", f"{path}/extra_specs/k", expect=200).json() == {"k": "v"}
    call(cloud, "DELETE", f"{path}/extra_specs/k", expect=202)
    volume = volumes(size=1, volume_type=name)
    assert show(cloud, volume)["multiattach"] is True and show(cloud, volume)["volume_type_id"] == made["id"]
    call(cloud, "DELETE", path, expect=400)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
    gone(cloud, "volume", volume)
    call(cloud, "DELETE", path, expect=202)
    assert call(cloud, "GET", "/types/default", expect=200).json()["volume_type"]["name"] == "__DEFAULT__"


def test_created_resources_have_no_attributes_of_extensions(cloud, volumes):
    name = f"plain-{uuid.uuid4().hex}"
    made = call(cloud, "POST", "/types", {"volume_type": {"name": name}}, expect=200).json()["volume_type"]
    assert "qos_specs_id" not in made
    changed = call(cloud, "PUT", f"/types/{made['id']}", {"volume_type": {"description": "d"}}, expect=200)
    assert "qos_specs_id" not in changed.json()["volume_type"]
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1, "volume_type": name}}, expect=202).json()["volume"]
    assert not [key for key in volume if key.startswith("os-vol-")]
    assert settled(cloud, "volume", volume["id"])["status"] == "available"
    assert "os-vol-tenant-attr:tenant_id" in show(cloud, volume["id"])
    updated = call(cloud, "PUT", f"/volumes/{volume['id']}", {"volume": {"name": "n"}}, expect=200).json()["volume"]
    assert not [key for key in updated if key.startswith("os-vol-")]
    snapshot = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume["id"]}}, expect=202).json()["snapshot"]
    assert not [key for key in snapshot if key.startswith("os-extended")]
    assert settled(cloud, "snapshot", snapshot["id"])["status"] == "available"
    call(cloud, "DELETE", f"/volumes/{volume['id']}?cascade=true", expect=202)
    gone(cloud, "volume", volume["id"])
    call(cloud, "DELETE", f"/types/{made['id']}", expect=202)


def test_type_that_no_backend_offers(cloud):
    name = f"odd-{uuid.uuid4().hex}"
    body = {"volume_type": {"name": name, "extra_specs": {"vendor_name": "Nobody"}}}
    made = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1, "volume_type": name}}, expect=202).json()["volume"]
    assert settled(cloud, "volume", volume["id"])["status"] == "error"
    messages = call(cloud, "GET", "/messages", expect=200).json()["messages"]
    assert volume["id"] in [message["resource_uuid"] for message in messages]
    call(cloud, "DELETE", f"/volumes/{volume['id']}", expect=202)
    gone(cloud, "volume", volume["id"])
    call(cloud, "DELETE", f"/types/{made['id']}", expect=202)


def test_quota_answers_413(cloud, volumes):
    project = cloud.conn.current_project_id
    path = f"/os-quota-sets/{project}"
    volumes(size=1)
    used = call(cloud, "GET", f"{path}?usage=true", expect=200).json()["quota_set"]["volumes"]["in_use"]
    assert used >= 1
    try:
        call(cloud, "PUT", path, {"quota_set": {"volumes": used}}, expect=200)
        fault = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=413)
        assert "volumes" in fault.json()["overLimit"]["message"]
        assert call(cloud, "GET", "/limits", expect=200).json()["limits"]["absolute"]["maxTotalVolumes"] == used
    finally:
        call(cloud, "DELETE", path, expect=200)
    assert call(cloud, "GET", path).json()["quota_set"] == {
        **call(cloud, "GET", f"{path}/defaults").json()["quota_set"]}


def test_operators_views(cloud):
    assert call(cloud, "GET", "/os-availability-zone").json()["availabilityZoneInfo"][0]["zoneName"] == "nova"
    services = call(cloud, "GET", "/os-services").json()["services"]
    assert {s["binary"] for s in services} == {"cinder-scheduler", "cinder-volume", "cinder-backup"}
    pool = call(cloud, "GET", "/scheduler-stats/get_pools?detail=true").json()["pools"][0]
    assert pool["name"].startswith("host-1@") and "free_capacity_gb" in pool["capabilities"]
    assert any(e["alias"] == "os-quota-sets" for e in call(cloud, "GET", "/extensions").json()["extensions"])


# ---- real clients

def test_openstacksdk(cloud):
    conn = cloud.conn
    volume = conn.block_storage.create_volume(name="sdk", size=1)
    volume = conn.block_storage.wait_for_status(volume, "available", interval=0.1, wait=60)
    assert volume.is_bootable is False
    assert volume.id in [v.id for v in conn.block_storage.volumes(details=True)]
    conn.block_storage.delete_volume(volume)
    conn.block_storage.wait_for_delete(volume, interval=0.1, wait=60)


def test_openstack_client(cloud, image):
    made = cloud.openstack("volume", "create", "--size", 1, "--image", image, "--property", "a=b", "cli")
    wait_for(lambda: cloud.openstack("volume", "show", "cli")["status"] == "available", 60, "volume is available")
    shown = cloud.openstack("volume", "show", "cli")
    assert shown["id"] == made["id"] and shown["properties"] == {"a": "b"}
    assert shown["volume_image_metadata"]["image_id"] == image
    snapshot = cloud.openstack("volume", "snapshot", "create", "--volume", "cli", "cli-snapshot")
    wait_for(lambda: cloud.openstack("volume", "snapshot", "show", "cli-snapshot")["status"] == "available", 60, "snapshot")
    assert [v["Name"] for v in cloud.openstack("volume", "list") if v["ID"] == made["id"]] == ["cli"]
    cloud.openstack("volume", "snapshot", "delete", "cli-snapshot", parse=False)
    gone(cloud, "snapshot", snapshot["id"])
    cloud.openstack("volume", "delete", "cli", parse=False)
    gone(cloud, "volume", made["id"])
