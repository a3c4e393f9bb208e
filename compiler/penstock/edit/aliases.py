"""YAML aliases are replaced by what they stand for, if a change must not show in two places."""

from collections.abc import Iterator

from penstock.edit.layout import Layout, Node, read_layout
from penstock.edit.splice import Splice, Tangled, spliced
from penstock.edit.write import scalar

MAX_ANCHORS = 20
"""As many anchors are tried one by one."""

MAX_DEPTH = 50
"""Levels of a value that is written out on one line."""


def without_aliases(text: str) -> Iterator[str]:
    """Yield the text with the aliases of one anchor replaced by what they stand for, and then with all aliases
    replaced.
    """
    layout = read_layout(text)
    aliases = list(_aliases(layout.root))
    names = list(layout.anchors)
    for wanted in (*([name] for name in names[:MAX_ANCHORS]), names):
        chosen = [node for node in aliases if node.text in wanted]
        yield spliced(text, [Splice(node.start, node.end, _aliased(node, layout)) for node in chosen])


def _aliases(node: Node | None) -> Iterator[Node]:
    if node is None:
        return
    if node.kind == "alias":
        yield node
    for part in node.parts:
        if part.key is not None:
            yield from _aliases(part.key)
        yield from _aliases(part.value)


def _aliased(node: Node, layout: Layout, depth: int = 0) -> str:
    if depth > MAX_DEPTH:
        raise Tangled
    if node.kind == "alias":
        return _aliased(layout.anchors[node.text], layout, depth + 1)
    if node.kind == "scalar":
        plain = node.style is None or node.style == ""
        return node.text if plain and not set(node.text) & set(",[]{}#:\n") else scalar(node.text, '"')
    values = [_aliased(part.value, layout, depth + 1) for part in node.parts]
    if node.kind == "sequence":
        return "[" + ", ".join(values) + "]"
    keys = [_aliased(part.key, layout, depth + 1) if part.key else "" for part in node.parts]
    return "{" + ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=True)) + "}"
