"""Finds the objects that selectors match, without trying each selector on each object.

The indexes of an accumulation say which objects have a name, kind, namespace or label. Regular expressions are looked
up in these indexes, too: the expressions that a transformer announces are tried on each name all at once, and only
once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from penstock.model import Resource
from penstock.resolve.accumulation import Accumulation, annotations, groups, kinds, labels, names, namespaces
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.selectors import (
    METADATA,
    Fits,
    is_literal,
    pattern,
    requirements,
    test_of,
    whole,
)
from penstock.resolve.tables import Table
from penstock.typed import Any
from penstock.words import Nearest

FEW = 4
"""The number of candidates up to which no smaller set is searched for."""


class Selection:
    """The resources of an accumulation, as the selectors of one transformer find them."""

    def __init__(self, accumulation: Accumulation, selectors: Iterable[Mapping[str, Any]] = ()) -> None:
        self.accumulation = accumulation
        self._announced: dict[str, list[str]] = {field: [] for field in _KEYS}
        for selector in selectors:
            for field, announced in self._announced.items():
                expression = selector.get(field)
                if isinstance(expression, str) and expression and not is_literal(expression):
                    announced.append(expression)
        self._lookups: dict[tuple[str, str], _Lookup] = {}

    def select(self, selector: Mapping[str, Any]) -> list[Resource]:
        """Return the resources that a selector matches, in order. Raises `Conflict` for an invalid expression."""
        return self.find(selector, test_of(selector))

    def find(self, selector: Mapping[str, Any], fits: Fits, exact: bool = False) -> list[Resource]:
        """Return the resources that satisfy `fits`, in order.

        `fits` must only accept resources that the selector can mean by their present or earlier names. `exact` says
        that the selector has no regular expressions.
        """
        choice = self._smallest(selector, exact)
        found = self.accumulation.resources if choice is None else choice[0].find(choice[1])
        return [resource for resource in found if fits(resource)]

    def has(self, selector: Mapping[str, Any]) -> bool:
        """Return whether a selector matches any resource. Raises `Conflict` for an invalid expression."""
        choice = self._smallest(selector, exact=False)
        candidates = self.accumulation.resources if choice is None else choice[0].each(choice[1])
        return any(map(test_of(selector), candidates))

    def _smallest(self, selector: Mapping[str, Any], exact: bool) -> tuple[Table, list[Any]] | None:
        """Return the index, and the keys in it, that leave the fewest resources to try; None where all must be
        tried.
        """
        smallest: tuple[Table, list[Any]] | None = None
        fewest = len(self.accumulation.resources)
        for table, keys in self._choices(selector, exact):
            count = table.count(keys)
            if count < fewest or smallest is None:
                smallest, fewest = (table, keys), count
            if fewest <= FEW:
                break
        return smallest

    def _choices(self, selector: Mapping[str, Any], exact: bool) -> Iterable[tuple[Table, list[Any]]]:
        for field, keys_of in _KEYS.items():
            expression = selector.get(field)
            if expression:
                table = self.accumulation.table(keys_of)
                yield (
                    table,
                    [expression] if exact or is_literal(expression) else self._matching(field, expression, table),
                )
        for (_, name), keys_of in zip(METADATA, _METADATA_KEYS, strict=True):
            for requirement in requirements(selector.get(name, ""), name) if selector.get(name) else ():
                if requirement.any_of is not None:
                    yield self.accumulation.table(keys_of), list(requirement.any_of)

    def _matching(self, field: str, expression: str, table: Table) -> list[str]:
        """Return the keys of an index that an expression matches."""
        lookup = self._lookups.get((field, expression))
        # All expressions that were announced are matched against the table in one pass.
        if lookup is None or lookup.table is not table:
            announced = [each for each in dict.fromkeys(self._announced[field]) if _is_valid(each, field)]
            lookup = _Lookup(table, announced if expression in announced else [expression], field)
            self._lookups.update(((field, each), lookup) for each in lookup.found)
        return lookup.keys(expression)


class _Lookup:
    """The keys of an index that each of several expressions matches. Each key is tried once."""

    def __init__(self, table: Table, expressions: list[str], field: str) -> None:
        from penstock.expression import Expressions  # most selectors are plain names

        self.table = table
        self.found: dict[str, list[str]] = {expression: [] for expression in expressions}
        self._field = field
        self._written = {whole(expression): expression for expression in expressions}
        self._tried = 0
        self._expressions = Expressions([*self._written])

    def keys(self, expression: str) -> list[str]:
        """Return the keys that the index has had so far and that the expression matches."""
        from penstock.expression import TooMuch

        try:
            while self._tried < len(self.table.keys):
                key = self.table.keys[self._tried]
                for each in self._expressions.found_in(key):
                    self.found[self._written[each]].append(key)
                self._tried += 1
        except TooMuch:
            message = f"`{self._field}` is a regular expression beyond our bounds on size and time"
            raise Conflict(message, (self._field,)) from None
        return self.found[expression]


def _is_valid(expression: str, field: str) -> bool:
    try:
        pattern(expression, field)
    except Conflict:
        return False
    return True


_KEYS: dict[str, Callable[[Resource], set[str]]] = {
    "name": names,
    "namespace": namespaces,
    "kind": kinds,
    "group": groups,
}
"""By field of a selector: the keys by which a resource is found. There is no index by version, which would narrow
little.
"""

_METADATA_KEYS = (labels, annotations)


def is_for_any(selector: Mapping[str, str], selection: Selection, nearest: Nearest) -> bool:
    """Return whether a selector names no object, and there is no object of its kind here or no object with a label that
    it asks for, so that it is meant for objects to come.

    People set such a label on what a patch is for (`example.com/backup=true`). If another label is nearly the same, it
    was probably meant. A selector that only excludes labels is for whatever has none of them.
    """
    if selector.get("name"):
        return False
    kind = {field: selector[field] for field in ("group", "version", "kind") if field in selector}
    if not selection.has(kind) or _only_excludes(selector):
        return True
    return any(not nearest.to(key, there) for key, there in _unknown_labels(selector, selection))


def _only_excludes(selector: Mapping[str, str]) -> bool:
    """Return whether a selector asks for the absence of labels and annotations, and for nothing but a kind besides."""
    asked = [each.any_of for _, field in METADATA for each in requirements(selector.get(field, ""), field)]
    return set(asked) == {None} and not selector.get("namespace")


def _unknown_labels(selector: Mapping[str, str], selection: Selection) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the names of labels and annotations that a selector asks for and no object has, each with the names that
    there are. What stands before the slash of a name is left out: names of one domain are all alike.
    """
    for (_, field), keys_of in zip(METADATA, _METADATA_KEYS, strict=True):
        table = selection.accumulation.table(keys_of)
        for requirement in requirements(selector[field], field) if selector.get(field) else ():
            wanted = {each if isinstance(each, str) else each[0] for each in requirement.any_of or ()}
            if not table.count(wanted):
                yield from ((_short(key), map(_short, filter(_is_key, table.keys))) for key in sorted(wanted))


def _is_key(entered: Any) -> bool:
    """Return whether an entry of an index of labels is a key alone, and not a key with its value."""
    return isinstance(entered, str)


def _short(key: str) -> str:
    return key.rpartition("/")[2]
