"""Volume backups as clients see them. Contents are compared on the disks of the local driver."""
import base64
import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "recovery"))

from census import volume_disk  # noqa: E402
from harness.cloud import ClientError, wait_for  # noqa: E402

NOWHERE = "11111111-2222-4333-8444-555555555555"
BUSY = ("creating", "downloading", "restoring-backup", "backing-up", "restoring", "deleting")
MIB = 1 << 20


def call(cloud, method, path, body=None, version="3.70", token=None, expect=None):
    answer = cloud.http(method, "/volume/v3" + path, json=body, token=token,
                        headers={"OpenStack-API-Version": f"volume {version}"})
    if expect is not None:
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def settled(cloud, kind, identifier):
    """The resource after its flow has ended."""
    def look():
        found = call(cloud, "GET", f"/{kind}s/{identifier}", expect=200).json()[kind]
        return found if found["status"] not in BUSY else None
    return wait_for(look, 60, f"{kind} {identifier} settles")


def gone(cloud, kind, identifier):
    wait_for(lambda: call(cloud, "GET", f"/{kind}s/{identifier}").status_code == 404, 60, f"{kind} is gone")


def write(cloud, volume, offset, length, pattern):
    """Writes as a guest would, past the API."""
    path, disk_format = volume_disk(cloud, volume)
    subprocess.run(["qemu-io", "-f", disk_format, "-c", f"write -P {pattern} {offset} {length}", str(path)], check=True,
                   capture_output=True, timeout=60)


def same_content(cloud, first, second):
    disks = [volume_disk(cloud, volume) for volume in (first, second)]
    done = subprocess.run(["qemu-img", "compare", "-f", disks[0][1], "-F", disks[1][1], *[str(disk[0]) for disk in disks]],
                          capture_output=True, text=True, timeout=60)
    return done.returncode == 0


class Made:
    """What a test makes; deleted after it, increments first."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.all = []

    def volume(self, size=1, expect="available", **fields):
        body = {"volume": {"name": "v", "size": size, **fields}}
        volume = call(self.cloud, "POST", "/volumes", body, expect=202).json()["volume"]["id"]
        self.all.append(("volume", volume))
        assert settled(self.cloud, "volume", volume)["status"] == expect
        return volume

    def snapshot(self, volume):
        made = call(self.cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
        self.all.append(("snapshot", made))
        assert settled(self.cloud, "snapshot", made)["status"] == "available"
        return made

    def backup(self, volume, expect="available", **fields):
        body = {"backup": {"volume_id": volume, **fields}}
        backup = call(self.cloud, "POST", "/backups", body, expect=202).json()["backup"]["id"]
        self.all.append(("backup", backup))
        found = settled(self.cloud, "backup", backup)
        assert found["status"] == expect, found
        return backup

    def restored(self, backup, **fields):
        answer = call(self.cloud, "POST", f"/backups/{backup}/restore", {"restore": fields}, expect=202).json()["restore"]
        assert answer["backup_id"] == backup
        if "volume_id" not in fields:
            self.all.append(("volume", answer["volume_id"]))
        return answer

    def delete_all(self):
        for kind, identifier in reversed(self.all):
            call(self.cloud, "DELETE", f"/{kind}s/{identifier}")
            gone(self.cloud, kind, identifier)


@pytest.fixture
def made(cloud):
    maker = Made(cloud)
    yield maker
    maker.delete_all()
    folder = cloud.state / "host" / "backups"
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def stranger(cloud):
    conn = cloud.conn
    project = conn.identity.create_project(name="backup-strangers", domain_id="default")
    user = conn.identity.create_user(name="backup-stranger", password="stranger-secret", domain_id="default")
    role = next(r for r in conn.identity.roles() if r.name == "member")
    assert cloud.http("PUT", f"/identity/v3/projects/{project.id}/users/{user.id}/roles/{role.id}").status_code == 204
    yield cloud.login("backup-stranger", "stranger-secret", "backup-strangers")
    conn.identity.delete_user(user.id)
    conn.identity.delete_project(project.id)


# ---- create, show, list

def test_a_backup(cloud, made):
    volume = made.volume(metadata={"a": "b"})
    write(cloud, volume, "1M", "100k", 7)
    backup = made.backup(volume, name="n", description="d", container="c", metadata={"k": "v"})
    view = call(cloud, "GET", f"/backups/{backup}", expect=200).json()["backup"]
    assert (view["name"], view["description"], view["container"], view["metadata"]) == ("n", "d", "c", {"k": "v"})
    assert (view["size"], view["object_count"], view["volume_id"]) == (1, 1, volume)
    assert view["is_incremental"] is False and view["has_dependent_backups"] is False
    assert view["snapshot_id"] is None and view["fail_reason"] is None and view["availability_zone"] == "nova"
    assert view["data_timestamp"] == view["created_at"]
    assert settled(cloud, "volume", volume)["status"] == "available"


def test_fields_follow_the_microversion(cloud, made):
    backup = made.backup(made.volume())
    shown = {version: call(cloud, "GET", f"/backups/{backup}", version=version, expect=200).json()["backup"]
             for version in ("3.17", "3.18", "3.42", "3.43", "3.55", "3.56")}
    project = "os-backup-project-attr:project_id"
    assert project not in shown["3.17"] and shown["3.18"][project] == cloud.conn.current_project_id
    assert "metadata" not in shown["3.42"] and shown["3.43"]["metadata"] == {}
    assert "user_id" not in shown["3.55"] and shown["3.56"]["user_id"] == cloud.conn.current_user_id
    call(cloud, "PUT", f"/backups/{backup}", {"backup": {"name": "x"}}, version="3.8", expect=404)
    call(cloud, "POST", "/backups", {"backup": {"volume_id": NOWHERE, "metadata": {}}}, version="3.42", expect=400)
    call(cloud, "POST", "/backups", {"backup": {"volume_id": NOWHERE, "availability_zone": "nova"}}, version="3.50", expect=400)


def test_lists_filter_sort_and_page(cloud, made):
    volume, other = made.volume(), made.volume()
    names = ["b", "c", "a"]
    backups = [made.backup(volume, name=name) for name in names]
    made.backup(other, name="other")
    listed = lambda query, version="3.70": call(cloud, "GET", f"/backups{query}", version=version, expect=200).json()
    of_volume = f"volume_id={volume}"
    assert [item["name"] for item in listed(f"?{of_volume}&sort=name:asc")["backups"]] == ["a", "b", "c"]
    assert [item["id"] for item in listed(f"?{of_volume}")["backups"]] == list(reversed(backups))
    assert [item["name"] for item in listed("?name=b")["backups"]] == ["b"]
    assert [item["name"] for item in listed("?name~=the")["backups"]] == ["other"]
    assert listed("?status=error")["backups"] == []
    page = listed(f"?{of_volume}&sort=name:asc&limit=2&with_count=true")
    assert page["count"] == 3 and [item["name"] for item in page["backups"]] == ["a", "b"]
    follow = page["backups_links"][0]["href"].removeprefix(cloud.url + "/volume/v3")
    rest = call(cloud, "GET", follow, expect=200).json()
    assert [item["name"] for item in rest["backups"]] == ["c"] and "backups_links" not in rest
    assert set(listed("?limit=1")["backups"][0]) == {"id", "name", "links"}
    assert len(listed("/detail?limit=1")["backups"][0]) > 10
    call(cloud, "GET", "/backups?sort=name:asc", version="3.36", expect=400)
    call(cloud, "GET", "/backups?sort=secret:asc", expect=400)
    call(cloud, "GET", "/backups?limit=-1", expect=400)
    call(cloud, "GET", f"/backups?marker={NOWHERE}", expect=404)


def test_users_filter_by_what_is_offered(cloud, stranger):
    offered = call(cloud, "GET", "/resource_filters?resource=backup", expect=200).json()["resource_filters"][0]["filters"]
    for name in offered:
        value = "{'a': 'b'}" if name == "metadata" else NOWHERE
        assert call(cloud, "GET", f"/backups?{name}={value}", token=stranger, expect=200).json()["backups"] == []
    call(cloud, "GET", "/backups?surprise=1", token=stranger, expect=400)
    call(cloud, "GET", "/backups?surprise=1", token=stranger, version="3.30", expect=200)


def test_update(cloud, made):
    backup = made.backup(made.volume(), name="before", description="kept")
    view = call(cloud, "PUT", f"/backups/{backup}", {"backup": {"name": "after"}}, expect=200).json()["backup"]
    assert view["name"] == "after"
    call(cloud, "PUT", f"/backups/{backup}", {"backup": {"metadata": {"a": "b"}}}, expect=200)
    found = call(cloud, "GET", f"/backups/{backup}").json()["backup"]
    assert (found["name"], found["description"], found["metadata"]) == ("after", "kept", {"a": "b"})
    for bad in ({}, {"size": 2}, {"name": 7}, {"metadata": {"a": 1}}):
        call(cloud, "PUT", f"/backups/{backup}", {"backup": bad}, expect=400)


@pytest.mark.parametrize("bad, field", [
    ({}, "volume_id"), ({"volume_id": 5}, "volume_id"), ({"volume_id": "x"}, "volume_id"), ({"name": "n" * 256}, "name"),
    ({"incremental": "maybe"}, "incremental"), ({"force": []}, "force"), ({"snapshot_id": "x"}, "snapshot_id"),
    ({"container": "c" * 256}, "container"), ({"metadata": {"a": 1}}, "metadata"), ({"surprise": 1}, "surprise"),
    ({"availability_zone": "mars"}, "availability_zone"),
])
def test_bad_input_names_the_field(cloud, made, bad, field):
    body = {"backup": {**({"volume_id": made.volume()} if bad and "volume_id" not in bad else {}), **bad}}
    answer = call(cloud, "POST", "/backups", body, expect=400)
    assert field in answer.json()["badRequest"]["message"]


def test_a_snapshot_must_be_of_the_volume(cloud, made):
    volume, other = made.volume(), made.volume()
    snapshot = made.snapshot(other)
    body = {"backup": {"volume_id": volume, "snapshot_id": snapshot}}
    assert "snapshot" in call(cloud, "POST", "/backups", body, expect=400).text
    call(cloud, "POST", "/backups", {"backup": {"volume_id": volume, "snapshot_id": NOWHERE}}, expect=404)
    call(cloud, "POST", "/backups", {"backup": {"volume_id": NOWHERE}}, expect=404)


def test_what_others_have_is_not_there(cloud, made, stranger):
    volume = made.volume()
    backup = made.backup(volume)
    assert call(cloud, "GET", "/backups/detail", token=stranger).json()["backups"] == []
    for method, path, body in (
            ("GET", f"/backups/{backup}", None), ("DELETE", f"/backups/{backup}", None),
            ("PUT", f"/backups/{backup}", {"backup": {"name": "x"}}), ("POST", f"/backups/{backup}/restore", {"restore": {}}),
            ("POST", "/backups", {"backup": {"volume_id": volume}})):
        call(cloud, method, path, body, token=stranger, expect=404)
    call(cloud, "POST", "/volumes", {"volume": {"size": 1, "backup_id": backup}}, token=stranger, expect=404)
    call(cloud, "POST", f"/backups/{backup}/action", {"os-force_delete": None}, token=stranger, expect=403)
    call(cloud, "GET", f"/backups/{backup}/export_record", token=stranger, expect=403)
    call(cloud, "POST", "/backups/import_record", {"backup-record": {}}, token=stranger, expect=403)


def test_quotas(cloud, made):
    project = cloud.conn.current_project_id
    volume = made.volume(size=2)
    made.backup(volume)
    used = call(cloud, "GET", f"/os-quota-sets/{project}?usage=true").json()["quota_set"]
    assert used["backups"]["in_use"] == 1 and used["backup_gigabytes"]["in_use"] == 2
    absolute = call(cloud, "GET", "/limits").json()["limits"]["absolute"]
    assert absolute["totalBackupsUsed"] == 1 and absolute["totalBackupGigabytesUsed"] == 2
    for resource, limit in (("backups", 1), ("backup_gigabytes", 3)):
        call(cloud, "PUT", f"/os-quota-sets/{project}", {"quota_set": {resource: limit}}, expect=200)
        try:
            answer = call(cloud, "POST", "/backups", {"backup": {"volume_id": volume}}, expect=413)
            assert resource in answer.text
        finally:
            call(cloud, "DELETE", f"/os-quota-sets/{project}", expect=200)
    assert settled(cloud, "volume", volume)["status"] == "available"


# ---- restore

def test_restore_to_a_new_volume(cloud, made):
    volume = made.volume(metadata={"a": "b"}, description="not this")
    write(cloud, volume, "3M", "2M", 9)
    backup = made.backup(volume, description="this")
    answer = made.restored(backup)
    assert answer["volume_name"] == f"restore_backup_{backup}"
    restored = settled(cloud, "volume", answer["volume_id"])
    assert (restored["status"], restored["metadata"], restored["description"]) == ("available", {"a": "b"}, "this")
    assert same_content(cloud, volume, restored["id"])
    assert settled(cloud, "backup", backup)["status"] == "available"
    named = made.restored(backup, name="mine")
    assert named["volume_name"] == "mine" and settled(cloud, "volume", named["volume_id"])["name"] == "mine"


def test_restore_over_a_volume(cloud, made):
    volume, target = made.volume(), made.volume(size=2)
    write(cloud, volume, "3M", "2M", 9)
    write(cloud, target, "0", "1M", 1)
    write(cloud, target, "1500M", "1M", 2)
    backup = made.backup(volume)
    made.restored(backup, volume_id=target)
    assert settled(cloud, "volume", target)["status"] == "available"
    assert same_content(cloud, volume, target)


def test_a_bootable_volume_comes_back_bootable(cloud, made):
    image = cloud.conn.create_image("disk", data=os.urandom(MIB), container_format="bare", disk_format="raw", wait=True)
    volume = made.volume(imageRef=image.id)
    restored = settled(cloud, "volume", made.restored(made.backup(volume))["volume_id"])
    assert restored["bootable"] == "true" and restored["volume_image_metadata"]["image_id"] == image.id
    assert same_content(cloud, volume, restored["id"])
    cloud.conn.delete_image(image.id)


def test_a_volume_from_a_backup(cloud, made):
    volume = made.volume()
    write(cloud, volume, "0", "64k", 5)
    backup = made.backup(volume)
    new = made.volume(size=2, backup_id=backup)
    assert settled(cloud, "volume", new)["size"] == 2
    assert same_content(cloud, volume, new)
    assert settled(cloud, "backup", backup)["status"] == "available"
    for fields in ({"size": 1, "backup_id": "x"}, {"backup_id": backup, "source_volid": volume, "size": 1}):
        call(cloud, "POST", "/volumes", {"volume": fields}, expect=400)
    call(cloud, "POST", "/volumes", {"volume": {"size": 1, "backup_id": NOWHERE}}, expect=404)
    trace = cloud.trace(new)[0]
    assert any("every chunk verified" in task["decision"] for task in trace["tasks"])


def test_restores_that_are_refused(cloud, made):
    volume = made.volume(size=2)
    backup = made.backup(volume)
    small = made.volume(size=1)
    restore = lambda body, expect: call(cloud, "POST", f"/backups/{backup}/restore", body, expect=expect)
    assert "smaller" in restore({"restore": {"volume_id": small}}, 400).text
    restore({"restore": {"volume_id": NOWHERE}}, 404)
    restore({"restore": {"volume_id": "x"}}, 400)
    restore({"restore": {"size": 3}}, 400)
    restore({}, 400)
    call(cloud, "POST", f"/backups/{NOWHERE}/restore", {"restore": {}}, expect=404)
    call(cloud, "POST", f"/backups/{backup}/action", {"os-reset_status": {"status": "error"}}, expect=202)
    assert "available" in restore({"restore": {}}, 400).text


def test_damaged_data_are_found_by_the_restore(cloud, made):
    volume = made.volume()
    write(cloud, volume, "5M", "1M", 3)
    backup = made.backup(volume)
    data = cloud.state / "host" / "backups" / backup / "data"
    whole = data.read_bytes()
    data.write_bytes(b"\0" * len(whole))
    new = made.restored(backup)["volume_id"]
    assert settled(cloud, "volume", new)["status"] == "error"
    target = made.volume()
    made.restored(backup, volume_id=target)
    assert settled(cloud, "volume", target)["status"] == "error_restoring"
    assert settled(cloud, "backup", backup)["status"] == "available"
    messages = call(cloud, "GET", f"/messages?resource_uuid={target}", expect=200).json()["messages"]
    assert "damaged" in messages[0]["user_message"] and "chunk" not in messages[0]["user_message"]
    trace = cloud.http("GET", f"/virga/v1/trace/{target}").text
    assert "chunk 5" in trace and backup in trace, "administrators see which"


# ---- increments

def test_increments(cloud, made):
    volume = made.volume()
    body = {"backup": {"volume_id": volume, "incremental": True}}
    assert "full backup" in call(cloud, "POST", "/backups", body, expect=400).text
    assert settled(cloud, "volume", volume)["status"] == "available"
    write(cloud, volume, "0", "20M", 1)
    full = made.backup(volume)
    write(cloud, volume, "7M", "4k", 2)
    first = made.backup(volume, incremental=True)
    write(cloud, volume, "100M", "4k", 3)
    second = made.backup(volume, incremental=True)
    views = {one: call(cloud, "GET", f"/backups/{one}").json()["backup"] for one in (full, first, second)}
    assert [views[one]["object_count"] for one in (full, first, second)] == [20, 1, 1]
    assert [views[one]["is_incremental"] for one in (full, first, second)] == [False, True, True]
    assert [views[one]["has_dependent_backups"] for one in (full, first, second)] == [True, True, False]
    assert "incremental" in call(cloud, "DELETE", f"/backups/{full}", expect=400).text
    call(cloud, "POST", f"/backups/{first}/action", {"os-force_delete": None}, expect=400)
    restored = made.restored(second)["volume_id"]
    assert settled(cloud, "volume", restored)["status"] == "available"
    assert same_content(cloud, volume, restored)


def test_a_backup_of_a_snapshot(cloud, made):
    volume = made.volume()
    write(cloud, volume, "0", "1M", 1)
    snapshot = made.snapshot(volume)
    write(cloud, volume, "1M", "1M", 2)
    backup = made.backup(volume, snapshot_id=snapshot)
    view = call(cloud, "GET", f"/backups/{backup}").json()["backup"]
    created = call(cloud, "GET", f"/snapshots/{snapshot}").json()["snapshot"]
    assert view["snapshot_id"] == snapshot and view["object_count"] == 1 and created["status"] == "available"
    assert view["data_timestamp"] == created["created_at"]
    # The volume is newer than what the snapshot has: an increment to the snapshot's backup has the rest.
    rest = made.backup(volume, incremental=True)
    assert call(cloud, "GET", f"/backups/{rest}").json()["backup"]["object_count"] == 1


# ---- delete, admin

def test_delete(cloud, made):
    volume = made.volume()
    backup = made.backup(volume)
    call(cloud, "DELETE", f"/backups/{backup}", expect=202)
    gone(cloud, "backup", backup)
    assert not (cloud.state / "host" / "backups" / backup).exists()
    call(cloud, "DELETE", f"/backups/{backup}", expect=404)


def test_the_volume_may_go_before_its_backup(cloud, made):
    volume = made.volume()
    backup = made.backup(volume)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
    gone(cloud, "volume", volume)
    assert settled(cloud, "volume", made.restored(backup)["volume_id"])["status"] == "available"


def test_reset_status(cloud, made):
    backup = made.backup(made.volume())
    reset = lambda status, expect: call(cloud, "POST", f"/backups/{backup}/action", {"os-reset_status": {"status": status}},
                                        expect=expect)
    reset("error", 202)
    assert settled(cloud, "backup", backup)["status"] == "error"
    reset("available", 202)
    reset("restoring", 400)
    reset(None, 400)
    call(cloud, "POST", f"/backups/{backup}/action", {"os-nonsense": {}}, expect=400)


def test_export_and_import(cloud, made):
    volume = made.volume()
    write(cloud, volume, "0", "1M", 4)
    backup = made.backup(volume, name="kept", metadata={"a": "b"})
    record = call(cloud, "GET", f"/backups/{backup}/export_record", expect=200).json()["backup-record"]
    again = call(cloud, "POST", "/backups/import_record", {"backup-record": record}, expect=400)
    assert "exists" in again.text
    content = json.loads(base64.b64decode(record["backup_url"]))
    copy = str(uuid.uuid4())
    changed = {**record, "backup_url": base64.b64encode(json.dumps({**content, "id": copy}).encode()).decode()}
    imported = call(cloud, "POST", "/backups/import_record", {"backup-record": changed}, expect=201).json()["backup"]
    made.all.append(("backup", copy))
    assert imported["id"] == copy and imported["name"] == "kept"
    found = settled(cloud, "backup", copy)
    assert (found["status"], found["object_count"], found["metadata"]) == ("available", 1, {"a": "b"})
    # The data are the same: they go with the last record.
    call(cloud, "DELETE", f"/backups/{backup}", expect=202)
    gone(cloud, "backup", backup)
    restored = made.restored(copy)["volume_id"]
    assert settled(cloud, "volume", restored)["status"] == "available" and same_content(cloud, volume, restored)


def test_imports_that_are_refused(cloud, made):
    backup = made.backup(made.volume())
    record = call(cloud, "GET", f"/backups/{backup}/export_record", expect=200).json()["backup-record"]
    content = json.loads(base64.b64decode(record["backup_url"]))
    encode = lambda fields: base64.b64encode(json.dumps(fields).encode()).decode()
    for url in ("", "!", base64.b64encode(b"[]").decode(), encode({}), encode({**content, "id": "../x"}),
                encode({**content, "id": NOWHERE, "data_id": "../../etc"}), encode({**content, "id": NOWHERE, "size": -1})):
        call(cloud, "POST", "/backups/import_record", {"backup-record": {**record, "backup_url": url}}, expect=400)
    call(cloud, "POST", "/backups/import_record", {"backup-record": {**record, "backup_service": "x"}}, expect=400)
    # What is about to go is no data of a new record.
    copied = {**record, "backup_url": encode({**content, "id": NOWHERE, "data_id": backup})}
    cloud.database.rows(f"UPDATE volume_backups SET status = 'deleting' WHERE id = '{backup}'")
    refused = call(cloud, "POST", "/backups/import_record", {"backup-record": copied}, expect=400)
    assert "being deleted" in refused.text
    cloud.database.rows(f"UPDATE volume_backups SET status = 'available' WHERE id = '{backup}'")
    missing = {**record, "backup_url": encode({**content, "id": NOWHERE, "data_id": NOWHERE})}
    call(cloud, "POST", "/backups/import_record", {"backup-record": missing}, expect=201)
    made.all.append(("backup", NOWHERE))
    found = settled(cloud, "backup", NOWHERE)
    assert found["status"] == "error" and found["fail_reason"]


# ---- volumes in use

def test_a_volume_in_use_needs_force(cloud, made):
    volume = made.volume()
    write(cloud, volume, "0", "1M", 6)
    body = {"attachment": {"volume_uuid": volume, "connector": {"host": "host-1"}, "mode": "rw"}}
    attachment = call(cloud, "POST", "/attachments", body, expect=200).json()["attachment"]["id"]
    call(cloud, "POST", f"/attachments/{attachment}/action", {"os-complete": {}}, expect=204)
    answer = call(cloud, "POST", "/backups", {"backup": {"volume_id": volume}}, expect=400)
    assert "force" in answer.text
    backup = made.backup(volume, force=True)
    assert settled(cloud, "volume", volume)["status"] == "in-use"
    assert cloud.differences() == []
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    restored = made.restored(backup)["volume_id"]
    assert settled(cloud, "volume", restored)["status"] == "available" and same_content(cloud, volume, restored)


# ---- the client

def test_the_client(cloud, made):
    volume = made.volume()
    made.all.append(("backup", cloud.openstack("volume", "backup", "create", "--name", "cli", volume)["id"]))
    backup = made.all[-1][1]
    settled(cloud, "backup", backup)
    increment = cloud.openstack("volume", "backup", "create", "--name", "cli-2", "--incremental", volume)["id"]
    made.all.append(("backup", increment))
    settled(cloud, "backup", increment)
    assert {row["Name"] for row in cloud.openstack("volume", "backup", "list")} >= {"cli", "cli-2"}
    assert cloud.openstack("volume", "backup", "show", "cli-2")["is_incremental"] is True
    with pytest.raises(ClientError):
        cloud.openstack("volume", "backup", "delete", "cli", parse=False)
    target = made.volume()
    with pytest.raises(ClientError, match="cannot unpack"):  # the client sends it, and fails to print the answer
        cloud.openstack("volume", "backup", "restore", "--force", "cli-2", target)
    assert settled(cloud, "volume", target)["status"] == "available"
    record = cloud.openstack("volume", "backup", "record", "export", "cli")
    assert record["backup_service"].startswith("cinder.backup.drivers")
