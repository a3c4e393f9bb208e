"""A YAML text with changed values, as Kustomize prints it: from its nodes, without its empty lines."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from penstock.model import Document, Embedded, Pointer, Step
from penstock.parse.reprint.nodes import LIST, MAPPING, SCALAR, Node, node_of, tags_fit, tree_of
from penstock.parse.reprint.printer import printed
from penstock.parse.reprint.reading import Written, read
from penstock.scalar import as_plain_key, can_be_plain_key
from penstock.tree import MISSING, get
from penstock.unsettled import read_again

Change = Callable[[str | None], Any]
"""Gives the new value for the text of a scalar, or for None, which stands for a container."""


def reprinted(
    written: Written, tree: Any, places: Iterable[Pointer], change: Change, source: Callable[[], Node | None]
) -> str | None:
    """Return the text of a document with a change at each place, or None if a place leads through an alias.

    Nodes that are missing on the way are taken from `tree`. A value that replaces a container is written as `source`
    has it, if the values are equal. The nodes of the document are changed.
    """
    for at in places:
        node = _found(written.root, tree, at)
        if node is None:
            return None
        if node.kind == SCALAR:
            node.text = change(node.text)
        else:
            _replace(node, _as_in(source(), change(None)))
    return printed(written).strip()


def _found(node: Node, tree: Any, at: Pointer) -> Node | None:
    """Return the node at a place, or None if the way leads through a scalar or alias. Missing nodes on the way are
    created.
    """
    for depth, step in enumerate(at):
        if node.kind not in (MAPPING, LIST):
            return None
        child = _child(node, step)
        if child is None:
            child = _added(node, step, get(tree, at[:depth]))
        node = child
    return node


def _added(node: Node, step: Step, tree: Any) -> Node:
    """Add what a container lacks up to a step, which `tree` has, and return the last value that is added."""
    if node.kind == MAPPING:
        node.content += [Node(SCALAR, str(step)), _made(tree[step])]
    else:
        node.content += [_made(item) for item in tree[len(node.content) :]]
    return node.content[-1]


def _pairs(node: Node) -> Iterable[tuple[Node, Node]]:
    return zip(node.content[::2], node.content[1::2], strict=True)


def _made(tree: Any) -> Node:
    """Return the node for a part of a path that is new: a scalar, which may not have a text yet, or the containers
    around it.
    """
    if isinstance(tree, dict | list):
        return node_of(_without_missing(tree), string="")
    return Node(SCALAR, "" if tree is MISSING else tree)


def _without_missing(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_missing(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_without_missing(item) for item in tree]
    return "" if tree is MISSING else tree


def _as_in(source: Node | None, value: Any) -> Node:
    return deepcopy(source) if source is not None and tree_of(source) == value else node_of(value)


def _replace(node: Node, new: Node) -> None:
    for name in Node.__slots__:
        setattr(node, name, getattr(new, name))


def node_in(data: bytes, first_line: int, at: Pointer) -> Node | None:
    """Return the node at a place in the document that starts on a line, or None where there is none.

    A step into a string continues in the document inside the string.
    """
    written = read(b"".join(data.splitlines(keepends=True)[first_line:]).decode(errors="replace"))
    node = written.root if written is not None else None
    for index, step in enumerate(at):
        if node is None:
            return None
        if isinstance(step, Embedded):
            return node_in(node.text.encode(), step.doc, at[index + 1 :])
        node = _child(node, step)
    return node


def _child(node: Node, step: Step) -> Node | None:
    if node.kind == MAPPING:
        return next((value for key, value in _pairs(node) if key.text == step), None)
    if node.kind == LIST and isinstance(step, int) and step < len(node.content):
        return node.content[step]
    return None


def for_json(text: str, document: Document) -> Any:
    """Return the tree that Go converts to JSON for a document that was read from `text`.

    The result is MISSING if Go refuses a tag or a key.
    """
    written = read(text)
    if written is None or not tags_fit(written.root):
        return MISSING
    if not all(can_be_plain_key(str(at[-1])) for at in document.plain_keys):
        return MISSING
    body, unread = read_again(document.body, document.at) if document.is_unsettled else (document.body, [])
    if unread:
        return MISSING
    return _with_text_keys(body, document.plain_keys, ()) if document.plain_keys else body


def _with_text_keys(tree: Any, plain_keys: frozenset[Pointer], at: Pointer) -> Any:
    if isinstance(tree, list):
        return [_with_text_keys(item, plain_keys, (*at, index)) for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    return {
        as_plain_key(key) if (*at, key) in plain_keys else key: _with_text_keys(value, plain_keys, (*at, key))
        for key, value in tree.items()
    }
