"""One tree through the real `kustomize build` and through Penstock, and batteries of such trees.

A battery is a program of its own that yields named trees and hands them to `battery`: exit status and bytes of both
must agree. It prints how many trees there were, how many of them Kustomize builds and refuses, and what differs.
"""

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from random_trees import TOP, Texts

from penstock.emit.keys import is_before
from penstock.emit.yaml import Unprintable, dump_all
from penstock.files import Disk
from penstock.pipeline import build, open_project
from penstock.resolve.options import Options

PINNED = Path.home() / ".cache/penstock/kustomize/v5.8.2/kustomize"
"""Where `make cluster` puts the real Kustomize."""


class Answer(NamedTuple):
    ok: bool
    out: str
    why: str


MORE_RUNS = 8
"""How often Kustomize is asked again where the bytes differ."""

Builder = Callable[[str], Answer]
"""Builds `top` of the tree that lies in a directory."""

Difference = tuple[str, Answer, Answer]
"""What differs in a word, what Kustomize has answered, and what Penstock."""

Listed = Callable[[Texts, Difference], str]
"""Returns why a difference is known and stays, or "" for any other."""


Family = Callable[[random.Random], Texts]
"""Makes a random tree of one kind."""


def kustomize(program: str, *flags: str) -> Builder:
    def run(directory: str) -> Answer:
        done = subprocess.run([program, "build", *flags, TOP], cwd=directory, capture_output=True, check=False)
        return Answer(done.returncode == 0, done.stdout.decode(), done.stderr.decode(errors="replace"))

    return run


def batch(program: str) -> Builder:
    servers: list[subprocess.Popen[bytes]] = []

    def run(directory: str) -> Answer:
        if not servers:
            pipe = subprocess.PIPE
            servers.append(subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL))
        server = servers[0]
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{directory}/{TOP}\n".encode())
        server.stdin.flush()
        line = server.stdout.readline()
        if not line:  # an anchor inside of itself ends the program
            servers.clear()
            return Answer(False, "", "Kustomize crashed")
        said = json.loads(line)
        out = said["out"].replace("kustomize-(devel)", "kustomize-v5.8.2")  # what a build of the packages calls itself
        return Answer(said["ok"], out, said["err"])

    return run


def penstock(directory: str, options: Options = Options()) -> Answer:
    resources, findings = build(open_project(Disk(directory)), TOP, options)
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        return Answer(False, "", "\n".join(f"{f.code} {f.message} {f.where}" for f in errors))
    try:
        return Answer(True, dump_all(resource.body for resource in resources), "")
    except Unprintable as reason:
        return Answer(False, "", str(reason))


def write(texts: Texts, directory: str) -> None:
    for path, text in texts.items():
        full = os.path.join(directory, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        if text.startswith("#!"):
            os.chmod(full, 0o755)


def difference(
    texts: Texts, peer: Builder, counts: Counter[str] | None = None, ours_by: Builder = penstock
) -> Difference | None:
    """What differs, in a word; None where both agree."""
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        write(texts, directory)
        theirs = peer(directory)
        try:
            ours = ours_by(directory)
        except Exception as error:  # noqa: BLE001  # any exception is a difference
            ours = Answer(False, "", f"{type(error).__name__}: {error}")
            return "crash", theirs, ours
        if theirs.ok and ours.ok and theirs.out != ours.out:
            theirs = _that_answer(peer, directory, ours.out) or theirs
    if theirs.why.startswith("panic: "):
        if counts is not None:
            counts["kustomize panics"] += 1
        return None
    if counts is not None:
        counts["kustomize builds it" if theirs.ok else "kustomize refuses it"] += 1
    if theirs.ok and ours.ok and (theirs.out == ours.out or is_one_of_its_orders(theirs.out, ours.out)):
        return None
    if not theirs.ok and not ours.ok:
        return None
    if theirs.ok and ours.ok:
        return "bytes", theirs, ours
    return "we fail" if theirs.ok else "we succeed", theirs, ours


def _that_answer(peer: Builder, directory: str, out: str) -> Answer | None:
    """An answer of Kustomize with these bytes, if it gives one: of two keys that become one text, such as `1` and `'1'`
    in a configuration, it takes another one from run to run.
    """
    answers = (peer(directory) for _ in range(MORE_RUNS))
    return next((answer for answer in answers if answer.out == out), None)


def is_one_of_its_orders(theirs: str, ours: str) -> bool:
    """Kustomize gives some keys another order from run to run (docs/kustomize.md)."""
    return sorted(theirs.split("\n")) == sorted(ours.split("\n")) and any(map(_goes_in_a_circle, _mappings(theirs)))


def _mappings(text: str) -> Iterator[list[str]]:
    for document in yaml.compose_all(text, yaml.SafeLoader):
        for node in nodes([document]):
            if isinstance(node, yaml.MappingNode):
                yield [key.value for key, _ in node.value]


def nodes(documents: list[Any]) -> Iterator[Any]:
    pending = list(documents)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, yaml.MappingNode):
            pending += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value


def _goes_in_a_circle(keys: list[str]) -> bool:
    """Whether three keys are each before the next one, and the last before the first."""
    return any(is_before(a, b) and is_before(b, c) and is_before(c, a) for a, b, c in itertools.permutations(keys, 3))


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


# --- batteries --------------------------------------------------------------------------------------------------------


def in_turn(families: Mapping[str, Family], seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    """Yield random trees of the families in turn, each with the name of its family."""
    names = list(families)
    for number in range(count):
        name = names[number % len(names)]
        yield name, families[name](random.Random(f"{seed} {number}"))


def battery(
    description: str,
    trees: Callable[[int, int], Iterable[tuple[str, Texts]]],
    count: int,
    flags: Sequence[str] = (),
    ours_by: Builder = penstock,
    listed: Listed = lambda texts, found: "",
) -> int:
    """Run the trees that `trees(seed, count)` yields with their names; the exit status says whether all agree, but for
    the differences that are listed.

    `count` is how many random trees are made unless the command line says otherwise; `flags` are those of Kustomize
    and `ours_by` is Penstock with the same ones.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kustomize", default=os.environ.get("KUSTOMIZE", str(PINNED)))
    parser.add_argument("--batch", help="as of fuzz_build.py; not where Kustomize wants flags")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=count, help="how many random trees (default: %(default)s)")
    parser.add_argument("--save", type=Path, default=Path(tempfile.gettempdir()) / "penstock-battery")
    parser.add_argument("--most", type=int, default=20, help="stop after so many differences")
    given = parser.parse_args()
    peer = batch(given.batch) if given.batch else kustomize(given.kustomize, *flags)
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    started = time.monotonic()
    for number, (name, texts) in enumerate(trees(given.seed, given.count)):
        found = difference(texts, peer, counts, ours_by)
        counts["trees"] += 1
        if found is None:
            continue
        if reason := listed(texts, found):
            reasons[reason] += 1
            continue
        counts["differ"] += 1
        print(f"{number} {name}: {found[0]}: {_first_line(found)}", flush=True)
        save(texts, found, given.save / str(number))
        if counts["differ"] >= given.most:
            break
    figures = ("trees", "kustomize builds it", "kustomize refuses it", "kustomize panics", "differ")
    print(", ".join(f"{name}: {counts[name]:,}" for name in figures), f"({time.monotonic() - started:.0f} s)")
    for reason, number in reasons.most_common():
        print(f"listed, {number:,}: {reason}")
    return 1 if counts["differ"] else 0


def _first_line(found: Difference) -> str:
    what, theirs, ours = found
    return (theirs if what == "we succeed" else ours).why.strip().split("\n")[0][-200:]


def save(texts: Texts, found: Difference, directory: Path) -> None:
    """Write a tree, and beside it what both have answered."""
    shutil.rmtree(directory, ignore_errors=True)
    write(texts, str(directory))
    what, theirs, ours = found
    for name, answer in (("kustomize", theirs), ("penstock", ours)):
        (directory / f"{name}.out").write_text(answer.out if answer.ok else f"FAILED\n{answer.why}\n")
    (directory / "what.txt").write_text(f"{what}\n")
