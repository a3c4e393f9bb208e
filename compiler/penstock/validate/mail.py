"""E-mail addresses, as Go's `mail.ParseAddress` reads them: `a@b.c`, or a name and the address in angle brackets.

Groups of addresses are not among them.

Source: net/mail of Go, parseAddress.
"""

from penstock.regex import regex
from penstock.validate.address import ip_of

_ATOM = r"[^\x00-\x20\x7f()<>\[\]:;@\\,\".]+"
_WORD = r"[^\x00-\x20\x7f()<>\[\]:;@\\,\"]+"
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"'
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"
_ADDRESS = regex(rf'[ \t]*(?!"")(?:{_DOTTED}|{_QUOTED})@[ \t]*(?:{_DOTTED}|\[([^\x00-\x20\x7f\[\]\\]*)\])')
_NAME = regex(rf"[ \t]*(?:{_WORD}|{_QUOTED})")
IPV6 = "IPv6:"


def is_email(text: str) -> bool:
    """Return whether a text is one address."""
    end = _after_address(text, 0)
    if end is None:
        start = _after_name(text)
        end = _after_address(text, start + 1) if start is not None and text[start : start + 1] == "<" else None
        if end is None or text[end : end + 1] != ">":
            return False
        end += 1
    return _after_comments(text, end) == len(text)


def _after_address(text: str, start: int) -> int | None:
    found = _ADDRESS.match(text, start)
    return found.end() if found and (found[1] is None or _is_literal(found[1])) else None


def _is_literal(text: str) -> bool:
    """Return whether a text between brackets is an address: IPv4, or IPv6 behind its name."""
    found = ip_of(text.removeprefix(IPV6))
    return found is not None and (text.startswith(IPV6) or found.version == 4)


def _after_name(text: str) -> int | None:
    """Return where the name before an address in angle brackets ends; there may be none. Comments may follow words."""
    end: int | None = len(text) - len(text.lstrip(" \t"))
    while end is not None and (word := _NAME.match(text, end)):
        end = _after_comments(text, word.end())
    return end


def _after_comments(text: str, start: int) -> int | None:
    """Return where blanks and comments end, or None for a comment without an end. Comments may hold comments."""
    depth, index = 0, start
    while index < len(text) and (depth or text[index] in " \t("):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        index += 2 if text[index] == "\\" and index + 1 < len(text) else 1
    return None if depth else index
