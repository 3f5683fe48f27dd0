"""Nobody chooses an address on a network that isn't his, by a boot as little as by a port, and nobody has the gateway's."""
import pytest

from harness.accounts import Accounts
from harness.resources import Resources

V20 = "/network/v2.0"
COMPUTE = {"OpenStack-API-Version": "compute 2.90"}


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def member(accounts):
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture(scope="module")
def stock(cloud):
    """A flavor and an image for everybody."""
    resources = Resources(cloud)
    flavor = resources.flavor("chosen-addresses")
    image = resources.image("chosen-addresses", b"\0" * 65536, visibility="public")
    yield {"flavorRef": flavor, "imageRef": image}
    resources.delete_all()


@pytest.fixture(scope="module")
def shared(cloud):
    """The network that all projects have, and its gateway."""
    network = next(n for n in cloud.http("GET", V20 + "/networks").json()["networks"] if n["shared"])
    subnet = cloud.http("GET", f"{V20}/subnets/{network['subnets'][0]}").json()["subnet"]
    return network["id"], subnet["id"], subnet["gateway_ip"]


def call(cloud, token, method, path, body=None):
    return cloud.http(method, path, json=body, token=token, headers=COMPUTE)


def boot(cloud, token, stock, **nic):
    body = {"server": {"name": "chosen", **stock, "networks": [nic]}}
    return call(cloud, token, "POST", "/compute/v2.1/servers", body)


def end(cloud, answer):
    assert answer.status_code == 202, answer.text
    resources = Resources(cloud)
    server = answer.json()["server"]["id"]
    resources.wait_server(server)
    resources.delete_server(server)
    resources.wait_gone(lambda: resources.show_server(server), "server")


def refused(answer, status, *words):
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    for word in words:
        assert word in answer.text, answer.text


def test_a_boot_needs_the_right_that_a_port_needs(cloud, member, stock, shared):
    network, subnet, gateway = shared
    nobodys = gateway.rsplit(".", 1)[0] + ".200"
    for address in (nobodys, gateway):
        answer = boot(cloud, member, stock, uuid=network, fixed_ip=address)
        refused(answer, 403, "forbidden", "fixed_ip", "not allowed by policy")
        body = {"port": {"network_id": network, "fixed_ips": [{"ip_address": address}]}}
        refused(call(cloud, member, "POST", V20 + "/ports", body), 403, "PolicyNotAuthorized")
    body = {"port": {"network_id": network, "fixed_ips": [{"subnet_id": subnet}]}}
    port = call(cloud, member, "POST", V20 + "/ports", body).json()["port"]
    try:
        body = {"port": {"fixed_ips": [*port["fixed_ips"], {"ip_address": nobodys}]}}
        refused(call(cloud, member, "PUT", f"{V20}/ports/{port['id']}", body), 403, "PolicyNotAuthorized")
    finally:
        assert call(cloud, member, "DELETE", f"{V20}/ports/{port['id']}").status_code == 204
    assert call(cloud, member, "GET", "/compute/v2.1/servers").json()["servers"] == []
    end(cloud, boot(cloud, member, stock, uuid=network))


def test_the_owner_of_a_network_and_the_administrator_may_choose(cloud, member, stock, shared):
    network = call(cloud, member, "POST", V20 + "/networks", {"network": {"name": "own"}}).json()["network"]["id"]
    try:
        body = {"subnet": {"network_id": network, "cidr": "10.88.0.0/24", "ip_version": 4}}
        assert call(cloud, member, "POST", V20 + "/subnets", body).status_code == 201
        end(cloud, boot(cloud, member, stock, uuid=network, fixed_ip="10.88.0.77"))
        refused(boot(cloud, member, stock, uuid=network, fixed_ip="10.88.0.1"), 400, "fixed_ip", "gateway")
        body = {"port": {"network_id": network, "fixed_ips": [{"ip_address": "10.88.0.1"}]}}
        refused(call(cloud, member, "POST", V20 + "/ports", body), 400, "InvalidIpForSubnet", "gateway")
    finally:
        assert call(cloud, member, "DELETE", f"{V20}/networks/{network}").status_code == 204
    network, _, gateway = shared
    end(cloud, boot(cloud, None, stock, uuid=network, fixed_ip=gateway.rsplit(".", 1)[0] + ".201"))
    refused(boot(cloud, None, stock, uuid=network, fixed_ip=gateway), 400, "fixed_ip", "gateway")
