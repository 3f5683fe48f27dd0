"""Lists of images, volumes and networks: what isn't understood never widens an answer."""
import datetime
import uuid

import pytest

from harness.volumes import call

IMAGES = "/image/v2/images"


def refused(answer, *words, status=400):
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    for word in words:
        assert word in answer.text, answer.text[:300]


# ---- images

@pytest.fixture(scope="module")
def mark(cloud):
    return "mark" + uuid.uuid4().hex[:8]


@pytest.fixture(scope="module")
def images(cloud, mark):
    made = [cloud.http("POST", IMAGES, json={"name": f"{mark}-{name}", "disk_format": "raw", "container_format": "bare", "mark": mark,
                                             "colour": colour}).json()
            for name, colour in (("b", "red"), ("a", "blue"), ("a", "red"))]
    yield made
    for one in made:
        assert cloud.http("DELETE", f"{IMAGES}/{one['id']}").status_code == 204


def found(cloud, query, **more):
    answer = cloud.http("GET", f"{IMAGES}?{query}", **more)
    assert answer.status_code == 200, answer.text
    return [image["id"] for image in answer.json()["images"]]


def test_image_filters(cloud, mark, images):
    ids = [image["id"] for image in images]
    assert set(found(cloud, f"mark={mark}")) == set(ids)
    assert set(found(cloud, f"mark={mark}&colour=red")) == {ids[0], ids[2]}
    for nothing in ("nmae=web", "colour=", "os_hash_algo=md5", "os_hash_algo=sha512", "name=", "owner=", "is_public=True", "checksum=x"):
        assert found(cloud, f"mark={mark}&{nothing}") == [], nothing
    assert set(found(cloud, f"name=in:{mark}-a,{mark}-c")) == set(ids[1:])


def test_image_times_take_offsets(cloud, mark, images):
    created = images[0]["created_at"]
    second = datetime.datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ")
    two_hours_on = (second + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    first = images[0]["id"]
    for same in (created, created[:-1], two_hours_on + "%2B02:00", two_hours_on + "+02:00", two_hours_on + "%2B0200",
                 (second - datetime.timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S") + "-05:30"):
        for comparison, is_in in (("", True), ("eq:", True), ("gte:", True), ("lte:", True), ("gt:", False), ("lt:", False), ("neq:", False)):
            assert (first in found(cloud, f"mark={mark}&created_at={comparison}{same}")) == is_in, comparison + same
    for bad in ("soon", "gt:", "about:2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+99:00"):
        refused(cloud.http("GET", f"{IMAGES}?created_at={bad}"), "created_at")


def test_image_sort_keys_all_count(cloud, mark, images):
    b, blue, red = (image["id"] for image in images)
    assert found(cloud, f"mark={mark}&sort_key=name&sort_dir=asc&sort_key=created_at&sort_dir=asc") in ([blue, red, b], sorted([blue, red]) + [b])
    assert found(cloud, f"mark={mark}&sort=name:desc,id:asc") == [b] + sorted([blue, red])
    pages, marker = [], ""
    while page := found(cloud, f"mark={mark}&sort=name:asc,id:desc&limit=1{marker}"):
        pages += page
        marker = f"&marker={page[-1]}"
    assert pages == sorted([blue, red], reverse=True) + [b]


# ---- volumes

VOLUME_LISTS = {"volumes": 31, "snapshots": 31, "backups": 31, "groups": 31, "group_snapshots": 31, "attachments": 31, "messages": 31, "types": 52}


@pytest.mark.parametrize("resource, since", VOLUME_LISTS.items())
def test_unknown_filters_of_volumes(cloud, stranger, resource, since):
    refused(call(cloud, "GET", f"/{resource}?nmae=x", token=stranger), "nmae")
    refused(call(cloud, "GET", f"/{resource}?nmae=x", token=stranger, version=f"3.{since}"), "nmae")
    assert call(cloud, "GET", f"/{resource}?nmae=x", token=stranger, version=f"3.{since - 1}").status_code == 200
    # An administrator may name any attribute: nothing has this one.
    key = "volume_types" if resource == "types" else resource
    assert call(cloud, "GET", f"/{resource}?nmae=x", expect=200).json()[key] == []


def test_empty_values_find_nothing(cloud, volumes):
    volume = volumes(size=1, name="empty")
    for name in ("status", "name", "availability_zone", "id", "user_id", "volume_type", "snapshot_id", "size", "attach_status", "group_id"):
        assert call(cloud, "GET", f"/volumes?{name}=", expect=200).json()["volumes"] == [], name
    assert volume in [v["id"] for v in call(cloud, "GET", "/volumes?all_tenants=&limit=1000", expect=200).json()["volumes"]]
    assert call(cloud, "GET", "/volumes?nmae=x&with_count=true", expect=200).json() == {"volumes": [], "count": 0}
    assert call(cloud, "GET", "/volume-transfers?nmae=x", expect=200).json()["transfers"] == []
    assert call(cloud, "GET", "/qos-specs?nmae=x", expect=200).json()["qos_specs"] == []


def test_volume_sort_keys_all_count(cloud, volumes):
    mark = uuid.uuid4().hex
    b, first, second = (volumes(size=size, name=mark, description=mark) for size in (2, 1, 1))

    def order(query):
        return [v["id"] for v in call(cloud, "GET", f"/volumes?name={mark}&{query}", expect=200).json()["volumes"]]
    assert order("sort_key=size&sort_dir=asc&sort_key=created_at&sort_dir=asc") == [first, second, b]
    assert order("sort_key=size&sort_dir=asc&sort_key=created_at&sort_dir=desc") == [second, first, b]
    assert order("sort=size:asc,created_at:asc") == [first, second, b]
    assert order(f"sort=size:asc,created_at:asc&marker={first}") == [second, b]
    refused(call(cloud, "GET", "/volumes?sort=size&sort_key=size"), "sort")
    refused(call(cloud, "GET", "/volumes?sort_key=name&sort_key=display_name"), "twice")


# ---- networks

@pytest.mark.parametrize("resource", ["networks", "subnets", "ports", "security-groups", "security-group-rules"])
def test_unknown_filters_of_networks(cloud, resource):
    refused(cloud.http("GET", f"/network/v2.0/{resource}?nmae=x"), "nmae")


def test_parts_of_addresses_are_no_patterns(cloud):
    assert cloud.http("GET", "/network/v2.0/ports?fixed_ips=ip_address_substr=%25").json()["ports"] == []
    assert cloud.http("GET", "/network/v2.0/ports?fixed_ips=ip_address_substr=_").json()["ports"] == []
    network = cloud.http("GET", "/network/v2.0/networks").json()["networks"][0]["id"]
    port = cloud.http("POST", "/network/v2.0/ports", json={"port": {"network_id": network}}).json()["port"]
    part = port["fixed_ips"][0]["ip_address"][3:]
    found_ports = cloud.http("GET", f"/network/v2.0/ports?fixed_ips=ip_address_substr={part}").json()["ports"]
    assert port["id"] in [item["id"] for item in found_ports]
    assert cloud.http("DELETE", f"/network/v2.0/ports/{port['id']}").status_code == 204


def test_network_sort_keys_all_count(cloud):
    mark = uuid.uuid4().hex
    made = [cloud.http("POST", "/network/v2.0/networks", json={"network": {"name": name, "description": mark, "mtu": mtu}}).json()["network"]["id"]
            for name, mtu in (("b", 1400), ("a", 1300), ("a", 1400))]
    try:
        def order(query):
            answer = cloud.http("GET", f"/network/v2.0/networks?description={mark}&{query}")
            assert answer.status_code == 200, answer.text
            return [item["id"] for item in answer.json()["networks"]]
        keys = "sort_key=name&sort_dir=asc&sort_key=mtu&sort_dir=desc"
        assert order(keys) == [made[2], made[1], made[0]]
        assert order(f"{keys}&limit=2&marker={made[2]}") == [made[1], made[0]]
        assert order(f"{keys}&limit=2&marker={made[0]}&page_reverse=True") == [made[2], made[1]]
    finally:
        for network in made:
            assert cloud.http("DELETE", f"/network/v2.0/networks/{network}").status_code == 204
