"""Volume types, their access lists and extra specs, and the types that projects get by default."""
import uuid

import pytest

from harness.volumes import NOWHERE, call, gone, settled, show


@pytest.fixture
def types(cloud):
    """Makes types and deletes them after the test (their volumes are gone by then)."""
    made = []

    def make(**fields):
        body = {"volume_type": {"name": f"type-{uuid.uuid4().hex}", **fields}}
        found = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]
        made.append(found["id"])
        return found
    yield make
    for identifier in made:
        answer = call(cloud, "DELETE", f"/types/{identifier}")
        assert answer.status_code in (202, 404), answer.text


PRIVATE = {"os-volume-type-access:is_public": False}


def project_of(cloud, token):
    answer = cloud.http("GET", "/identity/v3/auth/tokens", headers={"X-Auth-Token": cloud.token, "X-Subject-Token": token})
    return answer.json()["token"]["project"]["id"]


def listed(cloud, query="", token=None, version="3.70"):
    return [t["id"] for t in call(cloud, "GET", f"/types?{query}", token=token, version=version, expect=200).json()["volume_types"]]


def access(cloud, name, project):
    return {f"{name}ProjectAccess": {"project": project}}


# ---- types

def test_update_and_bad_input(cloud, types):
    made = types(description="old")
    path = f"/types/{made['id']}"
    changed = call(cloud, "PUT", path, {"volume_type": {"name": made["name"] + "-b", "description": "", "is_public": False}},
                   expect=200).json()["volume_type"]
    assert changed["name"].endswith("-b") and changed["description"] is None and changed["is_public"] is False
    other = types()
    call(cloud, "PUT", path, {"volume_type": {"name": other["name"]}}, expect=409)
    for fields in ({}, {"name": ""}, {"name": "   "}, {"name": "x" * 256}, {"is_public": "perhaps"}, {"colour": "red"}):
        fault = call(cloud, "PUT", path, {"volume_type": fields}, expect=400).json()["badRequest"]
        assert "volume_type" in fault["message"]
    for fields in ({}, {"name": " "}, {"name": 5}, {"name": "a", "extra_specs": {"a/b": "c"}}, {"name": "a", "extra_specs": {"a": 1}}):
        call(cloud, "POST", "/types", {"volume_type": fields}, expect=400)
    for method, body in (("GET", None), ("PUT", {"volume_type": {"name": "n"}}), ("DELETE", None)):
        call(cloud, method, f"/types/{NOWHERE}", body, expect=404)


def test_lists(cloud, types):
    public, private = types(extra_specs={"Colour": "Red"}), types(**PRIVATE)
    assert public["id"] in listed(cloud) and private["id"] not in listed(cloud)
    assert private["id"] in listed(cloud, "is_public=None") and public["id"] in listed(cloud, "is_public=None")
    assert private["id"] in listed(cloud, "is_public=false") and public["id"] not in listed(cloud, "is_public=false")
    assert listed(cloud, "extra_specs={'Colour':'Red'}") == [public["id"]]
    assert listed(cloud, "extra_specs={'colour':'red'}") == []
    assert public["id"] in listed(cloud, "extra_specs={'colour':'red'}", version="3.51")
    assert listed(cloud, f"name={public['name']}") == [public["id"]]
    both = listed(cloud, "is_public=None&sort=name:asc")
    assert listed(cloud, "is_public=None&sort=name:asc&limit=1") == both[:1]
    assert listed(cloud, f"is_public=None&sort=name:asc&limit=1&marker={both[0]}") == both[1:2]
    assert listed(cloud, "is_public=None&sort=name:asc&offset=1") == both[1:]
    for bad in ("is_public=perhaps", "limit=-1", "sort=colour:asc", "extra_specs=x"):
        call(cloud, "GET", f"/types?{bad}", expect=400)


def test_only_administrators_change_types(cloud, types, stranger):
    made = types(extra_specs={"multiattach": "<is> True", "secret": "s"})
    path = f"/types/{made['id']}"
    shown = call(cloud, "GET", path, token=stranger, expect=200).json()["volume_type"]
    assert shown["extra_specs"] == {"multiattach": "<is> True"} and "qos_specs_id" not in shown
    assert call(cloud, "GET", f"{path}/extra_specs", token=stranger).json()["extra_specs"] == {"multiattach": "<is> True"}
    call(cloud, "GET", f"{path}/extra_specs/secret", token=stranger, expect=404)
    for method, below, body in (("PUT", "", {"volume_type": {"name": "n"}}), ("DELETE", "", None),
                                ("POST", "/extra_specs", {"extra_specs": {"a": "b"}}), ("DELETE", "/extra_specs/secret", None),
                                ("GET", "/os-volume-type-access", None), ("POST", "/action", access(cloud, "add", NOWHERE))):
        call(cloud, method, path + below, body, token=stranger, expect=403)


def test_extra_specs(cloud, types):
    path = f"/types/{types()['id']}/extra_specs"
    assert call(cloud, "POST", path, {"extra_specs": {"a": "1", "capabilities:x": "y"}}, expect=200).json()["extra_specs"]["a"] == "1"
    assert call(cloud, "PUT", f"{path}/a", {"a": "2"}, expect=200).json() == {"a": "2"}
    assert call(cloud, "GET", path, expect=200).json()["extra_specs"] == {"a": "2", "capabilities:x": "y"}
    for body in ({"b": "2"}, {"a": "2", "b": "2"}, {"a": 5}, {}):
        call(cloud, "PUT", f"{path}/a", body, expect=400)
    for body in ({}, {"extra_specs": []}, {"extra_specs": {"a*": "1"}}, {"extra_specs": {"": "1"}}, {"extra_specs": {"a": "x" * 256}}):
        call(cloud, "POST", path, body, expect=400)
    call(cloud, "DELETE", f"{path}/nothing", expect=404)


# ---- access

def test_a_private_type_is_open_to_its_projects(cloud, types, stranger):
    made = types(**PRIVATE)
    project = project_of(cloud, stranger)
    path = f"/types/{made['id']}"
    body = {"volume": {"size": 1, "volume_type": made["name"]}}
    call(cloud, "GET", path, token=stranger, expect=404)
    call(cloud, "GET", f"{path}/extra_specs", token=stranger, expect=404)
    call(cloud, "POST", "/volumes", body, token=stranger, expect=404)
    assert made["id"] not in listed(cloud, "is_public=None", token=stranger)

    call(cloud, "POST", f"{path}/action", access(cloud, "add", project), expect=202)
    call(cloud, "POST", f"{path}/action", access(cloud, "add", project), expect=409)
    assert call(cloud, "GET", f"{path}/os-volume-type-access", expect=200).json()["volume_type_access"] == [
        {"volume_type_id": made["id"], "project_id": project}]
    assert made["id"] in listed(cloud, token=stranger)
    volume = call(cloud, "POST", "/volumes", body, token=stranger, expect=202).json()["volume"]["id"]
    assert settled(cloud, "volume", volume)["volume_type"] == made["name"]
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
    gone(cloud, "volume", volume)

    call(cloud, "POST", f"{path}/action", access(cloud, "remove", project), expect=202)
    call(cloud, "POST", f"{path}/action", access(cloud, "remove", project), expect=404)
    call(cloud, "GET", path, token=stranger, expect=404)


def test_access_of_public_types_and_bad_input(cloud, types):
    public, private = types(), types(**PRIVATE)
    call(cloud, "GET", f"/types/{public['id']}/os-volume-type-access", expect=404)
    call(cloud, "POST", f"/types/{public['id']}/action", access(cloud, "add", NOWHERE), expect=400)
    call(cloud, "POST", f"/types/{public['id']}/action", access(cloud, "remove", NOWHERE), expect=400)
    for body in ({}, {"addProjectAccess": {}}, {"addProjectAccess": None}, {"addProjectAccess": {"project": ""}}, {"reset": {}},
                 {"addProjectAccess": {"project": 5}}, {"addProjectAccess": {"project": "a", "more": 1}}):
        call(cloud, "POST", f"/types/{private['id']}/action", body, expect=400)
    call(cloud, "POST", f"/types/{NOWHERE}/action", access(cloud, "add", NOWHERE), expect=404)
    call(cloud, "GET", f"/types/{NOWHERE}/os-volume-type-access", expect=404)


# ---- default types

def test_a_project_has_its_default_type(cloud, types, volumes, stranger):
    made = types()
    project = cloud.conn.current_project_id
    path = f"/default-types/{project}"
    call(cloud, "GET", path, expect=404)
    call(cloud, "GET", path, version="3.61", expect=404)
    body = {"default_type": {"volume_type": made["name"]}}
    try:
        expected = {"project_id": project, "volume_type_id": made["id"]}
        assert call(cloud, "PUT", path, body, expect=200).json()["default_type"] == expected
        assert call(cloud, "GET", path, expect=200).json()["default_type"] == expected
        assert expected in call(cloud, "GET", "/default-types", expect=200).json()["default_types"]
        assert call(cloud, "GET", "/types/default", expect=200).json()["volume_type"]["id"] == made["id"]
        assert show(cloud, volumes(size=1))["volume_type"] == made["name"]
        assert "default" in call(cloud, "DELETE", f"/types/{made['id']}", expect=400).json()["badRequest"]["message"]
        other = project_of(cloud, stranger)
        assert call(cloud, "GET", "/types/default", token=stranger, expect=200).json()["volume_type"]["name"] == "__DEFAULT__"
        call(cloud, "GET", f"/default-types/{other}", expect=404)
        for method in ("GET", "PUT", "DELETE"):
            call(cloud, method, f"/default-types/{other}", body, token=stranger, expect=403)
    finally:
        call(cloud, "DELETE", path, expect=204)
    call(cloud, "DELETE", path, expect=404)


def test_default_types_refuse_what_would_not_work(cloud, types, stranger):
    project = project_of(cloud, stranger)
    path = f"/default-types/{project}"
    call(cloud, "PUT", f"/default-types/{NOWHERE}", {"default_type": {"volume_type": "__DEFAULT__"}}, expect=404)
    call(cloud, "PUT", path, {"default_type": {"volume_type": "nothing"}}, expect=400)
    for body in ({}, {"default_type": {}}, {"default_type": {"volume_type": 5}}, {"default_type": {"volume_type": "a", "b": 1}}):
        call(cloud, "PUT", path, body, expect=400)
    private = types(**PRIVATE)
    fault = call(cloud, "PUT", path, {"default_type": {"volume_type": private["id"]}}, expect=400).json()
    assert "private" in fault["badRequest"]["message"]


# ---- real clients

def test_openstack_client(cloud):
    name = f"cli-{uuid.uuid4().hex}"
    cloud.openstack("volume", "type", "create", "--private", "--property", "a=b", "--description", "d", name)
    cloud.openstack("volume", "type", "set", "--property", "c=d", "--project", "admin", name, parse=False)
    shown = cloud.openstack("volume", "type", "show", name)
    assert shown["properties"] == {"a": "b", "c": "d"} and shown["is_public"] is False
    assert shown["access_project_ids"]
    assert name in [t["Name"] for t in cloud.openstack("volume", "type", "list", "--private")]
    cloud.openstack("volume", "type", "unset", "--property", "a", "--project", "admin", name, parse=False)
    assert cloud.openstack("volume", "type", "show", name)["properties"] == {"c": "d"}
    cloud.openstack("volume", "type", "delete", name, parse=False)
    assert cloud.openstack("volume", "type", "list", "--default")
