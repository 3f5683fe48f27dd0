"""The database of a test's cloud: its SQLite file, or one on the server that VIRGA_TEST_DATABASE names
(tools/with-postgresql.sh)."""
import contextlib
import os
import sqlite3
import subprocess
import urllib.parse
import uuid

SERVER = os.environ.get("VIRGA_TEST_DATABASE", "")
SECONDS = 300


def run(statement, url=SERVER):
    """What psql prints: one line for each row."""
    done = subprocess.run(["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url], text=True,
                          capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class SqliteFile:
    """Read and changed beside the cloud that uses it."""
    url = None

    def __init__(self, path):
        self.path = path

    def rows(self, statement):
        """The columns as text, for a query that is SQL of both databases."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=SECONDS)) as connection, connection:
            return [tuple(str(value) for value in row) for row in connection.execute(statement)]

    def close(self):
        """The file goes with the folder of the cloud."""


class Borrowed:
    """One that somebody else has made and removes."""

    def __init__(self, url):
        self.url = url

    def rows(self, statement):
        return [tuple(line.split("|")) for line in run(statement, self.url).splitlines()]

    def close(self):
        """The lender does it."""


class Database:
    """One of its own on the server."""

    def __init__(self):
        self.name = f"cloud_{uuid.uuid4().hex}"
        self._make()
        parts = urllib.parse.urlsplit(SERVER)
        self.url = urllib.parse.urlunsplit(parts._replace(path="/" + self.name))

    def rows(self, statement):
        return [tuple(line.split("|")) for line in run(statement, self.url).splitlines()]

    def empty(self):
        """Nothing is in it, as on the first day."""
        self.close()
        self._make()

    def _make(self):
        run(f"CREATE DATABASE {self.name} TEMPLATE template0")

    def close(self):
        run(f"DROP DATABASE {self.name} WITH (FORCE)")
