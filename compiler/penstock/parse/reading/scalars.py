"""What the scalars of a document mean: its values in `ScalarReader`, its keys in `KeyReader`.

Both keep what is about the document that is under way; `reader` goes through the events.
"""

from collections.abc import Callable
from typing import Any

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

_NO_SPELLING = frozenset(("null", "true", "false"))
"""Texts that come out as they are read."""


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


class ScalarReader:
    """The document that is being read, and what its values mean."""

    def __init__(self, path: str, dialect: Dialect, first_line: int = 0) -> None:
        self.path = path
        self.dialect = dialect
        self.first_line = first_line
        self.faults = Faults(path, first_line, dialect.is_object)
        self.text = ""
        self.ended = 0
        """How many documents have been read to their end."""
        self.diagnostics: list[Diagnostic] = []
        self.start_anew(0, False)

    def start_anew(self, line: int, ignored: bool) -> None:
        """A document begins on a line, or something that Kustomize ignores."""
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
        """Where the next value stands."""
        return tuple(o.key or "" if o.is_mapping else len(o.tree) for o in self.stack)

    def odd_scalar(self, top: Open, event: Any) -> Any:
        """A scalar with a tag or an anchor, in quotes, as a block, or inside braces."""
        if event.anchor is None:
            return self._scalar(top, event)
        start = len(self.notes)
        value = self._scalar(top, event)
        cost, notes = cost_of_scalar(event.value), (start, len(self.notes))
        self.anchors[event.anchor] = Anchored(value, cost, self.here(), notes, event)
        return value

    def spell(self, text: str, value: Any) -> None:
        """Keep the text of a scalar that its value cannot give back."""
        if text not in _NO_SPELLING and (text != str(value) or value.__class__ is bool):
            self.notes.append(Note(self.here(), text))

    def in_flow(self, text: str) -> Any:
        """A plain scalar in braces or brackets. Nothing, and a time of day, are something else outside of them."""
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
        if style and (self.dialect.is_object or not event.implicit[0]):
            self._note_style(text, style)
            return text
        if top.flow:
            if "?" in text and not style:
                raise Limit(not_for_go(self.faults.pos(event), "?"))
            return self.in_flow(text)
        value = self.dialect.scalar(text)
        self.spell(text, value)
        return value

    def _note_style(self, text: str, style: str) -> None:
        """What matters of a text in quotes or in a block when Kustomize writes it."""
        self.folded = self.folded or style == ">"
        if text[:1] == "\t" and (style in ("|", ">") or "\n" in text):
            self.tabbed = True

    def check_tag(self, top: Open, event: Any) -> None:
        """Raises CommaInTag where go-yaml takes the comma behind a tag for a part of it."""
        if event.value or event.style or not top.flow:
            return
        text = self.text_read()
        end = event.end_mark.index
        last = text[event.start_mark.index : end].split()[-1:]
        if text[end : end + 1] == "," and last and last[0].startswith("!"):
            raise CommaInTag(last[0], event.end_mark)

    def text_read(self) -> str:
        """The text, which the indexes of libyaml's marks count in."""
        if not self.text:
            self.text = self.faults.data.decode(errors="replace").removeprefix("\ufeff")
        return self.text

    def tagged(self, event: Any) -> Any:
        """A scalar with a tag. That of an object may not fit as long as it is never read."""
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
        """A scalar of a configuration with a tag."""
        value = self.dialect.tagged(tag, text)
        if value is UNFIT:
            raise Limit(self.faults.error(event, "PS160", *unfit(tag)))
        return value


class KeyReader(ScalarReader):
    """The same, and what its keys mean. `event` is how a key is written, and `where` the alias that stands for it, or
    the same.
    """

    def key(self, top: Open, event: Any, where: Any) -> str:
        """What a scalar comes to as a key of an object or configuration."""
        text: str = event.value
        tag = event.tag
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
        """What a key `<<`, or one with the tag of merge keys, comes to; None for a key like any other."""
        text: str = event.value
        is_object = self.dialect.is_object
        if (text == "<<" and is_plain) or (event.tag == MERGE_TAG and (is_object or text == "<<")):
            return self._merging(text, event is not where)
        if not is_object or text != "<<":
            return None
        if event is not where:  # an alias never merges, whatever it means
            return text
        return None if top.oddity().has_sign else DroppedKey(text)

    def _merging(self, text: str, is_alias: bool) -> str:
        """A merge key. That of an object for which an alias stands does not count until the object is read again."""
        if not is_alias or not self.dialect.is_object:
            return MergeKey(text)
        if text != "<<":
            return text
        self.is_unsettled = True
        return LateKey(text)

    def _closes_list(self, event: Any) -> bool:
        """Whether nothing stands between a question mark and the end of its list."""
        if len(self.stack) < 2 or self.stack[-2].is_mapping:
            return False
        at: int = event.start_mark.index
        return self.text_read()[at : at + 1] == "]"

    def _plain_key(self, text: str, where: Any) -> str:
        """A key without quotes. Of a configuration it is made text at once, but for the names of its fields; that of an
        object stays what it is until Kustomize has written the object.
        """
        if not self.dialect.is_object:
            if config_scalar(text) is None:
                raise Limit(not_for_go(self.faults.pos(where), "~"))
            return text if self.dialect.has_fields and len(self.stack) == 1 else config_key(text)
        if resource_scalar(text) != text:
            self.notes.append(Note((*self.here()[:-1], text), None))
        return text

    def _tagged_key(self, event: Any, where: Any) -> str:
        """A key with a tag. In a configuration it is what Kustomize reads it as, if that can be a key."""
        if not self.dialect.is_object:
            key = key_text(self.fitting(event.tag, event.value, where), is_config=True)
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
        """What an alias of a key means where a value stands."""
        if event.tag is not None and event.tag != "!":
            return self.tagged(event)
        is_plain = event.implicit[0] and not (event.style and self.dialect.is_object)
        return self.dialect.scalar(event.value) if is_plain else event.value

    def again(self, top: Open, key: str, event: Any) -> str:
        """A key that stands in its mapping already. In a configuration, it may stand again after a merge key has
        brought it.
        """
        if not self.dialect.is_object and top.odd is not None and key in top.odd.merged_keys:
            self.overlaid.append(self.faults.overlaid(event, key))
            return key
        found = self.faults.duplicate(event, Origin(self.path, self.line), (*self.here()[:-1], key))
        if self.dialect.is_object:
            top.oddity().is_twice = True
            return Again(key, found)
        if not (self.ended and self.dialect.has_fields):  # of a configuration, only the first document is read
            self.diagnostics.append(found)
        return key
