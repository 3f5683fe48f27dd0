"""A body means one thing to everybody who reads it: no name twice in an object, and JSON only where it is said to be."""
import json

import pytest

NOWHERE = "11111111-2222-3333-4444-555555555555"
ROUTES = [
    ("POST", "/identity/v3/auth/tokens"), ("POST", "/identity/v3/projects"), ("PATCH", "/identity/v3/users/" + NOWHERE),
    ("POST", "/compute/v2.1/servers"), ("POST", "/compute/v2.1/os-keypairs"),
    ("POST", "/volume/v3/volumes"), ("POST", "/volume/v3/types"),
    ("POST", "/image/v2/images"), ("POST", "/network/v2.0/networks"), ("POST", "/network/v2.0/ports"),
]
FOREIGN = ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]


def send(cloud, method, path, body, kind="application/json"):
    return cloud.http(method, path, data=body, headers={"Content-Type": kind})


@pytest.mark.parametrize("method, path", ROUTES)
def test_names_twice(cloud, method, path):
    for body in ('{"twin": {"a": 1}, "twin": {"a": 2}}', '{"a": {"b": [{"twin": 1, "tw\\u0069n": 2}]}}'):
        answer = send(cloud, method, path, body)
        assert answer.status_code == 400, answer.text
        assert "twin" in answer.text and "twice" in answer.text, answer.text


def test_names_twice_in_actions_and_patches(cloud):
    server = send(cloud, "POST", f"/compute/v2.1/servers/{NOWHERE}/action", '{"reboot": {"type": "SOFT", "type": "HARD"}}')
    volume = send(cloud, "POST", f"/volume/v3/volumes/{NOWHERE}/action", '{"os-extend": {"new_size": 1, "new_size": 2}}')
    for answer in (server, volume):
        assert answer.status_code == 400 and "twice" in answer.text, answer.text
    image = cloud.http("POST", "/image/v2/images", json={"name": "twice"}).json()["id"]
    steps = '[{"op": "replace", "path": "/name", "value": "a", "value": "b"}]'
    answer = send(cloud, "PATCH", f"/image/v2/images/{image}", steps, "application/openstack-images-v2.1-json-patch")
    assert answer.status_code == 400 and "twice" in answer.text, answer.text
    assert cloud.http("GET", f"/image/v2/images/{image}").json()["name"] == "twice"
    assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("method, path", ROUTES)
def test_foreign_types(cloud, method, path, kind):
    answer = send(cloud, method, path, json.dumps({"a": {}}), kind)
    assert answer.status_code == 415, f"{answer.status_code} {answer.text}"
    assert "application/json" in answer.text


def test_types_that_clients_send(cloud):
    for number, headers in enumerate(({"Content-Type": "application/json"}, {"Content-Type": "application/json; charset=UTF-8"},
                                      {"Content-Type": None})):
        made = cloud.http("POST", "/volume/v3/types", data=json.dumps({"volume_type": {"name": f"said {number}"}}),
                          headers=headers)
        assert made.status_code == 200, made.text
        made = made.json()["volume_type"]["id"]
        assert cloud.http("DELETE", f"/volume/v3/types/{made}").status_code == 202
