"""Bad input of every kind to every resource: it ends in a fault that a client understands, never in a 500.

Each valid request below is sent many times with one thing of it changed. What happens to be valid still may succeed.
"""
import copy
import pathlib
import sys

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import Cloud  # noqa: E402
from harness.resources import Resources  # noqa: E402

JUNK = [None, True, 0, -1, 1.5, 2**63, 10**40, "", " ", "x" * 300, "a\x00b", "\ud83d\udca9" * 90, "-1", "1e9", "../../etc/passwd",
        [], [[]], [None], {}, {"a": {"b": []}}, ["x"] * 200]
WORDS = ["", "-1", "x" * 300, "%00", "%ff%fe", "..%2f..%2fetc", "99999999999999999999", "null", "%7B%22a%22%3A1%7D", "a,b:c", "2026-13-45"]
PARAMETERS = ["limit", "marker", "offset", "sort", "sort_key", "sort_dir", "sort_keys", "name", "status", "id", "all_tenants",
              "metadata", "changes-since", "changes-before", "created_at", "updated_at", "tags", "fields", "size_min", "visibility",
              "project_id", "host", "ip", "fixed_ips", "is_public", "with_count", "page_reverse"]
SLOW_ANSWER_SECONDS = 20


@pytest.fixture(scope="module")
def own():
    """A cloud that is thrown away with all that was made by requests that happened to be valid."""
    running = Cloud().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def ids(own):
    made = Resources(own)
    image = made.image("one", b"\0" * 1024)
    flavor = made.flavor("one")
    network = made.call("GET", "/network/v2.0/networks")["networks"][0]["id"]
    group = made.call("GET", "/network/v2.0/security-groups")["security_groups"][0]["id"]
    token = own.http("GET", "/identity/v3/auth/tokens", headers={"X-Subject-Token": own.token}).json()["token"]
    volume = made.ready_volume("one")
    return {"image": image, "flavor": flavor, "network": network, "group": group, "volume": volume,
            "snapshot": made.ready_snapshot("one", volume), "backup": made.ready_backup("one", volume),
            "server": made.active_server("one", flavor, image),
            "project": token["project"]["id"], "user": token["user"]["id"], "domain": token["user"]["domain"]["id"],
            "type": made.volume_api("GET", "/types/default")["volume_type"]["id"],
            "subnet": made.call("GET", "/network/v2.0/subnets")["subnets"][0]["id"]}


def requests_of(ids):
    """Service and newest microversion, method, path and a valid body."""
    compute = ("/compute/v2.1", {"OpenStack-API-Version": "compute 2.93"})
    old_compute = ("/compute/v2.1", {})
    volume = ("/volume/v3", {"OpenStack-API-Version": "volume 3.70"})
    image, network, identity = ("/image/v2", {}), ("/network/v2.0", {}), ("/identity/v3", {})
    server = {"name": "n", "flavorRef": ids["flavor"], "imageRef": ids["image"]}
    device = {"source_type": "image", "destination_type": "volume", "uuid": ids["image"], "volume_size": 1, "boot_index": 0,
              "delete_on_termination": True, "tag": "t", "volume_type": "__DEFAULT__"}
    return [
        (compute, "POST", "/servers", {"server": {**server, "networks": [{"uuid": ids["network"]}], "tags": ["t"], "metadata": {"k": "v"},
                                                  "description": "d", "user_data": "YQ==", "security_groups": [{"name": "default"}],
                                                  "min_count": 1, "max_count": 1, "config_drive": True, "hostname": "h"}}),
        (compute, "POST", "/servers", {"server": {"name": "n", "flavorRef": ids["flavor"], "networks": "none",
                                                  "block_device_mapping_v2": [device]},
                                       "os:scheduler_hints": {"same_host": [ids["server"]]}}),
        (old_compute, "POST", "/servers", {"server": {**server, "block_device_mapping": [
            {"device_name": "vdb", "volume_id": ids["volume"], "volume_size": "1", "delete_on_termination": True}]}}),
        (compute, "PUT", f"/servers/{ids['server']}", {"server": {"name": "n", "description": "d", "hostname": "h"}}),
        (compute, "POST", f"/servers/{ids['server']}/action", {"reboot": {"type": "SOFT"}}),
        (compute, "POST", f"/servers/{ids['server']}/action", {"os-getConsoleOutput": {"length": 1}}),
        (compute, "POST", f"/servers/{ids['server']}/metadata", {"metadata": {"k": "v"}}),
        (compute, "PUT", f"/servers/{ids['server']}/metadata/k", {"meta": {"k": "v"}}),
        (compute, "PUT", f"/servers/{ids['server']}/tags", {"tags": ["t"]}),
        (compute, "POST", f"/servers/{ids['server']}/os-volume_attachments",
         {"volumeAttachment": {"volumeId": ids["volume"], "device": "/dev/vdc", "tag": "t", "delete_on_termination": True}}),
        (compute, "POST", "/flavors", {"flavor": {"name": "f", "ram": 64, "vcpus": 1, "disk": 1, "id": "auto", "swap": 0, "rxtx_factor": 1.0,
                                                  "OS-FLV-EXT-DATA:ephemeral": 0, "os-flavor-access:is_public": True, "description": "d"}}),
        (compute, "POST", f"/flavors/{ids['flavor']}/os-extra_specs", {"extra_specs": {"k": "v"}}),
        (compute, "POST", "/os-keypairs", {"keypair": {"name": "k", "type": "ssh", "public_key": "ssh-ed25519 AAAA", "user_id": ids["user"]}}),
        (compute, "PUT", f"/os-quota-sets/{ids['project']}", {"quota_set": {"cores": 100, "force": True}}),
        (volume, "POST", "/volumes", {"volume": {"name": "v", "size": 1, "description": "d", "metadata": {"k": "v"}, "imageRef": ids["image"],
                                                 "volume_type": ids["type"], "availability_zone": "nova", "multiattach": False}}),
        (volume, "POST", "/volumes", {"volume": {"size": 1, "snapshot_id": ids["snapshot"]}}),
        (volume, "POST", "/volumes", {"volume": {"size": 1, "source_volid": ids["volume"]}}),
        (volume, "POST", "/volumes", {"volume": {"size": 1, "backup_id": ids["backup"]}}),
        (volume, "POST", "/backups", {"backup": {"volume_id": ids["volume"], "name": "b", "description": "d", "container": "c",
                                                 "incremental": False, "force": True, "snapshot_id": ids["snapshot"],
                                                 "metadata": {"k": "v"}, "availability_zone": "nova"}}),
        (volume, "PUT", f"/backups/{ids['backup']}", {"backup": {"name": "n", "description": "d", "metadata": {"k": "v"}}}),
        (volume, "POST", f"/backups/{ids['backup']}/restore", {"restore": {"name": "r"}}),
        (volume, "POST", f"/backups/{ids['backup']}/action", {"os-reset_status": {"status": "available"}}),
        (volume, "POST", "/backups/import_record", {"backup-record": {"backup_service": "s", "backup_url": "e30="}}),
        (volume, "PUT", f"/volumes/{ids['volume']}", {"volume": {"name": "n", "description": "d", "metadata": {"k": "v"}}}),
        (volume, "POST", f"/volumes/{ids['volume']}/metadata", {"metadata": {"k": "v"}}),
        (volume, "PUT", f"/volumes/{ids['volume']}/metadata/k", {"meta": {"k": "v"}}),
        (volume, "POST", f"/volumes/{ids['volume']}/action", {"os-extend": {"new_size": 2}}),
        (volume, "POST", f"/volumes/{ids['volume']}/action", {"os-set_bootable": {"bootable": True}}),
        (volume, "POST", f"/volumes/{ids['volume']}/action", {"os-set_image_metadata": {"metadata": {"k": "v"}}}),
        (volume, "POST", f"/volumes/{ids['volume']}/action", {"os-reset_status": {"status": "available", "attach_status": "detached"}}),
        (volume, "POST", "/snapshots", {"snapshot": {"volume_id": ids["volume"], "name": "s", "force": False, "metadata": {"k": "v"}}}),
        (volume, "PUT", f"/snapshots/{ids['snapshot']}", {"snapshot": {"name": "n", "description": "d"}}),
        (volume, "POST", "/types", {"volume_type": {"name": "t", "description": "d", "extra_specs": {"k": "v"},
                                                    "os-volume-type-access:is_public": True}}),
        (volume, "POST", "/attachments", {"attachment": {"volume_uuid": ids["volume"], "instance_uuid": ids["server"], "mode": "rw"}}),
        (volume, "PUT", f"/os-quota-sets/{ids['project']}", {"quota_set": {"volumes": 100}}),
        (image, "POST", "/images", {"name": "i", "disk_format": "raw", "container_format": "bare", "min_disk": 0, "min_ram": 0,
                                    "visibility": "private", "protected": False, "tags": ["t"], "hw_disk_bus": "virtio"}),
        (image, "POST", f"/images/{ids['image']}/members", {"member": ids["project"]}),
        (network, "POST", "/networks", {"network": {"name": "n", "admin_state_up": True, "shared": False, "mtu": 1400}}),
        (network, "POST", "/subnets", {"subnet": {"network_id": ids["network"], "ip_version": 4, "cidr": "10.9.0.0/24", "gateway_ip": "10.9.0.1",
                                                  "allocation_pools": [{"start": "10.9.0.2", "end": "10.9.0.9"}], "enable_dhcp": True,
                                                  "dns_nameservers": ["10.9.0.1"], "host_routes": []}}),
        (network, "POST", "/ports", {"port": {"network_id": ids["network"], "name": "p", "fixed_ips": [{"subnet_id": ids["subnet"]}],
                                              "mac_address": "fa:16:3e:00:00:01", "security_groups": [ids["group"]],
                                              "device_id": "", "device_owner": ""}}),
        (network, "POST", "/security-groups", {"security_group": {"name": "g", "description": "d"}}),
        (network, "POST", "/security-group-rules", {"security_group_rule": {
            "security_group_id": ids["group"], "direction": "ingress", "protocol": "tcp", "ethertype": "IPv4",
            "port_range_min": 1, "port_range_max": 2, "remote_ip_prefix": "10.0.0.0/8"}}),
        (identity, "POST", "/projects", {"project": {"name": "p", "domain_id": ids["domain"], "enabled": True, "description": "d"}}),
        (identity, "POST", "/users", {"user": {"name": "u", "password": "secret", "domain_id": ids["domain"], "enabled": True}}),
        (identity, "POST", "/roles", {"role": {"name": "r"}}),
        (identity, "POST", "/services", {"service": {"type": "t", "name": "n", "enabled": True}}),
        (identity, "POST", "/auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "nobody", "domain": {"id": "default"}, "password": "p"}}}, "scope": {"project": {"id": ids["project"]}}}}),
    ]


def places(value, path=()):
    """Every place of a body, from the whole to the leaves."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(body, path):
    for step in path:
        body = body[step]
    return body


def changed(body, path, junk):
    if not path:
        return junk
    copied = copy.deepcopy(body)
    at(copied, path[:-1])[path[-1]] = junk
    return copied


def without(body, path):
    copied = copy.deepcopy(body)
    del at(copied, path[:-1])[path[-1]]
    return copied


def variants(body):
    for path in places(body):
        for junk in JUNK:
            yield changed(body, path, junk)
        if path:
            yield without(body, path)
        if isinstance(at(body, path), dict):
            yield changed(body, (*path, "nonsense"), 1)


def is_understood(answer):
    """Success, or a fault that has a text: in JSON, or (Glance) as a page."""
    if answer.status_code < 400:
        return True
    if answer.status_code >= 500:
        return False
    if "json" not in answer.headers.get("Content-Type", ""):
        return "/image/v2" in answer.url and bool(answer.text)
    fault = answer.json()
    inner = next(iter(fault.values()))
    return bool(inner.get("message") if isinstance(inner, dict) else fault.get("message"))


class Sender:
    """Sends over one connection and collects what was answered badly."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.session = requests.Session()
        self.bad = []
        self.statuses = set()

    def send(self, method, path, headers, body=None):
        answer = self.session.request(method, self.cloud.url + path, json=body, timeout=SLOW_ANSWER_SECONDS,
                                      headers={"X-Auth-Token": self.cloud.token, **headers})
        self.statuses.add(answer.status_code)
        if not is_understood(answer):
            self.bad.append(f"{method} {path[:200]} {str(body)[:600]} -> {answer.status_code} {answer.text[:200]}")


def test_no_changed_body_ends_in_a_500(own, ids):
    sender = Sender(own)
    for (root, headers), method, path, body in requests_of(ids):
        for variant in variants(body):
            sender.send(method, root + path, headers, variant)
    assert sender.bad == []
    assert 400 in sender.statuses


def lists_of(ids):
    for root, paths in {
        "/compute/v2.1": ["/servers", "/servers/detail", "/flavors/detail", "/os-keypairs", "/os-hypervisors/detail", "/limits",
                          f"/servers/{ids['server']}/os-instance-actions", f"/servers/{ids['server']}/os-volume_attachments",
                          f"/os-quota-sets/{ids['project']}"],
        "/volume/v3": ["/volumes", "/volumes/detail", "/volumes/summary", "/snapshots/detail", "/backups", "/backups/detail", "/types", "/attachments/detail",
                       "/messages", "/limits", "/os-services", "/scheduler-stats/get_pools", f"/os-quota-sets/{ids['project']}"],
        "/image/v2": ["/images"],
        "/network/v2.0": ["/networks", "/subnets", "/ports", "/security-groups", "/security-group-rules"],
        "/identity/v3": ["/projects", "/users", "/roles", "/role_assignments", "/services", "/endpoints", "/regions"],
    }.items():
        for path in paths:
            yield root + path


def test_no_query_ends_in_a_500(own, ids):
    sender = Sender(own)
    versions = {"OpenStack-API-Version": "compute 2.93, volume 3.70"}
    for path in lists_of(ids):
        for parameter in PARAMETERS:
            for word in WORDS:
                sender.send("GET", f"{path}?{parameter}={word}", versions)
    assert sender.bad == []
    assert 400 in sender.statuses


def test_no_id_ends_in_a_500(own, ids):
    sender = Sender(own)
    roots = ["/compute/v2.1/servers", "/compute/v2.1/flavors", "/compute/v2.1/os-keypairs", f"/compute/v2.1/servers/{ids['server']}/metadata",
             f"/compute/v2.1/servers/{ids['server']}/tags", f"/compute/v2.1/servers/{ids['server']}/os-volume_attachments",
             "/volume/v3/volumes", "/volume/v3/snapshots", "/volume/v3/backups", "/volume/v3/types", "/volume/v3/attachments", "/volume/v3/os-quota-sets",
             f"/volume/v3/volumes/{ids['volume']}/metadata", "/image/v2/images", f"/image/v2/images/{ids['image']}/members",
             "/network/v2.0/networks", "/network/v2.0/ports", "/network/v2.0/subnets", "/network/v2.0/security-groups",
             "/identity/v3/projects", "/identity/v3/users", "/identity/v3/roles"]
    for root in roots:
        for word in filter(None, WORDS):
            for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
                sender.send(method, f"{root}/{word}", {"OpenStack-API-Version": "compute 2.93, volume 3.70"}, {})
    assert sender.bad == []
    assert 404 in sender.statuses
