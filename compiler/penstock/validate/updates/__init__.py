"""The rules about updates of objects, one file each. A rule's docstring is its page in the manual."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from penstock.model import Diagnostic, Resource, ResourceId, Severity
from penstock.tree import origin_of
from penstock.validate.fault import Fault, Problem
from penstock.validate.patience import Patience
from penstock.validate.updates import immutable_field, kept_rollout, removed_version, shrinking_claim, transition_rule


class Page(Protocol):
    """The attributes of every rule module."""

    CODE: str
    NAME: str
    SEVERITY: Severity
    __doc__: str | None


class UpdateRule(Page, Protocol):
    """The interface of a rule module. `check` never raises, whatever the shape of the bodies."""

    def check(self, old: Resource, new: Resource) -> Iterator[Problem]: ...


UPDATES: tuple[UpdateRule, ...] = (immutable_field, shrinking_claim, removed_version, kept_rollout)
"""The rules for updates that need no definition, in the order of their codes."""

_RULES: tuple[Page, ...] = (*UPDATES, transition_rule)

PAGES = tuple((rule.CODE, rule.NAME, rule.__doc__ or "") for rule in _RULES)


def judge_updates(
    resources: Sequence[Resource],
    before: Mapping[ResourceId, Resource],
    beside: transition_rule.Beside,
    patience: Patience,
) -> Iterator[Diagnostic]:
    """Yield what the API server would refuse in the update from the old objects (`before`) to those of a target.

    `beside` returns the schemas of custom resources that are not among the sources. `patience` is what expressions may
    still cost in this run.
    """
    definitions = [*before.values(), *resources] if before else []
    by_definition = transition_rule.transition_rule(definitions, beside, patience)
    for new in resources:
        old = before.get(new.id)
        if old is not None and old.body is not new.body:
            for rule in UPDATES:
                yield from _diagnostics(rule, new, rule.check(old, new))
            yield from _diagnostics(transition_rule, new, by_definition(old, new))


def _diagnostics(rule: Page, new: Resource, problems: Iterator[Problem | Fault]) -> Iterator[Diagnostic]:
    for problem in problems:
        where = origin_of(new, problem.at)
        if isinstance(problem, Fault):  # what was not evaluated
            yield Diagnostic(problem.code, "info", problem.message, where, new.id, hint=problem.hint)
        else:
            yield Diagnostic(rule.CODE, rule.SEVERITY, problem.message, where, new.id, hint=problem.hint)
