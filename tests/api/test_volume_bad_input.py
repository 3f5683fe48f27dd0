"""Bad input of every kind to the resources of volume types, quotas and operators: never a 500."""
import pytest
from test_bad_input import WORDS, Sender, variants

from harness.cloud import Cloud
from harness.resources import Resources

NEWEST = {"OpenStack-API-Version": "volume 3.70"}
PARAMETERS = ["limit", "marker", "offset", "sort", "sort_key", "sort_dir", "name", "name~", "status", "id", "all_tenants", "metadata",
              "glance_metadata", "created_at", "updated_at", "project_id", "host", "is_public", "with_count", "extra_specs", "consumer",
              "usage", "detail", "volume_type", "resource", "message_level", "bootable", "multiattach", "consumes_quota", "size", "binary",
              "migration_status", "availability_zone", "user_id", "volume_id", "resource_uuid", "event_id", "vol_type_id"]


@pytest.fixture(scope="module")
def own():
    """A cloud that is thrown away with all that was made by requests that happened to be valid."""
    running = Cloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def ids(own):
    made = Resources(own)
    api = made.volume_api
    volume = made.ready_volume("one")
    return {"volume": volume, "snapshot": made.ready_snapshot("one", volume), "project": own.conn.current_project_id,
            "type": api("POST", "/types", {"volume_type": {"name": "one"}})["volume_type"]["id"],
            "private": api("POST", "/types", {"volume_type": {"name": "two", "os-volume-type-access:is_public": False}})["volume_type"]["id"],
            "qos": api("POST", "/qos-specs", {"qos_specs": {"name": "one"}})["qos_specs"]["id"]}


def requests_of(ids):
    type_path, qos_path = f"/types/{ids['type']}", f"/qos-specs/{ids['qos']}"
    encryption = {"encryption": {"provider": "luks", "cipher": "c", "key_size": 256, "control_location": "front-end"}}
    service = {"host": "nowhere", "binary": "cinder-volume", "disabled_reason": "why"}
    return [
        ("PUT", type_path, {"volume_type": {"name": "n", "description": "d", "is_public": True}}),
        ("POST", f"{type_path}/extra_specs", {"extra_specs": {"k": "v"}}),
        ("PUT", f"{type_path}/extra_specs/k", {"k": "v"}),
        ("POST", f"/types/{ids['private']}/action", {"addProjectAccess": {"project": ids["project"]}}),
        ("POST", f"/types/{ids['private']}/action", {"removeProjectAccess": {"project": ids["project"]}}),
        ("POST", f"{type_path}/encryption", encryption),
        ("PUT", f"{type_path}/encryption/provider", encryption),
        ("PUT", f"/default-types/{ids['project']}", {"default_type": {"volume_type": "__DEFAULT__"}}),
        ("POST", "/qos-specs", {"qos_specs": {"name": "n", "consumer": "both", "total_iops_sec": "5", "total_iops_sec_per_gb": "5"}}),
        ("PUT", qos_path, {"qos_specs": {"consumer": "both", "read_bytes_sec": "5", "read_bytes_sec_max": "9"}}),
        ("PUT", f"{qos_path}/delete_keys", {"keys": ["a"]}),
        ("PUT", f"/os-quota-sets/{ids['project']}", {"quota_set": {"volumes": 100, "volumes_one": -1}}),
        ("PUT", "/os-quota-class-sets/default", {"quota_class_set": {"volumes": 100, "gigabytes_one": -1}}),
        *[("PUT", f"/os-services/{action}", service) for action in ("enable", "disable", "disable-log-reason", "freeze", "thaw", "failover_host")],
        ("PUT", "/os-services/get-log", {"binary": "*", "server": "s", "prefix": "p"}),
        ("PUT", "/os-services/set-log", {"binary": "*", "server": "s", "prefix": "p", "level": "INFO"}),
        ("PUT", "/os-hosts/nowhere", {"status": "enable"}),
        ("PUT", "/clusters/enable", {"name": "n"}),
        ("POST", "/workers/cleanup", {"host": "h", "binary": "cinder-volume", "service_id": "1", "is_up": True, "disabled": False}),
        ("POST", f"/volumes/{ids['volume']}/action", {"os-retype": {"new_type": ids["type"], "migration_policy": "never"}}),
    ]


def test_no_changed_body_ends_in_a_500(own, ids):
    sender = Sender(own)
    for method, path, body in requests_of(ids):
        for variant in variants(body):
            sender.send(method, "/volume/v3" + path, NEWEST, variant)
    assert sender.bad == []
    assert 400 in sender.statuses


def test_no_query_ends_in_a_500(own, ids):
    sender = Sender(own)
    for path in ("/volumes/detail", "/snapshots/detail", "/attachments/detail", "/messages", "/types", "/qos-specs", "/os-services",
                 "/os-hosts", "/scheduler-stats/get_pools", "/resource_filters", "/volumes/summary", "/limits", "/clusters",
                 f"/os-quota-sets/{ids['project']}", f"/qos-specs/{ids['qos']}/associate", f"/qos-specs/{ids['qos']}/disassociate"):
        for parameter in PARAMETERS:
            for word in WORDS:
                sender.send("GET", f"/volume/v3{path}?{parameter}={word}", NEWEST)
    assert sender.bad == []
    assert 400 in sender.statuses


def test_no_id_ends_in_a_500(own, ids):
    sender = Sender(own)
    for root in ("/types", f"/types/{ids['type']}/extra_specs", f"/types/{ids['type']}/encryption", "/default-types", "/qos-specs",
                 "/os-quota-class-sets", "/os-services", "/os-hosts", "/capabilities", "/clusters", "/extensions", "/messages",
                 f"/volumes/{ids['volume']}/encryption", f"/volumes/{ids['volume']}/metadata", f"/snapshots/{ids['snapshot']}/metadata"):
        for word in filter(None, WORDS):
            for method in ("GET", "PUT", "DELETE", "POST"):
                sender.send(method, f"/volume/v3{root}/{word}", NEWEST, {})
    assert sender.bad == []
    assert 404 in sender.statuses
