"""Parts of an image's data, and what HTTP says about them."""
import os

import pytest

BINARY = {"Content-Type": "application/octet-stream"}
DATA = os.urandom(100_000)


@pytest.fixture(scope="module")
def stored(cloud):
    image = cloud.http("POST", "/image/v2/images", json={"name": "ranges", "disk_format": "raw",
                                                         "container_format": "bare"}).json()["id"]
    assert cloud.http("PUT", f"/image/v2/images/{image}/file", data=DATA, headers=BINARY).status_code == 204
    yield image
    assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204


def get(cloud, image, method="GET", **headers):
    return cloud.http(method, f"/image/v2/images/{image}/file",
                      headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("text,first,last", [
    ("bytes=10-19", 10, 19), ("bytes=0-0", 0, 0), ("bytes=99990-", 99_990, 99_999), ("bytes=-10", 99_990, 99_999),
    ("bytes=99999-200000", 99_999, 99_999), ("bytes=-200000", 0, 99_999), ("bytes=70000-99998", 70_000, 99_998)])
def test_a_range_is_answered_with_that_part(cloud, stored, text, first, last):
    answer = get(cloud, stored, Range=text)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/100000"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert "Content-MD5" not in answer.headers
    assert answer.content == DATA[first:last + 1]
    head = get(cloud, stored, "HEAD", Range=text)
    assert (head.status_code, head.headers["Content-Range"]) == (206, answer.headers["Content-Range"])


@pytest.mark.parametrize("text", ["bytes=100000-", "bytes=20-10", "bytes=-0", "bytes=x-", "lines=1-2"])
def test_a_range_that_is_not_there(cloud, stored, text):
    answer = get(cloud, stored, Range=text)
    assert answer.status_code == 416 and answer.headers["Content-Range"] == "bytes */100000"


def test_several_ranges_are_refused(cloud, stored):
    answer = get(cloud, stored, Range="bytes=0-1,5-6")
    assert answer.status_code == 400 and "several ranges" in answer.text


def test_without_a_range_all_is_sent(cloud, stored):
    answer = get(cloud, stored)
    assert answer.status_code == 200 and answer.content == DATA
    assert answer.headers["Accept-Ranges"] == "bytes" and answer.headers["Content-MD5"]


def test_a_download_is_resumed_only_for_the_same_data(cloud, stored):
    tag = get(cloud, stored, "HEAD").headers["ETag"]
    assert get(cloud, stored, Range="bytes=5-9", If_Range=tag).content == DATA[5:10]
    assert get(cloud, stored, Range="bytes=5-9", If_Range='"other"').content == DATA


def test_an_image_without_data_has_no_ranges(cloud):
    image = cloud.http("POST", "/image/v2/images", json={"name": "empty"}).json()["id"]
    assert get(cloud, image, Range="bytes=0-1").status_code == 204
    assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT"])
def test_an_empty_id_is_no_image(cloud, method):
    answer = cloud.http(method, "/image/v2/images/")
    assert answer.status_code == 404
    assert cloud.http("GET", "/image/v2/images").status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/octet-streams"])
def test_data_of_another_type_is_refused(cloud, kind):
    image = cloud.http("POST", "/image/v2/images", json={"name": "type", "disk_format": "raw",
                                                         "container_format": "bare"}).json()["id"]
    assert cloud.http("PUT", f"/image/v2/images/{image}/file", data=b"x", headers={"Content-Type": kind}).status_code == 415
    patched = cloud.http("PATCH", f"/image/v2/images/{image}", data=b"[]", headers={"Content-Type": kind})
    assert patched.status_code == 415
    assert cloud.http("DELETE", f"/image/v2/images/{image}").status_code == 204
