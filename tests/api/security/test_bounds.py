"""Nobody makes a request that costs more than it should: patterns, sort keys, filters, ids and lists in bodies have bounds.

Every refusal is a 400 that names the parameter or field; a list that is refused must not have cost seconds.
"""
import concurrent.futures
import pathlib
import time
import uuid

import pytest

from harness.cloud import Cloud
from harness.resources import Resources

# Generous: the attacks took minutes.
SLOW_SECONDS = 20
COMPUTE = {"OpenStack-API-Version": "compute 2.74"}
NEW_COMPUTE = {"OpenStack-API-Version": "compute 2.93"}
VOLUME = {"OpenStack-API-Version": "volume 3.70"}

# Service: base, headers, its lists, a key that all of them sort by (None: they have no order to choose).
LISTS = [
    ("/compute/v2.1", COMPUTE, "created_at", ["/servers", "/servers/detail"]),
    ("/compute/v2.1", COMPUTE, "name", ["/flavors", "/flavors/detail"]),
    ("/compute/v2.1", COMPUTE, None, ["/os-keypairs", "/os-services", "/os-hypervisors", "/os-availability-zone", "/extensions",
                                      "/os-server-groups", "/limits"]),
    ("/volume/v3", VOLUME, "created_at", [
        "/volumes", "/volumes/detail", "/snapshots", "/snapshots/detail", "/backups", "/backups/detail", "/types", "/qos-specs",
        "/group_types", "/groups", "/groups/detail", "/group_snapshots", "/group_snapshots/detail", "/attachments",
        "/attachments/detail", "/messages", "/volume-transfers", "/volume-transfers/detail"]),
    ("/volume/v3", VOLUME, None, ["/os-services", "/os-availability-zone", "/scheduler-stats/get_pools", "/resource_filters", "/extensions"]),
    ("/image/v2", {}, "created_at", ["/images"]),
    ("/network/v2.0", {}, "name", ["/networks", "/subnets", "/ports", "/security-groups"]),
    ("/network/v2.0", {}, "id", ["/security-group-rules"]),
    ("/network/v2.0", {}, None, ["/quotas", "/extensions", "/routers", "/floatingips"]),
    ("/identity/v3", {}, None, ["/projects", "/users", "/domains", "/roles", "/services", "/endpoints", "/regions", "/role_assignments"]),
]
ALL = [(base + path, headers) for base, headers, _, paths in LISTS for path in paths]
SORTED = [(base + path, headers, key) for base, headers, key, paths in LISTS if key for path in paths]


def refused(answer, *words):
    assert answer.status_code == 400, f"{answer.status_code} {answer.text[:300]}"
    for word in words:
        assert word in answer.text, answer.text[:300]


def timed(cloud, path, headers, status=400):
    begin = time.monotonic()
    answer = cloud.http("GET", path, headers=headers)
    assert time.monotonic() - begin < SLOW_SECONDS, path
    assert answer.status_code == status, f"{path[:80]}: {answer.status_code} {answer.text[:300]}"
    return answer


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"bounds-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("bounds", b"\0" * 65536)
    yield resources
    resources.delete_all()


@pytest.fixture(scope="module")
def server(made):
    identity = made.active_server("bounds", made.flavor_id, made.image_id)
    yield identity
    made.delete_server(identity)
    made.wait_gone(lambda: made.show_server(identity), "server")


# ---- patterns

PATTERNS = ["(" * 15000, "(" * 250, "[" * 255, "a" * 256, "(?=a)", "(a)\\1", "(a{1000}){1000}", "*", "a**" * 85, "(x+x+)+y" * 40]


@pytest.mark.parametrize("parameter", ["name", "description", "ip", "ip6", "key_name", "hostname", "node", "created_at", "config_drive"])
def test_patterns_end_in_a_clear_refusal(cloud, server, parameter):
    for pattern in PATTERNS:
        begin = time.monotonic()
        answer = cloud.http("GET", f"/compute/v2.1/servers?{parameter}={pattern}")
        assert time.monotonic() - begin < SLOW_SECONDS
        if parameter == "node":  # compared as it is
            assert answer.status_code == 200 and answer.json()["servers"] == []
        elif answer.status_code != 200:
            refused(answer, f"{parameter}: ")
    refused(cloud.http("GET", "/compute/v2.1/servers?name=" + "(" * 15000), "at most 255")


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z", "((a*)*)*b", "(a?){200}a{200}"])
def test_patterns_never_go_back(cloud, made, server, pattern):
    name = "a" * 254
    made.compute("PUT", f"/servers/{server}", {"server": {"name": name}})
    timed(cloud, f"/compute/v2.1/servers?name={pattern.replace('+', '%2B')}", COMPUTE, 200)


def test_patterns_are_searched_as_the_database_would(cloud, made, server):
    made.compute("PUT", f"/servers/{server}", {"server": {"name": "Web-7.example"}})

    def found(pattern):
        answer = cloud.http("GET", f"/compute/v2.1/servers?uuid={server}&name={pattern}", headers=COMPUTE)
        return len(answer.json()["servers"])
    assert found("web") == found("^web-[0-9]") == found("e$") == found("(web|db)-") == found("w.{1,3}-7") == 1
    assert found("^example") == found("web$") == found("b-7x") == 0


# ---- numbers of things in a query

@pytest.mark.parametrize("path, headers", ALL)
def test_too_many_parameters(cloud, path, headers):
    query = "&".join("a=1" for _ in range(501))
    refused(timed(cloud, f"{path}?{query}", headers), "501 parameters", "at most 500")


@pytest.mark.parametrize("path, headers, key", SORTED)
def test_too_many_sort_keys(cloud, path, headers, key):
    pairs = "&".join(f"sort_key={key}&sort_dir=asc" for _ in range(240))
    refused(timed(cloud, f"{path}?{pairs}&marker={uuid.uuid4()}", headers), "sort_key: at most 8")
    refused(timed(cloud, f"{path}?sort_key={key}&sort_key={key}", headers), "sort_key", "twice")
    refused(timed(cloud, f"{path}?sort_key={key}&sort_dir=asc&sort_dir=desc", headers), "sort_dir")
    refused(timed(cloud, f"{path}?sort_key={key}&sort_dir=up", headers), "sort_dir")
    if path.startswith(("/volume", "/image")):
        refused(timed(cloud, f"{path}?sort={','.join([key] * 500)}", headers), "sort: at most 8")
        refused(timed(cloud, f"{path}?sort={key}:asc,{key}", headers), "sort_key", "twice")


def test_the_reported_sort_keys(cloud, made):
    """500 keys with a marker that exists: 237 s and 685 MiB."""
    volume = made.ready_volume("bounds")
    refused(timed(cloud, f"/volume/v3/volumes?marker={volume}&sort=" + ",".join(["size"] * 500), VOLUME), "sort")
    keys = "name:asc,status:desc,size,bootable,created_at,updated_at,availability_zone,id"
    page = timed(cloud, f"/volume/v3/volumes?marker={volume}&sort={keys}", VOLUME, 200).json()["volumes"]
    assert volume not in [v["id"] for v in page]
    made.delete_volume(volume)


@pytest.mark.parametrize("path, word", [
    ("/volume/v3/volumes?metadata={%s}" % ",".join(f"'k{i}':'v'" for i in range(600)), "metadata: at most 128"),
    ("/volume/v3/snapshots?metadata={%s}" % ",".join(f"'k{i}':'v'" for i in range(600)), "metadata: at most 128"),
    ("/volume/v3/types?extra_specs={%s}" % ",".join(f"'k{i}':'v'" for i in range(600)), "extra_specs: at most 128"),
    ("/volume/v3/volumes?created_at=" + ",".join(["gt:2020-01-01"] * 500), "created_at: at most 8"),
    ("/image/v2/images?" + "&".join(f"p{i}=x" for i in range(400)), "at most 50"),
    ("/image/v2/images?" + "&".join("tag=x" for i in range(400)), "at most 50"),
    ("/image/v2/images?name=in:" + ",".join(["x"] * 2000), "name: at most 500"),
    ("/compute/v2.1/servers?tags=" + ",".join(["x"] * 2000), "tags: at most 50"),
    ("/compute/v2.1/servers?not-tags-any=" + ",".join(["x"] * 2000), "not-tags-any: at most 50"),
    ("/identity/v3/projects?tags=" + ",".join(["x"] * 2000), "tags: at most 80"),
])
def test_too_many_values(cloud, path, word):
    headers = VOLUME if path.startswith("/volume") else COMPUTE
    refused(timed(cloud, path, headers), word)


@pytest.mark.parametrize("path", ["/networks", "/ports", "/subnets", "/security-groups"])
def test_many_ids_are_an_ordinary_request(cloud, path):
    query = "&".join(f"id=x{i}" for i in range(400))
    answer = timed(cloud, f"/network/v2.0{path}?{query}", {}, 200)
    assert not any(answer.json().values())


# ---- numbers of things in a body

def entries(value, count=2000):
    return [value] * count


def members(count=2000):
    return {f"k{i}": "v" for i in range(count)}


BODIES = [
    ("POST", "/compute/v2.1/servers", "server.networks", {"server": {"networks": entries({"uuid": str(uuid.uuid4())})}}),
    ("POST", "/compute/v2.1/servers", "server.block_device_mapping_v2", {"server": {"block_device_mapping_v2": entries({"uuid": "x"})}}),
    ("POST", "/compute/v2.1/servers", "server.security_groups", {"server": {"networks": "none", "security_groups": entries({"name": "x"})}}),
    ("POST", "/compute/v2.1/servers", "server.tags", {"server": {"networks": "none", "tags": entries("t")}}),
    ("POST", "/compute/v2.1/servers", "server.metadata", {"server": {"networks": "none", "metadata": members()}}),
    ("PUT", "/compute/v2.1/servers/{server}/tags", "tags", {"tags": entries("t")}),
    ("POST", "/compute/v2.1/servers/{server}/metadata", "metadata", {"metadata": members()}),
    ("POST", "/compute/v2.1/flavors/{flavor}/os-extra_specs", "extra_specs", {"extra_specs": members()}),
    ("POST", "/volume/v3/volumes", "volume.metadata", {"volume": {"size": 1, "metadata": members()}}),
    ("POST", "/volume/v3/types", "volume_type.extra_specs", {"volume_type": {"name": "x", "extra_specs": members()}}),
    ("POST", "/volume/v3/group_types", "group_type.group_specs", {"group_type": {"name": "x", "group_specs": members()}}),
    ("POST", "/volume/v3/groups", "group.volume_types",
     {"group": {"group_type": "x", "volume_types": entries(str(uuid.uuid4()))}}),
    ("POST", "/network/v2.0/networks", "networks", {"networks": entries({"name": "x"})}),
    ("POST", "/network/v2.0/subnets", "subnet.allocation_pools",
     {"subnet": {"network_id": "{network}", "ip_version": 4, "cidr": "10.77.0.0/24", "allocation_pools": entries({"start": "10.77.0.2", "end": "10.77.0.3"})}}),
    ("POST", "/network/v2.0/subnets", "subnet.dns_nameservers",
     {"subnet": {"network_id": "{network}", "ip_version": 4, "cidr": "10.77.0.0/24", "dns_nameservers": entries("10.0.0.1")}}),
    ("POST", "/network/v2.0/subnets", "subnet.host_routes",
     {"subnet": {"network_id": "{network}", "ip_version": 4, "cidr": "10.77.0.0/24",
                 "host_routes": entries({"destination": "10.1.0.0/16", "nexthop": "10.77.0.1"})}}),
    ("POST", "/network/v2.0/ports", "port.fixed_ips", {"port": {"network_id": "{network}", "fixed_ips": entries({"ip_address": "10.0.0.9"})}}),
    ("POST", "/network/v2.0/ports", "port.security_groups",
     {"port": {"network_id": "{network}", "security_groups": entries(str(uuid.uuid4()))}}),
    ("POST", "/network/v2.0/ports", "port.allowed_address_pairs",
     {"port": {"network_id": "{network}", "allowed_address_pairs": entries({"ip_address": "10.0.0.9"})}}),
    ("POST", "/identity/v3/projects", "project.tags", {"project": {"name": "x", "tags": entries("t")}}),
    ("POST", "/identity/v3/auth/tokens", "auth.identity.methods", {"auth": {"identity": {"methods": entries("password")}}}),
]


def filled(value, ids):
    if isinstance(value, dict):
        return {key: filled(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return value
    return value.format(**ids) if isinstance(value, str) and value in ("{network}",) else value


@pytest.mark.parametrize("method, path, field, body", BODIES, ids=[f"{row[1]} {row[2]}" for row in BODIES])
def test_too_long_lists_in_bodies(cloud, made, server, method, path, field, body):
    ids = {"server": server, "flavor": made.flavor_id,
           "network": cloud.http("GET", "/network/v2.0/networks").json()["networks"][0]["id"]}
    body = filled(body, ids)
    if "server" in body:
        body["server"] = {"name": "x", "flavorRef": made.flavor_id, "imageRef": made.image_id, "networks": "none", **body["server"]}
    headers = VOLUME if path.startswith("/volume") else NEW_COMPUTE
    begin = time.monotonic()
    answer = cloud.http(method, path.format(**ids), json=body, headers=headers)
    assert time.monotonic() - begin < SLOW_SECONDS
    assert answer.status_code == 400, f"{answer.status_code} {answer.text[:300]}"
    assert field in answer.text and "at most" in answer.text or "1 to 100" in answer.text, answer.text[:300]


def test_too_many_image_attributes(cloud, made):
    for body in ({"name": "x", "tags": [f"t{i}" for i in range(200)]}, {"name": "x", **members(200)}):
        answer = cloud.http("POST", "/image/v2/images", json={"disk_format": "raw", "container_format": "bare", **body})
        assert answer.status_code == 413 and "at most 128" in answer.text
    steps = [{"op": "add", "path": f"/p{i}", "value": "x"} for i in range(1025)]
    answer = cloud.http("PATCH", f"/image/v2/images/{made.image_id}", json=steps,
                        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"})
    refused(answer, "operations")


def test_servers_of_one_request(cloud, made):
    project = cloud.conn.current_project_id
    cloud.http("PUT", f"/compute/v2.1/os-quota-sets/{project}", json={"quota_set": {"instances": -1, "cores": -1, "ram": -1}})
    try:
        body = {"server": {"name": "n", "flavorRef": made.flavor_id, "imageRef": made.image_id, "max_count": 2147483647, "networks": "none"}}
        refused(cloud.http("POST", "/compute/v2.1/servers", json=body, headers=NEW_COMPUTE), "max_count", "1000")
    finally:
        cloud.http("DELETE", f"/compute/v2.1/os-quota-sets/{project}")


# ---- memory

def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def ask_in_many_shapes(cloud):
    for i in range(1, 300):
        ids = "&".join(f"id=x{j}" for j in range(i))
        assert cloud.http("GET", f"/network/v2.0/ports?{ids}").status_code == 200
        pairs = ",".join(f"'k{j}':'v'" for j in range(i))
        assert cloud.http("GET", f"/volume/v3/volumes?metadata={{{pairs}}}", headers=VOLUME).status_code in (200, 400)
        tags = "&".join(f"tag=t{j}" for j in range(i))
        assert cloud.http("GET", f"/image/v2/images?{tags}").status_code in (200, 400)


def test_statements_of_many_shapes_are_not_kept_for_ever():
    """300 lists with different numbers of filters took the process from 20 to 347 MiB, and it stayed there."""
    most_kib = 100 * 1024
    cloud = Cloud().start()
    try:
        # At once, so that more than one connection to the database is used.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for one in [pool.submit(ask_in_many_shapes, cloud) for _ in range(4)]:
                one.result()
        assert resident_kib(cloud.processes["control"].pid) < most_kib
    finally:
        cloud.close()


# ---- markers

MARKERS = [
    ("/compute/v2.1/servers", "server"), ("/volume/v3/volumes", "volume"), ("/volume/v3/snapshots", "snapshot"),
    ("/volume/v3/backups", "backup"), ("/image/v2/images", "image"), ("/network/v2.0/ports", "port"),
    ("/network/v2.0/networks", "network"), ("/network/v2.0/security-groups", "group"),
]


def test_a_foreign_marker_is_no_marker(cloud, made, server, stranger):
    volume = made.ready_volume("bounds")
    network = cloud.http("POST", "/network/v2.0/networks", json={"network": {"name": "bounds"}}).json()["network"]["id"]
    ids = {"server": server, "volume": volume, "snapshot": made.ready_snapshot("bounds", volume), "backup": made.ready_backup("bounds", volume),
           "image": made.image_id, "network": network,
           "port": cloud.http("GET", f"/network/v2.0/ports?device_id={server}").json()["ports"][0]["id"],
           "group": cloud.http("GET", f"/network/v2.0/security-groups?project_id={cloud.conn.current_project_id}").json()["security_groups"][0]["id"]}
    try:
        for path, kind in MARKERS:
            nowhere = str(uuid.uuid4())
            answers = [cloud.http("GET", f"{path}?limit=1&marker={marker}", token=stranger, headers=VOLUME) for marker in (ids[kind], nowhere)]
            assert answers[0].status_code == answers[1].status_code >= 400, path
            assert answers[0].text.replace(ids[kind], nowhere) == answers[1].text
            assert cloud.http("GET", f"{path}?limit=1&marker={ids[kind]}", headers=VOLUME).status_code == 200
    finally:
        cloud.http("DELETE", f"/network/v2.0/networks/{network}")
        made.delete_backup(ids["backup"])
        made.wait_gone(lambda: made.show_backup(ids["backup"]), "backup")
        made.delete_snapshot(ids["snapshot"])
        made.wait_gone(lambda: made.show_snapshot(ids["snapshot"]), "snapshot")
        made.delete_volume(volume)
