"""Commands to a host, on either transport, beside a bare message to and fro on the same thing."""
import pathlib

from measure import run

# What carries them, and what it is called.
TRANSPORTS = {"socket": "Unix socket", "nats": "NATS"}
AT_ONCE = 8


def measure_rpc(table, program):
    """`program`: virga; the benchmark is built beside it."""
    results = {}
    for line in run(pathlib.Path(program).parent / "tests" / "bench_rpc", 5000, AT_ONCE).splitlines():
        what, threads, median_us, _, rate = line.split()
        results[what, int(threads)] = float(median_us), float(rate)
    for transport, name in TRANSPORTS.items():
        median_us, _ = results[transport, 1]
        floor_us, _ = results[f"bare-{transport}", 1]
        _, rate = results[transport, AT_ONCE]
        table.add(f"empty command to a host over {name}", median_us / 1000, "ms", "-", floor_us / 1000,
                  f"a bare message to and fro over {name}", f"{AT_ONCE} at once: {rate:.0f} a second")
