"""A boot has its ports and addresses from the request on: it is refused when they can't be had, and nobody takes them away."""
import concurrent.futures
import random

import pytest

from test_attachment_race import api, clean, cloud, flavor, held  # noqa: F401

V20 = "/network/v2.0"
RACERS = 8
PLUG = "compute.manager.build_networks.before"


def net(cloud, method, path, body=None, expect=None):
    answer = cloud.http(method, V20 + path, json=body)
    assert expect is None or answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


class Nets:
    """A network with one subnet, whose ports go with it."""

    def __init__(self, cloud, cidr):
        self.cloud = cloud
        self.id = net(cloud, "POST", "/networks", {"network": {"name": cidr}}, 201).json()["network"]["id"]
        body = {"subnet": {"network_id": self.id, "cidr": cidr, "ip_version": 4}}
        self.subnet = net(cloud, "POST", "/subnets", body, 201).json()["subnet"]["id"]

    def port(self, **fields):
        return net(self.cloud, "POST", "/ports", {"port": {"network_id": self.id, **fields}}, 201).json()["port"]["id"]

    def ports(self):
        return net(self.cloud, "GET", f"/ports?network_id={self.id}", expect=200).json()["ports"]

    def close(self):
        for port in self.ports():
            net(self.cloud, "DELETE", f"/ports/{port['id']}", expect=204)
        net(self.cloud, "DELETE", f"/networks/{self.id}", expect=204)


@pytest.fixture
def nets(cloud):
    """Asked for before `clean` and `held`, which delete the servers."""
    made = []

    def make(cidr):
        made.append(Nets(cloud, cidr))
        return made[-1]
    yield make
    for one in made:
        one.close()


def post(cloud, flavor, image, networks, **fields):
    server = {"name": f"nic-{random.getrandbits(40):x}", "flavorRef": flavor, "imageRef": image, "networks": networks,
              **fields}
    return cloud.http("POST", "/compute/v2.1/servers", json={"server": server},
                      headers={"OpenStack-API-Version": "compute 2.90"})


def settle(api, wanted):
    """All servers are ACTIVE, and there are as many as wanted."""
    servers = api.servers()
    assert len(servers) == wanted, servers
    for server in servers:
        api.wait_server(server["id"])


def race(count, call):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_one_port_goes_to_one_boot(cloud, api, flavor, image, nets, clean):
    port = nets("10.70.0.0/24").port()
    answers = race(RACERS, lambda _: post(cloud, flavor, image, [{"port": port}]))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * (RACERS - 1)
    assert all("still in use" in answer.text for answer in answers if answer.status_code == 409)
    settle(api, 1)


def test_one_address_goes_to_one_boot(cloud, api, flavor, image, nets, clean):
    wanted = [{"uuid": nets("10.70.1.0/24").id, "fixed_ip": "10.70.1.9"}]
    answers = race(RACERS, lambda _: post(cloud, flavor, image, wanted))
    assert sorted(answer.status_code for answer in answers) == [202] + [400] * (RACERS - 1)
    settle(api, 1)


def test_more_servers_than_addresses_are_refused_as_a_whole(cloud, api, flavor, image, nets, clean):
    network = nets("10.70.2.0/28")
    answer = post(cloud, flavor, image, [{"uuid": network.id}], min_count=14, max_count=14)
    assert answer.status_code == 400 and "No more IP addresses" in answer.text, answer.text
    assert api.servers() == [] and network.ports() == []


def test_fewer_servers_are_made_where_that_is_allowed(cloud, api, flavor, image, nets, clean):
    network = nets("10.70.3.0/29")
    own = network.port(fixed_ips=[{"ip_address": "10.70.3.4"}])
    answer = post(cloud, flavor, image, [{"uuid": network.id}], min_count=2, max_count=9)
    assert answer.status_code == 202, answer.text
    settle(api, 4)
    assert post(cloud, flavor, image, [{"uuid": network.id}]).status_code == 400
    assert len(network.ports()) == 5 and own in {port["id"] for port in network.ports()}


def test_boots_that_race_for_the_last_addresses(cloud, api, flavor, image, nets, clean):
    network = nets("10.70.4.0/29")
    answers = race(RACERS, lambda _: post(cloud, flavor, image, [{"uuid": network.id}]))
    assert sorted(answer.status_code for answer in answers) == [202] * 5 + [400] * (RACERS - 5)
    settle(api, 5)


def test_boots_that_race_with_the_deletion_of_their_port(cloud, api, flavor, image, nets, clean):
    network = nets("10.70.5.0/24")
    ports = [network.port() for _ in range(RACERS)]

    def go(number):
        if number % 2:
            return post(cloud, flavor, image, [{"port": ports[number // 2]}]).status_code
        return net(cloud, "DELETE", f"/ports/{ports[number // 2]}").status_code
    statuses = race(2 * RACERS, go)
    accepted = 0
    for number in range(RACERS):
        deleted, booted = statuses[2 * number], statuses[2 * number + 1]
        # A server that was ACTIVE already lets go of its port.
        assert (deleted, booted) in {(204, 400), (409, 202), (204, 202)}, statuses
        accepted += booted == 202
    settle(api, accepted)


def put_quota(cloud, **limits):
    net(cloud, "PUT", f"/quotas/{cloud.conn.current_project_id}", {"quota": limits}, 200)


@pytest.fixture
def quota(cloud):
    yield lambda **limits: put_quota(cloud, **limits)
    net(cloud, "DELETE", f"/quotas/{cloud.conn.current_project_id}", expect=204)


def test_port_quota_is_asked_before_a_boot_is_accepted(cloud, api, flavor, image, nets, clean, quota):
    network = nets("10.70.6.0/24")
    brought = network.port()
    quota(port=len(net(cloud, "GET", "/ports").json()["ports"]) + 2)
    three = [{"uuid": network.id}] * 3
    answer = post(cloud, flavor, image, three)
    assert answer.status_code == 403 and "ports" in answer.text, answer.text
    answers = race(RACERS, lambda _: post(cloud, flavor, image, [{"uuid": network.id}]))
    assert sorted(answer.status_code for answer in answers) == [202] * 2 + [403] * (RACERS - 2)
    assert post(cloud, flavor, image, [{"port": brought}]).status_code == 202
    settle(api, 3)


@pytest.mark.parametrize("task", ["conductor.schedule.before", PLUG, "virt.libvirt.spawn.before"])
def test_nobody_takes_the_ports_of_a_boot(cloud, api, flavor, image, nets, held, task):
    network = nets("10.70.7.0/24")
    brought = network.port()
    boot = held(task)
    server = boot.begin(flavor, image=image, networks=[{"port": brought}, {"uuid": network.id}])
    ports = network.ports()
    assert len(ports) == 2 and {port["device_id"] for port in ports} == {server}
    for port in ports:
        assert net(cloud, "DELETE", f"/ports/{port['id']}").status_code == 409
        for fields in ({"device_id": ""}, {"device_id": "", "device_owner": ""}, {"mac_address": "fa:16:3e:00:00:77"},
                       {"binding:host_id": "elsewhere"}):
            assert net(cloud, "PUT", f"/ports/{port['id']}", {"port": fields}).status_code == 409, fields
    assert post(cloud, flavor, image, [{"port": brought}]).status_code == 409
    assert net(cloud, "DELETE", f"/subnets/{network.subnet}").status_code == 409
    assert net(cloud, "DELETE", f"/networks/{network.id}").status_code == 409
    boot.go_on()
    assert {port["id"] for port in network.ports()} == {port["id"] for port in ports}
    assert {port["status"] for port in network.ports()} == {"ACTIVE"}


@pytest.mark.parametrize("task", ["compute.api.create.before", PLUG, "virt.libvirt.spawn.before"])
def test_deleting_the_server_gives_its_ports_back(cloud, api, flavor, image, nets, held, task):
    network = nets("10.70.8.0/29")
    brought = network.port()
    boot = held(task)
    server = boot.begin(flavor, image=image, networks=[{"port": brought}] + [{"uuid": network.id}] * 4)
    assert post(cloud, flavor, image, [{"uuid": network.id}]).status_code == 400
    api.delete_server(server)
    cloud.disarm("control")
    cloud._token = None
    api.wait_gone(lambda: api.show_server(server), "server")
    left, = network.ports()
    assert left["id"] == brought and left["device_id"] == "" and left["device_owner"] == ""


def test_a_failed_boot_gives_its_ports_back(cloud, api, flavor, image, nets, clean):
    network = nets("10.70.9.0/29")
    brought = network.port()
    nics = [{"port": brought}, {"uuid": network.id}]
    answer = post(cloud, flavor, image, nics, availability_zone="nova:nowhere")
    assert answer.status_code == 202, answer.text
    api.wait_server(answer.json()["server"]["id"], "ERROR")
    left, = network.ports()
    assert left["id"] == brought and left["device_id"] == "" and left["binding:host_id"] == ""


def test_a_port_that_says_it_is_a_servers_is_not(cloud, api, flavor, image, nets, clean):
    """What users write into device_id makes no nic, and doesn't hold the port."""
    network = nets("10.70.10.0/24")
    server = post(cloud, flavor, image, [{"uuid": network.id}]).json()["server"]["id"]
    fake = network.port(device_id=server, device_owner="compute:nova")
    settle(api, 1)
    nics = api.compute("GET", f"/servers/{server}/os-interface")["interfaceAttachments"]
    assert len(nics) == 1 and nics[0]["port_id"] != fake
    net(cloud, "DELETE", f"/ports/{fake}", expect=204)


def test_a_port_that_is_deleted_right_after_its_server_leaves_no_tap(cloud, api, flavor, image, nets, clean):
    """The port has gone from the API when the boot is undone, and its tap hasn't from the host."""
    mine = nets("10.77.0.0/24")
    ports = [mine.port() for _ in range(3)]
    point = "boot_server.compute.manager.build_networks.after"
    with cloud.held("control", point):
        mark = cloud.mark()
        server = post(cloud, flavor, image, [{"port": port} for port in ports]).json()["server"]["id"]
        cloud.wait_point("control", point, mark)
        api.delete_server(server)
        for port in ports:
            net(cloud, "DELETE", f"/ports/{port}", expect=204)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    assert mine.ports() == [] and cloud.differences() == []
