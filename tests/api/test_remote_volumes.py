"""Volumes of one host that servers of another one have: what the API lets through, and where things go."""
import json

import pytest

from harness.cloud import Cloud, wait_for
from harness.resources import ApiError, Resources, device
from harness.second_host import SecondHost, certificates, end_exports, export_processes, export_settings

STORAGE, REMOTE, BARE = "host-1", "host-2", "host-3"


@pytest.fixture(scope="module")
def cloud():
    running = Cloud("fake", {"volume.driver": "local"})
    folders = certificates(running.folder / "pki", STORAGE, REMOTE)
    running.settings.update(export_settings(folders[STORAGE]))
    others = []
    try:
        running.start()
        others.append(SecondHost(running, REMOTE, export_settings(folders[REMOTE])).start())
        # One without certificates.
        others.append(SecondHost(running, BARE, {"host.address": "", "host.tls_folder": ""}).start())
        yield running
    finally:
        for host in others:
            host.stop()
        end_exports(running)
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    resources = Resources(cloud)
    for host in (REMOTE, BARE):
        resources.volume_api("PUT", "/os-services/disable", {"binary": "cinder-volume", "host": f"{host}@local"})
    return resources


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("small")


@pytest.fixture(scope="module")
def image(api):
    return api.image("small", b"\x5a" * (1 << 20))


@pytest.fixture
def volume(api, image):
    made = api.ready_volume("root", imageRef=image)
    assert api.show_volume(made)["os-vol-host-attr:host"].startswith(STORAGE + "@")
    yield made
    api.delete_volume(made)
    api.wait_gone(lambda: api.show_volume(made), "volume")


def boot_on(api, flavor, host, volume, **fields):
    root = device("volume", volume, delete_on_termination=False)
    return api.server(f"on-{host}", flavor, None, [root], availability_zone=f"nova:{host}", **fields)


@pytest.fixture
def server(cloud, api, flavor, volume):
    """On another host than its volume."""
    made = boot_on(api, flavor, REMOTE, volume)
    api.wait_server(made)
    yield made
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    wait_for(lambda: export_processes(cloud) == [], 60, "no export is left")
    assert cloud.differences() == []


def test_its_connection_is_an_export_without_paths_or_secrets(api, volume, server):
    assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == REMOTE
    attachment, = [item for item in api.attachments() if item["volume_id"] == volume]
    info = api.volume_api("GET", f"/attachments/{attachment['id']}")["attachment"]["connection_info"]
    assert info["driver_volume_type"] == "nbd", info
    data = info["data"]
    assert data["host"] == "127.0.0.1" and data["export"] == volume and data["format"] == "raw"
    assert "path" not in data and "key" not in str(info).replace("encryption_key_id", "")


def test_it_is_extended_and_snapshotted_while_it_is_used(cloud, api, volume, server):
    before = export_processes(cloud)
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    assert api.show_volume(volume)["size"] == 2
    assert "seen by the running guests of 1 server" in str(cloud.trace(volume))
    snapshot = api.snapshot("in use", volume, force=True)
    api.wait_status(lambda: api.show_snapshot(snapshot), "available", "snapshot")
    after = export_processes(cloud)
    assert len(after) == 1 and after != before
    copy = api.ready_volume("copy", 2, snapshot_id=snapshot)
    assert cloud.differences() == []
    for gone, delete, show in [(copy, api.delete_volume, api.show_volume),
                               (snapshot, api.delete_snapshot, api.show_snapshot)]:
        delete(gone)
        api.wait_gone(lambda show=show, gone=gone: show(gone), "copy and snapshot")
    assert "merged where it is exported" in str(cloud.trace(snapshot))
    record = json.loads((cloud.state / "host" / "volumes" / f"volume-{volume}.json").read_text())
    assert [layer["kind"] for layer in record["layers"]] == ["base", "active"]
    assert cloud.differences() == []


def test_it_isnt_moved_while_it_is_used(api, volume, server):
    with pytest.raises(ApiError, match="detach it to move it") as refused:
        api.volume_action(volume, "os-migrate_volume", {"host": f"{REMOTE}@local"})
    assert refused.value.status == 400


def test_a_host_without_certificates_isnt_chosen_and_says_why(cloud, api, flavor, volume):
    server = boot_on(api, flavor, BARE, volume)
    api.wait_server(server, "ERROR")
    assert "No valid host" in api.show_server(server)["fault"]["message"]
    assert "host.tls_folder" in str(cloud.trace(server))
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")


def test_a_server_without_certificates_cant_have_it(api, flavor, volume):
    api.volume_api("PUT", "/os-services/enable", {"binary": "cinder-volume", "host": f"{BARE}@local"})
    server = api.server("bare", flavor, None, [device("blank", volume_size=1)], availability_zone=f"nova:{BARE}")
    api.wait_server(server)
    with pytest.raises(ApiError, match="host.tls_folder") as refused:
        api.attach(server, volume)
    assert refused.value.status == 400
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.volume_api("PUT", "/os-services/disable", {"binary": "cinder-volume", "host": f"{BARE}@local"})


def test_a_server_that_may_be_anywhere_goes_to_its_volume(api, flavor, volume):
    server = api.server("near", flavor, None, [device("volume", volume, delete_on_termination=False)])
    api.wait_server(server)
    assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == STORAGE
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")


def test_a_volume_that_finds_no_place_near_its_server_is_made_where_it_can_be_reached(cloud, api, flavor, image):
    root = device("image", image, volume_size=1)
    server = api.server("far", flavor, None, [root], availability_zone=f"nova:{REMOTE}")
    api.wait_server(server)
    made, = api.attached_volumes(server)
    assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == REMOTE
    assert api.show_volume(made)["os-vol-host-attr:host"].startswith(STORAGE + "@")
    assert len(export_processes(cloud)) == 1
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    wait_for(lambda: export_processes(cloud) == [], 60, "no export is left")
    api.wait_gone(lambda: api.show_volume(made), "volume")


def test_others_can_be_plugged_and_unplugged(cloud, api, server):
    other = api.ready_volume("other")
    api.attach(server, other)
    api.wait_volume(other, "in-use")
    assert len(export_processes(cloud)) == 2
    api.detach(server, other)
    api.wait_volume(other, "available")
    assert len(export_processes(cloud)) == 1
    api.delete_volume(other)
    api.wait_gone(lambda: api.show_volume(other), "volume")


@pytest.mark.parametrize("settings, named", [
    ({"host.tls_folder": ""}, "host.tls_folder"),
    ({"host.tls_folder": "/nowhere"}, "ca-cert.pem is missing"),
    ({"host.name": "host-9"}, "O=virga,CN=host-9"),
    ({"host.address": "127.0.0.2"}, "host.address"),
    ({"host.export_ports": "80-90"}, "host.export_ports"),
    ({"host.export_ports": "20000"}, "host.export_ports"),
])
def test_settings_that_dont_fit_are_told(cloud, settings, named):
    host = SecondHost(cloud, f"wrong-{len(list(cloud.folder.iterdir()))}", {})
    with pytest.raises(AssertionError, match=named):
        host.settings.update({"host.name": STORAGE, **settings})
        host.start()
    assert host.process.wait(60) != 0
