"""Volumes, claims and mounts: what their sources need, and what containers may do with them.

Source: pkg/apis/core/validation, validateVolumeSource, ValidateVolumeMounts, ValidateVolumeDevices,
validateProjectionSources, ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeSpec.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.checks.resources import in_64_bits
from penstock.validate.fault import Fault
from penstock.validate.objects import amount_of, containers_of, items, mapping, mappings, text_of
from penstock.validate.syntax import DNS_SUBDOMAIN, is_dns_label, is_dns_subdomain, quantity
from penstock.words import quoted

SOURCE, CLAIM, MOUNT = "PS445", "PS445", "PS445"

CERTIFICATE_PATHS = ("credentialBundlePath", "keyPath", "certificateChainPath")


def check_empty_dir(value: Tree, at: Pointer) -> Iterator[Fault]:
    limit = amount_of(value, "sizeLimit")
    if limit is not None and limit < 0:
        yield Fault(SOURCE, (*at, "sizeLimit"), f"{quoted(str(value['sizeLimit']))} is negative")


def check_csi(value: Tree, at: Pointer) -> Iterator[Fault]:
    reference: Any = value.get("nodePublishSecretRef")
    if not isinstance(reference, dict):
        return
    name = reference.get("name")
    if not name:
        yield Fault("PS402", (*at, "nodePublishSecretRef"), 'the field "name" is missing')
    elif isinstance(name, str) and not is_dns_subdomain(name):
        yield Fault("PS431", (*at, "nodePublishSecretRef", "name"), f"{quoted(name)} is not the name of a Secret")


def check_secret_references(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that references to Secrets for a volume driver name the Secret and its namespace."""
    for field in OF_DRIVERS:
        reference: Any = value.get(field)
        if isinstance(reference, dict):
            yield from _needed(reference, ("name", "namespace"), (*at, field))
            yield from _names(reference, (*at, field))


OF_DRIVERS = ("controllerExpandSecretRef", "controllerPublishSecretRef", "nodeExpandSecretRef", "nodePublishSecretRef")


def _names(reference: Tree, at: Pointer) -> Iterator[Fault]:
    name, namespace = text_of(reference, "name"), text_of(reference, "namespace")
    if name and not is_dns_subdomain(name):
        yield Fault("PS431", (*at, "name"), f"{quoted(name)} is not the name of a Secret")
    if namespace and not is_dns_label(namespace):
        yield Fault("PS431", (*at, "namespace"), f"{quoted(namespace)} is not the name of a namespace")


def check_full_secret(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the Secret reference of a PersistentVolume, which needs a namespace since the volume has none."""
    if isinstance(value.get("secretRef"), dict):
        yield from _needed(value["secretRef"], ("name", "namespace"), (*at, "secretRef"))


def check_secret(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the Secret reference of a volume of a pod."""
    if isinstance(value.get("secretRef"), dict):
        yield from _needed(value["secretRef"], ("name",), (*at, "secretRef"))


def _needed(reference: Tree, fields: tuple[str, ...], at: Pointer) -> Iterator[Fault]:
    for field in fields:
        if not reference.get(field):
            yield Fault("PS402", at, f"the field {quoted(field)} is missing")


def check_iscsi(value: Tree, at: Pointer) -> Iterator[Fault]:
    uses_chap = value.get("chapAuthDiscovery") is True or value.get("chapAuthSession") is True
    if uses_chap and value.get("secretRef") is None:
        yield Fault("PS435", at, 'the field "secretRef" is needed where CHAP is used')


def check_azure_disk(value: Tree, at: Pointer) -> Iterator[Fault]:
    uri, kind = value.get("diskURI"), value.get("kind") or "Shared"
    if not isinstance(uri, str) or not uri:
        return
    start = "/subscriptions/" if kind == "Managed" else "https://"
    if not uri.startswith(start):
        yield Fault(SOURCE, (*at, "diskURI"), f"{quoted(uri)} does not start with {start}")


def check_projected(value: Tree, at: Pointer) -> Iterator[Fault]:
    seen: dict[str, Pointer] = {}
    for here, source in mappings(value, ("sources",)):
        yield from _trust(source, (*at, *here))
        for there, path in _paths(source):
            if not path:
                continue
            place = (*at, *here, *there)
            first = seen.setdefault(path, place)
            if first != place:
                yield Fault(
                    "PS436", place, f"another source writes {quoted(path)} already", "", ((first, "the first one"),)
                )


def _trust(source: Tree, at: Pointer) -> Iterator[Fault]:
    bundle = source.get("clusterTrustBundle")
    if isinstance(bundle, dict) and (bundle.get("name") is None) == (bundle.get("signerName") is None):
        yield Fault("PS423", (*at, "clusterTrustBundle"), "either name or signerName is needed")
    certificate = source.get("podCertificate")
    if isinstance(certificate, dict) and not any(certificate.get(field) for field in CERTIFICATE_PATHS):
        message = "a path for the key and the certificates is needed"
        yield Fault("PS435", (*at, "podCertificate"), message, "set credentialBundlePath")


def _paths(source: Tree) -> Iterator[tuple[Pointer, str]]:
    """Yield the files that a source of a projected volume writes, each with the path of the field that names it."""
    for field in ("configMap", "downwardAPI", "secret"):
        for here, item in mappings(source, (field, "items")):
            yield (*here, "path"), text_of(item, "path")
    yield ("clusterTrustBundle", "path"), text_of(mapping(source, ("clusterTrustBundle",)), "path")
    for key in CERTIFICATE_PATHS:
        yield ("podCertificate", key), text_of(mapping(source, ("podCertificate",)), key)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    volumes = {text_of(volume, "name"): volume for _, volume in mappings(value, ("volumes",))}
    for here, container in containers_of(value):
        yield from _mounts(container, (*at, *here))
        yield from _devices(container, volumes, (*at, *here))


def _mounts(container: Tree, at: Pointer) -> Iterator[Fault]:
    devices = {text_of(device, "name"): here for here, device in mappings(container, ("volumeDevices",))}
    paths = {text_of(device, "devicePath"): here for here, device in mappings(container, ("volumeDevices",))}
    is_privileged = mapping(container, ("securityContext",)).get("privileged") is True
    for here, mount in mappings(container, ("volumeMounts",)):
        name, path = text_of(mount, "name"), text_of(mount, "mountPath")
        if name and name in devices:
            message = f"the volume {quoted(name)} is mounted and used as a device"
            yield Fault(MOUNT, (*at, *here, "name"), message, "", (((*at, *devices[name]), "the device"),))
        if path and path in paths:
            message = f"{quoted(path)} is the path of a device too"
            yield Fault(MOUNT, (*at, *here, "mountPath"), message, "", (((*at, *paths[path]), "the device"),))
        if mount.get("mountPropagation") == "Bidirectional" and not is_privileged:
            yield Fault(MOUNT, (*at, *here, "mountPropagation"), "only a privileged container mounts into its node")


def _devices(container: Tree, volumes: dict[str, Tree], at: Pointer) -> Iterator[Fault]:
    seen: set[str] = set()
    for here, device in mappings(container, ("volumeDevices",)):
        name = text_of(device, "name")
        if name and name in volumes and not _is_claim(volumes[name]):
            yield Fault(MOUNT, (*at, *here, "name"), f"the volume {quoted(name)} is no claim, so it is no device")
        if name in seen:
            message = f"the volume {quoted(name)} is a device of this container already"
            yield Fault("PS436", (*at, *here, "name"), message)
        if name:
            seen.add(name)


def _is_claim(volume: Tree) -> bool:
    return volume.get("persistentVolumeClaim") is not None or volume.get("ephemeral") is not None


def check_claim(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the spec of a PersistentVolumeClaim."""
    requests = mapping(value, ("resources", "requests"))
    if requests.get("storage") is None and isinstance(value.get("resources"), dict):
        place = (*at, "resources", "requests") if requests else (*at, "resources")
        yield Fault(CLAIM, place, "a claim asks for storage", "set resources.requests.storage")
    yield from _storage(requests, (*at, "resources", "requests"))
    yield from _access_modes(value, at)
    for field in ("dataSource", "dataSourceRef"):
        if isinstance(value.get(field), dict) and _is_read(field, value):
            yield from _source(value[field], (*at, field))
    yield from _sources(value.get("dataSource"), value.get("dataSourceRef"), at)


def check_claims_of_set(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the sources of claims that a StatefulSet makes: the API server drops none of them there.

    Each of these claims is a volume of the pods, so it has a name.
    """
    for here, claim in mappings(value, ("volumeClaimTemplates",)):
        if claim.get("metadata") is None:
            yield Fault("PS402", (*at, *here), 'the field "metadata" is missing', "write metadata: {name: data}")
        name = mapping(claim, ("metadata",)).get("name")
        if isinstance(name, str) and name and not is_dns_label(name):
            place = (*at, *here, "metadata", "name")
            yield Fault("PS431", place, f"{quoted(name)} is not a DNS label, as the name of a volume is")
        yield from check_claim_template(claim, (*at, *here))


def check_claim_template(value: Tree, at: Pointer) -> Iterator[Fault]:
    claim = mapping(value, ("spec",))
    for field in ("dataSource", "dataSourceRef"):
        if isinstance(claim.get(field), dict) and not _is_read(field, claim):
            place = (*at, "spec", field)
            yield from _source(claim[field], place)
            if field == "dataSource" and not claim[field].get("kind"):
                yield Fault("PS402", place, 'the field "kind" is missing')
            namespace = text_of(claim[field], "namespace")
            if namespace and not is_dns_label(namespace):
                yield Fault("PS431", (*place, "namespace"), f"{quoted(namespace)} is not the name of a namespace")


def _storage(amounts: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that an amount of storage is more than zero. Null counts as zero."""
    number = quantity(amounts["storage"] or 0) if "storage" in amounts else None
    if number is not None and number <= 0:
        yield Fault(CLAIM, (*at, "storage"), f"{quoted(str(amounts['storage']))} is not more than zero")


def _access_modes(value: Tree, at: Pointer) -> Iterator[Fault]:
    modes = items(value, ("accessModes",))
    if "ReadWriteOncePod" in modes and any(each != "ReadWriteOncePod" for each in modes):
        yield Fault(CLAIM, (*at, "accessModes"), '"ReadWriteOncePod" excludes other access modes')


def _is_read(field: str, claim: Tree) -> bool:
    """Return whether the API server reads a source.

    It drops a source in another namespace, which only an alpha feature allows, and a `dataSource` that is neither a
    claim nor a snapshot, where there is no `dataSourceRef`.
    """
    source, other = mapping(claim, (field,)), claim.get("dataSourceRef")
    if field == "dataSourceRef":
        return not source.get("namespace")
    is_claim = source.get("kind") == "PersistentVolumeClaim" and not source.get("apiGroup")
    is_snapshot = (source.get("kind"), source.get("apiGroup")) == ("VolumeSnapshot", "snapshot.storage.k8s.io")
    return is_claim or is_snapshot or (isinstance(other, dict) and not other.get("namespace"))


def _source(source: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the source from which a claim is filled: another claim, or an object with an API group."""
    if at[-1] == "dataSourceRef" and not source.get("kind"):
        yield Fault("PS402", at, 'the field "kind" is missing')
    if source.get("kind") and not source.get("name"):
        yield Fault("PS402", at, 'the field "name" is missing')
    kind, group = text_of(source, "kind"), text_of(source, "apiGroup")
    if kind not in ("", "PersistentVolumeClaim") and not group and "name" in source:
        message = f"{quoted(kind)} is of no API group, and only a PersistentVolumeClaim is of the core group"
        yield Fault(CLAIM, (*at, "kind"), message, "set apiGroup")
    if group and not is_dns_subdomain(group):
        yield Fault("PS431", (*at, "apiGroup"), f"{quoted(group)} is not an API group")


def _sources(one: Any, two: Any, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where `dataSource` and `dataSourceRef` are both set and differ."""
    if not isinstance(one, dict) or not isinstance(two, dict) or two.get("namespace"):
        return  # the API server drops a source in another namespace
    if one != {key: child for key, child in two.items() if key != "namespace"}:
        notes = (((*at, "dataSource"), "the other one"),)
        message = "it is not the same as dataSource"
        yield Fault(CLAIM, (*at, "dataSourceRef"), message, "leave one of them out", notes)


def check_volume(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the spec of a PersistentVolume."""
    yield from _access_modes(value, at)
    path = mapping(value, ("hostPath",)).get("path")
    is_root = isinstance(path, str) and path.startswith("/") and not path.strip("/.")
    if is_root and value.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield Fault(CLAIM, (*at, "persistentVolumeReclaimPolicy"), "the root of a node is not recycled")


def check_class_of_attributes(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the class of a PersistentVolume. Inside a VolumeAttachment the API server takes any text."""
    spec, place = mapping(value, ("spec",)), (*at, "spec", "volumeAttributesClassName")
    name = spec.get("volumeAttributesClassName")
    if name is None:
        return
    if spec.get("csi") is None:
        yield Fault("PS435", place, "only a volume of a CSI driver has a class of attributes")
    if isinstance(name, str) and not is_dns_subdomain(name):
        yield Fault("PS431", place, f"{quoted(name)} is not a DNS subdomain", f"allowed are {DNS_SUBDOMAIN}")


def check_capacity(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the capacity of a PersistentVolume. A volume inside a VolumeAttachment has none."""
    spec = value.get("spec")
    capacity, place = mapping(spec, ("capacity",)), (*at, "spec", "capacity")
    if isinstance(spec, dict) and not spec.get("capacity"):
        yield Fault("PS402", place if "capacity" in spec else place[:-1], 'the field "capacity" is missing')
    elif capacity and {*capacity} != {"storage"}:
        yield Fault(CLAIM, place, "the capacity of a volume is its storage, and nothing else")
    yield from _storage(capacity, place)
    amount = str(capacity.get("storage"))
    number = quantity(amount)
    if number is not None and number > 0 > in_64_bits(amount, number):
        message = f"{quoted(amount)} is more than 64 bits hold, and the API server takes it for a negative amount"
        yield Fault(CLAIM, (*place, "storage"), message)


def check_portal(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a PersistentVolume of iSCSI with an initiator name: its name and its portal together form one name."""
    portal = mapping(value, ("spec", "iscsi"))
    name = text_of(mapping(value, ("metadata",)), "name")
    target = text_of(portal, "targetPortal")
    if portal.get("initiatorName") is not None and len(f"{name}:{target}") > MOST_OF_A_PORTAL:
        message = f"with the name of the volume it is longer than {MOST_OF_A_PORTAL} characters"
        yield Fault(CLAIM, (*at, "spec", "iscsi", "targetPortal"), message)


def check_portal_of_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a volume of a pod by the rule of `check_portal`."""
    portal, name = mapping(value, ("iscsi",)), text_of(value, "name")
    target = text_of(portal, "targetPortal")
    if portal.get("initiatorName") is not None and len(f"{name}:{target}") > MOST_OF_A_PORTAL:
        message = f"with the name of the volume it is longer than {MOST_OF_A_PORTAL} characters"
        yield Fault(SOURCE, (*at, "iscsi", "targetPortal"), message)


MOST_OF_A_PORTAL = 64

NOT_INLINE = ("capacity", "claimRef", "nodeAffinity", "storageClassName")
"""Fields that a volume inside a VolumeAttachment may not set."""


def check_inline_volume(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the inline volume of a VolumeAttachment."""
    spec, place = value.get("inlineVolumeSpec"), (*at, "inlineVolumeSpec")
    if not isinstance(spec, dict):
        return
    if spec.get("csi") is None:
        yield Fault("PS402", place, 'the field "csi" is missing')
    for field in NOT_INLINE:
        if spec.get(field):
            yield Fault("PS434", (*place, field), "a volume that is not an object of its own does not have it")
    for field, allowed in (("persistentVolumeReclaimPolicy", "Retain"), ("volumeMode", "Filesystem")):
        if spec.get(field) not in (None, "", allowed):
            yield Fault("PS434", (*place, field), f"it is {quoted(allowed)} in a volume that is no object of its own")


def check_audiences(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the repeated token audiences of a CSIDriver. The empty audience, that of the API server, counts too."""
    seen: dict[str, Pointer] = {}
    for index, request in enumerate(items(value, ("tokenRequests",))):
        here = ("tokenRequests", index)
        audience = text_of(request, "audience") if isinstance(request, dict) else ""
        first = seen.setdefault(audience, here)
        if first != here:
            notes = (((*at, *first), "the first one"),)
            yield Fault("PS436", (*at, *here), f"the audience {quoted(audience)} is there twice", "", notes)


MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"

_MOUNTED = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "gcePersistentDisk", "glusterfs", "iscsi"),
    *("nfs", "photonPersistentDisk", "quobyte", "rbd", "vsphereVolume"),
)
"""Sources of a volume that are mounted with options: pkg/volume/validation/pv_validation.go."""


def check_mount_options(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the mount options in the annotations of a PersistentVolume."""
    annotations, spec = mapping(value, ("metadata", "annotations")), mapping(value, ("spec",))
    if MOUNT_OPTIONS in annotations and not any(spec.get(source) is not None for source in _MOUNTED):
        message = "a volume of this kind is not mounted with the options of an annotation"
        yield Fault(CLAIM, (*at, "metadata", "annotations", MOUNT_OPTIONS), message, "write them under mountOptions")


CHECKS = {
    "empty dir": check_empty_dir,
    "csi volume": check_csi,
    "secrets of a csi volume": check_secret_references,
    "full name of the secret": check_full_secret,
    "name of the secret": check_secret,
    "iscsi": check_iscsi,
    "azure disk": check_azure_disk,
    "projected volume": check_projected,
    "mounts of a pod": check_pod,
    "claim": check_claim,
    "claim of a template": check_claim_template,
    "claims of a set": check_claims_of_set,
    "mount options": check_mount_options,
    "persistent volume": check_volume,
    "capacity of a volume": check_capacity,
    "class of a volume": check_class_of_attributes,
    "portal of a volume": check_portal,
    "portal of a pod": check_portal_of_pod,
    "inline volume": check_inline_volume,
    "audiences": check_audiences,
}
