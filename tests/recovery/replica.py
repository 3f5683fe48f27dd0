"""Another control process of the same cloud, with a host of its own, on the database that both share."""
import os
import shutil

from failing_cloud import FailingCloud
from harness import database

SECRETS = ("openrc", "master.key")


class Replica(FailingCloud):
    """What an operator gives to a second control: the database, the secrets and the image store of the first."""

    def __init__(self, first, host):
        shared = {key: first.settings[key] for key in ("rpc.url", "rpc.prefix") if key in first.settings}
        # By one path, so that the hosts of both, which both reach on NATS, find an image where either says that it is.
        shared["image.folder"] = first.state / "control" / "images"
        super().__init__(settings={"host.name": host, "database.url": first.database.url, **shared})
        self.database.close()
        self.database = database.Borrowed(first.database.url)
        own, other = self.state / "control", first.state / "control"
        own.mkdir(parents=True)
        for name in SECRETS:
            owner = (other / name).stat()
            shutil.copy(other / name, own / name)
            os.chown(own / name, owner.st_uid, owner.st_gid)


def is_possible():
    return bool(database.SERVER)
