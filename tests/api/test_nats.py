"""A cloud whose processes meet at a NATS server, which may go away and come back."""
import contextlib
import socket
import subprocess
import threading

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


class CuttingProxy(threading.Thread):
    """Before a NATS server: ends its first connections as soon as they are accepted, then lets everything pass."""

    def __init__(self, server, cuts):
        super().__init__(daemon=True)
        self.server, self.cuts, self.cut = server, cuts, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = "nats://127.0.0.1:%d" % self.listening.getsockname()[1]

    def run(self):
        with contextlib.suppress(OSError):  # the end
            while True:
                self.serve(self.listening.accept()[0])

    def serve(self, client):
        behind = socket.create_connection(("127.0.0.1", self.server.port))
        if self.cut < self.cuts:
            self.cut += 1
            threading.Thread(target=self.greet_and_cut, args=(client, behind), daemon=True).start()
            return
        for one, other in ((client, behind), (behind, client)):
            threading.Thread(target=self.copy, args=(one, other), daemon=True).start()

    @staticmethod
    def greet_and_cut(client, behind):
        """The client takes itself for connected with PONG, and begins to subscribe."""
        with client, behind, contextlib.suppress(OSError):
            client.sendall(behind.recv(65536))
            asked = b""
            while b"PING\r\n" not in asked:
                asked += client.recv(65536) or b"PING\r\n"
            client.sendall(b"PONG\r\n")

    @staticmethod
    def copy(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


def test_a_connection_that_is_cut_while_it_begins_is_made_again(server):
    """A server that dies just then is no wrong setting."""
    proxy = CuttingProxy(server, cuts=60)
    proxy.start()
    cloud = Cloud(settings={"rpc.url": proxy.url, "rpc.prefix": "cut"})
    try:
        cloud.start()
        assert proxy.cut == proxy.cuts
    finally:
        cloud.close()
        proxy.close()
