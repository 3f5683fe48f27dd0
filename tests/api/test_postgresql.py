"""A PostgreSQL server that goes away and comes back: who asks waits, then is told to come back; flows go on."""
import subprocess

import pytest

from harness import database
from harness.cloud import Cloud, wait_for
from harness.resources import Resources

pytestmark = pytest.mark.skipif(not database.SERVER, reason="the clouds of this run are on SQLite")

SECONDS = 120


@pytest.fixture(scope="module")
def own_cloud():
    running = Cloud().start()
    yield running
    running.close()


def take_away(cloud):
    """For the cloud it is as if the server refused it; other tests go on with it."""
    name = cloud.database.name
    database.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    database.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def bring_back(cloud):
    database.run(f"ALTER DATABASE {cloud.database.name} WITH ALLOW_CONNECTIONS true")


def test_requests_wait_then_come_back(own_cloud):
    assert own_cloud.http("GET", "/volume/v3/types").status_code == 200
    take_away(own_cloud)
    try:
        away = own_cloud.http("GET", "/volume/v3/types")
        assert away.status_code == 503, away.text
        assert int(away.headers["Retry-After"]) > 0
        assert "postgresql://" not in away.text
    finally:
        bring_back(own_cloud)
    assert own_cloud.http("GET", "/volume/v3/types").status_code == 200
    assert own_cloud.database.url.split(":")[2].split("@")[0] not in own_cloud.log_path.read_text()


def test_a_lost_connection_is_not_noticed(own_cloud):
    for _ in range(5):
        name = own_cloud.database.name
        database.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert own_cloud.http("GET", "/volume/v3/types").status_code == 200


def test_flows_go_on(own_cloud):
    api = Resources(own_cloud)
    made = [api.volume_api("POST", "/volumes", {"volume": {"size": 1, "name": "flow"}})["volume"]["id"] for _ in range(8)]
    take_away(own_cloud)
    try:
        assert own_cloud.http("GET", "/volume/v3/types").status_code == 503
    finally:
        bring_back(own_cloud)

    def status(volume):
        return own_cloud.http("GET", path_of(volume)).json()["volume"]["status"]
    for volume in made:
        wait_for(lambda volume=volume: status(volume) == "available", SECONDS, "the volume is there")
        own_cloud.http("DELETE", path_of(volume))
    for volume in made:
        wait_for(lambda volume=volume: own_cloud.http("GET", path_of(volume)).status_code == 404, SECONDS,
                 "the volume is gone")
    assert own_cloud.differences() == []


def path_of(volume):
    return f"/volume/v3/volumes/{volume}"


def refusal(cloud, url):
    words = [word if not word.startswith("database.url=") else f"database.url={url}" for word in cloud.arguments("control")]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


def test_a_wrong_url_is_told():
    cloud = Cloud()
    try:
        right = cloud.database.url
        password = right.split(":")[2].split("@")[0]
        for url, words in ((right.replace(password, "hidden-secret"), "password authentication failed"),
                           (right.replace(cloud.database.name, "nothing"), "does not exist"),
                           ("postgresql://virga:hidden-secret@127.0.0.1:1/virga", "refused"),
                           ("postgresql://virga:hidden@secret@127.0.0.1/virga", "more than one @"),
                           ("mysql://virga:hidden-secret@h/virga", "must be empty, sqlite:///")):
            told = refusal(cloud, url)
            assert "database.url: " in told and words in told, told
            assert "secret" not in told and password not in told
    finally:
        cloud.close()
