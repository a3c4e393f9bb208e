#!/usr/bin/env python3
"""Flux Kustomizations and Argo CD Applications of whole repositories, beside the code that the controllers run.

    bench/controllers.py [--show N] REPOSITORY ...

A REPOSITORY is a directory with a git repository; each is cloned, since Flux's code writes into what it builds. Each
Kustomization is built by github.com/fluxcd/pkg/kustomize, as kustomize-controller does it (flux_kustomization/main.go;
Go builds it once, within a few minutes), with the variables that Penstock has found for it. A variable that is not in
the repository has `${NAME}` as its value, as Penstock leaves it. Each Application that has a kustomization as its
source, and no overrides, is built by the real Kustomize ($KUSTOMIZE, or on the PATH).

Printed for each repository are the targets that are the same byte for byte (or object for object, where Flux adds
common metadata), those that both refuse, those that differ, and those that were not compared: a variable that is not in
the repository has a default or is changed, or the source is another repository. --show prints the first lines of so
many differences. The exit status is 1 if any target differs.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from penstock.definitions.flux.variables import variables_of
from penstock.emit.yaml import dump, dump_all
from penstock.files import Disk
from penstock.model import Made, Target, has_errors
from penstock.parse.project import Project
from penstock.pipeline import open_project
from penstock.targets.flux import building, fleet
from penstock.targets.repository import everything

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "penstock" / "flux"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
VARIABLE = re.compile(r"\$\{(\w+)\}")
"""A variable without a default."""
LINES = 14
"""Lines of a difference that are shown."""
SECONDS = 120
"""The longest time for a build of a peer."""


PLAIN = "PS633"
"""The code for a directory that Argo CD cannot load as plain manifests."""


class Compared(NamedTuple):
    """A target, and what came of it: `same`, `both refuse`, `differ`, or why it was not compared."""

    name: str
    verdict: str
    detail: str = ""


class Loader(yaml.CSafeLoader):
    """Reads YAML in which `=` is a text, as it is for Kubernetes; PyYAML refuses it as a value key of YAML 1.1."""


def _value_as_text(loader: Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


Loader.add_constructor("tag:yaml.org,2002:value", _value_as_text)


class _Built(NamedTuple):
    """One build of a Flux Kustomization by Penstock: its definition, its directory and its variables."""

    definition: Any
    directory: str
    is_elsewhere: bool
    variables: Any
    made: Made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many differences")
    arguments = parser.parse_args()
    flux = _flux_program()
    kustomize = os.environ.get("KUSTOMIZE") or shutil.which("kustomize") or parser.error("set $KUSTOMIZE")
    total = Counter[str]()
    for repository in arguments.repositories:
        found = list(_compared(repository, flux, kustomize))
        counts = Counter(each.verdict for each in found)
        print(f"{Path(repository).name:40} {_counts(counts)}")
        for each in [one for one in found if one.verdict == "differ"][: arguments.show]:
            print(f"  {each.name}\n{each.detail}")
        total += counts
    print(f"{'all':40} {_counts(total)}")
    return 1 if total["differ"] else 0


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items())) or "nothing to compare"


def _flux_program() -> str:
    """Return the program that builds as kustomize-controller does; it is compiled where that was not done before."""
    program = CACHE / "kustomization"
    source = HERE / "flux_kustomization"
    if not program.exists() or program.stat().st_mtime < (source / "main.go").stat().st_mtime:
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True)
    return str(program)


def _compared(repository: str, flux: str, kustomize: str) -> Iterator[Compared]:
    with tempfile.TemporaryDirectory() as work:
        clone = os.path.join(work, "clone")
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", "--", repository, clone], check=True)
        project, built = _all_built(clone)
        for each in built:
            yield _beside_flux(each, clone, flux, work)
        for target, made in project.made.items():
            if "Application " in target.why:
                yield _beside_kustomize(target, made, clone, kustomize)


def _all_built(root: str) -> tuple[Project, list[_Built]]:
    """Return the project, and the last build of each Flux Kustomization in each directory.

    The targets of a fleet do not say which variables they were built with, so the builds are watched.
    """
    found: dict[Any, _Built] = {}
    build = building.build_definition

    def watched(project: Project, cluster: Any, definition: Any, place: Any) -> tuple[Made, bool]:
        made, waits = build(project, cluster, definition, place)
        variables = variables_of(definition, cluster.named, made.resources)
        is_elsewhere = place.clone is not None or bool(place.findings)
        found[definition.id, place.path] = _Built(definition, place.path, is_elsewhere, variables, made)
        return made, waits

    vars(fleet)["build_definition"] = watched
    try:
        project = open_project(Disk(root))
        everything(project)
    finally:
        vars(fleet)["build_definition"] = build
    return project, list(found.values())


def _beside_flux(built: _Built, root: str, flux: str, work: str) -> Compared:
    name = f"Kustomization {built.definition.id} in {built.directory}"
    if built.is_elsewhere:
        return Compared(name, "of another repository")
    values = dict(built.variables.values)
    if built.variables.missing:
        used = "".join(dump(each.body) for each in built.made.resources)
        names = VARIABLE.findall(used)
        if len(names) != used.count("${"):
            return Compared(name, "with defaults of variables from elsewhere")
        values = {each: f"${{{each}}}" for each in names} | values
    definition = os.path.join(work, "definition.yaml")
    Path(definition).write_text(dump(built.definition.resource.body), encoding="utf-8")
    variables = json.dumps(values) if built.variables.wanted else ""
    theirs = _run([flux, root, built.directory, definition, variables])
    metadata = built.definition.resource.body.get("spec", {}).get("commonMetadata")
    ours = None if has_errors(built.made.diagnostics) else dump_all(each.body for each in built.made.resources)
    if theirs is not None and ours is not None and metadata:
        return _judged(name, _objects(theirs, metadata), _objects(ours, {}))
    return _judged(name, theirs, ours)


def _objects(text: str, metadata: Mapping[str, Mapping[str, str]]) -> str:
    """Return the objects of a text in one spelling, with common labels and annotations added."""
    objects = list(yaml.load_all(text, Loader))
    for each in objects:
        for field, added in metadata.items():
            if added:
                each["metadata"][field] = {**(each["metadata"].get(field) or {}), **added}
    return yaml.dump_all(objects, Dumper=yaml.CSafeDumper)


def _beside_kustomize(target: Target, made: Made, root: str, kustomize: str) -> Compared:
    directory = os.path.join(root, target.path)
    there = set(os.listdir(directory)) if os.path.isdir(directory) else set()
    if there.isdisjoint(KUSTOMIZATIONS) or "Chart.yaml" in there:
        return Compared(target.name, "without a kustomization")
    if any(each.code == PLAIN for each in made.diagnostics):  # the source says `directory`
        return Compared(target.name, "plain manifests")
    printed = made.resources if made.printed is None else made.printed
    ours = None if has_errors(made.diagnostics) else dump_all(each.body for each in printed)
    return _judged(f"{target.name} in {target.path}", _run([kustomize, "build", directory]), ours)


def _run(command: Sequence[str]) -> str | None:
    """Return what a program prints, or None where it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return None if ran.returncode else ran.stdout


def _judged(name: str, theirs: str | None, ours: str | None) -> Compared:
    if theirs is None and ours is None:
        return Compared(name, "both refuse")
    if theirs == ours:
        return Compared(name, "same")
    if theirs is None or ours is None:
        return Compared(name, "differ", f"    refused by {'the peer' if theirs is None else 'Penstock'} alone")
    lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "peer", "penstock", lineterm="", n=1)
    return Compared(name, "differ", "\n".join(f"    {line}" for line in list(lines)[:LINES]))


if __name__ == "__main__":
    sys.exit(main())
