"""A kill at every point of what touches volumes, on a share of a real GlusterFS that the storage host mounts."""
import pathlib

import pytest

from failing_cloud import FailingCloud
from harness.gluster import GlusterServer, backend_settings

import scenarios

pytestmark = pytest.mark.long
SCENARIOS = [
    scenarios.CreateVolumeFromImage, scenarios.CreateVolumeFromSnapshot, scenarios.DeleteSource, scenarios.ExtendVolume,
    scenarios.SnapshotOnline, scenarios.DeleteSnapshotOnline,
]


@pytest.fixture(scope="module")
def gluster():
    server = GlusterServer()
    yield server
    server.close()


@pytest.fixture
def cloud(gluster):
    running = FailingCloud(settings=backend_settings(gluster)).start()
    running.volume_folder = pathlib.Path(gluster.mount_points()[0])
    yield running
    running.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda item: item.__name__)
def test_kill_at_every_point(drill, scenario):
    drill.kill_at_every_point(scenario(drill.cloud), least=5)
