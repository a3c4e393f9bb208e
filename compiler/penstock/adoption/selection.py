"""`--select`, `--ignore` and `--min-severity`: what one run is asked about.

What keeps a target from being compiled is always said: without it, "no findings" would mean "not looked at".
"""

from collections.abc import Sequence

from penstock.adoption.selectors import Codes, code_of, meant, selects
from penstock.errors import Refusal
from penstock.findings import SEVERITIES, Finding
from penstock.model import Severity
from penstock.records import NamedTuple


class Selection(NamedTuple):
    """Codes or beginnings of codes that are asked for (none: all) and that are not, and the least severity."""

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
    """The codes of an option that takes several, with commas between them. Raises `Refusal` for what is no code."""
    words = [word.strip() for text in given for word in text.split(",") if word.strip()]
    for word in words:
        if not code_of(word, codes):
            raise Refusal(f"{option} {word}: there is no such code; {meant(word, codes)}")
    return tuple(code_of(word, codes) for word in words)
