"""`virga trace -f` and the long poll behind it: progress while it happens, events instead of asking again and again."""
import os
import pty
import re
import select
import subprocess
import threading
import time
import uuid

import pytest

from harness.cloud import PROGRAM, Cloud
from harness.resources import Resources

MIB = 1 << 20
DATA_MIB = 64


class SlowCloud(Cloud):
    """The first backup after a start of its host stands at one chunk, while the others are done, until let_go()."""

    def __init__(self):
        super().__init__()
        self.gate = self.folder / "gate"

    def slow_host(self):
        self.gate.touch()
        return {"VIRGA_FAILPOINT": f"volume.backup.create.chunk:hold={self.gate}"}

    def let_go(self):
        self.gate.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def slow_cloud():
    running = SlowCloud()
    running.start(host_env=running.slow_host())
    yield running
    running.close()


@pytest.fixture
def full_volume(cloud):
    """A volume of 64 MiB of random bytes, in whichever cloud; gone after the test with its backups."""
    made = []

    def make(where):
        api = Resources(where)
        volume = api.ready_volume("followed", 1)
        with open(where.state / "host" / "volumes" / f"volume-{volume}", "r+b") as out:
            out.write(os.urandom(DATA_MIB * MIB))
        made.append(api)
        return volume
    yield make
    for api in made:
        api.delete_all()


def follow(cloud, resource, **options):
    words = [PROGRAM, "trace", "-f", resource, "--state-dir", str(cloud.state)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    return subprocess.Popen(words, env={**environment, **cloud.openrc()}, stdin=subprocess.DEVNULL, **options)


def followed(cloud, resource, seconds=60):
    """Exit status and output of a follower that is piped."""
    done = follow(cloud, resource, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = done.communicate(timeout=seconds)
    return done.returncode, out, err


def test_a_backup_is_followed_live(slow_cloud, full_volume):
    """Piped: plain lines, tasks as they end, progress, and the status of the flow at the end."""
    api = Resources(slow_cloud)
    volume = full_volume(slow_cloud)
    backup = api.backup("slow", volume)
    api.wait(lambda: slow_cloud.http("GET", f"/virga/v1/trace/{backup}").json()["progress"], "progress is shown")
    process = follow(slow_cloud, backup, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out = ""
    for line in process.stdout:
        out += line
        if "%" in line:
            break
    slow_cloud.let_go()
    rest, err = process.communicate(timeout=60)
    out += rest
    assert process.returncode == 0, err
    assert "\x1b" not in out and "\r" not in out
    lines = out.splitlines()
    assert lines[0] == f"create_backup of {backup}" and lines[-1].startswith("create_backup succeeded in ")
    assert any(re.search(r"\d+ %  \d+ of 1024 MiB.*backup\.chunkeddriver\.backup", line) for line in lines), out
    assert sum("backup.manager.create_backup" in line for line in lines) == 1
    # What the copying came to stays in the record.
    tasks = slow_cloud.trace(backup)[0]["tasks"]
    copied = next(task for task in tasks if task["task"] == "backup.chunkeddriver.backup")
    assert copied["progress"] == {"percent": 100, "done_bytes": 1024 * MIB, "total_bytes": 1024 * MIB}
    assert slow_cloud.http("GET", f"/virga/v1/trace/{backup}").json()["progress"] is None


def test_a_terminal_gets_a_bar(slow_cloud, full_volume):
    slow_cloud.stop_half("host")
    slow_cloud.start_half("host", slow_cloud.slow_host())
    slow_cloud.wait_ready()
    backup = Resources(slow_cloud).backup("slow", full_volume(slow_cloud))
    master, slave = pty.openpty()
    process = follow(slow_cloud, backup, stdout=slave, stderr=subprocess.STDOUT)
    os.close(slave)
    shown = b""
    until = time.monotonic() + 60
    while time.monotonic() < until and select.select([master], [], [], 60)[0]:
        try:
            shown += os.read(master, 65536)
            if b"%" in shown:
                slow_cloud.let_go()
        except OSError:  # the program ended
            break
    os.close(master)
    assert process.wait(10) == 0
    text = shown.decode()
    assert re.search(r"\r\[#*\.*\] +\d+ %", text), text
    assert text.rstrip().splitlines()[-1].startswith("create_backup succeeded")


def test_what_has_ended_is_printed_at_once(cloud, full_volume):
    volume = full_volume(cloud)
    started = time.monotonic()
    status, out, err = followed(cloud, volume)
    assert status == 0 and time.monotonic() - started < 5, err
    assert "volume.flows.create_volume.CreateVolumeFromSpec" in out and "create_volume succeeded" in out


def test_a_failed_flow_gives_a_status(cloud):
    api = Resources(cloud)
    volume = api.ready_volume("small", 1)
    backup = api.ready_backup("damaged", volume)
    (cloud.state / "host" / "backups" / backup / "manifest").write_text("nothing")
    restored = api.restore_backup(backup)
    status, out, _ = followed(cloud, restored)
    assert status == 1
    assert "create_volume failed" in out and "manifest" in out and "(revert)" in out
    api.delete_all()


def test_one_resource_is_followed(cloud):
    done = subprocess.run([PROGRAM, "trace", "-f", "a", "b", "--state-dir", str(cloud.state)], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode != 0 and "one ID" in done.stderr
    status, _, err = followed(cloud, str(uuid.uuid4()))
    assert status == 1 and "nothing is known" in err


# ---- the long poll

def poll(cloud, resource, wait, version=""):
    answer = cloud.http("GET", f"/virga/v1/trace/{resource}?wait={wait}&unless={version}", timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_answer_comes_when_something_happens(cloud, full_volume):
    volume = full_volume(cloud)
    known = poll(cloud, volume, 0)
    started = time.monotonic()
    assert poll(cloud, volume, 1, known["version"])["version"] == known["version"]
    assert 0.9 < time.monotonic() - started < 5
    assert poll(cloud, volume, 50, "something else")["version"] == known["version"]
    asked = threading.Timer(0.5, lambda: Resources(cloud).extend(volume, 2))
    asked.start()
    started = time.monotonic()
    assert poll(cloud, volume, 50, known["version"])["version"] != known["version"]
    assert time.monotonic() - started < 10
    asked.join()
    Resources(cloud).wait_volume(volume)


def test_followers_never_take_all_threads(cloud, full_volume):
    volume = full_volume(cloud)
    known = poll(cloud, volume, 0)["version"]
    threads = [threading.Thread(target=poll, args=(cloud, volume, 6, known)) for _ in range(12)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    for _ in range(5):
        assert cloud.http("GET", "/volume/v3/volumes").status_code == 200
    assert time.monotonic() - started < 5
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("wait", ["-1", "51", "x", "1e3"])
def test_a_bad_wait_is_refused(cloud, full_volume, wait):
    answer = cloud.http("GET", f"/virga/v1/trace/{full_volume(cloud)}?wait={wait}")
    assert answer.status_code == 400 and "wait" in answer.text
