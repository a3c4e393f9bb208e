"""Regular expressions of strangers, by RE2: the syntax of Go, and time that is linear in the text.

A pull request brings both the expression and what it is matched with. RE2 is what Go's own package is made after: it
takes and refuses the same expressions and cannot be made to backtrack. It is imported when an expression is first
compiled: most runs have none.

What is left to bound is the number of matches: a run has `SECONDS` for all of them, and no single match may cost more
than `MAX_STEPS`.
"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

MAX_LENGTH = 65_536
"""Characters of one expression."""

MAX_MEMORY = 32 << 20
"""Bytes that RE2 may use for one expression. Go bounds the program alone, and at about the same size."""

MAX_STEPS = 200_000_000
"""Characters of a text times instructions of an expression: what one match costs at worst, about a second."""

SECONDS = 3.0
"""What all matches of a run may take. 1,000 expressions over 1,000 names take some milliseconds."""

_WORDS_OF_GO = (
    ("missing ): ", "missing closing ): "),
    ("missing ]: ", "missing closing ]: "),
    ("bad repetition operator: ", "invalid nested repetition operator: "),
    ("invalid repetition size: ", "invalid repeat count: "),
    ("no argument for repetition operator: ", "missing argument to repetition operator: "),
    ("invalid perl operator: ", "invalid or unsupported Perl syntax: "),
    ("invalid named capture group: ", "invalid named capture: "),
    ("trailing \\", "trailing backslash at end of expression: "),
)
"""How RE2 begins to say what is wrong, and how Go does."""


class Invalid(Exception):  # noqa: N818  # not an error of the program
    """The expression is none that Go takes; the text says why, in the words of Go."""


class TooMuch(Exception):  # noqa: N818  # not an error of the program
    """A match, or all matches of this run, would take too long."""


class _Clock:
    """The time that the matches of a run have taken."""

    def __init__(self) -> None:
        self.spent = 0.0

    def timed(self, call: Callable[..., Any], argument: str | bytes) -> Any:
        """Raises TooMuch where there is no time left."""
        if self.spent > SECONDS:
            raise TooMuch
        start = time.perf_counter()
        try:
            return call(argument)
        finally:
            self.spent += time.perf_counter() - start


_clock = _Clock()


def new_run() -> None:
    """Begin to count the time of matches anew."""
    _clock.spent = 0.0


class Expression:
    """A compiled expression; `text` is how it is written. Raises Invalid and TooMuch."""

    __slots__ = ("_search", "size", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        compiled = _compiled(text)
        self._search = compiled.search
        self.size = compiled.programsize

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in a text. Raises TooMuch."""
        if len(text) * self.size > MAX_STEPS:
            raise TooMuch
        return _clock.timed(self._search, _readable(text)) is not None


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """An expression, compiled once. Raises Invalid and TooMuch."""
    return Expression(text)


class Expressions:
    """Several expressions, tried all at once: a text costs no more than with one. Raises Invalid and TooMuch."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._set: Any = None
        self._size = sum(expression(text).size for text in texts)

    def found_in(self, text: str) -> list[str]:
        """Those that match somewhere in a text. Raises TooMuch."""
        together = len(self.texts) > 1 and len(text) * self._size <= MAX_STEPS
        found = _clock.timed(self._match, _readable(text)) if together else ()
        if len(self.texts) not in found:  # they are too large to be tried at once
            return [each for each in self.texts if expression(each).found_in(text)]
        return [self.texts[index] for index in sorted(found) if index < len(self.texts)]

    def _match(self, text: str | bytes) -> list[int]:
        if self._set is None:
            import re2

            self._set = re2.Set.SearchSet(_options(len(self.texts)))
            for each in (*self.texts, ""):  # the last one matches always: without it, there is no answer
                self._set.Add(each)
            self._set.Compile()
        found: list[int] = self._set.Match(text)
        return found


def _compiled(text: str) -> Any:
    import re2

    if len(text) > MAX_LENGTH:
        raise TooMuch
    if "\\C" in text and _has_bytes(text):
        raise Invalid("invalid escape sequence: `\\C`")
    try:
        return re2.compile(_readable(text), _options())
    except re2.error as error:
        reason = error.args[0]
        raise Invalid(
            _in_words_of_go(reason.decode(errors="replace") if isinstance(reason, bytes) else reason)
        ) from None


def _options(number: int = 1) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = min(number, 4) * MAX_MEMORY
    return options


def _has_bytes(text: str) -> bool:
    r"""Whether an expression has `\C`, a single byte: RE2 takes it and Go does not."""
    at = text.find("\\")
    while 0 <= at < len(text) - 1:
        if text[at + 1] == "C":
            return True
        end = text.find("\\E", at) if text[at + 1] == "Q" else at
        at = text.find("\\", end + 2) if end >= 0 else -1
    return False


def _in_words_of_go(reason: str) -> str:
    for ours, theirs in _WORDS_OF_GO:
        if reason.startswith(ours):
            reason = theirs + reason[len(ours) :]
            break
    what, colon, where = reason.partition(": ")
    return f"{what}: `{where}`" if colon else what


def _readable(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can hold and Go reads as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
