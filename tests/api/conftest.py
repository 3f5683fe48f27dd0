"""One cloud with the fake hypervisor for the tests of a worker."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import Cloud  # noqa: E402
from harness.volumes import call, gone, settled  # noqa: E402


@pytest.fixture(scope="session")
def cloud():
    running = Cloud().start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def healthy(cloud):
    """No test may leave a difference between the database and reality."""
    yield
    assert cloud.differences() == []


@pytest.fixture
def volumes(cloud):
    """Makes volumes and deletes them, snapshots included, after the test."""
    made = []

    def make(expect_status="available", **fields):
        body = {"volume": {"name": "test", **fields}}
        volume = call(cloud, "POST", "/volumes", body, expect=202).json()["volume"]["id"]
        made.append(volume)
        assert settled(cloud, "volume", volume)["status"] == expect_status
        return volume
    yield make
    for volume in reversed(made):
        call(cloud, "DELETE", f"/volumes/{volume}?cascade=true")
        gone(cloud, "volume", volume)


@pytest.fixture(scope="module")
def stranger(cloud):
    """The token of a member of another project."""
    conn = cloud.conn
    project = conn.identity.create_project(name="strangers", domain_id="default")
    user = conn.identity.create_user(name="stranger", password="stranger-secret", domain_id="default")
    role = next(r for r in conn.identity.roles() if r.name == "member")
    answer = cloud.http("PUT", f"/identity/v3/projects/{project.id}/users/{user.id}/roles/{role.id}")
    assert answer.status_code == 204
    yield cloud.login("stranger", "stranger-secret", "strangers")
    conn.identity.delete_user(user.id)
    conn.identity.delete_project(project.id)


@pytest.fixture(scope="module")
def image(cloud):
    made = cloud.http("POST", "/image/v2/images", json={
        "name": "disk", "disk_format": "raw", "container_format": "bare", "os_distro": "debian", "min_ram": 64}).json()["id"]
    sent = cloud.http("PUT", f"/image/v2/images/{made}/file", data=os.urandom(1024 * 1024),
                      headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 204
    yield made
    cloud.http("DELETE", f"/image/v2/images/{made}")
