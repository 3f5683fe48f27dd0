"""Volume groups: types, groups, group snapshots, groups from either."""
import pytest

from harness.cloud import wait_for
from harness.volumes import NOWHERE, call, gone, settled, show
from test_volume_content import reads, write


def wait_idle(cloud, kind, identifier, expected="available"):
    def look():
        found = call(cloud, "GET", f"/{kind}s/{identifier}", expect=200).json()[kind]
        return found if found["status"] not in ("creating", "deleting") else None
    found = wait_for(look, 60, f"{kind} is idle")
    assert found["status"] == expected
    return found


def wait_gone(cloud, kind, identifier):
    wait_for(lambda: call(cloud, "GET", f"/{kind}s/{identifier}").status_code == 404, 60, f"{kind} is gone")


@pytest.fixture(scope="module")
def volume_type(cloud):
    made = call(cloud, "POST", "/types", {"volume_type": {"name": "grouped"}}, expect=200).json()["volume_type"]["id"]
    yield made
    call(cloud, "DELETE", f"/types/{made}", expect=202)


@pytest.fixture(scope="module")
def group_type(cloud):
    made = call(cloud, "POST", "/group_types", {"group_type": {"name": "kind"}}, expect=202).json()["group_type"]["id"]
    yield made
    call(cloud, "DELETE", f"/group_types/{made}", expect=202)


@pytest.fixture
def groups(cloud, group_type, volume_type):
    made = []

    def make(**fields):
        body = {"group": {"name": "g", "group_type": group_type, "volume_types": [volume_type], **fields}}
        group = call(cloud, "POST", "/groups", body, expect=202).json()["group"]["id"]
        made.append(group)
        wait_idle(cloud, "group", group)
        return group

    make.also = made.append
    yield make
    for group in reversed(made):
        for item in call(cloud, "GET", f"/group_snapshots?group_id={group}").json()["group_snapshots"]:
            call(cloud, "DELETE", f"/group_snapshots/{item['id']}", expect=202)
            wait_gone(cloud, "group_snapshot", item["id"])
        if call(cloud, "GET", f"/groups/{group}").status_code == 200:
            act(cloud, group, "delete", {"delete-volumes": True})
            wait_gone(cloud, "group", group)


def act(cloud, group, name, argument, expect=202, **more):
    return call(cloud, "POST", f"/groups/{group}/action", {name: argument}, expect=expect, **more)


def volume_in(cloud, group, volume_type, **fields):
    body = {"volume": {"size": 1, "group_id": group, "volume_type": volume_type, **fields}}
    volume = call(cloud, "POST", "/volumes", body, expect=202).json()["volume"]
    assert volume["group_id"] == group
    assert settled(cloud, "volume", volume["id"])["status"] == "available"
    return volume["id"]


def members(cloud, group):
    return set(call(cloud, "GET", f"/groups/{group}?list_volume=true", expect=200).json()["group"]["volumes"])


# ---- types

def test_group_types(cloud, stranger):
    body = {"group_type": {"name": "t1", "description": "d", "group_specs": {"a": "b"}, "is_public": False}}
    made = call(cloud, "POST", "/group_types", body, expect=202).json()["group_type"]
    assert made["group_specs"] == {"a": "b"} and made["is_public"] is False and made["description"] == "d"
    path = f"/group_types/{made['id']}"
    call(cloud, "POST", "/group_types", body, expect=409)
    call(cloud, "GET", path, token=stranger, expect=404)
    for method, where in (("POST", "/group_types"), ("PUT", path), ("DELETE", path), ("GET", path + "/group_specs")):
        call(cloud, method, where, body, token=stranger, expect=403)
    assert made["id"] not in [item["id"] for item in call(cloud, "GET", "/group_types").json()["group_types"]]
    everything = call(cloud, "GET", "/group_types?is_public=None", expect=200).json()["group_types"]
    assert made["id"] in [item["id"] for item in everything]
    changed = call(cloud, "PUT", path, {"group_type": {"name": "t2", "is_public": True}}, expect=200).json()["group_type"]
    assert changed["name"] == "t2" and changed["description"] == "d"
    seen = call(cloud, "GET", path, token=stranger, expect=200).json()["group_type"]
    assert "group_specs" not in seen
    for wrong in ({}, {"name": ""}, {"name": None}, {"name": "x" * 256}, {"is_public": "perhaps"}, {"more": 1}):
        call(cloud, "PUT", path, {"group_type": wrong}, expect=400)
    specs = path + "/group_specs"
    assert call(cloud, "POST", specs, {"group_specs": {"c": "d"}}, expect=202).json() == {"group_specs": {"c": "d"}}
    assert call(cloud, "GET", specs, expect=200).json()["group_specs"] == {"a": "b", "c": "d"}
    assert call(cloud, "PUT", specs + "/c", {"c": "e"}, expect=200).json() == {"c": "e"}
    assert call(cloud, "GET", specs + "/c", expect=200).json() == {"c": "e"}
    for wrong in ({}, {"x": "y"}, {"c": "e", "x": "y"}, {"c": 7}):
        call(cloud, "PUT", specs + "/c", wrong, expect=400)
    call(cloud, "DELETE", specs + "/c", expect=202)
    call(cloud, "GET", specs + "/c", expect=404)
    call(cloud, "DELETE", specs + "/c", expect=404)
    call(cloud, "DELETE", path, expect=202)
    call(cloud, "GET", path, expect=404)
    call(cloud, "GET", "/group_types", version="3.10", expect=404)


# ---- groups

def test_a_group_and_its_volumes(cloud, groups, group_type, volume_type):
    group = groups(description="d")
    shown = call(cloud, "GET", f"/groups/{group}", expect=200).json()["group"]
    assert shown["group_type"] == group_type and shown["volume_types"] == [volume_type] and shown["description"] == "d"
    assert shown["availability_zone"] == "nova" and "volumes" not in shown and shown["source_group_id"] is None
    one = volume_in(cloud, group, volume_type)
    two = volume_in(cloud, group, volume_type)
    assert members(cloud, group) == {one, two}
    listed = call(cloud, "GET", f"/volumes?group_id={group}", expect=200).json()["volumes"]
    assert {item["id"] for item in listed} == {one, two}
    assert "group" in call(cloud, "DELETE", f"/volumes/{one}", expect=400).text
    assert "volumes" in act(cloud, group, "delete", {"delete-volumes": False}, 400).text
    call(cloud, "PUT", f"/groups/{group}", {"group": {"name": "new", "remove_volumes": two}}, expect=202)
    assert members(cloud, group) == {one} and show(cloud, two)["group_id"] is None
    call(cloud, "PUT", f"/groups/{group}", {"group": {"add_volumes": two}}, expect=202)
    assert members(cloud, group) == {one, two}
    act(cloud, group, "delete", {"delete-volumes": True})
    wait_gone(cloud, "group", group)
    gone(cloud, "volume", one)
    gone(cloud, "volume", two)


def test_who_may(cloud, groups, stranger, volume_type):
    group = groups()
    call(cloud, "GET", f"/groups/{group}", token=stranger, expect=404)
    assert call(cloud, "GET", "/groups/detail", token=stranger, expect=200).json()["groups"] == []
    act(cloud, group, "delete", {}, 404, token=stranger)
    act(cloud, group, "reset_status", {"status": "error"}, 403, token=stranger)
    call(cloud, "PUT", f"/groups/{group}", {"group": {"name": "x"}}, token=stranger, expect=404)
    call(cloud, "POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}, token=stranger, expect=404)
    call(cloud, "POST", "/groups/action", {"create-from-src": {"source_group_id": group}}, token=stranger, expect=404)
    call(cloud, "POST", "/volumes", {"volume": {"size": 1, "group_id": group, "volume_type": volume_type}},
         token=stranger, expect=404)
    call(cloud, "GET", "/groups", version="3.12", expect=404)


@pytest.mark.parametrize("fields, named, status", [
    ({"group_type": None}, "group_type", 400), ({"group_type": NOWHERE}, "Group type", 404),
    ({"volume_types": []}, "volume_types", 400), ({"volume_types": "x"}, "volume_types", 400),
    ({"volume_types": [7]}, "volume_types", 400), ({"volume_types": [NOWHERE]}, "Volume type", 404),
    ({"availability_zone": "nowhere"}, "availability_zone", 400), ({"name": "x" * 256}, "name", 400),
    ({"more": 1}, "more", 400)])
def test_bad_groups_name_the_field(cloud, group_type, volume_type, fields, named, status):
    body = {"group": {"name": "g", "group_type": group_type, "volume_types": [volume_type], **fields}}
    assert named in call(cloud, "POST", "/groups", body, expect=status).text


def test_bad_members(cloud, groups, volume_type):
    group, other = groups(), groups()
    inside = volume_in(cloud, other, volume_type)
    foreign = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
    settled(cloud, "volume", foreign)
    for wrong, status in ((inside, 400), (foreign, 400), (NOWHERE, 400), ("x", 400)):
        call(cloud, "PUT", f"/groups/{group}", {"group": {"add_volumes": wrong}}, expect=status)
    call(cloud, "PUT", f"/groups/{group}", {"group": {"remove_volumes": inside}}, expect=400)
    call(cloud, "PUT", f"/groups/{group}", {"group": {}}, expect=400)
    for wrong, status in (({"group_id": NOWHERE}, 404), ({"group_id": group}, 400), ({"group_id": "x"}, 400)):
        call(cloud, "POST", "/volumes", {"volume": {"size": 1, **wrong}}, expect=status)
    call(cloud, "DELETE", f"/volumes/{foreign}", expect=202)
    gone(cloud, "volume", foreign)


def test_quota_of_groups(cloud, groups, group_type, volume_type):
    project = cloud.conn.current_project_id
    groups()
    call(cloud, "PUT", f"/os-quota-sets/{project}", {"quota_set": {"groups": 1}}, expect=200)
    try:
        assert call(cloud, "GET", f"/os-quota-sets/{project}?usage=true").json()["quota_set"]["groups"]["in_use"] == 1
        body = {"group": {"name": "g", "group_type": group_type, "volume_types": [volume_type]}}
        assert "groups" in call(cloud, "POST", "/groups", body, expect=413).text
    finally:
        call(cloud, "DELETE", f"/os-quota-sets/{project}", expect=200)


def test_actions(cloud, groups):
    group = groups()
    for status in ("error", "available"):
        act(cloud, group, "reset_status", {"status": status})
        assert call(cloud, "GET", f"/groups/{group}").json()["group"]["status"] == status
    act(cloud, group, "reset_status", {"status": "asleep"}, 400)
    act(cloud, group, "reset_status", {"status": "error"}, 404, version="3.19")
    for name in ("enable_replication", "disable_replication", "failover_replication", "list_replication_targets"):
        assert "replicat" in act(cloud, group, name, {}, 400).text
    act(cloud, group, "dance", {}, 400)
    call(cloud, "POST", f"/groups/{group}/action", {}, expect=400)


# ---- group snapshots

def test_group_snapshot_and_groups_from_it(cloud, groups, group_type, volume_type):
    group = groups()
    volumes = [volume_in(cloud, group, volume_type, name=f"v{i}") for i in range(3)]
    for i, volume in enumerate(volumes):
        write(cloud, volume, 10 + i)
    body = {"group_snapshot": {"group_id": group, "name": "s", "description": "d"}}
    made = call(cloud, "POST", "/group_snapshots", body, expect=202).json()["group_snapshot"]
    assert set(made) == {"id", "name", "group_type_id"} and made["group_type_id"] == group_type
    shown = wait_idle(cloud, "group_snapshot", made["id"])
    assert shown["group_id"] == group and shown["description"] == "d"
    for i, volume in enumerate(volumes):
        write(cloud, volume, 20 + i)
    parts = [item for item in call(cloud, "GET", "/snapshots/detail", expect=200).json()["snapshots"]
             if item["group_snapshot_id"] == made["id"]]
    assert {item["volume_id"] for item in parts} == set(volumes) and {item["status"] for item in parts} == {"available"}
    assert "group snapshot" in call(cloud, "DELETE", f"/snapshots/{parts[0]['id']}", expect=400).text
    assert "snapshots" in act(cloud, group, "delete", {"delete-volumes": True}, 400).text
    for source, first in (({"group_snapshot_id": made["id"]}, 10), ({"source_group_id": group}, 20)):
        body = {"create-from-src": {"name": "copy", **source}}
        copy = call(cloud, "POST", "/groups/action", body, expect=202).json()["group"]["id"]
        groups.also(copy)
        shown = wait_idle(cloud, "group", copy)
        assert all(shown[key] == value for key, value in source.items())
        for volume in members(cloud, copy):
            found = show(cloud, volume)
            assert found["status"] == "available" and reads(cloud, volume, first + int(found["name"][1:]))
        assert len(members(cloud, copy)) == 3
    call(cloud, "DELETE", f"/group_snapshots/{made['id']}", expect=202)
    wait_gone(cloud, "group_snapshot", made["id"])
    assert not [item for item in call(cloud, "GET", "/snapshots").json()["snapshots"] if item["volume_id"] in volumes]


def test_bad_group_snapshots(cloud, groups, volume_type):
    group = groups()
    assert "volumes" in call(cloud, "POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}, expect=400).text
    for wrong, status in (({}, 400), ({"group_id": "x"}, 400), ({"group_id": NOWHERE}, 404),
                          ({"group_id": group, "name": 7}, 400), ({"group_id": group, "x": 1}, 400)):
        call(cloud, "POST", "/group_snapshots", {"group_snapshot": wrong}, expect=status)
    volume = volume_in(cloud, group, volume_type)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-attach": {"host_name": "h", "mountpoint": "/m"}}, expect=202)
    call(cloud, "POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}, expect=400)
    assert call(cloud, "GET", f"/snapshots?volume_id={volume}").json()["snapshots"] == []
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-detach": {}}, expect=202)
    for wrong in ({}, {"source_group_id": group, "group_snapshot_id": NOWHERE}, {"source_group_id": "x"}):
        call(cloud, "POST", "/groups/action", {"create-from-src": wrong}, expect=400)
    call(cloud, "POST", "/groups/action", {"create-from-src": {"group_snapshot_id": NOWHERE}}, expect=404)
    call(cloud, "DELETE", f"/group_snapshots/{NOWHERE}", expect=404)


def test_the_command_line(cloud, groups, group_type, volume_type):
    def openstack(*words, **options):
        return cloud.openstack("--os-volume-api-version", "3.14", "volume", "group", *words, **options)
    made = openstack("create", "--name", "by-hand", group_type, volume_type)["ID"]
    groups.also(made)
    wait_idle(cloud, "group", made)
    volume_in(cloud, made, volume_type)
    assert any(item["ID"] == made for item in openstack("list"))
    taken = openstack("snapshot", "create", "--name", "s", made)["ID"]
    wait_idle(cloud, "group_snapshot", taken)
    openstack("snapshot", "delete", taken, parse=False)
    wait_gone(cloud, "group_snapshot", taken)
    openstack("delete", "--force", made, parse=False)
    wait_gone(cloud, "group", made)
