"""A cache of verdicts: values that a chart's schemas allowed in an earlier run are allowed in this one.

Importing the validator of JSON Schema takes longer than rendering a small chart.
"""

from collections.abc import Iterator

from penstock.charts.chart import Chart
from penstock.model import Tree
from penstock.sources import Entries

ALLOWED = b"allowed"
"""The content of an entry. Values that are not allowed, or about which there are findings, have none."""


class Verdict:
    """The verdict of a chart's schemas on values. Without entries, none is remembered."""

    def __init__(self, entries: Entries | None, chart: Chart, values: Tree) -> None:
        self._entries = entries
        self._key = _key(chart, values) if entries else b""

    def is_allowed(self) -> bool:
        """Return whether an earlier run found nothing wrong."""
        return self._entries is not None and self._key != b"" and self._entries.load(self._key) == ALLOWED

    def allow(self) -> None:
        """Remember for later runs that nothing is wrong."""
        if self._entries is not None and self._key:
            self._entries.store(self._key, ALLOWED)


def _key(chart: Chart, values: Tree) -> bytes:
    """Return everything that a verdict depends on, or empty bytes for values that are nested too deeply to be written
    down.
    """
    import json  # most charts have no schema

    schemas = [(at, data.decode("latin-1")) for at, data in _schemas(chart, ())]
    try:
        return b"schemas\0" + json.dumps([schemas, values]).encode()
    except RecursionError:
        return b""


def _schemas(chart: Chart, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the schemas of a chart and its subcharts, each with the path of the values that it judges."""
    if chart.schema is not None:
        yield at, chart.schema.data
    for subchart in chart.subcharts:
        yield from _schemas(subchart, (*at, subchart.name))
