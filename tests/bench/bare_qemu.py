"""A QEMU without a guest, spoken to through QMP."""
import json
import subprocess

from measure import run, timed


def online_snapshot_s(folder, mib):
    """Seconds that QEMU needs to make an overlay of an open disk in `folder` and to go on with it."""
    disk, overlay = folder / "bench-disk", folder / "bench-overlay"
    run("qemu-img", "create", "-f", "raw", disk, f"{mib}M")
    try:
        with Qemu(disk) as qemu:
            return timed(lambda: qemu.command("blockdev-snapshot-sync", **{
                "node-name": "disk", "snapshot-file": str(overlay), "snapshot-node-name": "overlay", "format": "qcow2"}))
    finally:
        disk.unlink()
        overlay.unlink(missing_ok=True)


class Qemu:
    def __init__(self, disk):
        device = {"driver": "raw", "node-name": "disk", "file": {"driver": "file", "filename": str(disk)}}
        self.process = subprocess.Popen(["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none",
                                         "-blockdev", json.dumps(device), "-qmp", "stdio"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        self.process.stdout.readline()  # the greeting
        self.command("qmp_capabilities")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def command(self, name, **arguments):
        self.process.stdin.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if not line.startswith("{"):
                continue  # it tells about files that it makes
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']}")
            if "return" in answer:
                return answer["return"]
        raise RuntimeError(f"{name}: QEMU ended")
