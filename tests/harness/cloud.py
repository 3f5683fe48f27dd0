"""A real `virga` in a temporary folder on a free port, for tests."""
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

import openstack
import requests

from harness import database, openstack_client

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("VIRGA_BIN", str(ROOT / "build" / "virga"))
GUEST_IMAGE = os.environ.get("VIRGA_GUEST_IMAGE", str(ROOT / "build" / "guest" / "guest.qcow2"))
NATS = os.environ.get("VIRGA_TEST_NATS", "")
# Many times what they take: a machine may be slow.
START_SECONDS = 300
END_SECONDS = 120
ANSWER_SECONDS = 300


class ClientError(Exception):
    """The openstack client ended with an error; its text is what it printed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, what):
    """Bounded wait for something outside of the test's reach; returns the first true value."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Announcements:
    """What a process says of itself through --notify-fd until it is ready: see `virga serve --help`."""

    def __init__(self):
        self.reading, self.writing = os.pipe()
        self.status = "nothing was said"
        self.text = b""

    def arguments(self):
        return ["--notify-fd", str(self.writing)]

    def started(self):
        """The process has its end of the pipe: its death is the end of this one."""
        os.close(self.writing)

    def wait_ready(self, seconds):
        """True when it is ready, False when it ended first or the time is over; `status` says how far it was."""
        until = time.monotonic() + seconds
        try:
            while b"READY=1\n" not in self.text:
                readable, _, _ = select.select([self.reading], [], [], max(0.0, until - time.monotonic()))
                more = os.read(self.reading, 4096) if readable else b""
                if not more:
                    return False
                self.text += more
                for line in self.text.splitlines():
                    if line.startswith(b"STATUS="):
                        self.status = line[len(b"STATUS="):].decode(errors="replace")
            return True
        finally:
            self.close()

    def close(self):
        os.close(self.reading)


class Cloud:
    """Control and host as two processes of their own, so that a test can kill and restart either."""

    def __init__(self, driver="fake", settings=None, folder=None, address="127.0.0.1", shared_database=None):
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="virga-test-"))
        self.folder.chmod(0o755)
        self.state = self.folder / "state"
        self.state_seen = self.state  # by the program
        self.address = address
        self.volume_folder = self.state / "host" / "volumes"
        self.port = free_port()
        self.url = f"http://{address}:{self.port}"
        self.driver = driver
        self.settings = {"compute.driver": driver, "host.name": "host-1", **(settings or {})}
        file = self.state / "control" / "virga.db"
        self.database = shared_database or (database.Database() if database.SERVER else database.SqliteFile(file))
        if self.database.url:
            self.settings.setdefault("database.url", self.database.url)
        self.meet_at_nats()
        self.processes = {}
        self.announced = {}  # of processes that nobody has waited for
        self.log_path = self.folder / "virga.log"
        self._conn = None
        self._token = None

    def with_two_backends(self, **second):
        """Before start(): backends "local" and "second" in folders of the host's state; settings of the second one."""
        folder = self.state / "host"
        self.settings.update({"volume.backends.local.path": folder / "volumes",
                              "volume.backends.second.path": folder / "volumes-second"})
        self.settings.update({f"volume.backends.second.{key}": value for key, value in second.items()})
        return self

    def meet_at_nats(self):
        """Where VIRGA_TEST_NATS names a server (tools/with-nats.sh), under a prefix of its own."""
        if NATS and "rpc.url" not in self.settings:
            self.settings.update({"rpc.url": NATS, "rpc.prefix": "test" + uuid.uuid4().hex})

    # ---- processes

    def arguments(self, half):
        words = [PROGRAM, half, "--state-dir", str(self.state_seen), "--listen", f"{self.address}:{self.port}"]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={value}"]
        return words

    def start_half(self, half, env=None):
        """Starts "control" or "host"; `env` adds variables (failpoints)."""
        announcements = Announcements()
        with open(self.log_path, "ab") as log:
            self.processes[half] = subprocess.Popen(
                [*self.arguments(half), *announcements.arguments()], env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
                pass_fds=[announcements.writing])
        announcements.started()
        self.forget_announcements(half)
        self.announced[half] = announcements

    def forget_announcements(self, half):
        if half in self.announced:
            self.announced.pop(half).close()

    def start(self, control_env=None, host_env=None):
        self.start_half("control", control_env)
        self.start_half("host", host_env)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=START_SECONDS):
        """Until the API answers and the host is up, also one that was not restarted and has to come back."""
        for half in list(self.announced):
            if half not in self.processes:  # it has died, as the test wanted
                self.forget_announcements(half)
                continue
            self.wait_announced(half, seconds)

        def up():
            for half, process in self.processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{half} ended with {process.returncode}:\n{self.log_tail()}")
            return self.host_is_up()
        wait_for(up, seconds, "host is up")

    def wait_announced(self, half, seconds=START_SECONDS):
        """Until a half that was started says that it is ready."""
        announcements = self.announced.pop(half)
        if not announcements.wait_ready(seconds):
            raise AssertionError(f"{half} is not ready ({announcements.status}), exit status "
                                 f"{self.processes[half].poll()}:\n{self.log_tail()}")

    def host_is_up(self):
        try:
            answer = self.http("GET", "/compute/v2.1/os-hypervisors")
        except requests.ConnectionError:
            return False
        return answer.status_code == 200 and any(h.get("state") == "up" for h in answer.json()["hypervisors"])

    def kill(self, half):
        """SIGKILL, as a crash would be."""
        process = self.processes.pop(half)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(END_SECONDS)

    def wait_end(self, half, seconds=START_SECONDS):
        """Waits until a half has ended by itself (a failpoint)."""
        self.processes.pop(half).wait(seconds)

    def stop_half(self, half):
        process = self.processes.pop(half)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)
            raise AssertionError(f"{half} did not end within {END_SECONDS} s of SIGTERM:\n{self.log_tail()}")

    def close(self):
        """Ends everything, guests included, and removes the folder."""
        try:
            for half in list(self.processes):
                self.stop_half(half)
        finally:
            for half in list(self.announced):
                self.forget_announcements(half)
            self.end_guests()
            self.remove_links()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.database.close()

    def end_guests(self):
        for process in self.guest_processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def remove_links(self):
        """Taps that guests of a failed test still have, and their bridges."""
        net = pathlib.Path("/sys/class/net")
        for record in (self.state / "host" / "taps").glob("tap*"):
            if not (net / record.name).exists():
                continue
            master = net / record.name / "master"
            bridge = master.resolve() if master.exists() else None
            subprocess.run(["ip", "link", "delete", record.name], check=False)
            subprocess.run(["nft", "delete", "table", "netdev", f"virga-{record.name}"], check=False, stderr=subprocess.DEVNULL)
            if bridge and bridge.name.startswith("vbr") and not list((bridge / "brif").iterdir()):
                subprocess.run(["ip", "link", "delete", bridge.name], check=False)

    def guest_processes(self):
        """Process ids of the QEMUs whose command line names this cloud's folder."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"qemu-system" in words[0] and any(str(self.folder).encode() in word for word in words):
                found.append(int(entry.name))
        return found

    def log_tail(self, lines=40):
        try:
            return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    # ---- clients

    def openrc(self):
        variables = {}
        for line in (self.state / "control" / "openrc").read_text().splitlines():
            if line.startswith("export "):
                name, value = line[len("export "):].split("=", 1)
                variables[name] = value.strip("'")
        return variables

    @property
    def conn(self):
        """openstacksdk as the admin."""
        if self._conn is None:
            rc = self.openrc()
            self._conn = openstack.connect(
                auth_url=rc["OS_AUTH_URL"], username=rc["OS_USERNAME"], password=rc["OS_PASSWORD"],
                project_name=rc["OS_PROJECT_NAME"], user_domain_name="Default", project_domain_name="Default",
                region_name=rc["OS_REGION_NAME"])
        return self._conn

    def openstack(self, *words, parse=True, variables=None):
        """The real `openstack` client. `parse`: add -f json and return the value; otherwise the text that it printed."""
        command = [*words, *(["-f", "json"] if parse else [])]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        environment.update(self.openrc())
        environment.update(variables or {})
        done = openstack_client.run(command, environment, seconds=300)
        if done.returncode != 0:
            raise ClientError(f"{' '.join(done.args)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if parse else done.stdout

    def login(self, user="admin", password=None, project=None):
        """A token of a user for a project, which is the administrators' unless another is given."""
        domain = {"name": "Default"}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": user, "domain": domain, "password": password or self.openrc()["OS_PASSWORD"]}}},
            "scope": {"project": {"name": project or self.openrc()["OS_PROJECT_NAME"], "domain": domain}}}}
        answer = requests.post(f"{self.url}/identity/v3/auth/tokens", json=body, timeout=ANSWER_SECONDS)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def forget_logins(self):
        """The next request logs in anew, with what openrc says then."""
        self._conn = self._token = None

    @property
    def token(self):
        if self._token is None:
            self._token = self.login()
        return self._token

    def http(self, method, path, json=None, token=None, headers=None, data=None,
             timeout=ANSWER_SECONDS):
        """One request with the admin's token unless another is given ("" for none)."""
        all_headers = dict(headers or {})
        use = self.token if token is None else token
        if use:
            all_headers.setdefault("X-Auth-Token", use)
        return requests.request(method, self.url + path, json=json, data=data, headers=all_headers, timeout=timeout)

    def differences(self):
        """What `virga check` prints."""
        answer = self.http("GET", "/virga/v1/check")
        assert answer.status_code == 200, answer.text
        return answer.json()["differences"]

    def trace(self, resource):
        answer = self.http("GET", f"/virga/v1/trace/{resource}")
        assert answer.status_code == 200, answer.text
        return answer.json()["flows"]
