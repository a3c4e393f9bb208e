"""An admission webhook can block objects in the whole cluster."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.changes import Change, Danger, Field, Level, shown
from penstock.tree import MISSING

NAME = "webhook"
GROUP = "admissionregistration.k8s.io"


def check(change: Change) -> Iterator[Danger]:
    if change.id.group != GROUP or change.after is None:
        return
    # A strict webhook that was there before is no danger of this change.
    known = {name for name, _ in _hooks(change.before.body)} if change.before else set()
    if any(is_strict and name not in known for name, is_strict in _hooks(change.after.body)):
        yield Danger(NAME, "danger", "while this webhook does not answer, objects are refused (failurePolicy: Fail)")
    if change.action == "added" and _denies(change.after.body):
        yield Danger(NAME, "caution", "objects that its policy does not allow are refused (Deny)")
    for field in change.fields:
        yield from _of_field(field)


ASKED_ABOUT = frozenset(("rules", "namespaceSelector", "objectSelector", "caBundle"))
"""The fields that say about which objects a webhook is asked, and whose answers count."""


def _of_field(field: Field) -> Iterator[Danger]:
    if field.at[-1] == "failurePolicy":
        level: Level = "danger" if field.after in ("Fail", MISSING) else "caution"
        yield Danger(NAME, level, f"{shown(field.at)}: {_word(field.before)} → {_word(field.after)}")
    elif field.at[-1] in ASKED_ABOUT or "rules" in field.at:
        yield Danger(NAME, "caution", f"{shown(field.at)}: the webhook is asked about other objects, or trusts another")


def _hooks(body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each webhook, and whether objects are refused while it does not answer."""
    hooks = body.get("webhooks")
    for hook in hooks if isinstance(hooks, list) else ():
        if isinstance(hook, dict):
            yield str(hook.get("name")), hook.get("failurePolicy", "Fail") == "Fail"


def _denies(body: Mapping[str, Any]) -> bool:
    """Return whether a binding of a policy has objects refused."""
    spec = body.get("spec")
    actions = spec.get("validationActions") if isinstance(spec, dict) else None
    return isinstance(actions, list) and "Deny" in actions


def _word(value: object) -> str:
    """A policy; `Fail`, where there is none."""
    return value if isinstance(value, str) else "Fail (default)"
