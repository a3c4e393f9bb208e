"""The bound on what the large files of a run hold together. Files that people write are far smaller, and there may be
any number of those.
"""

from collections.abc import Iterable, Mapping

from penstock.budget import Bounds
from penstock.model import Diagnostic, Document, Pos

LARGE = 50_000
"""The keys and values from which a file is large: those beyond them count."""

_BEFORE_VALUES = (b"\n", b",", b"[", b"{", b":")
"""Nearly all values stand behind one of these."""


WEIGHT_OF_SETTINGS = 4
"""A kustomization file counts so many times: each of its fields is checked, with its place. People write small ones."""


class LargeFiles:
    """Counts the keys and values of large files. `most` is the bound on them."""

    def __init__(self) -> None:
        self.most = Bounds().files
        self._held = 0
        self.counted: dict[str, int] = {}
        """What each large file counts; some are read twice."""

    def take_over(self, counted: Mapping[str, int]) -> None:
        """Count what others have read as well."""
        self.counted = {**counted, **self.counted}
        self._held = sum(self.counted.values())

    @property
    def is_over(self) -> bool:
        """Whether the large files together hold too much."""
        return self._held > self.most

    def refused_unread(self, data: bytes, path: str) -> Diagnostic | None:
        """Return a finding about a large file where those before it hold too much already."""
        is_refused = self.is_over and _guessed(data) > LARGE
        return self._finding(path) if is_refused else None

    def refused(self, documents: Iterable[Document], path: str, data: bytes, weight: int) -> Diagnostic | None:
        """Count what a file holds, and return a finding where that is too much with the files before it.

        A broken file has taken as long as others of its length.
        """
        # What is wrong with a broken file is said of the file, unless others before it hold too much.
        held = sum(document.size for document in documents) or min(_guessed(data), self.most // weight)
        beyond = held * weight - LARGE
        if beyond <= 0:
            return None
        if path not in self.counted:
            self.counted[path] = beyond
            self._held += beyond
        return self._finding(path) if self.is_over else None

    def _finding(self, path: str) -> Diagnostic:
        message = f"large files of this run hold more than {self.most:,} keys and values with this one"
        hint = f"where this is meant, raise the bound with `--bound files=NUMBER`; a file of {LARGE:,} does not count"
        return Diagnostic("PS180", "error", message, Pos(path), hint=hint)


def _guessed(data: bytes) -> int:
    """Return about how many keys and values a large text has, without parsing it; 0 for a small one."""
    return sum(map(data.count, _BEFORE_VALUES)) if len(data) > LARGE else 0
