"""Lists of compute: what isn't understood never widens an answer, every sort key counts, deleted servers show as changes."""
import datetime
import uuid

import pytest

from harness.resources import Resources

V21 = "/compute/v2.1"


def version(minor):
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


def refused(answer, *words, status=400):
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    for word in words:
        assert word in answer.text, answer.text[:300]


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"filters-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("filters", b"\0" * 65536)
    yield resources
    resources.delete_all()


@pytest.fixture(scope="module")
def mark():
    return "mark" + uuid.uuid4().hex[:8]


@pytest.fixture(scope="module")
def servers(made, mark):
    """Three servers: names b, a, a."""
    ids = [made.active_server(f"{mark}-{name}", made.flavor_id, made.image_id) for name in ("b", "a", "a")]
    yield ids
    for one in ids:
        made.delete_server(one)
    for one in ids:
        made.wait_gone(lambda one=one: made.show_server(one), "server")


def listed(cloud, query, minor=74, token=None):
    answer = cloud.http("GET", f"{V21}/servers/detail?{query}", headers=version(minor), token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()["servers"]


def ids_of(found):
    return [server["id"] for server in found]


# ---- unknown parameters (Nova: query schemas, additionalProperties)

STRICT = [  # resource, the version from which on unknown parameters are refused, what it knows there
    ("/servers", 75, "name=x&status=ACTIVE&locked=1&tags=x&changes-since=2020-01-01T00:00:00Z&node=x&soft_deleted=0&sort_key=uuid"),
    ("/servers/detail", 75, "name=x&ip=1&ip6=1&not-tags-any=x&changes-before=2020-01-01T00:00:00Z&limit=1&power_state=1"),
    ("/flavors", 75, "is_public=None&minRam=1&minDisk=1&limit=1&sort_key=name&sort_dir=asc"),
    ("/flavors/detail", 75, "is_public=None"),
    ("/os-keypairs", 75, "limit=1"),
    ("/limits", 75, "reserved=1"),
    ("/os-services", 75, "binary=x&host=y"),
    ("/os-server-groups", 75, "limit=1&offset=1"),
    ("/os-hypervisors", 53, "with_servers=1&limit=1"),
    ("/os-hypervisors/detail", 53, "with_servers=1"),
    ("/servers/{server}/os-volume_attachments", 75, "limit=1&offset=0"),
    ("/servers/{server}/os-instance-actions", 58, "limit=1&changes-since=2020-01-01T00:00:00Z"),
]


@pytest.mark.parametrize("path, since, known", STRICT, ids=[row[0] for row in STRICT])
def test_unknown_parameters(cloud, servers, path, since, known):
    path = V21 + path.format(server=servers[0])
    for minor in (since, 93):
        refused(cloud.http("GET", f"{path}?nmae=web", headers=version(minor)), "nmae", "known are")
        assert cloud.http("GET", f"{path}?{known}", headers=version(minor)).status_code == 200
    assert cloud.http("GET", f"{path}?nmae=web", headers=version(since - 1)).status_code == 200


def test_parameters_of_older_versions_are_unknown_before(cloud):
    for name, value, since in (("tags", "x", 26), ("changes-before", "2020-01-01", 66), ("locked", "true", 73)):
        assert cloud.http("GET", f"{V21}/servers?{name}={value}", headers=version(75)).status_code == 200
        assert cloud.http("GET", f"{V21}/servers?{name}={value}", headers=version(since - 1)).status_code == 200


def test_joined_tables_are_no_filters(cloud):
    for name in ("metadata", "system_metadata", "security_groups", "block_device_mapping", "_private"):
        for minor in (1, 93):
            refused(cloud.http("GET", f"{V21}/servers?{name}=x", headers=version(minor)), name)


# ---- filters

@pytest.mark.parametrize("query", [
    "name={mark}&vm_state=active", "name={mark}&vm_state=", "name={mark}&task_state=", "name={mark}&image=", "name={mark}&flavor=",
    "name={mark}&user_id=", "name={mark}&uuid=", "name={mark}&power_state=^1$", "name={mark}&power_state=4", "name={mark}&hostname=mark",
    "name={mark}&hostname=else", "name={mark}&root_device_name=vda", "name={mark}&root_device_name=sdz", "name={mark}&access_ip_v4=9",
    "name={mark}&kernel_id=x", "name={mark}&ramdisk_id=x", "name={mark}&progress=5", "name={mark}&launch_index=7", "name={mark}&locked_by=o",
    "name={mark}&created_at=2001", "name={mark}&created_at=20", "name={mark}&launched_at=2001-01-01", "name={mark}&terminated_at=2",
    "name={mark}&config_drive=true", "name={mark}&config_drive=false", "name={mark}&availability_zone=nova", "name={mark}&availability_zone=x",
    "name={mark}&reservation_id=^r-", "name={mark}&reservation_id=s-", "name={mark}&key_name=x", "name={mark}&host=host-1",
    "name={mark}&host=", "name={mark}&node=elsewhere", "name={mark}&description=x", "name={mark}&auto_disk_config=0",
    "name={mark}&auto_disk_config=1", "name={mark}&deleted=true", "name={mark}&ip=^[0-9]", "name={mark}&ip=x"])
def test_each_filter_narrows(cloud, mark, servers, query):
    """Everything of the table is either true of all three servers or of none."""
    true = {"vm_state=active", "task_state=", "power_state=^1$", "hostname=mark", "root_device_name=vda", "created_at=20",
            "config_drive=true", "availability_zone=nova", "reservation_id=^r-", "host=host-1", "auto_disk_config=0", "ip=^[0-9]"}
    condition = query.split("&", 1)[1]
    found = listed(cloud, query.format(mark=mark), minor=93)
    assert set(ids_of(found)) == (set(servers) if condition in true else set())


def test_addresses(cloud, mark, servers):
    """Each server is found by its own address, and both kinds of addresses must fit where both are asked for."""
    found = {}
    for server in listed(cloud, f"name={mark}"):
        addresses = [one for network in server["addresses"].values() for one in network]
        found[server["id"]] = next(one["addr"] for one in addresses if one["version"] == 4)
    assert set(found) == set(servers) and len(set(found.values())) == 3
    for server, address in found.items():
        exactly = "^" + address.replace(".", "[.]") + "$"
        assert ids_of(listed(cloud, f"name={mark}&ip={exactly}")) == [server]
        assert ids_of(listed(cloud, f"name={mark}&ip={exactly}&limit=1")) == [server]
        assert listed(cloud, f"name={mark}&ip6={exactly}") == []
        assert listed(cloud, f"name={mark}&ip={exactly}&ip6=:") == []


def test_locked(cloud, mark, servers):
    assert set(ids_of(listed(cloud, f"name={mark}&locked=false"))) == set(servers)
    assert listed(cloud, f"name={mark}&locked=True") == []
    refused(cloud.http("GET", f"{V21}/servers?locked=perhaps", headers=version(73)), "locked")


def test_a_time_filter_takes_the_shown_time(cloud, mark, servers):
    server = listed(cloud, f"uuid={servers[0]}")[0]
    assert servers[0] in ids_of(listed(cloud, f"name={mark}&created_at={server['created']}"))
    assert listed(cloud, f"name={mark}&created_at=2001-01-01T00:00:00Z") == []


# ---- sorting

def test_every_sort_key_counts(cloud, mark, servers):
    b, first, second = servers
    for direction, expected in (("asc", [first, second, b]), ("desc", [second, first, b])):
        query = f"name={mark}&sort_key=display_name&sort_dir=asc&sort_key=created_at&sort_dir={direction}"
        assert ids_of(listed(cloud, query)) == expected
        pages, marker = [], ""
        while page := listed(cloud, f"{query}&limit=1{marker}"):
            pages += ids_of(page)
            marker = f"&marker={page[-1]['id']}"
        assert pages == expected
    assert ids_of(listed(cloud, f"name={mark}&sort_dir=asc")) == servers


def test_sort_keys_of_nova(cloud, stranger):
    for key in ("secret", "name", "metadata", "user_data"):
        refused(cloud.http("GET", f"{V21}/servers?sort_key={key}", headers=version(75)), "sort_key")
    for key in ("memory_mb", "vcpus", "id", "user_data"):  # ignored in older versions
        assert cloud.http("GET", f"{V21}/servers?sort_key={key}", headers=version(74)).status_code == 200
    refused(cloud.http("GET", f"{V21}/servers?sort_key=host&sort_key=node"), "twice")
    assert cloud.http("GET", f"{V21}/servers?sort_key=host", token=stranger).status_code == 403
    assert cloud.http("GET", f"{V21}/servers?sort_key=uuid", token=stranger).status_code == 200


# ---- changes

def test_a_window_that_ends_before_it_begins(cloud, servers):
    window = "changes-since=2026-02-01T00:00:00Z&changes-before=2026-01-01T00:00:00Z"
    refused(cloud.http("GET", f"{V21}/servers?{window}", headers=version(66)), "changes-since")
    refused(cloud.http("GET", f"{V21}/servers/detail?{window}", headers=version(93)), "changes-since")
    refused(cloud.http("GET", f"{V21}/servers/{servers[0]}/os-instance-actions?{window}", headers=version(66)), "changes-since")
    same = "changes-since=2026-02-01T00:00:00Z&changes-before=2026-02-01T00:00:00Z"
    assert cloud.http("GET", f"{V21}/servers?{same}", headers=version(66)).status_code == 200
    for bad in ("2026-13-01T00:00:00Z", "2026-01-01T00:00:00Zx", "tomorrow"):
        refused(cloud.http("GET", f"{V21}/servers?changes-since={bad}"), "changes-since")


def test_the_end_of_a_window_is_in_it(cloud, servers):
    server = listed(cloud, f"uuid={servers[0]}")[0]
    window = f"changes-since={server['updated']}&changes-before={server['updated']}"
    assert servers[0] in ids_of(listed(cloud, window, minor=66))


def test_deleted_servers_are_changes(cloud, made, stranger):
    name = "gone-" + uuid.uuid4().hex[:8]
    before = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
    gone = made.active_server(name, made.flavor_id, made.image_id, user_data="YQ==", metadata={"k": "v"})
    stays = made.active_server(name, made.flavor_id, made.image_id)
    made.delete_server(gone)
    made.wait_gone(lambda: made.show_server(gone), "server")
    found = {server["id"]: server for server in listed(cloud, f"name={name}&changes-since={before}", minor=93)}
    assert set(found) == {gone, stays}
    assert found[gone]["status"] == "DELETED" and found[gone]["OS-EXT-STS:vm_state"] == "deleted"
    assert found[gone]["OS-SRV-USG:terminated_at"] and found[gone]["addresses"] == {} and found[gone]["metadata"] == {"k": "v"}
    assert found[gone]["OS-EXT-SRV-ATTR:user_data"] is None
    assert ids_of(listed(cloud, f"name={name}")) == [stays]
    assert ids_of(listed(cloud, f"name={name}&changes-since=2099-01-01T00:00:00Z")) == []
    assert ids_of(listed(cloud, f"name={name}&deleted=true")) == [gone]
    assert ids_of(listed(cloud, f"name={name}&deleted=false&changes-since={before}")) == [stays]
    assert ids_of(listed(cloud, f"name={name}&status=deleted")) == [gone]
    assert listed(cloud, f"changes-since={before}", token=stranger) == []
    assert listed(cloud, "deleted=true", token=stranger) == []
    assert cloud.http("GET", f"{V21}/servers?status=deleted", token=stranger).status_code == 403
    assert cloud.http("GET", f"{V21}/servers/{gone}").status_code == 404
    pages, marker = [], ""
    while page := listed(cloud, f"name={name}&changes-since={before}&limit=1{marker}"):
        pages += ids_of(page)
        marker = f"&marker={page[-1]['id']}"
    assert pages == [stays, gone]
    refused(cloud.http("GET", f"{V21}/servers?marker={gone}"), "marker")
    usage = made.compute("GET", "/limits")["limits"]["absolute"]["totalInstancesUsed"]
    assert usage == len(listed(cloud, "limit=1000"))
    made.delete_server(stays)
    made.wait_gone(lambda: made.show_server(stays), "server")


# ---- names

def test_names_of_several_servers_stay_names(cloud, made):
    body = {"name": "n" * 254, "flavorRef": made.flavor_id, "imageRef": made.image_id}
    refused(cloud.http("POST", f"{V21}/servers", json={"server": {**body, "min_count": 2}}), "server.name", "255")
    answer = cloud.http("POST", f"{V21}/servers", headers=version(93), json={
        "server": {**body, "name": "n", "hostname": "h" * 62, "networks": "none", "min_count": 2}})
    refused(answer, "server.hostname", "63")
    answer = cloud.http("POST", f"{V21}/servers", json={"server": {**body, "name": "n" * 253, "min_count": 2}})
    assert answer.status_code == 202
    for server in listed(cloud, "name=" + "n" * 253):
        made.wait_server(server["id"])
        update = cloud.http("PUT", f"{V21}/servers/{server['id']}", json={"server": {"name": server["name"]}})
        assert update.status_code == 200
        made.delete_server(server["id"])
        made.wait_gone(lambda one=server["id"]: made.show_server(one), "server")


def test_the_location_of_a_tag_leads_to_it(cloud, servers):
    answer = cloud.http("PUT", f"{V21}/servers/{servers[0]}/tags/a%20b%3Fc%23%C3%A4", headers=version(26))
    assert answer.status_code == 201
    location = answer.headers["Location"]
    assert location.endswith("/tags/a%20b%3Fc%23%C3%A4")
    assert cloud.http("GET", location.removeprefix(cloud.url), headers=version(26)).status_code == 204
    assert cloud.http("DELETE", location.removeprefix(cloud.url), headers=version(26)).status_code == 204


def test_pages_of_hypervisors(cloud):
    first = cloud.http("GET", f"{V21}/os-hypervisors?limit=1", headers=version(53)).json()
    assert len(first["hypervisors"]) == 1 and first["hypervisors_links"][0]["rel"] == "next"
    marker = first["hypervisors"][0]["id"]
    assert cloud.http("GET", f"{V21}/os-hypervisors?marker={marker}", headers=version(53)).json()["hypervisors"] == []
    refused(cloud.http("GET", f"{V21}/os-hypervisors?marker={uuid.uuid4()}", headers=version(53)), "marker")
