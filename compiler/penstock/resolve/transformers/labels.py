"""`labels:` and the deprecated `commonLabels:` put labels on every object.

`labels` writes to `metadata.labels`; `includeTemplates` adds pod templates, `includeVolumeClaimTemplates` the claims
of StatefulSets, `includeSelectors` (and `commonLabels`) all of these and the selectors. Selectors of a live Deployment
cannot change.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise

from penstock.model import Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.resolve.accumulation import FieldSpecs
from penstock.resolve.configurations import field_specs, merge_specs
from penstock.resolve.finding.default_specs import COMMON_ANNOTATIONS, COMMON_LABELS
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists, spec
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, show_annotations
from penstock.resolve.spelling.plain_keys import is_ordinary
from penstock.resolve.spelling.shared_labels import Places, share
from penstock.resolve.waiting import Change, Type
from penstock.resolve.writing import Writing
from penstock.tree import MISSING, get, log
from penstock.typed import Any

_METADATA = spec("metadata/labels", create=True)
_APART = frozenset(field.path for field in (*COMMON_LABELS, *COMMON_ANNOTATIONS))
"""The paths of the defaults, whose parts are names of fields, some with `[]`."""
_ALONE = ("metadata/labels", "metadata/annotations")
"""The paths that lead to one field of each object."""


class Pairs(NamedTuple):
    """Labels or annotations, and where each is written; `where` is the mapping that contains the first ones."""

    values: dict[str, str]
    origins: dict[str, Origin]
    where: Origin

    def only(self, key: str) -> "Pairs":
        return Pairs({key: self.values[key]}, {key: self.origins[key]}, self.where)


def pairs_at(values: dict[str, str], at: Callable[..., Origin]) -> Pairs:
    """Return the pairs of one mapping, each with its own place: a definition of Argo CD may have added some of them."""
    return Pairs(values, {key: at(key) for key in values}, at())


def transform(level: Level) -> None:
    for fields, pairs in _entries(level):
        add(level, pairs, fields)
    common = level.fields.get("commonLabels", {})
    add(level, pairs_at(common, partial(level.at, "commonLabels")), level.accumulation.specs.common_labels)
    for _ in range(len(level.fields.get("labels", ())) + bool(level.fields.get("labels") or common)):
        level.ran("LabelTransformer")


def _entries(level: Level) -> list[tuple[tuple[FieldSpec, ...], Pairs]]:
    """Return the fields and pairs of the entries of `labels`.

    Consecutive entries that write different labels into the same fields are joined, so that each object is written to
    once.
    """
    found: list[tuple[tuple[FieldSpec, ...], Pairs]] = []
    for index, entry in enumerate(level.fields.get("labels", ())):
        where = level.at("labels", index)
        try:
            fields = _fields(level, entry, level.accumulation.specs)
        except Conflict as conflict:
            level.report_conflict("PS242", conflict, where)
            continue
        pairs = pairs_at(entry.get("pairs", {}), partial(level.at, "labels", index, "pairs"))
        before = found[-1] if found else ((), pairs)
        # Joined, the entries write in one pass what they would write one after the other.
        if before[0] == fields and _are_apart(fields) and before[1].values.keys().isdisjoint(pairs.values):
            before[1].values.update(pairs.values)
            before[1].origins.update(pairs.origins)
        else:
            found.append((fields, pairs._replace(values=dict(pairs.values))))
    return found


def add(level: Level, pairs: Pairs, specs: tuple[FieldSpec, ...]) -> None:
    """Write string pairs into the mappings that the specs select. Annotations use this, too."""
    change = (tuple(pairs.values.items()), specs)
    # The same labels were written before, and no object has changed since.
    if not pairs.values or level.accumulation.is_settled(change):
        return
    if _waits(level, pairs, specs):
        return
    level.spend_values(pairs.values, level.accumulation.size, pairs.where)
    before = level.accumulation.bodies()
    for resource in level.resources:
        lacks_selector = _lacks_selector(resource)
        try:
            for some in _in_steps(pairs, specs):
                apply(level, resource, some, _selected(specs, resource.id.group, resource.version, resource.id.kind))
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)
        if lacks_selector and not _lacks_selector(resource):
            _report_selector(level, resource, pairs.where)
    level.accumulation.note_change(change, before)


@lru_cache(maxsize=4096)
def _selected(specs: tuple[FieldSpec, ...], group: str, version: str, kind: str) -> tuple[FieldSpec, ...]:
    """Return the specs that are for a kind of objects."""
    return tuple(field for field in specs if field.gvk.selects(group, version, kind))


# --- several at once --------------------------------------------------------------------------------------------------


class Written(NamedTuple):
    """Pairs that are written to all objects alike once these are asked for.

    `is_single` says that each object has one field for them, so that no two fields share their values.
    """

    level: Level
    pairs: Pairs
    specs: tuple[FieldSpec, ...]
    is_single: bool

    def name_after(self, type: Type, name: str) -> str:
        return name

    def name_before(self, type: Type, name: str) -> str | None:
        return name

    def namespace_after(self, type: Type) -> str:
        return ""

    def is_same(self, other: "Written") -> bool:
        """Return whether others are the same pairs, so that writing them makes no difference after these."""
        return self.pairs.values == other.pairs.values


def _waits(level: Level, pairs: Pairs, specs: tuple[FieldSpec, ...]) -> bool:
    """Let pairs wait until the objects are asked for, and return whether this gives the same result: they are written
    to mappings or to fields that are missing, and nothing is reported.
    """
    accumulation = level.accumulation
    are_usual = (
        all(field.path in _APART for field in specs) and _are_apart(specs) and all(map(is_ordinary, pairs.values))
    )
    if not are_usual or level.run.tracked or not accumulation.all_differ():
        return False
    new = accumulation.unchecked(specs)
    if not all(_takes_pairs(resource, specs) for resource in new):
        return False
    waiting = accumulation.waiting
    before = [change.what for change in waiting.changes if isinstance(change.what, Written)]
    same = [each for each in before if each.specs == specs]
    is_single = all(_is_single(resource, specs) for resource in new) and all(each.is_single for each in same[-1:])
    written = Written(level, pairs, specs, is_single)
    if not all(_go_together(each, written) for each in before):
        return False
    if not waiting.is_repeated(specs, written):
        level.spend_values(pairs.values, accumulation.size, pairs.where)
        accumulation.put_off(Change(_write_all, specs, written), specs)
    return True


def _takes_pairs(resource: Resource, specs: tuple[FieldSpec, ...]) -> bool:
    """Return whether pairs can be written to all fields of an object without a report."""
    if resource.spelling.shared or _lacks_selector(resource):
        return False
    for field in _selected(specs, resource.id.group, resource.version, resource.id.kind):
        try:
            found = find(resource.body, field.steps, field.create)
        except Conflict:
            return False
        if not all(value is MISSING or value.__class__ is dict for _, value in found):
            return False
    return True


def _is_single(resource: Resource, specs: tuple[FieldSpec, ...]) -> bool:
    fields = _selected(specs, resource.id.group, resource.version, resource.id.kind)
    return len(fields) == 1 and fields[0].path in _ALONE


def _go_together(some: Written, more: Written) -> bool:
    """Return whether pairs can be written together with others: they have other keys or other fields, or one field."""
    if some.pairs.values.keys().isdisjoint(more.pairs.values):
        return True
    if some.specs == more.specs:
        return some.is_single and more.is_single
    return _paths(some.specs).isdisjoint(_paths(more.specs))


@lru_cache(maxsize=64)
def _paths(specs: tuple[FieldSpec, ...]) -> frozenset[str]:
    return frozenset(field.path for field in specs)


def _write_all(resources: list[Resource], changes: Sequence[Written]) -> None:
    """Write the pairs of several changes that have the same specs."""
    found: list[Pairs] = []
    for change in changes:
        _join(found, change.pairs)
    level, specs = changes[-1].level, changes[-1].specs
    for resource in resources:
        fields = _selected(specs, resource.id.group, resource.version, resource.id.kind)
        for pairs in found:
            apply(level, resource, pairs, fields)


def _join(found: list[Pairs], pairs: Pairs) -> None:
    """Add pairs to those that are written in one pass, or behind them where they have the same keys."""
    if found and found[-1].values.keys().isdisjoint(pairs.values):
        found[-1].values.update(pairs.values)
        found[-1].origins.update(pairs.origins)
    else:
        found.append(Pairs(dict(pairs.values), dict(pairs.origins), pairs.where))


def _in_steps(pairs: Pairs, specs: tuple[FieldSpec, ...]) -> list[Pairs]:
    """Return the pairs in the groups that are written together.

    Kustomize writes one pair after the other, which makes a difference only where one field leads into what another
    creates.
    """
    if len(pairs.values) == 1 or _are_apart(specs):
        return [pairs]
    return [pairs.only(key) for key in sorted(pairs.values)]


@lru_cache(maxsize=64)
def _are_apart(specs: tuple[FieldSpec, ...]) -> bool:
    """Return whether no field is known to lead into a mapping that another field of the same kind creates, judging by
    their paths.
    """
    if not all(field.path in _APART or field.is_plain for field in specs):
        return False
    # The selector of a Service is a field, and that of a Deployment lies below a field of the same name.
    kinds = {field.gvk.kind for field in specs}
    return all(_lie_apart([field for field in specs if field.gvk.kind in ("", kind)]) for kind in kinds)


def _lie_apart(specs: list[FieldSpec]) -> bool:
    """Return whether no path of these fields is the beginning of another one."""
    paths = sorted({tuple(step.removesuffix("[]") for step in field.steps) for field in specs})
    return not any(longer[: len(shorter)] == shorter for shorter, longer in pairwise(paths))


def _lacks_selector(resource: Resource) -> bool:
    """Return whether this is a Service of type ExternalName without a selector, which it does not need."""
    return (
        resource.id.kind == "Service"
        and get(resource.body, ("spec", "type")) == "ExternalName"
        and not get(resource.body, ("spec", "selector"))
    )


def _report_selector(level: Level, resource: Resource, where: Origin) -> None:
    message = f"these labels become the selector of {resource.id}, which is of type ExternalName and had none"
    notes = ((resource.origin, "the Service"),)
    hint = "put it into a kustomization whose labels leave selectors alone"
    level.report("PS235", message, where, severity="info", resource=resource.id, notes=notes, hint=hint)


def apply(level: Level, resource: Resource, pairs: Pairs, specs: tuple[FieldSpec, ...]) -> None:
    """Write the pairs into the fields of one resource. Raises Conflict where a field holds something other than a
    mapping.
    """
    written: list[Place] = []
    with Writing(level, resource) as writing:
        for field in specs:
            written += _add_to(writing, field, pairs)
    if level.run.tracked:
        # Kustomize writes the annotations anew for each transformer, so they share no nodes.
        written = [place for place in written if place[0][:2] != ANNOTATIONS]
    share(level, resource, _by_key(written, pairs))


Place = tuple[Pointer, bool]
"""A place that was written, and whether it had no value before."""


def _by_key(written: list[Place], pairs: Pairs) -> list[Places]:
    """Return the places of each label together."""
    by_key: dict[str, Places] = {}
    for at, is_new in written:
        key = str(at[-1])
        places = by_key.get(key) or Places(pairs.values[key], [], [])
        (places.made if is_new else places.others).append(at)
        by_key[key] = places._replace(is_made_last=is_new)
    return list(by_key.values())


def _add_to(writing: Writing, field: FieldSpec, pairs: Pairs) -> list[Place]:
    """Write the pairs into the mappings that one spec selects, and return the places of the keys."""
    written: list[Place] = []
    make_lists(writing.resource, field, pairs.where, field.create)
    # Kustomize's own notes are annotations until the end, so the mapping may be there for it and not here.
    if field.steps == ANNOTATIONS:
        show_annotations(writing.level, writing.resource)
    for at, value in find(writing.resource.body, field.steps, field.create):
        if value is MISSING or (value is None and field.create):
            _make(writing, at, pairs)
            written += [((*at, key), True) for key in pairs.values]
        elif value.__class__ is dict:
            written += [((*at, key), key not in value) for key in pairs.values]
            writing.set_pairs(at, pairs.values, pairs.origins)
        elif value is not None:
            raise Conflict(
                f"`{field.path}` must be a mapping",
                at,
                hint="write the labels or annotations there as `name: value`, or remove the field",
            )
    return written


def _make(writing: Writing, at: Pointer, pairs: Pairs) -> None:
    """Create a mapping of the pairs. Pairs that are written outside of the first mapping keep their own place."""
    writing.set(at, pairs.values, pairs.where)
    for key, origin in pairs.origins.items():
        if origin._replace(at=origin.at[:-1]) != pairs.where:
            log(writing.resource, (*at, key), origin)


def _fields(level: Level, entry: dict[str, Any], specs: FieldSpecs) -> tuple[FieldSpec, ...]:
    """Return the fields that one entry of `labels` writes."""
    fields = merge_specs(field_specs(level, entry.get("fields", ()), level.at("labels")), specs.labels)
    if entry.get("includeSelectors"):
        return merge_specs(fields, specs.common_labels)
    if entry.get("includeTemplates"):
        fields = merge_specs(fields, specs.template_labels)
    if entry.get("includeVolumeClaimTemplates"):
        fields = merge_specs(fields, specs.volume_claim_template_labels)
    return merge_specs(fields, (_METADATA,))
