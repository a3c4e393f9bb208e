"""What no finding may say: values that came out of a Secret and stand somewhere else now.

Whoever moves a value out of a Secret (a replacement, a variable, a patch that makes another kind of it) names it here.
All findings of a target pass through `hide` before anyone sees them, so no rule and no transformer has to think of it.
"""

import re
from collections.abc import Iterable

from penstock.model import Diagnostic, ResourceId

SHORTEST = 4
"""Characters from which on a value is hidden. One that is shorter is no secret, and would hide half of each message."""

SHOWN = "(withheld)"

_LETTERS = re.compile(r"[^\x00-\x1f\"'\\]+")
"""What a message shows as it is: it may write the other characters as escapes."""


class Withheld:
    """The values to hide."""

    def __init__(self) -> None:
        self._pieces: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Hide a value from now on, and each line of it."""
        for piece in _LETTERS.findall(value):
            if len(piece.strip()) >= SHORTEST and piece not in self._pieces:
                self._pieces[piece.strip()] = None
                self._pattern = None

    def hide(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings without the values."""
        return [self._hidden(finding) for finding in findings] if self._pieces else list(findings)

    def _hidden(self, finding: Diagnostic) -> Diagnostic:
        resource = finding.resource
        return finding._replace(
            message=self.text(finding.message),
            resource=ResourceId(*map(self.text, resource)) if resource is not None else None,
            notes=tuple((where, self.text(note)) for where, note in finding.notes),
            hint=self.text(finding.hint),
            others=tuple(ResourceId(*map(self.text, other)) for other in finding.others),
        )

    def text(self, text: str) -> str:
        """A text without the values, also where a value has been cut off."""
        if not self._pieces:
            return text
        if self._pattern is None:
            longest_first = sorted(self._pieces, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        text = self._pattern.sub(SHOWN, text)
        if "…" in text:
            for piece in self._pieces:
                text = _without_start(text, piece)
        return text


def _without_start(text: str, piece: str) -> str:
    """Where a text is cut off behind the first characters of a value, they go too."""
    at = text.find(piece[:SHORTEST])
    while at >= 0:
        end = text.find("…", at)
        if end < 0:
            return text
        if piece.startswith(text[at:end]):
            text = text[:at] + SHOWN + text[end:]
        at = text.find(piece[:SHORTEST], at + len(SHOWN))
    return text
