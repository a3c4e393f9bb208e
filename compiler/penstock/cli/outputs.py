"""`-o FORMAT[=FILE]`: in which forms a report is written, and where to."""

import os
from collections.abc import Sequence

from penstock import __version__
from penstock.cli.streams import Streams
from penstock.findings import Page, Report
from penstock.model import Refusal
from penstock.records import NamedTuple

FORMATS = {
    "text": "for people and editors: a line for each finding; on a terminal grouped by file",
    "grouped": "for people: findings by file, wherever they are written to",
    "summary": "how many findings there are of each code",
    "json": "for programs",
    "sarif": "SARIF 2.1.0, for GitHub code scanning and others",
    "junit": "JUnit XML, for Jenkins, GitLab and others",
    "github": "annotations of a GitHub Actions workflow",
    "markdown": "a table, for the step summary of GitHub Actions or for a comment",
    "gitlab": "a Code Quality report of GitLab",
    "rdjson": "Reviewdog Diagnostic Format",
    "checkstyle": "Checkstyle XML",
}
"""The formats that `-o` accepts, each with its purpose."""

LINES = frozenset(("text", "grouped", "summary", "github"))
"""The formats that consist of lines. Several of these may go to standard output, one after the other."""


class Output(NamedTuple):
    """A format, and the file for the output; empty for standard output."""

    form: str
    file: str


class Shown(NamedTuple):
    """The parts of the text for people: whether it has all findings of a code, and whether it has a summary."""

    everything: bool
    has_summary: bool


def outputs(given: Sequence[str]) -> list[Output]:
    """Return the requested outputs. Raises `Refusal` for those that are not possible."""
    found = [_output(text) for text in given]
    to_screen = [each.form for each in found if not each.file]
    if len(to_screen) > 1 and not LINES.issuperset(to_screen):
        both = " and ".join(to_screen)
        raise Refusal(f"-o: {both} would both go to standard output; write one of them to a file: -o FORMAT=FILE")
    return found


def _output(text: str) -> Output:
    form, equals, file = text.partition("=")
    if form not in FORMATS:
        from penstock.words import nearest

        near = nearest(form, FORMATS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(FORMATS)}"
        raise Refusal(f"-o {text}: there is no format {form}; {hint}")
    if equals and not file:
        raise Refusal(f"-o {text}: the name of the file is missing")
    return Output(form, file)


def write(report: Report, wanted: Sequence[Output], shown: Shown, streams: Streams) -> None:
    """Write a report in all its formats. Files come first, because `head` may close standard output."""
    for each in sorted(wanted, key=lambda one: not one.file):
        if each.file:
            _write_file(each.file, written(report, each.form, shown), streams)
        else:
            form = "grouped" if each.form == "text" and streams.out.isatty() else each.form
            streams.out.write(written(report, form, shown))


def _write_file(file: str, text: str, streams: Streams) -> None:
    """Write a file. GitHub's step summary is appended to, because it belongs to all commands of the step."""
    path = os.path.join(streams.cwd, file)
    is_shared = path == streams.environ.get("GITHUB_STEP_SUMMARY")
    if os.path.islink(path) and not os.path.isabs(file):  # a symlink of the repository can lead anywhere
        raise Refusal(f"{file} cannot be written: nothing is written through a symlink", 4)
    try:
        with open(path, "a" if is_shared else "w", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except (OSError, ValueError) as error:
        raise Refusal(f"{file} cannot be written: {getattr(error, 'strerror', None) or error}", 4) from None


def written(report: Report, form: str, shown: Shown) -> str:
    """Return a report in one format."""
    if form in ("text", "grouped", "summary"):
        return _for_people(report, form, shown)
    if form == "sarif":
        from penstock.report.sarif import report_sarif

        return report_sarif(report, _pages(), __version__)
    if form in ("github", "markdown"):
        return _for_github(report, form)
    return _for_programs(report, form)


def _for_people(report: Report, form: str, shown: Shown) -> str:
    from penstock.report.text import by_code, findings_text, grouped_text, summary

    if form == "summary":
        text = by_code(report, {page.code: page.name for page in _pages()})
    elif form == "grouped":
        text = grouped_text(report, shown.everything)
    else:
        text = findings_text(report, shown.everything)
    return text + (summary(report) + "\n" if shown.has_summary else "")


def _for_github(report: Report, form: str) -> str:
    from penstock.report.github import report_annotations
    from penstock.report.markdown import report_markdown

    return report_annotations(report) if form == "github" else report_markdown(report, _pages())


def _for_programs(report: Report, form: str) -> str:
    from penstock.report import checkstyle, gitlab, json, junit, rdjson

    reports = {
        "json": json.report_json,
        "junit": junit.report_junit,
        "gitlab": gitlab.report_gitlab,
        "rdjson": rdjson.report_rdjson,
        "checkstyle": checkstyle.report_checkstyle,
    }
    return reports[form](report)


def _pages() -> list[Page]:
    from penstock.cli.rule import pages

    return pages()
