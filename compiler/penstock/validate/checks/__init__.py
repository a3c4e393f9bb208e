"""What `schemas/validation.yaml` cannot say in a word of its own, by the names that the table calls it by.

A check is given one mapping of a type and where it stands; it sees what is inside, whatever shape that has, and passes
over what has the wrong type, since the schema reports that.
"""

from collections.abc import Callable, Iterator

from penstock.model import Pointer, Tree
from penstock.validate.checks import (
    definitions,
    devices,
    environment,
    events,
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
    trust,
    volumes,
    workloads,
)
from penstock.validate.fault import Fault

Check = Callable[[Tree, Pointer], Iterator[Fault]]

CHECKS: dict[str, Check] = {
    **definitions.CHECKS,
    **devices.CHECKS,
    **environment.CHECKS,
    **events.CHECKS,
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
    **trust.CHECKS,
    **volumes.CHECKS,
    **workloads.CHECKS,
}
