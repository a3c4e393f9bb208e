"""Where libyaml refuses what go-yaml, which Kustomize reads with, takes: the text is spelled anew for libyaml.

Both come from one source, and a few rules of the scanner differ: go-yaml takes a colon before a comma or bracket for
text (`[a:, b]`), knows `\\'` in double quotes, and has commas and brackets in tags.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from penstock.parse.libyaml import YAMLError

MAX_RESPELLED = 100
"""Scalars of one text that are spelled anew: each has the text read from its start again."""

Result = TypeVar("Result")

_BOM = "\ufeff"
_BOM_BYTES = _BOM.encode()
_LATE_BOM = re.compile(b"(?:(?<=\n)|(?<=^%b))%b" % (_BOM_BYTES, _BOM_BYTES))
"""A byte order mark at the start of a line: libyaml skips the first one there, and go-yaml takes it for text."""

_AFTER_TAG = "did not find expected whitespace or line break"
_TAG = re.compile(r"(!!?)([-\w;/?:@&=+$,.~*'()\[\]]+)(?=[ \t\r\n]|$)", re.ASCII)

_IN_DOUBLE_QUOTES = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_IN_FLOW = re.compile(r"(?:(?!:[ \t\r\n])(?![ \t]+[#\r\n])[^,?\[\]{}\r\n])*")


def read_as_go(read: Callable[[bytes], Result], data: bytes) -> Result:
    """What `read` makes of a text, spelled anew where only libyaml refuses it. Raises YAMLError for anything else."""
    if _BOM_BYTES in data[1:]:
        data = _LATE_BOM.sub(lambda found: found[0] * 2, data)
    for _ in range(MAX_RESPELLED):
        try:
            return read(data)
        except YAMLError as error:
            respelled = _respelled(data, error)
            if respelled is None:
                raise
            data = respelled
    return read(data)


def _respelled(data: bytes, error: Any) -> bytes | None:
    """The text with one scalar spelled in another way; None where that is not what is wrong with it."""
    problem = getattr(error, "problem", None)
    if problem not in ("found unexpected ':'", "found unknown escape character", _AFTER_TAG):
        return None
    text = data.decode().removeprefix(_BOM)
    if problem == _AFTER_TAG:
        return _with_verbatim_tag(text, error.context_mark.index)
    at = error.problem_mark.index
    if problem == "found unexpected ':'":
        start = error.context_mark.index
        plain = _PLAIN_IN_FLOW.match(text, start)
        end = plain.end() if plain else start
        if end <= at:
            return None
        quoted = "'" + text[start:end].replace("'", "''") + "'"
        return (text[:start] + quoted + text[end:]).encode()
    if text[at : at + 2] != "\\'":
        return None
    rest = _IN_DOUBLE_QUOTES.match(text, at)
    end = rest.end() if rest else at
    unescaped = _ESCAPE.sub(lambda found: "'" if found[1] == "'" else found[0], text[at:end])
    return (text[:at] + unescaped + text[end:]).encode()


def _with_verbatim_tag(text: str, at: int) -> bytes | None:
    """The text with the tag that starts at a place between `!<` and `>`, where libyaml takes any sign."""
    tag = _TAG.match(text, at)
    if tag is None:
        return None
    prefix = "tag:yaml.org,2002:" if tag[1] == "!!" else "!"
    return f"{text[:at]}!<{prefix}{tag[2]}>{text[tag.end() :]}".encode()
