"""Images between machines over TLS, by whichever control process is there."""
import os

import pytest

from harness.apart import HostApart
from harness.cloud import free_port, wait_for
from harness.resources import Resources
from harness.tls import TlsCloud, trusted_authority
from harness.volumes import call, show

MIB = 1 << 20


class SecureCloudApart(HostApart, TlsCloud):
    """Its host has two URLs: at the first one nobody listens."""

    def __init__(self, authority):
        super().__init__(authority)
        dead = f"https://127.0.0.1:{free_port()}"
        self.settings.update({"host.control_urls": f'["{dead}", "{self.url}"]', "host.control_ca": authority.ca})


@pytest.fixture(scope="module")
def authority():
    with trusted_authority() as made:
        yield made


@pytest.fixture(scope="module")
def cloud(authority):
    running = SecureCloudApart(authority).start()
    yield running
    running.close()


def first_bytes(cloud, volume, size):
    path = next((cloud.state / "host" / "volumes").rglob(f"volume-{volume}"))
    if path.read_bytes()[:4] == b"QFI\xfb":  # an overlay on the image's data
        path, = (cloud.state / "host" / "volumes" / "_base").iterdir()
    with open(path, "rb") as disk:
        return disk.read(size)


def test_a_dead_control_process_is_passed_over_both_ways(cloud, volumes):
    data = os.urandom(3 * MIB)
    image = Resources(cloud).image("image", data)
    volume = volumes(size=1, imageRef=image)
    assert first_bytes(cloud, volume, len(data)) == data
    body = {"os-volume_upload_image": {"image_name": "made", "disk_format": "raw", "container_format": "bare"}}
    answer = call(cloud, "POST", f"/volumes/{volume}/action", body, expect=202).json()["os-volume_upload_image"]
    wait_for(lambda: show(cloud, volume)["status"] == "available", 300, "the upload ends")
    made = cloud.http("GET", f"/image/v2/images/{answer['image_id']}/file")
    assert made.status_code == 200 and made.content[:len(data)] == data, cloud.trace(volume)
    for one in (image, answer["image_id"]):
        assert cloud.http("DELETE", f"/image/v2/images/{one}").status_code == 204
    assert cloud.left_on_host() == []
