"""The compute API: servers and what belongs to them, flavors, keypairs, quotas, views per microversion."""
import base64
import datetime
import uuid

import pytest
from harness.resources import Resources

V21 = "/compute/v2.1"
DATA = b"\0" * 65536


def version(minor):
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


def fault(answer, status, part=""):
    """The message of a fault of the form that Nova writes."""
    assert answer.status_code == status, answer.text
    (envelope,) = answer.json().values()
    assert envelope["code"] == status
    assert part in envelope["message"], envelope["message"]
    return envelope["message"]


@pytest.fixture(scope="module")
def made(cloud):
    """Flavor and image that the tests of this file boot with."""
    resources = Resources(cloud)
    resources.flavor_id = resources.flavor(f"api-{uuid.uuid4().hex[:6]}")
    resources.image_id = resources.image("api", DATA)
    yield resources
    resources.delete_all()


@pytest.fixture()
def server(made):
    identity = made.active_server("one", made.flavor_id, made.image_id)
    yield identity
    discard(made, identity)


@pytest.fixture(scope="module")
def stranger(cloud):
    """Token of a member of another project."""
    identity = cloud.conn.identity
    name = f"stranger-{uuid.uuid4().hex[:6]}"
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(name=name, password="a password", domain_id="default")
    role = next(r for r in identity.roles() if r.name == "member")
    identity.assign_project_role_to_user(project, user, role)
    return cloud.login(name, "a password", name)


def discard(made, *servers):
    """Deletes servers and waits: what is half gone would count as a difference."""
    for server in servers:
        made.delete_server(server)
    for server in servers:
        made.wait_gone(lambda one=server: made.show_server(one), "server")


# ---- versions

def test_version_documents(cloud):
    for path in ("/compute", "/compute/"):
        (found,) = cloud.http("GET", path, token="").json()["versions"]
        assert (found["id"], found["status"], found["min_version"], found["version"]) == ("v2.1", "CURRENT", "2.1", "2.93")
    for path in (V21, V21 + "/"):
        assert cloud.http("GET", path, token="").json()["version"]["version"] == "2.93"


@pytest.mark.parametrize("header, used", [({}, "2.1"), (version(93), "2.93"),
                                          ({"OpenStack-API-Version": "compute latest"}, "2.93"),
                                          ({"X-OpenStack-Nova-API-Version": "2.53"}, "2.53")])
def test_microversion_is_echoed(cloud, header, used):
    answer = cloud.http("GET", V21 + "/flavors", headers=header)
    assert answer.headers["OpenStack-API-Version"] == f"compute {used}"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == used
    assert "OpenStack-API-Version" in answer.headers["Vary"]


def test_microversion_out_of_range(cloud):
    assert cloud.http("GET", V21 + "/flavors", headers=version(94)).status_code == 406


def test_without_token(cloud):
    assert cloud.http("GET", V21 + "/servers", token="").status_code == 401


# ---- create

def test_create_answers_202_with_location(cloud, made):
    body = {"server": {"name": "created", "flavorRef": made.flavor_id, "imageRef": made.image_id}}
    answer = cloud.http("POST", V21 + "/servers", json=body)
    assert answer.status_code == 202, answer.text
    view = answer.json()["server"]
    assert set(view) == {"id", "links", "adminPass", "OS-DCF:diskConfig", "security_groups"}
    assert answer.headers["Location"].endswith("/servers/" + view["id"])
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    assert made.wait_server(view["id"])["OS-EXT-STS:vm_state"] == "active"
    discard(made, view["id"])


@pytest.mark.parametrize("change, part", [
    ({"name": ""}, "server.name"), ({"name": 5}, "server.name"), ({"flavorRef": "no such"}, "server.flavorRef"),
    ({"imageRef": str(uuid.uuid4())}, "imageRef"), ({"imageRef": "no uuid"}, "server.imageRef"),
    ({"imageRef": ""}, "imageRef"), ({"key_name": "no such"}, "server.key_name"),
    ({"networks": [{"uuid": str(uuid.uuid4())}]}, ""), ({"availability_zone": "mars"}, "server.availability_zone"),
    ({"security_groups": [{"name": "no such"}]}, ""), ({"user_data": "*"}, "server.user_data"),
    ({"min_count": 2, "max_count": 1}, "server.min_count"), ({"nonsense": 1}, "nonsense"),
    ({"metadata": {"k": "v" * 256}}, "server.metadata"), ({"personality": [{"path": "/x", "contents": ""}]}, "personality"),
])
def test_create_refuses(cloud, made, change, part):
    body = {"server": {"name": "refused", "flavorRef": made.flavor_id, "imageRef": made.image_id, **change}}
    fault(cloud.http("POST", V21 + "/servers", json=body), 400, part)
    assert not [s for s in made.servers() if s["name"] == "refused"]


@pytest.mark.parametrize("data", ["", "{", "[]", '{"server": 1}', '{"other": {}}'])
def test_create_malformed(cloud, data):
    fault(cloud.http("POST", V21 + "/servers", data=data, headers={"Content-Type": "application/json"}), 400)


def test_too_much_metadata_is_a_quota_error(cloud, made):
    body = {"server": {"name": "refused", "flavorRef": made.flavor_id, "imageRef": made.image_id,
                       "metadata": {str(i): "v" for i in range(129)}}}
    fault(cloud.http("POST", V21 + "/servers", json=body), 403, "metadata")


def test_several_servers_and_reservation(cloud, made):
    body = {"server": {"name": "many", "flavorRef": made.flavor_id, "imageRef": made.image_id, "min_count": 2,
                       "max_count": 3, "return_reservation_id": True}}
    answer = cloud.http("POST", V21 + "/servers", json=body)
    assert answer.status_code == 202, answer.text
    reservation = answer.json()["reservation_id"]
    found = made.compute("GET", f"/servers/detail?reservation_id={reservation}", version="2.3")["servers"]
    assert sorted(s["name"] for s in found) == ["many-1", "many-2", "many-3"]
    assert sorted(s["OS-EXT-SRV-ATTR:launch_index"] for s in found) == [0, 1, 2]
    for one in found:
        made.wait_server(one["id"])
        discard(made, one["id"])


def test_quota_is_counted_and_reduces_max_count(cloud, made):
    project = cloud.conn.current_project_id
    used = made.compute("GET", f"/os-quota-sets/{project}/detail")["quota_set"]["instances"]["in_use"]
    made.compute("PUT", f"/os-quota-sets/{project}", {"quota_set": {"instances": used + 2}})
    try:
        body = {"server": {"name": "fits", "flavorRef": made.flavor_id, "imageRef": made.image_id, "min_count": 1,
                           "max_count": 5}}
        assert cloud.http("POST", V21 + "/servers", json=body).status_code == 202
        fits = [s for s in made.servers() if s["name"].startswith("fits")]
        assert len(fits) == 2
        body["server"]["name"] = "too-many"
        fault(cloud.http("POST", V21 + "/servers", json=body), 403, "Quota exceeded for instances")
        for one in fits:
            made.wait_server(one["id"])
            discard(made, one["id"])
    finally:
        made.compute("DELETE", f"/os-quota-sets/{project}")


# ---- show, list

def test_view_by_microversion(cloud, made, server):
    def keys(minor):
        return set(cloud.http("GET", f"{V21}/servers/{server}", headers=version(minor)).json()["server"])

    first = keys(1)
    assert {"OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "hostId", "addresses", "created",
            "OS-EXT-AZ:availability_zone", "config_drive", "key_name", "security_groups",
            "os-extended-volumes:volumes_attached", "OS-SRV-USG:launched_at", "OS-EXT-SRV-ATTR:host"} <= first
    for minor, new in ((3, {"OS-EXT-SRV-ATTR:root_device_name", "OS-EXT-SRV-ATTR:reservation_id"}), (9, {"locked"}),
                       (16, {"host_status"}), (19, {"description"}), (26, {"tags"}),
                       (63, {"trusted_image_certificates"}), (71, {"server_groups"}), (73, {"locked_reason"})):
        assert not new & keys(minor - 1)
        assert new <= keys(minor)
    assert "id" in cloud.http("GET", f"{V21}/servers/{server}", headers=version(46)).json()["server"]["flavor"]
    flavor = cloud.http("GET", f"{V21}/servers/{server}", headers=version(47)).json()["server"]["flavor"]
    assert (flavor["vcpus"], flavor["ram"], flavor["disk"], flavor["swap"]) == (1, 64, 1, 0)


def test_users_see_no_host(cloud, stranger, made):
    names = cloud.http("GET", V21 + "/servers/detail", token=stranger)
    assert names.json()["servers"] == []


def test_foreign_server_is_not_found(cloud, stranger, server):
    for method, path, body in (("GET", "", None), ("DELETE", "", None), ("GET", "/os-instance-actions", None),
                               ("GET", "/metadata", None), ("GET", "/os-volume_attachments", None),
                               ("GET", "/virga-trace", None), ("POST", "/action", {"os-stop": None})):
        fault(cloud.http(method, f"{V21}/servers/{server}{path}", json=body, token=stranger), 404)
    fault(cloud.http("GET", f"{V21}/servers?all_tenants=1", token=stranger), 403)
    fault(cloud.http("GET", f"{V21}/servers/{uuid.uuid4()}"), 404)


def test_list_filters(cloud, made, server):
    def names(query, minor=26):
        answer = cloud.http("GET", f"{V21}/servers/detail?{query}", headers=version(minor))
        assert answer.status_code == 200, answer.text
        return [s["name"] for s in answer.json()["servers"]]

    assert names("name=one") == ["one"]
    assert names("name=^o.e$") == ["one"]
    assert names("name=^o\\w[a-e]$") == ["one"]
    assert names("name=O(N|X)E") == ["one"] and names("name=^(o|n|e){3}$") == ["one"]
    assert names("name=one&tenant_id=nobody") == ["one"]
    assert names("name=one&all_tenants=1&tenant_id=nobody") == []
    assert names("status=ACTIVE&name=one") == ["one"]
    assert names("status=SHUTOFF") == []
    assert names("status=NONSENSE") == []
    assert names(f"image={made.image_id}&name=one") == ["one"]
    assert names(f"flavor={made.flavor_id}&name=one") == ["one"]
    assert names("flavor=none") == []
    assert names("host=host-1&name=one") == ["one"]
    assert names("host=elsewhere") == []
    assert names(f"uuid={server}") == ["one"]
    assert names("vm_state=active&name=one") == ["one"]
    assert names("changes-since=2099-01-01T00:00:00Z") == []
    assert "one" in names("changes-since=2001-01-01T00:00:00Z")
    fault(cloud.http("GET", V21 + "/servers?changes-since=yesterday"), 400, "changes-since")
    fault(cloud.http("GET", V21 + "/servers?limit=-1"), 400, "limit")
    fault(cloud.http("GET", V21 + f"/servers?marker={uuid.uuid4()}"), 400, "marker")
    fault(cloud.http("GET", V21 + "/servers?sort_key=secret"), 400, "sort_key")


def test_list_pages(cloud, made):
    body = {"server": {"name": "page", "flavorRef": made.flavor_id, "imageRef": made.image_id, "min_count": 5}}
    assert cloud.http("POST", V21 + "/servers", json=body).status_code == 202
    seen, path = [], V21 + "/servers?limit=2&name=page&sort_key=display_name&sort_dir=asc"
    while path:
        page = cloud.http("GET", path).json()
        seen += [s["name"] for s in page["servers"]]
        links = page.get("servers_links", [])
        assert bool(links) == (len(page["servers"]) == 2)
        path = links[0]["href"].removeprefix(cloud.url) if links else None
    assert seen == [f"page-{i}" for i in range(1, 6)]
    for one in made.compute("GET", "/servers?name=page")["servers"]:
        made.wait_server(one["id"])
        discard(made, one["id"])


def test_update(cloud, made, server):
    answer = cloud.http("PUT", f"{V21}/servers/{server}", headers=version(90),
                        json={"server": {"name": "renamed", "description": "d", "accessIPv4": "192.0.2.1",
                                         "hostname": "other-host"}})
    assert answer.status_code == 200, answer.text
    view = answer.json()["server"]
    assert (view["name"], view["description"], view["accessIPv4"]) == ("renamed", "d", "192.0.2.1")
    assert view["OS-EXT-SRV-ATTR:hostname"] == "other-host"
    older = cloud.http("PUT", f"{V21}/servers/{server}", json={"server": {"accessIPv6": "0::babe:220.12.22.2"}}).json()
    assert older["server"]["accessIPv6"] == "::babe:dc0c:1602"
    assert not {"config_drive", "key_name", "security_groups", "OS-EXT-STS:vm_state"} & set(older["server"])
    fault(cloud.http("PUT", f"{V21}/servers/{server}", json={"server": {"description": "d"}}), 400, "description")
    fault(cloud.http("PUT", f"{V21}/servers/{server}", json={"server": {"name": ""}}), 400, "server.name")


def test_addresses_and_interfaces(cloud, made, server):
    view = made.compute("GET", f"/servers/{server}")["server"]
    ((network, (address,)),) = view["addresses"].items()
    assert address["OS-EXT-IPS:type"] == "fixed" and address["OS-EXT-IPS-MAC:mac_addr"]
    ips = made.compute("GET", f"/servers/{server}/ips/{network}")[network]
    assert ips == [{"addr": address["addr"], "version": 4}]
    (interface,) = made.compute("GET", f"/servers/{server}/os-interface")["interfaceAttachments"]
    assert interface["mac_addr"] == address["OS-EXT-IPS-MAC:mac_addr"]
    one = made.compute("GET", f"/servers/{server}/os-interface/{interface['port_id']}")["interfaceAttachment"]
    assert one == interface
    fault(cloud.http("GET", f"{V21}/servers/{server}/os-interface/{uuid.uuid4()}"), 404)


# ---- actions

def test_stop_start_reboot(cloud, made, server):
    made.action(server, "os-stop")
    stopped = made.wait_server(server, "SHUTOFF")
    assert stopped["OS-EXT-STS:power_state"] == 4
    fault(cloud.http("POST", f"{V21}/servers/{server}/action", json={"os-stop": None}), 409,
          f"Cannot 'stop' instance {server} while it is in vm_state stopped")
    fault(cloud.http("POST", f"{V21}/servers/{server}/action", json={"reboot": {"type": "SOFT"}}), 409, "vm_state stopped")
    made.action(server, "os-start")
    made.wait_server(server)
    made.action(server, "reboot", {"type": "soft"})
    made.wait_server(server)
    made.action(server, "reboot", {"type": "HARD"})
    made.wait_server(server)


@pytest.mark.parametrize("body", [{"reboot": {"type": "WARM"}}, {"reboot": None}, {"os-start": {"x": 1}}, {"no-such": None},
                                  {}, {"os-start": None, "os-stop": None}, {"pause": None}, {"os-resetState": {}},
                                  {"os-getConsoleOutput": {"length": "many"}}])
def test_bad_actions(cloud, server, body):
    fault(cloud.http("POST", f"{V21}/servers/{server}/action", json=body), 400)


def test_console_output(made, server):
    assert isinstance(made.console(server, 10), str)


def test_lock(cloud, made, server):
    cloud.http("POST", f"{V21}/servers/{server}/action", json={"lock": {"locked_reason": "why"}}, headers=version(73))
    view = made.compute("GET", f"/servers/{server}", version="2.73")["server"]
    assert (view["locked"], view["locked_reason"]) == (True, "why")
    made.action(server, "unlock")
    assert made.compute("GET", f"/servers/{server}", version="2.73")["server"]["locked"] is False


def test_reset_state(made, server):
    made.action(server, "os-resetState", {"state": "error"})
    assert made.show_server(server)["status"] == "ERROR"
    made.action(server, "os-resetState", {"state": "active"})
    assert made.show_server(server)["status"] == "ACTIVE"


def test_metadata(cloud, made, server):
    path = f"/servers/{server}/metadata"
    assert made.compute("GET", path)["metadata"] == {}
    assert made.compute("POST", path, {"metadata": {"a": "1", "b": "2"}})["metadata"] == {"a": "1", "b": "2"}
    assert made.compute("PUT", path + "/a", {"meta": {"a": "3"}})["meta"] == {"a": "3"}
    assert made.compute("GET", path + "/a")["meta"] == {"a": "3"}
    made.compute("DELETE", path + "/a")
    fault(cloud.http("GET", V21 + path + "/a"), 404)
    assert made.compute("PUT", path, {"metadata": {"c": "4"}})["metadata"] == {"c": "4"}
    fault(cloud.http("PUT", V21 + path + "/a", json={"meta": {"b": "1"}}), 400, "meta")
    fault(cloud.http("POST", V21 + path, json={"metadata": {"k": 1}}), 400, "metadata")


def test_tags(cloud, made, server):
    path = f"{V21}/servers/{server}/tags"
    assert cloud.http("GET", path, headers=version(25)).status_code == 404
    assert cloud.http("PUT", path + "/x", headers=version(26)).status_code == 201
    assert cloud.http("PUT", path + "/x", headers=version(26)).status_code == 204
    assert cloud.http("PUT", path, json={"tags": ["a", "b"]}, headers=version(26)).json() == {"tags": ["a", "b"]}
    assert cloud.http("GET", path + "/a", headers=version(26)).status_code == 204
    fault(cloud.http("GET", path + "/x", headers=version(26)), 404)
    fault(cloud.http("PUT", path, json={"tags": ["a,b"]}, headers=version(26)), 400, "tags")

    def listed(query):
        return [s["id"] for s in made.compute("GET", f"/servers?{query}", version="2.26")["servers"]]
    assert server in listed("tags=a,b") and server in listed("tags-any=b,z") and server not in listed("not-tags=a,b")
    assert server not in listed("not-tags-any=b")
    assert cloud.http("DELETE", path, headers=version(26)).status_code == 204


# ---- what was done

def test_instance_actions(cloud, made, server):
    made.action(server, "os-stop")
    made.wait_server(server, "SHUTOFF")
    path = f"/servers/{server}/os-instance-actions"
    actions = made.compute("GET", path)["instanceActions"]
    assert [a["action"] for a in actions] == ["stop", "create"]
    create = made.compute("GET", f"{path}/{actions[1]['request_id']}", version="2.84")["instanceAction"]
    assert create["events"] and {e["result"] for e in create["events"]} == {"Success"}
    assert {"event", "start_time", "finish_time", "result", "host", "hostId", "details"} <= set(create["events"][0])
    page = made.compute("GET", path + "?limit=1", version="2.58")
    assert len(page["instanceActions"]) == 1 and page["links"][0]["rel"] == "next"
    fault(cloud.http("GET", f"{V21}{path}/req-{uuid.uuid4()}"), 404)


def test_actions_of_a_deleted_server(cloud, made):
    gone = made.active_server("gone", made.flavor_id, made.image_id)
    discard(made, gone)
    path = f"{V21}/servers/{gone}/os-instance-actions"
    fault(cloud.http("GET", path, headers=version(20)), 404)
    actions = cloud.http("GET", path, headers=version(21)).json()["instanceActions"]
    assert [a["action"] for a in actions] == ["delete", "create"]
    trace = made.compute("GET", f"/servers/{gone}/virga-trace")["trace"]
    assert trace["server"]["name"] == "gone" and trace["server"]["way"] == "boot from image"


def test_trace_tells_the_way(made, server):
    trace = made.compute("GET", f"/servers/{server}/virga-trace")["trace"]
    assert trace["server"]["way"] == "boot from image"
    assert any("root disk comes from the image cache" in text for text in trace["server"]["decisions"])
    (flow,) = trace["flows"]
    assert flow["state"] == "succeeded" and all(t["outcome"] in ("success", "parked") for t in flow["tasks"])


def test_delete_is_repeatable_until_gone(cloud, made):
    server = made.active_server("short", made.flavor_id, made.image_id)
    assert cloud.http("DELETE", f"{V21}/servers/{server}").status_code == 204
    assert cloud.http("DELETE", f"{V21}/servers/{server}").status_code in (204, 404)
    made.wait_gone(lambda: made.show_server(server), "server")
    fault(cloud.http("DELETE", f"{V21}/servers/{server}"), 404)


# ---- keypairs

def test_keypairs(cloud, made):
    answer = cloud.http("POST", V21 + "/os-keypairs", json={"keypair": {"name": "made"}}, headers=version(2))
    assert answer.status_code == 201, answer.text
    key = answer.json()["keypair"]
    assert key["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----") and key["type"] == "ssh"
    fault(cloud.http("POST", V21 + "/os-keypairs", json={"keypair": {"name": "made"}}), 409)
    imported = cloud.http("POST", V21 + "/os-keypairs", headers=version(92),
                          json={"keypair": {"name": "in@ported", "public_key": key["public_key"]}})
    assert imported.status_code == 201 and imported.json()["keypair"]["fingerprint"] == key["fingerprint"]
    fault(cloud.http("POST", V21 + "/os-keypairs", json={"keypair": {"name": "x"}}, headers=version(92)), 400, "public_key")
    fault(cloud.http("POST", V21 + "/os-keypairs", json={"keypair": {"name": "x", "public_key": "nonsense"}}), 400)
    shown = made.compute("GET", "/os-keypairs/made", version="2.2")["keypair"]
    assert shown["fingerprint"] == key["fingerprint"] and "private_key" not in shown
    names = [k["keypair"]["name"] for k in made.compute("GET", "/os-keypairs")["keypairs"]]
    assert names == ["in@ported", "made"]
    server = made.active_server("keyed", made.flavor_id, made.image_id, key_name="made")
    assert made.show_server(server)["key_name"] == "made"
    discard(made, server)
    for name in names:
        assert cloud.http("DELETE", f"{V21}/os-keypairs/{name}", headers=version(2)).status_code == 204
    fault(cloud.http("GET", V21 + "/os-keypairs/made"), 404)


# ---- config drive

def config_drive_decision(made, server):
    (told,) = [task["decision"] for flow in made.flows(server) for task in flow["tasks"]
               if task["task"] == "virt.libvirt.create_config_drive"]
    return told


def test_config_drive_is_shown_where_there_is_one(made):
    """Whoever asks for it: the request, the image, or compute.force_config_drive, which is true here."""
    plain = made.active_server("plain", made.flavor_id, made.image_id)
    asked = made.active_server("asked", made.flavor_id, made.image_id, config_drive=True,
                               user_data=base64.b64encode(b"#!/bin/sh\n").decode())
    image = made.image("drive", DATA, img_config_drive="mandatory")
    bound = made.active_server("bound", made.flavor_id, image)
    assert [made.show_server(server)["config_drive"] for server in (plain, asked, bound)] == ["True"] * 3
    listed = {s["id"] for s in made.compute("GET", "/servers?config_drive=true")["servers"]}
    assert {plain, asked, bound} <= listed
    for server, reason in ((plain, "force_config_drive"), (asked, "the request asks"), (bound, "img_config_drive")):
        told = config_drive_decision(made, server)
        assert told.startswith("config_drive = true") and reason in told
    assert "user_data" in config_drive_decision(made, asked)
    assert "user_data" not in config_drive_decision(made, plain)
    discard(made, plain, asked, bound)


# ---- flavors

def test_default_flavors(made):
    found = {f["id"]: f["name"] for f in made.compute("GET", "/flavors")["flavors"]}
    assert {"1": "m1.tiny", "2": "m1.small", "3": "m1.medium", "4": "m1.large", "5": "m1.xlarge"}.items() <= found.items()
    tiny = made.compute("GET", "/flavors/1")["flavor"]
    assert (tiny["vcpus"], tiny["ram"], tiny["disk"], tiny["swap"]) == (1, 512, 1, "")
    assert made.compute("GET", "/flavors/1", version="2.75")["flavor"]["swap"] == 0


def test_flavor_life(cloud, made, stranger):
    name = f"private-{uuid.uuid4().hex[:6]}"
    flavor = made.flavor(name, **{"os-flavor-access:is_public": False})
    fault(cloud.http("GET", f"{V21}/flavors/{flavor}", token=stranger), 404)
    fault(cloud.http("POST", V21 + "/flavors", json={"flavor": {"name": name, "ram": 1, "vcpus": 1, "disk": 1}}), 409)
    fault(cloud.http("POST", V21 + "/flavors", json={"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1}},
                     token=stranger), 403)
    fault(cloud.http("POST", V21 + "/flavors", json={"flavor": {"name": "x", "ram": 0, "vcpus": 1, "disk": 1}}), 400,
          "flavor.ram")
    made.compute("POST", f"/flavors/{flavor}/os-extra_specs", {"extra_specs": {"hw:a": "1"}})
    assert made.compute("GET", f"/flavors/{flavor}", version="2.61")["flavor"]["extra_specs"] == {"hw:a": "1"}
    assert made.compute("PUT", f"/flavors/{flavor}/os-extra_specs/hw:a", {"hw:a": "2"}) == {"hw:a": "2"}
    made.compute("DELETE", f"/flavors/{flavor}/os-extra_specs/hw:a")
    fault(cloud.http("GET", f"{V21}/flavors/{flavor}/os-extra_specs/hw:a"), 404)
    project = uuid.uuid4().hex
    access = made.compute("POST", f"/flavors/{flavor}/action", {"addTenantAccess": {"tenant": project}})["flavor_access"]
    assert access == [{"flavor_id": flavor, "tenant_id": project}]
    described = made.compute("PUT", f"/flavors/{flavor}", {"flavor": {"description": "d"}}, version="2.55")["flavor"]
    assert described["description"] == "d"
    assert name in [f["name"] for f in made.compute("GET", "/flavors?is_public=None")["flavors"]]
    made.compute("DELETE", f"/flavors/{flavor}")
    fault(cloud.http("GET", f"{V21}/flavors/{flavor}"), 404)


def test_flavor_filters(made):
    assert {f["name"] for f in made.compute("GET", "/flavors?minRam=8192")["flavors"]} == {"m1.large", "m1.xlarge"}
    by_memory = made.compute("GET", "/flavors/detail?sort_key=memory_mb&sort_dir=desc")["flavors"]
    assert [f["ram"] for f in by_memory] == sorted((f["ram"] for f in by_memory), reverse=True)
    page = made.compute("GET", "/flavors?limit=1&sort_key=name")
    assert len(page["flavors"]) == 1 and page["flavors_links"][0]["rel"] == "next"


# ---- the rest

def test_limits_and_quotas(cloud, made, server):
    absolute = made.compute("GET", "/limits")["limits"]["absolute"]
    assert absolute["totalInstancesUsed"] >= 1 and absolute["maxTotalInstances"] == 1000
    project = cloud.conn.current_project_id
    quota = made.compute("GET", f"/os-quota-sets/{project}/detail")["quota_set"]
    assert quota["instances"]["in_use"] == absolute["totalInstancesUsed"]
    assert made.compute("GET", f"/os-quota-sets/{project}/defaults")["quota_set"]["cores"] == 2000
    fault(cloud.http("PUT", f"{V21}/os-quota-sets/{project}", json={"quota_set": {"instances": 0}}), 400, "instances")


def test_hosts_zones_services(cloud, made, server, stranger):
    (hypervisor,) = made.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    assert hypervisor["hypervisor_hostname"] == "host-1" and hypervisor["running_vms"] >= 1
    (new,) = made.compute("GET", "/os-hypervisors/detail?with_servers=True", version="2.88")["hypervisors"]
    assert "vcpus" not in new and new["servers"]
    one = made.compute("GET", f"/os-hypervisors/{new['id']}", version="2.88")["hypervisor"]
    assert one["hypervisor_hostname"] == "host-1"
    fault(cloud.http("GET", V21 + "/os-hypervisors", token=stranger), 403)
    assert made.compute("GET", "/os-hypervisors/statistics")["hypervisor_statistics"]["count"] == 1
    assert [z["zoneName"] for z in made.compute("GET", "/os-availability-zone")["availabilityZoneInfo"]] == ["nova"]
    (zone,) = made.compute("GET", "/os-availability-zone/detail")["availabilityZoneInfo"]
    assert "host-1" in zone["hosts"]
    assert {"nova-compute", "nova-scheduler"} <= {s["binary"] for s in made.compute("GET", "/os-services")["services"]}
    assert made.compute("GET", "/os-server-groups")["server_groups"] == []
    assert made.compute("GET", "/os-aggregates")["aggregates"] == []
    assert made.compute("GET", "/extensions")["extensions"]


def test_forced_host(cloud, made, stranger):
    server = made.active_server("forced", made.flavor_id, made.image_id, availability_zone="nova:host-1")
    assert made.show_server(server)["OS-EXT-SRV-ATTR:host"] == "host-1"
    discard(made, server)
    body = {"server": {"name": "x", "flavorRef": "1", "imageRef": made.image_id, "availability_zone": "nova:host-1"}}
    fault(cloud.http("POST", V21 + "/servers", json=body, token=stranger), 403)
    body["server"].update({"availability_zone": "nova", "host": "nowhere", "networks": "auto"})
    fault(cloud.http("POST", V21 + "/servers", json=body, headers=version(74)), 400, "server.host")


def test_no_host_gives_a_fault(made):
    server = made.server("nowhere", made.flavor_id, made.image_id, availability_zone="nova:nowhere")
    view = made.wait_server(server, "ERROR")
    assert view["fault"]["code"] == 500 and "No valid host" in view["fault"]["message"]
    discard(made, server)


# ---- the real clients

def test_openstacksdk(cloud, made):
    conn = cloud.conn
    server = conn.compute.create_server(name="sdk", flavor_id=made.flavor_id, image_id=made.image_id, networks="auto",
                                        user_data=base64.b64encode(b"#!/bin/sh").decode(), metadata={"a": "b"},
                                        tags=["t"])
    server = conn.compute.wait_for_server(server, interval=0.1)
    assert server.status == "ACTIVE" and server.metadata == {"a": "b"} and server.tags == ["t"]
    assert datetime.datetime.fromisoformat(server.launched_at)
    assert [s.id for s in conn.compute.servers(name="sdk")] == [server.id]
    conn.compute.delete_server(server)
    conn.compute.wait_for_delete(server, interval=0.1)


def test_openstack_client(cloud, made):
    made_one = cloud.openstack("server", "create", "--image", "api", "--flavor", made.flavor_id, "--wait", "cli")
    assert made_one["status"] == "ACTIVE"
    assert [s["Name"] for s in cloud.openstack("server", "list", "--name", "cli")] == ["cli"]
    events = cloud.openstack("server", "event", "list", "cli")
    assert [e["Action"] for e in events] == ["create"]
    assert cloud.openstack("server", "event", "show", "cli", events[0]["Request ID"])["action"] == "create"
    cloud.openstack("server", "stop", "cli", parse=False)
    made.wait_server(made_one["id"], "SHUTOFF")
    cloud.openstack("server", "start", "cli", parse=False)
    made.wait_server(made_one["id"])
    cloud.openstack("server", "reboot", "--wait", "cli", parse=False)
    cloud.openstack("console", "log", "show", "cli", parse=False)
    cloud.openstack("server", "delete", "--wait", "cli", parse=False)
    assert cloud.openstack("server", "list", "--name", "cli") == []
    assert {"m1.tiny", "m1.small"} <= {f["Name"] for f in cloud.openstack("flavor", "list")}
    assert cloud.openstack("hypervisor", "list")[0]["State"] == "up"
