"""A server on loopback that does with each connection what a function says."""

import socket
import threading
from collections.abc import Callable


class Listener:
    """A port on which each connection is given to a function, in a thread of its own.

    When it is closed, the thread that accepts has ended. A late one takes a connection of whatever server comes next,
    since sockets are numbers, which are used again: another test then gets an answer that it never asked for.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._is_over = threading.Event()
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Accept nothing more."""
        self._is_over.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the thread
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            near = self._socket.accept()[0]
            if self._is_over.is_set():
                near.close()
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()
