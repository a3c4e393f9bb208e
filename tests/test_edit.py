"""`penstock edit` and `penstock create`: files before and after, and the laws that hold for every edit.

fixtures/edit/BEHAVIOUR/: `input`, `command`, and in `expected` the kustomization file, `output.txt` with what is said,
and `kustomize.yaml`, which is what kustomize v5.8.2 makes of the same file with the same command (absent where it
refuses). `pytest --update` records the latter too where the command `kustomize` is at hand.
"""

import io
import json
import os
import shlex
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.conftest import Golden

from penstock.cli.kustomization_file import find, read_fields
from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.edit.fix import VERSIONS
from penstock.edit.rewrite import rewrite
from penstock.edit.wildcards import is_match
from penstock.edit.write import Writer, in_line
from penstock.model import Refusal, Tree

CASES = sorted((Path(__file__).parent.parent / "fixtures" / "edit").iterdir())
EDITED = [case for case in CASES if (case / "expected" / "kustomization.yaml").exists()]

STRICTER = ("fix_vars_that_would_build_something_else_is_refused",)
"""What Kustomize does all the same."""

DIFFERENT = ("fix_patches_that_meet_in_one_field", "fix_vars_by_name_where_a_patch_moves_entries")
"""Kustomize writes another tree, of which the build is another one."""


class Ran(NamedTuple):
    """What a command did: its exit status, what it said, and the files that are there now."""

    status: int
    out: str
    err: str
    files: dict[str, bytes]

    @property
    def kustomization(self) -> bytes:
        return next(
            (self.files[name] for name in ("kustomization.yaml", "kustomization.yml") if name in self.files), b""
        )


def case_name(case: Path) -> str:
    return case.name


def command(case: Path) -> list[str]:
    return shlex.split((case / "command").read_text())


def copied(case: Path, directory: Path) -> Path:
    shutil.copytree(case / "input", directory, dirs_exist_ok=True)
    return directory


def ran(directory: Path, *words: str) -> Ran:
    streams = Streams(io.StringIO(), io.StringIO(), {}, str(directory))
    status = main(words, streams)
    assert isinstance(streams.out, io.StringIO)
    assert isinstance(streams.err, io.StringIO)
    return Ran(status, streams.out.getvalue(), streams.err.getvalue(), files_in(directory))


def files_in(directory: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def fields(text: bytes) -> Tree:
    read, errors = read_fields(text.decode(), "kustomization.yaml")
    assert errors == []
    return read


def read(text: str) -> Tree | None:
    found, errors = read_fields(text, "kustomization.yaml")
    return None if errors else found


def meaning(tree: Tree) -> Tree:
    """The tree as Kustomize has it in memory: defaults filled in, deprecated fields folded into current ones.

    Kustomize writes images and replicas sorted by name, and changed literals in any order; Penstock leaves them.
    """
    kind = tree.get("kind") or "Kustomization"
    tree = {"apiVersion": VERSIONS[kind], "kind": kind, **json.loads(json.dumps(tree))}
    for old, new in (("bases", "resources"), ("imageTags", "images")):
        if old in tree:
            tree[new] = tree.get(new, []) + tree.pop(old)
    for field in ("configMapGenerator", "secretGenerator"):
        for entry in tree.get(field, ()):
            if "env" in entry:
                entry["envs"] = [*entry.get("envs", []), entry.pop("env")]
            entry.get("literals", []).sort()
    for field in ("images", "replicas"):
        tree.get(field, []).sort(key=lambda entry: str(entry["name"]))
    return {name: value for name, value in tree.items() if value not in ("", [], {})}


def comments(text: bytes) -> Counter[str]:
    lines = (line.strip() for line in text.decode().splitlines())
    return Counter(line for line in lines if line.startswith("#"))


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_edit(case: Path, tmp_path: Path, golden: Golden, request: pytest.FixtureRequest) -> None:
    done = ran(copied(case, tmp_path), *command(case))
    before = files_in(case / "input")
    names = set(find(str(case / "input"))) or {"kustomization.yaml"}
    golden(case / "expected" / "output.txt", f"exit status {done.status}\n{done.out}{done.err}")
    assert {n: t for n, t in done.files.items() if n not in names} == {
        n: t for n, t in before.items() if n not in names
    }
    if done.status == 0:
        golden(case / "expected" / "kustomization.yaml", done.kustomization)
    else:
        assert done.files == before
    if request.config.getoption("--update") and shutil.which("kustomize"):
        record(case, tmp_path / "peer")


def record(case: Path, directory: Path) -> None:
    """Note what Kustomize makes of it."""
    copied(case, directory)
    done = subprocess.run(["kustomize", *command(case)], cwd=directory, capture_output=True, check=False)
    theirs = case / "expected" / "kustomize.yaml"
    theirs.unlink(missing_ok=True)
    if done.returncode == 0:
        theirs.write_bytes((directory / "kustomization.yaml").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_kustomize_makes_the_same_of_it(case: Path) -> None:
    theirs, ours = (case / "expected" / name for name in ("kustomize.yaml", "kustomization.yaml"))
    if case.name in STRICTER:
        return
    assert theirs.exists() == ours.exists()
    if ours.exists() and case.name not in DIFFERENT:
        assert meaning(fields(ours.read_bytes())) == meaning(fields(theirs.read_bytes()))
    if ours.exists() and "create" in command(case):
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("case", EDITED, ids=case_name)
def test_comments_on_lines_of_their_own_survive(case: Path) -> None:
    before = files_in(case / "input").get("kustomization.yaml", b"")
    lost = comments(before) - comments((case / "expected" / "kustomization.yaml").read_bytes())
    inside = 1 if case.name == "remove_resource_by_a_pattern_takes_the_field" else 0
    assert lost.total() == inside, lost


@pytest.mark.parametrize("case", EDITED, ids=case_name)
def test_line_ends_and_byte_order_mark_stay(case: Path, tmp_path: Path) -> None:
    path = copied(case, tmp_path) / "kustomization.yaml"
    expected = (case / "expected" / "kustomization.yaml").read_bytes()
    if not path.exists():
        return
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert ran(tmp_path, *command(case)).kustomization == b"\xef\xbb\xbf" + expected.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("case", EDITED, ids=case_name)
def test_a_missing_last_line_end_stays_missing(case: Path, tmp_path: Path) -> None:
    path = copied(case, tmp_path) / "kustomization.yaml"
    expected = (case / "expected" / "kustomization.yaml").read_bytes()
    if path.exists():
        path.write_bytes(path.read_bytes().removesuffix(b"\n"))
        edited = ran(tmp_path, *command(case)).kustomization
        assert fields(edited) == fields(expected)
        assert edited.rstrip() == expected.rstrip()


@pytest.mark.parametrize("case", [case for case in EDITED if "set" in command(case)], ids=case_name)
def test_to_set_again_writes_nothing(case: Path, tmp_path: Path) -> None:
    path = copied(case, tmp_path) / "kustomization.yaml"
    words = command(case)
    if "--new-namespace" in " ".join(words):
        return
    ran(tmp_path, *words)
    before = path.stat()
    assert ran(tmp_path, *words).status == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text("namespace: dev\n")
    path.chmod(0o640)
    assert ran(tmp_path, "edit", "set", "namespace", "prod").files == {path.name: b"namespace: prod\n"}
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_within_the_directory_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("namespace: dev\n")
    link = tmp_path / "kustomization.yaml"
    link.symlink_to("real.yaml")
    assert ran(tmp_path, "edit", "set", "namespace", "prod").files["real.yaml"] == b"namespace: prod\n"
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["there", "nowhere"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "there").write_text("namespace: dev\n")
    (inside / "kustomization.yaml").symlink_to(f"../{name}")
    done = ran(inside, "edit", "set", "namespace", "prod")
    assert (done.status, "leads out" in done.err) == (2, True)
    assert (tmp_path / "there").read_text() == "namespace: dev\n"


def test_create_does_not_write_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").symlink_to("../elsewhere.yaml")
    assert ran(tmp_path, "create").status == 2
    assert not (tmp_path.parent / "elsewhere.yaml").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namespace: dev\n")
    tmp_path.chmod(0o500)
    assert ran(tmp_path, "edit", "set", "namespace", "prod").status == 4


# ── the words of a command ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("set namesuffix -- -x", {"nameSuffix": "-x"}),
        ("add label a:b --force=true", {"commonLabels": {"a": "b"}}),
        ("add label --force=false a:b c:d", {"commonLabels": {"a": "b", "c": "d"}}),
        ("add label a:b -f c:d", {"commonLabels": {"a": "b", "c": "d"}}),
        ("add patch --patch '- op: x' --name -n", {"patches": [{"patch": "- op: x", "target": {"name": "-n"}}]}),
        ("add resource --no-verify=1 'a b.yaml'", {"resources": ["a b.yaml"]}),
        ("add resource https://example.com/x?ref=v1", {"resources": ["https://example.com/x?ref=v1"]}),
    ],
)
def test_words_as_scripts_have_them(tmp_path: Path, words: str, expected: Tree) -> None:
    (tmp_path / "kustomization.yaml").write_text("# nothing yet\n")
    done = ran(tmp_path, "edit", *shlex.split(words))
    assert (done.status, done.err) == (0, "")
    assert fields(done.kustomization) == expected


@pytest.mark.parametrize(
    "words",
    [
        "set",
        "set nothing x",
        "set namespace",
        "set namespace a b",
        "add patch x",
        "add label a:b --force=maybe",
        "fix x",
    ],
)
def test_words_that_are_wrong(tmp_path: Path, words: str) -> None:
    (tmp_path / "kustomization.yaml").write_text("namespace: dev\n")
    done = ran(tmp_path, "edit", *words.split())
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("penstock: ")


def test_help_is_no_error(tmp_path: Path) -> None:
    for words in ("edit --help", "edit set image --help", "edit fix -h", "create --help"):
        assert ran(tmp_path, *words.split())[:1] == (0,)


def test_a_secret_is_in_no_message(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("secretGenerator:\n- {name: login, literals: [password]}\n")
    for words in ("set secret login --from-literal hunter2", "add secret login --from-literal hunter2"):
        done = ran(tmp_path, "edit", *words.split())
        assert done.status != 0
        assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "sub/a.yaml", False),
        ("**", "a/b", False),
        ("?[a-c]", "xb", True),
        ("[^a]", "/", True),
        ("[^a]", "b", True),
        ("\\*", "*", True),
        ("a.b", "axb", False),
        ("[b-a]", "a", False),
    ],
)
def test_patterns_match_as_in_go(pattern: str, path: str, matches: bool) -> None:
    assert is_match(pattern, path) is matches


@pytest.mark.parametrize("pattern", ["[", "[a", "a\\", "[]"])
def test_broken_patterns(pattern: str) -> None:
    with pytest.raises(Refusal):
        is_match(pattern, "a")


# ── hostile files ───────────────────────────────────────────────────────────────────────────────────────────────────

BOMB = "commonLabels: &a {k: v}\nhelmCharts:\n- valuesInline:\n    b0: &b0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"    b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, 15)
)
DEEP = "chartName: x\n  valuesLocal: " + "{a: " * 390 + "1" + "}" * 390 + "\n"


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        (BOMB, "edit set label k:w", 3),
        ("resources: " + "[" * 10_000, "edit set namespace x", 3),
        ("helmChartInflationGenerator:\n- " + DEEP, "edit set namespace x", 0),
        ("helmChartInflationGenerator:\n- " + DEEP, "edit fix", 2),
        (f"resources: [{', '.join(f'r{i}.yaml' for i in range(5000))}]\n", "edit remove resource r1*", 0),
        ("resources:\n" + "- a\n" * 5000, "edit add resource --no-verify b", 0),
        ("namespace: \xff\n", "edit set namespace x", 3),
    ],
    ids=["alias bomb", "depth", "deep values stay", "deep values move", "long line", "many alike", "not UTF-8"],
)
def test_hostile_files_are_edited_or_refused_in_bounded_time(
    tmp_path: Path, text: str, words: str, status: int
) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_bytes(text.encode("latin-1"))
    start = time.process_time()
    assert ran(tmp_path, *words.split()).status == status
    assert time.process_time() - start < 5
    assert (path.read_bytes() == text.encode("latin-1")) is (status != 0)


def test_a_value_cannot_become_another_field(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namespace: dev\n")
    for value in ("x\nresources: [../etc]", "x: y", "x # y", "*a", "{a: b}", "\0"):
        done = ran(tmp_path, "edit", "set", "namespace", value)
        assert (done.status, fields(done.kustomization)) == (0, {"namespace": value})


# ── any text, any change ────────────────────────────────────────────────────────────────────────────────────────────

# U+0085 is a line break to Kustomize when it reads a kustomization, however it is spelt: no edit can write it.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x85"), max_size=8) | st.sampled_from(
    [
        "yes",
        "1.10",
        "0x1f",
        "- a",
        "a: b",
        "a #b",
        "12:30",
        "~",
        "=",
        "a\n b\n",
        "x\n\n",
        "2001-01-01",
        "é\u2028\x07",
        "#",
    ]
)
KEYS = TEXTS.filter(lambda text: bool(text) and text.isprintable())
PAIRS = st.dictionaries(KEYS, TEXTS, min_size=1, max_size=3)
IMAGES = st.lists(
    st.fixed_dictionaries({"name": TEXTS}, optional={"newName": TEXTS, "newTag": TEXTS, "digest": TEXTS}), max_size=4
)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "resources": st.lists(TEXTS, min_size=1, max_size=5),
        "components": st.lists(TEXTS, max_size=2),
        "images": IMAGES,
        "commonLabels": PAIRS,
        "labels": st.lists(st.fixed_dictionaries({"pairs": PAIRS}), min_size=1, max_size=2),
        "namespace": TEXTS,
        "replicas": st.lists(
            st.fixed_dictionaries({"name": TEXTS, "count": st.integers(-5, 5)}), min_size=1, max_size=3
        ),
    },
)


@settings(max_examples=200, deadline=None)
@given(TREES, TREES, st.sampled_from(["block", "indented", "flow", "mixed", "line"]))
def test_any_tree_is_reached_from_any_text(before: Tree, after: Tree, style: str) -> None:
    text = written(before, style)
    if style in ("flow", "mixed"):
        assume(read(text) == before)  # PyYAML does not quote N, which is false in a kustomization
    assert read(text) == before
    assert read(rewrite(text, after, read)) == after
    assert rewrite(text, before, read) == text


def written(tree: Tree, style: str) -> str:
    if style in ("flow", "mixed"):
        dumped: Any = yaml.dump(tree, default_flow_style=style == "flow" or None, width=20)
        return str(dumped)
    if style == "line":
        return in_line(tree, quoted=True) + "\n"
    return Writer(2 if style == "indented" else 0).entries(tree, 0) + "\n"
