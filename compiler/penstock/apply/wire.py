"""The connection to an API server: TLS, proxies, and requests that are limited in time and size.

A server may be slow in a hundred ways (a byte a second, a header line a second), and each of them looks alive to a
socket's timeout. So one thread watches all requests, and shuts down the connection of a request that takes too long.
"""

import ipaddress
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any
from urllib.parse import urlsplit

from penstock.apply.direct import Direct
from penstock.apply.failure import one_line
from penstock.apply.kubeconfig import Access
from penstock.apply.plugin import Credential
from penstock.model import Refusal
from penstock.records import NamedTuple

MAX_ANSWER = 8 * 1024 * 1024
"""The largest answer in bytes. An object has at most 1.5 MiB, and a list that is longer is requested in smaller
pages."""

CHUNK = 64 * 1024
CONNECT_TIMEOUT = 10.0

MOMENT = 2.0
"""Seconds that a request may still take once the run is interrupted: a write that is cut leaves its outcome unknown."""


class Answer(NamedTuple):
    """The answer of a server, as bytes."""

    status: int
    headers: Any
    data: bytes


class Broken(NamedTuple):
    """Why there is no answer.

    `final` means that a retry cannot help, `large` that the answer exceeded the size limit.
    """

    message: str
    final: bool = False
    large: bool = False


class Wire:
    """A pool of connections to one server. Safe for several threads."""

    def __init__(self, access: Access, credential: Credential, environ: Mapping[str, str], connections: int) -> None:
        self._watch = _Watch()
        self._pool = _connect(access, credential, environ, connections, self._watch)

    def close(self) -> None:
        self._watch.end()
        self._pool.clear()

    def send(self, method: str, url: str, headers: Any, data: bytes | None, seconds: float) -> Answer | Broken:
        """Send one request. It is given up after `seconds`, whatever the server has sent by then."""
        with self._watch.over(seconds, only_reads=only_reads(method, url)) as watched:
            try:
                response = self._pool.open(method, url, data, headers, _limits(seconds))
                answer = _read(response)
            except self._pool.failures as error:
                return _broken(error, seconds, watched.is_over)
        if watched.is_over:
            return Broken(f"no complete answer in {seconds:.0f} s")
        return answer

    def lines(
        self, url: str, headers: Any, seconds: float, is_wanted: Callable[[], bool]
    ) -> Iterator[bytes | Answer | Broken]:
        """Yield the lines of an answer as they arrive. Any status but 200 yields a single value like that of `send`.

        `is_wanted` is asked once `hang_up` can see the request: one that has called it before that would not be heard.
        """
        with self._watch.over(seconds, only_reads=True) as watched:
            if not is_wanted():
                return
            try:
                response = self._pool.open("GET", url, None, headers, _limits(seconds))
                if response.status != 200:
                    yield _read(response)
                    return
                yield from _lines(response)
            except self._pool.failures as error:
                yield _broken(error, seconds, watched.is_over)

    def hang_up(self, thread: int) -> None:
        """End the request of another thread."""
        watched = self._watch.requests.get(thread)
        if watched:
            watched.give_up(0.0)

    def hasten(self) -> None:
        """End the requests under way that only read, and give all others, and those to come, a moment."""
        self._watch.hasten()


def only_reads(method: str, url: str) -> bool:
    """Return whether a request changes nothing in the cluster."""
    return method == "GET" or "dryRun=All" in url


def _limits(seconds: float) -> tuple[float, float]:
    """Return the seconds that a connection may take, and those of each part of the answer."""
    return min(CONNECT_TIMEOUT, seconds), seconds


def _read(response: Any) -> Answer | Broken:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":  # not requested, and a few bytes could expand to gigabytes
        response.close()
        return Broken(f"the answer is encoded as {one_line(encoding)}", final=True)
    data = bytearray()
    # By `read`, a chunk whose size is -1 would be all that ever comes.
    read = response.read1 if response.chunked else response.read
    while chunk := read(CHUNK):
        data += chunk
        if len(data) > MAX_ANSWER:
            response.close()
            return Broken(f"the answer has more than {MAX_ANSWER // 1024**2} MiB", final=True, large=True)
    response.release_conn()
    return Answer(response.status, response.headers, bytes(data))


def _lines(response: Any) -> Iterator[bytes | Answer | Broken]:
    """Yield the complete lines of an answer. An incomplete last line, from a broken connection, is dropped."""
    rest = b""
    try:
        while chunk := response.read1(CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line for line in whole if line.strip())
            if len(rest) > MAX_ANSWER:
                yield Broken(f"a line of the answer has more than {MAX_ANSWER // 1024**2} MiB", final=True, large=True)
                return
    finally:
        response.close()


def _broken(error: BaseException, seconds: float, is_over: bool) -> Broken:
    """Return why a request failed. In urllib3's messages, the object's repr comes first and the cause last."""
    if is_over:
        return Broken(f"no complete answer in {seconds:.0f} s")
    from penstock.apply.unreachable import words

    cause = one_line(str(error).rpartition(">: ")[2] or type(error).__name__)
    # Other TLS errors are broken connections, which may pass.
    return Broken(words(cause), final="CERTIFICATE_VERIFY_FAILED" in cause or "doesn't match" in cause)


class _Watched:
    """A request under way: when its time is over, and the connection that it uses, once it has one."""

    def __init__(self, watch: "_Watch", seconds: float, *, only_reads: bool) -> None:
        self._watch = watch
        self.end = time.monotonic() + seconds
        self.only_reads = only_reads
        self.connection: Any = None

    def __enter__(self) -> "_Watched":
        self._watch.requests[threading.get_ident()] = self
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.requests.pop(threading.get_ident(), None)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.end

    def give_up(self, end: float) -> None:
        """End the request at a moment, or at once where that has passed."""
        self.end = min(self.end, end)
        if self.is_over:
            self.cut()

    def cut(self) -> None:
        with suppress(OSError, AttributeError):  # the connection has ended, or was not made yet
            (self.connection.used or self.connection.sock).shutdown(socket.SHUT_RDWR)


class _Watch:
    """All requests under way, by the thread that makes them, and a thread that cuts off those whose time is over."""

    def __init__(self) -> None:
        self.requests: dict[int, _Watched] = {}
        self._longest = inf
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def over(self, seconds: float, *, only_reads: bool) -> _Watched:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()
        return _Watched(self, min(seconds, self._longest), only_reads=only_reads)

    def hasten(self) -> None:
        self._longest = MOMENT
        for watched in list(self.requests.values()):
            watched.give_up(0.0 if watched.only_reads else time.monotonic() + MOMENT)

    def uses(self, connection: Any) -> None:
        """Record that the request of this thread uses this connection.

        Raises `TimeoutError` where the request is over already: `cut` has found no connection to shut down.
        """
        watched = self.requests.get(threading.get_ident())
        if watched:
            watched.connection = connection
            if watched.is_over:
                raise TimeoutError("the request is over")

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(0.25):
            for watched in list(self.requests.values()):
                if watched.is_over:
                    watched.cut()


def _connect(
    access: Access, credential: Credential, environ: Mapping[str, str], connections: int, watch: _Watch
) -> Any:
    """Return a pool of connections: a `Direct`, or a `Proxied` where a proxy is in between."""
    context = _tls(access, credential)
    proxy = access.proxy or _proxy_of_environment(access.server, environ)
    if not proxy:
        return Direct(access.server, context, access.tls_name, watch.uses)
    from penstock.apply.proxied import Proxied

    return Proxied(access, proxy, context, connections, watch.uses)


def _proxy_of_environment(server: str, environ: Mapping[str, str]) -> str:
    """Return the proxy by HTTPS_PROXY and NO_PROXY, as for kubectl, or ""; loopback is never behind a proxy."""
    parts = urlsplit(server)
    name = f"{parts.scheme}_proxy"
    proxy = environ.get(name) or environ.get(name.upper()) or ""
    host = parts.hostname or ""
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return "" if _is_excepted(host, ["localhost", "127.0.0.0/8", "::1", *excepted.split(",")]) else proxy


def _is_excepted(host: str, entries: Sequence[str]) -> bool:
    """Return whether a host matches an entry: a name, a suffix of names, an address, a range of addresses, or `*`."""
    for entry in filter(None, (e.strip().partition(":")[0] if e.count(":") == 1 else e.strip() for e in entries)):
        if entry == "*" or host == entry or host.endswith("." + entry.lstrip("*").lstrip(".")):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # the host or the entry is a name
            continue
    return False


def _tls(access: Access, credential: Credential) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate = credential.certificate or access.certificate
    key = credential.key or access.key
    try:
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # Without an authority of its own, the cluster has a certificate that this machine trusts anyway.
        elif access.authority:
            context.load_verify_locations(cadata=access.authority)
        else:
            context.load_default_certs()
        if certificate:
            _load_certificate(context, certificate, key)
    except (ssl.SSLError, ValueError) as error:
        raise Refusal(
            f"the certificates of context {access.context!r} are not usable: {one_line(str(error))}"
        ) from None
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load a client certificate into the context.

    The ssl module reads certificates from files only: this one is readable by nobody else, and deleted at once.
    """
    descriptor, path = tempfile.mkstemp(suffix=".pem")
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(f"{certificate}\n{key}\n")
        context.load_cert_chain(path, password=lambda: b"")  # an encrypted key fails instead of asking on the terminal
    finally:
        os.unlink(path)
