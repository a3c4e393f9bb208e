"""Selectors, which say to which objects a patch, a replacement or another transformer applies.

Group, version, kind, name and namespace are regular expressions that must match the whole text; an empty one matches
anything. Name and namespace match the present or the original name of an object. Labels and annotations use the
selector syntax of Kubernetes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from penstock.kubernetes import text
from penstock.model import Resource
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import current, original
from penstock.tree import get
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import Match

FIELDS = ("group", "version", "kind", "name", "namespace")
METADATA = (("labels", "labelSelector"), ("annotations", "annotationSelector"))

_WHOLE_NUMBER = regex(r"-?[0-9]{1,18}")
_REQUIREMENT = regex(
    r"\s*+(?P<not>!)?\s*+(?P<key>[^\s,!=()]+)\s*+"
    r"(?:(?P<op>==|=|!=|>|<|in\b|notin\b)\s*+(?P<value>\([^)]*\)|[^\s,()=!<>]*)\s*+)?"
)

Fits = Callable[[Resource], bool]


def test_of(selector: Mapping[str, Any]) -> Fits:
    """Return a test of whether a selector matches a resource. Raises `Conflict` for an invalid pattern."""
    matches = {field: pattern(selector[field], field) for field in FIELDS if selector.get(field)}
    return lambda resource: _matches_id(resource, matches) and has_metadata(resource, selector)


def has_metadata(resource: Resource, selector: Mapping[str, Any]) -> bool:
    """Return whether an object has the labels and annotations that a selector asks for."""
    return all(
        _matches_map(resource, field, requirements(selector.get(name, ""), name))
        for field, name in METADATA
        if selector.get(name)
    )


def pattern(expression: str, field: str) -> Callable[[str], bool]:
    """Return a test of whether a Go regular expression matches a whole text. Raises `Conflict` for an invalid
    expression.
    """
    if is_literal(expression):
        return expression.__eq__
    return matcher(whole(expression), field)


def any_pattern(expressions: Sequence[str], field: str) -> Callable[[str], bool]:
    """Return a test of whether one of several valid Go regular expressions matches a whole text."""
    if len(expressions) == 1:
        return pattern(expressions[0], field)
    from penstock.expression import Expressions, TooMuch

    together = Expressions([whole(expression) for expression in expressions])

    def found(text: str) -> bool:
        try:
            return bool(together.found_in(text))
        except TooMuch:
            raise _too_much(field) from None

    return found


def whole(expression: str) -> str:
    """Return an expression that matches only a whole text that the given one matches."""
    return f"^(?:{expression})$"


def is_literal(expression: str) -> bool:
    """Return whether an expression matches its own text and nothing else."""
    return expression.replace("-", "").replace("/", "").replace("_", "").isalnum() and expression.isascii()


def matcher(expression: str, field: str) -> Callable[[str], bool]:
    """Return a test of whether a Go regular expression matches anywhere in a text. Raises `Conflict` for an invalid
    expression.
    """
    if is_literal(expression):
        return lambda text: expression in text
    from penstock import expression as expressions  # most selectors are plain names

    try:
        found_in = expressions.expression(expression).found_in
    except expressions.Invalid as error:
        raise Conflict(f"`{field}` is not a regular expression: {error}", (field,)) from None
    except expressions.TooMuch:
        raise _too_much(field) from None

    def found(text: str) -> bool:
        try:
            return found_in(text)
        except expressions.TooMuch:
            raise _too_much(field) from None

    return found


def _too_much(field: str) -> Conflict:
    return Conflict(f"`{field}` is a regular expression beyond our bounds on size and time", (field,))


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


def texts_at(resource: Resource, field: str) -> dict[str, str]:
    """Return the labels or annotations of an object, as text."""
    found = get(resource.body, ("metadata", field), {})
    return {k: text(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _matches_map(resource: Resource, field: str, wanted: "list[Requirement]") -> bool:
    values = texts_at(resource, field)
    return all(requirement.fits(values) for requirement in wanted)


class Requirement(NamedTuple):
    """One requirement of a label selector.

    `any_of` holds labels as (key, value), or keys of labels, at least one of which an object must have; None where no
    such list narrows the search.
    """

    fits: Callable[[Mapping[str, str]], bool]
    any_of: tuple[tuple[str, str] | str, ...] | None = None


@lru_cache(maxsize=256)
def requirements(selector: str, field: str) -> list[Requirement]:
    """Return the requirements of a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a` or `a>1`,
    joined by commas.
    """
    wanted: list[Requirement] = []
    position, end = 0, len(selector.rstrip())
    while position < end:
        match = _REQUIREMENT.match(selector, position, end)
        if not match or (match.end() < end and selector[match.end()] != ","):
            raise Conflict(f"`{field}` is not a selector: {selector!r}", (field,))
        wanted.append(_requirement(match, selector, field))
        position = match.end() + 1
        if position == end:
            raise Conflict(f"`{field}` ends with a comma", (field,))
    return wanted


def _requirement(match: "Match[str]", selector: str, field: str) -> Requirement:
    key, operator, value = match["key"], match["op"], (match["value"] or "").strip()
    if match["not"]:
        if operator:
            raise Conflict(f"`{field}` is not a selector: {selector!r}", (field,))
        return Requirement(lambda labels: key not in labels)
    if operator is None:
        # The second part is what an index can be asked for; without one, every object is tried.
        return Requirement(lambda labels: key in labels, (key,))
    if operator in ("in", "notin"):
        return _set_requirement(key, operator, value, field)
    if operator in ("=", "=="):
        return Requirement(lambda labels: labels.get(key) == value, ((key, value),))
    if operator == "!=":
        return Requirement(lambda labels: labels.get(key) != value)
    return Requirement(_comparison(key, operator, value, field), (key,))


def _set_requirement(key: str, operator: str, value: str, field: str) -> Requirement:
    """Return the requirement for `in (a, b)` or `notin (a, b)`."""
    if not value.startswith("("):
        raise Conflict(f"`{field}`: {operator} needs values in parentheses", (field,))
    values = frozenset(part.strip() for part in value[1:-1].split(","))
    if operator == "notin":
        return Requirement(lambda labels: labels.get(key) not in values)
    return Requirement(lambda labels: labels.get(key) in values, tuple((key, each) for each in values))


def _comparison(key: str, operator: str, value: str, field: str) -> Callable[[Mapping[str, str]], bool]:
    if not _WHOLE_NUMBER.fullmatch(value):
        raise Conflict(f"`{field}`: {operator} needs a whole number", (field,))
    bound = int(value)

    def fits(labels: Mapping[str, str]) -> bool:
        found = labels.get(key, "")
        if not _WHOLE_NUMBER.fullmatch(found):
            return False
        return int(found) > bound if operator == ">" else int(found) < bound

    return fits
