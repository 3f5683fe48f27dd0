"""Volumes that the storage host is held at work on, for as long as a test needs that."""
from concurrent.futures import ThreadPoolExecutor

from harness.volumes import call
from test_unattached_connections import HOST, act

UPLOAD = ("disk.store_image.written", lambda cloud, volume, token: act(
    cloud, volume, "os-volume_upload_image", {"image_name": "held", "disk_format": "raw"}, token=token))
BACKUP = ("volume.backup.create.begun", lambda cloud, volume, token: call(
    cloud, "POST", "/backups", {"backup": {"volume_id": volume}}, token=token, expect=202))
CLONE = ("volume.files.derive.file", lambda cloud, volume, token: call(
    cloud, "POST", "/volumes", {"volume": {"size": 1, "source_volid": volume}}, token=token, expect=202))
SNAPSHOT = ("volume.files.create_snapshot.file", lambda cloud, volume, token: call(
    cloud, "POST", "/snapshots", {"snapshot": {"volume_id": volume}}, token=token, expect=202))
MOVE = ("volume.files.create_from_content.file", lambda cloud, volume, token: act(
    cloud, volume, "os-migrate_volume", {"host": "host-1@second#second"}))
#: Of a volume that something outside of the cloud has: nothing else is done to it.
CONNECT = ("volume.files.initialize_connection.saved", lambda cloud, volume, token: act(
    cloud, volume, "os-initialize_connection", HOST, 200, token))


class Held:
    """Within the block the host stands in the work on a volume, whose lock it has."""

    def __init__(self, cloud, api, work, volume, token):
        self.cloud, self.api, self.volume = cloud, api, volume
        self.point, self.begin = work
        self.token = token
        self.pool = ThreadPoolExecutor(1)

    def __enter__(self):
        mark = self.cloud.mark()
        self.cloud.arm("host", self.cloud.holding("host", self.point))
        asked = self.pool.submit(self.begin, self.cloud, self.volume, self.token)
        try:
            self.cloud.wait_point("host", self.point, mark, 60)
        except BaseException:
            self.cloud.let_go("host")
            asked.result()
            raise
        self.asked = asked

    def __exit__(self, *failure):
        self.cloud.let_go("host")
        self.asked.result()
        self.pool.shutdown()
        self.api.wait_flows(self.volume)
        self.api.wait(lambda: not self.unfinished(), "what was begun is finished", self.unfinished, 60)
        self.api.wait(lambda: self.cloud.differences() == [], "cloud is healthy", self.cloud.differences, 60)

    def unfinished(self):
        made = self.api.volumes() + self.api.snapshots() + self.api.backups()
        return [item["id"] for item in made if item["status"] in ("creating", "backing-up", "uploading")]
