"""Lists that are put together from many rows at once show for each line what is asked for it alone."""
import pytest

from harness.accounts import Accounts

V3 = "/identity/v3"


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


def named(cloud, plural, one, made):
    return cloud.http("GET", f"{V3}/{plural}/{made}").json()[one]["name"]


def test_role_assignments_with_names(cloud, accounts):
    domain = accounts.domain()
    project, user, role = accounts.project(domain), accounts.user(domain), accounts.role_ids["member"]
    for target in (f"/projects/{project}", f"/domains/{domain}", "/system"):
        assert cloud.http("PUT", f"{V3}{target}/users/{user}/roles/{role}").status_code == 204
    by_id = cloud.http("GET", f"{V3}/role_assignments?user.id={user}").json()["role_assignments"]
    with_names = cloud.http("GET", f"{V3}/role_assignments?user.id={user}&include_names").json()["role_assignments"]
    place = {"id": domain, "name": named(cloud, "domains", "domain", domain)}
    assert all(one["user"] == {"id": user} and one["role"] == {"id": role} for one in by_id)
    for one in with_names:
        assert one["user"] == {"id": user, "name": named(cloud, "users", "user", user), "domain": place}
        assert one["role"] == {"id": role, "name": "member"}
    scopes = {kind: scope for one in with_names for kind, scope in one["scope"].items()}
    assert scopes == {"system": {"all": True}, "domain": place,
                      "project": {"id": project, "name": named(cloud, "projects", "project", project), "domain": place}}
    every = cloud.http("GET", f"{V3}/role_assignments?include_names").json()["role_assignments"]
    assert all(one in every for one in with_names)
    assert cloud.http("DELETE", f"{V3}/system/users/{user}/roles/{role}").status_code == 204


def test_own_domains(cloud, accounts):
    own, disabled, foreign = (accounts.domain() for _ in range(3))
    user, role = accounts.user(own), accounts.role_ids["member"]
    for domain in (own, disabled):
        assert cloud.http("PUT", f"{V3}/domains/{domain}/users/{user}/roles/{role}").status_code == 204
    assert cloud.http("PATCH", f"{V3}/domains/{disabled}", json={"domain": {"enabled": False}}).status_code == 200
    token = accounts.token(user, "unscoped")
    shown = cloud.http("GET", f"{V3}/auth/domains", token=token).json()["domains"]
    assert [domain["id"] for domain in shown] == [own] and foreign not in str(shown)


def test_quotas_of_all_projects(cloud, accounts):
    path = "/network/v2.0/quotas"
    projects = [accounts.project() for _ in range(2)]
    for bound, project in enumerate(projects):
        assert cloud.http("PUT", f"{path}/{project}", json={"quota": {"port": 7 + bound}}).status_code == 200
    listed = {quota.pop("project_id"): quota for quota in cloud.http("GET", path).json()["quotas"]}
    for bound, project in enumerate(projects):
        assert listed[project].pop("tenant_id") == project and listed[project]["port"] == 7 + bound
        assert listed[project] == cloud.http("GET", f"{path}/{project}").json()["quota"]
        assert cloud.http("DELETE", f"{path}/{project}").status_code == 204
    assert not set(projects) & {quota["project_id"] for quota in cloud.http("GET", path).json()["quotas"]}
