"""A PostgreSQL server on a machine of a cluster, from Debian's package."""
import os
import secrets
import signal
import subprocess

from harness.cloud import wait_for

PROGRAMS = "/usr/lib/postgresql/15/bin"
START_SECONDS = 120
CONF = """
listen_addresses = '{address}'
unix_socket_directories = ''
max_connections = 500
shared_buffers = 64MB
# A SIGKILL loses nothing without it, only a power cut does.
fsync = off
logging_collector = off
"""


class PostgresServer:
    """`url` names its database "virga" for any machine of the network."""

    def __init__(self, machine):
        self.machine = machine
        self.process = None
        self.data = machine.here / "data"
        password = secrets.token_hex(16)
        self.url = f"postgresql://virga:{password}@{machine.address}/virga"
        (machine.folder / "password").write_text(password)
        machine.run("chown", "-R", "nobody:nogroup", machine.here)
        self.run("initdb", f"--pgdata={self.data}", "--username=virga", f"--pwfile={machine.here}/password",
                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
        with open(machine.folder / "data" / "postgresql.conf", "a") as conf:
            conf.write(CONF.format(address=machine.address))
        with open(machine.folder / "data" / "pg_hba.conf", "a") as access:
            access.write("host all all samenet scram-sha-256\n")

    def command(self, program, *words):
        return self.machine.inside("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                                   f"{PROGRAMS}/{program}", *words)

    def run(self, program, *words):
        subprocess.run(self.command(program, *words), check=True, capture_output=True, cwd="/")

    def start(self):
        with open(self.machine.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command("postgres", "-D", self.data), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd="/")
        wait_for(self.answers, START_SECONDS, "PostgreSQL answers")
        return self

    def create_database(self):
        server = self.url.rsplit("/", 1)[0] + "/postgres"
        subprocess.run(["psql", "--no-psqlrc", "-q", "-c", "CREATE DATABASE virga TEMPLATE template0", server], check=True,
                       capture_output=True)

    def dump(self, file):
        subprocess.run([f"{PROGRAMS}/pg_dump", f"--file={file}", self.url], check=False)

    def answers(self):
        return subprocess.run([f"{PROGRAMS}/pg_isready", "-q", "-h", self.machine.address], check=False).returncode == 0

    def kill(self):
        """As a crash would: its children see the end of their parent."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not self.backends(), START_SECONDS, "the processes of PostgreSQL have ended")

    def backends(self):
        """A new server refuses to start beside them."""
        return self.machine.processes()
