"""Which targets a change reaches and why: for people, and as JSON.

1 of 3 targets is affected
prod/shop  apps/shop/overlays/prod
  apps/shop/base/deployment.yaml (changed): apps/shop/base → apps/shop/overlays/prod
"""

from collections.abc import Sequence
from json import dumps
from typing import Any, Protocol

from penstock.model import Target
from penstock.records import NamedTuple
from penstock.words import printable


class Reason(Protocol):
    """An input that differs, as `affected.Reason`."""

    @property
    def path(self) -> str: ...
    @property
    def change(self) -> str: ...
    @property
    def chain(self) -> tuple[str, ...]: ...


class Affected(Protocol):
    """A target that a change reaches, as `affected.Affected`."""

    @property
    def target(self) -> Target: ...
    @property
    def state(self) -> str: ...
    @property
    def reasons(self) -> Sequence[Reason]: ...


class Compared(NamedTuple):
    """The two states that were compared, by the ids of their commits, and the result."""

    before: str
    after: str
    affected: Sequence[Affected]
    unaffected: Sequence[Target]


MAX_REASONS = 10
"""Inputs of one target that are shown to people."""

MAX_STEPS, SHOWN_STEPS = 12, 4
"""Directories of a way that are shown to people, and how many at each end of one that is longer."""


def affected_text(compared: Compared) -> str:
    """Return one block of text for each target that is affected."""
    total = len(compared.affected) + len(compared.unaffected)
    is_one = len(compared.affected) == 1
    head = f"{len(compared.affected)} of {total} targets {'is' if is_one else 'are'} affected"
    lines = [f"{head} ({compared.before[:10]}..{compared.after[:10]})"]
    for each in compared.affected:
        lines += _block(each)
    return "".join(f"{printable(line)}\n" for line in lines)


def _block(each: Affected) -> list[str]:
    target = each.target
    new = "" if each.state == "changed" else f"  ({each.state})"
    lines = [f"{target.name or 'no environment yet'}  {target.path}{new}"]
    lines += (f"  {reason.path} ({reason.change}): {_way(reason.chain)}" for reason in each.reasons[:MAX_REASONS])
    left = len(each.reasons) - MAX_REASONS
    return lines + ([f"  and {left} more"] if left > 0 else [])


def _way(chain: Sequence[str]) -> str:
    if len(chain) <= MAX_STEPS:
        return " → ".join(chain)
    left_out = f"({len(chain) - 2 * SHOWN_STEPS:,} more)"
    return " → ".join((*chain[:SHOWN_STEPS], left_out, *chain[-SHOWN_STEPS:]))


def affected_json(compared: Compared) -> str:
    """Return the report as an indented JSON document. Keys are never renamed or removed; new ones may come."""
    document = {
        "apiVersion": "penstock.dev/v1",
        "kind": "AffectedTargets",
        "base": compared.before,
        "head": compared.after,
        "targets": [_as_json(each) for each in compared.affected],
        "unaffected": [_target(target) for target in compared.unaffected],
    }
    return dumps(document, indent=2) + "\n"


def _as_json(each: Affected) -> dict[str, Any]:
    reasons = [{"path": reason.path, "change": reason.change, "chain": list(reason.chain)} for reason in each.reasons]
    return {**_target(each.target), "change": each.state, "reasons": reasons}


def _target(target: Target) -> dict[str, Any]:
    return {"path": target.path, "environment": target.environment, "app": target.app}
