"""Everything in a cluster dies or is cut off, at random, while eight clients work: nobody may notice more than a pause."""
import os
import threading
import time
import uuid

import pytest

from harness.cloud import wait_for
from harness.cluster import Cluster, up_hosts
from harness.resources import Resources
from harness.storm import Client, Refused, Weather

CLIENTS = 8
STORM_SECONDS = float(os.environ.get("VIRGA_STORM_SECONDS", "60"))
SETTLE_SECONDS = 300
pytestmark = pytest.mark.long

ENDS = ("active", "available", "in-use", "error", "error_deleting")


@pytest.fixture
def cluster():
    running = Cluster()
    try:
        yield running.start()
    finally:
        running.close()


class Worker(threading.Thread):
    """The life of a server, again and again: a volume, a boot from it with a new one besides, and away with all."""

    def __init__(self, cluster, token, flavor, seed, ending):
        super().__init__(daemon=True)
        self.client = Client(cluster, token, seed)
        self.flavor = flavor
        self.ending = ending
        self.failure = None
        self.lives = 0
        self.errors = []  # what ended in error, as it may when nobody is there to do it

    def run(self):
        try:
            while not self.ending.is_set():
                self.one_life()
                self.lives += 1
        except Exception as failure:  # for the test's own thread
            self.failure = failure

    def one_life(self):
        name = f"life-{uuid.uuid4().hex[:8]}"
        volume = self.client.make("/volume/v3/volumes", "volume", {"name": name, "size": 1})
        path = f"/volume/v3/volumes/{volume}"
        state = self.client.settled(path, "volume", ENDS)
        if state == "available":
            self.client.call("POST", f"{path}/action", {"os-set_bootable": {"bootable": True}})
            self.delete(self.boot(name, volume), "server")
            self.client.settled(path, "volume", ("available", "error"))
        else:
            self.errors.append(f"volume is {state}")
        self.delete(path, "volume")

    def boot(self, name, volume):
        root = {"source_type": "volume", "destination_type": "volume", "uuid": volume, "boot_index": 0}
        blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "delete_on_termination": True}
        server = self.client.make("/compute/v2.1/servers", "server", {
            "name": name, "flavorRef": self.flavor, "block_device_mapping_v2": [root, blank]})
        path = f"/compute/v2.1/servers/{server}"
        state = self.client.settled(path, "server", ENDS)
        if state != "active":
            self.errors.append(f"server is {state}: {self.client.call('GET', path)['server'].get('fault')}")
        return path

    def delete(self, path, kind):
        try:
            self.client.call("DELETE", path)
        except Refused as refused:
            if refused.status != 404:
                raise
        state = self.client.settled(path, kind, ("error", "error_deleting"))
        if state != "gone":
            self.errors.append(f"deleting {path}: {state}")


def test_a_storm_of_faults_loses_nothing(cluster):
    seed = int(os.environ.get("VIRGA_STORM_SEED", time.time()))
    print(f"VIRGA_STORM_SEED={seed}")
    api = Resources(cluster.controls[0])
    flavor = api.flavor("small")
    ending = threading.Event()
    workers = [Worker(cluster, api.cloud.token, flavor, seed + number, ending) for number in range(CLIENTS)]
    with Weather(cluster, seed) as weather:
        for worker in workers:
            worker.start()
        ending.wait(STORM_SECONDS)
    ending.set()
    names = {host.machine.name for host in cluster.hosts}
    wait_for(lambda: all(up_hosts(control) == names for control in cluster.controls), SETTLE_SECONDS, "all hosts are up")
    for worker in workers:
        worker.join(SETTLE_SECONDS)
    lives = sum(worker.lives for worker in workers)
    errors = [error for worker in workers for error in worker.errors]
    print(f"faults {weather.report}; {lives} lives, {sum(w.client.answers for w in workers)} answers, "
          f"{sum(w.client.waits for w in workers)} waits; errors: {errors}")
    assert not [fault for worker in workers for fault in worker.client.faults]
    assert not [worker.failure for worker in workers if worker.failure]
    assert not [worker for worker in workers if worker.is_alive()]
    assert lives > len(errors)
    api.delete_all()
    for control in cluster.controls:
        wait_for(lambda control=control: control.differences() == [], SETTLE_SECONDS, "nothing differs")
