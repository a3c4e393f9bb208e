"""A watch ends when it is told to, at whatever moment of its request, though the server says nothing.

The client is closed right after that, as at the end of a sync: nothing cuts the connection a moment later.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from penstock.apply.client import Client
from penstock.apply.direct import Direct
from penstock.apply.inventory import Parent
from penstock.apply.kinds import Kind
from penstock.apply.kubeconfig import Access
from penstock.apply.watch import Watches
from penstock.apply.wire import _Watch
from penstock.model import ResourceId

KEY = ResourceId("", "ConfigMap", "x", "a")
KIND = Kind("", "v1", "ConfigMap", "configmaps", namespaced=True, has_status=False)
LIST = {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": []}


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that answers lists, and says nothing to a watch."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server asks for
            if "watch=true" in self.path:
                over.wait(60)
                return
            body = json.dumps(LIST).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    over.set()
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(("owner", "step"), [(_Watch, "over"), (Direct, "open"), (_Watch, "uses")])
def test_watch_ends_at_any_moment(silent: str, owner: Any, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    really = getattr(owner, step)

    def ended_before(*arguments: Any, **options: Any) -> Any:
        if threading.current_thread().name.startswith("watch /"):
            asked.append(step)
            if len(asked) == 2:  # the first request is the list
                watches.__exit__()
                client.__exit__()
        return really(*arguments, **options)

    monkeypatch.setattr(owner, step, ended_before)
    client = Client(Access("test", silent, "default"), {}, "test")
    watches = Watches(client, {KEY: KIND}, Parent("prod", "x"), [KEY])
    watches.__enter__()
    watches._streams[0].thread.join(20)
    assert len(asked) == 2
    assert not watches._streams[0].thread.is_alive()
