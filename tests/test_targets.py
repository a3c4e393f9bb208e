"""Targets and environments: what `penstock targets` and `penstock init` say of small repositories, and their laws.

A case is a list of paths and texts (`tree.txt`), so that a repository with twenty directories is one file to read.
"""

import io
import json
import random
import shlex
from pathlib import Path

import jsonschema
import pytest
from tests.conftest import Golden
from tests.repository import Repository

from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.files import Memory
from penstock.model import Target
from penstock.parse.document import RESOURCES, load
from penstock.parse.project import Project
from penstock.parse.project_file.pattern import PatternError, compile_pattern
from penstock.parse.project_file.read import read_config
from penstock.parse.submodules import submodule_of
from penstock.parse.usage import read_usage
from penstock.pipeline import open_project
from penstock.targets.repository import everything

FIXTURES = Path(__file__).parent.parent / "fixtures" / "targets"
CASES = sorted(path.parent for path in FIXTURES.glob("*/tree.txt"))
SETTINGS = sorted((FIXTURES / "settings").glob("*.yaml"))
SCHEMA = json.loads((FIXTURES.parent.parent / "schemas" / "project.json").read_text())


def tree_of(case: Path) -> dict[str, str]:
    """`== path` begins a file; a path alone on a line of its own, without text, has an empty list of resources."""
    files: dict[str, str] = {}
    for block in (case / "tree.txt").read_text().split("== ")[1:]:
        path, _, text = block.partition("\n")
        files[path.strip()] = text.strip("\n") + "\n"
    return files


def write(files: dict[str, str], root: Path) -> None:
    (root / ".git").mkdir(parents=True)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def run(directory: Path, *arguments: str) -> str:
    streams = Streams(io.StringIO(), io.StringIO(), {"PATH": "/usr/bin:/bin"}, str(directory))
    status = main(arguments, streams)
    out, err = streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]
    return f"$ penstock {shlex.join(arguments)}\n{out}{err}exit status {status}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    write(tree_of(case), tmp_path / "repository")
    given = case / "commands.txt"
    commands = given.read_text().splitlines() if given.exists() else ["targets", "init"]
    made = []
    for command in commands:
        folder, _, rest = command.rpartition("$ ")
        made.append(run(tmp_path / "repository" / folder.strip(), *shlex.split(rest)))
    golden(case / "expected.txt", "\n".join(made))


def project_of(case: Path) -> Project:
    return Project(Memory(tree_of(case)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_falls_out_of_sight(case: Path) -> None:
    project = project_of(case)
    found, findings = everything(project)
    usage = read_usage(project)
    reached = {inner for target in found for inner in usage.reach(target.path)}
    read = {path for made in project.made.values() for path in made.read}
    reached |= {directory for directory, file in usage.files.items() if file in read}
    said = {str(finding.where.path).rpartition("/")[0] or "." for finding in findings}
    config, _ = project.config()
    excluded = {
        path for path in usage.uses if any(p.match_above(path) for p in (config.exclude if config is not None else ()))
    }
    excluded |= {path for path in usage.uses if submodule_of(path, project.submodules)}  # another repository's
    assert set(usage.uses) - reached - said - excluded == set()


COMES_FIRST = ("ApplicationSets ask", "is not in penstock.lock, and may lead to more")
"""Questions before whose answers no other one is asked."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_proposed_says_what_was_found(case: Path, tmp_path: Path) -> None:
    files = tree_of(case)
    if "penstock.yaml" in files:
        return
    write(files, tmp_path / "repository")
    before = _without_definitions(files)
    if not before or any(first in (case / "expected.txt").read_text() for first in COMES_FIRST):
        return
    text = run(tmp_path / "repository", "init").partition("\n")[2].rpartition("exit status")[0]
    config, wrong = read_config(text.encode(), "penstock.yaml")
    assert wrong == []
    assert config is not None
    excluded = {target for target in before if any(each.match_above(target.path) for each in config.exclude)}
    assert not any(target.environment for target in excluded)
    project = open_project(Memory({**files, "penstock.yaml": text}))
    after = [target for target in everything(project)[0] if target not in project.made]
    built = {target.path for target in project.made}  # by definitions that only the settings bring in
    left = [target for target in before if target not in excluded and target.path not in built]
    wanted = [(target.path, target.environment or target.proposed) for target in left]
    assert sorted((target.path, target.environment) for target in after) == sorted(wanted)


def _without_definitions(files: dict[str, str]) -> list[Target]:
    """The targets that no definition of Flux makes."""
    project = open_project(Memory(files))
    return [target for target in everything(project)[0] if target not in project.made]


@pytest.mark.parametrize("case", SETTINGS, ids=lambda case: case.stem)
def test_the_reader_and_the_schema_agree(case: Path, golden: Golden) -> None:
    """What a schema cannot say (a pattern, a star that is not there) only the reader refuses."""
    text = case.read_bytes()
    config, findings = read_config(text, "penstock.yaml")
    lines = [f"{'.'.join(map(str, getattr(f.where, 'at', ())))}: {f.message} ({f.hint})" for f in findings]
    golden(case.with_suffix(".expected"), "".join(f"{line}\n" for line in lines) or "fine\n")
    documents, _ = load(text, "penstock.yaml", RESOURCES)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(documents[0].body))
    assert bool(errors) == (config is None) or case.stem.startswith("only_the_reader_")


PATTERNS = [
    ("apps/*/overlays/*", "apps/web/overlays/prod", ("web", "prod")),
    ("apps/*/overlays/*", "apps/web/base", None),
    ("apps/*", "apps/web/base", None),
    ("*", ".", None),
    (".", ".", ()),
    ("**", "a/b", ("a/b",)),
    ("**", ".", ("",)),
    ("a/**/z", "a/z", ("",)),
    ("a/**/z", "a/b/c/z", ("b/c",)),
    ("**/testdata/**", "x/testdata/y/z", ("x", "y/z")),
    ("**/testdata/**", "x/test/y", None),
    ("prod-*", "prod-eu", ("eu",)),
    ("*-*", "a-b-c", ("a", "b-c")),
    ("a*a", "a", None),
]


@pytest.mark.parametrize(("pattern", "path", "stars"), PATTERNS)
def test_patterns(pattern: str, path: str, stars: tuple[str, ...] | None) -> None:
    assert compile_pattern(pattern).match(path) == stars


@pytest.mark.parametrize("pattern", ["/etc/*", "../*", "a/../../b", "a**", "[ab]", "a?", "{a,b}", "a\\b"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    pattern = compile_pattern("/".join(["**/a*"] * 30))
    assert pattern.match("/".join(random.Random(1).choices(["a", "ab", "b"], k=2000)) + "/c") is None


def test_a_target_that_is_built_by_its_name_takes_the_options_of_a_directory(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    overlay = "resources: [a.yaml]\n"
    files = {f"apps/{app}/{each}/kustomization.yaml": overlay for app in ("web", "cart") for each in ("dev", "prod")}
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n"
    objects = {path.replace("kustomization", "a"): pod for path in files}
    repository.write({**files, **objects})
    by_path = repository.penstock("build", "apps/web/prod")
    assert by_path.status == 0
    assert repository.penstock("build", "prod/web", cwd="apps") == by_path
    assert repository.penstock("build", "prod/web", "--output", "all.yaml").status == 0
    assert (tmp_path / "all.yaml").read_text() == by_path.out
    assert "PS170" in repository.penstock("build", "prod/web", "--bound", "objects=0").err
    assert repository.penstock("build", "prod").err.startswith("penstock: prod has 2 targets; build one of prod/cart")
    assert repository.penstock("build", "prod", "apps/web/dev", "--output", "out").status == 0
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in (tmp_path / "out").rglob("*.yaml")}
    assert written == dict.fromkeys(("out/prod/web.yaml", "out/prod/cart.yaml", "out/apps/web/dev.yaml"), by_path.out)
    assert repository.penstock("build", "prod/wbe").err.endswith('; did you mean "prod/web"?\n')


TWO_APPS = {
    f"apps/{app}/overlays/{each}/kustomization.yaml": "resources: [../../base]\n"
    for app in ("web", "cart")
    for each in ("dev", "prod")
}
BASES = {
    f"apps/{app}/base/{name}": text
    for app in ("web", "cart")
    for name, text in (
        ("kustomization.yaml", "resources: [map.yaml]\n"),
        ("map.yaml", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {app}}}\n"),
    )
}


@pytest.fixture
def two_apps(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path)
    repository.write({**TWO_APPS, **BASES})
    repository.commit()
    return repository


@pytest.mark.parametrize(
    "command", [("targets",), ("check",), ("graph",), ("images",), ("hydrate", "--dry-run"), ("lock",)]
)
@pytest.mark.parametrize(
    ("word", "cwd"),
    [
        ("apps/web/overlays/prod", "."),
        ("{top}/apps/web/overlays/prod", "."),
        ("{top}/apps/web/overlays/prod", "apps/cart"),
        ("../web/overlays/prod", "apps/cart"),
        ("prod/web", "."),
        ("prod/web", "apps/cart"),
    ],
)
def test_a_word_means_the_same_for_each_command(
    command: tuple[str, ...], word: str, cwd: str, two_apps: Repository
) -> None:
    done = two_apps.penstock(*command, word.format(top=two_apps.path), cwd=cwd)
    said = two_apps.penstock(*command, "apps/web/overlays/prod")
    assert (done.status, done.out.replace("../", "")) == (said.status, said.out)
    assert "there is no" not in done.err


@pytest.mark.parametrize(
    "command", ["targets", "check", "graph", "images", "hydrate", "lock", "build", "sync", "status"]
)
def test_a_misspelt_name_is_answered_by_each_command(command: str, two_apps: Repository) -> None:
    done = two_apps.penstock(command, "prod/wbe")
    assert done.status == 2
    assert done.err.endswith('there is no directory, environment or target prod/wbe; did you mean "prod/web"?\n')


@pytest.mark.parametrize("command", ["sync", "status"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prod/web",), "cannot read the kubeconfig"),
        (("apps/web/overlays/prod",), "cannot read the kubeconfig"),
        (("apps/web",), 'apps/web has targets of 2 environments ("dev" or "prod"): name one of them'),
        (("apps/web/base",), "there is no target in or below apps/web/base"),
    ],
)
def test_a_part_of_an_environment_is_found_in_the_sources(
    command: str, words: tuple[str, ...], said: str, two_apps: Repository
) -> None:
    assert two_apps.penstock("hydrate", "--create").status == 0
    assert said in two_apps.penstock(command, *words).err


@pytest.mark.parametrize("command", [("history", "prod/web"), ("rollback", "prod/web", "HEAD")])
def test_what_is_about_an_environment_takes_no_part_of_it(command: tuple[str, ...], two_apps: Repository) -> None:
    done = two_apps.penstock(*command)
    assert done.status == 2
    assert "prod/web is only a part of prod" in done.err
