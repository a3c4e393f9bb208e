"""Trees → YAML text, byte for byte as `kustomize build` v5.8.2 prints it (docs/output.md has the rules).

Kustomize turns every object into JSON and has go-yaml v2 print that: all keys in natural order, lists not indented
under their key, no flow style, strings quoted only where a YAML 1.1 reader would take them for something else, and
folded once a line is past column 80. The reader's side of those rules is go-yaml's `resolve.go`, the writer's side its
`emitterc.go`; the comments below name the functions.

Speed comes from memory: manifests repeat the same keys and the same short strings, so what one looks like is worked out
once. Patterns are for rare cases and compiled when the first one comes: compiling them all would take longer than the
printing of most overlays. Recursion takes one frame per level; what is deeper than Python allows is `Unprintable`.
"""

import re
from collections.abc import Iterable
from functools import cmp_to_key
from itertools import pairwise
from math import isfinite
from typing import Any

from penstock.model import Pointer, Tree

WIDTH = 80
"""A line is folded at the first single space past this column (`best_width`)."""

LONGEST_KEY = 128
"""A key of more bytes is written as `? key` (`yaml_emitter_check_simple_key`)."""


class Unprintable(ValueError):  # noqa: N818  # says what the tree is, as `Unreadable` does of a file
    """A tree that has no YAML text: a number that is not finite (as in Kustomize), or nesting beyond all reason."""

    def __init__(self, message: str, at: Pointer) -> None:
        super().__init__(message)
        self.at = at


def dump(body: Tree) -> str:
    """One document. Raises `Unprintable`."""
    return Printer().document(body)


def dump_all(bodies: Iterable[Tree]) -> str:
    """A stream of documents with `---` between them; empty for none. Raises `Unprintable`."""
    return "---\n".join(map(Printer().document, bodies))


class Printer:
    """Prints many documents, faster than `dump` for each, because it remembers what keys and strings look like.

    The methods below `document` append lines to `out`, each with its line break. They get `first`, what the first line
    starts with, and `pad`, what the lines after it start with: for a mapping in a list these are `- ` and two spaces.
    """

    __slots__ = ("entries", "out", "texts")

    def __init__(self) -> None:
        self.out: list[str] = []
        self.texts = _Texts()
        self.entries = _Entries()

    def document(self, body: Tree) -> str:
        """One document. Raises `Unprintable`."""
        self.out.clear()
        try:
            self.mapping(body, "", "")
        except RecursionError:
            raise Unprintable("is nested too deeply to be printed", ()) from None
        except OverflowError:
            raise Unprintable("is not a finite number, which JSON does not have", _not_finite(body)) from None
        return "".join(self.out)

    def mapping(self, tree: Tree, first: str, pad: str) -> None:
        if not tree:
            self.out.append(f"{first}{{}}\n")
            return
        append = self.out.append
        texts = self.texts
        below = pad + "  "
        lead = first
        for key, label in self.entries[tuple(tree)]:
            value = tree[key]
            kind = value.__class__
            if label is EXPLICIT:
                append(f"{lead}? {_placed(key, texts[key], len(lead) + 2, below)}")
                self.sequence([value], pad + ": ", below)
            elif kind is str:
                text = texts[value]
                line = f"{lead}{label} {text}\n"
                if text is PLACED or (len(line) > WIDTH + 2 and " " in text):
                    line = f"{lead}{label} {_placed(value, text, len(lead) + len(label) + 1, below)}"
                append(line)
            elif kind is dict and value:
                append(f"{lead}{label}\n")
                self.mapping(value, below, below)
            elif kind is list and value:
                append(f"{lead}{label}\n")
                self.sequence(value, pad + "- ", below)
            else:
                append(f"{lead}{label} {_other(value)}\n")
            lead = pad

    def sequence(self, items: list[Any], first: str, pad: str) -> None:
        """The items of a list behind their dashes; also the value behind the colon of an explicit key."""
        lead = first
        for item in items:
            kind = item.__class__
            if kind is dict:
                self.mapping(item, lead, pad)
            elif kind is str:
                self.out.append(lead + _placed(item, self.texts[item], len(lead), pad))
            elif kind is list and item:
                self.sequence(item, lead + "- ", pad + "  ")
            else:
                self.out.append(f"{lead}{_other(item)}\n")
            lead = pad[:-2] + "- "


PLACED = "|"
"""Stands for the text of a string with line breaks in it: how that looks depends on where it stands."""

EXPLICIT = "?"
"""Stands for the label of a key that is too long for `key:`, or has line breaks."""


class _Texts(dict[str, str]):
    """What a string looks like on one line, worked out at the first look-up."""

    def __missing__(self, value: str) -> str:
        text = self[value] = _text(value)
        return text


class _Entries(dict[tuple[str, ...], list[tuple[str, str]]]):
    """For the keys of a mapping: the same in the order of printing, each with what it looks like, colon included."""

    def __missing__(self, keys: tuple[str, ...]) -> list[tuple[str, str]]:
        entries = self[keys] = [(key, _label(key)) for key in natural(keys)]
        return entries


# --- keys ------------------------------------------------------------------------------------------------------------

IN_CODE_POINT_ORDER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz -./")
"""Of letters and signs before the digits in ASCII, natural order is that of code points."""


def natural(keys: Iterable[str]) -> list[str]:
    """Keys in go-yaml's order (`keyList.Less`): letters after all else, digits as numbers.

    Its comparison is not transitive (10 < 1a < 2 < 10), so Kustomize prints such keys in an order that changes from run
    to run. Ours is one of the possible orders, and always the same.
    """
    ordered = sorted(keys)
    if IN_CODE_POINT_ORDER.issuperset("".join(ordered)):
        return ordered
    if all(_before(a, b) for a, b in pairwise(ordered)):
        return ordered
    return sorted(ordered, key=cmp_to_key(_compared))


def _compared(a: str, b: str) -> int:
    return -1 if _before(a, b) else 1


def _before(a: str, b: str) -> bool:
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), -1)
    if at < 0:
        return len(a) < len(b)
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return x < y if x.isalpha() and y.isalpha() else y.isalpha()
    carried = 1 if "0" in (x, y) and _digits_before(a, at).strip("0") else 0
    x_number, x_end = _number_at(a, at, carried)
    y_number, y_end = _number_at(b, at, carried)
    return (x_number, x_end, x) < (y_number, y_end, y)


def _digits_before(text: str, at: int) -> str:
    start = at
    while start and text[start - 1].isdecimal():
        start -= 1
    return text[start:at]


def _number_at(text: str, at: int, number: int) -> tuple[int, int]:
    """The number that the digits from here on make, in the wrapping 64-bit arithmetic of Go, and where they end."""
    while at < len(text) and text[at].isdecimal():
        number = (number * 10 + ord(text[at]) - ord("0") + 2**63) % 2**64 - 2**63
        at += 1
    return number, at


def _label(key: str) -> str:
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY or any(mark in key for mark in BREAKS):
        return EXPLICIT
    return f"{_text(key)}:"


# --- strings: which style ------------------------------------------------------------------------------------------

BREAKS = "\n\r\x85\u2028\u2029"
"""What go-yaml takes for a line break (`is_break`)."""

FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/")
REST = FIRST | frozenset("0123456789.=@+,;$(){}*&%!?<>|^~`'\"[]\\-")
"""Text that starts and goes on with these can stand as it is, unless it is one of the `WORDS`: most of a manifest."""

SPECIAL = "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
"""Characters that force double quotes (`is_printable`); those past U+FFFF are among them."""

PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
"""The same for ASCII: what is left of a text without these is special."""

INDICATORS = frozenset("#,[]{}&*!|>'\"%@`")
"""What plain text cannot start with (`yaml_emitter_analyze_scalar`)."""


def _text(value: str) -> str:
    """The string as it stands on one line, however long; `PLACED` for one with line breaks in it."""
    if value[:1] in FIRST and REST.issuperset(value):
        return f'"{value}"' if value in WORDS else value
    special = _is_special(value)
    if "\n" in value:
        return _double_quoted(value) if special or _has_space_before_break(value) else PLACED
    if special or _is_no_string(value):
        return _double_quoted(value)
    if "\u2028" in value or "\u2029" in value:
        return _double_quoted(value) if _has_space_at_break(value) else PLACED
    return value if _can_be_plain(value) else _single_quoted(value)


def _is_special(value: str) -> bool:
    if value.isascii():
        return bool(value.encode("ascii").translate(None, PRINTABLE))
    return re.search(SPECIAL, value) is not None


def _has_space_before_break(value: str) -> bool:
    """What a block would lose."""
    return value[-1] == " " or any(f" {mark}" in value for mark in BREAKS)


def _has_space_at_break(value: str) -> bool:
    """What single quotes would lose."""
    return any(f" {mark}" in value or f"{mark} " in value for mark in BREAKS)


def _can_be_plain(value: str) -> bool:
    """Whether one line of text, which is not empty and which a reader would take for a string, needs no quotes."""
    first, last = value[0], value[-1]
    if first in INDICATORS or first == " " or last in " :" or ": " in value or " #" in value:
        return False
    return value[:3] not in ("---", "...") and not (first in "?-" and value[1:2] in ("", " "))


WORDS = frozenset(
    word
    for words in (
        ("y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"),
        ("true", "True", "TRUE", "false", "False", "FALSE", "", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN"),
        (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"),
    )
    for word in words
)
"""Booleans, nulls and floats of YAML 1.1 (`resolveMap`)."""

DIGITS = frozenset("0123456789")
FLOAT = DIGITS | frozenset("+-.eE")
PREFIXES = {
    "0x": (16, DIGITS | frozenset("abcdefABCDEF")),
    "0o": (8, frozenset("01234567")),
    "0b": (2, frozenset("01")),
}
"""How Go writes integers of other bases: the base, and its digits."""

DOTTED_FLOAT = r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?"
BASE_60 = r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
TIMESTAMP = (
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]|( +))([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+]([0-9]{2}):([0-9]{2}))?)?"
)


def _is_no_string(value: str) -> bool:
    """Whether a YAML 1.1 reader would take the text, unquoted, for something else (`resolve`, `isBase60Float`)."""
    if value in WORDS:
        return True
    if value[0] == ".":
        return re.fullmatch(DOTTED_FLOAT, value) is not None and isfinite(float(value))
    if value[0] not in DIGITS and value[0] not in "+-":
        return False
    if ":" in value and re.fullmatch(BASE_60, value):
        return True
    return _is_number(value.replace("_", "")) or (value[4:5] == "-" and _is_timestamp(value))


def _is_number(text: str) -> bool:
    """Whether Go reads a number that fits: an integer of 64 bits, unsigned only without a sign, or a finite float."""
    if FLOAT.issuperset(text):
        try:
            return isfinite(float(text))
        except ValueError:
            return False
    sign = text[0] if text[0] in "+-" else ""
    base, digits = PREFIXES.get(text[len(sign) : len(sign) + 2].lower(), (0, DIGITS))
    number = text[len(sign) + 2 :]
    if text[:2] == "0b" and number[:1] in ("+", "-"):  # `resolve` cuts the prefix off, and Go reads a sign behind it
        sign, number = number[0], number[1:]
    if not base or not number or not digits.issuperset(number):
        return False
    limit = 2**63 if sign == "-" else 2**63 - 1 if sign else 2**64 - 1
    return int(number, base) <= limit


def _is_timestamp(value: str) -> bool:
    """The formats of `parseTimestamp`: a date, or date and time with `T` and a zone, or with spaces and no zone."""
    found = re.fullmatch(TIMESTAMP, value)
    if not found:
        return False
    year, month, day, spaces, hour, minute, second, zone, zone_hour, zone_minute = found.groups()
    if hour and (bool(spaces) == bool(zone) or int(hour) > 23 or int(minute) > 59 or int(second) > 59):
        return False
    if zone_hour and (int(zone_hour) > 24 or int(zone_minute) > 60):
        return False
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _days(int(year), int(month))


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


# --- strings: how a style looks --------------------------------------------------------------------------------------

ESCAPED = f"[\u2028\u2029]|{SPECIAL}"
"""What is escaped, after the four characters that `_double_quoted` sees to."""

ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}


def _double_quoted(value: str) -> str:
    if value[:1] == "\ufeff":  # `is_bom` looks at the start of the string, whichever character is asked about
        return f'"{"".join(map(_escape, value))}"'
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    if text.isascii() and not _is_special(text):
        return f'"{text}"'
    return f'"{re.sub(ESCAPED, lambda found: _escape(found[0]), text)}"'


def _escape(character: str) -> str:
    code = ord(character)
    number = f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
    return ESCAPES.get(character, number)


def _single_quoted(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def _placed(value: str, text: str, column: int, pad: str) -> str:
    """A string that starts at `column`, with its line break at the end; its lines after the first start with `pad`."""
    if text is PLACED:
        return _block(value, pad) if "\n" in value else _broken(value, column, pad)
    if len(text) + column <= WIDTH + 1 or " " not in text:
        return f"{text}\n"
    edge = 2 if text[0] in "'\"" else 0
    return f"{_fold(text, edge, len(text) - edge, column, pad)}\n"


def _fold(text: str, first: int, stop: int, column: int, pad: str) -> str:
    """Break at the first space past the width, again and again; only at spaces from `first` to before `stop`.

    A run of spaces is not broken, but in double quotes, where a backslash keeps the rest of the run.
    """
    double_quoted = text[0] == '"'
    lines = []
    start = 0
    keep = ""
    at = text.find(" ", max(first, WIDTH + 1 - column), stop)
    while at >= 0:
        more = text[at + 1] == " "
        if text[at - 1] == " " or (more and not double_quoted):
            at = text.find(" ", at + 1, stop)
            continue
        lines.append(keep + text[start:at])
        start = at + 1
        keep = "\\" if more else ""
        at = text.find(" ", start + max(0, WIDTH + 1 - len(pad) - len(keep)), stop)
    lines.append(keep + text[start:])
    return f"\n{pad}".join(lines)


def _block(value: str, pad: str) -> str:
    """`|`, a digit where the text would hide its indentation, `-` or `+` for no or many line breaks at the end."""
    ends = value[-1] in BREAKS
    digit = "2" if value[0] == " " or value[0] in BREAKS else ""
    chomp = "-" if not ends else "+" if len(value) == 1 or value[-2] in BREAKS else ""
    if "\u2028" in value or "\u2029" in value:
        lines = re.sub("[^\n\u2028\u2029]+", lambda line: pad + line[0], value)
    else:
        lines = "\n".join([pad + line if line else "" for line in value.split("\n")])
    return f"|{digit}{chomp}\n{lines}" if ends else f"|{digit}{chomp}\n{lines}\n"


def _broken(value: str, column: int, pad: str) -> str:
    """A single-quoted string with U+2028 or U+2029 in it, which break the line for go-yaml and for nobody else."""
    pieces = re.split("([\u2028\u2029]+)", _single_quoted(value))
    last = len(pieces) - 1
    lines = [_fold(pieces[0], 2, len(pieces[0]), column, pad)]
    for number in range(1, last, 2):
        piece = pieces[number + 1]
        edge = 2 if number + 1 == last else 0
        lines += pieces[number], "" if piece == "'" else pad, _fold(piece, 0, len(piece) - edge, len(pad), pad)
    return "".join(lines) + "\n"


# --- what is not a string --------------------------------------------------------------------------------------------


def _other(value: Any) -> str:
    """Numbers, booleans, null and empty lists. Raises `OverflowError` for a number that is not finite."""
    kind = value.__class__
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int and -(2**63) <= value < 2**64:
        return str(value)
    if kind is int or kind is float:
        return _float(float(value))
    if kind is dict:
        return "{}"
    if kind is list:
        return "[]"
    raise TypeError(f"a tree has no {kind.__name__}")


def _float(value: float) -> str:
    """A number by way of JSON, where one without a fraction is an integer, if a 64-bit one; else as Go's `%g`.

    Both have the fewest digits that read back as the same number, as Python's `repr` has them.
    """
    if not isfinite(value):
        raise OverflowError
    shortest = repr(value)
    mantissa, _, exponent = shortest.partition("e")
    digits = mantissa.replace(".", "").strip("-0")
    if value.is_integer() and abs(value) < 1e21:
        whole, _, fraction = mantissa.partition(".")
        number = int(whole + fraction) * 10 ** int(exponent or "0") // 10 ** len(fraction)
        if -(2**63) <= number < 2**64:
            return str(number)
    scientific = f"{value:.{len(digits) - 1}e}"
    return shortest if -4 <= int(scientific.partition("e")[2]) < 6 else scientific


def _not_finite(body: Tree) -> Pointer:
    """Where the number stands that made `_other` give up."""
    below: list[tuple[Pointer, Any]] = [((), body)]
    while below:
        at, value = below.pop()
        if value.__class__ is dict:
            below += [((*at, key), child) for key, child in value.items()]
        elif value.__class__ is list:
            below += [((*at, index), child) for index, child in enumerate(value)]
        elif value.__class__ in (int, float) and not abs(value) <= MAX_FLOAT:
            return at
    return ()


MAX_FLOAT = 1.7976931348623157e308
