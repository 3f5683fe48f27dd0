"""The distributed form on one machine: controls and hosts on machines of their own, PostgreSQL, three NATS servers."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess

from harness import database
from harness.cloud import PROGRAM, Cloud, wait_for
from harness.gluster import GlusterMachine
from harness.machines import Network
from harness.postgresql import PostgresServer

NATS = "/usr/sbin/nats-server"
NATS_PORT = 4222
API_PORT = 18774
START_SECONDS = 120
SECRETS = ("openrc", "master.key")


class NatsMember:
    """One of the NATS servers, which find each other."""

    def __init__(self, machine):
        self.machine = machine
        self.process = None

    @property
    def url(self):
        return f"nats://{self.machine.address}:{NATS_PORT}"

    @property
    def route(self):
        return f"nats://{self.machine.address}:6222"

    def start(self, members):
        routes = ",".join(member.route for member in members if member is not self)
        with open(self.machine.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.machine.inside(NATS, "-a", self.machine.address, "-p", NATS_PORT, "--cluster_name", "virga",
                                    "--cluster", self.route, "--routes", routes),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Node(Cloud):
    """A control or a host on a machine of its own. `environment` adds variables to its process."""

    def __init__(self, half, machine, settings, url):
        super().__init__(settings.get("compute.driver", "fake"), settings, folder=machine.folder, address=machine.address,
                         shared_database=database.Borrowed(url))
        self.half = half
        self.environment = {}
        self.machine = machine
        self.state_seen = machine.here / "state"
        self.port = API_PORT
        self.url = f"http://{self.address}:{self.port}"

    def arguments(self, half):
        return self.machine.inside(*super().arguments(half))

    def launch(self):
        """Without waiting until it is ready."""
        self.start_half(self.half, self.environment)

    def start(self, control_env=None, host_env=None):
        self.start_half(self.half, {**self.environment, **(control_env or host_env or {})})
        self.wait_ready()
        return self

    def host_is_up(self):
        """Each says itself when it is ready; who is up, a control knows."""
        return True

    def is_running(self):
        return self.half in self.processes

    def crash(self):
        self.kill(self.half)

    def guest_processes(self):
        return [pid for pid in self.machine.processes()
                if "qemu-system" in pathlib.Path(f"/proc/{pid}/comm").read_text()]

    def close(self):
        """The machine's end takes the rest."""
        if self.is_running():
            self.stop_half(self.half)
        for half in list(self.announced):
            self.forget_announcements(half)


class Cluster:
    """close() leaves nothing. `settings` are of all nodes. `gluster`: volumes are on a GlusterFS that all hosts mount,
    instead of each host's disk. `folder`: a temporary one unless given."""

    def __init__(self, controls=3, hosts=3, settings=None, gluster=False, folder=None):
        self.folder = folder
        self.ending = contextlib.ExitStack()
        self.gluster = None
        try:
            self.make(controls, hosts, settings or {}, gluster)
        except BaseException:
            self.ending.close()
            raise

    def make(self, controls, hosts, settings, gluster):
        self.network = Network(self.folder)
        self.ending.callback(self.network.close)
        self.nats = [NatsMember(self.network.machine(f"nats-{number}")) for number in range(1, 4)]
        for member in self.nats:
            member.start(self.nats)
        for member in self.nats:
            wait_for(lambda member=member: listens(member.machine.address, NATS_PORT), START_SECONDS, "NATS listens")
        self.postgres = PostgresServer(self.network.machine("postgres")).start()
        self.postgres.create_database()
        if gluster:
            self.gluster = GlusterMachine(self.network.machine("gluster"))
            self.ending.callback(self.gluster.close)
        self.images = self.network.folder / "images"
        self.images.mkdir()
        self.authority = self.network.folder / "authority"
        subprocess.run([PROGRAM, "pki", "ca", self.authority], check=True, capture_output=True)
        self.settings = {"database.url": self.postgres.url, "rpc.url": ",".join(member.url for member in self.nats), **settings}
        self.controls = [self.control(f"control-{number}") for number in range(1, controls + 1)]
        self.hosts = [self.host(f"host-{number}") for number in range(1, hosts + 1)]

    def node(self, half, name, shared, settings):
        machine = self.network.machine(name, shared)
        made = Node(half, machine, {"host.name": name, **self.settings, **settings}, self.postgres.url)
        self.ending.callback(made.close)
        return made

    def control(self, name):
        """Controls share the image store."""
        return self.node("control", name, {"state/control/images": self.images}, {})

    def host(self, name):
        """It sees nothing of the controls, and has certificates for the other hosts."""
        made = self.node("host", name, {}, {})
        machine = made.machine
        if self.gluster:
            made.settings.update(self.gluster.settings(machine))
        subprocess.run([PROGRAM, "pki", "host", self.authority, name, machine.address], check=True, capture_output=True)
        shutil.copytree(self.authority / name, machine.folder / "tls")
        made.settings.update({"host.address": machine.address, "host.tls_folder": machine.here / "tls",
                              "host.control_urls": json.dumps([control.url for control in self.controls])})
        return made

    def start(self):
        """The first control makes the secrets, of which an operator gives copies to the others."""
        first, *others = self.controls
        first.start()
        for other in others:
            share_secrets(first, other)
            other.launch()
        for host in self.hosts:
            host.launch()
        for node in others + self.hosts:
            node.wait_ready()
        names = {host.machine.name for host in self.hosts}
        wait_for(lambda: all(up_hosts(control) == names for control in self.controls), START_SECONDS,
                 "every control knows every host")
        return self

    def keep_logs(self, folder):
        """Of every process, and what is in the database, in which the flows' journals are."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for machine in self.network.machines:
            for log in (machine.folder / "virga.log", machine.folder / "log"):
                if log.is_file():
                    shutil.copy(log, folder / f"{machine.name}.log")
        self.postgres.dump(folder / "database.sql")

    def close(self):
        self.ending.close()


def share_secrets(first, other):
    own, theirs = other.state / "control", first.state / "control"
    for name in SECRETS:
        shutil.copy(theirs / name, own / name)
        owner = (theirs / name).stat()
        os.chown(own / name, owner.st_uid, owner.st_gid)
        (own / name).chmod(owner.st_mode & 0o777)


def up_hosts(control):
    services = control.http("GET", "/compute/v2.1/os-services?binary=nova-compute").json()["services"]
    return {service["host"] for service in services if service["state"] == "up"}


def listens(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
