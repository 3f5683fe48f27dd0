"""The real `openstack` client (openstack_server.py), one server for each process of tests."""
import atexit
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

SERVER = pathlib.Path(__file__).with_name("openstack_server.py")
READING_SECONDS = 120
_lock = threading.Lock()
_channel = None


def run(words, environment, seconds):
    """As subprocess.run does with text and captured output. One command at a time."""
    with _lock:
        return _run([str(word) for word in words], environment, seconds)


def _run(words, environment, seconds):
    message = json.dumps({"words": words, "environment": environment}).encode()
    output, errors = (os.memfd_create(name) for name in ("output", "errors"))
    try:
        channel = _server()
        channel.settimeout(READING_SECONDS)
        socket.send_fds(channel, [message], [output, errors])
        pid = int(channel.recv(64))
        channel.settimeout(seconds)
        try:
            status = int(channel.recv(64))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            channel.settimeout(READING_SECONDS)
            channel.recv(64)
            raise subprocess.TimeoutExpired(["openstack", *words], seconds) from None
        return subprocess.CompletedProcess(["openstack", *words], status, _text(output), _text(errors))
    finally:
        os.close(output)
        os.close(errors)


def _text(descriptor):
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode()


def _server():
    global _channel
    if _channel is None:
        _channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            server = subprocess.Popen(["/usr/bin/python3", str(SERVER), str(theirs.fileno())],
                                      pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        atexit.register(_end, server)
    return _channel


def _end(server):
    _channel.close()
    server.wait()
