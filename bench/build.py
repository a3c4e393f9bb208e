#!/usr/bin/env python3
"""`penstock build` beside `kustomize build` and `kubectl kustomize`, in one run: medians of paired runs.

    bench/build.py [--runs N] [--only REGEX] [--big]

The peers are $KUSTOMIZE and $KUBECTL, or those on the PATH; a row whose peer is missing says so. --big adds the trees
on which kustomize takes minutes. The bytes are compared before anything is timed.
"""

import argparse
import compileall
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import trees

import penstock

HERE = Path(__file__).resolve().parent
REAL = HERE.parent.parent / "shared" / "real" / "kubeflow"
PENSTOCK = str(Path(sys.executable).parent / "penstock")

Command = list[str]


class Row(NamedTuple):
    """One line of the table: what is built, and how often. `target` makes the tree and returns the directory."""

    name: str
    target: Callable[[Path], Path]
    runs: int
    big: bool = False


ROWS = (
    Row("article's prod overlay", trees.article, 21),
    Row("flat 1,000 objects", lambda folder: trees.flat(1000, folder), 3),
    Row("flat 4,000 objects", lambda folder: trees.flat(4000, folder), 1, big=True),
    Row("deep 10 teams", lambda folder: trees.deep(10, folder), 5),
    Row("deep 40 teams", lambda folder: trees.deep(40, folder), 3),
    Row("2,000 generators merged", lambda folder: trees.generated(2000, folder), 1),
    Row("2,000 objects deleted", lambda folder: trees.deleted(2000, folder), 1),
    Row("2,000 list elements merged", lambda folder: trees.long_lists(2000, folder), 1),
)


class Peers(NamedTuple):
    kustomize: str | None
    kubectl: str | None


def main() -> int:
    options = _options()
    compileall.compile_dir(Path(penstock.__file__).parent, quiet=1)
    peers = Peers(_peer("KUSTOMIZE", "kustomize"), _peer("KUBECTL", "kubectl"))
    print(f"{'work':26} {'peer':18} {'peer s':>8} {'penstock s':>10} {'ratio':>6}   bytes")
    with tempfile.TemporaryDirectory() as scratch:
        for row in ROWS:
            if re.search(options.only, row.name) and (options.big or not row.big):
                _measure(row, Path(scratch) / re.sub(r"\W+", "-", row.name), peers, options.runs or row.runs)
        if re.search(options.only, "scaling"):
            _scaling(Path(scratch), options.big)
        if REAL.exists() and re.search(options.only, "real"):
            _real(Path(scratch), peers)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, help="paired runs of each row")
    parser.add_argument("--only", default="", help="regular expression on the name of a row; also: scaling, real")
    parser.add_argument("--big", action="store_true", help="also the trees on which kustomize takes minutes")
    return parser.parse_args()


def _peer(variable: str, name: str) -> str | None:
    return os.environ.get(variable) or shutil.which(name)


def _measure(row: Row, folder: Path, peers: Peers, runs: int) -> None:
    target = str(row.target(folder))
    cache = folder.with_name(f"{folder.name}-cache")  # a cache inside of what is built is not used
    ours = [PENSTOCK, "build", target]
    for name, peer in (
        ("kustomize build", [peers.kustomize, "build", target] if peers.kustomize else None),
        ("kubectl kustomize", [peers.kubectl, "kustomize", target] if peers.kubectl else None),
    ):
        if peer is None:
            print(f"{row.name:26} {name:18} not here")
            continue
        same = _output([str(w) for w in peer]) == _output(ours)
        said = "same" if same else "differ"
        _pair(f"{row.name}", f"{name}", [str(w) for w in peer], ours, None, runs, said)
        if name == "kustomize build":
            _output(ours, cache)
            _pair(f"{row.name}, cached", name, [str(w) for w in peer], ours, cache, runs, said)


def _pair(row: str, name: str, peer: Command, ours: Command, cache: Path | None, runs: int, said: str) -> None:
    """A run of the peer and one of ours in turn; the median of each, and of the ratios of the pairs."""
    pairs = [(_seconds(peer), _seconds(ours, cache)) for _ in range(runs)]
    theirs, mine = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    print(f"{row:26} {name:18} {theirs:8.3f} {mine:10.3f} {ratio:5.2f}x   {said}", flush=True)


def _environment(cache: Path | None) -> dict[str, str]:
    """Without a cache folder nothing is cached; with one, results are."""
    hidden = ("HOME", "XDG_CACHE_HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    return environment | ({"XDG_CACHE_HOME": str(cache)} if cache else {})


def _output(command: Sequence[str], cache: Path | None = None) -> bytes:
    return subprocess.run(command, capture_output=True, check=False, env=_environment(cache)).stdout


def _seconds(command: Sequence[str], cache: Path | None = None, cwd: Path | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False, env=_environment(cache), cwd=cwd)
    return time.perf_counter() - start


def _scaling(scratch: Path, big: bool) -> None:
    """Time for each object as the tree grows: the same time, if nothing is quadratic. Peak memory at 4,000."""
    print("\nscaling, flat, nothing cached")
    for count in (1000, 4000, 32000) if big else (1000, 4000):
        folder = trees.flat(count, scratch / f"scaling-{count}")
        seconds = min(_seconds([PENSTOCK, "build", str(folder)]) for _ in range(3))
        print(f"{count:6,} objects  {seconds:7.3f} s  {seconds / count * 1000:6.3f} ms an object")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"largest process so far: {peak} MiB")


def _real(scratch: Path, peers: Peers) -> None:
    """All of the real trees: kustomize one after the other, penstock in one command."""
    import hashlib
    import json

    lines = (json.loads(line) for line in (REAL / "expected.jsonl").read_text().splitlines())
    expected = {line["path"]: line["sha256"] for line in lines if "sha256" in line}
    shutil.copytree(REAL / "tree", scratch / "real", symlinks=True)
    root, cache, out = scratch / "real", scratch / "real-cache", scratch / "real-out"
    ours = [PENSTOCK, "build", "--output", str(out), *expected]
    empty = _seconds(ours, cache, root)
    wrong = [p for p, want in expected.items() if hashlib.sha256((out / f"{p}.yaml").read_bytes()).hexdigest() != want]
    filled = min(_seconds(ours, cache, root) for _ in range(3))
    changed = next(root.rglob("base/*.yaml"))
    changed.write_bytes(changed.read_bytes() + b"\n")
    once = _seconds(ours, cache, root)
    print(f"\nall {len(expected)} real trees ({len(wrong)} with other bytes than kustomize)")
    theirs = 0.0
    if peers.kustomize:
        theirs = sum(_seconds([peers.kustomize, "build", "."], cwd=root / path) for path in expected)
        print(f"kustomize, one after the other  {theirs:7.2f} s")
    for what, seconds in (("empty cache", empty), ("filled cache", filled), ("one file changed", once)):
        faster = f"  {theirs / seconds:5.1f}x faster" if theirs else ""
        print(f"penstock, {what:21} {seconds:7.2f} s{faster}")


if __name__ == "__main__":
    sys.exit(main())
