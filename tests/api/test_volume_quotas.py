"""Quotas of projects, of volume types and of the default class, and what goes over them."""
import uuid

import pytest

from harness.volumes import call, gone, settled

RESOURCES = {"volumes", "snapshots", "gigabytes", "per_volume_gigabytes", "backups", "backup_gigabytes", "groups"}


@pytest.fixture
def project(cloud):
    """A project of its own, so that quotas of other tests don't matter: (id, token)."""
    conn = cloud.conn
    name = f"quota-{uuid.uuid4().hex}"
    made = conn.identity.create_project(name=name, domain_id="default")
    user = conn.identity.create_user(name=name, password="quota-secret", domain_id="default")
    role = next(r for r in conn.identity.roles() if r.name == "member")
    cloud.http("PUT", f"/identity/v3/projects/{made.id}/users/{user.id}/roles/{role.id}")
    yield made.id, cloud.login(name, "quota-secret", name)
    call(cloud, "DELETE", f"/os-quota-sets/{made.id}", expect=200)
    conn.identity.delete_user(user.id)
    conn.identity.delete_project(made.id)


@pytest.fixture
def volume_type(cloud):
    made = call(cloud, "POST", "/types", {"volume_type": {"name": f"q{uuid.uuid4().hex}"}}, expect=200).json()["volume_type"]
    yield made
    call(cloud, "DELETE", f"/types/{made['id']}", expect=202)


def quota(cloud, project, token=None, below=""):
    return call(cloud, "GET", f"/os-quota-sets/{project}{below}", token=token, expect=200).json()["quota_set"]


def bound(cloud, project, expect=200, query="", **limits):
    return call(cloud, "PUT", f"/os-quota-sets/{project}{query}", {"quota_set": limits}, expect=expect).json()


def over(cloud, method, path, body, token, names):
    message = call(cloud, method, path, body, token=token, expect=413).json()["overLimit"]["message"]
    assert names in message


def test_a_quota_set(cloud, project, volume_type):
    identifier, token = project
    shown = quota(cloud, identifier, token)
    assert RESOURCES <= set(shown) and shown["id"] == identifier and shown[f"volumes_{volume_type['name']}"] == -1
    assert quota(cloud, identifier, token, "/defaults") == shown
    changed = bound(cloud, identifier, volumes=7, tenant_id=identifier, **{f"gigabytes_{volume_type['name']}": "5"})["quota_set"]
    assert changed["volumes"] == 7 and changed[f"gigabytes_{volume_type['name']}"] == 5 and "id" not in changed
    usage = quota(cloud, identifier, token, "?usage=True")
    assert usage["volumes"] == {"limit": 7, "in_use": 0, "reserved": 0, "allocated": 0}
    assert all(set(value) == {"limit", "in_use", "reserved", "allocated"} for key, value in usage.items() if key != "id")
    call(cloud, "DELETE", f"/os-quota-sets/{identifier}", expect=200)
    assert quota(cloud, identifier) == shown


def test_bad_input(cloud, project):
    identifier, token = project
    for limits in ({"colours": 5}, {"volumes": -2}, {"volumes": "many"}, {"volumes": 2**31}, {"volumes": None},
                   {"volumes_nothing": 5}, {"volumes": 1.5}, {"volumes": 3, "colours": 5}):
        name = next(key for key in limits if limits[key] != 3)
        assert name in bound(cloud, identifier, expect=400, **limits)["badRequest"]["message"]
    assert quota(cloud, identifier)["volumes"] != 3
    for body in ({}, {"quota_set": []}, {"quota_set": None}):
        call(cloud, "PUT", f"/os-quota-sets/{identifier}", body, expect=400)
    for method, below in (("PUT", ""), ("DELETE", "")):
        call(cloud, method, f"/os-quota-sets/{identifier}{below}", {"quota_set": {"volumes": 1}}, token=token, expect=403)
    call(cloud, "GET", f"/os-quota-sets/{cloud.conn.current_project_id}", token=token, expect=403)
    call(cloud, "GET", f"/os-quota-sets/{cloud.conn.current_project_id}/defaults", token=token, expect=403)


def test_what_goes_over_answers_413(cloud, project, volume_type):
    identifier, token = project
    name = volume_type["name"]
    typed = {"volume": {"size": 1, "volume_type": name}}
    bound(cloud, identifier, **{f"volumes_{name}": 1, f"gigabytes_{name}": 3, f"snapshots_{name}": 0})
    volume = call(cloud, "POST", "/volumes", typed, token=token, expect=202).json()["volume"]["id"]
    assert settled(cloud, "volume", volume)["status"] == "available"
    over(cloud, "POST", "/volumes", typed, token, f"volumes_{name}")
    bound(cloud, identifier, **{f"volumes_{name}": -1})
    over(cloud, "POST", "/volumes", {"volume": {"size": 3, "volume_type": name}}, token, f"gigabytes_{name}")
    over(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, token, f"snapshots_{name}")
    over(cloud, "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 4}}, token, f"gigabytes_{name}")
    usage = quota(cloud, identifier, token, "?usage=True")
    assert usage[f"volumes_{name}"]["in_use"] == 1 and usage[f"gigabytes_{name}"]["in_use"] == 1
    bound(cloud, identifier, volumes=1, gigabytes=1, per_volume_gigabytes=2)
    over(cloud, "POST", "/volumes", {"volume": {"size": 3}}, token, "per_volume_gigabytes")
    over(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token, "gigabytes")
    bound(cloud, identifier, gigabytes=-1)
    over(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token, "volumes")
    bound(cloud, identifier, snapshots=0)
    over(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, token, "snapshots")
    assert "in use" in bound(cloud, identifier, expect=400, query="?skip_validation=False", volumes=0)["badRequest"]["message"]
    bound(cloud, identifier, query="?skip_validation=True", volumes=0)
    # A type that gets another name keeps its quotas.
    call(cloud, "PUT", f"/types/{volume_type['id']}", {"volume_type": {"name": name + "-b"}}, expect=200)
    assert quota(cloud, identifier)[f"gigabytes_{name}-b"] == 3
    call(cloud, "DELETE", f"/volumes/{volume}", token=token, expect=202)
    gone(cloud, "volume", volume)


def test_the_default_class(cloud, project, volume_type):
    identifier, token = project
    path = "/os-quota-class-sets/default"
    before = call(cloud, "GET", path, expect=200).json()["quota_class_set"]
    assert before["id"] == "default" and RESOURCES <= set(before)
    name = f"volumes_{volume_type['name']}"
    try:
        changed = call(cloud, "PUT", path, {"quota_class_set": {"volumes": 77, name: 3}}, expect=200).json()["quota_class_set"]
        assert changed["volumes"] == 77 and changed[name] == 3 and "id" not in changed
        assert quota(cloud, identifier)["volumes"] == 77 and quota(cloud, identifier, below="/defaults")[name] == 3
    finally:
        call(cloud, "PUT", path, {"quota_class_set": {"volumes": before["volumes"], name: -1}}, expect=200)
    other = f"/os-quota-class-sets/{uuid.uuid4().hex}"
    assert call(cloud, "PUT", other, {"quota_class_set": {"volumes": 5}}, expect=200).json()["quota_class_set"]["volumes"] == 5
    assert call(cloud, "GET", other).json()["quota_class_set"]["volumes"] == 5
    assert quota(cloud, identifier)["volumes"] == before["volumes"]
    for body in ({}, {"quota_class_set": {"colours": 1}}, {"quota_class_set": {"volumes": -2}}):
        call(cloud, "PUT", path, body, expect=400)
    for method in ("GET", "PUT"):
        call(cloud, method, path, {"quota_class_set": {}}, token=token, expect=403)


def test_limits_of_another_project(cloud, project):
    identifier, token = project
    bound(cloud, identifier, volumes=13)

    def volumes(query="", version="3.70", token=None):
        return call(cloud, "GET", f"/limits{query}", version=version, token=token).json()["limits"]["absolute"]["maxTotalVolumes"]
    own = volumes()
    assert volumes(token=token) == 13 and volumes(f"?project_id={identifier}") == 13
    assert volumes(f"?project_id={identifier}", version="3.38") == own
    assert volumes(f"?project_id={cloud.conn.current_project_id}", token=token) == 13


def test_openstack_client(cloud, project, volume_type):
    identifier, _ = project
    cloud.openstack("quota", "set", "--volumes", 9, "--gigabytes", 90, "--volume-type", volume_type["name"], identifier, parse=False)
    assert quota(cloud, identifier)[f"volumes_{volume_type['name']}"] == 9
    cloud.openstack("quota", "set", "--volumes", 8, "--backups", 3, identifier, parse=False)
    assert quota(cloud, identifier)["volumes"] == 8 and quota(cloud, identifier)["backups"] == 3
    assert cloud.openstack("quota", "show", identifier)
    assert cloud.openstack("quota", "list", "--volume") is not None
    assert cloud.openstack("limits", "show", "--absolute")
