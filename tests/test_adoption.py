"""What a team settles, knows and asks for: severities, suppressions, baselines, what is new since a commit.

A case is a small repository (`tree.txt`), what is done to it (`commands.txt`), and all that it says (`expected.txt`).
Commands are those of Penstock; `git …`; `replace PATH OLD NEW`; and `show PATH`.
"""

import io
import json
import os
import random
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.conftest import Golden
from tests.repository import ENVIRON
from tests.test_targets import tree_of

from penstock.adoption import baseline
from penstock.adoption.baseline import compare, known
from penstock.adoption.suppressions import written
from penstock.cli.main import main
from penstock.cli.outputs import FORMATS
from penstock.cli.streams import Streams
from penstock.errors import Refusal
from penstock.findings import Finding, fingerprints, identity, values_in
from penstock.model import Pos
from penstock.parse.remarks import Remark, remarks

FIXTURES = Path(__file__).parent.parent / "fixtures" / "check" / "adoption"
CASES = sorted(FIXTURES.iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    root = tmp_path / "repository"
    for path, text in tree_of(case).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "--quiet", "--initial-branch=main")
    said = [do(root, shlex.split(line)) for line in (case / "commands.txt").read_text().splitlines()]
    golden(case / "expected.txt", "".join(said))


def do(root: Path, words: list[str]) -> str:
    """What a command of a case says."""
    name, *arguments = words
    if name == "git":
        git(root, *arguments)
        return ""
    if name == "replace":
        path, old, new = (word.replace("\\n", "\n") for word in arguments)
        before = (root / path).read_text()
        assert old in before
        (root / path).write_text(before.replace(old, new))
        return ""
    shown = f"$ {shlex.join(words)}\n"
    if name == "show":
        return shown + (root / arguments[0]).read_text()
    return shown + penstock(root, *words)


def penstock(root: Path, *arguments: str, environ: Mapping[str, str] = {}) -> str:
    where = root
    if arguments[0] == "cd":
        where, arguments = root / arguments[1], arguments[2:]
    streams = Streams(io.StringIO(), io.StringIO(), {**os.environ, **ENVIRON, **environ}, str(where))
    status = main(arguments, streams)
    out, err = streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]
    return f"{out}{err}exit status {status}\n"


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env={**os.environ, **ENVIRON})


def finding(number: int, *, line: int = 1, field: str = "spec", path: str = "a.yaml") -> Finding:
    pos = Pos(path, line, 1)
    return Finding(f"PS{number}", "error", "no", pos, "", (), (), pos, "Pod/a", field)


def test_what_a_baseline_has_is_what_compare_takes_out() -> None:
    chance = random.Random(4)
    for _ in range(200):
        found = [finding(400 + chance.randrange(3), line=chance.randrange(9)) for _ in range(chance.randrange(8))]
        before = known(found[: chance.randrange(9)])
        compared = compare(found, before, bool)
        assert len(compared.new) + compared.known == len(found)
        assert known(compared.new) + before == known(found)
        assert not compared.left


def test_a_finding_about_a_missing_file_is_about_no_renamed_one() -> None:
    """Only where its file exists can it be the one of a file that is gone."""
    before, after = finding(732, path="old.jsonnet"), finding(732, path="new.jsonnet")
    assert compare([after], known([before]), ["new.jsonnet"].__contains__).new == []
    assert compare([after], known([before]), [].__contains__).new == [after]


def test_a_baseline_is_read_as_it_was_written() -> None:
    found = [finding(400), finding(400), finding(401, field='"\n\udcff')]
    assert baseline.read(baseline.write(found).encode(), "b.json", "b.json").known == known(found)
    assert baseline.read(baseline.write([]).encode(), "b.json", "b.json").known == Counter()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        "\xff",
        '{"apiVersion": "penstock.dev/v1", "kind": "Baseline"}',
        '{"apiVersion": "penstock.dev/v1", "kind": "Baseline", "findings": [1]}',
        '{"apiVersion": "penstock.dev/v1", "kind": "Baseline", "findings": [{"code": 1}]}',
        '{"apiVersion": "penstock.dev/v1", "kind": "Baseline", "findings": [{"code": "", "path": "", "object": "", '
        '"field": "", "text": "", "count": -1}]}',
        '{"apiVersion": "penstock.dev/v1", "kind": "Baseline", "findings": ' + "9" * 5000 + "}",
    ],
    ids=range(10),
)
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"b\.json is no baseline"):
        baseline.read(text.encode("latin-1"), "b.json", "b.json")


def test_a_fingerprint_does_not_know_lines_and_tells_twins_apart() -> None:
    first, moved = finding(400, line=1), finding(400, line=80)
    assert identity(first) == identity(moved)
    assert list(fingerprints([first, moved])) == list(fingerprints([moved, first]))
    assert len(set(fingerprints([first, moved]))) == 2


def test_numbers_and_hashes_of_a_message_do_not_count() -> None:
    one = finding(301)._replace(message='spec.env[0]: no ConfigMap "settings-2bfg6t9k4m" has it (3 objects)')
    other = finding(301)._replace(message='spec.env[12]: no ConfigMap "settings-h4k5mct2dd" has it (1 objects)')
    assert identity(one) == identity(other)
    assert identity(one) != identity(one._replace(message="another"))


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ("spec.replicas: expected integer, found string", "spec.replicas"),
        ('spec.env[3]: no ConfigMap "settings" has it', "ConfigMap settings spec.env[#]"),
        ("AppProject shop doesn't permit Namespace/shop-web", "AppProject Namespace/shop-web"),
        ("the key 'a' stands twice (see `b`), JSON has 3", "a b"),
        ("charts/shop (and 1 more): nothing installs this chart, so it is not compiled.", "charts/shop"),
        ("", ""),
    ],
)
def test_values_of_a_message(message: str, values: str) -> None:
    assert values_in(message) == values


def test_a_message_may_be_worded_better() -> None:
    old = finding(400)._replace(message='spec.size: no such field in Widget; "sise" is unknown')
    new = finding(400)._replace(message='unknown field "sise" of spec.size')
    assert not compare([new], known([old]), bool).new
    assert compare([new._replace(message='unknown field "weight" of spec.size')], known([old]), bool).new


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # penstock: ignore=PS401 why\n", [Remark("PS401 why", 1, 6, 1, False)]),
        ("# penstock: ignore=PS401,PS402 why\n# more\na: 1\n", [Remark("PS401,PS402 why", 1, 1, 3, False)]),
        ("a: '# penstock: ignore=PS401 why'\n", []),
        ("a: b# penstock: ignore=PS401\n", []),
        ("a: 'b # penstock: ignore=PS401 why'\n", [Remark("PS401 why'", 1, 7, 1, True)]),
        ("a: 'b' # penstock: ignore=PS401 why\n", [Remark("PS401 why", 1, 8, 1, False)]),
        ("a: |\n  # penstock: ignore=PS401 why\n  b\n", [Remark("PS401 why", 2, 3, 3, True)]),
        ("a: [\n# penstock: ignore\n", [Remark("", 2, 1, 3, False)]),
        ("# penstock: ignored by all\n# see penstock: it ignores\n", []),
        ("a: 1 # penstock: ignore=PS401 why\r\n", [Remark("PS401 why", 1, 6, 1, False)]),
    ],
)
def test_remarks(text: str, expected: list[Remark]) -> None:
    assert remarks(text.encode()) == expected


def test_a_suppression_is_codes_and_a_reason() -> None:
    assert written("PS401,PS4 some reason", Pos("a"))[:2] == (("PS401", "PS4"), "some reason")
    assert written(" ", Pos("a"))[:2] == ((), "")


NEW: dict[str, Callable[[str], int]] = {
    "json": lambda text: len(json.loads(text)["findings"]),
    "sarif": lambda text: len(json.loads(text)["runs"][0]["results"]),
    "gitlab": lambda text: len(json.loads(text)),
    "rdjson": lambda text: len(json.loads(text)["diagnostics"]),
    "junit": lambda text: text.count("<failure") + text.count("<system-out"),
    "checkstyle": lambda text: text.count("<error"),
    "github": lambda text: text.count("::error ") + text.count("::warning ") + text.count("::notice "),
    "markdown": lambda text: len(re.findall(r"\| (?:error|warning|info) PS", text)),
    "text": lambda text: len(re.findall(r": (?:error|warning|info) PS", text)),
    "grouped": lambda text: len(re.findall(r": (?:error|warning|info) PS", text)),
    "summary": lambda text: len(re.findall(r" PS\d{3} ", text)),
}
"""How many findings a report has, by format."""


def test_an_old_repository_is_green_and_one_new_mistake_is_one_finding_in_each_format(tmp_path: Path) -> None:
    assert NEW.keys() == FORMATS.keys()
    for path, text in tree_of(FIXTURES / "a_baseline_lets_an_old_repository_start").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    wanted = [word for form in FORMATS for word in ("-o", f"{form}={form}.out")]
    assert penstock(tmp_path, "check").endswith("exit status 1\n")
    assert penstock(tmp_path, "check", "--write-baseline").endswith("exit status 0\n")
    assert penstock(tmp_path, "check", *wanted).endswith("exit status 0\n")
    assert {form: count((tmp_path / f"{form}.out").read_text()) for form, count in NEW.items()} == dict.fromkeys(NEW, 0)
    shop = tmp_path / "base" / "shop.yaml"
    shop.write_text("# a line more\n" + shop.read_text().replace("image: shop:1", "image: shop:1\n        tty: many"))
    assert penstock(tmp_path, "check", *wanted).endswith("exit status 1\n")
    assert {form: count((tmp_path / f"{form}.out").read_text()) for form, count in NEW.items()} == dict.fromkeys(NEW, 1)
