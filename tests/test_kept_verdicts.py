"""The law of kept verdicts: after a change of any one file, a run that uses what earlier runs came to says the same as
one that works everything out anew.
"""

import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.test_incremental import tree_of

from penstock.cli.main import main
from penstock.cli.streams import Streams
from penstock.model import Embedded, First, Origin, Resource
from penstock.parse.locate import Locator
from penstock.recall import Recall, key_of
from penstock.validate import check as checking
from penstock.validate.verdicts import Judged

FIXTURES = Path(__file__).parent.parent / "fixtures" / "check"
TREES = [case / "input" for case in sorted((FIXTURES / "trees").iterdir())]
TEXTS = [case / "tree.txt" for case in sorted((FIXTURES / "adoption").iterdir())]
MANIFESTS = [
    path
    for family in ("agreement", "custom", "rules", "schema", "server", "valid")
    for path in sorted((FIXTURES / family).glob("*.yaml"))
]
MOST_CHANGES = 4
"""The number of files of a fixture that are changed, one after the other."""


def files_of(fixture: Path) -> dict[str, str]:
    """The files of a fixture. Of a file of manifests, each document is a file of one target."""
    if fixture.is_dir():
        paths = [path for path in sorted(fixture.rglob("*")) if path.is_file() and not path.is_symlink()]
        return {str(path.relative_to(fixture)): path.read_text() for path in paths}
    if fixture.name == "tree.txt":
        return tree_of(fixture.read_text())
    documents = [text for text in ("\n" + fixture.read_text()).split("\n---") if text.strip()]
    files = {f"{number:03}.yaml": text.strip("\n") + "\n" for number, text in enumerate(documents)}
    return {**files, "kustomization.yaml": yaml.safe_dump({"resources": sorted(files)})}


def with_a_line_above(text: str) -> str:
    """Every line moves, and no object changes."""
    return f"# moved\n{text}"


def with_a_number_changed(text: str) -> str:
    """The last digit is another one."""
    at = max((at for at, sign in enumerate(text) if sign.isdigit()), default=-1)
    return text if at < 0 else f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"


def without_its_last_line(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


CHANGES = (with_a_line_above, with_a_number_changed, without_its_last_line)


def changed(files: Mapping[str, str]) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Some files with a change for each, spread over all files. A definition is changed in every way."""
    paths = sorted(files)
    for number, path in enumerate(paths[:: max(1, len(paths) // MOST_CHANGES)]):
        yield path, CHANGES[number % len(CHANGES)]
    definitions = (path for path in paths if "kind: CustomResourceDefinition" in files[path])
    yield from ((path, change) for path in islice(definitions, 2) for change in CHANGES)


@pytest.mark.parametrize("fixture", [*TREES, *TEXTS, *MANIFESTS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_kept_verdicts_say_the_same(fixture: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    files = files_of(fixture)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".git").mkdir(exist_ok=True)
    assert check(root) == check(root, "--no-cache")
    for path, change in changed(files):
        (root / path).write_text(change(files[path]))
        assert check(root) == check(root, "--no-cache"), f"{path} {change.__name__}"
        (root / path).write_text(files[path])


def check(root: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    environ = {"XDG_CACHE_HOME": str(root.parent / "cache")}
    status = main(["check", "--offline", "-o", "json", *words], Streams(out, err, environ, str(root)))
    return status, out.getvalue(), err.getvalue()


def test_only_what_has_changed_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict of an earlier run is used, in another command line too, unless the object or its definition is
    another one.
    """
    root = tmp_path / "repository"
    shutil.copytree(FIXTURES / "trees" / "misspelt_field_in_the_base_is_said_once" / "input", root)
    judged: list[str] = []
    plain = checking._by_rules

    def seen(resource: Resource, *others: Any) -> Iterator[Judged]:
        judged.append(str(resource.id))
        return plain(resource, *others)

    monkeypatch.setattr(checking, "_by_rules", seen)
    first = check(root)
    everything = [*judged]
    judged.clear()
    assert check(root, "--min-severity", "info")[:2] == first[:2]
    assert judged == []
    base = root / "base" / "deployment.yaml"
    base.write_text(base.read_text().replace("kind: Deployment", "kind: Deployment  # and a comment"))
    check(root)
    assert judged == []
    base.write_text(base.read_text().replace("shop:1.4", "shop:1.5"))
    again = check(root)
    assert judged
    assert set(judged) == {name for name in everything if name.startswith("Deployment")}
    judged.clear()
    check(root, "--kubernetes-version", "1.34")
    assert sorted(judged) == sorted(everything)
    assert again == check(root, "--no-cache")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b'{"a": []}', b"\xff"])
def test_a_broken_entry_is_an_empty_one(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock import cache

    root = tmp_path / "repository"
    shutil.copytree(FIXTURES / "trees" / "misspelt_field_in_the_base_is_said_once" / "input", root)
    expected = check(root)
    monkeypatch.setattr(cache, "load_entry", lambda *_: content)
    assert check(root) == expected


def test_what_is_not_the_same_has_another_key() -> None:
    same = [1, 1.0, True, "1", "True", None, "", [], {}, {"a": 1}, {"a": "1"}, {1: "a"}, [[]], ["a", "b"], ["a\0b"]]
    assert len({key_of(each) for each in same}) == len(same)
    assert key_of("a", "b") != key_of("a\0b")
    assert key_of({"a": 1, "b": 2}) != key_of({"b": 2, "a": 1})


def test_a_place_is_found_again_by_the_way_to_it() -> None:
    """The first of two equal keys, a step into a text, and what is not there."""
    text = b"kind: A\nmetadata: {name: a}\nx: 1\nx: 2\npatch: |\n  # a\n  - b: 1\n  ---\n  - c\n1: d\n"
    ways = [("x",), (First("x"),), ("patch", Embedded(), 0, "b"), ("patch", Embedded(3), 0), ("1",), (1,), ("none", 0)]
    anew = [Locator(lambda path: text).spot(Origin("a", 0, at)) for at in ways]
    recall = Recall()
    for known in (recall, Recall(json.loads(json.dumps(recall.used)))):
        located = Locator(lambda path: text, known)
        assert [located.spot(Origin("a", 0, at)) for at in ways] == anew
        recall = known
    assert recall.used


def test_what_no_run_asks_for_any_more_is_dropped() -> None:
    recall = Recall({"a": 1, "b": 2, "c": 3})
    assert recall.get("a") == 1
    assert recall.everything == {"a": 1}
    assert recall.get("b") == 2
    assert recall.everything == {"a": 1, "b": 2, "c": 3}
