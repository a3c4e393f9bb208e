"""Volumes, claims and mounts: what a source needs, and what a container may do with it.

Source: pkg/apis/core/validation, validateVolumeSource, ValidateVolumeMounts, ValidateVolumeDevices,
validateProjectionSources, ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeSpec.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import amount_of, containers_of, items, mapping, mappings, text_of
from penstock.validate.syntax import is_dns_subdomain, quantity
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
    """Secrets that the driver of a volume reads are named with their namespace."""
    for field in ("controllerExpandSecretRef", "controllerPublishSecretRef", "nodeExpandSecretRef"):
        reference: Any = value.get(field)
        for key in ("name", "namespace") if isinstance(reference, dict) else ():
            if not reference.get(key):
                yield Fault("PS402", (*at, field), f"the field {quoted(key)} is missing")


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
    """The files that a source of a projected volume writes, each with where it says so."""
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
    """The spec of a claim."""
    requests = mapping(value, ("resources", "requests"))
    if requests.get("storage") is None and isinstance(value.get("resources"), dict):
        place = (*at, "resources", "requests") if requests else (*at, "resources")
        yield Fault(CLAIM, place, "a claim asks for storage", "set resources.requests.storage")
    yield from _storage(requests, (*at, "resources", "requests"))
    yield from _access_modes(value, at)
    for field in ("dataSource", "dataSourceRef"):
        if isinstance(value.get(field), dict):
            yield from _source(value[field], (*at, field))
    yield from _sources(value.get("dataSource"), value.get("dataSourceRef"), at)


def _storage(amounts: Tree, at: Pointer) -> Iterator[Fault]:
    """An amount of storage is more than zero; null counts as zero."""
    number = quantity(amounts["storage"] or 0) if "storage" in amounts else None
    if number is not None and number <= 0:
        yield Fault(CLAIM, (*at, "storage"), f"{quoted(str(amounts['storage']))} is not more than zero")


def _access_modes(value: Tree, at: Pointer) -> Iterator[Fault]:
    modes = items(value, ("accessModes",))
    if "ReadWriteOncePod" in modes and any(each != "ReadWriteOncePod" for each in modes):
        yield Fault(CLAIM, (*at, "accessModes"), '"ReadWriteOncePod" excludes other access modes')


def _source(source: Tree, at: Pointer) -> Iterator[Fault]:
    """What a claim is filled from."""
    if at[-1] == "dataSourceRef" and not source.get("kind"):
        yield Fault("PS402", at, 'the field "kind" is missing')
    if source.get("kind") and not source.get("name"):
        yield Fault("PS402", at, 'the field "name" is missing')


def _sources(one: Any, two: Any, at: Pointer) -> Iterator[Fault]:
    """Both fields say the same, where there are two."""
    if not isinstance(one, dict) or not isinstance(two, dict):
        return
    if one != {key: child for key, child in two.items() if key != "namespace"}:
        notes = (((*at, "dataSource"), "the other one"),)
        message = "it is not the same as dataSource"
        yield Fault(CLAIM, (*at, "dataSourceRef"), message, "leave one of them out", notes)


def check_volume(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The spec of a PersistentVolume."""
    capacity = mapping(value, ("capacity",))
    if capacity and {*capacity} != {"storage"}:
        yield Fault(CLAIM, (*at, "capacity"), "the capacity of a volume is its storage, and nothing else")
    yield from _storage(capacity, (*at, "capacity"))
    yield from _access_modes(value, at)
    path = mapping(value, ("hostPath",)).get("path")
    if path == "/" and value.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield Fault(CLAIM, (*at, "persistentVolumeReclaimPolicy"), "the root of a node is not recycled")
    if value.get("volumeAttributesClassName") is not None and value.get("csi") is None:
        message = "only a volume of a CSI driver has a class of attributes"
        yield Fault("PS435", (*at, "volumeAttributesClassName"), message)


MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"

_MOUNTED = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "gcePersistentDisk", "glusterfs", "iscsi"),
    *("nfs", "photonPersistentDisk", "quobyte", "rbd", "vsphereVolume"),
)
"""Sources of a volume that are mounted with options: pkg/volume/validation/pv_validation.go."""


def check_mount_options(value: Tree, at: Pointer) -> Iterator[Fault]:
    """A PersistentVolume."""
    annotations, spec = mapping(value, ("metadata", "annotations")), mapping(value, ("spec",))
    if MOUNT_OPTIONS in annotations and not any(spec.get(source) is not None for source in _MOUNTED):
        message = "a volume of this kind is not mounted with the options of an annotation"
        yield Fault(CLAIM, (*at, "metadata", "annotations", MOUNT_OPTIONS), message, "write them under mountOptions")


CHECKS = {
    "empty dir": check_empty_dir,
    "csi volume": check_csi,
    "secrets of a csi volume": check_secret_references,
    "iscsi": check_iscsi,
    "azure disk": check_azure_disk,
    "projected volume": check_projected,
    "mounts of a pod": check_pod,
    "claim": check_claim,
    "mount options": check_mount_options,
    "persistent volume": check_volume,
}
