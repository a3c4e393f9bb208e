"""Values as YAML text. Strings are quoted if one of Kustomize's two dialects would read something else."""

import re
from collections.abc import Callable
from typing import Any

from penstock.scalar import config_scalar, resource_scalar

_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
"""Other YAML 1.1 readers take `12:30` for a number."""

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar(value: Any, style: str | None = None, flow: bool = False) -> str:
    """Return a scalar on one line, quoted as it was before (`style`) where that is possible."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return str(value)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _is_plain(value, flow):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def in_line(value: Any, quoted: bool = False) -> str:
    """Return any value on one line, with braces and brackets. With `quoted`, it is JSON."""
    style = '"' if quoted else None
    if isinstance(value, dict):
        pairs = [f"{scalar(k, style, flow=True)}: {in_line(v, quoted)}" for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(in_line(item, quoted) for item in value) + "]"
    return scalar(value, style, flow=True)


Special = Callable[[Any, int], str | None]
"""Writes what is no plain value: (value, column of the key or dash) → the text behind it; None for a plain value."""

Above = Callable[[Any, int], str]
"""(list item, column of its dash) → the comment lines above it, from the column on to the column again."""


class Writer:
    """Writes values in block style. Lists stand `indent` columns to the right of their key (0 as in Kustomize, 2 as
    elsewhere).
    """

    __slots__ = ("above", "indent", "special")

    def __init__(
        self, indent: int = 0, special: Special = lambda value, column: None, above: Above = lambda item, column: ""
    ) -> None:
        self.indent = indent
        self.special = special
        self.above = above

    def behind_key(self, value: Any, column: int) -> str:
        """Return the text behind the colon of a key that stands at `column`."""
        return self._behind(value, column, "\n" + " " * (column + 2), "\n" + " " * (column + self.indent))

    def behind_dash(self, value: Any, column: int) -> str:
        """Return the text behind a dash that stands at `column`."""
        return self._behind(value, column, " ", " ")

    def entries(self, value: dict[str, Any], column: int) -> str:
        """Return the lines of a mapping at `column`. The first line is not indented."""
        pairs = [f"{scalar(key)}:{self.behind_key(item, column)}" for key, item in value.items()]
        return ("\n" + " " * column).join(pairs)

    def items(self, value: list[Any], column: int) -> str:
        """Return the lines of a list at `column`. The first line is not indented."""
        lines = (f"{self.above(item, column)}-{self.behind_dash(item, column)}" for item in value)
        return ("\n" + " " * column).join(lines)

    def _behind(self, value: Any, column: int, before_mapping: str, before_list: str) -> str:
        written = self.special(value, column)
        if written is not None:
            return written
        if isinstance(value, dict) and value:
            return before_mapping + self.entries(value, column + 2)
        if isinstance(value, list) and value:
            at = column + (2 if before_list == " " else self.indent)
            return before_list + self.items(value, at)
        if isinstance(value, str) and "\n" in value and _is_block(value):
            return " " + _block(value, column + 2)
        return " " + (in_line(value) if isinstance(value, dict | list) else scalar(value))


def _block(value: str, column: int) -> str:
    header = "|" if value.endswith("\n") else "|-"
    lines = value.removesuffix("\n").split("\n")
    return header + "".join("\n" + (" " * column + line if line else "") for line in lines)


def _is_block(value: str) -> bool:
    """Return whether a block can hold the text without extras: it has no blank in front (which needs a number) and no
    empty line at its end (`|+`).
    """
    lines = value.replace("\t", " ").split("\n")
    return value[0] not in " \n\t" and not value.endswith("\n\n") and all(line.isprintable() for line in lines)


def _is_plain(value: str, flow: bool) -> bool:
    """Return whether a text can be written without quotes."""
    if not value or value != value.strip() or not value.isprintable():
        return False
    return _is_read_as_text(value) and not _has_signs(value) and not (flow and any(c in ",[]{}:" for c in value))


def _is_read_as_text(value: str) -> bool:
    """Return whether both dialects read the text as the same text, and no number in sixties."""
    return resource_scalar(value) == config_scalar(value) == value and not _SIXTIES.fullmatch(value)


def _has_signs(value: str) -> bool:
    """Return whether a text holds signs that mean something in YAML, at the place where they do."""
    is_entry = value[0] == "-" and value[1:2] in ("", " ", "-")
    begins = is_entry or value[0] in "#,[]{}&*!|>'\"%@`?:=" or value.startswith(("...", "<<"))
    return begins or ": " in value or " #" in value or value.endswith(":")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
