"""What no finding may say: values that came out of a Secret and stand somewhere else now.

Whoever moves a value out of a Secret (a replacement, a variable, a patch that makes another kind of it) names it here.
All findings of a target pass through `hide` before anyone sees them, so no rule and no transformer has to think of it.
Reports that are no findings (graphs, images, differences) send the names that they show through `text` and `named`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.model import Compiled, Diagnostic, Edge, Graph, Pointer, ResourceId, Together
from penstock.tree import leaves

SHORTEST = 4
"""Characters from which on a value is hidden. One that is shorter is no secret, and would hide half of each message."""

SHOWN = "(withheld)"

OPEN_FIELDS = frozenset(("apiVersion", "kind", "metadata", "type", "immutable", "sops", "status"))
"""Fields of a Secret that hold no values of it. All others do, also those that the API server does not know."""

_LETTERS = re.compile(r"[^\x00-\x1f\"'\\]+")
"""What a message shows as it is: it may write the other characters as escapes."""


def is_secret(body: Mapping[str, Any]) -> bool:
    """Whether an object is meant to be a Secret, also where the API server would not take the spelling."""
    group = str(body.get("apiVersion") or "").rpartition("/")[0]
    return is_secret_kind(str(body.get("kind")), group)


def is_secret_kind(kind: str, group: str) -> bool:
    """The same of a kind and its group."""
    return kind.strip().casefold() == "secret" and group.strip(" /").casefold() in ("", "core")


def holds_value(at: Pointer) -> bool:
    """Whether a field of a Secret holds a value of it."""
    return bool(at) and at[0] not in OPEN_FIELDS


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

    def add_tree(self, tree: Any) -> None:
        """Hide every text and number of a tree from now on."""
        for _, leaf in leaves(tree):
            if not isinstance(leaf, bool | dict | list | None):
                self.add(str(leaf))

    def hide(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings without the values."""
        return [self._hidden(finding) for finding in findings] if self._pieces else list(findings)

    def _hidden(self, finding: Diagnostic) -> Diagnostic:
        resource = finding.resource
        return finding._replace(
            message=self.text(finding.message),
            resource=self.named(resource) if resource is not None else None,
            notes=tuple((where, self.text(note)) for where, note in finding.notes),
            hint=self.text(finding.hint),
            others=tuple(map(self.named, finding.others)),
        )

    def named(self, identity: ResourceId) -> ResourceId:
        """An identity without the values."""
        return ResourceId(*map(self.text, identity)) if self._pieces else identity

    def together(self, found: Together) -> Together:
        """Targets whose objects are named without the values. Two objects may have one name then."""
        if not self._pieces:
            return found
        needs = (
            need._replace(why=self.text(need.why), edge=need.edge and self._edge(need.edge)) for need in found.needs
        )
        return found._replace(compiled=[*map(self._compiled, found.compiled)], needs=tuple(needs))

    def _compiled(self, found: Compiled) -> Compiled:
        resources = [each.fork() for each in found.resources]
        for resource in resources:
            resource.id = self.named(resource.id)
        waves = (tuple(map(self.named, wave)) for wave in found.graph.waves)
        return found._replace(resources=resources, graph=Graph((*map(self._edge, found.graph.edges),), tuple(waves)))

    def _edge(self, edge: Edge) -> Edge:
        return edge._replace(src=self.named(edge.src), dst=self.named(edge.dst))

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
