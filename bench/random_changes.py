#!/usr/bin/env python3
"""Random changes of the repositories of the fixtures, and what the commands of a review and of a hydration say of each.

    bench/random_changes.py [--first SEED] [--count NUMBER]

Each repository is a fixture, or several overlays or charts of fixtures together. It is committed and hydrated, a few of
its lines, files or directories are changed at random, and the change is reviewed, checked and hydrated.
Five laws have to hold:

- with a cache that earlier commands have filled, each command says what it says with an empty one;
- `diff` tells the tree that a branch gets, and no branch changes of which it tells none;
- a branch that was hydrated twice has the tree of one that was hydrated once;
- after a hydration, `hydrate --check` finds nothing to do;
- `check --since` reports findings of the new state only, and all that the old state does not have.

The exit status is 1 where one of them is broken, or where a command has crashed.
"""

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.repository import Ran, Repository
from tests.test_targets import tree_of

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
WORD = re.compile(r"[A-Za-z0-9]+")
OTHER_WORDS = ("x9", "7", "true", "null", "zz")
ADDED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\ndata: {a: b}\n"
INSTALLED = """\
charts:
- path: charts/a
  environments: {"{1}": {values: [values/a-*.yaml]}}
- path: charts/b
  environments: {dev: {values: [values/b-dev.yaml]}, prod: {values: [values/b-prod.yaml]}}
"""
SECRET = re.compile(r"\(secret \w+\)")
"""The digest of a value of a Secret, whose key differs from run to run."""

Tree = dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--count", type=int, default=100, metavar="NUMBER")
    arguments = parser.parse_args()
    sources = [*whole_repositories()], [*overlays()], [*charts()]
    statuses: Counter[str] = Counter()
    broken = 0
    for seed in range(arguments.first, arguments.first + arguments.count):
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(random.Random(seed), Path(folder), sources)
            for fault in trial.faults():
                broken += 1
                print(f"{seed} ({trial.name}): {fault}", file=sys.stderr)
            statuses += trial.statuses
    told = ", ".join(f"{command} {number}" for command, number in sorted(statuses.items()))
    print(f"{arguments.count} changes, {broken} faults; exit statuses: {told}")
    return 1 if broken else 0


def whole_repositories() -> Iterator[tuple[str, Tree]]:
    """Yield the fixtures that are repositories."""
    for family in ("targets", "argo", "jsonnet"):
        for case in sorted((FIXTURES / family).iterdir()):
            if (case / "tree.txt").exists():
                tree = tree_of(case)
                yield case.name, {path: text for path, text in tree.items() if is_plain(path)}


def is_plain(path: str) -> bool:
    """Return whether a path of a fixture names a file of its repository, and no link."""
    return "->" not in path and ".." not in path and not path.startswith("/")


def overlays() -> Iterator[tuple[str, Tree]]:
    """Yield the fixtures that Kustomize builds without options."""
    for case in sorted((FIXTURES / "build").iterdir()):
        is_good = (case / "expected.yaml").exists() and not (case / "arguments.txt").exists()
        if is_good and (case / "input" / "kustomization.yaml").exists():
            yield case.name, texts_of(case / "input")


def charts() -> Iterator[tuple[str, Tree]]:
    """Yield the charts of the fixtures that Helm renders, as far as they consist of texts."""
    for case in sorted((FIXTURES / "charts").iterdir()):
        if (case / "expected.yaml").exists() and not (case / "arguments.txt").exists():
            tree = texts_of(case / "chart")
            if "Chart.yaml" in tree and not any(path.endswith(".tgz") for path in tree):
                yield case.name, tree


def texts_of(folder: Path) -> Tree:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace") for path in files}


class Trial:
    """One repository, its random change, and what the commands say. `statuses` counts their exit statuses."""

    def __init__(self, chance: random.Random, folder: Path, sources: tuple[list[tuple[str, Tree]], ...]) -> None:
        self._chance = chance
        self._folder = folder
        self.statuses: Counter[str] = Counter()
        self._crashes: list[str] = []
        self._caches = 0
        self._repository = Repository(folder / "repository")
        self.name, self._before = self._composed(*sources)
        self._after = self._changed(self._before)

    def _composed(
        self, repositories: list[tuple[str, Tree]], overlays: list[tuple[str, Tree]], charts: list[tuple[str, Tree]]
    ) -> tuple[str, Tree]:
        """Return a repository: a fixture that is one, two environments of two overlays each, or of two charts."""
        kind = self._chance.random()
        if kind < 0.5:
            return self._chance.choice(repositories)
        if kind < 0.8:
            places = ("envs/dev/a", "envs/dev/b", "envs/prod/a", "envs/prod/b")
            settings = 'targets: [{path: envs/*/*, environment: "{1}"}]\n'
            return self._together(overlays, places, settings)
        name, tree = self._together(charts, ("charts/a", "charts/b"), INSTALLED)
        return name, tree | {f"values/{each}-{env}.yaml": f"env: {env}\n" for each in "ab" for env in ("dev", "prod")}

    def _together(self, parts: list[tuple[str, Tree]], places: Sequence[str], settings: str) -> tuple[str, Tree]:
        """Return a repository with one part at each place."""
        chosen = [self._chance.choice(parts) for _ in places]
        tree = {
            f"{place}/{path}": text
            for place, (_, part) in zip(places, chosen, strict=True)
            for path, text in part.items()
        }
        return " + ".join(name for name, _ in chosen), tree | {"penstock.yaml": settings}

    def _changed(self, tree: Tree) -> Tree:
        found = dict(tree)
        for _ in range(self._chance.randint(1, 3)):
            paths = sorted(found.keys() - {"penstock.yaml"})
            if paths:
                self._change(found, self._chance.choice(paths))
        return found

    def _change(self, tree: Tree, path: str) -> None:
        """Change one file: a word of it most often, or a line, the file as a whole, or its directory."""
        lines = tree[path].split("\n")
        at = self._chance.randrange(len(lines))
        folder = path.rpartition("/")[0]
        inside = [each for each in tree if folder and each.startswith(f"{folder}/")]
        match self._chance.randrange(10):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                del tree[path]
                return
            case 3:
                tree[f"{folder or '.'}/added.yaml"] = ADDED
                return
            case 4:
                tree.update({f"{folder}-x9{each.removeprefix(folder)}": tree[each] for each in inside})
                return
            case 5 if inside:
                for each in inside:
                    del tree[each]
                return
            case _:
                lines[at] = WORD.sub(self._chance.choice(OTHER_WORDS), lines[at], count=1)
        tree[path] = "\n".join(lines)

    def faults(self) -> Iterator[str]:
        """Play the change, and yield the laws that it breaks."""
        self._repository.commit(self._before, "Before")
        before = self._repository.git("rev-parse", "HEAD")
        hydrated = self._run("hydrate", "--create")
        old = self._branches(self._repository), self._report("check", "--all")
        self._replace(self._after)
        told = self._report("diff", "--base", before)
        yield from self._same_with_a_cache(before)
        yield from self._since(old[1], before)
        again = self._run("hydrate", "--create")
        if hydrated.status in (0, 1) and again.status in (0, 1):
            yield from self._hydrated(old[0], told)
        yield from self._crashes

    def _same_with_a_cache(self, before: str) -> Iterator[str]:
        for command in (
            ("affected", "--base", before),
            ("diff", "--base", before, "--format", "json"),
            ("check", "--since", before, "--format", "json"),
            ("check", "--format", "json"),
            ("hydrate", "--dry-run"),
        ):
            cached, fresh = self._run(*command), self._run(*command, environ=self._empty_cache())
            if timeless(cached) != timeless(fresh):
                yield f"{' '.join(command)} says something else with a cache"

    def _since(self, old: Mapping[str, Any], before: str) -> Iterator[str]:
        new, since = self._report("check", "--all"), self._report("check", "--all", "--since", before)
        moved = self._moved()
        was, now, told = (counted(each, moved) for each in (old, new, since))
        if told - now:
            yield "check --since reports what check does not"
        if (now - was) - told and since:
            yield "check --since misses what is new"

    def _moved(self) -> dict[str, str]:
        """Return the files that the change has moved, each with its path before: what was found in them is not new."""
        gone = {text: path for path, text in self._before.items() if path not in self._after}
        return {path: gone[text] for path, text in self._after.items() if path not in self._before and text in gone}

    def _hydrated(self, old: Mapping[str, str], told: Mapping[str, Any]) -> Iterator[str]:
        new = self._branches(self._repository)
        trees = {each["branch"]: each["tree"] for each in told.get("environments", ()) if each["tree"]}
        wrong = [branch for branch, tree in trees.items() if new.get(branch) != tree]
        silent = [branch for branch in old if new.get(branch) != old[branch] and branch not in trees]
        yield from (f"{branch}: not the tree that diff has told" for branch in wrong)
        yield from (f"{branch}: changed, and diff has told no tree" for branch in silent)
        fresh = Repository(self._folder / "fresh")
        fresh.commit(self._after, "After")
        fresh.penstock("hydrate", "--create")
        others = [branch for branch, tree in self._branches(fresh).items() if new.get(branch) != tree]
        yield from (f"{branch}: another tree than that of a first hydration" for branch in others)
        if self._run("hydrate", "--check").status not in (0, 1):
            yield "hydrate --check finds something to do after a hydration"

    def _replace(self, tree: Tree) -> None:
        self._repository.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
        self._repository.commit(tree, "After")

    def _branches(self, repository: Repository) -> dict[str, str]:
        """Return the trees of the rendered branches."""
        names = (ref.removeprefix("refs/heads/") for ref in repository.refs() if ref.startswith("refs/heads/"))
        return {name: repository.git("rev-parse", f"{name}^{{tree}}") for name in names if name != "main"}

    def _report(self, *command: str) -> dict[str, Any]:
        """Return what a command reports as JSON; nothing if it refuses to."""
        said = self._run(*command, "--format", "json").out
        report: dict[str, Any] = json.loads(said) if said.startswith("{") else {}
        return report

    def _run(self, *command: str, environ: Mapping[str, str] | None = None) -> Ran:
        ran = self._repository.penstock(*command, environ=environ or {"XDG_CACHE_HOME": f"{self._folder}/cache"})
        self.statuses[f"{command[0]} {ran.status}"] += 1
        if ran.status == 70 or "Traceback" in ran.err:
            self._crashes.append(f"{' '.join(command)} has crashed: {ran.err[-500:]}")
        return ran

    def _empty_cache(self) -> dict[str, str]:
        self._caches += 1
        return {"XDG_CACHE_HOME": f"{self._folder}/empty-{self._caches}"}


def timeless(ran: Ran) -> tuple[int, str, str]:
    """Return what a command has said, without digests that differ from run to run."""
    return ran.status, SECRET.sub("", ran.out), ran.err


def counted(report: Mapping[str, Any], moved: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Return how many errors and warnings a report has of each code in each file, by its path before the change. Which
    of several that are alike is the new one cannot be told, and infos may be about several files.
    """
    findings: Iterable[Mapping[str, Any]] = report.get("findings", ())
    places = ((each["code"], each["path"]) for each in findings if each["severity"] != "info")
    return Counter((code, moved.get(path, path)) for code, path in places)


if __name__ == "__main__":
    sys.exit(main())
