"""Prints a tree as the JSON text that Go's `encoding/json` makes of it."""

import math
from collections.abc import Sequence

from penstock.model import Step
from penstock.resolve.finding.field_specs import Conflict
from penstock.scalar import json_number
from penstock.tree import MISSING
from penstock.typed import Any

MOST_KEPT = 16
"""The most texts in the cache."""

_PLAIN = frozenset((str, int, bool, type(None)))
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


class JsonTexts:
    """A cache of the last texts that `as_json` has printed, with their trees, so that the next replacement into such a
    text need not parse it.

    Texts with fractions or exponents, which can be written in several ways, are not kept.
    """

    def __init__(self) -> None:
        self._trees: dict[str, Any] = {}

    def tree(self, text: str) -> Any:
        """Return the tree of a text; MISSING if the text is not in the cache."""
        return self._trees.get(text, MISSING)

    def keep(self, text: str, tree: Any) -> None:
        """Put a text in the cache, if it is plain."""
        if _is_plain(tree):
            self._add(text, tree)

    def changed(self, text: str, tree: Any, line: str, changes: Sequence[tuple[Step, str, str]]) -> str:
        """Return the new text for a text in the cache after some of its strings were changed. `tree` is the changed
        tree, and `changes` are the keys or positions of the strings, each with the old and the new string.
        """
        new = _with_strings(text, changes) or (
            as_json(tree, line) if line else _dumped(tree, sort_keys=True, separators=(",", ":"))
        )
        del self._trees[text]
        self._add(new, tree)
        return new

    def _add(self, text: str, tree: Any) -> None:
        while len(self._trees) >= MOST_KEPT:
            del self._trees[next(iter(self._trees))]
        self._trees[text] = tree


def _with_strings(text: str, changes: Sequence[tuple[Step, str, str]]) -> str:
    """Return a JSON text with other strings under some keys; an empty text where a key stands in it more than once, so
    that it must be printed anew.
    """
    for key, old, new in changes:
        # A thousand entries may each change one string of a long text.
        start = f"{_string(key)}:" if isinstance(key, str) else ""
        if not start or text.count(start) != 1:
            return ""
        at = text.index(start) + len(start)
        at += text.startswith(" ", at)
        quoted = _string(old)
        if not text.startswith(quoted, at):
            return ""
        text = f"{text[:at]}{_string(new)}{text[at + len(quoted) :]}"
    return text


def _is_plain(tree: Any) -> bool:
    if tree.__class__ is dict:
        return all(key.__class__ is str and _is_plain(value) for key, value in tree.items())
    return all(map(_is_plain, tree)) if tree.__class__ is list else tree.__class__ in _PLAIN


def as_json(tree: Any, line: str) -> str:
    """Return a tree as JSON in the form that Go writes: keys sorted, and <, > and & escaped.

    `line` is the beginning of each line; if it is empty, everything goes on one line. Raises `Conflict` for values that
    JSON cannot represent.
    """
    if isinstance(tree, dict | list):
        return _container(tree, line)
    if isinstance(tree, str):
        return _string(tree)
    if tree is MISSING or (isinstance(tree, float) and not math.isfinite(tree)):
        raise Conflict("this text cannot be written as JSON with it")
    return "null" if tree is None else str(tree).lower() if isinstance(tree, bool) else json_number(tree)


def _container(tree: dict[str, Any] | list[Any], line: str) -> str:
    inner = line and line + "  "
    if isinstance(tree, list):
        parts = [inner + as_json(item, inner) for item in tree]
        opening, closing = "[]"
    else:
        colon = ": " if line else ":"
        parts = [inner + _string(key) + colon + as_json(tree[key], inner) for key in sorted(tree)]
        opening, closing = "{}"
    return opening + ",".join(parts) + (line if parts else "") + closing


def _string(text: str) -> str:
    return _dumped(text)


def _dumped(tree: Any, **options: Any) -> str:
    import json  # only for replacements inside a string

    return json.dumps(tree, ensure_ascii=False, **options).translate(_ESCAPED)
