"""The processor time that the evaluations of a run may take together.

A pull request can bring one file that takes seconds, and a hundred environments that use it. Repositories that have
many environments have the libraries for them, too, so the time grows with what was read.
"""

from collections.abc import Mapping

BYTES_OF_A_SECOND = 32 * 1024
"""For each so many bytes of Jsonnet that the run has read, it may take one second more."""


class Seconds:
    """The time that a run has taken so far, and the files that it has read for that."""

    def __init__(self) -> None:
        self._taken = 0.0
        self._sizes: dict[str, int] = {}

    def spend(self, seconds: float, read: Mapping[str, bytes]) -> None:
        """Count an evaluation with the files that it has imported. A file counts once."""
        self._taken += seconds
        self._sizes |= {path: len(content) for path, content in read.items()}

    def are_gone(self, most: int) -> bool:
        """Return whether no further file is evaluated, where a run that reads nothing may take so many seconds."""
        return self._taken > most + sum(self._sizes.values()) / BYTES_OF_A_SECOND
