"""The legacy order of kinds, by which Kustomize sorts its output and its field specs."""

from collections.abc import Sequence
from functools import lru_cache

from penstock.resolve.finding.identities import Gvk

ORDER_FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)

ORDER_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def ranks(first: Sequence[str], last: Sequence[str]) -> dict[str, int]:
    """Return the rank of each kind: negative for `first`, positive for `last`. Other kinds have no rank."""
    return {
        **{kind: index - len(first) for index, kind in enumerate(first)},
        **{kind: 1 + index for index, kind in enumerate(last)},
    }


RANKS = ranks(ORDER_FIRST, ORDER_LAST)


@lru_cache(maxsize=4096)
def rank(gvk: Gvk) -> tuple[int, str]:
    """Return the key by which Kustomize sorts field specs by kind: the rank, then the group, version and kind as
    text.
    """
    return RANKS.get(gvk.kind, 0), f"{gvk.group or '~G'}_{gvk.version or '~V'}_{gvk.kind or '~K'}"
