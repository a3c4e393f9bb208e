"""How requests of one user reach one API server: credentials, the headers that carry them, and the connections."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.apply import plugin
from penstock.apply.kubeconfig import Access, Plugin, read_file
from penstock.apply.wire import Wire
from penstock.model import Refusal

SHORTEST = 2.0
"""Seconds that a plugin gets in any case, so that a run can be ended in order."""


class Login:
    """The credential of a user, with the connections and headers that it takes. Safe for several threads.

    `workers` is how many connections are open at a time. `left` tells how many seconds the run may still take, which
    bounds a plugin, too.
    """

    def __init__(
        self, access: Access, environ: Mapping[str, str], agent: str, workers: int, left: Callable[[], float]
    ) -> None:
        self._access = access
        self._environ = environ
        self._agent = agent
        self._workers = workers
        self._left = left
        self._lock = threading.Lock()
        self.credential: plugin.Credential | None = None
        self.wire: Any = None
        self.headers: Any = None
        self.renew(None)

    @property
    def can_be_renewed(self) -> bool:
        return bool(self._access.plugin or self._access.token_file)

    def keep_fresh(self) -> None:
        """Renew a credential whose time is over."""
        if self.credential and self.credential.is_expired:
            self.renew(self.credential)

    def renew(self, rejected: plugin.Credential | None) -> None:
        """Run the plugin or read the token file again, unless another thread has just replaced `rejected`.

        A new connection is made where the client certificate has changed.
        """
        with self._lock:
            if self.credential is not rejected:
                return
            fresh = self._from_plugin(self._access.plugin) if self._access.plugin else plugin.Credential()
            if self.wire is None or fresh.certificate != (rejected or fresh).certificate:
                self.wire = Wire(self._access, fresh, self._environ, self._workers)
            self.credential = fresh
            self.headers = self._new_headers(fresh)

    def _from_plugin(self, program: Plugin) -> plugin.Credential:
        return plugin.fetch(program, self._environ, max(SHORTEST, self._left()))

    def _new_headers(self, credential: plugin.Credential) -> Any:
        """Return the headers of all requests."""
        headers = {"User-Agent": self._agent}
        token = credential.token or self._access.token
        if self._access.token_file:
            token = _read_token(self._access.token_file)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif self._access.login:
            headers["Authorization"] = f"Basic {b64encode(self._access.login.encode(errors='replace')).decode()}"
        return _with_impersonation(headers, self._access.impersonate) if self._access.impersonate else headers


def _with_impersonation(headers: dict[str, str], added: Iterable[tuple[str, str]]) -> Any:
    """Return headers of which some occur several times, as those for the groups of an impersonated user do."""
    try:
        from urllib3 import HTTPHeaderDict
    except ImportError:
        raise Refusal("impersonation needs urllib3: pip install 'penstock-gitops[sync]'") from None
    several = HTTPHeaderDict(headers)
    for name, value in added:
        several.add(name, value)
    return several


def _read_token(path: str) -> str:
    try:
        token = read_file(path).decode("ascii").strip()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "not ASCII"
        raise Refusal(f"cannot read the token file {path}: {why}", 4) from None
    if not token.isprintable():
        raise Refusal(f"the token file {path} has more than one line, or a control character in it", 4)
    return token
