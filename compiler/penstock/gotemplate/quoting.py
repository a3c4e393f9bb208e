"""Quoted text as Go writes and reads it (`strconv.Quote`, `strconv.Unquote`).

Texts of templates are `str`. Bytes that are not UTF-8 are represented by Python's surrogate escapes, so that nothing is
lost where a function cuts a character into pieces.
"""

import re

from penstock.regex import regex

ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
PLAIN = regex(r"[ !#-\[\]-~]*")
"""Matches text that contains nothing to escape."""

TABLE = str.maketrans({**{chr(code): f"\\x{code:02x}" for code in (*range(32), 127)}, **ESCAPES})
"""The escapes of ASCII characters in double quotes."""

READ = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
ESCAPE = regex(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<octal>[0-7]{3})"
    r"|(?P<one>[abfnrtv\\'\"]))"
)


def quote(text: str, mark: str = '"', ascii_only: bool = False) -> str:
    """Return a text as a Go string literal (`strconv.Quote`, `QuoteToASCII`)."""
    if mark == '"' and PLAIN.fullmatch(text):
        return f'"{text}"'
    if mark == '"' and (text.isascii() or (text.isprintable() and not ascii_only and "\u3000" not in text)):
        return f'"{text.translate(TABLE)}"'
    return mark + "".join([_escaped(character, mark, ascii_only) for character in text]) + mark


def is_printable(character: str) -> bool:
    """Return whether Go prints a character without escaping it (`strconv.IsPrint`)."""
    return character.isprintable() and (character == " " or not character.isspace())


def _escaped(character: str, mark: str, ascii_only: bool) -> str:
    if character in "\"'":
        return f"\\{character}" if character == mark else character
    if character in ESCAPES:
        return ESCAPES[character]
    code = ord(character)
    is_shown = is_printable(character)
    if is_shown and (code < 127 or not ascii_only):
        return character
    return _numbered(code)


def _numbered(code: int) -> str:
    """Return a character as a numeric escape; a surrogate escape becomes the escape of its byte."""
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str | None:
    """Return the text of a Go literal in double, back or single quotes, or None where Go says `invalid syntax`."""
    mark, inside = literal[:1], literal[1:-1]
    if len(literal) < 2 or literal[-1] != mark:
        return None
    if mark == "`":
        return None if "`" in inside else inside.replace("\r", "")
    if "\\" not in inside:
        return None if mark in inside or "\n" in inside else inside
    return _unescaped(inside, mark)


def _unescaped(inside: str, mark: str) -> str | None:
    out = bytearray()
    at = 0
    while at < len(inside):
        if inside[at] != "\\":
            if inside[at] in (mark, "\n"):
                return None
            end = inside.find("\\", at)
            end = len(inside) if end < 0 else end
            out += inside[at:end].encode("utf-8", "surrogateescape")
            at = end
            continue
        found = ESCAPE.match(inside, at)
        piece = found and _value(found, mark)
        if found is None or piece is None:
            return None
        out += piece
        at = found.end()
    return out.decode("utf-8", "surrogateescape")


def _value(found: re.Match[str], mark: str) -> bytes | None:
    """Return the bytes that an escape stands for, or None where Go refuses it."""
    if found["one"]:
        character = found["one"]
        if character in "\"'":
            return character.encode() if character == mark else None
        return READ[character].encode()
    if found["byte"]:
        return bytes([int(found["byte"], 16)])
    if found["octal"]:
        code = int(found["octal"], 8)
        return bytes([code]) if code < 256 else None
    code = int(found["short"] or found["long"], 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return None
    return chr(code).encode()
