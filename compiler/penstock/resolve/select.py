"""Selectors: which objects a patch, a replacement or another transformer means.

Group, version, kind, name and namespace are regular expressions that match as a whole, empty ones match anything; name
and namespace match what an object is called now or was called first. Labels and annotations take the selector syntax
of Kubernetes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from penstock.model import Resource
from penstock.resolve.fieldspec import Conflict
from penstock.resolve.ids import current, original, text
from penstock.tree import get

MAX_PATTERN = 1000

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


def pattern(expression: str, field: str) -> Callable[[str], Any]:
    """A Go regular expression (RE2) that must match the whole text."""
    if is_literal(expression):
        return expression.__eq__
    return compile_go(f"(?:{expression})", field).fullmatch


def is_literal(expression: str) -> bool:
    """Whether an expression matches its own text and nothing else."""
    return expression.replace("-", "").replace("/", "").replace("_", "").isalnum() and expression.isascii()


def compile_go(expression: str, field: str) -> re.Pattern[str]:
    """A Go regular expression. Raises Conflict for one that is not valid or has no counterpart."""
    if len(expression) > MAX_PATTERN:
        raise Conflict(f"`{field}` has more than {MAX_PATTERN} characters", (field,))
    try:
        return re.compile(expression.replace("\\z", "\\Z"), re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise Conflict(f"`{field}` is not a regular expression: {error}", (field,)) from None


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
