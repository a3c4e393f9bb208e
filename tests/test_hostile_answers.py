"""What servers answer, as files, as repositories and as charts: each run ends, within bounds of time and memory."""

import gzip
import json
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from tests.listener import Listener
from tests.test_hostile_caches import ran
from tests.test_remote import BASE, PRINTED, Place

from penstock.remote import git


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers each connection by a function, as long as the other side listens."""

    def serve_one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            connection.recv(65536)
            answer(connection)

    with closing(Listener(serve_one)) as listener:
        yield f"http://127.0.0.1:{listener.port}"


def forever(first: bytes, then: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(then)

    return answer


def once(*parts: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(b"".join(parts))


OK = b"HTTP/1.1 200 OK\r\n"
ADVERT = OK + b"Content-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e# service=git-upload-pack\n0000"
V2 = ADVERT + b"000eversion 2\n"
REF = b"1" * 40 + b" refs/heads/" + b"x" * 200 + b"\n"
PACKET = b"%04x" % (len(REF) + 4) + REF
ANSWERS: dict[str, Callable[[socket.socket], None]] = {
    "body without end": forever(OK + b"\r\n", b"#" * 65536),
    "chunks without end": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"#" * 65536 + b"\r\n"),
    "small chunks": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
    "a chunk of any size": once(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"),
    "a chunk without a size": once(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nx\r\n"),
    "a chunk line without end": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
    "trailers without end": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 1000),
    "headers without end": forever(OK, b"X: y\r\n" * 1000),
    "a header without end": forever(OK + b"X: ", b"y" * 65536),
    "a status without end": forever(b"HTTP/1.1 200 ", b"y" * 65536),
    "continue without end": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "no HTTP": once(b"\x00\x01\x02\x1b[2J"),
    "nothing": once(),
    "a status of escapes": once(b"HTTP/1.1 500 \x1b[2J\r\n\r\n"),
    "an odd status": once(b"HTTP/1.1 999999 no\r\n\r\n"),
    "a longer length": once(OK + b"Content-Length: 99999999999999\r\n\r\nx"),
    "a shorter length": once(OK + b"Content-Length: 3\r\n\r\nkind: Pod\n"),
    "a negative length": once(OK + b"Content-Length: -1\r\n\r\n\x1b"),
    "a length of digits": once(OK + b"Content-Length: " + b"9" * 9000 + b"\r\n\r\nx"),
    "gzip": once(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"\0" * 30_000_000)),
    "a redirect to nothing": once(b"HTTP/1.1 302 x\r\nLocation: \r\n\r\n"),
    "a redirect to itself": once(b"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n"),
    "a redirect to brackets": once(b"HTTP/1.1 302 x\r\nLocation: http://[\r\n\r\n"),
    "a redirect to a file": once(b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n\r\n"),
    "a redirect with a password": once(b"HTTP/1.1 302 x\r\nLocation: http://me:hunter2@127.0.0.1:1/\r\n\r\n"),
    "a redirect with a secret": once(b"HTTP/1.1 302 x\r\nLocation: ftp://127.0.0.1:1/?token=hunter2\r\n\r\n"),
    "a redirect of escapes": once(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\x1b[2J\x80\r\n\r\n"),
    "a long redirect": once(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/" + b"x" * 60_000 + b"\r\n\r\n"),
    "refs without end": forever(ADVERT, PACKET * 300),
    "capabilities without end": forever(V2, b"000cabcdefgh" * 5000),
    "packets of no size": once(ADVERT + b"0001" * 1000 + b"0003"),
    "a complaint": once(ADVERT + b"0019ERR \x1b[2Jhello hunters"),
    "complaints without end": forever(ADVERT, b"fff0ERR " + b"\x1b" * 65512),
}


@pytest.mark.parametrize("form", ["crds.yaml", "x.git?timeout=3&ref=v1"])
@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_of_a_server_does_harm(what: str, form: str, place: Place) -> None:
    with server(ANSWERS[what]) as url:
        place.uses(f"{url}/{form}")
        ran(place, "build", "--fetch")
        ran(place, "lock")


@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_of_a_server_of_charts_does_harm(what: str, place: Place) -> None:
    with server(ANSWERS[what]) as url:
        for repo, name in ((url, "web"), (url.replace("http", "oci"), "web")):
            chart = {"name": name, "repo": repo, "version": "1.0.0", "releaseName": "w"}
            place.ours.write({"kustomization.yaml": json.dumps({"helmCharts": [chart]})})
            ran(place, "build", "--fetch", "--enable-helm", ".")


# --- git beside a server ---------------------------------------------------------------------------------------------


@pytest.fixture
def base(place: Place) -> Place:
    """A repository of ours that uses a base with a tag."""
    repository = place.remote()
    repository.commit(BASE)
    repository.git("tag", "v1")
    place.uses(f"{place.url()}?ref=v1")
    return place


def in_place_of_git(place: Place, lines: str) -> None:
    """Let a script run for `git ls-remote`, in which `$GIT` is git itself."""
    folder = place.root / "bin"
    folder.mkdir()
    script = f'#!/bin/sh\nGIT={shutil.which("git")}\ncase " $* " in *" ls-remote "*)\n{lines}\nesac\nexec "$GIT" "$@"\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    place.environ["PATH"] = f"{folder}:{place.environ['PATH']}"


def test_what_git_says_is_read_to_its_end_long_after_git_has_ended(base: Place) -> None:
    """On a busy machine, git has ended before its output is read."""
    in_place_of_git(base, 'said=$("$GIT" "$@"); (sleep 4; echo "$said") & exit 0')
    assert base.run("build", "--fetch").out == PRINTED


def test_an_output_that_never_ends_is_not_waited_for_beyond_the_time(base: Place) -> None:
    base.uses(f"{base.url()}?ref=v1&timeout=2")
    in_place_of_git(base, '"$GIT" "$@"; sleep 300 & exit 0')
    answer = ran(base, "build", "--fetch", statuses=(4,))
    assert "did not answer in time" in answer.err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process that runs")
def test_the_memory_of_git_is_limited(base: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told = base.root / "told"
    in_place_of_git(base, f"sleep 0.5; ulimit -d > '{told}'")
    assert base.run("build", "--fetch").out == PRINTED
    assert int(told.read_text()) == git.MAX_MEMORY >> 10
    monkeypatch.setattr(git, "MAX_MEMORY", 16 << 20)
    with server(ANSWERS["refs without end"]) as url:
        base.uses(f"{url}/x.git?ref=v1")
        assert "says more of itself than 16,777,216 bytes" in ran(base, "build", "--fetch").err
