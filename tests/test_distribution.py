"""The distribution is penstock-gitops: on the package index, `penstock` alone is another author's program."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INSTALLS = re.compile(
    r"""(?:pip3?|pipx|uvx?|uv\s+(?:pip|tool|add))\s+(?:[a-z]+\s+)*(?:-\S+\s+)*["']?penstock(?!-gitops)\b|penstock\["""
)
"""What would fetch the other program: `pip install penstock`, and extras of that name."""


def texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    kept = {".md", ".py", ".sh", ".toml", ".yaml", ".yml", ".txt", ".html", ""}
    return [path for path in paths if path.suffix in kept and path.is_file() and path != Path(__file__)]


@pytest.mark.parametrize(
    "words", ["pip install penstock", "pip install 'penstock[sync]'", "pipx run penstock", "uvx penstock"]
)
def test_what_is_looked_for(words: str) -> None:
    assert INSTALLS.search(words)
    assert not INSTALLS.search(words.replace("penstock", "penstock-gitops"))


def test_nothing_installs_the_other_program() -> None:
    wrong = []
    for path in texts():
        lines = path.read_text(errors="replace").splitlines()
        wrong += [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in enumerate(lines, 1) if INSTALLS.search(line)]
    assert wrong == []


def test_the_metadata_has_the_name_and_the_versions_of_python() -> None:
    assert PROJECT["name"] == "penstock-gitops"
    assert PROJECT["scripts"] == {"penstock": "penstock.start:console"}
    versions = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} <= PROJECT["urls"].keys()
    assert PROJECT["authors"]
    assert PROJECT["keywords"]


def test_an_installation_from_the_repository_is_pinned_to_a_commit() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "hydrate.md"):
        found = re.findall(r"penstock-gitops @ git\+https://[^@\s\"]+(@[0-9a-f]{40})?", page.read_text())
        assert found
        assert all(found)


def test_the_schemas_say_where_they_come_from() -> None:
    for page in (ROOT / "NOTICE", ROOT / "schemas" / "README.md"):
        text = " ".join(page.read_text().split())
        assert "kubernetes-validate 1.37.0" in text.replace("](https://github.com/willthames/kubernetes-validate)", "")
        assert "Apache License" in text
        assert "Kubernetes Authors" in text
    assert "NOTICE" in PROJECT["license-files"]
