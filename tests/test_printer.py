"""The printer against `kustomize build` v5.8.2: recorded, side by side, and by way of a slow exact model."""

import importlib.util
import json
import math
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.emit.keys import is_before, natural
from penstock.emit.yaml import Printer, Unprintable, dump, dump_all

if TYPE_CHECKING:
    from tests.conftest import Golden

FIXTURES = Path(__file__).parent.parent / "fixtures" / "print"
CASES = sorted(FIXTURES.iterdir())
UNREADABLE = {
    "a_byte_order_mark_escapes_all_that_follows",
    "line_separators_break_lines_for_the_printer_alone",
    "long_keys_and_keys_of_many_lines_are_explicit",
}
"""Cases in which go-yaml prints what a reader does not give back, or PyYAML does not read at all."""

SHARED = Path(__file__).parent.parent.parent / "shared"
KUSTOMIZE = os.environ.get("KUSTOMIZE") or shutil.which("kustomize")

needs_kustomize = pytest.mark.skipif(not KUSTOMIZE, reason="no kustomize on the PATH or in $KUSTOMIZE")


def body_of(case: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((case / "input.json").read_text(encoding="utf-8"))
    return body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prints_what_kustomize_prints(case: Path, golden: "Golden") -> None:
    golden(case / "expected.yaml", dump(body_of(case)))


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in UNREADABLE], ids=lambda case: case.name)
def test_what_is_printed_reads_back(case: Path) -> None:
    body = body_of(case)
    assert yaml.load(dump(body), Loader=_Strings) == _as_strings(body)


def test_documents_are_joined_by_a_line_of_dashes() -> None:
    assert dump_all([]) == ""
    assert dump_all([{"a": 1}]) == "a: 1\n"
    assert dump_all([{"a": 1}, {}, {"b": "|"}]) == "a: 1\n---\n{}\n---\nb: '|'\n"


def test_a_printer_remembers_nothing_that_changes_the_text() -> None:
    printer = Printer()
    bodies = [body_of(case) for case in CASES] * 2
    assert [printer.document(body) for body in bodies] == [dump(body) for body in bodies]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 10**400])
def test_a_number_that_is_not_finite_has_an_address(number: float) -> None:
    with pytest.raises(Unprintable) as caught:
        dump({"a": [1, {"b": [2.0, number]}]})
    assert caught.value.at == ("a", 1, "b", 1)


@pytest.mark.parametrize("character", ["\x7f", "\x80", "\x9f", "\ufffe", "\uffff"])
def test_a_character_that_kustomize_cannot_print_has_an_address(character: str) -> None:
    for body in ({"a": [1, {"b": f"x{character}"}]}, {"a": [1, {"b": 2, f"{character}": 3}]}):
        with pytest.raises(Unprintable, match="control character") as caught:
            dump(body)
        assert caught.value.at[:2] == ("a", 1)


def test_a_next_line_is_folded_as_go_yaml_reads_it_in_json() -> None:
    assert dump({"a": "b \x85 c"}) == "a: b c\n"
    assert dump({"a": "b\x85\x85c"}) == "a: |-\n  b\n  c\n"
    with pytest.raises(Unprintable):
        dump({"a": "b\x85--- c"})


@pytest.mark.parametrize("shape", ["mappings", "lists", "both"])
def test_depth_is_limited_and_said(shape: str) -> None:
    assert dump(_nested(500, shape))
    with pytest.raises(Unprintable, match="too deeply"):
        dump(_nested(20_000, shape))


def test_a_long_text_takes_time_in_proportion() -> None:
    for text in (" " * 2_000_000, "a " * 1_000_000, "\t" + " a" * 1_000_000, "'" * 2_000_000, "# " * 1_000_000):
        assert len(dump({"text": text})) > 2_000_000
    assert dump({"text": "1" * 1_000_000}) == f"text: {'1' * 1_000_000}\n"
    assert natural([f"{'1' * 100_000}{number}" for number in range(200)])[0].endswith("10")


def test_the_order_of_keys_does_not_depend_on_how_they_come() -> None:
    for keys in (("10", "1a", "2"), ("01", "10", "1a"), ("a", "a-", "a1", "b")):
        assert len({tuple(natural(order)) for order in permutations(keys)}) == 1


@given(st.sets(st.from_regex("[a-cA]{0,2}(0|[19][019]{0,16})?", fullmatch=True), max_size=6))
def test_words_with_numbers_have_one_order(keys: set[str]) -> None:
    ordered = natural(keys)
    assert natural(keys, is_v3=True) == ordered
    assert all(is_before(a, b) and not is_before(b, a) for a, b in _pairs(ordered))


@given(st.lists(st.text("aAbZ019-._/é", max_size=5), max_size=6, unique=True))
def test_keys_are_sorted_by_pairs_wherever_that_is_an_order(keys: list[str]) -> None:
    ordered = natural(keys)
    assert sorted(ordered) == sorted(keys)
    if _is_an_order(keys):
        assert all(natural([later, earlier]) == [earlier, later] for earlier, later in _pairs(ordered))


PRINTED = st.characters(
    exclude_categories=["Cs"], exclude_characters=["\ufffe", "\uffff", *map(chr, range(0x7F, 0xA0))]
)
"""What Kustomize prints, and does not make another character of (U+0085)."""

SCALARS = st.none() | st.booleans() | st.integers() | st.text(PRINTED)


@settings(deadline=None)
@given(st.recursive(SCALARS, lambda values: st.lists(values) | st.dictionaries(st.text(PRINTED, max_size=12), values)))
def test_anything_reads_back(value: Any) -> None:
    body = {"value": value}
    text = dump(body)
    if not any(odd in text for odd in ("\u2028", "\u2029", "\\uFEFF")):
        assert yaml.load(text, Loader=_Strings) == _as_strings(body)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_slow_exact_model(seed: int) -> None:
    model = _model()
    for body in _random_bodies(seed, 300, numbers=False):  # of those it knows less than the fixtures
        text, expected = dump(body), model(body)
        if not text.endswith(("\u2028", "\u2029")):  # the model adds a line break; Kustomize does not
            assert text == expected


@needs_kustomize
def test_agrees_with_kustomize_on_the_fixtures(tmp_path: Path) -> None:
    bodies = [body_of(case) for case in CASES]
    assert _kustomized(bodies, tmp_path) == [dump(body) for body in bodies]


@needs_kustomize
@pytest.mark.parametrize("seed", range(10, 12))
def test_agrees_with_kustomize_on_random_documents(seed: int, tmp_path: Path) -> None:
    bodies = _random_bodies(seed, 500)
    for body, expected in zip(bodies, _kustomized(bodies, tmp_path), strict=True):
        text = dump(body)
        if text != expected and not _all_orders(body):  # its order changes from run to run
            text, expected = "\n".join(sorted(text.split("\n"))), "\n".join(sorted(expected.split("\n")))
        assert text == expected


# --- random documents ------------------------------------------------------------------------------------------------

WORDS = [
    *(
        "a",
        "b",
        "Z",
        "yes",
        "no",
        "y",
        "n",
        "on",
        "off",
        "true",
        "null",
        "~",
        "0",
        "1",
        "7",
        "8",
        "9",
        "12",
        "0x",
        "0b",
    ),
    *(
        "0o",
        "0X",
        "_",
        "+",
        "-",
        ".",
        "e",
        "E",
        "inf",
        "nan",
        ":",
        ": ",
        " ",
        "  ",
        "#",
        " #",
        "\n",
        "\n\n",
        "\t",
        "\\",
    ),
    *(
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&",
        "*",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "?",
        "? ",
        "- ",
        "---",
        "...",
        "=",
        "<<",
    ),
    *(
        "/",
        "é",
        "日",
        "\xa0",
        "😀",
        "2020-01-02",
        "T",
        "T1:2:3",
        "Z",
        "+01:00",
        "12:30",
        "word ",
        "a  b ",
        "x" * 40,
        "x" * 90,
    ),
    *("lorem ipsum dolor sit amet ", "$(V)", "{{ .x }}", "\u200b", "\r", "\u2028", "\u2029", "\ufeff", "\x1b"),
]
KEYS = ["a", "b", "A", "Z", "-", ".", "/", "_", "y", "no", "x", "é", "k8s.io", " ", ": ", "#", "*", "'", '"']
DIGITS = [*"0123456789+-_.:eExXbBoO TZ", "0b", "0x", "0o", "2020-1-2", "T1:2:3", "+01:00", "1:30"]
NUMBERS = [0, -1, 2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, True, False, None, 0.5, 1e-7, 1e21, 1e19, -0.0, 1e6]


def _random_bodies(seed: int, count: int, numbers: bool = True) -> list[dict[str, Any]]:
    rnd = random.Random(seed)
    return [
        {
            "apiVersion": "x/v1",
            "kind": "Random",
            "metadata": {"name": f"x{number:05}"},
            "spec": {_random_key(rnd, numbers): _random_value(rnd, numbers) for _ in range(6)},
        }
        for number in range(count)
    ]


def _random_key(rnd: random.Random, numbers: bool) -> str:
    key = "".join(rnd.choice(KEYS + ["1", "10", "2"] * numbers) for _ in range(rnd.randint(1, 5)))
    return key + "q" * 130 if rnd.random() < 0.03 else key


def _random_value(rnd: random.Random, numbers: bool, depth: int = 0) -> Any:
    draw = rnd.random()
    if draw < 0.1:
        return {
            _random_key(rnd, numbers): _random_value(rnd, numbers, depth + 1)
            for _ in range(rnd.randint(0, 3 - depth // 2))
        }
    if draw < 0.2:
        return [_random_value(rnd, numbers, depth + 1) for _ in range(rnd.randint(0, 3 - depth // 2))]
    if draw < 0.7 or not numbers:
        return "".join(rnd.choice(WORDS) for _ in range(rnd.choice([0, 1, 1, 2, 2, 3, 4, 6, 12, 30])))
    if draw < 0.85:
        return "".join(rnd.choice(DIGITS) for _ in range(rnd.randint(1, 5)))
    return rnd.choice(NUMBERS) if draw < 0.95 else rnd.gauss(0, 1) * 10.0 ** rnd.randint(-10, 15)


def _nested(depth: int, shape: str) -> dict[str, Any]:
    value: Any = 1
    for level in range(depth):
        value = [value] if shape == "lists" or (shape == "both" and level % 2) else {"k": value}
    return {"value": value}


# --- the oracles -----------------------------------------------------------------------------------------------------


def _model() -> Callable[[Any], str]:
    path = SHARED / "tools" / "goyaml_model.py"
    if not path.exists():
        pytest.skip("the model is not here: ../shared/tools/goyaml_model.py")
    spec = importlib.util.spec_from_file_location("goyaml_model", path)
    assert spec is not None
    assert spec.loader is not None
    model = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(model)
    finally:
        sys.dont_write_bytecode = written
    dump_by_model: Callable[[Any], str] = model.dump
    return dump_by_model


def _kustomized(bodies: Iterable[Mapping[str, Any]], folder: Path) -> list[str]:
    """What kustomize prints for each body, in one run."""
    (folder / "all.yaml").write_text("---\n".join(map(_flow, bodies)), encoding="utf-8")
    (folder / "kustomization.yaml").write_text("resources: [all.yaml]\nsortOptions: {order: fifo}\n")
    command = [str(KUSTOMIZE), "build", str(folder)]
    out = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    first, *rest = out.split("---\napiVersion:")
    return [first, *(f"apiVersion:{text}" for text in rest)]


def _flow(body: Mapping[str, Any]) -> str:
    """JSON that is YAML too: what is past U+FFFF is written out, not as surrogates."""
    text = json.dumps(body, ensure_ascii=True)
    return text.replace("\\ud83d\\ude00", "😀").replace("\\udbff\\udfff", "\U0010ffff") + "\n"


class _Strings(yaml.SafeLoader):
    """Reads every plain scalar as a string, so that only the text counts."""


_Strings.yaml_implicit_resolvers = {}


def _as_strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_strings(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_strings(child) for child in value]
    return value if isinstance(value, str) else dump({"v": value})[3:-1]


def _pairs(ordered: list[str]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]]


def _is_an_order(keys: Iterable[str]) -> bool:
    """Whether the comparison of pairs is transitive for these keys."""
    triples = permutations(set(keys), 3)
    before = {(a, b) for a, b in permutations(set(keys), 2) if natural([a, b]) == [a, b]}
    return all((a, c) in before for a, b, c in triples if (a, b) in before and (b, c) in before)


def _all_orders(tree: Any) -> bool:
    if isinstance(tree, dict):
        return _is_an_order(tree) and all(map(_all_orders, tree.values()))
    return all(map(_all_orders, tree)) if isinstance(tree, list) else True
