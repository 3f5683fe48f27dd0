"""Machines of a cluster on this one: each with a network, mounts and a name of its own, and a folder that the others
don't see. They meet on a bridge; whoever starts them is on it, too."""
import ctypes
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

PR_SET_PDEATHSIG = 1
NET = "10.213.0"
OWN_ADDRESS = f"{NET}.1"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options)


def comm(pid):
    """"": it has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Network:
    """The bridge. `folder` holds the folders of its machines; all of it goes with close()."""

    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="virga-cl-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.bridge = "vcl" + self.folder.name[-8:]
        self.numbers = itertools.count(10)
        self.machines = []
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "address", "add", f"{OWN_ADDRESS}/24", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")

    def machine(self, name, shared=()):
        made = Machine(self, name, next(self.numbers), shared)
        self.machines.append(made)
        return made

    def close(self):
        for machine in self.machines:
            machine.close()
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Machine:
    """`folder` is what its programs see as `here`. `shared`: folders of this machine that it sees at a place below
    `here`, as a network file system would show them: {place: folder}."""

    def __init__(self, network, name, number, shared=()):
        self.network = network
        self.name = name
        self.address = f"{NET}.{number}"
        self.link = f"{network.bridge[:10]}{number}"
        self.folder = network.folder / name
        self.here = network.folder / "here"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        # It keeps the name spaces alive, and is there as long as this program is.
        self.holder = subprocess.Popen(["unshare", "--mount", "--net", "--uts", "--propagation", "private", "sh", "-c",
                                        "echo; exec sleep infinity"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       preexec_fn=die_with_parent)
        self.holder.stdout.readline()  # it is in its name spaces
        self.set_up_files(dict(shared))
        self.set_up_link()

    def set_up_files(self, shared):
        """The folders of the others are hidden by an empty file system, in which only its own is."""
        script = f"""set -e
hostname {self.name}
mount -t sysfs sysfs /sys
mkdir -p /run/virga-here && mount --bind {self.folder} /run/virga-here
"""
        for place, folder in shared.items():
            target = self.folder / place
            target.mkdir(parents=True, exist_ok=True)
            script += f"mount --bind {folder} /run/virga-here/{place}\n"
        script += f"""mount -t tmpfs -o mode=755,size=64k tmpfs {self.network.folder}
mkdir {self.here} && mount --rbind /run/virga-here {self.here}
umount -R -l /run/virga-here
"""
        self.run("sh", "-c", script)

    def set_up_link(self):
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        run("ip", "link", "set", self.link, "master", self.network.bridge, "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("ip", "link", "set", "lo", "up")

    def inside(self, *words):
        """The command that runs `words` on this machine, as one process."""
        return ["nsenter", f"--target={self.holder.pid}", "--mount", "--net", "--uts", "--", *[str(word) for word in words]]

    def run(self, *words, **options):
        return run(*self.inside(*words), **options)

    def outside(self, path):
        """Where this test finds what the machine has at `path`."""
        return self.folder / pathlib.Path(path).relative_to(self.here)

    # ---- partitions

    def cut(self, other):
        """Nothing passes between the two any more, in either direction."""
        self.run("nft", f"add table inet cut; add chain inet cut out {{ type filter hook output priority 0; }}; "
                        f"add rule inet cut out ip daddr {other.address} drop; "
                        f"add chain inet cut in {{ type filter hook input priority 0; }}; "
                        f"add rule inet cut in ip saddr {other.address} drop")

    def heal(self):
        """Takes back all cuts."""
        subprocess.run(self.inside("nft", "delete", "table", "inet", "cut"), check=False, stderr=subprocess.DEVNULL)

    def close(self):
        """Ends what runs on it."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        subprocess.run(["ip", "link", "delete", self.link], check=False, stderr=subprocess.DEVNULL)

    def names(self):
        """Of the programs that run on it."""
        return sorted(comm(pid) for pid in self.processes())

    def processes_named(self, name):
        """By the first 15 characters, which is what the kernel keeps of it."""
        return [pid for pid in self.processes() if comm(pid) == name]

    def processes(self):
        """Everything in its network, the holder left out."""
        mine = os.readlink(f"/proc/{self.holder.pid}/ns/net")
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.holder.pid:
                continue
            try:
                if os.readlink(entry / "ns" / "net") == mine:
                    found.append(int(entry.name))
            except OSError:
                continue
        return found
