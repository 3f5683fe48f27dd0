"""A kill at every task boundary of control and at every step of a host, on the fake hypervisor."""
import pytest

import scenarios
from scenarios import DeleteBuilding

ALL = [
    scenarios.BootVolume, scenarios.BootImage, scenarios.BootImageVolume, scenarios.BootSnapshot,
    scenarios.CreateVolume, scenarios.CreateVolumeFromImage, scenarios.CreateVolumeFromSnapshot,
    scenarios.CreateVolumeFromVolume, scenarios.CreateVolumeFromBackup, scenarios.CreateBackup,
    scenarios.CreateIncrement, scenarios.CreateBackupOfSnapshot, scenarios.RestoreBackup,
    scenarios.DeleteVolume, scenarios.AttachVolume, scenarios.DeleteActive,
    scenarios.CreateEncryptedFromImage, scenarios.CreateEncryptedFromVolume, scenarios.CreateEncryptedBackup,
    scenarios.DeleteStopped, scenarios.DeleteError, scenarios.FailedBoot,
]
# Flows of one or two tasks.
SHORT = [
    scenarios.ExtendVolume, scenarios.CreateSnapshot, scenarios.DeleteSnapshot, scenarios.DeleteEncryptedSnapshot,
    scenarios.DeleteBackup, scenarios.DeleteSource, scenarios.DetachVolume, scenarios.ManageVolume,
    scenarios.UnmanageVolume, scenarios.CreateGroupSnapshot, scenarios.CreateGroupFromGroup, scenarios.DeleteGroup,
    scenarios.RevertVolume, scenarios.ReimageVolume, scenarios.UploadVolume, scenarios.FailedUpload,
    scenarios.StopServer, scenarios.StartServer, scenarios.RebootServer, scenarios.DetachInterface,
    scenarios.DeleteGroupSnapshot,
]
# Flows of one task that changes rows, or little else.
SHORTEST = [
    scenarios.RetypeVolume, scenarios.CreateGroup, scenarios.ReconcileHost, scenarios.ManageSnapshot,
    scenarios.UnmanageSnapshot, scenarios.ImportBackup, scenarios.RefreshNetwork,
]
# On volumes that a guest has open.
ONLINE = [
    scenarios.ExtendOnline, scenarios.SnapshotOnline, scenarios.DeleteSnapshotOnline,
    scenarios.DeleteLastSnapshotOnline, scenarios.CloneOnline, scenarios.UploadOnline, scenarios.BackupOnline,
]
# From one backend to another.
MOVES = [
    scenarios.MoveVolume, scenarios.MoveByRetype, scenarios.MoveOnline, scenarios.FailedMoveOnline,
    pytest.param(scenarios.MoveOfStoppedServer, marks=pytest.mark.long),
]


@pytest.mark.parametrize("scenario", ALL, ids=lambda item: item.__name__)
def test_kill_at_every_point(drill, scenario):
    drill.kill_at_every_point(scenario(drill.cloud))


@pytest.mark.parametrize("scenario", SHORT, ids=lambda item: item.__name__)
def test_kill_at_every_point_of_a_short_flow(drill, scenario):
    drill.kill_at_every_point(scenario(drill.cloud), least=5)


@pytest.mark.parametrize("scenario", SHORTEST, ids=lambda item: item.__name__)
def test_kill_at_every_point_of_a_flow_of_one_task(drill, scenario):
    drill.kill_at_every_point(scenario(drill.cloud), least=3)


@pytest.mark.parametrize("scenario", ONLINE, ids=lambda item: item.__name__)
def test_kill_at_every_point_of_work_on_a_volume_in_use(drill, scenario):
    drill.kill_at_every_point(scenario(drill.cloud), least=5)


@pytest.mark.parametrize("scenario", MOVES, ids=lambda item: item.__name__)
def test_kill_at_every_point_of_a_move(drill_on_two_backends, scenario):
    drill_on_two_backends.kill_at_every_point(scenario(drill_on_two_backends.cloud), least=5)


def test_kill_at_every_point_of_a_snapshot_that_fails(drill):
    drill.kill_at_every_point(scenarios.FailedSnapshotOnline(drill.cloud), least=2)


@pytest.mark.parametrize("held, way", [
    ("boot_server.compute.manager.prep_block_device.before", scenarios.BootImageVolume),
    ("boot_server.virt.libvirt.spawn.before", scenarios.BootImageVolume),
    ("boot_server.virt.libvirt.spawn.after", scenarios.BootImage),
], ids=["prep_block_device", "spawn", "spawned"])
def test_kill_at_every_point_of_a_delete_that_cancels_a_boot(drill, held, way):
    drill.kill_at_every_point(DeleteBuilding(drill.cloud, held, way))
