"""The bound on the findings of a target. Nobody reads ten thousand, and finding their lines takes longer than compiling
the target.
"""

from collections.abc import Iterable, Sequence

from penstock.findings import SEVERITIES, is_said_once
from penstock.model import Diagnostic

MOST_FINDINGS = 10_000
"""The findings of one target, and those about one file of settings."""


def bounded(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings, or the gravest of them and one that counts the others, if there are more than the bound.

    Findings that are said once for many objects are few, and stay. The last finding is as grave as those that it
    stands for.
    """
    found = list(findings)
    if len(found) <= MOST_FINDINGS + 1:  # with the last one of an earlier call
        return found
    ordered = sorted(found, key=_rank)
    return [*ordered[:MOST_FINDINGS], _further(ordered[MOST_FINDINGS:])]


def _rank(finding: Diagnostic) -> int:
    return -1 if is_said_once(finding) else SEVERITIES.index(finding.severity)


def _further(left: Sequence[Diagnostic]) -> Diagnostic:
    """Return the finding about further ones, at the first of them."""
    message = f"there are {len(left):,} more findings behind the first {MOST_FINDINGS:,}"
    return left[0]._replace(
        code="PS170", message=message, hint="mend some of them and try again", notes=(), others=(), resource=None
    )
