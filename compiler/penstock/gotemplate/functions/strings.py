"""Sprig's functions for strings. Positions and lengths are bytes where Go counts bytes."""

import re

from penstock.gotemplate.bounds import size_of
from penstock.gotemplate.builtins import size_up
from penstock.gotemplate.calls import SLOW, Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.formatting import text_of
from penstock.gotemplate.functions.wrapping import abbreviated, abbreviated_both, wrapped_at
from penstock.gotemplate.quoting import quote as go_quoted
from penstock.gotemplate.sprintf import sprintf
from penstock.gotemplate.values import (
    Strings,
    Value,
    bytes_text,
    map_of_strings,
    text_bytes,
)

GO_SPACE = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
"""The characters that `unicode.IsSpace` considers space."""

SPACE = "".join(GO_SPACE)


def strval(f: Frame, value: Value) -> str:
    """Return a value as text, as Sprig's `strval` does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return bytes_text(value)
    return text_of(value, f.meter)


def strings_of(f: Frame, value: Value) -> list[str]:
    """Return the elements of a list as strings, without nil; any other value becomes the only element of a list."""
    if isinstance(value, Strings):
        return value
    if isinstance(value, list):
        f.meter.spend(len(value))
        return [item if item.__class__ is str else strval(f, item) for item in value if item is not None]
    if isinstance(value, bytes):
        return [str(byte) for byte in value]
    return [] if value is None else [strval(f, value)]


def to_strings(f: Frame, value: Value) -> Strings:
    return Strings(strings_of(f, value))


def quote(f: Frame, *values: Value) -> str:
    size_up(f, values)
    return " ".join([go_quoted(strval(f, value)) for value in values if value is not None])


def squote(f: Frame, *values: Value) -> str:
    size_up(f, values)
    return " ".join([f"'{text_of(value, f.meter)}'" for value in values if value is not None])


def cat(f: Frame, *values: Value) -> str:
    size_up(f, values)
    present = [value for value in values if value is not None]
    return sprintf(" ".join(["%v"] * len(present)), present, f.meter)


def _grown(f: Frame, text: str, size: int) -> None:
    """Count the size of a text before it is built, where it is much longer than the text it comes from. Raises
    `Exceeded`.
    """
    if size > len(text) + 4096:
        f.meter.write(size)


def indent(f: Frame, spaces: int, text: str) -> str:
    if spaces < 0:
        raise Failure("strings: negative Repeat count")
    _grown(f, text, len(text) + spaces * (text.count("\n") + 1))
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def nindent(f: Frame, spaces: int, text: str) -> str:
    return "\n" + indent(f, spaces, text)


def repeat(f: Frame, count: int, text: str) -> str:
    if count < 0:
        raise Failure("strings: negative Repeat count")
    _grown(f, "", count * size_of(text))
    return text * count


def replace(f: Frame, old: str, new: str, text: str) -> str:
    if not old:
        count = len(text) + 1
        _grown(f, text, size_of(text) + count * size_of(new))
        return new + "".join([character + new for character in text])
    if len(new) > len(old):
        _grown(f, text, size_of(text) + text.count(old) * size_of(new))
    return text.replace(old, new)


def join(f: Frame, separator: str, value: Value) -> str:
    parts = strings_of(f, value)
    _grown(f, "", size_of(separator) * len(parts) + sum(map(size_of, parts)))
    return separator.join(parts)


def _split(text: str, separator: str, most: int = -1) -> list[str]:
    """Implement `strings.SplitN`: an empty separator splits a text into characters."""
    if most == 0:
        return []
    if separator:
        return text.split(separator, most - 1 if most > 0 else -1)
    characters = list(text)
    if 0 < most < len(characters):
        return [*characters[: most - 1], "".join(characters[most - 1 :])]
    return characters


def split_list(f: Frame, separator: str, text: str) -> Strings:
    f.meter.spend(text.count(separator))
    return Strings(_split(text, separator))


def _numbered(parts: list[str]) -> dict[str, str]:
    return map_of_strings({f"_{number}": part for number, part in enumerate(parts)})


def split(f: Frame, separator: str, text: str) -> dict[str, str]:
    f.meter.spend(text.count(separator))
    return _numbered(_split(text, separator))


def splitn(f: Frame, separator: str, most: int, text: str) -> dict[str, str]:
    f.meter.spend(text.count(separator))
    return _numbered(_split(text, separator, most))


def trunc(count: int, text: str) -> str:
    if not text.isascii():
        return bytes_text(_truncated(count, text_bytes(text)))
    if count < 0:
        return text[count:]
    return text[:count]


def _truncated(count: int, data: bytes) -> bytes:
    return data[:count] if count >= 0 else data[count:]


def substr(start: int, end: int, text: str) -> str:
    data = text_bytes(text)
    if start < 0:
        if end < 0 or end > len(data):
            raise Failure(_out_of_range(0, end, len(data)))
        return bytes_text(data[:end])
    stop = len(data) if end < 0 or end > len(data) else end
    if start > stop:
        raise Failure(_out_of_range(start, stop, len(data)))
    return bytes_text(data[start:stop])


def _out_of_range(start: int, end: int, length: int) -> str:
    if end < 0:
        return f"runtime error: slice bounds out of range [:{end}]"
    if end > length:
        return f"runtime error: slice bounds out of range [:{end}] with length {length}"
    return f"runtime error: slice bounds out of range [{start}:{end}]"


def nospace(text: str) -> str:
    """Return a text without spaces. Where it contains any, each byte becomes a character, as in goutils."""
    characters = _bytewise(text)
    kept = "".join([character for character in characters if character not in GO_SPACE])
    return text if len(kept) == len(characters) else kept


def _bytewise(text: str) -> str:
    return text if text.isascii() else text_bytes(text).decode("latin-1")


def initials(text: str) -> str:
    """Return the first byte of each word."""
    return "".join(re.findall(f"(?<![^{SPACE}])[^{SPACE}]", _bytewise(text)))


def plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def has_prefix(prefix: str, text: str) -> bool:
    return text.startswith(prefix)


def has_suffix(suffix: str, text: str) -> bool:
    return text.endswith(suffix)


def trim_all(cutset: str, text: str) -> str:
    return text.strip("".join(set(cutset))) if cutset else text


def wrap(f: Frame, width: int, text: str) -> str:
    return wrapped_at(text, width, "\n", False)


def wrap_with(f: Frame, width: int, separator: str, text: str) -> str:
    _grown(f, text, len(text) + (len(text) // max(width, 1) + 1) * size_of(separator))
    return wrapped_at(text, width, separator, True)


FUNCTIONS: dict[str, Function] = {
    "abbrev": Function(abbreviated, "int string"),
    "abbrevboth": Function(abbreviated_both, "int int string"),
    "cat": Function(cat, "any...", site=True, cost=20),
    "contains": Function(lambda part, text: part in text, "string string", weight=2),
    "hasPrefix": Function(has_prefix, "string string"),
    "hasSuffix": Function(has_suffix, "string string"),
    "hello": Function(lambda: "Hello!", ""),
    "indent": Function(indent, "int string", site=True),
    "initials": Function(initials, "string", weight=SLOW),
    "join": Function(join, "string any", site=True),
    "nindent": Function(nindent, "int string", site=True),
    "nospace": Function(nospace, "string", weight=SLOW),
    "plural": Function(plural, "string string int"),
    "quote": Function(quote, "any...", site=True, weight=16),
    "repeat": Function(repeat, "int string", site=True),
    "replace": Function(replace, "string string string", site=True),
    "split": Function(split, "string string", site=True),
    "splitList": Function(split_list, "string string", site=True),
    "splitn": Function(splitn, "string int string", site=True),
    "squote": Function(squote, "any...", site=True, weight=4),
    "substr": Function(substr, "int int string"),
    "toString": Function(strval, "any", site=True),
    "toStrings": Function(to_strings, "any", site=True),
    "trim": Function(lambda text: text.strip(SPACE), "string"),
    "trimAll": Function(trim_all, "string string", weight=8),
    "trimPrefix": Function(lambda prefix, text: text.removeprefix(prefix), "string string"),
    "trimSuffix": Function(lambda suffix, text: text.removesuffix(suffix), "string string"),
    "trimall": Function(trim_all, "string string", weight=8),
    "trunc": Function(trunc, "int string"),
    "wrap": Function(wrap, "int string", site=True, weight=SLOW),
    "wrapWith": Function(wrap_with, "int string string", site=True, weight=SLOW),
}
