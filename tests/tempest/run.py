#!/usr/bin/python3
"""Runs Debian's Tempest against a cloud of its own, and prints passed, failed, skipped and the names that failed.

    run.py [identity|image|volume|compute|network|smoke] [--driver fake|libvirt] [--backend local|glusterfs]
           [--regex WORDS]

The exit status is 1 when a test failed. The cloud's log, tempest.conf, tempest.log and the answers of the run stay in the
folder that is printed first (build/tempest/SUITE).
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

import subunit
import testtools

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness.cloud import GUEST_IMAGE, Cloud  # noqa: E402
from harness.gluster import GlusterServer, backend_settings  # noqa: E402
from harness.resources import Resources  # noqa: E402

from configuration import tempest_conf  # noqa: E402

SUITES = {
    "identity": r"^tempest\.api\.identity",
    "image": r"^tempest\.api\.image",
    "volume": r"^tempest\.api\.volume",
    "compute": r"^tempest\.api\.compute",
    "network": r"^tempest\.api\.network",
    "smoke": r"^tempest\.api\..*\[.*\bsmoke\b.*\]",
}
REAL_GUESTS = ("volume",)  # suites that run on QEMU under libvirt unless told otherwise
WORKERS = {"network": 8}  # Tempest sleeps 10 s before it deletes a subnet; other suites: 2
TINY_IMAGE_BYTES = 1 << 20
STESTR_CONF = """[DEFAULT]
test_path=/usr/lib/python3/dist-packages/tempest/test_discover
top_dir=/usr/lib/python3/dist-packages
group_regex=([^\\.]*\\.)*
"""


class Totals(testtools.StreamResult):
    """Counts what became of each test. A class that could not be set up counts as one failure."""

    def __init__(self):
        super().__init__()
        self.names = {"success": [], "fail": [], "skip": []}

    def status(self, test_id=None, test_status=None, **_):
        kind = {"uxsuccess": "fail", "xfail": "success"}.get(test_status, test_status)
        if test_id and kind in self.names:
            self.names[kind].append(test_id)


def upload_images(resources, driver):
    """Two images: a guest that boots where real guests are run, otherwise a mebibyte of zeros."""
    if driver == "fake":
        return [resources.image(f"tempest-{i}", b"\0" * TINY_IMAGE_BYTES, "raw", visibility="public") for i in range(2)]
    images = []
    for i in range(2):
        with open(GUEST_IMAGE, "rb") as guest:
            images.append(resources.image(f"tempest-{i}", guest, "qcow2", visibility="public"))
    return images


def prepare(cloud, folder, backend):
    """The files that Tempest reads, in `folder`."""
    resources = Resources(cloud)
    flavors = [resources.flavor("tempest-1", ram=96), resources.flavor("tempest-2", ram=128)]
    images = upload_images(resources, cloud.driver)
    (folder / "tempest.conf").write_text(tempest_conf(cloud, images, flavors, folder, backend))
    (folder / ".stestr.conf").write_text(STESTR_CONF)
    subprocess.run(["/usr/bin/stestr", "init"], cwd=folder, check=True)


def run_tests(folder, regex, workers):
    """Shows each failing test as it ends; the rest goes to run.log."""
    command = ["/usr/bin/tempest", "run", "--config-file", str(folder / "tempest.conf"), "--regex", regex,
               "--concurrency", str(workers), "--exclude-list", str(pathlib.Path(__file__).with_name("skip.txt"))]
    environment = {**os.environ, "TEMPEST_CONFIG_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    with open(folder / "run.log", "w") as log:
        running = subprocess.Popen(command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ended = 0
        for line in running.stdout:
            log.write(line)
            if " ... " not in line:
                continue
            ended += 1
            if "FAILED" in line or ended % 50 == 0:
                print(f"[{ended}] {line.strip()}", flush=True)
        running.wait()


def totals(folder):
    stream = subprocess.run(["/usr/bin/stestr", "last", "--subunit"], cwd=folder, capture_output=True, check=False).stdout
    (folder / "last.subunit").write_bytes(stream)
    counted = Totals()
    with open(folder / "last.subunit", "rb") as source:
        subunit.ByteStreamToStreamResult(source).run(counted)
    return counted.names


def report(suite, names):
    for name in sorted(names["fail"]):
        print("FAILED", name)
    print(f"tempest {suite}: {len(names['success'])} passed, {len(names['fail'])} failed, {len(names['skip'])} skipped")
    return 1 if names["fail"] or not names["success"] else 0


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("suite", nargs="?", default="smoke", choices=SUITES)
    words.add_argument("--driver", choices=("fake", "libvirt"), help="default: libvirt for volume, fake for the others")
    words.add_argument("--backend", default="local", choices=("local", "glusterfs"), help="where volumes are")
    words.add_argument("--regex", help="only the tests that this regular expression finds, instead of the suite's")
    wanted = words.parse_args()
    folder = ROOT / "build" / "tempest" / wanted.suite
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"results: {folder}", flush=True)
    with contextlib.ExitStack() as ending:
        # Tempest makes itself administrators in projects of their own.
        settings = {"identity.admin_of_any_project": "true"}
        if wanted.backend == "glusterfs":
            gluster = GlusterServer()
            ending.callback(gluster.close)
            settings = {**settings, **backend_settings(gluster),
                        **backend_settings(gluster, "second", shares=gluster.share_of_folder("second"))}
        driver = wanted.driver or ("libvirt" if wanted.suite in REAL_GUESTS else "fake")
        cloud = Cloud(driver, settings)
        if wanted.backend == "local":
            cloud.with_two_backends()
        ending.callback(cloud.close)
        cloud.start()
        prepare(cloud, folder, wanted.backend)
        run_tests(folder, wanted.regex or SUITES[wanted.suite], WORKERS.get(wanted.suite, 2))
        differences = cloud.differences()
        shutil.copy(cloud.log_path, folder / "cloud.log")
    for difference in differences:
        print("DIFFERENCE", difference)
    return report(wanted.suite, totals(folder)) or (1 if differences else 0)


if __name__ == "__main__":
    sys.exit(main())
