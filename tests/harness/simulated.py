"""Very many hosts and servers on one control, for measuring: a PostgreSQL, a NATS server and a process that plays all
hosts (tests/bench/simulate), each a real one; rows of servers are copied from few that were booted."""
import pathlib
import queue
import subprocess
import threading
import urllib.parse

from harness import own_postgresql
from harness.cloud import PROGRAM, Cloud
from harness.nats import NatsServer, die_with_parent

SIMULATE = pathlib.Path(PROGRAM).parent / "tests" / "bench_simulate"
LINE_SECONDS = 1800  # many times what it takes: a machine may be slow
HERE = pathlib.Path(__file__).resolve().parent


class Hosts:
    """`count` hosts in one process, each with credentials of its own."""

    def __init__(self, nats, prefix, signing_key, count, delay_ms, vcpus=256, memory_mib=1 << 20, disk_gib=100_000):
        server = urllib.parse.urlsplit(nats)
        words = [SIMULATE, server.hostname, server.port, prefix, signing_key, count, delay_ms, vcpus, memory_mib, disk_gib]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1, preexec_fn=die_with_parent)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def wait_line(self, beginning, seconds=LINE_SECONDS):
        while True:
            line = self.lines.get(timeout=seconds)
            assert line is not None, "the simulated hosts have ended"
            if line.startswith(beginning):
                return line

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def fill(self, servers):
        self.tell(f"filled {servers}")
        self.wait_line("filled")

    def commands(self):
        self.tell("count")
        return int(self.wait_line("commands").split()[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class SimulatedCloud(Cloud):
    """A control process on a PostgreSQL and a NATS server of its own, and simulated hosts. `server_settings`: of
    PostgreSQL."""

    def __init__(self, hosts, delay_ms=0, settings=None, server_settings=None):
        self.server = own_postgresql.Server(**(server_settings or {}))
        # Which room there is isn't what is measured.
        roomy = {f"quota.{name}": -1 for name in ("instances", "cores", "ram_mib", "ports", "networks", "subnets")}
        super().__init__("fake", {**roomy, "rpc.url": "-", **(settings or {})},
                         shared_database=own_postgresql.Database(self.server))
        self.host_count, self.delay_ms = hosts, delay_ms
        self.keys = self.folder / "nats"
        subprocess.run([PROGRAM, "nats", "init", str(self.keys)], check=True, capture_output=True)
        self.keys.chmod(0o755)
        for name in ("control.creds", "hosts.key"):
            (self.keys / name).chmod(0o644)
        self.nats = NatsServer("-c", str(self.keys / "server.conf"))
        self.settings.update({"rpc.url": self.nats.url, "rpc.credentials": self.keys / "control.creds",
                              "rpc.signing_key": self.keys / "hosts.key"})
        self.hosts = None

    def start(self, control_env=None, host_env=None):
        """Hosts first: who was there before a control process is told of by it."""
        self.nats.start()
        self.hosts = Hosts(self.nats.url, "virga", self.keys / "hosts.key", self.host_count, self.delay_ms)
        self.hosts.wait_line("serving")
        self.start_control(control_env)
        return self

    def start_control(self, env=None):
        """Until it has taken all hosts in."""
        self.start_half("control", env)
        self.wait_announced("control")
        self.hosts.wait_line("welcomed")

    def fill(self, servers, templates):
        """Rows of `servers` more servers, as a boot leaves them, copied from those that were booted."""
        text = (HERE / "fill.sql").read_text()
        ids = ",".join(f"'{template}'" for template in templates)
        values = {"servers": servers, "hosts": self.host_count, "templates": f"ARRAY[{ids}]"}
        words = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        done = subprocess.run(["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", *words, "-f", "-", self.database.url],
                              input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        self.hosts.fill(servers)

    def close(self):
        try:
            if self.hosts:
                self.hosts.close()
            super().close()
        finally:
            self.nats.close()
            self.server.close()
