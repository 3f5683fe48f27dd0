"""Services of compute: operators disable those of hosts, hold them for down, and delete those that are gone."""
import json

import pytest

from harness.cloud import Cloud
from harness.resources import ApiError, Resources

OLD, FORCED, NEW = "2.1", "2.11", "2.53"
HOST = "host-1"


@pytest.fixture(scope="module")
def api():
    running = Cloud().start()
    resources = Resources(running)
    resources.flavor_id = resources.flavor("small")
    resources.image_id = resources.image("image", b"\0" * 65536)
    yield resources
    running.close()


@pytest.fixture(autouse=True)
def as_before(api):
    yield
    update(api, status="enabled", forced_down=False)
    assert api.cloud.differences() == []


def service(api, version=NEW, binary="nova-compute"):
    (found,) = api.compute("GET", f"/os-services?binary={binary}", version=version)["services"]
    return found


def update(api, **fields):
    return api.compute("PUT", f"/os-services/{service(api)['id']}", fields, NEW)["service"]


def act(api, action, version=OLD, **fields):
    body = {"host": HOST, "binary": "nova-compute", **fields}
    return api.compute("PUT", f"/os-services/{action}", body, version)["service"]


def refusal_of_a_boot(api):
    """What the trace says of a boot that no host took."""
    server = api.server("refused", api.flavor_id, api.image_id)
    api.wait(lambda: api.show_server(server)["status"] == "ERROR", "the boot has failed")
    assert "No valid host" in api.show_server(server)["fault"]["message"]
    text = json.dumps(api.flows(server))
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    return text


def refused(api, status, text, method, path, body=None, version=NEW):
    with pytest.raises(ApiError) as caught:
        api.compute(method, path, body, version)
    assert caught.value.status == status and text in str(caught.value)


def test_a_disabled_host_takes_no_new_servers_and_keeps_those_that_it_has(api):
    server = api.active_server("before", api.flavor_id, api.image_id)
    changed = update(api, status="disabled", disabled_reason="a fan is broken")
    assert (changed["status"], changed["disabled_reason"], changed["state"]) == ("disabled", "a fan is broken", "up")
    assert changed == {**service(api), "updated_at": changed["updated_at"]}
    host = api.compute("GET", "/os-hypervisors/detail", version=NEW)["hypervisors"][0]
    assert (host["status"], host["state"], host["service"]["id"]) == ("disabled", "up", changed["id"])
    assert host["service"]["disabled_reason"] == "a fan is broken"
    (zone,) = api.compute("GET", "/os-availability-zone/detail")["availabilityZoneInfo"]
    assert zone["zoneState"] == {"available": False} and zone["hosts"][HOST]["nova-compute"]["active"] is False

    assert "ComputeFilter refused 1 of 1 hosts: host-1: ComputeFilter (host is disabled)" in refusal_of_a_boot(api)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF")
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")

    assert update(api, status="enabled")["disabled_reason"] is None
    api.delete_server(api.active_server("after", api.flavor_id, api.image_id))
    api.wait(lambda: api.servers() == [], "all servers are gone")


def test_a_host_that_is_forced_down_is_down_until_it_is_released(api):
    assert act(api, "force-down", FORCED, forced_down=True) == {"host": HOST, "binary": "nova-compute", "forced_down": True}
    found = service(api, FORCED)
    assert (found["state"], found["status"], found["forced_down"]) == ("down", "enabled", True)
    assert "forced_down" not in service(api, OLD) and service(api, OLD)["state"] == "down"
    assert api.compute("GET", "/os-hypervisors")["hypervisors"][0]["state"] == "down"
    assert "ComputeFilter (host is down)" in refusal_of_a_boot(api)
    act(api, "force-down", FORCED, forced_down="false")
    assert service(api)["state"] == "up"
    refused(api, 404, "force-down", "PUT", "/os-services/force-down", {"host": HOST, "binary": "nova-compute"}, OLD)


def test_clients_before_2_53_name_the_host(api):
    assert act(api, "disable") == {"host": HOST, "binary": "nova-compute", "status": "disabled"}
    assert service(api, OLD)["status"] == "disabled" and isinstance(service(api, OLD)["id"], int)
    told = act(api, "disable-log-reason", disabled_reason="dust")
    assert told == {"host": HOST, "binary": "nova-compute", "status": "disabled", "disabled_reason": "dust"}
    assert service(api, OLD)["disabled_reason"] == "dust"
    assert act(api, "enable")["status"] == "enabled" and service(api, OLD)["disabled_reason"] is None


def test_it_outlives_restarts_of_both_halves(api):
    update(api, status="disabled", disabled_reason="kept", forced_down=True)
    for half in ("control", "host"):
        api.cloud.kill(half)
        api.cloud.start_half(half)
    api.cloud.wait_announced("control", 60)
    api.wait(lambda: api.cloud.http("GET", "/compute/v2.1/os-hypervisors").status_code == 200, "the API answers")
    found = service(api)
    assert (found["status"], found["disabled_reason"], found["forced_down"]) == ("disabled", "kept", True)
    update(api, status="enabled", forced_down=False)
    api.cloud.wait_ready()


@pytest.mark.parametrize("body, text", [
    ({}, "status: or forced_down is required"),
    ({"status": "off"}, "status"),
    ({"forced_down": "perhaps"}, "forced_down"),
    ({"status": "enabled", "disabled_reason": "why"}, "disabled_reason: needs the status 'disabled'"),
    ({"forced_down": True, "disabled_reason": "why"}, "disabled_reason: needs the status 'disabled'"),
    ({"status": "disabled", "disabled_reason": "x" * 256}, "disabled_reason"),
    ({"status": "disabled", "host": HOST}, "host"),
])
def test_bad_updates_name_the_field(api, body, text):
    refused(api, 400, text, "PUT", f"/os-services/{service(api)['id']}", body)
    assert (service(api)["status"], service(api)["forced_down"]) == ("enabled", False)


def test_only_services_of_hosts_can_be_changed(api):
    conductor = service(api, binary="nova-conductor")["id"]
    refused(api, 400, "only services nova-compute", "PUT", f"/os-services/{conductor}", {"status": "disabled"})
    refused(api, 400, "only services nova-compute", "DELETE", f"/os-services/{conductor}")
    refused(api, 404, "none", "PUT", "/os-services/none", {"status": "disabled"})
    refused(api, 404, "could not be found", "PUT", "/os-services/disable", {"host": "none", "binary": "nova-compute"}, OLD)
    refused(api, 400, "binary", "PUT", "/os-services/disable", {"host": HOST}, OLD)
    refused(api, 404, "reboot", "PUT", "/os-services/reboot", {"host": HOST, "binary": "nova-compute"}, OLD)


def test_a_service_is_deleted_when_its_host_is_gone(api):
    path = f"/os-services/{service(api)['id']}"
    server = api.active_server("last", api.flavor_id, api.image_id)
    refused(api, 409, "has servers", "DELETE", path)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    refused(api, 409, "is up", "DELETE", path)
    update(api, status="disabled", disabled_reason="old")
    api.cloud.stop_half("host")
    api.wait(lambda: service(api)["state"] == "down", "the host is down")
    api.compute("DELETE", path, version=NEW)
    assert api.compute("GET", "/os-services?binary=nova-compute", version=NEW)["services"] == []
    assert api.compute("GET", "/os-hypervisors")["hypervisors"] == []
    refused(api, 404, "could not be found", "DELETE", path)
    api.cloud.start_half("host")
    api.cloud.wait_ready()
    assert service(api)["status"] == "enabled", "who comes back is new"


def test_openstack_client(api):
    api.cloud.openstack("compute", "service", "set", "--disable", "--disable-reason", "by hand", HOST, "nova-compute", parse=False)
    (shown,) = api.cloud.openstack("compute", "service", "list", "--service", "nova-compute", "--long")
    assert (shown["Status"], shown["Disabled Reason"]) == ("disabled", "by hand")
    api.cloud.openstack("compute", "service", "set", "--enable", HOST, "nova-compute", parse=False)
    api.cloud.openstack("--os-compute-api-version", "2.88", "compute", "service", "set", "--down", HOST, "nova-compute", parse=False)
    (shown,) = api.cloud.openstack("compute", "service", "list", "--service", "nova-compute")
    assert (shown["Status"], shown["State"]) == ("enabled", "down")
    api.cloud.openstack("--os-compute-api-version", "2.11", "compute", "service", "set", "--up", HOST, "nova-compute", parse=False)
    assert service(api)["state"] == "up"
