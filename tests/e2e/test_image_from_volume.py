"""A golden image: a volume becomes an image, and a server boots from it."""
from harness.cloud import GUEST_IMAGE
from harness.guests import LOGIN


def test_a_server_boots_from_the_image_of_a_volume(cloud, api):
    with open(GUEST_IMAGE, "rb") as data:
        first = api.image("first", data, "qcow2")
    volume = api.ready_volume("golden", 1, imageRef=first)
    made = cloud.openstack("image", "create", "--volume", volume, "--disk-format", "qcow2", "golden")["image_id"]
    api.wait_status(lambda: api.show_image(made), "active", "image")
    api.wait_volume(volume)
    api.delete_volume(volume)
    api.delete_image(first)
    server = api.active_server("from-golden", api.flavor("golden", ram=128, disk=1), made)
    api.wait_console(server, LOGIN)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.delete_all()
    assert cloud.differences() == []
