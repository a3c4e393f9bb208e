"""The targets of a repository, by environment: for people, and as JSON.

prod  rendered/prod  2 targets
  apps/cart/overlays/prod   cart   the application has dev beside it
  apps/web/overlays/prod    web    the application has dev beside it
no environment yet
  tools/backup              nothing in its path shows an environment; proposed: default
"""

from collections.abc import Sequence
from json import dumps
from typing import Any

from penstock.model import Environment, Target
from penstock.report.text import count
from penstock.words import printable


def targets_text(environments: Sequence[Environment], targets: Sequence[Target]) -> str:
    """Return one block for each environment, and one for the targets whose environment is open."""
    blocks = [_block(environment) for environment in environments]
    open_targets = [target for target in targets if not target.environment]
    if open_targets:
        rows = [(target.path, "", _question(target)) for target in open_targets]
        blocks.append(f"no environment yet: {count(len(open_targets), 'target')}\n{_table(rows)}")
    return "\n".join([*blocks, _summary(environments, targets)])


def _block(environment: Environment) -> str:
    targets = environment.targets
    rows = [(target.path, target.app, target.why) for target in targets]
    head = f"{printable(environment.name)} → {printable(environment.place)}: {count(len(targets), 'target')}"
    return f"{head}\n{_table(rows)}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows with aligned columns. A column that is empty everywhere is left out."""
    columns = [[printable(cell) for cell in column] for column in zip(*rows, strict=True) if any(column)]
    aligned = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return "".join(f"  {'  '.join(row).rstrip()}\n" for row in zip(*aligned, strict=True))


def _question(target: Target) -> str:
    return f"{target.why}; proposed: {target.proposed}" if target.proposed else target.why


def _summary(environments: Sequence[Environment], targets: Sequence[Target]) -> str:
    summary = f"{count(len(targets), 'target')} in {count(len(environments), 'environment')}"
    missing = sum(not target.environment for target in targets)
    if missing:
        summary += f"; {missing} without one: write it into penstock.yaml (`penstock init` proposes one)"
    return f"{summary}\n"


def targets_json(environments: Sequence[Environment], targets: Sequence[Target]) -> str:
    """Return the report as an indented document. Keys are never renamed or removed; new ones may come."""
    document = {
        "apiVersion": "penstock.dev/v1",
        "kind": "TargetList",
        "environments": [
            {"name": each.name, "branch": each.branch, "targets": [target.path for target in each.targets]}
            for each in environments
        ],
        "targets": [_target(target) for target in targets],
    }
    return dumps(document, indent=2) + "\n"


def _target(target: Target) -> dict[str, Any]:
    return {
        "path": target.path,
        "environment": target.environment,
        "app": target.app,
        "why": target.why,
        "proposedEnvironment": target.proposed,
    }
