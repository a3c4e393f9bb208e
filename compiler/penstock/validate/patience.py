"""What the expressions of definitions and policies may cost for all objects of a run.

The API server bounds what they cost for one object. A pull request can bring many policies and many objects, and each
pair of them may cost a second. Costs are CEL's, counted as the API server counts them, so that every machine gives up
at the same object.
"""

PATIENCE = 3_000_000
"""The cost at which nothing more is evaluated: three or four seconds."""

FREE = 2_000
"""What each object adds to it. Rules and policies that people write cost less than a hundred for an object."""

GONE = "the expressions of this run have cost too much"
"""Why nothing is evaluated any more."""


class Patience:
    """The cost that evaluations may still have: those of a run, or of a part of it that has a bound of its own."""

    __slots__ = ("_free", "_most", "_of_the_run", "left")

    def __init__(self, most: int = PATIENCE, free: int = FREE) -> None:
        self._most = most
        self._free = free
        self._of_the_run: Patience | None = None
        self.left = most

    def part(self, most: int) -> "Patience":
        """Return the patience for one thing among many, which may cost so much, and no more than is left here."""
        part = Patience(min(most, max(self.left, 0)), 0)
        part._of_the_run = self
        return part

    def next_object(self) -> None:
        """Go on with another object."""
        self.left = min(self.left + self._free, self._most)

    def spend(self, cost: int) -> None:
        self.left -= cost
        if self._of_the_run is not None:
            self._of_the_run.spend(cost)

    @property
    def is_gone(self) -> bool:
        return self.left <= 0

    @property
    def why(self) -> str:
        """Why nothing is evaluated any more."""
        if self._of_the_run is None or self._of_the_run.is_gone:
            return GONE
        return f"they cost more than {self._most:,}"
