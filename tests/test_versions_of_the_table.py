"""schemas/validation.yaml says for which versions of Kubernetes its entries hold, and the pack obeys it."""

import re
from pathlib import Path

import pytest
from scripts.make_schemas import holding
from tests.cases import FIXTURES, memory, resources

from penstock.files import resource_of_package
from penstock.parse.locate import locate
from penstock.validate.check import validate
from penstock.validate.schemas import load

CASES = sorted((FIXTURES / "versions").glob("*.yaml"))
WANTED = re.compile(r"# want (PS\d+)(?: since 1\.(\d+))?(?: until 1\.(\d+))?$")
VERSIONS = ("1.25", "1.26", "1.28", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_its_findings(path: Path, version: str) -> None:
    text, minor = path.read_text(), int(version[2:])
    wanted = set()
    for number, line in enumerate(text.splitlines(), 1):
        match = WANTED.search(line)
        if match and int(match[2] or 0) <= minor <= int(match[3] or 99):
            wanted.add((number, match[1]))
    found = validate(resources(text), load(resource_of_package("kubernetes.pack"), version))[1]
    assert {(locate(memory(text), each.where).line, each.code) for each in found} == wanted


@pytest.mark.parametrize(
    ("written", "older", "newer"),
    [
        ("required, dns-label since 1.33", "required", "required, dns-label"),
        ("1.. until 1.32, 0.. since 1.33", "1..", "0.."),
        ("dns-label since 1.33", "", "dns-label"),
        (["a", "b since 1.33"], ["a"], ["a", "b"]),
        ({"in": ["a", "b until 1.32"], "is": "required"}, {"in": ["a", "b"], "is": "required"}, None),
        (["a excludes b since 1.30 until 1.32"], ["a excludes b"], []),
    ],
)
def test_parts_of_an_entry_hold_for_the_versions_that_they_name(written: object, older: object, newer: object) -> None:
    assert holding(written, "1.32") == older
    assert newer is None or holding(written, "1.33") == newer


def test_a_table_for_no_version_has_all_parts() -> None:
    assert holding("1.. until 1.32, dns-label since 1.33", "") == "1.., dns-label"
