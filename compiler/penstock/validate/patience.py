"""What the expressions of definitions and policies may cost for all objects of a run.

The API server bounds what they cost for one object. A pull request can bring many policies and many objects, and each
pair of them may cost a second. Costs are CEL's, counted as the API server counts them, so that every machine gives up
at the same object.
"""

from penstock.budget import Bounds, cost
from penstock.typed import Any

PATIENCE = Bounds().cost
"""The cost at which nothing more is evaluated, unless the user says otherwise: about two seconds."""

FREE = 3
"""What each value of each object adds to it. A large public library of 60 policies costs 5,000 for a Deployment of some
250 values, and the rules of public definitions mostly less than 8 for each value. So a run of many objects is evaluated
as a whole if some ten policies apply to each, and takes a time that is linear in its size, whatever the rules are.
"""

GONE = "the expressions of this run have cost too much"
"""Why nothing is evaluated any more."""


def hint_of(why: str, what: str = "it") -> str:
    """Return what helps where expressions are not evaluated for such a reason. `what` stands for them."""
    later = f"the API server will evaluate {what}"
    return f"{later}; to evaluate more here, raise the bound: `--bound cost=NUMBER`" if GONE in why else later


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

    def next_object(self, body: Any) -> None:
        """Go on with another object."""
        if self._free:
            self.left += self._free * cost(body)[0]

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self._of_the_run is not None:
            self._of_the_run.spend(amount)

    @property
    def is_gone(self) -> bool:
        return self.left <= 0

    @property
    def why(self) -> str:
        """Why nothing is evaluated any more."""
        if self._of_the_run is None or self._of_the_run.is_gone:
            return GONE
        return f"they cost more than {self._most:,}"
