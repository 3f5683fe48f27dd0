"""tools/contain.py: whatever a run of the tests starts ends with it, however it ends."""
import os
import pathlib
import signal
import subprocess
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import ROOT, wait_for  # noqa: E402

CONTAIN = ROOT / "tools" / "contain.py"
# What tests leave running: something that went to the background, in a session of its own, and ignores what it can.
LEAVER = """
{first}
setsid bash -c 'trap "" TERM HUP INT; exec -a {name} sleep 1000' &
[ "$(id -u)" != 0 ] || {{ ip link add {link} type bridge && mount -t tmpfs none /mnt || exit 1; }}
touch /tmp/{name}
echo started
{then}
"""


def processes_named(name):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if words[:1] == [name.encode()]:
            found.append(int(entry.name))
    return found


class Run:
    def __init__(self, then, first=""):
        self.name = f"left-{uuid.uuid4()}"
        self.link = "left" + self.name[-8:]
        environment = {k: v for k, v in os.environ.items() if k != "VIRGA_CONTAINED"}
        script = LEAVER.format(name=self.name, link=self.link, first=first, then=then)
        self.process = subprocess.Popen([CONTAIN, "bash", "-c", script], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                        env=environment, cwd=ROOT, text=True, start_new_session=True)
        assert self.process.stdout.readline() == "started\n"

    def assert_nothing_is_left(self):
        wait_for(lambda: not processes_named(self.name), 60, "the processes are gone")
        assert not pathlib.Path("/tmp", self.name).exists()
        assert not pathlib.Path("/sys/class/net", self.link).exists()
        assert " /mnt " not in pathlib.Path("/proc/self/mounts").read_text()

    def close(self):
        self.process.stdout.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def run():
    runs = []

    def start(then, first=""):
        runs.append(Run(then, first))
        return runs[-1]
    yield start
    for made in runs:
        made.close()


def test_the_end_of_the_command_is_the_end_of_what_it_started(run):
    ended = run("exit 7")
    assert ended.process.wait(60) == 7
    ended.assert_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_everything(run, number):
    running = run("sleep 1000")
    wait_for(lambda: processes_named(running.name), 60, "what it leaves runs")
    running.process.send_signal(number)
    running.process.wait(60)
    running.assert_nothing_is_left()


def test_ctrl_c_lets_the_command_say_how_far_it_was(run):
    running = run("sleep 1000 & wait", first="trap 'echo told; exit 5' INT")
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.stdout.readline() == "told\n"
    assert running.process.wait(60) == 5
    running.assert_nothing_is_left()
