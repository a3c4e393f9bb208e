"""The clauses of a format such as `'%d of %s'`, and the values that they take. Source: cel-go ext/formatting.go."""

import re
from collections.abc import Mapping

from penstock.validate.cel.types import UNKNOWN, MistypedError, Type, shown

_CLAUSE = re.compile(r"%(?:\.\d+)?(.?)", re.DOTALL)

CLAUSES: Mapping[str, tuple[str, ...]] = {
    "s": (),
    "d": ("int", "uint"),
    "f": ("double", "string"),
    "e": ("double", "string"),
    "b": ("bool", "int", "uint"),
    "o": ("int", "uint"),
    **dict.fromkeys("xX", ("int", "uint", "string", "bytes")),
}
"""The types that each clause of a format takes, by its letter. Without types, it takes all."""


def judge_clauses(pattern: str, given: list[Type]) -> None:
    """Raise MistypedError where a format has unknown clauses, a wrong number of them, or clauses that do not take the
    types of the values.
    """
    clauses = _CLAUSE.findall(pattern.replace("%%", ""))
    for clause in clauses:
        if clause not in CLAUSES:
            raise MistypedError(f"%{clause} is no clause of a format")
    if len(clauses) != len(given):
        raise MistypedError(f"the format has {len(clauses)} clauses, and there are {len(given)} values")
    for clause, found in zip(clauses, given, strict=True):
        wanted = CLAUSES[clause]
        if wanted and found not in (UNKNOWN, "dyn", *wanted):
            raise MistypedError(f"%{clause} does not go with the type {shown(found)}")
