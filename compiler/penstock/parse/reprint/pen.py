"""The writing of the pieces of a YAML text one after another, with the state that go-yaml keeps between them
(`emitterc.go`): the place, the indentation, and the pending comments.
"""

import re

from penstock.parse.reprint.nodes import ALIAS, SCALAR, Node
from penstock.parse.reprint.scalars import block_hints, folded_breaks, in_quotes

LINE_BREAKS = re.compile("([\n\u2028\u2029])")


class Pen:
    """The text so far, and the state that decides how it continues."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0
        self.indents = [-1]
        self.flow = 0
        self.is_spaced = True
        """Whether the next piece follows a space, or begins the text."""
        self.is_indented = True
        """Whether the line has only indentation so far."""
        self.tail = self.head = self.line = self.foot = ""
        """Pending comments."""
        self.key_line = ""
        self.foot_indent = -1
        """The indentation of the last foot comment: an empty line precedes the next node at it."""

    # --- pieces

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.column += len(text)

    def break_line(self, mark: str = "\n") -> None:
        self.parts.append(mark)
        self.column = 0
        self.is_indented = True

    def indent(self) -> None:
        indent = max(self.indents[-1], 0)
        if not self.is_indented or self.column > indent or (self.column == indent and not self.is_spaced):
            self.break_line()
        if self.foot_indent == indent:
            self.break_line()
        self.put(" " * (indent - self.column))
        self.is_spaced = True
        self.foot_indent = -1

    def sign(self, text: str, after_space: bool = False, is_space: bool = False, is_indent: bool = False) -> None:
        if after_space and not self.is_spaced:
            self.put(" ")
        self.put(text)
        self.is_spaced = is_space
        self.is_indented = self.is_indented and is_indent

    # --- comments

    def note(self, node: Node, tail: str = "") -> None:
        """Take the comments of a node, or those at the start of a container, as pending."""
        self.tail, self.head = tail or self.tail, node.head or self.head
        if node.kind in (SCALAR, ALIAS):
            self.note_end(node)

    def note_end(self, node: Node, tail: str = "") -> None:
        self.tail = tail or self.tail
        self.line, self.foot = node.line or self.line, node.foot or self.foot

    def comment(self, text: str) -> None:
        """Write a comment of one or more lines, each with its `#`."""
        is_first = True
        for line in text.split("\n"):
            if not is_first:
                self.break_line()
            if line:
                if not is_first:
                    self.indent()
                self.put(line if line[0] == "#" else f"# {line}")
                self.is_indented = False
            is_first = False
        if line:
            self.break_line()
        self.is_spaced = True

    def write_head(self) -> None:
        if self.tail:
            self.indent()
            self.comment(self.tail)
            self.tail = ""
            self.foot_indent = max(self.indents[-1], 0)
        if self.head:
            self.indent()
            self.comment(self.head)
            self.head = ""

    def write_line(self) -> None:
        if self.line:
            if not self.is_spaced:
                self.put(" ")
            self.comment(self.line)
            self.line = ""

    def write_foot(self) -> None:
        if self.foot:
            self.indent()
            self.comment(self.foot)
            self.foot = ""
            self.foot_indent = max(self.indents[-1], 0)

    # --- scalars

    def scalar(self, text: str, style: str) -> None:
        if style in ("|", ">"):
            self.block(text, style)
            return
        if style == "'" and LINE_BREAKS.search(text):
            self.broken_quotes(text)
            return
        shown = in_quotes(text, style) if style else text
        if shown:
            self.sign(shown, after_space=True)
        self.is_indented = False

    def broken_quotes(self, text: str) -> None:
        self.sign("'", after_space=True)
        breaks = False
        for index, piece in enumerate(LINE_BREAKS.split(text.replace("'", "''"))):
            if index % 2:
                if not breaks and piece == "\n":
                    self.break_line()
                self.break_line(piece)
                breaks = True
            elif piece:
                if breaks:
                    self.indent()
                self.put(piece)
                self.is_indented = breaks = False
        self.sign("'")

    def block(self, text: str, style: str) -> None:
        self.sign(style + block_hints(text), after_space=True)
        if self.line:
            self.write_line()
        else:
            self.break_line()
        self.is_spaced = True
        extra = folded_breaks(text) if style == ">" else frozenset()
        for index, piece in enumerate(LINE_BREAKS.split(text)):
            if index % 2:
                if index in extra:
                    self.break_line()
                self.break_line(piece)
            elif piece:
                self.indent()
                self.put(piece)
                self.is_indented = False
