"""What the validator and the rules yield: a finding that does not know yet which object it is in."""

from penstock.model import Pointer
from penstock.records import NamedTuple

Notes = tuple[tuple[Pointer, str], ...]
"""Where the other half of a finding is, in the same body."""


class Fault(NamedTuple):
    """What is wrong at `at` of a body. The message does not repeat the path."""

    code: str
    at: Pointer
    message: str
    hint: str = ""
    notes: Notes = ()


class Problem(NamedTuple):
    """What a rule found at `at` of a body; the code is the rule's."""

    at: Pointer
    message: str
    hint: str = ""
    notes: Notes = ()
