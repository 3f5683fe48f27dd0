"""Machines whose clocks are a minute apart: nobody waits for the other's time, or finds what is good of no use."""
import itertools
import os
import pathlib
import subprocess
from datetime import datetime

import pytest
import requests

from harness.cloud import ANSWER_SECONDS
from harness.cluster import Cluster, up_hosts
from harness.resources import Resources, device

AHEAD = {"control-1": 60, "control-2": 0, "host-1": 0, "host-2": -60}
IMAGE_BYTES = 4 << 20
SECONDS = 300


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = pathlib.Path(__file__).parents[1] / "harness" / "shifted_clock.c"
    subprocess.run(["c++", "-x", "c", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    library.parent.chmod(0o755)
    return library


@pytest.fixture(scope="module")
def cluster(clock):
    running = Cluster(controls=2, hosts=2)
    try:
        for node in running.controls + running.hosts:
            # Its machine hides the folder of this test.
            seen = node.machine.folder / "clock.so"
            seen.write_bytes(clock.read_bytes())
            node.environment = {"LD_PRELOAD": str(node.machine.here / "clock.so"),
                                "VIRGA_TEST_CLOCK_SECONDS": str(AHEAD[node.machine.name]),
                                "VIRGA_FAILPOINT_FILE": str(node.machine.here / "armed")}
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def apis(cluster):
    return [Resources(control) for control in cluster.controls]


@pytest.fixture(scope="module")
def ground(apis):
    one, two = apis
    return {"flavor": one.flavor("small"), "image": two.image("ground", os.urandom(IMAGE_BYTES))}


def test_the_clocks_are_apart(apis):
    """Otherwise all of this says nothing."""
    times = []
    for api in apis:
        image = api.image("dated", b"x")
        times.append(api.show_image(image)["created_at"])
        api.delete_image(image)
    assert seconds_between(*times) > 30, times


def seconds_between(later, earlier):
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (datetime.strptime(later, form) - datetime.strptime(earlier, form)).total_seconds()


def test_tokens_of_one_are_good_at_the_other_until_they_are_revoked(cluster):
    for one, other in itertools.permutations(cluster.controls):
        token = one.login()
        assert other.http("GET", "/compute/v2.1/flavors", token=token).status_code == 200
        answer = requests.delete(f"{other.url}/identity/v3/auth/tokens", timeout=ANSWER_SECONDS,
                                 headers={"X-Auth-Token": other.token, "X-Subject-Token": token})
        assert answer.status_code == 204, answer.text
        for control in cluster.controls:
            assert control.http("GET", "/compute/v2.1/flavors", token=token).status_code == 401


def test_a_new_password_ends_the_tokens_of_both_and_is_good_at_once(cluster, apis):
    for number, (one, other) in enumerate(itertools.permutations(cluster.controls)):
        api, name = apis[number], f"user-{number}"
        project = api.call("GET", "/identity/v3/projects?name=" + one.openrc()["OS_PROJECT_NAME"])["projects"][0]["id"]
        role = api.call("GET", "/identity/v3/roles?name=member")["roles"][0]["id"]
        user = api.call("POST", "/identity/v3/users", {"user": {"name": name, "password": "before-it"}})["user"]["id"]
        api.call("PUT", f"/identity/v3/projects/{project}/users/{user}/roles/{role}")
        tokens = [control.login(name, "before-it") for control in cluster.controls]
        one.http("PATCH", f"/identity/v3/users/{user}", json={"user": {"password": "after-it"}}).raise_for_status()
        for control in cluster.controls:
            assert [control.http("GET", "/compute/v2.1/flavors", token=token).status_code for token in tokens] == [401, 401]
        new = other.login(name, "after-it")
        assert one.http("GET", "/compute/v2.1/flavors", token=new).status_code == 200


def test_all_know_all_hosts(cluster):
    for control in cluster.controls:
        assert up_hosts(control) == {"host-1", "host-2"}


@pytest.mark.parametrize("host", ["host-1", "host-2"])
def test_servers_boot_by_each_on_each(cluster, apis, ground, host):
    """Images come by URLs that are signed for a time."""
    servers = []
    for api in apis:
        place = {"availability_zone": f"nova:{host}"}
        servers.append(api.server("image", ground["flavor"], ground["image"], **place))
        servers.append(api.server("volume", ground["flavor"], devices=[device("image", ground["image"], volume_size=1)], **place))
    for server, api in zip(servers, itertools.cycle(reversed(apis))):
        api.wait_server(server, seconds=SECONDS)
        assert api.show_server(server)["OS-EXT-SRV-ATTR:host"] == host
    for api in apis:
        assert api.cloud.differences() == []
    for server in servers:
        apis[0].delete_server(server)
    apis[0].wait(lambda: apis[0].servers() == [], "all servers are gone", seconds=SECONDS)


@pytest.mark.parametrize("dying", [0, 1])
def test_what_one_leaves_the_other_ends_at_once(cluster, apis, ground, dying):
    """Whoever is behind, and whoever is ahead."""
    control, other = cluster.controls[dying], apis[1 - dying]
    gate = control.machine.folder / "gate"
    gate.touch()
    (control.machine.folder / "armed").write_text(f"boot_server.virt.libvirt.spawn.before:hold={control.machine.here}/gate")
    servers = [apis[dying].server(f"left-{dying}-{number}", ground["flavor"], ground["image"]) for number in range(4)]
    control.crash()
    gate.unlink()
    (control.machine.folder / "armed").unlink()
    for server in servers:
        other.wait_server(server, seconds=SECONDS)
    control.launch()
    control.wait_ready()
    for api in apis:
        api.wait(lambda api=api: api.cloud.differences() == [], "nothing differs")
        assert up_hosts(api.cloud) == {"host-1", "host-2"}
    for server in servers:
        other.delete_server(server)
    other.wait(lambda: other.servers() == [], "all servers are gone", seconds=SECONDS)
