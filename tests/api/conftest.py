"""One cloud with the fake hypervisor for the tests of a worker."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import Cloud  # noqa: E402


@pytest.fixture(scope="session")
def cloud():
    running = Cloud().start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def healthy(cloud):
    """No test may leave a difference between the database and reality."""
    yield
    assert cloud.differences() == []
