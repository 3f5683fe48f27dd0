"""An empty name and null mean the same everywhere in a service: cleared where a name may be missing, refused elsewhere."""
import uuid

import pytest

VOLUME = {"OpenStack-API-Version": "volume 3.70"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f x"


@pytest.mark.parametrize("empty", ["", "  ", None])
@pytest.mark.parametrize("field", ["name", "description"])
def test_a_volume_without_one_shows_null(cloud, volumes, field, empty):
    volume = f"/volume/v3/volumes/{volumes(size=1, name=None)}"
    assert cloud.http("GET", volume, headers=VOLUME).json()["volume"][field] is None
    for value, shown in (("given", "given"), (empty, None)):
        answer = cloud.http("PUT", volume, json={"volume": {field: value}}, headers=VOLUME)
        assert answer.status_code == 200, answer.text
        assert answer.json()["volume"][field] == shown
        assert cloud.http("GET", volume, headers=VOLUME).json()["volume"][field] == shown


@pytest.mark.parametrize("field", ["name", "description"])
@pytest.mark.parametrize("kind", ["network", "security_group"])
def test_null_is_no_text_of_the_network_service(cloud, kind, field):
    path = f"/network/v2.0/{kind.replace('_', '-')}s"
    refused = cloud.http("POST", path, json={kind: {"name": "n", field: None}})
    assert refused.status_code == 400 and field in refused.text, refused.text
    made = cloud.http("POST", path, json={kind: {"name": "n", field: "given"}}).json()[kind]
    try:
        refused = cloud.http("PUT", f"{path}/{made['id']}", json={kind: {field: None}})
        assert refused.status_code == 400 and field in refused.text, refused.text
        cleared = cloud.http("PUT", f"{path}/{made['id']}", json={kind: {field: ""}})
        assert cleared.status_code == 200 and cleared.json()[kind][field] == ""
    finally:
        assert cloud.http("DELETE", f"{path}/{made['id']}").status_code == 204


def test_a_service_of_the_catalog_keeps_its_name(cloud):
    made = cloud.http("POST", "/identity/v3/services", json={"service": {"name": f"s-{uuid.uuid4().hex[:8]}", "type": "t"}})
    path = f"/identity/v3/services/{made.json()['service']['id']}"
    try:
        for name in (None, "", "  "):
            refused = cloud.http("PATCH", path, json={"service": {"name": name}})
            assert refused.status_code == 400 and "name" in refused.text, refused.text
    finally:
        assert cloud.http("DELETE", path).status_code == 204


@pytest.mark.parametrize("name", ["", " ", " a", "a ", None])
def test_a_keypair_has_a_name_without_blanks_around(cloud, name):
    refused = cloud.http("POST", "/compute/v2.1/os-keypairs", json={"keypair": {"name": name, "public_key": KEY}})
    assert refused.status_code == 400 and "keypair.name" in refused.text, refused.text
