"""Findings in a form that JSON can hold, and back: a ledger keeps them."""

from penstock.model import Diagnostic, Embedded, First, Origin, Pos, ResourceId, Step
from penstock.typed import Any


def as_plain(finding: Diagnostic) -> list[Any]:
    """Return a finding in a form that JSON can hold."""
    notes = [[_place(where), text] for where, text in finding.notes]
    return [*finding[:3], _place(finding.where), finding.resource, notes, finding.hint, finding.blame, finding.others]


def from_plain(fields: list[Any]) -> Diagnostic:
    """Return a finding that `as_plain` has written. Raises ValueError or TypeError for anything else."""
    code, severity, message, where, resource, notes, hint, blame, others = fields
    return Diagnostic(
        code,
        severity,
        message,
        _as_place(where),
        ResourceId(*resource) if resource else None,
        tuple((_as_place(other), text) for other, text in notes),
        hint,
        blame,
        tuple(ResourceId(*other) for other in others),
    )


def _place(where: Origin | Pos) -> list[Any]:
    if isinstance(where, Pos):
        return [*where]
    return [where.path, where.doc, [*map(_plain_step, where.at)]]


def _plain_step(step: Step) -> Any:
    if isinstance(step, Embedded):
        return [step.doc]
    return [step] if isinstance(step, First) else step


def _as_place(fields: list[Any]) -> Origin | Pos:
    path, line, last = fields
    if isinstance(last, int):
        return Pos(path, line, last)
    return Origin(path, line, tuple(map(_as_step, last)))


def _as_step(step: Any) -> Step:
    if not isinstance(step, list):
        return step  # type: ignore[no-any-return]
    (inner,) = step
    return First(inner) if isinstance(inner, str) else Embedded(inner)
