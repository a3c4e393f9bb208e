"""Values that templates print although nobody has set them: `replicas: {{ .Values.replicas }}` prints nothing then.

Go prints `<no value>` for them, which Helm removes. A chart that has printed it is rendered once more with a trace,
which tells what was read there. A value that is null on purpose is no finding.
"""

from collections.abc import Iterator
from itertools import islice

from penstock.charts.release import Rendered, named
from penstock.charts.render import NO_VALUE, NOTES
from penstock.gotemplate.tracing import Line
from penstock.model import Diagnostic, Pointer, Pos, Severity
from penstock.words import did_you_mean

MOST = 20
"""Findings about one chart."""

WORDS = "give it a default in values.yaml, or print it in an `if` or `with`"


def absent(rendered: Rendered) -> list[Diagnostic]:
    """Return a finding for each place where a traced chart has printed a value that nobody has set."""
    return list(islice(dict.fromkeys(_findings(rendered)), MOST))


def _findings(rendered: Rendered) -> Iterator[Diagnostic]:
    assert rendered.values is not None
    for template, lines in rendered.texts.lines.items():
        if template.endswith(NOTES):
            continue
        for number, line in enumerate(lines):
            for path, others in rendered.values.unset(_empty(line)):
                yield _finding(path, others, rendered.place(template, number))


def _finding(path: Pointer, others: list[str], where: Pos) -> Diagnostic:
    """Return the finding about a value; `others` are the keys that are set beside it."""
    meant = did_you_mean(str(path[-1]), others)
    severity: Severity = "warning" if meant else "info"
    message = f"nothing sets the value {named(path)}, so nothing is printed for it"
    return Diagnostic("PS727", severity, message, where, hint=meant or WORDS)


def _empty(line: Line) -> Line:
    """Return a line with only those parts in which nothing was printed."""
    parts, start = [], 0
    for part in line.parts:
        if line.text[start : start + part.length] == NO_VALUE:
            parts.append(part)
        start += part.length
    return line._replace(parts=tuple(parts))
