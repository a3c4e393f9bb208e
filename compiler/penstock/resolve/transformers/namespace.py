"""`namespace:` puts every object into a namespace.

Objects that Kustomize knows to be cluster-scoped are left out, and so is nothing else: a custom resource gets a
namespace even where its definition says `scope: Cluster`. A core Namespace object is renamed. Of the subjects of a
(Cluster)RoleBinding those named `default` get the namespace.
"""

from typing import Any

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, write
from penstock.resolve.finding.identities import Identity, current, is_cluster_scoped, reidentify, remember
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import is_blank
from penstock.tree import MISSING, get, put

_IDENTITY = ("metadata/namespace", "metadata/name")


def transform(level: Level) -> None:
    namespace = level.fields.get("namespace", "")
    if namespace:
        put_all(level, namespace, level.accumulation.specs.namespace, level.at("namespace"))
        level.ran("NamespaceTransformer")


def put_all(
    level: Level,
    namespace: str,
    specs: tuple[FieldSpec, ...],
    where: Origin,
    subjects: str = "defaultOnly",
    unset_only: bool = False,
) -> None:
    """Put every object into a namespace. Two that become the same by it are a finding."""
    if not namespace:
        return
    taken: dict[Identity, int] = {}
    for resource in level.resources:
        taken[current(resource)] = taken.get(current(resource), 0) + 1
    for resource in level.resources:
        taken[current(resource)] -= 1
        remember(resource)
        before = resource.body.get("subjects")
        try:
            apply(level, resource, namespace, specs, where, subjects, unset_only)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)
        if before is not None:
            from penstock.resolve.subjects import report_changed  # few builds have role bindings

            report_changed(level, resource, before)
        reidentify(resource)
        identity = current(resource)
        taken[identity] = taken.get(identity, 0) + 1
        if taken[identity] > 1:
            _report_clash(level, resource, identity, where)
    level.accumulation.changed()


def apply(
    level: Level,
    resource: Resource,
    namespace: str,
    specs: tuple[FieldSpec, ...],
    where: Origin,
    subjects: str = "defaultOnly",
    unset_only: bool = False,
) -> None:
    """Write the namespace into one resource, wherever it belongs. Raises Conflict."""

    def change(value: Any, at: Pointer) -> Any:
        if isinstance(value, dict | list):
            raise Conflict("the field of a namespace must hold a string", at)
        return value if unset_only and _is_set(level, resource, at, value) else namespace

    if not is_cluster_scoped(resource.id.group, resource.version, resource.id.kind):
        if not isinstance(resource.body.get("metadata"), dict | None):
            raise Conflict("`metadata` must be a mapping", ("metadata",))
        now = get(resource.body, ("metadata", "namespace"), MISSING)
        wanted = change(now, ("metadata", "namespace"))
        if wanted != now:
            put(resource, ("metadata", "namespace"), wanted, where)
    if resource.id.kind in ("RoleBinding", "ClusterRoleBinding"):
        _apply_to_subjects(resource, change, where, subjects)
        specs = tuple(s for s in specs if s.path != "subjects/namespace" or s.gvk.kind != resource.id.kind)
    write(resource, (s for s in specs if _is_meant(s, resource)), change, where, create=True)


def _is_set(level: Level, resource: Resource, at: Pointer, value: Any) -> bool:
    """Whether a namespace is there; `null`, spelled out, is one for Kustomize."""
    return not is_blank(level, resource, at) if value is None else text(value) != ""


def _is_meant(spec: FieldSpec, resource: Resource) -> bool:
    """Only a core Namespace is renamed; `metadata.namespace` has been dealt with."""
    return spec.path not in _IDENTITY or (spec.path == "metadata/name" and resource.api_version == "v1")


def _apply_to_subjects(resource: Resource, change: Any, where: Origin, subjects: str) -> None:
    if subjects == "none":
        return
    field, wanted = ("kind", "ServiceAccount") if subjects == "allServiceAccounts" else ("name", "default")
    for at, subject in find(resource.body, ("subjects",)):
        if not isinstance(subject, list | None):
            raise Conflict("`subjects` must be a list", at)
        for index, element in enumerate(subject if isinstance(subject, list) else ()):
            if not isinstance(element, dict | None):
                raise Conflict("a subject must be a mapping", (*at, index))
            if isinstance(element, dict) and isinstance(element.get(field), dict | list):
                raise Conflict(f"the {field} of a subject must be a string", (*at, index, field))
            if isinstance(element, dict) and text(element.get(field)) == wanted:
                place = (*at, index, "namespace")
                put(resource, place, change(element.get("namespace", MISSING), place), where)


def _report_clash(level: Level, resource: Resource, identity: Identity, where: Origin) -> None:
    others = [r for r in level.resources if r is not resource and current(r) == identity]
    notes = ((where, "the namespace is set here"), *((r.origin, "the other one") for r in others))
    message = f"with this namespace {resource.id} is there twice"
    level.report("PS241", message, resource.origin, resource=resource.id, notes=notes, hint="rename one of the two")
