"""Connections to an API server through a proxy, on urllib3, which only these need."""

import ssl
import warnings
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from penstock.apply.direct import FAILURES, Uses, in_one_piece
from penstock.apply.kubeconfig import Access
from penstock.model import Refusal

PLAIN = {"retries": False, "redirect": False, "preload_content": False, "decode_content": False}
"""Options that make urllib3 return the answer itself, as it arrives."""


class Proxied:
    """A pool of connections to one server through a proxy. Safe for several threads."""

    def __init__(self, access: Access, proxy: str, context: ssl.SSLContext, connections: int, uses: Uses) -> None:
        self._manager = _manager(access, proxy, {"num_pools": 2, "maxsize": connections, "ssl_context": context})
        _watched(self._manager, uses)
        self._send = _opener(self._manager, access.server)

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """Return what a connection raises where no complete reply comes."""
        from urllib3.exceptions import HTTPError

        return (*FAILURES, HTTPError)

    def clear(self) -> None:
        """Close all connections."""
        self._manager.clear()

    def open(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: tuple[float, float]
    ) -> Any:
        """Send a request, and return the reply as soon as its headers have come."""
        import urllib3

        timeout = urllib3.Timeout(connect=seconds[0], read=seconds[1])
        return self._send(method, path, body=body, headers=headers, timeout=timeout, **PLAIN)


def _manager(access: Access, proxy: str, options: dict[str, Any]) -> Any:
    try:
        import urllib3
    except ImportError:
        raise Refusal("a proxy needs urllib3: pip install 'penstock-gitops[sync]'") from None

    if access.tls_name:
        options.update(server_hostname=access.tls_name, assert_hostname=access.tls_name)
    if access.insecure:
        options["assert_hostname"] = False
        warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)
    if "://" not in proxy:
        proxy = f"http://{proxy}"  # as for kubectl and curl
    try:
        if proxy.startswith(("socks5://", "socks5h://")):
            return _socks(proxy, options)
        return urllib3.ProxyManager(proxy, **options)
    except (urllib3.exceptions.HTTPError, ValueError):  # the error would quote a password
        raise Refusal("the address of the proxy is not one: it should be like http://proxy.example.com:3128") from None


def _socks(proxy: str, options: dict[str, Any]) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # what is missing is said below
            from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        raise Refusal("a SOCKS proxy needs PySocks: pip install pysocks") from None
    return SOCKSProxyManager(proxy, **options)


def _watched(manager: Any, uses: Uses) -> None:
    """Make the connections of a manager report which request they serve. Those of a SOCKS proxy do not."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Pool(HTTPConnectionPool):
        ConnectionCls = in_one_piece(HTTPConnection, uses)

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = in_one_piece(HTTPSConnection, uses)

    if manager.pool_classes_by_scheme.get("http") is HTTPConnectionPool:
        manager.pool_classes_by_scheme = {"http": Pool, "https": EncryptedPool}


def _opener(manager: Any, server: str) -> Callable[..., Any]:
    """Return a function that sends a request to a path of the server.

    The pool is looked up once, unless the proxy wants whole URLs.
    """
    from urllib3 import ProxyManager

    if isinstance(manager, ProxyManager) and server.startswith("http:"):
        return lambda method, path, **options: manager.request(method, server + path, **options)
    pool, prefix = manager.connection_from_url(server), urlsplit(server).path
    return lambda method, path, **options: pool.urlopen(method, prefix + path, assert_same_host=False, **options)
