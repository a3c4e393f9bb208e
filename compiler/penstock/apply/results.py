"""What a sync has done so far."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from penstock.model import ResourceId, Tree

COUNTED = ("created", "updated", "unchanged", "pruned")


class Results:
    """The objects that a sync has applied (`live`) or failed to apply, and what else it has done.

    `done` has the hooks that have run, with the digests of their contents; `gone` has what was pruned.
    """

    def __init__(self, failed: Iterable[ResourceId]) -> None:
        self.started = datetime.now(UTC)
        self.live: dict[ResourceId, Tree] = {}
        self.failed = set(failed)
        self.counts: Counter[str] = Counter()
        self.done: dict[ResourceId, str] = {}
        self.gone: set[ResourceId] = set()
        self.is_healthy = False

    def did(self) -> str:
        """Return the numbers of objects in words, such as `1 created, 0 updated, 5 unchanged, 0 pruned`."""
        return ", ".join(f"{self.counts[word]} {word}" for word in COUNTED)
