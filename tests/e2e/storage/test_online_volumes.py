"""Volumes are grown, snapshotted, cloned and rid of snapshots while a guest writes to them.

The guest writes one line after the other, each with an fsync, and tells its console when a line is safe. So whatever is
copied of the volume at one instant must hold the lines from the first to some line, no gap, and all those that the
console had told of before.
"""
import base64
import json
import pathlib
import re
import subprocess

import pytest

from harness.guests import FLAVOR, LOGIN, upload_guest
from harness.resources import ApiError

LINE = 512
WRITER = r"""#!/bin/sh
(
n=0
while :; do
    if [ -b /dev/vdb ]; then
        printf '%-511s\n' "line $n" | dd of=/dev/vdb bs=512 seek=$n conv=notrunc,fsync 2>/dev/null &&
            echo "WROTE $n" >/dev/console && n=$((n + 1))
    fi
    sleep 0.1
done
) </dev/null >/dev/null 2>&1 &
"""
SECTORS = {1: 2097152, 2: 4194304, 3: 6291456}


@pytest.fixture(scope="module")
def image(api):
    return upload_guest(api, "online", os_shutdown_timeout="5")  # the writer doesn't let the guest shut down


@pytest.fixture(scope="module")
def flavor(api):
    return api.flavor("online", **FLAVOR)


@pytest.fixture(params=["raw", "qcow2"])
def server(request, cloud, api, image, flavor):
    """A server whose guest writes to volume vdb, which is a raw file, or a qcow2 (of a volume that was cloned)."""
    made = api.active_server(f"online-{request.param}", flavor, image, config_drive=True,
                             user_data=base64.b64encode(WRITER.encode()).decode())
    volume = api.ready_volume("origin")
    others = []
    if request.param == "qcow2":
        others = [volume]
        volume = api.ready_volume("written to", source_volid=volume)
    api.wait_console(made, LOGIN)
    api.attach(made, volume)
    api.wait_volume(volume, "in-use")
    yield made, volume
    api.delete_server(made)
    api.wait_gone(lambda: api.show_server(made), "server")
    for snapshot in api.snapshots():
        api.delete_snapshot(snapshot["id"])
    api.wait(lambda: not api.snapshots(), "snapshots are gone")
    for each in [volume, *others]:
        api.delete_volume(each)
    api.wait(lambda: not api.volumes(), "volumes are gone", lambda: json.dumps(api.volumes()))
    assert cloud.differences() == []
    assert [path.name for path in volume_folder(cloud).glob("volume-*")] == []


def written(api, server):
    """How many lines are safe, as the guest says."""
    found = re.findall(r"WROTE (\d+)\r?\n", api.console(server))
    return int(found[-1]) + 1 if found else 0


def wait_written(api, server, more=5):
    """Waits for some more lines; returns how many there are."""
    wanted = written(api, server) + more
    api.wait(lambda: written(api, server) >= wanted, f"guest has written {wanted} lines",
             lambda: api.console(server)[-1500:], 120)
    return written(api, server)


def volume_folder(cloud):
    return pathlib.Path(cloud.settings.get("volume.path", cloud.state / "host" / "volumes"))


def record(cloud, volume):
    return json.loads((volume_folder(cloud) / f"volume-{volume}.json").read_text())


def active_file(cloud, volume):
    known = record(cloud, volume)
    layer = next(layer for layer in known["layers"] if layer["file"] == known["active"])
    return volume_folder(cloud) / layer["file"], layer["format"]


def lines_of(cloud, volume, tmp_path):
    """How many lines a volume holds; there must be no gap, and nothing behind them."""
    path, disk_format = active_file(cloud, volume)
    raw = tmp_path / "content.raw"
    subprocess.run(["qemu-img", "convert", "-U", "-f", disk_format, "-O", "raw", str(path), str(raw)], check=True,
                   timeout=120)
    count = 0
    with open(raw, "rb") as data:
        while (line := data.read(LINE)) == f"line {count}".ljust(LINE - 1).encode() + b"\n":
            count += 1
        while line:
            assert line.strip(b"\0") == b"", f"behind line {count - 1} stands {line[:40]!r}"
            line = data.read(1 << 20)
    raw.unlink()
    return count


def lines_of_snapshot(cloud, api, snapshot, tmp_path):
    copy = api.ready_volume("copy", api.show_snapshot(snapshot)["size"], snapshot_id=snapshot)
    count = lines_of(cloud, copy, tmp_path)
    api.delete_volume(copy)
    api.wait_gone(lambda: api.show_volume(copy), "copy")
    return count


def online_snapshot(api, name, volume):
    snapshot = api.snapshot(name, volume, force=True)
    api.wait_status(lambda: api.show_snapshot(snapshot), "available", f"snapshot {name}")
    return snapshot


def delete_snapshot(api, snapshot):
    api.delete_snapshot(snapshot)
    api.wait_gone(lambda: api.show_snapshot(snapshot), "snapshot", 120)


def test_guest_sees_the_new_size_at_once(cloud, api, server):
    server, volume = server
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[1]}")
    with pytest.raises(ApiError) as refused:
        api.volume_api("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}}, version="3.41")
    assert refused.value.status == 400 and "3.42" in str(refused.value)
    wait_written(api, server)
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[2]}", 20)
    assert api.show_volume(volume)["size"] == 2
    wait_written(api, server)
    assert cloud.differences() == []


def test_snapshots_of_a_volume_that_is_written_to(cloud, api, server, tmp_path):
    server, volume = server
    layers = len(record(cloud, volume)["layers"])
    snapshots, safe = [], []
    for number in range(3):
        safe.append(wait_written(api, server))
        snapshots.append(online_snapshot(api, f"s{number}", volume))
    after = written(api, server)
    counts = [lines_of_snapshot(cloud, api, snapshot, tmp_path) for snapshot in snapshots]
    assert counts == sorted(counts)
    for told, held in zip(safe, counts):
        assert told <= held <= after + 1
    assert len(record(cloud, volume)["layers"]) == layers + 3
    wait_written(api, server)
    assert cloud.differences() == []

    delete_snapshot(api, snapshots[1])  # in the middle: committed
    assert len(record(cloud, volume)["layers"]) == layers + 2
    wait_written(api, server)
    assert lines_of_snapshot(cloud, api, snapshots[0], tmp_path) == counts[0]
    assert lines_of_snapshot(cloud, api, snapshots[2], tmp_path) == counts[2]
    delete_snapshot(api, snapshots[2])  # the last one: pulled into the active file
    assert len(record(cloud, volume)["layers"]) == layers + 1
    wait_written(api, server)
    assert lines_of_snapshot(cloud, api, snapshots[0], tmp_path) == counts[0]
    delete_snapshot(api, snapshots[0])
    assert len(record(cloud, volume)["layers"]) == layers
    wait_written(api, server)
    assert cloud.differences() == []

    # what is extended after that is what the guest has open
    api.extend(volume, 3)
    api.wait_volume(volume, "in-use")
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[3]}", 20)
    told = wait_written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told


def test_clone_of_a_volume_that_is_written_to(cloud, api, server, tmp_path):
    server, volume = server
    told = wait_written(api, server)
    clone = api.ready_volume("clone", 2, source_volid=volume)
    later = wait_written(api, server)
    held = lines_of(cloud, clone, tmp_path)
    assert told <= held <= later
    assert record(cloud, volume)["snapshots"] == {}, "the temporary snapshot is gone"
    assert api.show_volume(volume)["status"] == "in-use" and api.snapshots() == []
    assert cloud.differences() == []
    api.delete_volume(clone)
    api.wait_gone(lambda: api.show_volume(clone), "clone")


@pytest.mark.parametrize("server", ["qcow2"], indirect=True)
def test_source_of_a_volume_that_is_written_to_is_deleted(cloud, api, server, tmp_path):
    """What they shared becomes the volume's own while the guest goes on."""
    server, volume = server
    source = api.show_volume(volume)["source_volid"]
    wait_written(api, server)
    assert len(record(cloud, volume)["layers"]) == 2
    api.delete_volume(source)
    api.wait_gone(lambda: api.show_volume(source), "source")
    api.wait_flows(volume)
    assert len(record(cloud, volume)["layers"]) == 1
    assert len([path for path in volume_folder(cloud).glob("volume-*")]) == 2, "a file and its record"
    told = wait_written(api, server)
    assert cloud.differences() == []
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told


def test_image_of_a_volume_that_is_written_to(cloud, api, server, tmp_path):
    server, volume = server
    told = wait_written(api, server)
    answer = api.volume_action(volume, "os-volume_upload_image",
                               {"image_name": "of a volume in use", "disk_format": "qcow2", "force": True})
    image = answer["os-volume_upload_image"]["image_id"]
    api.wait_volume(volume, "in-use")
    later = wait_written(api, server)
    copy = api.ready_volume("copy", imageRef=image)
    assert told <= lines_of(cloud, copy, tmp_path) <= later
    assert cloud.differences() == []
    api.delete_volume(copy)
    api.wait_gone(lambda: api.show_volume(copy), "copy")
    api.delete_image(image)


def test_backup_of_a_volume_that_is_written_to(cloud, api, server, tmp_path):
    server, volume = server
    backups = []
    for incremental in (False, True):
        told = wait_written(api, server)
        backups.append(api.ready_backup("of a volume in use", volume, force=True, incremental=incremental))
        later = wait_written(api, server)
        copy = api.restore_backup(backups[-1])
        api.wait_volume(copy)
        assert told <= lines_of(cloud, copy, tmp_path) <= later
        assert api.show_volume(volume)["status"] == "in-use"
        assert cloud.differences() == []
        api.delete_volume(copy)
        api.wait_gone(lambda: api.show_volume(copy), "copy")
    for backup in reversed(backups):
        api.delete_backup(backup)
        api.wait_gone(lambda: api.show_backup(backup), "backup")


def test_new_chain_is_used_from_then_on(cloud, api, server, tmp_path):
    """Hard reboot, stop and start, detach and attach."""
    server, volume = server
    layers = len(record(cloud, volume)["layers"])
    snapshot = online_snapshot(api, "kept", volume)
    told = wait_written(api, server)
    api.action(server, "reboot", {"type": "HARD"})
    api.wait_server(server)
    assert lines_of(cloud, volume, tmp_path) >= told
    held = lines_of_snapshot(cloud, api, snapshot, tmp_path)
    api.wait(lambda: re.search(f"VIRGA-GUEST-BOOT 2.*{LOGIN}", api.console(server), re.DOTALL),
             "the guest is there again", lambda: api.console(server)[-1500:], 120)
    second = online_snapshot(api, "second", volume)
    api.detach(server, volume)
    api.wait_volume(volume, "available")
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    third = online_snapshot(api, "third", volume)  # of a volume whose server doesn't run
    api.extend(volume, 2)
    api.wait_volume(volume, "in-use")
    api.action(server, "os-start")
    api.wait_server(server)
    api.wait_console(server, f"VIRGA-GUEST-DISK vdb {SECTORS[2]}")
    assert lines_of(cloud, volume, tmp_path) >= told
    assert lines_of_snapshot(cloud, api, snapshot, tmp_path) == held
    for each in (second, third, snapshot):
        delete_snapshot(api, each)
    assert len(record(cloud, volume)["layers"]) == layers
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []


def test_boot_volume_is_snapshotted_while_its_server_runs(cloud, api, image, flavor):
    """A server that boots from the snapshot of a running server's root volume."""
    root = api.ready_volume("root", 1, imageRef=image)
    boot = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "delete_on_termination": False}
    server = api.active_server("first", flavor, devices=[{**boot, "uuid": root}])
    api.wait_console(server, LOGIN)
    layers = len(record(cloud, root)["layers"])
    delete_snapshot(api, online_snapshot(api, "not needed", root))
    assert len(record(cloud, root)["layers"]) == layers, "merged while the guest runs from it, above the image's base"
    snapshot = online_snapshot(api, "of the root", root)
    copy = api.ready_volume("copy", api.show_snapshot(snapshot)["size"], snapshot_id=snapshot)
    second = api.active_server("second", flavor, devices=[{**boot, "uuid": copy}])
    api.wait_console(second, LOGIN)
    for each in (server, second):
        api.delete_server(each)
        api.wait_gone(lambda: api.show_server(each), "server")
    delete_snapshot(api, snapshot)
    for each in (copy, root):
        api.delete_volume(each)
        api.wait_gone(lambda: api.show_volume(each), "volume")
    assert cloud.differences() == []
