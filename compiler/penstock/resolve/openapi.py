"""`openapi:` replaces the built-in schema that says which lists a strategic merge patch merges by key.

A list needs both `x-kubernetes-patch-strategy: merge` and `x-kubernetes-patch-merge-key` (or
`x-kubernetes-list-map-keys`). The root's schema counts; if the root has none, the first schema that a base brings. A
build with a schema of its own does not use the built-in one.
"""

from collections.abc import Iterator, Mapping

from penstock.model import Origin, Pointer, Pos, Tree
from penstock.resolve.definition_files import NoJson, read_definitions
from penstock.resolve.finding.identities import KNOWN_CLUSTER_SCOPED
from penstock.resolve.level import Level
from penstock.resolve.merging.merge_keys import BUILTIN, DEFINITIONS, Schema
from penstock.resolve.openapi_types import misfit
from penstock.typed import Any, cast
from penstock.words import dotted

BUILTIN_VERSION = "v1.21.2"

_MAX_REFS = 50


class _Type(Mapping[str, tuple[tuple[str, ...] | None, "Schema | None"]]):
    """An OpenAPI definition as a schema. It is read field by field as a merge walks through it."""

    def __init__(
        self, definitions: Mapping[str, Any], builtin: Mapping[str, Schema], schema: Mapping[str, Any]
    ) -> None:
        self._definitions = definitions
        self._builtin = builtin
        self._schema = schema

    def __getitem__(self, field: str) -> tuple[tuple[str, ...] | None, Schema | None]:
        found = self._below(self._field(field))
        if found is None:
            raise KeyError(field)
        if not isinstance(found, _Type):
            return None, found
        keys = _merge_keys(found._schema)
        return (None, found) if keys is None else (keys, self._below(found._schema.get("items")))

    def _field(self, field: str) -> Any:
        properties = self._schema.get("properties")
        if isinstance(properties, dict) and isinstance(properties.get(field), dict):
            return properties[field]
        return self._schema.get("additionalProperties")

    def _below(self, schema: Any) -> Schema | None:
        """Return a schema with its references resolved, or None where they lead nowhere."""
        for _ in range(_MAX_REFS):
            if not isinstance(schema, dict):
                return None
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return _Type(self._definitions, self._builtin, schema)
            name = reference.rpartition("/")[2]
            if name in self._builtin:
                return self._builtin[name]
            schema = self._definitions.get(name)
        return None

    def __iter__(self) -> Iterator[str]:
        properties = self._schema.get("properties")
        return iter(properties if isinstance(properties, dict) else ())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True  # a schema without `properties` may still have `additionalProperties`, which no iteration shows


def _merge_keys(schema: Mapping[str, Any]) -> tuple[str, ...] | None:
    strategy = schema.get("x-kubernetes-patch-strategy")
    if not isinstance(strategy, str) or "merge" not in strategy.split(","):
        return None
    keys = schema.get("x-kubernetes-list-map-keys")
    if isinstance(keys, list):
        return tuple(str(key) for key in keys)
    key = schema.get("x-kubernetes-patch-merge-key")
    return (key,) if isinstance(key, str) else ()


def load(level: Level) -> None:
    """Set the schema of the run from the `openapi` field, unless an outer kustomization has set one."""
    settings = level.fields.get("openapi")
    if not settings or level.run.schema_is_set:
        return
    version, path = settings.get("version"), settings.get("path")
    where = level.at("openapi")
    if path is not None and version is not None:
        level.report("PS246", "`openapi` has either a version or a path", where, hint="remove one of the two")
    # A version counts as set even if it is not built in, so that an inner kustomization does not set another one.
    elif version:
        level.run.schema_is_set = True
        if version != BUILTIN_VERSION:
            message = f"the version {version} is not built in; {BUILTIN_VERSION} is"
            hint = f"write `version: {BUILTIN_VERSION}`, or name a file with a schema by `path`"
            level.report("PS246", message, where.below("version"), hint=hint)
    elif path is not None:
        _load_file(level, path)


def _load_file(level: Level, name: str) -> None:
    where = level.at("openapi", "path")
    data = level.bytes_of(name, where)
    if data is None:
        return
    try:
        body = read_definitions(level, name, data, "a schema", is_strict=True)
    except NoJson as reason:
        level.report("PS246", str(reason), Pos(level.path(name), 1, 1))
        return
    if not isinstance(body, dict):
        hint = "`kustomize openapi fetch` and `kubectl get --raw /openapi/v2` print such a schema"
        level.report("PS246", f"{name} is no OpenAPI schema", where, hint=hint)
        return
    wrong = _misfit_once(level, body)
    if wrong is not None:
        at, expected = wrong
        message = f"Kustomize cannot read this schema: {dotted(at)} is {expected} in OpenAPI"
        level.report("PS246", message, Origin(level.path(name), 0, at), notes=((where, "the schema is set here"),))
        return
    # Kustomize keeps the built-in schema, too, if it has looked up the scope of an unknown kind before this.
    keeps_builtin = not level.run.kinds <= _known_kinds()
    schemas = schemas_of(body, DEFINITIONS if keeps_builtin else {})
    level.run.schemas = {**schemas, **BUILTIN} if keeps_builtin else schemas
    level.run.schema_is_set = True


def _misfit_once(level: Level, body: Tree) -> tuple[Pointer, str] | None:
    """Return where a schema has a value of the wrong type, if anywhere. The targets of a run often share a schema."""
    known = level.run.memo.get(("schema", id(body)))
    if known is None:
        known = level.run.memo["schema", id(body)] = body, misfit(body)  # with the body, its id stays its own
    return cast("tuple[Pointer, str] | None", known[1])


def _known_kinds() -> set[tuple[str, str]]:
    return BUILTIN.keys() | KNOWN_CLUSTER_SCOPED


def schemas_of(body: Mapping[str, Any], builtin: Mapping[str, Schema]) -> dict[tuple[str, str], Schema]:
    """Return (apiVersion, kind) → schema, for every definition that says which kind it describes."""
    definitions = body.get("definitions")
    schemas: dict[tuple[str, str], Schema] = {}
    for definition in definitions.values() if isinstance(definitions, dict) else ():
        if isinstance(definitions, dict) and isinstance(definition, dict):
            for kind in _kinds(definition):
                schemas[kind] = _Type(definitions, builtin, definition)
    return schemas


def _kinds(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    entries = definition.get("x-kubernetes-group-version-kind")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("kind"), str) and isinstance(entry.get("version"), str):
            group = entry.get("group")
            yield f"{group}/{entry['version']}" if group else entry["version"], entry["kind"]
