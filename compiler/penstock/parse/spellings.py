"""The spelling of the parsed files: quotes, braces, number formats. Kustomize depends on it, and plain trees lack it.

Most builds never ask for it. Questions for which a document has to be composed again are rare, and each document is
composed once.
"""

from collections.abc import Callable, Iterable, Mapping

from penstock.model import Diagnostic, Document, Embedded, Origin, Pointer, has_errors
from penstock.regex import regex
from penstock.scalar import is_loose, is_odd_key
from penstock.tree import MISSING
from penstock.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from penstock.parse.composing import LastComposed
    from penstock.parse.reprint.nodes import Node
    from penstock.parse.reprint.reading import Written
    from penstock.parse.style import Style

BLOCKS = ("|", ">")
"""The indicators of block scalars."""

_COMMENT_BEHIND_KEY = regex(rb"(?m):[ \t]+#|^[ \t]*\?.*#")
"""Matches in a file that may have comments behind keys."""

_NUMBERS = frozenset("+-.0123456789")


class Contents(Protocol):
    """The access to parsed files that spellings need."""

    def content_of(self, path: str) -> bytes:
        """Return the content of a file that was read before, or no bytes if it could not be read."""

    def holds_objects(self, path: str) -> bool:
        """Return whether a file was read as resources or patches, and not only as configuration."""

    def embedded(self, text: str, where: Origin, config: bool) -> tuple[list[Document], list[Diagnostic]]:
        """Return the documents in an inline text, as `Sources.embedded` does."""


class FileSpellings:
    """`sources.Spellings` of files. It keeps, for each parsed document, the spelling that its values do not contain."""

    def __init__(self, sources: Contents) -> None:
        self._sources = sources
        self.loose: set[str] = set()
        self.commented: set[str] = set()
        self.braced: set[str] = set()
        self.odd_keys = self.odd_numbers = self.is_unsettled = False
        self._configs: set[Origin] = set()
        self._plain_keys: dict[Origin, frozenset[Pointer]] = {}
        self._spelled: dict[Origin, Document] = {}
        self._given: dict[Origin, str] = {}
        self._styles: dict[Origin, Style] = {}
        self._last: LastComposed | None = None
        self._read_last: tuple[str, Written | None] = ("", None)

    def remember(self, document: Document, is_object: bool) -> None:
        """Keep how a document is spelled. Of a patch, which is read in both dialects, the reading as an object
        counts.
        """
        if document.tabbed:
            self.loose.add(document.origin.path)
        if is_object or (document.spelled and document.origin not in self._spelled):
            self._spelled[document.origin] = document
        if is_object:
            self._remember_object(document)

    def remember_text(self, path: str, data: bytes) -> None:
        """Record whether a text of objects or patches, which is a file or inside one, may have comments behind keys,
        and whether it may have mappings or lists in braces.
        """
        if b"{" in data or b"[" in data:
            self.braced.add(path)
        if b"#" in data and _COMMENT_BEHIND_KEY.search(data):
            self.commented.add(path)

    def _remember_object(self, document: Document) -> None:
        """Keep what matters only for objects."""
        if document.plain_keys:
            self.odd_keys = self.odd_keys or any(is_odd_key(str(at[-1])) for at in document.plain_keys)
            self._plain_keys[document.origin] = document.plain_keys
        self.is_unsettled = self.is_unsettled or document.is_unsettled
        texts = document.spelled.values()
        if document.folded or any(map(is_loose, texts)):
            self.loose.add(document.origin.path)
        self.odd_numbers = self.odd_numbers or any(text[:1] in _NUMBERS for text in texts)

    def is_string(self, text: str) -> bool | None:
        from penstock.parse.document import is_string  # few builds need it

        return is_string(text)

    def written_tree(self, text: str) -> Any:
        from penstock.parse.reprint.nodes import tree_of  # only for replacements inside a string

        written = self._read_nodes(text)
        self._read_last = (text, written)
        if written is None:
            return MISSING
        tree = tree_of(written.root, nothing=MISSING)
        return None if tree is MISSING else tree

    def reprinted(
        self, text: str, tree: Any, places: Iterable[Pointer], change: Callable[[str | None], Any], source: Origin
    ) -> str | None:
        from penstock.parse.reprint.text import node_in, reprinted  # only for replacements inside a string

        def copied() -> "Node | None":
            is_object = self._sources.holds_objects(source.path)
            return node_in(self._sources.content_of(source.path), source.doc, source.at) if is_object else None

        written = self._read_nodes(text)
        return None if written is None else reprinted(written, tree, places, change, copied)

    def _read_nodes(self, text: str) -> "Written | None":
        """Return the nodes of a text, to be changed once. They are kept from the preceding call of `written_tree`, if
        any.
        """
        from penstock.parse.reprint.reading import read

        (known, written), self._read_last = self._read_last, ("", None)
        return written if written is not None and known == text else read(text)

    def read_back(self, text: str, where: Origin) -> Any:
        from penstock.parse.reprint.text import for_json

        documents, findings = self._sources.embedded(text, where, config=False)
        if not documents or has_errors(findings):
            return MISSING
        return for_json(text, documents[0])

    def note_config(self, origin: Origin) -> None:
        self._configs.add(origin)

    def _is_config(self, document: Origin) -> bool:
        """Return whether a document is a configuration, whose values lose their quotes and braces on the way into
        objects.
        """
        return document in self._configs or (not document.at and not self._sources.holds_objects(document.path))

    def is_quoted(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        style = self._style(document).scalars.get(at)
        return None if style is None else bool(style) and not self._is_config(document)

    def is_tagged(self, origin: Origin) -> bool:
        document, at = _split(origin)
        return at in self._style(document).tagged

    def is_null(self, origin: Origin) -> bool:
        document, at = _split(origin)
        return self._style(document).plain.get(at, "") is None

    def is_text(self, origin: Origin) -> bool:
        document, at = _split(origin)
        return isinstance(self._style(document).plain.get(at, ""), str)

    def is_block(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        if self._is_config(document):
            return None
        style = self._style(document).scalars.get(at)
        return None if style is None else style in BLOCKS

    def is_folded(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        style = self._style(document).scalars.get(at)
        return None if style is None else style == ">"

    def is_flow(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        if self._is_config(document):
            return None
        style = self._style(document)
        return style.containers.get(at, False if at in style.scalars else None)

    def is_braced(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        if self._is_config(document):
            return None
        is_empty = self._style(document).containers.get(at, False) is None
        return True if is_empty else self.is_flow(origin)

    def is_mapping(self, origin: Origin) -> bool:
        document, at = _split(origin)
        return at in self._style(document).mappings

    def has_comment_behind(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        style = self._style(document)
        return at in style.followed if at in style.scalars else None

    def has_comment(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        if self._is_config(document):
            return None
        style = self._style(document)
        return at in style.commented if at in style.scalars or at in style.containers else None

    def styles_in(self, text: str, origin: Origin) -> Mapping[Pointer, str]:
        from penstock.parse.composing import LastComposed
        from penstock.parse.style import style_of  # only for the output of exec functions

        return style_of(text.encode(), _within(origin), LastComposed()).scalars

    def are_apart(self, text: str, origin: Origin) -> bool:
        from penstock.parse.style import are_apart

        return are_apart(text.encode(), _within(origin))

    def aliases_in(self, text: str, origin: Origin) -> frozenset[Pointer]:
        from penstock.parse.style import aliases_in

        return aliases_in(text.encode(), _within(origin))

    def is_plain_key(self, origin: Origin) -> bool | None:
        document, at = _split(origin)
        if self._is_config(document):
            return None
        style = self._style(document)
        if at not in style.scalars and at not in style.containers:
            return None
        return at in self._plain_keys.get(document, ())

    def _style(self, document: Origin) -> "Style":
        if document not in self._styles:
            from penstock.parse.composing import LastComposed
            from penstock.parse.style import style_of  # only if a patch changes a quoted value or a value in braces

            self._last = self._last or LastComposed()
            self._styles[document] = style_of(self._sources.content_of(document.path), document, self._last)
        return self._styles[document]

    def spell(self, origin: Origin, text: str) -> None:
        self._given[origin] = text
        if is_loose(text):
            self.loose.add(origin.path)

    def spelled(self, origin: Origin) -> str | None:
        if origin in self._given:
            return self._given[origin]
        document, at = _split(origin)
        known = self._spelled.get(document)
        return known.spelled.get(at) if known is not None else None


def _within(origin: Origin) -> Origin:
    """Return the place in a text that an origin leads into, for a text that is not in a file."""
    document, at = _split(origin)
    inside = document.at[-1]
    return Origin("", inside.doc if isinstance(inside, Embedded) else 0, at)


def _split(origin: Origin) -> tuple[Origin, Pointer]:
    """Return the document to which an origin leads and the rest of the pointer.

    If the pointer leads into strings, this is the innermost document.
    """
    path, number, at = origin
    for depth in range(len(at), 0, -1):
        if isinstance(at[depth - 1], Embedded):
            return Origin(path, number, at[:depth]), at[depth:]
    return Origin(path, number), at
