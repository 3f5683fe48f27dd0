"""Single questions to a cloud of 10,000 hosts and a project of 100,000 servers, on both databases, each beside the reading
of one row."""
import pathlib

from measure import run

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
QUESTIONS = {"schedule": "one schedule among 10,000 hosts",
             "schedule-without-memory": "the same when none of them has the memory",
             "schedule-without-vcpus": "the same when none of them has the VCPUs",
             "quota": "quota usage of a project with 100,000 servers",
             "servers-deep-page": "100 servers far in a list of 100,000",
             "ports-first-page": "100 ports of a project with 100,000",
             "ports-deep-page": "100 ports far in"}


def measure_large(table, program):
    """`program`: virga; the benchmark is built beside it."""
    bench = pathlib.Path(program).parent / "tests" / "bench_large"
    for database, words in (("SQLite", [bench]), ("PostgreSQL", [TOOLS / "with-postgresql.sh", bench])):
        results = {}
        for line in run(*words).splitlines():
            what, median_us, slowest_us = line.split()
            results[what] = float(median_us) / 1000, float(slowest_us) / 1000
        floor, _ = results["one-row"]
        for what, name in QUESTIONS.items():
            median, slowest = results[what]
            table.add(f"{name}, {database}", median, "ms", "under 5 ms", floor, "one row read by its key",
                      f"99th percentile {slowest:.2f} ms")
