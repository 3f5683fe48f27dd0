"""What clients write into bodies: null, blanks, both names of one field, values that are the service's own."""
import pytest

from harness.volumes import call, gone, settled, show


def put(cloud, path, key, expect=200, **fields):
    answer = call(cloud, "PUT", path, {key: fields}, expect=expect)
    return answer.json()[key] if expect == 200 else answer


@pytest.fixture
def snapshot(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume, "name": "s", "description": "d"}},
                expect=202).json()["snapshot"]["id"]
    settled(cloud, "snapshot", made)
    yield made
    call(cloud, "DELETE", f"/snapshots/{made}")
    gone(cloud, "snapshot", made)


def test_both_names_of_a_field(cloud, volumes, snapshot):
    volume = volumes(size=1, display_name="older", name="newer", display_description="older", description="newer")
    found = show(cloud, volume)
    assert (found["name"], found["description"]) == ("newer", "newer")
    for path, key in ((f"/volumes/{volume}", "volume"), (f"/snapshots/{snapshot}", "snapshot")):
        changed = put(cloud, path, key, name="n", display_name="x", description="d", display_description="x")
        assert (changed["name"], changed["description"]) == ("n", "d")
        changed = put(cloud, path, key, display_name="x", display_description="y")
        assert (changed["name"], changed["description"]) == ("x", "y")


def test_null_clears(cloud, volumes, snapshot):
    volume = volumes(size=1, name="n", description="d")
    for path, key in ((f"/volumes/{volume}", "volume"), (f"/snapshots/{snapshot}", "snapshot")):
        assert put(cloud, path, key, name="x", description=None)["description"] is None
        assert put(cloud, path, key, name=None)["name"] in ("", None)
        assert put(cloud, path, key, name="again", display_description="d")["description"] == "d"
        assert put(cloud, path, key, display_description=None)["description"] is None
        put(cloud, path, key, expect=400)


def test_null_clears_in_backups(cloud, volumes):
    volume = volumes(size=1)
    made = call(cloud, "POST", "/backups", {"backup": {"volume_id": volume, "name": "n", "description": "d"}},
                expect=202).json()["backup"]["id"]
    assert settled(cloud, "backup", made)["status"] == "available"
    call(cloud, "PUT", f"/backups/{made}", {"backup": {"name": "x", "description": None}}, expect=200)
    found = call(cloud, "GET", f"/backups/{made}", expect=200).json()["backup"]
    assert (found["name"], found["description"]) == ("x", None)
    call(cloud, "DELETE", f"/backups/{made}", expect=202)
    gone(cloud, "backup", made)


def test_blanks_around_names_go(cloud, volumes):
    volume = volumes(size=1, name="  n\t", description="  ")
    found = show(cloud, volume)
    assert (found["name"], found["description"]) == ("n", None)
    assert put(cloud, f"/volumes/{volume}", "volume", name=" m ")["name"] == "m"


def test_null_of_every_optional_field(cloud, volumes):
    volumes(size=1, name=None, description=None, display_name=None, snapshot_id=None, source_volid=None, imageRef=None,
            image_id=None, backup_id=None, volume_type=None, availability_zone=None, metadata=None, multiattach=None,
            group_id=None, consistencygroup_id=None)


def test_readonly_is_not_the_users(cloud, volumes):
    volume = volumes(size=1, metadata={"team": "a", "readonly": "True"})
    assert show(cloud, volume)["metadata"] == {"team": "a"}

    def attach_mode(mode):
        return call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "mode": mode}})
    assert attach_mode("rw").status_code == 200
    made = call(cloud, "GET", f"/attachments?volume_id={volume}").json()["attachments"][0]["id"]
    call(cloud, "DELETE", f"/attachments/{made}", expect=200)

    call(cloud, "POST", f"/volumes/{volume}/action", {"os-update_readonly_flag": {"readonly": True}}, expect=202)
    both = {"team": "b", "readonly": "True"}
    assert put(cloud, f"/volumes/{volume}", "volume", metadata={"team": "b"})["metadata"] == both
    assert put(cloud, f"/volumes/{volume}", "volume", metadata={"team": "b", "readonly": "False"})["metadata"] == both
    path = f"/volumes/{volume}/metadata"
    call(cloud, "PUT", path, {"metadata": {"readonly": "False", "team": "b"}}, expect=200)
    call(cloud, "POST", path, {"metadata": {"readonly": "False"}}, expect=200)
    call(cloud, "PUT", f"{path}/readonly", {"meta": {"readonly": "False"}}, expect=400)
    call(cloud, "DELETE", f"{path}/readonly", expect=404)
    assert show(cloud, volume)["metadata"] == both
    assert attach_mode("rw").status_code == 400
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-update_readonly_flag": {"readonly": False}}, expect=202)
    assert show(cloud, volume)["metadata"] == {"team": "b", "readonly": "False"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["volumes", "snapshots", "backups", "types", "attachments", "groups",
                                  "group_snapshots", "volume-transfers", "qos-specs", "messages"])
def test_an_empty_id_is_nobodys(cloud, method, path):
    call(cloud, method, f"/{path}/", {"volume": {"name": "x"}} if method == "PUT" else None, expect=404)


def test_an_empty_image_id_is_nobodys(cloud):
    for method in ("GET", "DELETE"):
        assert cloud.http(method, "/image/v2/images/").status_code == 404
    assert cloud.http("GET", "/image/v2/").status_code == 300
    assert cloud.http("GET", "/volume/v3/").status_code == 200


def test_snapshot_of_null(cloud):
    call(cloud, "POST", "/snapshots", {"snapshot": {"volume_id": None}}, expect=404)
    call(cloud, "POST", "/snapshots", {"snapshot": {"name": "x"}}, expect=400)


def test_long_values_of_image_metadata(cloud, volumes):
    volume = volumes(size=1)
    long = "x" * 65535
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-set_image_metadata": {"metadata": {"k": long}}}, expect=200)
    assert show(cloud, volume)["volume_image_metadata"]["k"] == long
    for bad in ({"k": long + "x"}, {"": "v"}, {"k" * 256: "v"}, {"k": 1}, {"k": None}):
        call(cloud, "POST", f"/volumes/{volume}/action", {"os-set_image_metadata": {"metadata": bad}}, expect=400)


def test_swap_with_a_volume_that_does_not_exist(cloud, volumes, image):
    from harness.resources import Resources
    api = Resources(cloud)
    volume, other = volumes(size=1), volumes(size=1)
    server = api.active_server("swap", api.flavor("swap", ram=64, disk=1), image)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    path = f"/compute/v2.1/servers/{server}/os-volume_attachments/{volume}"
    nowhere = "11111111-2222-4333-8444-555555555555"
    for wanted, status in ((nowhere, 400), (other, 409)):
        assert cloud.http("PUT", path, json={"volumeAttachment": {"volumeId": wanted}}).status_code == status
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
