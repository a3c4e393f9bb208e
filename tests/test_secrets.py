"""The law of Secrets: nothing but `build` and rendered branches has a value of one, whatever was asked, in any form.

Each case of `fixtures/secrets` is a tree whose Secrets have marked values, in a repository of two commits between which
all of them change. Every command is run on it, with every format, and so is `check` with each marked line spoilt. The
mark may be in no output, plain or in base64; escapes of JSON, HTML and addresses leave its letters as they are.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path

import pytest
from tests.repository import Ran, Repository

from penstock.cli.outputs import FORMATS
from penstock.withheld import looks_secret

FIXTURES = Path(__file__).parent.parent / "fixtures" / "secrets"
CASES = sorted(path.parent for path in FIXTURES.glob("*/tree.txt"))
MARK, MARK_BEFORE = "m4rked", "m4rkold"
EITHER = "m4rk"

PRINTED = (
    *(("check", "--no-baseline", "-o", form) for form in FORMATS),
    ("check", "--all", "--staged"),
    *(("graph", "--format", form) for form in ("text", "mermaid", "dot", "json")),
    *(("images", "--format", form) for form in ("text", "json")),
    *(("targets", "--format", form) for form in ("text", "json")),
    *(("affected", "--base", "HEAD~1", "--format", form) for form in ("text", "json")),
    *(("diff", "HEAD~1..HEAD", "--format", form) for form in ("text", "markdown", "json", "html", "patch")),
    *(("diff", "before..HEAD", "--format", form) for form in ("text", "json", "patch")),
    ("diff", "HEAD~1..HEAD", "--trees", "all", "--allow-secrets"),
    ("check", "--base", "HEAD~1"),
    ("check", "--since", "HEAD~1"),
    ("init",),
    ("hydrate", "--create"),
    ("hydrate", "--create", "--dry-run"),
    ("hydrate", "--create", "--allow-secrets"),
    ("hydrate", "--check"),
    ("lock",),
)
"""What is run on each case. `build` is another matter: it prints manifests, and only its messages are looked at."""


def spellings(word: str) -> list[str]:
    """A word, and how base64 spells it wherever it stands in a text; the letters that depend on its neighbours left
    out.
    """
    once = [part for start in range(3) for part in _encoded(word, start)]
    return [word, *once]


def _encoded(word: str, start: int) -> Iterator[str]:
    encoded = b64encode(b"\0" * start + word.encode()).rstrip(b"=").decode()
    first, last = -(-start * 8 // 6), (start + len(word)) * 8 // 6
    if last - first > 4:
        yield encoded[first:last]


SPELT = re.compile("|".join(sorted({re.escape(each) for each in spellings(EITHER + "e") + spellings(EITHER + "o")})))


def tree_of(case: Path) -> dict[str, str]:
    """The files of a case: `== path` begins one."""
    blocks = re.split(r"^== ", (case / "tree.txt").read_text(), flags=re.MULTILINE)[1:]
    return {name: text for name, _, text in (block.partition("\n") for block in blocks)}


def before(text: str) -> str:
    """A file as it was in the commit before: each marked value was another one."""

    def other(found: re.Match[str]) -> str:
        try:
            value = b64decode(found[0], validate=True)
        except ValueError:
            return found[0]
        if MARK.encode() not in value:
            return found[0]
        return b64encode(value.replace(MARK.encode(), MARK_BEFORE.encode())).decode()

    return re.sub(r"[A-Za-z0-9+/]{8,}={0,2}", other, text.replace(MARK, MARK_BEFORE))


def leaks(ran: Ran) -> str:
    """The first place where something is said that must not be."""
    for said in (ran.out, ran.err):
        if found := SPELT.search(said):
            return said[max(found.start() - 150, 0) : found.end() + 50]
    return ""


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Repository:
    files = tree_of(request.param)
    made = Repository(tmp_path / "repository")
    made.commit({"README.md": "Nothing yet.\n"})
    made.git("tag", "before")
    made.commit({name: before(text) for name, text in files.items()})
    made.commit(files)
    return made


def test_no_command_prints_a_value(repository: Repository) -> None:
    found = {}
    cache = {"XDG_CACHE_HOME": str(repository.path.parent / "cache")}  # what is recalled is no other thing
    for command in PRINTED:
        ran = repository.penstock(*command, environ=cache)
        assert ran.status != 70, ran.err
        if said := leaks(ran):
            found[" ".join(command)] = said
    assert found == {}


def test_no_baseline_holds_a_value(repository: Repository) -> None:
    repository.penstock("check", "--write-baseline")
    written = (repository.path / "penstock-baseline.json").read_text()
    assert leaks(Ran(0, written, "")) == ""


def test_no_explanation_shows_a_value(repository: Repository) -> None:
    found = {}
    for name in repository.git("ls-files").splitlines():
        for number, _ in enumerate((repository.path / name).read_text().splitlines(), 1):
            ran = repository.penstock("explain", f"{name}:{number}", "--format", ("text", "json")[number % 2])
            assert ran.status != 70, ran.err
            if said := leaks(ran):
                found[f"{name}:{number}"] = said
    assert found == {}


CHANGES = ("*{}", "!{}", "'{}", "{}: x: y", "[{}", "\t{}", "{}\n  x: y", "%{}", "{{{{ {} }}}}", "- {}")
"""What spoils a value."""


def spoilt(files: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The files with one marked value spoilt, in one of the ways by turns: name, text, and what it has become."""
    ways = cycle(CHANGES)
    for name, text in files.items():
        for found in re.finditer(rf"\S*(?:{SPELT.pattern})\S*", text):
            for _ in range(3):
                wrong = next(ways).format(found[0])
                yield name, text[: found.start()] + wrong + text[found.end() :], wrong


def test_no_mistake_shows_a_value(repository: Repository) -> None:
    names = repository.git("ls-files").splitlines()
    files = {name: (repository.path / name).read_text() for name in names if name != "README.md"}
    found = {}
    for name, text, wrong in spoilt(files):
        repository.write({name: text})
        ran = repository.penstock("check", "--no-baseline", "-o", "json")
        assert ran.status != 70, (wrong, ran.err)
        if said := leaks(ran):
            found[f"{name} {wrong}"] = said
        repository.write({name: files[name]})
    assert found == {}


FAILING = {
    "fail": '{{ fail (printf "no %s" .Values.adminPassword) }}',
    "required": "{{ required .Values.adminPassword nil }}",
    "include": "{{ include .Values.adminPassword . }}",
    "encoded": "{{ fail (.Values.adminPassword | b64enc) }}",
    "date": '{{ .Values.adminPassword | mustToDate "2006" }}',
    "expression": '{{ mustRegexMatch (printf "(%s" .Values.adminPassword) "" }}',
    "address": '{{ urlParse (printf ":%s" .Values.adminPassword) }}',
    "template": '{{ tpl (printf "{{ %s" .Values.adminPassword) . }}',
}
"""Templates whose errors quote a value that was meant for a Secret, which the chart has not made yet."""


@pytest.mark.parametrize("name", FAILING)
def test_a_chart_that_fails_quotes_no_secret_of_its_values(name: str, tmp_path: Path) -> None:
    made = Repository(tmp_path)
    chart = "{name: c, releaseName: c, namespace: a, valuesInline: {adminPassword: Hunter2-of-the-shop}}"
    made.write(
        {
            "kustomization.yaml": f"helmCharts: [{chart}]\n",
            "charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            "charts/c/values.yaml": "adminPassword: ''\n",
            "charts/c/templates/a.yaml": FAILING[name],
            "values.yaml": "adminPassword: Hunter2-of-the-shop\nexistingSecret: shop-database\n",
        }
    )
    setting = ("--set", "adminPassword=Hunter2-of-the-shop")
    for command in (
        ("build", "--enable-helm", "."),
        ("template", "c", "charts/c", "-f", "values.yaml"),
        ("template", "c", "charts/c", *setting),
    ):
        ran = made.penstock(*command)
        assert ran.status == 3, ran
        assert "(withheld)" in ran.err
        assert "unter2-of" not in ran.err
        assert "SHVudGVyMi" not in ran.err


def test_a_chart_that_fails_may_name_a_secret(tmp_path: Path) -> None:
    made = Repository(tmp_path)
    made.write(
        {
            "charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            "charts/c/templates/a.yaml": "{{ fail .Values.existingSecret }}",
            "values.yaml": "existingSecret: shop-database\n",
        }
    )
    assert "shop-database" in made.penstock("template", "c", "charts/c", "-f", "values.yaml").err


@pytest.mark.parametrize(
    ("at", "is_secret"),
    [
        (("adminPassword",), True),
        (("store", "secret", "config", "endpoint"), True),
        (("ingress", "tlsSecretPerReplica", "prefix"), False),
        (("tokens", "nameSuffix"), False),
        (("image", "tag"), False),
    ],
)
def test_a_part_of_a_name_is_no_secret_whatever_is_named(at: tuple[str, ...], is_secret: bool) -> None:
    assert looks_secret(at) == is_secret
