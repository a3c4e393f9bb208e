"""The checks that no keyword of `schemas/validation.yaml` can express, by the names under which the table calls them.

A check gets one mapping of a type and its path. It may look at everything inside, whatever its shape, and ignores
values of the wrong type, since the schema reports them.
"""

from collections.abc import Callable, Iterator

from penstock.model import Pointer, Tree
from penstock.validate.checks import (
    annotations,
    definitions,
    devices,
    environment,
    events,
    flows,
    gangs,
    in_cel,
    jobs,
    metrics,
    names,
    network,
    nodes,
    pods,
    policies,
    quotas,
    resources,
    scheduling,
    secrets,
    subresources,
    trust,
    volumes,
    workloads,
)
from penstock.validate.fault import Fault

Check = Callable[[Tree, Pointer], Iterator[Fault]]

CHECKS: dict[str, Check] = {
    **annotations.CHECKS,
    **definitions.CHECKS,
    **devices.CHECKS,
    **environment.CHECKS,
    **events.CHECKS,
    **flows.CHECKS,
    **gangs.CHECKS,
    **in_cel.CHECKS,
    **jobs.CHECKS,
    **metrics.CHECKS,
    **names.CHECKS,
    **network.CHECKS,
    **nodes.CHECKS,
    **pods.CHECKS,
    **policies.CHECKS,
    **quotas.CHECKS,
    **resources.CHECKS,
    **scheduling.CHECKS,
    **secrets.CHECKS,
    **subresources.CHECKS,
    **trust.CHECKS,
    **volumes.CHECKS,
    **workloads.CHECKS,
}
