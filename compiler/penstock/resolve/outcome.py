"""Problems in the objects of a build as a whole that Kustomize does not report. They are reported once, at the root."""

from collections.abc import Iterable

from penstock.kubernetes import BUILT_IN_CLUSTER_SCOPED, text
from penstock.model import Origin, Resource
from penstock.resolve.level import Level
from penstock.tree import get, origin_of


def report(resources: list[Resource], level: Level) -> None:
    """Warn of references that were not followed and of namespaces that should not be there."""
    _report_ingress_classes(resources, level)
    _report_namespaces(resources, level)


def _report_ingress_classes(resources: Iterable[Resource], level: Level) -> None:
    """Warn of each Ingress that names an IngressClass by its old name.

    Kustomize's table has a wrong group for this reference, so Kustomize never updates it.
    """
    classes = [r for r in resources if r.id.kind == "IngressClass"]
    present = {r.id.name for r in classes}
    renamed = {name: r for r in classes for name, _, _ in r.lineage.past if name not in present}
    at = ("spec", "ingressClassName")
    # Most trees rename no IngressClass, and then no object is looked at.
    for resource in resources if renamed else ():
        name = get(resource.body, at)
        if resource.id.kind != "Ingress" or not isinstance(name, str) or name not in renamed:
            continue
        _report_ingress_class(level, resource, name, renamed[name])


def _report_ingress_class(level: Level, ingress: Resource, name: str, target: Resource) -> None:
    notes = ((origin_of(target, ("metadata", "name")), f"{name} is renamed here"),)
    message = f"this names the IngressClass {name}, which is called {target.id.name} now"
    hint = f"write {target.id.name}, or do not rename the class"
    where = origin_of(ingress, ("spec", "ingressClassName"))
    level.report("PS233", message, where, severity="warning", resource=ingress.id, notes=notes, hint=hint)


def _report_namespaces(resources: Iterable[Resource], level: Level) -> None:
    """Warn of each cluster-scoped object that was given a namespace which its source does not have."""
    definitions = _cluster_scoped_definitions(resources)
    for resource in resources:
        kind = (resource.id.group, resource.id.kind)
        if not resource.id.namespace or (kind not in definitions and kind not in BUILT_IN_CLUSTER_SCOPED):
            continue
        where = origin_of(resource, ("metadata", "namespace"))
        if _is_own(where, resource) or where.at[-1:] == (TARGET_NAMESPACE,):
            continue
        notes = [(resource.origin, "the object")]
        if kind in definitions:
            notes.append((origin_of(definitions[kind], ("spec", "scope")), "its kind is cluster-scoped"))
        message = (
            f"{resource.id.kind} {resource.id.name} is cluster-scoped and gets the namespace {resource.id.namespace}"
        )
        hint = "name it in a kustomization without `namespace:`"
        level.report("PS248", message, where, severity="warning", resource=resource.id, notes=tuple(notes), hint=hint)


TARGET_NAMESPACE = "targetNamespace"
"""The field of Flux for all objects of a Kustomization. It is meant for those that have a namespace, and Flux itself
applies the others without one.
"""


def _is_own(where: Origin, resource: Resource) -> bool:
    """Return whether an object has the namespace in its own source, so that nobody gave it one."""
    return where.path == resource.origin.path and where.doc == resource.origin.doc


def _cluster_scoped_definitions(resources: Iterable[Resource]) -> dict[tuple[str, str], Resource]:
    """Return the CustomResourceDefinitions with `scope: Cluster`, by the group and kind that they define."""
    return {
        (text(get(r.body, ("spec", "group"))), text(get(r.body, ("spec", "names", "kind")))): r
        for r in resources
        if r.id.kind == "CustomResourceDefinition" and get(r.body, ("spec", "scope")) == "Cluster"
    }
