"""YAML and JSON text to plain trees, with limits, duplicate keys and broken documents reported where they are.

One walk over libyaml's events, without recursion: no nesting, alias or tag can cost more than the limits below. What
Kustomize refuses or reads otherwise is told by the modules beside this one: `chunks` (separators), `merging` (`<<`),
`go_spelling` and `refused` (what its scanner takes and what not), `scalar` (values and tags).
"""

from collections.abc import Callable
from typing import Any

from penstock.budget import cost_of_scalar
from penstock.model import Again, Diagnostic, Document, Origin, Pointer, Pos
from penstock.parse import chunks
from penstock.parse.go_spelling import CommaInTag, loses_letters, read_as_go, stand_in, with_stand_in, without_stand_in
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
    YAMLError,
)
from penstock.parse.merging import (
    MERGE_TAG,
    DroppedKey,
    MergedNote,
    MergeKey,
    Note,
    is_mergeable,
    merge_into,
    merged_around,
    notes_around,
    notes_of_merged,
)
from penstock.parse.refused import RENDER, bad_separator, ignored_rest, not_for_go, slash_escape, syntax_error
from penstock.records import NamedTuple
from penstock.scalar import (
    BLANK_IN_FLOW,
    KEY_WITHOUT_TEXT,
    NULL_TAG,
    UNFIT,
    Tagged,
    config_key,
    config_scalar,
    config_tagged,
    key_text,
    key_with_tag,
    resource_scalar,
    resource_scalar_in_flow,
    resource_tagged,
    unfit,
    value_scalar,
    value_tagged,
    with_tag,
)
from penstock.unsettled import read_again, second_is_lost

MAX_DEPTH = 400
"""Levels of nesting. The deepest Kubernetes type, a CRD's schema, stays below 100."""

MAX_DOCUMENTS = 100_000
"""Documents in one file."""

MAX_ALIASED = 500_000
"""Nodes that aliases add to one document. A document as large as the API server takes has less than a fifth of it."""

MAX_REREADS, MAX_REREAD_BYTES = 10, 1_000_000
"""Duplicate keys of a file whose first place is looked for, and the size of the file up to which it is."""


class Dialect(NamedTuple):
    """How Kustomize reads a text: as objects and patches (go-yaml v3, merged by kyaml), or as configuration (go-yaml
    v2, YAML 1.1); and so Helm reads its values.
    """

    scalar: Callable[[str], Any]
    """What a plain scalar means."""
    scalar_in_flow: Callable[[str], Any]
    """The same inside braces or brackets."""
    tagged: Callable[[str, str], Any]
    """What a scalar with a tag means; `scalar.UNFIT` where the tag demands something else."""
    is_object: bool
    """In an object a second value for a key is an error in the end, and its own keys win over merged ones. In a
    configuration what stands last wins.
    """
    has_fields: bool = True
    """Whether the keys at the root of a configuration are fields of Kustomize, whose names are taken as they are
    written. Those of Helm's values are keys like any other: `on` is `true`.
    """


RESOURCES = Dialect(resource_scalar, resource_scalar_in_flow, resource_tagged, is_object=True)
CONFIG = Dialect(config_scalar, config_scalar, config_tagged, is_object=False)
CHART = Dialect(config_scalar, config_scalar, config_tagged, is_object=False, has_fields=False)
VALUES = Dialect(value_scalar, value_scalar, value_tagged, is_object=False, has_fields=False)

Loaded = tuple[list[Document], list[Diagnostic]]


def load(data: bytes, path: str, dialect: Dialect) -> Loaded:
    """Every document of a file of objects, or the documents of a configuration, of which Kustomize takes the first.

    A broken document yields a finding, the others are still there. Empty documents (nothing, only comments, `null`)
    are left out, but for those before the first one of a configuration: then there is none.
    """
    if not dialect.is_object:
        return _load_config(data, path)
    if chunks.is_plain_stream(data) and b"\\/" not in data:
        is_alone = chunks.is_alone(data)
        reader = _Reader(path, dialect, is_alone=is_alone)
        try:
            reader.read(data)
            return reader.documents, reader.diagnostics
        except (YAMLError, _Limit):
            pass  # the slow way finds out which document is broken
    return _load_chunks(data, path, dialect)


def load_as_it_is(data: bytes, path: str) -> Loaded:
    """Every document of a file that Kustomize does not read: what an object may have until it is printed, a key twice
    or a tag that does not fit, is an error at once.
    """
    documents, diagnostics = load(data, path, RESOURCES)
    for index, document in enumerate(documents):
        if document.is_unsettled:
            body, findings = read_again(document.body, document.at)
            documents[index] = document._replace(body=body)
            diagnostics += findings
    return documents, diagnostics


def _load_chunks(data: bytes, path: str, dialect: Dialect) -> Loaded:
    """Each chunk between `---` lines on its own, as Kustomize does: for files with a broken document, and for those
    whose documents another reader would tell apart in another way.
    """
    pieces, bad = chunks.split(data)
    if bad:
        return [], [bad_separator(path, separator) for separator in bad]
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for line, chunk in pieces:
        found, findings = _load_first(chunk, path, dialect, line, is_alone=len(pieces) == 1)
        documents += found
        diagnostics += findings
    return documents, diagnostics


def _load_config(data: bytes, path: str) -> Loaded:
    """The documents of a configuration. What follows the first is read only to say that it is ignored."""
    return _load_first(data, path, CONFIG, 0, and_others=True)


def load_each(data: bytes, path: str, dialect: Dialect) -> Loaded:
    """Every document of a file of Helm: of values, which are merged, or a `Chart.yaml`."""
    pieces, bad = chunks.split(data)
    documents: list[Document] = []
    diagnostics = [bad_separator(path, separator) for separator in bad]
    for line, chunk in pieces:
        found, findings = _load_first(chunk, path, dialect, line)
        documents += found
        diagnostics += findings
    return documents, diagnostics


def _load_first(
    data: bytes, path: str, dialect: Dialect, line: int, is_alone: bool = False, and_others: bool = False
) -> Loaded:
    """As `_load_first_of`, whatever byte order marks there are."""
    if loses_letters(data):
        return [], [not_for_go(Pos(path, line + 1, 1), "\ufeff")]
    mark = stand_in(data)
    if not mark:
        return _load_first_of(data, path, dialect, line, is_alone, and_others)
    documents, diagnostics = _load_first_of(with_stand_in(data, mark), path, dialect, line, is_alone, and_others)
    found = [d._replace(message=d.message.replace(mark, "\\ufeff")) for d in diagnostics]
    return [without_stand_in(document, mark) for document in documents], found


def _load_first_of(data: bytes, path: str, dialect: Dialect, line: int, is_alone: bool, and_others: bool) -> Loaded:
    """The first document of a text that starts on a line of the file, and those behind it if they are asked for, as far
    as they can be read: Kustomize does not look at them.
    """
    reader = _Reader(path, dialect)

    def read(text: bytes) -> None:
        nonlocal reader
        reader = _Reader(path, dialect, line, is_alone)
        reader.read(text, only_first=not and_others)

    try:
        if b"\\/" in data and (at := slash_escape(data, dialect.is_object)) is not None:
            raise _Limit(not_for_go(Pos(path, line + at[0] + 1, at[1] + 1), "\\/"))
        read_as_go(read, data)
    except YAMLError as error:
        # Go-yaml v3 looks two tokens ahead, for comments.
        is_ahead = dialect.is_object and reader.ended == 1 and type(error).__name__ == "ScannerError"
        if not reader.ended or is_ahead:
            return [], [syntax_error(path, line, error, data, MAX_DEPTH), *reader.noted()]
        return reader.documents, [*reader.diagnostics, _rest_behind(error, path, line)]
    except _Limit as limit:
        if not reader.ended:
            return [], [limit.diagnostic, *reader.noted()]
    if and_others and reader.first_is_empty:
        unread = [Diagnostic("PS107", "warning", _FIRST_IS_EMPTY, d.origin) for d in reader.documents]
        return [], [*reader.diagnostics, *unread]
    return reader.documents, reader.diagnostics


def _rest_behind(error: YAMLError, path: str, line: int) -> Diagnostic:
    """What stands behind the first document, from the place on that is not YAML."""
    mark = getattr(error, "problem_mark", None)
    return ignored_rest(path, line + (mark.line if mark is not None else 0))


_FIRST_IS_EMPTY = "this is ignored: Kustomize takes the first document of the file, and that is empty"


class _Limit(Exception):  # noqa: N818  # not an error of the program
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


_YES_AND_NO = ("true", "yes", "on", "y", "false", "no", "off", "n", "null")
_ODD_KEYS = frozenset(("<<", "~", *(f(word) for word in _YES_AND_NO for f in (str.lower, str.upper, str.capitalize))))
"""Keys that may be no text where no quotes are around them; and so may those that start with `:` or less."""

_NO_SPELLING = frozenset(("null", "true", "false"))
"""Texts that come out as they are read."""


class _Odd:
    """What there is about a container with merge keys, keys that stand twice, aliases as keys, or an anchor."""

    __slots__ = (
        *("at", "has_sign", "hidden", "is_null", "is_twice", "items_are_alias", "merged", "merged_keys"),
        *("merged_notes", "notes_from", "refusal"),
    )

    def __init__(self) -> None:
        self.merged: list[dict[str, Any]] | None = None
        """What merge keys have brought; None where there are none."""
        self.merged_keys: set[str] = set()
        self.has_sign = False
        """Whether there was a key `<<`, of whatever tag."""
        self.hidden: list[str] = []
        """The names of aliases that stand as keys."""
        self.is_null = False
        """Whether it has the tag `!!null`."""
        self.is_twice = False
        """Whether a key stands twice: the second one is `Again`."""
        self.refusal: Diagnostic | None = None
        """What is wrong with a merge key at the root of a file, where Kustomize may not look at it."""
        self.items_are_alias = False
        """Whether its `items` are an alias."""
        self.at: Pointer = ()
        """Where it stands, if it has an anchor."""
        self.notes_from = 0
        """How many notes there were before the value of its merge key."""
        self.merged_notes: list[MergedNote] = []
        """How the values are spelled that the merge key has brought."""


class _Open:
    """A container that is still being read."""

    __slots__ = ("anchor", "flow", "is_mapping", "key", "odd", "size", "tree")

    def __init__(self, tree: Any, anchor: str | None, flow: bool) -> None:
        self.tree = tree
        self.is_mapping = tree.__class__ is dict
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None
        """Of a mapping, the key whose value comes next."""
        self.size = 1
        self.odd: _Odd | None = None

    def oddity(self) -> _Odd:
        """What is special about it, made when that is first needed."""
        if self.odd is None:
            self.odd = _Odd()
        return self.odd


class _Anchored(NamedTuple):
    """What an anchor stands for. Of a scalar, `event` tells how it is spelled."""

    value: Any
    """The `_Open` while it is still being read."""
    size: int
    at: Pointer
    notes: tuple[int, int] = (0, 0)
    """Which of the reader's notes are about what is in there."""
    event: Any = None


class _Reader:
    """The events of one text, read into documents."""

    def __init__(self, path: str, dialect: Dialect, first_line: int = 0, is_alone: bool = False) -> None:
        self.path = path
        self.is_alone = is_alone and dialect.is_object
        """Whether this is the only document of a file of objects."""
        self.dialect = dialect
        self.first_line = first_line
        self.data = b""
        self.text = ""
        self.started = self.ended = 0
        self.first_is_empty = False
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self.rereads = 0
        self._reset(0, False)

    def _reset(self, line: int, ignored: bool) -> None:
        self.line = self.first_line + line
        self.ignored = ignored
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.aliased = 0
        self.notes: list[Note] = []
        self.folded = self.tabbed = False
        self.overlaid: list[Diagnostic] = []
        self.root: Any = None
        self.is_list = False
        self.is_unsettled = False

    def read(self, data: bytes, only_first: bool = False) -> None:
        """Read all documents; with `only_first` one. Raises YAMLError at the first place that is not YAML, and
        _Limit.

        This is the one loop that every byte of a build goes through. Nine of ten events are scalars and the ends of
        containers, so these come first, and what is done with a key or value of the ordinary kind is written out here:
        in calls it takes a tenth more (1 MB of manifests). All else is in a method of its own.
        """
        self.data = data
        next_event = CParser(data).get_event
        scalar = self.dialect.scalar
        top: _Open | None = None
        while True:
            event: Any = next_event()
            kind = event.__class__
            if kind is ScalarEvent:
                text = event.value
                style = event.style
                if top is not None and top.key is None and top.is_mapping:
                    if (
                        text < ":"
                        or text in _ODD_KEYS
                        or text in top.tree
                        or event.anchor
                        or event.tag
                        or (top.flow and "?" in text)
                    ):
                        self._odd_key(top, event, event)
                    else:
                        top.key = text
                        top.size += 1
                    continue
                if event.anchor or event.tag:
                    value = self._odd_scalar(top, event)
                elif not style and (top is None or not top.flow):
                    value = scalar(text)
                    if value.__class__ is not str or text != value:
                        self._spell(text, value)
                elif not style and "?" not in text:
                    value = self._in_flow(text)
                elif not style or style == ">" or event.implicit[0] or text[:1] == "\t":
                    value = self._odd_scalar(top, event)
                else:
                    value = text
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                top = self._open(event)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                closed = self.stack.pop()
                value = closed.tree if closed.odd is None else self._close_oddly(closed, closed.odd)
                top = self.stack[-1] if self.stack else None
                if top is not None:
                    top.size += closed.size
            elif kind is AliasEvent:
                if top is not None and top.is_mapping and top.key is None:
                    self._alias_key(top, event)
                    continue
                value = self._alias(top, event)
            elif self._is_over(event, only_first, next_event):
                return
            else:
                top = None
                continue
            if top is None:
                self.root = value
            elif not top.is_mapping:
                top.tree.append(value)
                top.size += 1
            else:
                key = top.key
                if key.__class__ is str:
                    top.tree[key] = value
                else:
                    self._put_oddly(top, key, value, event)
                top.key = None

    # --- containers ---------------------------------------------------------------------------------------------------

    def _open(self, event: Any) -> _Open:
        opened = _Open({} if event.__class__ is MappingStartEvent else [], event.anchor, event.flow_style)
        if event.tag == NULL_TAG and self.dialect.is_object:
            opened.oddity().is_null = True
        if opened.anchor is not None:
            opened.oddity().at = at = self._here()
            self.anchors[opened.anchor] = _Anchored(opened, 1, at, (len(self.notes), len(self.notes)))
        self.stack.append(opened)
        if len(self.stack) > MAX_DEPTH:
            raise _Limit(self._too_deep(event))
        return opened

    def _close_oddly(self, closed: _Open, odd: _Odd) -> Any:
        value = closed.tree
        if not closed.is_mapping:
            pass
        elif not self.stack and self.is_alone and _is_list(value):
            value = self._list_at_root(value, odd)
        else:
            value = self._merged(closed, odd)
        if odd.is_null:
            self.is_unsettled = True
            value = Tagged("", NULL_TAG, is_plain=False, content=value)
        if closed.anchor is not None and self.anchors[closed.anchor].value is closed:
            start = self.anchors[closed.anchor].notes[0]
            self.anchors[closed.anchor] = _Anchored(value, closed.size, odd.at, (start, len(self.notes)))
        return value

    def _merged(self, closed: _Open, odd: _Odd) -> Any:
        """A mapping with what its merge keys bring. Of what is merged where it stands, Kustomize takes the first value
        of a key, and is content.
        """
        value = closed.tree
        if odd.refusal is not None:
            raise _Limit(odd.refusal)
        if not self.stack and odd.merged is not None:
            self.is_alone = False  # for Kustomize it becomes a list, if it does, only by merging
        if odd.merged and self.dialect.is_object:
            value = merged_around(value, odd.merged, odd.hidden)
            if odd.merged_notes:
                self.notes += notes_around(closed.tree, odd.merged, odd.merged_notes)
        keys = [opened.key for opened in self.stack[-2:] if opened.is_mapping]
        if odd.is_twice and keys and keys[-1].__class__ is MergeKey:
            return self._without_second(value)
        self.is_unsettled = self.is_unsettled or odd.is_twice
        return value

    def _list_at_root(self, value: Any, odd: _Odd) -> Any:
        """A list that is alone in its file: Kustomize looks at its own fields, the first of each name, before it merges
        anything or follows an alias.
        """
        if odd.is_twice:
            value = self._without_second(value)
        return {**value, "items": []} if odd.items_are_alias else value

    def _without_second(self, value: Any) -> Any:
        """A mapping of which Kustomize takes the first value of a key without a word."""
        self.diagnostics += [second_is_lost(key) for key in value if key.__class__ is Again]
        return {key: inner for key, inner in value.items() if key.__class__ is not Again}

    def _put_oddly(self, top: _Open, key: str | None, value: Any, event: Any) -> None:
        """A value whose key is none of the mapping's own."""
        if key is None:
            raise _Limit(self._complex_key(event))
        if key.__class__ is Again or key.__class__ is Tagged:
            top.tree[key] = value
            return
        if key.__class__ is not MergeKey:
            message = "Kustomize drops the key << of an object where it is no merge key"
            hint = "remove the quotes or the tag to merge, or give the key another name"
            self.diagnostics.append(self._at(event, "PS161", message, hint)._replace(severity="warning"))
            return
        self._put_merge(top, key, value, event)

    def _put_merge(self, top: _Open, key: str, value: Any, event: Any) -> None:
        """The value of a merge key: what it brings, or a refusal."""
        is_alias = event.__class__ is AliasEvent
        if not is_mergeable(value, is_alias):
            found = "an alias of something else" if is_alias else "something else"
            message = f"a merge key takes a mapping, or a list of mappings and their aliases; this is {found}"
            self._refuse_merge(top, self._at(event, "PS161", message, "remove the key, or put quotes around it"))
            return
        if not self.dialect.is_object:
            self._note_overwritten(top, value, event)
            self._note_merged_twice(top, value, event)
            merge_into(top.tree, value)
        odd = top.oddity()
        self._take_merged_notes(odd, value)
        brought = value if value.__class__ is list else [value]
        assert odd.merged is not None
        odd.merged += brought
        odd.merged_keys.update(*brought)
        if key != "<<":  # `!!merge a:` is a field too
            top.tree[str(key)] = value

    def _take_merged_notes(self, odd: _Odd, value: Any) -> None:
        """What was noted below a merge key belongs to the mapping around it, or to nothing in a configuration."""
        below = self.notes[odd.notes_from :]
        if below and self.dialect.is_object:
            odd.merged_notes = notes_of_merged(below, self._here(), value.__class__ is list)
        del self.notes[odd.notes_from :]

    def _refuse_merge(self, top: _Open, found: Diagnostic) -> None:
        """A merge key that Kustomize cannot follow: an error, unless it stands in a list that is alone in its file."""
        if len(self.stack) > 1 or not self.is_alone:
            raise _Limit(found)
        top.oddity().refusal = found

    def _note_overwritten(self, top: _Open, value: Any, event: Any) -> None:
        """In a configuration, what a merge key brings takes the place of what stands above it."""
        merged = value if value.__class__ is list else [value]
        known = top.oddity().merged_keys
        lost = sorted({key for mapping in merged for key in mapping if key in top.tree and key not in known})
        if lost:
            names = ", ".join(map(repr, lost))
            message = f"the merge key overwrites {names}: in a configuration what stands last wins"
            hint = "move the merge key to the top of its mapping"
            self.diagnostics.append(self._at(event, "PS104", message, hint)._replace(severity="warning"))

    def _note_merged_twice(self, top: _Open, value: Any, event: Any) -> None:
        """Keep the keys that merge keys bring twice into one mapping of a configuration."""
        known = set(top.oddity().merged_keys)
        for mapping in value if value.__class__ is list else [value]:
            for key in mapping:
                if key in known:
                    self.overlaid.append(self._overlaid(key, event))
                known.add(key)

    def _overlaid(self, key: str, event: Any) -> Diagnostic:
        message = f"a merge key sets {key!r} a second time, which Kustomize refuses in this file"
        return self._at(event, "PS104", message, "set each key once")

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _odd_key(self, top: _Open, event: Any, where: Any) -> None:
        """A key that merges, that is no text, that is there already, that has a tag or anchor, or stands in braces."""
        key = self._key(top, event, where)
        if key.__class__ is MergeKey:
            self._start_merge(top, where)
        elif (key.__class__ is str or key.__class__ is Tagged) and key in top.tree:
            if self._is_merged(top, key):
                self.overlaid.append(self._overlaid(key, where))
            else:
                key = self._again(top, key, where)
        if event.value == "<<" and event is where:
            top.oddity().has_sign = True
        top.key = key
        top.size += 1
        if event is where and event.anchor is not None:
            cost = cost_of_scalar(event.value)
            self.anchors[event.anchor] = _Anchored(self._anchored_key(event), cost, self._here(), event=event)

    def _start_merge(self, top: _Open, where: Any) -> None:
        """A merge key: what it brings is kept beside the mapping until that is closed."""
        odd = top.oddity()
        if odd.merged is not None and self.dialect.is_object:
            message = "this mapping has two merge keys"
            self._refuse_merge(top, self._at(where, "PS161", message, "merge a list of both: <<: [*a, *b]"))
        odd.merged = odd.merged or []
        odd.notes_from = len(self.notes)

    def _key(self, top: _Open, event: Any, where: Any) -> str:
        """What a scalar comes to as a key of an object or configuration."""
        text: str = event.value
        tag = event.tag
        is_plain = event.implicit[0] and not (event.style and self.dialect.is_object)
        if text == "<<" or tag == MERGE_TAG:
            sign = self._sign(top, event, where, is_plain)
            if sign is not None:
                return sign
        if top.flow and is_plain and ("?" in text or (not text and self._closes_list(where))):
            raise _Limit(not_for_go(self._pos(where), "?"))
        if tag is not None:
            self._check_tag(top, event)
        if tag is not None and tag != "!":
            return self._tagged_key(event, where)
        return self._plain_key(text, where) if is_plain else text

    def _sign(self, top: _Open, event: Any, where: Any, is_plain: bool) -> str | None:
        """What a key `<<`, or one with the tag of merge keys, comes to; None for a key like any other."""
        text: str = event.value
        is_object = self.dialect.is_object
        if (text == "<<" and is_plain) or (event.tag == MERGE_TAG and (is_object or text == "<<")):
            return MergeKey(text)
        if not is_object or text != "<<":
            return None
        if event is not where:  # an alias never merges, whatever it means
            return text
        return None if top.oddity().has_sign else DroppedKey(text)

    def _closes_list(self, event: Any) -> bool:
        """Whether nothing stands between a question mark and the end of its list."""
        if len(self.stack) < 2 or self.stack[-2].is_mapping:
            return False
        if not self.text:
            self.text = self.data.decode(errors="replace").removeprefix("\ufeff")
        at: int = event.start_mark.index
        return self.text[at : at + 1] == "]"

    def _plain_key(self, text: str, where: Any) -> str:
        """A key without quotes. Of a configuration it is made text at once, but for the names of its fields; that of an
        object stays what it is until Kustomize has written the object.
        """
        if not self.dialect.is_object:
            if config_scalar(text) is None:
                raise _Limit(not_for_go(self._pos(where), "~"))
            return text if self.dialect.has_fields and len(self.stack) == 1 else config_key(text)
        if resource_scalar(text) != text:
            self.notes.append(Note((*self._here()[:-1], text), None))
        return text

    def _tagged_key(self, event: Any, where: Any) -> str:
        """A key with a tag. In a configuration it is what Kustomize reads it as, if that can be a key."""
        if not self.dialect.is_object:
            key = key_text(self._fitting(event.tag, event.value, where), is_config=True)
            if key is None:
                raise _Limit(self._at(where, "PS160", KEY_WITHOUT_TEXT, "remove the tag"))
            return key
        key = key_with_tag(event.value, event.tag, not event.style)
        if key.__class__ is Tagged:
            self.is_unsettled = True
        elif not event.style and resource_scalar(key) != key:
            self.notes.append(Note((*self._here()[:-1], key), None))
        return key

    def _anchored_key(self, event: Any) -> Any:
        """What an alias of a key means where a value stands."""
        if event.tag is not None and event.tag != "!":
            return self._tagged(event)
        is_plain = event.implicit[0] and not (event.style and self.dialect.is_object)
        return self.dialect.scalar(event.value) if is_plain else event.value

    def _alias_key(self, top: _Open, event: Any) -> None:
        """An alias that stands as a key means the scalar of its anchor, spelled as it is there."""
        anchored = self._anchored(event)
        if anchored.event is None:
            raise _Limit(self._complex_key(event))
        top.oddity().hidden.append(event.anchor)
        self._odd_key(top, anchored.event, event)

    def _is_merged(self, top: _Open, key: str) -> bool:
        """Whether a key of a configuration came by a merge key, and so may stand again."""
        return not self.dialect.is_object and top.odd is not None and key in top.odd.merged_keys

    def _again(self, top: _Open, key: str, event: Any) -> str:
        """A key that stands in its mapping already."""
        found = self._duplicate(key, event)
        if self.dialect.is_object:
            top.oddity().is_twice = True
            return Again(key, found)
        if not (self.ended and self.dialect.has_fields):  # of a configuration, only the first document is read
            self.diagnostics.append(found)
        return key

    # --- values -------------------------------------------------------------------------------------------------------

    def _odd_scalar(self, top: _Open | None, event: Any) -> Any:
        """A scalar with a tag or an anchor, in quotes, as a block, or inside braces."""
        if event.anchor is None:
            return self._scalar(top, event)
        start = len(self.notes)
        value = self._scalar(top, event)
        cost, notes = cost_of_scalar(event.value), (start, len(self.notes))
        self.anchors[event.anchor] = _Anchored(value, cost, self._here(), notes, event)
        return value

    def _scalar(self, top: _Open | None, event: Any) -> Any:
        text, tag, style = event.value, event.tag, event.style
        if tag is not None:
            self._check_tag(top, event)
        if tag is not None and tag != "!":
            return self._tagged(event)
        if tag == "!" and not self.dialect.is_object:
            return text
        if style and (self.dialect.is_object or not event.implicit[0]):
            self.folded = self.folded or style == ">"
            if text[:1] == "\t" and (style in ("|", ">") or "\n" in text):
                self.tabbed = True
            return text
        if top is not None and top.flow:
            if "?" in text and not style:
                raise _Limit(not_for_go(self._pos(event), "?"))
            return self._in_flow(text)
        value = self.dialect.scalar(text)
        self._spell(text, value)
        return value

    def _check_tag(self, top: _Open | None, event: Any) -> None:
        """Raises CommaInTag where go-yaml takes the comma behind a tag for a part of it."""
        if event.value or event.style or top is None or not top.flow:
            return
        if not self.text:
            self.text = self.data.decode(errors="replace").removeprefix("\ufeff")
        end = event.end_mark.index
        last = self.text[event.start_mark.index : end].split()[-1:]
        if self.text[end : end + 1] == "," and last and last[0].startswith("!"):
            raise CommaInTag(last[0], event.end_mark)

    def _tagged(self, event: Any) -> Any:
        """A scalar with a tag. That of an object may not fit as long as it is never read."""
        text: str = event.value
        if self.dialect.is_object:
            value = with_tag(text, event.tag, not event.style)
            if value.__class__ is Tagged:
                self.is_unsettled = True
                return value
        else:
            value = self._fitting(event.tag, text, event)
        self._spell(text, value)
        return value

    def _fitting(self, tag: str, text: str, event: Any) -> Any:
        """A scalar of a configuration with a tag."""
        value = self.dialect.tagged(tag, text)
        if value is UNFIT:
            raise _Limit(self._at(event, "PS160", *unfit(tag)))
        return value

    def _in_flow(self, text: str) -> Any:
        """A plain scalar in braces or brackets. Nothing, and a time of day, are something else outside of them."""
        value = self.dialect.scalar_in_flow(text)
        if value.__class__ is not str or text != value:
            self._spell(text or BLANK_IN_FLOW, value)
        elif ":" in text and self.dialect.scalar(text) != text:
            self.notes.append(Note(self._here(), text))
        return value

    def _spell(self, text: str, value: Any) -> None:
        """Keep the text of a scalar that its value cannot give back."""
        if text not in _NO_SPELLING and (text != str(value) or value.__class__ is bool):
            self.notes.append(Note(self._here(), text))

    def _here(self) -> Pointer:
        return tuple(o.key or "" if o.is_mapping else len(o.tree) for o in self.stack)

    # --- aliases ------------------------------------------------------------------------------------------------------

    def _anchored(self, event: Any) -> _Anchored:
        if event.anchor not in self.anchors:
            # its name is not quoted: `password: *hunter2` may be a text without the quotes that it needs
            hint = "quote a text that starts with a star"
            raise _Limit(self._at(event, "PS103", "this alias has no anchor before it in this document", hint))
        return self.anchors[event.anchor]

    def _alias(self, top: _Open | None, event: Any) -> Any:
        value, size, at, notes, _ = self._anchored(event)
        if top is not None and len(self.stack) == 1 and top.key == "items":
            top.oddity().items_are_alias = True
        if value.__class__ is _Open:
            if self._merges(value):
                return {}  # a mapping merged into itself gets nothing
            raise _Limit(self._at(event, "PS103", f"the alias *{event.anchor} stands inside of what it means"))
        self.aliased += size + self._cost_of_notes(notes)
        if top is not None:
            top.size += size
        if self.aliased > MAX_ALIASED:
            raise _Limit(self._too_aliased(event))
        if notes[0] != notes[1]:
            here = self._here()
            self.notes += [Note(here + note.at[len(at) :], note.text) for note in self.notes[slice(*notes)]]
        return value

    def _cost_of_notes(self, notes: tuple[int, int]) -> int:
        """What is noted about a deep place takes as much memory as it is deep."""
        noted = notes[1] - notes[0]
        return noted * (len(self.notes[notes[0]].at) // 20) if noted else 0

    def _merges(self, opened: _Open) -> bool:
        """Whether a mapping of an object that is still being read is just reading its merge key."""
        innermost = next((o for o in reversed(self.stack[-2:]) if o.is_mapping), None)
        return opened is innermost and opened.key.__class__ is MergeKey and self.dialect.is_object

    # --- documents ----------------------------------------------------------------------------------------------------

    def _is_over(self, event: Any, only_first: bool, next_event: Callable[[], Any]) -> bool:
        """Go past the start or end of a document or of the stream; whether there is nothing more to be read."""
        kind = event.__class__
        if kind is DocumentStartEvent:
            self._start_document(event)
        elif kind is DocumentEndEvent:
            self._end_document()
            if only_first:
                self._note_rest(next_event)
                return True
        return bool(kind is StreamEndEvent)

    def _start_document(self, event: Any) -> None:
        self.started += 1
        if self.started > MAX_DOCUMENTS:
            raise _Limit(self._too_many(event))
        if event.version is not None and event.version != (1, 1):
            raise _Limit(not_for_go(self._pos(event), "%YAML"))
        ignored = self.started > 1 and not event.explicit
        if ignored:
            self.diagnostics.append(ignored_rest(self.path, self.first_line + event.start_mark.line))
        self._reset(event.start_mark.line, ignored)

    def _end_document(self) -> None:
        self.ended += 1
        if self.root.__class__ is Tagged and self.root.is_null:  # a whole object with the tag !!null is none
            self.root = None
        self.first_is_empty = self.first_is_empty or (self.ended == 1 and self.root is None)
        if self.root is not None and not self.ignored:
            origin = Origin(self.path, self.line)
            spelled = {note.at: note.text for note in self.notes if note.text is not None}
            plain_keys = frozenset(note.at for note in self.notes if note.text is None)
            flags = (self.folded, self.is_alone, self.aliased, self.tabbed, self.is_unsettled)
            self.documents.append(Document(origin, self.root, spelled, plain_keys, *flags, tuple(self.overlaid)))

    def _note_rest(self, next_event: Callable[[], Any]) -> None:
        """Say so if there is more behind the first document, where Kustomize does not look."""
        start = next_event()
        while start.__class__ is DocumentStartEvent:
            content = next_event()
            if content.__class__ is not ScalarEvent or content.value or content.style:
                self.diagnostics.append(ignored_rest(self.path, self.first_line + content.start_mark.line))
                return
            next_event()
            start = next_event()

    def noted(self) -> list[Diagnostic]:
        """The findings so far, where reading has broken off."""
        open_mappings = (opened.tree for opened in self.stack if opened.odd is not None and opened.odd.is_twice)
        twice = [key.finding for tree in open_mappings for key in tree if key.__class__ is Again]
        return [*self.diagnostics, *twice]

    # --- findings -----------------------------------------------------------------------------------------------------

    def _pos(self, event: Any) -> Pos:
        mark = event.start_mark
        return Pos(self.path, self.first_line + mark.line + 1, mark.column + 1)

    def _at(self, event: Any, code: str, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(code, "error", message, self._pos(event), hint=hint)

    def _duplicate(self, key: str, event: Any) -> Diagnostic:
        found = self._at(event, "PS104", f"the key {key!r} stands twice in this mapping")
        first = self._first((*self._here()[:-1], key))
        if self.dialect.is_object:
            return found._replace(notes=((first, "first here"),), hint="keep one of the two")
        return found._replace(
            severity="warning", notes=((first, "the value here is lost"),), hint="the last one wins: remove the other"
        )

    def _first(self, at: Pointer) -> Pos | Origin:
        """Where a key stands first: the document is read again, so not for many keys and not in a large file."""
        self.rereads += 1
        if self.rereads <= MAX_REREADS and len(self.data) < MAX_REREAD_BYTES:
            from penstock.parse.locate import first_position

            line, column = first_position(self.data, self.line - self.first_line, at)
            return Pos(self.path, self.first_line + line + 1, column + 1)
        return Origin(self.path, self.line, at[:-1])

    def _too_deep(self, event: Any) -> Diagnostic:
        return self._at(event, "PS105", f"nesting goes deeper than {MAX_DEPTH} levels")

    def _too_many(self, event: Any) -> Diagnostic:
        return self._at(event, "PS105", f"there are more than {MAX_DOCUMENTS:,} documents in this file")

    def _too_aliased(self, event: Any) -> Diagnostic:
        message = f"aliases expand this document by more than {MAX_ALIASED:,} nodes"
        return self._at(event, "PS105", message, "this is how an alias bomb looks; write the values out")

    def _complex_key(self, event: Any) -> Diagnostic:
        message = "a mapping or sequence stands where a key must be"
        if b"{{" in self.data:
            return self._at(event, "PS103", f"{message}, as in the template {{{{ … }}}}", RENDER)
        return self._at(event, "PS103", message, "keys are plain text")


def _is_list(fields: dict[str, Any]) -> bool:
    """Whether a document is a `List` whose items Kustomize takes as they are, going by the first of its fields."""
    return fields.get("kind") in ("List", "ResourceList") and ("items" in fields or "functionConfig" in fields)
