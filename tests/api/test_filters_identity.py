"""Lists of identity are narrowed by what Keystone narrows them by, and by the other attributes that they show."""
import uuid

import pytest

V3 = "/identity/v3"


def listed(cloud, resource, query):
    answer = cloud.http("GET", f"{V3}/{resource}?{query}")
    assert answer.status_code == 200, answer.text
    return [item.get("name", item["id"]) for item in answer.json()[resource]]


@pytest.fixture(scope="module")
def mark():
    return "Mark" + uuid.uuid4().hex[:8]


@pytest.fixture(scope="module")
def projects(cloud, mark):
    made = []
    for name, tags in (("one", ["red", "big"]), ("two", ["red"]), ("three", [])):
        body = {"project": {"name": f"{mark}-{name}", "tags": tags, "description": f"about {name}"}}
        made.append(cloud.http("POST", f"{V3}/projects", json=body).json()["project"]["id"])
    yield made
    for project in made:
        assert cloud.http("DELETE", f"{V3}/projects/{project}").status_code == 204


@pytest.fixture(scope="module")
def user(cloud, mark):
    body = {"user": {"name": f"{mark}-user", "email": "somebody@example.org", "password": "a long password"}}
    made = cloud.http("POST", f"{V3}/users", json=body).json()["user"]["id"]
    yield made
    assert cloud.http("DELETE", f"{V3}/users/{made}").status_code == 204


@pytest.mark.parametrize("query, expected", [
    ("tags=zzz", []), ("tags=red", ["one", "two"]), ("tags=red,big", ["one"]), ("tags-any=big,zzz", ["one"]),
    ("not-tags=red,big", ["three", "two"]), ("not-tags-any=red", ["three"]), ("tags=red&not-tags=big", ["two"])])
def test_tags(cloud, mark, projects, query, expected):
    assert listed(cloud, "projects", f"name__startswith={mark}&{query}") == [f"{mark}-{name}" for name in expected]


def test_comparisons(cloud, mark, projects):
    small = mark.lower()
    every = [f"{mark}-{name}" for name in ("one", "three", "two")]
    for query, expected in {
            f"name__startswith={mark}": every, f"name__startswith={small}": [], f"name__istartswith={small}": every,
            f"name__contains={mark[1:]}": every, f"name__icontains={small[1:]}-T": every[1:], f"name__endswith={mark}-one": every[:1],
            f"name__iendswith={small}-ONE": every[:1], f"name__startswith={mark}&name__endswith=o": every[2:],
            f"name__equals={mark}-one": every[:1], f"name__iequals={small}-one": every[:1], "name__startswith=x": [],
            f"name__contains={mark}&description__contains=two": every[2:], f"name__contains={mark}&enabled=0": [],
            f"name__contains={mark}&is_domain=true": [], f"name={mark}": [], f"name={mark}-one": every[:1],
            f"name__contains={mark}&domain_id__startswith=def": every, f"name__contains={mark}&parent_id=x": []}.items():
        assert listed(cloud, "projects", query) == expected, query


def test_the_reported_inputs(cloud):
    assert listed(cloud, "projects", "tags=zzz") == []
    assert listed(cloud, "projects", "name__startswith=qqq") == []
    assert listed(cloud, "users", "name__contains=qqq") == []


@pytest.mark.parametrize("resource", ["users", "domains", "roles", "services", "projects"])
def test_every_list_by_name(cloud, resource):
    assert listed(cloud, resource, "name__contains=" + uuid.uuid4().hex) == []
    every = listed(cloud, resource, "")
    assert every and listed(cloud, resource, f"name__startswith={every[0]}")
    assert listed(cloud, resource, "description=" + uuid.uuid4().hex) == []
    answer = cloud.http("GET", f"{V3}/{resource}?name__like=x")
    assert answer.status_code == 400 and "name__like" in answer.text


def test_users(cloud, mark, user):
    assert listed(cloud, "users", "email=somebody@example.org") == [f"{mark}-user"]
    assert listed(cloud, "users", f"name__icontains={mark.upper()}") == [f"{mark}-user"]
    for nothing in ("idp_id=x", "protocol_id=x", "unique_id=x", "password_expires_at=lt:2099-01-01T00:00:00Z", "email=", "default_project_id=x"):
        assert listed(cloud, "users", nothing + f"&name={mark}-user") == []


def test_endpoints_and_regions(cloud):
    assert listed(cloud, "endpoints", "interface=public") and not listed(cloud, "endpoints", "interface=nobody")
    assert listed(cloud, "endpoints", "url__contains=/compute") and not listed(cloud, "endpoints", "url__endswith=nowhere")
    assert not listed(cloud, "regions", "parent_region_id=x") and not listed(cloud, "endpoints", "service_id=x")


@pytest.mark.parametrize("query", ["user.id=", "role.id=", "scope.project.id=", "scope.domain.id=", "group.id=x",
                                   "scope.OS-INHERIT:inherited_to=projects"])
def test_assignments_of_nobody(cloud, query):
    assert cloud.http("GET", f"{V3}/role_assignments?{query}").json()["role_assignments"] == []
