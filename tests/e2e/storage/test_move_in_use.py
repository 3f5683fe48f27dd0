"""Volumes move to another backend while a guest writes to them, back, and through what may happen meanwhile."""
import base64
import os
import re
import signal
import subprocess

import pytest

from harness.cloud import Cloud
from harness.guests import LOGIN, GuestReaper
from harness.keys import assert_not_told, encrypted_type, passphrases
from harness.resources import Resources, device
import test_encrypted_volumes as encrypted
from test_online_volumes import active_file, flavor, image, lines_of, server, wait_written, written

__all__ = ["flavor", "image", "server"]  # fixtures

THERE, HERE = "host-1@second", "host-1@local"
SPARSE_BYTES = 64 << 20  # of a GiB


@pytest.fixture(scope="module")
def cloud():
    with GuestReaper():
        running = Cloud("libvirt").with_two_backends(format="qcow2")
        running.settings["volume.path"] = str(running.state / "host" / "volumes")
        yield running.start()
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


def place(api, volume):
    return api.show_volume(volume)["os-vol-host-attr:host"].split("#")[0]


def other(api, volume):
    return HERE if place(api, volume) == THERE else THERE


def migrate(api, volume, host):
    api.volume_action(volume, "os-migrate_volume", {"host": host})


def moved(api, volume, host, status="success"):
    api.wait_flows(volume, 300)
    found = api.show_volume(volume)
    assert found["migration_status"] == status, api.flows(volume)[-1]
    assert place(api, volume) == host
    return found


def folder_of(api, cloud, volume):
    return cloud.state / "host" / ("volumes" if place(api, volume) == HERE else "volumes-second")


def wait_second_boot(api, server):
    api.wait(lambda: re.search(f"VIRGA-GUEST-BOOT 2.*{LOGIN}", api.console(server), re.DOTALL),
             "the guest is there again", lambda: api.console(server)[-1500:], 120)


def at_its_place(cloud, api, volume, monkeypatch):
    """Has the helpers of test_online_volumes look where the volume is now."""
    monkeypatch.setitem(cloud.settings, "volume.path", str(folder_of(api, cloud, volume)))


def test_there_and_back_while_the_guest_writes(cloud, api, server, tmp_path, monkeypatch):
    server, volume = server
    for _ in range(2):
        told = wait_written(api, server)
        target = other(api, volume)
        migrate(api, volume, target)
        assert moved(api, volume, target)["status"] == "in-use"
        assert cloud.differences() == []
        later = wait_written(api, server)
        at_its_place(cloud, api, volume, monkeypatch)
        held = lines_of(cloud, volume, tmp_path)
        assert told <= held and later <= lines_of(cloud, volume, tmp_path)
        others = [path for path in cloud.state.glob(f"host/volumes*/volume-{volume}*")
                  if path.parent != folder_of(api, cloud, volume)]
        assert others == [], "nothing is left at the old place"
        assert active_file(cloud, volume)[0].stat().st_blocks * 512 < SPARSE_BYTES, "zeros take no space"
    decisions = [task["decision"] for flow in cloud.trace(volume) for task in flow["tasks"]]
    assert any("the same at every instant" in text for text in decisions)
    assert any("goes on in" in text for text in decisions)


def test_the_new_place_is_used_from_then_on(cloud, api, server, tmp_path, monkeypatch):
    """Grown, hard reboot, stop and start, detach and attach."""
    server, volume = server
    target = other(api, volume)
    migrate(api, volume, target)
    moved(api, volume, target)
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    told = wait_written(api, server)
    api.action(server, "reboot", {"type": "HARD"})
    api.wait_server(server)
    at_its_place(cloud, api, volume, monkeypatch)
    assert lines_of(cloud, volume, tmp_path) >= told
    wait_second_boot(api, server)
    api.detach(server, volume)
    api.wait_volume(volume, "available")
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


def test_a_stopped_server_is_started_meanwhile(cloud, api, server, tmp_path, monkeypatch):
    server, volume = server
    told = wait_written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    target = other(api, volume)
    migrate(api, volume, target)
    api.action(server, "os-start")
    api.wait_server(server)
    moved(api, volume, target)
    at_its_place(cloud, api, volume, monkeypatch)
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


@pytest.mark.parametrize("what", ["guest", "host", "control", "both"])
def test_killed_while_it_moves(cloud, api, server, tmp_path, monkeypatch, what):
    server, volume = server
    told = wait_written(api, server)
    target = other(api, volume)
    before = set(cloud.guest_processes())
    migrate(api, volume, target)
    api.wait(lambda: api.show_volume(volume)["migration_status"] != "starting", "it moves")
    if what == "guest":
        for process in before:
            os.kill(process, signal.SIGKILL)
    else:
        halves = {"host": ["host"], "control": ["control"], "both": ["control", "host"]}[what]
        for half in halves:
            cloud.kill(half)
        for half in halves:
            cloud.start_half(half)
        cloud.wait_ready()
    moved(api, volume, target)
    if what == "guest":
        api.wait_server(server, "SHUTOFF")
    else:
        assert wait_written(api, server) > told
        assert set(cloud.guest_processes()) == before
    at_its_place(cloud, api, volume, monkeypatch)
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


def test_a_server_that_is_deleted_while_its_volume_moves(cloud, api, server, tmp_path, monkeypatch):
    server, volume = server
    told = wait_written(api, server)
    target = other(api, volume)
    migrate(api, volume, target)
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    assert moved(api, volume, target)["status"] == "available"
    at_its_place(cloud, api, volume, monkeypatch)
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


def test_the_boot_volume_moves(cloud, api, image, flavor):
    """Its base stays behind; the guest boots from the new place."""
    server = api.active_server("rooted", flavor, devices=[device("image", image, volume_size=1)])
    volume, = api.attached_volumes(server)
    api.wait_console(server, LOGIN)
    target = other(api, volume)
    migrate(api, volume, target)
    moved(api, volume, target)
    api.action(server, "reboot", {"type": "HARD"})
    api.wait_server(server)
    wait_second_boot(api, server)
    assert cloud.differences() == []
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait(lambda: not api.volumes(), "volumes are gone")


def test_what_was_written_last_is_not_lost(cloud, api, server, tmp_path, monkeypatch):
    """The guest ends right behind the last of several moves, and is started again."""
    server, volume = server
    for _ in range(4):
        wait_written(api, server, 1)
        target = other(api, volume)
        migrate(api, volume, target)
        moved(api, volume, target)
    told = written(api, server)
    for process in cloud.guest_processes():
        os.kill(process, signal.SIGKILL)
    api.wait_server(server, "SHUTOFF", 120)
    at_its_place(cloud, api, volume, monkeypatch)
    assert lines_of(cloud, volume, tmp_path) >= told
    api.action(server, "os-start")
    api.wait_server(server)
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


def test_an_encrypted_volume_stays_encrypted(cloud, api, image, flavor):
    server = api.active_server("encrypted", flavor, image, config_drive=True,
                               user_data=base64.b64encode(encrypted.WRITER.encode()).decode())
    volume = api.ready_volume("secret", volume_type=encrypted_type(api, "luks"))
    api.wait_console(server, LOGIN)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    for _ in range(2):
        encrypted.wait_written(api, server)
        target = other(api, volume)
        migrate(api, volume, target)
        found = moved(api, volume, target)
        assert found["status"] == "in-use" and found["encrypted"]
        encrypted.wait_written(api, server)
        folders = [str(path) for path in cloud.state.glob("host/volumes*")]
        in_clear = subprocess.run(["grep", "-rlaF", f"{encrypted.SECRET} line", *folders], capture_output=True,
                                  check=False).stdout
        assert in_clear == b""
    assert_not_told(cloud, passphrases(cloud))
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_volume(volume)
    api.delete_volume(volume)
    api.wait_gone(lambda: api.show_volume(volume), "volume")
    assert cloud.differences() == []
