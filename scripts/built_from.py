"""Writes into each wheel and source archive which commit it was built from (`penstock --version` reads it).

Hatchling runs this; see `[tool.hatch.build.hooks.custom]` in pyproject.toml.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHORT = 12
NAME = "commit.txt"


class BuiltFrom(BuildHookInterface[Any]):
    """In an archive the file lies at the top; a wheel that is built from the archive takes it from there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # a checkout tells for itself
            return
        commit = commit_of(Path(self.root))
        if not commit:
            return
        folder = tempfile.mkdtemp()
        written = Path(folder) / NAME
        written.write_text(f"{commit}\n", encoding="ascii")
        place = NAME if self.target_name == "sdist" else f"penstock/{NAME}"
        build_data["force_include"][str(written)] = place


def commit_of(root: Path) -> str:
    """The short id of the commit, marked where the code differs from it; empty where it is not known."""
    kept = root / NAME
    if kept.exists():
        return kept.read_text(encoding="ascii").strip()
    if not (root / ".git").exists():
        return ""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()[:SHORT]
    changed = _git(root, "diff-index", "--quiet", "HEAD", "--", "compiler", "schemas").returncode
    return f"{commit}, modified" if commit and changed else commit


def _git(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:  # git is not installed
        return subprocess.CompletedProcess(arguments, 1, "", "")
