"""`--select`, `--ignore` and `--min-severity`: the findings that one run asks for.

A finding that keeps a target from being compiled is always reported: without it, "no findings" would mean "not looked
at".
"""

from collections.abc import Sequence

from penstock.adoption.selectors import Codes, code_of, meant, selects
from penstock.errors import Refusal
from penstock.findings import SEVERITIES, Finding
from penstock.model import Severity
from penstock.records import NamedTuple


class Selection(NamedTuple):
    """The codes that are asked for (all of them if there are none), the codes that are not, and the lowest severity. A
    code may be the beginning of codes.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    least: Severity = "info"

    @property
    def is_all(self) -> bool:
        return self == Selection()

    def wants(self, finding: Finding) -> bool:
        if finding.stops:
            return True
        is_grave = SEVERITIES.index(finding.severity) <= SEVERITIES.index(self.least)
        is_selected = not self.select or selects(self.select, finding.code)
        return is_grave and is_selected and not selects(self.ignore, finding.code)


def codes_of(option: str, given: Sequence[str], codes: Codes) -> tuple[str, ...]:
    """Return the codes of an option that takes several, separated by commas. Raises `Refusal` for a word that is no
    code.
    """
    words = [word.strip() for text in given for word in text.split(",") if word.strip()]
    for word in words:
        if not code_of(word, codes):
            raise Refusal(f"{option} {word}: there is no such code; {meant(word, codes)}")
    return tuple(code_of(word, codes) for word in words)
