"""The post-renderer of `helm template`: the output of templates as one stream for a program, and back.

Helm 4 reads each document, notes its template in an annotation, and prints it anew with its comments. The output of the
program is assigned to templates by that annotation, and sorted again. (helm v4.3.1, pkg/action, `annotateAndMerge` and
`splitAndDeannotate`.)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.charts.chart import Refused
from penstock.charts.manifests import split
from penstock.model import Pos
from penstock.parse.reprint.nodes import LIST, MAPPING, SCALAR, STRING, Node, tree_of
from penstock.parse.reprint.printer import printed
from penstock.parse.reprint.reading import Written, read

PostRender = Callable[[str], str]
"""From a stream of manifests to what shall take its place."""

TEMPLATE = "postrenderer.helm.sh/postrender-filename"
LISTS = ("List", "ResourceList")


def post_rendered(files: Mapping[str, str], run: PostRender) -> dict[str, str]:
    """Return what a program makes of the files that templates have printed. Raises `Refused` if it prints no YAML."""
    return _parted(run(_merged(files)))


def _merged(files: Mapping[str, str]) -> str:
    found: list[str] = []
    for name in sorted(files):
        if name.rpartition("/")[2].startswith("_") or not files[name].strip():
            continue
        for line, text in split(files[name]):
            for document in _documents(text, Pos(name, line + 1)):
                _annotations(document.root, Pos(name, line + 1)).content += [
                    Node(SCALAR, TEMPLATE, STRING),
                    Node(SCALAR, name, STRING),
                ]
                found.append(printed(document))
    return "---\n".join(found)


def _parted(stream: str) -> dict[str, str]:
    where = Pos("(post-renderer)")
    found: dict[str, list[str]] = {}
    documents = [document for line, text in split(stream) for document in _documents(text, where._replace(line=line))]
    for number, document in enumerate(documents):
        name = _without_mark(document.root) or f"generated-by-postrender-{number}.yaml"
        found.setdefault(name, []).append(printed(document))
    return {name: "---\n".join(each) for name, each in found.items()}


def _without_mark(root: Node) -> str:
    """Take the annotation with the template out of an object, and whatever is empty then. Return the template, or the
    empty string where there is none.
    """
    metadata = _value(root, "metadata")
    annotations = _value(metadata, "annotations")
    name = _taken(annotations, TEMPLATE)
    if annotations is not None and not annotations.content:
        _taken(metadata, "annotations")
    if metadata is not None and not metadata.content:
        _taken(root, "metadata")
    return name


def _says_nothing(text: str) -> bool:
    return all(line.lstrip().startswith("#") or not line.strip() for line in text.splitlines())


def _documents(text: str, where: Pos) -> Iterator[Written]:
    """Yield the objects of one document. A list stands for its items."""
    if _says_nothing(text):
        return
    document = read(text)
    if document is None:
        raise Refused("PS712", f"YAML parse error on {where.path}: this cannot be read", where)
    root = document.root
    if root.kind == SCALAR and not root.text:
        return
    if root.kind != MAPPING:
        raise Refused("PS712", f"{where.path} holds no object, so it cannot be post-rendered", where)
    items = _value(root, "items")
    if tree_of(root).get("kind") in LISTS and items is not None and items.kind == LIST:
        yield from (Written(item, "", "") for item in items.content)
    else:
        yield document


def _annotations(root: Node, where: Pos) -> Node:
    """Return the annotations of an object. They are made if it has none."""
    node = root
    for name in ("metadata", "annotations"):
        found = _value(node, name)
        if found is None:
            found = Node(MAPPING, tag="!!map")
            node.content += [Node(SCALAR, name, STRING), found]
        elif found.kind == SCALAR and tree_of(found) is None:
            found.kind, found.text, found.tag, found.style = MAPPING, "", "!!map", ""
        elif found.kind != MAPPING:
            raise Refused("PS712", f"{where.path}: {name} must be a mapping", where)
        node = found
    return node


def _value(node: Node | None, name: str) -> Node | None:
    if node is None or node.kind != MAPPING:
        return None
    pairs: Any = zip(node.content[::2], node.content[1::2], strict=True)
    return next((value for key, value in pairs if key.text == name), None)


def _taken(node: Node | None, name: str) -> str:
    """Take a field out of a mapping and return its text, which is empty if the field was not there."""
    value = _value(node, name)
    if node is None or value is None:
        return ""
    at = next(index for index in range(1, len(node.content), 2) if node.content[index] is value)
    del node.content[at - 1 : at + 1]
    return value.text
