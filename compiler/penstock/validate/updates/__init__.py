"""Rules about changes: what an update of an object may not do, a file each. Their docstrings are their pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from penstock.model import Diagnostic, Resource, ResourceId, Severity
from penstock.tree import origin_of
from penstock.validate.fault import Problem
from penstock.validate.updates import immutable_field, removed_version, shrinking_claim, transition_rule


class Page(Protocol):
    """What the module of every rule holds."""

    CODE: str
    NAME: str
    SEVERITY: Severity
    __doc__: str | None


class UpdateRule(Page, Protocol):
    """What the module of a rule holds. `check` never raises, whatever the shapes of the bodies."""

    def check(self, old: Resource, new: Resource) -> Iterator[Problem]: ...


UPDATES: tuple[UpdateRule, ...] = (immutable_field, shrinking_claim, removed_version)
"""In the order of their codes."""

_RULES: tuple[Page, ...] = (*UPDATES, transition_rule)

PAGES = tuple((rule.CODE, rule.NAME, rule.__doc__ or "") for rule in _RULES)


def judge_updates(
    resources: Sequence[Resource], before: Mapping[ResourceId, Resource], beside: transition_rule.Beside
) -> Iterator[Diagnostic]:
    """What the API server would refuse of the way from the objects before to those of a target. `beside` gives the
    schemas of custom resources that lie beside the sources.
    """
    by_definition = transition_rule.transition_rule([*before.values(), *resources] if before else [], beside)
    for new in resources:
        old = before.get(new.id)
        if old is not None and old.body is not new.body:
            for rule in UPDATES:
                yield from _diagnostics(rule, new, rule.check(old, new))
            yield from _diagnostics(transition_rule, new, by_definition(old, new))


def _diagnostics(rule: Page, new: Resource, problems: Iterator[Problem]) -> Iterator[Diagnostic]:
    for problem in problems:
        where = origin_of(new, problem.at)
        yield Diagnostic(rule.CODE, rule.SEVERITY, problem.message, where, new.id, hint=problem.hint)
