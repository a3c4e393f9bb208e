"""Lists whose elements are merged by key, with exactly the output of kustomize v5.8.2."""

from collections.abc import Sequence
from operator import is_

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Rearranged, Tree
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.directives import (
    DIRECTIVES,
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
from penstock.resolve.merging.merge_keys import FieldSchema
from penstock.resolve.merging.plain_lists import Name, PlainList
from penstock.resolve.merging.strategy import DELETED, Written, kind_of
from penstock.scalar import NO_TAG, Tagged, resource_scalar
from penstock.tree import MISSING, Fronted
from penstock.typed import Any, Protocol


class Around(Protocol):
    """The merge around a list. It merges the values inside of elements, and logs what is written."""

    origin: Origin
    written: Written

    def value(self, body: Any, patch: Any, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> Any: ...

    def deleted(self, at: Pointer | None, patch_at: Pointer) -> Any: ...

    def write(self, at: Pointer, patch_at: Pointer) -> None: ...

    def rearrange(self, at: Pointer | None, patch_at: Pointer, sources: Rearranged) -> None: ...


class ListMerge:
    """One list whose elements are being merged by key (`kyaml/yaml/walk/associative_sequence.go`).

    It has the keys (empty if the elements are scalars), the schema of the elements, and the places of the list in body
    and patch.
    """

    def __init__(self, outer: Around, field: FieldSchema, at: Pointer | None, patch_at: Pointer) -> None:
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
            raise Conflict(
                f"an element of this list must be a scalar; found {found}",
                self.patch_at,
                hint="write the elements as the object has them",
            ) from None
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
                raise Conflict(
                    f"an element of this list must be a mapping; found {kind_of(value)}",
                    self.patch_at,
                    hint="write the elements as the object has them",
                )

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
        if change is not None and patch.__class__ is dict and text(patch.get("$patch")) in DIRECTIVES:
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
        Where both have it, that of the body takes this place in the end as it is (`appendListNode`). The patch
        counts as its writer, unless quotes or a tag of the body decide what it is.
        """
        element = change or own
        if element is None or element.value is None:
            return None
        place = self.place_of(own)
        if place is not None and own is not None and change is not None and not _may_lose_tag(own.value):
            self.outer.write(place, self.patch_place_of(change))
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


_SCALARS = frozenset((str, int, float, bool))


def _with_keys(element: Tree, pairs: list[tuple[str, str]]) -> Tree:
    """Return an element with all the keys that it is merged by, even if only the other side had them."""
    lacking = {key: value for key, value in pairs if value and key not in element}
    return {**element, **lacking} if lacking else element
