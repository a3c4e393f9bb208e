"""A file of Jsonnet beside the real go-jsonnet, and beside rjsonnet alone: the same objects, and the time it takes.

    python bench/jsonnet.py DIRECTORY [--file FILE] [--library FOLDER]... [--manifests FOLDER] [--jsonnet PATH]

The defaults are those of a checkout of kube-prometheus, with its libraries in `vendor` as `jb install` puts them there.
`jsonnet` is the real program (`go install github.com/google/go-jsonnet/cmd/jsonnet@latest`). The file comes to an
object whose fields are objects of Kubernetes; with `--manifests` they are compared with those of a folder, too.

All times are those of whole processes, with those that they start, the least of some rounds: by the clock, and those of
processors, for which other work of the machine matters less.
"""

import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from penstock.files import Disk
from penstock.jsonnet.evaluate import Evaluator
from penstock.parse.document import load_as_it_is
from penstock.sources import JsonnetRequest

ALONE = """import json, sys, rjsonnet
json.loads(rjsonnet.evaluate_file(sys.argv[1], jpathdir=sys.argv[2:]))"""

OURS = """import sys
from penstock.files import Disk
from penstock.jsonnet.evaluate import Evaluator
from penstock.sources import JsonnetRequest
made, findings = Evaluator()(Disk("."), JsonnetRequest(sys.argv[1], libraries=tuple(sys.argv[2:])))
assert made is not None, findings"""

TARGET = "main.jsonnet"
"""A file that makes a list of the fields, which is what a target takes."""


class Taken(NamedTuple):
    """Seconds of the quickest round by the clock, and of the one that took least of the processors."""

    wall: float
    processor: float


def processor_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


PR_SET_CHILD_SUBREAPER = 36


def reap() -> None:
    """Wait for the workers of a process that has ended, so that what they took is counted."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def least(rounds: int, work: Callable[[], object]) -> Taken:
    walls, processors = [], []
    for _ in range(rounds):
        start, used = time.perf_counter(), processor_of_children()
        work()
        walls.append(time.perf_counter() - start)
        reap()
        processors.append(processor_of_children() - used)
    return Taken(min(walls), min(processors))


def ran(directory: str, *words: str) -> bytes:
    """What a program prints. It has a cache folder of its own, which is empty, and the bytecode of an installed one."""
    with tempfile.TemporaryDirectory() as cache:
        environ = {**os.environ, "XDG_CACHE_HOME": cache}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.run(words, cwd=directory, env=environ, capture_output=True, check=True).stdout


def value_of(arguments: argparse.Namespace) -> Any:
    """What Penstock makes of the file."""
    request = JsonnetRequest(arguments.file, libraries=tuple(arguments.library))
    made, findings = Evaluator()(Disk(arguments.directory), request)
    assert made is not None, findings
    return made.value


def named(objects: Iterable[Any]) -> dict[str, Any]:
    """Objects, and the items of lists, by kind, namespace and name."""
    found = {}
    for each in (item for body in objects for item in body.get("items", [body])):
        metadata = each["metadata"]
        found[" ".join(filter(None, (each["kind"], metadata.get("namespace"), metadata["name"])))] = each
    return found


def differing(first: dict[str, Any], second: dict[str, Any]) -> str:
    wrong = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    return ", ".join(wrong) or "none"


def manifests(folder: Path) -> Iterator[Any]:
    """The objects of a folder."""
    for path in sorted(folder.rglob("*.yaml")):
        documents, _ = load_as_it_is(path.read_bytes(), str(path))
        yield from (document.body for document in documents)


def say(name: str, taken: Taken, alone: Taken) -> None:
    wall = f"{taken.wall:6.2f} s ({taken.wall / alone.wall:.2f}x)"
    print(f"{name:32} {wall}, of processors {taken.processor:6.2f} s ({taken.processor / alone.processor:.2f}x)")


def compare_time(arguments: argparse.Namespace, program: str | None) -> None:
    directory, rounds = arguments.directory, arguments.rounds
    words = (arguments.file, *arguments.library)
    alone = least(rounds, lambda: ran(directory, sys.executable, "-c", ALONE, *words))
    say("rjsonnet alone", alone, alone)
    say("Penstock, the value", least(rounds, lambda: ran(directory, sys.executable, "-c", OURS, *words)), alone)
    with tempfile.TemporaryDirectory() as copy:
        repository = repository_of(arguments, Path(copy) / "repository")
        build = [sys.executable, "-m", "penstock", "build", "default/main"]
        say("penstock build, with its YAML", least(rounds, lambda: ran(repository, *build)), alone)
        check = [sys.executable, "-m", "penstock", "explain", "default/main", "Namespace/monitoring"]
        say("penstock explain of one object", least(rounds, lambda: ran(repository, *check)), alone)
    if program:
        paths = [word for library in arguments.library for word in ("-J", library)]
        say("go-jsonnet", least(rounds, lambda: ran(directory, program, *paths, arguments.file)), alone)


def repository_of(arguments: argparse.Namespace, place: Path) -> str:
    """A copy of the directory in which the file is a target."""
    shutil.copytree(arguments.directory, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    libraries = json.dumps(arguments.library)
    target = f"{{path: {TARGET}, type: directory, environment: default, app: main, jsonnet: {{libs: {libraries}}}}}"
    (place / "penstock.yaml").write_text(f"targets: [{target}]\n")
    (place / TARGET).write_text(f"std.objectValues(import {json.dumps(arguments.file)})\n")
    return str(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--file", default="example.jsonnet")
    parser.add_argument("--library", action="append")
    parser.add_argument("--manifests")
    parser.add_argument("--jsonnet", default="jsonnet")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    arguments.library = arguments.library or ["vendor"]
    program = shutil.which(arguments.jsonnet)
    value = value_of(arguments)
    print(f"{len(value)} objects")
    if program:
        paths = [word for library in arguments.library for word in ("-J", library)]
        other = json.loads(ran(arguments.directory, program, *paths, arguments.file))
        print(f"not as go-jsonnet makes them: {differing(value, other)}")
    if arguments.manifests:
        others = named(manifests(Path(arguments.directory) / arguments.manifests))
        print(f"{len(others)} in {arguments.manifests}; not alike: {differing(named(value.values()), others)}")
    compare_time(arguments, program)


if __name__ == "__main__":
    main()
