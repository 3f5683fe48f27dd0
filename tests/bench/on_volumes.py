"""Rows of volumes on each kind of storage, beside qemu-img, cp and QEMU alone on the same storage."""
import json
import os
import pathlib
import statistics
import subprocess
import time

from harness.cloud import Cloud
from harness.gluster import GlusterServer, backend_settings
from harness.guests import FLAVOR, upload_guest
from harness.resources import Resources
from bare_qemu import online_snapshot_s
from measure import MIB, run, timed

VOLUME_MIB = 1024
CHANGED_MIB = 64
ROUNDS = 5


def measure_volumes(table):
    cloud = Cloud("libvirt").start()
    try:
        VolumeBench(cloud, table, "local", cloud.state / "host" / "volumes").measure()
    finally:
        cloud.close()
    gluster = GlusterServer()
    try:
        cloud = Cloud("libvirt", backend_settings(gluster)).start()
        try:
            VolumeBench(cloud, table, "glusterfs", pathlib.Path(gluster.mount_points()[0])).measure()
        finally:
            cloud.close()
    finally:
        gluster.close()


class VolumeBench:
    """All of the data are random bytes: nothing to compress, nothing to leave out."""

    def __init__(self, cloud, table, label, folder):
        self.cloud, self.table, self.label, self.folder = cloud, table, label, folder
        self.api = Resources(cloud)
        self.source = cloud.folder / "source.raw"
        self.targets = []
        fill(self.source, VOLUME_MIB)

    def measure(self):
        try:
            self.measure_all()
        finally:
            for target in self.targets:
                target.unlink(missing_ok=True)

    def measure_all(self):
        convert = self.floor_s("qemu-img", "convert", "-f", "raw", "-O", "raw", self.source)
        overlay, overlay_is = self.cheapest_copy_s()
        with open(self.source, "rb") as data:
            image = self.api.image("bench", data)
        first = self.volume_s(imageRef=image)
        self.add("volume from a 1 GiB image, the first", first * 1000, "ms", "90 % of the floor's speed", convert * 1000,
                 "qemu-img convert")
        self.cheap("volume from a 1 GiB image, the next", lambda: self.volume_s(imageRef=image), overlay, overlay_is)
        volume = self.api.ready_volume("source", imageRef=image)
        snapshot = self.api.ready_snapshot("bench", volume)
        self.cheap("volume from a snapshot", lambda: self.volume_s(snapshot_id=snapshot), overlay, overlay_is)
        self.cheap("clone", lambda: self.volume_s(source_volid=volume), overlay, overlay_is)
        self.snapshots_in_use(volume)
        self.delete_from_chain()
        self.backups()

    def add(self, what, *columns):
        self.table.add(f"{self.label}: {what}", *columns)

    def cheap(self, what, work, floor_s, floor_is):
        self.add(what, statistics.median(work() for _ in range(ROUNDS)) * 1000, "ms", "under 100 ms", floor_s * 1000,
                 floor_is, f"median of {ROUNDS}")

    # ---- floors

    def fresh_target(self, folder):
        """They stay until the end: a copy into memory that an earlier one just gave back would be no match for a volume."""
        self.targets.append(folder / f"bench-target-{len(self.targets)}")
        return self.targets[-1]

    def floor_s(self, *words, rounds=3):
        """Of a command whose last word, the target, is still missing."""
        return statistics.median(timed(lambda: run(*words, self.fresh_target(self.folder))) for _ in range(rounds))

    def cheapest_copy_s(self):
        """A reflink where the storage can, else an overlay: (seconds, what it is)."""
        original = self.folder / "bench-original"
        run("cp", self.source, original)
        try:
            reflink = ("cp", "--reflink=always", original)
            tried = [*reflink, self.fresh_target(self.folder)]
            if subprocess.run([str(word) for word in tried], capture_output=True, check=False).returncode == 0:
                return self.floor_s(*reflink), "cp --reflink"
            return self.floor_s("qemu-img", "create", "-f", "qcow2", "-b", original, "-F", "raw"), \
                "qemu-img create of an overlay"
        finally:
            original.unlink()

    # ---- what users do; seconds from the request to its recorded end

    def ended_s(self, resource, kind, started):
        def ended():
            found = [flow for flow in self.api.flows(resource) if flow["kind"] == kind and flow["ended_us"]]
            return found[0] if found else None
        flow = self.api.wait(ended, f"{kind} of {resource}", seconds=300)
        assert flow["state"].lower() == "succeeded", flow
        return flow["ended_us"] / 1e6 - started

    def volume_s(self, **source):
        started = time.time()
        volume = self.api.volume("bench", 1, **source)
        took = self.ended_s(volume, "create_volume", started)
        self.api.delete_volume(volume)
        self.api.wait_gone(lambda: self.api.show_volume(volume), "volume")
        return took

    def snapshot_s(self, volume, **fields):
        started = time.time()
        snapshot = self.api.snapshot("bench", volume, **fields)
        return snapshot, self.ended_s(snapshot, "create_snapshot", started)

    def delete_snapshot_s(self, snapshot):
        started = time.time()
        self.api.delete_snapshot(snapshot)
        return self.ended_s(snapshot, "delete_snapshot", started)

    def snapshots_in_use(self, volume):
        """Of a volume that a running guest has open."""
        flavor = self.api.flavor("bench", **FLAVOR)
        server = self.api.active_server("bench", flavor, upload_guest(self.api))
        self.api.attach(server, volume)
        self.api.wait_volume(volume, "in-use")
        times = []
        for _ in range(ROUNDS):
            snapshot, took = self.snapshot_s(volume, force=True)
            times.append(took)
            self.delete_snapshot_s(snapshot)
        floor = statistics.median(online_snapshot_s(self.folder, VOLUME_MIB) for _ in range(ROUNDS))
        self.add("snapshot of a volume in use", statistics.median(times) * 1000, "ms", "under 100 ms", floor * 1000,
                 "blockdev-snapshot-sync of a QEMU", f"median of {ROUNDS}")
        self.api.delete_server(server)
        self.api.wait_gone(lambda: self.api.show_server(server), "server")

    def delete_from_chain(self):
        """The middle one of three snapshots, whose layer holds data."""
        volume = self.api.ready_volume("chain")
        snapshots = []
        for number in range(3):
            self.write(volume, number)
            snapshots.append(self.snapshot_s(volume)[0])
        took = self.delete_snapshot_s(snapshots[1])
        self.add(f"delete of a snapshot in a chain, {CHANGED_MIB} MiB", took * 1000, "ms", "-", self.commit_s() * 1000,
                 "qemu-img commit")

    def write(self, volume, number):
        """Through the chain, as a guest would."""
        active = self.folder / json.loads((self.folder / f"volume-{volume}.json").read_text())["active"]
        data = self.cloud.folder / "changed.raw"
        fill(data, CHANGED_MIB)
        words = f"write -s {data} {number * CHANGED_MIB}M {CHANGED_MIB}M"
        kind = "raw" if number == 0 else "qcow2"
        run("qemu-io", "-f", kind, "-c", words, active)

    def commit_s(self):
        base, layer = self.folder / "bench-base", self.folder / "bench-layer"
        data = self.cloud.folder / "changed.raw"
        try:
            run("qemu-img", "create", "-f", "qcow2", base, f"{VOLUME_MIB}M")
            run("qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "qcow2", layer)
            run("qemu-io", "-f", "qcow2", "-c", f"write -s {data} 0 {CHANGED_MIB}M", layer)
            return timed(lambda: run("qemu-img", "commit", "-d", "-f", "qcow2", layer))
        finally:
            base.unlink(missing_ok=True)
            layer.unlink(missing_ok=True)

    # ---- backups, in MiB of the volume per second

    def backups(self):
        volume = self.api.ready_volume("backed up")
        self.file = self.folder / f"volume-{volume}"
        fill(self.file, VOLUME_MIB)
        pairs = [(self.copy_s(), self.backup_s(volume, f"full-{index}")) for index in range(3)]
        copy, full = VOLUME_MIB / statistics.median(pair[0] for pair in pairs), [pair[1] for pair in pairs]
        self.add("full backup of 1 GiB", VOLUME_MIB / statistics.median(full), "MiB/s", "90 % of the floor", copy,
                 "cp and sync to the backups' disk")
        increments = []
        for index in range(3):
            self.change(index)
            increments.append(self.backup_s(volume, f"increment-{index}", incremental=True))
        self.add(f"incremental backup, {CHANGED_MIB} of {VOLUME_MIB} MiB changed",
                 VOLUME_MIB / statistics.median(increments), "MiB/s", "90 % of the floor", copy,
                 "cp and sync to the backups' disk", "MiB of the volume, all of which is read")
        pairs = [(self.copy_s(back=True), self.restore_s("increment-2")) for _ in range(3)]
        back, restores = VOLUME_MIB / statistics.median(pair[0] for pair in pairs), [pair[1] for pair in pairs]
        self.add("restore of 1 GiB, verified", VOLUME_MIB / statistics.median(restores), "MiB/s", "90 % of the floor", back,
                 "cp and sync to the volumes' storage")

    def copy_s(self, back=False):
        source = self.source if back else self.file
        target = self.fresh_target(self.folder if back else self.cloud.state / "host")

        def work():
            run("cp", "--reflink=never", source, target)
            run("sync", "--data", target)
        return timed(work)

    def backup_s(self, volume, name, **fields):
        started = time.time()
        backup = self.api.backup(name, volume, **fields)
        took = self.ended_s(backup, "create_backup", started)
        self.api.wait_volume(volume)
        return took

    def change(self, seed):
        with open(self.file, "r+b") as out:
            out.seek((seed * 100 % VOLUME_MIB) * MIB)
            out.write(os.urandom(CHANGED_MIB * MIB))

    def restore_s(self, name):
        backup = next(item["id"] for item in self.api.backups() if item["name"] == name)
        started = time.time()
        volume = self.api.restore_backup(backup)
        took = self.ended_s(volume, "create_volume", started)
        self.api.delete_volume(volume)
        self.api.wait_gone(lambda: self.api.show_volume(volume), "volume")
        return took


def fill(path, mib):
    with open(path, "r+b" if path.exists() else "wb") as out:
        for _ in range(mib // 4):
            out.write(os.urandom(4 * MIB))
        os.fsync(out.fileno())
