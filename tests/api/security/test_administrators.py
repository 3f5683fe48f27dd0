"""Who has the machine gets the cloud back, and nobody else can take it away from its administrators."""
import sqlite3

import pytest

from harness.cloud import Cloud


@pytest.fixture(scope="module")
def own():
    running = Cloud().start()
    yield running
    running.close()


def restart(cloud, change):
    """Changes what is on disk while control is down."""
    cloud.stop_half("control")
    change(cloud.state / "control")
    cloud.forget_logins()
    cloud.start_half("control")
    cloud.wait_ready()


def administers(cloud):
    return cloud.http("GET", "/identity/v3/users").status_code == 200


def test_the_administrators_project_stays(cloud):
    projects = cloud.http("GET", "/identity/v3/projects?name=admin").json()["projects"]
    path = f"/identity/v3/projects/{projects[0]['id']}"
    for answer in (cloud.http("PATCH", path, json={"project": {"name": "other"}}),
                   cloud.http("PATCH", path, json={"project": {"enabled": False}}), cloud.http("DELETE", path)):
        assert answer.status_code == 403 and "identity.admin_project" in answer.text
    assert administers(cloud)


def test_the_last_administrator_stays(own):
    user = own.http("GET", "/identity/v3/users?name=admin").json()["users"][0]["id"]
    for answer in (own.http("PATCH", f"/identity/v3/users/{user}", json={"user": {"enabled": False}}),
                   own.http("DELETE", f"/identity/v3/users/{user}")):
        assert answer.status_code == 409 and "identity.admin_project" in answer.text
    assert administers(own)


@pytest.mark.parametrize("harm", ["UPDATE projects SET enabled = 0", "DELETE FROM projects WHERE name = 'admin'",
                                  "DELETE FROM role_assignments", "UPDATE users SET enabled = 0"])
def test_a_start_mends_an_old_database(own, harm):
    def change(folder):
        database = sqlite3.connect(folder / "virga.db")
        with database:
            database.execute(harm)
        database.close()
    restart(own, change)
    assert administers(own)


def test_without_the_file_of_credentials_a_start_makes_new_ones(own):
    before = own.openrc()["OS_PASSWORD"]
    restart(own, lambda folder: (folder / "openrc").unlink())
    assert own.openrc()["OS_PASSWORD"] != before
    assert administers(own)
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "admin", "domain": {"id": "default"}, "password": before}}}}}
    assert own.http("POST", "/identity/v3/auth/tokens", json=body).status_code == 401


def test_the_file_names_the_project_of_the_setting(own):
    own.settings["identity.admin_project"] = "operators"
    restart(own, lambda folder: None)
    assert own.openrc()["OS_PROJECT_NAME"] == "operators"
    assert administers(own)
