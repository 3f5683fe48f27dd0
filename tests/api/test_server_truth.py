"""What is told of a server is what it is, and what other services do with its parts reaches its guest."""
import uuid

import pytest
import requests
from harness.cloud import wait_for
from harness.resources import Resources

V21 = "/compute/v2.1"
V20 = "/network/v2.0"
LIMIT_SECONDS = 60
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def made(cloud):
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"truth-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("truth", b"\0" * 65536)
    yield resources
    resources.delete_all()


@pytest.fixture()
def server(made):
    identity = made.active_server("one", made.flavor_id, made.image_id)
    yield identity
    made.compute("DELETE", f"/servers/{identity}")
    made.wait_gone(lambda: made.show_server(identity), "server")


def ports_of(made, server):
    return made.call("GET", f"{V20}/ports?device_id={server}")["ports"]


def addresses_of(made, server):
    addresses = made.compute("GET", f"/servers/{server}")["server"]["addresses"]
    return [ip["addr"] for ips in addresses.values() for ip in ips]


def test_zone_of_a_server_that_asked_for_none(made, server):
    assert made.compute("GET", f"/servers/{server}")["server"]["OS-EXT-AZ:availability_zone"] == "nova"
    found = made.compute("GET", "/servers?availability_zone=nova")["servers"]
    assert server in [one["id"] for one in found]


def test_delete_of_a_port_takes_the_device_out_of_the_guest(cloud, made, server):
    (port,) = ports_of(made, server)
    made.call("DELETE", f"{V20}/ports/{port['id']}")
    assert cloud.http("GET", f"{V20}/ports/{port['id']}").status_code == 404
    assert addresses_of(made, server) == [] and ports_of(made, server) == []
    wait_for(lambda: detached(made, server), LIMIT_SECONDS, "the interface is detached")
    assert cloud.differences() == []
    (trace,) = [flow for flow in cloud.trace(server) if flow["kind"] == "detach_interface"]
    assert trace["state"] == "succeeded"


def detached(made, server):
    actions = made.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
    (action,) = [one for one in actions if one["action"] == "detach_interface"]
    shown = made.compute("GET", f"/servers/{server}/os-instance-actions/{action['request_id']}")["instanceAction"]
    return any(event["finish_time"] and event["result"] == "Success" for event in shown["events"])


def test_address_of_a_deleted_port_is_free_only_once_the_guest_let_go(cloud, made, server):
    (port,) = ports_of(made, server)
    address = port["fixed_ips"][0]
    made.call("DELETE", f"{V20}/ports/{port['id']}")
    body = {"port": {"network_id": port["network_id"], "fixed_ips": [address]}}
    wait_for(lambda: detached(made, server), LIMIT_SECONDS, "the interface is detached")

    def again():
        answer = cloud.http("POST", f"{V20}/ports", json=body)
        assert answer.status_code in (201, 409), answer.text
        return answer.json().get("port")
    new = wait_for(again, LIMIT_SECONDS, "the address is free")
    made.call("DELETE", f"{V20}/ports/{new['id']}")


def test_port_of_a_deleted_server_goes_with_it(cloud, made):
    server = made.active_server("leaver", made.flavor_id, made.image_id)
    (port,) = ports_of(made, server)
    made.call("DELETE", f"{V20}/ports/{port['id']}")
    made.compute("DELETE", f"/servers/{server}")
    made.wait_gone(lambda: made.show_server(server), "server")
    assert cloud.differences() == []


def test_host_of_a_bound_port_stays(cloud, made, server):
    (port,) = ports_of(made, server)
    answer = cloud.http("PUT", f"{V20}/ports/{port['id']}", json={"port": {"binding:host_id": "elsewhere"}})
    assert answer.status_code == 409 and "binding:host_id" in answer.text


def test_new_address_of_a_bound_port_reaches_the_host(cloud, made, server):
    (port,) = ports_of(made, server)
    subnet = port["fixed_ips"][0]["subnet_id"]
    body = {"port": {"fixed_ips": [*port["fixed_ips"], {"subnet_id": subnet}]}}
    changed = made.call("PUT", f"{V20}/ports/{port['id']}", body)["port"]
    assert sorted(addresses_of(made, server)) == sorted(ip["ip_address"] for ip in changed["fixed_ips"])
    flows = wait_for(lambda: [f for f in cloud.trace(server) if f["kind"] == "refresh_network" and f["state"] == "succeeded"],
                     LIMIT_SECONDS, "the host has the new address")
    assert len(flows) == 1


@pytest.mark.parametrize("action, argument", [("lock", None), ("unlock", None), ("os-resetState", {"state": "active"})])
def test_what_is_done_at_once_is_on_record(made, server, action, argument):
    made.action(server, action, argument)
    newest = made.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"][0]
    assert newest["action"] == action.removeprefix("os-")
    shown = made.compute("GET", f"/servers/{server}/os-instance-actions/{newest['request_id']}", version="2.84")
    assert shown["instanceAction"]["events"] == []


def test_security_groups_are_those_of_the_ports(cloud, made, server):
    (port,) = ports_of(made, server)
    group = made.call("POST", f"{V20}/security-groups", {"security_group": {"name": "web", "description": "d"}})["security_group"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 81,
            "remote_ip_prefix": "10.0.0.0/8"}
    made.call("POST", f"{V20}/security-group-rules", {"security_group_rule": rule})
    made.call("PUT", f"{V20}/ports/{port['id']}", {"port": {"security_groups": [group["id"]]}})
    shown = made.compute("GET", f"/servers/{server}")["server"]
    assert shown["security_groups"] == [{"name": "web"}]
    (one,) = [s for s in made.compute("GET", "/servers/detail")["servers"] if s["id"] == server]
    assert one["security_groups"] == [{"name": "web"}]
    (listed,) = made.compute("GET", f"/servers/{server}/os-security-groups")["security_groups"]
    assert (listed["id"], listed["name"], listed["description"]) == (group["id"], "web", "d")
    (shown_rule,) = listed["rules"]
    assert shown_rule["ip_protocol"] == "tcp" and shown_rule["from_port"] == 80 and shown_rule["to_port"] == 81
    assert shown_rule["ip_range"] == {"cidr": "10.0.0.0/8"} and shown_rule["group"] == {}
    made.call("PUT", f"{V20}/ports/{port['id']}", {"port": {"security_groups": []}})
    assert "security_groups" not in made.compute("GET", f"/servers/{server}")["server"]
    made.call("DELETE", f"{V20}/security-groups/{group['id']}")


def test_name_that_two_groups_have(cloud, made):
    groups = [made.call("POST", f"{V20}/security-groups", {"security_group": {"name": "twin"}})["security_group"]["id"] for _ in range(2)]
    body = {"server": {"name": "x", "flavorRef": made.flavor_id, "imageRef": made.image_id, "security_groups": [{"name": "twin"}]}}
    answer = cloud.http("POST", f"{V21}/servers", json=body)
    assert answer.status_code == 409 and "twin" in answer.text
    for group in groups:
        made.call("DELETE", f"{V20}/security-groups/{group}")


@pytest.mark.parametrize("service, path, version", [
    ("compute", f"{V21}/servers/{NOBODY}", "2.53"), ("compute", f"{V21}/nothing", "2.53"),
    ("volume", f"/volume/v3/volumes/{NOBODY}", "3.50"), ("volume", "/volume/v3/nothing", "3.50")])
@pytest.mark.parametrize("token", [None, "garbage"])
def test_faults_tell_the_version(cloud, service, path, version, token):
    answer = cloud.http("GET", path, token=token, headers={"OpenStack-API-Version": f"{service} {version}"})
    assert answer.status_code in (401, 404)
    assert answer.headers["OpenStack-API-Version"] == f"{service} {version}"
    assert "OpenStack-API-Version" in answer.headers["Vary"]


def test_malformed_version_is_not_told(cloud):
    answer = requests.get(f"{cloud.url}{V21}/servers", headers={"OpenStack-API-Version": "compute x", "X-Auth-Token": cloud.token}, timeout=60)
    assert answer.status_code == 400 and "OpenStack-API-Version" not in answer.headers
