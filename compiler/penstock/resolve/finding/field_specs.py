r"""Field specs: which fields of which kinds a transformer writes, and the walk that finds these fields.

A path has `/` between its names and `\/` for a slash inside a name. Lists on the way are entered without being named;
`name[]` must be a list and is never created. With `create`, missing mappings on the way are made.

Kustomize looks up each name as a path of its own (`PathGetter`). It therefore trims blanks, a blank name leads to the
node itself, and a name that would select a list element in such a path (`*`, `-`, `0`, `[name=web]`) is an error where
it meets a mapping.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import takewhile

from penstock.model import Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.resolve.finding.identities import Gvk
from penstock.scalar import can_be_plain_key, is_odd_key
from penstock.tree import MISSING, get, origin_of, put
from penstock.typed import Any
from penstock.unsettled import is_null

_CORRECT = "correct the path of the field spec: it names fields, and [] behind a field that must be a list"


class Conflict(Exception):  # noqa: N818  # carries a finding, is none
    """Raised where a field that a transformer must write is not what the transformer expects. `at` leads to the
    field, and `hint` says what helps.
    """

    def __init__(self, message: str, at: Pointer = (), hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.hint = hint

    def moved(self, at: Pointer, before: str = "") -> "Conflict":
        """Return the same conflict at another place, with words before its message."""
        return Conflict(f"{before}{self}", at, self.hint)


class FieldSpec(NamedTuple):
    gvk: Gvk
    path: str
    create: bool = False

    def selects(self, resource: Resource) -> bool:
        return self.gvk.selects(resource.id.group, resource.version, resource.id.kind)

    @property
    def steps(self) -> tuple[str, ...]:
        return split_path(self.path)

    @property
    def has_odd_keys(self) -> bool:
        """Whether a part of the path, written as a key without quotes, would be another text or no text."""
        return any(is_odd_key(_name(step).text) for step in self.steps)

    @property
    def is_plain(self) -> bool:
        """Whether every part of the path is just the name of a field."""
        return all(_name(step) == (step, False, "") for step in self.steps)


def spec(path: str, kind: str = "", group: str = "", version: str = "", create: bool = False) -> FieldSpec:
    return FieldSpec(Gvk(group, version, kind), path, create)


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[str, ...]:
    if "\\/" not in path:
        return tuple(path.removeprefix("/").split("/"))
    return tuple(part.replace("\0", "/") for part in path.removeprefix("/").replace("\\/", "\0").split("/"))


class _Name(NamedTuple):
    """One part of a path.

    `text` is the field that it names; an empty text names no field and leads to the node itself. `wrong` says why the
    part cannot be looked up in a mapping.
    """

    text: str
    must_be_list: bool
    wrong: str


@lru_cache(maxsize=1024)
def _name(step: str) -> _Name:
    text = step.removesuffix("[]")
    name = text.strip()
    wrong = ""
    if not text:
        wrong = "has a part without a name"
    elif name == "*":
        wrong = "has `*` in it: lists are entered without being named"
    elif name == "-" or _is_integer(name) or (name.startswith("[") and name.endswith("]")):
        wrong = f"has `{name}` in it, which means an element of a list, and here is a mapping"
    return _Name(name, text != step, wrong)


def _is_integer(name: str) -> bool:
    """Return whether Go parses a name as a number of 64 bits."""
    digits = name[1:] if name[:1] in ("+", "-") else name
    return digits.isascii() and digits.isdigit() and len(digits) <= 19 and -(2**63) <= int(name) < 2**63


def write(
    resource: Resource,
    specs: Iterable[FieldSpec],
    change: Callable[[Any, Pointer], Any],
    origin: Origin,
    create: bool = False,
) -> None:
    """Set every field that the specs find to `change(value, pointer)`; a field is left alone where this returns
    MISSING.

    `create` says whether this transformer makes missing fields at all; `change` is given MISSING as the value of a
    field that is made. Raises `Conflict` where a scalar is in the way.
    """
    for field_spec in specs:
        if field_spec.selects(resource):
            make_lists(resource, field_spec, origin, create and field_spec.create)
            for at, value in find(resource.body, field_spec.steps, create and field_spec.create):
                wanted = change(value, at)
                # True equals 1 in Python, so the types are compared too.
                if wanted is not MISSING and (wanted != value or wanted.__class__ is not value.__class__):
                    put(resource, at, wanted, origin)


def make_lists(resource: Resource, field_spec: FieldSpec, origin: Origin | None = None, create: bool = False) -> None:
    """Turn a null where a path says `name[]` into an empty list, as Kustomize does on its way.

    With `create`, make the mappings above the list. Without an `origin`, the list gets the origin of the null.
    """
    if "[]" not in field_spec.path:
        return
    steps = field_spec.steps
    for depth, step in enumerate(steps):
        if _name(step).must_be_list and _name(step).text:
            # Kustomize makes the way to the first list only; below it, what is missing stays missing.
            _make_mappings(resource, steps[:depth], origin, create)
            create = False
            for at, value in find(resource.body, (*steps[:depth], _name(step).text)):
                if value is None:
                    if getattr(get(resource.body, at), "content", None):
                        raise Conflict("this has the tag !!null, and Kustomize takes what is in it for a list", at)
                    put(resource, at, [], origin or origin_of(resource, at))


def _make_mappings(resource: Resource, steps: tuple[str, ...], origin: Origin | None, create: bool) -> None:
    """Make the mappings that should contain a list where they are missing or, below the object itself, null."""
    if not create and len(leading_fields(steps)) == len(steps):
        return
    for at, value in find(resource.body, steps, create):
        if value is MISSING or (create and value is None and at):
            put(resource, at, {}, origin or origin_of(resource, at))


def find(tree: Any, steps: tuple[str, ...], create: bool = False) -> list[tuple[Pointer, Any]]:
    """Return every place that a path leads to, with its value: MISSING where the value must be made. Raises
    `Conflict`.
    """
    found: list[tuple[Pointer, Any]] = []
    if create or not _leads_nowhere(tree, steps):
        _find(tree, steps, 0, (), create, found)
    return found


def _leads_nowhere(tree: Any, steps: tuple[str, ...]) -> bool:
    """Return whether a path ends in a mapping without its next field, as most paths do in most objects.

    Return False where looking at mappings alone does not tell.
    """
    for name in leading_fields(steps):
        if tree.__class__ is not dict:
            return False
        if name not in tree:
            return True
        tree = tree[name]
    return False


@lru_cache(maxsize=1024)
def leading_fields(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the fields with which a path begins, up to the first part that does not name a field."""
    return tuple(name.text for name in takewhile(lambda name: name.text and not name.wrong, map(_name, steps)))


def _find(
    tree: Any, steps: tuple[str, ...], depth: int, at: Pointer, create: bool, found: list[tuple[Pointer, Any]]
) -> None:
    if depth == len(steps):
        found.append((at, tree))
    elif tree.__class__ is dict:
        _find_in_mapping(tree, steps, depth, at, create, found)
    elif tree.__class__ is list:
        for index, element in enumerate(tree):
            _find(element, steps, depth, (*at, index), create, found)
    elif not is_null(tree):
        raise Conflict(
            f"`{'/'.join(steps[:depth])}` must be a mapping or a list",
            at,
            hint="correct the object, or take the path out of the field specs",
        )


def _find_in_mapping(
    tree: dict[str, Any],
    steps: tuple[str, ...],
    depth: int,
    at: Pointer,
    create: bool,
    found: list[tuple[Pointer, Any]],
) -> None:
    name, must_be_list, wrong = _name(steps[depth])
    if wrong:
        raise Conflict(f"the field spec `{'/'.join(steps)}` {wrong}", at, _CORRECT)
    # An empty step, as in `spec//replicas`, is passed over.
    if not name:
        _find(tree, steps, depth + 1, at, create, found)
        return
    is_last = depth + 1 == len(steps)
    value = tree.get(name, MISSING)
    if value is not MISSING and is_null(value):
        value = None
    # A null at the end of the path is a field that can be set; one on the way counts as missing.
    if value is None and is_last and not must_be_list:
        found.append(((*at, name), None))
    elif value is MISSING or value is None:
        if create and not must_be_list:
            if value is MISSING:
                _check_made(name, at)
            _find_in_what_is_made(steps, depth + 1, (*at, name), found)
        elif value is None and is_last:
            found.append(((*at, name), None))
    else:
        _find(value, steps, depth + 1, (*at, name), create, found)


def _find_in_what_is_made(steps: tuple[str, ...], depth: int, at: Pointer, found: list[tuple[Pointer, Any]]) -> None:
    """Add the place where a path ends in mappings that have to be made; add none where a list would have to be made."""
    for step in steps[depth:]:
        name, must_be_list, wrong = _name(step)
        if wrong:
            raise Conflict(f"the field spec `{'/'.join(steps)}` {wrong}", hint=_CORRECT)
        # Kustomize makes mappings on its way, and no elements of lists.
        if must_be_list and name:
            return
        if name:
            _check_made(name, at)
            at = (*at, name)
    ends_in_mapping = depth < len(steps) and not _name(steps[-1]).text
    found.append((at, {} if ends_in_mapping else MISSING))


def _check_made(name: str, at: Pointer) -> None:
    """Raise `Conflict` for a key that Kustomize cannot make: it writes the key without quotes and must read it again as
    a text.

    The fields of the object itself are read as texts, whatever they look like.
    """
    if name == "<<" or (at and not can_be_plain_key(name)):
        raise Conflict(
            f"the key {name!r} cannot be made: without quotes it is no text",
            at,
            hint="write the field into the object, with its key in quotes",
        )
