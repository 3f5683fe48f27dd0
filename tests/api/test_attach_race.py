"""Many clients attach and detach the same volume at once."""
import itertools
import random
import threading

import pytest

from harness.resources import Resources

CLIENTS = 8
ROUNDS = 25


@pytest.fixture
def api(cloud):
    return Resources(cloud)


@pytest.fixture
def servers(cloud, api):
    flavor = api.flavor(f"race-{random.getrandbits(40):x}", ram=64, disk=1)
    image = api.image("race", b"x" * 65536)
    made = [api.active_server(f"race-{number}", flavor, image) for number in range(2)]
    yield made
    for server in made:
        api.delete_server(server)
        api.wait_gone(lambda: api.show_server(server), "server")
    api.delete_image(image)


@pytest.fixture
def volume(api, servers):
    made = api.ready_volume("raced for")
    yield made
    api.delete_volume(made)
    api.wait_gone(lambda: api.show_volume(made), "volume")


class Client(threading.Thread):
    """Attaches or detaches as fast as it can; remembers every answer."""

    def __init__(self, cloud, servers, volume, seed):
        super().__init__()
        self.cloud, self.servers, self.volume = cloud, servers, volume
        self.random = random.Random(seed)
        self.answers = []

    def run(self):
        for _ in range(ROUNDS):
            path = f"/compute/v2.1/servers/{self.random.choice(self.servers)}/os-volume_attachments"
            if self.random.random() < 0.5:
                body = {"volumeAttachment": {"volumeId": self.volume}}
                self.answers.append(("attach", self.cloud.http("POST", path, json=body)))
            else:
                self.answers.append(("detach", self.cloud.http("DELETE", f"{path}/{self.volume}")))


class Watcher(threading.Thread):
    """Looks all the time whether the volume has more than one user."""

    def __init__(self, api, volume):
        super().__init__()
        self.api, self.volume = api, volume
        self.ending = threading.Event()
        self.most = 0

    def run(self):
        while not self.ending.is_set():
            found = [item for item in self.api.attachments() if item["volume_id"] == self.volume]
            self.most = max(self.most, len(found))


@pytest.mark.parametrize("count", [1, 2], ids=["one server", "two servers"])
def test_attach_and_detach_from_many_clients(cloud, api, servers, volume, count):
    servers = servers[:count]
    cloud.token  # before the threads want it
    watcher = Watcher(api, volume)
    watcher.start()
    clients = [Client(cloud, servers, volume, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
    watcher.ending.set()
    watcher.join()
    answers = list(itertools.chain.from_iterable(client.answers for client in clients))
    assert len(answers) == CLIENTS * ROUNDS
    for what, answer in answers:
        assert answer.status_code in (200, 202, 400, 404, 409), f"{what}: {answer.status_code} {answer.text}"
    assert watcher.most <= 1, "two users of one volume"
    assert [what for what, answer in answers if what == "attach" and answer.status_code == 200], "nobody came through"
    for server in servers:
        api.wait_flows(server)
    users = [server for server in servers if api.attached_volumes(server)]
    assert len(users) <= 1
    assert api.show_volume(volume)["status"] == ("in-use" if users else "available")
    assert cloud.differences() == []
    for server in users:
        api.detach(server, volume)
    api.wait_volume(volume)


def test_all_at_once_only_one_attaches(cloud, api, servers, volume):
    cloud.token
    start = threading.Barrier(CLIENTS)
    answers = []

    def attach(server):
        start.wait()
        body = {"volumeAttachment": {"volumeId": volume}}
        answers.append(cloud.http("POST", f"/compute/v2.1/servers/{server}/os-volume_attachments", json=body))

    threads = [threading.Thread(target=attach, args=(servers[number % 2],)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert all(400 <= answer.status_code < 500 for answer in answers if answer.status_code != 200)
    api.wait_volume(volume, "in-use")
    user = next(server for server in servers if api.attached_volumes(server))
    api.wait_flows(user)
    api.detach(user, volume)
    api.wait_volume(volume)
