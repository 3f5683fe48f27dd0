"""U+0000 is refused in every text of every service, with the name of the field, whichever database there is."""
import pytest

NUL = "a\x00b"
NOWHERE = "11111111-2222-3333-4444-555555555555"
COMPUTE, VOLUME, IMAGE, NETWORK, IDENTITY = "/compute/v2.1", "/volume/v3", "/image/v2", "/network/v2.0", "/identity/v3"

BODIES = [
    ("POST", f"{COMPUTE}/servers", {"server": {"name": NUL, "flavorRef": "1", "imageRef": NOWHERE}}, "server.name"),
    ("POST", f"{COMPUTE}/servers", {"server": {"name": "a", "flavorRef": NUL, "imageRef": NOWHERE}}, "server.flavorRef"),
    ("POST", f"{COMPUTE}/servers", {"server": {"name": "a", "flavorRef": "1", "metadata": {"key": NUL}}},
     "server.metadata.key"),
    ("POST", f"{COMPUTE}/servers", {"server": {"name": "a", "flavorRef": "1", "metadata": {NUL: "x"}}}, "server.metadata"),
    ("POST", f"{COMPUTE}/servers", {"server": {"name": "a", "flavorRef": "1", "networks": [{"uuid": NUL}]}},
     "server.networks.uuid"),
    ("POST", f"{COMPUTE}/servers/{NOWHERE}/action", {"reboot": {"type": NUL}}, "reboot.type"),
    ("POST", f"{COMPUTE}/os-keypairs", {"keypair": {"name": NUL}}, "keypair.name"),
    ("POST", f"{VOLUME}/volumes", {"volume": {"size": 1, "name": NUL}}, "volume.name"),
    ("POST", f"{VOLUME}/volumes", {"volume": {"size": 1, "volume_type": NUL}}, "volume.volume_type"),
    ("POST", f"{VOLUME}/volumes/{NOWHERE}/action", {"os-retype": {"new_type": NUL}}, "os-retype.new_type"),
    ("POST", f"{VOLUME}/types", {"volume_type": {"name": "a", "extra_specs": {"a": NUL}}}, "volume_type.extra_specs.a"),
    ("POST", f"{IMAGE}/images", {"name": NUL}, "name"),
    ("POST", f"{IMAGE}/images", {"name": "a", "own_property": NUL}, "own_property"),
    ("POST", f"{IMAGE}/images", {"tags": ["a", NUL]}, "tags"),
    ("POST", f"{NETWORK}/networks", {"network": {"name": NUL}}, "network.name"),
    ("POST", f"{NETWORK}/ports", {"port": {"network_id": NOWHERE, "device_id": NUL}}, "port.device_id"),
    ("POST", f"{NETWORK}/security-groups", {"security_group": {"name": "a", "description": NUL}},
     "security_group.description"),
    ("POST", f"{IDENTITY}/projects", {"project": {"name": NUL}}, "project.name"),
    ("POST", f"{IDENTITY}/users", {"user": {"name": "a", "own_attribute": {"deep": NUL}}}, "user.own_attribute.deep"),
    ("POST", f"{IDENTITY}/auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": NUL, "domain": {"id": "default"}, "password": "x"}}}}}, "auth.identity.password.user.name"),
]

LISTS = [f"{COMPUTE}/servers", f"{VOLUME}/volumes", f"{IMAGE}/images", f"{NETWORK}/ports", f"{IDENTITY}/users"]
ITEMS = [f"{COMPUTE}/servers", f"{COMPUTE}/os-keypairs", f"{VOLUME}/volumes", f"{IMAGE}/images", f"{NETWORK}/networks",
         f"{IDENTITY}/users"]


def refused(answer, field):
    assert answer.status_code == 400, f"{answer.status_code} {answer.text}"
    assert f"{field}: must" in answer.text and "NUL" in answer.text, answer.text


@pytest.mark.parametrize("method, path, body, field", BODIES)
def test_bodies(cloud, method, path, body, field):
    refused(cloud.http(method, path, json=body), field)


@pytest.mark.parametrize("path", LISTS)
def test_queries(cloud, path):
    refused(cloud.http("GET", f"{path}?name=a%00b"), "name")
    refused(cloud.http("GET", f"{path}?limit=1&marker=%00"), "marker")
    refused(cloud.http("GET", f"{path}?a%00b=1"), "names of query parameters")


@pytest.mark.parametrize("path", ITEMS)
def test_paths(cloud, path):
    refused(cloud.http("GET", f"{path}/a%00b"), "path")
    refused(cloud.http("DELETE", f"{path}/%00"), "path")


def test_patches_of_images(cloud, image):
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    for operation in ({"op": "replace", "path": "/name", "value": NUL}, {"op": "add", "path": "/own", "value": NUL},
                      {"op": "add", "path": "/a\x00b", "value": "x"}):
        answer = cloud.http("PATCH", f"{IMAGE}/images/{image}", json=[operation], headers=kind)
        assert answer.status_code == 400 and "NUL" in answer.text, answer.text
