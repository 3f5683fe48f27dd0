"""Encrypted volumes of real guests: what a guest writes is on no disk of the host, whatever is done to the volume."""
import base64
import json
import pathlib
import re
import subprocess

import pytest

from harness.guests import FLAVOR, LOGIN, upload_guest
from harness.keys import assert_not_told, encrypted_type, key_ids, keyed, passphrase_of, passphrases
from harness.resources import ApiError, device
from test_online_volumes import delete_snapshot, online_snapshot, record, volume_folder

SECTORS = {1: 2097152, 2: 4194304}
SECRET = "PLAINTEXT-OF-THE-GUEST"
# Writes a line of its own for each number, over and over; tells the console which are safe, and whether all that was
# written is still there.
WRITER = r"""#!/bin/sh
(
n=0
while :; do
    if [ -b /dev/vdb ]; then
        printf '%-511s\n' "SECRET line $n" | dd of=/dev/vdb bs=512 seek=$n conv=notrunc,fsync 2>/dev/null &&
            echo "WROTE $n" >/dev/console && n=$((n + 1))
        dd if=/dev/vdb of=/tmp/held bs=512 count=$n 2>/dev/null && held=$(grep -c "SECRET line" /tmp/held) &&
            [ "$held" -lt "$n" ] && echo "LOST: $held of $n" >/dev/console
    else
        n=0
    fi
    sleep 0.2
done
) </dev/null >/dev/null 2>&1 &
""".replace("SECRET", SECRET)


@pytest.fixture(scope="module")
def image(api):
    return upload_guest(api, "encrypted", os_shutdown_timeout="5")


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("encrypted", **FLAVOR)


@pytest.fixture(scope="module")
def luks(api):
    return encrypted_type(api, "luks")


def is_in_clear(cloud):
    """Whether a file of the cloud holds what a guest wrote to a volume (its console doesn't show it)."""
    found = subprocess.run(["grep", "-rlaF", f"{SECRET} line", str(volume_folder(cloud))], capture_output=True,
                           check=False)
    return found.stdout.decode()


def written(api, server):
    console = api.console(server)
    assert "LOST" not in console, console[-2000:]
    found = re.findall(r"WROTE (\d+)\r?\n", console)
    return int(found[-1]) + 1 if found else 0


def wait_written(api, server, more=3):
    wanted = written(api, server) + more
    api.wait(lambda: written(api, server) >= wanted, f"guest has written {wanted} lines",
             lambda: api.console(server)[-1500:], 120)


def wait_booted_with(api, server, disk):
    """The guest, started anew, has the disk; it runs its user data at the first boot only, so it doesn't write."""
    api.wait_console(server, f"VIRGA-GUEST-DISK {disk}")
    api.wait_console(server, LOGIN)


def lines_of(cloud, volume, tmp_path):
    """How many lines a volume holds that nobody has open, read with its key."""
    (tmp_path / "key").write_bytes(passphrase_of(cloud, volume))
    path = volume_folder(cloud) / record(cloud, volume)["active"]
    subprocess.run(["qemu-img", "convert", "--object", f"secret,id=key,file={tmp_path}/key", "-O", "raw",
                    "json:" + json.dumps(keyed(path)), str(tmp_path / "raw")], check=True, timeout=120)
    return (tmp_path / "raw").read_bytes().count(f"{SECRET} line".encode())


@pytest.fixture
def writer(cloud, api, image, flavor, luks):
    """A server whose guest writes to the encrypted volume vdb."""
    keys = key_ids(cloud)
    server = api.active_server("writer", flavor, image, config_drive=True,
                               user_data=base64.b64encode(WRITER.encode()).decode())
    volume = api.ready_volume("secret", volume_type=luks)
    api.wait_console(server, LOGIN)
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    yield server, volume
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    for snapshot in api.snapshots():
        api.delete_snapshot(snapshot["id"])
    api.wait(lambda: not api.snapshots(), "snapshots are gone")
    for each in api.volumes():
        api.delete_volume(each["id"])
    api.wait(lambda: not api.volumes(), "volumes are gone", lambda: json.dumps(api.volumes()))
    assert cloud.differences() == []
    assert [path.name for path in volume_folder(cloud).glob("volume-*")] == []
    assert key_ids(cloud) == keys


def test_life_with_a_running_guest(cloud, api, writer):
    server, volume = writer
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[1]}")
    wait_written(api, server)
    assert not is_in_clear(cloud)
    assert_not_told(cloud, passphrases(cloud))

    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[2]}")
    wait_written(api, server)

    first = online_snapshot(api, "first", volume)
    wait_written(api, server)
    second = online_snapshot(api, "second", volume)
    wait_written(api, server)
    third = online_snapshot(api, "third", volume)
    wait_written(api, server)
    delete_snapshot(api, second)
    wait_written(api, server)
    delete_snapshot(api, third)
    wait_written(api, server)
    clone = api.ready_volume("clone", 2, source_volid=volume)
    copy = api.ready_volume("copy", 2, snapshot_id=first)
    assert api.show_volume(clone)["encrypted"] and api.show_volume(copy)["encrypted"]
    delete_snapshot(api, first)
    wait_written(api, server)
    assert not is_in_clear(cloud)
    assert_not_told(cloud, passphrases(cloud))


def test_detached_and_attached_again(cloud, api, writer):
    server, volume = writer
    wait_written(api, server)
    api.detach(server, volume)
    api.wait_volume(volume, "available")
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    wait_written(api, server)
    assert not is_in_clear(cloud)


def test_the_guest_is_started_again(cloud, api, writer, tmp_path):
    server, volume = writer
    online_snapshot(api, "kept", volume)
    wait_written(api, server)
    told = written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    api.action(server, "os-start")
    api.wait_server(server)
    wait_booted_with(api, server, "vdb")
    api.action(server, "reboot", {"type": "HARD"})
    api.wait_server(server)
    wait_booted_with(api, server, "vdb")
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told


def test_attached_to_a_stopped_server(cloud, api, writer, luks):
    server, _ = writer
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    other = api.ready_volume("second", volume_type=luks)
    api.attach(server, other)
    api.wait_volume(other, "in-use")
    api.action(server, "os-start")
    api.wait_server(server)
    api.wait_console(server, "VIRGA-GUEST-DISK vdc")
    api.detach(server, other)
    api.wait_volume(other, "available")


def test_the_cloud_is_restarted_under_the_guest(cloud, api, writer, luks):
    server, volume = writer
    wait_written(api, server)
    for half in ("host", "control"):
        cloud.kill(half)
    cloud.start()
    wait_written(api, server)
    online_snapshot(api, "after", volume)
    wait_written(api, server)
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    other = api.ready_volume("third", volume_type=luks)
    api.attach(server, other)
    api.wait_volume(other, "in-use")
    api.action(server, "reboot", {"type": "HARD"})
    api.wait_server(server)
    wait_booted_with(api, server, "vdb")
    assert_not_told(cloud, passphrases(cloud))


def boot(api, name, flavor, volume):
    server = api.active_server(name, flavor, devices=[device("volume", volume, delete_on_termination=False)])
    api.wait_console(server, LOGIN)
    return server


def test_boots_from_an_encrypted_volume(cloud, api, image, flavor, luks):
    volume = api.ready_volume("system", imageRef=image, volume_type=luks)
    server = boot(api, "first", flavor, volume)
    assert record(cloud, volume)["encryption"] == "luks"
    xml = next(pathlib.Path(cloud.state / "host" / "libvirt").rglob(f"*{server}.xml")).read_text()
    assert "<encryption format='luks'" in xml
    api.delete_server(server)
    api.wait_gone(lambda: api.show_server(server), "server")
    api.wait_volume(volume)
    backup = api.ready_backup("of the system", volume)
    snapshot = api.ready_snapshot("of the system", volume)
    copy = api.ready_volume("copy", snapshot_id=snapshot)
    restored = api.restore_backup(backup)
    api.wait_volume(restored)
    for each in (copy, restored):
        assert api.show_volume(each)["encrypted"]
        again = boot(api, "again", flavor, each)
        api.delete_server(again)
        api.wait_gone(lambda server=again: api.show_server(server), "server")
    with pytest.raises(ApiError):
        api.restore_backup(backup, volume_id=api.ready_volume("plain"))
    api.delete_backup(backup)
    api.wait_gone(lambda: api.show_backup(backup), "backup")
    api.delete_snapshot(snapshot)
    api.wait_gone(lambda: api.show_snapshot(snapshot), "snapshot")
    for each in api.volumes():
        api.delete_volume(each["id"])
    api.wait(lambda: not api.volumes(), "volumes are gone")
    assert key_ids(cloud) == set()
    assert cloud.differences() == []
