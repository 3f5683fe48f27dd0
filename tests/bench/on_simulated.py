#!/usr/bin/python3
"""Rows of one control process with very many hosts and servers, on PostgreSQL and NATS of this machine.

The size is small unless VIRGA_BENCH_HOSTS and VIRGA_BENCH_SERVERS ask for more (10000 and 1000000: half an hour, 20 GiB
of disk). Alone, with $VIRGA_BIN: tools/contain.py /usr/bin/python3 tests/bench/on_simulated.py [--json FILE]
"""
import argparse
import json
import os
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from harness.cloud import wait_for  # noqa: E402
from harness.resources import Resources  # noqa: E402
from harness.simulated import SimulatedCloud  # noqa: E402
from measure import MIB, Client, Table, shared_out_mib, timed  # noqa: E402

HOSTS = int(os.environ.get("VIRGA_BENCH_HOSTS", 1000))
SERVERS = int(os.environ.get("VIRGA_BENCH_SERVERS", 20_000))
PROJECTS = 10
BOOTS = 500
CLIENTS = 8
ROUNDS = 100
PAGE = 1000
WAIT_SECONDS = 3600
BIG_SERVER = {"shared_buffers": "'1GB'", "max_wal_size": "'8GB'", "fsync": "on", "max_connections": 200}
SERVERS_PATH = "/compute/v2.1/servers"


def percentile(seconds, part):
    """In milliseconds."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * part))] * 1000


def family_mib(pid):
    """Of a process and its children, shared pages divided among those who share them."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return shared_out_mib(pid) + sum(family_mib(int(child)) for child in children)


def cpu_seconds(pid):
    """Of a process and its children so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) for child in children)


class Member:
    """A user of one project."""

    def __init__(self, cloud, api, number):
        self.project = api.call("POST", "/identity/v3/projects", {"project": {"name": f"bench-{number}"}})["project"]["id"]
        self.name = f"bench-{number}"
        self.password = "Bench-4711-pass"
        user = api.call("POST", "/identity/v3/users", {"user": {"name": self.name, "password": self.password}})["user"]["id"]
        roles = {role["name"]: role["id"] for role in api.call("GET", "/identity/v3/roles")["roles"]}
        api.call("PUT", f"/identity/v3/projects/{self.project}/users/{user}/roles/{roles['member']}")
        self.token = cloud.login(self.name, self.password, f"bench-{number}")


class SimulatedBench:
    def __init__(self, cloud, table, hosts, servers):
        self.cloud, self.table, self.hosts, self.servers = cloud, table, hosts, servers
        self.api = Resources(cloud)
        self.what = f"{hosts:,} hosts, {servers:,} servers"

    def add(self, what, value, unit, note=""):
        self.table.add(f"{self.what}: {what}", value, unit, "-", None, "", note)

    def prepare(self):
        """Ten projects with a server each, and copies of those."""
        self.flavor = self.api.flavor("bench", ram=64, disk=1)
        self.image = self.api.image("bench", os.urandom(MIB), visibility="public")
        network = {"name": "wide", "shared": True}
        self.network = self.api.call("POST", "/network/v2.0/networks", {"network": network})["network"]["id"]
        subnet = {"network_id": self.network, "ip_version": 4, "cidr": "10.0.0.0/8", "enable_dhcp": False}
        self.api.call("POST", "/network/v2.0/subnets", {"subnet": subnet})
        self.members = [Member(self.cloud, self.api, number) for number in range(PROJECTS)]
        templates = [self.boot(Client(self.cloud.port, member.token), "template") for member in self.members]
        for template in templates:
            self.api.wait_server(template)
        filling = timed(lambda: self.cloud.fill(self.servers, templates))
        self.add("filling the database", filling, "s", f"{self.servers / filling:,.0f} servers a second, by SQL")

    def boot(self, client, name):
        body = {"name": name, "flavorRef": self.flavor, "imageRef": self.image, "networks": [{"uuid": self.network}]}
        return client.call("POST", SERVERS_PATH, {"server": body})["server"]["id"]

    def measure(self):
        self.all_up("first start")
        self.prepare()
        self.restart()
        self.idle_cpu()
        self.boots()
        self.lists()
        self.schedules()
        self.memory()

    def all_up(self, when):
        """Hosts are taken in, and each was looked at."""
        def settled():
            return self.count("SELECT count(*) FROM flows WHERE kind = 'reconcile_host' AND ended_us = 0") == 0 \
                and self.count("SELECT count(*) FROM hosts WHERE state = 'up'") == self.hosts \
                and self.count("SELECT count(*) FROM host_presence") == self.hosts
        wait_for(settled, WAIT_SECONDS, f"all hosts were looked at, {when}")

    def count(self, statement):
        return int(self.cloud.database.rows(statement)[0][0])

    def reconciled(self):
        return self.count("SELECT count(*) FROM flows WHERE kind = 'reconcile_host' AND ended_us > 0")

    def restart(self):
        """A kill, as of a machine; hosts hear of the next control process when it asks for them."""
        self.cloud.kill("control")
        before = self.reconciled()
        begin = time.monotonic()
        self.cloud.start_half("control")
        self.cloud.wait_announced("control")
        ready = time.monotonic()
        self.cloud.hosts.wait_line("welcomed")
        welcomed = time.monotonic()
        wait_for(lambda: self.reconciled() >= before + self.hosts, WAIT_SECONDS, "all hosts were looked at")
        looked_at = time.monotonic()
        self.cloud.forget_logins()
        self.add("start of control until the API answers", ready - begin, "s")
        self.add("start of control until all hosts are taken in", welcomed - begin, "s")
        self.add("start of control until the servers of all hosts were looked at", looked_at - begin, "s",
                 f"the process that plays the hosts has answered {self.cloud.hosts.commands():,} commands so far")

    def pids(self):
        return {"control": self.cloud.processes["control"].pid, "NATS": self.cloud.nats.process.pid,
                "PostgreSQL": self.cloud.server.pid(), "hosts": self.cloud.hosts.process.pid}

    def idle_cpu(self):
        seconds = 20
        before = {name: cpu_seconds(pid) for name, pid in self.pids().items()}
        time.sleep(seconds)
        used = {name: (cpu_seconds(pid) - before[name]) * 100 / seconds for name, pid in self.pids().items()}
        self.add("processor of control, no requests", used["control"], "%", "of one core; beside it " + ", ".join(
            f"{name} {value:.0f} %" for name, value in used.items() if name != "control"))

    def boots(self):
        made = []

        def work(first):
            client = Client(self.cloud.port, self.members[first % PROJECTS].token)
            for index in range(first, BOOTS, CLIENTS):
                started = time.time()
                made.append((self.boot(client, f"burst-{index}"), started))
        before = {name: cpu_seconds(pid) for name, pid in self.pids().items()}
        begin = time.time()
        threads = [threading.Thread(target=work, args=(first,)) for first in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = {server: self.ended_s(server) for server, _ in made}
        rate = BOOTS / (max(ended.values()) - begin)
        used = {name: (cpu_seconds(pid) - before[name]) / BOOTS * 1000 for name, pid in self.pids().items()}
        self.add("servers built per second", rate, "/s", f"{BOOTS} servers, {CLIENTS} clients; ms of processor a boot: " +
                 ", ".join(f"{name} {value:.1f}" for name, value in used.items()))
        self.tell_times("request to ACTIVE in that burst", [ended[server] - started for server, started in made])

    def ended_s(self, server):
        def flow():
            found = self.cloud.trace(server)[0]
            return found if found["ended_us"] else None
        found = wait_for(flow, WAIT_SECONDS, f"boot of {server}")
        assert found["state"].lower() == "succeeded", found
        return found["ended_us"] / 1e6

    def tell_times(self, what, seconds):
        self.add(what, percentile(seconds, 0.5), "ms", f"p99 {percentile(seconds, 0.99):.1f} ms of {len(seconds)}")

    def lists(self):
        member = Client(self.cloud.port, self.members[0].token)
        admin = Client(self.cloud.port, self.cloud.token)

        def times(client, path, rounds=ROUNDS):
            client.call("GET", path)
            return [timed(lambda: client.call("GET", path)) for _ in range(rounds)]
        page = min(PAGE, self.servers // PROJECTS)
        detail = f"{SERVERS_PATH}/detail?limit={page}"
        self.tell_times(f"list {page:,} servers of a project with details", times(member, detail))
        deep = self.cloud.database.rows("SELECT id FROM servers WHERE name LIKE 'filled-%' AND project_id = "
                                        f"'{self.members[0].project}' ORDER BY created_us LIMIT 1 OFFSET {page}")[0][0]
        self.tell_times("the last page of that list", times(member, f"{detail}&marker={deep}"))
        self.tell_times(f"list {page:,} servers of all projects with details", times(admin, f"{detail}&all_tenants=1"))
        self.tell_times("show one server", times(member, f"{SERVERS_PATH}/{deep}"))
        self.tell_times("list all hypervisors", times(admin, "/compute/v2.1/os-hypervisors", rounds=10))

    def schedules(self):
        """One boot after the other, by its trace."""
        client = Client(self.cloud.port, self.members[0].token)
        times, whole = [], []
        for index in range(ROUNDS):
            started = time.time()
            server = self.boot(client, f"alone-{index}")
            whole.append(self.ended_s(server) - started)
            runs = self.cloud.trace(server)[0]["tasks"]
            times += [(run["ended_us"] - run["started_us"]) / 1e6 for run in runs if run["task"] == "conductor.schedule"]
        self.tell_times("request to ACTIVE, one after the other", whole)
        self.tell_times("one schedule", times)

    def memory(self):
        sizes = {name: family_mib(pid) for name, pid in self.pids().items()}
        self.add("memory of control", sizes["control"], "MiB", ", ".join(
            f"{name} {value:.0f} MiB" for name, value in sizes.items() if name != "control"))


def measure_simulated(table, hosts=HOSTS, servers=SERVERS):
    cloud = SimulatedCloud(hosts, server_settings=BIG_SERVER)
    try:
        SimulatedBench(cloud.start(), table, hosts, servers).measure()
    finally:
        cloud.close()


def main():
    parser = argparse.ArgumentParser(description="Measures one control process with very many hosts and servers.")
    parser.add_argument("--json", type=pathlib.Path, help="file to write the rows to")
    options = parser.parse_args()
    table = Table()
    measure_simulated(table)
    print("\n" + table.text())
    for row in table.rows:
        if row["note"]:
            print(f"  {row['what']}: {row['note']}")
    if options.json:
        options.json.write_text(json.dumps({"rows": table.rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
