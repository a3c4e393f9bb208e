"""The identity of an object, given how it is spelled: for Kustomize, `name: 1e3` differs from the name `"1000"` until
the object has been through JSON.
"""

from penstock.kubernetes import identify
from penstock.model import Lineage, Origin, Pointer, Resource, Spelling, Tree
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import text_of
from penstock.scalar import may_be_date
from penstock.tree import MISSING, get
from penstock.typed import Any
from penstock.unsettled import is_null

_TYPE: tuple[Pointer, ...] = (("apiVersion",), ("kind",))
_NAME: tuple[Pointer, ...] = (("metadata", "name"), ("metadata", "namespace"))


def written_resource(
    level: Level, body: Tree, origin: Origin, lineage: Lineage = Lineage(), spelling: Spelling = Spelling()
) -> Resource:
    """Return a resource with the identity that its body is written with, and an empty write log."""
    resource = new_resource(body, origin, lineage, spelling)
    if not is_text(body):
        _identify_as_written(level, resource)
    return resource


def reidentify(level: Level, resource: Resource) -> None:
    """Read the identity from the body again, after a write to its kind, apiVersion, name or namespace."""
    if is_text(resource.body):
        resource.id, resource.version = identify(resource.body)
    else:
        _identify_as_written(level, resource)


def _name_text(level: Level, resource: Resource, at: Pointer, value: Any) -> str:
    """Return a name or namespace in the form in which it is compared. Null counts as empty, however it is written."""
    if is_null(value) or isinstance(value, dict | list):
        return ""
    return value if _is_plain(value) else text_of(level, resource, at, value)


def is_text(body: Tree) -> bool:
    """Return whether all fields that identify an object are strings, so that their spelling does not matter."""
    metadata = body.get("metadata")
    if not (_is_plain(body.get("kind")) and _is_plain(body.get("apiVersion")) and metadata.__class__ is dict):
        return False
    return _is_plain(metadata.get("name")) and ("namespace" not in metadata or _is_plain(metadata["namespace"]))


def _is_plain(value: Any) -> bool:
    return value.__class__ is str and not may_be_date(value)


def _identify_as_written(level: Level, resource: Resource) -> None:
    """Set the identity of a resource as its body is spelled.

    Kustomize treats a null as a missing name, but uses the text of a null as the kind or apiVersion
    (`kyaml/yaml.RNode.GetKind`, `getMetaStringField`).
    """
    body = resource.body
    types = {str(at[-1]): _type_text(level, resource, at) for at in _TYPE}
    names = {str(at[-1]): _name_text(level, resource, at, get(body, at, MISSING)) for at in _NAME}
    resource.id, resource.version = identify({**types, "metadata": names})


def _type_text(level: Level, resource: Resource, at: Pointer) -> str:
    value = get(resource.body, at, MISSING)
    if value is MISSING or isinstance(value, dict | list):
        return ""
    return value if _is_plain(value) else text_of(level, resource, at, value)
