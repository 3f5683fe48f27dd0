"""A PostgreSQL server that dies, restarts, has no room, or holds what this program can't go on with."""
import base64
import os
import shutil
import subprocess
import threading
import uuid

import pytest

from harness import database, own_postgresql
from harness.cloud import Cloud, wait_for
from harness.resources import Resources

BOOTS = 50
CLIENTS = 5
SECONDS = 300
BALLAST_BYTES = 8 << 20  # without it, nobody could log in to a full server and make room

pytestmark = pytest.mark.skipif(not own_postgresql.is_installed(), reason="Debian's package postgresql is not installed")


@pytest.fixture(scope="module")
def server():
    running = own_postgresql.Server()
    yield running
    running.close()


class CloudOn(Cloud):
    """A cloud whose state is in a database of the given server."""

    def __init__(self, made):
        super().__init__(settings={"database.url": made.url})
        self.database.close()
        self.database = made


def cloud_on(server, options=""):
    return CloudOn(own_postgresql.Database(server, f"cloud_{uuid.uuid4().hex}", options))


class Client(threading.Thread):
    """Boots servers, and looks at them, while the database comes and goes. 503 means to come back later."""

    def __init__(self, cloud, flavor, image, count):
        super().__init__()
        self.cloud, self.body, self.count = cloud, {"flavorRef": flavor, "imageRef": image}, count
        self.made, self.wrong, self.refused = [], [], 0

    def run(self):
        while len(self.made) < self.count and not self.wrong:
            body = {"server": {"name": f"s-{len(self.made)}", **self.body}}
            answer = self.cloud.http("POST", "/compute/v2.1/servers", json=body)
            if answer.status_code == 202:
                self.made.append(answer.json()["server"]["id"])
                self.look(self.made[-1])
            else:
                self.later(answer)

    def look(self, made):
        answer = self.cloud.http("GET", f"/compute/v2.1/servers/{made}")
        if answer.status_code != 200:
            self.later(answer)

    def later(self, answer):
        self.refused += 1
        if answer.status_code != 503 or int(answer.headers.get("Retry-After", 0)) <= 0:
            self.wrong.append((answer.status_code, answer.text))


def test_boots_while_the_server_restarts(server):
    """Twice without a warning. A boot whose request was answered comes to an end, and one whose request was told to come
    back leaves nothing that check would find: its COMMIT may have been done."""
    cloud = cloud_on(server).start()
    try:
        api = Resources(cloud)
        flavor, image = api.flavor("small", ram=16, disk=0), api.image("image", b"x" * 65536)
        clients = [Client(cloud, flavor, image, BOOTS // CLIENTS) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for share in (1, 2):
            wait_for(lambda share=share: sum(len(client.made) for client in clients) >= BOOTS * share // 3
                     or not any(client.is_alive() for client in clients), SECONDS, "servers were accepted")
            server.restart()
        for client in clients:
            client.join(SECONDS)
            assert not client.is_alive() and not client.wrong, client.wrong
        made = {identifier for client in clients for identifier in client.made}
        assert len(made) == BOOTS

        def settled():
            servers = api.servers()
            return all(item["OS-EXT-STS:task_state"] is None for item in servers) and servers
        shown = {item["id"]: item for item in wait_for(settled, SECONDS, "all servers are idle")}
        assert made <= shown.keys()
        wrong = [(item["status"], item.get("fault")) for item in shown.values() if item["status"] != "ACTIVE"]
        assert not wrong, wrong
        assert cloud.differences() == []
        api.delete_all()
        assert cloud.differences() == []
    finally:
        cloud.close()


def test_a_request_waits_for_a_server_that_comes_back(server):
    """Also one that changes something: nobody needs to send it again."""
    cloud = cloud_on(server).start()
    try:
        assert cloud.token
        server.control("stop", "-m", "fast")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            cloud.http("POST", "/compute/v2.1/os-keypairs", json={"keypair": {"name": "kept"}})))
        thread.start()
        server.control("start")
        thread.join(SECONDS)
        assert [answer.status_code for answer in answers] == [200], [answer.text for answer in answers]
    finally:
        cloud.close()


@pytest.fixture
def small_space(server):
    """A tablespace that a few megabytes fill."""
    folder = server.own(f"small_{uuid.uuid4().hex[:8]}")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs", str(folder)], check=True)
    shutil.chown(folder, "nobody", "nogroup")
    database.run(f"CREATE TABLESPACE {folder.name} LOCATION '{folder}'", server.url("postgres"))
    (folder / "ballast").write_bytes(bytes(BALLAST_BYTES))
    yield folder
    database.run(f"DROP TABLESPACE {folder.name}", server.url("postgres"))
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_lost(server, small_space):
    cloud = cloud_on(server, f"TABLESPACE {small_space.name}").start()
    try:
        api = Resources(cloud)
        flavor, image = api.flavor("small", ram=16, disk=0), api.image("image", b"x" * 65536)
        kept = api.active_server("kept", flavor, image)
        fill(cloud)

        def refused(number):
            body = {"role": {"name": f"more-{number}-" + "x" * 200}}
            answer = cloud.http("POST", "/identity/v3/roles", json=body)
            assert answer.status_code in (201, 503), answer.text
            return answer if answer.status_code == 503 else None
        answer = next(answer for answer in map(refused, range(1000)) if answer is not None)
        assert "the disk that holds the database is full" in answer.text, answer.text
        assert cloud.http("GET", f"/compute/v2.1/servers/{kept}").json()["server"]["status"] == "ACTIVE"

        (small_space / "ballast").unlink()
        cloud.database.rows("DROP TABLE filler")
        wait_for(lambda: cloud.http("POST", "/identity/v3/roles", json={"role": {"name": "room"}}).status_code == 201,
                 SECONDS, "there is room again")
        api.active_server("another", flavor, image)
        assert cloud.differences() == []
    finally:
        cloud.close()
        server.drop(cloud.database.name)


def fill(cloud):
    """All rows are rolled back, the pages stay."""
    cloud.database.rows("CREATE TABLE filler (text TEXT) WITH (autovacuum_enabled = false)")
    cloud.database.rows("DO $$ BEGIN LOOP INSERT INTO filler SELECT repeat('x', 1900) FROM generate_series(1, 100); "
                        "END LOOP; EXCEPTION WHEN disk_full THEN NULL; END $$")


def refusal(cloud):
    """What the program says instead of starting."""
    ended = subprocess.run(cloud.arguments("control"), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


def test_a_database_of_a_newer_version_is_left_alone(server):
    cloud = cloud_on(server)
    try:
        cloud.start_half("control")
        cloud.wait_announced("control")
        cloud.stop_half("control")
        cloud.database.rows("UPDATE schema_versions SET version = version + 1 WHERE service = 'compute'")
        before = cloud.database.rows("SELECT * FROM schema_versions ORDER BY service")
        told = refusal(cloud)
        assert "database.url: the database is of a newer version" in told and "compute" in told, told
        assert cloud.database.rows("SELECT * FROM schema_versions ORDER BY service") == before
    finally:
        cloud.close()


def test_another_master_key_is_refused(server):
    """The keys of volumes would be sealed by two, and each process could open only its own."""
    first = cloud_on(server).start()
    second = CloudOn(first.database)
    try:
        before = first.openrc()["OS_PASSWORD"]
        assert "master.key" in refusal(second)
        key = second.state / "control" / "master.key"
        key.write_bytes(base64.b64encode(os.urandom(32)))
        key.chmod(0o600)
        shutil.chown(key, (first.state / "control" / "master.key").owner())
        told = refusal(second)
        assert "is not the one of the cloud" in told and "copy master.key" in told, told
        # Nor did the stranger give the administrator another password.
        first.forget_logins()
        assert first.openrc()["OS_PASSWORD"] == before and first.login()
    finally:
        second.close()
        first.close()


def test_a_lost_master_key_is_asked_for(server):
    cloud = cloud_on(server)
    try:
        cloud.start_half("control")
        cloud.wait_announced("control")
        cloud.stop_half("control")
        key = cloud.state / "control" / "master.key"
        key.rename(key.with_name("kept.key"))
        told = refusal(cloud)
        assert "master.key" in told and "is missing" in told, told
        key.with_name("kept.key").rename(key)
        cloud.start_half("control")
        cloud.wait_announced("control")
    finally:
        cloud.close()


def test_no_server_at_all(server):
    """The one who starts it reads which setting is wrong."""
    for url, words in ((f"postgresql://virga@/nothing?host={server.socket}", "does not exist"),
                       ("postgresql://virga:hidden@127.0.0.1:1/virga", "refused")):
        cloud = Cloud(settings={"database.url": url})
        try:
            told = refusal(cloud)
            assert "database.url: " in told and words in told and "hidden" not in told, told
        finally:
            cloud.close()
