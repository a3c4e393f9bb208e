"""A request for a chart, carried out: the chart and its values are loaded, and it is rendered."""

from typing import Any

from penstock.charts.capabilities import BadVersion, Capabilities, capabilities
from penstock.charts.chart import Refused
from penstock.charts.load import Loader
from penstock.charts.overrides import Given, ValuesFile, read_given
from penstock.charts.reading import Readers
from penstock.charts.release import Rendered, Settings, render_chart
from penstock.charts.render import Manner
from penstock.charts.scopes import Release
from penstock.model import ChartRequest, Files, Unreadable

UNREADABLE = "PS712"
"""A template has printed what is no YAML."""


def render_request(files: Files, request: ChartRequest, readers: Readers, traced: bool = False) -> Rendered:
    """The chart that is asked for, with the places of what it prints if it is `traced`. Raises `Refused` for what Helm
    refuses.
    """
    try:
        return _rendered(files, request, readers, traced)
    except Refused as refused:
        if traced or refused.findings[0].code != UNREADABLE:
            raise
        return _rendered(files, request, readers, traced=True)  # to say which line of the template it was


def _rendered(files: Files, request: ChartRequest, readers: Readers, traced: bool) -> Rendered:
    loader = Loader(files, readers, request.boundary)
    able = _capabilities(request)

    def read(path: str) -> bytes:
        return _content(files, path, request)

    given = Given(
        tuple(
            ValuesFile(each, read(each)) if isinstance(each, str) else each._replace(body=_floats(each.body))
            for each in request.values
        ),
        request.json,
        request.settings,
        request.texts,
        request.file_texts,
        request.literals,
        request.where,
    )
    override = read_given(given, readers, read)
    chart = loader.load(request.chart)
    release = Release(request.name or _named(request), request.namespace, request.is_upgrade)
    manner = Manner(traced=traced) if request.is_random else Manner("", 0.0, traced)
    rendered = render_chart(chart, override, Settings(release, able, request.skip_schema, manner), readers)
    return rendered._replace(findings=[*loader.findings, *rendered.findings])


def _capabilities(request: ChartRequest) -> Capabilities:
    try:
        return capabilities(request.kube_version, request.api_versions)
    except BadVersion as reason:
        message = f"invalid kube version '{request.kube_version}': {reason}"
        raise Refused("PS717", message, request.where) from None


def _content(files: Files, path: str, request: ChartRequest) -> bytes:
    """A file that the request names."""
    try:
        data = files.read(path)
    except Unreadable as reason:
        raise Refused("PS704", f"{path} {reason}", request.where) from None
    if data is None:
        raise Refused("PS704", f"open {path}: no such file or directory", request.where)
    return data


def _floats(tree: Any) -> Any:
    """Values as Helm reads them from a file, whose numbers are floats."""
    if isinstance(tree, dict):
        return {key: _floats(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_floats(value) for value in tree]
    return float(tree) if tree.__class__ is int else tree


def _named(request: ChartRequest) -> str:
    """The name that a template makes."""
    from penstock.charts.render import text_of

    return text_of(request.name_template, request.where)
