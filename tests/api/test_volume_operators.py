"""What operators look at: pools, capabilities, clusters, interrupted work, zones, extensions, filters, summaries."""
import uuid

import pytest

from harness.volumes import call

POOL = "host-1@local#local"


def test_pools(cloud):
    def pools(query="", version="3.70", expect=200):
        return call(cloud, "GET", f"/scheduler-stats/get_pools?{query}", version=version, expect=expect).json().get("pools")
    assert pools() == [{"name": POOL}]
    capabilities = pools("detail=True")[0]["capabilities"]
    assert capabilities["vendor_name"] == "Virga" and capabilities["total_capacity_gb"] > 0
    quoted = POOL.replace("#", "%23")
    assert pools(f"name={quoted}") == [{"name": POOL}] and pools("name=other") == []
    assert pools("name=other", version="3.27") == [{"name": POOL}]
    pools("colour=red", expect=400)
    pools("colour=red", version="3.27")
    body = {"volume_type": {"name": uuid.uuid4().hex, "extra_specs": {"volume_backend_name": "other"}}}
    other = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]["id"]
    assert pools(f"volume_type={other}") == [] and pools("volume_type=__DEFAULT__") == [{"name": POOL}]
    pools("volume_type=nothing", expect=404)
    call(cloud, "DELETE", f"/types/{other}", expect=202)


def test_capabilities(cloud):
    for name in ("host-1@local", POOL.replace("#", "%23")):
        shown = call(cloud, "GET", f"/capabilities/{name}", expect=200).json()
        assert shown["namespace"] == "OS::Storage::Capabilities::host-1@local" and shown["volume_backend_name"] == "local"
        assert shown["properties"]["thin_provisioning"]["type"] == "boolean"
    call(cloud, "GET", "/capabilities/nowhere", expect=404)


def test_clusters(cloud):
    for path in ("/clusters", "/clusters/detail"):
        assert call(cloud, "GET", path, expect=200).json() == {"clusters": []}
        call(cloud, "GET", path, version="3.6", expect=404)
    call(cloud, "GET", "/clusters/some", expect=404)
    call(cloud, "PUT", "/clusters/enable", {"name": "some"}, expect=404)
    call(cloud, "PUT", "/clusters/enable", {}, expect=400)


def test_interrupted_work_needs_no_cleaning(cloud):
    assert call(cloud, "POST", "/workers/cleanup", {}, expect=202).json() == {"cleaning": [], "unavailable": []}
    call(cloud, "POST", "/workers/cleanup", {"is_up": False, "disabled": False, "binary": "cinder-volume"}, expect=202)
    for body in ({"binary": "nginx"}, {"is_up": "perhaps"}, {"resource_id": "x"}, {"resource_id": str(uuid.uuid4())}, {"colour": 1}):
        call(cloud, "POST", "/workers/cleanup", body, expect=400)
    call(cloud, "POST", "/workers/cleanup", {}, version="3.23", expect=404)


def test_only_administrators(cloud, stranger):
    for method, path in (("GET", "/scheduler-stats/get_pools"), ("GET", "/capabilities/host-1@local"), ("GET", "/clusters"),
                         ("GET", "/clusters/some"), ("PUT", "/clusters/enable"), ("POST", "/workers/cleanup")):
        call(cloud, method, path, {}, token=stranger, expect=403)


def test_zones_and_extensions(cloud, stranger):
    zones = call(cloud, "GET", "/os-availability-zone", token=stranger, expect=200).json()["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}}]
    aliases = {e["alias"] for e in call(cloud, "GET", "/extensions", token=stranger, expect=200).json()["extensions"]}
    assert {"os-hosts", "os-quota-class-sets", "os-volume-type-access", "qos-specs"} <= aliases
    assert call(cloud, "GET", "/extensions/qos-specs", expect=200).json()["extension"]["alias"] == "qos-specs"


def test_filters_are_told_and_enforced(cloud, stranger):
    told = {r["resource"]: r["filters"] for r in call(cloud, "GET", "/resource_filters", expect=200).json()["resource_filters"]}
    assert "status" in told["volume"] and "event_id" in told["message"]
    one = call(cloud, "GET", "/resource_filters?resource=snapshot", token=stranger, expect=200).json()["resource_filters"]
    assert one == [{"resource": "snapshot", "filters": told["snapshot"]}]
    assert call(cloud, "GET", "/resource_filters?resource=nothing").json()["resource_filters"] == []
    call(cloud, "GET", "/resource_filters", version="3.32", expect=404)
    for resource in ("volume", "snapshot", "attachment", "message", "backup"):
        message = call(cloud, "GET", f"/{resource}s?colour=red", token=stranger, expect=400).json()["badRequest"]["message"]
        assert "colour" in message
        call(cloud, "GET", f"/{resource}s?colour=red", expect=200)
    call(cloud, "GET", "/volumes?colour=red", token=stranger, version="3.30", expect=200)
    call(cloud, "GET", "/volumes?host=host-1", token=stranger, expect=400)
    call(cloud, "GET", "/volumes?all_tenants=1&with_count=1&limit=5&sort=id:asc&name~=x&status=error", token=stranger, expect=200)
    call(cloud, "GET", "/volumes?name~=x", token=stranger, version="3.33", expect=400)


def test_summary(cloud, volumes, stranger):
    mark = uuid.uuid4().hex
    volumes(size=2, metadata={"mark": mark, "a": "1"})
    volumes(size=1, metadata={"mark": mark, "a": "2"})
    summary = call(cloud, "GET", "/volumes/summary", expect=200).json()["volume-summary"]
    assert summary["total_count"] >= 2 and summary["total_size"] >= 3 and mark in summary["metadata"]["mark"]
    assert {"1", "2"} <= set(summary["metadata"]["a"])
    assert "metadata" not in call(cloud, "GET", "/volumes/summary", version="3.35").json()["volume-summary"]
    assert call(cloud, "GET", "/volumes/summary", token=stranger).json()["volume-summary"] == {
        "total_count": 0, "total_size": 0, "metadata": {}}
    assert call(cloud, "GET", "/volumes/summary?all_tenants=1", token=stranger).json()["volume-summary"]["total_count"] == 0
    assert call(cloud, "GET", "/volumes/summary?all_tenants=1").json()["volume-summary"]["total_count"] >= 2
    call(cloud, "GET", "/volumes/summary", version="3.11", expect=404)


@pytest.mark.parametrize("words", [("availability", "zone", "list", "--volume"), ("extension", "list", "--volume")])
def test_openstack_client(cloud, words):
    assert cloud.openstack(*words)


@pytest.mark.parametrize("words", [("block", "storage", "resource", "filter", "list"),
                                   ("block", "storage", "cluster", "list")])
def test_newer_commands(cloud, words):
    assert cloud.openstack(*words, variables={"OS_VOLUME_API_VERSION": "3.70"}) is not None
