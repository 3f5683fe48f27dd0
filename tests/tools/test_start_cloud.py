"""tools/lib/cloud.sh starts the demo's cloud: it waits for what the program says, and for nothing else."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import ROOT, free_port  # noqa: E402

START = """
set -euo pipefail
demo={demo} steps_dir={demo} steps_log={demo}/virga.log virga={program} port={port}
. tools/lib/steps.sh
. tools/lib/cloud.sh
begin_wait {seconds} "Start the cloud"
start_cloud {seconds} || fail_step
end_step ready
cat $demo/virga.pid
"""


@pytest.fixture
def start(tmp_path):
    """Starts a "program", the text of a shell script; what was printed and the exit status."""
    program = tmp_path / "virga"
    pids = tmp_path / "pids"

    def run(script, seconds=60):
        program.write_text(f"#!/bin/bash\necho $$ >>{pids}\n{script}\n")
        program.chmod(0o755)
        command = START.format(demo=tmp_path, program=program, port=free_port(), seconds=seconds)
        return subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    run.pids = lambda: [int(line) for line in pids.read_text().split()]
    yield run
    for pid in run.pids():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_a_program_that_needs_its_time_is_waited_for(start):
    done = start("sleep 2; echo STATUS=almost >&3; sleep 1; echo READY=1 >&3; exec sleep 1000 3>&-")
    assert done.returncode == 0, done.stdout
    assert "at most 60 s" in done.stdout and "almost" in done.stdout
    assert int(done.stdout.split()[-1]) in start.pids()


def test_a_program_that_ends_is_no_reason_to_wait(start):
    done = start("echo STATUS=the port is taken >&3; echo this is in the log >&2; exit 78", seconds=200)
    assert done.returncode == 1
    for text in ("the port is taken", "ended before it was ready", "FAILED after", "this is in the log"):
        assert text in done.stdout


def test_a_program_that_is_never_ready_is_ended(start):
    done = start("echo STATUS=waits >&3; trap exit TERM; while :; do sleep 0.1; done", seconds=2)
    assert done.returncode == 1
    assert "waits" in done.stdout and "was not ready in 2 s" in done.stdout
    assert not pathlib.Path(f"/proc/{start.pids()[0]}/exe").exists()
