"""The same where the file system can reflink: the storage host copies what the guest writes to, at one instant."""
import pathlib
import subprocess
import tempfile

import pytest

from harness.cloud import Cloud
from harness.guests import GuestReaper
from harness.resources import Resources
from test_online_volumes import (delete_snapshot, flavor, image, lines_of, lines_of_snapshot, online_snapshot, record,
                                 server, test_backup_of_a_volume_that_is_written_to,
                                 test_image_of_a_volume_that_is_written_to, wait_written, written)

__all__ = ["flavor", "image", "server",  # fixtures
           "test_backup_of_a_volume_that_is_written_to", "test_image_of_a_volume_that_is_written_to"]


@pytest.fixture(scope="module")
def xfs():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="virga-xfs-"))
    file = pathlib.Path("/dev/shm") / f"{folder.name}.img"
    try:
        with open(file, "wb") as data:
            data.truncate(1 << 30)
        subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(file)], check=True)
        subprocess.run(["mount", "-o", "loop", str(file), str(folder)], check=True)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)
        folder.rmdir()
        file.unlink()


@pytest.fixture(scope="module")
def cloud(xfs):
    with GuestReaper():
        running = Cloud("libvirt", {"volume.path": str(xfs / "volumes")}).start()
        yield running
        running.close()


@pytest.fixture(scope="module")
def api(cloud):
    return Resources(cloud)


def test_copies_of_one_instant(cloud, api, server, tmp_path):
    server, volume = server
    active = record(cloud, volume)["active"]
    snapshots, safe = [], []
    for number in range(8):
        safe.append(wait_written(api, server, 2))
        snapshots.append(online_snapshot(api, f"s{number}", volume))
    clone = api.ready_volume("clone", api.show_volume(volume)["size"], source_volid=volume)
    after = written(api, server)
    assert record(cloud, volume)["active"] == active, "the guest goes on in the same file"
    counts = [lines_of_snapshot(cloud, api, snapshot, tmp_path) for snapshot in snapshots]
    counts.append(lines_of(cloud, clone, tmp_path))
    assert counts == sorted(counts)
    for told, held in zip(safe, counts):
        assert told <= held <= after + 1
    for snapshot in snapshots:
        delete_snapshot(api, snapshot)
    told = wait_written(api, server)
    api.action(server, "os-stop")
    api.wait_server(server, "SHUTOFF", 120)
    assert lines_of(cloud, volume, tmp_path) >= told
    assert cloud.differences() == []
    api.delete_volume(clone)
    api.wait_gone(lambda: api.show_volume(clone), "clone")
