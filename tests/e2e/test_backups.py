"""Backups of volumes with a real system on them: what is restored boots."""

import pytest

from harness.cloud import GUEST_IMAGE
from harness.guests import LOGIN
from harness.resources import device


@pytest.fixture
def system_volume(api):
    with open(GUEST_IMAGE, "rb") as data:
        image = api.image("system", data, "qcow2")
    volume = api.ready_volume("system", 1, imageRef=image)
    api.delete_image(image)
    yield volume
    api.delete_all()


def boot(api, name, volume):
    server = api.active_server(name, api.flavor(name, ram=128, disk=1),
                               devices=[device("volume", volume, delete_on_termination=False)])
    api.wait_console(server, LOGIN)
    return server


def test_a_server_boots_from_what_was_restored(cloud, api, system_volume):
    full = api.ready_backup("full", system_volume)
    server = boot(api, "writes", system_volume)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_volume(system_volume)
    increment = api.ready_backup("increment", system_volume, incremental=True)
    counts = [api.show_backup(backup)["object_count"] for backup in (full, increment)]
    assert 0 < counts[1] < counts[0], "the boot has changed some of the disk"
    api.delete_volume(system_volume)
    api.wait_gone(lambda: api.show_volume(system_volume), "volume")
    restored = api.restore_backup(increment)
    api.wait_volume(restored)
    boot(api, "restored", restored)
    assert cloud.differences() == []


def test_a_backup_under_a_running_guest(cloud, api, system_volume):
    server = boot(api, "runs", system_volume)
    api.ready_backup("forced", system_volume, force=True)
    assert api.show_volume(system_volume)["status"] == "in-use"
    assert api.show_server(server)["status"] == "ACTIVE"
    assert cloud.differences() == []
