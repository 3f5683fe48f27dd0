"""A port that has its subnet's gateway address, as older databases may hold, keeps it; no port gets one."""
import sqlite3

import pytest

from harness.cloud import Cloud

V20 = "/network/v2.0"


@pytest.fixture(scope="module")
def own():
    running = Cloud().start()
    yield running
    running.close()


def make(cloud, kind, **fields):
    answer = cloud.http("POST", f"{V20}/{kind}s", json={kind: fields})
    assert answer.status_code == 201, answer.text
    return answer.json()[kind]


def test_a_port_keeps_what_it_has(own):
    network = make(own, "network", name="old")["id"]
    subnet = make(own, "subnet", network_id=network, cidr="10.89.0.0/24", ip_version=4)["id"]
    port, other = make(own, "port", network_id=network), make(own, "port", network_id=network)
    has = port["fixed_ips"][0]["ip_address"]
    own.stop_half("control")
    database = sqlite3.connect(own.state / "control" / "virga.db")
    with database:
        database.execute("UPDATE subnets SET gateway_ip = ? WHERE id = ?", (has, subnet))
    database.close()
    own.forget_logins()
    own.start_half("control")
    own.wait_ready()

    def change(which, *ips):
        return own.http("PUT", f"{V20}/ports/{which['id']}", json={"port": {"fixed_ips": list(ips)}})

    for ips in ([{"subnet_id": subnet, "ip_address": has}], [{"ip_address": has}], [{"subnet_id": subnet}]):
        answer = change(port, *ips)
        assert answer.status_code == 200, answer.text
        assert answer.json()["port"]["fixed_ips"] == port["fixed_ips"]
    assert change(other, {"ip_address": has}).status_code == 400
    assert change(port, {"ip_address": "10.89.0.77"}).status_code == 200
    taken_back = change(port, {"ip_address": has})
    assert taken_back.status_code == 400 and "is the gateway" in taken_back.text
