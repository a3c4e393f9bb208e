"""A thin client of the Kubernetes API, on urllib3: requests, retries, credentials. It knows nothing of plans.

Answers are values: a tree, or a `Failure` that says whether asking again can help. `Refusal` (4) is raised only where
no request can be made at all.
"""

import ipaddress
import json
import os
import re
import ssl
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import uniform
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from penstock.apply import plugin
from penstock.apply.failure import Failure, classify, no_answer, one_line, without_values
from penstock.apply.kubeconfig import Access
from penstock.model import Refusal, Tree

WORKERS = 8
"""Requests at a time. The server takes 2 to 4 ms of CPU for an apply, so more would only queue there."""

SERVER_TIMEOUT = "20s"
"""What the server is told: with its etcd frozen it would otherwise keep us waiting for a minute."""

SOCKET_TIMEOUT = 35.0
"""Seconds of silence after which a connection is given up; a slow webhook may take 30."""

CONNECT_TIMEOUT = 10.0
PAGE = 500
"""Objects that a LIST brings at a time."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0

Query = Mapping[str, str]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Client:
    """One API server, one user. Safe for several threads.

    `patience` is how many seconds a request is tried again where the failure may pass; a caller that has seen the
    server alive may raise it, so that a restart of the API server does not end a sync.
    """

    def __init__(self, access: Access, environ: Mapping[str, str], agent: str, patience: float = 10.0) -> None:
        self.access = access
        self.patience = patience
        self._environ = environ
        self._agent = agent
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._credential: plugin.Credential | None = None
        self._pool: Any = None
        self._headers: Any = None
        self._renew(None)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()  # a thread that waits to try again gives up
        self._pool.clear()

    def get(self, path: str, query: Query = {}, accept: str = "application/json") -> Tree | Failure:
        return self.call("GET", path, query, accept=accept)

    def objects(self, path: str, selector: str = "") -> Iterator[Tree | Failure]:
        """The objects of a collection, page by page; a failure ends it (and is the last value)."""
        query = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
        while True:
            page = self.get(path, query)
            if isinstance(page, Failure):
                yield page
                return
            api_version, kind = page.get("apiVersion"), str(page.get("kind", "")).removesuffix("List")
            for item in page.get("items") or ():
                yield {"apiVersion": api_version, "kind": kind, **item}  # the items of a list do not say what they are
            following = (page.get("metadata") or {}).get("continue")
            if not following:
                return
            query["continue"] = following

    def apply(
        self, path: str, body: Tree, manager: str, *, force: bool = False, dry_run: bool = False
    ) -> Tree | Failure:
        """Server-side apply. Unknown and duplicate fields are errors."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        return self.call("PATCH", path, query, body, content="application/apply-patch+yaml")

    def delete(self, path: str, uid: str, version: str = "") -> Tree | Failure:
        """Delete the object that has this uid: never one that was made anew in the meantime.

        With `version` (its resourceVersion) only if it has not changed since either.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, **({"resourceVersion": version} if version else {})},
            "propagationPolicy": "Background",
        }
        return self.call("DELETE", path, {}, options)

    def call(
        self,
        method: str,
        path: str,
        query: Query = {},
        body: Tree | list[Tree] | None = None,
        *,
        content: str = "application/json",
        accept: str = "application/json",
        patience: float | None = None,
    ) -> Tree | Failure:
        """One request, tried again while that can help. Only for requests that may safely arrive twice."""
        url = f"{path}?{urlencode({**query, 'timeout': SERVER_TIMEOUT})}"
        headers = {"Accept": accept, **({"Content-Type": content} if body is not None else {})}
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        answer = self._persist(method, url, headers, data, self.patience if patience is None else patience)
        if isinstance(answer, Failure) and method != "GET" and _is_secret(path, body):
            return without_values(answer)
        return answer

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """`work` for every item, some at a time; the results in the order of the items, as soon as they are there."""
        if len(items) < 2:
            yield from map(work, items)
            return
        with ThreadPoolExecutor(WORKERS) as pool:
            futures = [pool.submit(work, item) for item in items]
            try:
                for future in futures:
                    yield future.result()
            except BaseException:  # interrupted, or refused: what has not begun must not begin any more
                self._closed.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _persist(
        self, method: str, url: str, headers: dict[str, str], data: bytes | None, patience: float
    ) -> Tree | Failure:
        end = time.monotonic() + patience
        pause = FIRST_PAUSE
        renewed = False
        while True:
            credential = self._credential
            answer = self._once(method, url, headers, data)
            if not isinstance(answer, Failure):
                return answer
            if answer.status == 401 and not renewed and (self.access.plugin or self.access.token_file):
                renewed = True
                self._renew(credential)
                continue
            wait = max(answer.after, pause * uniform(0.5, 1.0))  # so that many clients do not march in step
            if answer.retry != "backoff" or time.monotonic() + wait > end or self._closed.wait(wait):
                return answer
            pause = min(pause * 2, LONGEST_PAUSE)

    def _once(self, method: str, url: str, headers: dict[str, str], data: bytes | None) -> Tree | Failure:
        urllib3 = _urllib3()
        if self._credential and self._credential.is_expired:
            self._renew(self._credential)
        asked = self._headers.copy()
        asked.update(headers)
        try:
            response = self._pool.request(
                method,
                self.access.server + url,
                body=data,
                headers=asked,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=SOCKET_TIMEOUT),
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            cause = _cause(error)
            distrusted = "CERTIFICATE_VERIFY_FAILED" in cause  # other TLS errors are connections that broke
            return no_answer(f"no answer from {self.access.server}: {cause}", "abort" if distrusted else "backoff")
        body = _parse(response.data)
        if 200 <= response.status < 300 and isinstance(body, dict):
            return body
        return classify(response.status, body, response.headers, url.partition("?")[0])

    def _renew(self, rejected: plugin.Credential | None) -> None:
        """Run the plugin or read the token file again, unless another thread has just done so; then connect."""
        with self._lock:
            if self._credential is not rejected:
                return
            fresh = plugin.fetch(self.access.plugin, self._environ) if self.access.plugin else plugin.Credential()
            if self._pool is None or fresh.certificate != (rejected or fresh).certificate:
                self._pool = _connect(self.access, fresh, self._environ)
            self._credential = fresh
            self._headers = self._new_headers(fresh)

    def _new_headers(self, credential: plugin.Credential) -> Any:
        """An HTTPHeaderDict, because a header for impersonation may occur several times."""
        headers = _urllib3().HTTPHeaderDict({"User-Agent": self._agent})
        token = credential.token or self.access.token
        if self.access.token_file:
            token = _read_token(self.access.token_file)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif self.access.login:
            headers.update(_urllib3().util.make_headers(basic_auth=self.access.login))
        for name, value in self.access.impersonate:
            headers.add(name, value)
        return headers


def answered(answer: Tree | Failure) -> Tree | Failure:
    """Pass on an answer about one object; end the run (`Refusal`, 4) where the network, server or credentials fail."""
    if isinstance(answer, Failure) and answer.is_of_the_world:
        raise Refusal(f"cannot go on with this cluster: {answer}", 4)
    return answer


def _is_secret(path: str, body: Tree | list[Tree] | None) -> bool:
    """Whether a request is about a Secret, so that the server's words may quote its values."""
    of_kind = isinstance(body, dict) and body.get("kind") == "Secret"
    return of_kind or re.match(r"/api/v1/namespaces/[^/]+/secrets(/|$)", path) is not None


def segment(text: str) -> str:
    """A name as one segment of a path: whatever it holds, it cannot lead elsewhere."""
    return "%2E" * len(text) if text in (".", "..") else quote(text, safe=":")


def _connect(access: Access, credential: plugin.Credential, environ: Mapping[str, str]) -> Any:
    urllib3 = _urllib3()
    options: dict[str, Any] = {"num_pools": 2, "maxsize": WORKERS + 2, "ssl_context": _tls(access, credential)}
    if access.tls_name:
        options.update(server_hostname=access.tls_name, assert_hostname=access.tls_name)
    if access.insecure:
        options["assert_hostname"] = False
        warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)
    proxy = access.proxy or _proxy_of_environment(access.server, environ)
    if not proxy:
        return urllib3.PoolManager(**options)
    if proxy.startswith(("socks5://", "socks5h://")):
        return _socks(proxy, options)
    return urllib3.ProxyManager(proxy, **options)


def _socks(proxy: str, options: dict[str, Any]) -> Any:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        raise Refusal("a SOCKS proxy needs PySocks: pip install pysocks") from None
    return SOCKSProxyManager(proxy, **options)


def _proxy_of_environment(server: str, environ: Mapping[str, str]) -> str:
    """HTTPS_PROXY and NO_PROXY, as for kubectl; loopback is never behind a proxy."""
    parts = urlsplit(server)
    name = f"{parts.scheme}_proxy"
    proxy = environ.get(name) or environ.get(name.upper()) or ""
    host = parts.hostname or ""
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return "" if _is_excepted(host, ["localhost", "127.0.0.0/8", "::1", *excepted.split(",")]) else proxy


def _is_excepted(host: str, entries: Sequence[str]) -> bool:
    """Entries are names, suffixes of names, addresses, ranges of addresses, or `*`."""
    for entry in filter(None, (e.strip().partition(":")[0] if e.count(":") == 1 else e.strip() for e in entries)):
        if entry == "*" or host == entry or host.endswith("." + entry.lstrip("*").lstrip(".")):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # one of them is a name
            continue
    return False


def _tls(access: Access, credential: plugin.Credential) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate = credential.certificate or access.certificate
    key = credential.key or access.key
    try:
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
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
    """The ssl module reads certificates from files only: one that nobody else can read, gone at once."""
    descriptor, path = tempfile.mkstemp(suffix=".pem")
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(f"{certificate}\n{key}\n")
        context.load_cert_chain(path, password=lambda: b"")  # an encrypted key fails instead of asking on the terminal
    finally:
        os.unlink(path)


def _read_token(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read(1024 * 1024).strip()
    except (OSError, UnicodeError) as error:
        raise Refusal(
            f"cannot read the token file {path}: {getattr(error, 'strerror', None) or 'not text'}", 4
        ) from None


def _parse(data: bytes) -> Any:
    """JSON, or the text where it is none (a proxy's page, `404 page not found`)."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace")


def _cause(error: BaseException) -> str:
    """urllib3's texts begin with the object's repr; what went wrong comes last."""
    return one_line(str(error).rpartition(">: ")[2] or type(error).__name__)


def _urllib3() -> Any:
    try:
        import urllib3
    except ImportError:
        raise Refusal("syncing needs urllib3: pip install 'penstock-gitops[sync]'") from None
    return urllib3
