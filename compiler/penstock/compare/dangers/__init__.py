"""The classes of danger, each in a file of its own, in the order of reports."""

from collections.abc import Callable, Iterator

from penstock.changes import Change, Danger
from penstock.compare.dangers import (
    immutable,
    keeping,
    privileged,
    removal,
    restarts,
    rights,
    scaled_to_zero,
    selector,
    shrinking,
    webhook,
)

Check = Callable[[Change], Iterator[Danger]]

DANGERS: tuple[Check, ...] = (
    removal.check,
    keeping.check,
    immutable.check,
    selector.check,
    scaled_to_zero.check,
    shrinking.check,
    rights.check,
    privileged.check,
    webhook.check,
    restarts.check,
)
