"""Rows of backups: throughput of full and incremental ones and of restores, beside cp of the same bytes to the same disk."""
import os
import statistics

from harness.cloud import Cloud
from harness.resources import Resources
from measure import MIB, run, timed

VOLUME_MIB = 1024
CHANGED_MIB = 64
ROUNDS = 3


def measure_backups(table):
    cloud = Cloud().start()
    try:
        BackupBench(cloud, table).measure()
    finally:
        cloud.close()


class BackupBench:
    """A volume full of random bytes: nothing to compress, nothing to leave out."""

    def __init__(self, cloud, table):
        self.cloud, self.table = cloud, table
        self.api = Resources(cloud)
        self.volume = self.api.ready_volume("bench", 1)
        self.file = cloud.state / "host" / "volumes" / f"volume-{self.volume}"
        with open(self.file, "r+b") as out:
            for _ in range(VOLUME_MIB // 4):
                out.write(os.urandom(4 * MIB))
            os.fsync(out.fileno())

    def measure(self):
        floor = statistics.median(self.copy_s() for _ in range(ROUNDS))
        full = [self.backup_s(f"full-{index}") for index in range(ROUNDS)]
        speed = lambda seconds: VOLUME_MIB / seconds
        self.table.add(f"full backup of {VOLUME_MIB} MiB of random bytes", speed(statistics.median(full)), "MiB/s", "-",
                       speed(floor), "cp and sync")
        increments = []
        for index in range(ROUNDS):
            self.change(index)
            increments.append(self.backup_s(f"increment-{index}", incremental=True))
        self.table.add(f"incremental backup, {CHANGED_MIB} of {VOLUME_MIB} MiB changed", speed(statistics.median(increments)),
                       "MiB/s", "-", speed(floor), "cp and sync of all", "MiB of the volume, all of which is read")
        restores = [self.restore_s(f"increment-{ROUNDS - 1}") for _ in range(ROUNDS)]
        self.table.add(f"restore of {VOLUME_MIB} MiB, verified", speed(statistics.median(restores)), "MiB/s", "-", speed(floor),
                       "cp and sync")

    def copy_s(self):
        target = self.cloud.state / "host" / "copy"

        def work():
            run("cp", "--reflink=never", self.file, target)
            run("sync", "--data", target)
        seconds = timed(work)
        target.unlink()
        return seconds

    def flow_s(self, resource, kind):
        flow = next(flow for flow in self.api.flows(resource) if flow["kind"] == kind)
        assert flow["state"] == "succeeded", flow
        return (flow["ended_us"] - flow["started_us"]) / 1e6

    def backup_s(self, name, **fields):
        backup = self.api.backup(name, self.volume, **fields)
        self.api.wait_flows(backup, 300)
        return self.flow_s(backup, "create_backup")

    def change(self, seed):
        with open(self.file, "r+b") as out:
            out.seek((seed * 100 % VOLUME_MIB) * MIB)
            out.write(os.urandom(CHANGED_MIB * MIB))

    def restore_s(self, name):
        backup = next(item["id"] for item in self.api.backups() if item["name"] == name)
        volume = self.api.restore_backup(backup)
        self.api.wait_flows(volume, 300)
        seconds = self.flow_s(volume, "create_volume")
        self.api.delete_volume(volume)
        self.api.wait_gone(lambda: self.api.show_volume(volume), "volume")
        return seconds
