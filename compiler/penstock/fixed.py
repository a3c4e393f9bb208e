"""Fields that the API server lets nobody change once an object exists, and whether an update changes them.

A manifest does not say everything: the API server fills in defaults, and controllers fill in fields. So a difference
between two manifests may be none for the server (`terminationGracePeriodSeconds: 30` that was not written before), or
one of which nobody can be sure (a `storageClassName` that was the cluster's default before).

Source: pkg/apis/*/validation, the functions Validate…Update, and pkg/apis/*/v1/defaults.go, as of Kubernetes 1.37. The
verdicts were compared with those of a real API server.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import eq
from typing import Any, Literal

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import MISSING, get

Kind = tuple[str, str]
"""The group of an object, and its kind."""

ANY = object()
"""The default of a field for which the API server or a controller fills in a value that is not known here."""

KEPT = object()
"""The default of a field that may be set later, also by a controller, and then never removed."""

SOURCES_OF_VOLUMES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume"),
    *("quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)

FIELDS: dict[Kind, dict[str, Any]] = {
    ("", "Node"): {
        "spec.externalID": None,
        "spec.podCIDR": KEPT,
        "spec.podCIDRs": KEPT,
        "spec.providerID": KEPT,
    },
    ("", "PersistentVolume"): {
        "spec.volumeMode": "Filesystem",
        "spec.nodeAffinity": ANY,
        **{f"spec.{source}": None for source in SOURCES_OF_VOLUMES},
    },
    ("", "PersistentVolumeClaim"): {
        "spec.accessModes": None,
        "spec.resources.limits": None,
        "spec.selector": None,
        "spec.storageClassName": KEPT,
        "spec.volumeMode": "Filesystem",
        "spec.volumeName": KEPT,
    },
    ("", "Pod"): {"spec": None},
    ("", "Secret"): {"type": "Opaque"},
    ("", "Service"): {"spec.clusterIP": ANY, "spec.clusterIPs": ANY, "spec.healthCheckNodePort": ANY},
    ("apiextensions.k8s.io", "CustomResourceDefinition"): {
        "spec.group": None,
        "spec.names.kind": None,
        "spec.names.plural": None,
        "spec.scope": None,
    },
    ("apps", "ControllerRevision"): {"data": None},
    ("apps", "DaemonSet"): {"spec.selector": None},
    ("apps", "Deployment"): {"spec.selector": None},
    ("apps", "ReplicaSet"): {"spec.selector": None},
    ("apps", "StatefulSet"): {
        "spec.selector": None,
        "spec.serviceName": None,
        "spec.podManagementPolicy": "OrderedReady",
        "spec.volumeClaimTemplates": None,
    },
    ("batch", "Job"): {
        "spec.selector": ANY,
        "spec.template": None,
        "spec.completionMode": "NonIndexed",
        "spec.podFailurePolicy": None,
        "spec.successPolicy": None,
        "spec.backoffLimitPerIndex": None,
        "spec.managedBy": None,
    },
    ("certificates.k8s.io", "PodCertificateRequest"): {"spec": None},
    ("discovery.k8s.io", "EndpointSlice"): {"addressType": None},
    ("networking.k8s.io", "IngressClass"): {"spec.controller": None},
    ("networking.k8s.io", "IPAddress"): {"spec.parentRef": None},
    ("networking.k8s.io", "ServiceCIDR"): {"spec.cidrs": ANY},
    ("node.k8s.io", "RuntimeClass"): {"handler": None},
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef": None},
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef": None},
    ("resource.k8s.io", "ResourceClaim"): {"spec": None},
    ("resource.k8s.io", "ResourceClaimTemplate"): {"spec": None},
    ("resource.k8s.io", "ResourceSlice"): {"spec.driver": None, "spec.nodeName": None, "spec.pool.name": None},
    ("scheduling.k8s.io", "PriorityClass"): {"value": 0, "preemptionPolicy": "PreemptLowerPriority"},
    ("storage.k8s.io", "CSIDriver"): {"spec.attachRequired": True, "spec.volumeLifecycleModes": ["Persistent"]},
    ("storage.k8s.io", "CSIStorageCapacity"): {"nodeTopology": None, "storageClassName": None},
    ("storage.k8s.io", "StorageClass"): {
        "parameters": None,
        "provisioner": None,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    },
    ("storage.k8s.io", "VolumeAttachment"): {"spec": None},
    ("storage.k8s.io", "VolumeAttributesClass"): {"driverName": None, "parameters": None},
    ("storagemigration.k8s.io", "StorageVersionMigration"): {"spec": None},
}
"""The fields of each kind that cannot change, each with its default: the value that its absence means."""

FREE: dict[Kind, frozenset[str]] = {
    ("", "Pod"): frozenset(
        (
            *("spec.activeDeadlineSeconds", "spec.containers.*.image", "spec.initContainers.*.image"),
            *("spec.schedulingGates", "spec.tolerations"),
        )
    ),
}
"""The fields inside a fixed one that may change all the same. `*` stands for the index of a list element."""

FREE_WHILE_SUSPENDED = frozenset(
    f"spec.template.{field}"
    for field in (
        *("metadata", "spec.affinity", "spec.nodeSelector", "spec.schedulingGates", "spec.tolerations"),
        *("spec.containers.*.resources", "spec.initContainers.*.resources"),
    )
)
"""The fields in the template of a Job that may change before its pods are started."""

DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(("apiVersion", "creationTimestamp", "kind", "status"), ANY),
    **dict.fromkeys(("cachingMode", "defaultMode", "divisor", "fsType", "hostPort", "imagePullPolicy"), ANY),
    **dict.fromkeys(("nodeName", "preemptionPolicy", "priority", "procMount", "requests", "resizePolicy"), ANY),
    "serviceAccount": ANY,
    "allocationMode": "ExactCount",
    "apiGroup": "rbac.authorization.k8s.io",
    "count": 1,
    "derivedAttributes": ANY,
    "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True,
    "expirationSeconds": 3600,
    "failureThreshold": 3,
    "iscsiInterface": "default",
    "keyring": "/etc/ceph/keyring",
    "operator": "Equal",
    "periodSeconds": 10,
    "pool": "rbd",
    "protocol": "TCP",
    "schedulerName": "default-scheduler",
    "restartPolicy": "Always",
    "scheme": "HTTP",
    "serviceAccountName": "default",
    "successThreshold": 1,
    "terminationGracePeriodSeconds": 30,
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "timeoutSeconds": 1,
    "user": "admin",
    "volumeMode": "Filesystem",
}
"""The defaults of fields inside the fixed ones, by name."""

AMOUNTS = ("capacity", "limits", "requests")
"""The fields whose values are quantities, which may be spelled in several ways."""

SEALED: dict[Kind, tuple[str, ...]] = {
    ("", "ConfigMap"): ("immutable", "data", "binaryData"),
    ("", "Secret"): ("immutable", "data"),
}
"""The fields that `immutable: true` seals, itself among them. Those of a Secret include what `stringData` adds."""


class FixedField(NamedTuple):
    """A field that cannot change, and does. A side without it has its default, or MISSING where that is not known.

    `is_certain` says that the API server refuses the update, whatever defaults it has filled in.
    """

    at: Pointer
    before: Any
    after: Any
    is_certain: bool


SameAmount = Callable[[Any, Any], bool]
"""Returns whether two quantities are equal, such as 1Gi and 1024Mi."""


def changed_fields(kind: Kind, before: Tree, after: Tree, same_amount: SameAmount = eq) -> Iterator[FixedField]:
    """Yield the fields of an object that an update would change, and that the API server keeps."""
    is_suspended = kind == ("batch", "Job") and get(before, ("spec", "suspend"), False) is True
    free = FREE_WHILE_SUSPENDED if is_suspended else FREE.get(kind, frozenset())
    comparison = _Comparison(free, same_amount)
    for path, default in FIELDS.get(kind, {}).items():
        at: tuple[str, ...] = tuple(path.split("."))
        was, now = get(before, at, MISSING), get(after, at, MISSING)
        found = comparison.difference(was, now, at, default)
        if found != SAME:
            yield FixedField(at, _or_default(was, default), _or_default(now, default), found == CERTAIN)
    for place in _MORE.get(kind, _nothing_more)(before, after):
        yield FixedField(place, get(before, place, MISSING), get(after, place, MISSING), is_certain=True)


def _or_default(value: Any, default: Any) -> Any:
    return value if value is not MISSING or default in (ANY, KEPT, None) else default


Difference = Literal[0, 1, 2]
SAME: Difference = 0
OPEN: Difference = 1
CERTAIN: Difference = 2
"""How two values differ for the API server: not at all, perhaps, or certainly."""


class _Comparison:
    """The comparison of two manifests of one object. `free` are the paths that may differ."""

    def __init__(self, free: frozenset[str], same_amount: SameAmount) -> None:
        self._free = free
        self._same_amount = same_amount

    def difference(self, was: Any, now: Any, at: tuple[str, ...], default: Any) -> Difference:
        """Return how the values at a path differ. `default` is what the absence of the value means."""
        if was == now or ".".join(at) in self._free:
            return SAME
        if _is_unset(was) or _is_unset(now):
            return _beside_default(was, now, default)
        if isinstance(was, dict) and isinstance(now, dict):
            return _largest(
                self.difference(was.get(key), now.get(key), (*at, key), _default_of(key, was, now))
                for key in was.keys() | now.keys()
            )
        if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
            return _largest(self.difference(*pair, (*at, "*"), None) for pair in zip(was, now, strict=True))
        is_same = at[-2:-1] and at[-2] in AMOUNTS and self._same_amount(was, now)
        return SAME if is_same else CERTAIN


def _default_of(key: str, was: Tree, now: Tree) -> Any:
    """Return the default of a field. Requests of resources may follow from limits, a list of names cannot."""
    is_list = isinstance(was.get(key), list) or isinstance(now.get(key), list)
    return None if key == "requests" and is_list else DEFAULTS.get(key)


def _largest(differences: Iterable[Difference]) -> Difference:
    return max(differences, default=SAME)


def _is_unset(value: Any) -> bool:
    """Return whether the API server may read a value as if the field was not there."""
    return value is MISSING or value is None or value is False or value in ("", [], {})


def _beside_default(was: Any, now: Any, default: Any) -> Difference:
    """Return how two values differ of which one is not set."""
    if default is True:
        one, two = (True if value is MISSING or value is None else value for value in (was, now))
        return SAME if one == two else CERTAIN
    if _is_unset(was) and _is_unset(now):
        return SAME
    if default is KEPT:
        return CERTAIN if _is_unset(now) else OPEN
    if default is ANY:
        return OPEN
    return SAME if (now if _is_unset(was) else was) == default else CERTAIN


# --- kinds whose fields depend on each other --------------------------------------------------------------------------

TYPE, ADDRESS, CLASS = ("spec", "type"), ("spec", "clusterIP"), ("spec", "loadBalancerClass")
BALANCER = "LoadBalancer"
CLASS_OF_CLAIM, SCOPES, DRIVERS = ("spec", "storageClassName"), ("spec", "scopes"), ("spec", "drivers")
COMPLETIONS, PARALLELISM = ("spec", "completions"), ("spec", "parallelism")


def _nothing_more(before: Tree, after: Tree) -> Iterator[Pointer]:
    return iter(())


def _of_service(before: Tree, after: Tree) -> Iterator[Pointer]:
    """Yield the class of a load balancer that stays one, and the address of a Service that becomes headless."""
    types = [get(body, TYPE, "ClusterIP") for body in (before, after)]
    if types == [BALANCER, BALANCER] and get(before, CLASS, None) != get(after, CLASS, None):
        yield CLASS
    has_address = types[0] != "ExternalName" and _is_unset(get(before, ADDRESS, None))
    if has_address and get(after, ADDRESS, None) == "None":
        yield ADDRESS


def _of_job(before: Tree, after: Tree) -> Iterator[Pointer]:
    """Yield the number of completions, which only an indexed Job changes, together with its parallelism."""
    was, now = get(before, COMPLETIONS, None), get(after, COMPLETIONS, None)
    if was is None and get(before, PARALLELISM, None) is None:
        was = 1
    is_indexed = get(before, ("spec", "completionMode"), "NonIndexed") == "Indexed"
    if now not in (None, was) and not (is_indexed and now == get(after, PARALLELISM, 1)):
        yield COMPLETIONS


def _of_claim(before: Tree, after: Tree) -> Iterator[Pointer]:
    """Yield the data source of a claim, and its class where that was said to be none.

    The API server copies `dataSource` to `dataSourceRef`, and the other way. An empty class is none, and a missing one
    is the default of the cluster.
    """
    if get(before, CLASS_OF_CLAIM, None) == "" and get(after, CLASS_OF_CLAIM, None) != "":
        yield CLASS_OF_CLAIM
    places = [("spec", "dataSourceRef"), ("spec", "dataSource")]
    was, now = ([found for at in places if not _is_unset(found := get(body, at, None))] for body in (before, after))
    if was[:1] != now[:1]:
        yield next((at for at in places if not _is_unset(get(after, at, None))), places[0])


def _of_quota(before: Tree, after: Tree) -> Iterator[Pointer]:
    """Yield the scopes of a quota. Their order does not count."""
    was, now = (set(map(str, get(body, SCOPES, None) or ())) for body in (before, after))
    if was != now:
        yield SCOPES


def _of_node(before: Tree, after: Tree) -> Iterator[Pointer]:
    """Yield the drivers of a node that stay, and that are described in another way."""
    known = {each.get("name"): _described(each) for each in _drivers(before)}
    for index, driver in enumerate(_drivers(after)):
        if driver.get("name") in known and known[driver.get("name")] != _described(driver):
            yield (*DRIVERS, index)


def _drivers(body: Tree) -> list[Tree]:
    found = get(body, DRIVERS, None)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _described(driver: Tree) -> tuple[str, str]:
    return str(driver.get("nodeID")), str(driver.get("topologyKeys") or None)


_MORE: dict[Kind, Callable[[Tree, Tree], Iterator[Pointer]]] = {
    ("", "PersistentVolumeClaim"): _of_claim,
    ("", "ResourceQuota"): _of_quota,
    ("", "Service"): _of_service,
    ("batch", "Job"): _of_job,
    ("storage.k8s.io", "CSINode"): _of_node,
}


def changed_seals(kind: Kind, before: Tree, after: Tree) -> list[str]:
    """Return the fields that `immutable: true` has sealed, and that an update would change."""
    sealed = SEALED.get(kind, ()) if before.get("immutable") is True else ()
    sides = [_with_plain_data(body) if kind == ("", "Secret") else body for body in (before, after)]
    return [field for field in sealed if sides[0].get(field) != sides[1].get(field)]


def _with_plain_data(secret: Tree) -> Tree:
    """Return a Secret whose `data` holds the bytes of all its values. Values of the wrong type are left as they are."""
    encoded, plain = secret.get("data"), secret.get("stringData")
    values = {key: _decoded(value) for key, value in encoded.items()} if isinstance(encoded, dict) else {}
    if isinstance(plain, dict):
        values |= {
            key: value.encode(errors="replace") if isinstance(value, str) else value for key, value in plain.items()
        }
    return {**secret, "data": values}


def _decoded(value: Any) -> Any:
    try:
        return b64decode(value) if isinstance(value, str) else value
    except ValueError:
        return value


REPLACING = (
    ("helm.sh/hook", ""),
    ("argocd.argoproj.io/hook", ""),
    ("argocd.argoproj.io/sync-options", "Replace=true"),
    ("argocd.argoproj.io/sync-options", "Force=true"),
    ("kustomize.toolkit.fluxcd.io/force", "enabled"),
)
"""The annotations by which a deployer replaces an object, each with a word that the value contains."""


def is_made_anew(body: Mapping[str, Any]) -> bool:
    """Return whether a deployer replaces an object at each change anyway."""
    annotations = get(body, ("metadata", "annotations"))
    if not isinstance(annotations, dict):
        return False
    return any(name in annotations and word in str(annotations[name]) for name, word in REPLACING)
