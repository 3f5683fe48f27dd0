"""image -> volume -> snapshot -> volume -> clone: whatever is deleted, and in whatever order, the rest keeps its data."""
import itertools
import os
import time

import pytest

from harness.resources import Resources
from harness.volumes import call, gone, settled
from test_volume_content import disk, reads, write

STEPS = ("image", "snapshot", "volume", "derived")
ORDERS = [order for order in itertools.permutations(STEPS) if order.index("snapshot") < order.index("volume")]
AT_ONCE_SECONDS = 5


def make(cloud, kind, **fields):
    made = call(cloud, "POST", f"/{kind}s", {kind: fields}, expect=202).json()[kind]["id"]
    assert settled(cloud, kind, made)["status"] == "available"
    return made


def upload_image(cloud):
    """Of random bytes, which no other test has."""
    body = {"name": "chain", "disk_format": "raw", "container_format": "bare"}
    made = cloud.http("POST", "/image/v2/images", json=body).json()["id"]
    data = os.urandom(1 << 16) * 16
    cloud.http("PUT", f"/image/v2/images/{made}/file", data=data, headers={"Content-Type": "application/octet-stream"})
    return made


def delete(cloud, kind, identifier):
    begun = time.monotonic()
    if kind == "image":
        assert cloud.http("DELETE", f"/image/v2/images/{identifier}").status_code == 204
    else:
        call(cloud, "DELETE", f"/{kind}s/{identifier}", expect=202)
        gone(cloud, kind, identifier)
    assert time.monotonic() - begun < AT_ONCE_SECONDS


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
def test_sources_go_in_every_order(cloud, order):
    folder = cloud.state / "host" / "volumes"
    before = sorted(path.name for path in folder.iterdir())
    made = {"image": upload_image(cloud)}
    made["volume"] = make(cloud, "volume", size=1, imageRef=made["image"])
    write(cloud, made["volume"], 1, "10M")
    made["snapshot"] = make(cloud, "snapshot", volume_id=made["volume"])
    write(cloud, made["volume"], 2, "10M")
    made["derived"] = make(cloud, "volume", snapshot_id=made["snapshot"])
    write(cloud, made["derived"], 3, "20M")
    clone = make(cloud, "volume", source_volid=made["derived"], size=2)
    write(cloud, clone, 4, "30M")
    expected = {"volume": [(2, "10M"), (0, "20M"), (0, "30M")], "derived": [(1, "10M"), (3, "20M"), (0, "30M")]}
    for step in order:
        delete(cloud, {"derived": "volume"}.get(step, step), made.pop(step))
        for volume in {made.get("volume"), made.get("derived"), clone} - {None}:
            Resources(cloud).wait_flows(volume)  # what only one volume needs any more is merged: nobody may read meanwhile
        for left in set(made) & set(expected):
            assert all(reads(cloud, made[left], *place) for place in expected[left]), f"{left} after {step}"
        for place in ((1, "10M"), (3, "20M"), (4, "30M"), (0, "1500M")):
            assert reads(cloud, clone, *place), f"clone after {step}"
        assert cloud.differences() == []
    assert os.path.exists(disk(cloud, clone)[0])
    delete(cloud, "volume", clone)
    assert sorted(path.name for path in folder.iterdir()) == before, "nothing is left of the chain"
