"""Random trees through the real `kustomize build` and through Penstock: exit status and bytes must agree.

python bench/fuzz_build.py --kustomize PATH [--first SEED] [--count N] [--batch PROGRAM] [--save DIR]
python bench/fuzz_build.py --kustomize PATH --systematic

A difference is made as small as possible (files, fields, list items, documents dropped while it stays) and written to
DIR. --batch names a program that reads directories from its input, one a line, and answers each with a line of JSON
({"ok", "out", "err"}): the same Kustomize, without a process for every tree; every hundredth tree goes through the
real program all the same.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from random_trees import TOP, Texts, random_tree
from systematic_trees import systematic_trees

from penstock.emit.keys import is_before
from penstock.emit.yaml import Unprintable, dump_all
from penstock.files import Disk
from penstock.pipeline import build, open_project

SECONDS_TO_SHRINK = 20


class Answer(NamedTuple):
    ok: bool
    out: str
    why: str


Builder = Callable[[str], Answer]
"""Builds `top` of the tree that lies in a directory."""


def kustomize(program: str) -> Builder:
    def run(directory: str) -> Answer:
        done = subprocess.run([program, "build", TOP], cwd=directory, capture_output=True, check=False)
        return Answer(done.returncode == 0, done.stdout.decode(), done.stderr.decode())

    return run


def batch(program: str) -> Builder:
    server = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def run(directory: str) -> Answer:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{directory}/{TOP}\n".encode())
        server.stdin.flush()
        said = json.loads(server.stdout.readline())
        return Answer(said["ok"], said["out"], said["err"])

    return run


def penstock(directory: str) -> Answer:
    resources, findings = build(open_project(Disk(directory)), TOP)
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


def difference(texts: Texts, peer: Builder, counts: Counter[str] | None = None) -> tuple[str, Answer, Answer] | None:
    """What differs, in a word; None where both agree."""
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        write(texts, directory)
        theirs = peer(directory)
        try:
            ours = penstock(directory)
        except Exception as error:  # noqa: BLE001  # any exception is a difference
            ours = Answer(False, "", f"{type(error).__name__}: {error}")
            return "crash", theirs, ours
    if counts is not None:
        counts["kustomize builds it" if theirs.ok else "kustomize refuses it"] += 1
    if theirs.ok and ours.ok and (theirs.out == ours.out or is_one_of_its_orders(theirs.out, ours.out)):
        return None
    if not theirs.ok and not ours.ok:
        return None
    if theirs.ok and ours.ok:
        return "bytes", theirs, ours
    return "we fail" if theirs.ok else "we succeed", theirs, ours


def is_one_of_its_orders(theirs: str, ours: str) -> bool:
    """Kustomize gives some keys another order from run to run (docs/kustomize.md)."""
    return sorted(theirs.split("\n")) == sorted(ours.split("\n")) and any(map(_goes_in_a_circle, _mappings(theirs)))


def _mappings(text: str) -> Iterator[list[str]]:
    for document in yaml.compose_all(text, yaml.SafeLoader):
        for node in _nodes([document]):
            if isinstance(node, yaml.MappingNode):
                yield [key.value for key, _ in node.value]


def _goes_in_a_circle(keys: list[str]) -> bool:
    """Whether three keys are each before the next one, and the last before the first."""
    return any(is_before(a, b) and is_before(b, c) and is_before(c, a) for a, b, c in itertools.permutations(keys, 3))


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


# --- making a tree small ----------------------------------------------------------------------------------------------


def shrunk(texts: Texts, what: str, peer: Builder) -> Texts:
    """The tree without all that the difference does not need."""
    deadline = time.monotonic() + SECONDS_TO_SHRINK
    reason = signature(difference(texts, peer))

    def still_differs(smaller: Texts) -> bool:
        again = difference(smaller, peer)
        return again is not None and again[0] == what and signature(again) == reason

    before: Texts = {}
    while before != texts and time.monotonic() < deadline:
        before = texts
        for path in list(texts):
            rest = {p: t for p, t in texts.items() if p != path}
            if still_differs(rest):
                texts = rest
        for path in list(texts):
            texts = without_pieces(texts, path, r"(?m)^---\n", still_differs)
            for size in (16, 4, 1):
                texts = without_lines(texts, path, size, still_differs, deadline)
            texts = without_children(texts, path, still_differs, deadline)
    return texts


def without_pieces(texts: Texts, path: str, border: str, keep: Callable[[Texts], bool]) -> Texts:
    pieces = re.split(border, texts[path])
    index = 0
    while index < len(pieces) > 1:
        smaller = {**texts, path: "---\n".join(pieces[:index] + pieces[index + 1 :])}
        if keep(smaller):
            texts, pieces = smaller, pieces[:index] + pieces[index + 1 :]
        else:
            index += 1
    return texts


def without_lines(texts: Texts, path: str, size: int, keep: Callable[[Texts], bool], deadline: float) -> Texts:
    lines = texts[path].split("\n")
    start = 0
    while start < len(lines) and time.monotonic() < deadline:
        rest = lines[:start] + lines[start + size :]
        smaller = {**texts, path: "\n".join(rest)}
        if keep(smaller):
            texts, lines = smaller, rest
        else:
            start += size
    return texts


def without_children(texts: Texts, path: str, keep: Callable[[Texts], bool], deadline: float) -> Texts:
    """Without members of mappings and lists in flow style."""
    progress = path.endswith(("yaml", "json"))
    while progress and time.monotonic() < deadline:
        progress = False
        for text in _fewer_children(texts[path]):
            if keep({**texts, path: text}):
                texts, progress = {**texts, path: text}, True
                break
    return texts


def signature(found: tuple[str, Answer, Answer] | None) -> str:
    """What makes two differences the same: the words of the error without names and numbers."""
    if found is None:
        return ""
    what, theirs, ours = found
    if what == "bytes":
        return what
    words = ours.why.split("\n")[0] if what in ("we fail", "crash") else theirs.why
    words = re.sub(r"Origin\(.*", "", words)
    return f"{what}: " + re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d+|/tmp\S*|/dev\S*|[.\w/-]*\.yaml", "_", words)[-160:]


def _fewer_children(text: str) -> Iterator[str]:
    try:
        documents = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.YAMLError:
        return
    for node in _nodes(documents):
        if getattr(node, "flow_style", False):
            for start, end in _children(node):
                yield re.sub(r", *([}\]])", r"\1", text[:start] + text[end:].lstrip(", "))


def _nodes(documents: list[Any]) -> Iterator[Any]:
    pending = list(documents)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, yaml.MappingNode):
            pending += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value


def _children(node: Any) -> list[tuple[int, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(key.start_mark.index, value.end_mark.index) for key, value in node.value]
    return [(item.start_mark.index, item.end_mark.index) for item in node.value]


# --- the run ----------------------------------------------------------------------------------------------------------


def save(texts: Texts, found: tuple[str, Answer, Answer], directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    write(texts, str(directory))
    what, theirs, ours = found
    for name, answer in (("kustomize", theirs), ("penstock", ours)):
        (directory / f"{name}.out").write_text(answer.out if answer.ok else f"FAILED\n{answer.why}\n")
    (directory / "what.txt").write_text(f"{what}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kustomize", required=True)
    parser.add_argument("--batch")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--save", type=Path, default=Path(tempfile.gettempdir()) / "penstock-fuzz")
    parser.add_argument("--systematic", action="store_true", help="go through features case by case instead")
    parser.add_argument("--most", type=int, default=20, help="stop after so many differences")
    given = parser.parse_args()
    real = kustomize(given.kustomize)
    peer = batch(given.batch) if given.batch else real
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    seeds = range(given.first, given.first + given.count)
    trees = enumerate(systematic_trees()) if given.systematic else ((seed, random_tree(seed)) for seed in seeds)
    for seed, texts in trees:
        asked = real if seed % 100 == 0 else peer
        found = difference(texts, asked, counts)
        counts["differ" if found else "agree"] += 1
        if found is None:
            continue
        kind = signature(found)
        seen[kind] += 1
        if seen[kind] > 3 and found[0] != "bytes":
            continue
        small = shrunk(texts, found[0], peer)
        again = difference(small, real) or found
        save(small, again, given.save / str(seed))
        print(f"{seed}: {signature(again)}", flush=True)
        if len(seen) >= given.most or counts["differ"] > 4 * given.most:
            break
    print(dict(counts))
    for kind, count in seen.most_common():
        print(f"{count:5} {kind}")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
