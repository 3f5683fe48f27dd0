"""Everything in a cluster dies or is cut off, at random, while eight clients work: nobody may notice more than a pause."""
import os
import threading
import time
from collections import Counter

import pytest

from harness.cloud import wait_for
from harness.cluster import Cluster, up_hosts
from harness.guests import FLAVOR, GuestReaper, upload_guest
from harness.lives import Worker
from harness.resources import Resources
from harness.storm import Client, Weather

CLIENTS = 8
IMAGE_BYTES = 4 << 20
STORM_SECONDS = float(os.environ.get("VIRGA_STORM_SECONDS", "60"))
SETTLE_SECONDS = 300
LOGS = os.environ.get("VIRGA_STORM_LOGS")  # a folder
pytestmark = pytest.mark.long


@pytest.fixture(params=["fake", "libvirt"])
def cluster(request):
    """Volumes and what exports them are real with either hypervisor."""
    with GuestReaper():
        running = Cluster(settings={"compute.driver": request.param, "libvirt.virt_type": "qemu"})
        running.has_guests = request.param == "libvirt"
        try:
            yield running.start()
        finally:
            if LOGS:
                running.keep_logs(f"{LOGS}/{request.param}")
            running.close()


def lay_ground(cluster):
    """What lives start from, and no limit to how many there are."""
    api = Resources(cluster.controls[0])
    project = api.cloud.openrc()["OS_PROJECT_NAME"]
    project_id = api.call("GET", f"/identity/v3/projects?name={project}")["projects"][0]["id"]
    compute, volume = ("instances", "cores", "ram"), ("volumes", "snapshots", "gigabytes")
    api.compute("PUT", f"/os-quota-sets/{project_id}", {"quota_set": dict.fromkeys(compute, -1)})
    api.volume_api("PUT", f"/os-quota-sets/{project_id}", {"quota_set": dict.fromkeys(volume, -1)})
    if cluster.has_guests:
        image = upload_guest(api, os_shutdown_timeout="1")
    else:
        image = api.image("ground", os.urandom(IMAGE_BYTES))
    root = api.ready_volume("ground", imageRef=image)
    return api, {"flavor": api.flavor("small", **FLAVOR), "image": image, "snapshot": api.ready_snapshot("ground", root)}


def test_a_storm_of_faults_loses_nothing(cluster):
    seed = int(os.environ.get("VIRGA_STORM_SEED", time.time()))
    print(f"VIRGA_STORM_SEED={seed}")
    api, ground = lay_ground(cluster)
    ending = threading.Event()
    workers = [Worker(ground, Client(cluster, api.cloud.token, seed + number), ending, hot=not cluster.has_guests)
               for number in range(CLIENTS)]
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
    done = sum((Counter(worker.done) for worker in workers), Counter())
    print(f"faults {weather.report}; {lives} lives, {sum(w.client.answers for w in workers)} answers, "
          f"{sum(w.client.waits for w in workers)} waits; done: {dict(done)}; errors:", *errors, sep="\n")
    assert not [fault for worker in workers for fault in worker.client.faults]
    assert not [worker.failure for worker in workers if worker.failure]
    assert not [worker for worker in workers if worker.is_alive()]
    assert lives > len(errors)
    api.delete_all()
    for control in cluster.controls:
        wait_for(lambda control=control: control.differences() == [], SETTLE_SECONDS, "nothing differs")
    wait_for(lambda: not weather.exports(), SETTLE_SECONDS, "no export is left")
    assert not [pid for host in cluster.hosts for pid in host.guest_processes()]
