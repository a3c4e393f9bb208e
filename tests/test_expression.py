"""Regular expressions: what Go takes and how it says what it does not, in bounded time."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.expression import MAX_STEPS, Expressions, Invalid, TooMuch, expression, new_run
from penstock.resolve.finding.image_names import ImageNames

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
        ),
        max_leaves=8,
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(expressions(), min_size=1, max_size=6, unique=True), st.text("ab.0 -\né", max_size=8))
def test_many_at_once_match_what_each_matches_and_what_python_does(texts: list[str], text: str) -> None:
    new_run()
    alone = [each for each in texts if expression(each).found_in(text)]
    assert Expressions(texts).found_in(text) == alone
    if text.isascii():
        assert alone == [each for each in texts if re.search(each, text, re.ASCII)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(a", "missing closing ): `(a`"),
        ("[a", "missing closing ]: `[a`"),
        ("a)", "unexpected ): `a)`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        (r"a\Cb", r"invalid escape sequence: `\C`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("(?P<a", "invalid named capture: `(?P<a`"),
    ],
)
def test_what_go_refuses_is_refused_in_its_words(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        expression(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        (r"\\C", r"a\Cb", "aCb"),
        (r"\Q\C\E", r"a\Cb", "aCb"),
        (r"\bword\b", "a word", "words"),
        (r"\p{Greek}", "λ", "l"),
        ("(?i)A", "a", "b"),
        ("(?P<a>a)", "a", "b"),
    ],
)
def test_what_go_takes_is_taken(text: str, found: str, not_found: str) -> None:
    assert expression(text).found_in(found)
    assert not expression(text).found_in(not_found)


@pytest.mark.parametrize(
    "text",
    [
        *("(a+)+$", "(a|a)*$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){12}$"),
        *("(|)" * 40 + "z", "(a|b)" * 1000, "(a?){900}(a?){700}z", "x" * 60_000, "(" * 900 + ")" * 900),
    ],
)
def test_no_expression_takes_long(text: str) -> None:
    new_run()
    start = time.process_time()
    with suppress(TooMuch):
        expression(text).found_in("a" * 5000 + "!")
    assert time.process_time() - start < 5


def test_a_match_that_would_take_long_is_refused() -> None:
    with pytest.raises(TooMuch):
        expression("(a|b){500}").found_in("a" * MAX_STEPS)
    with pytest.raises(TooMuch):
        expression("a" * 100_000)


def test_all_matches_of_a_run_share_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.expression.CHEAP_STEPS", 1)
    monkeypatch.setattr("penstock.expression.MAX_STEPS_OF_A_RUN", expression("ab?").size)
    new_run()
    assert expression("ab?").found_in("a")
    with pytest.raises(TooMuch):
        expression("ab?").found_in("a")
    new_run()
    assert expression("ab?").found_in("a")
    new_run()


@pytest.mark.parametrize("text", ["^(?:a?b)$", "^(?:a)|(?:.{9})$", "^(?:[(]a)|(?:.)$", "^(?:a.{2,})$"])
@pytest.mark.parametrize("subject", ["a" * 999, "ab" * 99, "b", "ab"])
def test_a_text_that_is_too_long_to_match_is_told_at_once(text: str, subject: str) -> None:
    new_run()
    assert expression(text).found_in(subject) == (re.search(text, subject) is not None)


@pytest.mark.parametrize("name", ["Pod", "ValidatingWebhookConfiguration", "a" * 200, "ä" * 30])
def test_a_name_matches_itself_however_long(name: str) -> None:
    for text in (name, f"^(?:{name})$", f"^(?:{name}|x)$", f"^(?:({name}){{1,2}}.?)$"):
        assert expression(text).found_in(name)


def test_a_flag_may_give_the_end_another_meaning() -> None:
    assert expression("^(?:a)(?m)(?:b)$").found_in("ab\n" * 99)


def test_half_of_a_surrogate_pair_is_a_character() -> None:
    assert expression("^a.b$").found_in("a\ud800b")


NAMES = st.text("ab.:/@-", max_size=6)
IMAGES = st.text("ab.:/@-{", max_size=9)


@settings(max_examples=500, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=5), IMAGES)
def test_a_table_of_image_names_finds_what_the_expressions_match(names: list[str], image: str) -> None:
    rest = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$"
    new_run()
    wanted = [index for index, name in enumerate(names) if expression(f"^{name}{rest}").found_in(image)]
    assert ImageNames(names).matching(image) == wanted
