"""What a client gives to users, projects, domains and roles is kept, and their names compare as in Keystone."""
import uuid

import pytest
import requests

KINDS = [("users", "user", "phone"), ("projects", "project", "cost_center"), ("domains", "domain", "owner_mail"),
         ("roles", "role", "since")]


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
