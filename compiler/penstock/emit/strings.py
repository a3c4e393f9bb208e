"""What a string looks like: plain, in quotes, or as a block, and where its lines are folded (go-yaml's `emitterc.go`).

What stands on one line is worked out by `text_of` and can be remembered; only what is folded or has line breaks depends
on where it stands (`placed`).
"""

import re

from penstock.emit.reading import WORDS, reads_as_string
from penstock.scalar import without_next_lines

WIDTH = 80
"""A line is folded at the first single space past this column (`best_width`)."""

PLACED = "|"
"""Stands for the text of a string with line breaks in it: how that looks depends on where it stands."""

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


UNSPEAKABLE = "[\x7f-\x84\x86-\x9f\ufffe\uffff]"
"""Characters that Kustomize refuses. It has go-yaml read the object as JSON before it prints it; Go does not escape
these there, and go-yaml takes them for control characters.
"""


class Unspeakable(ValueError):  # noqa: N818  # says what the text is
    """A text with a character that Kustomize cannot read back."""


def text_of(value: str) -> str:
    """The string as it stands on one line, however long; `PLACED` for one with line breaks in it. Raises
    `Unspeakable`.
    """
    if value[:1] in FIRST and REST.issuperset(value):
        return f'"{value}"' if value in WORDS else value
    special = _is_special(value)
    if special and re.search(UNSPEAKABLE, value):
        raise Unspeakable("has a control character, which Kustomize cannot print")
    if "\x85" in value:
        return PLACED
    if "\n" in value:
        return _double_quoted(value) if special or _has_space_before_break(value) else PLACED
    if special or not reads_as_string(value):
        return _double_quoted(value)
    if "\u2028" in value or "\u2029" in value:
        return _double_quoted(value) if _has_space_at_break(value) else PLACED
    return value if _can_be_plain(value) else _single_quoted(value)


def unfolded(value: str, pad: str) -> str:
    """A string as go-yaml v3 prints it, with its line break at the end: no line is folded, blocks may have tabs, and no
    JSON is read in between. The lines of a block start with `pad`.
    """
    special = _is_special(value.replace("\t", " "))
    if "\n" in value:
        is_lost = special or _has_space_before_break(value)
        return f"{_double_quoted(value)}\n" if is_lost else _block(value, pad)
    if special or "\t" in value or not reads_as_string(value):
        return f"{_double_quoted(value)}\n"
    return f"{value}\n" if _can_be_plain(value) else f"{_single_quoted(value)}\n"


LONGEST_KEY_IN_JSON = 1024
"""How many characters may stand before the colon of a key where go-yaml reads JSON (`yaml_simple_key_is_valid`)."""

ESCAPED_IN_JSON = str.maketrans(dict.fromkeys('"\\\n\r\t\b\f', "  ") | dict.fromkeys("<>&\u2028\u2029", " " * 6))
"""As long as what Go's encoding/json writes for a character; other control characters take six as well."""


def is_too_long_for_json(key: str) -> bool:
    """Whether a key is longer in JSON than go-yaml reads."""
    if len(key) * 6 + 2 <= LONGEST_KEY_IN_JSON:
        return False
    return len(re.sub("[\0-\x1f]", " " * 6, key.translate(ESCAPED_IN_JSON))) + 2 > LONGEST_KEY_IN_JSON


def check_key(key: str) -> None:
    """Raises `Unspeakable` for a key that Kustomize cannot read back; a key has one line."""
    if is_too_long_for_json(key):
        raise Unspeakable("is a key of more than 1,022 characters, which Kustomize cannot print")
    if (not key.isascii() or "\x7f" in key) and ("\x85" in key or re.search(UNSPEAKABLE, key)):
        raise Unspeakable("has a control character, which Kustomize cannot print")


def can_be_key(step: object) -> bool:
    return can_be_spoken(step) and not (isinstance(step, str) and is_too_long_for_json(step))


def can_be_spoken(value: object) -> bool:
    return not isinstance(value, str) or re.search(UNSPEAKABLE, value) is None


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


def placed(value: str, text: str, column: int, pad: str) -> str:
    """A string that starts at `column`, with its line break at the end; its lines after the first start with `pad`."""
    if text is PLACED and "\x85" in value:
        folded = without_next_lines(value)
        if folded is None:
            raise Unspeakable("has a line that separates documents behind U+0085, and Kustomize cannot print that")
        value, text = folded, text_of(folded)
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
