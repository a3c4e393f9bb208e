"""Judges an object by rules that are data (`rules/`). Pure.

A rule is a health word with tests, and the first rule whose tests all hold decides:

    - Degraded: {Ready: False, .spec.suspend: [null, false]}

A test `Name` is about the condition of this type, a test `.a.path` about a field. Its value is what the status of the
condition or the field must be: one value, a list of values, `null` for absent, `any` for present. Numbers are compared
by `{lt: 3}` (also le, gt, ge, eq, ne), with a number, a field, a difference or a sum: `.spec.replicas`, `.spec.replicas
- .spec.partition`, `sum .spec.pools.*.size`. `{reason: X}` tests the reason of a condition, `{has: x}` whether a text
contains another, `{part: all}` (none, some) a text like `2/3`. In a path, `*` stands for each element of a list or
mapping, `-1` for the last element of a list. `some .path` and `each .path` have tests for elements, `any` has a list of
tests of which one must hold, and `not` has tests that must not hold. `cel`, in files of users, has an expression that
is true or false.

A condition that its controller has written for an older generation does not count.
"""

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.rulebook import Rule
from penstock.apply.shape import mappings
from penstock.cluster import Health, HealthWord
from penstock.model import Tree
from penstock.tree import get

WORDS: dict[str, HealthWord] = {
    "Healthy": "Healthy",
    "Progressing": "Progressing",
    "Degraded": "Degraded",
    "Suspended": "Suspended",
    "Missing": "Missing",
    "Unknown": "Unknown",
}

COMPARISONS = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}

SUM, LAST = "sum ", "-1"
"""The notation in rules for the sum of all values at a path, and for the last element of a list."""


def judge(body: Tree, rules: list[Rule]) -> Health | None:
    """Return the health by the first rule that holds, with the reason for it, or None where no rule holds."""
    for rule in rules:
        word, tests = next((WORDS[key], value) for key, value in rule.items() if key in WORDS)
        if _hold(body, tests or {}):
            return Health(word, "" if word == "Healthy" else _reason(body, tests or {}, rule.get("say", "")))
    return None


def condition(body: Tree, name: str) -> Tree:
    """Return the condition of a type, or an empty mapping where there is none or it is about an older generation."""
    listed = mappings(get(body, ("status", "conditions")) or body.get("conditions"))
    found = next((each for each in listed if each.get("type") == name), {})
    return {} if is_outdated(body, found) else found


def is_outdated(body: Tree, found: Tree) -> bool:
    """Return whether a condition is about an earlier spec, because its controller has not seen the present one yet."""
    generation, seen = get(body, ("metadata", "generation")), found.get("observedGeneration")
    return isinstance(seen, int) and isinstance(generation, int) and seen < generation


def is_of_the_past(body: Tree) -> bool:
    """Return whether the conditions show that the controller has not seen the newest generation yet."""
    generation = get(body, ("metadata", "generation"))
    seen = [each.get("observedGeneration") for each in mappings(get(body, ("status", "conditions")))]
    numbers = [number for number in seen if isinstance(number, int)]
    return isinstance(generation, int) and bool(numbers) and max(numbers) < generation


def status_of(body: Tree, name: str) -> str:
    """Return the status of a condition as text, or "" where there is no such condition."""
    return _text(condition(body, name).get("status"))


def _hold(body: Tree, tests: Tree) -> bool:
    return all(_holds(body, str(name), wanted) for name, wanted in tests.items())


def _holds(body: Tree, name: str, wanted: Any) -> bool:
    if name == "any":
        return any(_hold(body, tests) for tests in wanted)
    if name == "cel":
        return bool(wanted.holds(body))
    if name == "not":
        return not _hold(body, wanted)
    if name.startswith(("some .", "each .")):
        return _elements_hold(body, name, wanted)
    if name.startswith("."):
        return _fits(list(_values(body, name)), wanted, body)
    return _condition_fits(condition(body, name), wanted, body)


def _elements_hold(body: Tree, name: str, wanted: Any) -> bool:
    quantity, _, path = name.partition(" ")
    held = [isinstance(element, dict) and _hold(_of(body, element), wanted) for element in _values(body, path)]
    return any(held) if quantity == "some" else bool(held) and all(held)


def _of(body: Tree, element: Tree) -> Tree:
    """Return an element of an object with the object's metadata, which tells whether its conditions are outdated."""
    return element if "metadata" in element else {**element, "metadata": body.get("metadata") or {}}


def _condition_fits(found: Tree, wanted: Any, body: Tree) -> bool:
    if isinstance(wanted, dict):
        return bool(found) and all(_fits([found.get(key)], value, body) for key, value in wanted.items())
    return _fits([found["status"]] if "status" in found else [], wanted, body)


def _fits(found: list[Any], wanted: Any, body: Tree) -> bool:
    # Empty values are as good as missing ones, as for the controllers that write them.
    there = [value for value in found if value not in (None, [], {})]
    if isinstance(wanted, list):
        return any(_fits(found, each, body) for each in wanted)
    if wanted is None or wanted == "any":
        return bool(there) is (wanted == "any")
    if isinstance(wanted, dict):
        return _any_compares(there, wanted, body)
    return any(_text(value) == _text(wanted) for value in there)


def _any_compares(there: list[Any], wanted: Tree, body: Tree) -> bool:
    """Return whether any value compares as wanted. An absent value counts as 0, but is not unequal to anything."""
    if not there and "ne" in wanted:
        return False
    return any(_compares(value, wanted, body) for value in there or [0])


def _compares(value: Any, wanted: Tree, body: Tree) -> bool:
    return all(_agrees(value, key, other, body) for key, other in wanted.items())


def _agrees(value: Any, key: str, other: Any, body: Tree) -> bool:
    if key == "part":
        return bool(_part(value) == other)
    if key == "has":
        return any(str(part) in str(value) for part in (other if isinstance(other, list) else [other]))
    # The other side may be a field of the object as well.
    if isinstance(other, str) and other.startswith((".", SUM)):
        other = _computed(other, body)
    if key in ("eq", "ne"):
        return bool(COMPARISONS[key](_text(value), _text(other)))
    one, two = _number(value), _number(other)
    return one is not None and two is not None and bool(COMPARISONS[key](one, two))


def _computed(text: str, body: Tree) -> Any:
    """Return the value of `.path`, `.path - .path` or `sum .path` for an object. An absent value counts as 0."""
    if text.startswith(SUM):
        return sum(_number(value) or 0 for value in _values(body, text.removeprefix(SUM)))
    path, minus, less = text.partition(" - ")
    value = next(_values(body, path), 0)
    return (_number(value) or 0) - (_number(next(_values(body, less), 0)) or 0) if minus else value


def _number(value: Any) -> float | None:
    """Return the value as a number, also where it is written as text, or None where it is not a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _part(value: Any) -> str:
    """Return how much of the whole a text like `2/3` states: all, some or none, or "" where it is no such text."""
    have, slash, need = str(value).partition("/")
    if not slash:
        return ""
    return "all" if have == need else "none" if have == "0" else "some"


def _values(body: Any, path: str) -> Iterator[Any]:
    r"""Return all values at a path; dots inside a key are written as `\.`."""
    steps = path.replace("\\.", "\0").split(".")[1:]
    return _below(body, [step.replace("\0", ".") for step in steps if step])


def _below(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        if value is not None:
            yield value
        return
    for each in _step(value, steps[0]):
        yield from _below(each, steps[1:])


def _step(value: Any, step: str) -> Iterator[Any]:
    if step == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif step == LAST and isinstance(value, list):
        yield from value[-1:]
    elif isinstance(value, dict) and step in value:
        yield value[step]


def _text(value: Any) -> str:
    """Return a scalar as the text that rules compare: `true` and `"True"` are the same."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return "" if value is None else str(value)


def _reason(body: Tree, tests: Tree, say: str) -> str:
    said = one_line(" ".join(map(str, _values(body, say)))) if say.startswith(".") else say
    if said:
        return said
    # The rule does not say why. The words of its condition are the next best, then its expression, then its fields.
    name = next((name for name in tests if _is_of_condition(name) and condition(body, name)), None)
    if name:
        return words_of(body, name)
    if "cel" in tests:
        return f"{one_line(tests['cel'].text)} holds"
    if not body.get("status"):
        return "its controller has not reported yet"
    return _fields_in_words(body, tests) or "does not say that it is well"


def _fields_in_words(body: Tree, tests: Iterable[str]) -> str:
    """Return the values of the fields that a rule looks at."""
    fields = ((name, next(_values(body, name), None)) for name in tests if str(name).startswith("."))
    return "; ".join(_field(name, value) for name, value in fields if not isinstance(value, dict | list))


def _is_of_condition(name: str) -> bool:
    return name not in ("any", "not", "cel") and not name.startswith((".", "some ", "each "))


def _field(name: str, value: Any) -> str:
    path = name.removeprefix(".").replace("\\.", ".")
    return f"{path} is {'not there' if value is None else one_line(_text(value))}"


def words_of(body: Tree, name: str) -> str:
    """Return what a condition of an object says."""
    return words_in(condition(body, name), name)


def words_in(found: Tree, name: str) -> str:
    """Return what a condition says: `Reason: message`, or whichever of the two exists."""
    said = (str(found.get(key) or "") for key in ("reason", "message"))
    return one_line(": ".join(text for text in said if text)) or f"{name} is {_text(found.get('status'))}"
