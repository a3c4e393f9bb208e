#!/usr/bin/env python3
"""How fast objects are checked: loaded ones with all checks, and a directory of files beside `kubeconform -strict`.

    bench/check.py [--documents N] [--targets N] [--runs N] [--kubeconform BIN]

The documents are the valid ones of the fixtures, of every built-in kind that they have, each with a name of its own.
The schemas of kubeconform are those of the package kubernetes-validate on disk, one file for each kind. CPU seconds
count, those of all threads of a process; the best of some runs. `anew` does all the work (`--no-cache`). `unchanged` is
the same command line once more: each file is read, and its digest compared. With one image or one label changed, that
file is parsed, that object is judged, and what depends on several objects of its target is worked out again: all of
them are in one target, or with --targets in several ones of the same size.
"""

import argparse
import compileall
import gc
import itertools
import resource as system
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kubeconform import location, make_schemas
from tests.cases import SCHEMAS, resource, valid_bodies

import penstock
from penstock.emit.yaml import dump
from penstock.model import Tree
from penstock.tree import with_values
from penstock.validate.check import validate

PENSTOCK = str(Path(sys.executable).parent / "penstock")
SKIPPED = ("CustomResourceDefinition",)
"""Two definitions of one kind are no ordinary tree."""


def main() -> int:
    options = arguments()
    bodies = list(itertools.islice(documents(), options.documents))
    loaded = [resource(body) for body in bodies]
    compileall.compile_dir(Path(penstock.__file__).parent, quiet=1)  # as the program is installed
    gc.disable()  # as the program does
    best = min(seconds(lambda: validate(loaded, SCHEMAS), time.process_time) for _ in range(options.runs))
    print(f"{len(loaded):,} loaded documents with all checks: {best * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        files = write(bodies, Path(folder), options.targets)
        anew = [PENSTOCK, "check", "--offline", "--quiet", "-o", "summary", "--no-cache", "."]
        again = [word for word in anew if word != "--no-cache"]
        run(again, folder)
        mine = {}
        ways = {"anew": anew, "unchanged": again, "one image changed": again, "one label changed": again}
        for what, ours in ways.items():
            mine[what] = min(
                seconds(partial(run, ours, folder), of_children) for _ in states(what, bodies, files, options.runs)
            )
            speed = len(bodies) / mine[what]
            print(f"penstock check of the same in files, {what}: {mine[what]:.3f} s, {speed:,.0f} documents per second")
        if options.kubeconform:
            make_schemas([], Path(folder) / "schemas")
            theirs = [options.kubeconform, "-strict", "-summary", "-schema-location", location("schemas")]
            theirs += ["-ignore-filename-pattern", "kustomization", "objects"]
            peer = min(seconds(lambda: run(theirs, folder), of_children) for _ in range(options.runs))
            print(f"kubeconform -strict: {peer:.3f} s, {len(bodies) / peer:,.0f} documents per second")
            print(", ".join(f"{what}: {peer / one:.1f}x of its speed" for what, one in mine.items()))
    return 0


def documents() -> Iterator[Tree]:
    """The valid documents again and again, each time with other names."""
    bodies = [body for body in valid_bodies() if body.get("kind") not in SKIPPED]
    for number in itertools.count():
        for body in bodies:
            yield {**body, "metadata": {**body["metadata"], "name": f"{body['metadata'].get('name', 'a')}-{number}"}}


def write(bodies: list[Tree], root: Path, targets: int) -> list[Path]:
    """Write a file for each object, in directories of the same size with a kustomization each. Return the files."""
    size = -(-len(bodies) // targets)
    files = [root / "objects" / str(number // size) / f"{number}.yaml" for number in range(len(bodies))]
    for file, body in zip(files, bodies, strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dump(body))
    for place, of_target in itertools.groupby(files, key=lambda file: file.parent):
        lines = "".join(f"- {file.name}\n" for file in of_target)
        (place / "kustomization.yaml").write_text(f"resources:\n{lines}")
    return files


def run(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=False, capture_output=True)


def states(what: str, bodies: list[Tree], files: list[Path], runs: int) -> Iterator[int]:
    """Yield the numbers of the runs. Before each, a Deployment is changed."""
    number = next(number for number, body in enumerate(bodies) if body["kind"] == "Deployment")
    for turn in range(runs):
        value = f"state-{turn}"
        changes = {
            "one label changed": (("metadata", "labels", "state"), value),
            "one image changed": (("spec", "template", "spec", "containers", 0, "image"), value),
        }
        if what in changes:
            files[number].write_text(dump(with_values(bodies[number], [changes[what]])))
        yield turn


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begun = clock()
    work()
    return clock() - begun


def of_children() -> float:
    """The CPU seconds of all processes that have ended."""
    used = system.getrusage(system.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--targets", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kubeconform", help="the program")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
