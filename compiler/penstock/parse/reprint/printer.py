"""The printing of nodes as in go-yaml (`emitterc.go`), indented by two spaces, with lists indented as far as their
keys.
"""

import re

from penstock.parse.reprint.nodes import ALIAS, LIST, MAPPING, SCALAR, STRING, Node, tag_of
from penstock.parse.reprint.pen import LINE_BREAKS, Pen
from penstock.parse.reprint.reading import Written
from penstock.parse.reprint.scalars import style_of

INDENT = 2
MAX_KEY = 128
"""The largest size in bytes of a key in front of its `:`; a longer one is written behind a `?`."""

_IN_TAG = re.compile(r"[^-\w;/?:@&=+$,.~*'()\[\]]", re.ASCII)


def printed(written: Written) -> str:
    """Return the text of a document, ending in a line break. The nodes cannot be printed again afterwards."""
    printer = _Printer()
    printer.document(written)
    return "".join(printer.parts)


class _Printer(Pen):
    """Visits the nodes in the order of go-yaml's events, which decides where comments are placed."""

    def document(self, written: Written) -> None:
        self.head = written.head
        if self.head:
            self.write_head()
            self.break_line()
        self.note(written.root)
        self.write_head()
        self.start(written.root, in_list=False)
        self.write_line()
        self.write_foot()
        self.content(written.root, in_list=False)
        self.foot = written.foot or self.foot
        self.foot_indent = 0
        self.write_foot()
        self.foot_indent = -1
        self.indent()

    def start(self, node: Node, in_list: bool, is_key: bool = False) -> None:
        """Write what precedes the content of a node: its anchor and tag. A scalar or alias is written whole."""
        if node.kind == ALIAS:
            self.sign(f"*{node.text}", after_space=True)
            return
        style = style_of(node, self.flow > 0, is_key) if node.kind == SCALAR else ""
        if node.anchor:
            self.sign(f"&{node.anchor}", after_space=True)
        tag = shown_tag(node)
        if tag:
            self.sign(_in_full(tag), after_space=True)
        if node.kind == SCALAR:
            self.deepen(in_list, is_flow=True)
            self.scalar(node.text, style)
            self.indents.pop()

    def content(self, node: Node, in_list: bool, in_mapping: bool = False) -> None:
        """Write the content of a container; for any other node, write nothing."""
        if node.kind in (SCALAR, ALIAS):
            return
        if self.flow or node.style or not node.content:
            self.flow_list(node, in_list) if node.kind == LIST else self.flow_mapping(node, in_list)
        elif node.kind == LIST:
            # The items of a list that is the value of a key start at the column of the key.
            is_compact = in_mapping and (self.column == 0 or not self.is_indented)
            self.deepen(in_list, is_compact=is_compact)
            self.list_items(node)
            self.indents.pop()
        else:
            self.deepen(in_list)
            self.pairs(node)
            self.indents.pop()

    def deepen(self, in_list: bool, is_flow: bool = False, is_compact: bool = False) -> None:
        indent = self.indents[-1]
        if indent < 0:
            indent = INDENT if is_flow else 0
        elif in_list:
            indent += 2
        elif not is_compact:
            indent = INDENT * ((indent + INDENT) // INDENT)
        self.indents.append(indent)

    def list_items(self, node: Node) -> None:
        for item in node.content:
            self.note(item)
            self.write_head()
            self.indent()
            self.sign("-", after_space=True, is_indent=True)
            self.start(item, in_list=True)
            self.write_line()
            self.write_foot()
            self.content(item, in_list=True)
        self.note_end(node)

    def pairs(self, node: Node) -> None:
        tail = ""
        for key, value in zip(node.content[::2], node.content[1::2], strict=True):
            foot, key.foot = key.foot, ""  # written after the value, as the tail before the next key
            self.key(key, tail)
            self.value(value)
            tail = foot
        self.note_end(node, tail)
        self.write_head()

    def key(self, key: Node, tail: str) -> None:
        self.note(key, tail)
        self.write_head()
        self.indent()
        if self.line:
            self.key_line, self.line = self.line, ""
        is_simple_key = is_simple(key)
        if not is_simple_key:
            self.sign("?", after_space=True, is_indent=True)
        self.start(key, in_list=False, is_key=is_simple_key)
        self.content(key, in_list=False, in_mapping=True)
        if is_simple_key:
            self.sign(":")
        else:
            self.indent()
            self.sign(":", after_space=True, is_indent=True)

    def value(self, value: Node) -> None:
        self.note(value)
        if self.key_line:
            if value.kind == SCALAR:
                if not self.line:
                    self.line, self.key_line = self.key_line, ""
            elif value.kind in (MAPPING, LIST) and not value.style:
                self.line, self.key_line = self.key_line, self.line
                self.write_line()
                self.line, self.key_line = self.key_line, self.line
        self.start(value, in_list=False)
        self.write_line()
        self.write_foot()
        self.content(value, in_list=False, in_mapping=True)

    def flow_list(self, node: Node, in_list: bool) -> None:
        self.sign("[", after_space=True, is_space=True)
        self.deepen(in_list, is_flow=True)
        self.flow += 1
        needs_comma = False
        for item in node.content:
            self.note(item)
            self.before_flow_item(needs_comma)
            needs_comma = self.flow_value(item)
        self.note_end(node)
        self.flow -= 1
        self.indents.pop()
        if self.column == 0:
            self.indent()
        self.close("]")

    def flow_mapping(self, node: Node, in_list: bool) -> None:
        self.sign("{", after_space=True, is_space=True)
        self.deepen(in_list, is_flow=True)
        self.flow += 1
        needs_comma = False
        tail = ""
        for key, value in zip(node.content[::2], node.content[1::2], strict=True):
            foot, key.foot = key.foot, ""
            self.note(key, tail)
            self.before_flow_item(needs_comma)
            is_simple_key = is_simple(key)
            if not is_simple_key:
                self.sign("?", after_space=True)
            self.start(key, in_list=False, is_key=is_simple_key)
            self.content(key, in_list=False, in_mapping=True)
            self.note(value)
            self.sign(":", after_space=not is_simple_key)
            needs_comma = self.flow_value(value)
            tail = foot
        self.note_end(node, tail)
        if (self.head or self.foot or self.tail) and needs_comma:
            self.sign(",")
        self.write_head()
        self.flow -= 1
        self.indents.pop()
        self.close("}")

    def before_flow_item(self, needs_comma: bool) -> None:
        if needs_comma:
            self.sign(",")
        self.write_head()
        if self.column == 0:
            self.indent()

    def flow_value(self, value: Node) -> bool:
        """Write a value in flow style, and return whether its comma is still to be written: before comments, it is
        written here.
        """
        has_comments = bool(self.line or self.foot or self.tail)
        self.start(value, in_list=False)
        if self.line or self.foot or self.tail:
            self.sign(",")
        self.write_line()
        self.write_foot()
        self.content(value, in_list=False, in_mapping=True)
        return not has_comments

    def close(self, sign: str) -> None:
        self.sign(sign)
        self.write_line()
        self.write_foot()


def is_simple(key: Node) -> bool:
    """Return whether a key can be written directly in front of its `:`."""
    if key.kind == ALIAS:
        return len(key.text.encode()) <= MAX_KEY
    if key.content or (key.kind == SCALAR and LINE_BREAKS.search(key.text)):
        return False
    text = key.text if key.kind == SCALAR else ""
    return len((key.anchor + shown_tag(key) + text).encode()) <= MAX_KEY


def shown_tag(node: Node) -> str:
    """Return the tag to print, or "" for none.

    This is a tag from the text, or one without which the scalar would be read as another type.
    """
    if node.is_tagged or node.kind != SCALAR or not node.tag:
        return node.tag if node.is_tagged else ""
    if node.tag == STRING or tag_of(node.text) == node.tag:
        return ""
    return node.tag


def _in_full(tag: str) -> str:
    """Return a tag as it is printed, with its handle. Characters that a tag cannot contain are written as escaped
    bytes.
    """
    handle = "!!" if tag.startswith("!!") else "!" if tag.startswith("!") else ""
    text = _IN_TAG.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), tag[len(handle) :])
    return handle + text if handle else f"!<{text}>"
