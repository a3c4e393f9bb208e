"""The syntax of RE2, read by recursive descent and built into a nondeterministic automaton.

Source: https://github.com/google/re2/wiki/Syntax
"""

from collections.abc import Callable
from typing import NamedTuple

MAX_STATES = 5_000
"""States of one automaton; a repetition like {1000} makes as many copies."""

MAX_NESTING = 50
"""Groups inside each other."""

Test = Callable[[str], bool]


class Unsupported(Exception):  # noqa: N818  # not an error of the program
    """The expression is not RE2, or uses a part of it that is not implemented (Unicode classes, word boundaries)."""


class State(NamedTuple):
    """One of: a character (`test`), an assertion (`edge` is ^ or $), a fork, the end. `next` are indexes of states."""

    test: Test | None
    edge: str
    next: tuple[int, ...]


def automaton(expression: str) -> tuple[list[State], int]:
    """The states, and the index of the one to start in. Raises Unsupported."""
    builder = _Builder(expression)
    start = builder.build()
    return builder.states, start


Piece = Callable[[int], int]
"""A part of an expression: given the state that follows it, adds its own states and returns the first of them."""


class _Builder:
    """Recursive descent over the text; pieces are put together from the end, so that every state knows its next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.any_case = False
        self.dot_all = False
        self.states: list[State] = []

    def build(self) -> int:
        piece = self._alternatives()
        if self.at < len(self.text):
            raise Unsupported
        return piece(self._add(None, "", ()))

    def _add(self, test: Test | None, edge: str, following: tuple[int, ...]) -> int:
        if len(self.states) >= MAX_STATES:
            raise Unsupported
        self.states.append(State(test, edge, following))
        return len(self.states) - 1

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def _character(self) -> str:
        if self.at >= len(self.text):
            raise Unsupported
        self.at += 1
        return self.text[self.at - 1]

    def _alternatives(self) -> Piece:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unsupported
        flags = self.any_case, self.dot_all
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        self.any_case, self.dot_all = flags
        self.depth -= 1
        return lambda following: self._fork([branch(following) for branch in branches])

    def _fork(self, starts: list[int]) -> int:
        return starts[0] if len(starts) == 1 else self._add(None, "", tuple(starts))

    def _sequence(self) -> Piece:
        pieces: list[Piece] = []
        while self._peek() not in ("", "|", ")"):
            pieces.append(self._repeated(self._atom()))

        def build(following: int) -> int:
            for piece in reversed(pieces):
                following = piece(following)
            return following

        return build

    def _repeated(self, piece: Piece) -> Piece:
        bounds = self._bounds()
        if bounds is None:
            return piece
        self._take("?")  # lazy or greedy: the same texts match
        if self._peek() and self._peek() in "*+?{":
            raise Unsupported
        least, most = bounds
        return lambda following: self._repeat(piece, least, most, following)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        close = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : close].partition(",")
        if self._peek() != "{" or close < 0 or not _is_count(low) or not (not high or _is_count(high)):
            return None  # a brace that is no repetition stands for itself
        self.at = close + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None

    def _repeat(self, piece: Piece, least: int, most: int | None, following: int) -> int:
        if most is None:
            loop = self._add(None, "", (following,))
            start = piece(loop)
            self.states[loop] = State(None, "", (following, start))
            following = start if least else loop
            least -= 1
        else:
            for _ in range(most - least):
                following = self._fork([following, piece(following)])
        for _ in range(least):
            following = piece(following)
        return following

    def _atom(self) -> Piece:
        character = self._character()
        if character == "(":
            return self._group()
        if character == "[":
            return self._one(self._class())
        if character == ".":
            return self._one((lambda _: True) if self.dot_all else lambda c: c != "\n")
        if character in "^$":
            return lambda following: self._add(None, character, (following,))
        if character in "*+?":
            raise Unsupported
        if character == "\\":
            return self._escape()
        return self._one(self._cased(lambda c: c == character))

    def _one(self, test: Test) -> Piece:
        return lambda following: self._add(test, "", (following,))

    def _cased(self, test: Test) -> Test:
        if not self.any_case:
            return test
        return lambda c: test(c.lower()) or test(c.upper())

    def _group(self) -> Piece:
        if self._take("?P<") or self._take("?<"):
            if self._peek() in ("=", "!"):
                raise Unsupported  # RE2 does not look around
            self.at = self.text.find(">", self.at) + 1 or len(self.text)
        elif self._take("?"):
            flags = self.any_case, self.dot_all
            if self._flags() == ")":  # (?i) goes on to the end of the group that it stands in
                return lambda following: following
            inner = self._alternatives()
            self.any_case, self.dot_all = flags
            return self._closed(inner)
        return self._closed(self._alternatives())

    def _closed(self, inner: Piece) -> Piece:
        if not self._take(")"):
            raise Unsupported
        return inner

    def _flags(self) -> str:
        """Read `i:`, `s)` and the like, and return what ended them."""
        value = True
        while (flag := self._character()) not in ":)":
            if flag == "i":
                self.any_case = value
            elif flag == "s":
                self.dot_all = value
            elif flag == "-":
                value = False
            elif flag != "U":
                raise Unsupported
        return flag

    def _escape(self) -> Piece:
        character = self._character()
        if character in "Az":
            return lambda following: self._add(None, "^" if character == "A" else "$", (following,))
        if character == "Q":
            raise Unsupported
        return self._one(self._cased(self._escaped(character)))

    def _escaped(self, character: str) -> Test:
        """The test for what follows a backslash, inside a class or outside."""
        if character.lower() in _SHORTHANDS:
            return _in_ranges(_SHORTHANDS[character.lower()], negated=character.isupper())
        value = self._escaped_character(character)
        return lambda c: c == value

    def _escaped_character(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character == "x":
            if self._take("{"):
                digits, _, _ = self.text[self.at :].partition("}")
                self.at += len(digits) + 1
            else:
                digits = self._character() + self._character()
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise Unsupported from None
        if character.isalnum():
            raise Unsupported
        return character

    def _class(self) -> Test:
        negated = self._take("^")
        tests: list[Test] = []
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            if self._take("[:"):
                tests.append(self._posix())
                continue
            low = self._character()
            if low == "\\":
                low = self._character()
                if low.lower() in _SHORTHANDS:
                    tests.append(self._escaped(low))
                    continue
                low = self._escaped_character(low)
            ranges.append((low, self._range_end(low)))
        self.at += 1
        tests.append(_in_ranges(tuple(ranges)))
        inside = self._cased(lambda c: any(test(c) for test in tests))
        return (lambda c: not inside(c)) if negated else inside

    def _range_end(self, low: str) -> str:
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._character()
        if high == "\\":
            high = self._escaped_character(self._character())
        if high < low:
            raise Unsupported
        return high

    def _posix(self) -> Test:
        negated = self._take("^")
        for name, ranges in _POSIX.items():
            if self._take(f"{name}:]"):
                return _in_ranges(ranges, negated)
        raise Unsupported


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= 1000


def _in_ranges(ranges: tuple[tuple[str, str], ...], negated: bool = False) -> Test:
    return lambda c: any(low <= c <= high for low, high in ranges) != negated


_SHORTHANDS = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("A", "Z"), ("a", "z"), ("_", "_")),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
}
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_POSIX = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": (("0", "9"),),
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": _SHORTHANDS["w"],
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
