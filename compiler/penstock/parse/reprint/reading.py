"""From a YAML text to nodes, with the comments where go-yaml attaches them (its `parserc.go` and `decode.go`)."""

from penstock.parse.libyaml import YAMLError
from penstock.parse.reprint.comments import Broken, Comment, Token, scan
from penstock.parse.reprint.nodes import ALIAS, LIST, MAPPING, PREFIX, SCALAR, Node, scalar_node

MAX_DEPTH = 100
"""Levels of nesting. A YAML text in a string is a program's configuration, not an API type."""

_NO_VALUE = frozenset(("?", ":", "<block end>"))
_NO_ENTRY = frozenset(("-", "?", ":", "<block end>"))
_NO_ROOT = frozenset(("<directive>", "<document start>", "<document end>", "<stream end>"))


class Written:
    """The first document of a text."""

    def __init__(self, root: Node, head: str, foot: str) -> None:
        self.root, self.head, self.foot = root, head, foot


def read(text: str) -> Written | None:
    """Return the first document of a text, or None where it is not YAML, is empty, or is nested too deeply."""
    try:
        return _Reader(*scan(text.removeprefix("\ufeff"))).document()
    except (YAMLError, Broken):
        return None


class _Reader:
    """Parses the tokens of a document into nodes in the order of go-yaml's events.

    A comment goes to the first event after it that takes comments.
    """

    def __init__(self, tokens: list[Token], comments: list[Comment]) -> None:
        self.tokens, self.comments = tokens, comments
        self.at = self.noted = self.depth = 0
        self.head = self.line = self.foot = self.stem = ""
        self.handles = {"!": "!", "!!": PREFIX}
        self.anchors: set[str] = set()

    def peek(self) -> str:
        """Return the kind of the next token, and make the comments before it pending."""
        if self.at >= len(self.tokens):
            raise Broken
        kind, start, _ = self.tokens[self.at]
        while self.noted < len(self.comments) and start >= self.comments[self.noted].at:
            comment = self.comments[self.noted]
            if comment.head and kind == "<block end>":
                break  # the comment belongs to the node after the block
            self.head = _joined(self.head, comment.head)
            self.foot = _joined(self.foot, comment.foot)
            self.line = _joined(self.line, comment.line)
            self.noted += 1
        return kind

    def skip(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, node: Node) -> Node:
        node.head, node.line, node.foot = self.head, self.line, self.foot
        self.head = self.line = self.foot = self.stem = ""
        return node

    def document(self) -> Written | None:
        self.peek()
        self.skip()
        kind, head = self.peek(), ""
        if kind == "<stream end>":
            return None
        if kind in _NO_ROOT:
            self._directives()
            if self.peek() != "<document start>":
                return None
            self.skip()
        else:
            head, self.head = _split_head(self.head)
        root = Node(SCALAR, tag="!!null") if self.peek() in _NO_ROOT else self.node()
        self.peek()
        end = self.take(Node(SCALAR))
        return Written(root, head, end.foot or end.head)

    def _directives(self) -> None:
        while self.peek() == "<directive>":
            token = self.skip().token
            if token.name == "TAG":
                self.handles[token.value[0]] = token.value[1]

    def node(self, block: bool = True, indentless: bool = False) -> Node:
        kind = self.peek()
        if kind == "<alias>":
            if self.tokens[self.at].token.value not in self.anchors:
                raise Broken
            return self.take(Node(ALIAS, self.skip().token.value))
        tag = anchor = ""
        while (kind == "<anchor>" and not anchor) or (kind == "<tag>" and not tag):
            if kind == "<tag>":
                tag = self._tag()
            else:
                anchor = self.skip().token.value
            kind = self.peek()
        self.anchors.add(anchor)
        # The text comes from a repository, and a deep one must not end in a RecursionError.
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Broken
        node = self._content(kind, block, indentless, bool(tag or anchor))
        self.depth -= 1
        node.anchor = anchor
        if tag and tag != "!":
            node.tag, node.is_tagged = tag, True
        return node

    def _tag(self) -> str:
        """Read a tag. A comma directly behind it belongs to the tag for go-yaml, and separates nothing."""
        token = self.skip().token
        handle: str | None
        suffix: str
        handle, suffix = token.value
        if self.peek() == "," and self.tokens[self.at].start == token.end_mark.index:
            self.skip()
            suffix += ","
        tag = self.handles.get(handle, "") + suffix if handle else suffix
        return "!!" + tag.removeprefix(PREFIX) if tag.startswith(PREFIX) else tag

    def _content(self, kind: str, block: bool, indentless: bool, has_properties: bool) -> Node:
        if indentless and kind == "-":
            return self._entries(Node(LIST, tag="!!seq"))
        if kind == "<scalar>":
            token = self.tokens[self.at].token
            node = self.take(scalar_node(token.value, "" if token.plain else token.style))
            self.skip()
            return node
        if kind == "[":
            return self._flow_list()
        if kind == "{":
            return self._flow_mapping()
        if block and kind == "<block sequence start>":
            return self._block(LIST, "!!seq")
        if block and kind == "<block mapping start>":
            return self._block(MAPPING, "!!map")
        # Only a tag or an anchor can stand before nothing.
        if not has_properties:
            raise Broken
        return Node(SCALAR, tag="!!null")

    def _block(self, kind: str, tag: str) -> Node:
        node = Node(kind, tag=tag)
        node.head, self.stem = self.stem, ""
        self.skip()
        return self._entries(node, is_closed=True) if kind == LIST else self._pairs(node)

    def _entries(self, node: Node, is_closed: bool = False) -> Node:
        while self.peek() == "-":
            before = len(self.head)
            self.skip()
            self._split_stem(before)
            is_empty = self.peek() in (("-", "<block end>") if is_closed else _NO_ENTRY)
            node.content.append(Node(SCALAR, tag="!!null") if is_empty else self.node())
        if is_closed:
            self._expect("<block end>")
        return node

    def _split_stem(self, length: int) -> None:
        """Give a comment above a dash to the whole container behind the dash, not to the first node in that
        container.
        """
        if length and self.peek() in ("<block sequence start>", "<block mapping start>"):
            self.stem, self.head = self.head[:length], self.head[length + 1 :]

    def _expect(self, kind: str) -> None:
        if self.peek() != kind:
            raise Broken
        self.skip()

    def _pairs(self, node: Node) -> Node:
        content = node.content
        while self.peek() in ("?", ":"):
            key = value = Node(SCALAR, tag="!!null")
            if self.peek() == "?":
                self.skip()
                if self.peek() not in _NO_VALUE:
                    key = self.node(indentless=True)
            # A comment that ends the pair before was read with the next key.
            if key.foot and content:
                content[-2].foot, key.foot = key.foot, ""
            if self.peek() == ":":
                self.skip()
                if self.peek() not in _NO_VALUE:
                    value = self.node(indentless=True)
            content += [key, value if value is not key else Node(SCALAR, tag="!!null")]
            _move_foot(content)
        end = self._end(node, "<block end>")
        if end.foot and content:
            content[-2].foot, end.foot = end.foot, ""
        return node

    def _end(self, node: Node, kind: str) -> Node:
        """Read the end of a container. Its own line and foot comments go to the container; those above it are lost."""
        if self.peek() != kind:
            raise Broken
        end = self.take(Node(SCALAR))
        self.skip()
        node.line, node.foot = end.line, end.foot
        return node

    def _flow_list(self) -> Node:
        node = self.take(Node(LIST, tag="!!seq", style="{"))
        self.skip()
        while self.peek() != "]":
            if node.content:
                self._expect(",")
            if self.peek() == "?":
                self.skip()
                node.content.append(self._pair_in_list())
            elif self.peek() != "]":
                node.content.append(self.node(block=False))
        return self._end(node, "]")

    def _pair_in_list(self) -> Node:
        """Read a mapping without braces in a flow list: `[a: b]`."""
        pair = Node(MAPPING, tag="!!map", style="{")
        ends = (",", "]")
        pair.content.append(self.node(block=False) if self.peek() not in (":", *ends) else Node(SCALAR, tag="!!null"))
        pair.content.append(self._flow_value(ends))
        _move_foot(pair.content)
        return pair

    def _flow_mapping(self) -> Node:
        node = self.take(Node(MAPPING, tag="!!map", style="{"))
        ends = (",", "}")
        self.skip()
        while self.peek() != "}":
            if node.content:
                self._expect(",")
            if self.peek() == "?":
                self.skip()
                has_key = self.peek() not in (":", *ends)
                node.content.append(self.node(block=False) if has_key else Node(SCALAR, tag="!!null"))
                node.content.append(self._flow_value(ends))
            elif self.peek() != "}":
                node.content += [self.node(block=False), Node(SCALAR, tag="!!null")]
            else:
                break
            _move_foot(node.content)
        return self._end(node, "}")

    def _flow_value(self, ends: tuple[str, str]) -> Node:
        if self.peek() == ":":
            self.skip()
            if self.peek() not in ends:
                return self.node(block=False)
        return Node(SCALAR, tag="!!null")


def _move_foot(content: list[Node]) -> None:
    """Move the foot comment of a value to its key."""
    key, value = content[-2:]
    if not key.foot:
        key.foot, value.foot = value.foot, ""


def _joined(before: str, comment: str) -> str:
    return f"{before}\n{comment}" if before and comment else before or comment


def _split_head(comment: str) -> tuple[str, str]:
    """Split the comments at the top of a text into those of the document, up to the last empty line, and the rest."""
    for at in range(len(comment) - 1, 0, -1):
        if comment[at] == "\n":
            if at == len(comment) - 1:
                return comment[:at], ""
            if comment[at - 1] == "\n":
                return comment[: at - 1], comment[at + 1 :]
    return "", comment
