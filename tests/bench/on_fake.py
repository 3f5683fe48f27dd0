"""Rows that need no hypervisor: memory, start, control cost of boots and lists."""
import os
import threading
import time

from harness.resources import Resources
from harness.serve import ServedCloud
from measure import (MIB, Client, median_ms, memory_mib, request_rate, shared_out_mib, spawn_ms, synced_commit_ms,
                     timed)

SEQUENTIAL = 50
BURST = 200
CLIENTS = 8
LISTED = 1000
ROOMY = {"quota.instances": -1, "quota.cores": -1, "quota.ram_mib": -1, "quota.ports": -1}


def measure_on_fake(table):
    cloud = ServedCloud("fake", ROOMY).start()
    try:
        bench = FakeBench(cloud, table)
        bench.request_to_active()
        bench.burst()
        bench.long_list()
        bench.tokens()
    finally:
        cloud.close()


class FakeBench:
    def __init__(self, cloud, table):
        self.cloud, self.table = cloud, table
        self.api = Resources(cloud)
        self.flavor = self.api.flavor("bench", ram=64, disk=1)
        self.image = self.api.image("bench", os.urandom(MIB))
        self.client = Client(cloud.port, cloud.token)
        self.api.active_server("warm", self.flavor, self.image)
        self.count = 1

    def body(self, name):
        return {"server": {"name": name, "flavorRef": self.flavor, "imageRef": self.image}}

    def boot(self, client, name):
        return client.call("POST", "/compute/v2.1/servers", self.body(name))["server"]["id"]

    def ended_s(self, server):
        """When the boot ended, by the record of its flow."""
        def flow():
            found = self.api.flows(server)[0]
            return found if found["ended_us"] else None
        found = self.api.wait(flow, f"boot of {server}")
        assert found["state"].lower() == "succeeded", found
        return found["ended_us"] / 1e6

    def empty_get_ms(self):
        return median_ms([timed(lambda: self.client.call("GET", "/")) for _ in range(SEQUENTIAL)])

    def request_to_active(self):
        times = []
        for index in range(SEQUENTIAL):
            started = time.time()
            server = self.boot(self.client, f"sequential-{index}")
            times.append(self.ended_s(server) - started)
        self.count += SEQUENTIAL
        commit = synced_commit_ms(self.cloud.folder)
        self.table.add("request to ACTIVE, fake hypervisor", median_ms(times), "ms", "under 15 ms",
                       self.empty_get_ms() + commit, "empty GET of the same server + one synced SQLite commit",
                       f"median of {SEQUENTIAL}; the commit alone is {commit:.2f} ms")

    def in_parallel(self, total, one):
        """Calls one(client, index) `total` times from several threads; returns the seconds that it took."""
        def work(first):
            client = Client(self.cloud.port, self.cloud.token)
            for index in range(first, total, CLIENTS):
                one(client, index)
        threads = [threading.Thread(target=work, args=(first,)) for first in range(CLIENTS)]

        def run_all():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return timed(run_all)

    def burst(self):
        made = []
        started = time.time()
        self.in_parallel(BURST, lambda client, index: made.append(self.boot(client, f"burst-{index}")))
        ended = max(self.ended_s(server) for server in made)
        self.count += BURST
        empty = self.in_parallel(BURST, lambda client, index: client.call("GET", "/"))
        self.table.add("servers built per second, fake hypervisor", BURST / (ended - started), "/s", "over 200",
                       BURST / empty, "empty GETs from the same 8 clients", f"{BURST} servers, {CLIENTS} clients")

    def long_list(self):
        missing = LISTED - self.count
        self.in_parallel(missing, lambda client, index: self.boot(client, f"more-{index}"))
        path = f"/compute/v2.1/servers/detail?limit={LISTED}"

        def all_active():
            servers = self.client.call("GET", path)["servers"]
            return len(servers) == LISTED and all(server["status"] == "ACTIVE" for server in servers)
        self.api.wait(all_active, f"{LISTED} servers are active", seconds=120)
        raw = Client(self.cloud.port, self.cloud.token)
        size = 0

        def fetch(target):
            nonlocal size
            raw.connection.request("GET", target, headers=raw.headers)
            size = len(raw.connection.getresponse().read())
        times = [timed(lambda: fetch(path)) for _ in range(10)]
        list_bytes = size
        static = self.api.image("static", os.urandom(list_bytes))
        floor = [timed(lambda: fetch(f"/image/v2/images/{static}/file")) for _ in range(10)]
        self.table.add("list 1,000 servers with details", median_ms(times), "ms", "under 15 ms", median_ms(floor),
                       "the same bytes as a stored file", f"{list_bytes / MIB:.1f} MiB")

    def tokens(self):
        """Services ask for each request of theirs whether its token is good."""
        port, token = self.cloud.port, self.cloud.token
        subject = self.cloud.login()
        empty = request_rate(port, "/", {})
        validated = request_rate(port, "/identity/v3/auth/tokens",
                                 {"X-Auth-Token": token, "X-Subject-Token": subject})
        self.table.add("tokens validated per second", validated, "/s", "half of the floor", empty,
                       "empty GETs on as many connections", f"{validated / empty:.0%} of the floor, with catalog")


def measure_idle(table, program):
    """A fresh cloud with the real hypervisor driver and no guest."""
    cloud = ServedCloud("libvirt")
    try:
        cloud.launch()
        cloud.wait_ready()
        cloud.openstack("token", "issue")
        pids = cloud.family()
        until = time.monotonic() + 5  # what starting needed is given back meanwhile
        while time.monotonic() < until:
            time.sleep(0.2)
        rss = [memory_mib(pid) for pid in pids]
        pss = [shared_out_mib(pid) for pid in pids]
        parts = ", ".join(f"{value:.1f}" for value in rss)
        table.add("idle, resident memory of both processes", sum(rss[1:]), "MiB", "under 64 MiB", None, "",
                  f"parent, control, host: {parts}")
        table.add("idle, with the parent, shared pages counted once", sum(pss), "MiB", "-")
        measure_start(table, cloud, program)
    finally:
        cloud.close()


def measure_start(table, cloud, program):
    fresh = ServedCloud("fake")
    try:
        first = first_token_s(fresh)
        fresh.stop_half("serve")
    finally:
        fresh.close()
    cloud.stop_half("serve")
    again = first_token_s(cloud)
    spawn = spawn_ms(program, "--help")
    table.add("virga serve to first token, new cloud", first * 1000, "ms", "under 500 ms", spawn, "virga --help")
    table.add("virga serve to first token, again, with libvirt", again * 1000, "ms", "under 500 ms", spawn,
              "virga --help")


def first_token_s(cloud):
    """From the start of the program to a token in the hands of a user who asks without a break."""
    ready = cloud.state / "control" / "ready"
    ready.unlink(missing_ok=True)

    def work():
        cloud.launch()
        while not ready.exists():
            time.sleep(0.001)
        cloud.login()
    return timed(work)


