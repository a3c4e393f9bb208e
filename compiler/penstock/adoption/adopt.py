"""The order of adoption: first severities, then suppressions, then the baseline, then the selection of this run."""

from collections.abc import Iterable, Sequence

from penstock.adoption.baseline import Baseline, IsThere, Known, compare, known, stale
from penstock.adoption.others_charts import without_inner_affairs
from penstock.adoption.selection import Selection
from penstock.adoption.selectors import Codes
from penstock.adoption.severities import SeverityRule, in_order_of_use, unknown_codes, with_severities
from penstock.adoption.suppressions import Suppressions, complaints, settle, unused
from penstock.adoption.told_twice import without_echoes
from penstock.findings import Finding, Hidden, Report
from penstock.records import NamedTuple


class Policy(NamedTuple):
    """What a repository says about findings, and the codes that exist.

    `is_whole` says that the whole repository is checked. Only then it is certain that an entry is no longer needed.
    """

    codes: Codes
    severities: Sequence[SeverityRule] = ()
    suppressions: Suppressions = Suppressions({}, {}, ())
    is_whole: bool = True


def judge(report: Report, policy: Policy) -> Report:
    """Return the findings with the severities of the repository, and without those that it has settled."""
    rules = in_order_of_use(policy.severities, policy.codes)
    judged = with_severities(without_inner_affairs(without_echoes(report.findings)), rules)
    settled = settle(judged, policy.suppressions, policy.codes)
    written = policy.suppressions.all()
    about_settings = [*unknown_codes(policy.severities, policy.codes), *complaints(written, policy.codes)]
    if policy.is_whole:
        about_settings += unused(written, settled.used, policy.codes, report.gaps)
    more = with_severities(about_settings, rules)
    findings = in_order([*settled.findings, *more])
    return report._replace(findings=findings, hidden=report.hidden._replace(suppressed=settled.number))


def without_known(report: Report, known: Known, is_there: IsThere, baseline: Baseline | None = None) -> Report:
    """Return the findings that are new. A baseline entry that nothing needs is a finding, too."""
    compared = compare(report.findings, known, is_there)
    findings = in_order([*compared.new, *(stale(compared.left, baseline, report.gaps) if baseline else ())])
    return report._replace(findings=findings, hidden=report.hidden._replace(known=report.hidden.known + compared.known))


def without_earlier(report: Report, earlier: Sequence[Finding], is_there: IsThere) -> Report:
    """Return the findings that are new since an earlier state. What was an info there is no mistake that is known: it
    may have become one by a change elsewhere.
    """
    mistakes, infos = _parted(report.findings)
    earlier_mistakes, earlier_infos = _parted(earlier)
    of_mistakes = compare(mistakes, known(earlier_mistakes), is_there)
    of_infos = compare(infos, known(earlier_infos) + of_mistakes.left, is_there)
    number = report.hidden.known + of_mistakes.known + of_infos.known
    return report._replace(
        findings=in_order([*of_mistakes.new, *of_infos.new]), hidden=report.hidden._replace(known=number)
    )


def _parted(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return the errors and warnings, and apart from them the infos."""
    infos = [each for each in findings if each.severity == "info"]
    return [each for each in findings if each.severity != "info"], infos


def selected(report: Report, selection: Selection) -> Report:
    """Return the findings that this run asks for."""
    wanted = tuple(filter(selection.wants, report.findings))
    hidden: Hidden = report.hidden._replace(unselected=len(report.findings) - len(wanted))
    return report._replace(findings=wanted, hidden=hidden)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of a report: that of files and lines."""
    return tuple(sorted(findings, key=lambda each: (each.pos, each.code, each.message, each.severity)))
