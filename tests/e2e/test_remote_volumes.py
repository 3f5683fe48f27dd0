"""Servers on one host whose volumes are on another one, which exports them by NBD over TLS."""
import os
import re
import signal

import pytest

from harness.cloud import Cloud, wait_for
from harness.guests import FLAVOR, LOGIN, GuestReaper, upload_guest
from harness.resources import Resources, device
from harness.second_host import SecondHost, certificates, end_exports, export_processes, export_settings

STORAGE, COMPUTE = "host-1", "host-2"
ON_COMPUTE = {"availability_zone": f"nova:{COMPUTE}"}
BLANK_SEEN = "VIRGA-GUEST-DISK vdb 2097152"  # sectors of 512 bytes


@pytest.fixture(scope="module")
def cloud():
    with GuestReaper():
        running = Cloud("libvirt")
        folders = certificates(running.folder / "pki", STORAGE, COMPUTE)
        running.settings.update(export_settings(folders[STORAGE]))
        running.start()
        running.second = SecondHost(running, COMPUTE, export_settings(folders[COMPUTE])).start()
        yield running
        running.second.stop()
        end_exports(running)
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    resources = Resources(cloud)
    # Volumes that nothing ties to a place are made on the first host.
    resources.volume_api("PUT", "/os-services/disable", {"binary": "cinder-volume", "host": f"{COMPUTE}@local"})
    return resources


@pytest.fixture(scope="module")
def sources(api):
    image = upload_guest(api)
    root = api.ready_volume("root", imageRef=image)
    return {"image": image, "flavor": api.flavor("guest", **FLAVOR), "root": root,
            "snapshot": api.ready_snapshot("snapshot", root)}


@pytest.fixture(scope="module")
def ways(sources):
    """What each server of the other host boots from: an existing volume, an image and a snapshot by way of volumes."""
    return {"volume": [device("volume", sources["root"], delete_on_termination=False)],
            "image": [device("image", sources["image"], volume_size=1, delete_on_termination=True)],
            "snapshot": [device("snapshot", sources["snapshot"], volume_size=1, delete_on_termination=True)]}


@pytest.fixture(scope="module")
def servers(api, sources, ways):
    return {way: api.active_server(f"from-{way}", sources["flavor"], None, devices, **ON_COMPUTE)
            for way, devices in ways.items()}


WAYS = ("volume", "image", "snapshot")


def is_on(api, server):
    return api.show_server(server)["OS-EXT-SRV-ATTR:host"]


def place_of(api, volume):
    return api.show_volume(volume)["os-vol-host-attr:host"].split("@")[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_guest_boots_from_a_volume_of_the_other_host(api, servers, way):
    server = servers[way]
    assert is_on(api, server) == COMPUTE
    volumes = api.attached_volumes(server)
    assert [place_of(api, volume) for volume in volumes] == [STORAGE]
    api.wait_console(server, LOGIN)


def test_the_server_goes_where_its_volumes_are_when_it_may(api, sources):
    volume = api.ready_volume("near", imageRef=sources["image"])
    server = api.active_server("near", sources["flavor"], None, [device("volume", volume, delete_on_termination=False)])
    assert is_on(api, server) == STORAGE
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


def test_a_root_volume_grows_and_is_snapshotted_under_its_guest(cloud, api, sources, servers):
    api.extend(sources["root"], 2)
    api.wait_volume(sources["root"], "in-use")
    api.wait_console(servers["volume"], "VIRGA-GUEST-DISK vda 4194304")
    snapshot = api.snapshot("of the root", sources["root"], force=True)
    api.wait_status(lambda: api.show_snapshot(snapshot), "available", "snapshot")
    api.delete_snapshot(snapshot)
    api.wait_gone(lambda: api.show_snapshot(snapshot), "snapshot")
    assert "I/O error" not in api.console(servers["volume"])
    assert len(export_processes(cloud)) == 3 and cloud.differences() == []


def test_guests_outlive_both_host_processes_and_a_volume_comes_and_goes(cloud, api, servers):
    server = servers["volume"]
    volume = api.ready_volume("plugged")
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, BLANK_SEEN)
    before = sorted(export_processes(cloud))
    cloud.kill("host")
    cloud.second.kill()
    cloud.start_half("host")
    cloud.second.start()
    cloud.wait_ready()
    assert sorted(export_processes(cloud)) == before and len(before) == 4
    wait_for(lambda: is_up(api, COMPUTE), 60, "the other host is back")
    api.detach(server, volume)
    api.wait_volume(volume, "available")
    api.wait_console(server, "VIRGA-GUEST-DISK vdb removed")
    assert len(export_processes(cloud)) == 3
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")


def is_up(api, host):
    found = api.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    return any(item["hypervisor_hostname"] == host and item["state"] == "up" for item in found)


def test_a_server_starts_again_from_its_volume(api, servers):
    server = servers["volume"]
    api.wait_console(server, LOGIN)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF")
    api.action(server, "os-start")
    api.wait_server(server)
    api.wait_console(server, "VIRGA-GUEST-BOOT 2")


def test_an_export_that_was_killed_comes_again_and_the_guest_boots_from_it(cloud, api, servers):
    server = servers["image"]
    for process in export_processes(cloud):
        os.kill(process, signal.SIGKILL)
    api.action(server, "reboot", {"type": "HARD"})  # while they come again
    api.wait_server(server)
    api.wait_console(server, "VIRGA-GUEST-BOOT 2")
    wait_for(lambda: len(export_processes(cloud)) == 3, 60, "all exports are back")


def test_nothing_is_left(cloud, api, servers, sources):
    assert cloud.differences() == []
    for server in servers.values():
        api.delete_server(server)
        api.wait_gone(lambda server=server: api.show_server(server), "server")
    api.wait(lambda: export_processes(cloud) == [], "no export is left")
    api.delete_snapshot(sources["snapshot"])
    api.wait_gone(lambda: api.show_snapshot(sources["snapshot"]), "snapshot")
    for volume in api.volumes():
        api.delete_volume(volume["id"])
    api.wait(lambda: not api.volumes(), "volumes are gone", api.volumes)
    assert cloud.differences() == [] and cloud.guest_processes() == []
    assert list((cloud.state / "host" / "exports").iterdir()) == []
    log = cloud.log_path.read_text(errors="replace")
    assert not re.search("PRIVATE KEY", log)
