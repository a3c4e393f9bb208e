"""From libyaml's events to plain trees, in one walk without recursion, so that no nesting, alias or tag can cost more
than the limits of `faults`.
"""

from collections.abc import Callable

from penstock.budget import cost_of_scalar
from penstock.model import Again, Diagnostic, Document, LateKey, NoText, Origin, Pointer
from penstock.parse.libyaml import (
    AliasEvent,
    CParser,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from penstock.parse.merging import (
    DroppedKey,
    MergeKey,
    Note,
    is_mergeable,
    merge_into,
    merged_around,
    notes_around,
    notes_of_merged,
    overwritten,
    settled_below,
)
from penstock.parse.reading.faults import MAX_ALIASED, MAX_DEPTH, MAX_DOCUMENTS, Limit
from penstock.parse.reading.nodes import Anchored, Odd, Open
from penstock.parse.reading.scalars import Dialect, KeyReader
from penstock.parse.reading.tally import Tally
from penstock.parse.refused import ignored_rest, not_for_go
from penstock.scalar import NULL_TAG, Tagged
from penstock.typed import Any
from penstock.unsettled import second_is_lost

_YES_AND_NO = ("true", "yes", "on", "y", "false", "no", "off", "n", "null")
_ODD_KEYS = frozenset(("<<", "~", *(f(word) for word in _YES_AND_NO for f in (str.lower, str.upper, str.capitalize))))
"""Unquoted keys that may not be strings. Neither may those that sort before `:`."""


class Reader(KeyReader):
    """Reads the events of one text into documents."""

    def __init__(
        self,
        path: str,
        dialect: Dialect,
        first_line: int = 0,
        is_alone: bool = False,
        tally: Tally | None = None,
    ) -> None:
        self.is_alone = is_alone and dialect.is_object
        """Whether the document is the only one in a file of objects."""
        self.tally = tally
        self.outside = Open([], None, False)
        """Stands for the open container outside of all containers."""
        self.started = 0
        self.first_is_empty = False
        self.documents: list[Document] = []
        super().__init__(path, dialect, first_line)

    def start_anew(self, line: int, ignored: bool) -> None:
        super().start_anew(line, ignored)
        self.raw: dict[int, tuple[Any, dict[str, Any]]] = {}
        """For each mapping that merges something, by its id: the mapping, and its form before Kustomize has merged it
        (`LateKey`).
        """
        self.first_uses: dict[int, Pointer] = {}
        """The place where an alias first stands for such a mapping as a value, by the mapping's id."""
        self.merges = False
        """Whether there is a merge key."""
        self.put_off: list[tuple[Pointer, Diagnostic]] = []
        """Findings about a file that may be a `List`, of which Kustomize takes only the items."""

    def read(self, data: bytes, only_first: bool = False) -> None:
        """Read all documents, or only the first. Raises YAMLError at the first place that is not YAML, and Limit.

        Every byte of a build passes through this loop. Nine of ten events are ordinary keys and values, so their
        handling is inlined here: with calls instead, the loop takes a tenth longer (1 MB of manifests). Every other
        event is handled by a step of its own, which returns the container that is open after it.
        """
        self.faults.data = data
        self.only_first = only_first
        next_event = CParser(data).get_event
        if self.tally is not None:
            next_event = self.tally.counted(next_event, self.faults)
        self.next_event = next_event
        scalar = self.dialect.scalar
        top: Open | None = self.outside
        while top is not None:
            event: Any = next_event()
            if event.__class__ is not ScalarEvent or not top.is_mapping:
                top = _STEPS[event.__class__](self, top, event)
                continue
            text = event.value
            key = top.key
            if key is None:
                is_odd = text < ":" or text in _ODD_KEYS or text in top.tree or "?" in text
                if is_odd or event.anchor or event.tag:
                    self._odd_key(top, event, event)
                else:
                    top.key = text
                    top.size += 1
                continue
            if event.anchor or event.tag:
                value = self.odd_scalar(top, event)
            elif event.style == '"' and text[:1] != "\t":
                value = text
            elif event.style or top.flow:
                value = self._styled(top, event, text)
            else:
                value = scalar(text)
                if value.__class__ is not str or text != value:
                    self.spell(text, value)
            if key.__class__ is str:
                top.tree[key] = value
            else:
                self._put_oddly(top, key, value, event)
            top.key = None

    # --- steps --------------------------------------------------------------------------------------------------------

    def _scalar_outside(self, top: Open, event: Any) -> Open:
        """Read a scalar that is not directly in a mapping."""
        text = event.value
        if event.anchor or event.tag:
            value = self.odd_scalar(top, event)
        elif event.style or top.flow:
            value = self._styled(top, event, text)
        else:
            value = self.dialect.scalar(text)
            if value.__class__ is not str or text != value:
                self.spell(text, value)
        self._put(top, value, event)
        return top

    def _styled(self, top: Open, event: Any, text: str) -> Any:
        """Return the value of a scalar that is quoted, a block scalar, or inside braces."""
        style = event.style
        if not style and "?" not in text:
            return self.in_flow(text)
        if not style or style == ">" or event.implicit[0] or text[:1] == "\t":
            return self.odd_scalar(top, event)
        return text

    def _open(self, top: Open, event: Any) -> Open:
        opened = Open({} if event.__class__ is MappingStartEvent else [], event.anchor, event.flow_style)
        if event.tag == NULL_TAG and self.dialect.is_object:
            opened.oddity().is_null = True
        if opened.anchor is not None:
            opened.oddity().at = at = self.here()
            self.anchors[opened.anchor] = Anchored(opened, 1, at, (len(self.notes), len(self.notes)))
        self.stack.append(opened)
        if len(self.stack) > MAX_DEPTH:
            raise Limit(self.faults.too_deep(event))
        return opened

    def _close(self, top: Open, event: Any) -> Open:
        self.stack.pop()
        value = top.tree if top.odd is None else self._close_oddly(top, top.odd, event)
        around = self.stack[-1] if self.stack else self.outside
        around.size += top.size
        key = around.key
        if key.__class__ is str:  # most keys
            around.tree[key] = value
            around.key = None
        else:
            self._put(around, value, event)
        return around

    def _put(self, top: Open, value: Any, event: Any) -> None:
        """Put a value into the container that is open around it. (Scalars in mappings do not come here.)"""
        if top is self.outside:
            self.root = value
        elif not top.is_mapping:
            top.tree.append(value)
            top.size += 1
        elif top.key is None:
            self._put_complex_key(top, event)
        else:
            self._put_oddly(top, top.key, value, event)
            top.key = None

    def _stands_for(self, top: Open, event: Any) -> Open:
        """Read an alias, as a key or as a value."""
        if top.is_mapping and top.key is None:
            self._alias_key(top, event)
        else:
            self._put(top, self._alias(top, event), event)
        return top

    # --- documents ----------------------------------------------------------------------------------------------------

    def _start_stream(self, top: Open, event: Any) -> Open:
        return top

    def _end_stream(self, top: Open, event: Any) -> None:
        return None

    def _start_document(self, top: Open, event: Any) -> Open:
        self.started += 1
        self.outside.size = 0
        if self.started > MAX_DOCUMENTS:
            raise Limit(self.faults.too_many(event))
        if event.version is not None and event.version != (1, 1):
            raise Limit(not_for_go(self.faults.pos(event), "%YAML"))
        ignored = self.started > 1 and not event.explicit
        if ignored:
            self.diagnostics.append(ignored_rest(self.path, self.first_line + event.start_mark.line))
        self.start_anew(event.start_mark.line, ignored)
        return top

    def _end_document(self, top: Open, event: Any) -> Open | None:
        """Keep the document. Return None to stop if only the first document is wanted."""
        self.ended += 1
        if self.root.__class__ is Tagged and self.root.is_null:  # a whole object with the tag !!null counts as null
            self.root = None
        self.first_is_empty = self.first_is_empty or (self.ended == 1 and self.root is None)
        if self.root is not None and not self.ignored:
            self.documents.append(self._document())
        if self.only_first:
            self._note_rest()
            return None
        return top

    def _document(self) -> Document:
        notes = settled_below(self.notes, 0) if self.merges else self.notes
        spelled = {note.at: note.text for note in notes if note.text is not None}
        plain_keys = frozenset(note.at for note in notes if note.text is None)
        flags = (self.folded, self.is_alone, self.aliased, self.tabbed, self.is_unsettled)
        origin = Origin(self.path, self.line)
        return Document(origin, self.root, spelled, plain_keys, *flags, tuple(self.overlaid), self.outside.size)

    def _note_rest(self) -> None:
        """Report content after the first document, which Kustomize does not read."""
        start: Any = self.next_event()
        while start.__class__ is DocumentStartEvent:
            content: Any = self.next_event()
            if content.__class__ is not ScalarEvent or content.value or content.style:
                self.diagnostics.append(ignored_rest(self.path, self.first_line + content.start_mark.line))
                return
            self.next_event()
            start = self.next_event()

    def noted(self) -> list[Diagnostic]:
        """Return the findings so far, for a document whose reading was broken off."""
        open_mappings = (opened.tree for opened in self.stack if opened.odd is not None and opened.odd.is_twice)
        twice = [key.finding for tree in open_mappings for key in tree if key.__class__ is Again]
        return [*self.diagnostics, *twice]

    # --- odd containers -----------------------------------------------------------------------------------------------

    def _close_oddly(self, closed: Open, odd: Odd, event: Any) -> Any:
        value = closed.tree
        if not self.stack and self.is_alone and _is_list(value):
            value = self._list_at_root(value, odd)
        elif not self.stack and self.put_off:
            raise Limit(self.put_off[0][1])
        elif closed.is_mapping:
            value = self._merged(closed, odd, event)
        if odd.is_null:
            self.is_unsettled = True
            value = Tagged("", NULL_TAG, is_plain=False, content=value)
        # An anchor that was defined again inside of this value belongs to the inner one.
        if closed.anchor is not None and self.anchors[closed.anchor].value is closed:
            start = self.anchors[closed.anchor].notes[0]
            self.anchors[closed.anchor] = Anchored(value, closed.size, odd.at, (start, len(self.notes)))
        return value

    def _merged(self, closed: Open, odd: Odd, event: Any) -> Any:
        """Return a mapping with the values of its merge keys.

        If the mapping is itself merged where it is written, Kustomize accepts duplicate keys in it and takes the first
        value.
        """
        value = closed.tree
        if not self.stack and odd.merged is not None:
            self.is_alone = False  # if this is a `List`, it becomes one only by merging
        if odd.merged and self.dialect.is_object:
            value = merged_around(value, odd.merged, odd.hidden)
            self.raw[id(value)] = (value, {**closed.tree, LateKey("<<"): odd.merged_value})
            if odd.sign_counts:
                value[LateKey("<<")] = odd.merged_value
            self.is_unsettled = self.is_unsettled or any(map(_is_late, value))
            if odd.merged_notes:
                notes = notes_around(closed.tree, odd.merged, odd.merged_notes)
                self._count_aliased(_cost_of_notes(notes), event)
                self.notes += notes
        if odd.is_twice and self._is_in_merge_key():
            return self._without_second(value)
        self.is_unsettled = self.is_unsettled or odd.is_twice
        return value

    def _is_in_merge_key(self) -> bool:
        """Return whether the next value is merged, directly or as an element of a merged list."""
        keys = [opened.key for opened in self.stack[-2:] if opened.is_mapping]
        return bool(keys) and keys[-1].__class__ is MergeKey

    def _list_at_root(self, value: Any, odd: Odd) -> Any:
        """Return a `List` that is alone in its file, as Kustomize reads it.

        Kustomize looks at its own fields, the first of each name, before it merges anything or follows an alias.
        """
        if odd.is_twice:
            value = self._without_second(value)
        return {**value, "items": []} if odd.items_are_alias else value

    def _without_second(self, value: Any) -> Any:
        """Return a mapping without the second values of its duplicate keys, which are reported: Kustomize silently
        takes the first.
        """
        self.diagnostics += [second_is_lost(key) for key in value if key.__class__ is Again]
        return {key: inner for key, inner in value.items() if key.__class__ is not Again}

    # --- odd keys -----------------------------------------------------------------------------------------------------

    def _odd_key(self, top: Open, event: Any, where: Any) -> None:
        """Read a key that merges, is not a string, is a duplicate, has a tag or anchor, or stands in braces.

        If an alias stands for the key, `event` is the anchored scalar and `where` the alias; else both are the same
        event.
        """
        notes = len(self.notes)
        key = self.key(top, event, where)
        if key.__class__ is MergeKey:
            self._start_merge(top, where)
        elif key.__class__ is not DroppedKey and key in top.tree:
            key = self.again(top, key, where)
            # How the second key is spelled says nothing about the first one.
            self.notes[notes:] = [note._replace(at=(*note.at[:-1], key)) for note in self.notes[notes:]]
        if event.value == "<<" and event is where:
            top.oddity().has_sign = True
        top.key = key
        top.size += 1
        if event is where and event.anchor is not None:
            cost = cost_of_scalar(event.value)
            self.anchors[event.anchor] = Anchored(self.anchored_key(event), cost, self.here(), event=event)

    def _start_merge(self, top: Open, where: Any) -> None:
        """Begin a merge key. Its value is kept beside the mapping until the mapping is closed."""
        odd = top.oddity()
        if odd.merged is not None and self.dialect.is_object:
            self._refuse(self.faults.two_merge_keys(where))
        odd.sign_counts = odd.has_sign and self.dialect.is_object
        odd.merged = odd.merged or []
        self.merges = True
        odd.notes_from = len(self.notes)

    def _put_oddly(self, top: Open, key: Any, value: Any, event: Any) -> None:
        """Put a value into a mapping under any kind of key."""
        if key.__class__ is MergeKey:
            self._put_merge(top, key, value, event)
        elif key.__class__ is DroppedKey:
            self.diagnostics.append(self.faults.dropped_sign(event))
        else:
            top.tree[key] = [value] if key.__class__ is NoText else value  # a merge expects a list here

    # --- merge keys ---------------------------------------------------------------------------------------------------

    def _put_merge(self, top: Open, key: str, value: Any, event: Any) -> None:
        """Take the value of a merge key, or refuse it if it cannot be merged."""
        is_alias = event.__class__ is AliasEvent
        if not is_mergeable(value, is_alias):
            self._refuse(self.faults.no_merge(event, is_alias))
            return
        if not self.dialect.is_object:
            self._note_overwritten(top, value, event)
            self._note_merged_twice(top, value, event)
            merge_into(top.tree, value)
        odd = top.oddity()
        self._take_merged_notes(odd, value)
        brought = value if value.__class__ is list else [value]
        assert odd.merged is not None
        around = self.here()[:-1]
        odd.merged += [self._as_merged_at(around, mapping) for mapping in brought]
        odd.merged_value = value
        odd.merged_keys.update(*brought)
        if key != "<<":  # `!!merge a:` is a field too
            top.tree[str(key)] = value

    def _as_merged_at(self, around: Pointer, value: dict[str, Any]) -> dict[str, Any]:
        """Return a mapping as the mapping at `around` merges it.

        What it merges itself stays behind a `LateKey`, unless Kustomize has come across it as a value before: then it
        is merged already (`deAnchor` of kyaml's `rnode.go`). Kustomize goes from the outside to the inside, so a value
        inside the mapping at `around` comes too late.
        """
        if id(value) not in self.raw:
            return value
        use = self.first_uses.get(id(value))
        is_settled = use is not None and not _is_one_inside_the_other(use, around)
        return value if is_settled else self.raw[id(value)][1]

    def _note_first_use(self, value: Any) -> None:
        """Note where an alias stands for a mapping that merges something, if the alias is a value.

        What a merge key brings is looked at after all other values of the mapping around it.
        """
        if id(value) in self.raw and not self._is_in_merge_key():
            here = self.here()
            depth = next((depth for depth, step in enumerate(here) if step.__class__ is MergeKey), len(here))
            self.first_uses.setdefault(id(value), here[:depth])

    def _take_merged_notes(self, odd: Odd, value: Any) -> None:
        """Take the notes below a merge key for the mapping around it; in a configuration, they have no effect."""
        below = self.notes[odd.notes_from :]
        if below and self.dialect.is_object:
            odd.merged_notes = notes_of_merged(below, self.here(), value.__class__ is list)

    def _note_overwritten(self, top: Open, value: Any, event: Any) -> None:
        """Report keys of a configuration that a merge key overwrites because they stand above it."""
        lost = overwritten(top.tree, value, top.oddity().merged_keys)
        if lost:
            self.diagnostics.append(self.faults.overwritten(event, lost))

    def _note_merged_twice(self, top: Open, value: Any, event: Any) -> None:
        """Keep a finding for each key that merge keys bring twice into one mapping of a configuration."""
        known = set(top.oddity().merged_keys)
        for mapping in value if value.__class__ is list else [value]:
            for key in mapping:
                if key in known:
                    self.overlaid.append(self.faults.overlaid(event, key))
                known.add(key)

    # --- aliases ------------------------------------------------------------------------------------------------------

    def _alias_key(self, top: Open, event: Any) -> None:
        """Read an alias as a key: the key is the anchored scalar, with its spelling."""
        anchored = self._anchored(event)
        if anchored.event is None:
            self._put_complex_key(top, event)
            return
        top.oddity().hidden.append(event.anchor)
        self._odd_key(top, anchored.event, event)

    def _alias(self, top: Open, event: Any) -> Any:
        value, size, at, notes, _ = self._anchored(event)
        if len(self.stack) == 1 and top.key == "items":
            top.oddity().items_are_alias = True
        if value.__class__ is Open:
            if not self._merges(value):
                self._refuse(self.faults.alias_inside(event))
            return {}  # a mapping merged into itself gets nothing
        if self.put_off:
            self._refuse_put_off(at)
        noted = self.notes[slice(*notes)]
        top.size += size
        self._count_aliased(size + _cost_of_notes(noted), event)
        if noted:
            here = self.here()
            self.notes += [Note(here + note.at[len(at) :], note.text) for note in settled_below(noted, len(at))]
        self._note_first_use(value)
        return value

    def _anchored(self, event: Any) -> Anchored:
        if event.anchor not in self.anchors:
            raise Limit(self.faults.no_anchor(event))
        return self.anchors[event.anchor]

    def _count_aliased(self, cost: int, event: Any) -> None:
        """Count the nodes that an alias adds to the document. Raises Limit where there are too many."""
        self.aliased += cost
        if self.aliased > MAX_ALIASED:
            raise Limit(self.faults.too_aliased(event))

    def _merges(self, opened: Open) -> bool:
        """Return whether an open mapping of an object is at its merge key at this moment."""
        innermost = next((o for o in reversed(self.stack[-2:]) if o.is_mapping), None)
        return opened is innermost and opened.key.__class__ is MergeKey and self.dialect.is_object

    # --- what is put off ----------------------------------------------------------------------------------------------

    def _put_complex_key(self, top: Open, event: Any) -> None:
        """Read a mapping or list that stands as a key. In an object it is an error only if Kustomize looks at it."""
        found = self.faults.complex_key(event)
        if not self.dialect.is_object:
            raise Limit(found)
        if self.faults.has_template():
            self._refuse(found)
        self.is_unsettled = True
        top.oddity()
        top.key = NoText("?", found)

    def _refuse(self, found: Diagnostic) -> None:
        """Raise Limit, or put the finding off if it may not matter.

        In a `List` that is alone in its file, Kustomize looks only at the items. Whether a document is such a list is
        known only at its end.
        """
        root = self.stack[0]
        if not self.is_alone or not root.is_mapping or self._is_in_items():
            raise Limit(found)
        self.put_off.append((self.here(), found))
        root.oddity()

    def _is_in_items(self) -> bool:
        return len(self.stack) > 1 and self.stack[0].key == "items"

    def _refuse_put_off(self, at: Pointer) -> None:
        """Raise Limit if an alias among the items leads to a value with a finding that was put off."""
        found = next((found for place, found in self.put_off if place[: len(at)] == at), None)
        if found is not None:
            self._refuse(found)


def _cost_of_notes(notes: list[Note]) -> int:
    """Return the cost of copying notes, in nodes: a note on a deep place costs more."""
    return len(notes) * (len(notes[0].at) // 20) if notes else 0


def _is_one_inside_the_other(a: Pointer, b: Pointer) -> bool:
    depth = min(len(a), len(b))
    return a[:depth] == b[:depth]


def _is_late(key: str) -> bool:
    return key.__class__ is LateKey


def _is_list(fields: dict[str, Any]) -> bool:
    """Return whether a document is a `List` whose items Kustomize takes unchanged, by the first of its fields of each
    name.
    """
    return fields.get("kind") in ("List", "ResourceList") and ("items" in fields or "functionConfig" in fields)


_STEPS: dict[type, Callable[[Reader, Open, Any], Open | None]] = {
    StreamStartEvent: Reader._start_stream,
    StreamEndEvent: Reader._end_stream,
    DocumentStartEvent: Reader._start_document,
    DocumentEndEvent: Reader._end_document,
    MappingStartEvent: Reader._open,
    SequenceStartEvent: Reader._open,
    MappingEndEvent: Reader._close,
    SequenceEndEvent: Reader._close,
    ScalarEvent: Reader._scalar_outside,
    AliasEvent: Reader._stands_for,
}
