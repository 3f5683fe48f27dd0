"""A cloud whose processes meet at a NATS server, which may go away and come back."""
import subprocess

import pytest

from harness.cloud import Cloud, wait_for
from harness.nats import NatsServer
from harness.resources import Resources

SECONDS = 120


@pytest.fixture(scope="module")
def server():
    running = NatsServer().start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def own_cloud(server):
    running = Cloud(settings={"rpc.url": server.url, "host.name": "host-1.example.org"}).start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def api(own_cloud):
    return Resources(own_cloud)


@pytest.fixture(scope="module")
def ground(api):
    return api.flavor("small"), api.image("image", b"x" * 100_000)


def test_servers_boot_and_volumes_are_made(own_cloud, api, ground):
    assert not (own_cloud.state / "control" / "rpc.sock").exists()
    server_id = api.active_server("one", *ground)
    assert api.show_server(server_id)["OS-EXT-SRV-ATTR:host"] == "host-1.example.org"
    assert own_cloud.differences() == []


def test_a_boot_outlives_the_server(own_cloud, api, ground, server):
    server.kill()
    try:
        booting = [api.server(f"meanwhile-{number}", *ground) for number in range(3)]
    finally:
        server.start()
    for one in booting:
        assert api.wait_server(one)["status"] == "ACTIVE"
    assert own_cloud.differences() == []


def test_a_host_that_is_killed_is_down_and_its_successor_up(own_cloud, api, ground):
    def state():
        services = own_cloud.http("GET", "/compute/v2.1/os-services?binary=nova-compute").json()["services"]
        return services[0]["state"] if services else "none"
    own_cloud.kill("host")
    wait_for(lambda: state() != "up", SECONDS, "the host is down")
    own_cloud.start_half("host")
    own_cloud.wait_ready()
    wait_for(lambda: state() == "up", SECONDS, "the host is up")
    api.active_server("after", *ground)


def ended(cloud, half, url):
    words = [word if not word.startswith("rpc.url=") else f"rpc.url={url}" for word in cloud.arguments(half)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_a_second_host_of_a_name_ends_and_says_why(own_cloud, server):
    other = Cloud(settings={"rpc.url": server.url, "host.name": "host-1.example.org"})
    try:
        told = ended(other, "host", server.url)
        assert "host.name: " in told and "host-1.example.org" in told, told
    finally:
        other.close()
    assert own_cloud.differences() == []


def test_a_second_cloud_with_the_same_prefix_ends_and_says_why(own_cloud, server):
    other = Cloud(settings={"rpc.url": server.url})
    try:
        assert "rpc.prefix: " in ended(other, "control", server.url)
        other.settings["rpc.prefix"] = "other"
        other.start()
        Resources(other).active_server("there", Resources(other).flavor("small"), Resources(other).image("i", b"x" * 9))
    finally:
        other.close()
    assert own_cloud.differences() == []


def test_what_is_wrong_with_the_settings_is_told():
    guarded = NatsServer("--user", "virga", "--pass", "right").start()
    cloud = Cloud(settings={"rpc.url": guarded.url})
    try:
        for url, words in (("127.0.0.1:4222", "nats://"), ("nats://127.0.0.1:x", "port"),
                           (guarded.url.replace("nats://", "nats://virga:hidden-secret@"), "refuses the user, password"),
                           (f"nats://virga:hidden-secret@127.0.0.1:{cloud.port}", "no NATS server answers")):
            told = ended(cloud, "control", url)
            assert "rpc.url" in told and words in told, told
            assert "hidden-secret" not in told, told
        told = ended(cloud, "host", guarded.url)
        assert "rpc.url" in told and "refuses the user, password" in told, told
    finally:
        cloud.close()
        guarded.close()
