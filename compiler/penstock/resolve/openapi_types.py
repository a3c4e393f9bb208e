"""The types of the fields of an OpenAPI v2 document. Kustomize panics where a file of `openapi` has other types.

Source: `pkg/validation/spec` of kube-openapi, and `toTypeMeta` of kyaml for the field that names the kind of a
definition.
"""

from collections.abc import Callable, Iterator, Mapping

from penstock.model import Pointer
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.typed import Any

_KIND_OF_DEFINITION = "x-kubernetes-group-version-kind"

_STATUS = regex(r"default|[+-]?[0-9]+")


class ListOf(NamedTuple):
    items: "Type"


class MapOf(NamedTuple):
    values: "Type"


class Either(NamedTuple):
    first: "Type"
    second: "Type"


Type = str | ListOf | MapOf | Either
"""The name of a type, or its structure. `Either` means its first type where that fits, otherwise its second."""

_Fields = Mapping[str, Type]
"""The types of fields by name. A field with any other name may have any type."""


def _all(names: str, type_: Type) -> dict[str, Type]:
    return dict.fromkeys(names.split(), type_)


_TEXTS = ListOf("text")
_SCHEMAS = ListOf("Schema")
_SECURITY = ListOf(MapOf(_TEXTS))

_LIMITS: _Fields = {
    **_all("pattern format", "text"),
    **_all("maximum minimum multipleOf", "number"),
    **_all("exclusiveMaximum exclusiveMinimum uniqueItems nullable", "boolean"),
    **_all("maxLength minLength maxItems minItems", "integer"),
    "enum": ListOf("any"),
}

_SCHEMA: _Fields = {
    **_LIMITS,
    **_all("id description title discriminator", "text"),
    **_all("maxProperties minProperties", "integer"),
    **_all("allOf oneOf anyOf", _SCHEMAS),
    **_all("properties patternProperties definitions", MapOf("Schema")),
    **_all("additionalProperties additionalItems", Either("boolean", "Schema")),
    "type": Either("text", _TEXTS),
    "required": _TEXTS,
    "not": "Schema",
    "items": Either("scalar", Either("Schema", _SCHEMAS)),
    "dependencies": MapOf(Either("scalar", Either("Schema", _TEXTS))),
    "readOnly": "boolean",
    "externalDocs": "ExternalDocs",
}

_SIMPLE: _Fields = {**_LIMITS, **_all("type collectionFormat", "text"), "items": "Items"}

_OPERATION: _Fields = {
    **_all("description summary operationId", "text"),
    **_all("consumes produces schemes tags", _TEXTS),
    "externalDocs": "ExternalDocs",
    "deprecated": "boolean",
    "security": _SECURITY,
    "parameters": ListOf("Parameter"),
    "responses": "Responses",
}

_RECORDS: Mapping[str, _Fields] = {
    "Swagger": {
        **_all("id swagger host basePath", "text"),
        **_all("consumes produces schemes", _TEXTS),
        "info": "Info",
        "paths": "Paths",
        "definitions": MapOf("Definition"),
        "parameters": MapOf("Parameter"),
        "responses": MapOf("Response"),
        "securityDefinitions": MapOf("SecurityScheme"),
        "security": _SECURITY,
        "tags": ListOf("Tag"),
        "externalDocs": "ExternalDocs",
    },
    "Schema": _SCHEMA,
    "Definition": {**_SCHEMA, _KIND_OF_DEFINITION: Either(ListOf(Either("Kind", "any")), "any")},
    "Kind": _all("version kind", "given text"),
    "ExternalDocs": _all("description url", "text"),
    "Info": {**_all("description title termsOfService version", "text"), "contact": "Contact", "license": "License"},
    "Contact": _all("name url email", "text"),
    "License": _all("name url", "text"),
    "Items": _SIMPLE,
    "Header": {**_SIMPLE, "description": "text"},
    "Parameter": {
        **_SIMPLE,
        **_all("description name in", "text"),
        **_all("required allowEmptyValue", "boolean"),
        "schema": "Schema",
    },
    "Response": {"description": "text", "schema": "Schema", "headers": MapOf("Header"), "examples": MapOf("any")},
    "SecurityScheme": {
        **_all("description type name in flow authorizationUrl tokenUrl", "text"),
        "scopes": MapOf("text"),
    },
    "Tag": {**_all("description name", "text"), "externalDocs": "ExternalDocs"},
    "Paths": {},
    "PathItem": {
        **_all("put post delete options head patch", "Operation"),
        "get": "Get",
        "parameters": ListOf("Parameter"),
    },
    "Operation": _OPERATION,
    "Get": {**_OPERATION, _KIND_OF_DEFINITION: Either("Kind", "any")},
    "Responses": {},
}

_SIMPLE_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "scalar": lambda value: not isinstance(value, dict | list),
    "text": lambda value: value is None or isinstance(value, str),
    "given text": lambda value: isinstance(value, str),
    "boolean": lambda value: value is None or isinstance(value, bool),
    "number": lambda value: value is None or (isinstance(value, int | float) and not isinstance(value, bool)),
    "integer": lambda value: value is None or _is_integer(value),
}


def misfit(document: Any) -> tuple[Pointer, str] | None:
    """Return the place where a value has another type than OpenAPI v2 requires, and the required type in words; None
    where all types fit.
    """
    pending: list[tuple[Pointer, Any, Type]] = [((), document, "Swagger")]
    while pending:
        at, value, type_ = pending.pop()
        chosen = _chosen(value, type_)
        if chosen is None:
            return at, _in_words(type_)
        pending += [
            ((*at, step), child, below) for step, child, below in _below(value, chosen) if not _fits(child, below)
        ]
    return None


def _fits(value: Any, type_: Type) -> bool:
    """Return whether a type is simple, and the value is of that type. Most values are."""
    return type_.__class__ is str and type_ in _SIMPLE_TYPES and _SIMPLE_TYPES[str(type_)](value)


def _chosen(value: Any, type_: Type) -> Type | None:
    """Return the type if the value is of that type, or that alternative of an `Either` which the value is of; otherwise
    None.

    The children of the value are not checked.
    """
    if isinstance(type_, Either):
        return _chosen(value, type_.first) or _chosen(value, type_.second)
    if isinstance(type_, ListOf):
        fits = value is None or isinstance(value, list)
    elif isinstance(type_, MapOf) or type_ in _RECORDS:
        fits = isinstance(value, dict) or (value is None and type_ != "Kind")
    else:
        fits = _SIMPLE_TYPES[type_](value)
    return type_ if fits else None


def _below(value: Any, type_: Type) -> Iterator[tuple[str | int, Any, Type]]:
    """Yield (step, value, type) for each child of a value."""
    if value is None:
        return
    if isinstance(type_, ListOf):
        yield from ((index, item, type_.items) for index, item in enumerate(value))
    elif isinstance(type_, MapOf):
        yield from ((key, child, type_.values) for key, child in value.items())
    elif type_ == "Kind":
        yield from ((field, value.get(field), below) for field, below in _RECORDS["Kind"].items())
    elif type_ in _RECORDS:
        yield from ((key, child, _type_of_field(str(type_), key)) for key, child in value.items())


def _type_of_field(record: str, field: str) -> Type:
    if record == "Paths":
        return "PathItem" if field.startswith("/") else "any"
    if record == "Responses" and not field.lower().startswith("x-"):
        return "Response" if _STATUS.fullmatch(field) else "text"
    return _RECORDS[record].get(field, "any")


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return int(value) == value and -(2**63) <= value < 2**63


def _in_words(type_: Type) -> str:
    if isinstance(type_, Either):
        return f"{_in_words(type_.first)} or {_in_words(type_.second)}"
    if isinstance(type_, ListOf):
        return "a list"
    if isinstance(type_, MapOf) or type_ in _RECORDS:
        return "a mapping"
    return {"integer": "a whole number", "given text": "text"}.get(type_, type_ if type_ == "text" else f"a {type_}")
