#!/usr/bin/python3
"""cluster.py FOLDER DESCRIPTOR - holds a whole cluster for `make cluster`: see tests/harness/cluster.py.

Says on the descriptor, as sd_notify would, how far it is and when it is ready, and writes FOLDER/openrc and openrc-1 to
openrc-3, one for each control. Ends with SIGTERM, and all of the cluster with it; whoever starts it gives it a process
name space, so that its end in any other way takes everything along, too.
"""
import os
import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from harness.cluster import Cluster  # noqa: E402
from harness.guests import GuestReaper  # noqa: E402


def main():
    folder, descriptor = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def say(text):
        os.write(descriptor, (text + "\n").encode())

    with GuestReaper():
        say("STATUS=PostgreSQL and three NATS servers are starting")
        cluster = Cluster(settings={"compute.driver": "libvirt", "libvirt.virt_type": "qemu"}, folder=folder)
        try:
            say("STATUS=three controls and three hosts are starting")
            cluster.start()
            for number, control in enumerate(cluster.controls, 1):
                shutil.copy(control.state / "control" / "openrc", folder / f"openrc-{number}")
            shutil.copy(folder / "openrc-1", folder / "openrc")
            say("READY=1")
            os.close(descriptor)
            signal.sigwait([signal.SIGTERM])
        finally:
            cluster.close()


main()
