"""Users who delete what is being made, also while half of the cloud is down."""
import pytest
import requests

import scenarios
from census import census, leftovers
from harness.resources import device


@pytest.mark.parametrize("way", [scenarios.BootImage, scenarios.BootImageVolume, scenarios.BootSnapshot],
                         ids=lambda item: item.__name__)
def test_delete_while_the_boot_is_at_each_task(cloud, drill, way):
    made = way(cloud)
    empty, _, points = drill.learn(made)
    held = [point for half, point in points
            if half == "control" and point.startswith("boot_server.") and point.endswith((".before", ".after"))]
    assert len(held) >= 10
    api = drill.api
    for point in held:
        name = drill.next_name(made)
        made.begin(name)
        with cloud.held("control", point):
            mark = cloud.mark()
            made.act(name)
            cloud.wait_point("control", point, mark)
            api.delete_server(made.made["server"])
        api.wait_gone(lambda: api.show_server(made.made["server"]), f"server deleted at {point}")
        api.wait_flows(made.made["server"])
        assert leftovers(cloud) == [], point
        drill.clean(made, name, empty)


@pytest.fixture
def booted(cloud, drill):
    """A scenario with its flavor and an image that is in no cache."""
    made = scenarios.BootImageVolume(cloud)
    made.prepare()
    made.begin("meanwhile")
    return made


def assert_nothing_left(cloud, api):
    api.wait(lambda: cloud.differences() == [], "cloud is healthy", cloud.differences, 20)
    assert api.servers() == [] and api.attachments() == [] and api.ports() == []
    api.delete_all()
    left = census(api)
    assert all(not found for found in left.values()), left


def test_delete_an_active_server_while_its_host_is_down(cloud, drill, booted):
    api = drill.api
    server = api.active_server("meanwhile", booted.flavor, **booted.body("meanwhile"))
    cloud.kill("host")
    api.delete_server(server)
    cloud.revive("host")
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    assert_nothing_left(cloud, api)


@pytest.mark.parametrize("point", [
    "host.spawn.begin", "host.spawn.plugged", "host.spawn.done", "host.create_disks.made", "host.fetch_image.fetched",
])
def test_delete_a_server_whose_host_died_in_its_boot(cloud, drill, booted, point):
    api = drill.api
    cloud.arm("host", f"{point}:exit")
    server = api.server("meanwhile", booted.flavor, image=booted.made["image"])
    assert cloud.died("host")
    api.delete_server(server)
    cloud.revive("host")
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    assert_nothing_left(cloud, api)


def test_delete_a_server_while_control_restarts(cloud, drill, booted):
    """The delete is accepted as soon as control is back, while the boot goes on."""
    api = drill.api
    cloud.arm("control", "boot_server.virt.libvirt.spawn.before:exit")
    server = None
    try:
        server = api.server("meanwhile", booted.flavor, **booted.body("meanwhile"))
    except requests.RequestException:
        pass
    assert cloud.died("control")
    cloud.start_half("control")

    def deleted():
        found = [item["id"] for item in api.servers()]
        for item in found:
            api.delete_server(item)
        return not found
    api.wait(deleted, "server is deleted", api.servers)
    if server:
        api.wait_flows(server)
    cloud.wait_ready()
    assert_nothing_left(cloud, api)


def test_a_delete_that_was_answered_is_not_forgotten(cloud, drill, booted):
    api = drill.api
    server = api.active_server("meanwhile", booted.flavor, **booted.body("meanwhile"))
    api.delete_server(server)
    cloud.kill("control")
    cloud.revive("control")
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)
    assert_nothing_left(cloud, api)


def test_a_boot_that_was_answered_is_not_forgotten(cloud, drill, booted):
    api = drill.api
    server = api.server("meanwhile", booted.flavor, **booted.body("meanwhile"))
    cloud.kill("control")
    cloud.kill("host")
    cloud.revive("control", "host")
    api.wait_server(server)
    assert len(api.servers()) == 1 and len(api.volumes()) == 2 and len(api.ports()) == 1
    assert cloud.differences() == []


def test_delete_a_volume_while_its_host_is_down(cloud, drill, booted):
    api = drill.api
    volume = api.ready_volume("meanwhile", 1, imageRef=booted.made["image"])
    cloud.kill("host")
    api.delete_volume(volume)
    cloud.revive("host")
    api.wait_gone(lambda: api.show_volume(volume), "volume")
    assert_nothing_left(cloud, api)


def test_two_boots_of_one_volume_while_the_host_is_down(cloud, drill, booted):
    """Only one of them may have it, however late it is attached."""
    api = drill.api
    volume = api.ready_volume("meanwhile", 1, imageRef=booted.made["image"])
    cloud.kill("host")
    first = api.server("first", booted.flavor, devices=[device("volume", volume, delete_on_termination=False)])
    answer = cloud.http("POST", "/compute/v2.1/servers", json={"server": {
        "name": "second", "flavorRef": booted.flavor,
        "block_device_mapping_v2": [device("volume", volume, delete_on_termination=False)]}})
    assert answer.status_code in (400, 409), answer.text
    cloud.revive("host")
    api.wait_server(first)
    assert api.attached_volumes(first) == [volume]
    assert len(api.servers()) == 1
    assert cloud.differences() == []
