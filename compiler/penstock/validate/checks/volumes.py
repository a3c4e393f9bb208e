"""Volumes, claims and mounts: what a source needs, and what a container may do with it.

Source: pkg/apis/core/validation, validateVolumeSource, ValidateVolumeMounts, ValidateVolumeDevices,
validateProjectionSources, ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeSpec.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings
from penstock.validate.syntax import is_dns_subdomain, quantity
from penstock.words import quoted

SOURCE, CLAIM, MOUNT = "PS445", "PS445", "PS445"


def check_empty_dir(value: Tree, at: Pointer) -> Iterator[Fault]:
    limit = quantity(value.get("sizeLimit")) if value.get("sizeLimit") is not None else None
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
    if (value.get("chapAuthDiscovery") is True or value.get("chapAuthSession") is True) and value.get(
        "secretRef"
    ) is None:
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
            place = (*at, *here, *there)
            first = seen.setdefault(path, place)
            if first != place:
                yield Fault(
                    "PS436", place, f"another source writes {quoted(path)} already", "", ((first, "the first one"),)
                )


def _trust(source: Tree, at: Pointer) -> Iterator[Fault]:
    bundle = source.get("clusterTrustBundle")
    if isinstance(bundle, dict):
        chosen = [field for field in ("name", "signerName") if bundle.get(field) is not None]
        if len(chosen) != 1:
            yield Fault("PS423", (*at, "clusterTrustBundle"), "either name or signerName is needed")
    certificate = source.get("podCertificate")
    if isinstance(certificate, dict) and not any(
        certificate.get(f"{part}Path") for part in ("credentialBundle", "key", "certificateChain")
    ):
        yield Fault(
            "PS435",
            (*at, "podCertificate"),
            "a path for the key and the certificates is needed",
            "set credentialBundlePath",
        )


def _paths(source: Tree) -> Iterator[tuple[Pointer, str]]:
    for field in ("configMap", "downwardAPI", "secret"):
        for here, item in mappings(source, (field, "items")):
            if isinstance(item.get("path"), str) and item["path"]:
                yield (*here, "path"), item["path"]
    for field, keys in (
        ("clusterTrustBundle", ("path",)),
        ("podCertificate", ("credentialBundlePath", "keyPath", "certificateChainPath")),
    ):
        for key in keys:
            path = mapping(source, (field,)).get(key)
            if isinstance(path, str) and path:
                yield (field, key), path


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    volumes = {
        volume["name"]: volume for _, volume in mappings(value, ("volumes",)) if isinstance(volume.get("name"), str)
    }
    for lists in ("initContainers", "containers"):
        for here, container in mappings(value, (lists,)):
            yield from _container(container, volumes, (*at, *here))


def _container(container: Tree, volumes: dict[str, Tree], at: Pointer) -> Iterator[Fault]:
    devices = {
        device.get("name"): here
        for here, device in mappings(container, ("volumeDevices",))
        if isinstance(device.get("name"), str)
    }
    paths = {
        device.get("devicePath"): here
        for here, device in mappings(container, ("volumeDevices",))
        if isinstance(device.get("devicePath"), str)
    }
    for here, mount in mappings(container, ("volumeMounts",)):
        name, path = mount.get("name"), mount.get("mountPath")
        if isinstance(name, str) and name in devices:
            yield Fault(
                MOUNT,
                (*at, *here, "name"),
                f"the volume {quoted(name)} is mounted and used as a device",
                "",
                (((*at, *devices[name]), "the device"),),
            )
        if isinstance(path, str) and path and path in paths:
            yield Fault(
                MOUNT,
                (*at, *here, "mountPath"),
                f"{quoted(path)} is the path of a device too",
                "",
                (((*at, *paths[path]), "the device"),),
            )
        if (
            mount.get("mountPropagation") == "Bidirectional"
            and mapping(container, ("securityContext",)).get("privileged") is not True
        ):
            yield Fault(MOUNT, (*at, *here, "mountPropagation"), "only a privileged container mounts into its node")
    seen: set[Any] = set()
    for here, device in mappings(container, ("volumeDevices",)):
        name = device.get("name")
        if not isinstance(name, str) or not name:
            continue
        volume = volumes.get(name)
        if volume is not None and volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
            yield Fault(MOUNT, (*at, *here, "name"), f"the volume {quoted(name)} is no claim, so it is no device")
        if name in seen:
            yield Fault(
                "PS436", (*at, *here, "name"), f"the volume {quoted(name)} is a device of this container already"
            )
        seen.add(name)


def check_claim(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The spec of a claim."""
    requests = mapping(value, ("resources", "requests"))
    storage = requests.get("storage")
    if storage is None and isinstance(value.get("resources"), dict):
        yield Fault(
            CLAIM,
            (*at, "resources", "requests") if requests else (*at, "resources"),
            "a claim asks for storage",
            "set resources.requests.storage",
        )
    for field in ("requests",):
        amount = mapping(value, ("resources", field)).get("storage", 1)
        number = quantity(amount or 0)
        if number is not None and number <= 0:
            yield Fault(CLAIM, (*at, "resources", field, "storage"), f"{quoted(str(amount))} is not more than zero")
    yield from _access_modes(value, at)
    yield from _data_source(value, at)


def _access_modes(value: Tree, at: Pointer) -> Iterator[Fault]:
    modes = items(value, ("accessModes",))
    if "ReadWriteOncePod" in modes and any(each != "ReadWriteOncePod" for each in modes):
        yield Fault(CLAIM, (*at, "accessModes"), '"ReadWriteOncePod" excludes other access modes')


def _data_source(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("dataSource", "dataSourceRef"):
        source = value.get(field)
        if not isinstance(source, dict):
            continue
        if field == "dataSourceRef" and not source.get("kind"):
            yield Fault("PS402", (*at, field), 'the field "kind" is missing')
        if source.get("kind") and not source.get("name"):
            yield Fault("PS402", (*at, field), 'the field "name" is missing')
    one, two = value.get("dataSource"), value.get("dataSourceRef")
    if (
        isinstance(one, dict)
        and isinstance(two, dict)
        and one != {key: child for key, child in two.items() if key != "namespace"}
    ):
        yield Fault(
            CLAIM,
            (*at, "dataSourceRef"),
            "it is not the same as dataSource",
            "leave one of them out",
            (((*at, "dataSource"), "the other one"),),
        )


def check_volume(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The spec of a PersistentVolume."""
    capacity = mapping(value, ("capacity",))
    if capacity and ("storage" not in capacity or len(capacity) > 1):
        yield Fault(CLAIM, (*at, "capacity"), "the capacity of a volume is its storage, and nothing else")
    number = quantity(capacity["storage"] or 0) if "storage" in capacity else None
    if number is not None and number <= 0:
        yield Fault(CLAIM, (*at, "capacity", "storage"), f"{quoted(str(capacity['storage']))} is not more than zero")
    yield from _access_modes(value, at)
    path = mapping(value, ("hostPath",)).get("path")
    if path == "/" and value.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield Fault(CLAIM, (*at, "persistentVolumeReclaimPolicy"), "the root of a node is not recycled")
    if value.get("volumeAttributesClassName") is not None and value.get("csi") is None:
        yield Fault(
            "PS435", (*at, "volumeAttributesClassName"), "only a volume of a CSI driver has a class of attributes"
        )


CHECKS = {
    "empty dir": check_empty_dir,
    "csi volume": check_csi,
    "secrets of a csi volume": check_secret_references,
    "iscsi": check_iscsi,
    "azure disk": check_azure_disk,
    "projected volume": check_projected,
    "mounts of a pod": check_pod,
    "claim": check_claim,
    "persistent volume": check_volume,
}
