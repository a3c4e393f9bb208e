"""Strategic merge of a patch into an object, with exactly the output of kustomize v5.8.2, quirks included.

Mappings are merged key by key, and null deletes a key. Lists are replaced, except for those in `merge_keys`, whose
elements are matched by key: the elements that the patch names come first, in the patch's order. docs/kustomize.md lists
the cases in which this loses data.
"""

from penstock.kubernetes import text
from penstock.model import Again, LateKey, Log, NoText, Origin, Pointer, Rearranged, Tree
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.directives import DIRECTIVES, directive_of, without_directive
from penstock.resolve.merging.kustomize_lists import ListMerge
from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.resolve.merging.strategy import DELETED, NO_SCHEMA, Schemas, Written, kind_of
from penstock.scalar import Tagged, may_be_date, resource_scalar, without_tag
from penstock.tree import MISSING
from penstock.typed import Any


def merge(
    body: Tree, patch: Tree, origin: Origin, schemas: Schemas, written: Written, log: Log | None
) -> tuple[Any, Log | None]:
    """Merge `patch`, written at `origin`, into `body`; return the new body (or DELETED) and the extended write log.

    Raises `Conflict` where patch and body have different kinds of value, or where a `$patch` directive is unknown.
    """
    laid = ObjectMerge(origin, schemas, written, log)
    directive = directive_of(patch, ())
    if directive == "delete":
        return DELETED, laid.log
    if directive == "replace":  # Kustomize merges it with itself and drops the result: the body stays
        patch = without_directive(patch)
        laid.mapping(patch, patch, None, None, ())
        return body, log
    return laid.mapping(body, without_directive(patch), None, (), ()), laid.log


class ObjectMerge:
    """One merge in progress: Kustomize's `kyaml/yaml/walk.Walker` with the visitor `kyaml/yaml/merge2.Merger`, v5.8.2.

    `at` is a pointer into the body, or None below a value that is entirely new; `patch_at` is a pointer into the patch.
    MISSING stands for a side that lacks a value. A list that the object lacks is merged with itself, as in Kustomize,
    so `body` and `patch` may be the same object.
    """

    def __init__(self, origin: Origin, schemas: Schemas, written: Written, log: Log | None) -> None:
        self.origin = origin
        self.schemas = schemas
        self.written = written
        self.log = log
        self.unplaced: list[tuple[Pointer, Rearranged]] = []
        """Lists inside of new elements, by their places in the patch, and where their elements have come from."""

    def value(self, body: Any, patch: Any, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> Any:
        """Return the merged value, or DELETED (`Walker.Walk`). A value with the tag `!!null` counts as null."""
        if body.__class__ is Tagged and body.is_null:
            if patch is MISSING:
                return body if body else DELETED
            body = None
        if patch.__class__ is Tagged and patch.is_null:
            patch = None
        if body is MISSING or body is None:
            return self.value_of_patch(body, patch, field, at, patch_at)
        # An explicit null in a patch deletes the field.
        if patch is None:
            return self.deleted(at, patch_at)
        if patch is not MISSING and kind_of(body) != kind_of(patch):
            raise Conflict(
                f"the patch has {kind_of(patch)} where the object has {kind_of(body)}", patch_at, hint=_OTHER_TYPE
            )
        keys, schema = field
        if body.__class__ is dict:
            # Where the schema has a list and the object a mapping, the schema says nothing about what is below.
            return self.directed_mapping(body, patch, schema if keys is None else None, at, patch_at)
        if body.__class__ is list and keys is not None:
            return ListMerge(self, field, at, patch_at).directed(body, patch)
        if patch is MISSING:
            return body
        return self.replaced(body, patch, at, patch_at)

    def value_of_patch(self, body: Any, patch: Any, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> Any:
        """Return the merged value where the body has no value or null."""
        if patch is None:
            return DELETED
        if patch is MISSING:
            # A null that is spelled out stays; one that is written as an empty value (`key:`) is dropped.
            is_kept = at is not None and not self.written.is_blank(at)
            return body if is_kept else DELETED
        if at is not None:
            self.write(at, patch_at)
        return self.fresh(patch, field, at, patch_at)

    def replaced(self, body: Any, patch: Any, at: Pointer | None, patch_at: Pointer) -> Any:
        """Return a scalar or list of the patch that replaces that of the body (`Merger.VisitScalar`,
        `Merger.VisitList`).
        """
        if at is None:
            return patch
        self.write(at, patch_at)
        if body.__class__ is not str:
            return patch
        if patch.__class__ is not str or may_be_date(patch):
            return self.written.in_quotes(at, patch_at, patch)  # Kustomize keeps the style of the old value
        self.written.over_text(at, patch_at, body)
        return patch

    def fresh(self, patch: Any, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> Any:
        """Return a value that the body lacks: that of the patch, without its nulls and directives."""
        keys, schema = field
        if patch.__class__ is dict:
            if patch.get("$patch") == "delete":
                return DELETED
            if text(patch.get("$patch")) in DIRECTIVES:
                patch = without_directive(patch)
            return self.fresh_mapping(patch, schema if keys is None else None, at, patch_at)
        if patch.__class__ is list and keys is not None:
            return ListMerge(self, field, at, patch_at).fresh(patch)
        return patch

    def fresh_mapping(self, patch: Tree, schema: Schema | None, at: Pointer | None, patch_at: Pointer) -> Tree:
        """Return a mapping that the body lacks, merged with itself.

        A null as its key stays, whatever its value is: such a key stands twice since Kustomize has expanded the
        anchors, and a merge removes one of the two (`kyaml/yaml.FieldClearer`).
        """
        merged = self.mapping(patch, patch, schema, at, patch_at)
        nulls = [key for key in _NULL_KEYS if key in patch and key not in merged]
        kept = [key for key in nulls if self.written.is_plain_key(self.origin.below(*patch_at, key))]
        return {**merged, **dict.fromkeys(kept)} if kept else merged

    def directed_mapping(
        self, body: Tree, patch: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer
    ) -> Any:
        """Return a mapping, merged as its `$patch` says (`Merger.VisitMap`)."""
        if patch is MISSING:
            return self.mapping(body, patch, schema, at, patch_at)
        directive = directive_of(patch, patch_at)
        is_new = patch is body
        patch = without_directive(patch)
        if is_new:
            body = patch
        if directive == "delete":
            return self.deleted(at, patch_at)
        if directive == "replace":
            if at is not None:
                self.write(at, patch_at)
            return self.fresh_mapping(patch, schema, at, patch_at)
        if not body and at is not None:  # an empty mapping takes the style of the patch (`Merger.SetStyle`)
            self.write(at, patch_at)
        if is_new:
            return self.fresh_mapping(patch, schema, at, patch_at)
        return self.mapping(body, patch, schema, at, patch_at)

    def mapping(self, body: Tree, patch: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer) -> Tree:
        """Return a mapping, merged field by field (`Walker.walkMap`); the body itself where nothing has changed.

        The function is long because it is the inner loop of every merge: a call per field would cost more than the rest
        of the work on the field.
        """
        if schema is None:
            schema = self.schema_of(body, patch)
        if "" in body or (patch is not MISSING and "" in patch):
            # It looks up the field by its name, and treats an empty name as no name (`walkMap`, `FieldSetter`).
            raise Conflict(
                "Kustomize cannot merge a mapping with an empty key", patch_at, hint="give the key a name, or remove it"
            )
        is_alone = patch is MISSING or patch is body
        changes: dict[str, Any] = {}
        for key, value in body.items():
            change = MISSING if patch is MISSING else patch.get(key, MISSING)
            is_settled = change is MISSING or patch is body
            if is_settled and value.__class__ not in _LOOKED_INTO:
                continue
            if key.__class__ is Again:
                continue
            if key.__class__ is NoText:
                raise Conflict(_NO_TEXT, patch_at, "write a text as the key")
            inner = None if at is None else (*at, key)
            new = self.value(value, change, _field_schema(schema, key), inner, (*patch_at, key))
            if new is not value:
                changes[key] = new
        for key in () if is_alone else _new_keys(body, patch):
            inner = None if at is None else (*at, key)
            new = self.value(MISSING, patch[key], _field_schema(schema, key), inner, (*patch_at, key))
            if new is not DELETED:
                changes[key if key.__class__ is str else _without_tag(key, patch_at)] = new
        return _with_changes(body, changes) if changes else body

    def schema_of(self, body: Tree, patch: Any) -> Schema | None:
        """Return the schema for an object, or for an object nested in another one, by its apiVersion and kind."""
        for side in (body, patch):
            if side is not MISSING and "kind" in side and "apiVersion" in side:
                schema = self.schemas.get((text(side["apiVersion"]), text(side["kind"])))
                if schema is not None:
                    return schema
        return None

    def deleted(self, at: Pointer | None, patch_at: Pointer) -> Any:
        if at is not None:
            self.write(at, patch_at)
        return DELETED

    def write(self, at: Pointer, patch_at: Pointer) -> None:
        self.log = (self.log, at, self.origin.below(*patch_at))

    def rearrange(self, at: Pointer | None, patch_at: Pointer, sources: Rearranged) -> None:
        """Log where the elements of a list have come from. A list inside a new element, which has no place yet, waits
        until its element has one.
        """
        if at is None:
            self.unplaced.append((patch_at, sources))
            return
        self.log = (self.log, at, sources)
        if self.unplaced:
            self.rearrange_new(at, sources)

    def rearrange_new(self, at: Pointer, sources: Rearranged) -> None:
        """Log where the elements of lists inside of new elements of a list have come from."""
        depth = len(self.origin.at)
        new = {source.at[depth:]: index for index, source in enumerate(sources) if isinstance(source, Origin)}
        for patch_at, inner in self.unplaced:
            start = next((start for start in new if patch_at[: len(start)] == start), None)
            if start is not None:
                self.log = (self.log, (*at, new[start], *patch_at[len(start) :]), inner)


_LOOKED_INTO = frozenset((dict, list, Tagged, type(None)))
"""The types of values that a merge may change even if the patch does not name them."""

_NULL_KEYS = ("null", "Null", "NULL", "~")

_OTHER_TYPE = "write the patch as the object has it; a JSON 6902 patch with `op: replace` can change the type"
_NO_TEXT = "Kustomize cannot merge a mapping that has a mapping or a list as a key"


def _without_tag(key: str, patch_at: Pointer) -> str:
    """Return a key that the patch adds, which loses its tag thereby. Raises `Conflict` where it is not a text then."""
    if key.__class__ is NoText:
        raise Conflict(_NO_TEXT, patch_at, "write a text as the key")
    if key.__class__ is LateKey:
        return key
    if key.__class__ is Tagged and key.is_plain and resource_scalar(str(key)) is None:
        raise Conflict(f"the key {str(key)!r} loses its tag, and is null then", (*patch_at, key))
    return without_tag(key)


def _field_schema(schema: Schema | None, key: str) -> FieldSchema:
    return schema.get(key, NO_SCHEMA) if schema else NO_SCHEMA


def _new_keys(body: Tree, patch: Tree) -> list[str]:
    """Return the keys that only the patch has, in the order in which Kustomize adds them. A repeated key comes once."""
    new = [key for key in patch if key not in body and key.__class__ is not Again]
    if len(new) > 1:
        new.sort()
    return new


def _with_changes(body: Tree, changes: dict[str, Any]) -> Tree:
    """Return a mapping with other values for some keys; DELETED removes a key."""
    merged = {**body, **changes}
    return {key: value for key, value in merged.items() if value is not DELETED}
