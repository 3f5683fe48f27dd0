"""`virga db copy`: a cloud moves from its SQLite file to another database and is the same there."""
import subprocess

import pytest

from harness.cloud import PROGRAM, Cloud
from harness.resources import Resources

SECONDS = 300


@pytest.fixture
def moving():
    """On SQLite, whatever the run is on; `target` is where it shall go."""
    running = Cloud()
    running.target = running.settings.pop("database.url", f"sqlite://{running.state}/control/other.db")
    yield running
    running.close()


def copy(moving, *words):
    return subprocess.run([PROGRAM, "db", "copy", "--state-dir", str(moving.state), *words], capture_output=True,
                          text=True, timeout=SECONDS, check=False)


def stop(moving):
    for half in ("host", "control"):
        moving.stop_half(half)


def views(moving):
    """What users see, and the record of what was done."""
    paths = ["/compute/v2.1/servers/detail", "/volume/v3/volumes/detail", "/image/v2/images", "/network/v2.0/ports",
             "/identity/v3/users", "/identity/v3/role_assignments", "/compute/v2.1/flavors/detail"]
    seen = {path: moving.http("GET", path).json() for path in paths}
    for server in seen[paths[0]]["servers"]:
        seen[server["id"]] = moving.http("GET", f"/virga/v1/trace/{server['id']}").json()
    return seen


def test_a_cloud_goes_on_in_another_database(moving):
    moving.start()
    api = Resources(moving)
    flavor = api.flavor("f", ram=64, disk=1)
    image = api.image("image", b"\0" * 1048576)
    server = api.active_server("s", flavor, image)
    volume = api.ready_volume("v", 1)
    token = moving.token
    before = views(moving)
    busy = copy(moving, "--to", moving.target)
    assert busy.returncode != 0 and "another virga process" in busy.stderr
    stop(moving)

    done = copy(moving, "--to", moving.target)
    assert done.returncode == 0, done.stderr
    assert "copied" in done.stdout
    again = copy(moving, "--to", moving.target)
    assert again.returncode != 0 and "give an empty one" in again.stderr

    moving.settings["database.url"] = moving.target
    moving.start()
    assert moving.token == token
    assert views(moving) == before
    assert moving.differences() == []
    api.delete_server(server)
    api.volume_api("DELETE", f"/volumes/{volume}")
    api.active_server("another", flavor, image)


def test_what_is_missing_is_named(moving, tmp_path):
    (tmp_path / "state").mkdir()
    nothing = subprocess.run([PROGRAM, "db", "copy", "--state-dir", str(tmp_path / "state"), "--to", moving.target],
                             capture_output=True, text=True, timeout=SECONDS, check=False)
    assert nothing.returncode != 0 and "--from" in nothing.stderr
    moving.start()
    stop(moving)
    nowhere = copy(moving)
    assert nowhere.returncode != 0 and "--to" in nowhere.stderr
    same = copy(moving, "--to", f"sqlite://{moving.state}/control/virga.db")
    assert same.returncode != 0 and "--to" in same.stderr
