"""Random trees through the real `kustomize build` and through Penstock: exit status and bytes must agree.

python bench/fuzz_build.py --kustomize PATH [--first SEED] [--count N] [--batch PROGRAM] [--save DIR]
python bench/fuzz_build.py --kustomize PATH --systematic

A difference is made as small as possible (files, fields, list items, documents dropped while it stays) and written to
DIR. --batch names a program that reads directories from its input, one a line, and answers each with a line of JSON
({"ok", "out", "err"}): the same Kustomize, without a process for every tree; every hundredth tree goes through the
real program all the same.
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from random_trees import Texts, random_tree
from side_by_side import Answer, Builder, batch, difference, kustomize, nodes, save
from systematic_trees import systematic_trees

SECONDS_TO_SHRINK = 20

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
    for node in nodes(documents):
        if getattr(node, "flow_style", False):
            for start, end in _children(node):
                yield re.sub(r", *([}\]])", r"\1", text[:start] + text[end:].lstrip(", "))


def _children(node: Any) -> list[tuple[int, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(key.start_mark.index, value.end_mark.index) for key, value in node.value]
    return [(item.start_mark.index, item.end_mark.index) for item in node.value]


# --- the run ----------------------------------------------------------------------------------------------------------


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
