"""Volumes and snapshots that are taken over from a backend, and let go with their data."""
import os
import subprocess

import pytest

from harness.cloud import wait_for
from harness.volumes import NOWHERE, call, gone, settled, show
from test_volume_content import disk, reads, snapshot, write

GIB = 1024 ** 3


@pytest.fixture
def backend(cloud, volumes):
    """How the API names the backend, and the folder of disks that are nobody's."""
    host = show(cloud, volumes(size=1))["os-vol-host-attr:host"]
    call(cloud, "GET", f"/manageable_volumes?host={host}".replace("#", "%23"), expect=200)
    return host, cloud.state / "host" / "volumes" / "manage"


def manage(cloud, host, name, expect=202, token=None, ref=None, **fields):
    body = {"volume": {"host": host, "ref": ref or {"source-name": name}, "name": "taken", **fields}}
    answer = call(cloud, "POST", "/os-volume-manage", body, token=token, expect=expect)
    return answer.json()["volume"]["id"] if expect == 202 else answer


def act(cloud, kind, identifier, name, expect=202, **more):
    return call(cloud, "POST", f"/{kind}s/{identifier}/action", {name: {}}, expect=expect, **more)


def listed(cloud, host, kind="volumes", detail=""):
    found = call(cloud, "GET", f"/manageable_{kind}{detail}?host={host}".replace("#", "%23"), expect=200).json()
    return {item["reference"]["source-name"]: item for item in found[f"manageable-{kind}"]}


def managed(cloud, volume, status="available"):
    found = wait_for(lambda: (lambda v: v if v["status"] != "managing" else None)(show(cloud, volume)), 30, "managed")
    assert found["status"] == status
    return found


def drop(cloud, volume):
    call(cloud, "DELETE", f"/volumes/{volume}?cascade=true", expect=202)
    gone(cloud, "volume", volume)


def test_a_raw_disk_is_taken_over(cloud, backend):
    host, folder = backend
    data = os.urandom(1 << 20)
    with open(folder / "old.disk", "wb") as file:
        file.write(data)
        file.truncate(GIB + 1)
    item = listed(cloud, host, detail="/detail")["old.disk"]
    assert item["size"] == 2 and item["safe_to_manage"] is True and item["reason_not_safe"] is None
    volume = manage(cloud, host, "old.disk", description="d", metadata={"a": "b"}, bootable=True)
    found = managed(cloud, volume)
    assert found["size"] == 2 and found["bootable"] == "true" and found["metadata"] == {"a": "b"}
    assert found["os-vol-host-attr:host"] == host and found["volume_type"] == "__DEFAULT__"
    path, disk_format = disk(cloud, volume)
    assert disk_format == "raw" and open(path, "rb").read(1 << 20) == data and os.path.getsize(path) == 2 * GIB
    assert "old.disk" not in listed(cloud, host) and not (folder / "old.disk").exists()
    manage(cloud, host, "old.disk", 400)
    drop(cloud, volume)


@pytest.mark.parametrize("name, ref", [("old.qcow2", None), ("old.img", {"source-name": "old.img", "format": "qcow2"})])
def test_a_qcow2_disk_is_taken_over(cloud, backend, name, ref):
    host, folder = backend
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(folder / name), "1500M"], check=True)
    volume = manage(cloud, host, name, ref=ref)
    assert managed(cloud, volume)["size"] == 2 and disk(cloud, volume)[1] == "qcow2"
    write(cloud, volume, 7, "1900M")
    assert reads(cloud, volume, 7, "1900M")
    drop(cloud, volume)


def test_a_raw_disk_stays_raw_whatever_a_guest_wrote(cloud, backend):
    host, folder = backend
    subprocess.run(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd",
                    str(folder / "evil"), "5G"], check=True)
    os.truncate(folder / "evil", GIB)
    volume = manage(cloud, host, "evil")
    assert managed(cloud, volume)["size"] == 1 and disk(cloud, volume)[1] == "raw"
    drop(cloud, volume)


def test_what_is_never_taken_over(cloud, backend, tmp_path):
    host, folder = backend
    subprocess.run(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd",
                    str(folder / "backing.qcow2"), "1G"], check=True)
    (folder / "lie.qcow2").write_bytes(b"\0" * 65536)
    (folder / "empty").touch()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "twice").write_bytes(b"x" * 65536)
    os.link(folder / "twice", folder / "again")
    (folder / "folder").mkdir()
    try:
        unsafe = {name for name, item in listed(cloud, host).items() if not item["safe_to_manage"]}
        bad = {"backing.qcow2", "lie.qcow2", "empty", "link", "twice", "again", "folder"}
        assert bad <= unsafe
        for name in bad | {"../volume-x.json", "/etc/passwd", "..", ".", "a/b", "", "x" * 256, "none"}:
            assert "source-name" in manage(cloud, host, name, 400).text
    finally:
        (folder / "folder").rmdir()
        for path in folder.iterdir():
            path.unlink()


def test_bad_requests(cloud, backend, stranger):
    host, folder = backend
    (folder / "disk").write_bytes(b"x" * 65536)
    manage(cloud, host, "disk", 403, token=stranger)
    call(cloud, "GET", f"/manageable_volumes?host={host}".replace("#", "%23"), token=stranger, expect=403)
    call(cloud, "GET", "/manageable_volumes", expect=400)
    call(cloud, "GET", "/manageable_volumes?host=elsewhere@local%23local", expect=404)
    call(cloud, "GET", "/manageable_volumes", version="3.7", expect=404)
    manage(cloud, "elsewhere@local#local", "disk", 400)
    for fields, named in (({"ref": None}, "ref"), ({"ref": {"source-id": "x"}}, "source-name"), ({"ref": "disk"}, "ref"),
                          ({"ref": {"source-name": "disk", "format": "vmdk"}}, "format"),
                          ({"availability_zone": "elsewhere"}, "availability_zone"), ({"host": None}, "host"),
                          ({"bootable": "perhaps"}, "bootable"), ({"metadata": 7}, "metadata")):
        body = {"volume": {"host": host, "ref": {"source-name": "disk"}, **fields}}
        assert named in call(cloud, "POST", "/os-volume-manage", body, expect=400).text
    manage(cloud, host, "disk", 400, volume_type=NOWHERE)
    failed = manage(cloud, host, "disk", ref={"source-name": "disk", "format": "qcow2"})
    assert managed(cloud, failed, "error_managing")
    assert (folder / "disk").exists()
    drop(cloud, failed)
    assert (folder / "disk").exists()
    (folder / "disk").unlink()


@pytest.mark.parametrize("kind", ["raw", "image"])
def test_let_go_and_taken_over_again(cloud, backend, image, kind):
    host, folder = backend
    fields = {"imageRef": image} if kind == "image" else {}
    volume = call(cloud, "POST", "/volumes", {"volume": {"size": 1, **fields}}, expect=202).json()["volume"]["id"]
    settled(cloud, "volume", volume)
    write(cloud, volume, 7, "300M")
    name = f"volume-{volume}" + ("" if disk(cloud, volume)[1] == "raw" else ".qcow2")
    act(cloud, "volume", volume, "os-unmanage")
    gone(cloud, "volume", volume)
    assert listed(cloud, host)[name]["size"] == 1
    again = manage(cloud, host, name)
    managed(cloud, again)
    assert again != volume and reads(cloud, again, 7, "300M")
    drop(cloud, again)
    assert list(folder.iterdir()) == []


def test_what_can_not_be_let_go(cloud, volumes, stranger):
    volume = volumes(size=1)
    act(cloud, "volume", volume, "os-unmanage", 403, token=stranger)
    taken = snapshot(cloud, volume)
    assert "snapshots" in act(cloud, "volume", volume, "os-unmanage", 400).text
    call(cloud, "DELETE", f"/snapshots/{taken}", expect=202)
    gone(cloud, "snapshot", taken)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-attach": {"host_name": "h", "mountpoint": "/m"}}, expect=202)
    act(cloud, "volume", volume, "os-unmanage", 400)
    call(cloud, "POST", f"/volumes/{volume}/action", {"os-detach": {}}, expect=202)


def test_snapshots(cloud, volumes):
    volume = volumes(size=1)
    write(cloud, volume, 1)
    taken = snapshot(cloud, volume)
    write(cloud, volume, 2)
    act(cloud, "snapshot", taken, "os-unmanage")
    gone(cloud, "snapshot", taken)
    host = show(cloud, volume)["os-vol-host-attr:host"]
    item = listed(cloud, host, "snapshots", "/detail")[f"snapshot-{taken}"]
    assert item["size"] == 1 and item["source_reference"] == {"source-id": volume}

    def take(source, expect=202, **fields):
        body = {"snapshot": {"volume_id": volume, "ref": {"source-name": source}, "name": "s", **fields}}
        return call(cloud, "POST", "/os-snapshot-manage", body, expect=expect)
    for name, fields, status in (("none", {}, 400), ("", {}, 400), (f"snapshot-{taken}", {"volume_id": NOWHERE}, 404),
                                 (f"snapshot-{taken}", {"volume_id": "x"}, 400), (f"snapshot-{taken}", {"name": 7}, 400)):
        take(name, status, **fields)
    again = take(f"snapshot-{taken}", metadata={"a": "b"}).json()["snapshot"]
    assert again["volume_id"] == volume and again["metadata"] == {"a": "b"} and again["size"] == 1
    assert settled(cloud, "snapshot", again["id"])["status"] == "available"
    assert reads(cloud, volumes(snapshot_id=again["id"]), 1)
    assert reads(cloud, volume, 2) and f"snapshot-{taken}" not in listed(cloud, host, "snapshots")
    act(cloud, "snapshot", again["id"], "os-unmanage")
    gone(cloud, "snapshot", again["id"])


def test_sorted_and_cut(cloud, backend):
    host, folder = backend
    for name, size in (("b", 1), ("a", 3), ("c", 2)):
        (folder / name).touch()
        os.truncate(folder / name, size * GIB)
    where = f"host={host}".replace("#", "%23")
    for query, names in (("", "abc"), ("&sort=size:desc", "acb"), ("&sort=reference:desc&limit=2", "cb"), ("&offset=1", "bc")):
        found = call(cloud, "GET", f"/manageable_volumes?{where}{query}", expect=200).json()["manageable-volumes"]
        assert "".join(item["reference"]["source-name"] for item in found) == names
    call(cloud, "GET", f"/manageable_volumes?{where}&sort=path:asc", expect=400)
    for path in folder.iterdir():
        path.unlink()


def test_the_command_line(cloud, backend):
    host, folder = backend
    (folder / "by-hand").write_bytes(b"x" * 65536)

    def cinder(*words):
        subprocess.run(["cinder", *words], check=True, timeout=60, env={**os.environ, **cloud.openrc()}, capture_output=True)
    cinder("manage", "--name", "by-hand", host, "by-hand")
    volume, = [item["id"] for item in call(cloud, "GET", "/volumes").json()["volumes"] if item["name"] == "by-hand"]
    managed(cloud, volume)
    cinder("unmanage", volume)
    gone(cloud, "volume", volume)
    (folder / f"volume-{volume}").unlink()
