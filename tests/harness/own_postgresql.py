"""A PostgreSQL server of a test's own, which it may stop, restart and fill up."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import database

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
SECONDS = 120


def is_installed():
    return (PROGRAMS / "pg_ctl").exists()


class Server:
    """Runs as a user without rights, listens on a Unix socket in a temporary folder only."""

    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="virga-pg-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.socket = self.own("socket")
        self.own("data")
        self.tool("initdb", f"--pgdata={self.data}", "--username=virga", "--auth=trust", "--encoding=UTF8", "--locale=C",
                  "--no-sync")
        lines = {"listen_addresses": "''", "unix_socket_directories": f"'{self.socket}'", "max_connections": 200,
                 "fsync": "off", **settings}
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as out:
            out.writelines(f"{key} = {value}\n" for key, value in lines.items())
        self.control("start")

    def own(self, name):
        """A folder of the server's user."""
        path = self.folder / name
        path.mkdir()
        if os.geteuid() == 0:
            shutil.chown(path, "nobody", "nogroup")
        return path

    def tool(self, name, *words):
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_user, str(PROGRAMS / name), *words], capture_output=True, text=True, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def control(self, what, *words):
        """pg_ctl; waits until it is done. Its server must not keep the pipes of this test open."""
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*as_user, str(PROGRAMS / "pg_ctl"), what, "-w", "-D", str(self.data), "-l", str(self.data / "log"), *words]
        if what == "stop":
            command = [word for word in command if word not in ("-l", str(self.data / "log"))]
        done = subprocess.run(command, timeout=SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, (self.data / "log").read_text()[-3000:]

    def restart(self):
        """As a crash would: clients are cut off in the middle of what they do."""
        self.control("restart", "-m", "immediate")

    def drop(self, name):
        database.run(f"DROP DATABASE {name} WITH (FORCE)", self.url("postgres"))

    def pid(self):
        """Of the process whose children serve the clients."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def url(self, name):
        return f"postgresql://virga@/{name}?host={self.socket}"

    def close(self):
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


class Database:
    """A database on that server, as harness.database.Database is one on the server of all tests."""

    def __init__(self, server, name="cloud", options=""):
        self.server = server
        self.name = name
        self.url = server.url(name)
        database.run(f"CREATE DATABASE {name} TEMPLATE template0 {options}", server.url("postgres"))

    def rows(self, statement):
        return [tuple(line.split("|")) for line in database.run(statement, self.url).splitlines()]

    def close(self):
        """It goes with the server."""
