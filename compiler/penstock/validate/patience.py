"""What the expressions of definitions and policies may cost for all objects of a run.

The API server bounds what they cost for one object. A pull request can bring many policies and many objects, and each
pair of them may cost a second. Costs are CEL's, counted as the API server counts them, so that every machine gives up
at the same object.
"""

PATIENCE = 3_000_000
"""The cost at which nothing more is evaluated: three or four seconds."""

FREE = 2_000
"""What each object adds to it. Rules and policies that people write cost less than a hundred for an object."""


class Patience:
    """The cost that the evaluations of a run may still have."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = PATIENCE

    def next_object(self) -> None:
        """Go on with another object."""
        self.left = min(self.left + FREE, PATIENCE)

    def spend(self, cost: int) -> None:
        self.left -= cost

    @property
    def is_gone(self) -> bool:
        return self.left <= 0


GONE = "the expressions have cost too much for the objects before this one"
"""Why nothing is evaluated any more."""
