"""Which status each refusal of the volume API has: route, state, body and what Cinder answers."""
import contextlib

import pytest

from harness.volumes import NOWHERE, call, gone, settled, show

@pytest.fixture(scope="module")
def ids(cloud):
    """What the paths and bodies below name. Made by hand, since a fixture of one test would make it for each row."""
    def make(path, key, expect, **fields):
        return call(cloud, "POST", path, {key: fields}, expect=expect).json()[key]["id"]
    volume = make("/volumes", "volume", 202, size=1, name="refused")
    other = make("/volumes", "volume", 202, size=1)
    for one in (volume, other):
        settled(cloud, "volume", one)
    first = make("/snapshots", "snapshot", 202, volume_id=other)
    settled(cloud, "snapshot", first)
    snapshot = make("/snapshots", "snapshot", 202, volume_id=other)
    settled(cloud, "snapshot", snapshot)
    public = make("/types", "volume_type", 200, name="refusals-public")
    private = make("/types", "volume_type", 200, name="refusals-private", **{"os-volume-type-access:is_public": False})
    qos = make("/qos-specs", "qos_specs", 200, name="refusals")
    second_qos = make("/qos-specs", "qos_specs", 200, name="refusals-2")
    call(cloud, "GET", f"/qos-specs/{qos}/associate?vol_type_id={public}", expect=202)
    group_type = make("/group_types", "group_type", 202, name="refusals")
    group = make("/groups", "group", 202, group_type=group_type, volume_types=[public])
    yield {"volume": volume, "other": other, "first": first, "snapshot": snapshot, "public": public, "private": private,
           "qos": qos, "second_qos": second_qos, "group_type": group_type, "group": group, "nowhere": NOWHERE,
           "project": cloud.conn.current_project_id}
    call(cloud, "POST", f"/groups/{group}/action", {"delete": {"delete-volumes": False}}, expect=202)
    gone(cloud, "group", group)
    call(cloud, "DELETE", f"/group_types/{group_type}", expect=202)
    for one in (volume, other):
        call(cloud, "DELETE", f"/volumes/{one}?cascade=true", expect=202)
        gone(cloud, "volume", one)
    for one in (public, private):
        call(cloud, "DELETE", f"/types/{one}", expect=202)
    for one in (qos, second_qos):
        call(cloud, "DELETE", f"/qos-specs/{one}", expect=202)


def filled(value, ids):
    if isinstance(value, str):
        for name, identifier in ids.items():
            value = value.replace("{" + name + "}", identifier)
        return value
    if isinstance(value, dict):
        return {filled(key, ids): filled(item, ids) for key, item in value.items()}
    return [filled(item, ids) for item in value] if isinstance(value, list) else value


@contextlib.contextmanager
def in_status(cloud, ids, kind, name, status):
    path = f"/{kind}s/{ids[name]}/action"
    call(cloud, "POST", path, {"os-reset_status": {"status": status}}, expect=202)
    try:
        yield
    finally:
        call(cloud, "POST", path, {"os-reset_status": {"status": "available"}}, expect=202)


# method, path, body, status
ANY_STATE = [
    ("POST", "/volumes", {"volume": {}}, 400),
    ("POST", "/volumes", {"volume": {"size": 0}}, 400),
    ("POST", "/volumes", {"volume": {"size": "big"}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1, "snapshot_id": "{nowhere}"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "source_volid": "{nowhere}"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "backup_id": "{nowhere}"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "group_id": "{nowhere}"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "consistencygroup_id": "{nowhere}"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "volume_type": "none such"}}, 404),
    ("POST", "/volumes", {"volume": {"size": 1, "imageRef": "{nowhere}"}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1, "imageRef": "no image has this name"}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1, "imageRef": ""}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1, "availability_zone": "nowhere"}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1, "multiattach": True}}, 400),
    ("POST", "/volumes", {"volume": {"size": 100000}}, 413),
    ("POST", "/volumes", {"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": {"same_host": ["{volume}"]}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": "x"}, 400),
    ("GET", "/volumes/{nowhere}", None, 404),
    ("GET", "/volumes/word", None, 404),
    ("PUT", "/volumes/{nowhere}", {"volume": {"name": "x"}}, 404),
    ("DELETE", "/volumes/{nowhere}", None, 404),
    ("DELETE", "/volumes/{other}", None, 400),
    ("GET", "/volumes?marker={nowhere}", None, 404),
    ("GET", "/volumes?limit=-1", None, 400),
    ("GET", "/volumes?limit=x", None, 400),
    ("GET", "/volumes?sort=none:asc", None, 400),
    ("GET", "/volumes/{volume}/metadata/none", None, 404),
    ("PUT", "/volumes/{volume}/metadata/a", {"meta": {"b": "c"}}, 400),
    ("DELETE", "/volumes/{volume}/metadata/none", None, 404),
    ("POST", "/volumes/{nowhere}/action", {"os-extend": {"new_size": 2}}, 404),
    ("POST", "/volumes/{volume}/action", {"os-none": {}}, 400),
    ("POST", "/volumes/{volume}/action", {}, 400),
    ("POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 100000}}, 413),
    ("POST", "/volumes/{volume}/action", {"os-extend": {}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-retype": {"new_type": "none such"}}, 404),
    ("POST", "/volumes/{volume}/action", {"os-retype": {"new_type": "__DEFAULT__"}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-reimage": {"image_id": "{nowhere}"}}, 404),
    ("POST", "/volumes/{volume}/action", {"os-migrate_volume": {"host": "none@such"}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-reset_status": {"status": "none"}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-begin_detaching": None}, 400),
    ("POST", "/volumes/{volume}/action", {"os-unreserve": None}, 202),
    ("POST", "/volumes/{volume}/action", {"os-roll_detaching": None}, 202),
    ("POST", "/volumes/{volume}/action", {"os-detach": {}}, 202),
    ("POST", "/volumes/{volume}/action", {"os-detach": {"attachment_id": "{nowhere}"}}, 409),
    ("POST", "/volumes/{volume}/action", {"os-attach": {"mountpoint": "/dev/vdb"}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-attach": {"instance_uuid": "x", "mountpoint": "/dev/vdb"}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-initialize_connection": {}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-unset_image_metadata": {"key": "none"}}, 404),
    ("POST", "/volumes/{volume}/action", {"os-volume_upload_image": {"image_name": ""}}, 400),
    ("POST", "/volumes/{volume}/action", {"revert": {"snapshot_id": "{nowhere}"}}, 400),
    ("POST", "/volumes/{volume}/action", {"revert": {"snapshot_id": "{snapshot}"}}, 400),
    ("POST", "/volumes/{other}/action", {"revert": {"snapshot_id": "{first}"}}, 400),
    ("POST", "/snapshots", {"snapshot": {"volume_id": "{nowhere}"}}, 404),
    ("POST", "/snapshots", {"snapshot": {"volume_id": "word"}}, 400),
    ("GET", "/snapshots/{nowhere}", None, 404),
    ("DELETE", "/snapshots/{nowhere}", None, 404),
    ("POST", "/snapshots/{snapshot}/action", {"os-update_snapshot_status": {"status": "available"}}, 400),
    ("POST", "/snapshots/{snapshot}/action", {"os-none": {}}, 400),
    ("GET", "/snapshots/{snapshot}/metadata/none", None, 404),
    ("POST", "/attachments", {"attachment": {"volume_uuid": "{nowhere}"}}, 404),
    ("POST", "/attachments", {"attachment": {}}, 400),
    ("GET", "/attachments/{nowhere}", None, 404),
    ("PUT", "/attachments/{nowhere}", {"attachment": {"connector": {"host": "h"}}}, 404),
    ("DELETE", "/attachments/{nowhere}", None, 404),
    ("POST", "/attachments/{nowhere}/action", {"os-complete": None}, 404),
    ("POST", "/volume-transfers", {"transfer": {"volume_id": "{nowhere}"}}, 404),
    ("POST", "/volume-transfers", {"transfer": {"volume_id": "{volume}", "name": " "}}, 400),
    ("POST", "/volume-transfers/{nowhere}/accept", {"accept": {"auth_key": 7}}, 404),
    ("POST", "/volume-transfers/{nowhere}/accept", {"accept": {"auth_key": "x"}}, 404),
    ("DELETE", "/volume-transfers/{nowhere}", None, 404),
    ("POST", "/backups", {"backup": {"volume_id": "{nowhere}"}}, 404),
    ("POST", "/backups", {"backup": {"volume_id": "{volume}", "snapshot_id": "{nowhere}"}}, 404),
    ("POST", "/backups/{nowhere}/restore", {"restore": {}}, 404),
    ("DELETE", "/backups/{nowhere}", None, 404),
    ("POST", "/types", {"volume_type": {"name": "refusals-public"}}, 409),
    ("POST", "/types", {"volume_type": {"name": " "}}, 400),
    ("PUT", "/types/{private}", {"volume_type": {"name": "refusals-public"}}, 409),
    ("PUT", "/types/{private}", {"volume_type": {}}, 400),
    ("PUT", "/types/{nowhere}", {"volume_type": {"name": "x"}}, 404),
    ("DELETE", "/types/{nowhere}", None, 404),
    ("DELETE", "/types/__DEFAULT__", None, 400),
    ("GET", "/types/{public}/os-volume-type-access", None, 404),
    ("POST", "/types/{public}/action", {"addProjectAccess": {"project": "{project}"}}, 400),
    ("POST", "/types/{public}/action", {"removeProjectAccess": {"project": "{project}"}}, 400),
    ("POST", "/types/{private}/action", {"removeProjectAccess": {"project": "{project}"}}, 404),
    ("GET", "/types/{public}/extra_specs/none", None, 404),
    ("PUT", "/types/{public}/extra_specs/a", {"b": "c"}, 400),
    ("DELETE", "/types/{public}/extra_specs/none", None, 404),
    ("PUT", "/types/{public}/encryption/provider", {"encryption": {"provider": "luks"}}, 404),
    ("DELETE", "/types/{public}/encryption/provider", None, 404),
    ("POST", "/types/{public}/encryption", {"encryption": {"provider": "luks", "control_location": "moon"}}, 400),
    ("PUT", "/default-types/{project}", {"default_type": {"volume_type": "none such"}}, 400),
    ("GET", "/default-types/{project}", None, 404),
    ("POST", "/qos-specs", {"qos_specs": {"name": " refusals "}}, 409),
    ("POST", "/qos-specs", {"qos_specs": {"name": " "}}, 400),
    ("POST", "/qos-specs", {"qos_specs": {"name": "x", "consumer": "moon"}}, 400),
    ("PUT", "/qos-specs/{nowhere}", {"qos_specs": {"a": "b"}}, 404),
    ("PUT", "/qos-specs/{qos}/delete_keys", {"keys": ["none"]}, 404),
    ("DELETE", "/qos-specs/{qos}", None, 400),
    ("GET", "/qos-specs/{qos}/associate", None, 400),
    ("GET", "/qos-specs/{qos}/associate?vol_type_id={nowhere}", None, 404),
    ("GET", "/qos-specs/{second_qos}/associate?vol_type_id={public}", None, 400),
    ("POST", "/group_types", {"group_type": {"name": "refusals"}}, 409),
    ("POST", "/group_types", {"group_type": {"name": " "}}, 400),
    ("DELETE", "/group_types/{group_type}", None, 400),
    ("GET", "/group_types/{nowhere}", None, 404),
    ("GET", "/group_types/{group_type}/group_specs/none", None, 404),
    ("PUT", "/group_types/{group_type}/group_specs/a", {"b": "c"}, 400),
    ("POST", "/groups", {"group": {"group_type": "{nowhere}", "volume_types": ["{public}"]}}, 404),
    ("POST", "/groups", {"group": {"group_type": "{group_type}", "volume_types": ["{nowhere}"]}}, 404),
    ("POST", "/groups", {"group": {"group_type": "{group_type}"}}, 400),
    ("POST", "/groups", {"group": {"group_type": "{group_type}", "volume_types": ["{public}", "refusals-public"]}}, 400),
    ("GET", "/groups/{nowhere}", None, 404),
    ("PUT", "/groups/{group}", {"group": {}}, 400),
    ("PUT", "/groups/{group}", {"group": {"add_volumes": "{nowhere}"}}, 400),
    ("PUT", "/groups/{group}", {"group": {"remove_volumes": "{volume}"}}, 400),
    ("PUT", "/groups/{group}", {"group": {"add_volumes": "{volume}", "remove_volumes": "{volume}"}}, 400),
    ("POST", "/groups/{group}/action", {"reset_status": {"status": "none"}}, 400),
    ("POST", "/groups/{group}/action", {"none": {}}, 400),
    ("POST", "/groups/{group}/action", {"enable_replication": {}}, 400),
    ("POST", "/groups/action", {"create-from-src": {"source_group_id": "{nowhere}"}}, 404),
    ("POST", "/groups/action", {"create-from-src": {}}, 400),
    ("POST", "/group_snapshots", {"group_snapshot": {"group_id": "{nowhere}"}}, 404),
    ("POST", "/group_snapshots", {"group_snapshot": {"group_id": "{group}"}}, 400),
    ("GET", "/group_snapshots/{nowhere}", None, 404),
    ("PUT", "/os-quota-sets/{project}", {"quota_set": {"volumes": -2}}, 400),
    ("PUT", "/os-quota-sets/{project}", {"quota_set": {"none": 1}}, 400),
    ("PUT", "/os-quota-sets/{project}", {}, 400),
    ("PUT", "/os-services/none", {"host": "h", "binary": "cinder-volume"}, 400),
    ("PUT", "/os-services/enable", {"host": "none", "binary": "cinder-volume"}, 404),
    ("PUT", "/os-services/freeze", {"host": "none"}, 400),
    ("PUT", "/os-hosts/none", {"status": "enable"}, 404),
    ("GET", "/os-hosts/none", None, 404),
    ("PUT", "/clusters/none", {}, 404),
    ("PUT", "/clusters/enable", {"name": "none"}, 404),
    ("GET", "/capabilities/none", None, 404),
    ("GET", "/messages/{nowhere}", None, 404),
    ("GET", "/extensions/none", None, 404),
    ("POST", "/manageable_volumes", {"volume": {"host": "none@such", "ref": {"source-name": "x"}}}, 400),
    ("GET", "/manageable_volumes?host=none@such", None, 404),
]

# As above: what is neither true nor false.
NO_FLAGS = [
    ("DELETE", "/volumes/{volume}?cascade=maybe", None, 400),
    ("DELETE", "/volumes/{volume}?force=maybe", None, 400),
    ("GET", "/volumes?all_tenants=maybe", None, 400),
    ("GET", "/volumes/detail?with_count=maybe", None, 400),
    ("GET", "/snapshots?all_tenants=maybe", None, 400),
    ("GET", "/backups?all_tenants=maybe", None, 400),
    ("GET", "/attachments?all_tenants=maybe", None, 400),
    ("GET", "/groups/detail?list_volume=maybe", None, 400),
    ("GET", "/scheduler-stats/get_pools?detail=maybe", None, 400),
    ("GET", "/os-quota-sets/{project}?usage=maybe", None, 400),
    ("DELETE", "/qos-specs/{qos}?force=maybe", None, 400),
]

# As above: bodies that hold more than anybody reads.
UNKNOWN_FIELDS = [
    ("POST", "/volumes", {"volume": {"size": 1, "none": 1}}, 400),
    ("POST", "/volumes", {"volume": {"size": 1}, "none": 1}, 400),
    ("PUT", "/volumes/{volume}", {"volume": {"name": "refused"}, "none": 1}, 400),
    ("POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 2, "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-set_bootable": {"bootable": True, "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-update_readonly_flag": {"readonly": True, "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-reset_status": {"status": "error", "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-attach": {"host_name": "h", "mountpoint": "/m", "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-detach": {"none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-set_image_metadata": {"metadata": {"a": "b"}, "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-unset_image_metadata": {"key": "a", "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-volume_upload_image": {"image_name": "x", "none": 1}}, 400),
    ("POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 2}, "none": {}}, 400),
    ("POST", "/snapshots", {"snapshot": {"volume_id": "{volume}", "none": 1}}, 400),
    ("POST", "/snapshots/{snapshot}/action", {"os-reset_status": {"status": "error", "none": 1}}, 400),
    ("POST", "/attachments", {"attachment": {"volume_uuid": "{volume}", "none": 1}}, 400),
    ("POST", "/volume-transfers", {"transfer": {"volume_id": "{volume}", "none": 1}}, 400),
    ("POST", "/backups", {"backup": {"volume_id": "{volume}", "none": 1}}, 400),
    ("POST", "/types", {"volume_type": {"name": "x", "none": 1}}, 400),
    ("POST", "/types/{public}/extra_specs", {"extra_specs": {"a": "b"}, "none": 1}, 400),
    ("POST", "/group_types/{group_type}/group_specs", {"group_specs": {"a": "b"}, "none": 1}, 400),
    ("POST", "/groups", {"group": {"group_type": "{group_type}", "volume_types": ["{public}"], "none": 1}}, 400),
    ("PUT", "/os-quota-sets/{project}", {"quota_set": {"volumes": 10}, "none": 1}, 400),
]

# status of the volume, method, path, body, answer
VOLUME_STATES = [
    ("in-use", "POST", "/volumes/{volume}/action", {"os-update_readonly_flag": {"readonly": True}}, 400),
    ("error", "POST", "/snapshots", {"snapshot": {"volume_id": "{volume}", "force": True}}, 400),
    ("error", "POST", "/volumes", {"volume": {"size": 1, "source_volid": "{volume}"}}, 400),
    ("error", "POST", "/attachments", {"attachment": {"volume_uuid": "{volume}"}}, 400),
    ("error", "POST", "/volume-transfers", {"transfer": {"volume_id": "{volume}"}}, 400),
    ("error", "POST", "/backups", {"backup": {"volume_id": "{volume}"}}, 400),
    ("error", "POST", "/volumes/{volume}/action", {"os-reserve": None}, 400),
    ("error", "POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, 400),
    ("error", "POST", "/volumes/{volume}/action", {"os-retype": {"new_type": "{public}"}}, 400),
    ("error", "POST", "/volumes/{volume}/action", {"os-migrate_volume": {"host": "none@such"}}, 400),
    ("error", "POST", "/volumes/{volume}/action", {"os-volume_upload_image": {"image_name": "x"}}, 400),
    ("error", "POST", "/volumes/{other}/action", {"revert": {"snapshot_id": "{nowhere}"}}, 400),
    ("maintenance", "PUT", "/volumes/{volume}", {"volume": {"name": "x"}}, 400),
    ("maintenance", "PUT", "/volumes/{volume}", {"volume": {"metadata": {"a": "b"}}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/metadata", {"metadata": {"a": "b"}}, 400),
    ("maintenance", "PUT", "/volumes/{volume}/metadata", {"metadata": {"a": "b"}}, 400),
    ("maintenance", "PUT", "/volumes/{volume}/metadata/a", {"meta": {"a": "b"}}, 400),
    ("uploading", "POST", "/volumes/{volume}/metadata", {"metadata": {"a": "b"}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/action", {"os-set_bootable": {"bootable": True}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/action", {"os-set_image_metadata": {"metadata": {"a": "b"}}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/action", {"os-attach": {"host_name": "h", "mountpoint": "/x"}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/action", {"os-detach": {}}, 400),
    ("maintenance", "POST", "/volumes/{volume}/action", {"os-initialize_connection": {"connector": {"host": "h"}}}, 400),
    ("maintenance", "POST", "/snapshots", {"snapshot": {"volume_id": "{volume}"}}, 400),
    ("awaiting-transfer", "DELETE", "/volumes/{volume}", None, 400),
    ("backing-up", "DELETE", "/volumes/{volume}", None, 400),
]


def refused(cloud, ids, method, path, body, version="3.70"):
    return call(cloud, method, filled(path, ids), filled(body, ids), version=version)


@pytest.mark.parametrize("method,path,body,status", ANY_STATE + NO_FLAGS + UNKNOWN_FIELDS)
def test_in_any_state(cloud, ids, method, path, body, status):
    answer = refused(cloud, ids, method, path, body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("state,method,path,body,status", VOLUME_STATES)
def test_by_the_volumes_status(cloud, ids, state, method, path, body, status):
    with in_status(cloud, ids, "volume", "volume", state):
        answer = refused(cloud, ids, method, path, body)
        assert answer.status_code == status, answer.text
        assert show(cloud, ids["volume"])["status"] == state


@pytest.mark.parametrize("kind,name,state", [("volume", "other", "error"), ("snapshot", "snapshot", "error")])
def test_a_revert_at_the_wrong_time_is_a_conflict(cloud, ids, kind, name, state):
    with in_status(cloud, ids, kind, name, state):
        answer = refused(cloud, ids, "POST", "/volumes/{other}/action", {"revert": {"snapshot_id": "{snapshot}"}})
        assert answer.status_code == 409, answer.text
    assert show(cloud, ids["other"])["status"] == "available"


@pytest.mark.parametrize("state,method,path,body", [
    ("error", "POST", "/volumes", {"volume": {"snapshot_id": "{snapshot}"}}),
    ("error", "POST", "/volume-transfers", {"transfer": {"volume_id": "{other}"}})])
def test_by_the_snapshots_status(cloud, ids, state, method, path, body):
    with in_status(cloud, ids, "snapshot", "snapshot", state):
        assert refused(cloud, ids, method, path, body).status_code == 400


@pytest.mark.parametrize("version,path,body", [
    ("3.39", "/volumes/{other}/action", {"revert": {"snapshot_id": "{snapshot}"}}),
    ("3.67", "/volumes/{volume}/action", {"os-reimage": {"image_id": "{nowhere}"}}),
    ("3.19", "/groups/{group}/action", {"reset_status": {"status": "available"}}),
    ("3.37", "/groups/{group}/action", {"enable_replication": {}})])
def test_an_action_of_a_later_version_is_not_found(cloud, ids, version, path, body):
    assert refused(cloud, ids, "POST", path, body, version).status_code == 404


def test_unknown_fields_of_a_new_volume_are_refused_from_3_53_on(cloud, volumes):
    """As in Cinder: before, they were left alone."""
    body = {"volume": {"size": 1, "none": 1}}
    made = call(cloud, "POST", "/volumes", body, version="3.52", expect=202).json()["volume"]["id"]
    settled(cloud, "volume", made)
    call(cloud, "DELETE", f"/volumes/{made}", expect=202)
    gone(cloud, "volume", made)
    hints = {"volume": {"size": 0}, "OS-SCH-HNT:scheduler_hints": {}}
    assert "size" in call(cloud, "POST", "/volumes", hints, expect=400).text


def test_requests_can_only_add_so_many_items(cloud, ids):
    """Each of them merges, so a bound of one request is none."""
    volume, public = f"/volumes/{ids['volume']}/action", f"/types/{ids['public']}/extra_specs"
    def items(name):
        return {f"{name}-{number}": "x" for number in range(100)}
    for name, expect in (("a", 200), ("b", 200), ("c", 413)):
        call(cloud, "POST", volume, {"os-set_image_metadata": {"metadata": items(name)}}, expect=expect)
    for name, expect in (("a", 200), ("b", 413)):
        call(cloud, "POST", public, {"extra_specs": items(name)}, expect=expect)
    for name, expect in (("a", 202), ("b", 413)):
        call(cloud, "POST", f"/group_types/{ids['group_type']}/group_specs", {"group_specs": items(name)}, expect=expect)


def test_an_attachment_of_another_volume(cloud, ids):
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": ids["other"]}}, expect=200).json()["attachment"]["id"]
    answer = refused(cloud, ids, "POST", "/volumes/{volume}/action", {"os-detach": {"attachment_id": made}})
    call(cloud, "DELETE", f"/attachments/{made}", expect=200)
    assert answer.status_code == 400, answer.text


def test_an_in_use_volume_grows_from_3_42_on(cloud, ids):
    with in_status(cloud, ids, "volume", "volume", "in-use"):
        assert refused(cloud, ids, "POST", "/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, "3.41").status_code == 400


def test_a_wrong_key_of_a_transfer(cloud, ids):
    made = call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": ids["volume"]}}, expect=202).json()["transfer"]
    try:
        path = f"/volume-transfers/{made['id']}"
        call(cloud, "POST", f"{path}/accept", {"accept": {"auth_key": "wrong"}}, expect=400)
        call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": ids["volume"]}}, expect=400)
    finally:
        call(cloud, "DELETE", path, expect=202)


def test_images_by_name(cloud, ids, image, volumes):
    """Cinder: what isn't the id of an image may be the name of one."""
    made = [cloud.http("POST", "/image/v2/images", json={"name": "twice"}).json()["id"] for _ in range(2)]
    try:
        named = volumes(size=1, imageRef="disk")
        assert show(cloud, named)["volume_image_metadata"]["image_id"] == image
        answer = call(cloud, "POST", "/volumes", {"volume": {"size": 1, "imageRef": "twice"}}, expect=409)
        assert "id" in answer.json()["conflictingRequest"]["message"]
    finally:
        for one in made:
            cloud.http("DELETE", f"/image/v2/images/{one}")
