#!/usr/bin/env python3
"""What of the definitions in whole repositories Penstock loses sight of: everything must be a target, be used by one,
be excluded, or be in a finding.

    bench/out_of_sight.py [--show N] REPOSITORY ...

This program finds the definitions by itself: files with the names of kustomizations, and YAML documents with the kind
of an Application or ApplicationSet of Argo CD, of a Kustomization of Flux or of a HelmRelease, by their lines alone. It
asks Penstock only for the targets, for what these read, and for the findings. Templates of charts are no definitions.

A file is a `target` if a target builds its directory or names it as its definition, `used` if a target reads it or uses
what names it, `in a finding` if one names it or its directory, `in a group` if a finding about definitions of its kind
counts more than it names, and `a copy` if its bytes are those of such a file. --show prints the first that are none of
these, and the exit status is 1 if there are some.
"""

import argparse
import os
import posixpath
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from penstock.cli.streams import Streams
from penstock.cli.workspace import open_workspace
from penstock.model import Diagnostic, Origin, Pos, Target
from penstock.pipeline import inputs
from penstock.resolve.options import Options

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

OUT_OF_SIGHT = "out of sight"

GROUPS = {
    "Application": b"argoproj.io/",
    "ApplicationSet": b"argoproj.io/",
    "Kustomization": b"kustomize.toolkit.fluxcd.io/",
    "HelmRelease": b"helm.toolkit.fluxcd.io/",
}
"""The kinds of definitions, with the groups of their API."""

GROUPING = {
    "Application": {"PS173", "PS628", "PS634", "PS636", "PS637"},
    "ApplicationSet": {"PS173", "PS634", "PS636", "PS637"},
    "Kustomization": {"PS193", "PS198"},
    "HelmRelease": {"PS137", "PS724"},
}
"""The codes of findings that may stand for several definitions of a kind."""

_KIND = re.compile(rb"^kind:[ \t]*[\"']?([A-Za-z]+)[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_GROUP = re.compile(rb"^apiVersion:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_WORD = re.compile(r"^[^#\n]*[-\[, ] *[\"']?([\w./-]+)", re.MULTILINE)
_MORE = re.compile(r"\b(?:and|with) [\d,]+ more\b")


class Definition(NamedTuple):
    """A definition that this program has found: its file and its kind."""

    path: str
    kind: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many that are out of sight")
    arguments = parser.parse_args()
    sys.setrecursionlimit(12_000)
    total = Counter[str]()
    for repository in arguments.repositories:
        counts = Counter[str]()
        for definition, verdict in _verdicts(os.path.abspath(repository)):
            counts[verdict] += 1
            if verdict == OUT_OF_SIGHT and counts[verdict] <= arguments.show:
                print(f"  {definition.kind:14} {definition.path}")
        print(f"{Path(repository).name:50} {_words(counts)}", flush=True)
        total += counts
    print(f"{'all':50} {_words(total)}")
    return 1 if total[OUT_OF_SIGHT] else 0


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counts.most_common()) or "no definitions"


def _verdicts(repository: str) -> Iterator[tuple[Definition, str]]:
    workspace = open_workspace(Streams(sys.stdout, sys.stderr, os.environ, repository), offline=True)
    targets, findings = workspace.everything([])
    read = {path for target in targets for path in inputs(workspace.project, target, Options(stays_inside=True))}
    named = _named(findings)
    grouped = {each.code for each in findings if _MORE.search(each.message)}
    lost: list[Definition] = []
    seen: set[bytes] = set()
    folders: set[str] = set()
    for definition in sorted(found_in(repository)):
        verdict = _verdict(definition, targets, read, named, grouped)
        if verdict == OUT_OF_SIGHT:
            lost.append(definition)
            continue
        seen.add(Path(repository, definition.path).read_bytes())
        if definition.kind == "kustomization":
            folders |= _mentioned(repository, posixpath.dirname(definition.path))
        yield definition, verdict
    for definition in lost:
        folder = posixpath.dirname(definition.path)
        if definition.kind == "kustomization" and folder in folders:
            yield definition, "used"
        elif Path(repository, definition.path).read_bytes() in seen:
            yield definition, "a copy"
        else:
            yield definition, OUT_OF_SIGHT


def _verdict(
    definition: Definition, targets: Sequence[Target], read: set[str], named: set[str], grouped: set[str]
) -> str:
    folder = posixpath.dirname(definition.path) or "."
    if definition.kind == "kustomization" and any(target.path == folder for target in targets):
        return "target"
    if any(f" in {definition.path} " in target.why for target in targets):
        return "target"
    if definition.path in read:
        return "used"
    if definition.path in named or folder in named:
        return "in a finding"
    return "in a group" if grouped & GROUPING.get(definition.kind, set()) else OUT_OF_SIGHT


def _mentioned(repository: str, folder: str) -> set[str]:
    """Return the directories that the kustomization of a directory names, and those that these name."""
    found: set[str] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        files = (Path(repository, current, name) for name in KUSTOMIZATIONS)
        texts = (path.read_text(errors="replace") for path in files if path.is_file())
        words = {
            word for text in texts for word in re.findall(r"^[^#\n]*[-\[, ] *[\"']?([\w./-]+)", text, re.MULTILINE)
        }
        named = {posixpath.normpath(posixpath.join(current, word)) for word in words}
        more = {each for each in named - found if Path(repository, each).is_dir() and not each.startswith("..")}
        found |= more
        waiting.extend(more)
    return found


def _named(findings: Sequence[Diagnostic]) -> set[str]:
    """Return the paths that findings name, and those that are in their texts."""
    found: set[str] = set()
    for each in findings:
        places: list[Origin | Pos] = [each.where, *(where for where, _ in each.notes)]
        found |= {place.path for place in places}
        found |= {posixpath.dirname(place.path) or "." for place in places if place.path.endswith(KUSTOMIZATIONS)}
        found |= set(re.findall(r"[\w./-]+/[\w./-]+", each.message))
    return found


def found_in(repository: str) -> set[Definition]:
    """Return the definitions in the files of a repository."""
    names = subprocess.run(["git", "-C", repository, "ls-files", "-z"], capture_output=True, check=True).stdout
    files = [os.fsdecode(name) for name in names.split(b"\0") if name]
    charts = {posixpath.dirname(path) for path in files if posixpath.basename(path) == "Chart.yaml"}
    found: set[Definition] = set()
    for path in files:
        full = Path(repository, path)
        if not full.is_file() or full.is_symlink():
            continue
        if posixpath.basename(path) in KUSTOMIZATIONS:
            found.add(Definition(path, "kustomization"))
        if path.endswith((".yaml", ".yml")) and not _is_template(path, charts):
            found |= {Definition(path, kind) for kind in _kinds(full.read_bytes())}
    return found


def _is_template(path: str, charts: set[str]) -> bool:
    above, inside, _ = f"/{path}".rpartition("/templates/")
    return bool(inside) and any(f"{above}/".startswith(f"/{chart}/" if chart else "/") for chart in charts)


def _kinds(data: bytes) -> Iterator[str]:
    """Yield the kinds of the definitions among the documents of a file."""
    for document in re.split(rb"^---", data, flags=re.MULTILINE):
        kind, group = _KIND.search(document), _GROUP.search(document)
        if kind is not None and group is not None:
            name = kind[1].decode()
            if name in GROUPS and group[1].startswith(GROUPS[name]):
                yield name


if __name__ == "__main__":
    sys.exit(main())
