"""Events, as programs write them.

Source: pkg/apis/core/validation/events.go.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, text_of
from penstock.validate.syntax import is_qualified_name
from penstock.words import quoted

API = "PS434"

OF_THE_CORE = ("deprecatedFirstTimestamp", "deprecatedLastTimestamp")
"""Fields of the core group that an event of events.k8s.io has, but may not set."""

LONGEST = {"action": 128, "message": 1024, "reason": 128, "reportingInstance": 128}
"""The maximum number of bytes of each field of an event with an `eventTime`."""


def check_event(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check an event of events.k8s.io."""
    for field in OF_THE_CORE:
        if value.get(field) is not None:
            yield Fault(API, (*at, field), "only events of the core group have it")
    source = mapping(value, ("deprecatedSource",))
    if source.get("component") or source.get("host"):
        yield Fault(API, (*at, "deprecatedSource"), "only events of the core group have it")
    yield from _namespace(value, "regarding", at, is_new=True)


def check_event_of_core(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check an event of the core group. Where it has an `eventTime`, it follows the rules of events.k8s.io."""
    is_new = value.get("eventTime") is not None
    yield from _namespace(value, "involvedObject", at, is_new=is_new)
    if is_new:
        yield from _fields(value, at)


def _fields(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("action", "reason", "reportingComponent", "reportingInstance"):
        if not value.get(field):
            yield Fault("PS402", at, f"the field {quoted(field)} is missing in an event with an eventTime")
    controller = text_of(value, "reportingComponent")
    if controller and not is_qualified_name(controller):
        yield Fault("PS431", (*at, "reportingComponent"), f"{quoted(controller)} is not a qualified name")
    for field, most in LONGEST.items():
        size = len(text_of(value, field).encode())
        if size > most:
            yield Fault("PS406", (*at, field), f"has {size} bytes, at most {most} allowed")


def _namespace(value: Tree, field: str, at: Pointer, *, is_new: bool) -> Iterator[Fault]:
    """Yield a fault where an event is not in the namespace of the object that it is about."""
    own = text_of(mapping(value, ("metadata",)), "namespace")
    other = text_of(mapping(value, (field,)), "namespace")
    if not own:
        return
    # Events about objects without a namespace go there.
    usual = ("default", "kube-system") if is_new else ("default",)
    if (other and other != own and not is_new) or (not other and own not in usual):
        notes = (((*at, "metadata", "namespace"), "its own namespace"),)
        place = (*at, field, "namespace") if other else (*at, field) if field in value else at
        yield Fault(API, place, f"the object of the event is not in its namespace, {quoted(own)}", "", notes)


CHECKS = {"event": check_event, "event of the core": check_event_of_core}
