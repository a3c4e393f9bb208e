"""Labels that Kustomize writes once and shares between several places of an object, so that a later write to one place
changes all of them.

`labels` with `includeSelectors` makes one value for `metadata.labels`, the selector and the pod template. If a patch, a
replacement or the `labels` of an overlay then sets the label in `metadata` alone, Kustomize changes the selector, too.
The values are separate once a JSON patch has written the whole object anew.
"""

from collections.abc import Iterable, Mapping, Sequence

from penstock.model import Beside, Origin, Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.resolve.level import KUBERNETES, Level
from penstock.resolve.spelling.written_values import gets_quotes, has_separator, has_style_of_tag
from penstock.scalar import is_same
from penstock.tree import MISSING, get, origin_of, put, with_value


class Places(NamedTuple):
    """The places of one label, in the order in which a transformer writes to them."""

    value: str
    made: list[Pointer]
    """Those that had no value before."""
    others: list[Pointer]
    is_made_last: bool = True


def share(level: Level, resource: Resource, groups: Iterable[Places]) -> None:
    """Note that the new places of each group share one value, and which quotes it has."""
    if level.options.merge == KUBERNETES:
        return
    spelling = resource.spelling
    made = [places for places in groups if places.made]
    shared = [tuple(places.made) for places in made if len(places.made) > 1]
    beside = [_beside(places) for places in made if _may_have_quotes(places)]
    if shared or beside:
        resource.spelling = spelling._replace(shared=(*spelling.shared, *shared), beside=(*spelling.beside, *beside))


def _beside(places: Places) -> Beside:
    last = places.others[-1] if places.others else None
    return Beside(tuple(places.made), last, places.value if places.is_made_last else "")


def _may_have_quotes(places: Places) -> bool:
    return bool(places.others) or _needs_quotes(places.value)


def _needs_quotes(value: str) -> bool:
    """Return whether a label may need quotes, judging by its form."""
    return not value[:1].isalpha() or value.lower() in _WORDS or has_separator(value)


_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def spread(level: Level, resource: Resource, written: Iterable[tuple[Pointer, Origin]]) -> None:
    """Copy each value that was written, at a place and by a line, to the other places that share it."""
    if not resource.spelling.shared:
        return
    groups: dict[Pointer, list[tuple[Pointer, ...]]] = {}
    for group in resource.spelling.shared:
        for at in group:
            groups.setdefault(at, []).append(group)
    for at, where in written:
        for group in groups.get(at, ()):
            _bring(level, resource, at, group, where)


def spread_patch(level: Level, resource: Resource, patch: Tree, where: Origin) -> None:
    """Copy the values that a strategic merge patch wrote to the other places that share them.

    If the patch writes several places that share a value, the last one decides.
    """
    groups: list[tuple[Pointer, ...]] = []
    for group in resource.spelling.shared:
        kept = tuple(at for at in group if not _is_parted(patch, at) and _is_scalar(resource, at))
        written = [at for at in kept if get(patch, at) is not None]
        if written:
            # The patch is walked in the order of its keys, so the last place in that order wins.
            last = max(written, key=str)
            _bring(level, resource, last, kept, where)
            _note_quotes(level, resource, last, kept)
        groups.append(kept)
    resource.spelling = resource.spelling._replace(shared=tuple(groups))


def forget_deleted(resource: Resource) -> None:
    """Forget the quotes of labels that a patch has deleted: what is written there later has its own."""
    kept = [(beside, [at for at in beside.made if _is_scalar(resource, at)]) for beside in resource.spelling.beside]
    besides = tuple(beside._replace(made=tuple(made)) for beside, made in kept)
    resource.spelling = resource.spelling._replace(beside=besides)


def _note_quotes(level: Level, resource: Resource, at: Pointer, group: Sequence[Pointer]) -> None:
    """Note the quotes that a text of a patch gets at the places that a merge reaches after it has written the text."""
    value = get(resource.body, at)
    if value.__class__ is str and str(at) < str(max(group, key=str)) and gets_quotes(level, value):
        laid = resource.spelling.laid | {origin_of(resource, at)}
        resource.spelling = resource.spelling._replace(laid=laid)


def _bring(level: Level, resource: Resource, at: Pointer, group: Sequence[Pointer], where: Origin) -> None:
    value = get(resource.body, at)
    changed = [at for at in group if _is_scalar(resource, at) and not is_same(get(resource.body, at), value)]
    for other in changed:
        put(resource, other, value, origin_of(resource, at))
    if changed:
        shown = ", ".join(sorted(".".join(map(str, other)) for other in changed))
        message = f"this changes {shown} too: a `labels` or `commonAnnotations` below wrote them as one"
        hint = "set the label where it was set first"
        level.report("PS237", message, where, severity="warning", resource=resource.id, hint=hint)


def shared_texts(level: Level, resource: Resource, patch: Tree) -> dict[Pointer, str]:
    """Return the texts that get quotes at one place before a patch reaches another one that shares them, by that other
    place.

    A merge goes through the keys of a mapping in their order, and quotes the texts that it leaves as they are.
    """
    texts: dict[Pointer, str] = {}
    for group in resource.spelling.shared:
        places = sorted(group, key=str)
        value = get(resource.body, places[0]) if places else None
        text, unquoted = "", None
        for at in places:
            if at not in texts:
                texts[at] = text if text and not has_style_of_tag(level, resource, at) else ""
            new = get(patch, at, MISSING)
            if new is not MISSING:
                value = new
            elif not text and isinstance(value, str) and value is not unquoted:
                text, unquoted = str(value) if gets_quotes(level, str(value)) else "", value
    return {at: text for at, text in texts.items() if text}


def with_shared_texts(body: Tree, patch: Tree, texts: Mapping[Pointer, str]) -> Tree:
    """Return the body of an object as a merge finds it where a patch writes to several places that share a value: the
    later ones have the text that the patch has written to an earlier one.
    """
    for at, text in texts.items():
        if get(patch, at) is not None and get(body, at).__class__ is not str:
            body = with_value(body, at, text)
    return body


def _is_scalar(resource: Resource, at: Pointer) -> bool:
    return isinstance(get(resource.body, at, MISSING), str | int | float)


def _is_parted(patch: Tree, at: Pointer) -> bool:
    """Return whether a patch puts a new mapping or list around a place, so that its value is no longer shared."""
    for depth, step in enumerate(at):
        around = get(patch, at[:depth])
        if around.__class__ is list and isinstance(step, int):
            return True
        if around.__class__ is dict and around.get("$patch") in ("replace", "delete"):
            return True
    return False
