"""Argo CD: what its definitions say of small repositories, and its own cases where ../shared has them."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Golden
from tests.test_targets import run, tree_of, write

from penstock.definitions.argo.application import Destination
from penstock.definitions.argo.loader import Directory, loaded, scanned
from penstock.definitions.argo.project import (
    Kind,
    permits_destination,
    permits_kind,
    permits_namespace,
    permits_source,
)
from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.argo.sets.generators import Generators
from penstock.definitions.argo.sets.parameters import of_file, with_values
from penstock.definitions.argo.sets.templates import Language
from penstock.files import Disk
from penstock.model import Document, Origin
from penstock.parse.document import CONFIG, load
from penstock.pipeline import open_project
from penstock.targets.argo.sets import GoTemplates

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


def test_a_definition_that_comes_later_is_hydrated(tmp_path: Path) -> None:
    """What earlier runs came to holds only as long as no definition comes or goes."""
    first, later = tree_of(FIXTURES / "a_hydrator_names_the_branch_of_the_environment"), "apps/late.yaml"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for path, text in first.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for _ in range(2):
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "state"], check=True)
        said = run(tmp_path, "hydrate", "--create")
        changed = (
            first["apps/web.yaml"].replace("environments/east", "environments/west").replace("name: web,", "name: b,")
        )
        (tmp_path / later).write_text(changed)
    assert "environments/west: created" in said


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
    project = open_project(Disk(str(tmp_path)))
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
        assert (errors, len(found)) == ([], row["expect_count"])


class _Given:
    """`generators.Repository` with what a case of Argo CD has for it."""

    def __init__(self, case: Any) -> None:
        self._case = case

    def at(self, address: str, revision: str) -> "_Given":
        return self

    def directories(self) -> list[str]:
        return list(self._case.get("repoDirs", ("app1", "app2")))

    def files(self) -> list[str]:
        return sorted(self._case["repoFiles"])

    def content(self, path: str) -> Document:
        return Document(Origin(path), self.parsed(self._case["repoFiles"][path]))

    def parsed(self, text: str) -> Any:
        documents, findings = load(text.encode(), "file", CONFIG)
        if any(finding.severity == "error" for finding in findings):
            raise Failed("this cannot be read")
        return documents[0].body if documents else {}

    def clusters(self) -> None:
        return None


def _lowered(tree: Any) -> Any:
    """The fields of the cases that have the names of Go's structs."""
    if isinstance(tree, dict):
        return {_field(key): _lowered(value) for key, value in tree.items()}
    return [_lowered(each) for each in tree] if isinstance(tree, list) else tree


def _field(name: str) -> str:
    return {"RepoURL": "repoURL", "Directories": "directories", "Path": "path"}.get(name, name)


def _numbers(tree: Any) -> Any:
    """`{"$call": "float64", "args": [1]}` as the number that it is."""
    if isinstance(tree, dict):
        return tree["args"][0] if "$call" in tree else {key: _numbers(value) for key, value in tree.items()}
    return [_numbers(each) for each in tree] if isinstance(tree, list) else tree


def _generated(row: Any, language: Language) -> Any:
    """What a case of a generator comes to."""
    case, kind = row["case"], row["op"]
    if kind == "list":
        return _sets({"list": {"elements": case["elements"]}}, case, language)
    if kind in ("matrix", "merge"):
        combined = {"generators": _lowered(case["generators"]), "mergeKeys": case["mergeKeys"]}
        return [_without_segments(each) for each in _sets({kind: combined}, case, language)]
    git = {"repoURL": "here", "pathParamPrefix": case.get("pathParamPrefix", ""), "values": case.get("values") or {}}
    if kind == "git_directories":
        return _sets({"git": {**git, "directories": case["directories"]}}, case, language)
    if kind == "git_file_params":
        parsed = _Given(case).parsed(case["fileContent"])
        found = of_file(case["filePath"], parsed, case["pathParamPrefix"], language.is_go)
        return [with_values(case["values"], each, language) for each in found]
    values = case["raw"].get("values") or {}
    left_out = case["raw"].get("excludeFiles") or {}  # as if git had matched them
    kept = sorted(path for path in case["repoFiles"] if path not in left_out)
    found = [each for path in kept for each in of_file(path, _Given(case).content(path).body, "", language.is_go)]
    return [with_values(values, each, language) for each in found]


def _sets(generator: Any, case: Any, language: Language) -> Any:
    return [each.parameters for each in Generators(language, _Given(case)).generate(generator, Origin("set.yaml"))]


def _without_segments(tree: Any) -> Any:
    """The cases of a matrix come from a server that names none."""
    if isinstance(tree, dict):
        return {key: _without_segments(value) for key, value in tree.items() if key not in ("segments", "path[0]")}
    return tree


def _sorted(sets: Any) -> Any:
    return sorted(sets or (), key=lambda each: json.dumps(each, sort_keys=True))


@pytest.mark.parametrize("row", rows("appset.jsonl"), ids=named)
def test_application_sets_of_argo_cd(row: Any) -> None:
    case = row["case"]
    language = Language(case.get("goTemplateCase", row["goTemplate"]), "default", GoTemplates())
    if row["op"] == "render":
        _check_rendered(case, language)
    elif row["op"] == "values":
        assert with_values(case["values"], case["params"], language) == case["expected"]
    elif case.get("raw", {}).get("repoPathsError") or row["name"] == "handles error from repo server":
        pytest.skip("an error of a server that is not there")
    elif case.get("expect_error"):
        with pytest.raises(Failed):
            _generated(row, language)
    else:
        assert _sorted(_generated(row, language)) == _sorted(_numbers(case["expected"]))


def _check_rendered(case: Any, language: Language) -> None:
    message = case.get("errorMessage")
    if isinstance(case["params"], list):
        pytest.skip("a parameter that is a function of Go")
    if message is None:
        assert language.text(case["fieldVal"], case["params"]) == case["expectedVal"]
        return
    with pytest.raises(Failed) as raised:
        language.text(case["fieldVal"], case["params"])
    assert str(raised.value) == message


@pytest.mark.parametrize("row", rows("project_permits.jsonl"), ids=named)
def test_projects_of_argo_cd(row: Any) -> None:
    if row["op"] == "source":
        permitted = permits_source({"sourceRepos": row["sourceRepos"]}, row["source"])
    elif row["op"] == "destination":
        wanted = row["dest"]
        destination = Destination(wanted.get("name", ""), wanted.get("server", ""), wanted.get("namespace", ""))
        permitted = permits_destination({"destinations": row["destinations"]}, destination)
    else:
        kind = Kind(row["group"], row["kind"], row["resource_name"], row["namespaced"])
        permitted = permits_kind(row["spec"], kind)
    assert permitted == row["permitted"]


PERMITS = [json.loads(line) for line in (ROOT / "fixtures" / "argo_projects.jsonl").read_text().splitlines()]
"""What Argo CD's own code permits by rules that were made up at random."""


@pytest.mark.parametrize("row", PERMITS, ids=named)
def test_projects_with_odd_patterns(row: Any) -> None:
    asked: dict[str, Any] = {
        "source": lambda address: permits_source(row["spec"], address),
        "destination": lambda *place: permits_destination(row["spec"], Destination(*place)),
        "kind": lambda *kind: permits_kind(row["spec"], Kind(*kind)),
        "namespace": lambda namespace: permits_namespace(row["spec"], "argocd", namespace),
    }
    assert asked[row["asks"]](*row["of"]) == row["permitted"]
