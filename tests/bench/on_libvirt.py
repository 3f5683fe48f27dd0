"""Rows with real guests: Virga beside libvirt alone."""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import time
import uuid

from harness.guests import FLAVOR, upload_guest
from harness.resources import Resources
from harness.serve import ServedCloud
from measure import Client, run

ROUNDS = 10
HERE = pathlib.Path(__file__).resolve().parent


def measure_on_libvirt(table):
    cloud = ServedCloud("libvirt").start()
    try:
        GuestBench(cloud, table).boots()
    finally:
        cloud.close()


class GuestBench:
    def __init__(self, cloud, table):
        self.cloud, self.table = cloud, table
        self.api = Resources(cloud)
        self.client = Client(cloud.port, cloud.token)
        self.flavor = self.api.flavor("guest", **FLAVOR)
        self.image = upload_guest(self.api)

    def flow_s(self, server, kind):
        """Start and end of a flow of a server, by its record."""
        def ended():
            found = [flow for flow in self.api.flows(server) if flow["kind"] == kind and flow["ended_us"]]
            return found[0] if found else None
        flow = self.api.wait(ended, f"{kind} of {server}")
        assert flow["state"].lower() == "succeeded", flow
        return flow["ended_us"] / 1e6

    def boot(self, index):
        body = {"server": {"name": f"bench-{index}", "flavorRef": self.flavor, "imageRef": self.image}}
        started = time.time()
        server = self.client.call("POST", "/compute/v2.1/servers", body)["server"]["id"]
        return server, self.flow_s(server, "boot_server") - started

    def delete(self, server):
        started = time.time()
        self.client.call("DELETE", f"/compute/v2.1/servers/{server}")
        return self.flow_s(server, "delete_server") - started

    def boots(self):
        server, _ = self.boot("warm")  # fills the image cache
        floor = BareLibvirt(self.cloud, server)
        self.delete(server)
        starts, ends = [], []
        for index in range(ROUNDS):
            server, took = self.boot(index)
            starts.append(took * 1000)
            ends.append(self.delete(server) * 1000)
        create, destroy = floor.measure()
        self.table.add("request to ACTIVE on libvirt, warm cache", statistics.median(starts), "ms",
                       "floor + 50 ms at most", create, "libvirt's define + create of the same guest",
                       f"median of {ROUNDS}")
        self.table.add("delete on libvirt", statistics.median(ends), "ms", "floor + 50 ms at most", destroy,
                       "libvirt's destroy + undefine", f"median of {ROUNDS}")


class BareLibvirt:
    """The same guest without Virga: its definition, a copy of its disk, a tap of its own."""

    def __init__(self, cloud, server):
        self.folder = cloud.folder / "bare"
        self.folder.mkdir()
        self.root = self.folder / "root"
        host = cloud.state / "host"
        definition = next(path for path in host.rglob("*.xml") if server in path.read_text() and "etc" in path.parts)
        shutil.copytree(next(host.rglob("etc/qemu.conf")).parent, self.root / "etc",
                        ignore=shutil.ignore_patterns("*.xml"))
        disk = host / "instances" / server / "disk"
        shutil.copy(disk, self.folder / "disk")
        shutil.copy(disk.with_name("disk.config"), self.folder / "disk.config")
        self.give_to_guest(disk)
        self.tap = "tapbench" + uuid.uuid4().hex[:6]
        text = definition.read_text().replace(str(disk), str(self.folder / "disk"))
        text = text.replace(str(host / "instances" / server), str(self.folder))
        text = re.sub(r"tap[0-9a-f]{8}-[0-9a-f]{2}", self.tap, text)
        text = text.replace(server, str(uuid.uuid4()))
        self.xml = self.folder / "guest.xml"
        self.xml.write_text(re.sub(r"<!--.*?-->", "", text, flags=re.S))

    def give_to_guest(self, disk):
        """The guest's process is an unprivileged user, which owns what it opens: as with Virga."""
        owner = disk.stat()
        for path in (self.folder, self.folder / "disk", self.folder / "disk.config"):
            os.chown(path, owner.st_uid, owner.st_gid)

    def measure(self):
        """Medians of define + create and of destroy + undefine, ms; the first round warms up."""
        program = self.folder / "bare_libvirt"
        flags = run("pkg-config", "--cflags", "--libs", "libvirt").split()
        run("g++", "-std=c++20", "-O2", HERE / "bare_libvirt.cpp", "-o", program, *flags, "-pthread")
        run("ip", "tuntap", "add", self.tap, "mode", "tap")
        try:
            run("ip", "link", "set", self.tap, "up")
            lines = run(program, self.root, self.xml, ROUNDS + 1).splitlines()[1:]
        finally:
            subprocess.run(["ip", "link", "delete", self.tap], check=False)
        rounds = [[int(word) / 1000 for word in line.split()] for line in lines]
        return (statistics.median(times[0] + times[1] for times in rounds),
                statistics.median(times[2] + times[3] for times in rounds))
