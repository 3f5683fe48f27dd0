"""Clouds whose databases earlier versions wrote, kept in tests/data/databases: they are brought up to date, and go on.
Each was left while a server was being built."""
import contextlib
import os
import pathlib
import sqlite3

import pytest

from harness import database
from harness.cloud import Cloud
from harness.resources import Resources

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data" / "databases"
KEPT_SERVERS = {"kept-local", "kept-of-volume", "kept-building"}


def fill(cloud, file):
    """The cloud begins with what the file holds."""
    text = file.read_text()
    if cloud.database.url:
        database.run(text, cloud.database.url)
        return
    cloud.database.path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(cloud.database.path)) as connection:
        connection.executescript(text)
    os.chmod(cloud.database.path, 0o666)


def columns(cloud):
    """Each table's columns, and which indices there are."""
    if cloud.database.url:
        return (cloud.database.rows("SELECT table_name, column_name, data_type, is_nullable FROM "
                                    "information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"),
                cloud.database.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"))
    return (cloud.database.rows("SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master m JOIN "
                                "pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2"),
            cloud.database.rows("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' ORDER BY 1"))


FILES = sorted(FOLDER.glob("postgresql-*.sql" if database.SERVER else "sqlite-*.sql"))


def test_there_are_kept_databases():
    assert FILES


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def old_cloud(request):
    running = Cloud()
    try:
        fill(running, request.param)
        running.start()
        yield running
    finally:
        running.close()


def by_name(items):
    return {item["name"]: item for item in items}


def test_an_old_database_is_brought_up_to_date_and_used(old_cloud):
    fresh = Cloud().start()
    try:
        assert columns(old_cloud) == columns(fresh)
    finally:
        fresh.close()

    api = Resources(old_cloud)
    servers = by_name(api.servers())
    assert servers.keys() == KEPT_SERVERS
    assert servers["kept-local"]["metadata"] == {"k": "v"}
    assert {item["name"] for item in api.volumes()} >= {"kept-volume", "kept-attached"}
    assert [item["name"] for item in api.snapshots()] == ["kept-snapshot"]
    assert [item["name"] for item in api.images()] == ["kept-image"]
    assert [item["name"] for item in api.backups()] == ["kept-backup"]
    assert "kept-user" in {user["name"] for user in api.call("GET", "/identity/v3/users")["users"]}
    assert "kept-group" in {group["name"] for group in
                            api.call("GET", "/network/v2.0/security-groups")["security_groups"]}
    assert "kept-type" in {kind["name"] for kind in api.volume_api("GET", "/types")["volume_types"]}
    # What the earlier version had begun comes to an end: there may be nothing on the disk of the host it goes on with.
    building = servers["kept-building"]["id"]
    api.wait_flows(building)
    assert api.show_server(building)["status"] in ("ACTIVE", "ERROR")
    assert len(api.attached_volumes(servers["kept-of-volume"]["id"])) == 3

    flavor = by_name(api.compute("GET", "/flavors")["flavors"])["kept-flavor"]["id"]
    image = api.image("new-image", b"y" * 65536)
    server = api.active_server("new", flavor, image)
    volume = api.ready_volume("new", volume_type="kept-type")
    api.attach(server, volume)
    api.wait_volume(volume, "in-use")
    for name in KEPT_SERVERS:
        api.delete_server(servers[name]["id"])
    for name in KEPT_SERVERS:
        api.wait_gone(lambda name=name: api.show_server(servers[name]["id"]), name)
    api.delete_server(server)
    api.delete_all()
    assert old_cloud.differences() == []
