"""A selector changes: a Service, a NetworkPolicy or a disruption budget applies to other pods than before."""

from collections.abc import Iterator

from penstock.changes import At, Change, Danger, shown

NAME = "selector"

SELECTORS: dict[tuple[str, str], At] = {
    ("", "Service"): ("spec", "selector"),
    ("networking.k8s.io", "NetworkPolicy"): ("spec", "podSelector"),
    ("cilium.io", "CiliumNetworkPolicy"): ("spec", "endpointSelector"),
    ("policy", "PodDisruptionBudget"): ("spec", "selector"),
    ("monitoring.coreos.com", "ServiceMonitor"): ("spec", "selector"),
    ("monitoring.coreos.com", "PodMonitor"): ("spec", "selector"),
}


def check(change: Change) -> Iterator[Danger]:
    at = SELECTORS.get((change.id.group, change.id.kind))
    for field in change.fields if at else ():
        if at and field.at[: len(at)] == at:
            yield Danger(NAME, "caution", f"{shown(field.at)}: it selects other pods than before")
