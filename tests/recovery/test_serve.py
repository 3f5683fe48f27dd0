"""`virga serve`: the parent restarts what dies, gives up on what can't start, and takes everything down with it."""
import os
import signal
import socket
import subprocess

import pytest
from harness.cloud import wait_for
from harness.serve import ServedCloud

MISCONFIGURED = 78


@pytest.fixture
def served():
    cloud = ServedCloud("fake").start()
    yield cloud
    cloud.close()


def name_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as words:
        return words.read().split(b"\0")[1].decode()


@pytest.mark.parametrize("half", ["control", "host"])
def test_a_killed_half_is_started_again(served, half):
    old = next(pid for pid in served.family()[1:] if name_of(pid) == half)
    os.kill(old, signal.SIGKILL)

    def replaced():
        family = served.family()
        return len(family) == 3 and old not in family
    wait_for(replaced, 30, f"{half} is started again")
    served.wait_ready()
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200
    assert served.differences() == []


def test_the_halves_end_with_a_killed_parent(served):
    parent, *halves = served.family()
    os.kill(parent, signal.SIGKILL)
    served.processes.pop("serve").wait(10)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in halves), 30, "the halves end")
    served.start()
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200


def run_serve(cloud, *more):
    return subprocess.run([*cloud.arguments("serve"), *more], capture_output=True, text=True, timeout=60, check=False)


def test_a_taken_port_ends_it_with_a_reason():
    cloud = ServedCloud("fake")
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.1", cloud.port))
            other.listen()
            ended = run_serve(cloud)
        assert ended.returncode == MISCONFIGURED
        assert "in use" in ended.stderr
    finally:
        cloud.close()


def test_an_unknown_setting_ends_it_with_a_reason(served):
    ended = run_serve(served, "--set", "no.such=1")
    assert ended.returncode == MISCONFIGURED
    assert "no.such" in ended.stderr


def test_a_state_folder_is_used_once(served):
    ended = run_serve(served)
    assert ended.returncode == MISCONFIGURED
    assert "another virga process" in ended.stderr
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200
