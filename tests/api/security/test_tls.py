"""The API over TLS with an authority of its own: real clients, old protocols, plain HTTP, new certificates, slow peers."""
import contextlib
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile

import pytest
import requests

from harness.cloud import PROGRAM, Cloud, wait_for
from harness.tls import Authority, TlsCloud, openssl, trusted_authority


@pytest.fixture(scope="module")
def authority():
    with trusted_authority() as made:
        yield made


@pytest.fixture(scope="module")
def secure(authority):
    running = TlsCloud(authority).start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def healthy():
    """In place of the shared cloud's."""
    yield


def shake(secure, authority, **choice):
    """A handshake with these limits; the connection."""
    context = ssl.create_default_context(cafile=str(authority.ca))
    for name, value in choice.items():
        if name == "ciphers":
            context.set_ciphers(value)
        else:
            setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", secure.port), timeout=30)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_links_and_answers_say_https(secure):
    answer = secure.http("GET", "/identity/v3")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.json()["version"]["links"][0]["href"].startswith(f"https://127.0.0.1:{secure.port}/")
    token = requests.get(f"{secure.url}/identity/v3/auth/tokens", timeout=30,
                         headers={"X-Auth-Token": secure.token, "X-Subject-Token": secure.token}).json()["token"]
    urls = [endpoint["url"] for service in token["catalog"] for endpoint in service["endpoints"]]
    assert urls and all(url.startswith("https://") for url in urls)


def test_the_openstack_client_works_with_the_openrc(secure, authority):
    assert secure.openrc()["OS_AUTH_URL"].startswith("https://127.0.0.1:")
    assert secure.openrc()["OS_CACERT"] == str(authority.ca)
    assert {row["Name"] for row in secure.openstack("project", "list")} >= {"admin", "service"}


def test_virga_check_works_with_the_openrc(secure):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
    done = subprocess.run([PROGRAM, "check"], env={**environment, **secure.openrc()}, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    distrusting = {**environment, **secure.openrc()}
    del distrusting["OS_CACERT"]
    done = subprocess.run([PROGRAM, "check"], env=distrusting, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "certificate" in done.stderr


def test_large_bodies_pass_both_ways(secure):
    data = os.urandom(8 * 1024 * 1024)
    image = secure.http("POST", "/image/v2/images", json={
        "name": "tls", "disk_format": "raw", "container_format": "bare"}).json()["id"]
    sent = secure.http("PUT", f"/image/v2/images/{image}/file", data=data,
                       headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 204
    assert secure.http("GET", f"/image/v2/images/{image}/file").content == data
    secure.http("DELETE", f"/image/v2/images/{image}")


def test_a_connection_is_used_again(secure):
    with requests.Session() as session:
        for _ in range(5):
            assert session.get(f"{secure.url}/identity/v3", timeout=30).status_code == 200


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_protocols_are_refused(secure, version):
    done = openssl("s_client", "-connect", f"127.0.0.1:{secure.port}", version, "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher is (NONE)" in done.stdout
    assert done.returncode != 0


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"])
def test_weak_ciphers_are_refused(secure, authority, cipher):
    """Without forward secrecy, or without authenticated encryption."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(secure, authority, maximum_version=ssl.TLSVersion.TLSv1_2, ciphers=cipher)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_protocols_are_spoken(secure, authority, version):
    with shake(secure, authority, minimum_version=version, maximum_version=version) as connection:
        connection.sendall(b"GET /identity/v3 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        data = b""
        while part := connection.recv(65536):  # a clean end: anything else raises
            data += part
        assert data.startswith(b"HTTP/1.1 200")


def test_renegotiation_is_refused(secure, authority):
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{secure.port}", "-tls1_2", "-CAfile",
                           str(authority.ca)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as client:
        out, _ = client.communicate(b"R\n", timeout=30)
    assert b"RENEGOTIATING" in out
    assert b"no renegotiation" in out or b"error" in out


def test_plain_http_is_refused_in_plain_words(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=30) as sock:
        sock.sendall(b"GET /identity/v3 HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        while part := sock.recv(4096):
            data += part
    assert data.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"https://" in data


def test_handshakes_that_stall_hold_up_nobody(secure):
    with contextlib.ExitStack() as stack:
        for number in range(200):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", secure.port), timeout=30))
            if number % 2:
                sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        assert secure.http("GET", "/identity/v3", timeout=20).status_code == 200
        first = stack.enter_context(socket.create_connection(("127.0.0.1", secure.port), timeout=60))
        first.sendall(b"\x16\x03\x01")
        assert first.recv(100) == b""  # after 10 s


def test_a_new_certificate_is_used_without_a_restart(secure, authority):
    def name():
        with shake(secure, authority) as connection:
            return dict(item[0] for item in connection.getpeercert()["subject"])["commonName"]
    assert name() == "first"
    with requests.Session() as session:
        assert session.get(f"{secure.url}/identity/v3", timeout=30).status_code == 200
        authority.issue("second")
        wait_for(lambda: name() == "second", 30, "the new certificate is used")
        assert session.get(f"{secure.url}/identity/v3", timeout=30).status_code == 200
    authority.certificate.write_text("no certificate")
    wait_for(lambda: name() and b"can't be used" in secure.log_path.read_bytes(), 30, "the log tells of a bad file")
    assert name() == "second"
    authority.issue("third")
    wait_for(lambda: name() == "third", 30, "a good certificate is used again")


@pytest.mark.parametrize("settings,told", [
    ({"http.tls_certificate": "/nowhere/server.pem", "http.tls_key": "/nowhere/server.key"}, "http.tls_certificate"),
    ({"http.tls_certificate": "/nowhere/server.pem"}, "http.tls_key"),
])
def test_a_certificate_that_cannot_be_used_is_told(settings, told):
    assert told in reason_of(settings)


def reason_of(settings):
    """What the control process, which can't start with these, says."""
    cloud = Cloud(settings=settings)
    try:
        cloud.start_half("control")
        control = cloud.processes["control"]
        assert control.wait(120) == 78
        cloud.processes.clear()
        return cloud.log_path.read_text()
    finally:
        cloud.close()


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("wrong,reason", [
    ("missing", "No such file or directory"), ("folder", "Is a directory"), ("forbidden", "Permission denied"),
    ("no PEM", "is no PEM file with a"), ("empty", "is no PEM file with a"), ("broken", "is no PEM file with a"),
])
def test_the_reason_names_setting_file_and_what_is_wrong(authority, which, wrong, reason):
    if wrong == "forbidden" and os.geteuid() != 0:
        pytest.skip("control runs as the owner of the file")
    with tempfile.TemporaryDirectory(prefix="virga-tls-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        bad = folder / "bad.pem"
        if wrong == "folder":
            bad.mkdir()
        elif wrong != "missing":
            good = (authority.certificate if which == "certificate" else authority.key).read_text()
            lines = good.splitlines()
            bad.write_text({"no PEM": "hello\n", "empty": "", "forbidden": good,
                            "broken": "\n".join([lines[0], "AAAA", lines[-1], ""])}[wrong])
            bad.chmod(0o600 if wrong == "forbidden" else 0o644)
        files = {"http.tls_certificate": authority.certificate, "http.tls_key": authority.key, f"http.tls_{which}": bad}
        text = reason_of(files)
        assert f"http.tls_{which}: '{bad}' " in text and reason in text and "system lib" not in text, text


def test_a_key_of_another_certificate_and_one_with_a_passphrase_are_told(authority):
    with tempfile.TemporaryDirectory(prefix="virga-tls-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for kind, words, reason in (("ec", ["ec_paramgen_curve:P-256"], "is not the key of the certificate"),
                                    ("rsa", ["rsa_keygen_bits:2048"], "is not the key of the certificate"),
                                    ("ec", ["ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:x"], "passphrase")):
            key = folder / "other.key"
            assert openssl("genpkey", "-algorithm", kind, "-pkeyopt", *words, "-out", key).returncode == 0
            key.chmod(0o644)
            text = reason_of({"http.tls_certificate": authority.certificate, "http.tls_key": key})
            assert f"http.tls_key: '{key}' " in text and reason in text, text
