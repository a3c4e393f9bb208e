"""`replicas:` sets the replica count of a Deployment, ReplicaSet, StatefulSet or ReplicationController, by any name
that the object has had.

Before: spec: {replicas: 1}     After: spec: {replicas: 3}
"""

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.identities import current, earlier
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import is_quoted, note_in_quotes
from penstock.resolve.writing import Writing
from penstock.typed import Any
from penstock.words import some_of


def transform(level: Level) -> None:
    for index, entry in enumerate(level.fields.get("replicas", ())):
        set_count(level, entry, level.accumulation.specs.replicas, level.at("replicas", index))
        level.ran("ReplicaCountTransformer")


def set_count(level: Level, entry: dict[str, Any], specs: tuple[FieldSpec, ...], where: Origin) -> None:
    """Set the count of one entry, and report a name that no object has."""
    name: str = entry.get("name", "")
    count: int = entry.get("count", 0)
    found = False
    for spec in specs:
        for resource in level.accumulation.ever_named(name):
            # The name may be an earlier one of the object, and the kind counts that it had then.
            ids = (i for i in (*earlier(resource), current(resource)) if i.name == name)
            if not any(spec.gvk.selects(i.group, i.version, i.kind) for i in ids):
                continue
            found = True

            def change(value: Any, at: Pointer, resource: Resource = resource) -> int | str:
                """Return the new count. A quoted value stays quoted, as in Kustomize, unless it also has a tag."""
                if isinstance(value, dict | list):
                    raise Conflict("a count of replicas must be a number", at, hint="write a whole number there")
                if value.__class__ is not str or not is_quoted(level, resource, at):
                    return count
                note_in_quotes(resource, {where.below("count")})
                return str(count)

            try:
                with Writing(level, resource) as writing:
                    writing.set_fields((spec,), change, where.below("count"))
            except Conflict as conflict:
                level.report_in(resource, "PS240", conflict)
    if not found:
        kinds = ", ".join(spec.gvk.kind for spec in specs)
        hint = _hint(level, kinds)
        level.report_missing("PS243", f"nothing with replicas is named {name!r}", where.below("name"), hint=hint)


def _hint(level: Level, kinds: str) -> str:
    if not level.run.nearest.may_search:
        return ""
    names = sorted({r.id.name for r in level.resources if r.id.kind in kinds.split(", ")})
    level.run.nearest.to("", names)  # gathering them costs as much as a search
    if not names:
        return f"none of these kinds is here: {kinds}"
    return f"there are: {some_of(names)}"
