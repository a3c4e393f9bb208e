"""Annotations of an object that an earlier build with `buildMetadata` has printed: where the object comes from, and
which transformers have run over it. Kustomize reads them again, and goes on from there (`api/resource.Origin`, v5.8.2).
"""

from penstock.kubernetes import text
from penstock.model import Pointer, Resource, has_errors
from penstock.resolve.level import TRANSFORMATIONS, UNREADABLE, Level, Made
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, NOTHING, ORIGIN
from penstock.resolve.spelling.written_values import text_of
from penstock.tree import MISSING, get, origin_of
from penstock.typed import Any

_FIELDS = ("path", "repo", "ref", "configuredIn")
_CONFIGURED_BY = ("apiVersion", "kind", "name", "namespace")


class _Unfit(Exception):  # noqa: N818  # says that a value has no meaning for Kustomize
    pass


def earlier_transformations(level: Level, resource: Resource) -> tuple[Made, ...]:
    """Return the transformers that an annotation of an object names. Kustomize reads it when it adds another one."""
    try:
        found = _value_of(level, resource, TRANSFORMATIONS)
        if found is not None and not isinstance(found, list):
            raise _Unfit
        return tuple(map(_origin, found or ()))
    except _Unfit:
        return UNREADABLE


def check_origin(level: Level, resource: Resource) -> None:
    """Report an annotation about the origin of an object that Kustomize cannot read."""
    try:
        _origin(_value_of(level, resource, ORIGIN))
    except _Unfit:
        where = origin_of(resource, (*ANNOTATIONS, ORIGIN))
        message = f"the annotation {ORIGIN} does not say where an object comes from, so a generator cannot keep it"
        hint = "remove the annotation: Kustomize has written it in an earlier build, with `buildMetadata`"
        level.report("PS240", message, where, resource=resource.id, hint=hint)


def has_run_nothing(level: Level, resource: Resource) -> bool:
    """Return whether no transformer has run over an object since its annotations were written."""
    return resource.lineage.transformed == earlier_transformations(level, resource)


def _value_of(level: Level, resource: Resource, name: str) -> Any:
    """Return what the text of an annotation means as YAML; None if there is no such annotation. Raises `_Unfit`."""
    at: Pointer = (*ANNOTATIONS, name)
    value = get(resource.body, at, MISSING)
    if value is MISSING or isinstance(value, dict | list):
        return None
    documents, findings = level.sources.embedded(text_of(level, resource, at, value), origin_of(resource, at), True)
    if has_errors(findings):
        raise _Unfit
    return documents[0].body if documents else None


def _origin(found: Any) -> Made:
    """Return the fields of an origin in the order in which Kustomize prints them. Raises `_Unfit`."""
    if found is None:
        return NOTHING
    fields = _texts([(name, _as_text(_field(found, name))) for name in _FIELDS])
    by = _field(found, "configuredBy") or {}
    by = _texts([(name, _field(by, name)) for name in _CONFIGURED_BY])
    return (*fields, ("configuredBy", by)) if by else fields


def _as_text(value: Any) -> Any:
    """Return a number or boolean as text, which Kustomize does for the outer fields alone."""
    return text(value) if isinstance(value, bool | int | float) else value


def _texts(values: list[tuple[str, Any]]) -> Made:
    if any(not isinstance(value, str | None) for _, value in values):
        raise _Unfit
    return tuple((name, value) for name, value in values if value)


def _field(found: Any, name: str) -> Any:
    """Return a field as Go finds it: its name may have other capitals. Raises `_Unfit`."""
    if not isinstance(found, dict):
        raise _Unfit
    values = [value for key, value in found.items() if str(key).lower() == name.lower() and value is not None]
    return values[-1] if values else None
