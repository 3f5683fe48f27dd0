"""Services of block storage and the hosts that they run on: what operators list, disable and freeze."""
import contextlib

import pytest

from harness.volumes import call, gone, settled

BACKEND = "host-1@local"


def services(cloud, query="", version="3.70"):
    return call(cloud, "GET", f"/os-services?{query}", version=version, expect=200).json()["services"]


def storage(cloud):
    return next(s for s in services(cloud, "binary=cinder-volume") if s["host"] == BACKEND)


def put(cloud, action, body, expect=200, **more):
    return call(cloud, "PUT", f"/os-services/{action}", body, expect=expect, **more)


@contextlib.contextmanager
def closed(cloud, action, undo):
    """Other tests of this cloud need the backend: it is opened again in any case."""
    body = {"host": BACKEND, **({} if action == "freeze" else {"binary": "cinder-volume"})}
    if action == "disable-log-reason":
        body["disabled_reason"] = "maintenance"
    answer = put(cloud, action, body)
    try:
        yield answer
    finally:
        body.pop("disabled_reason", None)
        put(cloud, undo, body)


def test_list(cloud):
    assert {s["binary"] for s in services(cloud)} >= {"cinder-scheduler", "cinder-volume"}
    found = storage(cloud)
    assert (found["state"], found["status"], found["frozen"], found["disabled_reason"]) == ("up", "enabled", False, None)
    assert found["cluster"] is None and found["backend_state"] == "up" and found["updated_at"]
    old = services(cloud, "binary=cinder-volume", version="3.6")[0]
    assert "cluster" not in old and "backend_state" not in old
    assert "backend_state" not in services(cloud, "binary=cinder-volume", version="3.48")[0]
    assert {s["host"] for s in services(cloud, "host=host-1")} == {BACKEND, "host-1"}
    assert services(cloud, f"host={BACKEND}&binary=cinder-scheduler") == []


@pytest.mark.parametrize("action,undo", [("disable", "enable"), ("disable-log-reason", "enable"), ("freeze", "thaw")])
def test_a_closed_service_takes_no_new_volumes(cloud, action, undo):
    with closed(cloud, action, undo) as answer:
        found = storage(cloud)
        if action == "freeze":
            assert found["frozen"] is True
        else:
            assert answer.json()["disabled"] is True and found["status"] == "disabled"
            reason = "maintenance" if action == "disable-log-reason" else None
            assert found["disabled_reason"] == reason and answer.json().get("disabled_reason") == reason
            zone = call(cloud, "GET", "/os-availability-zone").json()["availabilityZoneInfo"][0]
            assert zone == {"zoneName": "nova", "zoneState": {"available": False}}
        volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, expect=202).json()["volume"]["id"]
        assert settled(cloud, "volume", volume)["status"] == "error"
        message = call(cloud, "GET", f"/messages?resource_uuid={volume}").json()["messages"][0]
        assert "disabled" in message["user_message"]
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
    gone(cloud, "volume", volume)
    found = storage(cloud)
    assert (found["status"], found["disabled_reason"], found["frozen"]) == ("enabled", None, False)


def test_backups_of_a_host_can_be_disabled(cloud, volumes):
    body = {"backup": {"volume_id": volumes(size=1)}}
    service = {"host": "host-1", "binary": "cinder-backup"}
    put(cloud, "disable", service)
    try:
        assert "disabled" in call(cloud, "POST", "/backups", body, expect=400).json()["badRequest"]["message"]
    finally:
        put(cloud, "enable", service)
    backup = call(cloud, "POST", "/backups", body, expect=202).json()["backup"]["id"]
    assert settled(cloud, "backup", backup)["status"] == "available"
    call(cloud, "DELETE", f"/backups/{backup}", expect=202)
    gone(cloud, "backup", backup)


def test_a_closed_service_serves_the_volumes_that_it_has(cloud, volumes):
    volume = volumes(size=1)
    with closed(cloud, "disable", "enable"):
        call(cloud, "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, expect=202)
        assert settled(cloud, "volume", volume)["status"] == "available"
        call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
        gone(cloud, "volume", volume)


@pytest.mark.parametrize("action,body,status,names", [
    ("enable", {"host": "nowhere", "binary": "cinder-volume"}, 404, "nowhere"),
    ("disable", {"host": BACKEND, "binary": "cinder-nothing"}, 404, "cinder-nothing"),
    ("disable", {"binary": "cinder-volume"}, 400, "host"), ("enable", {"host": BACKEND}, 400, "binary"),
    ("disable-log-reason", {"host": BACKEND, "binary": "cinder-volume"}, 400, "disabled_reason"),
    ("disable-log-reason", {"host": BACKEND, "binary": "cinder-volume", "disabled_reason": ""}, 400, "disabled_reason"),
    ("disable-log-reason", {"host": BACKEND, "binary": "cinder-volume", "disabled_reason": "x" * 256}, 400, "disabled_reason"),
    ("freeze", {"host": "nowhere"}, 400, "host"), ("thaw", {}, 400, "host"), ("thaw", {"host": 5}, 400, "host"),
    ("failover_host", {"host": BACKEND, "backend_id": "b"}, 400, "replicated"),
    ("failover", {"host": BACKEND, "backend_id": "b"}, 400, "replicated"),
    ("explode", {"host": BACKEND}, 400, "explode"), ("set-log", {"level": "LOUD"}, 400, "level"), ("set-log", {}, 400, "level"),
    ("set-log", {"level": "INFO", "binary": "nginx"}, 400, "binary"), ("get-log", {"colour": "red"}, 400, "colour")])
def test_bad_input(cloud, action, body, status, names):
    (_, fault), = put(cloud, action, body, expect=status).json().items()
    assert names in fault["message"]


def test_log_levels(cloud):
    put(cloud, "get-log", {}, expect=400, version="3.31")

    def levels(**body):
        found = put(cloud, "get-log", body).json()["log_levels"]
        return {(item["binary"], item["host"]): item["levels"]["virga"] for item in found}
    before = levels()
    assert {binary for binary, _ in before} == {"cinder-api", "cinder-scheduler", "cinder-volume"}
    key = ("cinder-volume", BACKEND)
    try:
        put(cloud, "set-log", {"level": "error", "binary": "cinder-volume", "server": "host-1", "prefix": "vir"}, expect=202)
        assert levels()[key] == "ERROR" and levels(binary="cinder-api") == {k: v for k, v in before.items() if k[0] == "cinder-api"}
        put(cloud, "set-log", {"level": "DEBUG", "prefix": "nova"}, expect=202)
        assert levels()[key] == "ERROR" and levels(prefix="nova") == {} and levels(server="nowhere") == {}
    finally:
        put(cloud, "set-log", {"level": before[key], "binary": "*"}, expect=202)
    assert levels() == before


def test_hosts(cloud, volumes, stranger):
    volume = volumes(size=3)
    call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, expect=202)
    hosts = call(cloud, "GET", "/os-hosts", expect=200).json()["hosts"]
    own = next(h for h in hosts if h["host_name"] == BACKEND)
    assert (own["service"], own["service-status"], own["service-state"], own["zone"]) == ("cinder-volume", "available", "enabled", "nova")
    assert call(cloud, "GET", "/os-hosts?service=cinder-scheduler").json()["hosts"][0]["service"] == "cinder-scheduler"
    shown = [item["resource"] for item in call(cloud, "GET", f"/os-hosts/{BACKEND}", expect=200).json()["host"]]
    assert shown[0]["project"] == "(total)"
    mine = next(item for item in shown if item["project"] == cloud.conn.current_project_id)
    assert int(mine["volume_count"]) >= 1 and int(mine["total_volume_gb"]) >= 3 and int(mine["total_snapshot_gb"]) >= 3
    for path in ("/os-hosts/nowhere", "/os-hosts/virga"):
        call(cloud, "GET", path, expect=404)
        call(cloud, "PUT", path, {"status": "enable"}, expect=404)
    for body in ({}, {"status": "explode"}, {"status": "enable", "more": 1}):
        call(cloud, "PUT", f"/os-hosts/{BACKEND}", body, expect=400)
    try:
        assert call(cloud, "PUT", f"/os-hosts/{BACKEND}", {"status": "disable"}, expect=200).json() == {"host": BACKEND, "status": "disabled"}
        assert storage(cloud)["status"] == "disabled"
    finally:
        assert call(cloud, "PUT", f"/os-hosts/{BACKEND}", {"status": "enable"}, expect=200).json()["status"] == "enabled"
    for method, path in (("GET", "/os-hosts"), ("GET", f"/os-hosts/{BACKEND}"), ("PUT", f"/os-hosts/{BACKEND}"),
                         ("GET", "/os-services"), ("PUT", "/os-services/disable"), ("PUT", "/os-services/get-log")):
        call(cloud, method, path, {"status": "enable"}, token=stranger, expect=403)


def test_openstack_client(cloud):
    assert {s["Binary"] for s in cloud.openstack("volume", "service", "list")} >= {"cinder-scheduler", "cinder-volume"}
    try:
        cloud.openstack("volume", "service", "set", "--disable", "--disable-reason", "why", BACKEND, "cinder-volume", parse=False)
        found = next(s for s in cloud.openstack("volume", "service", "list", "--service", "cinder-volume", "--long") if s["Host"] == BACKEND)
        assert found["Status"] == "disabled" and found["Disabled Reason"] == "why"
    finally:
        cloud.openstack("volume", "service", "set", "--enable", BACKEND, "cinder-volume", parse=False)
    try:
        cloud.openstack("volume", "host", "set", "--disable", BACKEND, parse=False)
        assert storage(cloud)["frozen"] is True
    finally:
        cloud.openstack("volume", "host", "set", "--enable", BACKEND, parse=False)
    assert storage(cloud)["frozen"] is False
