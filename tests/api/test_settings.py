"""Wrong settings, each of those that the program has: it doesn't start, and says which, what was given and what is allowed."""
import pathlib
import re
import signal
import socket
import subprocess
import tempfile

import pytest

from harness.cloud import PROGRAM, START_SECONDS, free_port, wait_for
from harness.serve import ServedCloud

MISCONFIGURED = 78
WHOLE = re.compile(r"(-?\d+) to (-?\d+)")
FRACTION = re.compile(r"(-?\d+\.\d+) to (-?\d+\.\d+)")


@pytest.fixture(autouse=True)
def healthy():
    """In place of the shared cloud's."""
    yield


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="virga-test-") as name:
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name)


def reference():
    """(key, default, allowed) of every setting, as the program itself lists them."""
    page = subprocess.run([PROGRAM, "config", "reference"], capture_output=True, text=True, timeout=60, check=True).stdout
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return [(key.strip("| `").replace("NAME", "x"), default.strip("`"), allowed) for key, default, allowed, *_ in rows]


def table_of(key, value):
    section, name = key.rsplit(".", 1)
    return f"[{section}]\n{name} = {value}\n"


def try_file(folder, text):
    """`db copy` reads the settings first and then ends for want of a database: it never starts anything."""
    file = folder / "virga.toml"
    file.write_text(text)
    return subprocess.run([PROGRAM, "db", "copy", "--state-dir", str(folder / "none"), "--config", str(file)],
                          capture_output=True, text=True, timeout=60)


def refusal(folder, text):
    ended = try_file(folder, text)
    assert ended.returncode == MISCONFIGURED
    assert "--from" not in ended.stderr, f"accepted:\n{text}"
    return ended.stderr


def start(folder, *sets, half="serve", listen=True, **more):
    words = [PROGRAM, half, "--state-dir", str(folder / "state"), "--set", "compute.driver=fake"]
    if listen:
        words += ["--listen", f"127.0.0.1:{free_port()}"]
    for one in sets:
        words += ["--set", one]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **more)


def test_each_number_has_a_range_and_keeps_it(folder):
    numbers = 0
    for key, default, allowed in reference():
        whole, fraction = WHOLE.fullmatch(allowed), FRACTION.fullmatch(allowed)
        is_number = re.fullmatch(r"-?\d+(\.\d+)?", default)
        assert bool(is_number) == bool(whole or fraction), f"{key} has no range"
        if not is_number:
            continue
        numbers += 1
        assert "--from" in try_file(folder, table_of(key, default)).stderr, key
        least, most = (whole or fraction).groups()
        wrong = [str(int(least) - 1), str(int(most) + 1), "1.5", '"1"', "true"] if whole else ["0.0", "1e300", "nan", "inf"]
        for value in wrong:
            told = refusal(folder, table_of(key, value))
            assert f"'{key}' must be" in told and f"{allowed}, not " in told, told
    assert numbers > 50


def test_each_word_is_one_of_those_that_are_known(folder):
    known = [(key, default, allowed) for key, default, allowed in reference() if "true, false" == allowed or (
        default.startswith('"') and re.fullmatch(r"[a-z0-9-]+(, [a-z0-9-]+)+", allowed))]
    assert {"libvirt.virt_type", "libvirt.cpu_mode", "log.level", "compute.images_type", "volume.format"} <= {k[0] for k in known}
    for key, _, allowed in known:
        told = refusal(folder, table_of(key, '"xen"'))
        assert f"'{key}' must be" in told and "xen" in told
        assert all(word in told for word in allowed.split(", "))


@pytest.mark.parametrize("key,value", [
    ("identity.lockout_failure_attempts", "-1"), ("image.max_bytes", "-7"), ("image.quota_images", "-2"),
    ("identity.lockout_duration", "-5"), ("identity.minimum_password_age", "-1"), ("identity.token_ttl_seconds", "10x"),
    ("identity.token_ttl_seconds", ""), ("identity.token_ttl_seconds", " 60"), ("identity.token_ttl_seconds", "9" * 30),
    ("volume.backends.a.max_over_subscription_ratio", "nan"), ("libvirt.virt_type", "xen"), ("host.sandbox", "maybe"),
    ("libvirt.guest_uids", "many"), ("network.default_cidr", "10.0.0.0"), ("http.proxies", "foo"),
    ("http.proxies", '["127.0.0.1", "10.0.0.0/33"]'), ("image.disk_formats", '["raw", "vhs"]'),
    ("host.name", "../x"), ("host.name", "a/b"), ("host.name", "h" * 256), ("http.public_name", "a b"), ("http.public_name", "a/b"),
    ("identity.admin_project", ""), ("identity.admin_project", " "), ("identity.region", ""), ("compute.availability_zone", ""),
    ("compute.dhcp_domain", "a b"), ("network.default_cidr", "0.0.0.0/0"), ("network.default_cidr", "224.0.0.0/8"),
])
def test_a_cloud_does_not_start_with_a_wrong_value(folder, key, value):
    ended = start(folder, f"{key}={value}")
    assert ended.returncode == MISCONFIGURED, ended.stderr
    assert f"'{key}' must be" in ended.stderr
    shown = {'["127.0.0.1", "10.0.0.0/33"]': "10.0.0.0/33", '["raw", "vhs"]': "vhs"}.get(value, value)
    assert f"not {shown}" in ended.stderr or f"not '{shown}'" in ended.stderr


@pytest.mark.parametrize("listen,told", [
    ("127.0.0.1:99999", "0 to 65535"), ("127.0.0.1:x", "0 to 65535"), ("127.0.0.1:", "0 to 65535"), ("127.0.0.1", "no ':'"),
    ("localhost:8774", "IP address"), ("127.0.0.0/8:8774", "IP address"),
])
def test_an_address_that_can_not_be_is_explained(folder, listen, told):
    ended = start(folder, f"http.listen={listen}", listen=False)
    assert ended.returncode == MISCONFIGURED, ended.stderr
    assert f"http.listen: '{listen}'" in ended.stderr and told in ended.stderr


@pytest.mark.parametrize("half", ["serve", "control", "host"])
@pytest.mark.parametrize("of,key,value", [
    ("control", "http.listen", "localhost:1"), ("control", "http.listen", "192.0.2.1:8774"),
    ("control", "http.tls_key", "/nonexistent"), ("control", "database.url", "mysql://a/b"),
    ("control", "control.user", "no-such-user-of-virga"), ("control", "identity.password_regex", "[a"),
    ("host", "compute.driver", "xen"), ("host", "host.helper_user", "no-such-user-of-virga"), ("host", "volume.backup_path", "x/y"),
    ("host", "volume.backends.b.driver", "floppy"), ("host", "volume.backends.b.driver", "nfs"), ("host", "volume.backends.b.path", "x"),
    ("host", "volume.path", "/dev/null"), ("host", "volume.path", "/dev/null/x"), ("host", "volume.path", "/proc/x"),
    ("host", "volume.path", "/"), ("host", "volume.path", "/usr/share"), ("host", "volume.backends.b.path", "/usr/share"),
    ("host", "volume.backup_path", "/dev/null"), ("host", "fake.script", "fail spawn x"), ("host", "fake.script", "garbage"),
    ("host", "fake.script", "fail spawn 1 2"), ("control", "http.tls_ca", "/nonexistent"),
    ("control", "volume.master_key_file", "/dev/zero"), ("control", "volume.master_key_file", "/usr"),
])
def test_one_that_is_refused_leaves_nothing_behind(folder, half, of, key, value):
    if half not in ("serve", of):
        pytest.skip(f"a setting of {of}")
    state = folder / "refused"
    ended = subprocess.run([PROGRAM, half, "--state-dir", str(state), "--set", "compute.driver=fake", "--set", f"{key}={value}"],
                           capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert ended.returncode == MISCONFIGURED, ended.stderr
    assert not state.exists(), ended.stderr


def test_a_port_in_use_is_found_before_anything_is_made(folder):
    state = folder / "in-use"
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        ended = subprocess.run([PROGRAM, "serve", "--state-dir", str(state), "--set", "compute.driver=fake",
                                "--set", f"http.listen={listen}"], capture_output=True, text=True, timeout=120)
    assert ended.returncode == MISCONFIGURED and "http.listen" in ended.stderr, ended.stderr
    assert not state.exists()


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_folder_of_others_is_refused_for_volumes_and_keeps_its_mode(folder, mode):
    used = folder / f"used-{mode:o}"
    used.mkdir()
    (used / "theirs").write_text("text")
    used.chmod(mode)
    ended = start(folder, f"volume.path={used}", half="host")
    assert ended.returncode == MISCONFIGURED and "volume.path" in ended.stderr and str(used) in ended.stderr
    assert used.stat().st_mode & 0o777 == mode and [path.name for path in used.iterdir()] == ["theirs"]


@pytest.mark.parametrize("mode", [0o700, 0o711])
def test_a_state_folder_with_other_things_keeps_its_mode(mode):
    cloud = ServedCloud("fake")
    cloud.state.mkdir()
    (cloud.state / "virga.toml").write_text("")
    cloud.state.chmod(mode)
    try:
        cloud.launch()
        if mode & 1:
            cloud.wait_ready()
        else:
            assert cloud.processes.pop("serve").wait(START_SECONDS) == MISCONFIGURED
            assert f"{cloud.state}: set its mode to 0711" in cloud.log_path.read_text()
        assert cloud.state.stat().st_mode & 0o777 == mode
    finally:
        cloud.close()


@pytest.mark.parametrize("pattern,hint", [("[a", False), ("(?=.*[0-9]).{7}", True), (r"a(?<!b)", True)])
def test_lookahead_is_spoken_of_where_it_is_used(folder, pattern, hint):
    file = folder / "patterns.toml"
    file.write_text(f"[identity]\npassword_regex = ['{pattern}']\n[compute]\ndriver = 'fake'\n")
    ended = subprocess.run([PROGRAM, "control", "--state-dir", str(folder / "state"), "--config", str(file), "--listen",
                            f"127.0.0.1:{free_port()}"], capture_output=True, text=True, timeout=120)
    assert ended.returncode == MISCONFIGURED
    assert "identity.password_regex" in ended.stderr and pattern in ended.stderr
    assert ("lookahead" in ended.stderr) == hint


@pytest.mark.parametrize("listen,sets,warned", [
    ("127.0.0.1", {}, False), ("0.0.0.0", {}, True), ("0.0.0.0", {"http.proxies": "192.0.2.0/24"}, False),
    ("0.0.0.0", {"http.proxies": "127.0.0.1"}, True),
])
def test_passwords_in_clear_are_warned_of_once(listen, sets, warned):
    cloud = ServedCloud("fake")
    cloud.settings.update(sets)
    words = cloud.arguments
    cloud.arguments = lambda half: [word.replace("127.0.0.1:", f"{listen}:") for word in words(half)]
    try:
        cloud.start()
        warnings = [line for line in cloud.log_path.read_text().splitlines() if "cross the network in clear" in line]
        assert len(warnings) == (1 if warned else 0)
        assert all("http.tls_certificate" in line and "http.proxies" in line for line in warnings)
    finally:
        cloud.close()


def test_the_log_of_a_start_and_a_stop_says_each_thing_once():
    cloud = ServedCloud("fake")
    try:
        cloud.start()
        process = cloud.processes["serve"]
        wait_for(lambda: "the cloud is ready" in cloud.log_path.read_text(), START_SECONDS, "the log says ready")
        text = cloud.log_path.read_text()
        assert text.count("host is up") - text.count(", the host is up") == 1
        assert f"the cloud is ready: the API answers at {cloud.url}" in text
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        assert "host is down" not in cloud.log_path.read_text()
    finally:
        cloud.close()


def test_a_start_that_fails_never_says_ready():
    cloud = ServedCloud("fake")
    cloud.settings["host.helper_user"] = "no-such-user-of-virga"
    try:
        cloud.launch()
        assert cloud.processes["serve"].wait(START_SECONDS) == MISCONFIGURED
        assert "is ready" not in cloud.log_path.read_text()
        cloud.processes.clear()
    finally:
        cloud.close()


@pytest.mark.parametrize("words,told", [
    (["srve"], ["'srve'", "serve", "control", "host", "trace", "check", "config", "db", "policy"]),
    ([], ["a command is missing", "serve", "policy"]),
    (["config", "refs"], ["virga config", "'refs'", "reference", "states", "flows"]),
    (["db"], ["virga db", "a command is missing", "copy"]),
])
def test_a_wrong_command_is_named_with_those_that_are(words, told):
    ended = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert all(part in ended.stderr for part in told), ended.stderr


def test_the_version_is_told():
    ended = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert re.fullmatch(r"virga \d+\.\d+\.\d+\n", ended.stdout)
