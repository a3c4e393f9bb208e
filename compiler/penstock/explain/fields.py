"""Fields by the names that people write and read, such as `spec.containers[app].image`."""

from typing import Any

from penstock.changes import At, Element
from penstock.model import Embedded, Pointer, Step
from penstock.tree import MISSING, child


class NoField(Exception):  # noqa: N818  # carries what is said to the user
    """The text of a path leads to no field."""


def pointer_of(body: Any, text: str) -> Pointer:
    """Return the pointer that a text names, such as `spec.containers[app].image`, `metadata.labels["a/b"]` or
    `spec.ports[0]`.

    The last step may lead to nothing, since a field that was removed has a writer, too. Raises `NoField` where an
    earlier step leads to nothing; the message says what is there instead.
    """
    pointer: list[Step] = []
    here = body
    steps = _steps(text)
    if not steps:
        raise NoField(f"{text!r} names no field")
    for number, step in enumerate(steps):
        found = _step(here, step)
        below = child(here, found) if found is not None else MISSING
        if below is MISSING and number < len(steps) - 1:
            names = ", ".join(map(str, here)) if isinstance(here, dict) else f"{len(here)} elements"
            raise NoField(f"there is no {step} at {'.'.join(steps[:number]) or 'the top'}; there are {names}")
        pointer.append(found if found is not None else step)
        here = below
    return tuple(pointer)


def _steps(text: str) -> list[str]:
    """Return the steps of a path as people write it."""
    steps: list[str] = []
    rest = text.removeprefix(".")
    while rest:
        if rest[0] == "[":
            inside, _, rest = rest[1:].partition('"]' if rest[1:2] == '"' else "]")
            steps.append(inside.removeprefix('"'))
        else:
            end = min(at for at in (rest.find("."), rest.find("["), len(rest)) if at >= 0)
            steps.append(rest[:end])
            rest = rest[end:]
        rest = rest.removeprefix(".")
    return [step for step in steps if step]


KEYS = ("name", "mountPath", "containerPort", "port", "key", "host", "path", "type", "ip")
"""Fields by which an element of a list may be named."""


def _step(here: Any, step: str) -> Step | None:
    """Return one step down: a key, an index, or the key of a list element."""
    if isinstance(here, list):
        if step.isdecimal() and int(step) < len(here):
            return int(step)
        for number, element in enumerate(here):
            if isinstance(element, dict) and any(str(element.get(key, "")) == step for key in KEYS):
                return number
        return None
    return step


def shown_at(body: Any, pointer: Pointer) -> At:
    """Return the path of a field for people: list elements are called by their names where they have one."""
    found: list[str | int | Element] = []
    here = body
    for step in pointer:
        here = child(here, step) if here is not MISSING else MISSING
        name = here.get("name") if isinstance(here, dict) else None
        if isinstance(step, int) and isinstance(name, str):
            found.append(Element(name))
        elif not isinstance(step, Embedded):
            found.append(step)
    return tuple(found)
