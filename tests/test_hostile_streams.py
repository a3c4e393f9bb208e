"""`penstock sync` and `status` against an API server whose HTTP is wrong, or whose watches are.

As in `test_hostile_server`: whatever the server does, the command ends in time, within its memory, with a message.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.test_hostile_server import (
    GROUPS,
    KINDS,
    LIST,
    NEVER_MIND,
    Asked,
    Ended,
    Hostile,
    check_bounds,
    is_at,
    listing,
    properly,
    repository,
    saying,
    tried,
)

__all__ = ["repository"]

Answer = Callable[[Asked], None]

WATCHED = "/api/v1/namespaces/default/configmaps"


def raw(*pieces: bytes) -> Answer:
    """Send these bytes as the whole answer, and close the connection."""

    def answer(asked: Asked) -> None:
        for piece in pieces:
            asked.wfile.write(piece)
        asked.close_connection = True

    return answer


def over_and_over(piece: bytes, start: bytes = b"") -> Answer:
    def answer(asked: Asked) -> None:
        asked.wfile.write(start)
        while not asked.server.is_over.wait(0.001):
            asked.wfile.write(piece)

    return answer


def large(**content: object) -> Answer:
    """A list of one object with ten megabytes in it."""
    return listing({"metadata": {"name": "a", "namespace": "default"}, "data": {"k": "v" * 10_000_000}, **content})


START = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
EMPTY = b'{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":[]}'

ANSWERS: dict[str, Answer] = {
    "one header of four megabytes": raw(START, b"X-A: " + b"a" * 2**22 + b"\r\n\r\n", EMPTY),
    "ten thousand headers": raw(START, b"X-A: a\r\n" * 10_000, b"\r\n", EMPTY),
    "no protocol at all": raw(b"hello \x1b[2J\r\n\r\n"),
    "another protocol": raw(b"HTTP/9.9 banana split\r\n\r\n"),
    "a status of nine digits": raw(b"HTTP/1.1 999999999 OK\r\n\r\n"),
    "a status below nothing": raw(b"HTTP/1.1 -1 OK\r\n\r\n"),
    "interim answers for ever": over_and_over(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a switch of protocols": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "not modified": raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "less than it promises": raw(START, b"Content-Length: 1000\r\n\r\n", EMPTY),
    "more than it promises": raw(START, b"Content-Length: 5\r\n\r\n", EMPTY),
    "a length below nothing": raw(START, b"Content-Length: -5\r\n\r\n", EMPTY),
    "a length in words": raw(START, b"Content-Length: many\r\n\r\n", EMPTY),
    "two lengths": raw(START, b"Content-Length: 5\r\nContent-Length: 67\r\n\r\n", EMPTY),
    "a chunk without a size": raw(START, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "a chunk of a petabyte": raw(START, b"Transfer-Encoding: chunked\r\n\r\n4000000000000\r\n{}"),
    "a chunk below nothing": raw(START, b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n"),
    "a chunk of all that comes": over_and_over(b" " * 2**16, START + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
    "a chunk size that never ends": raw(START, b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 2**20),
    "another encoding of chunks": raw(START, b"Transfer-Encoding: gzip\r\n\r\n", EMPTY),
    "brotli": raw(START, b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
    "protobuf": raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.kubernetes.protobuf\r\n\r\nk8s\x00\xff\xfe"),
    "utf-16": raw(START, b"\r\n", EMPTY.decode().encode("utf-16")),
    "a cookie and an authentication": raw(START, b"Set-Cookie: a=b\r\nWWW-Authenticate: Basic\r\n\r\n", EMPTY),
    "a redirect to a file": saying(b"", 302, ("Location", "file:///etc/passwd")),
    "a redirect to itself": saying(b"", 308, ("Location", "/api/v1/configmaps")),
    "an object of ten megabytes": large(),
    "an object that ends in the middle": raw(START, b'\r\n{"items":[{"metadata":{"name":"a'),
    "a version that is a mapping": listing({"metadata": {"name": "a", "resourceVersion": {"a": 1}}}),
    "a version below nothing": listing(resourceVersion="-5"),
    "a version of forty digits": listing(resourceVersion="9" * 40),
    "the same key a million times": raw(START, b"\r\n{" + b'"items":[],' * 500_000 + b'"metadata":{}}'),
}
"""What the server may answer where a list is asked for."""


def event(kind: str, /, **content: object) -> bytes:
    return json.dumps({"type": kind, "object": content}).encode() + b"\n"


def stream(*lines: bytes, pause: float = 0.0) -> Answer:
    """Send these lines as a watch, over and over with a pause, or once without one."""

    def answer(asked: Asked) -> None:
        if pause:
            asked.say_for_ever(b"".join(lines), pause)
        else:
            asked.say(b"".join(lines))

    return answer


GONE = event("ERROR", kind="Status", code=410, reason="Expired", message="too old \x1b[2J")
BOOKMARK = event("BOOKMARK", metadata={"resourceVersion": "7"})
DELETED = event("DELETED", metadata={"name": "a", "namespace": "default"})

WATCHES: dict[str, Answer] = {
    "too old, for ever": stream(GONE),
    "bookmarks for ever": stream(BOOKMARK, pause=0.001),
    "a bookmark with an odd version": stream(event("BOOKMARK", metadata={"resourceVersion": {"a": 1}}), pause=0.01),
    "silence": lambda asked: asked.say_for_ever(b"", 300),
    "a byte a second": stream(b" ", pause=1.0),
    "a line that never ends": stream(b"x" * 2**20, pause=0.001),
    "lines that are no JSON": stream(b"<html>\x1b[2J\n", pause=0.001),
    "numbers": stream(b"5\n", b"null\n", b"[]\n", b'"x"\n', pause=0.01),
    "events of no kind": stream(b"{}\n", b'{"type":5,"object":5}\n', b'{"type":"ADDED"}\n', pause=0.01),
    "objects of others": stream(event("ADDED", kind="Secret", metadata={"name": "admin"}), pause=0.01),
    "objects without metadata": stream(event("MODIFIED", kind="ConfigMap"), event("MODIFIED", metadata=5), pause=0.01),
    "deletions for ever": stream(DELETED, pause=0.01),
    "an error without words": stream(event("ERROR"), pause=0.01),
    "unauthorized": saying({"kind": "Status", "code": 401, "reason": "Unauthorized"}, 401),
    "forbidden": saying({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}, 403),
    "patience without end": saying({"kind": "Status", "code": 429}, 429, ("Retry-After", "1000000000")),
    "an end at once": stream(),
    "no answer at all": raw(),
    "an object of ten megabytes": stream(event("MODIFIED", metadata={"name": "a"}, data={"k": "v" * 10_000_000})),
    "brackets": stream(b"[" * 1_000_000 + b"\n", pause=0.1),
}
"""What the server may answer where the sync watches for the health of its objects."""


VERBS = ["get", "list", "watch"]
WATCHABLE = {"version": "v1", "freshness": "Current", "resources": [{**kind, "verbs": VERBS} for kind in KINDS]}


def check(ended: Ended, server: Hostile) -> None:
    assert ended.status in NEVER_MIND, ended.words
    check_bounds(ended, server)


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_the_answer_is_the_command_ends(name: str, repository: Path, tmp_path: Path) -> None:
    def answer(asked: Asked) -> None:
        (ANSWERS[name] if is_at(asked, LIST) else properly)(asked)

    ended, server = tried("status", answer, lambda line: line.startswith(LIST), repository, tmp_path)
    check(ended, server)


@pytest.mark.parametrize("name", WATCHES)
def test_whatever_a_watch_brings_the_sync_ends(name: str, repository: Path, tmp_path: Path) -> None:
    there: dict[str, dict[str, object]] = {}

    def answer(asked: Asked) -> None:
        if "watch=true" in asked.path:
            WATCHES[name](asked)
        elif asked.place == "/api":
            asked.say({**GROUPS, "items": [{"metadata": {"name": ""}, "versions": [WATCHABLE]}]})
        elif asked.command == "PATCH" and asked.place.startswith(WATCHED):
            body = json.loads(asked.data)
            body["metadata"].update(resourceVersion="5", uid="u")
            there[asked.place] = {**body, "status": {"conditions": [{"type": "Reconciling", "status": "True"}]}}
            asked.say(there[asked.place])
        elif asked.place == WATCHED and there:
            listing(*there.values(), resourceVersion="6")(asked)
        else:
            properly(asked)

    ended, server = tried("sync", answer, lambda line: "watch=true" in line, repository, tmp_path)
    check(ended, server)
