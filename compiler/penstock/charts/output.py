"""The output of `helm template` for a rendered chart, and the place where each of its lines was written."""

from penstock.charts.chart import File, Refused
from penstock.charts.manifests import TESTS, Manifest, printed, split
from penstock.charts.paths import BadPattern, matches
from penstock.charts.release import Rendered
from penstock.model import Diagnostic, Pos
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.sources import ChartRequest, Written

_SOURCE = regex(r"# Source: [^/]+/(.+)")


class Result(NamedTuple):
    """The result of rendering a chart: the name of the release, the output, and the findings."""

    name: str
    text: str
    findings: list[Diagnostic]


def text_of(rendered: Rendered, request: ChartRequest) -> str:
    """Return the output as Helm prints it. Raises `Refused` where a pattern of `--show-only` matches no template."""
    text = _without_hooks(rendered, request) + printed(hooks_of(rendered, request))
    return _only(text, request) if request.only else text


def _without_hooks(rendered: Rendered, request: ChartRequest) -> str:
    """Return the output in front of the hooks, without the blank lines at its end, as Helm prints it."""
    crds = "".join(f"---\n# Source: {name}\n{file.text}\n" for name, file in _crds(rendered, request))
    return f"{(crds + printed(manifests_of(rendered, request))).strip()}\n"


def _crds(rendered: Rendered, request: ChartRequest) -> list[tuple[str, File]]:
    return rendered.crds if request.include_crds else []


def manifests_of(rendered: Rendered, request: ChartRequest) -> list[Manifest]:
    """Return the objects that a request includes of those that are no hooks."""
    return rendered.manifests if request.manifests else []


def hooks_of(rendered: Rendered, request: ChartRequest) -> list[Manifest]:
    """Return the hooks that a request includes."""
    if not request.hooks:
        return []
    return [hook for hook in rendered.hooks if request.tests or not hook.is_test]


def _only(text: str, request: ChartRequest) -> str:
    documents = [document for _, document in split(text)]
    parts: list[str] = []
    for pattern in request.only:
        chosen = [document for document in documents if _is_chosen(document, pattern)]
        if not chosen:
            raise Refused("PS705", f"could not find template {pattern} in chart", request.where)
        parts += (f"---\n{document}\n" for document in chosen)
    return "".join(parts)


def _is_chosen(document: str, pattern: str) -> bool:
    source = _SOURCE.search(document)
    try:
        return source is not None and matches(pattern, source[1])
    except BadPattern:
        return False


def written_lines(rendered: Rendered, request: ChartRequest) -> list[Written]:
    """Return for each line of the output where it was written. The templates must have been traced."""
    found: list[Written] = []
    for _, file in _crds(rendered, request):
        found += [Written(Pos(file.path, _first_line(file.text)))] * 2
        found += (Written(Pos(file.path, number + 1)) for number in range(file.text.count("\n") + 1))
    for manifest in manifests_of(rendered, request):
        found += _written_lines_of(rendered, manifest)
    count = _without_hooks(rendered, request).count("\n")
    # Where there are hooks only, the output begins with a blank line.
    found = found[:count] or [Written(Pos(request.chart))]
    for hook in hooks_of(rendered, request):
        found += _written_lines_of(rendered, hook)
    return found


def _first_line(text: str) -> int:
    """Return the number of the first line that says anything."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if line.strip() and not line.startswith(("#", "---"))), 1)


def _written_lines_of(rendered: Rendered, manifest: Manifest) -> list[Written]:
    """Return where the lines of a document were written, with the two lines in front of it."""
    lines = range(manifest.line, manifest.line + manifest.text.count("\n") + 1)
    head = [Written(rendered.place(manifest.source, manifest.line))] * 2
    return head + [rendered.written(manifest.source, line) for line in lines]


RUN = frozenset(("pre-install", "pre-upgrade", "post-install", "post-upgrade"))
"""The events that a `sync` has in other GitOps tools, too. `crd-install` is an event of Helm 2."""


def unrun(rendered: Rendered, request: ChartRequest, text: str, path: str) -> list[Diagnostic]:
    """Return findings about hooks that only Helm runs, in output that other tools apply. `path` is the path of the
    output. Tests of a chart are meant to be left out there.
    """
    findings = []
    for hook in hooks_of(rendered, request):
        if not hook.hooks & RUN and not hook.hooks <= TESTS:
            events = ", ".join(sorted(hook.hooks))
            line = text.count("\n", 0, text.find(f"# Source: {hook.source}\n{hook.text}")) + 2
            message = f"this is for Helm's {events} only: whoever else applies it does not run it then"
            findings.append(Diagnostic("PS723", "info", message, Pos(path, line, 1)))
    return findings


def by_document(rendered: Rendered, request: ChartRequest) -> list[tuple[str, str]]:
    """Return (path, text) of each document that `--output-dir` writes, in order. Documents of one template share a
    file.
    """
    blocks = [(name, file.text) for name, file in _crds(rendered, request)]
    blocks += [(each.source, each.text) for each in (*manifests_of(rendered, request), *hooks_of(rendered, request))]
    return [(name, f"---\n# Source: {name}\n{text}\n") for name, text in blocks]
