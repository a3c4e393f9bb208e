"""Objects as policies see them: the API server fills in fields before it asks a policy, so their absence says nothing.

Source: pkg/apis/*/v1/defaults.go; apiserver pkg/registry/rest/create.go. Fields of free maps, such as labels, stay as
they are.
"""

from collections.abc import Mapping
from typing import Any

from penstock.validate.cel.values import UnsupportedError, key_in

FREE = frozenset(
    ("annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "parameters", "stringData")
)
"""Fields whose mappings have keys that users choose, and that nobody fills in."""

OF_PROBES = frozenset(("failureThreshold", "periodSeconds", "successThreshold", "timeoutSeconds"))
OF_CONTAINERS = frozenset(
    ("imagePullPolicy", "resources", "terminationMessagePath", "terminationMessagePolicy", "volumeMounts")
)
OF_VOLUMES = frozenset(("defaultMode",))
OF_SPECS = frozenset(
    (
        *("dnsPolicy", "enableServiceLinks", "preemptionPolicy", "priority", "restartPolicy", "schedulerName"),
        *("securityContext", "serviceAccount", "serviceAccountName", "terminationGracePeriodSeconds", "tolerations"),
        *("volumes", "nodeName", "backoffLimit", "completionMode", "completions", "concurrencyPolicy", "replicas"),
        *("failedJobsHistoryLimit", "parallelism", "persistentVolumeClaimRetentionPolicy", "podManagementPolicy"),
        *("podReplacementPolicy", "progressDeadlineSeconds", "revisionHistoryLimit", "selector", "strategy", "suspend"),
        *("successfulJobsHistoryLimit", "updateStrategy", "minReplicas", "metrics", "allocateLoadBalancerNodePorts"),
        *("clusterIP", "clusterIPs", "externalTrafficPolicy", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy"),
        *("healthCheckNodePort", "sessionAffinity", "type", "policyTypes", "persistentVolumeReclaimPolicy"),
        *("storageClassName", "volumeMode", "finalizers", "ingressClassName", "podSelector", "template"),
    )
)

FILLED_IN: Mapping[str, frozenset[str]] = {
    "": frozenset(("status", "type", "reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion", "preemptionPolicy")),
    "metadata": frozenset(("creationTimestamp", "finalizers", "generation", "managedFields", "namespace", "uid")),
    "spec": OF_SPECS,
    **dict.fromkeys(("containers", "initContainers"), OF_CONTAINERS),
    **dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), OF_PROBES),
    **dict.fromkeys(("configMap", "downwardAPI", "projected", "secret"), OF_VOLUMES),
    **dict.fromkeys(("strategy", "updateStrategy"), frozenset(("rollingUpdate", "type"))),
    "rollingUpdate": frozenset(("maxSurge", "maxUnavailable", "partition")),
    "ports": frozenset(("hostPort", "nodePort", "protocol", "targetPort")),
    "httpGet": frozenset(("path", "scheme")),
    "grpc": frozenset(("service",)),
    "resources": frozenset(("requests",)),
    "requests": frozenset(("cpu", "ephemeral-storage", "memory")),
    "template": frozenset(("metadata",)),
    "hostPath": frozenset(("type",)),
    "fieldRef": frozenset(("apiVersion",)),
    "serviceAccountToken": frozenset(("expirationSeconds",)),
    **dict.fromkeys(("roleRef", "subjects"), frozenset(("apiGroup", "namespace"))),
}
"""The fields that may be filled in, by the field in which their mapping stands, directly or in a list."""


class FilledIn(dict[str, Any]):
    """A mapping in which the fields `unsaid` may have a value that the manifest does not have."""

    unsaid: frozenset[str] = frozenset()


def has_key(owner: Mapping[Any, Any], key: Any, *, is_asked: bool = False) -> bool:
    """Return whether a map has a key. `is_asked` says that only this is asked for, and not the value.

    Raises UnsupportedError where the API server may have filled in the field, or dropped its empty value.
    """
    if isinstance(owner, FilledIn) and key in owner.unsaid and (is_asked or key not in owner):
        raise UnsupportedError(f"the API server may fill in or drop {key!r}")
    return key_in(owner, key)


def filled_in(value: Any, field: str = "") -> Any:
    """Return an object, or the value of one of its fields, as the API server sees it, as far as that is known."""
    if isinstance(value, list):
        return [filled_in(each, field) for each in value]
    if not isinstance(value, dict) or field in FREE:
        return value
    found = FilledIn({key: filled_in(each, key) for key, each in value.items() if each is not None})
    # An empty value may be dropped, or not: `data: {}` is, `emptyDir: {}` is not.
    empty = {key for key, each in found.items() if each in ({}, [], "", False)}
    found.unsaid = (FILLED_IN.get(field, frozenset()) - found.keys()) | empty
    return found
