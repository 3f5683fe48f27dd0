"""The row of images that come by HTTP, since the host sees no folder of the control process."""
import statistics
import time

from harness.apart import HostApart
from harness.cloud import Cloud
from measure import run, timed
from on_volumes import VOLUME_MIB, VolumeBench, fill

ROUNDS = 3


class CloudApart(HostApart, Cloud):
    pass


def measure_transfers(table):
    cloud = CloudApart().start()
    try:
        TransferBench(cloud, table).measure()
    finally:
        cloud.close()


class TransferBench(VolumeBench):
    """A volume of a new image each time, and beside it a copy on the same disk."""

    def __init__(self, cloud, table):
        super().__init__(cloud, table, "apart", cloud.volume_folder)

    def measure_all(self):
        pairs = [(timed(self.copy), self.fetch_s()) for _ in range(ROUNDS)]
        copy, fetched = (VOLUME_MIB / statistics.median(column) for column in zip(*pairs))
        self.add("image fetched by URL, 1 GiB", fetched, "MiB/s", "90 % of the floor", copy, "cp and sync",
                 f"median of {ROUNDS}; until the volume is there")

    def copy(self):
        target = self.fresh_target(self.folder)
        run("cp", "--reflink=never", self.source, target)
        run("sync", "--data", target)

    def fetch_s(self):
        """Each image is another one: data that the host has is not fetched again."""
        fill(self.source, 4)
        with open(self.source, "rb") as data:
            image = self.api.image(f"bench-{time.monotonic()}", data)
        return self.volume_s(imageRef=image)
