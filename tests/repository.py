"""A throw-away git repository whose commits have fixed authors and dates, and penstock run in it as a function."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from penstock.cli.main import main
from penstock.cli.streams import Streams

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Carl Committer",
    "GIT_COMMITTER_EMAIL": "carl@example.com",
}
ENGINE = "penstock 0.1.0"
"""What commits say of the engine, whatever commit it was built from."""

DAWN = 1_700_000_000
"""The date of the first commit; each later one is a minute younger."""


class Ran(NamedTuple):
    status: int
    out: str
    err: str


class Repository:
    """`path` is its work tree, or the repository itself where it is bare."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        if not (path / ".git").exists() and not (path / "HEAD").exists():
            self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments: str, stdin: str = "", environ: Mapping[str, str] = {}) -> str:
        command = ["git", *arguments]
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**ENVIRON, **environ},
            input=stdin,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.rstrip("\n")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes] = {}, subject: str = "Change things") -> str:
        """The id of a commit of the work tree, with these files written before."""
        self.write(files)
        self.git("add", "--all")
        date = f"{DAWN + 60 * len(self.git('rev-list', '--all').splitlines())} +0100"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, environ=dates)
        return self.git("rev-parse", "HEAD")

    def replace(self, source: Path, subject: str) -> str:
        """A commit of what is in a folder, and of nothing else."""
        for entry in self.path.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(source, self.path, dirs_exist_ok=True, copy_function=shutil.copyfile)  # with a new time stamp
        return self.commit(subject=subject)

    def add_to(self, branch: str, files: Mapping[str, str | bytes]) -> str:
        """A commit on a branch that is not checked out, as people make them: these files, and those that it has."""
        worktree = self.path.parent / "people"
        exists = f"refs/heads/{branch}" in self.git("for-each-ref", "--format=%(refname)")
        self.git("worktree", "add", "--quiet", "--detach", str(worktree), branch if exists else "HEAD")
        people = Repository(worktree)
        if not exists:
            people.git("checkout", "--quiet", "--orphan", "fresh")
            people.git("rm", "-r", "--quiet", "--force", ".")
        commit = people.commit(files, "What people do")
        self.git("worktree", "remove", "--force", str(worktree))
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def penstock(self, *arguments: str, cwd: str = ".", environ: Mapping[str, str] = {}) -> Ran:
        streams = Streams(StringIO(), StringIO(), {**ENVIRON, **environ}, str(self.path / cwd), ENGINE)
        status = main(arguments, streams)
        assert isinstance(streams.out, StringIO)
        assert isinstance(streams.err, StringIO)
        return Ran(status, streams.out.getvalue(), streams.err.getvalue())

    def files(self, branch: str) -> dict[str, str]:
        """The files of a branch and their content."""
        names = self.git("ls-tree", "-r", "-z", "--name-only", branch).split("\0")[:-1]
        return {name: self.git("show", f"{branch}:{name}") + "\n" for name in names}

    def refs(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)
