"""Judges an object by rules that are data (`rules/`). Pure.

A rule is a word of health with tests, and the first rule whose tests all hold decides:

    - Degraded: {Ready: False, .spec.suspend: [null, false]}

A test of a name is about the condition of this type, a test of `.a.path` about a field. Its value is what the status
or the field has to be: one value, a list of values, `null` for absent, `any` for present. Numbers are compared by
`{lt: 3}`, `{lt: .spec.replicas}` (also le, gt, ge, eq, ne); `{reason: X}` is about the reason of a condition,
`{has: x}` about a part of a text, `{part: all}` (none, some) about one like `2/3`. In a path, `*` stands for each
element of a list or mapping. `some .path` and `each .path` have tests for elements, `any` has a list of tests of which
one must hold, and `not` tests that must not.

A condition that its controller has written for an older generation does not count.
"""

import operator
from collections.abc import Iterator
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.rulebook import Rule
from penstock.model import Health, HealthWord, Tree
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

BAD = frozenset(
    """failed failure error degraded invalid unhealthy crashed rejected aborted misconfigured conflict critical red
    configerror updatefailed createfailed deletefailed syncfailed noncompliant lost""".split()  # noqa: SIM905
)
GOOD = frozenset(
    """ready running active available healthy succeeded success successful complete completed bound deployed synced
    valid exists operational green ok online created normal enabled up accepted installed compliant""".split()  # noqa: SIM905
)
PAUSED = frozenset(["paused", "suspended", "stopped", "disabled", "hibernated"])
MISSING_WORDS = frozenset(("notfound",))
WORD_FIELDS = ("phase", "state", "status", "health", "currentState", "overallStatus", "appState", "deploymentStatus")
"""Fields of the status that often hold one word about the whole."""

POSITIVE = (
    "Ready", "Healthy", "Available", "Synced", "Succeeded", "Complete", "Completed", "Valid", "Accepted", "Programmed",
    "Installed", "Deployed", "Reconciled", "Established", "Synchronized", "Configured", "RevisionHealthy",
)  # fmt: skip
NEGATIVE = ("Failed", "Failure", "Error", "ErrorOccurred", "Degraded", "Invalid", "NotReady", "HasErrors", "Stalled")
TROUBLE = ("fail", "error", "invalid", "notfound", "missing", "denied", "unhealthy", "rejected", "conflict", "aborted")
"""Parts of a reason that mean that waiting does not help."""


def judge(body: Tree, rules: list[Rule]) -> Health | None:
    """The word of the first rule that holds, with what it was seen by; None where none does."""
    for rule in rules:
        word, tests = next((WORDS[key], value) for key, value in rule.items() if key in WORDS)
        if _hold(body, tests or {}):
            return Health(word, "" if word == "Healthy" else _reason(body, tests or {}, rule.get("say", "")))
    return None


def guess(body: Tree) -> Health | None:
    """What the status of a kind without rules says by the names that most controllers use; None where it says nothing.

    It calls nothing healthy that says of itself that it is not.
    """
    for name in NEGATIVE:
        if _status(body, name) == "True":
            return Health("Degraded", _words(body, name))
    for name in POSITIVE:
        if (status := _status(body, name)) not in ("", "True"):
            reason = str(condition(body, name).get("reason", "")).lower()
            bad = status == "False" and any(part in reason for part in TROUBLE)
            return Health("Degraded" if bad else "Progressing", _words(body, name))
    if found := _by_word(body):
        return found
    return Health("Healthy") if any(_status(body, name) == "True" for name in POSITIVE) else None


def _by_word(body: Tree) -> Health | None:
    for field in WORD_FIELDS:
        value = get(body, ("status", field))
        if isinstance(value, str) and value:
            word = value.lower().replace(" ", "").replace("_", "")
            said = f"its {field} is {one_line(value)}"
            return Health("Healthy") if word in GOOD else Health(_meaning(word), said)
    return None


def _meaning(word: str) -> HealthWord:
    if word in BAD:
        return "Degraded"
    if word in PAUSED:
        return "Suspended"
    return "Missing" if word in MISSING_WORDS else "Unknown" if word == "unknown" else "Progressing"


def condition(body: Tree, name: str) -> Tree:
    """The condition of a type, unless it is of an older generation."""
    listed = get(body, ("status", "conditions")) or body.get("conditions")
    generation = get(body, ("metadata", "generation"))
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("type") == name:
            seen = each.get("observedGeneration")
            old = isinstance(seen, int) and isinstance(generation, int) and seen < generation
            return {} if old else each
    return {}


def is_of_the_past(body: Tree) -> bool:
    """Whether a condition says that its controller has not seen the newest generation yet."""
    generation = get(body, ("metadata", "generation"))
    listed = get(body, ("status", "conditions"))
    seen = [c.get("observedGeneration") for c in (listed if isinstance(listed, list) else ()) if isinstance(c, dict)]
    numbers = [number for number in seen if isinstance(number, int)]
    return isinstance(generation, int) and bool(numbers) and max(numbers) < generation


def _status(body: Tree, name: str) -> str:
    return _text(condition(body, name).get("status"))


def _hold(body: Tree, tests: Tree) -> bool:
    return all(_holds(body, str(name), wanted) for name, wanted in tests.items())


def _holds(body: Tree, name: str, wanted: Any) -> bool:
    if name == "any":
        return any(_hold(body, tests) for tests in wanted)
    if name == "not":
        return not _hold(body, wanted)
    quantity, _, path = name.partition(" ")
    if quantity in ("some", "each") and path.startswith("."):
        found = list(_values(body, path))
        held = [isinstance(element, dict) and _hold(_of(body, element), wanted) for element in found]
        return any(held) if quantity == "some" else bool(held) and all(held)
    if name.startswith("."):
        return _fits(list(_values(body, name)), wanted, body)
    return _condition_fits(condition(body, name), wanted, body)


def _of(body: Tree, element: Tree) -> Tree:
    """An element of an object, with what is needed to see whether its conditions are of the past."""
    return element if "metadata" in element else {**element, "metadata": body.get("metadata") or {}}


def _condition_fits(found: Tree, wanted: Any, body: Tree) -> bool:
    if isinstance(wanted, dict):
        return bool(found) and all(_fits([found.get(key)], value, body) for key, value in wanted.items())
    return _fits([found["status"]] if "status" in found else [], wanted, body)


def _fits(found: list[Any], wanted: Any, body: Tree) -> bool:
    there = [value for value in found if value not in (None, [], {})]
    if isinstance(wanted, list):
        return any(_fits(found, each, body) for each in wanted)
    if wanted is None:
        return not there
    if wanted == "any":
        return bool(there)
    if isinstance(wanted, dict):
        return any(_compares(value, wanted, body) for value in (there or [0])) and (bool(there) or "ne" not in wanted)
    return any(_text(value) == _text(wanted) for value in there)


def _compares(value: Any, wanted: Tree, body: Tree) -> bool:
    for key, other in wanted.items():
        if key == "part":
            if _part(value) != other:
                return False
            continue
        if key == "has":
            if not any(str(part) in str(value) for part in (other if isinstance(other, list) else [other])):
                return False
            continue
        if isinstance(other, str) and other.startswith("."):
            other = next(_values(body, other), 0)
        if key in ("eq", "ne"):
            if not COMPARISONS[key](_text(value), _text(other)):
                return False
        else:
            a, b = _number(value), _number(other)
            if a is None or b is None or not COMPARISONS[key](a, b):
                return False
    return True


def _number(value: Any) -> float | None:
    """A number, also one that is written as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _part(value: Any) -> str:
    """How much of the whole `2/3` is."""
    have, slash, need = str(value).partition("/")
    if not slash:
        return ""
    return "all" if have == need else "none" if have == "0" else "some"


def _values(body: Any, path: str) -> Iterator[Any]:
    """All that stands under a path; dots inside of a key are written as `\\\\.`."""
    steps = path.replace("\\.", "\0").split(".")[1:]
    return _below(body, [step.replace("\0", ".") for step in steps if step])


def _below(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        if value is not None:
            yield value
        return
    step, rest = steps[0], steps[1:]
    if step == "*":
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _below(each, rest)
    elif isinstance(value, dict) and step in value:
        yield from _below(value[step], rest)


def _text(value: Any) -> str:
    """A scalar as rules compare it: `true` and `"True"` are one."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return "" if value is None else str(value)


def _reason(body: Tree, tests: Tree, say: str) -> str:
    if say.startswith("."):
        said = one_line(" ".join(str(value) for value in _values(body, say)))
        if said:
            return said
    elif say:
        return say
    for name in tests:
        if name not in ("any", "not") and not name.startswith((".", "some ", "each ")) and condition(body, name):
            return _words(body, name)
    if not body.get("status"):
        return "its controller has not reported yet"
    fields = [(name, next(_values(body, name), None)) for name in tests if str(name).startswith(".")]
    return (
        "; ".join(
            f"{name.removeprefix('.')} is {'not there' if value is None else one_line(_text(value))}"
            for name, value in fields
            if not isinstance(value, (dict, list))
        )
        or "does not say that it is well"
    )


def _words(body: Tree, name: str) -> str:
    found = condition(body, name)
    said = (str(found.get(key) or "") for key in ("reason", "message"))
    return one_line(": ".join(text for text in said if text)) or f"{name} is {_text(found.get('status'))}"
