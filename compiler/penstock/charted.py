"""The path of a Helm chart: parse → charts → text.

`charts` renders. How YAML is read and printed is known by `parse` and `emit`, which are handed to it here.
"""

from functools import partial

from penstock.budget import Budget, Over
from penstock.charts.chart import Refused
from penstock.charts.kept import Kept
from penstock.charts.manifests import sort
from penstock.charts.output import Result, text_of, unrun, written_lines
from penstock.charts.reading import Readers
from penstock.charts.release import Rendered
from penstock.charts.render import NOTES, Allowance
from penstock.charts.request import render_request
from penstock.emit.yaml import Printer
from penstock.model import Diagnostic
from penstock.parse.document import CHART, VALUES, load_each
from penstock.records import NamedTuple
from penstock.sources import ChartRequest, Entries, Files, RenderChart, Rendition, Written
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.post_rendering import PostRender


class Printed(NamedTuple):
    """The output of `helm template` for a chart, the chart itself, and the findings. There is no chart if a finding is
    an error.
    """

    text: str
    chart: Rendered | None
    findings: list[Diagnostic]


def readers_of(kept: Kept) -> Readers:
    """Return the functions by which charts read and print YAML."""
    chart, values = partial(load_each, dialect=CHART), partial(load_each, dialect=VALUES)
    own = kept.reader("chart", chart), kept.reader("values", values)
    return Readers(*own, chart, values, Printer().document, _indented, kept, _judged)


def _indented(value: Any) -> str:
    from penstock.emit.indented import dump_indented  # few charts print YAML in this way

    return dump_indented(value)


def _judged(data: bytes) -> tuple[str, bytes | None]:
    from penstock.parse.go_words import judged  # few templates read YAML that is broken

    return judged(data)


def template(
    files: Files,
    request: ChartRequest,
    kept: Kept | None = None,
    post_render: "PostRender | None" = None,
    allowance: Allowance | None = None,
) -> Printed:
    """Render one chart. Parsed templates are taken from the kept entries, and kept there."""
    readers = readers_of(kept or Kept())
    try:
        rendered = render_request(files, request, readers, allowance or Allowance())
        if post_render is not None:
            rendered = _post_rendered(rendered, post_render, readers)
        return Printed(text_of(rendered, request), rendered, rendered.findings)
    except Refused as refused:
        return Printed("", None, refused.findings)


def _post_rendered(rendered: Rendered, post_render: "PostRender", readers: Readers) -> Rendered:
    from penstock.post_rendering import post_rendered

    files = {name: text for name, text in rendered.texts.printed.items() if not name.endswith(NOTES)}
    found = sort(post_rendered(files, post_render), readers.printed)
    return rendered._replace(manifests=found.manifests, hooks=found.hooks)


def renderer(entries: Entries | None) -> RenderChart:
    """Return the function that renders the charts of one run. All of them share the templates that were parsed."""
    kept = Kept(entries)

    def rendition(files: Files, request: ChartRequest, budget: Budget) -> tuple[Rendition | None, list[Diagnostic]]:
        def lines() -> list[Written]:
            allowance = Allowance(budget.bounds.steps)
            return written_lines(render_request(files, request, readers_of(kept), allowance, traced=True), request)

        result = _result(files, request, kept, entries, budget)
        if not isinstance(result, Result):
            return None, result
        path = _output_path(request, result.name)
        return Rendition(path, result.text, lines), result.findings

    return rendition


def _output_path(request: ChartRequest, release: str) -> str:
    """Return the path under which the output of a chart can be read. The chart may be the whole repository."""
    name = f"(release {release})"
    return name if request.chart == "." else f"{request.chart}/{name}"


def _result(
    files: Files, request: ChartRequest, kept: Kept, entries: Entries | None, budget: Budget
) -> Result | list[Diagnostic]:
    """Return a rendered chart from the kept entries if they have it, or render it; or return the findings that stand in
    the way.
    """
    if entries is None:
        return _made(files, request, kept, budget)
    from penstock.charts.results import identity, recalled, remember  # `penstock template` does without

    key = identity(files, request)
    known = recalled(entries, key) if key else None
    if known is not None:
        return known
    made = _made(files, request, kept, budget)
    if key and isinstance(made, Result):
        remember(entries, key, made)
    return made


def _made(files: Files, request: ChartRequest, kept: Kept, budget: Budget) -> Result | list[Diagnostic]:
    left = budget.left("steps")
    allowance = Allowance(left)
    printed = template(files, request, kept, allowance=allowance)
    budget.spend("steps", left - max(allowance.steps, 0))
    if printed.chart is None:
        return printed.findings if allowance.steps >= 0 else _beyond(printed.findings, left, budget.bounds.steps)
    path = _output_path(request, printed.chart.name)
    findings = [*printed.findings, *unrun(printed.chart, request, printed.text, path)]
    return Result(printed.chart.name, printed.text, findings)


def _beyond(findings: list[Diagnostic], left: int, bound: int) -> list[Diagnostic]:
    """Return the findings about a chart that has used up its steps: those of a chart, or what other charts have left of
    them.
    """
    if left == bound:
        return findings
    message, hint = str(Over("steps", bound, left)), "where this is meant, say so with `--bound steps=NUMBER`"
    return [
        each._replace(code="PS180", message=message, hint=hint) for each in findings if each.code in ("PS706", "PS714")
    ]
