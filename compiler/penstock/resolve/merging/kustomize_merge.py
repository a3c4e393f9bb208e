"""Strategic merge: a patch laid over an object, with the bytes of kustomize v5.8.2, quirks included.

Maps are merged key by key and null deletes. Lists are replaced, but for those in `merge_keys`, whose elements are
matched by key: what the patch names comes first, in the patch's order. docs/kustomize.md lists the cases in which this
loses data.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from penstock.kubernetes import text
from penstock.model import Log, Origin, Pointer, Tree
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.list_merge import (
    Element,
    Spell,
    append_all,
    complete,
    elements_of,
    has,
    index_of,
    is_blank_element,
    key_values,
    matching,
    scalar_values,
    set_element,
    shared_keys,
    used_keys,
)
from penstock.resolve.merging.merge_keys import Schema
from penstock.scalar import may_be_date
from penstock.tree import MISSING

DIRECTIVES = ("delete", "replace", "merge")
"""What `$patch` may say."""

DELETED: Any = object()
"""The answer where a patch deletes what it is laid over."""

Schemas = Mapping[tuple[str, str], Schema]


class Written(NamedTuple):
    """What trees do not tell of how they are written."""

    is_blank: Callable[[Pointer], bool]
    """Whether a null of the body is written as nothing at all (`key:`): Kustomize drops those."""
    in_quotes: Callable[[Pointer, Pointer, Any], Any]
    """What becomes of a scalar of the patch (at the second pointer, the value) that is no string, in the place of a
    string of the body (at the first): Kustomize keeps the quotes that stood there, and so makes it a string too.
    """
    own: Callable[[Pointer, Any], str]
    """How a scalar of the body is spelled."""
    others: Callable[[Origin, Any], str]
    """How a scalar of the patch is."""


Merge = Callable[[Tree, Tree, Origin, Schemas, Written, Log | None], tuple[Any, Log | None]]
"""`merge`, or another strategy with the same arguments and result."""


def merge(
    body: Tree, patch: Tree, origin: Origin, schemas: Schemas, written: Written, log: Log | None
) -> tuple[Any, Log | None]:
    """Lay `patch`, written at `origin`, over `body`; returns the new body (or DELETED) and the longer write log.

    Raises Conflict where the two disagree about the kind of a value, or a `$patch` directive is unknown.
    """
    laid = _Merge(origin, schemas, written, log)
    directive = _directive(patch, ())
    if directive == "delete":
        return DELETED, laid.log
    if directive == "replace":  # Kustomize merges this one with itself, and drops what it made: the body stays
        patch = _without_directive(patch)
        laid.mapping(patch, patch, None, None, ())
        return body, log
    return laid.mapping(body, _without_directive(patch), None, (), ()), laid.log


class _Merge:
    """One merge under way. `at` is a pointer into the body, or None below a value that is new as a whole."""

    def __init__(self, origin: Origin, schemas: Schemas, written: Written, log: Log | None) -> None:
        self.origin = origin
        self.schemas = schemas
        self.written = written
        self.log = log

    def value(
        self, body: Any, patch: Any, keys: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer
    ) -> Any:
        """`keys` is None where no list is merged. MISSING stands for a side that does not have the value."""
        if body is MISSING or body is None:
            if patch is None:
                return DELETED
            if patch is MISSING:
                return DELETED if at is None or self.written.is_blank(at) else body
            if at is not None:
                self.write(at, patch_at)
            return self.fresh(patch, keys, schema, at, patch_at)
        if patch is None:
            return self.deleted(at, patch_at)
        if patch is not MISSING and _kind(body) != _kind(patch):
            raise Conflict(f"the patch has {_kind(patch)} where the object has {_kind(body)}", patch_at)
        if body.__class__ is dict:
            return self.directed_mapping(body, patch, schema if keys is None else None, at, patch_at)
        if body.__class__ is list and keys is not None:
            return self.directed_list(body, patch, keys, schema, at, patch_at)
        if patch is MISSING:
            return body
        if at is not None:
            self.write(at, patch_at)
            if body.__class__ is str and (patch.__class__ is not str or may_be_date(patch)):
                return self.written.in_quotes(at, patch_at, patch)
        return patch

    def fresh(self, patch: Any, keys: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer) -> Any:
        """A value that the body does not have: what the patch says, without its nulls and directives."""
        if patch.__class__ is dict:
            if patch.get("$patch") == "delete":
                return DELETED
            if text(patch.get("$patch")) in DIRECTIVES:
                patch = _without_directive(patch)
            return self.mapping(patch, patch, schema if keys is None else None, at, patch_at)
        if patch.__class__ is list and keys is not None:
            elements = elements_of(patch, self.others(patch_at))  # of a list, Kustomize leaves the directives in
            return self.elements(patch, elements, elements, keys, schema, at, patch_at)
        return patch

    def directed_mapping(
        self, body: Tree, patch: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer
    ) -> Any:
        if patch is MISSING:
            return self.mapping(body, patch, schema, at, patch_at)
        directive = _directive(patch, patch_at)
        is_new = patch is body
        patch = _without_directive(patch)
        if is_new:
            body = patch
        if directive == "delete":
            return self.deleted(at, patch_at)
        if directive == "replace":
            if at is not None:
                self.write(at, patch_at)
            return self.mapping(patch, patch, schema, at, patch_at)
        return self.mapping(body, patch, schema, at, patch_at)

    def mapping(self, body: Tree, patch: Any, schema: Schema | None, at: Pointer | None, patch_at: Pointer) -> Tree:
        if schema is None:
            schema = self.schema_of(body, patch)
        merged = body
        for key, value in body.items():
            change = MISSING if patch is MISSING else patch.get(key, MISSING)
            if (change is MISSING or patch is body) and value is not None and value.__class__ not in (dict, list):
                continue
            keys, below = schema.get(key, (None, None)) if schema else (None, None)
            inner = None if at is None else (*at, key)
            new = self.value(value, change, keys, below, inner, (*patch_at, key))
            if new is not value:
                if merged is body:
                    merged = body.copy()
                if new is DELETED:
                    del merged[key]
                else:
                    merged[key] = new
        if patch is MISSING or patch is body:
            return merged
        for key, change in patch.items():
            if key not in body:
                keys, below = schema.get(key, (None, None)) if schema else (None, None)
                inner = None if at is None else (*at, key)
                new = self.value(MISSING, change, keys, below, inner, (*patch_at, key))
                if new is not DELETED:
                    if merged is body:
                        merged = body.copy()
                    merged[key] = new
        return merged

    def schema_of(self, body: Tree, patch: Any) -> Schema | None:
        """The schema of an object, also of one inside another: told from its apiVersion and kind."""
        for side in (body, patch):
            if side is not MISSING and "kind" in side and "apiVersion" in side:
                schema = self.schemas.get((text(side["apiVersion"]), text(side["kind"])))
                if schema is not None:
                    return schema
        return None

    def directed_list(
        self,
        body: list[Any],
        patch: Any,
        keys: tuple[str, ...],
        schema: Schema | None,
        at: Pointer | None,
        patch_at: Pointer,
    ) -> Any:
        ours = elements_of(body, self.others(patch_at) if at is None or patch is body else self.own(at))
        if patch is MISSING:
            return self.elements(body, ours, None, keys, schema, at, patch_at)
        directive = _list_directive(patch, patch_at)
        if directive == "delete":
            return self.deleted(at, patch_at)
        theirs = ours if patch is body else elements_of(patch, self.others(patch_at))
        if directive:
            theirs = [e for e in theirs if not is_blank_element(e.value) and not has(e, "$patch", directive)]
        if patch is body:
            ours = theirs
        if directive == "replace":
            if at is not None:
                self.write(at, patch_at)
            return self.elements(patch, theirs, theirs, keys, schema, at, patch_at)
        if theirs is not ours:
            theirs = [Element(e.value, self.origin.below(*patch_at, e.source), e.spell) for e in theirs]
        return self.elements(body, ours, theirs, keys, schema, at, patch_at)

    def elements(
        self,
        body: list[Any],
        ours: list[Element],
        theirs: list[Element] | None,
        keys: tuple[str, ...],
        schema: Schema | None,
        at: Pointer | None,
        patch_at: Pointer,
    ) -> Any:
        """A list merged by key. `ours` are the elements of `body`; `theirs` are the same where the list is new."""
        if keys:
            for element in ours:
                if element.value.__class__ is not dict and element.value is not None:
                    raise Conflict(f"an element of this list must be a mapping; found {_kind(element.value)}", patch_at)
            wanted = key_values(keys, theirs, ours)
        else:
            for element in (*ours, *(theirs or ())):
                if element.value.__class__ is list or (element.value.__class__ is dict and element.value):
                    raise Conflict(f"an element of this list must be a scalar; found {_kind(element.value)}", patch_at)
            keys = ("",)
            wanted = scalar_values(theirs, ours)
        merged = self.by_key(wanted, keys, ours, theirs, schema, at, patch_at)
        values = [element.value for element in merged]
        if len(values) == len(body) and all(a is b for a, b in zip(values, body, strict=True)):
            return body
        if at is not None:
            self.log = (self.log, at, tuple(element.source for element in merged))
        return values

    def by_key(
        self,
        wanted: list[list[str]],
        keys: tuple[str, ...],
        ours: list[Element],
        theirs: list[Element] | None,
        schema: Schema | None,
        at: Pointer | None,
        patch_at: Pointer,
    ) -> list[Element]:
        if not wanted:
            return ours
        used = shared_keys(wanted, keys)
        own = index_of(ours, used)
        new = own if theirs is ours else index_of(theirs or (), used)
        if used and own is not None and new is not None:
            return self.by_index(wanted, used, own, new, schema, at, patch_at)
        merged: list[Element] = []
        if len(keys) > 1:
            complete(wanted)
        last: tuple[Sequence[str], Sequence[str]] = ([], [])
        for row in wanted:
            if not row:
                continue
            last = used_keys(wanted, row, keys)
            named = [(k, v) for k, v in zip(*last, strict=True) if v] or list(zip(*last, strict=True))
            change = matching(theirs, named) if theirs is not None else None
            element = self.element(*last, matching(ours, named), change, schema, at, patch_at)
            if element is None:
                set_element(ours, None, *last)
                continue
            set_element(merged, element, *last)
        return append_all(merged, ours, last[0])

    def by_index(
        self,
        wanted: list[list[str]],
        used: tuple[str, ...],
        own: dict[tuple[str, ...], Element],
        new: dict[tuple[str, ...], Element],
        schema: Schema | None,
        at: Pointer | None,
        patch_at: Pointer,
    ) -> list[Element]:
        """What `by_key` gives where all elements have the same keys and no two the same values: nearly always."""
        merged: dict[tuple[str, ...], Element] = {}
        for row in wanted:
            values = tuple(filter(None, row))
            element = self.element(used, values, own.get(values), new.get(values), schema, at, patch_at)
            if element is None:
                own.pop(values, None)
            else:
                merged[values] = element
        for values, element in own.items():
            if len(used) > 1:
                merged.pop(values, None)
            merged[values] = element
        return list(merged.values())

    def element(
        self,
        used: Sequence[str],
        values: Sequence[str],
        own: Element | None,
        change: Element | None,
        schema: Schema | None,
        at: Pointer | None,
        patch_at: Pointer,
    ) -> Element | None:
        """The element with the given key values, merged; None where it is deleted or nothing is left of it."""
        body = own.value if own else MISSING
        patch = change.value if change else MISSING
        is_dropped = (
            patch.__class__ is dict and patch.get("$patch") == "replace"
        )  # in the end the body's own stands there
        place = None
        if at is not None and own is not None and isinstance(own.source, int) and not is_dropped:
            place = (*at, own.source)
        source = change.source if change else None
        inner = patch_at
        if source is not None:
            inner = source.at[len(self.origin.at) :] if isinstance(source, Origin) else (*patch_at, source)
        new = self.value(body, patch, None, schema, place, inner)
        if change is not None and change.value.__class__ is dict:
            change.value = _without_directive(change.value)  # taken away; the element may stay, or come up again
        if new is DELETED or new is None or new is MISSING or (new.__class__ is dict and not new):
            return None
        if new.__class__ is dict:
            for key, value in zip(used, values, strict=True):
                if key not in new and value:
                    new = {**new, key: value}
        if own is not None and (own is change or not is_dropped):
            own.value = new
            return own
        spell = change.spell if change else self.others(patch_at)
        return Element(new, source if source is not None else self.origin, spell)

    def own(self, at: Pointer) -> Spell:
        """How the elements of a list of the body are spelled."""
        return lambda source, key, value: self.written.own((*at, source, key) if key else (*at, source), value)

    def others(self, patch_at: Pointer) -> Spell:
        """How those of a list of the patch are."""
        above = self.origin.below(*patch_at)

        def spell(source: int | Origin, key: str, value: Any) -> str:
            element = above.below(source) if isinstance(source, int) else source
            return self.written.others(element.below(key) if key else element, value)

        return spell

    def deleted(self, at: Pointer | None, patch_at: Pointer) -> Any:
        if at is not None:
            self.write(at, patch_at)
        return DELETED

    def write(self, at: Pointer, patch_at: Pointer) -> None:
        self.log = (self.log, at, self.origin.below(*patch_at))


def _kind(value: Any) -> str:
    return "a mapping" if value.__class__ is dict else "a list" if value.__class__ is list else "a scalar"


def _directive(patch: Tree, patch_at: Pointer) -> str:
    """The `$patch` of a mapping; empty for none and for merge. Raises Conflict for a word that is none of the three."""
    if "$patch" not in patch:
        return ""
    return _known_directive(text(patch["$patch"]), (*patch_at, "$patch"))


def _list_directive(patch: list[Any], patch_at: Pointer) -> str:
    """The directive of a list: an element that has `$patch` and nothing else. The first element with `$patch`
    decides.
    """
    for index, element in enumerate(patch):
        if element.__class__ is dict and "$patch" in element:
            if len(element) > 1:
                return ""
            word = text(element["$patch"])
            _known_directive(word, (*patch_at, index, "$patch"))
            return word
    return ""


def _known_directive(word: str, at: Pointer) -> str:
    if word not in DIRECTIVES:
        raise Conflict(f"`$patch: {word}` is not known; it is one of delete, merge, replace", at)
    return "" if word == "merge" else word


def _without_directive(patch: Tree) -> Tree:
    return {k: v for k, v in patch.items() if k != "$patch"} if "$patch" in patch else patch
