"""The words of `penstock diff` for what a sync would do to an object."""

import os
from collections.abc import Callable

from penstock.changes import Group
from penstock.cluster import Change
from penstock.differences import in_cluster, way_of
from penstock.emit.yaml import dump_value
from penstock.model import Pos
from penstock.report.diff_lines import Writing
from penstock.report.diff_text import changed_lines, dangers


def describer(secret_key: bytes = b"") -> Callable[[Change], list[str]]:
    """Return a function that describes a planned change of an object as `diff` does: its dangers and, for an update,
    the fields.
    """
    way = way_of(secret_key or os.urandom(16))
    writing = Writing(dump_value)

    def describe(planned: Change) -> list[str]:
        change = in_cluster(planned, way)
        if change is None:
            return []
        nowhere = Group(change, ("",), tuple(Pos("") for _ in change.fields))
        shown = changed_lines(nowhere, writing) if change.action == "changed" else []
        return [*dangers(change), *shown]

    return describe
