"""Which status each refusal of the image API has: route, body and what Glance answers."""
import json

import pytest

from harness.volumes import NOWHERE

PATCH = "application/openstack-images-v2.1-json-patch"
OLD_PATCH = "application/openstack-images-v2.0-json-patch"


def call(cloud, method, path, body=None, content_type="application/json", token=None):
    data = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
    return cloud.http(method, "/image" + path, data=data, headers={"Content-Type": content_type}, token=token)


@pytest.fixture(scope="module")
def ids(cloud):
    def make(**fields):
        return call(cloud, "POST", "/v2/images", {"disk_format": "raw", "container_format": "bare", **fields}).json()["id"]
    made = {"queued": make(name="queued", kept="x"), "active": make(name="active"), "private": make(visibility="private"),
            "bare": call(cloud, "POST", "/v2/images", {"name": "no formats"}).json()["id"], "locked": make(protected=True)}
    assert call(cloud, "PUT", f"/v2/images/{made['active']}/file", b"x" * 512, "application/octet-stream").status_code == 204
    assert call(cloud, "POST", f"/v2/images/{made['queued']}/members", {"member": "somebody"}).status_code == 200
    yield {**made, "nowhere": NOWHERE}
    call(cloud, "PATCH", f"/v2/images/{made['locked']}", [{"op": "replace", "path": "/protected", "value": False}], PATCH)
    for one in made.values():
        assert call(cloud, "DELETE", f"/v2/images/{one}").status_code == 204


def filled(path, ids):
    for name, identifier in ids.items():
        path = path.replace("{" + name + "}", identifier)
    return path


ANY = [
    ("POST", "/v2/images", {"id": "word"}, 400),
    ("POST", "/v2/images", {"id": None}, 400),
    ("POST", "/v2/images", [], 400),
    ("POST", "/v2/images", {"name": 1}, 400),
    ("POST", "/v2/images", {"name": "x" * 256}, 400),
    ("POST", "/v2/images", {"disk_format": "moon"}, 400),
    ("POST", "/v2/images", {"disk_format": ""}, 400),
    ("POST", "/v2/images", {"container_format": "moon"}, 400),
    ("POST", "/v2/images", {"container_format": ""}, 400),
    ("POST", "/v2/images", {"visibility": "moon"}, 400),
    ("POST", "/v2/images", {"visibility": None}, 400),
    ("POST", "/v2/images", {"min_disk": -1}, 400),
    ("POST", "/v2/images", {"min_disk": "1"}, 400),
    ("POST", "/v2/images", {"min_ram": None}, 400),
    ("POST", "/v2/images", {"protected": "yes"}, 400),
    ("POST", "/v2/images", {"tags": "x"}, 400),
    ("POST", "/v2/images", {"tags": ["x" * 256]}, 400),
    ("POST", "/v2/images", {"kernel_id": "word"}, 400),
    ("POST", "/v2/images", {"property": 1}, 400),
    ("POST", "/v2/images", {"property": None}, 400),
    ("POST", "/v2/images", {"x" * 256: "y"}, 400),
    ("POST", "/v2/images", {f"p{i}": "x" for i in range(129)}, 413),
    *[("POST", "/v2/images", {name: "x"}, 403)
      for name in ("status", "checksum", "size", "virtual_size", "created_at", "updated_at", "self", "file", "schema", "direct_url",
                   "stores", "location", "locations", "deleted", "deleted_at", "os_hash_algo", "os_hash_value", "os_glance_x")],
    ("GET", "/v2/images?limit=-1", None, 400),
    ("GET", "/v2/images?limit=x", None, 400),
    ("GET", "/v2/images?marker={nowhere}", None, 400),
    ("GET", "/v2/images?sort_key=moon", None, 400),
    ("GET", "/v2/images?sort_dir=moon", None, 400),
    ("GET", "/v2/images?sort=name:moon", None, 400),
    ("GET", "/v2/images?sort=name:asc&sort_key=name", None, 400),
    ("GET", "/v2/images?visibility=moon", None, 400),
    ("GET", "/v2/images?member_status=moon", None, 400),
    ("GET", "/v2/images?changes-since=2026-01-01T00:00:00Z", None, 400),
    ("GET", "/v2/images?created_at=moon:2026-01-01T00:00:00Z", None, 400),
    ("GET", "/v2/images?size_min=x", None, 400),
    ("GET", "/v2/images?name=in:%22a", None, 400),
    ("GET", "/v2/images/{nowhere}", None, 404),
    ("GET", "/v2/images/word", None, 404),
    ("DELETE", "/v2/images/{nowhere}", None, 404),
    ("DELETE", "/v2/images/{locked}", None, 403),
    ("PUT", "/v2/images/{active}/tags/" + "x" * 256, None, 400),
    ("DELETE", "/v2/images/{active}/tags/none", None, 404),
    ("PUT", "/v2/images/{nowhere}/tags/x", None, 404),
    ("GET", "/v2/images/{private}/members", None, 403),
    ("GET", "/v2/images/{private}/members/x", None, 404),
    ("POST", "/v2/images/{private}/members", {"member": "x"}, 403),
    ("POST", "/v2/images/{queued}/members", {}, 400),
    ("POST", "/v2/images/{queued}/members", {"member": ""}, 400),
    ("POST", "/v2/images/{queued}/members", {"member": None}, 400),
    ("POST", "/v2/images/{queued}/members", {"member": "somebody"}, 409),
    ("POST", "/v2/images/{nowhere}/members", {"member": "x"}, 404),
    ("GET", "/v2/images/{queued}/members/none", None, 404),
    ("PUT", "/v2/images/{queued}/members/somebody", {"status": "moon"}, 400),
    ("PUT", "/v2/images/{queued}/members/somebody", {}, 400),
    ("PUT", "/v2/images/{queued}/members/none", {"status": "accepted"}, 404),
    ("DELETE", "/v2/images/{queued}/members/none", None, 404),
    ("POST", "/v2/images/{queued}/actions/deactivate", None, 403),
    ("POST", "/v2/images/{queued}/actions/reactivate", None, 403),
    ("POST", "/v2/images/{nowhere}/actions/deactivate", None, 404),
    ("POST", "/v2/images/{active}/actions/none", None, 404),
    ("GET", "/v2/images/{nowhere}/file", None, 404),
    ("GET", "/v2/images/{queued}/file", None, 204),
    ("GET", "/v2/schemas/none", None, 404),
    ("GET", "/v2/info/stores", None, 404),
    ("GET", "/v2/cache", None, 404),
    ("PUT", "/v2/cache/{active}", None, 404),
    ("DELETE", "/v2/cache", None, 404),
]

UPLOADS = [
    ("{active}", "application/octet-stream", 409),
    ("{bare}", "application/octet-stream", 400),
    ("{nowhere}", "application/octet-stream", 404),
    ("{queued}", "application/json", 415),
    ("{queued}", "text/plain", 415),
]

# operation, status, of the queued image unless it says otherwise
CHANGES = [
    ({"op": "moon", "path": "/name", "value": "x"}, 400),
    ({"path": "/name", "value": "x"}, 400),
    ({"op": "replace", "value": "x"}, 400),
    ({"op": "replace", "path": "/name"}, 400),
    ({"op": "replace", "path": "name", "value": "x"}, 400),
    ({"op": "replace", "path": "/name/", "value": "x"}, 400),
    ({"op": "replace", "path": "//name", "value": "x"}, 400),
    ({"op": "replace", "path": "/name/first", "value": "x"}, 400),
    ({"op": "replace", "path": "/na~me", "value": "x"}, 400),
    ({"op": "replace", "path": "/name", "value": 1}, 400),
    ({"op": "replace", "path": "/min_disk", "value": None}, 400),
    ({"op": "replace", "path": "/visibility", "value": "moon"}, 400),
    ({"op": "replace", "path": "/tags", "value": None}, 400),
    ({"op": "replace", "path": "/disk_format", "value": "moon"}, 400),
    ({"op": "replace", "path": "/kept", "value": 1}, 400),
    ({"op": "replace", "path": "/none", "value": "x"}, 409),
    ({"op": "remove", "path": "/none"}, 409),
    ({"op": "remove", "path": "/name"}, 403),
    ({"op": "remove", "path": "/tags"}, 403),
    ({"op": "add", "path": "/os_glance_x", "value": "x"}, 403),
    *[({"op": "replace", "path": f"/{name}", "value": "x"}, 403)
      for name in ("id", "status", "checksum", "size", "created_at", "self", "file", "schema", "location", "deleted", "os_hash_value")],
    ({"op": "replace", "path": "/locations", "value": []}, 403),
    ({"op": "replace", "path": "/locations", "value": [{"url": "file:///etc/passwd", "metadata": {}}]}, 403),
    ({"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/passwd", "metadata": {}}}, 403),
    ({"op": "remove", "path": "/locations/0"}, 403),
]


@pytest.mark.parametrize("method,path,body,status", ANY)
def test_in_any_state(cloud, ids, method, path, body, status):
    answer = call(cloud, method, filled(path, ids), body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("image,content_type,status", UPLOADS)
def test_uploads(cloud, ids, image, content_type, status):
    answer = call(cloud, "PUT", filled(f"/v2/images/{image}/file", ids), b"x" * 512, content_type)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("change,status", CHANGES)
def test_changes(cloud, ids, change, status):
    answer = call(cloud, "PATCH", filled("/v2/images/{queued}", ids), [change], PATCH)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("changes,status", [
    ([{"add": "/kept", "value": "y"}], 409), ([{"add": "/name", "value": "y"}], 409), ([{"add": "/status", "value": "y"}], 403),
    ([{"add": "/new", "remove": "/kept", "value": "y"}], 400), ([{"value": "y"}], 400), ([{"replace": "/kept", "value": "x"}], 200)])
def test_changes_of_the_older_form(cloud, ids, changes, status):
    answer = call(cloud, "PATCH", f"/v2/images/{ids['queued']}", changes, OLD_PATCH)
    assert answer.status_code == status, answer.text


def test_a_format_is_fixed_once_there_is_data(cloud, ids):
    for name, value in (("disk_format", "qcow2"), ("container_format", "ovf")):
        change = [{"op": "replace", "path": f"/{name}", "value": value}]
        assert call(cloud, "PATCH", f"/v2/images/{ids['active']}", change, PATCH).status_code == 403


def test_other_patches_are_told_which_there_are(cloud, ids):
    answer = call(cloud, "PATCH", f"/v2/images/{ids['queued']}", [])
    assert answer.status_code == 415
    assert answer.headers["Accept-Patch"] == f"{OLD_PATCH}, {PATCH}"
    assert answer.headers["Content-Type"].startswith("text/html")


def test_null_kernels(cloud):
    """Clients write null where an image has none."""
    made = call(cloud, "POST", "/v2/images", {"kernel_id": None, "ramdisk_id": NOWHERE})
    assert made.status_code == 201 and made.json()["ramdisk_id"] == NOWHERE
    path = f"/v2/images/{made.json()['id']}"
    changed = call(cloud, "PATCH", path, [{"op": "replace", "path": "/ramdisk_id", "value": None}], PATCH)
    assert changed.status_code == 200 and not changed.json().get("ramdisk_id")
    assert call(cloud, "DELETE", path).status_code == 204


def test_an_image_has_so_many_members(cloud):
    path = f"/v2/images/{call(cloud, 'POST', '/v2/images', {}).json()['id']}"
    for number in range(128):
        assert call(cloud, "POST", f"{path}/members", {"member": f"project-{number}"}).status_code == 200
    answer = call(cloud, "POST", f"{path}/members", {"member": "one-too-many"})
    assert answer.status_code == 413 and "128 members" in answer.text
    assert len(call(cloud, "GET", f"{path}/members").json()["members"]) == 128
    assert call(cloud, "DELETE", path).status_code == 204


def test_what_strangers_are_refused(cloud, ids, stranger):
    def status(method, path, body=None, content_type="application/json"):
        return call(cloud, method, filled(path, ids), body, content_type, stranger).status_code
    public = call(cloud, "POST", "/v2/images", {"visibility": "public"}).json()["id"]
    rename = [{"op": "replace", "path": "/name", "value": "x"}]
    try:
        assert status("GET", "/v2/images/{private}") == 404
        assert status("PATCH", "/v2/images/{private}", rename, PATCH) == 404
        assert status("DELETE", "/v2/images/{private}") == 404
        assert status("GET", f"/v2/images/{public}") == 200
        assert status("PATCH", f"/v2/images/{public}", rename, PATCH) == 403
        assert status("DELETE", f"/v2/images/{public}") == 403
        assert status("PUT", f"/v2/images/{public}/tags/x") == 403
        assert status("PUT", f"/v2/images/{public}/file", b"x" * 512, "application/octet-stream") == 403
        assert status("POST", "/v2/images", {"visibility": "public"}) == 403
        assert status("POST", "/v2/images", {"owner": "another"}) == 403
    finally:
        assert call(cloud, "DELETE", f"/v2/images/{public}").status_code == 204
