"""What somebody can do to the API by the number, the slowness and the form of requests alone."""
import contextlib
import pathlib
import socket
import time
import uuid

import pytest

from harness.cloud import wait_for

MIB = 1024 * 1024
PAYLOAD = b"x" * 512 * 1024


def connect(cloud, source=None, timeout=30):
    made = socket.create_connection(("127.0.0.1", cloud.port), timeout=timeout,
                                    source_address=(source, 0) if source else None)
    return made


def status(sock):
    """Status of the next answer; 0 when the connection ended without one."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                break
            data += part
    return int(data.split()[1]) if data.startswith(b"HTTP/") else 0


def read_answer(sock):
    data = b""
    with contextlib.suppress(ConnectionError):
        while part := sock.recv(65536):
            data += part
    return data


def head(method, path, *fields):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *fields, "", ""]).encode()


def resident(cloud):
    for line in pathlib.Path(f"/proc/{cloud.processes['control'].pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def answers(cloud):
    """A new client gets an answer, and soon: far sooner than any of the server's own time-outs."""
    started = time.monotonic()
    assert cloud.http("GET", "/identity/v3", token="", timeout=20).status_code == 200
    return time.monotonic() - started < 20


BODY_ROUTES = [("POST", "/compute/v2.1/servers"), ("POST", "/volume/v3/volumes"), ("POST", "/image/v2/images"),
               ("POST", "/network/v2.0/ports"), ("POST", "/identity/v3/users"),
               ("PUT", "/image/v2/images/00000000-0000-0000-0000-000000000000/file")]


@pytest.mark.parametrize("method,path", BODY_ROUTES)
@pytest.mark.parametrize("token", [None, "garbage", "x" * 4000])
def test_a_body_is_not_awaited_without_a_valid_token(cloud, method, path, token):
    fields = ["Content-Length: 1000000", "Content-Type: application/octet-stream"]
    if token:
        fields.append(f"X-Auth-Token: {token}")
    with connect(cloud) as sock:
        sock.sendall(head(method, path, *fields))
        assert status(sock) == 401


def test_an_unknown_path_awaits_no_body(cloud):
    with connect(cloud) as sock:
        sock.sendall(head("POST", "/compute/v2.1/nothing-here", "Content-Length: 1000000"))
        assert status(sock) == 404


def test_half_bodies_without_a_token_cost_no_memory(cloud):
    before = resident(cloud)
    with contextlib.ExitStack() as stack:
        for number in range(200):
            sock = stack.enter_context(connect(cloud))
            path = "/identity/v3/auth/tokens" if number % 2 else "/volume/v3/volumes"
            with contextlib.suppress(ConnectionError):
                sock.sendall(head("POST", path, "Content-Length: 60000") + b"x" * 50000)
        assert resident(cloud) - before < 40 * MIB
        assert answers(cloud)


def test_half_bodies_with_a_token_stay_in_the_budget(cloud):
    before = resident(cloud)
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            sock = stack.enter_context(connect(cloud))
            with contextlib.suppress(ConnectionError):
                sock.sendall(head("POST", "/volume/v3/volumes", "Content-Length: 1000000",
                                  f"X-Auth-Token: {cloud.token}") + PAYLOAD)
        assert resident(cloud) - before < 110 * MIB  # 200 half bodies are 100 MiB, the budget is 64 MiB
        answer = cloud.http("POST", "/compute/v2.1/flavors", json={"flavor": {}})
        assert answer.status_code == 400


def test_a_login_is_short(cloud):
    with connect(cloud) as sock:
        sock.sendall(head("POST", "/identity/v3/auth/tokens", "Content-Length: 100000"))
        assert status(sock) == 413


def test_idle_connections_make_room(cloud):
    """More of them than http.connections: every new client is answered, and they cost little memory."""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    before = resident(cloud)
    try:
        with contextlib.ExitStack() as stack:
            for number in range(4300):
                sock = stack.enter_context(connect(cloud))
                if number % 2:
                    with contextlib.suppress(ConnectionError):
                        sock.sendall(b"GET /identity/v3 HT")
            assert answers(cloud)
            assert resident(cloud) - before < 40 * MIB
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_one_peer_has_a_share_of_the_connections(cloud):
    """127.0.0.2 is no proxy (http.proxies): its 257th connection at work is refused; idle ones make room."""
    with contextlib.ExitStack() as stack:
        for _ in range(256):
            sock = stack.enter_context(connect(cloud, "127.0.0.2"))
            sock.sendall(b"GET /identity/v3 HT")
        last = stack.enter_context(connect(cloud, "127.0.0.2"))
        assert status(last) == 429
        assert answers(cloud)
    with contextlib.ExitStack() as stack:
        for _ in range(256):
            stack.enter_context(connect(cloud, "127.0.0.2"))
        last = stack.enter_context(connect(cloud, "127.0.0.2"))
        last.sendall(head("GET", "/identity/v3"))
        assert status(last) == 200


@pytest.fixture(scope="module")
def large_image(cloud):
    made = cloud.http("POST", "/image/v2/images", json={
        "name": "large", "disk_format": "raw", "container_format": "bare"}).json()["id"]
    sent = cloud.http("PUT", f"/image/v2/images/{made}/file", data=b"v" * 32 * MIB,
                      headers={"Content-Type": "application/octet-stream"})
    assert sent.status_code == 204
    yield made
    cloud.http("DELETE", f"/image/v2/images/{made}")


def test_stalled_downloads_hold_up_nobody(cloud, large_image):
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            sock = stack.enter_context(connect(cloud))
            sock.sendall(head("GET", f"/image/v2/images/{large_image}/file", f"X-Auth-Token: {cloud.token}"))
            assert sock.recv(100).startswith(b"HTTP/1.1 200")
        answer = cloud.http("GET", f"/image/v2/images/{large_image}/file", timeout=30)
        assert len(answer.content) == 32 * MIB
        assert answers(cloud)


def new_image(cloud, token=None):
    return cloud.http("POST", "/image/v2/images", token=token, json={
        "name": "up", "disk_format": "raw", "container_format": "bare"}).json()["id"]


def test_stalled_uploads_of_a_project_hold_up_no_other(cloud, stranger):
    images = [new_image(cloud, stranger) for _ in range(12)]
    with contextlib.ExitStack() as stack:
        for image in images:
            sock = stack.enter_context(connect(cloud))
            sock.sendall(head("PUT", f"/image/v2/images/{image}/file", "Content-Length: 1000000",
                              "Content-Type: application/octet-stream", f"X-Auth-Token: {stranger}") + b"x")
        def saving():
            rows = cloud.http("GET", "/image/v2/images?status=saving", token=stranger).json()["images"]
            return len(rows) == 4  # http.uploads_per_project
        wait_for(saving, 30, "four uploads run")
        mine = new_image(cloud)
        sent = cloud.http("PUT", f"/image/v2/images/{mine}/file", data=b"x" * MIB, timeout=30,
                          headers={"Content-Type": "application/octet-stream"})
        assert sent.status_code == 204
        cloud.http("DELETE", f"/image/v2/images/{mine}")
    for image in images:
        wait_for(lambda i=image: cloud.http("DELETE", f"/image/v2/images/{i}", token=stranger).status_code in (204, 404),
                 30, "the image is deleted")


SMUGGLING = {
    "two hosts": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET /identity/v3 HTTP/1.1\r\nAccept: x\r\n\r\n",
    "bad host": b"GET /identity/v3 HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "host of two": b"GET /identity/v3 HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "two lengths": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "list of lengths": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\n{}",
    "signed length": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
    "length and chunks": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two encodings": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in 1.0": b"POST /identity/v3/auth/tokens HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded line": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "blank before colon": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n",
    "blank in front": b"GET /identity/v3 HTTP/1.1\r\n Host: a\r\n\r\n",
    "bare line feeds": b"GET /identity/v3 HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET /identity/v3 HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
    "bare carriage return": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nX-A: b\rX-B: c\r\n\r\n",
    "zero byte": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
    "escape": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\nX-A: \x1b[2J\r\n\r\n",
    "two blanks": b"GET  /identity/v3 HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab": b"GET\t/identity/v3 HTTP/1.1\r\nHost: a\r\n\r\n",
    "unknown version": b"GET /identity/v3 HTTP/1.2\r\nHost: a\r\n\r\n",
    "no name": b"GET /identity/v3 HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "chunk with a bare line feed": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   b"2\n{}\r\n0\r\n\r\n",
    "negative chunk": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n",
    "long chunk": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"fffffffffffffffff\r\n{}\r\n",
    "chunk without end": b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"2\r\n{}XX0\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_ambiguous_requests_are_refused(cloud, name):
    """400, and nothing that follows on the connection is taken for a request."""
    with connect(cloud) as sock:
        sock.sendall(SMUGGLING[name] + b"GET /identity/v3 HTTP/1.1\r\nHost: smuggled\r\n\r\n")
        sock.shutdown(socket.SHUT_WR)
        data = read_answer(sock)
        assert data.startswith(b"HTTP/1.1 400"), data[:200]
        assert data.count(b"HTTP/1.1 ") == 1
        assert b"smuggled" not in data


ONE_VALUE = ["X-Auth-Token", "X-Subject-Token", "Content-Type", "Range", "If-Range", "X-OpenStack-Nova-API-Version",
             "X-OpenStack-Request-Id"]


@pytest.mark.parametrize("path", ["/identity/v3/auth/tokens", "/compute/v2.1/servers"])
def test_a_trailer_that_is_too_long_ends_only_its_connection(cloud, path):
    """By whom it comes is looked at later than how it looks."""
    pid = cloud.processes["control"].pid
    with connect(cloud) as sock:
        sock.sendall((f"POST {path} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {cloud.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
                      f"0\r\nX: {'a' * 70000}\r\n\r\n").encode())
        assert status(sock) == 400
    assert cloud.http("GET", "/identity/v3").status_code == 200
    assert cloud.processes["control"].pid == pid and cloud.processes["control"].poll() is None


@pytest.mark.parametrize("method, path, expected", [
    ("PUT", "/image/v2/images/{id}/file", 404), ("PUT", "/image/v2/images/{id}/stage", 404),
    ("PATCH", "/image/v2/images/{id}", 400), ("GET", "/image/v2/images/{id}/file", 400)])
def test_malformed_chunks_that_no_handler_reads_end_only_their_connection(cloud, method, path, expected):
    """Uploads are refused before their first byte is read; then somebody still looks at what came."""
    pid = cloud.processes["control"].pid
    with connect(cloud) as sock:
        sock.sendall((f"{method} {path.format(id=uuid.uuid4())} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {cloud.token}\r\n"
                      "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n\r\n").encode())
        assert status(sock) == expected
    assert cloud.http("GET", "/identity/v3").status_code == 200
    assert cloud.processes["control"].pid == pid and cloud.processes["control"].poll() is None


@pytest.mark.parametrize("name", ONE_VALUE)
@pytest.mark.parametrize("path", ["/compute/v2.1/servers", "/identity/v3/auth/tokens", "/image/v2/images"])
def test_a_header_of_one_value_that_comes_twice_is_refused(cloud, name, path):
    """A program in front may have looked at the other one."""
    value = cloud.token if "Token" in name else "2.1"
    with connect(cloud) as sock:
        sock.sendall(head("GET", path, f"X-Auth-Token: {cloud.token}", f"{name}: {value}", f"{name.upper()}: {value}",
                          "Connection: close"))
        data = read_answer(sock)
    assert data.startswith(b"HTTP/1.1 400"), data[:200]
    assert b"more than one " + name.encode() + b" header" in data


def test_lists_may_come_in_pieces(cloud):
    with connect(cloud) as sock:
        sock.sendall(head("GET", "/compute/v2.1/flavors", f"X-Auth-Token: {cloud.token}", "Accept: a/b", "Accept: */*",
                          "OpenStack-API-Version: volume 3.5", "OpenStack-API-Version: compute 2.61",
                          "Connection: close"))
        data = read_answer(sock)
    assert data.startswith(b"HTTP/1.1 200"), data[:200]
    assert b"OpenStack-API-Version: compute 2.61" in data


def test_other_encodings_are_refused(cloud):
    with connect(cloud) as sock:
        sock.sendall(head("POST", "/identity/v3/auth/tokens", "Transfer-Encoding: gzip, chunked"))
        assert status(sock) == 501


def test_the_log_shows_control_characters_as_text(cloud):
    """ESC, CR and LF of a path and of a header go into log lines, where they must not act."""
    mark = "log-probe"
    with connect(cloud) as sock:
        sock.sendall(head("GET", f"/compute/v2.1/{mark}%1b%5b2J%0d%0a2026%20error%20forged%c2%9b",
                          "X-OpenStack-Request-Id: probe"))
        assert status(sock) == 404
    line = next(line for line in cloud.log_path.read_bytes().split(b"\n") if mark.encode() in line)
    assert b"\\x1b[2J\\r\\n2026 error forged" in line
    assert not any(byte < 32 or byte == 127 for byte in line)
    assert b"\xc2\x9b" not in line


def test_work_ends_when_its_client_has_gone(cloud, volumes):
    """Followers whose clients have hung up give their places to others long before the 50 s for which they asked."""
    volume = volumes(size=1)
    version = cloud.http("GET", f"/virga/v1/trace/{volume}").json()["version"]
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            sock = stack.enter_context(connect(cloud))
            sock.sendall(head("GET", f"/virga/v1/trace/{volume}?wait=50&unless={version}",
                              f"X-Auth-Token: {cloud.token}"))

    def follows():
        """A follower beyond the bound is answered at once: half of the threads may follow."""
        started = time.monotonic()
        cloud.http("GET", f"/virga/v1/trace/{volume}?wait=2&unless={version}")
        return time.monotonic() - started > 1.5
    wait_for(follows, 25, "places of followers that have gone are free")
