"""Rules beyond the schema, one file each. A rule's docstring is its page in the manual; a test runs its examples."""

from collections.abc import Iterator
from functools import cache
from typing import Protocol

from penstock.model import Resource, Severity
from penstock.validate.fault import Fault, Problem
from penstock.validate.objects import Kinds
from penstock.validate.rules import (
    annotation_key,
    autoscaler_bounds,
    container_image,
    container_name,
    cron_schedule,
    data_key,
    disruption_budget,
    environment_variable,
    flux_expression,
    hook_moment,
    ingress_path,
    label_syntax,
    object_name,
    one_choice,
    port_name,
    resource_requests,
    restart_policy,
    role_binding,
    role_rule,
    schema_default,
    selector_matches_template,
    service_ports,
    update_strategy,
    volume_mount,
)


class Rule(Protocol):
    """The interface of a rule module. `check` is for objects of `KINDS`, and never raises, whatever their shape.

    What a rule cannot check is a fault with the code of that.
    """

    CODE: str
    NAME: str
    SEVERITY: Severity
    KINDS: Kinds
    __doc__: str | None

    def check(self, resource: Resource) -> Iterator[Problem | Fault]: ...


RULES: tuple[Rule, ...] = (
    object_name,
    label_syntax,
    annotation_key,
    selector_matches_template,
    container_name,
    container_image,
    port_name,
    restart_policy,
    service_ports,
    data_key,
    resource_requests,
    volume_mount,
    environment_variable,
    one_choice,
    role_binding,
    update_strategy,
    cron_schedule,
    autoscaler_bounds,
    disruption_budget,
    role_rule,
    ingress_path,
    schema_default,
    hook_moment,
    flux_expression,
)
"""All rules, in the order of their codes. The order has no other effect."""


@cache
def rules_about(group: str, kind: str) -> tuple[Rule, ...]:
    """Return the rules that apply to a kind."""
    return tuple(rule for rule in RULES if rule.KINDS is None or (group, kind) in rule.KINDS)
