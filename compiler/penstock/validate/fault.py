"""The findings of the schema check and of the rules, before they are assigned to an object."""

from penstock.model import Pointer
from penstock.records import NamedTuple

Notes = tuple[tuple[Pointer, str], ...]
"""Further paths in the same body that belong to a finding, each with a text."""


class Fault(NamedTuple):
    """A finding at the path `at` of a body. The message does not repeat the path."""

    code: str
    at: Pointer
    message: str
    hint: str = ""
    notes: Notes = ()


class Problem(NamedTuple):
    """A finding of a rule at the path `at` of a body. Its code is that of the rule."""

    at: Pointer
    message: str
    hint: str = ""
    notes: Notes = ()
