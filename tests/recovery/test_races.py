"""What several control processes on one database check and then change, asked of all of them at once: no limit is
exceeded, nothing is there twice, no change is lost. Each row of the tables below is one place."""
import json
import threading
import uuid

import pytest
from failing_cloud import FailingCloud
from harness.accounts import PASSWORD, Accounts
from harness.resources import Resources
from race import Field, exactly, lost, only_one, won
from replica import Replica, is_possible

CONTROLS = 3
CLIENTS = 9
LIMIT = 5
ROUNDS = 2  # of the rows where two requests must meet

COMPUTE, VOLUME, NETWORK, IMAGE, IDENTITY = "/compute/v2.1", "/volume/v3", "/network/v2.0", "/image/v2", "/identity/v3"

pytestmark = pytest.mark.skipif(not is_possible(), reason="only PostgreSQL is shared: DATABASE=postgresql")


@pytest.fixture(scope="module")
def clouds():
    first = FailingCloud().start()
    running = [first]
    try:
        for number in range(1, CONTROLS):
            running.append(Replica(first, f"host-{number + 1}").start())
        yield running
    finally:
        for cloud in reversed(running):
            cloud.close()


@pytest.fixture(scope="module")
def things(clouds):
    """Of the whole cloud: what rows need and don't race for."""
    api = Resources(clouds[0])
    return {"flavor": api.flavor("race", ram=64, disk=1), "image": api.image("race", b"x" * 65536, visibility="public")}


@pytest.fixture
def field(clouds, things):
    accounts = Accounts(clouds[0])
    made = Field(clouds, accounts)
    made.things = things
    made.undo = []
    yield made
    for undo in reversed(made.undo):
        undo()
    clean_up(made)
    api = Resources(clouds[0])
    api.wait(lambda: clouds[0].differences() == [], "nothing differs", lambda: json.dumps(clouds[0].differences()))
    accounts.close()


def clean_up(field):
    """Servers and volumes are deleted by the process that their host is connected to."""
    api = Resources(field.admin)
    for listed, owner, host, delete in (
            (api.servers, "tenant_id", "OS-EXT-SRV-ATTR:host", Resources.delete_server),
            (api.volumes, "os-vol-tenant-attr:tenant_id", "os-vol-host-attr:host", Resources.delete_volume)):
        def own(listed=listed, owner=owner):
            return [item for item in listed() if item[owner] == field.project]
        for item in own():
            api.wait_flows(item["id"])
        for item in own():
            delete(Resources(field.of_host(item[host])), item["id"])
        api.wait(lambda own=own: not own(), "all is gone", lambda own=own: json.dumps(own())[:2000])
    for port in api.ports():
        if port["project_id"] == field.project:
            api.call("DELETE", f"/network/v2.0/ports/{port['id']}")


def at_one_process(row):
    """Its requests begin work on a host, and hosts are connected to one process each. The requests are at once all the
    same."""
    def run(field):
        field.at = field.clouds[:1]
        row(field)
    return run


# ---- things that have a name: one gets it

def named(path, one, body, refusals=(409,), version=None):
    """`body(field, name)`: the fields of a thing whose name all want."""
    def run(field):
        name = field.name("raced")
        only_one(field.race(CLIENTS, lambda n: ("POST", path, {one: body(field, name)}, version)), refusals)
    return run


def flavor(field, name):
    return {"name": name, "ram": 64, "disk": 1, "vcpus": 1}


def imported_key(field, name):
    return {"name": name, "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r a"}


NAMES = {
    "flavor": named(f"{COMPUTE}/flavors", "flavor", flavor),
    "keypair": named(f"{COMPUTE}/os-keypairs", "keypair", imported_key),
    "project": named(f"{IDENTITY}/projects", "project", lambda f, name: {"name": name}),
    "user": named(f"{IDENTITY}/users", "user", lambda f, name: {"name": name}),
    "role": named(f"{IDENTITY}/roles", "role", lambda f, name: {"name": name}),
    "domain": named(f"{IDENTITY}/domains", "domain", lambda f, name: {"name": name, "enabled": False}),
    "region": named(f"{IDENTITY}/regions", "region", lambda f, name: {"id": name}),
    "volume type": named(f"{VOLUME}/types", "volume_type", lambda f, name: {"name": name}),
    "qos": named(f"{VOLUME}/qos-specs", "qos_specs", lambda f, name: {"name": name, "consumer": "front-end"}),
    "group type": named(f"{VOLUME}/group_types", "group_type", lambda f, name: {"name": name}, version="volume 3.11"),
}


def image_id(field):
    body = {"id": "5b2d7f4e-0000-4000-8000-" + field.name("x")[-10:].rjust(12, "0"), "name": "raced"}
    answer = only_one(field.race(CLIENTS, lambda n: ("POST", f"{IMAGE}/images", body)), (409,))
    field.call("DELETE", f"{IMAGE}/images/{answer.json()['id']}")


def default_group(field):
    """It appears when its project first looks."""
    answers = field.race(CLIENTS, lambda n: ("GET", f"{NETWORK}/security-groups?project_id={field.project}"))
    seen = {tuple(group["id"] for group in answer.json()["security_groups"]) for answer in answers}
    assert len(seen) == 1 and len(seen.pop()) == 1
    rules = field.call("GET", f"{NETWORK}/security-group-rules?project_id={field.project}")["security_group_rules"]
    assert len(rules) == 4


def group_rule(field):
    group = new_group(field)
    body = {"security_group_rule": {"security_group_id": group, "direction": "ingress", "protocol": "tcp",
                                    "port_range_min": 80, "port_range_max": 80, "ethertype": "IPv4"}}
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{NETWORK}/security-group-rules", body)), (409,))


def image_member(field):
    image = field.call("POST", f"{IMAGE}/images", {"name": "raced", "visibility": "shared"})["id"]
    field.undo.append(lambda: field.call("DELETE", f"{IMAGE}/images/{image}"))
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{IMAGE}/images/{image}/members", {"member": "b" * 32})), (409,))
    assert len(field.call("GET", f"{IMAGE}/images/{image}/members")["members"]) == 1


def flavor_access(field):
    made = field.call("POST", f"{COMPUTE}/flavors", {"flavor": {**flavor(field, field.name("private")),
                                                                "os-flavor-access:is_public": False}})["flavor"]["id"]
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{COMPUTE}/flavors/{made}/action",
                                            {"addTenantAccess": {"tenant": field.project}})), (409,))


def mac_address(field):
    network = new_network(field, "10.21.0.0/24")
    body = {"port": {"network_id": network, "mac_address": "fa:16:3e:11:22:33"}}
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{NETWORK}/ports", body)), (409,))


def chosen_address(field):
    network = new_network(field, "10.22.0.0/24")
    body = {"port": {"network_id": network, "fixed_ips": [{"ip_address": "10.22.0.77"}]}}
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{NETWORK}/ports", body)), (409,))


ONCE = {"image id": image_id, "default security group": default_group, "security group rule": group_rule,
        "image member": image_member, "flavor access": flavor_access, "mac address": mac_address,
        "chosen address": chosen_address}


# ---- limits

def limited(set_limit, path, one, body, refusals, version=None):
    def run(field):
        set_limit(field)
        exactly(field.race(CLIENTS, lambda n: ("POST", path, {one: body(field, n)}, version)), LIMIT, refusals)
    return run


def compute_limit(resource):
    def set_limit(field):
        if resource in ("instances", "cores", "ram"):
            field.network = new_network(field, "10.30.0.0/24")
        field.call("PUT", f"{COMPUTE}/os-quota-sets/{field.project}",
                   {"quota_set": {resource: LIMIT * (64 if resource == "ram" else 1)}})
    return set_limit


def volume_limit(resource):
    def set_limit(field):
        field.call("PUT", f"{VOLUME}/os-quota-sets/{field.project}", {"quota_set": {resource: LIMIT}})
    return set_limit


def network_limit(resource, limit=LIMIT):
    def set_limit(field):
        field.network = new_network(field, "10.31.0.0/24") if resource == "port" else None
        field.group = new_group(field) if resource == "security_group_rule" else None
        if resource == "security_group":
            field.call("GET", f"{NETWORK}/security-groups")
        field.call("PUT", f"{NETWORK}/quotas/{field.project}", {"quota": {resource: limit}})
    return set_limit


def server(field, number):
    return {"name": f"raced-{number}", "flavorRef": field.things["flavor"], "imageRef": field.things["image"],
            "networks": [{"uuid": field.network}]}


def rule(field, number):
    return {"security_group_id": field.group, "direction": "ingress", "protocol": "tcp", "ethertype": "IPv4",
            "port_range_min": 1000 + number, "port_range_max": 1000 + number}


# A group brings two rules of its own, and the default group four; the default group counts as a group.
LIMITS = {
    "servers": limited(compute_limit("instances"), f"{COMPUTE}/servers", "server", server, (403,)),
    "cores": limited(compute_limit("cores"), f"{COMPUTE}/servers", "server", server, (403,)),
    "memory": limited(compute_limit("ram"), f"{COMPUTE}/servers", "server", server, (403,)),
    "volumes": limited(volume_limit("volumes"), f"{VOLUME}/volumes", "volume", lambda f, n: {"size": 1}, (413,)),
    "gigabytes": limited(volume_limit("gigabytes"), f"{VOLUME}/volumes", "volume", lambda f, n: {"size": 1}, (413,)),
    "networks": limited(network_limit("network"), f"{NETWORK}/networks", "network", lambda f, n: {"name": "raced"}, (409,)),
    "ports": limited(network_limit("port"), f"{NETWORK}/ports", "port", lambda f, n: {"network_id": f.network}, (409,)),
    "security groups": limited(network_limit("security_group", LIMIT + 1), f"{NETWORK}/security-groups",
                               "security_group", lambda f, n: {"name": "raced"}, (409,)),
    "security group rules": limited(network_limit("security_group_rule", LIMIT + 6), f"{NETWORK}/security-group-rules",
                                    "security_group_rule", rule, (409,)),
}


def ports_of_servers(field):
    """The ports of servers count as well as those that users make."""
    network = field.network = new_network(field, "10.32.0.0/24")
    field.call("PUT", f"{NETWORK}/quotas/{field.project}", {"quota": {"port": LIMIT}})

    def request(number):
        if number % 2:
            return "POST", f"{NETWORK}/ports", {"port": {"network_id": network}}
        return "POST", f"{COMPUTE}/servers", {"server": server(field, number)}
    exactly(field.race(CLIENTS, request), LIMIT, (403, 409))


def addresses(field):
    """A subnet of six addresses that hosts may have, one of which is the gateway's."""
    network = field.network = new_network(field, "10.33.0.0/29")

    def request(number):
        if number % 2:
            return "POST", f"{NETWORK}/ports", {"port": {"network_id": network}}
        return "POST", f"{COMPUTE}/servers", {"server": server(field, number)}
    exactly(field.race(CLIENTS, request), 5, (400, 409))
    taken = [ip["ip_address"] for port in field.call("GET", f"{NETWORK}/ports?network_id={network}")["ports"]
             for ip in port["fixed_ips"]]
    assert len(taken) == len(set(taken)) == 5, taken


@at_one_process
def snapshots(field):
    volume = new_volume(field)
    field.call("PUT", f"{VOLUME}/os-quota-sets/{field.project}", {"quota_set": {"snapshots": LIMIT}})
    made = exactly(field.race(CLIENTS, lambda n: ("POST", f"{VOLUME}/snapshots", {"snapshot": {"volume_id": volume}})),
                   LIMIT, (413,))
    api = Resources(field.admin)
    for answer in made:
        snapshot = answer.json()["snapshot"]["id"]
        api.wait_status(lambda snapshot=snapshot: api.show_snapshot(snapshot), "available", "snapshot")
        api.delete_snapshot(snapshot)
    for answer in made:
        api.wait_gone(lambda answer=answer: api.show_snapshot(answer.json()["snapshot"]["id"]), "snapshot")


LIMITS.update({"ports and servers": ports_of_servers, "addresses": addresses, "snapshots": snapshots})


# ---- changes of a part: none is lost

def parts(make, path, request, found):
    """`request(n)`: method, path behind the thing's and body that add part n; `found(field, path)`: all parts."""
    def run(field):
        place = path(make(field))
        version = "compute 2.79" if place.startswith(COMPUTE) else "volume 3.60"

        def wanted(number):
            method, below, body = request(number)
            kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"} if method == "PATCH" else {}
            data = json.dumps(body) if kind else None
            return {"method": method, "path": place + below, "body": None if kind else body, "version": version,
                    "headers": kind, "data": data}
        answers = field.race(CLIENTS, wanted)
        assert not lost(answers), [(answer.status_code, answer.text) for answer in lost(answers)]
        have = found(field, place, version)
        missing = {f"k{number}" for number in range(CLIENTS)} - set(have)
        assert not missing, f"lost: {missing}"
    return run


def member(*names):
    def found(field, place, version):
        value = field.call("GET", place, version=version)
        for name in names:
            value = value[name]
        return value
    return found


def below(where, *names):
    return lambda field, place, version: member(*names)(field, place + where, version)


def new_server(field):
    network = new_network(field, "10.40.0.0/24")
    body = {"server": {"name": "raced", "flavorRef": field.things["flavor"], "imageRef": field.things["image"],
                       "networks": [{"uuid": network}]}}
    made = field.call("POST", f"{COMPUTE}/servers", body)["server"]["id"]
    Resources(field.admin).wait_server(made)
    return made


def new_volume(field):
    made = field.call("POST", f"{VOLUME}/volumes", {"volume": {"size": 1}})["volume"]["id"]
    Resources(field.admin).wait_volume(made)
    return made


def new_image(field):
    made = field.call("POST", f"{IMAGE}/images", {"name": "raced"})["id"]
    field.undo.append(lambda: field.call("DELETE", f"{IMAGE}/images/{made}"))
    return made


def new_network(field, cidr):
    network = field.call("POST", f"{NETWORK}/networks", {"network": {"name": field.name("raced")}})["network"]["id"]
    field.call("POST", f"{NETWORK}/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": cidr}})
    return network


def new_group(field):
    return field.call("POST", f"{NETWORK}/security-groups",
                      {"security_group": {"name": field.name("raced")}})["security_group"]["id"]


def new_flavor(field):
    return field.call("POST", f"{COMPUTE}/flavors", {"flavor": flavor(field, field.name("raced"))})["flavor"]["id"]


def new_type(field):
    return field.call("POST", f"{VOLUME}/types", {"volume_type": {"name": field.name("raced")}})["volume_type"]["id"]


def new_qos(field):
    body = {"qos_specs": {"name": field.name("raced"), "consumer": "back-end"}}
    return field.call("POST", f"{VOLUME}/qos-specs", body)["qos_specs"]["id"]


def new_group_type(field):
    body = {"group_type": {"name": field.name("raced"), "group_specs": {"consistent_group_snapshot_enabled": "<is> False"}}}
    return field.call("POST", f"{VOLUME}/group_types", body, version="volume 3.11")["group_type"]["id"]


PARTS = {
    "server tags": parts(new_server, lambda i: f"{COMPUTE}/servers/{i}", lambda n: ("PUT", f"/tags/k{n}", None),
                         below("/tags", "tags")),
    "server metadata": parts(new_server, lambda i: f"{COMPUTE}/servers/{i}/metadata",
                             lambda n: ("POST", "", {"metadata": {f"k{n}": "v"}}), member("metadata")),
    "flavor extra specs": parts(new_flavor, lambda i: f"{COMPUTE}/flavors/{i}/os-extra_specs",
                                lambda n: ("POST", "", {"extra_specs": {f"k{n}": "v"}}), member("extra_specs")),
    "volume metadata": parts(new_volume, lambda i: f"{VOLUME}/volumes/{i}/metadata",
                             lambda n: ("POST", "", {"metadata": {f"k{n}": "v"}}), member("metadata")),
    "volume type extra specs": parts(new_type, lambda i: f"{VOLUME}/types/{i}/extra_specs",
                                     lambda n: ("POST", "", {"extra_specs": {f"k{n}": "v"}}), member("extra_specs")),
    "qos specs": parts(new_qos, lambda i: f"{VOLUME}/qos-specs/{i}",
                       lambda n: ("PUT", "", {"qos_specs": {f"k{n}": "v"}}), member("qos_specs", "specs")),
    "group type specs": parts(new_group_type, lambda i: f"{VOLUME}/group_types/{i}/group_specs",
                              lambda n: ("POST", "", {"group_specs": {f"k{n}": "v"}}), member("group_specs")),
    "image tags": parts(new_image, lambda i: f"{IMAGE}/images/{i}", lambda n: ("PUT", f"/tags/k{n}", None),
                        member("tags")),
    "image properties": parts(new_image, lambda i: f"{IMAGE}/images/{i}",
                              lambda n: ("PATCH", "", [{"op": "add", "path": f"/k{n}", "value": "v"}]), member()),
}


# ---- actions that only one may begin

def one_upload(field):
    image = field.call("POST", f"{IMAGE}/images", {"name": "raced", "disk_format": "raw", "container_format": "bare"})["id"]
    field.undo.append(lambda: field.call("DELETE", f"{IMAGE}/images/{image}"))
    headers = {"Content-Type": "application/octet-stream"}
    only_one(field.race(CLIENTS, lambda n: {"method": "PUT", "path": f"{IMAGE}/images/{image}/file", "headers": headers,
                                            "data": bytes([n]) * 100_000}), (409,))
    assert field.call("GET", f"{IMAGE}/images/{image}")["status"] == "active"


def one_delete_of_an_image(field):
    image = field.call("POST", f"{IMAGE}/images", {"name": "raced"})["id"]
    only_one(field.race(CLIENTS, lambda n: ("DELETE", f"{IMAGE}/images/{image}")), (404,))


def one_attachment(field):
    """Each for another server. One server may hold several of a volume."""
    volume = new_volume(field)

    def request(number):
        body = {"attachment": {"volume_uuid": volume, "instance_uuid": str(uuid.uuid4())}}
        return "POST", f"{VOLUME}/attachments", body, "volume 3.27"
    answer = only_one(field.race(CLIENTS, request), (400, 409))
    field.call("DELETE", f"{VOLUME}/attachments/{answer.json()['attachment']['id']}", version="volume 3.27")


@at_one_process
def one_extend(field):
    volume = new_volume(field)
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{VOLUME}/volumes/{volume}/action", {"os-extend": {"new_size": 2}})),
             (400, 409))
    assert Resources(field.admin).wait_volume(volume)["size"] == 2


def one_transfer(field):
    volume = new_volume(field)
    made = only_one(field.race(CLIENTS, lambda n: ("POST", f"{VOLUME}/os-volume-transfer",
                                                   {"transfer": {"volume_id": volume}})), (400, 409)).json()["transfer"]
    body = {"accept": {"auth_key": made["auth_key"]}}
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{VOLUME}/os-volume-transfer/{made['id']}/accept", body)),
             (400, 404, 409))


def one_use_of_a_port(field):
    network = field.network = new_network(field, "10.50.0.0/24")
    port = field.call("POST", f"{NETWORK}/ports", {"port": {"network_id": network}})["port"]["id"]

    def request(number):
        return "POST", f"{COMPUTE}/servers", {"server": {**server(field, number), "networks": [{"port": port}]}}
    only_one(field.race(CLIENTS, request), (400, 409))


@at_one_process
def one_stop(field):
    owner = new_server(field)
    only_one(field.race(CLIENTS, lambda n: ("POST", f"{COMPUTE}/servers/{owner}/action", {"os-stop": None})), (409,))
    Resources(field.admin).wait_server(owner, "SHUTOFF")


@at_one_process
def one_delete_of_a_server(field):
    """Also while it is being built: each is told that it is going, one flow does it."""
    for built in (True, False):
        field.network = new_network(field, f"10.{51 + built}.0.0/24")
        owner = new_server(field) if built else field.call(
            "POST", f"{COMPUTE}/servers", {"server": server(field, 0)})["server"]["id"]
        answers = field.race(CLIENTS, lambda n, owner=owner: ("DELETE", f"{COMPUTE}/servers/{owner}"))
        assert won(answers) and {answer.status_code for answer in lost(answers)} <= {404}
        api = Resources(field.admin)
        api.wait_gone(lambda owner=owner: api.show_server(owner), "server")
        assert [flow["kind"] for flow in api.flows(owner)].count("delete_server") == 1


ACTIONS = {"upload": one_upload, "delete of an image": one_delete_of_an_image, "attachment": one_attachment,
           "extend": one_extend, "transfer": one_transfer, "port of a server": one_use_of_a_port, "stop": one_stop,
           "delete of a server": one_delete_of_a_server}


# ---- what is used stays, what is gone isn't used

def meet(field, use, remove):
    """Half of the clients use a thing, one removes it. Returns whether it was removed, and the uses that were allowed."""
    answers = field.race(CLIENTS // 2, lambda n: remove() if n == 1 else use(n))
    return answers[1].status_code < 300, won(answers[:1] + answers[2:])


def used_or_gone(prepare):
    """`prepare(field)` gives what meet() takes, and how uses are taken back."""
    def run(field):
        for _ in range(ROUNDS):
            use, remove, release = prepare(field)
            removed, uses = meet(field, use, remove)
            assert not (removed and uses), [answer.text for answer in uses]
            assert removed or uses
            for answer in uses:
                release(answer)
    return run


def release_volume(field):
    def release(answer):
        volume = answer.json()["volume"]["id"]
        shown = Resources(field.admin).wait_volume(volume)
        api = Resources(field.of_host(shown["os-vol-host-attr:host"]))
        api.delete_volume(volume)
        api.wait_gone(lambda: api.show_volume(volume), "volume")
    return release


def release_server(field):
    def release(answer):
        made = answer.json()["server"]["id"]
        Resources(field.admin).wait_flows(made)
        shown = Resources(field.admin).show_server(made)
        api = Resources(field.of_host(shown["OS-EXT-SRV-ATTR:host"]))
        api.delete_server(made)
        api.wait_gone(lambda: api.show_server(made), "server")
    return release


def a_volume_type(field):
    made = new_type(field)
    return (lambda n: ("POST", f"{VOLUME}/volumes", {"volume": {"size": 1, "volume_type": made}}),
            lambda: ("DELETE", f"{VOLUME}/types/{made}"), release_volume(field))


def a_security_group(field):
    made = new_group(field)
    network = new_network(field, "10.60.0.0/24")
    return (lambda n: ("POST", f"{NETWORK}/ports", {"port": {"network_id": network, "security_groups": [made]}}),
            lambda: ("DELETE", f"{NETWORK}/security-groups/{made}"),
            lambda answer: field.call("DELETE", f"{NETWORK}/ports/{answer.json()['port']['id']}"))


def a_network(field):
    network = new_network(field, "10.61.0.0/24")
    return (lambda n: ("POST", f"{NETWORK}/ports", {"port": {"network_id": network}}),
            lambda: ("DELETE", f"{NETWORK}/networks/{network}"),
            lambda answer: field.call("DELETE", f"{NETWORK}/ports/{answer.json()['port']['id']}"))


def a_network_of_servers(field):
    field.network = new_network(field, "10.62.0.0/24")

    return (lambda n: ("POST", f"{COMPUTE}/servers", {"server": server(field, n)}),
            lambda: ("DELETE", f"{NETWORK}/networks/{field.network}"), release_server(field))


def a_parent_project(field):
    parent = field.call("POST", f"{IDENTITY}/projects", {"project": {"name": field.name("parent")}})["project"]["id"]
    return (lambda n: ("POST", f"{IDENTITY}/projects", {"project": {"name": field.name("child"), "parent_id": parent}}),
            lambda: ("DELETE", f"{IDENTITY}/projects/{parent}"),
            lambda answer: field.call("DELETE", f"{IDENTITY}/projects/{answer.json()['project']['id']}"))


def a_group_type(field):
    made = new_group_type(field)
    kind = field.call("GET", f"{VOLUME}/types/default")["volume_type"]["id"]

    def release(answer):
        api, group = Resources(field.admin), answer.json()["group"]["id"]

        def status():
            found = field.send(field.admin, "GET", f"{VOLUME}/groups/{group}", version="volume 3.13")
            return found.json()["group"]["status"] if found.status_code == 200 else None
        api.wait(lambda: status() == "available", "group is there")
        field.call("POST", f"{VOLUME}/groups/{group}/action", {"delete": {}}, version="volume 3.13")
        api.wait(lambda: status() is None, "group is gone")
    return (lambda n: ("POST", f"{VOLUME}/groups", {"group": {"name": "raced", "group_type": made, "volume_types": [kind]}},
                       "volume 3.13"),
            lambda: ("DELETE", f"{VOLUME}/group_types/{made}", None, "volume 3.11"), release)


def a_source_image(field):
    """Until the volume or the server is made, nobody takes away what it is made of."""
    image = Resources(field.admin).image(field.name("source"), b"x" * 65536, visibility="public")
    field.network = new_network(field, "10.63.0.0/24")

    return (lambda n: ("POST", f"{COMPUTE}/servers", {"server": {**server(field, n), "imageRef": image}}),
            lambda: ("DELETE", f"{IMAGE}/images/{image}"), release_server(field))


USES = {name: used_or_gone(prepare) for name, prepare in {
    "volume type": a_volume_type, "security group": a_security_group, "network": a_network,
    "network of servers": a_network_of_servers, "project above": a_parent_project, "group type": a_group_type,
}.items()}


def an_image_in_use(field):
    """A boot that was accepted isn't stopped by a delete: either is refused."""
    use, remove, release = a_source_image(field)
    removed, uses = meet(field, use, remove)
    for answer in uses:
        Resources(field.admin).wait_flows(answer.json()["server"]["id"])
        shown = Resources(field.admin).show_server(answer.json()["server"]["id"])
        assert shown["status"] == "ACTIVE", shown.get("fault")
        release(answer)
    assert removed or uses


USES["group type"] = at_one_process(USES["group type"])
USES["image"] = an_image_in_use


@at_one_process
def backup_of_backups(field):
    """A backup that another one builds upon stays."""
    api = Resources(field.admin)
    volume = new_volume(field)

    def ready(backup):
        return api.wait_backup(backup)["id"]
    first = ready(field.call("POST", f"{VOLUME}/backups", {"backup": {"volume_id": volume}})["backup"]["id"])
    body = {"backup": {"volume_id": volume, "incremental": True}}
    removed, uses = meet(field, lambda n: ("POST", f"{VOLUME}/backups", body),
                         lambda: ("DELETE", f"{VOLUME}/backups/{first}"))
    assert not (removed and uses)
    for answer in reversed(uses):
        api.wait_flows(answer.json()["backup"]["id"])
    while left := [item for item in api.backups() if item["volume_id"] == volume]:
        for item in left:
            if item["status"] in ("available", "error") and not item["has_dependent_backups"]:
                api.delete_backup(item["id"])


USES["backup"] = backup_of_backups

ROWS = [pytest.param(run, id=f"{table}: {name}") for table, rows in
        (("name", NAMES), ("once", ONCE), ("limit", LIMITS), ("part", PARTS), ("action", ACTIONS), ("use", USES))
        for name, run in rows.items()]


@pytest.mark.parametrize("row", ROWS)
def test_race(field, row):
    row(field)


def test_quotas_of_a_project_are_set_one_by_one(field):
    limits = ["instances", "cores", "ram", "key_pairs", "metadata_items", "server_groups", "server_group_members"]
    path = f"{COMPUTE}/os-quota-sets/{field.project}"
    answers = field.race(len(limits), lambda n: ("PUT", path, {"quota_set": {limits[n]: 77}}))
    assert not lost(answers), [answer.text for answer in lost(answers)]
    found = field.call("GET", path)["quota_set"]
    assert {found[name] for name in limits} == {77}, found


def test_one_password_wins(field):
    """Who changed the password first is logged in by it, and the others were refused."""
    user = field.accounts.user()
    new = [f"another secret {number}" for number in range(6)]

    def request(number):
        body = {"user": {"original_password": PASSWORD, "password": new[number]}}
        return "POST", f"{IDENTITY}/users/{user}/password", body
    answers = field.race(len(new), request)
    only_one(answers, (401, 409, 429))


def test_first_start_of_several_at_once():
    """Each finds nothing and wants to make everything: tables, administrator, defaults."""
    model = FailingCloud()
    made = [model]
    try:
        model.start_half("control")
        model.wait_announced("control")
        model.kill("control")
        model.database.empty()
        made += [Replica(model, f"host-{number + 2}") for number in range(CONTROLS - 1)]
        threads = [threading.Thread(target=cloud.start_half, args=("control",)) for cloud in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for cloud in made:
            cloud.wait_announced("control")
        for cloud in made:
            assert cloud.http("GET", "/compute/v2.1/flavors").status_code == 200
        for statement, count in (("SELECT COUNT(*) FROM users WHERE name = 'admin'", 1),
                                 ("SELECT COUNT(*) FROM networks", 1), ("SELECT COUNT(*) FROM volume_types", 1),
                                 ("SELECT COUNT(*) - COUNT(DISTINCT name) FROM roles", 0),
                                 ("SELECT COUNT(*) - COUNT(DISTINCT name) FROM flavors", 0)):
            assert model.database.rows(statement) == [(str(count),)], statement
        assert model.differences() == []
    finally:
        for cloud in reversed(made):
            cloud.close()
