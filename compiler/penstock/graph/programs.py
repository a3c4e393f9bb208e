"""Programs that make objects in the cluster, as far as the roles of a release show that it installs some."""

from collections.abc import Mapping, Sequence

from penstock.graph.index import kind_of
from penstock.graph.references import CLUSTER_ROLE, ROLE
from penstock.model import Resource, ResourceId
from penstock.tree import get

ALWAYS = frozenset(("events", "leases", "subjectaccessreviews", "tokenreviews"))
"""What programs create that only ask the API server, or tell what they do."""


def all_known(rendered: Mapping[ResourceId, Sequence[Resource]]) -> frozenset[ResourceId]:
    """Return the releases of which all objects are known, since their programs may not make more."""
    return frozenset(release for release, made in rendered.items() if not any(map(_lets_create, made)))


def _lets_create(resource: Resource) -> bool:
    """Return whether an object is a role that lets programs create objects."""
    if kind_of(resource) not in (ROLE, CLUSTER_ROLE):
        return False
    rules = get(resource.body, ("rules",))
    return not isinstance(rules, list) or any(map(_is_to_create, rules))


def _is_to_create(rule: object) -> bool:
    """Return whether a rule lets programs create objects; what is no rule might."""
    if not isinstance(rule, dict):
        return True
    verbs, kinds = _texts(rule.get("verbs")), _texts(rule.get("resources"))
    return bool({"create", "*"} & verbs) and bool(kinds - ALWAYS)


def _texts(found: object) -> set[str]:
    return {each for each in found if isinstance(each, str)} if isinstance(found, list) else set()
