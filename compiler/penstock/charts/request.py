"""Carrying out a request for a chart: the chart and its values are loaded, and the chart is rendered."""

from collections.abc import Callable, Sequence

from penstock.charts import mistyped, unread
from penstock.charts.capabilities import BadVersion, Capabilities, capabilities
from penstock.charts.chart import Chart, Refused
from penstock.charts.load import Loader
from penstock.charts.metadata import with_build
from penstock.charts.overrides import FileBytes, Given, Override, ValuesFile, read_given
from penstock.charts.reading import Readers
from penstock.charts.release import Rendered, Settings, origin_of, render_chart
from penstock.charts.render import Allowance, Manner
from penstock.charts.scopes import Release
from penstock.charts.unread import Path
from penstock.model import Diagnostic, Document, Tree, Unreadable
from penstock.records import NamedTuple
from penstock.sources import ChartRequest, Files, ValueAt
from penstock.typed import Any

UNREADABLE = "PS712"
"""The code for a template that has printed text that is not YAML."""


class Prepared(NamedTuple):
    """A loaded chart, with its values and settings."""

    chart: Chart
    override: Override
    settings: Settings
    findings: list[Diagnostic]


def render_request(
    files: Files, request: ChartRequest, readers: Readers, allowance: Allowance, traced: bool = False
) -> Rendered:
    """Load and render the requested chart with the steps that are left of its allowance. Raises `Refused` where Helm
    refuses it.

    With `traced`, the result tells where each line of the output was written, and lacks the findings about values: each
    of these takes another rendering.
    """

    def render(change: Callable[[Tree], Tree]) -> tuple[Prepared, Rendered]:
        prepared = _prepared(files, request, readers, Manner(traced=traced, allowance=allowance))
        override = prepared.override._replace(values=change(prepared.override.values))
        return prepared, render_chart(prepared.chart, override, prepared.settings, readers)

    try:
        prepared, rendered = render(lambda values: values)
    except Refused as refused:
        if traced or refused.findings[0].code != UNREADABLE:
            raise
        raise _located(files, request, readers, allowance, refused) from None
    if traced:
        return rendered
    findings = [*prepared.findings, *rendered.findings]
    findings += [*_unread(prepared, rendered, render), *_mistyped(prepared, rendered, render)]
    if rendered.texts.has_empty and prepared.settings.manner.seed is not None:
        findings += _absent(files, request, readers, allowance)
    return rendered._replace(findings=findings)


def _absent(files: Files, request: ChartRequest, readers: Readers, allowance: Allowance) -> list[Diagnostic]:
    """Return findings about values that are printed and nowhere set. Where too few steps are left, there are none."""
    from penstock.charts.absent import absent

    prepared = _prepared(files, request, readers, Manner(traced=True, allowance=allowance))
    try:
        return absent(render_chart(prepared.chart, prepared.override, prepared.settings, readers))
    except Refused:
        return []


def _located(files: Files, request: ChartRequest, readers: Readers, allowance: Allowance, refused: Refused) -> Refused:
    """Return the refusal of an output that is not YAML, at the line of the template that printed it. Where too few
    steps are left to look for that line, it stays at the file.
    """
    try:
        render_request(files, request, readers, allowance, traced=True)
    except Refused as found:
        return found if found.findings[0].code == UNREADABLE else refused
    return refused


Again = Callable[[Callable[[Tree], Tree]], tuple[Prepared, Rendered]]
"""Renders a chart once more, with values that are changed by a function."""


def _unread(prepared: Prepared, rendered: Rendered, render: Again) -> list[Diagnostic]:
    """Return findings about values that make no difference. Without a seed there are none, since the output changes by
    chance.
    """

    def prints_the_same(change: Callable[[Tree, Sequence[Path]], Tree], paths: list[Path]) -> bool:
        try:
            return render(lambda values: change(values, paths))[1].texts.printed == rendered.texts.printed
        except Refused:
            return False

    def makes_no_difference(paths: list[Path]) -> bool:
        return prints_the_same(unread.without, paths) and prints_the_same(unread.with_other, paths)

    if prepared.settings.manner.seed is None:
        return []
    found = unread.suspects(prepared.chart, prepared.override.values, rendered.declared)
    places = (origin_of(prepared.chart, prepared.override, each.path) for each in found)
    known = dict(zip(found, places, strict=True))
    return [unread.finding(each, known[each]) for each in unread.unread(found, makes_no_difference)]


def _mistyped(prepared: Prepared, rendered: Rendered, render: Again) -> list[Diagnostic]:
    """Return findings about texts that were meant as booleans."""

    def prints_the_same(path: Path, value: bool) -> bool:
        try:
            other = render(lambda values: mistyped.with_boolean(values, path, value))[1]
        except Refused:
            return False
        return other.texts.printed == rendered.texts.printed

    found = list(mistyped.suspects(prepared.override.values))
    if prepared.settings.manner.seed is None or not found:
        return []
    defaults = unread.defaults_of(prepared.chart)
    found = [path for path in found if mistyped.is_boolean(defaults, path)]
    places = (origin_of(prepared.chart, prepared.override, path) for path in found)
    known = dict(zip(found, places, strict=True))
    return [mistyped.finding(path, known[path]) for path in mistyped.mistyped(found, prints_the_same)]


def _prepared(files: Files, request: ChartRequest, readers: Readers, manner: Manner) -> Prepared:
    loader = Loader(files, readers, request.boundary)
    able = _capabilities(request)

    def read(path: str) -> bytes:
        return _content(files, path, request)

    given = Given(
        _values(request, read),
        request.json,
        request.settings,
        request.texts,
        request.file_texts,
        request.literals,
        request.where,
        request.places,
    )
    override = read_given(given, readers, read)
    if request.written:
        override = override._replace(documents=[*override.documents, *request.written], by_key={})
    chart = loader.load(request.chart, request.dependencies)
    if request.version_metadata:
        chart.metadata = with_build(chart.metadata, request.version_metadata)
    if request.own_values is not None:
        own = read_given(Given(tuple(ValuesFile(path, read(path)) for path in request.own_values)), readers, read)
        chart.values, chart.documents = own.values, own.documents
    release = Release(request.name or _named(request), request.namespace, request.is_upgrade)
    if not request.is_random:
        manner = manner._replace(seed="", now=0.0)
    settings = Settings(release, able, request.skip_schema, manner, request.where)
    return Prepared(chart, override, settings, loader.findings)


def _values(request: ChartRequest, read: FileBytes) -> tuple[ValuesFile | Document | ValueAt, ...]:
    """Return the requested values, with the content of files and numbers as floats.

    A document that occurs twice stays one object: a value that is set in it (see `overrides`) is still there the second
    time.
    """
    floats = {id(each): each._replace(body=_floats(each.body)) for each in request.values if isinstance(each, Document)}
    return tuple(
        ValuesFile(each, read(each)) if isinstance(each, str) else floats.get(id(each), each) for each in request.values
    )


def _capabilities(request: ChartRequest) -> Capabilities:
    try:
        return capabilities(request.kube_version, request.api_versions)
    except BadVersion as reason:
        message = f"invalid kube version '{request.kube_version}': {reason}"
        raise Refused("PS717", message, request.where) from None


def _content(files: Files, path: str, request: ChartRequest) -> bytes:
    """Read a file that the request names. Raises `Refused`."""
    try:
        data = files.read(path)
    except Unreadable as reason:
        raise Refused("PS704", f"{path} {reason}", request.where) from None
    if data is None:
        raise Refused("PS704", f"open {path}: no such file or directory", request.where)
    return data


def _floats(tree: Any) -> Any:
    """Return values as Helm reads them from a file: all numbers are floats."""
    if isinstance(tree, dict):
        return {key: _floats(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_floats(value) for value in tree]
    return float(tree) if tree.__class__ is int else tree


def _named(request: ChartRequest) -> str:
    """Return the name of the release that the request's template makes."""
    from penstock.charts.render import text_of

    return text_of(request.name_template, request.where)
