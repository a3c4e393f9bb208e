"""The body of a request as bytes: JSON that an API server also reads as YAML.

The server reads the body of a server-side apply as YAML. That has no surrogate pairs, by which JSON may escape
characters such as emoji, so such characters are sent as they are. But it takes some others only as escapes: control
characters, and those that would break a line.
"""

import json

from penstock.model import Tree
from penstock.regex import regex

_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_ONLY_ESCAPED = regex("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def encoded(body: Tree | list[Tree]) -> bytes:
    """Return the JSON of a body in UTF-8."""
    text = _COMPACT(body)
    if not text.isascii() or "\x7f" in text:
        text = _ONLY_ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text.encode()
