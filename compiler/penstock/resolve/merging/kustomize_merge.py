"""Strategic merge of a patch into an object, with exactly the output of kustomize v5.8.2, quirks included.

Mappings are merged key by key, and null deletes a key. Lists are replaced, except for those in `merge_keys`, whose
elements are matched by key: the elements that the patch names come first, in the patch's order. docs/kustomize.md lists
the cases in which this loses data.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import is_

from penstock.kubernetes import text
from penstock.model import Again, LateKey, Log, NoText, Origin, Pointer, Rearranged, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.directives import (
    DIRECTIVES,
    directive_of,
    directive_of_list,
    only_deletes,
    without_directive,
    without_list_directive,
)
from penstock.resolve.merging.list_merge import (
    Element,
    NoScalar,
    Spell,
    append_all,
    complete,
    elements_of,
    index_of,
    is_blank_element,
    key_values,
    matching,
    scalar_values,
    set_element,
    shared_keys,
    used_keys,
)
from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.resolve.merging.plain_lists import Name, PlainList, PlainLists
from penstock.scalar import NO_TAG, Tagged, may_be_date, resource_scalar, without_tag
from penstock.tree import MISSING, Fronted
from penstock.typed import Any

DELETED: Any = object()
"""The result where a patch deletes the value that it is merged into."""

Schemas = Mapping[tuple[str, str], Schema]

NO_SCHEMA: FieldSchema = (None, None)
"""The schema of a field that no schema knows."""


class Written(NamedTuple):
    """How values are written, which their trees do not tell."""

    is_blank: Callable[[Pointer], bool]
    """Whether a null of the body is written as an empty value (`key:`), which Kustomize drops."""
    in_quotes: Callable[[Pointer, Pointer, Any], Any]
    """Returns the value that a scalar of the patch which is not a string has in the place of a string of the body.
    Kustomize keeps the quotes of the body, which make the scalar a string, too. Arguments: the pointer into the body,
    the pointer into the patch, the scalar.
    """
    own: Callable[[Pointer, Any], str]
    """Returns how a scalar of the body is spelled."""
    others: Callable[[Origin, Any], str]
    """Returns how a scalar of the patch is spelled."""
    lists: PlainLists
    """The plain lists of bodies."""
    is_unquoted: Callable[[Pointer | None, Origin], bool] = lambda at, origin: False
    """Whether a scalar is written without quotes. Arguments: the pointer into the body, or None for a scalar of the
    patch; the place in the patch.
    """
    untag: Callable[[], None] = lambda: None
    """Notes that there is a scalar now that has lost its tag."""
    over_text: Callable[[Pointer, Pointer, str], None] = lambda at, patch_at, text: None
    """Notes that a text of the patch takes the place of a text of the body. Arguments: the pointer into the body, the
    pointer into the patch, the text of the body.
    """
    appends: bool = False
    """Whether new elements of a list come after those of the body; otherwise the elements of the patch come first."""


Merge = Callable[[Tree, Tree, Origin, Schemas, Written, Log | None], tuple[Any, Log | None]]
"""`merge`, or another strategy with the same arguments and result."""


def merge(
    body: Tree, patch: Tree, origin: Origin, schemas: Schemas, written: Written, log: Log | None
) -> tuple[Any, Log | None]:
    """Merge `patch`, written at `origin`, into `body`; return the new body (or DELETED) and the extended write log.

    Raises `Conflict` where patch and body have different kinds of value, or where a `$patch` directive is unknown.
    """
    laid = _Merge(origin, schemas, written, log)
    directive = directive_of(patch, ())
    if directive == "delete":
        return DELETED, laid.log
    if directive == "replace":  # Kustomize merges it with itself and drops the result: the body stays
        patch = without_directive(patch)
        laid.mapping(patch, patch, None, None, ())
        return body, log
    return laid.mapping(body, without_directive(patch), None, (), ()), laid.log


class _Merge:
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
        if patch is not MISSING and _kind(body) != _kind(patch):
            raise Conflict(f"the patch has {_kind(patch)} where the object has {_kind(body)}", patch_at)
        keys, schema = field
        if body.__class__ is dict:
            # Where the schema has a list and the object a mapping, the schema says nothing about what is below.
            return self.directed_mapping(body, patch, schema if keys is None else None, at, patch_at)
        if body.__class__ is list and keys is not None:
            return _ListMerge(self, field, at, patch_at).directed(body, patch)
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
            return self.mapping(patch, patch, schema if keys is None else None, at, patch_at)
        if patch.__class__ is list and keys is not None:
            return _ListMerge(self, field, at, patch_at).fresh(patch)
        return patch

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
            return self.mapping(patch, patch, schema, at, patch_at)
        if not body and at is not None:  # an empty mapping takes the style of the patch (`Merger.SetStyle`)
            self.write(at, patch_at)
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
            raise Conflict("Kustomize cannot merge a mapping with an empty key", patch_at)
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
                raise Conflict(_NO_TEXT, patch_at)
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


class _ListMerge:
    """One list whose elements are being merged by key (`kyaml/yaml/walk/associative_sequence.go`).

    It has the keys (empty if the elements are scalars), the schema of the elements, and the places of the list in body
    and patch.
    """

    def __init__(self, outer: _Merge, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> None:
        keys, self.schema = field
        self.keys = keys or ()
        self.outer = outer
        self.at = at
        self.patch_at = patch_at

    def fresh(self, patch: list[Any]) -> Any:
        """Return a list that the body lacks. Kustomize merges it with itself, and keeps its directives."""
        elements = elements_of(patch, self.spell_of_patch())
        return self.merged(patch, elements, elements)

    def directed(self, body: list[Any], patch: Any) -> Any:
        """Return a list, merged as its directive says (`Merger.VisitList`)."""
        outer, at, patch_at = self.outer, self.at, self.patch_at
        # A list that only the patch has is merged with itself, since that is what applies its directives.
        is_of_body = at is not None and patch is not body
        may_be_plain = is_of_body and not outer.written.appends
        plain = outer.written.lists.find(body, (self.keys, self.schema)) if may_be_plain else None
        if plain is not None and patch is MISSING:
            return body
        # Most lists are plain: they are indexed once, and a patch of one element does not go through all of them.
        names = plain.names(patch) if plain is not None and only_deletes(patch) else None
        if plain is not None and names is not None:
            return self.in_plain_list(plain, patch, names)
        ours = elements_of(body, self.spell_of_body() if is_of_body else self.spell_of_patch())
        if patch is MISSING:
            return self.merged(body, ours, None)
        directive = directive_of_list(patch, patch_at)
        if directive == "delete":
            return outer.deleted(at, patch_at)
        theirs = ours if patch is body else elements_of(patch, self.spell_of_patch())
        if directive:
            theirs = without_list_directive(theirs, directive)
        if patch is body:
            ours = theirs
        # The old elements are gone, and those of the patch are merged with themselves, as above.
        if directive == "replace":
            if at is not None:
                outer.write(at, patch_at)
            return self.merged(patch, theirs, theirs)
        if theirs is not ours:
            theirs = [Element(e.value, outer.origin.below(*patch_at, e.source), e.spell) for e in theirs]
        return self.merged(body, ours, theirs)

    def in_plain_list(self, plain: PlainList, patch: list[Any], names: list[Name]) -> list[Any]:
        """Return what `merged` would return for a plain list and a patch whose elements have these names."""
        merged: dict[Name, Element] = {}
        origin = self.outer.origin.below(*self.patch_at)
        for index, (name, value) in enumerate(zip(names, patch, strict=True)):
            own = None
            if name in plain.elements:
                own = Element(plain.elements[name], plain.number(name), self.spell_of_body())
            change = Element(value, origin.below(index), self.spell_of_patch())
            element = self.element([(key, text(value[key])) for key in plain.used], own, change)
            if element is not None:
                merged[name] = element
        changes = {name: element.value for name, element in merged.items()}
        elements = plain.with_changes(names, changes)
        values = list(elements.values())
        # Nothing has changed, so nobody becomes the writer of anything.
        if len(values) == len(plain.values) and all(map(is_, values, plain.values)):
            return plain.values
        if self.at is not None:
            self.rearrange_plain(self.at, plain, names, merged)
        self.outer.written.lists.keep_merged(plain, values, elements, changes)
        return values

    def rearrange_plain(self, at: Pointer, plain: PlainList, names: list[Name], merged: dict[Name, Element]) -> None:
        """Log where the elements of a plain list have come from."""
        # With one key, Kustomize moves the elements of the patch to the front. With several, those stay that are there.
        moved = [name for name in names if len(plain.used) == 1 or name not in merged or name not in plain.elements]
        gone = [plain.number(name) for name in moved if name in plain.elements]
        front = tuple(merged[name].source for name in moved if name in merged)
        if gone or front:
            self.outer.rearrange(at, self.patch_at, Fronted(len(plain.values), gone, front))

    def merged(self, body: list[Any], ours: list[Element], theirs: list[Element] | None) -> Any:
        """Return the merged list (`Walker.walkAssociativeSequence`).

        `ours` are the elements of `body`; `theirs` are the same elements where the list is new.
        """
        if self.keys:
            self.check_mappings(ours)
            keys, wanted = self.keys, key_values(self.keys, self.in_order(ours, theirs))
        else:
            theirs = theirs if theirs is None or theirs is ours else self.findable(theirs)
            keys, wanted = ("",), scalar_values(self.in_order(ours, theirs))
        try:
            merged = self.by_key(wanted, keys, ours, theirs)
        except NoScalar as found:
            raise Conflict(f"an element of this list must be a scalar; found {found}", self.patch_at) from None
        values = [element.value for element in merged]
        # Two scalars may be the same value and yet have other texts, so the places count too.
        is_same = len(values) == len(body) and all(element.source == i for i, element in enumerate(merged))
        if is_same and all(map(is_, values, body)):
            return body
        self.outer.rearrange(self.at, self.patch_at, tuple(element.source for element in merged))
        return values

    def in_order(self, ours: list[Element], theirs: list[Element] | None) -> list[Element]:
        """Return the elements of both sides in the order in which they are merged."""
        return [*ours, *(theirs or ())] if self.outer.written.appends else [*(theirs or ()), *ours]

    def check_mappings(self, elements: list[Element]) -> None:
        for element in elements:
            value = element.value
            if value.__class__ is not dict and value is not None:
                raise Conflict(f"an element of this list must be a mapping; found {_kind(value)}", self.patch_at)

    def findable(self, theirs: list[Element]) -> list[Element]:
        """Return the elements of the patch that Kustomize finds by their text. Mappings and lists have none, so only
        the first element without a text counts.
        """
        found: dict[str, Element] = {}
        for element in theirs:
            found.setdefault(element.text(""), element)
        return list(found.values())

    def by_key(
        self, wanted: list[list[str]], keys: tuple[str, ...], ours: list[Element], theirs: list[Element] | None
    ) -> list[Element]:
        """Return the elements in their order (`Walker.setAssociativeSequenceElements`).

        `wanted` holds the key values of all elements in the order in which they are merged.
        """
        if not wanted:
            return ours
        used = shared_keys(wanted, keys)
        own = index_of(ours, used)
        new = own if theirs is ours else index_of(theirs or (), used)
        # Each element has a name of its own, so an index finds it. The loop below does what Kustomize does where
        # names are missing or stand twice.
        if used and own is not None and new is not None and not self.outer.written.appends:
            return self.by_index(wanted, used, own, new)
        merged: list[Element] = []
        if len(keys) > 1:
            complete(wanted)
        last: tuple[Sequence[str], Sequence[str]] = ([], [])
        for row in wanted:
            if not row:
                continue
            # The keys count that some element uses, so what is wanted decides, not the schema alone.
            last = used_keys(wanted, row, keys)
            pairs = list(zip(*last, strict=True))
            named = [(key, value) for key, value in pairs if value] or pairs
            change = matching(theirs, named) if theirs is not None else None
            element = self.element(pairs, matching(ours, named), change)
            # The patch deletes this element.
            if element is None:
                set_element(ours, None, *last)
            else:
                set_element(merged, element, *last)
        return append_all(ours, merged, last[0]) if self.outer.written.appends else append_all(merged, ours, last[0])

    def by_index(
        self,
        wanted: list[list[str]],
        used: tuple[str, ...],
        own: dict[tuple[str, ...], Element],
        new: dict[tuple[str, ...], Element],
    ) -> list[Element]:
        """Return what `by_key` would return where all elements have the same keys and no two the same values, as is
        nearly always the case.
        """
        merged: dict[tuple[str, ...], Element] = {}
        for row in wanted:
            values = tuple(filter(None, row))
            element, change = own.get(values), new.get(values)
            if change is not None or element is None or not _is_flat(element.value):
                element = self.element(list(zip(used, values, strict=True)), element, change)
            if element is None:
                own.pop(values, None)
            else:
                merged[values] = element
        for values, element in own.items():
            if len(used) > 1:
                merged.pop(values, None)  # with several keys, `appendListNode` puts it at the end
            merged[values] = element
        return list(merged.values())

    def element(self, pairs: list[tuple[str, str]], own: Element | None, change: Element | None) -> Element | None:
        """Return the merged element with the given keys and values; None where it is deleted or becomes empty."""
        if self.is_of_scalars(own, change):
            return self.scalar(own, change)
        body = own.value if own else MISSING
        patch = change.value if change else MISSING
        # The merge of a `$patch: replace` returns the patch's element, but Kustomize goes on with that of the body.
        is_dropped = patch.__class__ is dict and patch.get("$patch") == "replace"
        place = None if is_dropped else self.place_of(own)
        new = self.outer.value(body, patch, (None, self.schema), place, self.patch_place_of(change))
        if change is not None and patch.__class__ is dict:
            # Kustomize removes the directive from the patch itself; the element may stay, or be visited again.
            change.value = without_directive(patch)
        if new is DELETED or new is MISSING:
            return None
        if is_blank_element(new):
            # A mapping is emptied in its place, where Kustomize overlooks it from then on.
            if own is not None and not is_dropped:
                own.value = new
            return None
        if new.__class__ is dict:
            new = _with_keys(new, pairs)
        if own is not None and (own is change or not is_dropped):
            own.value = new
            return own
        return self.made(new, change)

    def is_of_scalars(self, own: Element | None, change: Element | None) -> bool:
        return not self.keys and not _is_container(own) and not _is_container(change)

    def scalar(self, own: Element | None, change: Element | None) -> Element | None:
        """Return the merged element of a list of scalars; None where it is null.

        Kustomize writes its text into the element of the patch, or into that of the body where the patch has none.
        Where both have it, that of the body takes this place in the end as it is (`appendListNode`), so nobody is the
        writer of anything.
        """
        element = change or own
        if element is None or element.value is None:
            return None
        value = element.value
        if _may_lose_tag(value):
            value = self.without_tag(value, own if change is None or own is change else None, change)
        if element is own:
            own.value = value
            return own
        return self.made(value, change)

    def without_tag(self, value: str, own: Element | None, change: Element | None) -> Any:
        """Return a scalar of a list of scalars as its text: Kustomize writes that into it anew, as if it were its key
        (`yaml.SetField` with an empty name), which leaves the quotes of the body, or of the patch, and takes the type.
        """
        # A list that the body lacks is merged with itself, so its elements are those of the patch.
        place = None if own is change else self.place_of(own)
        if isinstance(value, Tagged) and place is None:
            is_unquoted = value.is_plain
        else:
            found = self.outer.origin.below(*self.patch_place_of(own or change))
            is_unquoted = self.outer.written.is_unquoted(place, found)
        if not is_unquoted or resource_scalar(str(value)) == str(value):
            return str(value)
        self.outer.written.untag()
        return Tagged(str(value), NO_TAG, is_plain=True)

    def made(self, value: Any, change: Element | None) -> Element:
        """Return an element that the body lacks: that of the patch, or a new one that consists of its keys."""
        if change is None:
            return Element(value, self.outer.origin, self.spell_of_patch())
        return Element(value, change.source, change.spell)

    def place_of(self, own: Element | None) -> Pointer | None:
        """Return the place of an element in the body; None for a new element, or in a new list."""
        if self.at is None or own is None or not isinstance(own.source, int):
            return None
        return (*self.at, own.source)

    def patch_place_of(self, change: Element | None) -> Pointer:
        """Return the place of an element in the patch, or that of the list if the patch does not name the element."""
        if change is None:
            return self.patch_at
        if isinstance(change.source, Origin):
            return change.source.at[len(self.outer.origin.at) :]
        return (*self.patch_at, change.source)

    def spell_of_body(self) -> Spell:
        """Return a function that tells how the elements of the body's list are spelled."""
        own, at = self.outer.written.own, self.at or ()
        return lambda source, key, value: own((*at, source, key) if key else (*at, source), value)

    def spell_of_patch(self) -> Spell:
        """Return a function that tells how the elements of the patch's list are spelled."""
        above = self.outer.origin.below(*self.patch_at)

        def spell(source: int | Origin, key: str, value: Any) -> str:
            element = above.below(source) if isinstance(source, int) else source
            return self.outer.written.others(element.below(key) if key else element, value)

        return spell


def _may_lose_tag(value: Any) -> bool:
    """Return whether a scalar is a text that is none without its tag or quotes."""
    return isinstance(value, str) and value != "" and (value.__class__ is Tagged or resource_scalar(value) != value)


def _is_container(element: Element | None) -> bool:
    return element is not None and (element.value.__class__ is dict or element.value.__class__ is list)


def _is_flat(value: Any) -> bool:
    """Return whether a merge that names no field of an element certainly leaves it unchanged, judging by the types of
    its values.
    """
    return value.__class__ is dict and "" not in value and _SCALARS.issuperset(map(type, value.values()))


_LOOKED_INTO = frozenset((dict, list, Tagged, type(None)))
"""The types of values that a merge may change even if the patch does not name them."""

_SCALARS = frozenset((str, int, float, bool))

_NO_TEXT = "Kustomize cannot merge a mapping that has a mapping or a list as a key"


def _without_tag(key: str, patch_at: Pointer) -> str:
    """Return a key that the patch adds, which loses its tag thereby. Raises `Conflict` where it is not a text then."""
    if key.__class__ is NoText:
        raise Conflict(_NO_TEXT, patch_at)
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


def _with_keys(element: Tree, pairs: list[tuple[str, str]]) -> Tree:
    """Return an element with all the keys that it is merged by, even if only the other side had them."""
    lacking = {key: value for key, value in pairs if value and key not in element}
    return {**element, **lacking} if lacking else element


def _kind(value: Any) -> str:
    return "a mapping" if value.__class__ is dict else "a list" if value.__class__ is list else "a scalar"
