"""The check of device claims that ask for administrative access, which only labelled Namespaces allow.

The API server refuses such a claim, or a template of one, in any other Namespace. Where the sources lack the Namespace,
its labels are not known, which is reported.

Source: pkg/registry/resource/resourceclaim, AuthorizedForAdmin.
"""

from collections.abc import Iterable, Iterator, Mapping

from penstock.model import Diagnostic, Pointer, Resource
from penstock.tree import get, origin_of
from penstock.validate.objects import mapping, mappings
from penstock.words import dotted, quoted

CODE, NOT_EVALUATED = "PS452", "PS409"

GROUP = "resource.k8s.io"
CLAIMS: Mapping[str, Pointer] = {"ResourceClaim": ("spec",), "ResourceClaimTemplate": ("spec", "spec")}
"""Where the specification of a claim is, by kind."""

LABELS = ("resource.kubernetes.io/admin-access", "resource.k8s.io/admin-access")
"""The label that allows the access, and its name before Kubernetes 1.34."""


def judge_admin_access(resources: Iterable[Resource], namespaces: Mapping[str, Resource]) -> Iterator[Diagnostic]:
    """Yield the claims with administrative access in Namespaces that do not allow it, or that are not known."""
    for resource in resources:
        for at in _asked(resource):
            yield from _judge(resource, at, namespaces.get(resource.id.namespace or "default"))


def _asked(resource: Resource) -> Iterator[Pointer]:
    """Yield the requests of a claim for administrative access."""
    spec = CLAIMS.get(resource.id.kind)
    if spec is None or resource.id.group != GROUP:
        return
    for at, request in mappings(resource.body, (*spec, "devices", "requests")):
        # Before v1beta2, a request holds the field itself.
        for place in (("exactly", "adminAccess"), ("adminAccess",)):
            if get(request, place) is True:
                yield (*at, *place)


def _judge(resource: Resource, at: Pointer, namespace: Resource | None) -> Iterator[Diagnostic]:
    where, name = origin_of(resource, at), quoted(resource.id.namespace or "default")
    if namespace is None:
        message = f"{dotted(at)}: the Namespace {name} is not known here, and only its label {LABELS[0]} allows this"
        yield Diagnostic(NOT_EVALUATED, "info", message, where, resource.id, hint="the API server will check it")
        return
    labels = mapping(namespace.body, ("metadata", "labels"))
    if not any(labels.get(label) == "true" for label in LABELS):
        message = f"{dotted(at)}: the Namespace {name} does not allow administrative access to devices"
        notes = ((origin_of(namespace, ("metadata", "name")), "the Namespace"),)
        hint = f'label it with {LABELS[0]}: "true"'
        yield Diagnostic(CODE, "error", message, where, resource.id, notes, hint)
