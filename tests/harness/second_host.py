"""Another host of a cloud that runs already: a state folder, a hypervisor and a name of its own, the same control."""
import os
import random
import signal
import subprocess

from harness.cloud import END_SECONDS, PROGRAM, START_SECONDS, Announcements

ADDRESS = "127.0.0.1"


def certificates(folder, *hosts):
    """Folders by host, made as an operator makes them."""
    subprocess.run([PROGRAM, "pki", "ca", str(folder)], check=True)
    made = {}
    for host in hosts:
        done = subprocess.run([PROGRAM, "pki", "host", str(folder), host, ADDRESS], check=True, capture_output=True,
                              text=True)
        made[host] = done.stdout.strip()
    return made


def export_settings(tls_folder):
    """Of a host that exports its volumes, on ports that others are unlikely to have."""
    first = random.randrange(20_000, 32_000)
    return {"host.address": ADDRESS, "host.tls_folder": tls_folder, "host.export_ports": f"{first}-{first + 100}"}


def export_processes(cloud):
    """Process ids of the exports of this cloud's hosts, by the folder that their command lines name."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as words:
                text = words.read()
        except OSError:
            continue
        if b"qemu-storage-daemon" in text and str(cloud.folder).encode() in text:
            found.append(int(entry))
    return found


def end_exports(cloud):
    """Those that a failed test left: they outlive their hosts on purpose."""
    for process in export_processes(cloud):
        os.kill(process, signal.SIGKILL)


class SecondHost:
    """Reaches control by a link to its part of the first host's state folder, so image files are the same, too."""

    def __init__(self, cloud, name, settings):
        self.cloud, self.name = cloud, name
        self.state = cloud.folder / name
        self.state.mkdir()
        (self.state / "control").symlink_to(cloud.state / "control")
        self.settings = {**cloud.settings, **settings, "host.name": name}
        self.process = None

    def start(self):
        words = [PROGRAM, "host", "--state-dir", str(self.state)]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={value}"]
        announcements = Announcements()
        with open(self.cloud.log_path, "ab") as log:
            self.process = subprocess.Popen([*words, *announcements.arguments()], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
                                            pass_fds=[announcements.writing])
        announcements.started()
        assert announcements.wait_ready(START_SECONDS), f"{announcements.status}:\n{self.cloud.log_tail()}"
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(END_SECONDS)

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END_SECONDS)
