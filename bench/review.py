#!/usr/bin/env python3
"""How long a review and a hydration take where little has changed, as shares of a first full hydration.

    bench/review.py [--applications N] [--environments N] [--runs N] [--tree DIR] [--files N] [--targets N]

The repository has a base for each application, and an overlay of it for each environment that patches it and uses a
shared component: 50 x 20 = 1,000 targets; with --tree, the files of another one. One line of one base is changed. Whole
processes, medians. Beside the seconds stands the time that processors have worked, which other work on the machine
changes less; the wanted shares are those of the seconds. Each command runs on sources of which only a hydration has
found out something. `kustomize` is a loop of `kustomize build`, `git add` and `git commit` over some targets,
extrapolated to all of them, where $KUSTOMIZE names the program.

After that comes a hydration without a change in a repository of --files files, and then `check` in one of --targets
targets: with nothing known of them, and after an edit of one file. `check --since HEAD` judges what the edit reaches.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

PENSTOCK = str(Path(sys.executable).parent / "penstock")
SAMPLE = 20
"""Targets that the loop of `kustomize build` is timed on."""

OF_CHECK = 12
"""The environments of the repository in which `check` is timed."""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: main
        image: "registry.example.com/{name}:1.0"
        args: [serve, --port=8080]
        ports: [{{containerPort: 8080, name: http}}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: http}}]}}
"""
OVERLAY = """\
namespace: {environment}
resources: [../../base]
components: [../../../../components/labels]
patches: [{{path: patch.yaml}}]
images: [{{name: registry.example.com/{name}, newTag: "1.{number}"}}]
"""
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: {number}}}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=50)
    parser.add_argument("--environments", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tree", type=Path, help="a directory whose files are used instead; args in apps/*/base")
    parser.add_argument("--files", type=int, default=10_000, help="0 leaves that line out (default: 10,000)")
    parser.add_argument("--targets", type=int, default=636, help="0 leaves these lines out (default: 636)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.runs)
        if arguments.tree:
            shutil.copytree(arguments.tree, bench.sources, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
        else:
            write(bench.sources, arguments.applications, arguments.environments)
        bench.run()
    with tempfile.TemporaryDirectory() as folder:
        of_each_application = 3 + 2 * arguments.environments
        bench = Bench(Path(folder), arguments.runs)
        write(bench.sources, arguments.files // of_each_application, arguments.environments)
        if arguments.files:
            bench.unchanged()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.runs)
        write(bench.sources, arguments.targets // OF_CHECK, OF_CHECK)
        if arguments.targets:
            bench.check()
    return 0


def write(root: Path, applications: int, environments: int) -> None:
    _write(root / "components/labels/kustomization.yaml", "kind: Component\nlabels: [{pairs: {team: shop}}]\n")
    for number in range(applications):
        name = f"app-{number:04}"
        app = root / "apps" / name
        _write(app / "base/kustomization.yaml", "resources: [deployment.yaml, service.yaml]\n")
        _write(app / "base/deployment.yaml", DEPLOYMENT.format(name=name))
        _write(app / "base/service.yaml", SERVICE.format(name=name))
        for other in range(environments):
            overlay = app / "overlays" / f"env-{other:02}"
            values = {"environment": f"env-{other:02}", "name": name, "number": other + 1}
            _write(overlay / "kustomization.yaml", OVERLAY.format(**values))
            _write(overlay / "patch.yaml", PATCH.format(**values))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Taken(NamedTuple):
    """Seconds, and those of them that processors have worked."""

    seconds: float
    worked: float


def taken(work: Callable[[], object]) -> Taken:
    """What a piece of work takes, with all processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


class Bench:
    """A repository with a bare remote, and the times of commands in it."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder = folder
        self.runs = runs
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.remote = folder / "remote.git"
        self.cache = folder / "cache"
        self.full = Taken(0, 0)

    def begin(self) -> None:
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.commit("First")

    def unchanged(self) -> None:
        """Only a hydration that finds no change."""
        self.begin()
        self.penstock("hydrate", "--create", "--push")
        took = self.median(lambda: self.penstock("hydrate", "--push"), lambda: None)
        files = len(self.git("ls-files").stdout.splitlines())
        title = f"hydrate --push, nothing changed, {files:,} files"
        _print(title, took, 0.3)

    def check(self) -> None:
        """All targets with nothing known of them, and then with one line of one base edited in the directory."""
        self.begin()
        number = len(sorted(self.sources.glob("apps/*/overlays/*")))
        took = self.median(lambda: self.penstock("check", "--no-cache"), lambda: None)
        _print(f"check, {number} targets, nothing known", took, 1.5)
        for words in (["check", "--since", "HEAD"], ["check"]):
            self.penstock(*words)
            took = self.median(partial(self.penstock, *words), self.edit)
            _print(f"{' '.join(words)}, {number} targets, one file changed", took, 0.5)

    def run(self) -> None:
        self.begin()
        self.full = self.median(lambda: self.penstock("hydrate", "--create", "--push"), self.forget_everything)
        print(f"{'first full hydration':44} {self.full.seconds:7.2f} s  {self.full.worked:6.2f} s worked")
        self.kustomize()
        self.line("hydrate --push, nothing changed", ["hydrate", "--push"], limit=0.08)
        self.change()
        for command in (["affected", "--base", "main~1"], ["diff", "--base", "main~1"], ["check", "--since", "main~1"]):
            limit = 0.1 if command[0] == "affected" else 0.2
            self.line(f"{command[0]}, one base changed", command, limit=limit, before=self.change_again)
        self.line("hydrate --push, one base changed", ["hydrate", "--push"], limit=0.2, before=self.change_again)
        self.in_a_fresh_clone()
        self.without_a_cache()

    def without_a_cache(self) -> None:
        """Each command as in a job of CI that keeps no folder; the branches are there, as of the change before."""
        commands = {
            "affected": ["affected", "--base", "main~1"],
            "diff": ["diff", "--base", "main~1", "--trees", "none"],
            "check": ["check", "--since", "main~1"],
        }
        for name, command in commands.items():
            self.line(f"{name}, one base changed, no cache", command, limit=0.25, before=self.forget)
        self.line("hydrate --push, one base changed, no cache", SHARING, limit=0.25, before=self.change_and_forget)
        took = self.median(lambda: self.penstock("hydrate", "--push"), self.change_and_forget)
        self.say("the same without --shared-results", took)

    def in_a_fresh_clone(self) -> None:
        """A shallow clone, as a job of CI has it, with the cache of an earlier one: that of the main branch, where one
        has hydrated. With all branches, so that `diff` works out the trees, too.
        """
        self.change_again()
        clone = self.folder / "clone"
        command = ["git", "clone", "--quiet", "--depth=2", "--no-single-branch", f"file://{self.remote}", str(clone)]
        self.git("push", "--quiet", "origin", "main")
        subprocess.run(command, check=True)
        kept = self.folder / "kept"
        shutil.copytree(self.cache, kept)
        for name, option in (("affected", "--base"), ("diff", "--base"), ("check", "--since")):
            self.forget()
            shutil.copytree(kept, self.cache)
            work = partial(self.penstock, name, option, "HEAD~1", cwd=clone)
            self.say(f"{name}, in a fresh clone with a cache", taken(work), 0.5)

    def line(self, title: str, command: Sequence[str], limit: float, before: Callable[[], None] = lambda: None) -> None:
        self.say(title, self.median(lambda: self.penstock(*command), before), limit)

    def say(self, title: str, took: Taken, limit: float | None = None) -> None:
        shares = took.seconds / self.full.seconds, took.worked / self.full.worked
        figures = f"{took.seconds:7.2f} s  {took.worked:6.2f} s worked"
        wanted = f" (wanted: {limit})" if limit is not None else ""
        print(f"{title:44} {figures}   {shares[0]:.2f} and {shares[1]:.2f} of it{wanted}")

    def median(self, work: Callable[[], None], before: Callable[[], None]) -> Taken:
        runs = []
        for _ in range(self.runs):
            before()
            runs.append(taken(work))
        return Taken(*(statistics.median(column) for column in zip(*runs, strict=True)))

    def kustomize(self) -> None:
        """What a loop over targets takes that builds, adds and commits each."""
        program = os.environ.get("KUSTOMIZE")
        overlays = sorted(self.sources.glob("apps/*/overlays/*"))
        if not program or not overlays:
            return
        place = self.folder / "loop"
        place.mkdir()
        subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
        began = time.perf_counter()
        for number, overlay in enumerate(overlays[:SAMPLE]):
            built = subprocess.run([program, "build", str(overlay)], capture_output=True, check=True).stdout
            (place / f"{number}.yaml").write_bytes(built)
            subprocess.run(["git", "add", "."], cwd=place, check=True)
            subprocess.run([*IDENTITY, "commit", "--quiet", "-m", str(number)], cwd=place, check=True)
        seconds = (time.perf_counter() - began) * len(overlays) / SAMPLE
        title = f"a loop of kustomize build over {len(overlays):,} targets"
        print(f"{title:44} {seconds:7.2f} s   {seconds / self.full.seconds:.1f} times it (extrapolated)")

    def change(self) -> None:
        """One line of the base of one application, in a commit."""
        self.edit()
        self.commit("Change a port")

    def edit(self) -> None:
        """One line of the base of one application, in the directory."""
        path = next(iter(sorted(self.sources.glob("apps/*/base/deployment.yaml"))))
        text = path.read_text()
        at = text.index("--port=") + len("--port=")
        path.write_text(f"{text[:at]}{int(text[at : at + 4]) + 1}{text[at + 4 :]}")

    def change_again(self) -> None:
        """A change that nobody has seen, on sources that were hydrated. Nothing else is known of them: what an earlier
        run of the same command has kept would make each but the first one faster.
        """
        self.forget()
        self.penstock("hydrate", "--push")
        self.change()

    def change_and_forget(self) -> None:
        """As in a job that keeps nothing, after an earlier one that has left its results at the remote."""
        self.forget()
        self.penstock(*SHARING)
        self.change()
        self.forget()

    def forget(self) -> None:
        shutil.rmtree(self.cache, ignore_errors=True)

    def forget_everything(self) -> None:
        """As in a repository that was never hydrated."""
        self.forget()
        refs = self.git("for-each-ref", "--format=delete %(refname)", "refs/heads/rendered", "refs/remotes").stdout
        self.git("update-ref", "--stdin", stdin=refs)
        refs = self.git("for-each-ref", "--format=delete %(refname)", "refs/heads/rendered", cwd=self.remote).stdout
        self.git("update-ref", "--stdin", stdin=refs, cwd=self.remote)

    def commit(self, subject: str) -> None:
        self.git("add", "--all")
        subprocess.run([*IDENTITY, "commit", "--quiet", "-m", subject], cwd=self.sources, check=True)

    def git(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=cwd or self.sources, input=stdin, capture_output=True, check=True, encoding="utf-8"
        )

    def penstock(self, *arguments: str, cwd: Path | None = None) -> None:
        environ = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PENSTOCK_RESULTS_KEY": "a key of this bench"}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is installed: a changed module is compiled once
        done = subprocess.run(
            [PENSTOCK, *arguments], cwd=cwd or self.sources, env=environ, capture_output=True, check=False
        )
        assert done.returncode in (0, 1), done.stderr.decode()


def _print(title: str, took: Taken, limit: float) -> None:
    """Print a line whose wanted time is in seconds."""
    print(f"{title:44} {took.seconds:7.2f} s  {took.worked:6.2f} s worked   (wanted: {limit} s)")


SHARING = ("hydrate", "--push", "--shared-results")
IDENTITY = ("git", "-c", "user.name=Bench", "-c", "user.email=bench@example.com")


if __name__ == "__main__":
    sys.exit(main())
