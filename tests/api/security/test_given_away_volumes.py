"""A volume that a server had, or was to have, and that is another project's now: the server does nothing to it."""
import pytest

from harness.accounts import Accounts
from harness.resources import Resources, device
from harness.volumes import call, gone, show


@pytest.fixture(scope="module")
def accounts(cloud):
    made = Accounts(cloud)
    yield made
    made.close()


@pytest.fixture(scope="module")
def giver(cloud, accounts):
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture(scope="module")
def taker(cloud, accounts):
    return accounts.of_project(accounts.project(), "member")[1]


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="module")
def flavor(cloud, api):
    made = api.flavor("given", ram=64, disk=1)
    yield made
    cloud.http("DELETE", f"/compute/v2.1/flavors/{made}")


@pytest.fixture(scope="module")
def neighbour(cloud, api, flavor, image):
    """On the only host: whoever asks for another one finds none."""
    made = api.active_server("neighbour", flavor, image)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")


def bootable_volume(cloud, api, token):
    made = call(cloud, "POST", "/volumes", {"volume": {"size": 1}}, token=token, expect=202).json()["volume"]["id"]
    api.wait_volume(made)
    call(cloud, "POST", f"/volumes/{made}/action", {"os-set_bootable": {"bootable": True}}, token=token, expect=200)
    return made


@pytest.fixture
def given(cloud, api, giver, taker, flavor, neighbour):
    """Gives a function: the failed boot of a giver's server from a volume, and the volume, which is the taker's then."""
    made = []

    def give(**flags):
        volume = bootable_volume(cloud, api, giver)
        answer = cloud.http("POST", "/compute/v2.1/servers", token=giver, json={
            "server": {"name": "given", "flavorRef": flavor, "block_device_mapping_v2": [device("volume", volume, **flags)]},
            "os:scheduler_hints": {"different_host": [neighbour]}})
        assert answer.status_code == 202, answer.text
        server = answer.json()["server"]["id"]
        api.wait_server(server, "ERROR")
        api.wait_volume(volume)
        offer = call(cloud, "POST", "/volume-transfers", {"transfer": {"volume_id": volume}}, token=giver,
                     expect=202).json()["transfer"]
        call(cloud, "POST", f"/volume-transfers/{offer['id']}/accept", {"accept": {"auth_key": offer["auth_key"]}},
             token=taker, expect=202)
        made.append(volume)
        return server, volume
    yield give
    for volume in made:
        call(cloud, "DELETE", f"/volumes/{volume}", expect=202)
        gone(cloud, "volume", volume)


def delete(cloud, api, server, token):
    assert cloud.http("DELETE", f"/compute/v2.1/servers/{server}", token=token).status_code == 204
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_flows(server)


def test_it_is_not_deleted_with_the_server(cloud, api, giver, given):
    server, volume = given(delete_on_termination=True)
    delete(cloud, api, server, giver)
    assert show(cloud, volume)["status"] == "available"
    tasks = [task for flow in cloud.trace(server) for task in flow["tasks"]]
    assert any("another project" in (task["decision"] or "") for task in tasks), tasks


def test_it_is_not_marked_for_deletion(cloud, api, giver, given):
    server, volume = given(delete_on_termination=False)
    answer = cloud.http("PUT", f"/compute/v2.1/servers/{server}/os-volume_attachments/{volume}", token=giver,
                        headers={"OpenStack-API-Version": "compute 2.85"},
                        json={"volumeAttachment": {"volumeId": volume, "delete_on_termination": True}})
    assert answer.status_code == 404, answer.text
    delete(cloud, api, server, giver)
    assert show(cloud, volume)["status"] == "available"


def test_the_givers_own_volume_still_goes(cloud, api, giver, flavor):
    volume = bootable_volume(cloud, api, giver)
    answer = cloud.http("POST", "/compute/v2.1/servers", token=giver, json={
        "server": {"name": "own", "flavorRef": flavor,
                   "block_device_mapping_v2": [device("volume", volume, delete_on_termination=True)]}})
    assert answer.status_code == 202, answer.text
    server = answer.json()["server"]["id"]
    api.wait_server(server)
    delete(cloud, api, server, giver)
    gone(cloud, "volume", volume)
