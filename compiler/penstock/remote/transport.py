"""How the answer of a web server comes: connections, redirects and certificates."""

import http.client
import io
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import IO, Any
from urllib.parse import quote, urljoin

from penstock.remote.failure import REFUSED, UNAVAILABLE, Failure, NotFollowed
from penstock.remote.permit import Hosts, refusal_of_url, shown, split
from penstock.remote.request import Ask, Response, addresses_of

MAX_REDIRECTS = 10
"""As many as the client of Kustomize follows."""


MAX_LINES = 100_000
"""The most lines of an answer around its content: status, headers, the sizes of chunks, and what follows them."""

Judge = Callable[[str, list[str]], None]
"""Raises `NotFollowed` for a host with addresses of which one is refused."""


def end_of(url: str, seconds: float, hosts: Hosts) -> str:
    """Return the URL to which a server redirects git for the repository of a URL, or that URL."""
    asked = "/info/refs?service=git-upload-pack"
    request = urllib.request.Request(url.rstrip("/") + asked, headers={"User-Agent": "git/penstock"})
    try:
        with _opener(url, hosts).open(request, timeout=seconds) as response:
            end: str = response.geturl()
    except urllib.error.HTTPError as error:  # such as one that asks for a password
        with error:
            end = error.geturl()
    except (OSError, http.client.HTTPException, ValueError):
        return url
    return end.removesuffix(asked) if end.endswith(asked) else url


def answer(url: str, seconds: float, ask: Ask) -> Response:
    """Return the answer of a server, however long it takes: `http.get` has the time in view. Raises `Failure`."""
    refused = refusal_of_url(url.partition("?")[0], ask.within) if ask.within else ""
    if refused:
        raise NotFollowed(REFUSED, f"{shown(url)} is not fetched: {refused}")
    target = quote(url, safe="%/:=&?~+!$,;'@()*[]")
    request = urllib.request.Request(target, headers={"User-Agent": "penstock", "Accept-Encoding": "identity"})
    if ask.accept:
        request.add_header("Accept", ask.accept)
    if ask.authorization:
        request.add_unredirected_header("Authorization", ask.authorization)
    try:
        with _opener(url, ask.hosts).open(request, timeout=seconds) as response:
            return _read(url, response, ask.limit)
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, b"", is_page=False, headers=_headers(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        text = getattr(reason, "strerror", None) or type(reason).__name__
        raise Failure(UNAVAILABLE, f"{shown(url)} cannot be read: {text}") from None


def _headers(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _read(url: str, response: Any, limit: int) -> Response:
    data = response.read(limit + 1)
    if len(data) > limit:
        raise Failure(UNAVAILABLE, f"{shown(url)} has more than {limit:,} bytes")
    if response.length:
        raise Failure(UNAVAILABLE, f"{shown(url)} cannot be read: it ends {response.length:,} bytes too early")
    page = "html" in response.headers.get("Content-Type", "").lower() or data.lstrip()[:1] == b"<"
    return Response(response.status, data, page, _headers(response))


def _opener(url: str, hosts: Hosts) -> urllib.request.OpenerDirector:
    """Return an opener for http and https, through the proxy that the environment names, and for nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(hosts),
        _Https(hosts),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(url),
    ):
        opener.add_handler(handler)
    return opener


class _Lines(io.BufferedReader):
    """What a server sends, with a bound on its lines. `http.client` skips any number of `100 Continue`, and of lines
    behind the last chunk, which a server can send faster than they are read.
    """

    left = MAX_LINES

    def readline(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise http.client.HTTPException("too many lines")
        return super().readline(size)


class _Answer(http.client.HTTPResponse):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fp = _Lines(self.fp.detach())


class _Dialled(http.client.HTTPConnection):
    """A connection to one of the addresses that were judged, and to no other that the name may have a moment later."""

    response_class = _Answer

    def __init__(self, *arguments: Any, judge: Judge | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if judge is not None:
            self._create_connection = partial(_dialled, judge)


def _dialled(judge: Judge, place: tuple[str, int], *more: Any) -> socket.socket:
    host, port = place
    addresses = addresses_of(host, port)
    judge(host, addresses)
    for each in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((each, port), *more)
    return socket.create_connection((addresses[-1], port), *more)


class _SecureConnection(_Dialled, http.client.HTTPSConnection):
    pass


def _judge(request: urllib.request.Request, hosts: Hosts) -> Judge | None:
    """Return what judges the addresses of a request; None where a proxy, which the user has named, finds them."""
    if request.has_proxy() or getattr(request, "_tunnel_host", None):
        return None
    return partial(hosts.check_addresses, request.full_url)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, hosts: Hosts) -> None:
        super().__init__()
        self._hosts = hosts

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        self._hosts.check(req.full_url)
        return self.do_open(_Dialled, req, judge=_judge(req, self._hosts))


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, hosts: Hosts) -> None:
        super().__init__()
        self._hosts = hosts

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        self._hosts.check(req.full_url)
        return self.do_open(_SecureConnection, req, context=_certificates(), judge=_judge(req, self._hosts))


@cache
def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates. Loading them takes longer than most answers."""
    return ssl.create_default_context()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects are followed a few times, never from https to http, and to this machine only if it was named to begin
    with.
    """

    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def __init__(self, url: str) -> None:
        self._url = url

    def http_error_302(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:  # the address of the redirect is none
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        target = urljoin(req.full_url, newurl)
        scheme = split(target)[0]
        reason = refusal_of_url(target.partition("?")[0], self._url)
        if scheme not in ("http", "https") or (scheme == "http" and req.type == "https"):
            reason = f"it leads from {req.type} to {scheme or 'nothing known'}"
        if reason:
            fp.close()
            raise NotFollowed(UNAVAILABLE, f"a redirect of {shown(self._url)} is not followed: {reason}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
