"""Tracks where the values of dot and of variables come from. Only executions with a trace use it."""

from collections.abc import Callable, Iterator

from penstock.gotemplate.calls import Frame
from penstock.gotemplate.tracing import Noted
from penstock.gotemplate.values import Value
from penstock.typed import Any

Get = Callable[[Frame], Value]
Run = Callable[[Frame], None]

DOT = -1
"""The slot of dot among the variables of a frame."""


def noted(get: Get, slot: int) -> Get:
    """Return a getter that also records, for a variable, what was read to compute its value."""

    def assigned(f: Frame) -> Value:
        with f.execution.trace.action() as action:
            value = get(f)
        f.sources[slot] = action.kept()
        return value

    return assigned


def told(get: Get, slot: int) -> Get:
    """Return a getter that adds what was read for a variable to the reads of the current action."""

    def used(f: Frame) -> Value:
        f.execution.trace.again(f.sources.get(slot, ()))
        return get(f)

    return used


class Elements:
    """The value that a loop ranges over, and the keys or indexes of the elements still to come."""

    __slots__ = ("found", "steps")

    def __init__(self, found: Value) -> None:
        self.found = found
        is_list = isinstance(found, list)
        steps = sorted(found) if isinstance(found, dict) else range(len(found)) if is_list else ()
        self.steps: Iterator[Any] = iter(steps)


def in_loop(body: Run, slots: tuple[int | None, ...]) -> Run:
    """Return the body of a loop that first records where its element comes from."""

    def element(f: Frame) -> None:
        loop = f.loops[-1]
        step = next(loop.steps, None)
        reads: tuple[Noted, ...] = () if step is None else f.execution.trace.origins((id(loop.found), step))
        for slot in slots:
            if slot is not None:
                f.sources[slot] = reads
        body(f)

    return element


def looping(run: Callable[[Frame, Value], bool]) -> Callable[[Frame, Value], bool]:
    """Return a loop that also keeps track of the elements it ranges over."""

    def ran(f: Frame, found: Value) -> bool:
        source = f.sources.get(DOT, ())
        f.loops.append(Elements(found))
        try:
            return run(f, found)
        finally:
            f.loops.pop()
            f.sources[DOT] = source

    return ran
