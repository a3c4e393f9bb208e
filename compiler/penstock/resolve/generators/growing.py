"""Generated objects that grow: n generators that merge into one object take n steps, and not n * n.

This is what `behavior: merge` comes to where the existing object is itself the result of such a merge and both have
only ordinary keys and texts. Then nothing has to be said about what was there before, and it is taken over as it is:
within one field its data are extended in place, since nothing else has them, and elsewhere they are copied at once.
"""

from penstock.model import Origin, Pointer, Resource, Spelling, Tree
from penstock.resolve.finding.identities import current
from penstock.resolve.level import Level
from penstock.resolve.spelling.anew import note_written_anew
from penstock.resolve.spelling.plain_keys import is_ordinary
from penstock.scalar import may_be_date, resource_scalar
from penstock.tree import get, origin_of, rebuild
from penstock.typed import Any

LABELS = ("metadata", "labels")
KEYS_OF_A_VALUE = 16
"""So many keys that are taken over at once count as one value."""


def note_merged(level: Level, resource: Resource) -> bool:
    """Note that an object is the result of a merge, and return whether it is plain, so that it can grow."""
    if not _is_plain(resource):
        return False
    _note(level, resource)
    return True


def grow(level: Level, new: Resource, fresh: set[Resource]) -> bool:
    """Lay the data of a generated object over those of the plain one that it is merged with, and return whether this
    was possible. `fresh` are the objects whose data nothing else has.
    """
    old = _growing(level, new, fresh) if new.lineage.behavior == "merge" else None
    if old is None:
        return False
    added = new.body["data"]
    is_own = old in fresh
    level.spend("values", len(added), new.origin)
    if not is_own:
        level.spend("values", len(old.body["data"]) // KEYS_OF_A_VALUE, new.origin)
    log = old.log
    for key in added:
        log = (log, ("data", key), origin_of(new, ("data", key)))
    level.run.grown.pop(id(old.body["data"]), None)
    data = old.body["data"] if is_own else dict(old.body["data"])
    data.update(added)
    fields = {field: value for field, value in new.body.items() if field != "data"}
    labels = {"labels": old.body["metadata"]["labels"]} if "labels" in old.body["metadata"] else {}
    spelling = _spelled(old.spelling, new.spelling, {("data", key) for key in added}, is_own)
    _take_tabs(level, old.origin, new.origin)
    rebuild(new, {**fields, "metadata": labels | names_of(old), "data": data}, log)
    new.id = old.id
    new.lineage = old.lineage._replace(needs_hash=old.lineage.needs_hash and new.lineage.needs_hash)
    new.spelling = spelling
    if labels:
        _note_labels(level, new)
    level.accumulation.replace(old, new)
    fresh.discard(old)
    fresh.add(new)
    _note(level, new)
    return True


def _note_labels(level: Level, resource: Resource) -> None:
    """Note how the labels are spelled, which Kustomize writes anew with the data."""
    places = {(*LABELS, key) for key in get(resource.body, LABELS)}
    spelling = resource.spelling
    resource.spelling = spelling._replace(quoted=spelling.quoted - places, styleless=spelling.styleless - places)
    note_written_anew(level, resource, LABELS)


def names_of(resource: Resource) -> Tree:
    """Return the metadata that say which object this is."""
    names: Tree = {"name": resource.id.name}
    if resource.id.namespace:
        names["namespace"] = resource.id.namespace
    return names


def _note(level: Level, resource: Resource) -> None:
    data = resource.body["data"]
    level.run.grown[id(data)] = (data, resource.spelling)


def _growing(level: Level, new: Resource, fresh: set[Resource]) -> Resource | None:
    """Return the plain object that a generated one lays its data over and leaves as it is otherwise."""
    matches = level.accumulation.by_any_id(current(new))
    if len(matches) != 1 or "labels" in new.body["metadata"] or not _is_plain(new):
        return None
    old = matches[0]
    is_known = old.id.kind == new.id.kind and (old in fresh or _is_grown(level, old))
    return old if is_known and _differ_in_data_alone(old.body, new.body) else None


def _is_grown(level: Level, resource: Resource) -> bool:
    """Return whether the data of an object are the result of a merge that is known to be plain, and nothing has been
    noted about them since.
    """
    data = resource.body.get("data")
    known, spelling = level.run.grown.get(id(data), (None, None))
    is_as_it_was = known is not None and known is data and resource.spelling is spelling
    return is_as_it_was and _has_plain_names(resource.body) and _has_plain_labels(resource.body)


def _is_plain(resource: Resource) -> bool:
    """Return whether a generated object has only text, with keys and a name that read the same without quotes, so that
    there is nothing to say about them when they are copied.
    """
    data = resource.body.get("data")
    if not data or "binaryData" in resource.body:
        return False
    if not _has_plain_names(resource.body) or not _has_plain_labels(resource.body):
        return False
    return all(map(is_ordinary, data)) and not any(map(may_be_date, data.values()))


def _has_plain_names(body: Tree) -> bool:
    """Return whether the metadata of an object are its names, which read the same without quotes, and labels."""
    metadata = body["metadata"]
    names = (metadata[field] for field in ("name", "namespace") if field in metadata)
    return metadata.keys() <= {"name", "namespace", "labels"} and all(resource_scalar(name) == name for name in names)


def _has_plain_labels(body: Tree) -> bool:
    """Return whether the labels of an object, if it has any, are ordinary keys and texts."""
    labels = body["metadata"].get("labels", {})
    if not isinstance(labels, dict) or not all(map(is_ordinary, labels)):
        return False
    return all(value.__class__ is str and not may_be_date(value) for value in labels.values())


def _differ_in_data_alone(old: Tree, new: Tree) -> bool:
    """Return whether two plain bodies are the same but for data and names."""
    others = (old.keys() | new.keys()) - {"metadata", "data"}
    return all(field in old and field in new and old[field] == new[field] for field in others)


def _spelled(old: Spelling, new: Spelling, added: set[Pointer], is_own: bool) -> Spelling:
    """Return how the texts of an object are spelled to which some were added: Kustomize writes all of them anew. The
    sets of an old object that nothing else has are taken over.
    """
    quoted: Any = old.quoted if is_own and isinstance(old.quoted, set) else set(old.quoted)
    styleless: Any = old.styleless if is_own and isinstance(old.styleless, set) else set(old.styleless)
    quoted -= added
    quoted |= new.quoted
    styleless |= added
    styleless -= new.quoted
    return old._replace(quoted=quoted, styleless=styleless)


def _take_tabs(level: Level, old: Origin, new: Origin) -> None:
    """Note that the texts of an object must be checked when it is written, if those of the old one have to be."""
    if old.path in level.spellings.loose:
        level.spellings.loose.add(new.path)
