"""The limits on what templates may cost. Steps and sizes are counted rather than seconds, so every machine accepts and
refuses the same templates.
"""

from collections.abc import Collection

from penstock.gotemplate.failures import Exceeded
from penstock.records import NamedTuple


class Bounds(NamedTuple):
    """The limits of one `Environment`. All but `depth` apply to its executions together."""

    steps: int = 3_000_000
    """Parts of templates executed in loops and calls, and values that functions look at. The default takes some
    seconds.
    """
    text: int = 64 * 1024 * 1024
    """Characters of the output, and of the longer texts that functions return (`size_of`)."""
    depth: int = 1_100
    """How deeply templates may call one another."""


WIDE = 4
"""What a character counts in a text that is not ASCII: as many bytes as it may take in memory."""


def size_of(text: str) -> int:
    """Return what a text counts."""
    return len(text) if text.isascii() else WIDE * len(text)


MARKS = ("\n", ":", ",", "[", "{", "- ", "!", "*")
"""Signs with which YAML begins values, and those of tags and aliases, which take as long as a value."""

STEPS_OF_A_MARK = 4
"""The steps that parsing a value of YAML costs."""


class Meter:
    """Counts what has been spent. Its methods raise `Exceeded` where a bound is crossed."""

    __slots__ = ("bounds", "steps", "text")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.steps = bounds.steps
        self.text = bounds.text

    def spend(self, steps: int) -> None:
        """Count steps that are about to be made."""
        self.steps -= steps
        if self.steps < 0:
            raise Exceeded(f"this goes beyond the bound of {self.bounds.steps:,} steps")

    def sort(self, texts: Collection[str]) -> None:
        """Count texts that are about to be sorted: long ones with the same beginning take long to compare."""
        self.spend(len(texts) + sum(map(len, texts)) // 64)

    def parse_yaml(self, text: str) -> None:
        """Count a text that is about to be parsed as YAML: it takes time by its values, and little by its length."""
        marks = sum(map(text.count, MARKS)) + text.count(",")  # which may end a key and a value without a sign
        self.spend(STEPS_OF_A_MARK * marks + len(text) // 8)

    def foresee(self, characters: int) -> None:
        """Refuse text that is about to get longer than what may still be produced; who counts it comes later."""
        if characters > self.text:
            raise Exceeded(f"this goes beyond the bound of {self.bounds.text:,} characters of text")

    def write(self, characters: int) -> None:
        """Count text that is about to be produced."""
        self.text -= characters
        if self.text < 0:
            raise Exceeded(f"this goes beyond the bound of {self.bounds.text:,} characters of text")
