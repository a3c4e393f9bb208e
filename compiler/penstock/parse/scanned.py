"""The content of files that discovery has looked into, until the compile asks for it. To read each file twice takes
longer than to look at it.
"""

from penstock.sources import Files

ROOM = 16 * 1024 * 1024
"""Bytes of all files that are kept together: those of most repositories. What finds no room is read again."""


class Scanned:
    """The content of files by path."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._room = ROOM

    def look(self, files: Files, path: str) -> bytes:
        """Return the content of a file, which is empty if there is no such file, and keep it if there is room."""
        known = self._contents.get(path)
        return known if known is not None else self._keep(path, files.read(path) or b"")

    def _keep(self, path: str, content: bytes) -> bytes:
        if len(content) <= self._room:
            self._room -= len(content)
            self._contents[path] = content
        return content

    def read(self, files: Files, path: str) -> bytes | None:
        """Return the content of a file, or None if there is no such file, and keep it no longer."""
        content = self._contents.pop(path, b"")
        self._room += len(content)
        return content or files.read(path)
