"""Argo CD: what its definitions say of small repositories, and its own cases where ../shared has them."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Golden
from tests.test_targets import run, tree_of, write

from penstock.definitions.argo.loader import Directory, loaded, scanned
from penstock.files import Disk
from penstock.parse.project import Project

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures" / "argo"
CASES = sorted(path.parent for path in FIXTURES.glob("*/tree.txt"))
SHARED = ROOT.parent / "shared" / "conformance" / "argocd"


def rows(name: str) -> list[Any]:
    """The cases of a file of Argo CD's own; none where it is not there."""
    path = SHARED / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def named(row: Any) -> str:
    return str(row["name"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    write(tree_of(case), tmp_path / "repository")
    commands = (case / "commands.txt").read_text().splitlines()
    made = [run(tmp_path / "repository", *shlex.split(command)) for command in commands]
    golden(case / "expected.txt", "\n".join(made))


@pytest.mark.parametrize("row", rows("loader.jsonl"), ids=named)
def test_loader_of_argo_cd(row: Any, tmp_path: Path) -> None:
    for path, content in row["files"].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content["text"])
    for path, target in row["symlinks"].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).symlink_to(target)
    options = row["options"]
    directory = Directory(row["app_path"], options.get("recurse", False), options.get("include", ""))
    directory = directory._replace(exclude=options.get("exclude", ""))
    if "max_bytes" in options:
        directory = directory._replace(max_bytes=options["max_bytes"])
    project = Project(Disk(str(tmp_path)))
    paths = list(project.walk(row["app_path"]))
    found: list[Any]
    if row["stage"].startswith("scan"):
        found, findings = scanned(project, directory, paths)
    else:
        found, findings = loaded(project, directory, paths)
    errors = [finding.message for finding in findings if finding.severity == "error"]
    if row["expect_error"] is not None:
        assert any(row["expect_error"] in message for message in errors)
    else:
        jsonnet = sum("Jsonnet" in finding.message for finding in findings)  # named, and not rendered
        assert (errors, len(found) + jsonnet) == ([], row["expect_count"])
