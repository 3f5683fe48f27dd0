"""Tokens end with what they stand for, and with the token that they were made from."""
import uuid

import pytest
import requests

TOKENS = "/identity/v3/auth/tokens"


def issue(cloud, identity, scope=None):
    body = {"auth": {"identity": identity}}
    if scope is not None:
        body["auth"]["scope"] = scope
    answer = requests.post(cloud.url + TOKENS, json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"], answer.json()["token"]


def by_token(cloud, token, scope=None):
    return issue(cloud, {"methods": ["token"], "token": {"id": token}}, scope)


def is_valid(cloud, token):
    return cloud.http("GET", "/identity/v3/auth/projects", token=token).status_code == 200


def post(cloud, path, key, fields):
    answer = cloud.http("POST", f"/identity/v3/{path}", json={key: fields})
    assert answer.status_code == 201, answer.text
    return answer.json()[key]


def patch(cloud, path, key, **fields):
    assert cloud.http("PATCH", f"/identity/v3/{path}", json={key: fields}).status_code == 200


@pytest.fixture
def member(cloud):
    """A user in a domain of his own, with roles on a project there."""
    name = f"holder-{uuid.uuid4().hex[:8]}"
    domain = post(cloud, "domains", "domain", {"name": name})["id"]
    project = post(cloud, "projects", "project", {"name": name, "domain_id": domain})["id"]
    user = post(cloud, "users", "user", {"name": name, "domain_id": domain, "password": "secret"})["id"]
    roles = {role["name"]: role["id"] for role in cloud.http("GET", "/identity/v3/roles").json()["roles"]}
    grants = {kind: f"/identity/v3/projects/{project}/users/{user}/roles/{roles[kind]}" for kind in ("member", "reader")}
    for path in grants.values():
        assert cloud.http("PUT", path).status_code == 204

    def login():
        return issue(cloud, {"methods": ["password"], "password": {"user": {"id": user, "password": "secret"}}},
                     {"project": {"id": project}})
    yield {"user": user, "project": project, "domain": domain, "grants": grants, "login": login}
    patch(cloud, f"domains/{domain}", "domain", enabled=False)
    assert cloud.http("DELETE", f"/identity/v3/domains/{domain}").status_code == 204


def test_a_revoked_token_takes_its_children_along(cloud, member):
    parent, shown = member["login"]()
    child, of_child = by_token(cloud, parent)
    grandchild, of_grandchild = by_token(cloud, child, {"project": {"id": member["project"]}})
    other, _ = member["login"]()
    assert of_child["audit_ids"][-1] == of_grandchild["audit_ids"][-1] == shown["audit_ids"][0]
    assert shown["expires_at"] == of_child["expires_at"] == of_grandchild["expires_at"]
    assert cloud.http("DELETE", TOKENS, headers={"X-Subject-Token": child}).status_code == 204
    assert [is_valid(cloud, token) for token in (parent, child, grandchild, other)] == [True, False, False, True]
    second, _ = by_token(cloud, parent)
    assert cloud.http("DELETE", TOKENS, headers={"X-Subject-Token": parent}).status_code == 204
    assert [is_valid(cloud, token) for token in (parent, second, other)] == [False, False, True]


@pytest.mark.parametrize("event", ["password", "own password", "user", "project", "domain", "role", "another role"])
def test_what_a_token_stands_for_ends_it_for_good(cloud, member, event):
    """At once, and it stays ended when what was taken away is given back."""
    token, _ = member["login"]()
    child, _ = by_token(cloud, token, {"project": {"id": member["project"]}})
    user, project, domain = (f"{kind}s/{member[kind]}" for kind in ("user", "project", "domain"))
    if event == "password":
        patch(cloud, user, "user", password="secret")
    elif event == "own password":
        body = {"user": {"original_password": "secret", "password": "secret"}}
        assert cloud.http("POST", f"/identity/v3/{user}/password", json=body).status_code == 204
    elif event in ("user", "project", "domain"):
        path = {"user": user, "project": project, "domain": domain}[event]
        patch(cloud, path, event, enabled=False)
        assert not is_valid(cloud, token) and not is_valid(cloud, child)
        patch(cloud, path, event, enabled=True)
    else:
        path = member["grants"]["member" if event == "role" else "reader"]
        assert cloud.http("DELETE", path).status_code == 204
        assert not is_valid(cloud, token) and not is_valid(cloud, child)
        assert cloud.http("PUT", path).status_code == 204
    assert not is_valid(cloud, token) and not is_valid(cloud, child)
    assert is_valid(cloud, member["login"]()[0])


def test_a_deleted_role_ends_the_tokens_that_have_it(cloud, member):
    role = post(cloud, "roles", "role", {"name": f"role-{uuid.uuid4().hex[:8]}"})["id"]
    grant = f"/identity/v3/projects/{member['project']}/users/{member['user']}/roles/{role}"
    assert cloud.http("PUT", grant).status_code == 204
    token, _ = member["login"]()
    assert cloud.http("DELETE", f"/identity/v3/roles/{role}").status_code == 204
    assert not is_valid(cloud, token)
