"""Hosts with a key of their own: invited, joined, renewed, revoked, on a NATS server that knows them by nothing else."""
import base64
import contextlib
import json
import pathlib
import subprocess
import tempfile

import pytest

from harness.cloud import PROGRAM, Cloud, wait_for
from harness.nats import NatsServer
from harness.resources import Resources

SECONDS = 120
HOST = "host-1.example.org"


def virga(*words, fails=False, **more):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=SECONDS, check=False, **more)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stderr if fails else done.stdout


class KeyedCloud(Cloud):
    """The host has no settings of NATS but what it joined with."""

    def __init__(self, keys, url, **settings):
        self.of_control = {"rpc.url": url, "rpc.credentials": keys / "control.creds", "rpc.signing_key": keys / "hosts.key"}
        super().__init__(settings={**self.of_control, **settings})
        del self.settings["host.name"]

    def arguments(self, half):
        words = super().arguments(half)
        if half == "control":
            return words
        ours = {f"{key}={value}" for key, value in self.of_control.items()}
        return [word for place, word in enumerate(words)
                if word not in ours and not (word == "--set" and words[place + 1] in ours)]

    def ask(self, *words, **more):
        return virga("host", *words, "--state-dir", self.state, **more).strip()

    def join(self, name, **more):
        return self.ask("join", self.url, self.ask("invite", name), **more)

    def keys_by_host(self):
        answer = self.http("GET", "/virga/v1/host-keys").json()["host_keys"]
        return {key["host"]: key for key in answer}

    def start_control(self):
        self.start_half("control")
        announced = self.announced.pop("control")
        assert announced.wait_ready(SECONDS), f"{announced.status}:\n{self.log_tail()}"
        return self

    def statement(self):
        """What the host's credentials say."""
        text = (self.state / "host" / "key" / "nats.creds").read_text().splitlines()[1].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


@pytest.fixture(scope="module")
def keys():
    with tempfile.TemporaryDirectory(prefix="virga-keys-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        virga("nats", "init", folder)
        modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
        assert modes == {"accounts.key": 0o600, "control.creds": 0o600, "hosts.key": 0o600, "server.conf": 0o644}
        for file in folder.iterdir():
            file.chmod(0o644)  # control isn't root
        yield folder


@contextlib.contextmanager
def nats_of(keys):
    server = NatsServer("-c", str(keys / "server.conf")).start()
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def with_joined_host(keys):
    with nats_of(keys) as server:
        running = KeyedCloud(keys, server.url)
        try:
            running.start_control().join(HOST)
            running.start_half("host")
            running.wait_ready()
            yield running
        finally:
            running.close()


@pytest.fixture(scope="module")
def own_cloud(keys):
    with with_joined_host(keys) as running:
        yield running


@pytest.fixture
def short_lived_cloud(keys):
    with with_joined_host(keys) as running:
        yield running


def test_a_machine_that_has_joined_boots_servers(own_cloud):
    assert (own_cloud.state / "host" / "key").stat().st_mode & 0o777 == 0o700
    api = Resources(own_cloud)
    server_id = api.active_server("one", api.flavor("small"), api.image("image", b"x" * 100_000))
    assert api.show_server(server_id)["OS-EXT-SRV-ATTR:host"] == HOST
    shown = own_cloud.keys_by_host()[HOST]
    assert shown["state"] == "joined" and shown["public_key"] == own_cloud.statement()["sub"]
    listed = own_cloud.ask("keys")
    assert HOST in listed and "joined" in listed
    assert own_cloud.differences() == []


def test_a_token_is_for_one_machine_and_once(own_cloud):
    def join(token, where, **more):
        return virga("host", "join", own_cloud.url, token, "--state-dir", own_cloud.folder / where, **more)
    first = own_cloud.ask("invite", "other")
    second = own_cloud.ask("invite", "other")
    for token in (first, "nonsense", ""):
        told = join(token, "elsewhere", fails=True)
        assert "token" in told, told
    join("-", "elsewhere", input=second + "\n")
    kept = (own_cloud.folder / "elsewhere" / "host" / "key" / "nats.creds").read_text()
    for where in ("elsewhere", "third"):
        assert "used" in join(second, where, fails=True)
    assert (own_cloud.folder / "elsewhere" / "host" / "key" / "nats.creds").read_text() == kept
    assert not (own_cloud.folder / "third" / "host" / "key").exists()
    assert own_cloud.keys_by_host()["other"]["state"] == "joined"


def test_a_running_host_keeps_its_key(own_cloud):
    token = own_cloud.ask("invite", "another")
    assert "another virga process" in own_cloud.ask("join", own_cloud.url, token, fails=True)
    assert own_cloud.keys_by_host()["another"]["state"] == "invited"


def test_a_host_has_the_name_that_it_was_invited_by(own_cloud):
    own_cloud.settings["host.name"] = "another"
    try:
        done = subprocess.run(own_cloud.arguments("host"), capture_output=True, text=True, timeout=SECONDS, check=False)
    finally:
        del own_cloud.settings["host.name"]
    assert done.returncode != 0 and "host.name" in done.stderr and HOST in done.stderr, done.stderr


@pytest.mark.parametrize("url", ["http://cloud.example.org:8774", "ftp://127.0.0.1", "cloud"])
def test_a_token_is_told_to_nobody_who_reads_along(own_cloud, url):
    assert "https://" in virga("host", "join", url, "token", "--state-dir", own_cloud.folder / "nowhere", fails=True)


@pytest.mark.parametrize("name", ["..", "a/b", "", "späti"])
def test_names_that_are_none_are_refused(own_cloud, name):
    for command in ("invite", "revoke"):
        assert "NAME" in own_cloud.ask(command, name, fails=True)


def test_one_that_was_never_invited_can_t_be_revoked(own_cloud):
    assert "never-seen" in own_cloud.ask("revoke", "never-seen", fails=True)


RENEWAL = {"public_key": "U" * 56, "time_us": 1, "signature": "AAAA"}


@pytest.mark.parametrize("path, body, status", [
    ("join", {}, 400), ("join", {"token": "x"}, 400), ("join", {"token": "x", "public_key": "y"}, 400),
    ("join", {"token": ["x"], "public_key": "y"}, 400), ("join", [], 400),
    ("renewal", {}, 400), ("renewal", {**RENEWAL, "more": 1}, 400), ("renewal", {**RENEWAL, "time_us": "x"}, 400),
    ("renewal", {**RENEWAL, "time_us": -1}, 400), ("renewal", RENEWAL, 403), ("renewal", {**RENEWAL, "signature": "%"}, 403),
])
def test_strangers_are_refused(own_cloud, path, body, status):
    assert own_cloud.http("POST", f"/virga/v1/host-keys/{path}", json=body, token="").status_code == status


def test_credentials_that_are_over_are_renewed_as_soon_as_control_answers(own_cloud):
    """Of a host that was off for long."""
    own_cloud.stop_half("host")
    file = own_cloud.state / "host" / "key" / "nats.creds"
    lines = file.read_text().splitlines()
    head, body, signature = lines[1].split(".")
    said = own_cloud.statement()
    said.update(iat=1, exp=2)
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    lines[1] = ".".join((head, body, signature))
    file.write_text("\n".join(lines) + "\n")

    own_cloud.kill("control")
    own_cloud.start_half("host")
    wait_for(lambda: "can't be renewed yet" in own_cloud.log_path.read_text(errors="replace"), SECONDS, "the host waits")
    own_cloud.start_control()
    own_cloud.wait_ready()
    assert own_cloud.statement()["exp"] > 1_600_000_000


def test_a_revoked_host_ends_and_says_why(short_lived_cloud):
    own_cloud = short_lived_cloud
    own_cloud.ask("revoke", HOST)
    process = own_cloud.processes["host"]
    process.wait(SECONDS)
    own_cloud.processes.pop("host")
    assert "rpc.credentials" in own_cloud.log_tail()

    def is_up():
        services = own_cloud.http("GET", "/compute/v2.1/os-services?binary=nova-compute").json()["services"]
        return [service for service in services if service["host"] == HOST and service["state"] == "up"]
    wait_for(lambda: not is_up(), SECONDS, "the host is down")
    done = subprocess.run(own_cloud.arguments("host"), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode != 0 and "rpc.credentials" in done.stderr, done.stderr
    assert own_cloud.keys_by_host()[HOST]["state"] == "revoked"
    # Its credentials are good at the NATS server for some hours: nobody else gets the name so long.
    told = own_cloud.ask("invite", HOST, fails=True)
    assert "revoked" in told and "until" in told, told


def test_what_is_wrong_with_the_settings_is_told(keys):
    plain = KeyedCloud(keys, "nats://127.0.0.1:1")
    plain.settings["rpc.signing_key"] = "/nowhere"
    wrong = plain.arguments("control")
    try:
        for words, setting in ((wrong, "rpc.signing_key"),
                               ([*wrong, "--set", f"rpc.signing_key={keys / 'control.creds'}"], "rpc.signing_key"),
                               ([*wrong, "--set", f"rpc.signing_key={keys / 'hosts.key'}", "--set", "rpc.url="], "rpc.url"),
                               ([*wrong, "--set", f"rpc.signing_key={keys / 'hosts.key'}", "--set", "rpc.credentials=/nowhere"],
                                "rpc.credentials")):
            done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
            assert done.returncode != 0 and setting in done.stderr, done.stderr
    finally:
        plain.close()


def test_without_a_signing_key_nobody_is_invited(cloud):
    told = virga("host", "invite", "host-7", "--state-dir", cloud.state, fails=True)
    assert "rpc.signing_key" in told
