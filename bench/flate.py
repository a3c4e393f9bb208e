#!/usr/bin/env python3
"""What Flux Kustomizations of whole repositories render, beside `flate build ks`, object by object.

    FLATE=flate bench/flate.py [--show N] REPOSITORY CLUSTER [REPOSITORY CLUSTER ...]

A REPOSITORY is a directory with a git repository, and CLUSTER the path in it from which flate starts. Each is cloned,
since flate refuses some names of directories. What needs the network fails for flate, and blocks what depends on it;
so only objects that flate prints are compared. Labels that flate adds as Flux does on applying, the namespace of the
Kustomization that it gives to objects of kinds that it does not know, and the order of keys do not count.

Printed are, for each repository, the objects that are the same, those that differ, those that only flate has, and those
that were not compared, because a variable of theirs is not in the repository, or Secrets, which flate replaces by
placeholders. --show prints the first differences. The exit status is 1 if any differs or only flate has it.
"""

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from controllers import Loader

from penstock.emit.yaml import dump
from penstock.files import Disk
from penstock.pipeline import open_project
from penstock.targets.repository import everything

ADDED = "kustomize.toolkit.fluxcd.io/"
"""The prefix of the labels that Flux adds when it applies an object."""

SECONDS = 600

Identity = tuple[str, str, str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="REPOSITORY CLUSTER", nargs="+")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many differences")
    arguments = parser.parse_args()
    flate = os.environ.get("FLATE") or shutil.which("flate")
    if not flate or len(arguments.names) % 2:
        parser.error("set $FLATE, and name a cluster for each repository")
    total = Counter[str]()
    for repository, cluster in zip(arguments.names[::2], arguments.names[1::2], strict=True):
        with tempfile.TemporaryDirectory() as work:
            clone = Path(work) / "repository"
            subprocess.run(["git", "clone", "--quiet", repository, str(clone)], check=True)
            counts = _compared(_of_flate(flate, clone, cluster), _of_penstock(clone), arguments.show)
        print(f"{Path(repository).resolve().name:40} {_words(counts)}", flush=True)
        total += counts
    print(f"{'all':40} {_words(total)}")
    return 1 if total["differ"] or total["only in flate"] else 0


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "flate prints nothing"


def _of_flate(flate: str, clone: Path, cluster: str) -> Iterator[dict[str, Any]]:
    """Yield the objects that flate prints, without the labels that it adds."""
    words = [flate, "build", "ks", "--stream", "--no-progress", "--log-level", "error", "--skip-crds=false"]
    words += ["--skip-secrets=false", "--allow-missing-secrets", "--source-retry-attempts", "1", "--path", cluster]
    done = subprocess.run(words, cwd=clone, capture_output=True, check=False, timeout=SECONDS)
    for body in yaml.load_all(done.stdout, Loader):
        if isinstance(body, dict):
            metadata = body.get("metadata") or {}
            labels = {key: value for key, value in (metadata.get("labels") or {}).items() if not key.startswith(ADDED)}
            metadata.pop("labels", None)
            metadata |= {"labels": labels} if labels else {}
            yield body


def _of_penstock(clone: Path) -> dict[Identity, list[Any]]:
    """Return the objects of all Kustomizations of a repository."""
    project = open_project(Disk(str(clone)))
    found: dict[Identity, list[Any]] = {}
    for target in everything(project)[0]:
        made = project.made.get(target)
        for resource in made.resources if made else ():
            body = yaml.load(dump(resource.body), Loader)
            found.setdefault(_identity(body), []).append(body)
    return found


def _identity(body: Mapping[str, Any]) -> Identity:
    metadata = body.get("metadata") or {}
    return body.get("apiVersion", ""), body.get("kind", ""), metadata.get("namespace") or "", metadata.get("name") or ""


def _compared(theirs: Iterator[dict[str, Any]], ours: Mapping[Identity, list[Any]], show: int) -> Counter[str]:
    counts = Counter[str]()
    for body in theirs:
        known = ours.get(_identity(body), [])
        if not known and "namespace" in body["metadata"]:
            body["metadata"].pop("namespace")
            known = ours.get(_identity(body), [])
        word = _verdict(body, known)
        counts[word] += 1
        if word in ("differ", "only in flate") and counts["differ"] + counts["only in flate"] <= show:
            print(f"  {word}: {_identity(body)}")
            lines = difflib.unified_diff(_lines(body), _lines(known[0]) if known else [], "flate", "penstock", n=1)
            print("".join(f"    {line}\n" for line in list(lines)[:20]))
    return counts


def _verdict(body: dict[str, Any], known: list[Any]) -> str:
    if body.get("kind") == "Secret":
        return "not compared"
    if any("${" in yaml.safe_dump(each) for each in known):
        return "not compared"
    if not known:
        return "only in flate"
    return "same" if body in known else "differ"


def _lines(body: Any) -> list[str]:
    return yaml.safe_dump(body).splitlines()


if __name__ == "__main__":
    sys.exit(main())
