"""Every format of a report, over findings whose texts mean harm to it, against what its readers document.

The schemas in `fixtures/check/reports` say what GitHub, GitLab and Reviewdog take; that of our own JSON is published.
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.conftest import Golden

from penstock.cli.outputs import FORMATS, Shown, written
from penstock.findings import Checked, Finding, Hidden, Occurrence, Report
from penstock.model import Pos, ResourceId, Severity
from penstock.report.markdown import plain

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures" / "check" / "reports"
SHOWN = Shown(everything=False, has_summary=True)

HOSTILE = "100% <b>&amp; ]]> \"'`|@team [x](http://x) {0} \n::error::x\r\x1b[2J\x00\u202eevil\ufffe\udcff größer"
"""Markup of all the formats, line breaks, and what no XML may hold."""


def finding(severity: Severity = "error", path: str = "base/web.yaml", text: str = "no", line: int = 3) -> Finding:
    pos = Pos(path, line, 5 if line else 0)
    end = Pos(path, line, 12 if line else 0)
    notes = ((Pos("base/other.yaml", 2, 1), f"the other half {text}"),)
    occurrences = (Occurrence("dev", ResourceId("apps", "Deployment", "dev", "web")),)
    code = {"error": "PS400", "warning": "PS303", "info": "PS405"}[severity]
    return Finding(code, severity, text, pos, f"hint {text}", notes, occurrences, end, "Deployment.apps/web", "spec")


def report(*findings: Finding) -> Report:
    targets = (Checked("dev", "dev", 4, frozenset(), (), 1), Checked("a <&> b", "", 0, frozenset({"sources"}), ()))
    return Report("1.37", targets, findings, Hidden(1, 2, 3))


PLAIN = report(
    finding(), finding(), finding("warning")._replace(end=Pos("base/web.yaml", 9, 1)), finding("info", line=0)
)
HARMFUL = report(
    finding(text=HOSTILE),
    finding(path="a%b,c:d <&>\n::stop::\udcff ü.yaml", text=HOSTILE)._replace(
        occurrences=tuple(Occurrence("dev", ResourceId("", HOSTILE, HOSTILE, f"n{number}")) for number in range(8))
    ),
    finding("warning", path=":: error.yaml"),
    finding("info", path="/outside/of it.yaml", line=0),
)
NONE = report()
REPORTS = {"plain": PLAIN, "harmful": HARMFUL, "none": NONE}
SCHEMAS = {
    "json": json.loads((ROOT / "schemas" / "check-report.json").read_text()),
    **{form: json.loads((FIXTURES / f"{form}.schema.json").read_text()) for form in ("sarif", "gitlab", "rdjson")},
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written(form: str, name: str, golden: Golden) -> None:
    text = written(REPORTS[name], form, SHOWN)
    golden(FIXTURES / f"{name}.{form}.txt", without_version(text))


def without_version(text: str) -> str:
    """The help of rules is what `penstock rule` prints; the version is that of the day."""
    text = re.sub(r'"semanticVersion": "[^"]*"', '"semanticVersion": "0.0.0"', text)
    return re.sub(r'"(text|markdown)": "(.{40}).*"', r'"\1": "\2…"', text)


@pytest.mark.parametrize("form", SCHEMAS)
@pytest.mark.parametrize("name", REPORTS)
def test_documents_are_what_their_schema_says(form: str, name: str) -> None:
    document = json.loads(written(REPORTS[name], form, SHOWN))
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[form])
    jsonschema.Draft202012Validator(SCHEMAS[form]).validate(document)


def test_the_published_schema_knows_every_key() -> None:
    """So that a new key is described: there, others are allowed, since new ones may come."""
    document = json.loads(written(HARMFUL, "json", SHOWN))
    defined = SCHEMAS["json"]["$defs"]
    place = defined["place"]["properties"].keys()
    assert document.keys() == SCHEMAS["json"]["properties"].keys()
    assert document["summary"].keys() == defined["summary"]["properties"].keys()
    assert document["targets"][0].keys() == defined["target"]["properties"].keys()
    assert document["findings"][0].keys() == defined["finding"]["properties"].keys() | place


@pytest.mark.parametrize("form", ["junit", "checkstyle"])
@pytest.mark.parametrize("name", REPORTS)
def test_xml_is_well_formed_and_complete(form: str, name: str) -> None:
    root = ElementTree.fromstring(written(REPORTS[name], form, SHOWN))
    found = REPORTS[name].findings
    if form == "checkstyle":
        errors = root.findall("file/error")
        assert [each.get("severity") for each in errors] == [each.severity for each in found]
        return
    suites = root.findall("testsuite")
    cases = [case for suite in suites for case in suite.findall("testcase")]
    assert len(cases) == int(root.get("tests", "")) == len(REPORTS[name].targets) + len(found)
    assert len(cases) == sum(int(suite.get("tests", "")) for suite in suites)
    failures = [len(suite.findall("testcase/failure")) for suite in suites]
    assert failures == [int(suite.get("failures", "")) for suite in suites]
    assert sum(failures) == int(root.get("failures", "")) == REPORTS[name].count("error")
    allowed = {
        "testcase": {"name", "classname", "time", "file", "line"},
        "failure": {"type", "message"},
        "skipped": {"message"},
        "system-out": set(),
    }
    assert all(set(each.attrib) <= allowed[each.tag] for case in cases for each in case.iter())
    named = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("name", REPORTS)
def test_a_workflow_command_is_a_line_for_each_finding(name: str) -> None:
    lines = written(REPORTS[name], "github", SHOWN).splitlines()
    assert len(lines) == len(REPORTS[name].findings)
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match, line
        properties = dict(each.split("=", 1) for each in match[2].split(","))
        assert properties.keys() <= {"file", "line", "endLine", "col", "endColumn", "title"}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_a_terminal_obeys_is_written(form: str) -> None:
    text = written(HARMFUL, form, SHOWN)
    text.encode()
    assert all(line.isprintable() for line in text.split("\n"))


def test_no_line_of_the_text_is_a_workflow_command() -> None:
    """A file may be called `::stop-commands::x`, and a log be that of GitHub Actions."""
    lines = [line for form in ("text", "grouped") for line in written(HARMFUL, form, SHOWN).splitlines()]
    assert not [line for line in lines if line.lstrip().startswith(("::", "##["))]


def test_uris_lead_back_to_the_files() -> None:
    document: Any = json.loads(written(HARMFUL, "sarif", SHOWN))
    uris = [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in document["runs"][0]["results"]
    ]
    paths = [unquote_to_bytes(uri.removeprefix("file://")).decode(errors="surrogateescape") for uri in uris]
    assert paths == [each.pos.path for each in HARMFUL.findings]


def test_no_text_is_markup_in_markdown() -> None:
    assert plain("<b>*x*</b> [a](b) `c` @team #1 | \\") == (
        "&lt;b\\>\\*x\\*&lt;/b\\> \\[a\\]\\(b\\) \\`c\\` &#64;team \\#1 \\| \\\\"
    )


def test_one_long_finding_leaves_room_for_the_others_in_markdown() -> None:
    """A message may repeat a line of 100 kB, and a finding have a thousand other halves."""
    notes = tuple((Pos("base/other.yaml", line, 1), "|" * 5_000) for line in range(1, 1_000))
    found = report(finding(text="&" * 100_000)._replace(notes=notes), finding(text="the second one"))
    made = written(found, "markdown", SHOWN)
    assert len(made) < 62_000
    assert "the second one" in made
    assert "more" not in made.rpartition("\n")[0].rpartition("|")[2]


def test_fingerprints_are_unique_in_every_report() -> None:
    codes = [each["fingerprint"] for each in json.loads(written(PLAIN, "gitlab", SHOWN))]
    assert len(set(codes)) == len(codes)
