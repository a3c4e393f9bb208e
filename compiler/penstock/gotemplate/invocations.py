"""Calls of functions: their arguments are evaluated, counted, and handed over; what fails becomes a located error."""

from collections.abc import Callable, Sequence

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import ExecError, Failure
from penstock.gotemplate.fields import Get
from penstock.gotemplate.nodes import Place
from penstock.gotemplate.values import Value

LONG = 256
"""Texts from this length on are counted when a function has made them."""

LARGE = 4096
"""Texts from this length on cost steps where a function gets them."""


def invocation(name: str, function: Function, place: Place, getters: Sequence[Get], is_piped: bool) -> Get:
    """The result of a function. Where its last argument comes down a pipeline, that is evaluated before the others."""

    def failed(failure: Exception) -> ExecError:
        return ExecError(f"error calling {name}: ", place.tree, place.node, failure)

    if function.site:
        return _with_site(function, place, _arguments(getters, is_piped), failed)
    if len(getters) == 1:
        return _with_one(function, getters[0], failed)
    if len(getters) == 2:
        return _with_two(function, getters, is_piped, failed)
    return _with_all(function, _arguments(getters, is_piped), failed)


Failed = Callable[[Exception], ExecError]


def _arguments(getters: Sequence[Get], is_piped: bool) -> Callable[[Frame], list[Value]]:
    """All arguments in their order."""
    if not is_piped or len(getters) == 1:
        return lambda f: [get(f) for get in getters]
    *firsts, last = getters

    def piped(f: Frame) -> list[Value]:
        value = last(f)
        return [*[get(f) for get in firsts], value]

    return piped


def _with_site(function: Function, place: Place, arguments: Callable[[Frame], list[Value]], failed: Failed) -> Get:
    call, weight = function.call, function.weight

    def with_site(f: Frame) -> Value:
        values = arguments(f)
        f.place = place
        try:
            weigh(f, values, weight)
            return _counted(f, call(f, *values))
        except (Failure, ExecError) as failure:
            raise failed(failure) from None

    return with_site


def _with_one(function: Function, only: Get, failed: Failed) -> Get:
    call, weight = function.call, function.weight

    def with_one(f: Frame) -> Value:
        value = only(f)
        try:
            if value.__class__ is str and len(value) > LARGE:
                f.meter.spend(len(value) * weight // 256)
            return _counted(f, call(value))
        except Failure as failure:
            raise failed(failure) from None

    return with_one


def _with_two(function: Function, getters: Sequence[Get], is_piped: bool, failed: Failed) -> Get:
    call, weight = function.call, function.weight
    first, second = getters

    def with_two(f: Frame) -> Value:
        if is_piped:
            two = second(f)
            one = first(f)
        else:
            one = first(f)
            two = second(f)
        try:
            if one.__class__ is str and len(one) > LARGE:
                f.meter.spend(len(one) * weight // 256)
            if two.__class__ is str and len(two) > LARGE:
                f.meter.spend(len(two) * weight // 256)
            return _counted(f, call(one, two))
        except Failure as failure:
            raise failed(failure) from None

    return with_two


def _with_all(function: Function, arguments: Callable[[Frame], list[Value]], failed: Failed) -> Get:
    call, weight = function.call, function.weight

    def with_all(f: Frame) -> Value:
        values = arguments(f)
        try:
            weigh(f, values, weight)
            return _counted(f, call(*values))
        except Failure as failure:
            raise failed(failure) from None

    return with_all


def _counted(f: Frame, value: Value) -> Value:
    """The result of a function, of whose long texts there may be only so many."""
    if value.__class__ is str and len(value) > LONG:
        f.meter.write(len(value))
    return value


def weigh(f: Frame, values: Sequence[Value], weight: int) -> None:
    """Count the steps that long arguments cost."""
    for value in values:
        if value.__class__ is str and len(value) > LARGE:
            f.meter.spend(len(value) * weight // 256)
