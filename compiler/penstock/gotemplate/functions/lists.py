"""Sprig's functions for lists. They return new lists and never change their arguments."""

from collections.abc import Sequence

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.equality import deep_equal
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.functions.numbers import to_int
from penstock.gotemplate.functions.strings import strings_of, strval
from penstock.gotemplate.values import Lists, NilSlice, Strings, Uint8, Value, kind_of, text_bytes
from penstock.typed import Any


def elements(f: Frame, value: Value, complaint: str) -> list[Value]:
    """Return the elements of a list. Raises `Failure` for any other value."""
    if isinstance(value, list):
        f.meter.spend(len(value) // 8)
        return value
    if isinstance(value, bytes):
        f.meter.spend(len(value))
        return [Uint8(byte) for byte in value]
    if value is None:
        raise Failure("runtime error: invalid memory address or nil pointer dereference")
    raise Failure(complaint.format(kind=kind_of(value)))


def list_(*values: Value) -> list[Value]:
    return list(values)


def append(f: Frame, value: Value, item: Value) -> list[Value]:
    return [*elements(f, value, "Cannot push on type {kind}"), item]


def prepend(f: Frame, value: Value, item: Value) -> list[Value]:
    return [item, *elements(f, value, "Cannot prepend on type {kind}")]


def first(f: Frame, value: Value) -> Value:
    found = elements(f, value, "Cannot find first on type {kind}")
    return found[0] if found else None


def last(f: Frame, value: Value) -> Value:
    found = elements(f, value, "Cannot find last on type {kind}")
    return found[-1] if found else None


def rest(f: Frame, value: Value) -> list[Value]:
    found = elements(f, value, "Cannot find rest on type {kind}")
    return list(found[1:]) if found else NilSlice()


def initial(f: Frame, value: Value) -> list[Value]:
    found = elements(f, value, "Cannot find initial on type {kind}")
    return list(found[:-1]) if found else NilSlice()


def reverse(f: Frame, value: Value) -> list[Value]:
    return list(elements(f, value, "Cannot find reverse on type {kind}")[::-1])


def compact(f: Frame, value: Value) -> list[Value]:
    return [item for item in elements(f, value, "Cannot compact on type {kind}") if item]


def _in(f: Frame, item: Value, others: Sequence[Value]) -> bool:
    """Return whether a list contains a value that is deeply equal to an item."""
    kind = item.__class__
    if kind is str or kind is int:
        f.meter.spend(len(others) // 8)
        if kind is str:
            f.meter.spend(len(item) // 4096 * len(others))
        return any(other.__class__ is kind and other == item for other in others)
    f.meter.spend(len(others))
    return any(deep_equal(item, other, f.meter) for other in others)


def uniq(f: Frame, value: Value) -> list[Value]:
    found: list[Value] = []
    texts: set[str] = set()
    integers: set[int] = set()
    for item in elements(f, value, "Cannot find uniq on type {kind}"):
        seen: set[Any] | None = texts if item.__class__ is str else integers if item.__class__ is int else None
        if seen is not None:
            if item not in seen:
                seen.add(item)
                found.append(item)
        elif not _in(f, item, found):
            found.append(item)
    return found


def without(f: Frame, value: Value, *unwanted: Value) -> list[Value]:
    found = elements(f, value, "Cannot find without on type {kind}")
    f.meter.spend(len(found))
    return [item for item in found if not _in(f, item, unwanted)]


def has(f: Frame, item: Value, value: Value) -> bool:
    if value is None:
        return False
    return _in(f, item, elements(f, value, "Cannot find has on type {kind}"))


def slice_(f: Frame, value: Value, *indexes: Value) -> Value:
    found = elements(f, value, "list should be type of slice or array but {kind}")
    if not found:
        return None
    start = to_int(indexes[0]) if indexes else 0
    end = to_int(indexes[1]) if len(indexes) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise Failure("reflect.Value.Slice: slice index out of bounds")
    if isinstance(value, bytes):
        return value[start:end]
    part = found[start:end]
    return part if value.__class__ is list else value.__class__(part)


def concat(f: Frame, *values: Value) -> list[Value]:
    result: list[Value] = []
    for value in values:
        result += elements(f, value, "Cannot concat type {kind} as list")
    return result or NilSlice()


def chunk(f: Frame, size: int, value: Value) -> Lists:
    found = elements(f, value, "Cannot chunk type {kind}")
    if size <= 0:
        return _chunked_below_zero(size, found)
    f.meter.spend(len(found) // size)
    return Lists([list(found[at : at + size]) for at in range(0, len(found), size)])


def _chunked_below_zero(size: int, found: Sequence[Value]) -> Lists:
    """Return what Sprig's division gives for a size below zero: few chunks, where their number is not below zero."""
    if len(found) == 1 and size < -1:
        return Lists([list(found)])
    if 1 < len(found) <= 1 - size:
        return Lists([])
    raise Failure("runtime error: makeslice: len out of range")


def sort_alpha(f: Frame, value: Value) -> Strings:
    if not isinstance(value, list | bytes):
        return Strings(["<nil>" if value is None else strval(f, value)])
    found = strings_of(f, value)
    f.meter.sort(found)
    if all(map(str.isascii, found)):
        return Strings(sorted(found))
    return Strings(sorted(found, key=text_bytes))


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("append", "mustAppend", "mustPush", "push"), Function(append, "any any", site=True)),
    **dict.fromkeys(("chunk", "mustChunk"), Function(chunk, "int any", site=True)),
    **dict.fromkeys(("compact", "mustCompact"), Function(compact, "any", site=True)),
    "concat": Function(concat, "any...", site=True),
    **dict.fromkeys(("first", "mustFirst"), Function(first, "any", site=True)),
    **dict.fromkeys(("has", "mustHas"), Function(has, "any any", site=True)),
    **dict.fromkeys(("initial", "mustInitial"), Function(initial, "any", site=True)),
    **dict.fromkeys(("last", "mustLast"), Function(last, "any", site=True)),
    **dict.fromkeys(("list", "tuple"), Function(list_, "any...")),
    **dict.fromkeys(("mustPrepend", "prepend"), Function(prepend, "any any", site=True)),
    **dict.fromkeys(("mustRest", "rest"), Function(rest, "any", site=True)),
    **dict.fromkeys(("mustReverse", "reverse"), Function(reverse, "any", site=True)),
    **dict.fromkeys(("mustSlice", "slice"), Function(slice_, "any any...", site=True)),
    **dict.fromkeys(("mustUniq", "uniq"), Function(uniq, "any", site=True)),
    **dict.fromkeys(("mustWithout", "without"), Function(without, "any any...", site=True)),
    "sortAlpha": Function(sort_alpha, "any", site=True),
}
