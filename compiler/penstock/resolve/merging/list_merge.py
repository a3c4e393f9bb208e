"""The elements of a list that is merged by key: which keys they have, which match, and in which order they end up.

This follows Kustomize (`kyaml/yaml/walk/associative_sequence.go`, v5.8.2), including its ElementSetter.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress

from penstock.scalar import may_be_date
from penstock.typed import Any
from penstock.unsettled import is_null

Spell = Callable[[Any, str, Any], str]
"""Returns how a scalar of an element is spelled. Arguments: the element's source, the key (empty for the element
itself) and the value.
"""


class NoScalar(Exception):  # noqa: N818  # carries what was found
    """Raised where an element of a list of scalars is a mapping or a list when it is compared with others."""


class Element:
    """An element of a merged list: its value, and its index in the body or its origin in the patch."""

    __slots__ = ("_spelled", "source", "spell", "value")

    def __init__(self, value: Any, source: Any, spell: Spell) -> None:  # int | Origin
        self.value = value
        self.source = source
        self.spell = spell
        self._spelled: tuple[Any, str] | None = None
        """A scalar and its text, which is asked for in each comparison with another element."""

    def text(self, key: str) -> str:
        """Return a field, or the element itself, as it is spelled. Kustomize compares spellings, so `0x50` differs from
        `80`.
        """
        value = self.value.get(key) if key else self.value
        if value.__class__ is str and not may_be_date(value):
            return str(value)
        if value.__class__ in (dict, list):
            return ""
        return self.spell(self.source, key, value) if key else self._text_of(value)

    def _text_of(self, scalar: Any) -> str:
        known = self._spelled
        if known is None or known[0] is not scalar:
            known = self._spelled = scalar, self.spell(self.source, "", scalar)
        return known[1]


def elements_of(values: list[Any], spell: Spell) -> list[Element]:
    return [Element(None if is_null(value) else value, index, spell) for index, value in enumerate(values)]


def is_blank_element(value: Any) -> bool:
    return value is None or (value.__class__ is dict and not value)


def has(element: Element, key: str, value: str) -> bool:
    """Return whether a mapping has a field with this text.

    An empty text matches any value, as in Kustomize's ElementSetter.
    """
    return element.value.__class__ is dict and key in element.value and (not value or element.text(key) == value)


def key_values(keys: tuple[str, ...], elements: Iterable[Element]) -> list[list[str]]:
    """Return the key values of elements in their order, without duplicates. Null counts as missing."""
    seen: list[list[str]] = []
    known: set[tuple[str, ...]] = set()
    for element in elements:
        value = element.value
        values = ["" if value.__class__ is not dict or is_null(value.get(k)) else element.text(k) for k in keys]
        if tuple(values) not in known:
            known.add(tuple(values))
            seen.append(values)
    return seen


def scalar_values(elements: Iterable[Element]) -> list[list[str]]:
    return [[value] for value in dict.fromkeys(element.text("") for element in elements)]


def shared_keys(wanted: list[list[str]], keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that all elements have, provided that no element has any of the other keys; otherwise an empty
    tuple.
    """
    patterns = {tuple(map(bool, row)) for row in wanted}
    return tuple(compress(keys, patterns.pop())) if len(patterns) == 1 else ()


def index_of(elements: Iterable[Element], keys: tuple[str, ...]) -> dict[tuple[str, ...], Element] | None:
    """Return the elements by their key values; None where these do not identify every element."""
    index: dict[tuple[str, ...], Element] = {}
    for element in elements:
        value = element.value
        # The empty key stands for scalars; mappings among them, or the other way round, cannot be indexed.
        if (value.__class__ is dict) == (keys == ("",)) or value.__class__ is list:
            return None
        if keys != ("",) and any(value.get(key) is None for key in keys):
            return None
        values = tuple(map(element.text, keys))
        # An empty name, or one that stands twice, is found by Kustomize in ways that no index repeats.
        if "" in values or values in index:
            return None
        index[values] = element
    return index


def complete(wanted: list[list[str]]) -> None:
    """Complete each row of key values from another row that agrees with it: port 80 and port 80/TCP are one."""
    for i in range(len(wanted)):
        first = wanted[i]
        for j in range(len(wanted)):
            both = _agreed(first, wanted[j])
            if both is not None:
                wanted[i] = wanted[j] = both


def _agreed(first: list[str], second: list[str]) -> list[str] | None:
    common = False
    both: list[str] = []
    for a, b in zip(first, second, strict=True):
        if a == b:
            common = True
        elif a and b:
            return None
        both.append(a or b)
    return both if common else None


def used_keys(wanted: list[list[str]], values: list[str], keys: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the keys for which some element has a value, and the values of this element."""
    valid = {keys[i] for row in wanted for i, value in enumerate(row) if value}
    if not valid:
        return list(keys), values
    used = [key for key in keys if key in valid]
    return used, [value for i, value in enumerate(values) if value or keys[i] in valid]


def matching(elements: list[Element], named: list[tuple[str, str]]) -> Element | None:
    for element in elements:
        value = element.value
        if named[0][0] == "":
            if element.text("") == named[0][1]:  # also a mapping or list, whose text is empty
                return element
        elif value.__class__ is dict and all(k in value and element.text(k) == v for k, v in named):
            return element
    return None


def set_element(elements: list[Element], element: Element | None, keys: Sequence[str], values: Sequence[str]) -> None:
    """Put `element` in the place of the elements that match all keys, or at the end if none does; None removes them.

    As in Kustomize, with fewer values than keys the last match counts for the remaining keys, and with no values no
    other element is kept.
    """
    kept: list[Element] = []
    found = False
    for candidate in elements:
        value = candidate.value
        # Kustomize drops these whenever it sets an element.
        if is_blank_element(value):
            continue
        if value.__class__ is not dict and keys[0] and values and values[0]:
            kept.append(candidate)
        elif not _matches(candidate, keys, values):
            if values:
                kept.append(candidate)
        else:
            found = True
            if element is not None:
                kept.append(element)
    elements[:] = kept
    if element is not None and element.value is not None and not found:
        elements.append(element)


def _matches(element: Element, keys: Sequence[str], values: Sequence[str]) -> bool:
    matched = False
    for index, key in enumerate(keys):
        if index < len(values):
            if key == "":
                _check_scalar(element.value)
                matched = element.text("") == values[index]
            else:
                matched = has(element, key, values[index])
        if not matched:
            return False
    return True


def _check_scalar(value: Any) -> None:
    """Raise `NoScalar` for an element that Kustomize cannot compare with a text (`FieldMatcher` without a name)."""
    if value.__class__ in (dict, list):
        raise NoScalar("a mapping" if value.__class__ is dict else "a list")


def append_all(first: list[Element], more: list[Element], keys: Sequence[str]) -> list[Element]:
    """Append elements to those that come first. An element that is there already is put in its place."""
    for element in more:
        value = element.value
        if keys[0] == "":
            set_element(first, element, keys, [element.text("")])
            continue
        values: list[str] = []
        for key in keys:
            if value.__class__ is dict and key in value:
                values.append(element.text(key))
            else:
                # This is a fault of Kustomize that shows in its output: once for each key that the element lacks.
                first.append(element)
        if len(keys) > 1:
            # With several keys, Kustomize takes the element out first, so it moves to the end.
            set_element(first, None, keys, values)
        set_element(first, element, keys, values)
    return first
