"""The program that runs in a worker: one engine, which evaluates one job at a time. It sees only the files that it is
handed.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from penstock.jsonnet import sandbox
from penstock.jsonnet.wire import (
    CALL,
    FAILURE,
    FILE,
    HEAD,
    IMPORT,
    JOB,
    READY,
    RESULT,
    SEPARATOR,
    TOO_LONG,
    VALUE,
    send,
)

MAX_STACK = 500
"""Calls within one another: the default of all engines, and so what Argo CD allows."""

MAX_TRACE = 20
"""Lines of the way to an error."""

HOME = "/"
"""The directory that the process runs in. What is in no file imports from there, as an engine sees it."""


class Refused(Exception):  # noqa: N818  # the caller is wrong
    """The reason why a function has no result."""


class _Parent:
    """The process that started this one."""

    def __init__(self) -> None:
        self._asks: BinaryIO = os.fdopen(os.dup(0), "rb")
        self._told: BinaryIO = os.fdopen(os.dup(1), "wb")
        self.refusal = ""
        """Why the last call of a function was refused."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):  # what `std.trace` prints is for nobody
            os.dup2(nowhere, standard)

    def tell(self, kind: bytes, payload: bytes) -> None:
        send(self._told, kind, payload)

    def hear(self) -> tuple[bytes, bytes]:
        """Return the next message. The process ends if nobody is left to send one."""
        head = self._asks.read(HEAD.size)
        if len(head) < HEAD.size:
            os._exit(0)
        kind, length = HEAD.unpack(head)
        return kind, self._asks.read(length)

    def imported(self, directory: str, path: str) -> tuple[str, bytes]:
        """Return a file by the path under which another file imports it. Raises an error with the reason where there is
        none.
        """
        self.tell(IMPORT, json.dumps([directory, path]).encode())
        kind, payload = self.hear()
        if kind != FILE:
            raise LookupError(payload.decode())
        found, _, content = payload.partition(SEPARATOR)
        return found.decode(), content

    def natives(self, job: dict[str, Any]) -> dict[str, tuple[tuple[str, ...], Callable[..., Any]]]:
        """Return the functions of `std.native`, each with the names of its parameters."""
        return {name: (tuple(given), partial(self.called, name)) for name, given in job["natives"].items()}

    def called(self, name: str, *arguments: Any) -> Any:
        """Return the result of a function. Raises `Refused` with the reason where there is none."""
        self.tell(CALL, json.dumps([name, arguments]).encode())
        kind, payload = self.hear()
        if kind != RESULT:
            self.refusal = f"std.native({name!r}): {payload.decode()}"
            raise Refused(self.refusal)
        return json.loads(payload)


Evaluate = Callable[[dict[str, Any], _Parent], str]


def _rust(job: dict[str, Any], parent: _Parent) -> str:
    import rjsonnet

    def imported(directory: str, path: str) -> tuple[str, str]:
        here = "" if directory in (".", HOME) else directory
        found, content = parent.imported(here, path)
        return found, content.decode()

    made: str = rjsonnet.evaluate_file(
        job["file"],
        max_stack=MAX_STACK,
        max_trace=MAX_TRACE,
        import_callback=imported,
        native_callbacks=parent.natives(job),
        **job["variables"],
    )
    return made


def _go(job: dict[str, Any], parent: _Parent) -> str:
    import _gojsonnet

    def imported(directory: str, path: str) -> tuple[str, bytes]:
        try:
            return parent.imported(directory.rstrip("/"), path)
        except LookupError:
            return "", REFUSED_FILE  # this engine cannot take an exception; the other end knows what is wrong

    _, content = parent.imported("", job["file"])
    made: str = _gojsonnet.evaluate_snippet(
        job["file"],
        content.decode(),
        max_stack=MAX_STACK,
        max_trace=MAX_TRACE,
        import_callback=imported,
        native_callbacks=parent.natives(job),
        **job["variables"],
    )
    return made


REFUSED_FILE = b'error "this import was refused"'

_ENGINES: dict[str, tuple[str, Evaluate]] = {"rjsonnet": ("rjsonnet", _rust), "gojsonnet": ("_gojsonnet", _go)}


def main(engine: str, data: int) -> None:
    """Evaluate jobs until nobody sends any more. `data` is the number of bytes of memory that may be used."""
    parent = _Parent()
    module, evaluate = _ENGINES[engine]
    os.chdir(HOME)
    __import__(module)
    sandbox.limit(data)
    parent.tell(READY, " ".join(sandbox.lock()).encode())
    while True:
        kind, payload = parent.hear()
        if kind == JOB:
            parent.tell(*_answer(json.loads(payload), evaluate, parent))


def _answer(job: dict[str, Any], evaluate: Evaluate, parent: _Parent) -> tuple[bytes, bytes]:
    sandbox.limit_time(job["seconds"])
    parent.refusal = ""
    try:
        made = evaluate(job, parent).encode("utf-8", "surrogatepass")
    except BaseException as error:  # noqa: BLE001  # a panic of an engine is no Exception; all of them are its words
        if is_no_room(error):
            os.abort()  # as the engines do themselves where they find no memory
        return FAILURE, _words(str(error), parent.refusal).encode("utf-8", "replace")
    if len(made) > job["most"]:
        return TOO_LONG, b""
    return VALUE, made


NO_ROOM = ("Python API call failed", "assertion failed: !data.is_null()")
"""How rjsonnet panics where there is no memory for the text of its result."""


def is_no_room(error: BaseException) -> bool:
    """Return whether an engine has broken off for lack of memory."""
    return isinstance(error, MemoryError) or (type(error).__name__ == "PanicException" and str(error) in NO_ROOM)


_NATIVE_FAILURES = re.compile(
    r"error invoking native extension \w+: Refused: .*|failed to execute native callback, code: 0"
)
"""What the engines say where a function of `std.native` has no result."""


_SCALARS = "with gojsonnet, the functions of std.native take no objects and lists"


def _words(said: str, refusal: str) -> str:
    return _NATIVE_FAILURES.sub(lambda _: refusal or _SCALARS, said, count=1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
