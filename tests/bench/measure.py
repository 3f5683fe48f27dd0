"""Helpers of the benchmark: clocks, medians, plain HTTP on one connection, the table."""
import http.client
import json
import os
import pathlib
import re
import socket
import sqlite3
import statistics
import subprocess
import threading
import time

MIB = 1024 * 1024


def median_ms(seconds):
    return statistics.median(seconds) * 1000


def timed(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


class Client:
    """One kept-alive connection; cheap enough not to be what is measured."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"X-Auth-Token": token, "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]}")
        return json.loads(data) if data and "json" in answer.headers.get("Content-Type", "") else data


class Volley:
    """Many of one request at a time on one connection: the client costs next to nothing."""
    SIZE = 64

    def __init__(self, port, path, headers):
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.sendall(self.request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.connection.recv(65536)
        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.split()[1] in (b"200", b"300"), head
        length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
        self.size = len(head) + 4 + length
        self.read(length - len(body))

    def read(self, size):
        while size > 0:
            got = len(self.connection.recv(min(size, 1 << 20)))
            assert got, "the connection was closed"
            size -= got

    def fire(self):
        self.connection.sendall(self.request * self.SIZE)
        self.read(self.size * self.SIZE)


def request_rate(port, path, headers, connections=4, volleys=60):
    """Requests a second, from several connections at once."""
    all_volleys = [Volley(port, path, headers) for _ in range(connections)]

    def work(volley):
        for _ in range(volleys):
            volley.fire()
    threads = [threading.Thread(target=work, args=(volley,)) for volley in all_volleys]

    def run_all():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds = timed(run_all)
    return connections * volleys * Volley.SIZE / seconds


def memory_mib(pid, field="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} of {pid}")


def shared_out_mib(pid):
    """Resident memory, shared pages divided among those who share them."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no Pss of {pid}")


def synced_commit_ms(folder, rounds=50):
    """One row, one commit that is on the disk when it returns."""
    path = os.path.join(folder, "floor.db")
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
    times = [timed(lambda: database.execute("INSERT INTO t (text) VALUES ('row')")) for _ in range(rounds)]
    database.close()
    return median_ms(times)


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


def spawn_ms(*words, rounds=10):
    return median_ms([timed(lambda: run(*words)) for _ in range(rounds)])


class Table:
    """Rows of the design's section 7, each beside its floor."""

    def __init__(self):
        self.rows = []

    def add(self, what, value, unit, allowed, floor=None, floor_is="", note=""):
        row = {"what": what, "value": round(value, 2), "unit": unit, "design": allowed,
               "floor": None if floor is None else round(floor, 2), "floor_is": floor_is, "note": note}
        self.rows.append(row)
        print(f"  {what}: {row['value']} {unit}", flush=True)

    def text(self):
        head = ("what", "Virga", "design", "floor", "the floor is")
        cells = [head] + [(row["what"], f"{row['value']:g} {row['unit']}", row["design"],
                           "-" if row["floor"] is None else f"{row['floor']:g} {row['unit']}", row["floor_is"])
                          for row in self.rows]
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(lines)
