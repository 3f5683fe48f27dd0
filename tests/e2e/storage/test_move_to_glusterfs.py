"""A volume moves from the local disk to GlusterFS and back while a guest writes to it."""
import pathlib

import pytest

from harness.cloud import Cloud
from harness.gluster import GlusterServer, backend_settings
from harness.guests import GuestReaper
from harness.resources import Resources
from test_move_in_use import SPARSE_BYTES, migrate, moved
from test_online_volumes import active_file, flavor, image, lines_of, server, wait_written

__all__ = ["flavor", "image", "server"]  # fixtures


@pytest.fixture(scope="module")
def gluster():
    running = GlusterServer()
    yield running
    running.close()


@pytest.fixture(scope="module")
def cloud(gluster):
    with GuestReaper():
        running = Cloud("libvirt", backend_settings(gluster))
        running.settings["volume.path"] = str(running.state / "host" / "volumes")
        running.settings["volume.backends.local.path"] = running.settings["volume.path"]
        # A new volume goes where most is free beyond the reserved part.
        running.settings["volume.backends.gluster.reserved_percentage"] = "5"
        yield running.start()
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


def test_there_and_back_while_the_guest_writes(cloud, gluster, api, server, tmp_path, monkeypatch):
    server, volume = server
    assert api.show_volume(volume)["os-vol-host-attr:host"] == "host-1@local#local"
    shares = pathlib.Path(gluster.mount_points()[0])
    local = pathlib.Path(cloud.settings["volume.path"])
    for target, folder in (("host-1@gluster", shares), ("host-1@local", local)):
        told = wait_written(api, server)
        migrate(api, volume, target)
        assert moved(api, volume, target)["status"] == "in-use"
        wait_written(api, server)
        monkeypatch.setitem(cloud.settings, "volume.path", str(folder))
        assert lines_of(cloud, volume, tmp_path) >= told
        assert active_file(cloud, volume)[0].stat().st_blocks * 512 < SPARSE_BYTES, "zeros take no space"
        assert cloud.differences() == []
    assert gluster.files() == []


def test_of_a_stopped_server(cloud, gluster, api, server, tmp_path, monkeypatch):
    server, volume = server
    told = wait_written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    migrate(api, volume, "host-1@gluster")
    moved(api, volume, "host-1@gluster")
    monkeypatch.setitem(cloud.settings, "volume.path", gluster.mount_points()[0])
    assert lines_of(cloud, volume, tmp_path) >= told
    api.action(server, "os-start")
    api.wait_server(server)
    assert cloud.differences() == []
    monkeypatch.undo()
    migrate(api, volume, "host-1@local")
    moved(api, volume, "host-1@local")
