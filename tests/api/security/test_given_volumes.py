"""A volume that went to another project gives neither project a hand on what the other has."""
import json
import uuid

import pytest

from harness.accounts import Accounts
from harness.cloud import wait_for
from harness.resources import Resources
from harness.volumes import NOWHERE, call, gone, settled, show


class Member:
    """The volume API as a member of a project of his own."""

    def __init__(self, cloud, accounts):
        self.cloud = cloud
        self.project = accounts.project()
        self.token = accounts.of_project(self.project, "member")[1]

    def call(self, method, path, body=None, expect=None):
        return call(self.cloud, method, path, body, token=self.token, expect=expect)

    def volume(self, **fields):
        made = self.call("POST", "/volumes", {"volume": {"size": 1, **fields}}, expect=202).json()["volume"]["id"]
        assert settled(self.cloud, "volume", made)["status"] == "available"
        return made

    def snapshot(self, volume):
        made = self.call("POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202).json()["snapshot"]["id"]
        assert settled(self.cloud, "snapshot", made)["status"] == "available"
        return made

    def act(self, volume, name, argument, expect):
        return self.call("POST", f"/volumes/{volume}/action", {name: argument}, expect=expect)

    def offer(self, volume, expect=202, **fields):
        answer = self.call("POST", "/volume-transfers", {"transfer": {"volume_id": volume, **fields}}, expect=expect)
        return answer.json()["transfer"] if expect == 202 else answer

    def accept(self, offer, expect=202):
        return self.call("POST", f"/volume-transfers/{offer['id']}/accept", {"accept": {"auth_key": offer["auth_key"]}},
                         expect=expect)

    def has_snapshot(self, snapshot):
        return self.call("GET", f"/snapshots/{snapshot}").status_code == 200

    def delete_snapshot(self, snapshot):
        self.call("DELETE", f"/snapshots/{snapshot}", expect=202)
        gone(self.cloud, "snapshot", snapshot)


def give(giver, taker, volume, **fields):
    taker.accept(giver.offer(volume, **fields))


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def alice(cloud, accounts):
    return Member(cloud, accounts)


@pytest.fixture(scope="module")
def bob(cloud, accounts):
    return Member(cloud, accounts)


@pytest.fixture(autouse=True)
def nothing_left(cloud):
    yield
    for item in call(cloud, "GET", "/volumes?all_tenants=1", expect=200).json()["volumes"]:
        call(cloud, "POST", f"/volumes/{item['id']}/action", {"os-force_delete": {}}, expect=202)
        gone(cloud, "volume", item["id"])


@pytest.fixture
def group(cloud, alice):
    """A group of Alice's and the type of its volumes."""
    kind = call(cloud, "POST", "/types", {"volume_type": {"name": f"t-{uuid.uuid4().hex}"}}, expect=200).json()["volume_type"]["id"]
    group_type = call(cloud, "POST", "/group_types", {"group_type": {"name": f"g-{uuid.uuid4().hex}"}}, expect=202).json()["group_type"]["id"]
    made = alice.call("POST", "/groups", {"group": {"name": "g", "group_type": group_type, "volume_types": [kind]}},
                      expect=202).json()["group"]["id"]
    wait_for(lambda: alice.call("GET", f"/groups/{made}").json()["group"]["status"] == "available", 60, "group is there")
    yield made, kind
    for item in call(cloud, "GET", "/volumes?all_tenants=1", expect=200).json()["volumes"]:
        call(cloud, "POST", f"/volumes/{item['id']}/action", {"os-force_delete": {}}, expect=202)
        gone(cloud, "volume", item["id"])
    for item in call(cloud, "GET", "/group_snapshots?all_tenants=1").json()["group_snapshots"]:
        call(cloud, "DELETE", f"/group_snapshots/{item['id']}", expect=202)
        gone(cloud, "group_snapshot", item["id"])
    for item in call(cloud, "GET", "/groups?all_tenants=1").json()["groups"]:
        call(cloud, "POST", f"/groups/{item['id']}/action", {"delete": {"delete-volumes": True}}, expect=202)
        gone(cloud, "group", item["id"])
    call(cloud, "DELETE", f"/group_types/{group_type}", expect=202)
    call(cloud, "DELETE", f"/types/{kind}", expect=202)


def group_snapshot(owner, group):
    made = owner.call("POST", "/group_snapshots", {"group_snapshot": {"group_id": group, "name": "gs"}},
                      expect=202).json()["group_snapshot"]["id"]
    wait_for(lambda: owner.call("GET", f"/group_snapshots/{made}").json()["group_snapshot"]["status"] == "available", 60,
             "group snapshot is there")
    return made


def test_a_group_snapshot_keeps_no_hand_on_given_snapshots(cloud, alice, bob, group):
    group, kind = group
    volume = alice.volume(group_id=group, volume_type=kind)
    kept = alice.volume(group_id=group, volume_type=kind)
    whole = group_snapshot(alice, group)
    parts = {item["volume_id"]: item["id"] for item in alice.call("GET", "/snapshots").json()["snapshots"]}
    alice.call("PUT", f"/groups/{group}", {"group": {"remove_volumes": volume}}, expect=202)
    give(alice, bob, volume)
    assert bob.call("GET", f"/snapshots/{parts[volume]}").json()["snapshot"]["group_snapshot_id"] is None
    made = alice.call("POST", "/groups/action", {"create-from-src": {"name": "x", "group_snapshot_id": whole}},
                      expect=202).json()["group"]["id"]
    wait_for(lambda: alice.call("GET", f"/groups/{made}").json()["group"]["status"] == "available", 60, "group is there")
    assert len(alice.call("GET", f"/groups/{made}?list_volume=true").json()["group"]["volumes"]) == 1
    alice.call("DELETE", f"/group_snapshots/{whole}", expect=202)
    gone(cloud, "group_snapshot", whole)
    assert not alice.has_snapshot(parts[kept])
    assert bob.has_snapshot(parts[volume])
    bob.delete_snapshot(parts[volume])


def test_a_group_snapshot_is_of_its_group_s_project(cloud, alice, group):
    """Also when an administrator makes it."""
    group, kind = group
    volume = alice.volume(group_id=group, volume_type=kind)
    made = call(cloud, "POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}, expect=202).json()["group_snapshot"]["id"]
    wait_for(lambda: call(cloud, "GET", f"/group_snapshots/{made}").json()["group_snapshot"]["status"] == "available", 60,
             "group snapshot is there")
    assert alice.call("GET", f"/group_snapshots/{made}", expect=200).json()["group_snapshot"]["project_id"] == alice.project
    alice.call("DELETE", f"/group_snapshots/{made}", expect=202)
    gone(cloud, "group_snapshot", made)
    assert alice.call("GET", f"/snapshots?volume_id={volume}").json()["snapshots"] == []


def test_a_group_takes_volumes_of_its_project_only(cloud, alice, bob, group):
    group, kind = group
    others = bob.volume(volume_type=kind)
    refused = call(cloud, "PUT", f"/groups/{group}", {"group": {"add_volumes": others}}, expect=400)
    assert "another project" in refused.text
    refused = call(cloud, "POST", "/volumes", {"volume": {"size": 1, "volume_type": kind, "group_id": group}}, expect=400)
    assert "another project" in refused.text


def test_new_names_of_a_given_volume_stay_private(cloud, alice, bob, group):
    group, kind = group
    volume = alice.volume(group_id=group, volume_type=kind, name="old")
    whole = group_snapshot(alice, group)
    alice.call("PUT", f"/groups/{group}", {"group": {"remove_volumes": volume}}, expect=202)
    give(alice, bob, volume, no_snapshots=True)
    bob.call("PUT", f"/volumes/{volume}", {"volume": {"name": "bob's secret", "description": "bob's secret"}}, expect=200)
    made = alice.call("POST", "/groups/action", {"create-from-src": {"name": "x", "group_snapshot_id": whole}},
                      expect=202).json()["group"]["id"]
    wait_for(lambda: alice.call("GET", f"/groups/{made}").json()["group"]["status"] == "available", 60, "group is there")
    assert "secret" not in alice.call("GET", "/volumes/detail").text


@pytest.mark.parametrize("query", ["", "?cascade=true"])
def test_deleting_a_volume_keeps_what_the_former_owner_kept(cloud, alice, bob, query):
    volume = alice.volume()
    kept = alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    own = bob.snapshot(volume)
    refused = bob.call("DELETE", f"/volumes/{volume}{query}", expect=400)
    assert "another project" in refused.text and kept not in refused.text
    assert show(cloud, volume)["status"] == "available"
    assert alice.has_snapshot(kept) and bob.has_snapshot(own)
    alice.delete_snapshot(kept)
    bob.call("DELETE", f"/volumes/{volume}?cascade=true", expect=202)
    gone(cloud, "volume", volume)


def test_nobody_reverts_to_what_the_former_owner_kept(cloud, alice, bob):
    """It is as if it weren't there."""
    volume = alice.volume()
    kept = alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    refused = bob.act(volume, "revert", {"snapshot_id": kept}, 400)
    unknown = bob.act(volume, "revert", {"snapshot_id": NOWHERE}, 400)
    assert refused.text.replace(kept, NOWHERE) == unknown.text
    assert show(cloud, volume)["status"] == "available"


def test_the_latest_snapshot_of_another_is_not_named(cloud, alice, bob):
    volume = alice.volume()
    own = alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    later = bob.snapshot(volume)
    give(bob, alice, volume, no_snapshots=True)
    refused = alice.act(volume, "revert", {"snapshot_id": own}, 400)
    assert later not in refused.text


def test_only_the_owner_s_snapshots_go_along(cloud, alice, bob):
    volume = alice.volume()
    kept = alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    given = bob.snapshot(volume)
    call(cloud, "POST", f"/snapshots/{kept}/action", {"os-reset_status": {"status": "error"}}, expect=202)
    give(bob, alice, volume)
    assert alice.has_snapshot(given) and not bob.has_snapshot(given)
    give(alice, bob, alice.volume())
    call(cloud, "POST", f"/snapshots/{kept}/action", {"os-reset_status": {"status": "available"}}, expect=202)
    assert alice.has_snapshot(kept)


def test_a_third_project_does_not_get_what_was_kept(cloud, accounts, alice, bob):
    carol = Member(cloud, accounts)
    volume = alice.volume()
    kept = alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    give(bob, carol, volume)
    assert alice.has_snapshot(kept) and not carol.has_snapshot(kept)


def test_what_was_kept_does_not_count_for_the_new_owner(cloud, alice, bob):
    """A retype's quota counts the snapshots with their volume."""
    kind = call(cloud, "POST", "/types", {"volume_type": {"name": f"t-{uuid.uuid4().hex}"}}, expect=200).json()["volume_type"]
    volume = alice.volume()
    alice.snapshot(volume)
    give(alice, bob, volume, no_snapshots=True)
    call(cloud, "PUT", f"/os-quota-sets/{bob.project}", {"quota_set": {f"snapshots_{kind['name']}": 0}}, expect=200)
    bob.act(volume, "os-retype", {"new_type": kind["name"], "migration_policy": "never"}, 202)
    wait_for(lambda: show(cloud, volume)["volume_type"] == kind["name"], 60, "it has the new type")
    call(cloud, "DELETE", f"/os-quota-sets/{bob.project}", expect=200)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-force_delete": {}}, expect=202)
    gone(cloud, "volume", volume)
    call(cloud, "DELETE", f"/types/{kind['id']}", expect=202)
