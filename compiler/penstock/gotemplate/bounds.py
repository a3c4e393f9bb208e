"""What templates may cost. Steps and sizes are counted and not seconds: every machine takes and refuses the same."""

from penstock.gotemplate.failures import Exceeded
from penstock.records import NamedTuple


class Bounds(NamedTuple):
    """The most that all executions of one `Environment` may take together, but for `depth`."""

    steps: int = 3_000_000
    """Parts of templates that are executed in loops and calls, and values that functions look at: some seconds."""
    text: int = 128 * 1024 * 1024
    """Characters of the longer texts that functions make, and of what is written."""
    depth: int = 1_100
    """Templates inside one another."""


class Meter:
    """Counts what has been spent. Its methods raise `Exceeded`."""

    __slots__ = ("bounds", "steps", "text")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.steps = bounds.steps
        self.text = bounds.text

    def spend(self, steps: int) -> None:
        """Steps that are about to be made."""
        self.steps -= steps
        if self.steps < 0:
            raise Exceeded(f"this goes beyond the bound of {self.bounds.steps:,} steps")

    def write(self, characters: int) -> None:
        """Text that is about to be made."""
        self.text -= characters
        if self.text < 0:
            raise Exceeded(f"this goes beyond the bound of {self.bounds.text:,} characters of text")
