#!/usr/bin/python3
"""bench.py [--json FILE]: the table of figures that the design names, each beside its floor of the same run.

The program is $VIRGA_BIN; needs root, libvirt and the guest image ($VIRGA_GUEST_IMAGE). Nothing is asserted.
"""
import argparse
import json
import os
import pathlib
import platform
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from harness.cloud import PROGRAM  # noqa: E402
from measure import Table  # noqa: E402
from on_fake import measure_idle, measure_on_fake  # noqa: E402
from on_large import measure_large  # noqa: E402
from on_libvirt import measure_on_libvirt  # noqa: E402
from on_rpc import measure_rpc  # noqa: E402
from on_simulated import measure_simulated  # noqa: E402
from on_transfers import measure_transfers  # noqa: E402
from on_volumes import measure_volumes  # noqa: E402


def machine():
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return {"cpus": os.cpu_count(), "memory_gib": round(memory, 1), "kernel": platform.release(),
            "load_at_start": round(os.getloadavg()[0], 2)}


def main():
    parser = argparse.ArgumentParser(description="Measures Virga beside its floors.")
    parser.add_argument("--json", type=pathlib.Path, help="file to write the table to")
    options = parser.parse_args()
    table = Table()
    started = time.monotonic()
    about = machine()
    print("measuring:", flush=True)
    measure_idle(table, PROGRAM)
    measure_rpc(table, PROGRAM)
    measure_on_fake(table)
    measure_simulated(table)
    measure_large(table, PROGRAM)
    measure_on_libvirt(table)
    measure_volumes(table)
    measure_transfers(table)
    print("\n" + table.text())
    for row in table.rows:
        if row["note"]:
            print(f"  {row['what']}: {row['note']}")
    print(f"  machine: {about}; {time.monotonic() - started:.0f} s in all")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"machine": about, "rows": table.rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
