"""What clients of a storm do, again and again: the lives of a server and of its volumes, in any of the ways to boot."""
import threading
import uuid

VOLUMES = "/volume/v3/volumes"
SNAPSHOTS = "/volume/v3/snapshots"
IMAGES = "/image/v2/images"
SERVERS = "/compute/v2.1/servers"
UPLOAD_BYTES = 8 << 20
VOLUME_ENDS = ("available", "in-use", "error", "error_extending", "error_deleting", "error_restoring")
SERVER_ENDS = ("active", "shutoff", "error")


def device(kind, uuid, **fields):
    entry = {"source_type": kind, "destination_type": "volume", "boot_index": 0, "volume_size": 1,
             "delete_on_termination": True, **fields}
    return {**entry, "uuid": uuid} if uuid else entry


class Worker(threading.Thread):
    """`ground` has the ids of what lives start from: flavor, image, snapshot. `hot` says whether servers give a volume
    back while they run: a guest without an operating system doesn't."""

    def __init__(self, ground, client, ending, hot=True):
        super().__init__(daemon=True)
        self.client = client
        self.random = client.random
        self.ground = ground
        self.ending = ending
        self.hot = hot
        self.failure = None
        self.lives = 0
        self.done = {}  # how often each step was done
        self.errors = []  # what ended in error, as it may when nobody is there to do it

    def run(self):
        lives = [self.of_volume, self.of_image, self.of_image_to_volume, self.of_snapshot_to_volume, self.without_server,
                 self.of_upload]
        try:
            while not self.ending.is_set():
                life = self.random.choice(lives)
                life(f"life-{uuid.uuid4().hex[:8]}")
                self.note(life.__name__)
                self.lives += 1
        except Exception as failure:  # for the test's own thread
            self.failure = failure

    # ---- the ways to boot

    def of_volume(self, name):
        volume = self.volume(name, imageRef=self.ground["image"])
        if volume:
            root = device("volume", volume, delete_on_termination=False)
            self.server(name, block_device_mapping_v2=[root, device("blank", None, boot_index=-1)])
            if self.expect("leaving", f"{VOLUMES}/{volume}", "available"):
                self.delete(f"{VOLUMES}/{volume}", "volume")

    def of_image(self, name):
        self.server(name, imageRef=self.ground["image"])

    def of_image_to_volume(self, name):
        self.server(name, block_device_mapping_v2=[device("image", self.ground["image"])])

    def of_snapshot_to_volume(self, name):
        self.server(name, block_device_mapping_v2=[device("snapshot", self.ground["snapshot"])])

    def without_server(self, name):
        """A volume with a snapshot, another one of that, and an image."""
        volume = self.volume(name)
        if volume and self.extend(volume) and self.with_snapshot(name, volume) and self.with_image(name, volume):
            self.delete(f"{VOLUMES}/{volume}", "volume")

    def of_upload(self, name):
        """An image, of which a lost answer tells nothing: whoever wanted it deletes it and has to begin again."""
        body = {"name": name, "disk_format": "raw", "container_format": "bare"}
        made = self.client.once("POST", IMAGES, body)
        if made is not None and made.status_code == 201:
            sent = self.client.once("PUT", f"{IMAGES}/{made.json()['id']}/file", None, self.random.randbytes(UPLOAD_BYTES))
            if sent is not None and sent.status_code != 204:
                self.errors.append(f"sending image {made.json()['id']}: {sent.status_code} {sent.text}")
        self.delete_images(name)

    # ---- what is done to them

    def server(self, name, **fields):
        server = self.client.make(SERVERS, "server", {"name": name, "flavorRef": self.ground["flavor"], **fields})
        path = f"{SERVERS}/{server}"
        state = self.settled(path, "server", SERVER_ENDS)
        if state == "active":
            self.use(name, path)
        else:
            fault = self.client.call("GET", path)["server"].get("fault")
            self.errors.append(f"booting {path}: {state}: {fault}")
        self.delete(path, "server")

    def use(self, name, path):
        if self.random.random() < 0.5:
            self.with_another_volume(name, path)
        elif self.random.random() < 0.5:
            self.off_and_on(path)
        else:
            self.client.call("POST", f"{path}/action", {"reboot": {"type": "HARD"}})
            self.expect("rebooting", path, "active", "server")

    def with_another_volume(self, name, server):
        """Wherever it was made: it may have to come over the network."""
        volume = self.volume(f"{name}-more")
        if not volume or not self.hot and not self.power(server, "os-stop", "shutoff"):
            return
        path = f"{VOLUMES}/{volume}"
        attached = f"{server}/os-volume_attachments"
        self.client.call("POST", attached, {"volumeAttachment": {"volumeId": volume}})
        self.expect("attaching", path, "in-use")
        self.client.call("DELETE", f"{attached}/{volume}", gone_is_fine=True)
        if self.expect("detaching", path, "available"):
            self.delete(path, "volume")

    def off_and_on(self, server):
        if self.power(server, "os-stop", "shutoff"):
            self.power(server, "os-start", "active")

    def power(self, server, action, wanted):
        self.client.call("POST", f"{server}/action", {action: None})
        return self.expect(action, server, wanted, "server")

    def extend(self, volume):
        path = f"{VOLUMES}/{volume}"
        self.client.call("POST", f"{path}/action", {"os-extend": {"new_size": 2}})
        return self.expect("extending", path, "available")

    def with_snapshot(self, name, volume):
        """Whether it is gone again."""
        snapshot = self.client.make(SNAPSHOTS, "snapshot", {"name": name, "volume_id": volume})
        path = f"{SNAPSHOTS}/{snapshot}"
        if self.expect("snapshotting", path, "available", "snapshot"):
            clone = self.volume(f"{name}-clone", snapshot_id=snapshot)
            if clone and not self.delete(f"{VOLUMES}/{clone}", "volume"):
                return False
        return self.delete(path, "snapshot")

    def with_image(self, name, volume):
        """More than one when an answer was lost. Not raw: a gibibyte of zeros would be sent and digested."""
        path = f"{VOLUMES}/{volume}"
        self.client.call("POST", f"{path}/action", {"os-volume_upload_image": {"image_name": name, "disk_format": "qcow2"}})
        is_well = self.expect("uploading", path, "available")
        for state in self.delete_images(name):
            if state != "active":
                self.errors.append(f"uploading {path}: the image is {state}")
        return is_well

    def delete_images(self, name):
        """Their states before."""
        found = self.client.call("GET", f"{IMAGES}?name={name}")["images"]
        for image in found:
            self.client.call("DELETE", f"{IMAGES}/{image['id']}", gone_is_fine=True)
        return [image["status"] for image in found]

    def volume(self, name, **source):
        """None: it became nothing."""
        body = {"name": name, "size": 2 if "snapshot_id" in source else 1, **source}
        volume = self.client.make(VOLUMES, "volume", body)
        path = f"{VOLUMES}/{volume}"
        if self.expect("making", path, "available"):
            return volume
        self.delete(path, "volume")
        return None

    def delete(self, path, kind):
        self.client.call("DELETE", path, gone_is_fine=True)
        state = self.settled(path, kind, ("error", "error_deleting"))
        self.note("deleting")
        if state != "gone":
            self.errors.append(f"deleting {path}: {state}")
        return state == "gone"

    # ---- looking

    def note(self, step):
        self.done[step] = self.done.get(step, 0) + 1

    def expect(self, what, path, wanted, kind="volume"):
        """Whether it came to the state that was wanted."""
        state = self.settled(path, kind, SERVER_ENDS if kind == "server" else VOLUME_ENDS)
        self.note(what)
        if state != wanted:
            self.errors.append(f"{what} {path}: {state}")
        return state == wanted

    def settled(self, path, kind, ends):
        return self.client.settled(path, kind, ends)
