#!/usr/bin/env python3
"""Hydrations that race, and hydrations that are killed: is the remote ever wrong, or does it lose anything?

    bench/hydrators.py [--hydrators N] [--commits N] [--kills N] [--applications N] [--seed N]

Two parts, over a bare repository on this machine, with real processes of git and Penstock.

The race: each of N clones makes N commits, one after the other. It pushes each to the branch with the sources, which
all of them share, and hydrates it with `--push`. Beside them, somebody looks at the remote all the time.

The kills: one clone commits and hydrates, again and again, and each hydration is killed (SIGKILL, with all that it has
started) at a random point, until N were. After each kill, the remote is looked at; at the end, one more hydration has
to bring all branches to where they belong, and leave nothing behind.

A look at the remote: every rendered branch has the tree that its commit promises, and all name the same commit of the
sources. At the end of either part, a fresh clone renders everything again, and has to come to the same; no commit of
the sources is lost. Prints figures, and `wrong` for each state that is not so; the exit status is 1 then.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import NamedTuple

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: {port}}}]}}
"""
ENVIRONMENTS = ("dev", "prod")
IDENTITY = {
    **{
        f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in (("NAME", "B"), ("EMAIL", "b@x"))
    },
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
SERVER = re.compile("receive-pack|upload-pack")
PATIENCE = 600.0
"""Seconds that a hydration may take."""


class State(NamedTuple):
    """What the remote has at one moment: the commit of each ref."""

    refs: dict[str, str]

    @property
    def rendered(self) -> dict[str, str]:
        return {ref: commit for ref, commit in self.refs.items() if ref.startswith("refs/heads/rendered/")}


class Bench:
    """A bare repository, and clones of it."""

    def __init__(self, folder: Path, applications: int, seed: int) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.applications = applications
        self.random = random.Random(seed)
        self.wrong: list[str] = []
        self.seen = 0
        self.known: dict[str, str] = {}
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote), cwd=folder)
        first = self.clone("first")
        write(first, applications)
        self.git("add", "--all", cwd=first)
        self.git("commit", "--quiet", "-m", "First", cwd=first)
        self.git("push", "--quiet", "origin", "HEAD:main", cwd=first)
        self.check(self.penstock(first, "hydrate", "--create", "--push"))

    def clone(self, name: str) -> Path:
        path = self.folder / name
        self.git("clone", "--quiet", f"file://{self.remote}", str(path), cwd=self.folder)
        return path

    def git(self, *arguments: str, cwd: Path, fine: Sequence[int] = (0,)) -> str:
        environ = {**os.environ, **IDENTITY}
        done = subprocess.run(["git", *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False)
        if done.returncode not in fine:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def penstock(self, cwd: Path, *arguments: str) -> "subprocess.Popen[str]":
        environ = {**os.environ, **IDENTITY, "XDG_CACHE_HOME": str(cwd / ".git" / "cache")}
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "penstock", *arguments]
        return subprocess.Popen(
            command, cwd=cwd, env=environ, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def check(self, process: "subprocess.Popen[str]") -> bool:
        """Whether a hydration came to its end; its complaint is noted where it did not."""
        out, complaint = process.communicate(timeout=PATIENCE)
        if process.returncode:
            self.say(f"exit status {process.returncode}: {complaint}{out}")
        return process.returncode == 0

    def say(self, text: str) -> None:
        print(f"wrong: {text}", flush=True)
        self.wrong.append(text)

    def state(self) -> State:
        """What the remote has. One listing is one moment, as the clones see it too."""
        lines = self.git("ls-remote", f"file://{self.remote}", cwd=self.folder).splitlines()
        return State({ref: commit for commit, ref in (line.split("\t") for line in lines)})

    def look(self) -> None:
        """Whether the remote is in a state that a hydration gives.

        Git moves the refs of an atomic push one after the other, within a moment: who lists them then sees some of the
        old ones. So a state counts as wrong where it is still the same a second later.
        """
        self.seen += 1
        rendered = self.state().rendered
        wrong = self.faults(rendered)
        if wrong:
            time.sleep(1)
            if self.state().rendered == rendered:
                self.say("; ".join(wrong))

    def faults(self, rendered: dict[str, str]) -> list[str]:
        """What is wrong with the heads of rendered branches."""
        said = {ref: self.trailers(commit) for ref, commit in rendered.items()}
        sources = sorted({each["Dry-Sha"] for each in said.values()})
        others = [ref for ref, commit in rendered.items() if self.tree(commit) != said[ref]["Rendered-Tree"]]
        wrong = [f"{ref} at {rendered[ref]} has another tree than it says" for ref in others]
        return wrong + ([f"branches come from {len(sources)} commits: {sources}"] if len(sources) > 1 else [])

    def trailers(self, commit: str) -> dict[str, str]:
        text = self.git("show", "-s", "--format=%(trailers:only)", commit, cwd=self.remote)
        return dict(line.partition(": ")[::2] for line in text.splitlines())

    def tree(self, commit: str) -> str:
        return self.git("rev-parse", f"{commit}^{{tree}}", cwd=self.remote)

    # --- the race -----------------------------------------------------------------------------------------------------

    def race(self, hydrators: int, commits: int) -> None:
        """Many clones commit and hydrate at once. Every commit changes every environment."""
        clones = [self.clone(f"clone{number}") for number in range(hydrators)]
        done = Event()
        began = time.monotonic()
        with ThreadPoolExecutor(hydrators + 1) as threads:
            watching = threads.submit(self.watch, done)
            landed = sum(threads.map(lambda clone: self.hydrator(clone, commits), clones))
            done.set()
            watching.result()
        seconds = time.monotonic() - began
        self.look()
        self.is_whole(hydrators * commits)
        made = int(self.git("rev-list", "--count", "rendered/prod", cwd=self.remote)) - 1
        print(
            f"{hydrators} hydrators x {commits} commits: {landed} of {hydrators * commits} hydrations landed in "
            f"{seconds:.1f} s, {made} commits on rendered/prod, {self.seen} looks at the remote"
        )

    def watch(self, done: Event) -> None:
        while not done.wait(0.05):
            self.look()

    def hydrator(self, clone: Path, commits: int) -> int:
        """Commit to an application of one's own, push that, and hydrate; the number of hydrations that landed."""
        name = f"app-{int(clone.name.removeprefix('clone')) % self.applications:03}"
        landed = 0
        for number in range(commits):
            self.push_sources(clone, name, 1000 + number)
            landed += self.check(self.penstock(clone, "hydrate", "--push"))
        return landed

    def push_sources(self, clone: Path, name: str, port: int) -> None:
        path = clone / "apps" / name / "base" / "service.yaml"
        while True:
            self.git("fetch", "--quiet", "origin", "main", cwd=clone)
            self.git("reset", "--quiet", "--hard", "FETCH_HEAD", cwd=clone)
            with path.open("a") as file:
                file.write(f"# {clone.name}\n")
            text = path.read_text()
            at = text.index("port: ") + len("port: ")
            path.write_text(f"{text[:at]}{port}{text[text.index('}', at) :]}")
            self.git("commit", "--quiet", "--all", "-m", f"{clone.name} {port}", cwd=clone)
            before = self.git("rev-parse", "HEAD", cwd=clone)
            self.git("push", "--quiet", "origin", "HEAD:main", cwd=clone, fine=(0, 1))
            if self.git("ls-remote", "origin", "main", cwd=clone).startswith(before) or self.has(before):
                return
            time.sleep(self.random.uniform(0, 0.1))

    def has(self, commit: str) -> bool:
        """Whether the sources of the remote have a commit in their history."""
        command = ["git", "merge-base", "--is-ancestor", commit, "main"]
        return subprocess.run(command, cwd=self.remote, capture_output=True, check=False).returncode == 0

    def is_whole(self, commits: int) -> None:
        """Whether the end is what a fresh clone makes of the newest sources, and no commit of theirs is lost."""
        there = int(self.git("rev-list", "--count", "main", cwd=self.remote)) - 1
        if there < commits:
            self.say(f"{there} of {commits} commits are on main")
        fresh = self.clone(f"fresh{len(list(self.folder.glob('fresh*')))}")
        process = self.penstock(fresh, "hydrate", "--check")
        out, complaint = process.communicate(timeout=PATIENCE)
        if process.returncode or out.count("is what the sources give") != len(ENVIRONMENTS):
            self.say(f"the branches are not what the sources give: {complaint}{out}")
        self.git("fsck", "--strict", cwd=self.remote)

    # --- the kills ----------------------------------------------------------------------------------------------------

    def kill(self, times: int) -> None:
        """Hydrations that are killed at random points of their time."""
        clone = self.clone("killed")
        self.push_sources(clone, "app-000", 2000)
        began = time.monotonic()
        process = self.penstock(clone, "hydrate", "--push")
        self.check(process)
        longest = time.monotonic() - began
        killed = ended = 0
        seen = self.seen
        while killed < times and ended < 2 * times:  # those that end before their time are no kills
            self.push_sources(clone, "app-000", 2001 + killed + ended)
            process = self.penstock(clone, "hydrate", "--push")
            try:
                process.communicate(timeout=self.random.uniform(0.02, longest))
                ended += 1
            except subprocess.TimeoutExpired:
                end(process)
                killed += 1
            self.look()
        is_done = self.check(self.penstock(clone, "hydrate", "--push"))
        self.look()
        self.is_whole(0)
        left = self.git("for-each-ref", "--format=%(refname)", "refs/penstock", cwd=clone).splitlines()
        locks = [str(path.relative_to(clone)) for path in (clone / ".git").rglob("*.lock")]
        print(
            f"{killed + ended} hydrations with a kill at a random point: {killed} killed, {ended} had ended before; "
            f"{self.seen - seen} looks at the remote, and the last hydration "
            f"{'brought' if is_done else 'did not bring'} it to the newest commit; left behind: {len(left)} private "
            f"refs (they are swept after a day), {len(locks)} locks"
        )


def end(process: "subprocess.Popen[str]") -> None:
    """Kill a process and all that it has started, also the git commands, which are in sessions of their own.

    But not what would run on the server: nobody who kills a job there kills `git receive-pack` here.
    """
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    found = [line.split(maxsplit=2) for line in listing.splitlines()]
    parents = [(int(pid), int(parent)) for pid, parent, args in found if not SERVER.search(args)]
    family = {process.pid}
    for _ in range(6):
        family |= {pid for pid, parent in parents if parent in family}
    for pid in sorted(family):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate()


def write(root: Path, applications: int) -> None:
    for number in range(applications):
        name = f"app-{number:03}"
        base = root / "apps" / name / "base"
        base.mkdir(parents=True)
        (base / "kustomization.yaml").write_text("resources: [service.yaml]\n")
        (base / "service.yaml").write_text(SERVICE.format(name=name, port=80))
        for environment in ENVIRONMENTS:
            overlay = root / "apps" / name / "overlays" / environment
            overlay.mkdir(parents=True)
            (overlay / "kustomization.yaml").write_text(f"namespace: {environment}\nresources: [../../base]\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hydrators", type=int, default=8)
    parser.add_argument("--commits", type=int, default=40)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--applications", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        bench = Bench(folder, arguments.applications, arguments.seed)
        if arguments.hydrators:
            bench.race(arguments.hydrators, arguments.commits)
        if arguments.kills:
            bench.kill(arguments.kills)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(bench.wrong)} wrong states of the remote, in {bench.seen} looks")
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
