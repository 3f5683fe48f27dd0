"""A cloud whose API speaks TLS, with an authority of its own."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

from harness.cloud import Cloud


def openssl(*words, **more):
    done = subprocess.run(["openssl", *[str(word) for word in words]], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **more)
    return done


class Authority:
    """A CA in a folder, and the server's certificate that it signs."""

    def __init__(self, folder):
        self.ca, self.ca_key = folder / "ca.pem", folder / "ca.key"
        self.certificate, self.key = folder / "server.pem", folder / "server.key"
        self.folder = folder
        assert openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                       "-subj", "/CN=Test CA", "-keyout", self.ca_key, "-out", self.ca).returncode == 0

    def issue(self, name):
        """A certificate of this common name for 127.0.0.1, put in place of the last one."""
        request, extensions = self.folder / "request.pem", self.folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        new_key, new_certificate = self.folder / "new.key", self.folder / "new.pem"
        assert openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                       "-keyout", new_key, "-out", request).returncode == 0
        assert openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial",
                       "-days", "2", "-extfile", extensions, "-out", new_certificate).returncode == 0
        for new, old in ((new_key, self.key), (new_certificate, self.certificate)):
            new.chmod(0o644)
            new.rename(old)


class TlsCloud(Cloud):
    """Speaks https; requests trust the test's authority alone."""

    def __init__(self, authority):
        super().__init__(settings={"http.tls_certificate": authority.certificate, "http.tls_key": authority.key,
                                   "http.tls_ca": authority.ca})
        self.url = f"https://127.0.0.1:{self.port}"


@contextlib.contextmanager
def trusted_authority():
    """Its certificate for 127.0.0.1 is issued; requests trust it alone meanwhile."""
    before = os.environ.get("REQUESTS_CA_BUNDLE")
    with tempfile.TemporaryDirectory(prefix="virga-tls-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        made = Authority(folder)
        made.issue("first")
        os.environ["REQUESTS_CA_BUNDLE"] = str(made.ca)
        try:
            yield made
        finally:
            os.environ.pop("REQUESTS_CA_BUNDLE")
            if before is not None:
                os.environ["REQUESTS_CA_BUNDLE"] = before
