"""The bound on the findings of a target. Nobody reads ten thousand, and finding their lines takes longer than compiling
the target.
"""

from collections.abc import Iterable, Sequence

from penstock.findings import SEVERITIES, is_said_once
from penstock.model import Blame, Diagnostic, Severity

MOST_FINDINGS = 10_000
"""The findings of one target, and those about one file of settings."""


def bounded(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings, or the gravest of them and one that counts the others, if there are more than the bound.

    The first finding of each code stays, since a code may decide on the exit status, or be the one that is asked for.
    So do findings that are said once for many objects, which are few. The last finding is as grave as those that it
    stands for.
    """
    found = list(findings)
    if len(found) <= MOST_FINDINGS + 1:  # with the last one of an earlier call
        return found
    firsts: dict[tuple[str, Severity, Blame], Diagnostic] = {}
    for finding in found:
        firsts.setdefault((finding.code, finding.severity, finding.blame), finding)
    stay = set(map(id, firsts.values()))
    ordered = sorted(found, key=lambda finding: -1 if id(finding) in stay else _rank(finding))
    return [*ordered[:MOST_FINDINGS], _further(ordered[MOST_FINDINGS:])]


def _rank(finding: Diagnostic) -> int:
    return -1 if is_said_once(finding) else SEVERITIES.index(finding.severity)


def _further(left: Sequence[Diagnostic]) -> Diagnostic:
    """Return the finding about further ones, at the first of them."""
    message = f"there are {len(left):,} more findings behind the first {MOST_FINDINGS:,}"
    return left[0]._replace(
        code="PS170", message=message, hint="mend some of them and try again", notes=(), others=(), resource=None
    )
