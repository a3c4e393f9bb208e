"""An engine in a process of its own. The process is ended when it takes more time or memory than it may."""

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from typing import IO, Any

from penstock.jsonnet.engines import ENGINES
from penstock.jsonnet.wire import (
    CALL,
    FAILURE,
    FILE,
    HEAD,
    IMPORT,
    JOB,
    READY,
    REFUSED,
    RESULT,
    SEPARATOR,
    TOO_LONG,
    VALUE,
    send,
)
from penstock.records import NamedTuple
from penstock.sources import Natives

MEMORY = 384 * 1024 * 1024
"""Bytes of data that a worker may have: kube-prometheus, with all of its dashboards, takes 260 MB."""

SECONDS = {"rjsonnet": 4, "gojsonnet": 20}
"""Processor time of one evaluation. The same Jsonnet takes gojsonnet eight times as long."""

PATIENCE = 120
"""Seconds on the wall, for a machine that is busy with other things."""

MOST = 32 * 1024 * 1024
"""Bytes of a result."""

WORN = 96 * 1024 * 1024
"""A worker that has taken more memory than this is replaced, so that what one file may use does not depend on others.
"""

_START = (
    "import sys; sys.path[:0] = sys.argv[3:]; "
    "from penstock.jsonnet.child import main; main(sys.argv[1], int(sys.argv[2]))"
)


class Import(NamedTuple):
    """The answer to an import: a file with its content, or the reason why there is none."""

    path: str
    content: bytes = b""
    refusal: str = ""


class Answer(NamedTuple):
    """The result of a job: the text of a value, or the complaint of an engine.

    `limit` says which bound has ended the worker: `time`, `memory`, `result` or `crash`. `seconds` are those of a
    processor that the job took, so that a busy machine gives the same results.
    """

    value: str | None
    failure: str = ""
    limit: str = ""
    seconds: float = 0.0


class Worker:
    """One engine. Its process starts with the first job, and again after a job that has ended it."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.locks = ""
        """Which locks were laid on the process, as `sandbox.lock` names them."""
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Any = None

    def evaluate(
        self,
        file: str,
        variables: dict[str, dict[str, str]],
        find: Callable[[str, str], Import],
        natives: Natives | None = None,
    ) -> Answer:
        """Evaluate a file. `find` is called for each import with the directory of the importing file and the path that
        it names; for the file itself, the directory is empty.
        """
        process = self._started()
        parameters = dict(natives.parameters) if natives is not None else {}
        limits = {"seconds": SECONDS[self.engine], "most": MOST}
        job = {"file": file, "variables": variables, "natives": parameters, **limits}
        before = _processor(process)
        start = time.monotonic()
        deadline = start + PATIENCE
        try:
            send(_pipe(process.stdin), JOB, json.dumps(job).encode())
            answer = self._attend(process, _Answering(_pipe(process.stdin), find, natives), deadline)
        except (BrokenPipeError, EOFError):
            answer = Answer(None, limit=_why(self.engine, process.wait()))
        except TimeoutError:
            answer = Answer(None, limit="time")
        # Of a process that has ended, the clock tells the most that it can have taken.
        most = min(SECONDS[self.engine], time.monotonic() - start)
        seconds = most if answer.limit else _processor(process) - before
        if answer.limit or _memory(process) > WORN:
            self.stop()
        return answer._replace(seconds=seconds)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._end()
            self._process = None

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.stop()
            command = [sys.executable, "-I", "-S", "-c", _START, self.engine, str(MEMORY), *_roots(self.engine)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
            )
            self._end = weakref.finalize(self, _stop, self._process)
            kind, payload = _hear(self._process, time.monotonic() + PATIENCE)
            assert kind == READY, kind
            self.locks = payload.decode()
        return self._process

    def _attend(self, process: "subprocess.Popen[bytes]", answering: "_Answering", deadline: float) -> Answer:
        """Answer the imports and calls of a job until it is done."""
        while True:
            kind, payload = _hear(process, deadline)
            if kind == VALUE:
                return Answer(payload.decode("utf-8", "surrogatepass"))
            if kind == FAILURE:
                return Answer(None, payload.decode("utf-8", "replace"))
            if kind == IMPORT:
                answering.import_(*json.loads(payload))
            elif kind == CALL:
                answering.call(*json.loads(payload))
            else:
                return Answer(None, limit="result" if kind == TOO_LONG else "crash")


class _Answering:
    """Answers what a job asks for."""

    def __init__(self, to: Any, find: Callable[[str, str], Import], natives: Natives | None) -> None:
        self._to = to
        self._find = find
        self._natives = natives

    def import_(self, directory: str, path: str) -> None:
        found = self._find(str(directory), str(path))
        if found.refusal:
            send(self._to, REFUSED, found.refusal.encode("utf-8", "replace"))
        else:
            send(self._to, FILE, found.path.encode("utf-8", "surrogateescape") + SEPARATOR + found.content)

    def call(self, name: str, arguments: list[Any]) -> None:
        assert self._natives is not None
        try:
            result = _as_json(self._natives(str(name), arguments))
        except ValueError as problem:
            send(self._to, REFUSED, str(problem).encode("utf-8", "replace"))
        else:
            send(self._to, RESULT, result)


def _as_json(value: Any) -> bytes:
    """Return the JSON of a result. Raises ValueError where it has none."""
    try:
        return json.dumps(value, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("the result is nested too deeply") from None
    except ValueError:
        raise ValueError("the result has a number that is infinite or none, as JSON cannot have it") from None


def _roots(engine: str) -> list[str]:
    """Return the folders of the modules that a worker imports. Its Python searches nowhere else, so that it starts
    quickly.
    """
    found = [importlib.util.find_spec(name) for name in ("penstock", ENGINES[engine])]
    places = [os.path.dirname(str(spec.origin)) for spec in found if spec is not None]
    return [os.path.dirname(places[0]), os.path.dirname(places[1]) if engine == "rjsonnet" else places[1]]


def _pipe(stream: IO[bytes] | None) -> Any:
    assert stream is not None
    return stream


def _hear(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[bytes, bytes]:
    """Return the next message. Raises `TimeoutError` at the deadline, and `EOFError` if the process has ended."""
    kind, length = HEAD.unpack(_read(process, HEAD.size, deadline))
    if length > MOST:
        raise EOFError
    return kind, _read(process, length, deadline)


def _read(process: "subprocess.Popen[bytes]", length: int, deadline: float) -> bytes:
    descriptor = _pipe(process.stdout).fileno()
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    pieces = []
    while length:
        if not ready.poll(max(0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(descriptor, min(length, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        try:
            _pipe(stream).close()
        except BrokenPipeError:
            continue


def _why(engine: str, status: int) -> str:
    """Return which bound has ended a process."""
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return "time" if status == -signal.SIGXCPU else "memory"
    return "memory" if status == -signal.SIGABRT or (engine == "gojsonnet" and status == 2) else "crash"


def _processor(process: "subprocess.Popen[bytes]") -> float:
    """Return the seconds of a processor that a process has taken, or those of a clock where the system does not
    tell.
    """
    try:
        with open(f"/proc/{process.pid}/stat", "rb") as file:
            user, system = file.read().rpartition(b")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return time.monotonic()


def _memory(process: "subprocess.Popen[bytes]") -> int:
    """Return the bytes of memory that a process has, or 0 where the system does not tell."""
    try:
        with open(f"/proc/{process.pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
