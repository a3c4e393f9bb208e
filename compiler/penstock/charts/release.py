"""From a chart and values to manifests: the steps of `helm template`, in its order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from penstock.charts import dependencies, manifests
from penstock.charts.capabilities import DEFAULT, Capabilities
from penstock.charts.chart import Chart, Dependency, File, Refused
from penstock.charts.coalesce import GLOBAL, Walk, depth_of, place_of
from penstock.charts.hints import hint_for_nil
from penstock.charts.manifests import Manifest
from penstock.charts.overrides import COMMAND_LINE, Override
from penstock.charts.reading import Readers
from penstock.charts.render import NO_VALUE, NOTES, Allowance, Manner, Texts, render
from penstock.charts.scopes import Release, Renderable, renderables
from penstock.charts.verdicts import Verdict
from penstock.charts.versions import fits
from penstock.expression import next_target
from penstock.gotemplate.tracing import Entry, Line, Read
from penstock.model import Diagnostic, Origin, Pointer, Pos, Step, Tree
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.sources import Entries, Piece, Written
from penstock.tree import MISSING
from penstock.typed import Any

LONGEST_NAME = 53
_NAME = regex(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


class Settings(NamedTuple):
    """The options for rendering a chart, apart from its values."""

    release: Release
    capabilities: Capabilities = DEFAULT
    skip_schema: bool = False
    manner: Manner = Manner()
    where: Origin = Origin(COMMAND_LINE)
    """The place where the chart was requested."""


class Rendered(NamedTuple):
    """A rendered chart. `paths` maps the names of templates to the paths of their files."""

    name: str
    """The name of the release."""
    crds: list[tuple[str, File]]
    manifests: list[Manifest]
    hooks: list[Manifest]
    findings: list[Diagnostic]
    texts: Texts
    paths: dict[str, str]
    declared: tuple[Dependency, ...] = ()
    """The dependencies of the chart, including those that are disabled."""

    values: "ValuePlaces | None" = None

    def place(self, template: str, line: int) -> Pos:
        """Return where a line of a template's output was written. Lines count from 0."""
        return _place(self.texts, self.paths, template, line)

    def written(self, template: str, line: int) -> Written:
        """Return where a line of a template's output was written, with the values that went into it."""
        by = self.place(template, line)
        lines = self.texts.lines.get(template, [])
        if self.values is None or line >= len(lines):
            return Written(by)
        return Written(by, tuple(self.values.pieces(lines[line])))


MOST_LEAVES = 1_000
"""Values of one table that are tracked to the line on which the table is printed."""


MOST_NOTES = 3
"""Values of one line of output that notes point to."""


class Leaf(NamedTuple):
    """A value of a table: where it was written, its name, its path in the table (`below`), and the first line of its
    text.
    """

    where: Origin
    name: str
    below: Pointer
    text: str


class ValuePlaces:
    """The places where the values that templates have read were written. A read is identified by its map or list and
    its key.
    """

    def __init__(self, chart: Chart, given: Override, templates: Sequence[Renderable]) -> None:
        self._chart = chart
        self._given = given
        self._tables: dict[int, tuple[tuple[Step, ...], Any]] = {}
        self._leaves: dict[Read, tuple[Leaf, ...]] = {}
        self._charts = {id(each.scope["Chart"]): _chart_at(chart, each.at) for each in templates}
        for each in templates:
            if id(each.scope["Values"]) not in self._tables:
                self._enter(each.scope["Values"], each.at)

    def _enter(self, table: Any, at: tuple[Step, ...]) -> None:
        self._tables[id(table)] = at, table
        for step, value in table.items() if isinstance(table, dict) else enumerate(table):
            if isinstance(value, dict | list):
                self._enter(value, (*at, step))

    def place(self, read: Read) -> tuple[Origin, str] | None:
        """Return where a value was written and its name, or None if a read is not of a value, or is of a table of
        values.
        """
        if read[0] in self._charts:
            return _field_of_chart(self._charts[read[0]], str(read[1]))
        at, value = self._read(read)
        if value is MISSING or isinstance(value, dict):
            return None
        return origin_of(self._chart, self._given, at), named(at)

    def pieces(self, line: Line) -> Iterator[Piece]:
        """Yield the parts of a line that values went into, by the columns that they have without `<no value>`."""
        at = end = 0
        for length, reads, entries in line.parts:
            text = line.text[at : at + length].replace(NO_VALUE, "")
            at += length
            start, end = end, end + len(text)
            places = tuple(place for place in map(self.place, dict.fromkeys(reads)) if place is not None)
            inner = chain(chain.from_iterable(map(self.leaves, dict.fromkeys(reads))), self.inside(entries))
            found = tuple((leaf.where, leaf.name, leaf.below) for leaf in inner if leaf.text in line.text)
            if places or found:
                yield Piece(start, end, places, found)

    def unset(self, line: Line) -> Iterator[tuple[Pointer, list[str]]]:
        """Yield the paths of values that were read for a line and are nowhere, not even null, each with the keys that
        are there.
        """
        for container, key in chain.from_iterable(part.reads for part in line.parts):
            at, table = self._tables.get(container, ((), None))
            path = (*at, key)
            if (
                isinstance(table, dict)
                and key not in table
                and _written_at(self._chart, self._given, path)[0] < len(path)
            ):
                yield path, list(table)

    def leaves(self, read: Read) -> tuple[Leaf, ...]:
        """Return the values of a table that was read as a whole."""
        if read not in self._leaves:
            at, table = self._read(read)
            inner = islice(_leaves(table, ()), MOST_LEAVES)
            self._leaves[read] = tuple(self._leaf(at, below, value) for below, value in inner if below)
        return self._leaves[read]

    def inside(self, entries: Iterable[Entry]) -> Iterator[Leaf]:
        """Yield the values of a table that a template has made of others."""
        for below, read in dict.fromkeys(entries):
            yield from (leaf._replace(below=(*below, *leaf.below)) for leaf in self.leaves(read))
            place = self.place(read)
            if place is not None:
                yield Leaf(*place, below, _text_of(self._read(read)[1]))

    def _leaf(self, at: Pointer, below: Pointer, value: Any) -> Leaf:
        path = (*at, *below)
        return Leaf(origin_of(self._chart, self._given, path), named(path), below, _text_of(value))

    def _read(self, read: Read) -> tuple[tuple[Step, ...], Any]:
        """Return the path and the value of a read. The value is MISSING if the read is not of a chart's values."""
        at, table = self._tables.get(read[0], ((), {}))
        return ((*at, read[1]), table[read[1]]) if _has(table, read[1]) else ((), MISSING)


def _text_of(value: Any) -> str:
    """Return the first line of what is printed for a value; nothing where the value is not known."""
    if value is MISSING:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value).partition("\n")[0]
    return text.lower() if isinstance(value, bool) else text


def _chart_at(chart: Chart, at: Sequence[str]) -> Chart:
    """Return the subchart with the given names, from the outermost to the innermost."""
    for name in at:
        chart = next(each for each in chart.subcharts if each.name == name)
    return chart


def _field_of_chart(chart: Chart, name: str) -> tuple[Origin, str] | None:
    """Return where a field of `.Chart` is written in Chart.yaml, and its name, or None if it is not written there."""
    field = name[0].lower() + name[1:] if name else ""
    if isinstance(chart.metadata.fields.get(field), dict | list | None):
        return None
    return chart.metadata.origin.below(field), f"Chart.{name}"


def _leaves(table: Any, at: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """Yield the path and value of each scalar in a tree of mappings and lists."""
    if isinstance(table, dict | list):
        for step, value in table.items() if isinstance(table, dict) else enumerate(table):
            yield from _leaves(value, (*at, step))
    else:
        yield at, table


def named(at: Sequence[Step]) -> str:
    """Return a value's name in the usual notation: `env[0].name`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at).removeprefix(".")


def _place(texts: Texts, paths: dict[str, str], template: str, line: int) -> Pos:
    lines = texts.lines.get(template, [])
    if not lines:
        return Pos(paths.get(template, template))
    place = lines[min(line, len(lines) - 1)].place
    return Pos(paths.get(place.name, place.name), place.line)


def render_chart(chart: Chart, given: Override, settings: Settings, readers: Readers) -> Rendered:
    """Render a chart that has just been loaded, which changes the chart. Raises `Refused` where Helm refuses it."""
    dependencies.refuse_library(chart)
    dependencies.check_present(chart)
    _check_name(settings)
    next_target()
    findings = list(given.findings)
    if chart.metadata.fields.get("deprecated"):
        where = chart.metadata.origin.below("deprecated")
        findings.append(Diagnostic("PS718", "warning", f"the chart {chart.name} is deprecated", where))
    declared = tuple(each.copy() for each in chart.dependencies or ())
    findings += dependencies.process(chart, given.values)
    walk = Walk()
    values = walk.over(chart, given.values)
    findings += [_at_the_user(chart, given, path, each) for path, each in walk.collisions]
    if not settings.skip_schema:
        findings += _validated(chart, given, values, readers.kept.entries, settings.manner.allowance or Allowance())
    _check_kube_version(chart, settings.capabilities)
    templates = renderables(chart, values, settings.release, settings.capabilities)
    paths = {each.name: each.file.path for each in templates}
    try:
        texts = render(templates, readers, _seeded(settings, chart))
    except Refused as refused:
        refused.findings = [_about(chart, given, values, refused.about, each) for each in refused.findings]
        raise
    printed = {name: text for name, text in texts.printed.items() if not name.endswith(NOTES)}
    places = ValuePlaces(chart, given, templates) if settings.manner.traced else None
    found = _sorted(printed, readers, texts, paths, places)
    findings += [*texts.findings, *found.findings]
    name = settings.release.name
    return Rendered(name, list(chart.crds), found.manifests, found.hooks, findings, texts, paths, declared, places)


def _about(chart: Chart, given: Override, values: Tree, path: Pointer, finding: Diagnostic) -> Diagnostic:
    """Return a finding of a template with a note that points to the value that it is about."""
    finding = finding._replace(hint=finding.hint or hint_for_nil(finding.message, values, path))
    depth, origin = _written_at(chart, given, path)
    if not depth or not path or _chart_depth(chart, path) >= depth:
        return finding
    return finding._replace(notes=(*finding.notes, (origin, f"the value {named(path[:depth])} is here")))


def _chart_depth(chart: Chart, path: Pointer) -> int:
    """Return how many steps of a path lead to a subchart rather than to one of its values."""
    names = {each.name: each for each in chart.subcharts}
    return 1 + _chart_depth(names[str(path[0])], path[1:]) if path and path[0] in names else 0


def _sorted(
    printed: dict[str, str], readers: Readers, texts: Texts, paths: dict[str, str], places: ValuePlaces | None
) -> manifests.Sorted:
    """Sort the documents of the output. Findings about them point to the lines of their templates, with a note about
    the values on these lines.
    """

    def values(template: str, line: int) -> Iterator[tuple[Origin, str]]:
        """Yield the values that went into a line of the output."""
        lines = texts.lines.get(template, [])
        if places is not None and line < len(lines):
            for piece in places.pieces(lines[line]):
                yield from ((where, f"the value {name} is here") for where, name in piece.values)

    def placed(finding: Diagnostic) -> Diagnostic:
        where = finding.where
        if not isinstance(where, Pos) or where.path not in texts.printed:
            return finding
        notes = (*finding.notes, *islice(dict.fromkeys(values(where.path, where.line - 1)), MOST_NOTES))
        return finding._replace(where=_place(texts, paths, where.path, where.line - 1), notes=notes)

    try:
        found = manifests.sort(printed, readers.printed)
    except Refused as refused:
        refused.findings = list(map(placed, refused.findings))
        raise
    return found._replace(findings=list(map(placed, found.findings)))


def _seeded(settings: Settings, chart: Chart) -> Manner:
    """Return how to execute templates: the results of random functions depend on the chart, its version and the
    release.
    """
    manner = settings.manner
    if manner.seed is None:
        return manner
    parts = (manner.seed, chart.name, chart.metadata.version, settings.release.name, settings.release.namespace)
    return manner._replace(seed="\0".join(parts))


def _check_name(settings: Settings) -> None:
    name = settings.release.name
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        reason = f"invalid release name, must match regex ^{_NAME.pattern}$ and the length must not be longer than 53"
        if not name:
            reason = "no name provided"
        raise Refused("PS705", f'release name check failed: release name "{name}": {reason}', settings.where)


def _validated(
    chart: Chart, given: Override, values: Tree, entries: Entries | None, allowance: Allowance
) -> list[Diagnostic]:
    """Validate values by their schemas and return warnings. Raises `Invalid` with all errors. What an earlier run has
    allowed is not validated again.
    """

    def locate(at: tuple[Step, ...]) -> Origin:
        return origin_of(chart, given, at)

    if not _has_schema(chart):
        return []
    verdict = Verdict(entries, chart, values)
    if verdict.is_allowed():
        return []
    from penstock.charts import schema
    from penstock.charts.schema_steps import MAX_STEPS, WEIGHT, Steps

    steps = Steps(min(MAX_STEPS, allowance.steps // WEIGHT))
    before = steps.left
    found = list(schema.check(chart, values, locate, steps))
    allowance.steps -= (before - steps.left) * WEIGHT
    if not found:
        verdict.allow()
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise Invalid(errors)
    return found


def _has_schema(chart: Chart) -> bool:
    return chart.schema is not None or any(map(_has_schema, chart.subcharts))


class Invalid(Refused):
    """Values violate their schema, possibly in several ways."""

    def __init__(self, findings: list[Diagnostic]) -> None:
        first = findings[0]
        super().__init__(first.code, first.message, first.where)
        self.findings = findings


def _check_kube_version(chart: Chart, capabilities: Capabilities) -> None:
    wanted = chart.metadata.text("kubeVersion")
    version = capabilities.kube_version
    if wanted and not fits(wanted, version.normalized):
        message = f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version.version}"
        raise Refused("PS717", message, chart.metadata.origin.below("kubeVersion"))


def _at_the_user(chart: Chart, given: Override, path: Pointer, finding: Diagnostic) -> Diagnostic:
    """Return a finding about a default at the place of the value that takes the place of it, if there is one."""
    depth, origin = _written_at(chart, given, path)
    if depth < len(path) or origin == finding.where:
        return finding
    return finding._replace(where=origin, notes=((finding.where, "the default is here"),))


def origin_of(chart: Chart, given: Override, at: Pointer) -> Origin:
    """Return where the value at a path was written: by the user, or else in a chart, where outer charts come first.

    A global that outer values define as a whole comes from there.
    """
    for path in _outer_globals(chart, at):
        depth, origin = _written_at(chart, given, path)
        if depth == len(path):
            return origin
    return _written_at(chart, given, at)[1]


def _outer_globals(chart: Chart, at: Pointer) -> Iterator[Pointer]:
    """Yield the paths from which a global of a subchart is passed down, the outermost first."""
    for depth, step in enumerate(at):
        if step == GLOBAL:
            yield from ((*at[:above], *at[depth:]) for above in range(depth))
            return
        subchart = next((each for each in chart.subcharts if each.name == step), None)
        if subchart is None:
            return
        chart = subchart


def _written_at(chart: Chart, given: Override, at: Pointer) -> tuple[int, Origin]:
    """Return how many steps of a path are written somewhere, and where.

    What is written nowhere gets the place of the chart's values.yaml, or of Chart.yaml where there is none.
    """
    best: tuple[int, Origin] = (0, chart.documents[-1].origin if chart.documents else chart.metadata.origin)
    # Later files override earlier ones. The file that has most of the path is the writer.
    for document in given.writers(at):
        depth = depth_of(document.body, at)
        if depth > best[0]:
            best = depth, document.origin.below(*at[:depth])
    inner, below = chart, at
    while best[0] < len(at):
        place = place_of(inner, below)
        depth = len(at) - len(below) + len(place.at)
        if place.path != inner.metadata.origin.path and depth > best[0]:
            best = depth, place
        subchart = next((each for each in inner.subcharts if below and each.name == below[0]), None)
        if subchart is None:
            break
        inner, below = subchart, below[1:]
    return best


def _has(tree: Any, step: Step) -> bool:
    if isinstance(tree, dict):
        return step in tree
    return isinstance(tree, list) and isinstance(step, int) and step < len(tree)
