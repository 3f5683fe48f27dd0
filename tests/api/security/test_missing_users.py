"""A user that a setting names and that the machine doesn't have: the program ends, and says which setting and what helps."""
import os
import pathlib
import subprocess
import tempfile

import pytest

from harness.cloud import PROGRAM, free_port

MISCONFIGURED = 78
MISSING = "no-such-user-of-virga"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture
def folder():
    """Control's user may enter it, unlike pytest's own temporary folders: else both halves refuse, and either is first."""
    with tempfile.TemporaryDirectory(prefix="virga-test-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


def start(folder, half, *settings):
    words = [PROGRAM, half, "--state-dir", str(folder / "state"), "--listen", f"127.0.0.1:{free_port()}",
             "--set", "compute.driver=fake"]
    for setting in settings:
        words += ["--set", setting]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("half", ["control", "serve"])
def test_control_falls_back_to_nobody(folder, half):
    ended = start(folder, half, f"control.user={MISSING}")
    assert ended.returncode == MISCONFIGURED, ended.stderr
    for words in ("control.user", MISSING, "useradd"):
        assert words in ended.stderr


@pytest.mark.parametrize("half", ["host", "serve"])
def test_helpers_fall_back_to_nobody(folder, half):
    ended = start(folder, half, f"host.helper_user={MISSING}")
    assert ended.returncode == MISCONFIGURED, ended.stderr
    for words in ("host.helper_user", MISSING, "install-deps.sh"):
        assert words in ended.stderr


def test_helpers_are_not_root(folder):
    ended = start(folder, "host", "host.helper_user=root")
    assert ended.returncode == MISCONFIGURED, ended.stderr
    assert "host.helper_user must not be root" in ended.stderr
