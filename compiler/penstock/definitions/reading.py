"""Reading the fields of definitions without trust: a value of the wrong type counts as absent."""

import posixpath
from typing import Any

from penstock.model import Tree


def mapping(value: Any) -> Tree:
    """Return a mapping, or an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Tree]:
    """Return the mappings in a list, or an empty list for any other value."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a string, or an empty one for any other value."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """Return the strings in a list, or an empty list for any other value."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def clipped(path: str) -> str:
    """Return a path within a source. `..` cannot lead out of the source."""
    return posixpath.normpath(posixpath.join("/", path)).lstrip("/") or "."
