"""QoS specs: bounds on the I/O of the volumes of a type."""
import uuid

import pytest

from harness.volumes import NOWHERE, call


@pytest.fixture
def make_qos(cloud):
    made = []

    def make(**fields):
        body = {"qos_specs": {"name": f"qos-{uuid.uuid4().hex}", **fields}}
        qos = call(cloud, "POST", "/qos-specs", body, expect=200).json()["qos_specs"]
        made.append(qos["id"])
        return qos
    yield make
    for identifier in made:
        call(cloud, "DELETE", f"/qos-specs/{identifier}?force=true")


@pytest.fixture
def make_type(cloud):
    made = []

    def make():
        body = {"volume_type": {"name": f"type-{uuid.uuid4().hex}"}}
        made.append(call(cloud, "POST", "/types", body, expect=200).json()["volume_type"]["id"])
        return made[-1]
    yield make
    for identifier in made:
        call(cloud, "DELETE", f"/types/{identifier}", expect=202)


def test_life_of_specs(cloud, make_qos):
    qos = make_qos(consumer="front-end", total_iops_sec="500")
    path = f"/qos-specs/{qos['id']}"
    assert qos["specs"] == {"total_iops_sec": "500"} and qos["consumer"] == "front-end"
    call(cloud, "POST", "/qos-specs", {"qos_specs": {"name": qos["name"]}}, expect=409)
    assert call(cloud, "PUT", path, {"qos_specs": {"a": "b", "consumer": "both"}}, expect=200).json()["qos_specs"]["a"] == "b"
    shown = call(cloud, "GET", path, expect=200).json()
    assert shown["qos_specs"] == {**qos, "consumer": "both", "specs": {"total_iops_sec": "500", "a": "b"}} and shown["links"]
    assert shown["qos_specs"] in call(cloud, "GET", "/qos-specs", expect=200).json()["qos_specs"]
    call(cloud, "PUT", f"{path}/delete_keys", {"keys": ["a"]}, expect=202)
    call(cloud, "PUT", f"{path}/delete_keys", {"keys": ["a"]}, expect=404)
    call(cloud, "DELETE", path, expect=202)
    for method, below, body in (("GET", "", None), ("DELETE", "", None), ("PUT", "", {"qos_specs": {"a": "b"}}),
                                ("PUT", "/delete_keys", {"keys": ["a"]}), ("GET", "/associations", None),
                                ("GET", "/associate?vol_type_id=x", None), ("GET", "/disassociate_all", None)):
        call(cloud, method, path + below, body, expect=404)


@pytest.mark.parametrize("fields", [
    {}, {"name": ""}, {"name": " "}, {"name": "n", "consumer": "nobody"}, {"name": "n", "a": 5}, {"name": "n", "": "v"},
    {"name": "n", "a": "x" * 256}, {"name": "n", "consumer": "front-end", "total_iops_sec": "many"},
    {"name": "n", "consumer": "both", "read_bytes_sec": "-1"}, {"name": "n", "consumer": "both", "read_bytes_sec": "1" * 17},
    {"name": "n", "consumer": "front-end", "total_iops_sec": "5", "read_iops_sec": "5"},
    {"name": "n", "consumer": "front-end", "total_iops_sec_max": "5"},
    {"name": "n", "consumer": "front-end", "total_iops_sec": "9", "total_iops_sec_max": "5"}])
def test_bad_input(cloud, fields):
    call(cloud, "POST", "/qos-specs", {"qos_specs": fields}, expect=400)


def test_changes_that_the_hypervisor_would_refuse(cloud, make_qos):
    path = f"/qos-specs/{make_qos(consumer='back-end', total_iops_sec='5', read_iops_sec='many')['id']}"
    call(cloud, "PUT", path, {"qos_specs": {"consumer": "front-end"}}, expect=400)
    for body in ({}, {"qos_specs": {}}, {"qos_specs": []}):
        call(cloud, "PUT", path, body, expect=400)
    for body in ({}, {"keys": "a"}, {"keys": [1]}):
        call(cloud, "PUT", f"{path}/delete_keys", body, expect=400)


def test_associations(cloud, make_qos, make_type):
    qos, other = make_qos(), make_qos()
    path, types = f"/qos-specs/{qos['id']}", [make_type() for _ in range(3)]
    for volume_type in types:
        call(cloud, "GET", f"{path}/associate?vol_type_id={volume_type}", expect=202)
    call(cloud, "GET", f"{path}/associate?vol_type_id={types[0]}", expect=202)
    call(cloud, "GET", f"{path}/associate", expect=400)
    call(cloud, "GET", f"{path}/associate?vol_type_id={NOWHERE}", expect=404)
    call(cloud, "GET", f"/qos-specs/{other['id']}/associate?vol_type_id={types[0]}", expect=400)
    found = call(cloud, "GET", f"{path}/associations", expect=200).json()["qos_associations"]
    assert {a["id"] for a in found} == set(types) and {a["association_type"] for a in found} == {"volume_type"}
    assert call(cloud, "GET", f"/types/{types[0]}", expect=200).json()["volume_type"]["qos_specs_id"] == qos["id"]
    call(cloud, "DELETE", path, expect=400)
    call(cloud, "GET", f"{path}/disassociate?vol_type_id={types[0]}", expect=202)
    assert len(call(cloud, "GET", f"{path}/associations").json()["qos_associations"]) == 2
    call(cloud, "GET", f"{path}/disassociate_all", expect=202)
    assert call(cloud, "GET", f"{path}/associations").json()["qos_associations"] == []
    call(cloud, "GET", f"{path}/associate?vol_type_id={types[1]}", expect=202)
    call(cloud, "DELETE", f"{path}?force=True", expect=202)
    assert call(cloud, "GET", f"/types/{types[1]}").json()["volume_type"]["qos_specs_id"] is None


@pytest.mark.parametrize("consumer,expected", [
    ("front-end", {"total_iops_sec": "1000", "read_bytes_sec": "100"}), ("both", {"total_iops_sec": "1000", "read_bytes_sec": "100"}),
    ("back-end", None)])
def test_connections_carry_what_the_hypervisor_must_bound(cloud, make_qos, make_type, volumes, consumer, expected):
    qos = make_qos(consumer=consumer, total_iops_sec_per_gb="500", read_bytes_sec="100")
    volume_type = make_type()
    call(cloud, "GET", f"/qos-specs/{qos['id']}/associate?vol_type_id={volume_type}", expect=202)
    volume = volumes(size=2, volume_type=volume_type)
    made = call(cloud, "POST", "/attachments", {"attachment": {"volume_uuid": volume, "connector": {"host": "host-1"}}},
                expect=200).json()["attachment"]
    assert made["connection_info"]["data"]["qos_specs"] == expected
    call(cloud, "DELETE", f"/attachments/{made['id']}", expect=200)
    call(cloud, "DELETE", f"/volumes/{volume}", expect=202)


def test_only_administrators(cloud, make_qos, stranger):
    path = f"/qos-specs/{make_qos()['id']}"
    for method, target in (("GET", "/qos-specs"), ("POST", "/qos-specs"), ("GET", path), ("PUT", path), ("DELETE", path),
                           ("GET", f"{path}/associations"), ("GET", f"{path}/disassociate_all"), ("PUT", f"{path}/delete_keys")):
        call(cloud, method, target, {"qos_specs": {"name": "n"}}, token=stranger, expect=403)


def test_openstack_client(cloud, make_type):
    name = f"cli-{uuid.uuid4().hex}"
    volume_type = make_type()
    cloud.openstack("volume", "qos", "create", "--consumer", "front-end", "--property", "total_iops_sec=500", name)
    cloud.openstack("volume", "qos", "set", "--property", "a=b", name, parse=False)
    cloud.openstack("volume", "qos", "associate", name, volume_type, parse=False)
    shown = cloud.openstack("volume", "qos", "show", name)
    assert shown["properties"] == {"total_iops_sec": "500", "a": "b"} and shown["consumer"] == "front-end"
    assert name in [q["Name"] for q in cloud.openstack("volume", "qos", "list")]
    cloud.openstack("volume", "qos", "unset", "--property", "a", name, parse=False)
    cloud.openstack("volume", "qos", "disassociate", "--all", name, parse=False)
    cloud.openstack("volume", "qos", "delete", name, parse=False)
