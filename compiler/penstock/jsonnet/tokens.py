"""The text of a Jsonnet file → its tokens, each with the place where it begins. Comments and blanks are left out."""

import json
import re
from typing import Literal

from penstock.records import NamedTuple

Kind = Literal["name", "number", "string", "sign", "end"]

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r\n]+|//[^\n]*|\#[^\n]*|/\*.*?\*/)+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9_]+)?)
    |(?P<block>\|\|\|-?[ \t]*\r?\n)
    |(?P<verbatim>@"(?:[^"]|"")*"|@'(?:[^']|'')*')
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>:{1,3}|[{}\[\](),.;$])
    |(?P<operators>[!~+\-&|^=<>*/%]+)""",
    re.VERBOSE | re.DOTALL,
)
_BLOCK_END = re.compile(r"^[ \t]*\|\|\|", re.MULTILINE)
_KINDS: dict[str | None, Kind] = {"name": "name", "number": "number", "sign": "sign"}
_LONG_SIGN = ("==", "!=", "<=", ">=", "&&", "||", "<<", ">>")


class Unparsed(Exception):  # noqa: N818  # carries nothing: the engine says what is wrong with the file
    """The text is no Jsonnet, or longer than any that people write."""


class Token(NamedTuple):
    """A token. `text` is the text of a name or sign, and the value of a string. `start` counts the characters of the
    file from 0.
    """

    kind: Kind
    text: str
    start: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of a file. The last one is its end. Raises `Unparsed`."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unparsed
        kind, at = match.lastgroup, match.end()
        if kind == "block":
            end = _BLOCK_END.search(text, at)
            if end is None:
                raise Unparsed
            found.append(Token("string", "", match.start()))
            at = end.end()
        elif kind in ("string", "verbatim"):
            found.append(Token("string", _said(match[0]), match.start()))
        elif kind == "operators":
            found += _signs(match[0], match.start())
        elif kind in _KINDS:
            found.append(Token(_KINDS[kind], match[0], match.start()))
    found.append(Token("end", "", len(text)))
    return found


def _said(written: str) -> str:
    """Return the value of a string, or its source text if it contains invalid escapes."""
    if written[0] == "@":
        return written[2:-1].replace(written[1] * 2, written[1])
    inner = written[1:-1]
    if "\\" not in inner:
        return inner
    try:
        return str(
            json.loads('"' + inner.replace("\\'", "'").replace('\\"', '"').replace('"', '\\"') + '"', strict=False)
        )
    except ValueError:
        return inner


def _signs(run: str, start: int) -> list[Token]:
    """Return the operators in a run of signs: `==-` is two of them."""
    found = []
    at = 0
    while at < len(run):
        sign = run[at : at + 2] if run[at : at + 2] in _LONG_SIGN else run[at]
        found.append(Token("sign", sign, start + at))
        at += len(sign)
    return found


def place_of_sign(text: str, sign: str) -> tuple[int, int] | None:
    """Return line and column (from 1) of the first sign of a kind. The answer is None where there is none, and for a
    text that is no Jsonnet.
    """
    if sign not in text:
        return None
    try:
        start = next((each.start for each in tokens(text) if each.kind == "sign" and each.text == sign), None)
    except Unparsed:
        return None
    return None if start is None else (text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
