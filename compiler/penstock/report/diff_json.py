"""A difference for programs, in the form that `schemas/diff.json` describes. Keys are never renamed or removed; new
ones may come.
"""

from json import dumps
from typing import Any

from penstock.changes import Difference, Field, Group, shown
from penstock.model import Pos
from penstock.report.diff_lines import Writing
from penstock.tree import MISSING


def diff_json(found: Difference, writing: Writing) -> str:
    """Return the report as an indented document."""
    document = {
        "apiVersion": "penstock.dev/v1",
        "kind": "DiffReport",
        "before": found.before,
        "after": found.after,
        "summary": {
            "environments": len(found.environments),
            "identical": sum(each.state == "identical" for each in found.environments),
            "targets": found.targets,
            "provenTargets": found.proven,
            "changes": len(found.groups),
            "dangers": found.count("danger"),
            "cautions": found.count("caution"),
            "failures": len(found.failures),
            "routine": found.is_routine,
        },
        "environments": [
            {
                "name": each.name,
                "state": each.state,
                "added": each.added,
                "changed": each.changed,
                "removed": each.removed,
                **each.promise._asdict(),
                "files": list(each.why),
            }
            for each in found.environments
        ],
        "changes": [_group(group, writing) for group in found.groups],
        "images": [
            {"before": image.before, "after": image.after, "environments": list(environments)}
            for image, environments in found.images
        ],
        "failures": [
            {
                "target": each.target,
                "side": each.side,
                "code": each.code,
                "message": each.message,
                **_pos(each.where),
                "files": list(each.files),
            }
            for each in found.failures
        ],
        "broken": list(found.broken),
        "unread": list(found.unread),
        "hidden": [{"reason": reason, "objects": number} for reason, number in found.hidden.items()],
    }
    return dumps(document, indent=2) + "\n"


def _group(group: Group, writing: Writing) -> dict[str, Any]:
    change = group.change
    places = group.places if change.fields else ()
    fields = [_field(field, place, writing) for field, place in zip(change.fields, places, strict=True)]
    return {
        "action": change.action,
        "object": change.id._asdict(),
        "renamedFrom": change.renamed,
        "environments": list(group.environments),
        "routine": change.is_routine,
        "dangers": [danger._asdict() for danger in change.dangers],
        "fields": fields,
        "body": _value(change.whole, writing) if change.whole is not None else None,
        **(_pos(group.places[0]) if group.places and not fields else {}),
    }


def _field(field: Field, place: Pos, writing: Writing) -> dict[str, Any]:
    found: dict[str, Any] = {"field": shown(field.at), "change": field.kind}
    for name, value in (("before", field.before), ("after", field.after)):
        if value is not MISSING:
            found[name] = _value(value, writing)
    return {**found, **_pos(place)}


def _value(value: Any, writing: Writing) -> Any:
    """Return a value without anything that was in a Secret."""
    if isinstance(value, dict):
        return {writing.hide(str(key)): _value(item, writing) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item, writing) for item in value]
    return writing.hide(value) if isinstance(value, str) else value


def _pos(pos: Pos) -> dict[str, Any]:
    return {"path": pos.path, "line": pos.line, "column": pos.col}
