"""A volume gets another type and stays where it is."""
import uuid

import pytest

from harness.cloud import wait_for
from harness.volumes import NOWHERE, call, show


@pytest.fixture
def make_type(cloud):
    made = []

    def make(**specs):
        body = {"volume_type": {"name": f"type-{uuid.uuid4().hex}", "extra_specs": specs}}
        made.append(call(cloud, "POST", "/types", body, expect=200).json()["volume_type"])
        return made[-1]
    yield make
    for item in made:
        call(cloud, "DELETE", f"/types/{item['id']}", expect=202)


@pytest.fixture
def typed_volumes(cloud, make_type, volumes):
    """Volumes that are gone before their types go."""
    return volumes


def retype(cloud, volume, new_type, expect=202, token=None, **fields):
    body = {"os-retype": {"new_type": new_type, **fields}}
    return call(cloud, "POST", f"/volumes/{volume}/action", body, token=token, expect=expect)


def retyped(cloud, volume):
    return wait_for(lambda: (lambda v: v if v["status"] != "retyping" else None)(show(cloud, volume)), 30, "retype ends")


def test_types_of_the_same_backend(cloud, make_type, typed_volumes):
    first, second = make_type(), make_type(multiattach="<is> True", volume_backend_name="local")
    volume = typed_volumes(size=1, volume_type=first["name"])
    before = show(cloud, volume)
    retype(cloud, volume, second["name"], migration_policy="never")
    after = retyped(cloud, volume)
    assert (after["status"], after["volume_type"], after["volume_type_id"]) == ("available", second["name"], second["id"])
    assert after["multiattach"] is True and after["migration_status"] is None
    assert after["os-vol-host-attr:host"] == before["os-vol-host-attr:host"]
    retype(cloud, volume, first["id"], migration_policy="on-demand")
    assert retyped(cloud, volume)["volume_type"] == first["name"]
    decisions = [task["decision"] for flow in cloud.trace(volume) for task in flow["tasks"]]
    assert any("data stays where it is" in text for text in decisions)


def test_what_is_refused(cloud, make_type, typed_volumes, stranger):
    first, elsewhere, secret = make_type(), make_type(volume_backend_name="elsewhere"), make_type()
    encryption = {"encryption": {"provider": "luks", "control_location": "front-end"}}
    call(cloud, "POST", f"/types/{secret['id']}/encryption", encryption, expect=200)
    volume = typed_volumes(size=1, volume_type=first["name"])
    for new_type, names in ((first["name"], "already"), (elsewhere["name"], "another"), (secret["name"], "encryption")):
        for policy in ("never", "on-demand"):
            message = retype(cloud, volume, new_type, expect=400, migration_policy=policy).json()["badRequest"]["message"]
            assert names in message and "new_type" in message
    retype(cloud, volume, NOWHERE, expect=404)
    retype(cloud, volume, "", expect=400)
    retype(cloud, volume, elsewhere["name"], expect=400, migration_policy="perhaps")
    retype(cloud, volume, elsewhere["name"], expect=400, colour="red")
    retype(cloud, volume, elsewhere["name"], expect=404, token=stranger)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-retype": None}, expect=400)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-reset_status": {"status": "error"}}, expect=202)
    assert "error" in retype(cloud, volume, secret["name"], expect=400).json()["badRequest"]["message"]
    assert show(cloud, volume)["volume_type"] == first["name"]


def test_a_private_type_is_for_its_projects(cloud, stranger):
    body = {"volume_type": {"name": uuid.uuid4().hex, "os-volume-type-access:is_public": False}}
    private = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=stranger, expect=202).json()["volume"]["id"]
    wait_for(lambda: show(cloud, volume)["status"] == "available", 30, "volume")
    retype(cloud, volume, private["id"], token=stranger, expect=404)
    call(cloud, "DELETE", f"/volumes/{volume}", token=stranger, expect=202)
    wait_for(lambda: call(cloud, "GET", f"/volumes/{volume}").status_code == 404, 30, "volume is gone")
    call(cloud, "DELETE", f"/types/{private['id']}", expect=202)


def test_while_it_is_attached(cloud, make_type, typed_volumes):
    plain, multi, bounded, first = make_type(), make_type(multiattach="<is> True"), make_type(), make_type()
    body = {"qos_specs": {"name": uuid.uuid4().hex, "consumer": "front-end", "total_iops_sec": "5"}}
    qos = call(cloud, "POST", "/qos-specs", body, expect=200).json()["qos_specs"]["id"]
    call(cloud, "GET", f"/qos-specs/{qos}/associate?vol_type_id={bounded['id']}", expect=202)
    volume = typed_volumes(size=1, volume_type=first["name"])
    body = {"attachment": {"volume_uuid": volume, "connector": {"host": "host-1"}}}
    attachment = call(cloud, "POST", "/attachments", body, expect=200).json()["attachment"]["id"]
    retype(cloud, volume, plain["name"], expect=400)
    call(cloud, "POST", f"/attachments/{attachment}/action", {"os-complete": None}, expect=204)
    for other, names in ((multi, "multiattach"), (bounded, "QoS")):
        assert names in retype(cloud, volume, other["name"], expect=400).json()["badRequest"]["message"]
    retype(cloud, volume, plain["name"])
    after = retyped(cloud, volume)
    assert (after["status"], after["volume_type"]) == ("in-use", plain["name"])
    call(cloud, "DELETE", f"/attachments/{attachment}", expect=200)
    assert show(cloud, volume)["status"] == "available"
    call(cloud, "DELETE", f"/qos-specs/{qos}?force=true", expect=202)


def test_the_new_types_quota_counts(cloud, make_type, typed_volumes):
    first, second = make_type(), make_type()
    volume = typed_volumes(size=2, volume_type=first["name"])
    path = f"/os-quota-sets/{cloud.conn.current_project_id}"
    try:
        call(cloud, "PUT", path, {"quota_set": {f"gigabytes_{second['name']}": 1}}, expect=200)
        message = retype(cloud, volume, second["name"], expect=413).json()["overLimit"]["message"]
        assert f"gigabytes_{second['name']}" in message
        assert show(cloud, volume)["status"] == "available"
    finally:
        call(cloud, "DELETE", path, expect=200)


def test_openstack_client(cloud, make_type, typed_volumes):
    second = make_type()
    volume = typed_volumes(size=1)
    cloud.openstack("volume", "set", "--type", second["name"], "--retype-policy", "never", volume, parse=False)
    assert retyped(cloud, volume)["volume_type"] == second["name"]
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
