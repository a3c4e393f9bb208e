"""What is taken over from another state of the sources: each state has the targets that it has on its own."""

import posixpath
from collections.abc import Mapping, Set
from functools import partial
from pathlib import Path

import pytest
from tests.test_targets import CASES, tree_of

from penstock.files import Memory
from penstock.parse.project import Project
from penstock.parse.twin import Twin, put_beside
from penstock.pipeline import open_project
from penstock.targets.repository import everything

WITH_FLUX = [case for case in CASES if "toolkit.fluxcd.io" in (case / "tree.txt").read_text()][::3]
"""A third of the cases, for the time that they take."""


def _found(project: Project) -> object:
    """Return all that is known of the targets. Of the directories that were looked through, each counts for the first
    target that asks.
    """
    targets, findings = everything(project)
    made = {
        target: (
            [(each.id, each.origin, each.body) for each in result.resources],
            project.told(result.diagnostics),
            {path for path in result.read if not project.files.is_dir(path)},
            result.needs,
        )
        for target, result in project.made.items()
    }
    return targets, findings, made, sorted(project.discovery)


def _touched(old: Mapping[str, str], new: Mapping[str, str]) -> Set[str]:
    """Return the paths at which two states differ, with the directories of added and removed files."""
    found = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    for path in [path for path in found if (path in old) != (path in new)]:
        while path:
            path = posixpath.dirname(path)
            found.add(path or ".")
    return found


def _changed(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files without one of them, and with another value at the end of another one."""
    names = sorted(files)
    other = {path: text for path, text in files.items() if path != names[len(names) // 2]}
    last = max(other, default="")
    before, colon, value = other.pop(last, "").rstrip("\n").rpartition(": ")
    return {**other, last: f"{before}{colon}x{value[1:]}\n"}


@pytest.mark.parametrize("case", WITH_FLUX, ids=lambda case: case.name)
def test_a_state_beside_another_one_has_what_it_has_alone(case: Path) -> None:
    files = tree_of(case)
    state = _changed(files)
    first, beside = open_project(Memory(files)), open_project(Memory(state))
    everything(first)
    put_beside(beside, Twin(first, partial(_touched, files, state)))
    assert _found(beside) == _found(open_project(Memory(state)))
