"""The pages of the manual as tests have them: their consoles are run, and say what was really printed.

A console is a fenced block of the language `console`: a line that starts with `$ ` is a command, lines that start with
`> ` go on with it, and the others are what it prints, on both streams. A page is one shell session.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.repository import ENVIRON, Repository

ROOT = Path(__file__).parent.parent
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))

CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^(\$ .*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", re.MULTILINE)
"""A command with its prompts, and what it prints."""

RELEASED = """
import sys
from penstock import start
from penstock.cli import version
version._commit = lambda package, environ: ""
sys.exit(start.console())
"""
"""Penstock as it is where its commit is not known: a manual cannot say the ids of commits that name one."""

DATE = "2026-01-01 12:00 +0000"


def commands(page: str) -> list[str]:
    """What the consoles of a page run, in order."""
    steps = (step for console in CONSOLE.findall(page) for step in STEP.findall(console))
    return ["\n".join(line[2:] for line in shown.splitlines()) for shown, _ in steps]


def with_outputs(page: str, outputs: Sequence[str | None]) -> str:
    """The page with these outputs behind its commands; None keeps the one that is there."""
    waiting = iter(outputs)

    def step(found: re.Match[str]) -> str:
        output = next(waiting)
        return found[1] + (found[2] if output is None else output)

    return CONSOLE.sub(lambda console: STEP.sub(step, console[0]), page)


def play(session: Sequence[str], repository: Repository, environ: Mapping[str, str] = {}) -> list[str]:
    """What each command of a session prints. It starts at the top of the repository."""
    script = "".join(f"{{ {command}\n}} 2>&1\nended=$?\nprintf '\\0'\n(exit $ended)\n" for command in session)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=repository.path,
        env={**_environ(repository), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    outputs = done.stdout.split("\0")[:-1]
    assert len(outputs) == len(session), f"the session has ended at {session[len(outputs)]!r}"
    return outputs


def _environ(repository: Repository) -> dict[str, str]:
    """That of a person with `penstock` on the PATH, whose commits always have the same date."""
    home = repository.path.parent / "home"
    program = home / "bin" / "penstock"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(RELEASED)} "$@"\n')
    program.chmod(0o755)
    return {
        **ENVIRON,
        "PATH": f"{program.parent}:{ENVIRON['PATH']}",
        "PYTHONPATH": str(ROOT / "compiler"),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_PAGER": "cat",
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_DATE": DATE,
    }


def shop(folder: Path) -> Repository:
    """The repository in which the manual plays: a copy of examples/shop, committed."""
    repository = Repository(folder / "shop")
    repository.replace(ROOT / "examples" / "shop", "A shop, for two environments")
    return repository
