"""One cloud with real guests, driven by the real `openstack` client."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.cloud import Cloud  # noqa: E402
from harness.guests import GuestReaper, server_files, taps_of  # noqa: E402
from harness.resources import Resources  # noqa: E402


@pytest.fixture(scope="session")
def cloud():
    with GuestReaper():
        running = Cloud("libvirt").start()
        yield running
        running.close()


@pytest.fixture(scope="session")
def api(cloud):
    return Resources(cloud)


@pytest.fixture(scope="session")
def nothing_is_left(cloud, api):
    """Call it after everything was deleted, with the ports that there were."""
    def check(ports):
        assert cloud.differences() == []
        assert api.ports() == [] and api.attachments() == []
        assert cloud.guest_processes() == []
        assert taps_of(ports) == []
        assert server_files(cloud) == []
    return check
