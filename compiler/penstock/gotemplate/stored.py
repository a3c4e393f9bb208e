"""Parsed templates as bytes, for caches. A template is decoded when it is first executed, since most templates never
are.

Only nodes can be decoded: bytes from an untrusted source can produce wrong templates, but cannot run code.
"""

from collections.abc import Sequence

try:
    from _pickle import Unpickler, UnpicklingError  # `pickle` without its Python part, which takes 2 ms to import
    from _pickle import dumps as pickled
except ImportError:
    from pickle import Unpickler, UnpicklingError
    from pickle import dumps as pickled

from penstock.gotemplate import nodes
from penstock.gotemplate.nodes import List, Source, Tree
from penstock.typed import Any

CLASSES = {
    name: found for name, found in vars(nodes).items() if isinstance(found, type) and issubclass(found, nodes.Node)
}
"""The classes of which stored templates consist."""


class Unreadable(ValueError):  # noqa: N818  # the name says what the bytes are
    """Bytes that are not stored templates."""


class StoredTree(Tree):
    """A template whose nodes are decoded on first access, which raises `Unreadable` where they cannot be."""

    __slots__ = ("_data", "_is_empty", "_root")

    def __init__(self, name: str, source: Source, is_empty: bool, data: bytes) -> None:
        self.code = {}
        self.name = name
        self.source = source
        self._is_empty = is_empty
        self._data = data
        self._root: List | None = None

    @property
    def root(self) -> List:
        if self._root is None:
            found = _Reader(self._data).read()
            if not isinstance(found, List):
                raise Unreadable("a stored template has no nodes")
            self._root = found
        return self._root

    @root.setter
    def root(self, root: List) -> None:
        self._root = root

    def is_empty(self) -> bool:
        return self._is_empty


class _Bytes:
    """Bytes with the two methods of a file that `Unpickler` needs."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else self._at + size
        found = self._data[self._at : end]
        self._at += len(found)
        return found

    def readline(self) -> bytes:
        end = self._data.find(b"\n", self._at)
        return self.read(-1 if end < 0 else end + 1 - self._at)


class _Reader(Unpickler):
    """Decodes nodes and plain values only."""

    def __init__(self, data: bytes) -> None:
        super().__init__(_Bytes(data))

    def read(self) -> Any:
        try:
            return self.load()
        except (
            UnpicklingError,
            EOFError,
            AttributeError,
            IndexError,
            TypeError,
            ValueError,
            KeyError,
        ) as reason:
            raise Unreadable(f"this is no stored template: {reason}") from None

    def find_class(self, module: str, name: str) -> Any:
        if module != nodes.__name__ or name not in CLASSES:
            raise UnpicklingError(f"{module}.{name} is no node")
        return CLASSES[name]


def dumps(trees: Sequence[Tree]) -> bytes:
    """Return the templates of one text, given by `Environment.parse`, as bytes without the text and its name."""
    own = trees[0].source.name
    stored = [(None if tree.name == own else tree.name, tree.is_empty(), pickled(tree.root, 5)) for tree in trees]
    return pickled(stored, 5)


def loads(data: bytes, source: Source) -> list[Tree]:
    """Return the templates of a text for `Environment.add`. The text may have another name than when they were stored.
    Raises `Unreadable`.
    """
    try:
        read = _Reader(data).read()
        if any(name == source.name for name, *_ in read):
            raise Unreadable("a template is defined by the name of its own text")
        stored = [(source.name if name is None else name, *rest) for name, *rest in read]
        return [StoredTree(name, source, is_empty, root) for name, is_empty, root in stored]
    except (TypeError, ValueError) as reason:
        raise Unreadable(f"these are no stored templates: {reason}") from None
