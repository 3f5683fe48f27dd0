"""A real GlusterFS for tests; see gluster-server.sh."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness.cloud import wait_for

SCRIPT = pathlib.Path(__file__).with_name("gluster-server.sh")


def backend_settings(server, name="gluster", **more):
    """Settings of a cloud that make a backend on the server; all of its volume unless `more` has other shares."""
    settings = {"driver": "glusterfs", "shares": server.share, "mount_point_base": server.mounts, **more}
    return {f"volume.backends.{name}.{key}": str(value) for key, value in settings.items()}


class GlusterMachine:
    """glusterd with one volume on a machine of a cluster."""

    def __init__(self, machine):
        self.machine = machine
        (machine.folder / "server").mkdir()
        self.log = machine.folder / "log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                machine.inside("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", SCRIPT, "--inside",
                               machine.here / "server", machine.address),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        ready = self.process.stdout.readline().split()
        assert ready[:1] == ["ready"], f"glusterd did not start: {self.log.read_text()}"
        self.volume = ready[1]

    def settings(self, machine):
        """Of a host on another machine, whose only backend it is. Only one storage host may use a share: each has a folder
        of the volume as its own, and mounts those of the others for its guests."""
        self.make_folder(machine.name)
        # Other hosts follow no mount options that name files, such as another place for the log.
        machine.run("sh", "-ec", "mkdir -p /var/log/glusterfs; mount -t tmpfs -o size=64m tmpfs /var/log/glusterfs")
        return {"volume.backends.gluster.driver": "glusterfs",
                "volume.backends.gluster.mount_point_base": machine.here / "gluster",
                "volume.backends.gluster.shares": f"{self.volume}/{machine.name}"}

    def make_folder(self, name):
        root = self.machine.here / "root"
        self.machine.run("sh", "-ec", f"mkdir {root}; mount -t glusterfs -o log-file={root}.log {self.volume} {root}; "
                                      f"mkdir {root}/{name}; umount {root}; rmdir {root}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(120)
        self.process.stdout.close()


def can_run():
    return all(shutil.which(program) for program in ("glusterd", "mount.glusterfs")) and os.path.exists("/dev/fuse")


class GlusterServer:
    """glusterd with one volume of two replicas. `share` is what a backend's `shares` gives, `mounts` a folder for its
    mount_point_base; close() unmounts what is mounted there and removes everything."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="virga-gluster-"))
        self.folder.chmod(0o755)
        self.mounts = self.folder / "mnt"
        self.mounts.mkdir()
        self.log = open(self.folder / "server.log", "ab")
        self.process = subprocess.Popen([SCRIPT, self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        ready = self.process.stdout.readline().split()
        if ready[:1] != ["ready"]:
            text = (self.folder / "server.log").read_text()
            self.close()
            raise AssertionError(f"glusterd did not start: {text}")
        self.volume = ready[1]
        self.mount_options = f"log-file={self.folder}/client.log"
        self.share = f"{self.volume} -o {self.mount_options}"

    def share_of_folder(self, name):
        """A new folder of the volume as a share of its own, for a second backend."""
        root = self.mounts / "root"
        root.mkdir()
        subprocess.run(["mount", "-t", "glusterfs", "-o", self.mount_options, self.volume, root], check=True)
        try:
            (root / name).mkdir()
        finally:
            subprocess.run(["umount", root], check=True)
        root.rmdir()
        return f"{self.volume}/{name} -o {self.mount_options}"

    def command(self, words):
        """A command of the gluster client; what it printed."""
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) not in (".\n", ""):
            lines.append(line)
        return "".join(lines)

    def processes(self, program, text):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0") if entry.name.isdigit() else []
            except OSError:
                continue
            if words and words[0].endswith("/" + program) and text in " ".join(words):
                found.append(int(entry.name))
        return found

    def bricks(self):
        """Process ids of the bricks, the first one first."""
        return [pid for n in (1, 2) for pid in self.processes("glusterfsd", f"--brick-name {self.folder}/brick{n}")]

    def kill_brick(self):
        os.kill(self.bricks()[0], signal.SIGKILL)

    def start_bricks(self):
        self.command("volume start volumes force")

    def is_healed(self):
        summary = self.command("volume heal volumes info summary")
        return summary.count("Status: Connected") == 2 and summary.count("Total Number of entries: 0") == 2

    def wait_healed(self, seconds=300):
        wait_for(self.is_healed, seconds, "GlusterFS has healed")

    def brick_files(self, name):
        """The copies of a file of the volume on both bricks."""
        return [self.folder / f"brick{n}" / name for n in (1, 2)]

    def files(self):
        """Files of volumes on the share, image bases left out."""
        return sorted(path.name for path in (self.folder / "brick1").glob("volume-*"))

    def mount_points(self):
        lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
        return [line.split()[1] for line in lines if line.split()[1].startswith(f"{self.mounts}/")]

    def close(self):
        for mount_point in self.mount_points():
            subprocess.run(["umount", "-l", mount_point], check=False)
        self.process.stdin.close()
        try:
            self.process.wait(120)
        finally:
            self.process.stdout.close()
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)
