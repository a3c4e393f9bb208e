"""What calls of functions and methods cost: long arguments and long results."""

from collections.abc import Sequence

from penstock.gotemplate.bounds import size_of
from penstock.gotemplate.calls import Frame
from penstock.gotemplate.values import Value

LONG = 256
"""Texts that functions return are counted if they are longer than this."""

LARGE = 4096
"""Arguments that are texts cost steps if they are longer than this, by the weight of the function."""


MANY = 16
"""Arguments cost steps if there are more than this."""


def counted(f: Frame, value: Value) -> Value:
    """Return the result of a function, after counting the length of a long text."""
    if value.__class__ is str and len(value) > LONG:
        f.meter.write(size_of(value))
    return value


def weigh(f: Frame, values: Sequence[Value], weight: int) -> None:
    """Count the steps that long arguments cost."""
    if len(values) > MANY:
        f.meter.spend(len(values))
    large = LARGE // weight
    for value in values:
        if value.__class__ is str and len(value) > large:
            f.meter.spend(len(value) * weight // 256)
