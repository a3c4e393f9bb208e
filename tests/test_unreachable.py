"""The words for a cluster that cannot be reached, from real connections to servers that are not as they should be."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.listener import Listener

from penstock.apply.client import Client
from penstock.apply.kinds import discover
from penstock.apply.kubeconfig import choose
from penstock.errors import Refusal


class Page(BaseHTTPRequestHandler):
    """What a web page, a login or a proxy answers in place of an API server."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<html>please log in</html>")

    def log_message(self, *_: object) -> None:
        pass


class LoggedOut(Page):
    status = 401


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Authorities, and certificates for a name, for an address, and of a day that has passed."""
    place = tmp_path_factory.mktemp("tls")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)

    for authority in ("ca", "other"):
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}"),
            *("-keyout", f"{authority}.key", "-out", f"{authority}.crt"),
        )
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr"
    )
    for name, subject, days in (
        ("right", "IP:127.0.0.1", "2"),
        ("named", "DNS:a.test", "2"),
        ("old", "IP:127.0.0.1", "-1"),
    ):
        (place / "extensions").write_text(f"subjectAltName={subject}")
        openssl(
            *("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.crt", "-days", days, "-extfile", "extensions"),
        )
    return place


class Site:
    """A server of pages, with one of the certificates or without TLS."""

    def __init__(self, folder: Path, certificate: str, page: type[Page] = Page) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), page)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / f"{certificate}.crt", folder / "server.key")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"https://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def said(folder: Path, address: str, authority: str = "ca", proxy: str = "") -> str:
    """What a command says that asks this cluster what it serves."""
    cluster = {"server": address, "certificate-authority": f"{folder}/{authority}.crt"}
    content = {
        "clusters": [{"name": "c", "cluster": {**cluster, **({"proxy-url": proxy} if proxy else {})}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "prod-eu", "context": {"cluster": "c", "user": "u"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **content}))
    with (
        Client(choose({}, "/", str(path), "prod-eu"), {}, "tests", patience=0.0) as client,
        pytest.raises(Refusal) as it,
    ):
        discover(client)
    assert it.value.status == 4
    message = str(it.value)
    assert "'prod-eu'" in message
    assert "secret-token" not in message
    for word in ("Errno", "_ssl.c", "Pool(", "Connection(", "Error(", "(no answer)"):
        assert word not in message
    return message


@pytest.fixture(params=[("right", "other"), ("named", "ca"), ("old", "ca"), ("", "ca"), ("right", "ca")])
def case(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, str]]:
    certificate, authority = request.param
    site = Site(folder, certificate)
    yield f"{certificate}, {authority}", said(folder, site.address, authority)
    site.close()


FOUND = {
    "right, other": ("of an authority that is not trusted; take `certificate-authority-data`",),
    "named, ca": ("its certificate is for another name, not for 127.0.0.1", "or set `tls-server-name`"),
    "old, ca": ("its certificate is out of date; renew the certificate",),
    ", ca": ("it does not speak TLS; check the scheme and the port of `server`",),
    "right, ca": ("no API server gives it: <html>please log in</html>", "check `server` in the kubeconfig: a web page"),
}


def test_server_that_is_not_as_it_should_be(case: tuple[str, str]) -> None:
    which, message = case
    for part in FOUND[which]:
        assert part in message


def test_credentials_that_are_not_accepted(folder: Path) -> None:
    site = Site(folder, "right", LoggedOut)
    assert "log in again" in said(folder, site.address)
    site.close()


def test_no_server(folder: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    free = listener.getsockname()[1]
    listener.close()
    here = f"https://127.0.0.1:{free}"
    assert f"no answer from {here}: the connection is refused; check the port" in said(folder, here)
    nowhere = "https://no-such-host.invalid:6443"
    assert f"no answer from {nowhere}: its name is not known; check the host" in said(folder, nowhere)
    message = said(folder, nowhere, proxy=f"http://127.0.0.1:{free}")
    assert "the proxy does not lead to it: the connection is refused; check `proxy-url`" in message


def test_server_that_ends_every_connection(folder: Path) -> None:
    with closing(Listener(socket.socket.close)) as listener:
        message = said(folder, f"https://127.0.0.1:{listener.port}")
    assert "it has ended the connection before the answer was complete; check the scheme" in message
