"""A web server on loopback for tests: what a test tells it to answer, and git repositories, all requests counted."""

import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple


class Page(NamedTuple):
    """An answer. `delay` seconds go by before it, and `seconds` before each byte of it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {}
    seconds: float = 0.0
    delay: float = 0.0


class Web:
    """`pages` by path with query; below `/git/` the bare repositories of a folder, by smart HTTP.

    `sent` are the headers of the last request for each path. What begins with a path of `guards` is given to those who
    send that `Authorization`; others get the page.
    """

    def __init__(self, url: str, repositories: Path) -> None:
        self.url = url
        self.repositories = repositories
        self.pages: dict[str, Page] = {}
        self.guards: dict[str, tuple[str, Page]] = {}
        self.requests: Counter[str] = Counter()
        self.sent: dict[str, dict[str, str]] = {}


@contextmanager
def serve(repositories: Path) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.requests[self.path] += 1
            web.sent[self.path] = dict(self.headers.items())
            stops = [page for start, (key, page) in web.guards.items() if self._is_guarded(start, key)]
            if stops:
                self._page(stops[0])
            elif self.path in web.pages:
                self._page(web.pages[self.path])
            elif self.path.startswith("/git/"):
                self._git()
            else:
                self.send_error(404)

        do_POST = do_GET  # noqa: N815  # the name that the server looks for

        def _is_guarded(self, start: str, key: str) -> bool:
            return self.path.startswith(start) and self.headers.get("Authorization") != key

        def _page(self, page: Page) -> None:
            ended.wait(page.delay)
            self.send_response(page.status)
            for name, value in ({"Content-Length": str(len(page.body))} | dict(page.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            if not page.seconds:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                if ended.wait(page.seconds):
                    return
                self.wfile.write(bytes([byte]))

        def _git(self) -> None:
            path, _, query = self.path.removeprefix("/git").partition("?")
            environ = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(web.repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            done = subprocess.run(["git", "http-backend"], env=environ, input=sent, capture_output=True, check=True)
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self._page(Page(body, int(headers.pop("Status", "200").split()[0]), headers))

        def log_message(self, format: str, *args: object) -> None:
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_address[1]}", repositories)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # how often it sees that it is to end
    thread.start()
    try:
        yield web
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
