"""What tokens for domains, for the system, for the projects of administrators and of services are good for."""

import pytest
import requests

from harness.accounts import PASSWORD, Accounts
from harness.cloud import Cloud, wait_for
from harness.volumes import NOWHERE, call

DEFAULT_ROLES = {"admin", "manager", "member", "reader", "service"}


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


def named(cloud, plural, name):
    return cloud.http("GET", f"/identity/v3/{plural}?name={name}").json()[plural][0]["id"]


def status(cloud, token, method, path, body=None):
    return cloud.http(method, path, json=body, token=token).status_code


def identity(cloud, token, method, path, body=None):
    return status(cloud, token, method, "/identity/v3" + path, body)


# ---- roles


def test_default_roles_stay(cloud, accounts):
    assert DEFAULT_ROLES <= set(accounts.role_ids)
    for name in DEFAULT_ROLES:
        path = f"/identity/v3/roles/{accounts.role_ids[name]}"
        assert cloud.http("DELETE", path).status_code == 403
        assert cloud.http("PATCH", path, json={"role": {"name": "other"}}).status_code == 400


def test_a_database_without_manager_gets_it():
    """One of an earlier version."""
    old = Cloud().start()
    try:
        roles = {role["name"]: role["id"] for role in old.http("GET", "/identity/v3/roles").json()["roles"]}
        old.stop_half("control")
        old.database.rows(f"DELETE FROM roles WHERE id = '{roles['manager']}'")
        old.start_half("control")
        old.wait_ready()
        assert DEFAULT_ROLES <= {role["name"] for role in old.http("GET", "/identity/v3/roles").json()["roles"]}
    finally:
        old.close()


def test_a_token_lists_the_roles_that_come_with_its_own(cloud, accounts):
    _, token = accounts.of_project(accounts.project(), "manager")
    shown = cloud.http("GET", "/identity/v3/auth/tokens", token=token, headers={"X-Subject-Token": token}).json()["token"]
    assert [role["name"] for role in shown["roles"]] == ["manager", "member", "reader"]


def test_which_role_comes_with_which(cloud, accounts):
    listed = cloud.http("GET", "/identity/v3/role_inferences").json()["role_inferences"]
    pairs = {entry["prior_role"]["name"]: [role["name"] for role in entry["implies"]] for entry in listed}
    assert pairs == {"admin": ["manager"], "manager": ["member"], "member": ["reader"]}
    shown = cloud.http("GET", f"/identity/v3/roles/{accounts.role('reader')}/implies").json()["role_inference"]
    assert shown["prior_role"]["name"] == "reader" and shown["implies"] == []


# ---- administrators


def test_an_administrator_of_a_project_is_its_manager(cloud, accounts):
    project = accounts.project()
    _, token = accounts.of_project(project, "admin")
    made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]
    assert "os-vol-host-attr:host" not in made
    wait_for(lambda: call(cloud, "GET", f"/volumes/{made['id']}", token=token).json()["volume"]["status"] == "available", 60, "made")
    assert call(cloud, "GET", "/os-services", token=token).status_code == 403
    assert call(cloud, "GET", "/volumes?all_tenants=1", token=token).json()["volumes"][0]["id"] == made["id"]
    assert cloud.http("GET", "/compute/v2.1/servers?all_tenants=1", token=token).status_code == 403
    assert identity(cloud, token, "GET", "/users") == 403
    call(cloud, "DELETE", f"/volumes/{made['id']}", token=token, expect=202)
    wait_for(lambda: call(cloud, "GET", f"/volumes/{made['id']}").status_code == 404, 60, "gone")


def test_the_setting_brings_the_former_administrators_back():
    other = Cloud(settings={"identity.admin_of_any_project": "true"}).start()
    accounts = None
    try:
        accounts = Accounts(other)
        _, token = accounts.of_project(accounts.project(), "admin")
        assert identity(other, token, "GET", "/users") == 200
        assert other.http("GET", "/compute/v2.1/os-hypervisors", token=token).status_code == 200
        domain = accounts.domain()
        _, of_domain = accounts.of_domain(domain, "admin")
        user, project = accounts.user(domain), accounts.project(domain)
        grant = f"/projects/{project}/users/{user}/roles/"
        assert identity(other, of_domain, "PUT", grant + accounts.role("member")) == 204
        assert identity(other, of_domain, "PUT", grant + accounts.role("admin")) == 403  # it would be the cloud's
    finally:
        if accounts:
            accounts.close()
        other.close()


# ---- the system


def test_system_administrator_and_reader(cloud, accounts):
    _, admin = accounts.of_system("admin")
    user, reader = accounts.of_system("reader")
    shown = cloud.http("GET", "/identity/v3/auth/tokens", token=reader, headers={"X-Subject-Token": reader}).json()["token"]
    assert shown["system"] == {"all": True} and [role["name"] for role in shown["roles"]] == ["reader"]
    assert identity(cloud, reader, "GET", "/auth/system") == 200
    for token in (admin, reader):
        assert identity(cloud, token, "GET", "/users") == 200
        assert identity(cloud, token, "GET", "/services") == 200
        assert status(cloud, token, "GET", "/compute/v2.1/servers") == 403  # that needs a project
    body = {"domain": {"name": "of-the-system", "enabled": False}}
    assert identity(cloud, reader, "POST", "/domains", body) == 403
    made = cloud.http("POST", "/identity/v3/domains", json=body, token=admin)
    assert made.status_code == 201
    assert identity(cloud, admin, "DELETE", f"/domains/{made.json()['domain']['id']}") == 204
    assignments = cloud.http("GET", f"/identity/v3/role_assignments?scope.system=all&user.id={user}").json()["role_assignments"]
    assert [entry["scope"] for entry in assignments] == [{"system": {"all": True}}]
    role = f"/system/users/{user}/roles/{accounts.role('reader')}"
    assert identity(cloud, None, "HEAD", role) == 204
    assert identity(cloud, None, "DELETE", role) == 204
    assert identity(cloud, reader, "GET", "/users") == 401  # what was given is gone at once
    assert identity(cloud, None, "GET", role) == 404


def test_a_role_on_the_system_that_was_taken_ends_its_tokens_for_good(cloud, accounts):
    user, token = accounts.of_system("reader")
    role = f"/system/users/{user}/roles/{accounts.role('reader')}"
    assert identity(cloud, token, "GET", "/auth/system") == 200
    accounts.call("DELETE", role)
    assert identity(cloud, token, "GET", "/auth/system") == 401
    accounts.grant(user, "system", "reader")
    assert identity(cloud, token, "GET", "/auth/system") == 401


def test_no_role_on_the_system_no_token(cloud, accounts):
    user = accounts.user()
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": user, "password": PASSWORD}}},
                     "scope": {"system": {"all": True}}}}
    assert requests.post(f"{cloud.url}/identity/v3/auth/tokens", json=body, timeout=30).status_code == 401
    body["auth"]["scope"] = {"system": {}}
    assert requests.post(f"{cloud.url}/identity/v3/auth/tokens", json=body, timeout=30).status_code == 400


# ---- domains


@pytest.fixture
def domain(accounts):
    return accounts.domain()


@pytest.fixture
def manages(accounts, domain):
    return accounts.of_domain(domain, "admin")[1]


def test_an_administrator_of_a_domain_manages_it(cloud, accounts, domain, manages):
    def post(plural, one, **fields):
        answer = cloud.http("POST", f"/identity/v3/{plural}", json={one: {"domain_id": domain, **fields}}, token=manages)
        assert answer.status_code == 201, answer.text
        return answer.json()[one]["id"]
    user, project = post("users", "user", name="u", password=PASSWORD), post("projects", "project", name="p")
    grant = f"/projects/{project}/users/{user}/roles/"
    for role in ("reader", "member", "manager", "admin"):
        assert identity(cloud, manages, "PUT", grant + accounts.role(role)) == 204
    assert identity(cloud, manages, "GET", grant[:-1]) == 200
    assert identity(cloud, manages, "DELETE", grant + accounts.role("admin")) == 204
    listed = cloud.http("GET", "/identity/v3/users", token=manages).json()["users"]
    assert {entry["domain_id"] for entry in listed} == {domain} and user in {entry["id"] for entry in listed}
    assert {p["id"] for p in cloud.http("GET", "/identity/v3/projects", token=manages).json()["projects"]} == {project}
    seen = cloud.http("GET", "/identity/v3/role_assignments", token=manages).json()["role_assignments"]
    assert {next(iter(entry["scope"].values()))["id"] for entry in seen} == {project, domain}
    assert identity(cloud, manages, "PATCH", f"/users/{user}", {"user": {"password": "another long one 8"}}) == 200
    assert identity(cloud, manages, "DELETE", f"/users/{user}") == 204
    assert identity(cloud, manages, "DELETE", f"/projects/{project}") == 204


def test_and_nothing_else(cloud, accounts, domain, manages):
    stranger, elsewhere = accounts.user(), accounts.project()
    own_user, own_project = accounts.user(domain), accounts.project(domain)
    member, service = accounts.role("member"), accounts.role("service")
    refused = [
        ("POST", "/users", {"user": {"name": "x", "domain_id": "default"}}),
        ("POST", "/users", {"user": {"name": "x"}}),
        ("POST", "/projects", {"project": {"name": "x", "domain_id": "default"}}),
        ("POST", "/projects", {"project": {"name": "x", "parent_id": elsewhere}}),
        ("GET", f"/users/{stranger}", None),
        ("PATCH", f"/users/{stranger}", {"user": {"password": "another long one 8"}}),
        ("DELETE", f"/users/{stranger}", None),
        ("PATCH", f"/projects/{elsewhere}", {"project": {"name": "mine"}}),
        ("DELETE", f"/projects/{elsewhere}", None),
        ("PUT", f"/projects/{elsewhere}/users/{own_user}/roles/{member}", None),
        ("PUT", f"/projects/{own_project}/users/{stranger}/roles/{member}", None),
        ("PUT", f"/domains/default/users/{own_user}/roles/{member}", None),
        ("PUT", f"/projects/{own_project}/users/{own_user}/roles/{service}", None),
        ("PUT", f"/system/users/{own_user}/roles/{member}", None),
        ("GET", f"/system/users/{own_user}/roles", None),
        ("PATCH", f"/domains/{domain}", {"domain": {"name": "mine"}}),
        ("POST", "/domains", {"domain": {"name": "x"}}),
        ("POST", "/roles", {"role": {"name": "x"}}),
        ("GET", f"/users/{NOWHERE}", None),  # as a foreign one
    ]
    for method, path, body in refused:
        assert identity(cloud, manages, method, path, body) == 403, (method, path)
    assert status(cloud, manages, "GET", "/compute/v2.1/servers") == 403


def test_an_administrator_of_the_default_domain_is_not_the_cloud_s(cloud, accounts):
    """The users and projects that are the cloud are in that domain."""
    user, token = accounts.of_domain("default", "admin")
    admin = named(cloud, "users", "admin")
    roles = {name: accounts.role(name) for name in ("admin", "member")}
    refused = [("PATCH", f"/users/{admin}", {"user": {"password": "another long one 8"}}),
               ("DELETE", f"/users/{admin}", None)]
    for name in ("admin", "service"):
        project = named(cloud, "projects", name)
        refused += [("PUT", f"/projects/{project}/users/{user}/roles/{roles['admin']}", None),
                    ("PUT", f"/projects/{project}/users/{user}/roles/{roles['member']}", None),
                    ("DELETE", f"/projects/{project}/users/{admin}/roles/{roles['admin']}", None),
                    ("PATCH", f"/projects/{project}", {"project": {"name": "gone"}}),
                    ("DELETE", f"/projects/{project}", None)]
    ordinary = accounts.project()
    refused.append(("PUT", f"/system/users/{user}/roles/{roles['admin']}", None))
    for method, path, body in refused:
        assert identity(cloud, token, method, path, body) == 403, (method, path)
    assert identity(cloud, token, "PATCH", f"/projects/{ordinary}", {"project": {"description": "mine"}}) == 200


# ---- services


def test_a_service_reaches_what_services_need_only(cloud, accounts, volumes):
    """Even when it is a member of its project besides."""
    volume = volumes(size=1)
    project = named(cloud, "projects", "service")
    _, token = accounts.of_project(project, "service", "member")
    assert call(cloud, "GET", f"/volumes/{volume}", token=token).status_code == 200
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume}}, token=token, expect=200).json()
    call(cloud, "DELETE", f"/attachments/{made['attachment']['id']}", token=token, expect=200)
    for method, path, body in (("DELETE", f"/volumes/{volume}", None), ("PUT", f"/volumes/{volume}", {"volume": {"name": "x"}}),
                               ("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}),
                               ("POST", "/snapshots", {"snapshot": {"volume_id": volume}})):
        assert call(cloud, method, path, body, token=token).status_code == 404, (method, path)


# ---- what members don't see


def test_members_see_no_hosts_and_no_paths(cloud, accounts):
    project = accounts.project()
    _, token = accounts.of_project(project, "manager")
    connector = {"host": "host-1", "mountpoint": "/dev/vdb"}
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]["id"]
    wait_for(lambda: call(cloud, "GET", f"/volumes/{volume}").json()["volume"]["status"] == "available", 60, "made")
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "connector": connector}}, token=token,
                expect=200).json()["attachment"]
    path = f"/attachments/{made['id']}"
    assert "path" in call(cloud, "GET", path).json()["attachment"]["connection_info"]["data"]
    texts = [made, *(call(cloud, "GET", where, token=token, expect=200).json() for where in (
        path, "/attachments/detail", f"/volumes/{volume}", "/volumes/detail"))]
    info = call(cloud, "POST", f"/volumes/{volume}/action", {"os-initialize_connection": {"connector": connector}}, token=token)
    texts += [info.json(), cloud.http("GET", f"/virga/v1/trace/{volume}", token=token).json()]
    for text in map(str, texts):
        assert "host-1" not in text.replace("hostId", "") and str(cloud.state) not in text and "/volume-" not in text, text
    call(cloud, "DELETE", path, token=token, expect=200)
    call(cloud, "DELETE", f"/volumes/{volume}", token=token, expect=202)
    wait_for(lambda: call(cloud, "GET", f"/volumes/{volume}").status_code == 404, 60, "gone")


def test_members_see_no_paths_in_what_a_host_refuses(cloud, accounts):
    """Whatever its class: here NotFound, of an answer that is made later. Administrators read which file it is."""
    project = accounts.project()
    _, token = accounts.of_project(project, "manager")
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]["id"]
    wait_for(lambda: call(cloud, "GET", f"/volumes/{volume}").json()["volume"]["status"] == "available", 60, "made")
    (file,) = (path for path in cloud.state.rglob(f"volume-{volume}") if path.is_file())
    aside = file.with_name(f"{file.name}.aside")
    file.rename(aside)
    try:
        body = {"os-initialize_connection": {"connector": {"host": "host-1"}}}
        seen = [cloud.http("POST", f"/volume/v3/volumes/{volume}/action", json=body, token=by) for by in (token, None)]
    finally:
        aside.rename(file)
    assert [answer.status_code for answer in seen] == [404, 404]
    assert "Something on the host" in seen[0].text
    assert str(cloud.state) not in seen[0].text and "/volume-" not in seen[0].text
    assert str(file) in seen[1].text
    call(cloud, "DELETE", f"/volumes/{volume}", token=token, expect=202)
    wait_for(lambda: call(cloud, "GET", f"/volumes/{volume}").status_code == 404, 60, "gone")


def test_members_see_no_inside_of_a_failure(cloud, accounts):
    """A server that no host can take: who owns it learns that, the administrator why."""
    flavor = cloud.http("POST", "/compute/v2.1/flavors", json={
        "flavor": {"name": "too-large", "ram": 64, "disk": 1, "vcpus": 2147483647}}).json()["flavor"]["id"]
    _, token = accounts.of_project(accounts.project(), "member")
    headers = {"OpenStack-API-Version": "compute 2.93"}
    image = cloud.http("POST", "/image/v2/images", token=token, json={
        "name": "i", "disk_format": "raw", "container_format": "bare"}).json()["id"]
    cloud.http("PUT", f"/image/v2/images/{image}/file", data=bytes(65536), token=token,
               headers={"Content-Type": "application/octet-stream"})
    project = cloud.http("GET", "/identity/v3/auth/projects", token=token).json()["projects"][0]["id"]
    assert cloud.http("PUT", f"/compute/v2.1/os-quota-sets/{project}", json={"quota_set": {"cores": -1}}).status_code == 200
    made = cloud.http("POST", "/compute/v2.1/servers", token=token, headers=headers, json={"server": {
        "name": "s", "flavorRef": flavor, "imageRef": image, "networks": "none"}})
    assert made.status_code == 202, made.text
    server = made.json()["server"]["id"]
    where = f"/compute/v2.1/servers/{server}"
    wait_for(lambda: cloud.http("GET", where).json()["server"]["status"] == "ERROR", 60, "server failed")

    def seen(by):
        request = made.headers["x-openstack-request-id"]
        return [cloud.http("GET", path, token=by, headers=headers).json() for path in (
            where, f"{where}/os-instance-actions/{request}", f"{where}/virga-trace", f"/virga/v1/trace/{server}")]
    mine, whole = map(str, seen(token)), map(str, seen(None))
    for text in mine:
        assert "host-1" not in text and "refused" not in text and "traceback" not in text, text
    assert any("host-1" in text for text in whole)
    assert cloud.http("DELETE", where, token=token).status_code == 204
    wait_for(lambda: cloud.http("GET", where).status_code == 404, 60, "gone")
    cloud.http("DELETE", f"/image/v2/images/{image}", token=token)
    cloud.http("DELETE", f"/compute/v2.1/flavors/{flavor}")


def test_members_can_t_find_a_host_by_filter_or_order(cloud, accounts):
    _, token = accounts.of_project(accounts.project(), "manager")
    for path in ("/network/v2.0/ports?binding:host_id=host-1", "/network/v2.0/ports?sort_key=binding:host_id&sort_dir=asc",
                 "/volume/v3/volumes?sort=host:asc", "/compute/v2.1/servers?sort_key=host"):
        assert cloud.http("GET", path, token=token).status_code == 403, path
        assert cloud.http("GET", path).status_code == 200, path
