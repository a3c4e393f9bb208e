"""Resources → Diagnostics: what the API server would refuse, and what it would take and then not run.

Each object is checked against the schema of its kind and by every rule. What cannot be checked is counted and said.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from penstock.model import Diagnostic, Origin, Pointer, Resource, Severity
from penstock.tree import origin_of
from penstock.validate.custom import CustomKinds
from penstock.validate.explain import explain
from penstock.validate.fault import Fault
from penstock.validate.kinds import suspicion, why_unknown
from penstock.validate.limits import Node
from penstock.validate.places import right_place
from penstock.validate.rules import RULES
from penstock.validate.schemas import Kind, Schemas
from penstock.validate.wording import dotted

MAX_FAULTS = 100
"""Findings of one kind of check about one object; more of them help nobody."""

_INFORMATION = ("PS405", "PS409")


class Coverage(NamedTuple):
    """How much was checked: objects in all, those with a schema, and by kind those without one."""

    objects: int
    checked: int
    without_schema: tuple[tuple[str, int], ...]


def validate(resources: Sequence[Resource], schemas: Schemas) -> tuple[Coverage, list[Diagnostic]]:
    """Check every object. Findings are reported where the field was written, whichever file that is."""
    customs = CustomKinds(resources, schemas.acceptors)
    diagnostics: list[Diagnostic] = []
    unknown: dict[Kind, list[Resource]] = {}
    customised: dict[Kind, list[Resource]] = {}
    for resource in resources:
        kind = Kind(resource.id.group, resource.version, resource.id.kind)
        if kind in schemas.kinds:
            root: Node = {"$ref": schemas.kinds[kind]}
            diagnostics += _by_schema(resource, root, schemas)
        elif custom := customs.find(kind):
            customised.setdefault(kind, []).append(resource)
            diagnostics += _by_schema(resource, custom.schema, schemas)
        elif fault := why_unknown(kind, schemas, customs):
            diagnostics.append(_diagnostic(resource, fault))
        else:
            unknown.setdefault(kind, []).append(resource)
        diagnostics += _by_rules(resource)
    diagnostics += [_no_schema(kind, found, suspicion(kind, schemas, customs)) for kind, found in unknown.items()]
    for kind, found in customised.items():
        diagnostics += _not_evaluated(kind, found, customs)
    counts = tuple((str(kind), len(found)) for kind, found in unknown.items())
    return Coverage(len(resources), len(resources) - sum(count for _, count in counts), counts), diagnostics
