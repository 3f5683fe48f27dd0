"""Volumes that go to another project: /os-volume-transfer and /volume-transfers."""
import pytest

from harness.volumes import NOWHERE, call, gone, settled, show

PATHS = [("/os-volume-transfer", "3.0"), ("/volume-transfers", "3.55"), ("/volume-transfers", "3.70")]


def offer(cloud, volume, path="/volume-transfers", version="3.70", expect=202, token=None, **fields):
    body = {"transfer": {"volume_id": volume, "name": "t", **fields}}
    answer = call(cloud, "POST", path, body, version=version, token=token, expect=expect)
    return answer.json()["transfer"] if expect == 202 else answer


def accept(cloud, transfer, key, token, path="/volume-transfers", version="3.70", expect=202):
    return call(cloud, "POST", f"{path}/{transfer}/accept", {"accept": {"auth_key": key}}, version=version, token=token,
                expect=expect)


def usage(cloud, token, project):
    found = call(cloud, "GET", f"/os-quota-sets/{project}?usage=true", expect=200).json()["quota_set"]
    return {name: found[name]["in_use"] for name in ("volumes", "snapshots", "gigabytes")}


@pytest.fixture
def project(cloud, stranger):
    return next(item.id for item in cloud.conn.identity.projects(name="strangers"))


def clean(cloud, volume):
    call(cloud, "DELETE", f"/volumes/{volume}?cascade=true", expect=202)
    gone(cloud, "volume", volume)


@pytest.mark.parametrize("path, version", PATHS)
def test_offer_show_accept(cloud, volumes, stranger, project, path, version):
    volume = volumes(size=1)
    made = offer(cloud, volume, path, version)
    assert show(cloud, volume)["status"] == "awaiting-transfer"
    assert len(made["auth_key"]) >= 16 and made["volume_id"] == volume and made["name"] == "t" and made["created_at"]
    newer = path == "/volume-transfers"
    assert ("no_snapshots" in made) == newer and ("accepted" in made) == (newer and version == "3.70")
    shown = call(cloud, "GET", f"{path}/{made['id']}", version=version, expect=200).json()["transfer"]
    assert "auth_key" not in shown and shown["id"] == made["id"] and shown["created_at"]
    listed = call(cloud, "GET", path, version=version, expect=200).json()["transfers"]
    assert [set(item) for item in listed if item["id"] == made["id"]] == [{"id", "name", "volume_id", "links"}]
    detailed = call(cloud, "GET", f"{path}/detail", version=version, expect=200).json()["transfers"]
    assert any(item["id"] == made["id"] and item["created_at"] for item in detailed)
    call(cloud, "GET", f"{path}/{made['id']}", version=version, token=stranger, expect=404)
    assert call(cloud, "GET", path, version=version, token=stranger).json()["transfers"] == []
    taken = accept(cloud, made["id"], made["auth_key"], stranger, path, version).json()["transfer"]
    assert set(taken) == {"id", "name", "volume_id", "links"}
    mine = call(cloud, "GET", f"/volumes/{volume}", token=stranger, expect=200).json()["volume"]
    assert mine["status"] == "available" and mine["os-vol-tenant-attr:tenant_id"] == project
    call(cloud, "GET", f"{path}/{made['id']}", version=version, expect=404)
    accept(cloud, made["id"], made["auth_key"], stranger, path, version, expect=404)


def test_a_wrong_key_or_nobody_s_transfer(cloud, volumes, stranger):
    """As in Cinder, who has an id can tell whether there is such a transfer: 400 (InvalidAuthKey), else 404."""
    volume = volumes(size=1)
    made = offer(cloud, volume)
    for key in ("x", made["auth_key"][:-1], made["auth_key"] + "x"):
        assert "auth_key" in accept(cloud, made["id"], key, stranger, expect=400).text
    accept(cloud, NOWHERE, made["auth_key"], stranger, expect=404)
    assert show(cloud, volume)["status"] == "awaiting-transfer"
    call(cloud, "DELETE", f"/volume-transfers/{made['id']}", token=stranger, expect=404)
    call(cloud, "DELETE", f"/volume-transfers/{made['id']}", expect=202)
    assert show(cloud, volume)["status"] == "available"
    accept(cloud, made["id"], made["auth_key"], stranger, expect=404)


def test_the_key_is_kept_nowhere(cloud, volumes):
    made = offer(cloud, volumes(size=1))
    for path in (cloud.state / "control").glob("virga.db*"):
        assert made["auth_key"].encode() not in path.read_bytes()
    kept = cloud.database.rows("SELECT * FROM volume_transfers")
    assert kept and made["auth_key"] not in str(kept)
    assert made["auth_key"] not in cloud.log_path.read_text()
    call(cloud, "DELETE", f"/volume-transfers/{made['id']}", expect=202)


def test_states(cloud, volumes):
    volume = volumes(size=1)
    made = offer(cloud, volume)
    assert "awaiting-transfer" in offer(cloud, volume, expect=400).text
    for name, argument in (("os-extend", {"new_size": 2}), ("os-reserve", None), ("os-attach", {"host_name": "h", "mountpoint": "/m"})):
        call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, expect=400)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=400)
    call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=400)
    call(cloud, "DELETE", f"/volume-transfers/{made['id']}", expect=202)
    again = offer(cloud, volume)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-force_delete": {}}, expect=202)
    gone(cloud, "volume", volume)
    call(cloud, "GET", f"/volume-transfers/{again['id']}", expect=404)


@pytest.mark.parametrize("fields, named", [({"volume_id": "x"}, "volume_id"), ({"volume_id": None}, "volume_id"),
                                           ({"name": "x" * 256}, "name"), ({"no_snapshots": "perhaps"}, "no_snapshots"),
                                           ({"more": 1}, "more")])
def test_bad_requests_name_the_field(cloud, volumes, fields, named):
    body = {"volume_id": volumes(size=1), **fields}
    assert named in offer(cloud, expect=400, volume=body.pop("volume_id"), **body).text


def test_foreign_and_missing_volumes(cloud, volumes, stranger):
    offer(cloud, NOWHERE, expect=404)
    offer(cloud, volumes(size=1), token=stranger, expect=404)
    call(cloud, "GET", "/volume-transfers", version="3.54", expect=404)


@pytest.mark.parametrize("no_snapshots", [False, True])
def test_snapshots_and_quota_move_along(cloud, volumes, stranger, project, no_snapshots):
    volume = volumes(size=2)
    taken = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", taken)["status"] == "available"
    before, mine = usage(cloud, stranger, project), usage(cloud, None, cloud.conn.current_project_id)
    made = offer(cloud, volume, no_snapshots=no_snapshots)
    accept(cloud, made["id"], made["auth_key"], stranger)
    moved = 0 if no_snapshots else 1
    after, left = usage(cloud, stranger, project), usage(cloud, None, cloud.conn.current_project_id)
    assert after == {"volumes": before["volumes"] + 1, "snapshots": before["snapshots"] + moved,
                     "gigabytes": before["gigabytes"] + 2 + 2 * moved}
    assert {name: mine[name] - left[name] for name in mine} == {"volumes": 1, "snapshots": moved, "gigabytes": 2 + 2 * moved}
    call(cloud, "GET", f"/snapshots/{taken}", token=stranger, expect=404 if no_snapshots else 200)


@pytest.mark.parametrize("quota", [{"volumes": 0}, {"gigabytes": 1}, {"snapshots": 0}, {"gigabytes": 3}])
def test_no_room_in_the_other_project(cloud, volumes, stranger, project, quota):
    volume = volumes(size=2)
    taken = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    settled(cloud, "snapshot", taken)
    made = offer(cloud, volume)
    call(cloud, "PUT", f"/os-quota-sets/{project}", {"quota_set": quota}, expect=200)
    try:
        assert next(iter(quota)) in accept(cloud, made["id"], made["auth_key"], stranger, expect=413).text
        assert show(cloud, volume)["status"] == "awaiting-transfer"
    finally:
        call(cloud, "DELETE", f"/os-quota-sets/{project}", expect=200)
    accept(cloud, made["id"], made["auth_key"], stranger)


def test_pages_and_sorting(cloud, volumes):
    made = [offer(cloud, volumes(size=1), name=name)["id"] for name in ("b", "a", "c")]
    listed = call(cloud, "GET", "/volume-transfers?sort=name:asc", expect=200).json()["transfers"]
    assert [item["name"] for item in listed] == ["a", "b", "c"]
    page = call(cloud, "GET", "/volume-transfers?sort=name:asc&limit=2", expect=200).json()
    assert [item["name"] for item in page["transfers"]] == ["a", "b"] and page["transfers_links"]
    rest = call(cloud, "GET", f"/volume-transfers?sort=name:asc&marker={made[0]}", expect=200).json()["transfers"]
    assert [item["name"] for item in rest] == ["c"]
    call(cloud, "GET", "/volume-transfers?sort=key_hash:asc", expect=400)
    for transfer in made:
        call(cloud, "DELETE", f"/volume-transfers/{transfer}", expect=202)


def test_the_command_line(cloud, volumes):
    volume = volumes(size=1)
    made = cloud.openstack("volume", "transfer", "request", "create", volume, "--name", "gift")
    assert any(item["ID"] == made["id"] for item in cloud.openstack("volume", "transfer", "request", "list"))
    assert cloud.openstack("volume", "transfer", "request", "show", made["id"])["volume_id"] == volume
    cloud.openstack("volume", "transfer", "request", "accept", "--auth-key", made["auth_key"], made["id"])
    assert show(cloud, volume)["status"] == "available"
    again = cloud.openstack("volume", "transfer", "request", "create", volume)
    cloud.openstack("volume", "transfer", "request", "delete", again["id"], parse=False)
    assert show(cloud, volume)["status"] == "available"
