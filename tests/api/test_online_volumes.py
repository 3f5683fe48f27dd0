"""What may be asked of a volume that a server has."""
import pytest

from harness.resources import ApiError, Resources


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def server(api):
    image = api.image("online", b"x" * 65536)
    made = api.active_server("online", api.flavor("online-api", ram=64, disk=1), image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    api.delete_image(image)


@pytest.fixture
def volume(api, server):
    made = api.ready_volume("online")
    api.attach(server, made)
    api.wait_volume(made, "in-use")
    yield made
    for snapshot in api.snapshots():
        api.delete_snapshot(snapshot["id"])
    api.wait(lambda: not api.snapshots(), "snapshots are gone")
    api.detach(server, made)
    api.wait_volume(made)
    api.delete_volume(made)
    api.wait_gone(lambda: api.show_volume(made), "volume")


def refusal(api, path, body, version):
    with pytest.raises(ApiError) as refused:
        api.volume_api("POST", path, body, version)
    assert refused.value.status == 400
    return str(refused.value)


def snapshot(api, volume, version, **fields):
    body = {"snapshot": {"volume_id": volume, "name": "s", **fields}}
    made = api.volume_api("POST", "/snapshots", body, version)["snapshot"]["id"]
    api.wait_status(lambda: api.show_snapshot(made), "available", "snapshot")
    return made


def test_snapshot_needs_force_below_3_66(api, volume):
    for fields in ({}, {"force": False}):
        text = refusal(api, "/snapshots", {"snapshot": {"volume_id": volume, **fields}}, "3.65")
        assert "in-use" in text and "force" in text
    snapshot(api, volume, "3.65", force=True)
    snapshot(api, volume, "3.0", force="true")


def test_snapshot_needs_no_force_from_3_66_on(api, volume):
    assert "force" in refusal(api, "/snapshots", {"snapshot": {"volume_id": volume, "force": False}}, "3.66")
    snapshot(api, volume, "3.66")
    snapshot(api, volume, "3.66", force=True)
    assert api.show_volume(volume)["status"] == "in-use"


def test_extend_needs_3_42(api, server, volume):
    text = refusal(api, f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, "3.41")
    assert "in-use" in text and "3.42" in text
    api.volume_action(volume, "os-extend", {"new_size": 2}, "3.42")
    api.wait_flows(volume)
    found = api.wait_volume(volume, "in-use")
    assert found["size"] == 2 and len(found["attachments"]) == 1
    assert "2" in refusal(api, f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, "3.42")


def test_server_shows_that_its_volume_was_extended(api, server, volume):
    api.extend(volume, 3)
    api.wait_flows(volume)
    actions = api.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
    extended = [item for item in actions if item["action"] == "extend_volume"]
    shown = api.compute("GET", f"/servers/{server}/os-instance-actions/{extended[0]['request_id']}")["instanceAction"]
    event = next(item for item in shown["events"] if item["event"] == "compute_extend_volume")
    assert event["result"] == "Success" and event["finish_time"]


def test_snapshots_are_deleted_in_any_order(api, volume):
    made = [snapshot(api, volume, "3.66") for _ in range(4)]
    for each in (made[1], made[3], made[0], made[2]):
        api.delete_snapshot(each)
        api.wait_gone(lambda: api.show_snapshot(each), "snapshot")
    assert api.show_volume(volume)["status"] == "in-use"


def test_clones_of_a_volume_in_use(api, volume):
    for _ in range(3):
        clone = api.ready_volume("clone", 1, source_volid=volume)
        api.delete_volume(clone)
        api.wait_gone(lambda: api.show_volume(clone), "clone")
    assert api.snapshots() == []


def test_work_on_one_volume_at_once(api, volume):
    """Nothing gets into the other's way."""
    snapshots = [api.snapshot(f"s{number}", volume, force=True) for number in range(4)]
    clones = [api.volume(f"c{number}", 1, source_volid=volume) for number in range(3)]
    for each in snapshots:
        api.wait_status(lambda: api.show_snapshot(each), "available", "snapshot")
    for each in snapshots:
        api.delete_snapshot(each)
    for each in clones:
        api.wait_volume(each)
        api.delete_volume(each)
    api.wait(lambda: not api.snapshots() and len(api.volumes()) == 1, "snapshots and clones are gone")
    assert api.show_volume(volume)["status"] == "in-use"
