"""Field paths as `replacements` and `vars` write them: names with dots between, and ways into lists.

`spec.ports.0`, `spec.containers.[name=web].image` (the value is a regular expression), `data.*`,
`metadata.annotations.[a.b/c]`.
"""

import re
from typing import Any

from penstock.kubernetes import text
from penstock.model import Pointer
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.selectors import matcher
from penstock.tree import MISSING, with_value

SCALAR, MAPPING, LIST = "scalar", "mapping", "list"

MAX_PARTS = 400
"""As many as levels of nesting (`parse.document`)."""

_INDEX = re.compile(r"\+?[0-9]{1,9}")


def split_path(path: str) -> list[str]:
    """The parts of a path.

    `\\.` is a dot in a name; brackets keep what is between them, without `=` they only quote.
    """
    plain = _split_at_dots(path)
    parts: list[str] = []
    while plain:
        part = plain.pop(0)
        if part.startswith("[") and not part.endswith("]"):
            while plain:
                more = plain.pop(0)
                part += "." + more
                if more.endswith("]"):
                    break
            parts.append(part if "=" in part else part.strip("[]"))
        else:
            parts.append(part)
    return parts


def _split_at_dots(path: str) -> list[str]:
    raw = path.split(".")
    if len(raw) > 1 and raw[0] == "":
        raw = raw[1:]
    parts = [raw[0]]
    for part in raw[1:]:
        if parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1] + "." + part
        else:
            parts.append(part)
    return parts


def with_indexes(parts: list[str]) -> list[str]:
    """`ports[0]` as the two parts `ports` and `0`, as `vars` write it."""
    split: list[str] = []
    for part in parts:
        match = re.fullmatch(r"(.*)\[(\d+)\]", part)
        split += [p for p in match.groups() if p] if match else [part]
    return split


def look_up(tree: Any, parts: list[str]) -> Pointer | None:
    """The one place that a path leads to; None where there is none. List entries match exactly. Raises Conflict."""
    at: list[Any] = []
    for part in (p.strip() for p in parts if p.strip()):
        if _INDEX.fullmatch(part) or part == "-":
            if tree.__class__ is not list:
                raise Conflict(f"{part} is an index, but there is no list", tuple(at))
            index = len(tree) - 1 if part == "-" else int(part)
            if not 0 <= index < len(tree):
                return None
            step: Any = index
        elif part == "*":
            raise Conflict("a wildcard is not possible here", tuple(at))
        elif _is_entry(part):
            entry = _exact_entry(tree, part, tuple(at))
            if entry is None:
                return None
            step = entry
        else:
            if tree is None:
                return None
            if tree.__class__ is not dict:
                raise Conflict(f"there is no mapping to look for {part!r} in", tuple(at))
            if part not in tree:
                return None
            step = part
        at.append(step)
        tree = tree[step]
        if tree is None and len(at) < len(parts):
            return None
    return tuple(at)


def _is_entry(part: str) -> bool:
    return part.startswith("[") and part.endswith("]")


def _name_and_value(part: str) -> tuple[str, str]:
    name, equals, value = part[1:-1].partition("=")
    if not equals:
        raise Conflict(f"{part} must be [name=value]")
    return name, value


def _exact_entry(tree: Any, part: str, at: Pointer) -> int | None:
    name, value = _name_and_value(part)
    if tree.__class__ is not list:
        raise Conflict(f"there is no list to look for {part} in", at)
    for index, element in enumerate(tree):
        if name == "" and element.__class__ is not dict and text(element) == value:
            return index
        if name and element.__class__ is dict and name in element and text(element[name]) == value:
            return index
    return None


def matches(tree: Any, parts: list[str], create: str = "") -> tuple[Any, list[Pointer]]:
    """Every place that a path leads to. With `create` (a kind of value) what is missing is made; MISSING for a scalar.

    Returns the tree, changed by what was made, and the places. Raises Conflict where the path does not fit.
    """
    if not parts:
        return tree, [()]
    if len(parts) > MAX_PARTS:
        raise Conflict(f"a path of more than {MAX_PARTS} parts leads nowhere")
    part, rest = parts[0], parts[1:]
    if _INDEX.fullmatch(part):
        return _at_index(tree, int(part), rest, create)
    if _is_entry(part):
        return _at_entries(tree, part, rest, create)
    if part == "*":
        steps = [] if tree is None else list(range(len(_list(tree, part))))
        return _below(tree, steps, rest, create)
    return _at_field(tree, part, rest, create)


def _below(tree: Any, steps: list[Any], rest: list[str], create: str) -> tuple[Any, list[Pointer]]:
    found: list[Pointer] = []
    for step in steps:
        new, inner = matches(tree[step], rest, create)
        if new is not tree[step]:
            tree = with_value(tree, (step,), new)
        found += [(step, *at) for at in inner]
    return tree, found


def _list(tree: Any, part: str) -> list[Any]:
    if tree.__class__ is not list:
        raise Conflict(f"there is no list to look for {part} in")
    return tree


def _at_index(tree: Any, index: int, rest: list[str], create: str) -> tuple[Any, list[Pointer]]:
    if create and len(_list(tree, str(index))) == index:
        tree = [*tree, _made(rest, create)]
    if index >= len(_list(tree, str(index))):
        raise Conflict(f"index {index} is out of range: the list has {len(tree)} elements")
    return _below(tree, [index], rest, create)


def _at_entries(tree: Any, part: str, rest: list[str], create: str) -> tuple[Any, list[Pointer]]:
    name, value = _name_and_value(part)
    fits = matcher(value, part)
    steps = [i for i, element in enumerate(_list(tree, part)) if _entry_fits(element, name, fits)]
    tree, found = _below(tree, steps, rest if name else [], create)
    if found or not create:
        return tree, found
    tree = [*tree, {name: value} if name else value]
    if not fits(value):
        raise Conflict(f"{part} does not match the element that it would make")
    return _below(tree, [len(tree) - 1], rest if name else [], create)


def _entry_fits(element: Any, name: str, fits: Any) -> bool:
    if not name:
        return element.__class__ is not dict and bool(fits(text(element)))
    if element.__class__ is not dict:
        return False
    return name in element and element[name] is not MISSING and bool(fits(text(element[name])))


def _at_field(tree: Any, name: str, rest: list[str], create: str) -> tuple[Any, list[Pointer]]:
    if tree is None:
        return tree, []
    if tree.__class__ is not dict:
        raise Conflict(f"there is no mapping to look for {name!r} in")
    if name not in tree:
        if not create:
            return tree, []
        tree = {**tree, name: _made(rest, create)}
    return _below(tree, [name], rest, create)


def _made(rest: list[str], create: str) -> Any:
    """What is made for a part of a path: a list where the next part goes into one, at the end what is wanted."""
    if rest and (_is_entry(rest[0]) or _INDEX.fullmatch(rest[0])):
        return []
    if rest or create == MAPPING:
        return {}
    return [] if create == LIST else MISSING
