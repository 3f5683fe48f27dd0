"""Messages: why an asynchronous operation failed, for the user."""
import uuid

import pytest

from harness.volumes import NOWHERE, call, gone, settled


@pytest.fixture
def failed(cloud):
    """Makes volumes that fail, as no backend is what their type asks for."""
    body = {"volume_type": {"name": uuid.uuid4().hex, "extra_specs": {"vendor_name": "Nobody"}}}
    volume_type = call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]["id"]
    made = []

    def make():
        body = {"volume": {"size": 1, "volume_type": volume_type}}
        volume = call(cloud, "POST", "/volumes", body, expect=202).json()["volume"]["id"]
        made.append(volume)
        assert settled(cloud, "volume", volume)["status"] == "error"
        return volume
    yield make
    for volume in made:
        call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
        gone(cloud, "volume", volume)
    call(cloud, "DELETE", f"/types/{volume_type}", expect=202)


def messages(cloud, query="", **more):
    return call(cloud, "GET", f"/messages?{query}", expect=200, **more).json()["messages"]


def test_life_of_a_message(cloud, failed, stranger):
    volume = failed()
    message, = messages(cloud, f"resource_uuid={volume}")
    assert message["resource_type"] == "VOLUME" and message["message_level"] == "ERROR"
    assert message["event_id"] == "VOLUME_VOLUME_008_012" and message["request_id"].startswith("req-")
    assert "vendor_name" in message["user_message"] and message["guaranteed_until"] > message["created_at"]
    path = f"/messages/{message['id']}"
    assert call(cloud, "GET", path, expect=200).json()["message"] == message
    assert messages(cloud, f"resource_uuid={volume}", token=stranger) == []
    call(cloud, "GET", path, token=stranger, expect=404)
    call(cloud, "DELETE", path, token=stranger, expect=404)
    call(cloud, "GET", path, version="3.2", expect=404)
    call(cloud, "DELETE", path, expect=204)
    call(cloud, "GET", path, expect=404)
    call(cloud, "DELETE", path, expect=404)


def test_filters_sorting_and_pages(cloud, failed):
    made = {failed(), failed(), failed()}
    all_ids = [m["id"] for m in messages(cloud, "sort=created_at:asc")]
    assert made <= {m["resource_uuid"] for m in messages(cloud)}
    assert [m["id"] for m in messages(cloud, "sort=created_at:desc")] == all_ids[::-1]
    first = call(cloud, "GET", "/messages?sort=created_at:asc&limit=2", expect=200).json()
    assert [m["id"] for m in first["messages"]] == all_ids[:2] and first["messages_links"][0]["rel"] == "next"
    assert [m["id"] for m in messages(cloud, f"sort=created_at:asc&limit=2&marker={all_ids[1]}")] == all_ids[2:4]
    assert [m["id"] for m in messages(cloud, "sort=created_at:asc&offset=1")] == all_ids[1:]
    assert len(messages(cloud, "limit=1", version="3.4")) >= 3
    own = messages(cloud, f"resource_uuid={next(iter(made))}")[0]
    for name in ("event_id", "request_id", "resource_type", "message_level"):
        assert own["id"] in [m["id"] for m in messages(cloud, f"{name}={own[name]}")]
        assert messages(cloud, f"{name}=nothing") == []
    for bad in ("limit=-1", "sort=colour:asc"):
        call(cloud, "GET", f"/messages?{bad}", expect=400)
    call(cloud, "GET", f"/messages?marker={NOWHERE}", expect=404)


def test_openstack_client(cloud, failed):
    volume = failed()
    new = {"OS_VOLUME_API_VERSION": "3.70"}
    listed = cloud.openstack("volume", "message", "list", variables=new)
    own = next(m for m in listed if m["Resource UUID"] == volume)
    assert "vendor_name" in cloud.openstack("volume", "message", "show", own["ID"], variables=new)["user_message"]
    cloud.openstack("volume", "message", "delete", own["ID"], parse=False, variables=new)
    call(cloud, "GET", f"/messages/{own['ID']}", expect=404)
