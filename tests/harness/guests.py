"""What real guests leave on a machine: processes, taps, files."""
import ctypes
import os
import pathlib
import threading

from harness.cloud import GUEST_IMAGE

FLAVOR = {"ram": 128, "disk": 1, "vcpus": 1}
LOGIN = "VIRGA-GUEST-LOGIN"


def upload_guest(resources, name="guest", **fields):
    with open(GUEST_IMAGE, "rb") as data:
        return resources.image(name, data, "qcow2", **fields)


def taps_of(ports):
    """Names of the taps of ports that exist on this machine."""
    wanted = {"tap" + port["id"][:11] for port in ports}
    return sorted(wanted & {path.name for path in pathlib.Path("/sys/class/net").iterdir()})


def server_files(cloud):
    """Folders of servers and files of volumes, cached images left out."""
    host = cloud.state / "host"
    found = [path for path in (host / "instances").iterdir() if path.name != "_base"]
    found += [path for folder in host.glob("volumes*") for path in folder.rglob("volume-*")]
    return sorted(str(path) for path in found)


class GuestReaper:
    """Takes the status of guests that ended, as `virga serve` does: the machine's first process may be slow at it.

    Guests whose host process was started by this test process become its children, however often that is killed.
    """

    PR_SET_CHILD_SUBREAPER = 36

    def __enter__(self):
        ctypes.CDLL(None).prctl(self.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def run(self):
        while not self.ending.wait(0.02):
            for pid in self.ended_guests():
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass  # somebody else took it

    @staticmethod
    def ended_guests():
        """Only guests: the status of any other child belongs to whoever started it."""
        for children in pathlib.Path("/proc/self/task").glob("*/children"):
            try:
                for pid in children.read_text().split():
                    name, state = pathlib.Path(f"/proc/{pid}/stat").read_text().split(" ", 1)[1].rsplit(")", 1)
                    if name.startswith("(qemu-system") and state.split()[0] == "Z":
                        yield int(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread or process that ended while it was read
