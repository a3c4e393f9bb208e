"""Findings about a place in a text, with line and column."""

from penstock.model import Diagnostic, Origin, Pointer, Pos
from penstock.parse.refused import RENDER
from penstock.typed import Any

MAX_DEPTH = 400
"""Levels of nesting. The deepest Kubernetes type, a CRD's schema, stays below 100."""

MAX_DOCUMENTS = 100_000
"""Documents in one file."""

MAX_DIRECTIVES = 1_000
"""Lines at the head of a document that start with a percent sign. libyaml compares each tag with all of them."""

MAX_ALIASED = 500_000
"""Nodes that aliases may add to one document. The largest document that the API server takes has under a fifth of
these.
"""

MAX_REREADS, MAX_REREAD_BYTES = 10, 1_000_000
"""The number of duplicate keys in a file whose first place is looked up, and the bytes that are read again for that."""


HEADS = ("apiVersion", "kind")
"""Keys at the top that stand twice where the line between two objects is missing."""

SEPARATE = "if a second object begins here, put a line with --- before it; if not, keep one of the two"


class Limit(Exception):  # noqa: N818  # not an error of the program
    """The end of the reading of a document, which may still be valid YAML."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Beyond(Exception):  # noqa: N818  # nor is this
    """The end of the reading of a whole file, whose further documents are not read either."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Faults:
    """Makes the findings about a text that starts on a line (`first_line`, from 0) of a file."""

    def __init__(self, path: str, first_line: int, is_object: bool) -> None:
        self.path = path
        self.first_line = first_line
        self.is_object = is_object
        self.data = b""
        self.rereads = 0

    def pos(self, event: Any) -> Pos:
        mark = event.start_mark
        return Pos(self.path, self.first_line + mark.line + 1, mark.column + 1)

    def error(self, event: Any, code: str, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(code, "error", message, self.pos(event), hint=hint)

    def warning(self, event: Any, code: str, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(code, "warning", message, self.pos(event), hint=hint)

    def duplicate(self, event: Any, document: Origin, at: Pointer) -> Diagnostic:
        """Return the finding for a duplicate key at a place in a document."""
        message = f"the key {at[-1]!r} stands twice in this mapping"
        first = self._first(document, at)
        is_head = len(at) == 1 and at[0] in HEADS
        if self.is_object:
            found = self.error(event, "PS104", message, SEPARATE if is_head else "keep one of the two")
            return found._replace(notes=((first, "first here"),))
        hint = SEPARATE if is_head else "the last one wins: remove the other"
        found = self.warning(event, "PS104", message, hint)
        return found._replace(notes=((first, "the value here is lost"),))

    def _first(self, document: Origin, at: Pointer) -> Pos | Origin:
        """Return the place where a duplicate key stands first.

        To find it, the document is parsed again. So where there are many duplicate keys, or the file is large, this is
        the mapping of the key instead. A text without a file (that of a function of templates) has no places.
        """
        self.rereads += 1
        if self.path and self.rereads <= MAX_REREADS and self.rereads * len(self.data) < MAX_REREAD_BYTES:
            from penstock.parse.composing import first_position

            line, column = first_position(self.data, document.doc - self.first_line, at)
            return Pos(self.path, self.first_line + line + 1, column + 1)
        return document.below(*at[:-1])

    def overlaid(self, event: Any, key: str) -> Diagnostic:
        message = f"a merge key sets {key!r} a second time, which Kustomize refuses in this file"
        return self.error(event, "PS104", message, "set each key once")

    def overwritten(self, event: Any, keys: list[str]) -> Diagnostic:
        names = ", ".join(map(repr, keys))
        message = f"the merge key overwrites {names}: in a configuration what stands last wins"
        return self.warning(event, "PS104", message, "move the merge key to the top of its mapping")

    def dropped_sign(self, event: Any) -> Diagnostic:
        message = "Kustomize drops the key << of an object where it is no merge key"
        return self.warning(
            event, "PS161", message, "remove the quotes or the tag to merge, or give the key another name"
        )

    def no_merge(self, event: Any, is_alias: bool) -> Diagnostic:
        found = "an alias of something else" if is_alias else "something else"
        message = f"a merge key takes a mapping, or a list of mappings and their aliases; this is {found}"
        return self.error(event, "PS161", message, "remove the key, or put quotes around it")

    def two_merge_keys(self, event: Any) -> Diagnostic:
        return self.error(event, "PS161", "this mapping has two merge keys", "merge a list of both: <<: [*a, *b]")

    def no_anchor(self, event: Any) -> Diagnostic:
        # the alias's name is not shown: `password: *hunter2` may be a secret without the quotes that it needs
        hint = "quote a text that starts with a star"
        return self.error(event, "PS103", "this alias has no anchor before it in this document", hint)

    def alias_inside(self, event: Any) -> Diagnostic:
        return self.error(event, "PS103", f"the alias *{event.anchor} stands inside of what it means")

    def complex_key(self, event: Any) -> Diagnostic:
        message = "a mapping or sequence stands where a key must be"
        if self.has_template():
            return self.error(event, "PS103", f"{message}, as in the template {{{{ … }}}}", RENDER)
        return self.error(event, "PS103", message, "keys are plain text")

    def has_template(self) -> bool:
        """Return whether the text may be a Helm template, in which `{{ … }}` parses as a mapping that is a key."""
        return b"{{" in self.data

    def too_deep(self, event: Any) -> Diagnostic:
        return self.error(event, "PS105", f"nesting goes deeper than {MAX_DEPTH} levels")

    def too_many(self, event: Any) -> Diagnostic:
        return self.error(event, "PS105", f"there are more than {MAX_DOCUMENTS:,} documents in this file")

    def too_large(self, event: Any, most: int) -> Diagnostic:
        hint = f"write several files, or raise the bound for one: `--bound file={2 * most}`"
        return self.error(event, "PS105", f"there are more than {most:,} keys and values in this file", hint)

    def too_aliased(self, event: Any) -> Diagnostic:
        message = f"aliases expand this document by more than {MAX_ALIASED:,} nodes"
        return self.error(event, "PS105", message, "this is how an alias bomb looks; write the values out")
