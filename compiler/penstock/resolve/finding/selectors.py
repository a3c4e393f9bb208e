"""Selectors: which objects a patch, a replacement or another transformer means.

Group, version, kind, name and namespace are regular expressions that match as a whole, empty ones match anything; name
and namespace match what an object is called now or was called first. Labels and annotations take the selector syntax
of Kubernetes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from penstock.kubernetes import text
from penstock.model import Resource
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import current, original
from penstock.tree import get

MAX_PATTERN = 1000
"""Characters of a regular expression."""

_REPEATS = frozenset("*+?{\\[$")

_REQUIREMENT = re.compile(
    r"\s*(?P<not>!)?\s*(?P<key>[^\s,!=()]+)\s*"
    r"(?:(?P<op>==|=|!=|>|<|in\b|notin\b)\s*(?P<value>\([^)]*\)|[^\s,()=!<>]*)\s*)?"
)


def select(resources: Iterable[Resource], selector: Mapping[str, Any]) -> list[Resource]:
    """The resources that a selector matches, in their order. Raises Conflict for a pattern that is not valid."""
    matches = {f: pattern(selector[f], f) for f in ("group", "version", "kind", "name", "namespace") if selector.get(f)}
    return [r for r in resources if _matches_id(r, matches) and has_metadata(r, selector)]


def has_metadata(resource: Resource, selector: Mapping[str, Any]) -> bool:
    """Whether an object has the labels and annotations that a selector asks for."""
    return all(
        _matches_map(resource, field, requirements(selector.get(name, ""), name))
        for field, name in (("labels", "labelSelector"), ("annotations", "annotationSelector"))
    )


def pattern(expression: str, field: str) -> Callable[[str], bool]:
    """Whether a text as a whole matches a Go regular expression (RE2). Raises Conflict for one that is not valid."""
    if is_literal(expression):
        return expression.__eq__
    return matcher(f"^(?:{expression})$", field, expression)


def is_literal(expression: str) -> bool:
    """Whether an expression matches its own text and nothing else."""
    return expression.replace("-", "").replace("/", "").replace("_", "").isalnum() and expression.isascii()


@lru_cache(maxsize=1024)
def matcher(expression: str, field: str, given: str | None = None) -> Callable[[str], bool]:
    """Whether a Go regular expression (RE2) matches somewhere in a text. Raises Conflict for one that is not valid.

    `given` is the part that a user wrote, where the rest is ours. What repeats nothing is left to Python's own matcher;
    the rest goes to one that no expression can slow down.
    """
    if len(expression) > MAX_PATTERN:
        raise Conflict(f"`{field}` has more than {MAX_PATTERN} characters", (field,))
    if _REPEATS.isdisjoint(expression if given is None else given):
        try:
            search = re.compile(expression.replace("$", "\\Z"), re.ASCII).search
        except re.error as error:
            raise _unusable(field, error.msg) from None
        return lambda text: search(text) is not None
    from penstock.pattern import Pattern, TooMuch
    from penstock.pattern_syntax import Unsupported

    try:
        found_in = Pattern(expression).found_in
    except Unsupported as error:
        raise _unusable(field, str(error)) from None

    def found(text: str) -> bool:
        try:
            return found_in(text)
        except TooMuch:
            raise Conflict(f"`{field}` takes too long to match", (field,)) from None

    return found


def _unusable(field: str, reason: str) -> Conflict:
    return Conflict(f"`{field}` is not a regular expression that can be used: {reason}", (field,))


def _matches_id(resource: Resource, matches: Mapping[str, Callable[[str], Any]]) -> bool:
    if not matches:
        return True
    now = current(resource)
    first = original(resource)
    for field, fits in matches.items():
        if fits(getattr(now, field)):
            continue
        if field not in ("name", "namespace") or not fits(getattr(first, field)):
            return False
    return True


def _matches_map(resource: Resource, field: str, wanted: list[Callable[[Mapping[str, str]], bool]]) -> bool:
    if not wanted:
        return True
    found = get(resource.body, ("metadata", field), {})
    values = {k: text(v) for k, v in found.items()} if isinstance(found, dict) else {}
    return all(fits(values) for fits in wanted)


@lru_cache(maxsize=256)
def requirements(selector: str, field: str) -> list[Callable[[Mapping[str, str]], bool]]:
    """The requirements of a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, joined by
    commas.
    """
    wanted: list[Callable[[Mapping[str, str]], bool]] = []
    rest = selector.strip()
    while rest:
        match = _REQUIREMENT.match(rest)
        if not match or (match.end() < len(rest) and rest[match.end()] != ","):
            raise Conflict(f"`{field}` is not a selector: {selector!r}", (field,))
        wanted.append(_requirement(match, selector, field))
        rest = rest[match.end() + 1 :]
        if not rest and selector.rstrip().endswith(","):
            raise Conflict(f"`{field}` ends with a comma", (field,))
    return wanted


def _requirement(match: re.Match[str], selector: str, field: str) -> Callable[[Mapping[str, str]], bool]:
    key, operator, value = match["key"], match["op"], (match["value"] or "").strip()
    if match["not"]:
        if operator:
            raise Conflict(f"`{field}` is not a selector: {selector!r}", (field,))
        return lambda labels: key not in labels
    if operator is None:
        return lambda labels: key in labels
    if operator in ("in", "notin"):
        if not value.startswith("("):
            raise Conflict(f"`{field}`: {operator} needs values in parentheses", (field,))
        values = frozenset(part.strip() for part in value[1:-1].split(","))
        return (lambda ls: ls.get(key) in values) if operator == "in" else (lambda ls: ls.get(key) not in values)
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    return _comparison(key, operator, value, field)


def _comparison(key: str, operator: str, value: str, field: str) -> Callable[[Mapping[str, str]], bool]:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise Conflict(f"`{field}`: {operator} needs a whole number", (field,))
    bound = int(value)

    def fits(labels: Mapping[str, str]) -> bool:
        found = labels.get(key, "")
        if not re.fullmatch(r"-?[0-9]{1,18}", found):
            return False
        return int(found) > bound if operator == ">" else int(found) < bound

    return fits
