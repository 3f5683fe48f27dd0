"""The same while the guest is on another host than its volume, which is exported: no request of the guest fails."""
import base64
import json
import os
import signal

import pytest

from harness.cloud import Cloud, wait_for
from harness.guests import LOGIN, GuestReaper
from harness.resources import ApiError, Resources, device
from harness.second_host import SecondHost, certificates, end_exports, export_processes, export_settings
from test_online_volumes import (WRITER, delete_snapshot, flavor, image, lines_of, lines_of_snapshot, online_snapshot,
                                 record, test_backup_of_a_volume_that_is_written_to,
                                 test_clone_of_a_volume_that_is_written_to, test_guest_sees_the_new_size_at_once,
                                 test_image_of_a_volume_that_is_written_to, wait_written)

__all__ = ["flavor", "image",  # fixtures
           "test_backup_of_a_volume_that_is_written_to", "test_clone_of_a_volume_that_is_written_to",
           "test_guest_sees_the_new_size_at_once", "test_image_of_a_volume_that_is_written_to"]

STORAGE, COMPUTE = "host-1", "host-2"


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
    resources.volume_api("PUT", "/os-services/disable", {"binary": "cinder-volume", "host": f"{COMPUTE}@local"})
    return resources


@pytest.fixture
def server(cloud, api, image, flavor):
    """A server whose guest writes to volume vdb of the other host, which has its root, too; it never sees an error."""
    made = api.active_server("remote", flavor, None, [device("image", image, volume_size=1)], config_drive=True,
                             availability_zone=f"nova:{COMPUTE}", user_data=base64.b64encode(WRITER.encode()).decode())
    volume = api.ready_volume("written to")
    api.wait_console(made, LOGIN)
    api.attach(made, volume)
    api.wait_volume(volume, "in-use")
    assert len(export_processes(cloud)) == 2
    yield made, volume
    assert "I/O error" not in api.console(made)
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    api.wait(lambda: export_processes(cloud) == [], "no export is left")
    for snapshot in api.snapshots():
        api.delete_snapshot(snapshot["id"])
    api.wait(lambda: not api.snapshots(), "snapshots are gone")
    api.delete_volume(volume)
    api.wait(lambda: not api.volumes(), "volumes are gone", lambda: json.dumps(api.volumes()))
    assert cloud.differences() == []


def test_snapshots_of_a_volume_that_is_written_to(cloud, api, server, tmp_path):
    server, volume = server
    layers = len(record(cloud, volume)["layers"])
    snapshots, safe = [], []
    for number in range(3):
        safe.append(wait_written(api, server))
        snapshots.append(online_snapshot(api, f"s{number}", volume))
    after = wait_written(api, server)
    counts = [lines_of_snapshot(cloud, api, snapshot, tmp_path) for snapshot in snapshots]
    assert counts == sorted(counts)
    for told, held in zip(safe, counts):
        assert told <= held <= after
    assert cloud.differences() == []

    delete_snapshot(api, snapshots[1])  # beneath one that is needed: it stays
    wait_written(api, server)
    assert len(record(cloud, volume)["layers"]) == layers + 3
    delete_snapshot(api, snapshots[2])  # the last one: both are pulled into the active file
    assert len(record(cloud, volume)["layers"]) == layers + 1
    wait_written(api, server)
    assert lines_of_snapshot(cloud, api, snapshots[0], tmp_path) == counts[0]
    delete_snapshot(api, snapshots[0])
    assert len(record(cloud, volume)["layers"]) == layers
    told = wait_written(api, server)
    assert cloud.differences() == []
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told


def test_what_exports_it_is_killed_and_the_guest_waits(cloud, api, server, tmp_path):
    server, volume = server
    for _ in range(3):
        told = wait_written(api, server)
        for process in export_processes(cloud):
            os.kill(process, signal.SIGKILL)
        assert wait_written(api, server) > told
    assert api.show_server(server)["OS-EXT-STS:power_state"] == 1
    # Without the host process nobody starts it again, until there is one.
    cloud.kill("host")
    for process in export_processes(cloud):
        os.kill(process, signal.SIGKILL)
    cloud.second.kill()
    cloud.second.start()
    cloud.start_half("host")
    cloud.wait_ready()
    wait_for(lambda: len(export_processes(cloud)) == 2, 60, "the exports are back")
    told = wait_written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told


def test_a_new_size_and_a_new_chain_outlive_detaching(cloud, api, server, tmp_path):
    server, volume = server
    snapshot = online_snapshot(api, "kept", volume)
    held = lines_of_snapshot(cloud, api, snapshot, tmp_path)
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    told = wait_written(api, server)
    api.detach(server, volume)
    api.wait_volume(volume, "available")
    assert lines_of(cloud, volume, tmp_path) >= told
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, "VIRGA-GUEST-DISK vdb 4194304")
    assert lines_of_snapshot(cloud, api, snapshot, tmp_path) == held


def test_it_cant_be_moved(api, server):
    _, volume = server
    with pytest.raises(ApiError, match="detach it to move it") as refused:
        api.volume_action(volume, "os-migrate_volume", {"host": f"{COMPUTE}@local"})
    assert refused.value.status == 400
