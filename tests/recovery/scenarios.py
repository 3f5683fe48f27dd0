"""What users do, in a form that can be interrupted anywhere and compared afterwards."""
import base64
import json
import os
import subprocess
import uuid

import requests

from census import assert_same_content, assert_same_disk, guest_file, volume_disk
from harness.keys import encrypted_type
from harness.resources import ApiError, Resources, blank, device

IMAGE_BYTES = 2 * 1024 * 1024


class Scenario:
    """begin() makes what act() needs; act() is what is interrupted; settle() waits for its end; clean() deletes."""

    kinds = set()  # of flow: those whose points act() passes
    mark = None  # where in the logs of points act() began, when that is later than its call

    def __init__(self, cloud):
        self.cloud = cloud
        self.api = Resources(cloud)
        self.name = type(self).__name__.lower()
        self.made = {}
        self.flows_before = 0

    def prepare(self):
        self.flavor = self.api.flavor(self.name, ram=64, disk=1)

    def begin(self, name):
        pass

    def armed(self, half):
        """Further entries that have to be armed in a half."""
        return []

    def is_part(self, point):
        """Whether a point that was passed belongs to act()."""
        return not point.startswith(("reconcile_host.", "sync_power_state."))

    def check(self, name):
        """What a census can't see."""

    # ---- for images

    def fresh_image(self, name):
        """An image that no cache has seen."""
        self.image_path = self.cloud.folder / "image.raw"
        self.image_path.write_bytes(os.urandom(IMAGE_BYTES))
        with open(self.image_path, "rb") as data:
            self.made["image"] = self.api.image(name, data)

    def bootable_volume(self, name):
        self.fresh_image(name)
        return self.api.ready_volume(name, 1, imageRef=self.made["image"])

    # ---- for actions on a resource that exists

    def watch_flows(self, resource):
        self.resource = resource
        self.flows_before = len(self.api.flows(resource))

    def was_accepted(self, name):
        return len(self.api.flows(self.resource)) > self.flows_before

    def clean(self, name):
        self.api.delete_all()
        self.made.clear()


class Boot(Scenario):
    """POST /servers; the server is found by its name when the reply was lost."""

    kinds = {"boot_server"}

    def body(self, name):
        raise NotImplementedError

    def act(self, name):
        self.made["server"] = self.api.server(name, self.flavor, **self.body(name))

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.servers() if item["name"] == name]
        assert len(found) < 2, "one request made two servers"
        if found:
            self.made["server"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_server(self.made["server"])
        self.api.wait_flows(self.made["server"])


class BootVolume(Boot):
    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)

    def body(self, name):
        return {"devices": [device("volume", self.made["volume"], delete_on_termination=False)]}

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class BootImage(Boot):
    def begin(self, name):
        self.fresh_image(name)

    def body(self, name):
        return {"image": self.made["image"]}


class BootImageVolume(Boot):
    """Creates two volumes, one from the image and an empty one."""

    kinds = {"boot_server", "create_volume"}

    def begin(self, name):
        self.fresh_image(name)

    def body(self, name):
        return {"devices": [device("image", self.made["image"], volume_size=1), blank()]}

    def check(self, name):
        root = [item["id"] for item in self.api.volumes() if item["bootable"] == "true"]
        assert len(root) == 1
        assert_same_content(self.cloud, root[0], self.image_path)


class BootSnapshot(Boot):
    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])

    def body(self, name):
        return {"devices": [device("snapshot", self.made["snapshot"], volume_size=1)]}

    def check(self, name):
        new = [item["id"] for item in self.api.volumes() if item["id"] != self.made["volume"]]
        assert len(new) == 1
        assert_same_content(self.cloud, new[0], self.image_path)

    def clean(self, name):
        self.api.delete_server(self.made["server"])
        self.api.wait_gone(lambda: self.api.show_server(self.made["server"]), "server")
        super().clean(name)


class CreateVolume(Scenario):
    kinds = {"create_volume"}

    def source(self):
        return {}

    def act(self, name):
        self.made["new"] = self.api.volume(name, 1, **self.source())

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.volumes() if item["name"] == name and item["id"] != self.made.get("volume")]
        assert len(found) < 2, "one request made two volumes"
        if found:
            self.made["new"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_volume(self.made["new"])
        self.api.wait_flows(self.made["new"])


class CreateVolumeFromImage(CreateVolume):
    def begin(self, name):
        self.fresh_image(name)

    def source(self):
        return {"imageRef": self.made["image"]}

    def check(self, name):
        assert_same_content(self.cloud, self.made["new"], self.image_path)


class CreateVolumeFromSnapshot(CreateVolumeFromImage):
    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])

    def source(self):
        return {"snapshot_id": self.made["snapshot"]}


class CreateVolumeFromVolume(CreateVolumeFromImage):
    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)

    def source(self):
        return {"source_volid": self.made["volume"]}


class Encrypted:
    """Of a volume whose type has an encryption; its content is compared through its key."""

    def prepare(self):
        super().prepare()
        self.type = encrypted_type(self.api, self.name)

    def bootable_volume(self, name):
        self.fresh_image(name)
        return self.api.ready_volume(name, 1, imageRef=self.made["image"], volume_type=self.type)


class CreateEncryptedFromImage(Encrypted, CreateVolumeFromImage):
    def source(self):
        return {**super().source(), "volume_type": self.type}


class CreateEncryptedFromVolume(Encrypted, CreateVolumeFromVolume):
    pass


class UploadVolume(Scenario):
    """An image is made from a volume."""

    kinds = {"upload_image"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.volume_action(self.made["volume"], "os-volume_upload_image",
                               {"image_name": f"{name}-uploaded", "disk_format": "qcow2"})

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        self.api.wait_volume(self.made["volume"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)
        made = [item for item in self.api.images() if item["name"] == f"{name}-uploaded"]
        assert [item["status"] for item in made] == ["active"]
        store = self.cloud.state / "control" / "images"
        assert_same_disk(store / made[0]["id"], "qcow2", self.image_path)
        assert sorted(path.name for path in store.iterdir() if path.name != ".store") == sorted(item["id"] for item in self.api.images())


class FailedUpload(UploadVolume):
    """What the guest wrote is no acceptable image: nothing of it may stay."""

    def begin(self, name):
        super().begin(name)
        disk, _ = volume_disk(self.cloud, self.made["volume"])
        with open(disk, "r+b") as file:
            file.write(b"QFI\xfb")

    def bootable_volume(self, name):
        self.fresh_image(name)
        return self.api.ready_volume(name, 1)

    def act(self, name):
        self.api.volume_action(self.made["volume"], "os-volume_upload_image", {"image_name": f"{name}-uploaded"})

    def check(self, name):
        assert [item["id"] for item in self.api.images()] == [self.made["image"]]
        assert [path.name for path in (self.cloud.state / "control" / "images").iterdir() if path.name != ".store"] == [self.made["image"]]


class RevertVolume(Scenario):
    """A volume gets the content of its snapshot back."""

    kinds = {"revert_volume"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])
        scribble(self.cloud, self.made["volume"])
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.volume_action(self.made["volume"], "revert", {"snapshot_id": self.made["snapshot"]}, "3.40")

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        self.api.wait_volume(self.made["volume"])

    def check(self, name):
        assert self.api.show_snapshot(self.made["snapshot"])["status"] == "available"
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class ReimageVolume(RevertVolume):
    """A volume gets the content of another image."""

    kinds = {"reimage_volume"}

    def begin(self, name):
        self.fresh_image(name)
        self.made["volume"] = self.api.ready_volume(name, 1)
        scribble(self.cloud, self.made["volume"])
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.volume_action(self.made["volume"], "os-reimage", {"image_id": self.made["image"]}, "3.68")

    def check(self, name):
        assert self.api.show_volume(self.made["volume"])["volume_image_metadata"]["image_id"] == self.made["image"]
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class ManageVolume(Scenario):
    """A disk that lies on the backend becomes a volume."""

    kinds = {"manage_volume"}

    def begin(self, name):
        self.fresh_image(name)
        self.api.delete_image(self.made.pop("image"))
        self.folder = self.cloud.volume_folder / "manage"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "disk").write_bytes(self.image_path.read_bytes())

    def act(self, name):
        body = {"name": name, "host": "host-1@local#local", "ref": {"source-name": "disk"}}
        self.api.volume_api("POST", "/os-volume-manage", {"volume": body})

    def was_accepted(self, name):
        return any(item["name"] == name for item in self.api.volumes())

    def settle(self, name):
        self.made["volume"] = next(item["id"] for item in self.api.volumes() if item["name"] == name)
        self.api.wait_flows(self.made["volume"])
        self.api.wait_volume(self.made["volume"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)
        assert list(self.folder.iterdir()) == []


class UnmanageVolume(ManageVolume):
    """A volume is let go; its data stays."""

    kinds = {"unmanage_volume"}

    def begin(self, name):
        self.folder = self.cloud.volume_folder / "manage"
        self.made["volume"] = self.bootable_volume(name)
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.volume_action(self.made["volume"], "os-unmanage", {})

    def was_accepted(self, name):
        return Scenario.was_accepted(self, name)

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_volume(self.made["volume"]), "volume")
        self.api.wait_flows(self.made["volume"])

    def check(self, name):
        disk, = self.folder.iterdir()
        assert_same_disk(disk, "qcow2" if disk.suffix == ".qcow2" else "raw", self.image_path)

    def clean(self, name):
        for path in self.folder.iterdir():
            path.unlink()
        super().clean(name)


class UnmanageSnapshot(Scenario):
    kinds = {"unmanage_snapshot"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])
        self.watch_flows(self.made["snapshot"])

    def let_go(self):
        self.api.volume_api("POST", f"/snapshots/{self.made['snapshot']}/action", {"os-unmanage": {}})

    def wait_let_go(self):
        self.api.wait_gone(lambda: self.api.show_snapshot(self.made["snapshot"]), "snapshot")
        self.api.wait_flows(self.made["snapshot"])

    def act(self, name):
        self.let_go()

    def settle(self, name):
        self.wait_let_go()

    def take_back(self, name):
        body = {"name": name, "volume_id": self.made["volume"],
                "ref": {"source-name": f"snapshot-{self.made['snapshot']}"}}
        self.api.volume_api("POST", "/os-snapshot-manage", {"snapshot": body})

    def wait_taken_back(self, name):
        taken = next(item["id"] for item in self.api.snapshots() if item["name"] == name)
        self.api.wait_flows(taken)
        self.api.wait_status(lambda: self.api.show_snapshot(taken), "available", "snapshot")
        return taken

    def check(self, name):
        """What was let go can be taken back."""
        self.take_back(f"{name}-again")
        self.made["snapshot"] = self.wait_taken_back(f"{name}-again")
        self.check_content(name)

    def check_content(self, name):
        copy = self.api.ready_volume(f"{name}-copy", 1, snapshot_id=self.made["snapshot"])
        assert_same_content(self.cloud, copy, self.image_path)
        self.api.delete_volume(copy)
        self.api.wait_gone(lambda: self.api.show_volume(copy), "copy")


class ManageSnapshot(UnmanageSnapshot):
    kinds = {"manage_snapshot"}

    def begin(self, name):
        super().begin(name)
        self.let_go()
        self.wait_let_go()

    def act(self, name):
        self.take_back(name)

    def was_accepted(self, name):
        return any(item["name"] == name for item in self.api.snapshots())

    def settle(self, name):
        self.made["taken"] = self.wait_taken_back(name)

    def check(self, name):
        self.made["snapshot"] = self.made["taken"]
        self.check_content(name)


class OnGroup(Scenario):
    """A group with two volumes."""

    def prepare(self):
        super().prepare()
        kind = {"group_type": {"name": self.name}}
        self.kind = self.api.volume_api("POST", "/group_types", kind)["group_type"]["id"]

    def begin(self, name):
        self.made["group"] = self.group("POST", "/groups", name=name, group_type=self.kind, volume_types=["__DEFAULT__"])
        self.wait_group(self.made["group"])
        for i in range(2):
            self.api.ready_volume(f"{name}-{i}", 1, group_id=self.made["group"])

    def group(self, method, path, **fields):
        return self.api.volume_api(method, path, {"group": fields})["group"]["id"]

    def show_group(self, group):
        found = [item for item in self.api.volume_api("GET", "/groups/detail")["groups"] if item["id"] == group]
        return found[0] if found else None

    def wait_group(self, group):
        self.api.wait_status(lambda: self.show_group(group), "available", "group")

    def group_snapshots(self):
        return self.api.volume_api("GET", "/group_snapshots/detail")["group_snapshots"]

    def was_accepted(self, name):
        return bool(self.group_snapshots())

    def clean(self, name):
        for item in self.group_snapshots():
            self.api.volume_api("DELETE", f"/group_snapshots/{item['id']}")
        self.api.wait(lambda: not self.group_snapshots(), "group snapshots are gone")
        for group in self.api.volume_api("GET", "/groups")["groups"]:
            body = {"delete": {"delete-volumes": True}}
            self.api.volume_api("POST", f"/groups/{group['id']}/action", body)
        self.api.wait(lambda: not self.api.volume_api("GET", "/groups")["groups"], "groups are gone")
        super().clean(name)


class CreateGroup(OnGroup):
    kinds = {"create_group"}

    def begin(self, name):
        pass

    def act(self, name):
        self.group("POST", "/groups", name=name, group_type=self.kind, volume_types=["__DEFAULT__"])

    def was_accepted(self, name):
        return bool(self.api.volume_api("GET", "/groups")["groups"])

    def settle(self, name):
        made, = self.api.volume_api("GET", "/groups")["groups"]
        self.wait_group(made["id"])
        self.api.wait_flows(made["id"])


class CreateGroupSnapshot(OnGroup):
    kinds = {"create_group_snapshot"}

    def act(self, name):
        body = {"group_snapshot": {"group_id": self.made["group"], "name": name}}
        self.api.volume_api("POST", "/group_snapshots", body)

    def settle(self, name):
        made, = self.group_snapshots()
        self.api.wait_status(lambda: self.group_snapshots()[0], "available", "group snapshot")
        self.api.wait_flows(made["id"])

    def check(self, name):
        assert [item["status"] for item in self.api.snapshots()] == ["available", "available"]


class DeleteGroupSnapshot(OnGroup):
    kinds = {"delete_group_snapshot", "delete_snapshot"}

    def begin(self, name):
        super().begin(name)
        body = {"group_snapshot": {"group_id": self.made["group"], "name": name}}
        self.made["taken"] = self.api.volume_api("POST", "/group_snapshots", body)["group_snapshot"]["id"]
        self.api.wait_status(lambda: self.group_snapshots()[0], "available", "group snapshot")
        self.api.wait_flows(self.made["taken"])
        self.watch_flows(self.made["taken"])

    def act(self, name):
        self.api.volume_api("DELETE", f"/group_snapshots/{self.made['taken']}")

    def was_accepted(self, name):
        return Scenario.was_accepted(self, name)

    def settle(self, name):
        self.api.wait(lambda: not self.group_snapshots(), "group snapshot is gone")
        self.api.wait_flows(self.made["taken"])

    def check(self, name):
        assert self.api.snapshots() == []


class CreateGroupFromGroup(OnGroup):
    kinds = {"create_group_from_src"}

    def act(self, name):
        body = {"create-from-src": {"name": f"{name}-copy", "source_group_id": self.made["group"]}}
        self.api.volume_api("POST", "/groups/action", body)

    def copy(self, name):
        return [item["id"] for item in self.api.volume_api("GET", "/groups")["groups"] if item["name"] == f"{name}-copy"]

    def was_accepted(self, name):
        return bool(self.copy(name))

    def settle(self, name):
        made, = self.copy(name)
        self.wait_group(made)
        self.api.wait_flows(made)

    def check(self, name):
        assert len(self.api.volumes()) == 4


class DeleteGroup(OnGroup):
    kinds = {"delete_group"}

    def begin(self, name):
        super().begin(name)
        self.watch_flows(self.made["group"])

    def act(self, name):
        self.api.volume_api("POST", f"/groups/{self.made['group']}/action", {"delete": {"delete-volumes": True}})

    def was_accepted(self, name):
        return Scenario.was_accepted(self, name)

    def settle(self, name):
        self.api.wait_gone(lambda: self.show_group(self.made["group"]), "group")
        self.api.wait_flows(self.made["group"])

    def check(self, name):
        assert self.api.volumes() == []


class DeleteVolume(Scenario):
    kinds = {"delete_volume"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.delete_volume(self.made["volume"])

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_volume(self.made["volume"]), "volume")
        self.api.wait_flows(self.made["volume"])


class DeleteSource(DeleteVolume):
    """What a clone shared with it becomes the clone's own (on a file system without reflinks: with them nothing is
    shared)."""

    kinds = {"delete_volume", "flatten_volume"}

    def begin(self, name):
        super().begin(name)
        write_zeros(self.cloud, self.made["volume"])
        self.made["clone"] = self.api.ready_volume(f"{name}-clone", 1, source_volid=self.made["volume"])

    def settle(self, name):
        super().settle(name)
        self.api.wait_flows(self.made["clone"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["clone"], self.image_path)
        assert len(list(self.cloud.volume_folder.glob("volume-*"))) == 2, "one file and its record"


class ExtendVolume(DeleteVolume):
    kinds = {"extend_volume"}

    def act(self, name):
        self.api.extend(self.made["volume"], 2)

    def settle(self, name):
        self.api.wait_volume(self.made["volume"])
        self.api.wait_flows(self.made["volume"])

    def check(self, name):
        assert self.api.show_volume(self.made["volume"])["size"] == 2
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class RetypeVolume(DeleteVolume):
    kinds = {"retype_volume"}

    def begin(self, name):
        super().begin(name)
        body = {"volume_type": {"name": f"{name}-type"}}
        self.made["type"] = self.api.volume_api("POST", "/types", body)["volume_type"]["name"]

    def act(self, name):
        self.api.volume_api("POST", f"/volumes/{self.made['volume']}/action", {"os-retype": {"new_type": self.made["type"]}})

    def settle(self, name):
        self.api.wait_volume(self.made["volume"])
        self.api.wait_flows(self.made["volume"])

    def check(self, name):
        assert self.api.show_volume(self.made["volume"])["volume_type"] == self.made["type"]
        assert_same_content(self.cloud, self.made["volume"], self.image_path)

    def clean(self, name):
        made = self.made["type"]
        super().clean(name)
        self.api.volume_api("DELETE", f"/types/{made}")


class OnTwoBackends(Scenario):
    """A volume of a type that any backend may have, on the first one."""

    def prepare(self):
        super().prepare()
        self.types = [self.type(name) for name in ("local", "second")]

    def type(self, backend):
        body = {"volume_type": {"name": f"{self.name}-{backend}", "extra_specs": {"volume_backend_name": backend}}}
        return self.api.volume_api("POST", "/types", body)["volume_type"]["name"]

    def bootable_volume(self, name):
        self.fresh_image(name)
        volume = self.api.ready_volume(name, 1, imageRef=self.made["image"], volume_type=self.types[0])
        scribble(self.cloud, volume)
        return self.retyped(volume)

    def retyped(self, volume):
        self.api.volume_action(volume, "os-retype", {"new_type": "__DEFAULT__"})
        self.api.wait_flows(volume)
        return volume

    def move(self):
        self.api.volume_action(self.made["volume"], "os-migrate_volume", {"host": "host-1@second"})

    def check_moved(self, backend="second", migration_status="success"):
        found = self.api.show_volume(self.made["volume"])
        assert found["os-vol-host-attr:host"] == f"host-1@{backend}#{backend}"
        assert found["migration_status"] == migration_status
        path, disk_format = volume_disk(self.cloud, self.made["volume"])
        assert path.parent.name == ("volumes" if backend == "local" else "volumes-second")
        for offset in ("1M", "700M"):
            read = subprocess.run(["qemu-io", "-r", "-f", disk_format, "-c", f"read -P 0x77 {offset} 64k", str(path)],
                                  check=True, capture_output=True, text=True, timeout=60)
            assert "verification failed" not in read.stdout, read.stdout
        return path


class MoveVolume(OnTwoBackends):
    kinds = {"migrate_volume"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.move()

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        self.api.wait_volume(self.made["volume"])

    def check(self, name):
        self.check_moved()


class MoveByRetype(MoveVolume):
    kinds = {"retype_volume"}

    def act(self, name):
        body = {"new_type": self.types[1], "migration_policy": "on-demand"}
        self.api.volume_action(self.made["volume"], "os-retype", body)

    def check(self, name):
        self.check_moved()
        assert self.api.show_volume(self.made["volume"])["volume_type"] == self.types[1]


class CreateSnapshot(Scenario):
    kinds = {"create_snapshot"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)

    def act(self, name):
        self.made["snapshot"] = self.api.snapshot(name, self.made["volume"])

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.snapshots()]
        if found:
            self.made["snapshot"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_status(lambda: self.api.show_snapshot(self.made["snapshot"]), "available", "snapshot")
        self.api.wait_flows(self.made["snapshot"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class DeleteSnapshot(Scenario):
    kinds = {"delete_snapshot"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])
        self.watch_flows(self.made["snapshot"])

    def act(self, name):
        self.api.delete_snapshot(self.made["snapshot"])

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_snapshot(self.made["snapshot"]), "snapshot")
        self.api.wait_flows(self.made["snapshot"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)


class DeleteEncryptedSnapshot(Encrypted, DeleteSnapshot):
    pass


class CreateBackup(Scenario):
    kinds = {"create_backup"}

    fields = {}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)

    def act(self, name):
        self.made["backup"] = self.api.backup(name, self.made["volume"], **self.fields)

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.backups() if item["name"] == name]
        assert len(found) < 2, "one request made two backups"
        if found:
            self.made["backup"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_backup(self.made["backup"])
        self.api.wait_flows(self.made["backup"])
        self.api.wait_volume(self.made["volume"])

    def check(self, name):
        """The backup is good: what it gives back is what the volume has."""
        volume = self.api.restore_backup(self.made["backup"])
        self.api.wait_volume(volume)
        self.api.wait_flows(volume)
        assert_same_content(self.cloud, volume, self.image_path)
        self.api.delete_volume(volume)
        self.api.wait_gone(lambda: self.api.show_volume(volume), "restored volume")


class CreateEncryptedBackup(Encrypted, CreateBackup):
    pass


class CreateIncrement(CreateBackup):
    fields = {"incremental": True}

    def begin(self, name):
        super().begin(name)
        self.api.ready_backup(f"{name}-full", self.made["volume"])


class CreateBackupOfSnapshot(CreateBackup):
    """Reads a temporary volume."""

    def begin(self, name):
        super().begin(name)
        self.made["snapshot"] = self.api.ready_snapshot(name, self.made["volume"])
        self.fields = {"snapshot_id": self.made["snapshot"]}


class DeleteBackup(Scenario):
    kinds = {"delete_backup"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["backup"] = self.api.ready_backup(name, self.made["volume"])
        self.watch_flows(self.made["backup"])

    def act(self, name):
        self.api.delete_backup(self.made["backup"])

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_backup(self.made["backup"]), "backup")
        self.api.wait_flows(self.made["backup"])


class ImportBackup(Scenario):
    """A record is added of data that lie in the directory of a host."""

    kinds = {"import_backup"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["backup"] = self.api.ready_backup(name, self.made["volume"])
        path = f"/backups/{self.made['backup']}/export_record"
        self.record = self.api.volume_api("GET", path)["backup-record"]
        self.made["copy"] = str(uuid.uuid4())
        content = {**json.loads(base64.b64decode(self.record["backup_url"])), "id": self.made["copy"]}
        self.record["backup_url"] = base64.b64encode(json.dumps(content).encode()).decode()

    def act(self, name):
        self.api.volume_api("POST", "/backups/import_record", {"backup-record": self.record})

    def was_accepted(self, name):
        return self.api.show_backup(self.made["copy"]) is not None

    def settle(self, name):
        self.api.wait_backup(self.made["copy"])
        self.api.wait_flows(self.made["copy"])


class RestoreBackup(Scenario):
    """Over a volume that has other content."""

    kinds = {"restore_backup"}

    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["backup"] = self.api.ready_backup(name, self.made["volume"])
        self.made["target"] = self.api.ready_volume(f"{name}-target", 1, source_volid=self.made["volume"])
        self.watch_flows(self.made["target"])

    def act(self, name):
        self.api.restore_backup(self.made["backup"], volume_id=self.made["target"])

    def settle(self, name):
        self.api.wait_volume(self.made["target"])
        self.api.wait_flows(self.made["target"])
        self.api.wait_backup(self.made["backup"])

    def check(self, name):
        assert_same_content(self.cloud, self.made["target"], self.image_path)


class CreateVolumeFromBackup(CreateVolumeFromImage):
    def begin(self, name):
        self.made["volume"] = self.bootable_volume(name)
        self.made["backup"] = self.api.ready_backup(name, self.made["volume"])

    def source(self):
        return {"backup_id": self.made["backup"]}

    def act(self, name):
        body = {"name": name, "size": 1, **self.source()}
        self.made["new"] = self.api.volume_api("POST", "/volumes", {"volume": body}, "3.47")["volume"]["id"]

    def settle(self, name):
        super().settle(name)
        self.api.wait_backup(self.made["backup"])


class OnServer(Scenario):
    """Something is done to a server that boots from an image."""

    wanted = "ACTIVE"

    def prepare(self):
        super().prepare()
        self.fresh_image(self.name)
        self.kept_image = self.made.pop("image")

    def begin(self, name):
        self.made["server"] = self.api.active_server(name, self.flavor, self.kept_image)
        self.watch_flows(self.made["server"])

    def settle(self, name):
        self.api.wait_flows(self.made["server"])
        self.api.wait_server(self.made["server"], self.wanted)

    def clean(self, name):
        self.api.delete_server(self.made["server"])
        self.api.wait_gone(lambda: self.api.show_server(self.made["server"]), "server")
        self.made.pop("server")
        for volume in self.api.volumes():
            self.api.delete_volume(volume["id"])
        self.api.wait(lambda: not self.api.volumes(), "volumes are gone")


class StopServer(OnServer):
    kinds = {"stop_server"}

    wanted = "SHUTOFF"

    def act(self, name):
        self.api.action(self.made["server"], "os-stop")


class StartServer(OnServer):
    kinds = {"start_server"}

    def begin(self, name):
        super().begin(name)
        self.api.action(self.made["server"], "os-stop")
        self.api.wait_server(self.made["server"], "SHUTOFF")
        self.watch_flows(self.made["server"])

    def act(self, name):
        self.api.action(self.made["server"], "os-start")


class RebootServer(OnServer):
    kinds = {"reboot_server"}

    def act(self, name):
        self.api.action(self.made["server"], "reboot", {"type": "HARD"})


class AttachVolume(OnServer):
    kinds = {"attach_volume"}

    def begin(self, name):
        super().begin(name)
        self.made["volume"] = self.api.ready_volume(name)

    def act(self, name):
        self.api.attach(self.made["server"], self.made["volume"])

    def settle(self, name):
        super().settle(name)
        self.api.wait_volume(self.made["volume"], "in-use")

    def check(self, name):
        assert self.api.attached_volumes(self.made["server"]) == [self.made["volume"]]


class OnlineVolume(OnServer):
    """Something is done to a volume with content while a guest has it."""

    def begin(self, name):
        super().begin(name)
        self.made["volume"] = self.bootable_volume(name)
        self.api.attach(self.made["server"], self.made["volume"])
        self.api.wait_volume(self.made["volume"], "in-use")
        self.api.wait_flows(self.made["server"])
        self.prepare_volume(name)

    def prepare_volume(self, name):
        pass

    def settle(self, name):
        self.api.wait_volume(self.made["volume"], "in-use")
        self.api.wait_server(self.made["server"])

    def online_snapshot(self, name):
        snapshot = self.api.snapshot(name, self.made["volume"], force=True)
        self.api.wait_status(lambda: self.api.show_snapshot(snapshot), "available", "snapshot")
        return snapshot

    def check(self, name):
        assert_same_content(self.cloud, self.made["volume"], self.image_path)
        path, _ = volume_disk(self.cloud, self.made["volume"])
        assert guest_file(self.cloud, self.made["server"], self.made["volume"]) == str(path)

    def clean(self, name):
        for snapshot in self.api.snapshots():
            self.api.delete_snapshot(snapshot["id"])
        self.api.wait(lambda: not self.api.snapshots(), "snapshots are gone")
        super().clean(name)
        self.api.delete_image(self.made.pop("image"))


class ExtendOnline(OnlineVolume):
    def prepare_volume(self, name):
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.extend(self.made["volume"], 2)

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        super().settle(name)

    def check(self, name):
        super().check(name)
        assert self.api.show_volume(self.made["volume"])["size"] == 2


class SnapshotOnline(OnlineVolume):
    def act(self, name):
        self.made["snapshot"] = self.api.snapshot(name, self.made["volume"], force=True)

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.snapshots()]
        if found:
            self.made["snapshot"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_status(lambda: self.api.show_snapshot(self.made["snapshot"]), "available", "snapshot")
        self.api.wait_flows(self.made["snapshot"])
        super().settle(name)


class FailedSnapshotOnline(SnapshotOnline):
    """The guest can't be moved: the snapshot is in error, and the next one works."""

    def prepare_volume(self, name):
        fail_next(self.cloud, "snapshot_disk")

    def is_part(self, point):
        return super().is_part(point) and ".revert." in point

    def settle(self, name):
        self.api.wait_flows(self.made["snapshot"])
        assert self.api.show_snapshot(self.made["snapshot"])["status"] in ("error", "available")
        script = self.cloud.state / "host" / "fake-script"  # a host that was killed would read it again
        script.unlink(missing_ok=True)
        OnlineVolume.settle(self, name)
        self.api.delete_snapshot(self.made["snapshot"])
        self.api.wait_gone(lambda: self.api.show_snapshot(self.made["snapshot"]), "snapshot")
        self.made["snapshot"] = self.online_snapshot(name)


class DeleteSnapshotOnline(OnlineVolume):
    """The older of two: its layer is committed; and the younger one is pulled before, when there are two to delete."""

    def prepare_volume(self, name):
        self.made["older"] = self.online_snapshot(name)
        self.write(1)
        self.made["snapshot"] = self.online_snapshot(name)
        self.write(2)
        self.watch_flows(self.made["older"])

    def write(self, pattern):
        """What a guest would write; where the content is compared there is only zero."""
        path, disk_format = volume_disk(self.cloud, self.made["volume"])
        command = f"write -P {pattern} {IMAGE_BYTES + pattern * 65536} 64k"
        subprocess.run(["qemu-io", "-f", disk_format, "-c", command, str(path)], check=True, capture_output=True,
                       timeout=60)

    def act(self, name):
        self.api.delete_snapshot(self.made["older"])

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_snapshot(self.made["older"]), "snapshot")
        self.api.wait_flows(self.made["older"])
        super().settle(name)

    def check(self, name):
        path, disk_format = volume_disk(self.cloud, self.made["volume"])
        for pattern in (1, 2):
            read = subprocess.run(["qemu-io", "-r", "-f", disk_format, "-c",
                                   f"read -P {pattern} {IMAGE_BYTES + pattern * 65536} 64k", str(path)],
                                  check=True, capture_output=True, text=True, timeout=60)
            assert "verification failed" not in read.stdout, read.stdout
        assert guest_file(self.cloud, self.made["server"], self.made["volume"]) == str(path)


class DeleteLastSnapshotOnline(DeleteSnapshotOnline):
    """The younger of two: the layer beneath the active one is pulled."""

    def prepare_volume(self, name):
        super().prepare_volume(name)
        self.made["older"], self.made["snapshot"] = self.made["snapshot"], self.made["older"]
        self.watch_flows(self.made["older"])


class CloneOnline(OnlineVolume):
    def act(self, name):
        self.made["new"] = self.api.volume(name, 1, source_volid=self.made["volume"])

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.volumes() if item["id"] != self.made["volume"]]
        assert len(found) < 2, "one request made two volumes"
        if found:
            self.made["new"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_volume(self.made["new"])
        self.api.wait_flows(self.made["new"])
        super().settle(name)

    def check(self, name):
        super().check(name)
        assert_same_content(self.cloud, self.made["new"], self.image_path)


class UploadOnline(OnlineVolume):
    """An image is made from a volume in use: of a temporary volume, made from a temporary snapshot."""

    def prepare_volume(self, name):
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.api.volume_action(self.made["volume"], "os-volume_upload_image",
                               {"image_name": f"{name}-uploaded", "disk_format": "qcow2", "force": True})

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        super().settle(name)

    def check(self, name):
        super().check(name)
        made = [item for item in self.api.images() if item["name"] == f"{name}-uploaded"]
        assert [item["status"] for item in made] == ["active"]
        assert_same_disk(self.cloud.state / "control" / "images" / made[0]["id"], "qcow2", self.image_path)


class BackupOnline(OnlineVolume):
    def act(self, name):
        self.made["backup"] = self.api.backup(name, self.made["volume"], force=True)

    def was_accepted(self, name):
        found = [item["id"] for item in self.api.backups()]
        if found:
            self.made["backup"] = found[0]
        return bool(found)

    def settle(self, name):
        self.api.wait_backup(self.made["backup"])
        self.api.wait_flows(self.made["backup"])
        super().settle(name)

    def check(self, name):
        super().check(name)
        volume = self.api.restore_backup(self.made["backup"])
        self.api.wait_volume(volume)
        self.api.wait_flows(volume)
        assert_same_content(self.cloud, volume, self.image_path)

    def clean(self, name):
        self.api.delete_backup(self.made["backup"])
        self.api.wait_gone(lambda: self.api.show_backup(self.made["backup"]), "backup")
        super().clean(name)


class MoveOnline(OnlineVolume, OnTwoBackends):
    def prepare_volume(self, name):
        self.watch_flows(self.made["volume"])

    def act(self, name):
        self.move()

    def settle(self, name):
        self.api.wait_flows(self.made["volume"])
        super().settle(name)

    def check(self, name):
        path = self.check_moved()
        assert guest_file(self.cloud, self.made["server"], self.made["volume"]) == str(path)


class FailedMoveOnline(MoveOnline):
    """The guest can't be mirrored: all is as before."""

    def prepare_volume(self, name):
        super().prepare_volume(name)
        fail_next(self.cloud, "mirror_disk")

    def is_part(self, point):
        return super().is_part(point) and (".revert." in point or "end_mirror" in point)

    def settle(self, name):
        super().settle(name)
        script = self.cloud.state / "host" / "fake-script"  # a host that was killed would read it again
        script.unlink(missing_ok=True)

    def check(self, name):
        path = self.check_moved("local", "error")
        assert guest_file(self.cloud, self.made["server"], self.made["volume"]) == str(path)


class MoveOfStoppedServer(MoveOnline):
    """Its server is started while the data is copied."""

    def prepare_volume(self, name):
        self.api.action(self.made["server"], "os-stop")
        self.api.wait_server(self.made["server"], "SHUTOFF")
        super().prepare_volume(name)

    def armed(self, half):
        return ["volume.files.create_from_content.file:delay=30"] if half == "host" else []

    def settle(self, name):
        self.start_server()
        super().settle(name)

    def start_server(self):
        """A request whose reply was lost is repeated when it wasn't accepted."""
        if self.api.show_server(self.made["server"])["status"] == "SHUTOFF":
            try:
                self.api.action(self.made["server"], "os-start")
            except (ApiError, requests.RequestException):
                pass
        self.api.wait(lambda: self.api.show_server(self.made["server"])["status"] == "ACTIVE", "server runs")


class DetachVolume(AttachVolume):
    kinds = {"detach_volume"}

    def begin(self, name):
        super().begin(name)
        self.api.attach(self.made["server"], self.made["volume"])
        self.api.wait_volume(self.made["volume"], "in-use")
        self.api.wait_flows(self.made["server"])
        self.watch_flows(self.made["server"])

    def act(self, name):
        self.api.detach(self.made["server"], self.made["volume"])

    def settle(self, name):
        self.api.wait_flows(self.made["server"])
        self.api.wait_volume(self.made["volume"], "available")

    def check(self, name):
        assert self.api.attached_volumes(self.made["server"]) == []


class DetachInterface(AttachVolume):
    """A port of a running server is deleted."""

    kinds = {"detach_interface"}

    def begin(self, name):
        super().begin(name)
        (self.made["port"],) = [port["id"] for port in self.ports()]
        self.watch_flows(self.made["server"])

    def ports(self):
        return self.api.call("GET", f"/network/v2.0/ports?device_id={self.made['server']}")["ports"]

    def act(self, name):
        self.api.call("DELETE", f"/network/v2.0/ports/{self.made['port']}")

    def settle(self, name):
        self.api.wait_flows(self.made["server"])

    def check(self, name):
        assert self.ports() == []
        assert self.api.show_server(self.made["server"])["addresses"] == {}


class RefreshNetwork(OnServer):
    """A port of a running server gets another address."""

    kinds = {"refresh_network"}

    def act(self, name):
        port, = self.api.call("GET", f"/network/v2.0/ports?device_id={self.made['server']}")["ports"]
        self.fixed = [*port["fixed_ips"], {"subnet_id": port["fixed_ips"][0]["subnet_id"]}]
        self.api.call("PUT", f"/network/v2.0/ports/{port['id']}", {"port": {"fixed_ips": self.fixed}})


class ReconcileHost(OnServer):
    """A host comes back after a crash."""

    kinds = {"reconcile_host"}

    def is_part(self, point):
        return point.startswith("reconcile_host.")

    def begin(self, name):
        super().begin(name)
        self.host_flows = len(self.api.flows("host-1"))

    def act(self, name):
        self.cloud.kill("host")
        self.cloud.start_half("host")

    def was_accepted(self, name):
        return True

    def settle(self, name):
        self.api.wait(lambda: len(self.api.flows("host-1")) > self.host_flows, "host is compared with the rows")
        self.api.wait_flows("host-1")
        super().settle(name)


class DeleteActive(BootImageVolume):
    """A server with a root volume that goes with it and an attached one that stays."""

    kinds = {"delete_server"}

    def begin(self, name):
        super().begin(name)
        self.made["server"] = self.api.active_server(name, self.flavor, **self.body(name))
        self.made["volume"] = self.api.ready_volume(name)
        self.api.attach(self.made["server"], self.made["volume"])
        self.api.wait_volume(self.made["volume"], "in-use")
        self.ready_to_delete(name)
        self.watch_flows(self.made["server"])

    def ready_to_delete(self, name):
        self.api.wait_server(self.made["server"])

    def act(self, name):
        self.api.delete_server(self.made["server"])

    def was_accepted(self, name):
        return Scenario.was_accepted(self, name)

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_server(self.made["server"]), "server")
        self.api.wait_flows(self.made["server"])
        for volume in self.api.volumes():
            self.api.wait_flows(volume["id"])
        self.api.wait(lambda: len(self.api.volumes()) == 1, "only the attached volume is left")

    def check(self, name):
        assert [item["id"] for item in self.api.volumes()] == [self.made["volume"]]


class DeleteStopped(DeleteActive):
    def ready_to_delete(self, name):
        self.api.action(self.made["server"], "os-stop")
        self.api.wait_server(self.made["server"], "SHUTOFF")


class DeleteError(Scenario):
    """A server whose guest could not be started."""

    kinds = {"delete_server"}

    def begin(self, name):
        self.fresh_image(name)
        fail_next(self.cloud, "spawn")
        self.made["server"] = self.api.server(name, self.flavor, self.made["image"])
        self.api.wait_server(self.made["server"], "ERROR")
        self.api.wait_flows(self.made["server"])
        self.watch_flows(self.made["server"])

    def act(self, name):
        self.api.delete_server(self.made["server"])

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_server(self.made["server"]), "server")
        self.api.wait_flows(self.made["server"])


class FailedBoot(Boot):
    """The guest can't be started: everything that the boot made must be reverted."""

    def begin(self, name):
        self.fresh_image(name)
        fail_next(self.cloud, "spawn")

    def body(self, name):
        return {"devices": [device("image", self.made["image"], volume_size=1), blank()]}

    def is_part(self, point):
        return super().is_part(point) and (".revert." in point or ".failed" in point or "destroy_guest" in point
                                           or "remove_server_files" in point)

    def settle(self, name):
        self.api.wait_flows(self.made["server"])
        self.api.wait_server(self.made["server"], "ERROR")
        for volume in self.api.volumes():
            self.api.wait_flows(volume["id"])

    def check(self, name):
        assert self.api.show_server(self.made["server"])["fault"]["message"]


class DeleteBuilding(Boot):
    """The server is deleted while its boot is at a given task."""

    def __init__(self, cloud, held, way):
        super().__init__(cloud)
        self.held = held  # point at which the boot is held while the delete comes
        self.way = way(cloud)

    def prepare(self):
        super().prepare()
        self.way.flavor = self.flavor

    def begin(self, name):
        self.way.begin(name)
        self.made = self.way.made
        self.mark = None

    def armed(self, half):
        return [self.cloud.holding("control", self.held)] if half == "control" else []

    def act(self, name):
        try:
            if not self.was_made(name):
                begin = self.cloud.mark()
                self.made["server"] = self.api.server(name, self.flavor, **self.way.body(name))
                self.cloud.wait_point("control", self.held, begin)
            self.mark = self.cloud.mark()
            self.api.delete_server(self.made["server"])
        finally:
            self.cloud.let_go("control")

    def was_made(self, name):
        return Boot.was_accepted(self, name)

    def was_accepted(self, name):
        found = self.api.show_server(self.made["server"])
        return found is None or found["OS-EXT-STS:task_state"] == "deleting"

    def settle(self, name):
        self.api.wait_gone(lambda: self.api.show_server(self.made["server"]), "server", 90)
        self.api.wait_flows(self.made["server"])
        for volume in self.api.volumes():
            self.api.wait_flows(volume["id"])


def scribble(cloud, volume):
    """What a guest writes."""
    path, disk_format = volume_disk(cloud, volume)
    subprocess.run(["qemu-io", "-f", disk_format, "-c", "write -P 0x77 1M 64k", "-c", "write -P 0x77 700M 64k", str(path)],
                   check=True, capture_output=True, timeout=60)


def write_zeros(cloud, volume):
    """Gives a volume data of its own that reads as before: one that nobody has written to shares its image only."""
    path, disk_format = volume_disk(cloud, volume)
    subprocess.run(["qemu-io", "-f", disk_format, "-c", "write -P 0 700M 64k", str(path)],
                   check=True, capture_output=True, timeout=60)


def fail_next(cloud, method):
    """Tells the fake hypervisor to fail the next call of a method."""
    path = cloud.state / "host" / "fake-script"
    path.with_suffix(".writing").write_text(f"fail {method} 1")
    path.with_suffix(".writing").replace(path)


