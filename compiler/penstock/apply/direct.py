"""Connections to an API server without a proxy in between, on the standard library: most syncs need nothing else.

The import of a larger library costs as much as a tenth of a sync that changes nothing.
"""

import http.client
import select
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Uses = Callable[[Any], None]
"""Is told which connection the request of this thread uses."""


FAILURES = (OSError, ValueError, http.client.HTTPException)
"""What a connection raises where no complete reply comes."""


def in_one_piece(base: Any, uses: Uses) -> Any:
    """Return a class of connections that send headers and body together.

    Sent separately they are two packets, and the server wakes up twice.
    """

    class Connection(base):  # type: ignore[misc]
        _held: bytearray | None = None
        used: Any = None
        """The socket of the last request. The connection forgets it where the server wants to close."""

        def request(self, *arguments: Any, **options: Any) -> None:
            uses(self)
            self._held = held = bytearray()
            try:
                super().request(*arguments, **options)
            finally:
                self._held = None
            super().send(bytes(held))
            self.used = self.sock

        def send(self, data: Any) -> None:
            if self._held is None:
                super().send(data)
            else:
                self._held += data

    return Connection


class _Encrypted(http.client.HTTPSConnection):
    """A connection by TLS, whose certificate may have to be for another name than the one in the address."""

    tls_name = ""

    def __init__(self, *arguments: Any, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(*arguments, context=context, **options)
        self._tls = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.tls_name or self.host)


class Direct:
    """A pool of connections to one server. Safe for several threads."""

    failures = FAILURES

    def __init__(self, server: str, context: ssl.SSLContext, tls_name: str, uses: Uses) -> None:
        parts = urlsplit(server)
        self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path
        self._is_encrypted = parts.scheme == "https"
        self._context, self._tls_name = context, tls_name
        self._kind = in_one_piece(_Encrypted if self._is_encrypted else http.client.HTTPConnection, uses)
        self._idle: list[Any] = []
        self._is_over = False
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Close all connections that no request uses, and from then on every one after its request."""
        with self._lock:
            self._is_over = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def open(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: tuple[float, float]
    ) -> "Reply":
        """Send a request, and return the reply as soon as its headers have come.

        `seconds` are those for the connection, and those for each part of the reply.
        """
        connection = self._idle_one() or self._new_one(seconds[0])
        try:
            connection.sock.settimeout(seconds[1])
            connection.request(method, self._prefix + path, body=body, headers=headers)
            return Reply(self, connection, connection.getresponse())
        except TimeoutError:
            connection.close()
            raise TimeoutError("Read timed out") from None
        except BaseException:
            connection.close()
            raise

    def take_back(self, connection: Any) -> None:
        """Keep a connection for the next request, unless there is to be none."""
        with self._lock:
            if not self._is_over:
                self._idle.append(connection)
                return
        connection.close()

    def _idle_one(self) -> Any:
        """Return a connection that is still open, or None."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.sock is not None and not _has_something_to_read(connection.sock):
                return connection
            connection.close()

    def _new_one(self, seconds: float) -> Any:
        more = {"context": self._context} if self._is_encrypted else {}
        connection = self._kind(self._host, self._port, timeout=seconds, **more)
        connection.tls_name = self._tls_name
        try:
            connection.connect()
        except TimeoutError:
            connection.close()
            raise TimeoutError("connection timed out") from None
        except BaseException:
            connection.close()
            raise
        return connection


class Reply:
    """The reply to one request, which is read in parts."""

    def __init__(self, pool: Direct, connection: Any, response: http.client.HTTPResponse) -> None:
        self._pool, self._connection, self._response = pool, connection, response
        self.status = response.status
        self.headers = response.headers
        self.chunked = response.chunked

    def read(self, amount: int) -> bytes:
        """Return the next part, or nothing at the end. Raises `IncompleteRead` where the reply is cut off."""
        return self._whole(self._response.read, amount)

    def read1(self, amount: int) -> bytes:
        """Return what has come, without waiting for the whole amount. Raises `IncompleteRead`, too."""
        return self._whole(self._response.read1, amount)

    def release_conn(self) -> None:
        """Give the connection back, if the server keeps it open."""
        if self._response.will_close or not self._response.isclosed():
            self.close()
        else:
            # Otherwise Python closes it where it is forgotten, and an interruption that comes just then is lost.
            self._response.close()
            self._pool.take_back(self._connection)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._connection.close()

    def _whole(self, read: Callable[[int], bytes], amount: int) -> bytes:
        try:
            data = read(amount)
            if not data and self._response.length:
                raise http.client.IncompleteRead(data, self._response.length)
        except TimeoutError:
            self.close()
            raise TimeoutError("Read timed out") from None
        except BaseException:
            self.close()
            raise
        return data


def _has_something_to_read(sock: Any) -> bool:
    """Return whether an idle connection has been closed by the server, or holds what nobody has asked for."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
