"""Connections outside of compute: the old actions, attachments, read-only volumes, other backends."""
import pytest

from harness.volumes import NOWHERE, call, show


def act(cloud, volume, name, argument, expect=202, **more):
    return call(cloud, "POST", f"/volumes/{volume}/action", {name: argument}, expect=expect, **more)


def attach(cloud, volume, expect=200, version="3.70", **fields):
    body = {"attachment": {"volume_uuid": volume, "instance_uuid": NOWHERE, **fields}}
    answer = call(cloud, "POST", "/attachments", body, version=version, expect=expect)
    return answer.json()["attachment"] if expect == 200 else answer


@pytest.fixture(autouse=True)
def nothing_attached(cloud, volumes, service):
    """Ends every attachment before the volumes go."""
    yield
    for item in call(cloud, "GET", f"/attachments?instance_id={NOWHERE}", expect=200).json()["attachments"]:
        call(cloud, "DELETE", f"/attachments/{item['id']}", token=service, expect=200)


@pytest.fixture(scope="module")
def service(cloud):
    """The token of a user with the role service."""
    conn = cloud.conn
    role = conn.identity.find_role("service") or conn.identity.create_role(name="service")
    user = conn.identity.create_user(name="nova", password="nova-secret", domain_id="default")
    project = conn.identity.find_project("service").id
    cloud.http("PUT", f"/identity/v3/projects/{project}/users/{user.id}/roles/{role.id}")
    yield cloud.login("nova", "nova-secret", "service")
    conn.identity.delete_user(user.id)


def test_initialize_and_terminate(cloud, volumes):
    volume = volumes(size=1)
    connector = {"host": "elsewhere", "ip": "192.0.2.1", "initiator": "iqn.x"}
    for _ in range(2):
        info = act(cloud, volume, "os-initialize_connection", {"connector": connector}, 200).json()["connection_info"]
        assert info["driver_volume_type"] == "local" and info["data"]["access_mode"] == "rw"
        assert info["data"]["format"] == "raw"
    assert show(cloud, volume)["status"] == "available"
    for _ in range(2):
        act(cloud, volume, "os-terminate_connection", {"connector": connector})


@pytest.mark.parametrize("name", ["os-initialize_connection", "os-terminate_connection"])
@pytest.mark.parametrize("argument", [{}, {"connector": None}, {"connector": "x"}, {"connector": {}},
                                      {"connector": {"host": ""}}, {"connector": {"host": 7}},
                                      {"connector": {"host": "x" * 256}}])
def test_a_bad_connector_is_named(cloud, volumes, name, argument):
    assert "connector" in act(cloud, volumes(size=1), name, argument, 400).text


def test_who_may(cloud, volumes, stranger):
    volume = volumes(size=1)
    for name in ("os-initialize_connection", "os-terminate_connection"):
        act(cloud, volume, name, {"connector": {"host": "h"}}, 404, token=stranger)
    act(cloud, volume, "os-force_detach", {"connector": {"host": "h"}}, 403, token=stranger)
    for name in ("os-initialize_connection", "os-terminate_connection", "os-force_detach"):
        act(cloud, NOWHERE, name, {"connector": {"host": "h"}}, 404)


def test_never_two_hosts(cloud, volumes):
    volume = volumes(size=1)
    made = attach(cloud, volume, connector={"host": "one"})
    act(cloud, volume, "os-initialize_connection", {"connector": {"host": "one"}}, 200)
    assert "another host" in act(cloud, volume, "os-initialize_connection", {"connector": {"host": "two"}}, 409).text
    assert show(cloud, volume)["status"] == "attaching"
    assert made["connection_info"]["data"]["path"]


def test_force_detach(cloud, volumes):
    volume = volumes(size=1)
    act(cloud, volume, "os-attach", {"instance_uuid": NOWHERE, "mountpoint": "/dev/vdb"})
    attachment = show(cloud, volume)["attachments"][0]["attachment_id"]
    act(cloud, volume, "os-reset_status", {"status": "error"})
    act(cloud, volume, "os-force_detach", {"attachment_id": NOWHERE}, 400)
    act(cloud, volume, "os-force_detach", {"attachment_id": attachment, "connector": None})
    after = show(cloud, volume)
    assert after["status"] == "available" and after["attachments"] == []
    act(cloud, volume, "os-force_detach", {}, 400)


def test_read_only(cloud, volumes):
    volume = volumes(size=1)
    act(cloud, volume, "os-update_readonly_flag", {"readonly": True})
    assert "read-only" in attach(cloud, volume, expect=400, mode="rw").text
    assert "read-only" in act(cloud, volume, "os-attach", {"host_name": "h", "mountpoint": "/m", "mode": "rw"}, 400).text
    assert show(cloud, volume)["status"] == "available"
    made = attach(cloud, volume, mode="ro", connector={"host": "one"})
    assert made["attach_mode"] == "ro" and made["connection_info"]["data"]["access_mode"] == "ro"


def test_mode_of_an_attachment(cloud, volumes):
    volume = volumes(size=1)
    made = attach(cloud, volume, mode="ro", connector={"host": "one"})
    assert made["attach_mode"] == "ro" and made["connection_info"]["data"]["access_mode"] == "ro"
    attach(cloud, volumes(size=1), expect=400, version="3.53", mode="ro")
    assert attach(cloud, volumes(size=1))["attach_mode"] == "null"
    attach(cloud, volumes(size=1), expect=400, mode="rwx")


def test_an_attachment_of_a_read_only_volume_is_read_only(cloud, volumes):
    volume = volumes(size=1)
    act(cloud, volume, "os-update_readonly_flag", {"readonly": True})
    made = attach(cloud, volume)
    assert made["attach_mode"] == "ro"
    act(cloud, volume, "os-update_readonly_flag", {"readonly": False}, 400)
    connected = call(cloud, "PUT", f"/attachments/{made['id']}", {"attachment": {"connector": {"host": "one", "mode": "rw"}}},
                     expect=200).json()["attachment"]
    assert connected["attach_mode"] == "ro" and connected["connection_info"]["data"]["access_mode"] == "ro"


def test_mode_of_a_connector(cloud, volumes):
    """It counts where whoever made the attachment said nothing, and stays."""
    for mode in ("ro", "rw"):
        made = attach(cloud, volumes(size=1), connector={"host": "one", "mode": mode})
        assert made["attach_mode"] == mode and made["connection_info"]["data"]["access_mode"] == mode
        for other in ("rw", "ro"):
            again = call(cloud, "PUT", f"/attachments/{made['id']}", {"attachment": {"connector": {"host": "one", "mode": other}}},
                         expect=200).json()["attachment"]
            assert again["attach_mode"] == mode and again["connection_info"]["data"]["access_mode"] == mode
    assert attach(cloud, volumes(size=1), mode="ro", connector={"host": "one", "mode": "rw"})["attach_mode"] == "ro"
    assert attach(cloud, volumes(size=1), connector={"host": "one"})["attach_mode"] == "rw"
    assert "mode" in attach(cloud, volumes(size=1), expect=400, connector={"host": "one", "mode": "x"}).text


@pytest.mark.parametrize("argument,mode", [({}, "rw"), ({"mode": "ro"}, "ro"), ({"mode": "rw"}, "rw")])
def test_mode_of_the_old_attach_call(cloud, volumes, argument, mode):
    volume = volumes(size=1, metadata={"team": "a", "attached_mode": "x"})
    assert show(cloud, volume)["metadata"] == {"team": "a"}
    act(cloud, volume, "os-attach", {"host_name": "h", "mountpoint": "/m", **argument})
    assert show(cloud, volume)["metadata"] == {"team": "a", "readonly": "False", "attached_mode": mode}
    call(cloud, "PUT", f"/volumes/{volume}/metadata", {"metadata": {"attached_mode": "x"}}, expect=200)
    assert show(cloud, volume)["metadata"] == {"readonly": "False", "attached_mode": mode}
    info = act(cloud, volume, "os-initialize_connection", {"connector": {"host": "h"}}, 200).json()["connection_info"]
    assert info["data"]["access_mode"] == mode
    act(cloud, volume, "os-detach", {})
    assert show(cloud, volume)["metadata"] == {"readonly": "False"}


def test_a_server_gets_a_read_only_volume_read_only(cloud, volumes, image):
    from harness.resources import Resources
    api = Resources(cloud)
    volume = volumes(size=1)
    act(cloud, volume, "os-update_readonly_flag", {"readonly": True})
    server = api.active_server("reader", api.flavor("reader", ram=64, disk=1), image)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    made, = call(cloud, "GET", f"/attachments/detail?volume_id={volume}", expect=200).json()["attachments"]
    assert made["attach_mode"] == "ro" and made["connection_info"]["data"]["access_mode"] == "ro"
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")


def test_attachments_are_listed_sorted_and_paged(cloud, volumes):
    made = [attach(cloud, volumes(size=1))["id"] for _ in range(3)]
    where = f"instance_id={NOWHERE}"
    listed = call(cloud, "GET", f"/attachments?{where}&sort=created_at:asc", expect=200).json()["attachments"]
    assert [item["id"] for item in listed] == made
    page = call(cloud, "GET", f"/attachments?{where}&sort_key=created_at&sort_dir=asc&limit=2", expect=200).json()
    assert [item["id"] for item in page["attachments"]] == made[:2] and page["attachments_links"]
    rest = call(cloud, "GET", f"/attachments?{where}&sort=created_at:asc&marker={made[1]}", expect=200).json()
    assert [item["id"] for item in rest["attachments"]] == made[2:]
    call(cloud, "GET", "/attachments?sort=connection_info:asc", expect=400)
    call(cloud, "GET", f"/attachments?marker={NOWHERE}", expect=404)
    volume = call(cloud, "GET", f"/attachments/{made[0]}", expect=200).json()["attachment"]["volume_id"]
    for narrow in (f"volume_id={volume}", f"volume_id={volume}&status=reserved"):
        found = call(cloud, "GET", f"/attachments/detail?{narrow}", expect=200).json()["attachments"]
        assert [item["id"] for item in found] == made[:1]
    assert call(cloud, "GET", f"/attachments?{where}&status=attached", expect=200).json()["attachments"] == []


def test_no_other_backend(cloud, volumes, stranger):
    volume = volumes(size=1)
    here = show(cloud, volume)["os-vol-host-attr:host"]
    for host in (here, "elsewhere@local#local", ""):
        assert "host" in act(cloud, volume, "os-migrate_volume", {"host": host}, 400).text
    act(cloud, volume, "os-migrate_volume_completion", {"new_volume": NOWHERE}, 400)
    assert show(cloud, volume)["status"] == "available"
