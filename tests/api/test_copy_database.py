"""`virga db copy`: a cloud moves from its SQLite file to another database and is the same there."""
import subprocess

import pytest

from harness.cloud import PROGRAM, Cloud
from harness.resources import Resources

SECONDS = 300


@pytest.fixture
def cloud():
    """On SQLite, whatever the run is on; `target` is where it shall go."""
    running = Cloud()
    running.target = running.settings.pop("database.url", f"sqlite://{running.state}/control/other.db")
    yield running
    running.close()


def copy(cloud, *words):
    return subprocess.run([PROGRAM, "db", "copy", "--state-dir", str(cloud.state), *words], capture_output=True,
                          text=True, timeout=SECONDS, check=False)


def stop(cloud):
    for half in ("host", "control"):
        cloud.stop_half(half)


def views(cloud):
    """What users see, and the record of what was done."""
    paths = ["/compute/v2.1/servers/detail", "/volume/v3/volumes/detail", "/image/v2/images", "/network/v2.0/ports",
             "/identity/v3/users", "/identity/v3/role_assignments", "/compute/v2.1/flavors/detail"]
    seen = {path: cloud.http("GET", path).json() for path in paths}
    for server in seen[paths[0]]["servers"]:
        seen[server["id"]] = cloud.http("GET", f"/virga/v1/trace/{server['id']}").json()
    return seen


def test_a_cloud_goes_on_in_another_database(cloud):
    cloud.start()
    api = Resources(cloud)
    flavor = api.flavor("f", ram=64, disk=1)
    image = api.image("image", b"\0" * 1048576)
    server = api.active_server("s", flavor, image)
    volume = api.ready_volume("v", 1)
    token = cloud.token
    before = views(cloud)
    busy = copy(cloud, "--to", cloud.target)
    assert busy.returncode != 0 and "another virga process" in busy.stderr
    stop(cloud)

    done = copy(cloud, "--to", cloud.target)
    assert done.returncode == 0, done.stderr
    assert "copied" in done.stdout
    again = copy(cloud, "--to", cloud.target)
    assert again.returncode != 0 and "give an empty one" in again.stderr

    cloud.settings["database.url"] = cloud.target
    cloud.start()
    assert cloud.token == token
    assert views(cloud) == before
    assert cloud.differences() == []
    api.delete_server(server)
    api.volume_api("DELETE", f"/volumes/{volume}")
    api.active_server("another", flavor, image)


def test_what_is_missing_is_named(cloud, tmp_path):
    (tmp_path / "state").mkdir()
    nothing = subprocess.run([PROGRAM, "db", "copy", "--state-dir", str(tmp_path / "state"), "--to", cloud.target],
                             capture_output=True, text=True, timeout=SECONDS, check=False)
    assert nothing.returncode != 0 and "--from" in nothing.stderr
    cloud.start()
    stop(cloud)
    nowhere = copy(cloud)
    assert nowhere.returncode != 0 and "--to" in nowhere.stderr
    same = copy(cloud, "--to", f"sqlite://{cloud.state}/control/virga.db")
    assert same.returncode != 0 and "--to" in same.stderr
