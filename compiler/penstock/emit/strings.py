"""The style of a string: plain, quoted, or a block, and the places where its lines are folded (go-yaml's
`emitterc.go`).

`text_of` computes the text on one line, which can be cached. Only strings that are folded or contain line breaks depend
on their position (`placed`).
"""

from penstock.emit.reading import WORDS, reads_as_string
from penstock.regex import regex
from penstock.scalar import without_next_lines

WIDTH = 80
"""A line is folded at the first single space past this column (`best_width`)."""

PLACED = "|"
"""Stands for the text of a string with line breaks, which depends on its position."""

BREAKS = "\n\r\x85\u2028\u2029"
"""The characters that go-yaml takes for line breaks (`is_break`)."""

FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/")
REST = FIRST | frozenset("0123456789.=@+,;$(){}*&%!?<>|^~`'\"[]\\-")
"""A text that starts with a character of `FIRST` and continues with these needs no quotes, unless it is one of the
`WORDS`. Most of a manifest is like that.
"""

_SHOWN = "\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd"

SPECIAL = regex(f"[^{_SHOWN}]")
"""Characters that force double quotes (`is_printable`), including all those past U+FFFF."""

PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
"""The characters of ASCII that are not special."""

INDICATORS = frozenset("#,[]{}&*!|>'\"%@`")
"""Characters with which plain text cannot start (`yaml_emitter_analyze_scalar`)."""


UNSPEAKABLE = regex("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
"""Characters that Kustomize refuses. Before it prints an object, go-yaml reads it as JSON. Go does not escape these
characters there, and go-yaml takes them for control characters.
"""


class Unspeakable(ValueError):  # noqa: N818  # says what the text is
    """Raised for a text with a character that Kustomize cannot read back."""


def text_of(value: str) -> str:
    """Return the string on one line, however long, or `PLACED` if it contains line breaks. Raises `Unspeakable`."""
    # Most strings are plain words, and this decides on them without a regular expression.
    if value[:1] in FIRST and REST.issuperset(value):
        return f'"{value}"' if value in WORDS else value
    special = _is_special(value)
    if special and UNSPEAKABLE.search(value):
        raise Unspeakable("has a control character, which Kustomize cannot print")
    # These depend on the column at which they start.
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
    """Return a string as go-yaml v3 prints it, with its line break at the end. The lines of a block start with `pad`.

    In contrast to go-yaml v2, no line is folded, blocks may contain tabs, and the string does not pass through JSON.
    """
    special = _is_special(value.replace("\t", " "))
    if "\n" in value:
        is_lost = special or _has_space_before_break(value)
        return f"{_double_quoted(value)}\n" if is_lost else _block(value, pad)
    if special or "\t" in value or not reads_as_string(value):
        return f"{_double_quoted(value)}\n"
    return f"{value}\n" if _can_be_plain(value) else f"{_single_quoted(value)}\n"


LONGEST_KEY_IN_JSON = 1024
"""The most characters before the colon of a key when go-yaml reads JSON (`yaml_simple_key_is_valid`)."""

ESCAPED_IN_JSON = str.maketrans(
    dict.fromkeys(map(chr, range(0x20)), " " * 6)
    | dict.fromkeys('"\\\n\r\t\b\f', "  ")
    | dict.fromkeys("<>&\u2028\u2029", " " * 6)
)
"""Replaces a character by a text as long as its escape in Go's encoding/json."""


def is_too_long_for_json(key: str) -> bool:
    """Return whether a key is longer in JSON than go-yaml can read."""
    if len(key) * 6 + 2 <= LONGEST_KEY_IN_JSON:
        return False
    return len(key.translate(ESCAPED_IN_JSON)) + 2 > LONGEST_KEY_IN_JSON


def check_key(key: str) -> None:
    """Raise `Unspeakable` for a key that Kustomize cannot read back. A key must stay on one line."""
    if is_too_long_for_json(key):
        raise Unspeakable("is a key of more than 1,022 characters, which Kustomize cannot print")
    if (not key.isascii() or "\x7f" in key) and ("\x85" in key or UNSPEAKABLE.search(key)):
        raise Unspeakable("has a control character, which Kustomize cannot print")


def can_be_key(step: object) -> bool:
    return can_be_spoken(step) and not (isinstance(step, str) and is_too_long_for_json(step))


def can_be_spoken(value: object) -> bool:
    return not isinstance(value, str) or UNSPEAKABLE.search(value) is None


def _is_special(value: str) -> bool:
    if value.isascii():
        return bool(value.encode("ascii").translate(None, PRINTABLE))
    return SPECIAL.search(value) is not None


def _has_space_before_break(value: str) -> bool:
    """Return whether a space precedes a line break or the end. A block would lose it."""
    return value[-1] == " " or any(f" {mark}" in value for mark in BREAKS)


def _has_space_at_break(value: str) -> bool:
    """Return whether a space precedes or follows a line break. Single quotes would lose it."""
    return any(f" {mark}" in value or f"{mark} " in value for mark in BREAKS)


def _can_be_plain(value: str) -> bool:
    """Return whether one line of text needs no quotes. The text is not empty, and a reader would take it for a
    string.
    """
    first, last = value[0], value[-1]
    if first in INDICATORS or first == " " or last in " :" or ": " in value or " #" in value:
        return False
    return value[:3] not in ("---", "...") and not (first in "?-" and value[1:2] in ("", " "))


ESCAPED = regex(f"[\u2028\u2029]|[^{_SHOWN}]")
"""The characters to escape, except for the four that `_double_quoted` replaces itself."""

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
        escapes = {ord(character): _escape(character) for character in set(value)}
        return f'"{value.translate(escapes)}"'
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    if text.isascii() and not _is_special(text):
        return f'"{text}"'
    # Each character is written once, not at each of its places: there may be millions.
    escapes = {ord(character): _escape(character) for character in set(text) if ESCAPED.match(character)}
    return f'"{text.translate(escapes)}"'


def _escape(character: str) -> str:
    code = ord(character)
    number = f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
    return ESCAPES.get(character, number)


def _single_quoted(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def placed(value: str, text: str, column: int, pad: str) -> str:
    """Return a string that starts at `column`, with its line break at the end. Its lines after the first start with
    `pad`.
    """
    if text is PLACED and "\x85" in value:
        folded = without_next_lines(value)
        if folded is None:
            raise Unspeakable("has a line that separates documents behind U+0085, and Kustomize cannot print that")
        value, text = folded, text_of(folded)
    if text is PLACED:
        return _block(value, pad) if "\n" in value else _broken(value, column, pad)
    # Lines are folded at spaces only.
    if len(text) + column <= WIDTH + 1 or " " not in text:
        return f"{text}\n"
    # There is no break behind the opening quote, nor before the closing one.
    edge = 2 if text[0] in "'\"" else 0
    return f"{_fold(text, edge, len(text) - edge, column, pad)}\n"


def _fold(text: str, first: int, stop: int, column: int, pad: str) -> str:
    """Break the text at each first space past the width, but only at spaces from `first` up to `stop` (exclusive).

    A run of spaces is not broken, except in double quotes, where a backslash keeps the rest of the run.
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


_LINE = regex("[^\n\u2028\u2029]+")
_SEPARATORS = regex("([\u2028\u2029]+)")
"""The line breaks that only go-yaml knows; splitting by them keeps them."""


def _block(value: str, pad: str) -> str:
    """Return a block: `|`, a digit if the text would hide its indentation, and `-` or `+` for no or many line breaks at
    the end.
    """
    ends = value[-1] in BREAKS
    digit = "2" if value[0] == " " or value[0] in BREAKS else ""
    chomp = "-" if not ends else "+" if len(value) == 1 or value[-2] in BREAKS else ""
    if "\u2028" in value or "\u2029" in value:
        lines = _LINE.sub(lambda line: pad + line[0], value)
    else:
        lines = "\n".join([pad + line if line else "" for line in value.split("\n")])
    return f"|{digit}{chomp}\n{lines}" if ends else f"|{digit}{chomp}\n{lines}\n"


def _broken(value: str, column: int, pad: str) -> str:
    """Return a single-quoted string that contains U+2028 or U+2029, which only go-yaml takes for line breaks."""
    pieces = _SEPARATORS.split(_single_quoted(value))
    last = len(pieces) - 1
    lines = [_fold(pieces[0], 2, len(pieces[0]), column, pad)]
    for number in range(1, last, 2):
        piece = pieces[number + 1]
        edge = 2 if number + 1 == last else 0
        lines += pieces[number], "" if piece == "'" else pad, _fold(piece, 0, len(piece) - edge, len(pad), pad)
    return "".join(lines) + "\n"
