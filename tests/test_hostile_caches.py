"""More that lies in the cache, stands in a lock file or comes from a server: each run ends, and nothing is believed
that was not checked.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.cases import spent
from tests.test_hostile_git import SECONDS
from tests.test_remote import BASE, PRINTED, Place

from penstock.remote import lock


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    base = place.remote()
    base.commit(BASE)
    base.git("tag", "v1")
    place.uses(f"{place.url()}?ref=v1")
    assert place.run("lock").status == 0
    return place


@pytest.mark.parametrize("name", ["config", "HEAD", "objects/pack/multi-pack-index", "refs/replace/1"])
def test_a_pipe_in_a_repository_of_the_cache_is_not_waited_for(name: str, place: Place) -> None:
    (entry,) = (place.cache / "git").iterdir()
    path = entry / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert place.run("build", "--no-cache", "--offline").status == 4
    assert place.run("build", "--no-cache").out == PRINTED


def test_a_lock_file_with_a_key_twice_or_too_large_is_refused(place: Place) -> None:
    path = place.ours.path / lock.NAME
    commit = json.loads(path.read_text())["remotes"][0]["commit"]
    path.write_text(path.read_text().replace(f'"commit": "{commit}"', f'"commit": "{commit}", "commit": "{commit}"'))
    assert "has the key 'commit' twice" in place.run("build", "--no-cache").err
    path.write_text('{"version": 1, "remotes": [' + "{}," * 3_000_000 + "{}]}")
    assert "the limit is 8,388,608" in place.run("build", "--no-cache").err


@contextmanager
def endless(first: bytes, then: bytes) -> Iterator[str]:
    """A server that begins each answer in one way and goes on in another, as long as the other side listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            connection.recv(65536)
            connection.sendall(first)
            while True:
                connection.sendall(then)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve_one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/crds.yaml"
    finally:
        listener.close()


ENDLESS = {
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 1000),
    "continuations": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "small chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_lines_of_an_answer_without_end_are_not_read(what: str, tmp_path: Path) -> None:
    place, before = Place(tmp_path), spent()
    with endless(*ENDLESS[what]) as url:
        place.uses(url)
        answer = place.run("build", "--fetch")
    assert answer.status in (3, 4)
    assert "cannot be read" in answer.err
    assert spent() - before < SECONDS
