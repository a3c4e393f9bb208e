"""Calls of functions: arguments are evaluated, counted and passed, and failures become errors with a place."""

from collections.abc import Callable, Sequence

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import ExecError, Failure
from penstock.gotemplate.fields import Get
from penstock.gotemplate.nodes import Place
from penstock.gotemplate.values import Value
from penstock.gotemplate.weighing import LARGE, counted, weigh
from penstock.records import NamedTuple

Fit = Callable[[Frame, Value], Value]
"""Returns a value after checking that it fits the type of its parameter."""


class Piped(NamedTuple):
    """The last argument of a call where it is piped. It is evaluated before the other arguments, and checked after
    them.
    """

    get: Get
    fit: Fit | None = None


def invocation(name: str, function: Function, place: Place, getters: Sequence[Get], piped: Piped | None) -> Get:
    """Return a getter for the result of a function. `getters` are those of the arguments that follow its name."""

    def failed(failure: Exception) -> ExecError:
        return ExecError(f"error calling {name}: ", place.tree, place.node, failure)

    if function.site:
        return _with_site(function, place, _arguments(getters, piped), failed)
    count = len(getters) + (piped is not None)
    if count == 1:
        return _with_one(function, getters[0] if piped is None else _fitting(piped), failed)
    if count == 2:
        return _with_two(function, _two(getters, piped), failed)
    return _with_all(function, _arguments(getters, piped), failed)


Failed = Callable[[Exception], ExecError]


def _fitting(piped: Piped) -> Get:
    get, fit = piped
    return get if fit is None else lambda f: fit(f, get(f))


def _arguments(getters: Sequence[Get], piped: Piped | None) -> Callable[[Frame], list[Value]]:
    """Return a function that evaluates all arguments and gives them in their order."""
    if piped is None:
        return lambda f: [get(f) for get in getters]
    last, fit = piped

    def arguments(f: Frame) -> list[Value]:
        value = last(f)
        values = [get(f) for get in getters]
        values.append(value if fit is None else fit(f, value))
        return values

    return arguments


def _with_site(function: Function, place: Place, arguments: Callable[[Frame], list[Value]], failed: Failed) -> Get:
    call, cost, weight, node = function.call, function.cost, function.weight, place.node

    def with_site(f: Frame) -> Value:
        values = arguments(f)
        f.place = Place(f.tree, node)
        try:
            f.meter.spend(cost)
            weigh(f, values, weight)
            return counted(f, call(f, *values))
        except (Failure, ExecError) as failure:
            raise failed(failure) from None

    return with_site


def _with_one(function: Function, only: Get, failed: Failed) -> Get:
    call, cost, weight, large = function.call, function.cost, function.weight, LARGE // function.weight

    def with_one(f: Frame) -> Value:
        value = only(f)
        try:
            f.meter.spend(cost)
            if value.__class__ is str and len(value) > large:
                f.meter.spend(len(value) * weight // 256)
            return counted(f, call(value))
        except Failure as failure:
            raise failed(failure) from None

    return with_one


def _two(getters: Sequence[Get], piped: Piped | None) -> Callable[[Frame], tuple[Value, Value]]:
    """Return a function that evaluates two arguments and gives them in their order."""
    first = getters[0]
    if piped is None:
        second = getters[1]
        return lambda f: (first(f), second(f))
    last, fit = piped

    def two(f: Frame) -> tuple[Value, Value]:
        value = last(f)
        one = first(f)
        return one, value if fit is None else fit(f, value)

    return two


def _with_two(function: Function, both: Callable[[Frame], tuple[Value, Value]], failed: Failed) -> Get:
    call, cost, weight, large = function.call, function.cost, function.weight, LARGE // function.weight

    def with_two(f: Frame) -> Value:
        one, two = both(f)
        try:
            f.meter.spend(cost)
            if one.__class__ is str and len(one) > large:
                f.meter.spend(len(one) * weight // 256)
            if two.__class__ is str and len(two) > large:
                f.meter.spend(len(two) * weight // 256)
            return counted(f, call(one, two))
        except Failure as failure:
            raise failed(failure) from None

    return with_two


def _with_all(function: Function, arguments: Callable[[Frame], list[Value]], failed: Failed) -> Get:
    call, cost, weight = function.call, function.cost, function.weight

    def with_all(f: Frame) -> Value:
        values = arguments(f)
        try:
            f.meter.spend(cost)
            weigh(f, values, weight)
            return counted(f, call(*values))
        except Failure as failure:
            raise failed(failure) from None

    return with_all
