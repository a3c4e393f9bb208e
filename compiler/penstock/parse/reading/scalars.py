"""The meaning of the scalars of a document: `ScalarReader` reads its values, and `KeyReader` its keys.

Both hold the state of the current document; `reader` goes through the events.
"""

from collections.abc import Callable

from penstock.budget import cost_of_scalar
from penstock.model import Again, Diagnostic, LateKey, Origin, Pointer
from penstock.parse.go_spelling import CommaInTag
from penstock.parse.merging import MERGE_TAG, DroppedKey, MergeKey, Note
from penstock.parse.reading.faults import Faults, Limit
from penstock.parse.reading.nodes import Anchored, Open
from penstock.parse.refused import not_for_go
from penstock.records import NamedTuple
from penstock.scalar import (
    BLANK_IN_FLOW,
    KEY_WITHOUT_TEXT,
    UNFIT,
    Tagged,
    config_key,
    config_scalar,
    key_text,
    key_with_tag,
    resource_scalar,
    unfit,
    with_tag,
)
from penstock.typed import Any

_NO_SPELLING = frozenset(("null", "true", "false"))
"""Texts that are printed as they are read."""


MOST_TOLD = 1_000
"""The warnings about one file of configuration. Its further duplicate keys are not told one by one."""


class Dialect(NamedTuple):
    """How a text is read.

    Kustomize reads it as objects and patches (go-yaml v3, merged by kyaml), or as configuration (go-yaml v2, YAML 1.1),
    which is also how Helm reads values.
    """

    scalar: Callable[[str], Any]
    """Gives the value of a plain scalar."""
    scalar_in_flow: Callable[[str], Any]
    """Gives the value of a plain scalar inside braces or brackets."""
    tagged: Callable[[str, str], Any]
    """Gives the value of a scalar with a tag, or `scalar.UNFIT` where the tag does not fit."""
    is_object: bool
    """Whether the text is objects or patches: there, a duplicate key is an error when the object is printed, and a
    mapping's own keys win over merged ones. In a configuration the last value wins.
    """
    has_fields: bool = True
    """Whether the keys at the root of a configuration are fields of Kustomize, whose names are taken as written. The
    root keys of Helm's values are keys like any other: `on` is `true`.
    """
    has_null_keys: bool = False
    """Whether a key may be null. Only YAML as such allows that, where nothing makes JSON of it."""


class ScalarReader:
    """The state of the document that is being read, and the meaning of its values."""

    def __init__(self, path: str, dialect: Dialect, first_line: int = 0) -> None:
        self.path = path
        self.dialect = dialect
        self.first_line = first_line
        self.faults = Faults(path, first_line, dialect.is_object)
        self.text = ""
        self.ended = 0
        """The number of documents that have been read to their end."""
        self.diagnostics: list[Diagnostic] = []
        self.start_anew(0, False)

    def start_anew(self, line: int, ignored: bool) -> None:
        """Reset the state for a document, or for ignored text, that begins on a line."""
        self.line = self.first_line + line
        self.ignored = ignored
        self.stack: list[Open] = []
        self.anchors: dict[str, Anchored] = {}
        self.aliased = 0
        self.notes: list[Note] = []
        self.folded = self.tabbed = False
        self.overlaid: list[Diagnostic] = []
        self.root: Any = None
        self.is_unsettled = False

    def here(self) -> Pointer:
        """Return the place of the next value."""
        return tuple(o.key or "" if o.is_mapping else len(o.tree) for o in self.stack)

    def odd_scalar(self, top: Open, event: Any) -> Any:
        """Return the value of a scalar that has a tag or an anchor, is quoted, is a block scalar, or is inside
        braces.
        """
        if event.anchor is None:
            return self._scalar(top, event)
        start = len(self.notes)
        value = self._scalar(top, event)
        cost, notes = cost_of_scalar(event.value), (start, len(self.notes))
        self.anchors[event.anchor] = Anchored(value, cost, self.here(), notes, event)
        return value

    def spell(self, text: str, value: Any) -> None:
        """Keep the text of a scalar if it cannot be restored from its value."""
        if text not in _NO_SPELLING and (text != str(value) or value.__class__ is bool):
            self.notes.append(Note(self.here(), text))

    def in_flow(self, text: str) -> Any:
        """Return the value of a plain scalar in braces or brackets.

        Outside of them, an empty scalar and a time of day mean something else, so their text is kept.
        """
        value = self.dialect.scalar_in_flow(text)
        if value.__class__ is not str or text != value:
            self.spell(text or BLANK_IN_FLOW, value)
        elif ":" in text and self.dialect.scalar(text) != text:
            self.notes.append(Note(self.here(), text))
        return value

    def _scalar(self, top: Open, event: Any) -> Any:
        text, tag, style = event.value, event.tag, event.style
        if tag is not None:
            self.check_tag(top, event)
        if tag is not None and tag != "!":
            return self.tagged(event)
        if tag == "!" and not self.dialect.is_object:
            return text
        # Quotes make a text. In a configuration, quotes behind the tag `!` do not.
        if style and (self.dialect.is_object or not event.implicit[0]):
            self._note_style(text, style)
            return text
        if top.flow:
            # Go takes a question mark inside of braces for the sign of a key.
            if "?" in text and not style:
                raise Limit(not_for_go(self.faults.pos(event), "?"))
            return self.in_flow(text)
        value = self.dialect.scalar(text)
        self.spell(text, value)
        return value

    def _note_style(self, text: str, style: str) -> None:
        """Record how a quoted or block scalar is written, as far as it matters when Kustomize writes it."""
        self.folded = self.folded or style == ">"
        if text[:1] == "\t":
            self.tabbed = True

    def check_tag(self, top: Open, event: Any) -> None:
        """Raise CommaInTag if a tag is followed by a comma, which go-yaml includes in the tag."""
        if event.value or event.style or not top.flow:
            return
        text = self.text_read()
        end = event.end_mark.index
        last = text[event.start_mark.index : end].split()[-1:]
        if text[end : end + 1] == "," and last and last[0].startswith("!"):
            raise CommaInTag(last[0], event.end_mark)

    def text_read(self) -> str:
        """Return the decoded text, in which the indexes of libyaml's marks count."""
        if not self.text:
            self.text = self.faults.data.decode(errors="replace").removeprefix("\ufeff")
        return self.text

    def tagged(self, event: Any) -> Any:
        """Return the value of a scalar with a tag. In an object, the tag need not fit as long as the value is never
        read.
        """
        text: str = event.value
        if self.dialect.is_object:
            value = with_tag(text, event.tag, not event.style)
            if value.__class__ is Tagged:
                self.is_unsettled = True
                return value
        else:
            value = self.fitting(event.tag, text, event)
        self.spell(text, value)
        return value

    def fitting(self, tag: str, text: str, event: Any) -> Any:
        """Return the value of a scalar with a tag in a configuration. Raises Limit if the tag does not fit."""
        value = self.dialect.tagged(tag, text)
        if value is UNFIT:
            raise Limit(self.faults.error(event, "PS160", *unfit(tag)))
        return value


class KeyReader(ScalarReader):
    """A `ScalarReader` that also reads keys.

    In its methods, `event` is the scalar of a key, and `where` the alias that stands for it, or the same event.
    """

    def key(self, top: Open, event: Any, where: Any) -> str:
        """Return the key that a scalar means in an object or configuration."""
        text: str = event.value
        tag = event.tag
        # As for values: in an object, quotes make a text of every key.
        is_plain = event.implicit[0] and not (event.style and self.dialect.is_object)
        if text == "<<" or tag == MERGE_TAG:
            sign = self._sign(top, event, where, is_plain)
            if sign is not None:
                return sign
        if top.flow and is_plain and ("?" in text or (not text and self._closes_list(where))):
            raise Limit(not_for_go(self.faults.pos(where), "?"))
        if tag is not None:
            self.check_tag(top, event)
        if tag is not None and tag != "!":
            return self._tagged_key(event, where)
        return self._plain_key(text, where) if is_plain else text

    def _sign(self, top: Open, event: Any, where: Any, is_plain: bool) -> str | None:
        """Return the meaning of a key `<<`, or of one with the tag of merge keys; None if it is an ordinary key."""
        text: str = event.value
        is_object = self.dialect.is_object
        if (text == "<<" and is_plain) or (event.tag == MERGE_TAG and (is_object or text == "<<")):
            return self._merging(text, event is not where)
        if not is_object or text != "<<":
            return None
        if event is not where:  # an alias never merges, whatever its anchor has
            return text
        return None if top.oddity().has_sign else DroppedKey(text)

    def _merging(self, text: str, is_alias: bool) -> str:
        """Return a merge key. In an object, an alias of `<<` counts only when the object is read again."""
        if not is_alias or not self.dialect.is_object:
            return MergeKey(text)
        if text != "<<":
            return text
        self.is_unsettled = True
        return LateKey(text)

    def _closes_list(self, event: Any) -> bool:
        """Return whether a question mark in a list is followed directly by the end of the list."""
        if len(self.stack) < 2 or self.stack[-2].is_mapping:
            return False
        at: int = event.start_mark.index
        return self.text_read()[at : at + 1] == "]"

    def _plain_key(self, text: str, where: Any) -> str:
        """Return an unquoted key.

        A key of a configuration becomes text at once, except that names of fields are taken as written. A key of an
        object keeps its meaning until Kustomize has written the object.
        """
        if not self.dialect.is_object:
            if config_scalar(text) is None:
                if self.dialect.has_null_keys:
                    return "null"
                raise Limit(not_for_go(self.faults.pos(where), "~"))
            return text if self.dialect.has_fields and len(self.stack) == 1 else config_key(text)
        if resource_scalar(text) != text:
            self.notes.append(Note((*self.here()[:-1], text), None))
        return text

    def _tagged_key(self, event: Any, where: Any) -> str:
        """Return a key with a tag. In a configuration, this is what Kustomize reads it as, if that can be a key."""
        if not self.dialect.is_object:
            key = key_text(self.fitting(event.tag, event.value, where), is_config=True)
            if key is None and self.dialect.has_null_keys:
                return str(event.value)
            if key is None:
                raise Limit(self.faults.error(where, "PS160", KEY_WITHOUT_TEXT, "remove the tag"))
            return key
        key = key_with_tag(event.value, event.tag, not event.style)
        if key.__class__ is Tagged:
            self.is_unsettled = True
        elif not event.style and resource_scalar(key) != key:
            self.notes.append(Note((*self.here()[:-1], key), None))
        return key

    def anchored_key(self, event: Any) -> Any:
        """Return the value of an alias whose anchor is on a key."""
        if event.tag is not None and event.tag != "!":
            return self.tagged(event)
        is_plain = event.implicit[0] and not (event.style and self.dialect.is_object)
        return self.dialect.scalar(event.value) if is_plain else event.value

    def again(self, top: Open, key: str, event: Any) -> str:
        """Report a duplicate key and return it, in an object as `Again`.

        In a configuration, a key may stand again after a merge key has brought it.
        """
        if not self.dialect.is_object and top.odd is not None and key in top.odd.merged_keys:
            self.overlaid.append(self.faults.overlaid(event, key))
            return key
        if not self.dialect.is_object and len(self.diagnostics) > MOST_TOLD:
            return key
        found = self.faults.duplicate(event, Origin(self.path, self.line), (*self.here()[:-1], key))
        if self.dialect.is_object:
            top.oddity().is_twice = True
            return Again(key, found)
        if not (self.ended and self.dialect.has_fields):  # of a configuration, only the first document is read
            self.diagnostics.append(found)
        return key
