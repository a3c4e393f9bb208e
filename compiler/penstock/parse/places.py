"""The places of the sources that messages name: an Origin becomes a file, a line and a column.

For the output of a chart, this is the line of the template; for a value of Jsonnet, the place in the Jsonnet file.
"""

import posixpath
from collections.abc import Callable, Iterable

from penstock.model import Diagnostic, NamedPlaces, Origin, Pointer, Pos, Spot, Step
from penstock.parse.libyaml import Node
from penstock.parse.locate import Locator
from penstock.parse.produced import Produced
from penstock.recall import Recall
from penstock.sources import Written
from penstock.withheld import Withheld

MAX_VALUES = 3
"""The largest number of chart values that a finding about a line names."""


class Places:
    """The places of one run, in the bytes that were parsed."""

    def __init__(
        self,
        read: Callable[[str], bytes | None],
        produced: Produced,
        withheld: Withheld,
        recall: Recall | None = None,
    ) -> None:
        self._read = read
        self._produced = produced
        self._withheld = withheld
        self._located = Locator(read, recall)
        self._lines: dict[str, list[bytes]] = {}
        """The lines of rendered texts and of their templates."""

    def place(self, where: Origin | Pos) -> Pos:
        """Return line and column of an Origin."""
        if isinstance(where, Pos):
            return self._line_of_template(where) if self._produced.is_text(where.path) else where
        made = self._produced.value(where.path)
        return self.spot(where).start if made is None else made.spot(where).start

    def spot(self, where: Origin | Pos) -> Spot:
        """Return the place of an Origin from its start to its end, with its names, which contain no value of a
        Secret.
        """
        found = self._spot(where)
        return found._replace(
            subject=self._withheld.text(found.subject),
            field=self._withheld.text(found.field),
        )

    def _spot(self, where: Origin | Pos) -> Spot:
        made = self._produced.value(where.path) if isinstance(where, Origin) else None
        if made is not None and isinstance(where, Origin):
            found = made.spot(where)
            return found._replace(end=self._spot(found.start).end)
        found = self._located.spot(where)
        return self._in_template(found) if self._produced.is_text(found.start.path) else found

    def node(self, origin: Origin) -> Node | None:
        """Return the node that is written at an Origin, or None where there is none."""
        return self._located.node(origin)

    def _in_template(self, found: Spot) -> Spot:
        """Return the place in a template from which a place in rendered text comes.

        The columns are kept only where the template has the line unchanged.
        """
        line = self._line_of_template(found.start)
        if not line.line:
            return found._replace(start=line, end=line)
        return found._replace(start=line, end=line._replace(col=line.col + 1 if line.col else 0))

    def _line_of_template(self, found: Pos) -> Pos:
        written = self._produced.written(found)
        if written is None:
            return found._replace(path=posixpath.dirname(found.path), line=0, col=0)
        is_unchanged = self._line(written.by) == self._line(found)
        return written.by._replace(col=found.col if is_unchanged else 0)

    def _line(self, where: Pos) -> bytes | None:
        """Return a line of a file or of a rendered text; None where there is no such line."""
        if where.path not in self._lines:
            self._lines[where.path] = (self._read(where.path) or b"").split(b"\n")
        lines = self._lines[where.path]
        return lines[where.line - 1] if 0 < where.line <= len(lines) else None

    def written(self, origin: Origin) -> list[tuple[Pos, NamedPlaces]]:
        """Return which template lines wrote a value that a chart rendered, each with the chart's values that went into
        it. The list is empty for a value from a file.
        """
        if not self._produced.is_text(origin.path):
            return []
        spot = self._located.spot(origin)
        last = spot.end.line if spot.end.col > 1 else max(spot.start.line, spot.end.line - 1)
        found: list[tuple[Pos, NamedPlaces]] = []
        for line in range(spot.start.line, last + 1):
            written = self._produced.written(spot.start._replace(line=line))
            if written is not None:
                start = spot.start.col - 1 if line == spot.start.line else 0
                end = spot.end.col - 1 if line == spot.end.line else None
                found.append((written.by, _for_field(written.between(start, end), origin.at)))
        return found

    def with_values(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings, where those about a line of a chart's output name the values used in that line."""
        return [self._with_values(finding) for finding in findings]

    def _with_values(self, finding: Diagnostic) -> Diagnostic:
        if finding.severity == "info" or not self._produced.is_text(finding.where.path):
            return finding
        written = self._produced.written(self._located.place(finding.where))
        values = written.values[:MAX_VALUES] if written is not None else ()
        notes = ((where, f"the value {name} goes into this") for where, name in values)
        return finding._replace(notes=tuple(dict.fromkeys((*finding.notes, *notes))))


def _for_field(written: Written, at: Pointer) -> NamedPlaces:
    """Return the values that went into a field. Of a table that was printed as a whole, it is the one that has the same
    place in it as the field.
    """
    inner = {
        (where, name): None
        for piece in written.pieces
        for where, name, below in piece.leaves
        if len(at) >= len(below) and all(map(_is_same_step, below, at[-len(below) :]))
    }
    tables = {name[:end] for _, name in inner for end in range(len(name)) if name[end] in ".["}
    return (*inner, *(pair for pair in written.values if pair not in inner and pair[1] not in tables))


def _is_same_step(one: Step, other: Step) -> bool:
    """Return whether two steps are the same. List indexes count as the same: elements may be printed at another
    index.
    """
    return one == other or (isinstance(one, int) and isinstance(other, int))
