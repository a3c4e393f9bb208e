"""Rules about changes: what an update of an object may not do, a file each. Their docstrings are their pages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from penstock.model import Diagnostic, Resource, ResourceId, Severity
from penstock.tree import origin_of
from penstock.validate.fault import Problem
from penstock.validate.updates import immutable_field, removed_version, shrinking_claim


class UpdateRule(Protocol):
    """What the module of a rule holds. `check` never raises, whatever the shapes of the bodies."""

    CODE: str
    NAME: str
    SEVERITY: Severity
    __doc__: str | None

    def check(self, old: Resource, new: Resource) -> Iterator[Problem]: ...


UPDATES: tuple[UpdateRule, ...] = (immutable_field, shrinking_claim, removed_version)
"""In the order of their codes."""

PAGES = tuple((rule.CODE, rule.NAME, rule.__doc__ or "") for rule in UPDATES)


def judge_updates(resources: Iterable[Resource], before: Mapping[ResourceId, Resource]) -> Iterator[Diagnostic]:
    """What the API server would refuse of the way from the objects before to those of a target."""
    for new in resources:
        old = before.get(new.id)
        if old is not None and old.body is not new.body:
            yield from _of_one(old, new)


def _of_one(old: Resource, new: Resource) -> Iterator[Diagnostic]:
    for rule in UPDATES:
        for problem in rule.check(old, new):
            where = origin_of(new, problem.at)
            yield Diagnostic(rule.CODE, rule.SEVERITY, problem.message, where, new.id, hint=problem.hint)
