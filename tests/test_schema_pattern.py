"""The regular expressions of CRDs: what RE2 matches, in bounded time."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.pattern import MAX_STEPS, Pattern, TooMuch
from penstock.pattern_syntax import Unsupported

ATOMS = st.sampled_from(
    ["a", "b", "ab", ".", r"\d", r"\w", r"\s", "[ab]", "[^a]", "[0-9a]", r"\.", "-", "[-a]", "[a-]", "]"]
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "+?"])


def expressions() -> st.SearchStrategy[str]:
    single = st.builds(lambda atom, repeat: f"(?:{atom}){repeat}", ATOMS, REPEATS)
    return st.recursive(
        single,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
            st.builds(lambda part, repeat: f"({part}){repeat}", inner, REPEATS),
        ),
        max_leaves=6,
    )


@settings(max_examples=500, deadline=None, derandomize=True)
@given(expressions(), st.sampled_from(["{}", "^{}", "{}$", "^{}$", "(?i){}"]), st.text("abAB01 .-\n", max_size=8))
def test_it_matches_what_python_matches_where_the_syntax_is_the_same(body: str, frame: str, text: str) -> None:
    expression = frame.format(body)
    in_python = expression.replace("$", r"\Z")  # RE2's $ is the end of the text, Python's may stand before a newline
    assert Pattern(expression).found_in(text) == (re.search(in_python, text, re.ASCII) is not None)


@pytest.mark.parametrize(
    ("expression", "yes", "no"),
    [
        (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "a-b.c", "a-.b"),
        (r"^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$", "1h30.5m", "1h30"),
        (r"^(?i)(on|off)$", "ON", "onn"),
        (r"^((?i:a)b)+$", "AbaB"[:2], "AB"),
        (r"^[[:alpha:]_][[:^digit:]]*$", "_a-b", "a1"),
        (r"^\x41\x{42}\t$", "AB\t", "AB"),
        (r"\Aa{2,3}\z", "aaa", "aaaa"),
        (r"^a{,2}$", "a{,2}", "aa"),
        (r"^(?s).$", "\n", "aa"),
        (r"^(?P<x>a)(?<y>b)$", "ab", "a"),
        (r"^\Sa\D\W$", "xa-!", "xa1!"),
        ("^ä+$", "ää", "a"),
        ("", "anything", None),
        ("^$", "", "a"),
        ("a||b", "", None),
    ],
)
def test_examples(expression: str, yes: str, no: str | None) -> None:
    assert Pattern(expression).found_in(yes)
    assert no is None or not Pattern(expression).found_in(no)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "(",
            ")",
            "[a",
            "a**",
            "*a",
            r"\1",
            r"(?=a)",
            r"(?!a)",
            r"(?<=a)",
            r"(?<!a)",
            "(?P<a",
            r"\p{Greek}",
            r"\bword",
        ),
        *(
            "[b-a]",
            "[[:nothing:]]",
            "\\",
            "(?x)a",
            "(" * 100 + ")" * 100,
            "((a{1000}){1000}){1000}",
            r"\x{110000}",
            "a{1}{2}",
        ),
    ],
)
def test_what_is_not_re2_or_not_implemented_is_refused(expression: str) -> None:
    with pytest.raises(Unsupported):
        Pattern(expression)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){12}$"])
def test_no_expression_takes_long(expression: str) -> None:
    start = time.process_time()
    with suppress(TooMuch):
        Pattern(expression).found_in("a" * 5000 + "!")
    assert time.process_time() - start < 5


def test_what_would_take_long_is_refused() -> None:
    with pytest.raises(TooMuch):
        Pattern("(a|b){500}").found_in("a" * 100_000)


def test_the_matches_of_one_pattern_share_a_bound() -> None:
    pattern = Pattern("^(a|b){500}$")
    assert pattern.found_in("ab" * 250)
    spent = len(range(0, MAX_STEPS, 500 * 500))
    with pytest.raises(TooMuch):
        any(pattern.found_in("!" * 500) for _ in range(spent))
