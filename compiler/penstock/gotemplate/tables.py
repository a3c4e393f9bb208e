"""Tracks what was read for the entries of maps that templates make and change. Only executions with a trace use it."""

from collections.abc import Callable, Mapping, Sequence

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.fields import Get
from penstock.gotemplate.invocations import Piped, invocation
from penstock.gotemplate.nodes import Place
from penstock.gotemplate.tracing import Noted, Trace
from penstock.gotemplate.values import Value
from penstock.records import NamedTuple
from penstock.typed import Any

Table = dict[str, Value]


class Given(NamedTuple):
    """An argument of a call, and what was read for it: in all, and beside the value itself where that is a map."""

    value: Value
    reads: tuple[Noted, ...]
    others: tuple[Noted, ...]


Note = Callable[[Trace, Sequence[Given], Any], None]
"""Records what was read for the result of a call, given its arguments."""


def traced_invocation(name: str) -> Callable[..., Get]:
    """Return what compiles a call of a function in a trace."""
    return _noting if name in _NOTES or name in _MERGING else invocation


def _noting(name: str, function: Function, place: Place, getters: Sequence[Get], piped: Piped | None) -> Get:
    """Return a getter for the result of a function that makes or changes a map, or takes an entry from one."""
    plain = invocation(name, function, place, getters, piped)
    given: list[Given] = []
    kept = [_kept(given, number) for number in range(len(getters))]
    call = invocation(name, function, place, kept, piped and piped._replace(get=_kept(given, len(getters))))
    every = [*getters, piped.get] if piped else getters
    order = sorted(range(len(every)), key=lambda number: number < len(getters) and piped is not None)

    def noted(f: Frame) -> Value:
        trace = f.execution.trace
        if trace.is_full:
            return plain(f)
        found = {number: _evaluated(every[number], f) for number in order}
        arguments = [found[number] for number in range(len(every))]
        note = _NOTES[name] if name in _NOTES else _merging(arguments, _MERGING[name])
        given[:] = arguments
        result = call(f)
        note(trace, arguments, result)
        return result

    return noted


def _kept(given: Sequence[Given], number: int) -> Get:
    return lambda f: given[number].value


def _evaluated(get: Get, f: Frame) -> Given:
    """Return the value of an argument. What it has included belongs to the action around it, too."""
    trace = f.execution.trace
    with trace.action() as action:
        value = get(f)
        reads = action.every()
        trace.left(value)
    for chunks in action.inner:
        trace.included(chunks)
    return Given(value, reads, action.every())


def _all(trace: Trace, arguments: Sequence[Given]) -> None:
    """Record that all arguments went into a result."""
    for each in arguments:
        trace.again(each.reads)


# --- maps that are made -----------------------------------------------------------------------------------------------


def _dict(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    for key, value in zip(arguments[::2], arguments[1::2], strict=False):
        if isinstance(key.value, str):
            trace.put(result, key.value, value.reads)
    trace.whole(result)


def _set(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    trace.put(result, arguments[1].value, arguments[2].reads)
    _changed(trace, arguments, result)


def _changed(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    """Record that a map was changed, which is one of a template or one of the values."""
    if (id(result), None) in arguments[0].reads:
        trace.whole(result)
    else:
        _all(trace, arguments)


def _selected(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    source = id(arguments[0].value)
    for key in result:
        trace.put(result, key, trace.origins((source, key)))
    trace.whole(result)


def _copied(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    _copy(trace, arguments[0].value, result)
    if isinstance(result, dict):
        trace.whole(result)
    else:
        _all(trace, arguments)


def _copy(trace: Trace, value: Any, copy: Any) -> None:
    """Record for each entry of a copy that it is that of the original."""
    if value is copy or not isinstance(copy, dict | list):
        return
    for key in copy if isinstance(copy, dict) else range(len(copy)):
        trace.put(copy, key, trace.origins((id(value), key)))
        _copy(trace, value[key], copy[key])


def _entry(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    """Record the read of an entry by a function."""
    table, *keys = arguments
    key = keys[0].value if len(keys) == 1 else None
    if not isinstance(table.value, dict) or not isinstance(key, str) or key not in table.value:
        return _all(trace, arguments)
    trace.again((*table.others, *keys[0].reads))
    return trace.read(table.value, key)


def _dig(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    """Record the read of an entry that is deep in a map."""
    *steps, _default, table = arguments
    value = table.value
    for step in steps[:-1]:
        value = value.get(step.value) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not steps or steps[-1].value not in value:
        return _all(trace, arguments)
    trace.again((*table.others, *(read for step in steps for read in step.reads)))
    return trace.read(value, steps[-1].value)


def _spread(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
    """Record a result that has the values of maps on one line, so that their place tells nothing."""
    for each in arguments:
        plain, entries = trace.settled(each.reads)
        trace.again((*plain, *(read for _, read in entries)))


_NOTES: Mapping[str, Note] = {
    "dict": _dict,
    "set": _set,
    **dict.fromkeys(("deepCopy", "mustDeepCopy"), _copied),
    **dict.fromkeys(("pick", "omit"), _selected),
    **dict.fromkeys(("get", "index"), _entry),
    "dig": _dig,
    **dict.fromkeys(("toJson", "toRawJson", "mustToJson", "mustToRawJson", "values"), _spread),
}


# --- maps that are merged ---------------------------------------------------------------------------------------------

_MERGING = {"merge": False, "mustMerge": False, "mergeOverwrite": True, "mustMergeOverwrite": True}
"""The functions that merge maps, and whether the later ones overwrite what the earlier ones have."""


def _merging(arguments: Sequence[Given], overwrites: bool) -> Note:
    """Return what records, for maps that are about to be merged, which of them gives each entry."""
    tables = [each.value for each in arguments if isinstance(each.value, dict)]
    merger = _Merger(overwrites)
    merger.remember(tables)

    def note(trace: Trace, arguments: Sequence[Given], result: Any) -> None:
        merger.note(trace, result, tables[1:])
        _changed(trace, arguments, result)

    return note


class _Merger:
    """Maps as they were before they were merged, by their identities."""

    def __init__(self, overwrites: bool) -> None:
        self.overwrites = overwrites
        self.before: dict[int, Table] = {}
        self.noted: set[int] = set()

    def remember(self, tables: Sequence[Table]) -> None:
        """Keep maps, and what is in the same place in several of them."""
        if all(id(table) in self.before for table in tables):
            return
        for table in tables:
            self.before[id(table)] = dict(table)
        for key in dict.fromkeys(key for table in tables for key in table):
            inner = _inner(tables, key)
            if len(inner) > 1:
                self.remember(inner)

    def note(self, trace: Trace, table: Table, others: Sequence[Table]) -> None:
        """Record the entries that a map has got from others."""
        self.noted.add(id(table))
        for key, value in table.items():
            giver = self.giver(table, others, key, value)
            if giver is not None:
                trace.put(table, key, trace.origins((id(giver), key)))
            inner = [each for each in _inner(others, key) if each is not value]
            if inner and isinstance(value, dict) and id(value) not in self.noted:
                self.note(trace, value, inner)

    def giver(self, table: Table, others: Sequence[Table], key: str, value: Value) -> Table | None:
        """Return the map that an entry is from; None where the map had it before."""
        before = self.before.get(id(table), {})
        is_kept = key in before and before[key] is value
        if is_kept and (not self.overwrites or isinstance(value, dict)):
            return None
        ordered = reversed(others) if self.overwrites else others
        return next((each for each in ordered if key in each and each[key] is value), None)


def _inner(tables: Sequence[Table], key: str) -> list[Table]:
    return [table[key] for table in tables if isinstance(table.get(key), dict)]
