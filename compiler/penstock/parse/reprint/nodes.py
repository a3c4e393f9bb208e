"""Nodes of a YAML text that keep how they are written, as go-yaml's do: style, tag, anchor and comments."""

from typing import Any

from penstock.scalar import NO_TAG, NULL_TAG, UNFIT, Tagged, is_timestamp, resource_scalar, resource_tagged

SCALAR, MAPPING, LIST, ALIAS = "scalar", "mapping", "list", "alias"

STRING = "!!str"
NULL = "!!null"
PREFIX = "tag:yaml.org,2002:"

_TYPES = frozenset((NULL, "!!bool", "!!int", "!!float", "!!timestamp"))


class Node:
    """A value or key. The `content` of a mapping alternates keys and values."""

    __slots__ = ("anchor", "content", "foot", "head", "is_tagged", "kind", "line", "style", "tag", "text")

    def __init__(self, kind: str, text: str = "", tag: str = "", style: str = "") -> None:
        self.kind = kind
        self.text = text
        self.tag = tag
        """The tag in short form, such as `!!int`; empty for new nodes, which are printed without one."""
        self.is_tagged = False
        """Whether the tag stands in the text."""
        self.style = style
        """The indicator that starts a scalar, `'`, `"`, `|` or `>`; `{` for a container in braces or brackets."""
        self.anchor = ""
        self.content: list[Node] = []
        self.head = self.line = self.foot = ""


def tag_of(text: str) -> str:
    """Return the tag that go-yaml gives to an unquoted scalar."""
    value = resource_scalar(text)
    if value is None:
        return NULL
    if isinstance(value, str):
        return "!!timestamp" if is_timestamp(text) else STRING
    return {bool: "!!bool", int: "!!int", float: "!!float"}[type(value)]


def scalar_node(text: str, style: str) -> Node:
    """Return the node of a scalar. An unquoted `<<` has a tag of its own, which is printed before it."""
    tag = "!!merge" if text == "<<" and not style else STRING if style else tag_of(text)
    return Node(SCALAR, text, tag, style)


def tree_of(node: Node, nothing: Any = None) -> Any:
    """Return the value of a node, with `nothing` for a null without a text.

    An alias becomes its text: Kustomize treats it as having no content, and not as a string.
    """
    if node.kind == ALIAS:
        return f"*{node.text}"
    if node.kind in (MAPPING, LIST):
        tree = _container_of(node, nothing)
        return Tagged("", NULL_TAG, is_plain=False, content=tree) if node.is_tagged and node.tag == NULL else tree
    return _scalar_of(node, nothing)


def _container_of(node: Node, nothing: Any) -> Any:
    if node.kind == LIST:
        return [tree_of(item, nothing) for item in node.content]
    pairs = zip(node.content[::2], node.content[1::2], strict=True)
    return {key.text: tree_of(value, nothing) for key, value in pairs}


def _scalar_of(node: Node, nothing: Any) -> Any:
    # A tag counts only where the text fits it; otherwise the text is read as if it had none.
    if node.is_tagged and node.tag == NULL:
        return _tagged_null(node.text, node.style, nothing)
    if node.is_tagged and node.tag.startswith("!!"):
        value = resource_tagged(PREFIX + node.tag[2:], node.text)
        return resource_scalar(node.text) if value is UNFIT else value
    # With a tag of its own a scalar is no null, whatever its text.
    if node.style or node.is_tagged:
        return node.text
    return resource_scalar(node.text) if node.text else nothing


def _tagged_null(text: str, style: str, nothing: Any) -> Any:
    """Return the value of a scalar with the tag `!!null`: what is looked for below it is looked for in its text."""
    if not text:
        return nothing
    return None if resource_scalar(text) is None else Tagged(text, NULL_TAG, is_plain=not style)


def node_of(tree: Any, string: str = STRING) -> Node:
    """Return a tree from elsewhere as nodes in block style.

    Its strings get the tag `string`, which decides whether a string that needs quotes to remain one gets them.
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
        has_no_tag = tree.__class__ is Tagged and tree.tag == NO_TAG
        return Node(SCALAR, str(tree), "" if has_no_tag else string)
    text = "null" if tree is None else str(tree).lower() if isinstance(tree, bool) else str(tree)
    return Node(SCALAR, text, tag_of(text))


def tags_fit(root: Node) -> bool:
    """Return whether every scalar fits the tag before it; go-yaml refuses a text in which one does not."""
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
