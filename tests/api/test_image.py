"""Glance's API: images, their data, tags, members and lists, through the SDK, the client and plain HTTP."""
import hashlib
import os
import socket
import struct
import threading
import uuid

import pytest
import requests

BINARY = {"Content-Type": "application/octet-stream"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
IMAGES = "/image/v2/images"


def qcow2(virtual_size=1 << 20, backing=None):
    """Header of an empty qcow2 of version 3, with a backing file when one is named."""
    name = (backing or "").encode()
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 112 if name else 0, len(name), 16, virtual_size, 0, 1,
                         3 << 16, 1 << 16, 1, 0, 0, 0, 0, 0, 4, 104)
    return (header + b"\0" * 8 + name).ljust(4 << 16, b"\0")


def make(cloud, token=None, **fields):
    body = {"name": "test", "disk_format": "raw", "container_format": "bare", **fields}
    answer = cloud.http("POST", IMAGES, json=body, token=token)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{cloud.url}{IMAGES}/{answer.json()['id']}"
    return answer.json()["id"]


def put(cloud, image, data, token=None):
    return cloud.http("PUT", f"{IMAGES}/{image}/file", data=data, headers=BINARY, token=token)


def show(cloud, image, token=None):
    answer = cloud.http("GET", f"{IMAGES}/{image}", token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def patch(cloud, image, *steps, token=None):
    return cloud.http("PATCH", f"{IMAGES}/{image}", json=list(steps), headers=PATCH, token=token)


def replace(name, value):
    return {"op": "replace", "path": f"/{name}", "value": value}


@pytest.fixture
def images(cloud):
    """Ids put in here are deleted at the end, protected or not."""
    made = []
    yield made
    for image in made:
        if cloud.http("DELETE", f"{IMAGES}/{image}").status_code == 403:
            patch(cloud, image, replace("protected", False))
            assert cloud.http("DELETE", f"{IMAGES}/{image}").status_code == 204


@pytest.fixture(scope="module")
def members(cloud):
    """Two ordinary users, each with a project of his own."""
    made = []
    identity = cloud.conn.identity
    for letter in "ab":
        name = f"image-{letter}-{uuid.uuid4().hex[:8]}"
        project = identity.create_project(name=name, domain_id="default")
        user = identity.create_user(name=name, password="pw", domain_id="default")
        cloud.conn.grant_role(identity.find_role("member").id, user=user.id, project=project.id)
        made.append({"user": user, "project": project, "token": cloud.login(name, "pw", name)})
    yield made
    for one in made:
        identity.delete_user(one["user"].id)
        identity.delete_project(one["project"].id)


def test_versions(cloud):
    for path in ("/image", "/image/", "/image/versions"):
        answer = requests.get(cloud.url + path, timeout=30)
        assert answer.status_code == 300
        versions = answer.json()["versions"]
        assert versions[0]["status"] == "CURRENT" and versions[0]["id"] == "v2.15"
        assert versions[0]["links"][0]["href"] == f"{cloud.url}/image/v2/"
    assert cloud.http("GET", "/image/v2/info/import").json()["import-methods"]["value"] == []
    assert cloud.http("GET", "/image/v2/info/stores").status_code == 404
    assert requests.get(cloud.url + IMAGES, timeout=30).status_code == 401


def test_schemas(cloud):
    schema = cloud.http("GET", "/image/v2/schemas/image").json()
    assert schema["name"] == "image" and schema["additionalProperties"] == {"type": "string"}
    assert "qcow2" in schema["properties"]["disk_format"]["enum"]
    assert schema["properties"]["status"]["readOnly"] is True
    assert "locations" not in schema["properties"]
    assert cloud.http("GET", "/image/v2/schemas/images").json()["name"] == "images"


def test_new_image_has_glances_attributes(cloud, images):
    images.append(make(cloud, hw_disk_bus="scsi", tags=["b", "a"], min_disk=2, min_ram=64, visibility="private"))
    image = show(cloud, images[0])
    assert image["status"] == "queued" and image["visibility"] == "private" and image["hw_disk_bus"] == "scsi"
    assert (image["min_disk"], image["min_ram"], image["protected"], image["os_hidden"]) == (2, 64, False, False)
    assert sorted(image["tags"]) == ["a", "b"]
    for name in ("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value"):
        assert image[name] is None
    assert image["self"] == f"/v2/images/{images[0]}" and image["file"] == f"/v2/images/{images[0]}/file"
    assert image["schema"] == "/v2/schemas/image"
    assert image["created_at"].endswith("Z") and "." not in image["created_at"]
    assert "locations" not in image and "direct_url" not in image
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file").status_code == 204


@pytest.mark.parametrize("size", [0, 1, 511, (256 << 10), (256 << 10) + 1, 20_000_003])
def test_data_comes_back_as_it_was_sent(cloud, images, size):
    data = os.urandom(size)
    images.append(make(cloud))
    assert put(cloud, images[0], data).status_code == 204
    image = show(cloud, images[0])
    assert image["status"] == "active" and image["size"] == size
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert image["os_hash_algo"] == "sha512" and image["os_hash_value"] == hashlib.sha512(data).hexdigest()
    answer = cloud.http("GET", f"{IMAGES}/{images[0]}/file")
    assert answer.status_code == 200 and answer.content == data
    assert answer.headers["Content-MD5"] == image["checksum"]
    assert int(answer.headers["Content-Length"]) == size


def test_chunked_upload(cloud, images):
    pieces = [os.urandom(100_000) for _ in range(20)]
    images.append(make(cloud))
    assert put(cloud, images[0], iter(pieces)).status_code == 204
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file").content == b"".join(pieces)


def test_upload_through_the_sdk(cloud, images, tmp_path):
    path = tmp_path / "disk.qcow2"
    path.write_bytes(qcow2(3 << 20))
    image = cloud.conn.create_image(f"sdk-{uuid.uuid4().hex[:8]}", filename=str(path), disk_format="qcow2",
                                    container_format="bare", wait=True, os_distro="debian")
    images.append(image.id)
    assert image.status == "active" and image.os_distro == "debian"
    assert show(cloud, image.id)["virtual_size"] == 3 << 20
    assert cloud.conn.image.find_image(image.name).id == image.id
    assert cloud.conn.image.download_image(image.id).content == path.read_bytes()
    cloud.conn.image.update_image(image.id, min_disk=1, name="renamed")
    cloud.conn.image.add_tag(image.id, "first")
    assert show(cloud, image.id)["tags"] == ["first"] and show(cloud, image.id)["min_disk"] == 1
    cloud.conn.image.remove_tag(image.id, "first")
    cloud.conn.image.deactivate_image(image.id)
    assert show(cloud, image.id)["status"] == "deactivated"
    cloud.conn.image.reactivate_image(image.id)
    assert show(cloud, image.id)["status"] == "active"


def test_data_is_written_once_and_only_as_binary(cloud, images):
    images.append(make(cloud))
    wrong = cloud.http("PUT", f"{IMAGES}/{images[0]}/file", data=b"x", headers={"Content-Type": "text/plain"})
    assert wrong.status_code == 415
    assert put(cloud, images[0], b"first").status_code == 204
    assert put(cloud, images[0], b"second").status_code == 409
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file").content == b"first"
    assert patch(cloud, images[0], replace("disk_format", "qcow2")).status_code == 403


@pytest.mark.parametrize("declared,data", [
    ("qcow2", b"\x55" * 200_000),
    ("raw", qcow2()),
    ("iso", qcow2()),
    ("qcow2", qcow2(backing="/etc/passwd")),
    ("raw", qcow2(backing="/etc/passwd")),
    ("qcow2", qcow2(backing="json:{\"driver\": \"file\"}")),
])
def test_content_that_is_not_what_was_declared_is_refused(cloud, images, declared, data):
    images.append(make(cloud, disk_format=declared))
    answer = put(cloud, images[0], data)
    assert answer.status_code == 400, answer.text
    assert "<html>" in answer.text
    image = show(cloud, images[0])
    assert image["status"] == "queued" and image["size"] is None
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file").status_code == 204


def test_data_needs_its_formats(cloud, images):
    answer = cloud.http("POST", IMAGES, json={"name": "formless"})
    images.append(answer.json()["id"])
    assert put(cloud, images[0], b"data").status_code == 400
    assert patch(cloud, images[0], replace("disk_format", "raw"), replace("container_format", "bare")).status_code == 200
    assert put(cloud, images[0], b"data").status_code == 204


def begin_upload(cloud, image, announced, sent):
    """A connection that has sent a part of an upload; the image is saving when this returns."""
    host, port = cloud.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.sendall((f"PUT {IMAGES}/{image}/file HTTP/1.1\r\nHost: {host}:{port}\r\nX-Auth-Token: {cloud.token}\r\n"
                        f"Content-Type: application/octet-stream\r\nContent-Length: {announced}\r\n\r\n").encode())
    connection.sendall(sent)
    wait_status(cloud, image, "saving")
    return connection


def wait_status(cloud, image, status):
    done = threading.Event()
    for _ in range(1000):
        if show(cloud, image)["status"] == status:
            return
        done.wait(0.02)
    raise AssertionError(f"image {image} is {show(cloud, image)['status']}, not {status}")


def test_delete_while_uploading(cloud):
    image = make(cloud)
    with begin_upload(cloud, image, 4 << 20, b"x" * (1 << 20)) as connection:
        assert put(cloud, image, b"second uploader").status_code == 409
        assert cloud.http("DELETE", f"{IMAGES}/{image}").status_code == 204
        assert cloud.http("GET", f"{IMAGES}/{image}").status_code == 404
        connection.sendall(b"x" * (3 << 20))
        assert b" 410 " in connection.recv(4096).split(b"\r\n")[0]


def test_client_that_vanishes_leaves_the_image_queued(cloud, images):
    images.append(make(cloud))
    begin_upload(cloud, images[0], 4 << 20, b"x" * (1 << 20)).close()
    wait_status(cloud, images[0], "queued")
    assert put(cloud, images[0], b"again").status_code == 204


def test_protected_and_deleted(cloud, images):
    images.append(make(cloud, protected=True))
    assert cloud.http("DELETE", f"{IMAGES}/{images[0]}").status_code == 403
    assert patch(cloud, images[0], replace("protected", False)).status_code == 200
    assert cloud.http("DELETE", f"{IMAGES}/{images[0]}").status_code == 204
    assert cloud.http("DELETE", f"{IMAGES}/{images[0]}").status_code == 404
    assert cloud.http("POST", IMAGES, json={"id": images[0]}).status_code == 409


def test_an_id_is_taken_in_the_whole_cloud(cloud, images, stranger):
    """As in Glance: also for who may not see the image that has it, since ids are chosen by clients there as well."""
    images.append(make(cloud))
    assert cloud.http("GET", f"{IMAGES}/{images[0]}", token=stranger).status_code == 404
    assert cloud.http("POST", IMAGES, json={"id": images[0]}, token=stranger).status_code == 409


@pytest.mark.parametrize("body,status", [
    ("", 400), ("{", 400), ("[]", 400), ('{"id": "x"}', 400), ('{"disk_format": "floppy"}', 400),
    ('{"container_format": 1}', 400), ('{"min_disk": -1}', 400), ('{"min_ram": "a"}', 400), ('{"tags": "a"}', 400),
    ('{"name": "' + "x" * 256 + '"}', 400), ('{"os_distro": 7}', 400), ('{"os_distro": null}', 400),
    ('{"visibility": "x"}', 400), ('{"status": "active"}', 403), ('{"locations": []}', 403), ('{"size": 1}', 403),
    ('{"checksum": "x"}', 403), ('{"a": "' + "\\u0000" + '"}', 400), ("[" * 50 + "]" * 50, 400),
])
def test_bad_images_are_refused(cloud, body, status):
    answer = cloud.http("POST", IMAGES, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text


def test_bad_patches_are_refused(cloud, images):
    images.append(make(cloud))
    path = f"{IMAGES}/{images[0]}"
    assert cloud.http("PATCH", path, json=[]).status_code == 415
    assert cloud.http("PATCH", path, data="{", headers=PATCH).status_code == 400
    assert patch(cloud, images[0], {"op": "move", "path": "/name"}).status_code == 400
    assert patch(cloud, images[0], replace("status", "active")).status_code == 403
    assert patch(cloud, images[0], replace("missing", "x")).status_code == 409
    assert patch(cloud, images[0], {"op": "remove", "path": "/name"}).status_code == 403
    before = show(cloud, images[0])
    assert patch(cloud, images[0], replace("name", "changed"), replace("missing", "x")).status_code == 409
    assert show(cloud, images[0]) == before, "a patch is applied as a whole or not at all"


def test_unknown_ids_are_404(cloud):
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "/file"), ("GET", "/members"), ("PUT", "/tags/x"),
                         ("POST", "/actions/deactivate")):
        for image in (uuid.uuid4(), "..%2F..%2Fetc%2Fpasswd", "x"):
            assert cloud.http(method, f"{IMAGES}/{image}{tail}").status_code == 404
    assert put(cloud, uuid.uuid4(), b"x").status_code == 404


def test_other_projects_images_are_invisible(cloud, members, images):
    owner, other = members
    images.append(make(cloud, token=owner["token"]))
    assert put(cloud, images[0], b"secret", token=owner["token"]).status_code == 204
    path = f"{IMAGES}/{images[0]}"
    for method, tail in (("GET", ""), ("GET", "/file"), ("DELETE", ""), ("PUT", "/tags/x"), ("GET", "/members")):
        assert cloud.http(method, path + tail, token=other["token"]).status_code == 404
    assert patch(cloud, images[0], replace("name", "x"), token=other["token"]).status_code == 404
    listed = cloud.http("GET", IMAGES, token=other["token"]).json()["images"]
    assert images[0] not in [image["id"] for image in listed]
    assert patch(cloud, images[0], replace("visibility", "public"), token=owner["token"]).status_code == 403
    assert patch(cloud, images[0], replace("visibility", "public")).status_code == 200
    assert show(cloud, images[0], token=other["token"])["owner"] == owner["project"].id
    assert cloud.http("DELETE", path, token=other["token"]).status_code == 403
    refused = cloud.http("POST", IMAGES, json={"owner": other["project"].id}, token=owner["token"])
    assert refused.status_code == 403


def test_members_of_shared_images(cloud, members, images):
    owner, other = members
    images.append(make(cloud, token=owner["token"]))
    path, other_id = f"{IMAGES}/{images[0]}/members", other["project"].id
    made = cloud.http("POST", path, json={"member": other_id}, token=owner["token"])
    assert made.status_code == 200 and made.json()["status"] == "pending"
    assert cloud.http("POST", path, json={"member": other_id}, token=owner["token"]).status_code == 409

    def listed():
        return images[0] in [image["id"] for image in
                             cloud.http("GET", IMAGES, token=other["token"]).json()["images"]]

    assert show(cloud, images[0], token=other["token"])["id"] == images[0]
    assert not listed()
    accept = {"status": "accepted"}
    assert cloud.http("PUT", f"{path}/{other_id}", json=accept, token=owner["token"]).status_code == 403
    assert cloud.http("PUT", f"{path}/{other_id}", json={"status": "x"}, token=other["token"]).status_code == 400
    assert cloud.http("PUT", f"{path}/{other_id}", json=accept, token=other["token"]).json()["status"] == "accepted"
    assert listed()
    assert cloud.http("DELETE", f"{path}/{other_id}", token=other["token"]).status_code == 403
    assert cloud.http("DELETE", f"{path}/{other_id}", token=owner["token"]).status_code == 204
    assert cloud.http("GET", f"{IMAGES}/{images[0]}", token=other["token"]).status_code == 404
    assert patch(cloud, images[0], replace("visibility", "private"), token=owner["token"]).status_code == 200
    assert cloud.http("POST", path, json={"member": other_id}, token=owner["token"]).status_code == 403


def test_community_images_are_listed_on_request(cloud, members, images):
    owner, other = members
    images.append(make(cloud, token=owner["token"], visibility="community"))

    def ids(query):
        return [image["id"] for image in cloud.http("GET", IMAGES + query, token=other["token"]).json()["images"]]

    assert images[0] not in ids("")
    assert images[0] in ids("?visibility=community")
    assert show(cloud, images[0], token=other["token"])["visibility"] == "community"


def test_deactivated_data_is_for_administrators(cloud, members, images):
    token = members[0]["token"]
    images.append(make(cloud, token=token))
    assert cloud.http("POST", f"{IMAGES}/{images[0]}/actions/deactivate", token=token).status_code == 403
    assert put(cloud, images[0], b"data", token=token).status_code == 204
    for _ in range(2):
        assert cloud.http("POST", f"{IMAGES}/{images[0]}/actions/deactivate").status_code == 204
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file", token=token).status_code == 403
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file").status_code == 200
    assert cloud.http("POST", f"{IMAGES}/{images[0]}/actions/reactivate").status_code == 204
    assert cloud.http("GET", f"{IMAGES}/{images[0]}/file", token=token).content == b"data"


def test_lists_are_filtered_sorted_and_paged(cloud, images):
    mark = uuid.uuid4().hex
    for number in range(5):
        image = make(cloud, name=f"list-{number}", mark=mark, tags=[f"t{number % 2}"], min_ram=number,
                     disk_format="raw" if number else "iso")
        images.append(image)
        if number:
            assert put(cloud, image, b"x" * number * 100).status_code == 204

    def names(query):
        answer = cloud.http("GET", f"{IMAGES}?mark={mark}&sort=name:asc{query}")
        assert answer.status_code == 200, answer.text
        return [image["name"][-1] for image in answer.json()["images"]]

    assert names("") == ["0", "1", "2", "3", "4"]
    assert names("&status=queued") == ["0"]
    assert names("&tag=t1") == ["1", "3"]
    assert names("&tag=t0&tag=t1") == []
    assert names("&size_min=200&size_max=300") == ["2", "3"]
    assert names("&name=in:list-1,list-4") == ["1", "4"]
    assert names(f"&id=in:{images[2]},{images[3]}") == ["2", "3"]
    assert names("&disk_format=iso") == ["0"]
    assert names("&min_ram=3") == ["3"]
    assert names("&created_at=gt:2020-01-01T00:00:00Z") == ["0", "1", "2", "3", "4"]
    assert names("&created_at=lt:2020-01-01T00:00:00Z") == []
    assert names("&os_hidden=true") == []

    path, seen = f"/v2/images?mark={mark}&limit=2&sort_key=size&sort_dir=desc", []
    while path:
        page = cloud.http("GET", "/image" + path).json()
        assert page["first"].startswith("/v2/images?") and page["schema"] == "/v2/schemas/images"
        seen += [image["name"][-1] for image in page["images"]]
        path = page.get("next")
    assert seen == ["4", "3", "2", "1", "0"]
    for bad in ("limit=-1", "limit=x", f"marker={uuid.uuid4()}", "sort_key=secret", "sort_dir=up&sort_key=name",
                "size_min=x", "visibility=x"):
        assert cloud.http("GET", f"{IMAGES}?{bad}").status_code == 400, bad


def test_tags(cloud, images):
    images.append(make(cloud))
    path = f"{IMAGES}/{images[0]}/tags"
    for _ in range(2):
        assert cloud.http("PUT", f"{path}/blue%20sky").status_code == 204
    assert show(cloud, images[0])["tags"] == ["blue sky"]
    assert cloud.http("DELETE", f"{path}/blue%20sky").status_code == 204
    assert cloud.http("DELETE", f"{path}/blue%20sky").status_code == 404
    assert cloud.http("PUT", f"{path}/{'x' * 256}").status_code == 400


def test_client_commands(cloud, tmp_path):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    source, target = tmp_path / "in.qcow2", tmp_path / "out.qcow2"
    source.write_bytes(qcow2(2 << 20))
    made = cloud.openstack("image", "create", name, "--file", source, "--disk-format", "qcow2", "--container-format",
                           "bare", "--property", "os_distro=debian", "--tag", "one")
    shown = cloud.openstack("image", "show", name)
    assert shown["id"] == made["id"] and shown["status"] == "active" and shown["disk_format"] == "qcow2"
    assert shown["properties"]["os_distro"] == "debian" and shown["virtual_size"] == 2 << 20
    assert name in [image["Name"] for image in cloud.openstack("image", "list")]
    cloud.openstack("image", "save", "--file", target, name, parse=False)
    assert target.read_bytes() == source.read_bytes()
    cloud.openstack("image", "set", "--public", "--min-disk", "1", "--property", "os_version=12", "--tag", "two", name,
                    parse=False)
    shown = cloud.openstack("image", "show", name)
    assert shown["visibility"] == "public" and shown["min_disk"] == 1 and sorted(shown["tags"]) == ["one", "two"]
    cloud.openstack("image", "unset", "--property", "os_version", "--tag", "one", name, parse=False)
    shown = cloud.openstack("image", "show", name)
    assert shown["tags"] == ["two"] and "os_version" not in shown["properties"]
    cloud.openstack("image", "delete", name, parse=False)
    assert name not in [image["Name"] for image in cloud.openstack("image", "list")]
