"""What the API server has made of an apply that it accepted: fields that admission has changed or removed. Pure.

A mutating webhook or policy may set a field to something else than the manifest says. The server then answers with
success, and says nothing; so what it answers is compared with what was sent. Only what cannot be another spelling of
the same value counts: the server writes amounts, times and empty values in its own way.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from penstock.apply.failure import Conflict, one_line
from penstock.apply.fields import without
from penstock.model import Diagnostic, Origin, ResourceId, Tree

CODE = "PS643"

NOT_OURS = frozenset(("apiVersion", "kind", "status"))
"""Fields of an object that an apply names, or does not set."""

NOT_COMPARED = frozenset(("managedFields", "creationTimestamp", "resourceVersion", "uid", "generation", "namespace"))

AMOUNT = re.compile(r"([-+]?[0-9.]+)([KMGTPE]i|[numkMGTPE]?|[eE][-+]?[0-9]{1,3})")
UNITS = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
DURATION = re.compile(r"([0-9.]+(ns|us|µs|ms|s|m|h))+")

MAX_PAIRS = 10_000
"""The most pairs of elements that are compared where a list has no names."""

MAX_NAMED, MAX_VALUE = 3, 60
"""How many fields a finding names, and how many characters of a value."""


def overruled(wanted: Tree, answer: Tree, left: Sequence[Conflict] = ()) -> list[str]:
    """Return what the answer to an apply lacks of what was applied, a text for each field.

    `left` are the fields that were left to another manager on purpose.
    """
    for conflict in left:
        wanted = without(wanted, conflict.field)
    is_secret = wanted.get("kind") == "Secret"
    found = [_said(path, one, two, is_secret) for path, one, two in islice(_lost(wanted, answer), MAX_NAMED + 1)]
    return [*found[:MAX_NAMED], "and more"] if len(found) > MAX_NAMED else found


def warnings(id: ResourceId, origin: Origin, found: Sequence[str]) -> list[Diagnostic]:
    """Return a warning about an object that the cluster has changed, or nothing where `found` is empty."""
    message = f"{id}: the cluster accepts it and changes what the branch says: {'; '.join(found)}"
    hint = "an admission webhook or policy does this: change it, or let the branch say the same"
    return [Diagnostic(CODE, "warning", message, origin, id, hint=hint)] if found else []


def _said(path: str, wanted: Any, live: Any, is_secret: bool) -> str:
    if live is None:
        return f"{path} is not there"
    plain = not is_secret and not isinstance(wanted, dict | list) and not isinstance(live, dict | list)
    return f"{path} is {_short(live)} instead of {_short(wanted)}" if plain else f"{path} differs"


def _short(value: Any) -> str:
    text = one_line(str(value).lower() if isinstance(value, bool) else str(value))
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def _lost(wanted: Tree, live: Tree) -> Iterator[tuple[str, Any, Any]]:
    """Yield the path, the wanted value and the live one (None: absent) of each field that is not as it was applied."""
    for key, value in wanted.items():
        if key == "metadata" and isinstance(value, dict):
            ours = {name: each for name, each in value.items() if name not in NOT_COMPARED}
            yield from _lost_in(ours, live.get(key) or {}, key)
        elif key not in NOT_OURS:
            yield from _lost_in(value, live.get(key), key)


def _lost_in(wanted: Any, live: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    # The server drops empty values of most fields.
    if _is_empty(wanted):
        return
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            yield from _lost_in(value, live.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _lost_elements(wanted, live, path)
    elif not _is_same(wanted, live):
        yield path, wanted, live


def _is_empty(value: Any) -> bool:
    return value in (None, "", False, 0) or (isinstance(value, dict | list) and not value)


def _lost_elements(wanted: list[Any], live: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is lost of the elements of a list, to which the server may have added others."""
    there = {each["name"]: each for each in live if isinstance(each, dict) and isinstance(each.get("name"), str)}
    for at, element in enumerate(wanted):
        if isinstance(element, dict) and isinstance(element.get("name"), str) and len(there) == len(live):
            yield from _lost_in(element, there.get(element["name"]), f"{path}[name={element['name']}]")
        elif not _is_among(element, live, at, len(wanted) * len(live)):
            yield f"{path}[{at}]", element, live[at] if len(live) == len(wanted) else None


def _is_among(element: Any, live: list[Any], at: int, pairs: int) -> bool:
    if at < len(live) and _has(live[at], element):
        return True
    return pairs > MAX_PAIRS or any(_has(each, element) for each in live)


def _has(live: Any, wanted: Any) -> bool:
    return next(_lost_in(wanted, live, ""), None) is None


def _is_same(wanted: Any, live: Any) -> bool:
    """Return whether two values may be the same value in two spellings."""
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    if wanted == live or str(wanted) == str(live):
        return True
    if isinstance(wanted, dict | list) or isinstance(live, dict | list) or live is None:
        return False
    one, two = str(wanted), str(live)
    if "".join(one.split()) == "".join(two.split()):  # base64 may be broken into lines
        return True
    if any(pattern.match(one) and pattern.match(two) for pattern in (TIME, DURATION)):
        return True
    amounts = _amount(one), _amount(two)
    return None not in amounts and amounts[0] == amounts[1]


def _amount(text: str) -> Decimal | None:
    """Return a Kubernetes quantity as a number, or None where the text is none."""
    found = AMOUNT.fullmatch(text) if len(text) < MAX_VALUE else None
    if not found:
        return None
    number, unit = found.groups()
    try:
        if unit in BINARY:
            return Decimal(number) * Decimal(1024) ** BINARY[unit]
        return Decimal(number).scaleb(UNITS[unit] if unit in UNITS else int(unit[1:]))
    except (InvalidOperation, ValueError):
        return None
