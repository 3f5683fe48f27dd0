#!/usr/bin/python3
"""contain.py COMMAND... - runs a command of which nothing outlives the end: no process (clouds, guests, daemons that
went to the background), mount, network interface or file in /tmp.

The command runs in process, mount and network name spaces of its own, which the kernel clears when their first process
ends; for other users than root in a user name space too. It sees loopback and no other network. SIGTERM and SIGHUP to
this program end everything at once, Ctrl-C gives the command some seconds to say how far it was, and the end of this
program by SIGKILL ends everything, too. Where the machine allows no name spaces, the command just runs.
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import struct
import sys
import tempfile

INTERRUPTED_SECONDS = 30
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 0x1000, 0x2000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
CONTAINED = "VIRGA_CONTAINED"

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def mount(source, target, kind=None, flags=0):
    call(libc.mount, os.fsencode(source), os.fsencode(target), kind and kind.encode(), ctypes.c_ulong(flags), None)


def give_children_a_name_space():
    """Of processes; this one stays outside of it."""
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        call(libc.unshare, CLONE_NEWPID)
        return
    call(libc.unshare, CLONE_NEWPID | CLONE_NEWUSER)
    pathlib.Path("/proc/self/setgroups").write_text("deny")
    pathlib.Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    pathlib.Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def bring_loopback_up():
    get_flags, set_flags, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, get_flags, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", answer)[1]
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", flags | up))


def show_own_network():
    """/sys/class/net shows the interfaces of whoever mounted it; what is mounted below /sys is kept."""
    with tempfile.TemporaryDirectory() as kept:
        mount("/sys/fs/cgroup", kept, flags=MS_BIND | MS_REC)
        mount("sysfs", "/sys", "sysfs")
        mount(kept, "/sys/fs/cgroup", flags=MS_MOVE)


def replace_tmp(folder):
    """`folder` becomes /tmp; where this checkout is in there it stays, with what is beside it."""
    here = pathlib.Path.cwd()
    if here.is_relative_to("/tmp") and here != pathlib.Path("/tmp"):
        entry = here.relative_to("/tmp").parts[0]
        os.mkdir(f"{folder}/{entry}")
        mount(f"/tmp/{entry}", f"{folder}/{entry}", flags=MS_BIND | MS_REC)
    mount(folder, "/tmp", flags=MS_BIND | MS_REC)
    os.chdir(here)


def furnish(folder):
    call(libc.unshare, CLONE_NEWNS | CLONE_NEWNET)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    bring_loopback_up()
    with contextlib.suppress(OSError):  # not for other users than root
        show_own_network()
    with contextlib.suppress(OSError):
        os.makedirs("/run/netns", exist_ok=True)
        mount("tmpfs", "/run/netns", "tmpfs")
    replace_tmp(folder)


def be_first_process(command, folder):
    """Process 1 of the name spaces: takes the status of all that end, and ends with the command."""
    call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, lambda got, _: os._exit(128 + got))
    signal.signal(signal.SIGINT, lambda *_: signal.alarm(INTERRUPTED_SECONDS))
    furnish(folder)
    child = os.fork()
    if child == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvpe(command[0], command, {**os.environ, CONTAINED: "1"})
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(exit_status(status))


def exit_status(status):
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def wait_for(child):
    """Hands signals on to the first process; its end is everybody's end."""
    def hand_on(got, _):
        with contextlib.suppress(ProcessLookupError):  # it has ended, and its status is taken, before this ran
            os.kill(child, got)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, hand_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    return exit_status(os.waitpid(child, 0)[1])


def main():
    command = sys.argv[1:]
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    if CONTAINED in os.environ:
        os.execvp(command[0], command)
    folder = tempfile.mkdtemp(prefix="virga-run-")
    os.chmod(folder, 0o1777)
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
        try:
            give_children_a_name_space()
        except OSError as failure:
            print(f"contain: no name spaces here ({failure}): processes of an interrupted run may stay", file=sys.stderr)
            os.rmdir(folder)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execvp(command[0], command)
        child = os.fork()
        if child == 0:
            try:
                be_first_process(command, folder)
            finally:
                sys.excepthook(*sys.exc_info())
                os._exit(125)
        return wait_for(child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
