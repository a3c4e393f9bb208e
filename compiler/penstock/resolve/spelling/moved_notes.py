"""Where the values are that there are notes about, after a strategic merge patch has moved elements of lists to the
front and written over values.
"""

from collections.abc import Iterable

from penstock.model import Copied, Log, Origin, Pointer, Resource, Taken, Unfit, Untyped
from penstock.typed import Any, TypeVar

_Note = TypeVar("_Note", Untyped, Unfit, Copied)


def move_notes(resource: Resource, before: Log | None) -> None:
    """Let the notes about an object follow its values, which have moved since the write log was `before`.

    A note about a value that was written over is dropped, except for those about the object's identity, which Kustomize
    writes back after a merge.
    """
    spelling = resource.spelling
    if not (spelling.unfit or spelling.untyped or spelling.copied or spelling.copied_whole or spelling.styleless):
        return
    moves = _Moves(resource.log, before)
    resource.spelling = spelling._replace(
        unfit=tuple(moves.of(spelling.unfit)),
        untyped=tuple(moves.of(spelling.untyped)),
        copied=tuple(moves.of(spelling.copied)),
        copied_whole=frozenset((moves.place(at) or at, origin) for at, origin in spelling.copied_whole),
        styleless=frozenset(moves.place(at) or at for at in spelling.styleless),
    )


class _Moves:
    """The entries of a write log since an earlier one, oldest first."""

    def __init__(self, log: Log | None, before: Log | None) -> None:
        entries: list[tuple[Pointer, Any]] = []
        while log is not None and log is not before:
            log, here, source = log
            entries.append((here, source if isinstance(source, Origin | Taken) else _indexes(source)))
        self.entries = entries[::-1]

    def of(self, notes: Iterable[_Note]) -> Iterable[_Note]:
        """Yield the notes that still hold, with the places that they are about now."""
        for note in notes:
            at = note.at if _is_identity(note.at) else self.place(note.at)
            if at is not None:
                yield note if at is note.at else note._replace(at=at)

    def place(self, at: Pointer) -> Pointer | None:
        """Return where the value is now that stood at a place; None where it was written over, or is gone."""
        for here, source in self.entries:
            depth = len(here)
            if at[:depth] != here:
                continue
            if not isinstance(source, dict):
                return None
            if depth == len(at):
                continue
            if at[depth] not in source:
                return None
            at = (*here, source[at[depth]], *at[depth + 1 :])
        return at


def _indexes(source: Any) -> dict[int, int]:
    """Return the new index of each element of a list, by the index that it had."""
    return {element: index for index, element in enumerate(source) if element.__class__ is int}


def _is_identity(at: Pointer) -> bool:
    return len(at) == 1 or at in (("metadata", "name"), ("metadata", "namespace"))
