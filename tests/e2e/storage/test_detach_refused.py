"""A guest that won't let go of a volume keeps it."""
import pytest

from harness.guests import FLAVOR


@pytest.fixture
def deaf_server(api):
    """A guest without an operating system never answers."""
    image = api.image("deaf", b"\0" * 65536)
    server = api.active_server("deaf", api.flavor("deaf", **FLAVOR), image)
    yield server
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.delete_image(image)


def test_volume_is_in_use_again_and_says_why(cloud, api, deaf_server):
    volume = api.ready_volume("kept")
    api.attach(deaf_server, volume)
    api.wait_volume(volume, "in-use")
    api.detach(deaf_server, volume)
    assert api.show_volume(volume)["status"] == "detaching"
    api.wait_volume(volume, "in-use", 180)
    api.wait_flows(deaf_server)
    assert api.attached_volumes(deaf_server) == [volume]
    messages = api.volume_api("GET", "/messages", version="3.3")["messages"]
    told = [item["user_message"] for item in messages if item["resource_uuid"] == volume]
    assert len(told) == 1 and "does not let go" in told[0] and "unmount" in told[0], messages
    assert cloud.differences() == []
    # the server's end frees it
    api.delete_server(deaf_server)
    api.wait_volume(volume)
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")
