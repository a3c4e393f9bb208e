"""Merging a user's values over those of charts as Helm 4 does: nulls delete, globals go down, subcharts are filled in.

`keep_nulls` selects the other mode of the same walk. The helpers change the trees they are given, as Helm's do: what a
table of globals gains in a subchart appears in its parent, too. So the caller that begins a walk makes a copy first.
"""

from penstock.charts.bounds import Room
from penstock.charts.chart import Chart, Refused
from penstock.model import Diagnostic, Origin, Pointer, Tree
from penstock.tree import MISSING, child
from penstock.typed import Any
from penstock.words import type_of

GLOBAL = "global"


class Walk:
    """One merge of values with those of a chart and its subcharts. `collisions` report where a table meets a value that
    is not one, each with its path in the values of the root chart; they are at the default.
    """

    def __init__(self, keep_nulls: bool = False, room: Room | None = None) -> None:
        self.keep_nulls = keep_nulls
        self.room = room or Room()
        self.collisions: list[tuple[Pointer, Diagnostic]] = []
        self._way: tuple[str, ...] = ()
        """The names of the charts that lead to the one whose values are merged."""

    def over(self, chart: Chart, values: Tree | None) -> Tree:
        """Return the values that a chart sees if it is given `values`, as a new tree. Raises `Refused`."""
        return self._chart(chart, copied(values or {}))

    def _chart(self, chart: Chart, values: Tree) -> Tree:
        self._defaults(chart, values)
        for subchart in chart.subcharts:
            below = values.setdefault(subchart.name, {})
            if not isinstance(below, dict):
                found = f"the values of a subchart must be a mapping; found {type_of(below)}"
                message = f"chart dependencies processing failed: type mismatch on {subchart.name}: {found}"
                raise Refused("PS709", message, place_of(chart, (subchart.name,)))
            self._globals(chart, below, values)
            self._way, outer = (*self._way, subchart.name), self._way
            self._chart(subchart, below)
            self._way = outer
        return values

    def _defaults(self, chart: Chart, values: Tree) -> None:
        """Fill in the defaults of the chart's own values.yaml."""
        names = {subchart.name for subchart in chart.subcharts}
        for key, default in copied(chart.values).items():
            if key not in values:
                self._add_default(values, key, default)
            elif values[key] is None and not self.keep_nulls:
                del values[key]
            elif isinstance(values[key], dict):
                self._default_table(chart, key, default, values, keep_nulls=self.keep_nulls or key in names)

    def _add_default(self, values: Tree, key: str, default: Any) -> None:
        """Add a default that is not overridden. Its nulls are dropped unless nulls are kept, so that they hide
        nothing.
        """
        if self.keep_nulls:
            values[key] = default
        elif default is not None:
            values[key] = without_nulls(default)

    def _default_table(self, chart: Chart, key: str, default: Any, values: Tree, keep_nulls: bool) -> None:
        if isinstance(default, dict):
            if not keep_nulls:
                without_nulls(default)
            self._tables(chart, values[key], default, (key,), keep_nulls)
        elif default is not None:
            self._warn(chart, (key,), f"skipped value for {chart.name}.{key}: Not a table.")

    def _globals(self, chart: Chart, below: Tree, above: Tree) -> None:
        """Pass the globals of a chart down to a subchart, whose own globals serve as defaults."""
        own, given = below.get(GLOBAL, {}), above.get(GLOBAL, {})
        if not isinstance(own, dict) or not isinstance(given, dict):
            which = "destination" if not isinstance(own, dict) else "source"
            self._warn(chart, (GLOBAL,), f"skipping globals because {which} {GLOBAL} is not a table.")
            return
        for key, value in given.items():
            mine = own.get(key)
            self.room.merge(1, chart.path)
            if isinstance(value, dict):
                self.room.merge(len(value), chart.path)
                self._global_table(chart, own, key, dict(value))
            elif isinstance(mine, dict):
                self._warn(chart, (GLOBAL, key), f"key {key} is table. Skipping")
            else:
                own[key] = value
        below[GLOBAL] = own

    def _global_table(self, chart: Chart, own: Tree, key: str, given: Tree) -> None:
        if key not in own:
            own[key] = given
        elif isinstance(own[key], dict):
            self._tables(chart, given, own[key], (GLOBAL, key), keep_nulls=True)
            own[key] = given
        else:
            self._warn(chart, (GLOBAL, key), f'cannot merge map onto non-map for "{key}". Skipping.')

    def tables(self, over: Tree, under: Tree, chart: Chart) -> Tree:
        """Merge the table `over` onto the table `under` and return it. Both may be changed."""
        return self._tables(chart, over, under, (), self.keep_nulls)

    def _tables(self, chart: Chart, over: Tree, under: Tree, at: tuple[str, ...], keep_nulls: bool) -> Tree:
        """Fill in `over` from `under`. Unless nulls are kept, a null deletes the default at its key; where there is no
        default, the null stays.
        """
        self.room.merge(1 + len(under), chart.path)
        # Helm marks deleted keys in the defaults first, so whether a default had a value must be noted before.
        had_value = {key for key, value in under.items() if value is not None}
        under.update({key: None for key, value in over.items() if value is None})
        for key, value in list(under.items()):
            if key not in over:
                over[key] = value
                continue
            mine = over[key]
            if mine is None and not keep_nulls and key in had_value:
                del over[key]
            elif isinstance(value, dict):
                if isinstance(mine, dict):
                    self._tables(chart, mine, value, (*at, key), keep_nulls)
                else:
                    self._warn(chart, (*at, key), "cannot overwrite table with non table")
            elif isinstance(mine, dict) and value is not None:
                self._warn(chart, (*at, key), "destination is a table. Ignoring non-table value")
        return over

    def _warn(self, chart: Chart, at: tuple[str, ...], message: str) -> None:
        finding = Diagnostic("PS709", "warning", f"{chart.name}: {'.'.join(at)}: {message}", place_of(chart, at))
        self.collisions.append(((*self._way, *at), finding))


def place_of(chart: Chart, at: Pointer) -> Origin:
    """Return where a chart's own values define a path, as deep as they define it; otherwise the origin of
    Chart.yaml.
    """
    for document in reversed(chart.documents):
        depth = depth_of(document.body, at)
        if depth:
            origin: Origin = document.origin
            return origin.below(*at[:depth])
    return chart.metadata.origin


def depth_of(tree: Any, at: Pointer) -> int:
    """Return how many steps of a path exist in a tree."""
    for depth, step in enumerate(at):
        tree = child(tree, step)
        if tree is MISSING:
            return depth
    return len(at)


def copied(tree: Any) -> Any:
    """Return a deep copy of a tree of mappings and lists."""
    if tree.__class__ is dict:
        return {key: copied(value) for key, value in tree.items()}
    if tree.__class__ is list:
        return [copied(value) for value in tree]
    return tree


def without_nulls(tree: Any) -> Any:
    """Delete the nulls of all mappings in a tree and return the tree. Lists keep their nulls, and what they contain is
    not changed.
    """
    if isinstance(tree, dict):
        for key in [key for key, value in tree.items() if value is None]:
            del tree[key]
        for value in tree.values():
            without_nulls(value)
    return tree


def table(values: Any, path: list[str]) -> Tree | None:
    """Return the mapping at a path, or None where there is none."""
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else None
