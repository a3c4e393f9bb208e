"""The comments of a YAML text, and the token to which go-yaml attaches each (its `scannerc.go`).

libyaml finds the tokens; this module looks at the text between them in go-yaml's way. The head comment of a node stands
above the node, and its line comment behind it. Its foot comment stands below it, before an empty line or a less
indented line.
"""

import re
from bisect import bisect_left
from typing import Any

from penstock.parse.libyaml import CParser
from penstock.records import NamedTuple

BREAKS = "\r\n\x85\u2028\u2029"
BLANKS = " \t"

_ENDS = BREAKS + "\0"
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(#)?")
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
"""An escape of YAML 1.2 and of JSON that go-yaml does not know."""
_OPENING, _CLOSING = frozenset(("[", "{")), frozenset(("]", "}"))
_INDENTING = frozenset(("<block mapping start>", "<block sequence start>"))
_MARKERS = frozenset(("<document start>", "<document end>", "<directive>", "<stream start>", "<stream end>"))
_FURTHEST = 512
"""The number of blanks and line breaks in which go-yaml looks for the next comment."""


class Token(NamedTuple):
    """A token of libyaml, and where it starts for go-yaml, which may move the end of a block up, above comments."""

    kind: str
    start: int
    token: Any


class Comment(NamedTuple):
    """A comment, and the index into the text that a token must have reached to own the comment."""

    at: int
    head: str = ""
    line: str = ""
    foot: str = ""
    scan: int = 0
    """Where the search began that found this comment; the next fields are the comment's start, column and end."""
    start: int = 0
    column: int = 0
    end: int = 0


class Broken(Exception):  # noqa: N818  # not an error of the program
    """The text is not YAML for go-yaml."""


def scan(text: str) -> tuple[list[Token], list[Comment]]:
    """Return the tokens of the first document and one more, and the comments. Raises YAMLError and Broken."""
    scanner = _Scanner(text)
    parser: Any = CParser(text.encode())
    documents = 0
    while True:
        token = parser.get_token()
        if token is None:
            return scanner.tokens, scanner.comments
        scanner.add(token)
        documents += token.id == "<document start>"
        if token.id == "<document end>" or documents > 1:
            scanner.go_on()  # a comment below the document may be its foot
            return scanner.tokens, scanner.comments


class _Scanner:
    """Goes through a text token by token, and keeps the state that go-yaml has when it meets a comment."""

    def __init__(self, text: str) -> None:
        self.text = text + "\0\0"
        self.lines = [0, *(found.end() for found in _BREAK.finditer(text))]
        self.at = 0
        self.arrived, self.is_over = True, False
        self.block_end = self.column = 0
        self.indents = [-1]
        self.flow = 0
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.queue: list[tuple[str, int]] = [("", 0), ("", 0)]
        """The kinds and starts of the last two tokens, in the order in which go-yaml meets them."""

    def add(self, token: Any) -> None:
        kind, start = token.id, token.start_mark.index
        if not self.arrived:
            self.go_on()
        if kind == "<block end>":
            self._end_block()
        elif kind in _INDENTING:
            self.indents.append(token.start_mark.column)
            self.tokens.append(Token(kind, start, token))
        else:
            self.tokens.append(Token(kind, start, token))
            if kind != "?" or token.end_mark.index > start:
                self._pass(token, kind, start)

    def go_on(self) -> None:
        """Advance to the start of the next token, and read the comments before it."""
        start, line = self.at, self._line(self.at)
        while True:
            self.at = _skip(self.text, self.at, BLANKS + "\ufeff")
            if self.text[self.at] == "#":
                self._read_comments(start, line)
            if self.text[self.at] not in BREAKS:
                break
            self.at += 1
        self.arrived, self.is_over = True, False
        self.block_end = start - 1
        self.column = self.at - self.lines[self._line(self.at)]

    def _end_block(self) -> None:
        """Add the end of a block, placed before the comments that are indented as the block is."""
        indent = self.indents.pop()
        if (
            indent <= self.column and not self.is_over
        ):  # the end of the document ends the block, not a less indented line
            self.is_over = True
            self.block_end = self.at - 1
        stop = self.block_end
        for comment in reversed(self.comments):
            if comment.end < stop:
                break
            if comment.column == indent + 1:
                self.block_end = comment.start
            stop = comment.scan
        self._push("<block end>", self.block_end)
        self.tokens.append(Token("<block end>", self.block_end, None))

    def _pass(self, token: Any, kind: str, start: int) -> None:
        """Advance over a token that has a text, and over a comment behind it on the same line."""
        owner = start
        # A comment behind a colon or a comma belongs to what stands before the sign.
        if (self.flow == 0 and self.text[start] == ":") or (self.flow > 0 and kind == ","):
            owner = self.queue[-1][1]
        self.flow += (kind in _OPENING) - (kind in _CLOSING)
        self.arrived = False
        self._push(kind, start)
        self.at = token.end_mark.index
        if kind == "<scalar>" and token.style in ("|", ">"):
            header = _BLOCK_HEADER.match(self.text, start)
            if header and header[1]:
                self.comments.append(Comment(start, line=self._rest_of_line(header.start(1))))
        # Kustomize's reader does not know this escape.
        elif kind == "<scalar>" and token.style == '"' and _SLASH.search(self.text, start, self.at):
            raise Broken
        elif kind == "<scalar>" and token.plain:
            # Go's scanner has looked behind a plain scalar for more of it, past the line breaks.
            self.at = _skip(self.text, self.at, BLANKS + BREAKS)
        elif kind == "<directive>":
            self.at += len(self._rest_of_line(self.at))
        if kind not in _MARKERS and kind != "-" and self._breaks_before() == 0:
            self._pass_comment(owner)

    def _pass_comment(self, owner: int) -> None:
        """Note a comment on the rest of this line, if there is one, and advance over it."""
        behind = _skip(self.text, self.at, BLANKS)
        if self.text[behind] == "#":
            line = self._rest_of_line(behind)
            self.comments.append(Comment(owner, line=line, start=behind))
            self.at = behind + len(line)

    def _push(self, kind: str, start: int) -> None:
        self.queue = [self.queue[-1], (kind, start)]

    def _line(self, at: int) -> int:
        return bisect_left(self.lines, at + 1) - 1

    def _rest_of_line(self, at: int) -> str:
        end = at
        while self.text[end] not in _ENDS:
            end += 1
        return self.text[at:end]

    def _breaks_before(self) -> int:
        """Return the number of line breaks between the last text and the current place."""
        start = self.at
        while start and self.text[start - 1] in BLANKS + BREAKS:
            start -= 1
        return len(_BREAK.findall(self.text, start, self.at))

    def _read_comments(self, scan: int, scan_line: int) -> None:
        """Read all comments from the current one to the next token, and sort them into heads and feet.

        Columns count from 1 here, and an empty line behind a comment has the number of the comment's line, as in
        go-yaml. The function follows `yaml_parser_scan_comments` step by step, so that the two can be read side by
        side; that is why it is long.
        """
        kind, owner = self.queue[-2] if self.queue[-1][0] == "," else self.queue[-1]
        run = _Run(scan, owner)
        breaks = self._breaks_before()
        line = self._line(self.at)
        column = self.at - self.lines[line]
        foot_line = line - breaks + 1 + (breaks == 0 and column > 1) if scan_line > 0 else -1
        indent = max(self.indents[-1], 0)
        was_empty, is_near = False, breaks <= 1
        ahead = 0
        while ahead < _FURTHEST:
            column += 1
            here = self.at + ahead
            character = self.text[here]
            ahead += 1
            if character in BLANKS:
                continue
            closes = self.flow > 0 and character in _CLOSING
            if closes or character in _ENDS:
                if closes or (is_near and not was_empty and run.is_foot(foot_line, kind, indent)):
                    if run.text:
                        run.owner = run.start if run.column <= indent else run.owner
                        self.comments.append(run.foot(here))
                elif run.text and not was_empty and character != "\0":
                    run.text += "\n"
                if character not in BREAKS:
                    break
                is_near, was_empty = False, True
                column = 0
                line += 1
                continue
            if run.text and column <= indent and column != run.column:
                self.comments.append(run.foot(here))
            if character != "#":
                break
            comment = self._rest_of_line(here)
            run.add(comment, here, line, column)
            was_empty = False
            self.at = here + len(comment)
            line = self._line(self.at)
            column, ahead = 0, 1  # behind the line break
        if run.text:
            self.comments.append(run.head(self.at + ahead - 1))


class _Run:
    """Comments on consecutive lines, while they are read."""

    def __init__(self, scan: int, owner: int) -> None:
        self.scan, self.owner = scan, owner
        self.text = ""
        self.start = self.line = self.column = 0

    def add(self, comment: str, start: int, line: int, column: int) -> None:
        if self.text:
            self.text += f"\n{comment}"
        else:
            self.text, self.start, self.line, self.column = comment, start, line, column

    def is_foot(self, foot_line: int, kind: str, indent: int) -> bool:
        """Return whether the comments belong to the token before them.

        They do if they start right below that token, or if they are indented less.
        """
        return (self.line == foot_line and kind != ":") or self.column <= indent

    def foot(self, end: int) -> Comment:
        found = Comment(self.owner, foot=self.text, scan=self.scan, start=self.start, column=self.column, end=end)
        self.scan = self.owner = end
        self.text = ""
        return found

    def head(self, end: int) -> Comment:
        return Comment(self.start, head=self.text, scan=self.scan, start=self.start, column=self.column, end=end)


def _skip(text: str, at: int, characters: str) -> int:
    while text[at] in characters:
        at += 1
    return at
