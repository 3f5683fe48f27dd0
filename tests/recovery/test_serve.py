"""`virga serve`: the parent restarts what dies, gives up on what can't start, and takes everything down with it."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess

import pytest
from harness.cloud import START_SECONDS, wait_for
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
    wait_for(replaced, 120, f"{half} is started again")
    served.wait_ready()
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200
    assert served.differences() == []


def test_the_halves_end_with_a_killed_parent(served):
    parent, *halves = served.family()
    os.kill(parent, signal.SIGKILL)
    served.processes.pop("serve").wait(60)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in halves), 120, "the halves end")
    served.start()
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200


def test_a_cloud_that_was_there_waits_for_what_a_half_needs(served):
    """A start that fails for good reasons ends a new cloud, but not one whose other half is at work."""
    parent, *halves = served.family()
    control = next(pid for pid in halves if name_of(pid) == "control")
    host = next(pid for pid in halves if name_of(pid) == "host")
    os.kill(parent, signal.SIGSTOP)
    os.kill(control, signal.SIGKILL)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def take_port():
            with contextlib.suppress(OSError):  # not yet given up
                other.bind(("127.0.0.1", served.port))
                other.listen()
                return True
            return False
        try:
            wait_for(take_port, 60, "control has left its port")
        finally:
            os.kill(parent, signal.SIGCONT)
        wait_for(lambda: served.log_tail(200).count(f"exit={MISCONFIGURED}") >= 2, 120, "control has failed twice")
        assert os.path.exists(f"/proc/{parent}/exe") and os.path.exists(f"/proc/{host}/exe")
    served.wait_ready()
    assert served.http("GET", "/compute/v2.1/servers").status_code == 200
    assert host in served.family()


def run_serve(cloud, *more):
    return subprocess.run([*cloud.arguments("serve"), *more], capture_output=True, text=True, timeout=START_SECONDS, check=False)


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


def test_systemd_hears_when_it_is_ready_and_when_it_ends(tmp_path):
    cloud = ServedCloud("fake")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(START_SECONDS)
        systemd.bind(str(tmp_path / "notify"))

        def wait_message(wanted):
            while True:
                lines = systemd.recv(4096).decode().splitlines()
                if wanted in lines:
                    return lines
        process = subprocess.Popen(cloud.arguments("serve"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")})
        cloud.processes["serve"] = process
        try:
            assert f"STATUS=the API answers at {cloud.url}, the host is up" in wait_message("READY=1")
            hypervisors = cloud.http("GET", "/compute/v2.1/os-hypervisors").json()["hypervisors"]
            assert [h["state"] for h in hypervisors] == ["up"]
            for half in cloud.family()[1:]:
                environment = pathlib.Path(f"/proc/{half}/environ").read_bytes()
                assert b"NOTIFY_SOCKET" not in environment, "a half could speak for the cloud"
            process.send_signal(signal.SIGTERM)
            wait_message("STOPPING=1")
        finally:
            cloud.close()


def test_whoever_waits_at_a_pipe_hears_why_it_can_not_start():
    cloud = ServedCloud("fake")
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.1", cloud.port))
            other.listen()
            with pytest.raises(AssertionError, match="in use"):
                cloud.start()
        assert cloud.processes["serve"].wait(60) == MISCONFIGURED
    finally:
        cloud.processes.clear()
        cloud.close()


def test_a_half_that_dies_at_every_start_ends_it_with_a_reason():
    cloud = ServedCloud("fake")
    try:
        control = cloud.state / "control"
        control.mkdir(parents=True)
        control.joinpath("virga.db").write_text("this is no database")
        ended = run_serve(cloud)
        assert ended.returncode != 0
        assert "the cloud can't start" in ended.stderr and "control" in ended.stderr.splitlines()[-1]
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
