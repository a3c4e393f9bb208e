#!/usr/bin/env python3
"""How the time of a command grows with its work, shape by shape; builds are measured beside Kustomize.

    bench/growth.py [--sizes 500 1000 2000] [--steepest 1.3] [--limit 60] [--clock] [--runs 2] [SHAPE...]

A shape is a repository that grows with n in one respect, such as a kustomization with n patches of n objects, and the
command that works on it. Printed are the seconds of processors for each size, and the exponent of growth between the
last two sizes: 1.0 is linear, 2.0 quadratic. Each figure is the best of some runs, in a process of its own and without
a cache. The exit status is 1 if a shape is steeper than `--steepest`.

KUSTOMIZE names the peer of the builds; without it, ours runs alone. `--clock` counts seconds of the clock and not of
processors: other work on the machine changes them more, but the peer has several threads.
"""

import argparse
import compileall
import math
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import growth_of_builds
import growth_of_charts
import growth_of_commands
import growth_of_configurations
import growth_of_mixtures
import growth_of_repositories
import growth_of_values
from growth_of_builds import Tree
from growth_of_commands import Work

import penstock

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com")

PENSTOCK = f"{shlex.quote(sys.executable)} -m penstock"


def built(shape: Callable[[int], Tree]) -> Callable[[int], Work]:
    """Return the work of a build, by the size of its tree."""
    return lambda n: Work("build --no-cache .", shape(n))


BUILDS = {**growth_of_builds.SHAPES, **growth_of_mixtures.BUILDS, **growth_of_configurations.SHAPES}
"""Shapes whose peer is Kustomize."""

SHAPES: dict[str, Callable[[int], Work]] = {
    **{name: built(shape) for name, shape in BUILDS.items()},
    **growth_of_mixtures.SHAPES,
    **growth_of_commands.SHAPES,
    **growth_of_charts.SHAPES,
    **growth_of_repositories.SHAPES,
    **growth_of_values.SHAPES,
}


def write(folder: Path, tree: Tree) -> None:
    for name, text in tree.items():
        path = folder / name
        path = path if path.suffix else path.with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def prepare(folder: Path, work: Work) -> None:
    """Write the repository of a shape. Where the command compares two commits, make these."""
    if not work.earlier:
        write(folder, work.tree)
        return
    for number, tree in enumerate((work.earlier, work.tree)):
        write(folder, tree)
        if not number:
            git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all")
        git(folder, *AUTHOR, "commit", "--quiet", f"--message=commit {number}")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def processor() -> float:
    """Return the seconds of processors that children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(command: str, folder: Path, arguments: argparse.Namespace, most: int) -> float:
    """Return the best of some runs; infinity where one takes longer than the limit. `most` is the greatest exit status
    that is expected.
    """
    clock = time.perf_counter if arguments.clock else processor
    best = math.inf
    for _ in range(arguments.runs):
        start = clock()
        try:
            done = subprocess.run(shlex.split(command), cwd=folder, capture_output=True, timeout=arguments.limit)
        except subprocess.TimeoutExpired:
            return math.inf
        if done.returncode > most:
            raise SystemExit(f"{command}: exit status {done.returncode}: {done.stderr.decode(errors='replace')[:300]}")
        best = min(best, clock() - start)
    return best


def measured(name: str, arguments: argparse.Namespace) -> list[list[float]]:
    """Return the seconds of ours at each size, and those of Kustomize where the shape is a build."""
    times: list[list[float]] = [[], []]
    for size in arguments.sizes:
        work = SHAPES[name](size)
        peer = os.environ.get("KUSTOMIZE") if name in BUILDS else None
        commands = [f"{PENSTOCK} {work.command}", *([f"{shlex.quote(peer)} build ."] if peer else [])]
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), work)
            for command, row in zip(commands, times, strict=False):
                is_stopped = math.inf in row
                row.append(math.inf if is_stopped else seconds(command, Path(folder), arguments, work.most))
    return [row for row in times if row]


def exponent(row: list[float], sizes: list[int]) -> float:
    """Return the exponent of growth between the last two sizes."""
    return math.log(row[-1] / row[-2]) / math.log(sizes[-1] / sizes[-2]) if math.inf not in row else math.inf


def shown(name: str, times: list[list[float]], sizes: list[int]) -> str:
    cells = "   ".join(" :".join(f"{each:6.2f}" for each in pair) for pair in zip(*times, strict=True))
    share = f"{times[0][-1] / times[1][-1]:5.2f}" if times[1:] else ""
    return f"{name:34} {cells}   {exponent(times[0], sizes):4.1f}   {share}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=", ".join(SHAPES))
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--limit", type=float, default=60, help="seconds after which a shape is not tried at more")
    parser.add_argument("--steepest", type=float, default=1.3)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--clock", action="store_true", help="count seconds of the clock")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.shapes if name not in SHAPES]
    if unknown:
        parser.error(f"there is no shape {unknown[0]}; --help names them")
    compileall.compile_dir(Path(penstock.__file__).parent, quiet=1)
    what = "penstock : kustomize" if os.environ.get("KUSTOMIZE") else "penstock"
    print(f"{'seconds, ' + what:34} {'   '.join(f'{size:>6}' for size in arguments.sizes)}   exponent   share")
    steep = []
    for name in arguments.shapes or SHAPES:
        times = measured(name, arguments)
        print(shown(name, times, arguments.sizes), flush=True)
        if exponent(times[0], arguments.sizes) > arguments.steepest:
            steep.append(name)
    print(f"{len(steep)} steeper than {arguments.steepest}{': ' if steep else ''}{', '.join(steep)}")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())
