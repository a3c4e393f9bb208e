"""An admission webhook that can keep objects out of the whole cluster."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.changes import Change, Danger, Level, shown

NAME = "webhook"
GROUP = "admissionregistration.k8s.io"


def check(change: Change) -> Iterator[Danger]:
    if change.id.group != GROUP or change.after is None:
        return
    if change.action == "added" and _is_strict(change.after.body):
        yield Danger(NAME, "danger", "while this webhook does not answer, objects are refused (failurePolicy: Fail)")
    for field in change.fields:
        if field.at[-1] == "failurePolicy":
            level: Level = "danger" if field.after == "Fail" else "caution"
            yield Danger(NAME, level, f"{shown(field.at)}: {_word(field.before)} → {_word(field.after)}")
        elif field.at[-1] in ("rules", "namespaceSelector", "objectSelector", "caBundle") or "rules" in field.at:
            yield Danger(
                NAME, "caution", f"{shown(field.at)}: the webhook is asked about other objects, or trusts another"
            )


def _is_strict(body: Mapping[str, Any]) -> bool:
    """Whether objects are refused while one of the webhooks does not answer."""
    hooks = body.get("webhooks") or ()
    return any(isinstance(hook, dict) and hook.get("failurePolicy", "Fail") == "Fail" for hook in hooks)


def _word(value: object) -> str:
    return value if isinstance(value, str) else "(default)"
