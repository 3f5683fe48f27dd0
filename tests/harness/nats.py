"""Debian's nats-server on a free port of 127.0.0.1, for tests of clouds that meet there."""
import ctypes
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from harness.cloud import free_port, wait_for

PROGRAM = "/usr/sbin/nats-server"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class NatsServer:
    def __init__(self, *options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="virga-nats-"))
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-a", "127.0.0.1", "-p", str(self.port), *self.options], cwd=self.folder, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_for(self.listens, START_SECONDS, "nats-server listens")
        return self

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self):
        self.kill()
        shutil.rmtree(self.folder)
