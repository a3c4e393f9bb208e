"""What two rules say of one object is told once."""

from collections.abc import Iterable

from penstock.findings import Finding
from penstock.moments import HELM_HOOK

OF_CHARTS, OF_OBJECTS = "PS723", "PS486"
"""A hook that only Helm runs, as the reading of charts and as the rules for objects report it."""


def without_echoes(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those about Helm's hooks in a template of which the reading of charts tells."""
    found = list(findings)
    told = {each.pos.path for each in found if each.code == OF_CHARTS}
    return [each for each in found if not (_is_about_helm(each) and each.pos.path in told)]


def _is_about_helm(finding: Finding) -> bool:
    return finding.code == OF_OBJECTS and HELM_HOOK in finding.message
