"""Runs commands of the real `openstack` client, each in a process of its own, whose modules were read once for all.

Reading them takes most of the time of a command. The argument is the number of a socket: each message is the words and
the environment of a command as JSON, with the descriptors of its output and its errors. The answers are the command's
process id and then its exit status.
"""
import importlib
import json
import os
import pkgutil
import socket
import sys
import traceback

import openstackclient
from openstackclient.shell import main

MOST_BYTES = 1 << 20


def read_modules():
    for module in pkgutil.walk_packages(openstackclient.__path__, "openstackclient."):
        if ".tests" not in module.name:
            importlib.import_module(module.name)


def run(words, environment, output, errors):
    """Never returns."""
    status = 1
    try:
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv[0] = "openstack"
        status = main(words)
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status if isinstance(status, int) else status is not None)


def serve(channel):
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, MOST_BYTES, 2)
        if not message:
            return
        command = json.loads(message)
        pid = os.fork()
        if pid == 0:
            channel.close()
            run(command["words"], command["environment"], *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(pid).encode())
        _, ended = os.waitpid(pid, 0)
        channel.send(str(os.waitstatus_to_exitcode(ended)).encode())


if __name__ == "__main__":
    read_modules()
    with socket.socket(fileno=int(sys.argv[1])) as the_channel:
        serve(the_channel)
