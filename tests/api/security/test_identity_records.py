"""What a client gives to users, projects, domains and roles is kept, and their names compare as in Keystone."""
import uuid

import pytest
import requests

KINDS = [("users", "user", "phone"), ("projects", "project", "cost_center"), ("domains", "domain", "owner_mail"),
         ("roles", "role", "since")]


CATALOG = [("services", "service", {"type": "dns"}), ("regions", "region", {}),
           ("endpoints", "endpoint", {"interface": "public", "url": "http://x"})]


def remove(cloud, path, key, item):
    if path == "domains":
        assert cloud.http("PATCH", f"/identity/v3/domains/{item}", json={"domain": {"enabled": False}}).status_code == 200
    assert cloud.http("DELETE", f"/identity/v3/{path}/{item}").status_code == 204


def fresh():
    return f"Thing-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("path,key,attribute", KINDS)
def test_extra_attributes_are_kept(cloud, path, key, attribute):
    url = f"/identity/v3/{path}"
    made = cloud.http("POST", url, json={key: {"name": fresh(), attribute: "a", "nested": {"b": [1, None]}}})
    assert made.status_code == 201, made.text
    item = made.json()[key]["id"]
    assert made.json()[key][attribute] == "a" and made.json()[key]["nested"] == {"b": [1, None]}
    changed = cloud.http("PATCH", f"{url}/{item}", json={key: {attribute: "c"}}).json()[key]
    assert changed[attribute] == "c" and changed["nested"] == {"b": [1, None]}
    assert cloud.http("GET", f"{url}/{item}").json()[key][attribute] == "c"
    assert [each[attribute] for each in cloud.http("GET", url).json()[path] if each["id"] == item] == ["c"]
    remove(cloud, path, key, item)


@pytest.mark.parametrize("path,key,fields", CATALOG)
def test_extra_attributes_of_the_catalog_are_kept(cloud, path, key, fields):
    url = f"/identity/v3/{path}"
    if path == "endpoints":
        fields = {**fields, "service_id": cloud.http("GET", "/identity/v3/services").json()["services"][0]["id"]}
    item = cloud.http("POST", url, json={key: {**fields, "rack": "a"}}).json()[key]["id"]
    assert cloud.http("PATCH", f"{url}/{item}", json={key: {"row": 2}}).status_code == 200
    shown = cloud.http("GET", f"{url}/{item}").json()[key]
    assert (shown["rack"], shown["row"]) == ("a", 2)
    assert cloud.http("PATCH", f"{url}/{item}", json={key: {"rack": "x" * 40000}}).status_code == 400
    remove(cloud, path, key, item)


@pytest.mark.parametrize("path,key,attribute", KINDS)
def test_extra_attributes_are_bounded(cloud, path, key, attribute):
    url = f"/identity/v3/{path}"
    for extra in ({f"a{i}": 1 for i in range(65)}, {attribute: "x" * 33000}, {"n" * 256: 1}, {"": 1}):
        answer = cloud.http("POST", url, json={key: {"name": fresh(), **extra}})
        assert answer.status_code == 400 and key in answer.json()["error"]["message"]
    item = cloud.http("POST", url, json={key: {"name": fresh(), attribute: "x" * 30000}}).json()[key]["id"]
    assert cloud.http("PATCH", f"{url}/{item}", json={key: {"more": "x" * 3000}}).status_code == 400
    remove(cloud, path, key, item)


def test_a_password_is_never_kept_as_an_attribute(cloud):
    made = cloud.http("POST", "/identity/v3/users", json={"user": {"name": fresh(), "password": "very secret"}})
    user = made.json()["user"]
    assert "very secret" not in made.text and "password" not in user
    assert "very secret" not in cloud.http("GET", f"/identity/v3/users/{user['id']}").text
    remove(cloud, "users", "user", user["id"])


@pytest.mark.parametrize("path,key,attribute", KINDS)
def test_names_compare_without_case(cloud, path, key, attribute):
    url, name = f"/identity/v3/{path}", fresh() + "Ü"
    item = cloud.http("POST", url, json={key: {"name": name}}).json()[key]["id"]
    assert cloud.http("POST", url, json={key: {"name": name.lower()}}).status_code == 409
    found = cloud.http("GET", f"{url}?name={name.upper()}").json()[path]
    assert [(each["id"], each["name"]) for each in found] == [(item, name)]
    renamed = cloud.http("PATCH", f"{url}/{item}", json={key: {"name": name.lower()}})
    assert renamed.status_code == 200 and renamed.json()[key]["name"] == name.lower()
    remove(cloud, path, key, item)


def test_an_openrc_that_says_default(cloud):
    name = fresh()
    user = cloud.http("POST", "/identity/v3/users", json={"user": {"name": name, "password": "pw"}}).json()["user"]
    who = {"name": name.upper(), "domain": {"name": "default"}, "password": "pw"}
    answer = requests.post(f"{cloud.url}/identity/v3/auth/tokens", timeout=60, json={
        "auth": {"identity": {"methods": ["password"], "password": {"user": who}}}})
    assert answer.status_code == 201 and answer.json()["token"]["user"]["id"] == user["id"]
    remove(cloud, "users", "user", user["id"])


@pytest.mark.parametrize("path,key,attribute", KINDS)
def test_names_that_are_none_are_refused(cloud, path, key, attribute):
    url = f"/identity/v3/{path}"
    item = cloud.http("POST", url, json={key: {"name": fresh()}}).json()[key]["id"]
    for bad in ({"name": None}, {"name": "   "}, {"name": ""}, {"name": "\t\n"}):
        assert cloud.http("POST", url, json={key: bad}).status_code == 400, bad
        assert cloud.http("PATCH", f"{url}/{item}", json={key: bad}).status_code == 400, bad
    if path != "roles":
        assert cloud.http("PATCH", f"{url}/{item}", json={key: {"enabled": None}}).status_code == 400
    remove(cloud, path, key, item)


@pytest.mark.parametrize("path,key", [(path, key) for path, key, _ in KINDS] + [("services", "service"),
                                                                               ("regions", "region")])
def test_a_description_is_cleared_by_null(cloud, path, key):
    url = f"/identity/v3/{path}"
    fields = {"name": fresh(), "description": "d"} if path != "regions" else {"description": "d"}
    if path == "services":
        fields["type"] = "dns"
    item = cloud.http("POST", url, json={key: fields}).json()[key]["id"]
    assert cloud.http("PATCH", f"{url}/{item}", json={key: {"description": None}}).status_code == 200
    assert not cloud.http("GET", f"{url}/{item}").json()[key].get("description")
    remove(cloud, path, key, item)


def test_a_project_stays_where_it_is(cloud):
    """What can't be done is refused, not passed over."""
    url = "/identity/v3/projects"
    parent, child = (cloud.http("POST", url, json={"project": {"name": fresh()}}).json()["project"] for _ in range(2))
    answer = cloud.http("PATCH", f"{url}/{child['id']}", json={"project": {"parent_id": parent["id"]}})
    assert answer.status_code == 403
    same = cloud.http("PATCH", f"{url}/{child['id']}", json={"project": {"parent_id": child["parent_id"]}})
    assert same.status_code == 200
    for project in (parent, child):
        remove(cloud, "projects", "project", project["id"])
