"""The steps that are taken once, at the root: hash suffixes, name references, dropping local objects, sorting the
output.
"""

from collections.abc import Iterable, Sequence

from penstock.kubernetes import identify, text
from penstock.model import Again, Resource, ResourceId, Step
from penstock.resolve.accumulation import Accumulation
from penstock.resolve.finding.identities import Identity, current, remember
from penstock.resolve.finding.kind_order import ORDER_FIRST, ORDER_LAST, RANKS, ranks
from penstock.resolve.level import TRANSFORMATIONS, Findings, Level
from penstock.resolve.names import fix_references
from penstock.resolve.objects import is_local
from penstock.resolve.options import Options
from penstock.resolve.spelling.kustomize_notes import (
    ANNOTATIONS,
    INTERNAL,
    ORIGIN,
    origin_text,
    transformations_text,
)
from penstock.resolve.spelling.plain_keys import check_key
from penstock.resolve.spelling.settle import settle, settle_values
from penstock.resolve.spelling.unsettled import join_annotations
from penstock.resolve.spelling.written_identity import reidentify
from penstock.resolve.spelling.written_values import text_of
from penstock.scalar import Tagged, as_plain_key, can_be_plain_key, may_be_date
from penstock.tree import get, log, origin_of, put, respell
from penstock.typed import Any
from penstock.unsettled import first_is_lost, is_null

ORDINARY = frozenset(ORDER_FIRST) - {"CustomResourceDefinition"}
"""Kinds for which `outcome` has no findings."""

_HASHED = ("ConfigMap", "Secret")
"""The kinds of which Kustomize hashes the content. Of any other it hashes the nodes that its parser has made."""

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "kustomize-v5.8.2"


def finish(accumulation: Accumulation, level: Level, options: Options) -> list[Resource]:
    """Return the resources as they are printed."""
    resources = accumulation.resources
    for resource in resources:
        if resource.lineage.needs_hash:
            add_hash(level, resource)
    # Hashes are part of the names by now, so references are mended once, for all renamings.
    fix_references(resources, accumulation.specs.name_reference, level)
    if accumulation.variables:
        from penstock.resolve import variables

        variables.substitute(accumulation, level)
    _check_identities(resources, level)
    resources = _without_local(resources, level, options)
    resources = _ordered(resources, level, options)
    if any(resource.id.kind not in ORDINARY for resource in resources):
        from penstock.resolve import outcome

        outcome.report(resources, level)
    _write_metadata(resources, level, options)
    return resources


def _without_local(resources: list[Resource], level: Level, options: Options) -> list[Resource]:
    """Return the resources without local configuration, which only takes part in references and variables.

    Kustomize drops by identity (`api/internal/accumulator.ResAccumulator.Intersection`, v5.8.2). It keeps a local
    object that has the identity of a printed one, which only the legacy order refuses, and fails to drop two local
    objects with one identity.
    """
    if not any(map(is_local, resources)):
        return resources
    printed = {_written_id(each): each for each in resources if not is_local(each)}
    known = dict(printed)
    for resource in filter(is_local, resources):
        identity = _written_id(resource)
        first = known.setdefault(identity, resource)
        stays = identity in printed and not _is_legacy(level, options)
        if first is not resource and not stays:
            _report_twice(level, first, resource)
    return [each for each in resources if not is_local(each) or _written_id(each) in printed]


def _written_id(resource: Resource) -> tuple[ResourceId, str]:
    return resource.id, resource.version


def _is_legacy(level: Level, options: Options) -> bool:
    """Return whether the objects are sorted in the end."""
    sort = level.fields.get("sortOptions")
    return options.order == "legacy" if sort is None else sort.get("order") == "legacy"


def _write_metadata(resources: list[Resource], level: Level, options: Options) -> None:
    """Write the label and annotations that `buildMetadata` asks for, and give all values the form in which they are
    printed.
    """
    metadata = level.fields.get("buildMetadata", ())
    is_labelled = options.managed_by or "managedByLabel" in metadata
    for resource in resources:
        if is_labelled and _may_be_labelled(resource, level):
            put(resource, ("metadata", "labels", MANAGED_BY), MANAGER, level.at("buildMetadata"))
        join_annotations(level, resource)
        _write_annotations(resource, metadata, level)
        settle(level, resource, but=ANNOTATIONS)
        # From here on, the identity of an object is the one that is printed.
        resource.id, resource.version = identify(resource.body)


def add_hash(level: Level, resource: Resource) -> None:
    """Append the hash of its content to the name of a generated object."""
    from penstock.resolve.generators.name_hash import content_hash

    kind = text(resource.body.get("kind"))
    if kind not in _HASHED:
        where = origin_of(resource, ("kind",))
        message = f"the name of a generated object that has become a {kind} depends on how Kustomize keeps it in memory"
        hint = "leave the kind as it is, or say `options: {disableNameSuffixHash: true}`"
        level.report(
            "PS286", message, where, resource=resource.id, notes=((resource.origin, "the generator"),), hint=hint
        )
        return
    remember(resource)
    origin = origin_of(resource, ("metadata", "name"))
    written = resource.fork()
    # What is wrong with the values is reported when they are printed.
    aside = Level(level.run, level.kustomization, level.folder, level.accumulation, Findings())
    settle_values(aside, written, but=ANNOTATIONS)
    name = f"{resource.id.name}-{content_hash(lambda field: _hashed(level, resource, written, field))}"
    put(resource, ("metadata", "name"), name, origin)
    reidentify(level, resource)


def _hashed(level: Level, resource: Resource, written: Resource, field: str) -> Any:
    """Return a field in the form in which it is hashed: a text, or a mapping as it is `written`; None for a list, which
    Kustomize does not expect (`api/hasher.getNodeValues`, v5.8.2).
    """
    value = resource.body.get(field, "")
    if isinstance(value, list):
        return None
    return written.body[field] if isinstance(value, dict) else text_of(level, resource, (field,), value)


def _check_identities(resources: Iterable[Resource], level: Level) -> None:
    """Report objects that have lost their name, and printed objects with the same identity, as patches and replacements
    may have caused either.
    """
    known: dict[Identity, Resource] = {}
    for resource in resources:
        first = resource if is_local(resource) else known.setdefault(current(resource), resource)
        _check_past(resource, level)
        lost = _lost(resource)
        if lost:
            message = f"this object has no `{'.'.join(lost)}` in the end"
            notes = ((resource.origin, "the object"),)
            hint = "leave the field alone in the patch or replacement that takes it away"
            level.report("PS202", message, origin_of(resource, lost), notes=notes, hint=hint)
        elif first is not resource:
            _report_twice(level, first, resource)


def _report_twice(level: Level, first: Resource, second: Resource) -> None:
    message = f"{second.id} is there twice in the end"
    notes = ((first.origin, "the other one"),)
    hint = "remove one of the two, or give them different names or namespaces"
    level.report("PS201", message, second.origin, resource=second.id, notes=notes, hint=hint)


def _check_past(resource: Resource, level: Level) -> None:
    """Report an object with an earlier name that is empty or contains a comma.

    Kustomize keeps earlier names as a list with commas, and fails on such a name.
    """
    columns = [",".join(filter(None, column)) for column in zip(*resource.lineage.past, strict=True)]
    if columns and columns[0] and len({column.count(",") for column in columns}) > 1:
        message = "this object was changed while it had no name, or one with a comma; Kustomize gives up here"
        where = origin_of(resource, ("metadata", "name"))
        hint = "give it a name without a comma from the start"
        level.report("PS202", message, where, notes=((resource.origin, "the object"),), hint=hint)


def _lost(resource: Resource) -> tuple[str, ...]:
    """Return the path of a required field that an object no longer has; empty where it has all of them."""
    kind = resource.body.get("kind")
    if isinstance(kind, dict | list) or is_null(kind) or kind == "":
        return ("kind",)
    return () if resource.id.name or resource.id.kind.endswith("List") else ("metadata", "name")


def _write_annotations(resource: Resource, metadata: Sequence[str], level: Level) -> None:
    """Write the annotations as Kustomize prints them: every value as a string, and its own ones only if they are asked
    for.

    If there are none, the field `annotations` is removed.
    """
    own = resource.body.get("metadata", {})
    if own.__class__ is not dict:
        return
    if not own:  # a `List` may have none
        respell(resource, {**resource.body, "metadata": own})
    before = own.get("annotations")
    if before.__class__ is Tagged and before.content is not None:  # it has the tag !!null
        before = before.content
    written = _asked_for(level, resource, metadata)
    if not written and _stay_as_they_are(own):
        return
    at = ("metadata", "annotations")
    old = _steps(before)
    for key in old:
        check_key(level, resource, (*at, key))
        if isinstance(key, Again):
            level.findings.add([first_is_lost(key)])
    kept = _kept(old)
    texts = {key: text_of(level, resource, (*at, step), get(before, (step,))) for key, step in kept.items()}
    annotations = texts | written
    for key, step in kept.items():
        if step != key:
            log(resource, (*at, key), origin_of(resource, (*at, step)))
    rest = {k: v for k, v in own.items() if k != "annotations"}
    respell(resource, {**resource.body, "metadata": {**rest, "annotations": annotations} if annotations else rest})
    for key in written:
        log(resource, (*at, key), level.at("buildMetadata"))


def _kept(steps: dict[str, Step]) -> dict[str, Step]:
    """Return the annotations that are printed, each with the step that leads to its value.

    Kustomize writes them in the order of their keys and without quotes: of those that are read as one, such as `010`
    and `8`, the last counts.
    """
    in_order = sorted(steps, key=str)
    return {as_plain_key(str(key)): steps[key] for key in in_order if key not in INTERNAL}


def _stay_as_they_are(metadata: Any) -> bool:
    """Return whether an object has no annotations, or only such as are printed unchanged."""
    annotations = metadata.get("annotations")
    if annotations.__class__ is dict and annotations:
        return all(map(_is_printed_as_it_is, annotations, annotations.values()))
    return "annotations" not in metadata


def _steps(annotations: Any) -> dict[str, Step]:
    """Return the keys of annotations, each with the step that leads to its value.

    A replacement may have overwritten the mapping with a list, which Kustomize walks as if it held keys and values in
    turn.
    """
    if isinstance(annotations, list):
        return {text(annotations[index]): index + 1 for index in range(0, len(annotations) - 1, 2)}
    return {key: key for key in annotations} if isinstance(annotations, dict) else {}


def _may_be_labelled(resource: Resource, level: Level) -> bool:
    """Return whether `labels` is a mapping or missing; report any other value, which a patch may have written."""
    if isinstance(get(resource.body, ("metadata", "labels")), dict | None):
        return True
    where = origin_of(resource, ("metadata", "labels"))
    hint = "write each label as `name: value`, or remove the field"
    level.report("PS240", "the labels of an object must be a mapping", where, resource=resource.id, hint=hint)
    return False


def _asked_for(level: Level, resource: Resource, metadata: Sequence[str]) -> dict[str, str]:
    """Return the annotations that `buildMetadata` asks for, as YAML text."""
    written: dict[str, str] = {}
    if "originAnnotations" in metadata and resource.lineage.made:
        written[ORIGIN] = origin_text(resource.lineage.made)
    if "transformerAnnotations" in metadata:
        if resource.lineage.transformed:
            written[TRANSFORMATIONS] = transformations_text(resource.lineage.transformed)
        written.update(_as_before(level, resource))
    return written


def _as_before(level: Level, resource: Resource) -> dict[str, str]:
    """Return the annotation about transformers of an earlier build as it stands, if none has run since."""
    at = (*ANNOTATIONS, TRANSFORMATIONS)
    value = get(resource.body, at)
    if value is None:
        return {}
    from penstock.resolve.spelling.earlier_notes import has_run_nothing  # few objects were built before

    return {TRANSFORMATIONS: text_of(level, resource, at, value)} if has_run_nothing(level, resource) else {}


def _is_printed_as_it_is(key: str, value: Any) -> bool:
    if value.__class__ is not str or may_be_date(value) or key in INTERNAL or key.__class__ is not str:
        return False
    return can_be_plain_key(key) and as_plain_key(key) == key


def _ordered(resources: list[Resource], level: Level, options: Options) -> list[Resource]:
    sort = level.fields.get("sortOptions")
    if sort is None:
        return legacy_order(resources) if options.order == "legacy" else resources
    order = sort.get("order", "")
    where = level.at("sortOptions", "order")
    if order not in ("legacy", "fifo"):
        hint = "write `order: fifo` to keep the order of the files, or `order: legacy` to sort by kind"
        level.report("PS206", f"`sortOptions.order` must be legacy or fifo; found {order!r}", where, hint=hint)
        return resources
    kinds = sort.get("legacySortOptions")
    if order == "fifo":
        if kinds is not None:
            message = "`legacySortOptions` goes with `order: legacy` only"
            hint = "remove it, or say `order: legacy`"
            level.report("PS206", message, level.at("sortOptions", "legacySortOptions"), hint=hint)
        return resources
    if kinds is None:
        return legacy_order(resources)
    return legacy_order(resources, kinds.get("orderFirst", ()), kinds.get("orderLast", ()))


def legacy_order(
    resources: Iterable[Resource], first: Sequence[str] = ORDER_FIRST, last: Sequence[str] = ORDER_LAST
) -> list[Resource]:
    """Sort resources by the rank of the kind, then by group, version and kind, then by namespace and name.

    The empty group counts as `~G`, so core objects come after those of named groups; but a core Namespace comes first.
    """
    rank = RANKS if first is ORDER_FIRST and last is ORDER_LAST else ranks(first, last)
    return sorted(resources, key=lambda r: _sort_key(r, rank))


def _sort_key(resource: Resource, rank: dict[str, int]) -> tuple[int, str, str]:
    group, kind, namespace, name = resource.id
    version = resource.version
    # These spellings of what is empty are Kustomize's own; `~` sorts behind all letters.
    by_type = f"{group or '~G'}_{version or '~V'}_{kind or '~K'}"
    # A Namespace comes before all other kinds of its rank.
    if kind == "Namespace" and not group and kind in rank:
        by_type = ""
    shown = f"{kind or '[noKind]'}.{version or '[noVer]'}.{group or '[noGrp]'}"
    return rank.get(kind, 0), by_type, f"{shown}|{namespace or '~X'}|{name or '~N'}"
