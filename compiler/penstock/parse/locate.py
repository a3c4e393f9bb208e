"""From an Origin to line and column: one document is composed again, only when a message is about to be printed."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Embedded, Files, Origin, Pos, Step, Unreadable
from penstock.parse.go_spelling import read_as_go
from penstock.parse.libyaml import CParser, MappingNode, Node, ScalarNode, SequenceNode, YAMLError
from penstock.parse.merging import MERGE_TAG
from penstock.scalar import as_plain_key, config_key


def locate(files: Files, where: Origin | Pos) -> Pos:
    """Where an Origin is written. A step that is not there (a default, a deleted key) stops at its nearest ancestor."""
    if isinstance(where, Pos):
        return where
    try:
        data = files.read(where.path)
    except Unreadable:
        data = None
    if data is None:
        return Pos(where.path)
    if not where.at:
        return Pos(where.path, where.doc + 1, 1)
    line, column = _walk(data, where.doc, where.at)
    return Pos(where.path, line + 1, column + 1)


def first_position(data: bytes, line: int, at: tuple[Step, ...]) -> tuple[int, int]:
    """Line and column (from 0) of a key in the document that starts on a line: of the first, where it stands twice."""
    node = compose(_from_line(data, line))
    for step in at[:-1]:
        found = child_of(node, step)
        node = found[0] if found else None
    keys = [name for name, _ in node.value] if isinstance(node, MappingNode) else []
    mark = next((name.start_mark for name in keys if name.value == at[-1]), None)
    return (line + mark.line, mark.column) if mark is not None else (line, 0)


def node_at(data: bytes, first_line: int, at: tuple[Step, ...]) -> Node | None:
    """What stands at a place of the document that starts on a line; None where nothing does. A step into a string
    goes on with the document inside.
    """
    node = compose(_from_line(data, first_line))
    for index, step in enumerate(at):
        if isinstance(step, Embedded):
            inner = node.value.encode() if isinstance(node, ScalarNode) else b""
            return node_at(inner, step.doc, at[index + 1 :])
        found = child_of(node, step)
        if found is None:
            return None
        node = found[0]
    return node


def _walk(data: bytes, first_line: int, at: tuple[Step, ...]) -> tuple[int, int]:
    text = _from_line(data, first_line)
    node = compose(text)
    line, column = first_line, 0
    for index, step in enumerate(at):
        if isinstance(step, Embedded):
            inner = _inside(text, node, at[index + 1 :], step.doc)
            return (first_line + inner[0], inner[1]) if inner else (line, column)
        found = child_of(node, step)
        if found is None:
            break
        node, mark = found
        line, column = first_line + mark.line, mark.column
    return line, column


def _inside(text: bytes, node: Node | None, at: tuple[Step, ...], doc: int) -> tuple[int, int] | None:
    """Go on inside a string that is YAML. Only in a literal block do its lines stand in the file as they are."""
    if not isinstance(node, ScalarNode) or node.style != "|":
        return None
    line, column = _walk(node.value.encode(), doc, at) if at else (doc, 0)
    top = node.start_mark.line + 1
    return top + line, column + _indent(text, top, node.value)


def _indent(text: bytes, top: int, value: str) -> int:
    """How far a block scalar is indented, told from its first line that has text: libyaml does not say."""
    for written, read in zip(text.split(b"\n")[top:], value.split("\n"), strict=False):
        if read.strip():
            return len(written.decode(errors="replace").rstrip("\r")) - len(read.rstrip("\r"))
    return 0


def _from_line(data: bytes, line: int) -> bytes:
    start = 0
    for _ in range(line):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return b""
    return data[start:]


class _Composer(CParser):
    """Nodes with marks and nothing else: no tag is resolved."""

    def __init__(self, data: bytes) -> None:
        CParser.__init__(self, data)

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        return ""

    def descend_resolver(self, parent: Any, index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def compose(data: bytes) -> Node | None:
    """The first document as nodes with marks; None where it is not YAML."""
    try:
        return read_as_go(_first_node, data)
    except (YAMLError, RecursionError):
        return None


def _first_node(data: bytes) -> Node | None:
    parser = _Composer(data)
    return parser.get_node() if parser.check_node() else None


def child_of(node: Node | None, step: Step) -> tuple[Node, Any] | None:
    """One step down: the node there, and the mark to point at (that of the key)."""
    if isinstance(node, MappingNode):
        return _value(node, str(step))
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark
    return None


def _value(node: MappingNode, key: str) -> tuple[Node, Any] | None:
    """The value of a key and the mark of the key; the last one where it stands twice, as in Kustomize."""
    found = None
    for name, value in node.value:
        if name.value == key and not (key == "<<" and is_merge_key(name)):
            found = value, name.start_mark
    if found is None:  # `010` without quotes is 8
        plain = ((name, value) for name, value in node.value if getattr(name, "style", None) == "")
        found = next(((v, n.start_mark) for n, v in plain if key in (config_key(n.value), as_plain_key(n.value))), None)
    if found is None:
        for merged in merged_nodes(node):
            if (found := _value(merged, key)) is not None:
                break
    return found


def is_merge_key(name: Node) -> bool:
    """Whether a key merges what stands behind it."""
    if not isinstance(name, ScalarNode):
        return False
    return name.tag == MERGE_TAG or (name.value == "<<" and not name.style and name.tag in ("", "!"))


def merged_nodes(node: MappingNode) -> Iterator[MappingNode]:
    """The mappings that a mapping merges, the first to win first; not itself."""
    for name, value in node.value:
        if is_merge_key(name):
            merged = value.value if isinstance(value, SequenceNode) else [value]
            yield from (each for each in merged if isinstance(each, MappingNode) and each is not node)


def values_of(node: MappingNode) -> dict[str, Node]:
    """The values of a mapping by key, with what it merges."""
    values = {
        n.value: v for n, v in node.value if isinstance(n, ScalarNode) and not (n.value == "<<" and is_merge_key(n))
    }
    for merged in merged_nodes(node):
        values = {**values_of(merged), **values}
    return values
