"""The catalogue of findings: every code has a page whose examples are true, and no code ever changes its meaning."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cases import FIXTURES, SCHEMAS, mutations, resource, resources

from penstock.cli.rule import pages
from penstock.cli.severities import LOSSES, severities_of
from penstock.validate.check import validate
from penstock.validate.codes import PAGES
from penstock.validate.rules import RULES, rules_about

ROOT = Path(__file__).parent.parent
LEDGER = ROOT / "fixtures" / "codes.txt"
OURS = [*((rule.CODE, rule.__doc__ or "") for rule in RULES), *((code, text) for code, _, text in PAGES)]
EXAMPLE = re.compile(r"^(Bad|Good|Example):\n```yaml\n(.*?)```", re.MULTILINE | re.DOTALL)


NO_SCHEMA = "PS405"
"""The code for kinds of which Penstock has no schema, such as those of Flux, which also have rules."""


def examples(label: str) -> list[Any]:
    found = [(code, *match) for code, text in OURS for match in EXAMPLE.findall(text)]
    return [pytest.param(code, example, id=code) for code, kind, example in found if kind == label]


@pytest.mark.parametrize(("code", "text"), examples("Bad"))
def test_the_bad_example_of_a_page_has_this_finding_and_no_other(code: str, text: str) -> None:
    _, found = validate(resources(text), SCHEMAS)
    assert {each.code for each in found} - {NO_SCHEMA} == {code} - {NO_SCHEMA}
    assert code in {each.code for each in found}


@pytest.mark.parametrize(("code", "text"), examples("Good"))
def test_the_good_example_of_a_page_has_no_finding(code: str, text: str) -> None:
    assert [each for each in validate(resources(text), SCHEMAS)[1] if each.code != NO_SCHEMA] == []


@pytest.mark.parametrize(("code", "text"), OURS)
def test_a_page_has_examples_a_reason_and_a_source(code: str, text: str) -> None:
    kinds = [kind for kind, _ in EXAMPLE.findall(text)]
    assert kinds in (["Bad", "Good"], ["Example"])
    assert "\nWhy: " in text
    assert "\nSource: " in text or "(Information.)" in text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.NAME)
def test_a_rule_is_named_as_its_file_and_has_fixtures(rule: Any) -> None:
    assert rule.__name__.rpartition(".")[2] == rule.NAME.replace("-", "_")
    assert (FIXTURES / "rules" / f"{rule.NAME.replace('-', '_')}.yaml").exists()


SHOWN = re.compile(r"\b(error|warning|info) (PS[0-9]{3})\b")

OTHERWISE = {
    "PS400": "a repository may settle another severity",
    "PS410": "in a template for copies, as all codes",
    "PS418": "in a template for copies, as all codes",
    "PS631": "hydrate makes no branch without the objects",
}
"""Codes that fixtures show with a severity that the manual does not name; and why."""


def test_the_manual_names_each_severity_with_which_a_finding_is_shown() -> None:
    texts = (path.read_text() for path in sorted((ROOT / "fixtures").rglob("expected*.txt")))
    shown = {(code, severity) for text in texts for severity, code in SHOWN.findall(text)}
    assert len(shown) > 200
    of_build = {(code, "warning") for code in LOSSES}
    named = {(code, each) for code, _ in shown for each in severities_of(code)}
    assert sorted({each for each in shown - named - of_build if each[0] not in OTHERWISE}) == []


def test_rules_are_in_the_order_of_their_codes() -> None:
    codes = [rule.CODE for rule in RULES]
    assert codes == sorted(codes)


def test_no_shape_of_a_body_makes_a_rule_fail() -> None:
    for body in mutations(1500, seed=3):
        checked = resource(body)
        for rule in rules_about(checked.id.group, checked.id.kind):
            for problem in rule.check(checked):
                assert problem.message


def test_codes_and_names_are_unique() -> None:
    found = pages()
    assert len({page.code for page in found}) == len(found)
    assert len({page.name for page in found}) == len(found)
    assert all(re.fullmatch(r"PS[1-7]\d\d", page.code) for page in found)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", page.name) for page in found)


def test_the_ledger_has_every_code_under_the_name_that_it_will_keep(request: pytest.FixtureRequest) -> None:
    """`fixtures/codes.txt` only grows: a code that is given up stays there, so that nobody gives it out again."""
    ledger = [line.split(" ", 1) for line in LEDGER.read_text().splitlines()]
    added = [[page.code, page.name] for page in pages() if [page.code, page.name] not in ledger]
    if request.config.getoption("--update"):
        ledger += added
        LEDGER.write_text("".join(f"{code} {name}\n" for code, name in ledger))
        added = []
    assert added == [], "pytest --update appends them"
    assert len({code for code, _ in ledger}) == len(ledger)


def test_every_code_that_is_issued_has_a_page() -> None:
    known = {page.code for page in pages()}
    issued = {
        (code, path.name)
        for path in (ROOT / "compiler").rglob("*.py")
        for code in re.findall(r"""["'](PS\d{3})["']""", path.read_text())
    }
    assert {(code, name) for code, name in issued if code not in known and code != "PS300"} == set()  # PS300: a bound


SECRET = "c3VwZXItc2VjcmV0LXZhbHVl"


@pytest.mark.parametrize(
    "fields",
    [
        f"data: {{token: {SECRET}x}}",
        f"data: {{token: [{SECRET}]}}",
        f"data: [{SECRET}]",
        f"data: {SECRET}",
        f"stringData: {{token: {{nested: {SECRET}}}}}",
        f"data: {{a/b: {SECRET}}}",
        f"stringdata: {{token: {SECRET}}}",
        f"immutable: {SECRET}",
        f"type: [{SECRET}]",
        f"metadata: {{name: a, annotations: {{a/b/c: {SECRET}}}}}",
        f"metadata: {{name: a, annotations: [{SECRET}]}}",
    ],
)
def test_no_message_repeats_the_value_of_a_secret(fields: str) -> None:
    head = "" if fields.startswith("metadata") else "metadata: {name: a}\n"
    _, found = validate(resources(f"apiVersion: v1\nkind: Secret\n{head}{fields}\n"), SCHEMAS)
    assert found
    assert not [
        each for each in found if SECRET in "".join((each.message, each.hint, *(text for _, text in each.notes)))
    ]


def test_the_manual_is_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "make_docs.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
