"""Field paths of `replacements` and `vars`: names separated by dots, and parts that select list elements.

Examples are `spec.ports.0`, `spec.containers.[name=web].image` (the value is a regular expression), `data.*` and
`metadata.annotations.[a.b/c]`.
"""

from collections.abc import Callable, Iterable, Iterator

from penstock.kubernetes import text
from penstock.model import Pointer
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.resolve.finding.elements import elements
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.selectors import is_literal, matcher
from penstock.scalar import Tagged
from penstock.tree import MISSING, get, with_value
from penstock.typed import Any
from penstock.unsettled import is_null

SCALAR, MAPPING, LIST = "scalar", "mapping", "list"

MAX_PARTS = 400
"""The number of levels of nesting that a document may have (`parse.document`)."""

_WITH_INDEX = regex(r"(.*)\[(\d+)\]")
_INDEX = regex(r"\+?[0-9]{1,9}")


def split_path(path: str) -> list[str]:
    r"""Return the parts of a path.

    `\.` is a dot in a name. A part in brackets may contain dots; without `=`, the brackets only quote a name.
    """
    plain = _split_at_dots(path)
    parts: list[str] = []
    while plain:
        part = plain.pop(0)
        # The dots inside of brackets were taken for separators, so the pieces are joined again.
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
    """Return the parts of a path with `ports[0]`, as `vars` write it, split into `ports` and `0`."""
    split: list[str] = []
    for part in parts:
        match = _WITH_INDEX.fullmatch(part)
        split += [p for p in match.groups() if p] if match else [part]
    return split


def look_up(tree: Any, parts: list[str]) -> Pointer | None:
    """Return the one place that a path leads to, or None where it is missing. List elements must match exactly.

    Raises `Conflict` where the path does not fit the tree.
    """
    at: list[Any] = []
    for part in (p.strip() for p in parts if p.strip()):
        step = _step(tree, part, tuple(at))
        if step is None:
            return None
        at.append(step)
        tree = tree[step]
        # There is nothing below a null.
        if tree is None and len(at) < len(parts):
            return None
    return tuple(at)


def _step(tree: Any, part: str, at: Pointer) -> str | int | None:
    """Return the key or index that one part of a path means in a tree; None where the tree lacks it. `at` is the place
    of the tree.
    """
    if _INDEX.fullmatch(part) or part == "-":
        return _exact_index(tree, part, at)
    if part == "*":
        raise Conflict("a wildcard is not possible here", at, hint="name the element: [name=value]")
    if _is_entry(part):
        return _exact_entry(tree, part, at)
    if tree is None:
        return None
    if tree.__class__ is not dict:
        raise Conflict(f"there is no mapping to look for {part!r} in", at)
    return part if part in tree else None


def is_element(part: str) -> bool:
    """Return whether a part of a path means an element of a list, or all elements."""
    return part in ("-", "*") or _goes_into_list(part)


def _exact_index(tree: Any, part: str, at: Pointer) -> int | None:
    if tree.__class__ is not list:
        raise Conflict(f"{part} is an index, but there is no list", at)
    index = len(tree) - 1 if part == "-" else int(part)
    return index if 0 <= index < len(tree) else None


def _is_entry(part: str) -> bool:
    return part.startswith("[") and part.endswith("]")


def _name_and_value(part: str) -> tuple[str, str]:
    name, equals, value = part[1:-1].partition("=")
    if not equals:
        raise Conflict(f"{part} must be [name=value]", hint="write the field that the element has, and its value")
    return name, value


def _exact_entry(tree: Any, part: str, at: Pointer) -> int | None:
    name, value = _name_and_value(part)
    if tree.__class__ is not list:
        raise Conflict(f"there is no list to look for {part} in", at)
    # `[=value]` means an element of a list of scalars.
    if name == "":
        return next((i for i, each in enumerate(tree) if each.__class__ is not dict and text(each) == value), None)
    known = elements(tree, name)
    if known is not None and not known.odd and value and "\n" not in value:
        return known.first(value)
    for index, element in enumerate(tree):
        if element.__class__ is dict and name in element:
            found = element[name]
            if found == value if found.__class__ is str else text(found) == value:
                return index
    return None


Read = Callable[[str], Any]
"""Parses a YAML text into a tree; MISSING where the text holds no YAML, and for a null in it that is written as
nothing.
"""


class Found(NamedTuple):
    """The places that a path leads to."""

    tree: Any
    """The tree that the path leads through, with everything that was made on the way."""
    places: list[Pointer]
    lost: list[tuple[Pointer, Any]]
    """The nulls and texts that the path leads into, each with the value found there. Kustomize parses the text of such
    a scalar into a separate tree, and discards what it writes into that tree.
    """


class _Way(NamedTuple):
    """The rest of a path, and how to follow it."""

    rest: list[str]
    create: str
    read: Read

    def below(self, tree: Any) -> Found:
        return matches(tree, self.rest, self.create, self.read)

    def made(self) -> Any:
        """Return the value to create here: a list where the next part selects an element of one, and at the end of the
        path a value of the kind that is wanted.
        """
        if self.rest and _goes_into_list(self.rest[0]):
            return []
        if self.rest or self.create == MAPPING:
            return {}
        return [] if self.create == LIST else MISSING


def matches(tree: Any, parts: list[str], create: str, read: Read) -> Found:
    """Return every place that a path leads to, as `PathMatcher` of kyaml finds them.

    With `create` (a kind of value), missing values are made; MISSING stands for a scalar that is made. Raises
    `Conflict` where the path does not fit.
    """
    if not parts:
        return Found(tree, [()], [])
    if len(parts) > MAX_PARTS:
        raise Conflict(f"a path of more than {MAX_PARTS} parts leads nowhere", hint="shorten the path")
    part, way = parts[0], _Way(parts[1:], create, read)
    if tree is None or tree is MISSING:
        return _in_null(None, part, way)
    # A mapping or list behind `!!null` is null for some steps of Kustomize and not for others.
    if tree.__class__ is Tagged and tree.content is not None:
        return _at_nulled(tree, part, way)
    if is_null(tree):
        return _in_null(tree, part, way)
    # The order of these questions is that of kyaml: indexes and entries of lists come before names of fields.
    if _INDEX.fullmatch(part):
        return _at_index(tree, int(part), way)
    if _is_entry(part):
        return _at_entries(tree, part, way)
    if part == "*":
        return _through(tree, range(len(_list(tree, part))), way)
    return _at_field(tree, part, way)


def _at_nulled(tree: Any, part: str, way: _Way) -> Found:
    """Follow a path into a mapping or list with the tag `!!null`, in which no field is found, and a field that is made
    is added at the end. Raises `Conflict`.
    """
    content = tree.content
    if part == "*" or _goes_into_list(part):
        return matches(content, [part, *way.rest], way.create, way.read)
    if not way.create:
        return Found(tree, [], [])
    if content.__class__ is list:
        return _through([*content, part, way.made()], [len(content) + 1], way)
    if part in content:
        raise Conflict(f"{part} would stand twice in a mapping with the tag !!null")
    return _through({**content, part: way.made()}, [part], way)


def _goes_into_list(part: str) -> bool:
    return _is_entry(part) or _INDEX.fullmatch(part) is not None


def _in_null(null: Any, part: str, way: _Way) -> Found:
    """Follow a path into a null. Values may be made below the null, but it is still written as a null."""
    if part == "*" or not way.create:
        return Found(null, [], [])
    if not part and not way.rest and way.create == SCALAR:
        return Found("", [], [((), None)])
    room: Any = [] if _goes_into_list(part) else {}
    return _forgotten(null, matches(room, [part, *way.rest], way.create, way.read))


def _forgotten(tree: Any, found: Found) -> Found:
    values = [get(found.tree, at, MISSING) for at in found.places]
    return Found(tree, [], [((), value) for value in (*values, *(value for _, value in found.lost))])


def _through(tree: Any, steps: Iterable[Any], way: _Way) -> Found:
    found = Found(tree, [], [])
    for step in steps:
        found = _with_inner(found, step, way.below(tree[step]))
    return found


def _with_inner(found: Found, step: Any, inner: Found) -> Found:
    tree = found.tree
    if inner.tree is not tree[step]:
        tree = with_value(tree, (step,), inner.tree)
    found.places.extend((step, *at) for at in inner.places)
    found.lost.extend(((step, *at), value) for at, value in inner.lost)
    return found._replace(tree=tree)


def _list(tree: Any, part: str) -> list[Any]:
    if tree.__class__ is not list:
        raise Conflict(f"there is no list to look for {part} in")
    return tree


def _at_index(tree: Any, index: int, way: _Way) -> Found:
    if way.create and len(_list(tree, str(index))) == index:
        # A dot at the end of the path asks for a scalar, and such an element is one already.
        if way.rest == [""] and way.create == SCALAR:
            way = way._replace(rest=[])
        tree = [*tree, way.made()]
    if index >= len(_list(tree, str(index))):
        raise Conflict(
            f"index {index} is out of range: the list has {len(tree)} elements",
            hint="write a smaller number; with `create`, the number of elements appends one",
        )
    return _through(tree, [index], way)


def _at_entries(tree: Any, part: str, way: _Way) -> Found:
    name, value = _name_and_value(part)
    if not name:
        way = way._replace(rest=[])
    fits = matcher(value, part)
    steps = _fitting(_list(tree, part), name, value, fits)
    found = _through(tree, steps, way)
    if found.places or found.lost or not way.create:
        return found
    # Kustomize appends an element that the entry would match.
    tree = [*found.tree, {name: value} if name else value]
    if not fits(value):
        raise Conflict(f"{part} does not match the element that it would make")
    return _through(tree, [len(tree) - 1], way)


def _fitting(items: list[Any], name: str, value: str, fits: Callable[[str], bool]) -> list[int]:
    """Return the positions of the elements that have a matching value under a name or, without a name, match
    themselves.
    """
    if not name or not is_literal(value):
        return [i for i, element in enumerate(items) if _entry_fits(element, name, fits)]
    known = elements(items, name)
    if known is not None and not known.odd:
        return list(known.containing(value))
    named = [(i, each[name]) for i, each in enumerate(items) if each.__class__ is dict and name in each]
    return [
        i
        for i, found in named
        if (value in found if found.__class__ is str else found is not MISSING and fits(text(found)))
    ]


def _entry_fits(element: Any, name: str, fits: Any) -> bool:
    if not name:
        return bool(fits("\n".join(_lines(element)) if element.__class__ is dict else text(element)))
    if element.__class__ is not dict:
        return False
    return name in element and element[name] is not MISSING and bool(fits(text(element[name])))


def _at_field(tree: Any, name: str, way: _Way) -> Found:
    if not name:
        return _at_no_name(tree, way)
    if tree.__class__ is not dict:
        raise Conflict(f"there is no mapping to look for {name!r} in")
    if name not in tree:
        if not way.create:
            return Found(tree, [], [])
        tree = {**tree, name: way.made()}
    value = tree[name]
    is_nulled = value.__class__ is Tagged and value.content is not None
    # Only a scalar needs care: what is looked for below it is not there, but Kustomize may make it.
    if not way.rest or isinstance(value, dict | list) or is_nulled:
        return _through(tree, [name], way)
    return _with_inner(Found(tree, [], []), name, _in_scalar(value, name, way))


def _lines(value: Any) -> Iterator[str]:
    """Yield the lines of a value in approximate YAML, which an expression that should match a scalar is compared
    with.
    """
    if value.__class__ is dict:
        for key, inner in value.items():
            first, *rest = _lines(inner)
            is_scalar = not isinstance(inner, dict | list)
            yield f"{key}: {first}" if is_scalar else f"{key}:"
            yield from rest if is_scalar else (f"  {line}" for line in (first, *rest))
    elif value.__class__ is list:
        for item in value:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield text(value)


def _at_no_name(tree: Any, way: _Way) -> Found:
    """Follow a path through two dots in a row.

    `FieldMatcher` of kyaml takes an empty name for a scalar that must equal the empty text; `FieldSetter` replaces this
    scalar, and further values are made in a copy of it. Raises `Conflict` for a mapping or list.
    """
    if isinstance(tree, dict | list):
        raise Conflict(
            "Kustomize looks for no field without a name: the path has two dots in a row, or one at its end",
            hint="leave out one dot; a dot in a name is written as \\.",
        )
    if tree == "":
        return way.below(tree)
    if not way.create:
        return Found(tree, [], [])
    made = way.made()
    return _forgotten("" if made is MISSING else made, way.below(made))


def _in_scalar(value: Any, name: str, way: _Way) -> Found:
    """Follow a path into the YAML that the text of a scalar holds; for a null, that is a null."""
    tree = way.read(value) if isinstance(value, str) else value
    if tree is MISSING:
        raise Conflict(f"there is no mapping to look for {way.rest[0]!r} in: {name} is a text without any YAML")
    return _forgotten(value, way.below(tree))
