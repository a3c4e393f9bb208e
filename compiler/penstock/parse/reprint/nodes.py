"""Nodes of a YAML text that know how they are written, as go-yaml keeps them: style, tag, anchor and comments."""

from typing import Any

from penstock.scalar import UNFIT, is_timestamp, resource_scalar, resource_tagged

SCALAR, MAPPING, LIST, ALIAS = "scalar", "mapping", "list", "alias"

STRING = "!!str"
PREFIX = "tag:yaml.org,2002:"

_TYPES = frozenset(("!!null", "!!bool", "!!int", "!!float", "!!timestamp"))


class Node:
    """A value or key. Of a mapping, `content` is key, value, key, value."""

    __slots__ = ("anchor", "content", "foot", "head", "is_tagged", "kind", "line", "style", "tag", "text")

    def __init__(self, kind: str, text: str = "", tag: str = "", style: str = "") -> None:
        self.kind = kind
        self.text = text
        self.tag = tag
        """In short form, such as `!!int`; empty for what is new, which is written without one."""
        self.is_tagged = False
        """Whether the tag stands in the text."""
        self.style = style
        """The sign that a scalar starts with, `'`, `"`, `|` or `>`; `{` for a container in braces or brackets."""
        self.anchor = ""
        self.content: list[Node] = []
        self.head = self.line = self.foot = ""


def tag_of(text: str) -> str:
    """What go-yaml takes a scalar without quotes for."""
    value = resource_scalar(text)
    if value is None:
        return "!!null"
    if isinstance(value, str):
        return "!!timestamp" if is_timestamp(text) else STRING
    return {bool: "!!bool", int: "!!int", float: "!!float"}[type(value)]


def scalar_node(text: str, style: str) -> Node:
    """`<<` has a tag of its own, which is then written before it."""
    tag = "!!merge" if text == "<<" and not style else STRING if style else tag_of(text)
    return Node(SCALAR, text, tag, style)


def tree_of(node: Node, nothing: Any = None) -> Any:
    """What a node means, `nothing` for a null without a text. An alias means its text: for Kustomize it holds nothing,
    and is no string either.
    """
    if node.kind == ALIAS:
        return f"*{node.text}"
    if node.kind == MAPPING:
        pairs = zip(node.content[::2], node.content[1::2], strict=True)
        return {key.text: tree_of(value, nothing) for key, value in pairs}
    if node.kind == LIST:
        return [tree_of(item, nothing) for item in node.content]
    if node.is_tagged and node.tag.startswith("!!"):
        value = resource_tagged(PREFIX + node.tag[2:], node.text)
        return resource_scalar(node.text) if value is UNFIT else value
    if node.style:
        return node.text
    return resource_scalar(node.text) if node.text else nothing


def node_of(tree: Any, string: str = STRING) -> Node:
    """A tree from elsewhere, in blocks. Its strings have the tag given, which says whether one that would be something
    else without quotes gets them.
    """
    if isinstance(tree, dict):
        node = Node(MAPPING, tag="!!map")
        for key, value in tree.items():
            node.content += [Node(SCALAR, key, string), node_of(value, string)]
        return node
    if isinstance(tree, list):
        node = Node(LIST, tag="!!seq")
        node.content = [node_of(item, string) for item in tree]
        return node
    if isinstance(tree, str):
        return Node(SCALAR, tree, string)
    text = "null" if tree is None else str(tree).lower() if isinstance(tree, bool) else str(tree)
    return Node(SCALAR, text, tag_of(text))


def tags_fit(root: Node) -> bool:
    """Whether every scalar is what the tag says that stands before it; go-yaml refuses a text where one is not."""
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.content
        if node.kind == SCALAR and node.is_tagged and node.tag in _TYPES and not _fits(node):
            return False
    return True


def _fits(node: Node) -> bool:
    tag = tag_of(node.text)
    if node.tag == "!!float" and tag == "!!int":
        return isinstance(number := resource_scalar(node.text), int) and number < 2**63
    return tag == node.tag
