"""Filters, ETags and encryption of volumes and snapshots over the microversions."""
import time
import uuid

import pytest

from harness.volumes import call, gone, settled, show


def listed(cloud, query, kind="volume", version="3.70", token=None):
    found = call(cloud, "GET", f"/{kind}s/detail?{query}", version=version, token=token, expect=200).json()
    return [item["id"] for item in found[f"{kind}s"]]


def test_times(cloud, volumes):
    mark = uuid.uuid4().hex
    first = volumes(size=1, name=mark)
    created = show(cloud, first)["created_at"]
    time.sleep(max(0.0, 1.05 - time.time() % 1))  # the next volume is of another second
    second = volumes(size=1, name=mark)
    whole = created.split(".")[0]

    def found(query, **more):
        return set(listed(cloud, f"name={mark}&{query}", **more))
    assert found(f"created_at=lte:{created}") == {first} and found(f"created_at=gt:{created}") == {second}
    assert found(f"created_at={whole}") == {first} and found(f"created_at=neq:{whole}") == {second}
    assert found(f"created_at=eq:{created}") == {first}
    assert found("created_at=gt:2000-01-01,lt:2001-01-01T00:00:00Z") == set()
    assert found("created_at=gt:2000-01-01&updated_at=gt:2000-01-01 00:00:00") == {first, second}
    assert found(f"created_at=gt:{created}", version="3.59") == {first, second}
    for bad in ("created_at=soon", "created_at=gt:", "updated_at=gt:2000-13-01", "created_at=about:2000-01-01", "created_at=2000-01-01.x"):
        message = call(cloud, "GET", f"/volumes?{bad}", expect=400).json()["badRequest"]["message"]
        assert bad.split("=")[0] in message


def test_filters_of_volumes(cloud, volumes, stranger):
    mark = uuid.uuid4().hex
    plain = volumes(size=1, name=mark, metadata={"Key": "Value"})
    assert listed(cloud, f"name={mark}&migration_status=success") == []
    assert listed(cloud, f"name={mark}&consumes_quota=true") == [plain]
    assert listed(cloud, f"name={mark}&consumes_quota=false") == []
    assert listed(cloud, f"name={mark}&consumes_quota=false", version="3.64") == [plain]
    call(cloud, "GET", "/volumes?consumes_quota=perhaps", expect=400)
    assert listed(cloud, f"name={mark}&metadata={{'Key':'Value'}}") == [plain]
    assert listed(cloud, f"name={mark}&metadata={{'key':'value'}}") == []
    assert listed(cloud, f"name={mark}&availability_zone=mars") == []
    assert listed(cloud, f"name={mark}&bootable=false&status=available&size=1") == [plain]
    assert listed(cloud, f"name={mark}&all_tenants=1", token=stranger) == []
    project = cloud.conn.current_project_id
    assert listed(cloud, f"name={mark}&all_tenants=1&project_id={project}", token=stranger) == []


def test_filters_of_snapshots(cloud, volumes):
    volume = volumes(size=1)
    body = {"snapshot": {"volume_id": volume, "metadata": {"Key": "Value"}}}
    made = call(cloud, "POST", "/snapshots", body, expect=202).json()["snapshot"]
    assert settled(cloud, "snapshot", made["id"])["status"] == "available"

    def found(query, **more):
        return listed(cloud, f"volume_id={volume}&{query}", kind="snapshot", **more)
    assert found("availability_zone=nova") == [made["id"]] and found("availability_zone=mars") == []
    assert found("metadata={'Key':'Value'}") == [made["id"]] and found("metadata={'key':'value'}") == []
    assert found("consumes_quota=false") == [] and found("consumes_quota=true") == [made["id"]]
    assert found("created_at=gt:2000-01-01") == [made["id"]] and found("created_at=lt:2000-01-01") == []
    assert found(f"user_id={made['user_id']}") == [made["id"]] and found("user_id=nobody") == []
    for field, minor in (("group_snapshot_id", 14), ("user_id", 41), ("consumes_quota", 65)):
        for version, there in ((minor - 1, False), (minor, True)):
            shown = call(cloud, "GET", f"/snapshots/{made['id']}", version=f"3.{version}", expect=200).json()["snapshot"]
            assert (field in shown) is there


@pytest.mark.parametrize("version,guarded", [("3.15", True), ("3.14", False)])
def test_metadata_that_somebody_else_changed(cloud, volumes, version, guarded):
    path = f"/volume/v3/volumes/{volumes(size=1, metadata={'a': '1'})}/metadata"

    def send(method, below="", body=None, etag=None):
        headers = {"OpenStack-API-Version": f"volume {version}", **({"If-Match": etag} if etag else {})}
        return cloud.http(method, path + below, json=body, headers=headers)
    seen = send("GET").headers.get("ETag")
    assert (seen is not None) is guarded
    seen = seen or '"0123"'
    assert send("PUT", body={"metadata": {"a": "2"}}).status_code == 200
    refused = 412 if guarded else 200
    assert send("PUT", body={"metadata": {"a": "3"}}, etag=seen).status_code == refused
    assert send("POST", body={"metadata": {"a": "3"}}, etag=seen).status_code == refused
    assert send("PUT", "/a", {"meta": {"a": "3"}}, etag=seen).status_code == refused
    assert send("DELETE", "/a", etag=seen).status_code == refused
    if guarded:
        assert send("GET").json()["metadata"] == {"a": "2"}
        assert send("PUT", body={"metadata": {"a": "4"}}, etag=send("GET").headers["ETag"]).status_code == 200
        assert send("PUT", body={"metadata": {}}, etag="*").status_code == 200


def test_encryption_of_a_volume(cloud, volumes, stranger):
    path = f"/volumes/{volumes(size=1)}/encryption"
    assert call(cloud, "GET", path, expect=200).json() == {"encryption_key_id": None}
    assert call(cloud, "GET", f"{path}/encryption_key_id", expect=200).json() == {"encryption_key_id": None}
    call(cloud, "GET", f"{path}/cipher", expect=404)
    call(cloud, "GET", path, token=stranger, expect=404)


def test_resources_stuck_in_deleting_can_be_deleted(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", made)["status"] == "available"
    for kind, identifier, more in (("snapshot", made, {}), ("volume", volume, {})):
        call(cloud, "POST", f"/{kind}s/{identifier}/action", {"os-reset_status": {"status": "deleting", **more}}, expect=202)
        call(cloud, "POST", f"/{kind}s/{identifier}/action", {"os-force_delete": {}}, expect=202)
        gone(cloud, kind, identifier)


def test_a_snapshots_status_that_somebody_tells(cloud, volumes):
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volumes(size=1)}}, expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", made)["status"] == "available"
    path = f"/snapshots/{made}/action"

    def tell(expect, **fields):
        return call(cloud, "POST", path, {"os-update_snapshot_status": fields}, expect=expect)
    assert "available" in tell(400, status="error").json()["badRequest"]["message"]
    call(cloud, "POST", path, {"os-reset_status": {"status": "creating"}}, expect=202)
    for fields in ({}, {"status": "deleting"}, {"status": "error", "progress": "120%"}, {"status": "error", "progress": "half"},
                   {"status": "error", "progress": "%"}, {"status": 5}, {"status": "error", "colour": "red"}):
        tell(400, **fields)
    tell(202, status="creating", progress="80%")
    shown = call(cloud, "GET", f"/snapshots/{made}", expect=200).json()["snapshot"]
    assert (shown["status"], shown["os-extended-snapshot-attributes:progress"]) == ("creating", "80%")
    tell(202, status="available", progress="100%")
