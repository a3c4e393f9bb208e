"""The merging of strategic merge patches into resources, shared by the two fields that hold such patches."""

from collections.abc import Container, Iterable, Iterator, Mapping

from penstock.kubernetes import text
from penstock.model import Log, Origin, Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import Identity, current, new_resource, remember
from penstock.resolve.finding.near_misses import no_such_kind
from penstock.resolve.level import KUBERNETES, Level
from penstock.resolve.merging.kustomize_merge import merge
from penstock.resolve.merging.merge_keys import Schema
from penstock.resolve.merging.merge_losses import in_merge
from penstock.resolve.merging.replaced_lists import Dropped, dropped
from penstock.resolve.merging.strategy import DELETED, NO_SCHEMA, Merge, Written
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, show_annotations, take_notes
from penstock.resolve.spelling.moved_notes import move_notes
from penstock.resolve.spelling.plain_keys import check_key, forget_rewritten, note_rewritten
from penstock.resolve.spelling.shared_labels import forget_deleted, shared_texts, spread_patch, with_shared_texts
from penstock.resolve.spelling.unsettled import body_for_merge, patch_for_merge, report_lost, with_first_steps
from penstock.resolve.spelling.written_identity import reidentify, written_resource
from penstock.resolve.spelling.written_values import (
    forget_type,
    forget_type_and_tag,
    gets_quotes,
    is_blank,
    is_quoted,
    may_get_quotes,
    note_untyped,
    text_at,
    text_of,
)
from penstock.scalar import Tagged
from penstock.tree import MISSING, get, is_json, origin_of, put, rebuild
from penstock.typed import Any

_NAME, _NAMESPACE = ("metadata", "name"), ("metadata", "namespace")
_LABELS, _VERSION = ("metadata", "labels"), ("apiVersion",)


class Patch(NamedTuple):
    """A strategic merge patch: its tree, where it is written, and whether it may change the name or kind."""

    body: Tree
    origin: Origin
    allow_name_change: bool = False
    allow_kind_change: bool = False
    fitted: bool = False
    """Whether Kustomize has written the object's apiVersion into the patch, even if the object has none."""


def merge_each(level: Level, patches: Iterable[Patch]) -> None:
    """Merge each patch into the object that the patch itself names."""
    for patch in patches:
        resource = target_of(level, patch)
        if resource is not None:
            level.spend_values(patch.body, 1, patch.origin)
            apply(level, resource, with_options(level, patch))


def target_of(level: Level, patch: Patch) -> Resource | None:
    """Return the one resource with the identity that a patch names, now or earlier; else report the reason and return
    None.
    """
    identity = current(written_resource(level, patch.body, patch.origin))
    matches = level.accumulation.by_any_id(identity)
    if len(matches) == 1:
        return matches[0]
    shown = f"{identity.kind}/{identity.name}"
    if matches:
        notes = tuple((m.origin, f"{m.id}") for m in matches)
        hint = "give the entry a `target` that selects those that are meant"
        level.report("PS251", f"more than one object is {shown}", patch.origin, notes=notes, hint=hint)
    else:
        hint = _near(level, identity)
        level.report_missing("PS250", f"there is no {shown} for this patch to change", patch.origin, hint=hint)
    return None


def _near(level: Level, identity: Identity) -> str:
    # Thousands of patches that match nothing get the message without the search.
    if not level.run.nearest.may_search:
        return ""
    for resource in level.accumulation.ever_named(identity.name):
        known = current(resource)
        if known.kind == identity.kind and known.name == identity.name:
            if known.namespace != identity.namespace:
                return f"there is one in namespace {known.namespace}; the patch means {identity.namespace}"
            return f"there is one with apiVersion {resource.api_version}"
    names = [r.id.name for r in level.resources if r.id.kind == identity.kind]
    meant = level.run.nearest.to(identity.name, names)
    if meant:
        return f"did you mean {meant}?"
    if not names:
        return no_such_kind(level.resources, identity.kind, level.run.nearest)
    return f"there are: {', '.join(sorted(names)[:10])}"


def fitted(level: Level, resource: Resource, patch: Patch) -> Patch:
    """Return a patch fitted to the object, as Kustomize fits one with a target and one of `patchesStrategicMerge`.

    The patch gets the object's apiVersion, and its labels and annotations become text.
    """
    known = get(resource.body, ("metadata", "labels"))
    known = known if isinstance(known, dict) else {}
    body = _with_texts(level, patch, ("labels", "annotations"), known)
    version = _without_tag(resource.body.get("apiVersion"))
    body = {**body, "apiVersion": "" if isinstance(version, dict | list) else version}
    body["kind"] = _without_tag(body.get("kind"))
    metadata = body["metadata"]
    body["metadata"] = metadata | {f: _without_tag(metadata[f]) for f in ("name", "namespace") if f in metadata}
    return patch._replace(body=body, fitted=True)


def _without_tag(value: Any) -> Any:
    return str(value) if value.__class__ is Tagged else value


def with_options(level: Level, patch: Patch) -> Patch:
    """Return a patch as its options change it: if it may change the name or kind, its annotations become text.

    Kustomize notes these options in the annotations of the patch.
    """
    allows = patch.allow_name_change or patch.allow_kind_change
    return patch._replace(body=_with_texts(level, patch, ("annotations",))) if allows else patch


def _with_texts(level: Level, patch: Patch, fields: tuple[str, ...], known: Container[str] = ()) -> Tree:
    """Return the body of a patch with texts as labels or annotations. The `known` labels are there in the object, whose
    keys stay as they are.
    """
    written = new_resource(patch.body, patch.origin)
    metadata = patch.body.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    for field in fields:
        values = metadata.pop(field, None)
        if isinstance(values, dict) and values:
            if field == "labels":  # an annotation is looked at when the object is written
                for key in values:
                    if key not in known:
                        check_key(level, written, ("metadata", field, key))
            metadata[field] = _texts_of(level, written, ("metadata", field))
    return {**patch.body, "metadata": metadata}


def _texts_of(level: Level, resource: Resource, at: Pointer) -> dict[str, str]:
    """Return labels or annotations as Kustomize writes them anew: texts in the order of their names. Of a name that
    stands twice, with quotes and without, the last counts (`kyaml/yaml.RNode.setMapInMetadata`).
    """
    values = get(resource.body, at)
    texts = {str(key): text_of(level, resource, (*at, key), value) for key, value in values.items()}
    return dict(sorted(texts.items()))


def apply(level: Level, resource: Resource, patch: Patch) -> None:
    """Merge a patch into a resource. Name, namespace and kind stay unchanged, unless the patch may change them.

    The steps are those of Kustomize's `api/resource.Resource.ApplySmPatch`, v5.8.2: the present identity is stored if
    it may change, the patch is merged, and then kind, name and namespace are set to what they were.
    """
    before, kind = resource.log, text(resource.body.get("kind"))
    if patch.allow_name_change or patch.allow_kind_change:
        remember(resource)
    if resource.lineage.transformed or get(patch.body, ANNOTATIONS) is not None:
        show_annotations(level, resource)
    _forget_types(level, resource, patch)
    try:
        quoted = _Quoted(set(), set())
        shared = shared_texts(level, resource, patch.body) if resource.spelling.shared else {}
        written = _written(level, resource, patch, quoted, shared)
        body, laid = resource.body, patch.body
        if level.options.merge == KUBERNETES:
            body, laid = body_for_merge(level, resource, laid), patch_for_merge(level, laid)
        elif shared:
            body = with_shared_texts(body, laid, shared)
        merged, log = _merge(level)(body, laid, patch.origin, level.schemas, written, before)
    except Conflict as conflict:
        level.report_conflict("PS252", conflict, patch.origin, resource)
        return
    if merged is DELETED:
        level.accumulation.remove(resource)
        return
    if level.options.merge != KUBERNETES:
        _report_losses(level, resource, patch, merged)
        _report_dropped(level, resource, patch)
        report_lost(level, patch.body, merged)
        log = with_first_steps(level, log, before, patch.body, patch.origin)
    version = _version_text(level, resource)
    if patch.fitted:
        for field in (_LABELS, ANNOTATIONS):
            note_rewritten(level, resource, field, _new_keys(resource, patch, field))
    _take(resource, merged, log, patch)
    if patch.fitted and "apiVersion" not in resource.body:
        _restore_version(level, resource, patch, version)
    move_notes(resource, before)
    _note_quoted(resource, quoted)
    if _is_laid(patch):  # the merge has quoted the earlier values that need quotes
        resource.spelling = resource.spelling._replace(merged=(before,))
    reidentify(level, resource)
    if _loses_annotations(patch):
        take_notes(level, resource, patch.origin.below("metadata"))
    if resource.spelling.shared:
        spread_patch(level, resource, patch.body, patch.origin)
    if resource.spelling.beside:
        forget_deleted(resource)
    if resource.spelling.rewritten:
        forget_rewritten(resource)
    level.withhold_data(resource, kind)
    level.accumulation.update(resource)


def _new_keys(resource: Resource, patch: Patch, field: Pointer) -> list[str]:
    """Return the keys that a patch adds to a mapping, which Kustomize has written anew when it fitted the patch.
    `resource` is in its state before the merge.
    """
    new, known = get(patch.body, field), get(resource.body, field)
    return [name for name in new or () if not known or name not in known]


def _version_text(level: Level, resource: Resource) -> str | None:
    """Return the apiVersion of an object as a text; None if it has none."""
    version = resource.body.get("apiVersion", MISSING)
    if version is MISSING or isinstance(version, dict | list):
        return None
    return text_of(level, resource, _VERSION, version)


def _take(resource: Resource, merged: Tree, log: Log | None, patch: Patch) -> None:
    """Give the object its merged body, with the name, namespace and kind that must stay."""
    metadata = get(resource.body, ("metadata",), {})
    keep = {} if patch.allow_name_change else {"name": metadata.get("name")}
    keep["namespace"] = metadata.get("namespace") if resource.id.namespace else None
    kept: list[Pointer] = [("metadata", field) for field in keep]
    kind = merged.get("kind")
    if not patch.allow_kind_change:
        kind = resource.body.get("kind")
        kept.append(("kind",))
    if patch.fitted and resource.body.get("apiVersion") != "":
        kept.append(_VERSION)
    rebuild(resource, _restored(merged, keep, kind), _without_writes_to(kept, log, resource))


def _restore_version(level: Level, resource: Resource, patch: Patch, version: str | None) -> None:
    """Give an object without an apiVersion, or with null, the text that Kustomize has fitted the patch with.

    If the object had none, the text has the quotes of the patch. Without them, it is null when the object has been
    written and is read again.
    """
    in_patch = patch.origin.below("apiVersion")
    is_quoted = version is None and bool(level.spellings.is_quoted(in_patch))
    put(resource, _VERSION, version or "", in_patch if is_quoted else patch.origin)
    if not is_quoted:
        note_untyped(resource, _VERSION, version or "")


def _report_losses(level: Level, resource: Resource, patch: Patch, result: Tree) -> None:
    """Warn of everything that a merge has lost. `resource` is in its state before the merge."""
    for loss in in_merge(resource.body, patch.body, result, level.schemas, level.run.plain_lists):
        notes = [(origin_of(resource, at), what) for at, what in loss.others]
        found = patch.origin.below(*loss.at)
        if loss.in_object:
            found = origin_of(resource, loss.at)
            notes.append((patch.origin, "the patch that does it"))
        level.report(
            loss.code,
            loss.message,
            found,
            severity="warning",
            resource=resource.id,
            notes=tuple(notes),
            hint=loss.hint,
        )


def _report_dropped(level: Level, resource: Resource, patch: Patch) -> None:
    """Warn of elements that a patch drops from a list that it replaces. `resource` is in its state before the merge."""
    for list_ in dropped(resource.body, patch.body, level.schemas, level.run.plain_lists):
        first = origin_of(resource, list_.first)
        level.report(
            "PS211" if list_.counts_on_a_merge else "PS212",
            list_.message,
            patch.origin.below(*list_.at),
            severity="warning" if list_.counts_on_a_merge or list_.has_parts else "info",
            resource=resource.id,
            notes=((first, "the object has it here"),),
            hint=_advice(list_),
        )


def _advice(list_: Dropped) -> str:
    """Return how to keep what a patch drops from a list."""
    if list_.is_builtin:
        return "use a JSON 6902 patch, or `merge: kubernetes` in penstock.yaml"
    if list_.counts_on_a_merge:
        return "use a JSON 6902 patch, or give the list merge keys with `openapi:`"
    return "if the list is meant as a whole, a JSON 6902 `replace` says so; `openapi:` can give it merge keys"


class _Quoted(NamedTuple):
    """The scalars that a patch sets over strings in quotes: those that are no text, and texts."""

    others: set[Origin]
    texts: set[Origin]


def _written(level: Level, resource: Resource, patch: Patch, quoted: _Quoted, shared: Mapping[Pointer, str]) -> Written:
    """Return how the object and the patch are written, as the merge asks for it.

    The scalars that the merge sets over strings in quotes are added to `quoted`. `shared` is that of `shared_texts`.
    """
    spelling = resource.spelling
    has_notes = bool(spelling.in_quotes or spelling.laid or spelling.beside)

    def is_nothing(at: Pointer) -> bool:
        return is_blank(level, resource, at)

    def is_in_quotes(at: Pointer) -> bool:
        return at in shared or is_quoted(level, resource, at)

    def in_quotes(at: Pointer, patch_at: Pointer, value: Any) -> Any:
        if not is_in_quotes(at):
            return value
        if value.__class__ is Tagged and not value.is_implied:
            return value
        if value.__class__ is not str or _is_plain_date(level, patch, patch_at):
            quoted.others.add(patch.origin.below(*patch_at))
        elif has_notes or spelling.merged or spelling.shared:  # a text that looks like a date
            quoted.texts.add(patch.origin.below(*patch_at))
        if value.__class__ is Tagged:
            return str(value)
        return text_of(level, new_resource(patch.body, patch.origin), patch_at, value)

    def over_text(at: Pointer, patch_at: Pointer, text: str) -> None:
        is_odd = has_notes or ((spelling.merged or spelling.shared) and may_get_quotes(text))
        if is_odd and is_in_quotes(at):
            quoted.texts.add(patch.origin.below(*patch_at))

    def own(at: Pointer, value: Any) -> str:
        is_usual = value.__class__ is int and not level.spellings.odd_numbers
        return str(value) if is_usual else text_of(level, resource, at, value)

    def others(origin: Origin, value: Any) -> str:
        is_usual = value.__class__ is int and not level.spellings.odd_numbers
        return str(value) if is_usual else text_at(level, origin, value)

    def is_unquoted(at: Pointer | None, origin: Origin) -> bool:
        if at is not None and is_json(resource, at):
            return get(resource.body, at).__class__ is not str
        place = origin if at is None else origin_of(resource, at)
        if at is None or level.spellings.is_tagged(place):
            return level.spellings.is_quoted(place) is False
        return not is_quoted(level, resource, at)

    def untag() -> None:
        level.spellings.is_unsettled = True

    def is_plain_key(origin: Origin) -> bool:
        return bool(level.spellings.is_plain_key(origin))

    lists = level.run.plain_lists
    return Written(is_nothing, in_quotes, own, others, lists, is_unquoted, untag, over_text, is_plain_key)


def _note_quoted(resource: Resource, quoted: _Quoted) -> None:
    """Note which scalars of a patch have quotes now that the sources do not tell."""
    spelling = resource.spelling
    if quoted.others or quoted.texts:
        resource.spelling = spelling._replace(
            in_quotes=spelling.in_quotes | quoted.others, laid=spelling.laid | quoted.texts
        )


def _is_plain_date(level: Level, patch: Patch, at: Pointer) -> bool:
    """Return whether a text of a patch, which looks like a date, is one and has not become text with the patch."""
    allows = patch.allow_name_change or patch.allow_kind_change
    is_label = at[:-1] == ("metadata", "labels")
    has_become_text = patch.fitted if is_label else at[:-1] == ANNOTATIONS and (patch.fitted or allows)
    return not has_become_text and level.spellings.is_quoted(patch.origin.below(*at)) is False


def _is_laid(patch: Patch) -> bool:
    """Return whether a patch goes through the object: one with `$patch: replace` at its root goes through itself."""
    return text(patch.body.get("$patch")) != "replace"


def _loses_annotations(patch: Patch) -> bool:
    """Return whether a patch takes all annotations away, and with them what Kustomize has noted there."""
    if not _is_laid(patch):
        return False
    annotations = get(patch.body, ANNOTATIONS, MISSING)
    if _is_taken_away(patch.body.get("metadata")) or _is_taken_away(annotations):
        return True
    return not patch.fitted and annotations is None


def _is_taken_away(value: Any) -> bool:
    """Return whether the mapping of a patch deletes or replaces that of the object."""
    return value.__class__ is dict and text(value.get("$patch")) in ("delete", "replace")


def _forget_types(level: Level, resource: Resource, patch: Patch) -> None:
    """Update which texts of the object have no type, before a merge.

    An untyped text that YAML 1.1 does not read as a string gets quotes by the merge, except in lists that the merge
    does not enter. Then Kustomize writes name, namespace and kind back. If it has fitted the patch to the object, these
    and the apiVersion have no type in the patch.
    """
    untyped = resource.spelling.untyped
    if untyped and _is_laid(patch):
        schema = level.schemas.get((text(resource.body.get("apiVersion")), text(resource.body.get("kind"))))
        untyped = tuple(n for n in untyped if not (gets_quotes(level, n.text) and _is_merged(n.at, schema)))
        resource.spelling = resource.spelling._replace(untyped=untyped)
    for at in _written_anew(patch):
        forget_type_and_tag(level, resource, at)
    for at in _taken_from(patch):
        value = get(patch.body, at)
        if isinstance(value, str):
            forget_type(level, resource, at, value)


def _written_anew(patch: Patch) -> Iterator[Pointer]:
    """Yield the places to which Kustomize writes the object's previous values back."""
    if not patch.allow_name_change:
        yield _NAME
    # Where a patch went through the object, this has quoted the namespace already, unless the patch has one, too.
    if get(patch.body, _NAMESPACE) is not None or not _is_laid(patch):
        yield _NAMESPACE
    if not patch.allow_kind_change:
        yield ("kind",)
    if patch.fitted:
        yield _VERSION


def _taken_from(patch: Patch) -> Iterator[Pointer]:
    """Yield the places that an object takes from a fitted patch, into which Kustomize has written them."""
    if patch.fitted and patch.allow_name_change:
        yield _NAME
    if patch.fitted and patch.allow_kind_change:
        yield ("kind",)


def _is_merged(at: Pointer, schema: Schema | None) -> bool:
    """Return whether a merge reaches a place: it enters mappings, and lists that are merged by keys."""
    keys: tuple[str, ...] | None = None
    for step in at:
        if isinstance(step, int):
            if keys is None:
                return False
        else:
            keys, schema = (schema or {}).get(str(step), NO_SCHEMA)
    return True


def _merge(level: Level) -> Merge:
    """Return the function that merges patches by the options of this build."""
    if level.options.merge != KUBERNETES:
        return merge
    from penstock.resolve.merging import kubernetes_merge

    return kubernetes_merge.merge


def _restored(body: Tree, keep: Mapping[str, Any], kind: Any) -> Tree:
    """Return the body with the name, namespace and kind that must stay."""
    metadata = body.get("metadata")
    before = metadata if isinstance(metadata, dict) else {}
    wanted = {**before, **keep}
    if keep["namespace"] is None:
        wanted.pop("namespace", None)
    # Kustomize writes these fields back without their tags, so an object with tags changes nevertheless.
    has_tags = any(value.__class__ is Tagged for value in (body.get("kind"), *before.values()))
    if wanted == metadata and body.get("kind") == kind and not has_tags:
        return body
    return {**body, "metadata": wanted, "kind": kind}


def _without_writes_to(kept: list[Pointer], log: Log | None, resource: Resource) -> Log | None:
    """Return the write log after a patch, without the patch's writes to fields that are set back.

    These fields keep their earlier origin. `resource` is in its state before the patch.
    """
    entries = []
    while log is not resource.log:
        assert log is not None
        log, at, source = log
        entries.append((at, source))
    replaced: set[Pointer] = set()
    for at, source in reversed(entries):
        if at not in kept:
            log = (log, at, source)
            replaced.update(place for place in kept if place[: len(at)] == at)
    for place in kept:
        if place in replaced:  # the patch replaced a container around the field
            log = (log, place, origin_of(resource, place))
    return log
