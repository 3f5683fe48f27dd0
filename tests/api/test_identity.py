"""Keystone's API: tokens, users, projects, roles and the catalog, through the SDK, the client and plain HTTP."""
import time
import uuid

import pytest
import requests

DEFAULT = {"id": "default"}
TOKENS = "/identity/v3/auth/tokens"


def password_auth(user, password, scope=None):
    auth = {"identity": {"methods": ["password"],
                         "password": {"user": {"name": user, "domain": DEFAULT, "password": password}}}}
    if scope is not None:
        auth["scope"] = scope
    return {"auth": auth}


def issue(cloud, body):
    return requests.post(cloud.url + TOKENS, json=body, timeout=30)


@pytest.fixture
def member(cloud):
    """A user with the role member on a project of his own."""
    name = f"member-{uuid.uuid4().hex[:8]}"
    identity = cloud.conn.identity
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(name=name, password="first secret", domain_id="default",
                                default_project_id=project.id)
    role = identity.find_role("member")
    cloud.conn.grant_role(role.id, user=user.id, project=project.id)
    yield {"name": name, "password": "first secret", "user": user, "project": project,
           "token": cloud.login(name, "first secret", name)}
    identity.delete_user(user.id)
    identity.delete_project(project.id)


def test_version_documents(cloud):
    assert requests.get(cloud.url + "/", timeout=30).status_code == 300
    listed = requests.get(cloud.url + "/identity/", timeout=30)
    assert listed.status_code == 300
    assert listed.json()["versions"]["values"][0]["links"][0]["href"] == cloud.url + "/identity/v3/"
    for path in ("/identity/v3", "/identity/v3/"):
        shown = requests.get(cloud.url + path, timeout=30)
        assert shown.status_code == 200
        assert shown.json()["version"]["id"] == "v3.14"
        assert shown.json()["version"]["status"] == "stable"


def test_token_has_what_clients_read(cloud, member):
    answer = issue(cloud, password_auth(member["name"], member["password"]))
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token["project"]["id"] == member["project"].id
    assert token["user"]["id"] == member["user"].id
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert token["methods"] == ["password"] and len(token["audit_ids"]) == 1
    assert token["expires_at"] > token["issued_at"]
    types = {service["type"] for service in token["catalog"]}
    assert types == {"identity", "image", "volumev3", "block-storage", "compute", "network"}
    volume = next(service for service in token["catalog"] if service["type"] == "volumev3")
    assert volume["endpoints"][0]["url"] == f"{cloud.url}/volume/v3/{member['project'].id}"


def test_unscoped_token_has_no_catalog_and_lists_projects(cloud, member):
    answer = issue(cloud, password_auth(member["name"], member["password"], "unscoped"))
    token = answer.headers["X-Subject-Token"]
    assert "project" not in answer.json()["token"] and "catalog" not in answer.json()["token"]
    projects = cloud.http("GET", "/identity/v3/auth/projects", token=token).json()["projects"]
    assert [project["id"] for project in projects] == [member["project"].id]
    assert cloud.http("GET", "/identity/v3/auth/catalog", token=token).status_code == 403
    assert cloud.http("GET", "/image/v2/images", token=token).status_code == 403


def test_validate_and_revoke(cloud, member):
    subject = {"X-Subject-Token": member["token"]}
    shown = cloud.http("GET", TOKENS, headers=subject)
    assert shown.status_code == 200 and shown.headers["X-Subject-Token"] == member["token"]
    assert cloud.http("HEAD", TOKENS, headers=subject).status_code == 200
    assert cloud.http("DELETE", TOKENS, headers=subject).status_code == 204
    assert cloud.http("GET", TOKENS, headers=subject).status_code == 404
    assert cloud.http("GET", "/image/v2/images", token=member["token"]).status_code == 401


def test_failed_logins_look_alike(cloud, member):
    """Neither the text nor the time tells whether the user exists."""
    bodies, times = set(), {}
    for user in (member["name"], "nobody-at-all"):
        samples = []
        for _ in range(5):
            start = time.perf_counter()
            answer = issue(cloud, password_auth(user, "wrong"))
            samples.append(time.perf_counter() - start)
            assert answer.status_code == 401
            bodies.add(answer.text)
        times[user] = min(samples)
    assert len(bodies) == 1
    assert max(times.values()) < 5 * min(times.values())


def test_disabling_a_user_ends_his_tokens(cloud, member):
    cloud.conn.identity.update_user(member["user"].id, is_enabled=False)
    assert cloud.http("GET", "/image/v2/images", token=member["token"]).status_code == 401
    assert issue(cloud, password_auth(member["name"], member["password"])).status_code == 401
    cloud.conn.identity.update_user(member["user"].id, is_enabled=True)
    assert cloud.http("GET", "/image/v2/images", token=member["token"]).status_code == 401
    assert issue(cloud, password_auth(member["name"], member["password"])).status_code == 201


def test_user_changes_his_password(cloud, member):
    path = f"/identity/v3/users/{member['user'].id}/password"
    wrong = {"user": {"original_password": "no", "password": "second"}}
    assert cloud.http("POST", path, json=wrong, token=member["token"]).status_code == 401
    assert cloud.http("POST", path, json=wrong).status_code == 401
    assert cloud.http("POST", path, json=wrong, token="").status_code == 401
    assert cloud.http("POST", "/identity/v3/users/nobody/password", json=wrong, token="").status_code == 401
    right = {"user": {"original_password": member["password"], "password": "second"}}
    assert cloud.http("POST", path, json=right, token="").status_code == 204
    assert cloud.http("GET", "/image/v2/images", token=member["token"]).status_code == 401
    assert cloud.http("POST", path, json=right, token="").status_code == 401
    assert issue(cloud, password_auth(member["name"], member["password"])).status_code == 401
    assert issue(cloud, password_auth(member["name"], "second")).status_code == 201


def test_members_administer_nothing(cloud, member):
    for path in ("users", "projects", "roles", "domains", "services", "endpoints", "role_assignments"):
        answer = cloud.http("GET", f"/identity/v3/{path}", token=member["token"])
        assert answer.status_code == 403, path
        assert answer.json()["error"]["title"] == "Forbidden"
    for kind, id_ in (("users", member["user"].id), ("projects", member["project"].id)):
        assert cloud.http("GET", f"/identity/v3/{kind}/{id_}", token=member["token"]).status_code == 200
        assert cloud.http("DELETE", f"/identity/v3/{kind}/{id_}", token=member["token"]).status_code == 403
    grant = (f"/identity/v3/projects/{member['project'].id}/users/{member['user'].id}"
             f"/roles/{cloud.conn.identity.find_role('admin').id}")
    assert cloud.http("PUT", grant, token=member["token"]).status_code == 403


@pytest.mark.parametrize("body", [
    "", "{", "[]", "{}", '{"auth": 1}', '{"auth": {"identity": {"methods": "password"}}}',
    '{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin"}}}}}',
    "[" * 100 + "]" * 100,
])
def test_malformed_logins_are_refused(cloud, body):
    answer = requests.post(cloud.url + TOKENS, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


def test_oversized_login_is_refused(cloud):
    body = b'{"auth": "' + b"x" * (2 << 20) + b'"}'
    try:
        assert requests.post(cloud.url + TOKENS, data=body, timeout=30).status_code == 413
    except requests.ConnectionError:
        pass  # the server closed the connection before all was sent
    assert issue(cloud, password_auth("admin", "x" * 5000)).status_code == 400


def test_unknown_things_are_404(cloud):
    for kind in ("users", "projects", "roles", "domains", "services", "endpoints", "regions"):
        answer = cloud.http("GET", f"/identity/v3/{kind}/{uuid.uuid4()}")
        assert answer.status_code == 404, kind
        assert answer.json()["error"]["code"] == 404
    assert cloud.http("PUT", "/identity/v3/users").status_code == 405


def test_projects_domains_and_regions(cloud):
    identity = cloud.conn.identity
    domain = identity.create_domain(name=f"domain-{uuid.uuid4().hex[:8]}")
    project = identity.create_project(name="inner", domain_id=domain.id, tags=["b", "a"])
    assert project.domain_id == domain.id and project.parent_id == domain.id
    again = cloud.http("POST", "/identity/v3/projects", json={"project": {"name": "inner", "domain_id": domain.id}})
    assert again.status_code == 409
    assert [found.id for found in identity.projects(domain_id=domain.id)] == [project.id]
    assert cloud.http("DELETE", f"/identity/v3/domains/{domain.id}").status_code == 403
    identity.update_domain(domain.id, is_enabled=False)
    identity.delete_domain(domain.id)
    assert cloud.http("GET", f"/identity/v3/projects/{project.id}").status_code == 404
    region = identity.create_region(id=f"region-{uuid.uuid4().hex[:8]}", description="second")
    assert region.id in [found.id for found in identity.regions()]
    identity.delete_region(region.id)


def test_own_services_appear_in_the_catalog(cloud):
    identity = cloud.conn.identity
    service = identity.create_service(type="dns", name="designate")
    identity.create_endpoint(service_id=service.id, interface="public", url="http://dns/$(project_id)s",
                             region_id="RegionOne")
    answer = cloud.http("GET", "/identity/v3/auth/catalog").json()["catalog"]
    entry = next(item for item in answer if item["type"] == "dns")
    assert entry["endpoints"][0]["url"].startswith("http://dns/") and "$" not in entry["endpoints"][0]["url"]
    identity.delete_service(service.id)
    types = [item["type"] for item in cloud.http("GET", "/identity/v3/auth/catalog").json()["catalog"]]
    assert "dns" not in types
    built_in = next(iter(identity.services(type="compute")))
    assert cloud.http("DELETE", f"/identity/v3/services/{built_in.id}").status_code == 403


def test_client_commands(cloud):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    project = cloud.openstack("project", "create", name, "--description", "made by the client")
    user = cloud.openstack("user", "create", name, "--password", "pw", "--project", name, "--email", "a@b.c")
    assert user["email"] == "a@b.c"
    cloud.openstack("role", "add", "--user", name, "--project", name, "member", parse=False)
    assignments = cloud.openstack("role", "assignment", "list", "--user", name, "--names")
    assert [(entry["Role"], entry["Project"]) for entry in assignments] == [("member", f"{name}@Default")]
    own = {"OS_USERNAME": name, "OS_PASSWORD": "pw", "OS_PROJECT_NAME": name}
    assert cloud.openstack("token", "issue", variables=own)["project_id"] == project["id"]
    names = {service["Name"] for service in cloud.openstack("catalog", "list", variables=own)}
    assert {"keystone", "glance", "nova", "neutron", "cinder", "cinderv3"} <= names
    assert name in [entry["Name"] for entry in cloud.openstack("user", "list")]
    assert [entry["Name"] for entry in cloud.openstack("project", "list", variables=own)] == [name]
    cloud.openstack("user", "set", "--password", "other", name, parse=False)
    assert issue(cloud, password_auth(name, "pw")).status_code == 401
    cloud.openstack("role", "remove", "--user", name, "--project", name, "member", parse=False)
    cloud.openstack("user", "delete", name, parse=False)
    cloud.openstack("project", "delete", name, parse=False)
    assert name not in [entry["Name"] for entry in cloud.openstack("project", "list")]


def test_own_domain_is_shown(cloud, member):
    assert cloud.http("GET", "/identity/v3/domains/default", token=member["token"]).json()["domain"]["id"] == "default"
    assert cloud.http("GET", "/identity/v3/domains/elsewhere", token=member["token"]).status_code == 403


def test_region_with_an_id_of_the_client(cloud):
    path = "/identity/v3/regions/elsewhere"
    assert cloud.http("PUT", path, json={"region": {"id": "other"}}).status_code == 400
    assert cloud.http("PUT", path, json={"region": {"description": "d"}}).json()["region"]["id"] == "elsewhere"
    assert cloud.http("PUT", path, json={"region": {}}).status_code == 409
    assert cloud.http("DELETE", path).status_code == 204


def test_endpoint_enabled_is_a_boolean(cloud):
    service = cloud.http("POST", "/identity/v3/services", json={"service": {"type": "dns"}}).json()["service"]["id"]
    body = {"service_id": service, "interface": "public", "url": "http://x"}
    for bad in ("True", "False", 1, None):
        answer = cloud.http("POST", "/identity/v3/endpoints", json={"endpoint": {**body, "enabled": bad}})
        assert answer.status_code == 400 and "enabled" in answer.text
    assert cloud.http("DELETE", f"/identity/v3/services/{service}").status_code == 204
