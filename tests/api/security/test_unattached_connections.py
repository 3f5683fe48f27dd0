"""Connections outside of attachments: bounded, known, ended in time, and refused at once where a volume is at work."""
import json

import pytest

from harness.cloud import wait_for
from harness.volumes import call, settled, show

HOST = {"connector": {"host": "one"}}


def act(cloud, volume, name, argument=None, expect=202, token=None):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, expect=expect, token=token)


def connections(cloud, volume):
    """Of the storage host."""
    for path in cloud.state.rglob("*.json"):
        found = json.loads(path.read_text())
        if isinstance(found, dict) and volume in path.name and "connections" in found:
            return found["connections"]
        for item in found.get("volumes", []) if isinstance(found, dict) else []:
            if isinstance(item, dict) and item.get("id") == volume:
                return item["connections"]
    raise AssertionError("the storage host has no record of the volume")


@pytest.mark.parametrize("status", ["uploading", "extending", "deleting", "maintenance", "backing-up"])
def test_a_volume_at_work_is_refused_at_once(cloud, volumes, status):
    volume = volumes(size=1)
    act(cloud, volume, "os-reset_status", {"status": status})
    for name in ("os-initialize_connection", "os-terminate_connection"):
        assert status in act(cloud, volume, name, HOST, 400).text
    body = {"attachment": {"volume_uuid": volume, **HOST}}
    assert status in call(cloud, "POST", "/attachments", body, expect=400).text
    act(cloud, volume, "os-reset_status", {"status": "available"})
    assert connections(cloud, volume) == []


def test_they_are_bounded(cloud, volumes):
    volume = volumes(size=1)
    for number in range(64):
        act(cloud, volume, "os-initialize_connection", {"connector": {"host": f"h{number}"}}, 200)
    act(cloud, volume, "os-initialize_connection", HOST, 409)
    act(cloud, volume, "os-initialize_connection", {"connector": {"host": "h1"}}, 200)
    assert len(connections(cloud, volume)) == 64
    act(cloud, volume, "os-terminate_connection", {"connector": {"host": "h1"}})
    act(cloud, volume, "os-initialize_connection", HOST, 200)


def test_a_second_host_leaves_no_connection(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, **HOST}}, expect=200).json()
    act(cloud, volume, "os-initialize_connection", {"connector": {"host": "two"}}, 409)
    assert connections(cloud, volume) == ["one"]
    call(cloud, "DELETE", f"/attachments/{made['attachment']['id']}", expect=200)
    assert connections(cloud, volume) == []


def test_they_do_not_go_along_with_a_transfer(cloud, volumes, stranger):
    volume = volumes(size=1)
    act(cloud, volume, "os-initialize_connection", HOST, 200)
    offer = call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume}}, expect=202).json()["transfer"]
    call(cloud, "POST", f"/volume-transfers/{offer['id']}/accept", {"accept": {"auth_key": offer["auth_key"]}},
         token=stranger, expect=202)
    assert connections(cloud, volume) == []


def test_they_end_before_a_revert(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
    assert settled(cloud, "snapshot", made)["status"] == "available"
    act(cloud, volume, "os-initialize_connection", HOST, 200)
    act(cloud, volume, "revert", {"snapshot_id": made})
    wait_for(lambda: show(cloud, volume)["status"] != "reverting", 60, "the volume is reverted")
    assert show(cloud, volume)["status"] == "available"
    assert connections(cloud, volume) == []


def test_detaching_is_taken_back_by_what_is_attached(cloud, volumes):
    volume = volumes(size=1)
    act(cloud, volume, "os-reset_status", {"status": "detaching"})
    act(cloud, volume, "os-roll_detaching")
    assert show(cloud, volume)["status"] == "available"


def test_a_reservation_alone_is_healthy(cloud, volumes):
    volume = volumes(size=1)
    act(cloud, volume, "os-reserve")
    assert cloud.differences() == []
    act(cloud, volume, "os-unreserve")


@pytest.mark.parametrize("name", ["os-initialize_connection", "os-terminate_connection"])
@pytest.mark.parametrize("field, value", [("host", 5), ("initiator", 5), ("ip", []), ("mountpoint", "x" * 256),
                                          ("multipath", "x"), ("mode", "rx"), ("wwpns", "x"), ("wwnns", [5])])
def test_a_wrong_field_is_named(cloud, volumes, name, field, value):
    assert f"connector.{field}" in act(cloud, volumes(size=1), name, {"connector": {"host": "h", field: value}}, 400).text
