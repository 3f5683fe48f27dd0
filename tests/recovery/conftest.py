"""Each test has a cloud of its own: it is killed again and again."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from drill import Drill  # noqa: E402
from failing_cloud import FailingCloud  # noqa: E402

LONG_BYTES = 300 * 1024 * 1024


@pytest.fixture
def cloud():
    running = FailingCloud().start()
    yield running
    running.close()


@pytest.fixture
def drill_on_two_backends():
    running = FailingCloud().with_two_backends(format="qcow2").start()
    yield Drill(running)
    running.close()


@pytest.fixture
def drill(cloud):
    return Drill(cloud)


@pytest.fixture(scope="session")
def long_image(tmp_path_factory):
    """Random bytes: no tool can make a short work of it."""
    path = tmp_path_factory.mktemp("long") / "long.raw"
    with open(path, "wb") as out:
        for _ in range(LONG_BYTES // (4 << 20)):
            out.write(os.urandom(4 << 20))
    return path


@pytest.fixture
def small_file_system(tmp_path):
    """16 MiB for volumes."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
