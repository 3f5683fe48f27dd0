"""Makes, looks at and deletes things of a cloud by plain HTTP."""
import json
import time

import requests

WAIT_SECONDS = 300  # many times what it takes: a machine may be slow


class ApiError(Exception):
    """The cloud refused a request."""

    def __init__(self, method, path, answer):
        super().__init__(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
        self.status = answer.status_code


class WentToError(AssertionError):
    """A resource ended in an error status although another one was waited for."""


class Resources:
    """Everything is done as the admin. Ids are what the API gave."""

    def __init__(self, cloud):
        self.cloud = cloud

    def call(self, method, path, body=None, headers=None, data=None):
        answer = self.cloud.http(method, path, json=body, headers=headers, data=data)
        if answer.status_code >= 400:
            raise ApiError(method, path, answer)
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None

    def compute(self, method, path, body=None, version=None):
        headers = {"OpenStack-API-Version": f"compute {version}"} if version else None
        return self.call(method, "/compute/v2.1" + path, body, headers)

    def volume_api(self, method, path, body=None, version="3.27"):
        return self.call(method, "/volume/v3" + path, body, {"OpenStack-API-Version": f"volume {version}"})

    # ---- make

    def flavor(self, name, ram=64, disk=1, vcpus=1, **fields):
        body = {"name": name, "ram": ram, "disk": disk, "vcpus": vcpus, **fields}
        return self.compute("POST", "/flavors", {"flavor": body})["flavor"]["id"]

    def image(self, name, data, disk_format="raw", **fields):
        """`data`: bytes or an open file."""
        body = {"name": name, "disk_format": disk_format, "container_format": "bare", **fields}
        image = self.call("POST", "/image/v2/images", body)["id"]
        self.call("PUT", f"/image/v2/images/{image}/file", data=data, headers={"Content-Type": "application/octet-stream"})
        return image

    def volume(self, name, size=1, **source):
        body = {"name": name, "size": size, **source}
        return self.volume_api("POST", "/volumes", {"volume": body})["volume"]["id"]

    def ready_volume(self, name, size=1, **source):
        volume = self.volume(name, size, **source)
        self.wait_volume(volume)
        return volume

    def snapshot(self, name, volume, **fields):
        body = {"name": name, "volume_id": volume, **fields}
        return self.volume_api("POST", "/snapshots", {"snapshot": body})["snapshot"]["id"]

    def ready_snapshot(self, name, volume):
        snapshot = self.snapshot(name, volume)
        self.wait_status(lambda: self.show_snapshot(snapshot), "available", f"snapshot {name}")
        return snapshot

    def backup(self, name, volume, **fields):
        body = {"name": name, "volume_id": volume, **fields}
        return self.volume_api("POST", "/backups", {"backup": body})["backup"]["id"]

    def ready_backup(self, name, volume, **fields):
        backup = self.backup(name, volume, **fields)
        self.wait_backup(backup)
        return backup

    def restore_backup(self, backup, **fields):
        return self.volume_api("POST", f"/backups/{backup}/restore", {"restore": fields})["restore"]["volume_id"]

    def server(self, name, flavor, image=None, devices=None, **fields):
        body = {"name": name, "flavorRef": flavor, **fields}
        if image:
            body["imageRef"] = image
        if devices:
            body["block_device_mapping_v2"] = devices
        return self.compute("POST", "/servers", {"server": body})["server"]["id"]

    def active_server(self, name, flavor, image=None, devices=None, **fields):
        server = self.server(name, flavor, image, devices, **fields)
        self.wait_server(server)
        return server

    def action(self, server, name, argument=None):
        self.compute("POST", f"/servers/{server}/action", {name: argument})

    def attach(self, server, volume):
        body = {"volumeAttachment": {"volumeId": volume}}
        return self.compute("POST", f"/servers/{server}/os-volume_attachments", body)["volumeAttachment"]

    def detach(self, server, volume):
        self.compute("DELETE", f"/servers/{server}/os-volume_attachments/{volume}")

    def extend(self, volume, size):
        self.volume_action(volume, "os-extend", {"new_size": size}, "3.42")

    def volume_action(self, volume, name, argument=None, version="3.27"):
        return self.volume_api("POST", f"/volumes/{volume}/action", {name: argument}, version)

    # ---- look: None when it is gone

    def _show(self, call, path, key):
        try:
            return call("GET", path)[key]
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def show_server(self, server):
        return self._show(self.compute, f"/servers/{server}", "server")

    def show_volume(self, volume):
        return self._show(self.volume_api, f"/volumes/{volume}", "volume")

    def show_snapshot(self, snapshot):
        return self._show(self.volume_api, f"/snapshots/{snapshot}", "snapshot")

    def show_backup(self, backup):
        return self._show(self.volume_api, f"/backups/{backup}", "backup")

    def show_image(self, image):
        answer = self.cloud.http("GET", f"/image/v2/images/{image}")
        return answer.json() if answer.status_code == 200 else None

    def servers(self):
        return self.compute("GET", "/servers/detail?all_tenants=1")["servers"]

    def volumes(self):
        return self.volume_api("GET", "/volumes/detail?all_tenants=1")["volumes"]

    def snapshots(self):
        return self.volume_api("GET", "/snapshots/detail?all_tenants=1")["snapshots"]

    def backups(self):
        return self.volume_api("GET", "/backups/detail?all_tenants=1")["backups"]

    def attachments(self):
        return self.volume_api("GET", "/attachments/detail?all_tenants=1")["attachments"]

    def ports(self):
        return self.call("GET", "/network/v2.0/ports")["ports"]

    def images(self):
        return self.call("GET", "/image/v2/images")["images"]

    def attached_volumes(self, server):
        found = self.compute("GET", f"/servers/{server}/os-volume_attachments")["volumeAttachments"]
        return sorted(item["volumeId"] for item in found)

    def flows(self, resource):
        """Flows that worked or work on a resource; none when nothing is known of it."""
        answer = self.cloud.http("GET", f"/virga/v1/trace/{resource}")
        return answer.json()["flows"] if answer.status_code == 200 else []

    def console(self, server, length=None):
        return self.compute("POST", f"/servers/{server}/action", {"os-getConsoleOutput": {"length": length}})["output"]

    # ---- delete; what is gone already is fine

    def _delete(self, call, path):
        try:
            call("DELETE", path)
        except ApiError as error:
            if error.status != 404:
                raise

    def delete_server(self, server):
        self._delete(self.compute, f"/servers/{server}")

    def delete_volume(self, volume):
        self._delete(self.volume_api, f"/volumes/{volume}")

    def delete_snapshot(self, snapshot):
        self._delete(self.volume_api, f"/snapshots/{snapshot}")

    def delete_backup(self, backup):
        self._delete(self.volume_api, f"/backups/{backup}")

    def delete_image(self, image):
        self._delete(self.call, f"/image/v2/images/{image}")

    def delete_all(self):
        """Servers, then backups, snapshots, volumes and images; returns when all is gone."""
        self._delete_each(self.servers, self.delete_server)
        while leaves := [item["id"] for item in self.backups() if not item["has_dependent_backups"]]:
            for backup in leaves:
                self.delete_backup(backup)
            self.wait(lambda: not {item["id"] for item in self.backups()} & set(leaves), "backups are gone")
        self._delete_each(self.snapshots, self.delete_snapshot)
        self._delete_each(self.volumes, self.delete_volume)
        for image in self.images():
            self.delete_image(image["id"])

    def _delete_each(self, listed, delete):
        items = listed()
        for item in items:
            delete(item["id"])
        if items:
            self.wait(lambda: not listed(), f"{listed.__name__} are gone", lambda: json.dumps(listed())[:2000])

    # ---- wait, bounded

    def wait(self, condition, what, explain=lambda: "", seconds=WAIT_SECONDS):
        """Waits for a true value; requests that a restart of the program cuts off are repeated."""
        until = time.monotonic() + seconds
        while True:
            try:
                value = condition()
                if value:
                    return value
            except requests.RequestException:
                pass
            if time.monotonic() > until:
                raise AssertionError(f"{what}: not within {seconds} s\n{explain()}\n{self.cloud.log_tail()}")
            time.sleep(0.01)

    def wait_status(self, show, wanted, what, seconds=WAIT_SECONDS):
        def reached():
            found = show()
            if found is None:
                raise AssertionError(f"{what} is gone, {wanted} was waited for")
            status = found["status"]
            if status.lower().startswith("error") and not wanted.lower().startswith("error"):
                raise WentToError(f"{what} is {status}: {json.dumps(found.get('fault'))}\n{self.cloud.log_tail()}")
            return found if status == wanted else None
        return self.wait(reached, f"{what} is {wanted}", lambda: json.dumps(show()), seconds)

    def wait_server(self, server, wanted="ACTIVE", seconds=WAIT_SECONDS):
        """Waits for the status and for the end of what is being done."""
        def idle():
            found = self.wait_status(lambda: self.show_server(server), wanted, f"server {server}", seconds)
            return found if found["OS-EXT-STS:task_state"] is None else None
        return self.wait(idle, f"server {server} is {wanted} and idle", seconds=seconds)

    def wait_volume(self, volume, wanted="available", seconds=WAIT_SECONDS):
        return self.wait_status(lambda: self.show_volume(volume), wanted, f"volume {volume}", seconds)

    def wait_backup(self, backup, wanted="available", seconds=WAIT_SECONDS):
        return self.wait_status(lambda: self.show_backup(backup), wanted, f"backup {backup}", seconds)

    def wait_gone(self, show, what, seconds=WAIT_SECONDS):
        self.wait(lambda: show() is None, f"{what} is gone", lambda: json.dumps(show()), seconds)

    def wait_flows(self, resource, seconds=WAIT_SECONDS):
        """Waits until no flow works on a resource."""
        def ended():
            return all(flow["ended_us"] for flow in self.flows(resource))
        self.wait(ended, f"flows of {resource} have ended", lambda: json.dumps(self.flows(resource))[-3000:], seconds)

    def wait_console(self, server, text, seconds=900):
        """Waits for a text on a guest's console."""
        def shown():
            output = self.console(server)
            if "VIRGA-GUEST-PANIC" in output:
                raise AssertionError(output)
            return output if text in output else None
        return self.wait(shown, f"console of {server} shows {text!r}", lambda: self.console(server)[-3000:], seconds)


def device(source, uuid=None, **fields):
    """An entry of block_device_mapping_v2 whose destination is a volume."""
    entry = {"source_type": source, "destination_type": "volume", "boot_index": 0, "delete_on_termination": True, **fields}
    if uuid:
        entry["uuid"] = uuid
    return entry


def blank(size=1, **fields):
    return device("blank", volume_size=size, **{"boot_index": -1, **fields})


def local_image(image, **fields):
    """The entry that stands for a local root disk beside other devices."""
    return device("image", image, destination_type="local", **fields)
