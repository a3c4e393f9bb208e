"""What a definition says, read without trust: a value of a wrong type counts as absent."""

import posixpath
from typing import Any

from penstock.model import Tree


def mapping(value: Any) -> Tree:
    """A mapping, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Tree]:
    """The mappings of a list; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """The texts of a list; none for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def clipped(path: str) -> str:
    """A path inside of a source: `..` cannot lead out of it."""
    return posixpath.normpath(posixpath.join("/", path)).lstrip("/") or "."
