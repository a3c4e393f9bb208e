"""Keys without quotes. Kustomize writes an object and reads it again, and parses a key without quotes as YAML: `010`
becomes 8, and a date becomes a time. It cannot print a key that is a boolean, a fraction or null.

This concerns the keys that Kustomize adds to a mapping, and those that an object or a patch has without quotes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.braces import is_in_braces
from penstock.resolve.spelling.written_values import writes_since_deletion
from penstock.scalar import as_plain_key, can_be_block, can_be_plain_key, is_odd_key, resource_scalar
from penstock.tree import MISSING, get, is_json, log, origin_of, place_at, respell, with_value
from penstock.typed import Any


def check_key(level: Level, resource: Resource, at: Pointer) -> None:
    """Report a key that Kustomize adds and cannot print. The key is the last step of the pointer.

    The fields of the object itself are read as text, whatever they look like.
    """
    key = str(at[-1])
    if is_ordinary(key):
        return
    if key == "<<" or (len(at) > 1 and not can_be_plain_key(key)):
        message = f"the key {key!r} is no text: Kustomize adds it without quotes"
        hint = "put a letter in front"
        level.report("PS236", message, origin_of(resource, at), resource=resource.id, hint=hint)
    elif key[:1] == "\t" and "\n" in key and can_be_block(key):
        message = "Kustomize cannot print a key of several lines that starts with a tab"
        level.report("PS164", message, origin_of(resource, at), resource=resource.id, hint="start it with a letter")
    elif as_plain_key(key) != key:
        level.spellings.odd_keys = True


@lru_cache(maxsize=65536)
def is_ordinary(key: str) -> bool:
    """Return whether a key can be printed anywhere, and is the same text without quotes."""
    return key != "<<" and key[:1] != "\t" and can_be_plain_key(key) and as_plain_key(key) == key


def check_keys(level: Level, resource: Resource, fields: Iterable[Pointer]) -> None:
    """Report every key of these mappings that Kustomize adds and cannot print."""
    for field in fields:
        value = get(resource.body, field)
        for key in value if isinstance(value, dict) else ():
            check_key(level, resource, (*field, key))


def settle_keys(level: Level, resource: Resource) -> None:
    """Give the keys without quotes the text that they have once Kustomize has written the object and read it again."""
    if not level.spellings.odd_keys:
        return
    plain = [at for at in _odd_keys(resource.body, ()) if _is_written_plain(level, resource, at)]
    _settle_all(level, resource, plain)
    _settle_nulls(level, resource)


def _is_written_plain(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether Kustomize writes a key without quotes that is no text then."""
    # An empty key is written as '', which is a text.
    if at[-1] == "" and not is_json(resource, at):
        return False
    # A time of day is written in quotes inside of braces, if nothing has read it before.
    if ":" in str(at[-1]) and not _is_read_from_list(resource, at) and is_in_braces(level, resource, at):
        return False
    return is_plain_key(level, resource, at)


def _is_read_from_list(resource: Resource, at: Pointer) -> bool:
    """Return whether Kustomize has made JSON of a place when it took the object out of a list."""
    return resource.spelling.through_json == "list" and is_json(resource, at)


def check_listed(level: Level, resource: Resource) -> None:
    """Report the keys of an item of a list that cannot be keys of JSON. Kustomize refuses them as it reads the list,
    whatever becomes of them later.
    """
    if not level.spellings.odd_keys:
        return
    for at in _odd_keys(resource.body, ()):
        if not can_be_plain_key(str(at[-1])) and _is_written_plain(level, resource, at):
            _report_plain(level, resource, at)


def _settle_nulls(level: Level, resource: Resource) -> None:
    """Settle the fields of the object itself whose names are null."""
    for key in [key for key in resource.body if key and resource_scalar(key) is None]:
        if is_plain_key(level, resource, (key,)):
            _settle_null(level, resource, key)


def _settle_null(level: Level, resource: Resource, key: str) -> None:
    """Report a field of the object itself whose name is null.

    In the object Kustomize refuses such a field, because the key exists twice after anchors are expanded. If a patch
    adds it, Kustomize drops it.
    """
    where = origin_of(resource, (key,))
    if where[:2] == resource.origin[:2]:
        message = f"the key {key} is null, and no text"
        level.report("PS236", message, where, resource=resource.id, hint=f'write "{key}"')
        return
    respell(resource, {other: value for other, value in resource.body.items() if other != key})
    message = f"the key {key} is null, and is not printed"
    level.report("PS238", message, where, severity="warning", resource=resource.id, hint=f'write "{key}"')


def _odd_keys(tree: Any, at: Pointer) -> Iterator[Pointer]:
    """Yield the keys that are not text when written without quotes, innermost first. The keys of the object itself are
    always text.
    """
    if tree.__class__ is dict:
        for key, value in tree.items():
            yield from _odd_keys(value, (*at, key))
            if at and is_odd_key(key):
                yield (*at, key)
    elif tree.__class__ is list:
        for index, value in enumerate(tree):
            yield from _odd_keys(value, (*at, index))


def is_plain_key(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a pointer ends with a key that has no quotes, and that is not text without them.

    Where several sources wrote the key, the first one decides. A key that is in no source was added by Kustomize,
    without quotes.
    """
    # The key is a string, with quotes or without.
    if resource_scalar(str(at[-1])) == at[-1]:
        return False
    if at in resource.spelling.rewritten:
        return True
    if is_json(resource, at):
        return resource.spelling.through_json == "list" and bool(level.spellings.is_plain_key(origin_of(resource, at)))
    then = resource.spelling.log_then if resource.spelling.through_json else resource
    written = [*writes_since_deletion(level, resource, at, then)]
    if _was_text(resource, at) and any(was_before for _, was_before in written):
        return False
    origins = [origin for origin, was_before in written if origin.at[-1:] == at[-1:] and not was_before]
    known = (level.spellings.is_plain_key(origin) for origin in reversed(origins))
    return next((plain for plain in known if plain is not None), True)


def _was_text(resource: Resource, at: Pointer) -> bool:
    """Return whether a key stood in the object when a JSON 6902 patch made texts of all keys."""
    spelling = resource.spelling
    if spelling.through_json != "patch":
        return False
    return get(spelling.body_then, place_at(resource, at, spelling.log_then), MISSING) is not MISSING


def note_rewritten(level: Level, resource: Resource, field: Pointer, keys: Iterable[str]) -> None:
    """Note that Kustomize has written these keys of a mapping anew, so that they have no quotes
    (`kyaml/yaml.RNode.setMapInMetadata`, `LoadMapIntoConfigMapData`, v5.8.2).
    """
    written = [key for key in keys if resource_scalar(key) != key or not is_ordinary(key)]
    if written:
        places = [(*field, key) for key in written]
        resource.spelling = resource.spelling._replace(rewritten=resource.spelling.rewritten.union(places))
        level.spellings.odd_keys = level.spellings.odd_keys or not all(map(is_ordinary, written))


def forget_rewritten(resource: Resource) -> None:
    """Forget the keys that a patch has deleted: one that is written there later has its own quotes."""
    kept = frozenset(at for at in resource.spelling.rewritten if get(resource.body, at, MISSING) is not MISSING)
    resource.spelling = resource.spelling._replace(rewritten=kept)


def _settle_all(level: Level, resource: Resource, places: list[Pointer]) -> None:
    """Give keys the text that they have without quotes.

    The keys of one mapping are renamed together, and those of the innermost mappings first.
    """
    keys_of: dict[Pointer, list[str]] = {}
    for at in places:
        keys_of.setdefault(at[:-1], []).append(str(at[-1]))
    for parent in sorted(keys_of, key=len, reverse=True):
        keys = keys_of[parent]
        for key in keys:
            _report_plain(level, resource, (*parent, key))
        names = {key: as_plain_key(key) for key in keys if can_be_plain_key(key)}
        before = get(resource.body, parent)
        counts = _keys_that_count(level, resource, parent, names)
        respell(resource, with_value(resource.body, parent, {name: before[key] for name, key in counts.items()}))
        for name, key in counts.items():
            if key in names:
                log(resource, (*parent, name), origin_of(resource, (*parent, key)))


def _keys_that_count(level: Level, resource: Resource, parent: Pointer, names: Mapping[str, str]) -> dict[str, str]:
    """Return the names of a mapping, each with the key whose value it gets. `names` has those of the keys that are
    another text without quotes.

    Of keys without quotes that become one, the last counts, in the place of the first. Where a name in quotes is the
    same as one without, Kustomize takes the values from a map of Go (`kyaml/yaml.RNode.MarshalJSON`): in seven of eight
    runs the last of them counts.
    """
    shared = set(names.values())

    def is_plain(key: str) -> bool:
        return key in names or (key in shared and is_plain_key(level, resource, (*parent, key)))

    entries = {(is_plain(key), names.get(key, key)): key for key in get(resource.body, parent)}
    return {name: key for (_, name), key in entries.items()}


def _report_plain(level: Level, resource: Resource, at: Pointer) -> None:
    """Report a key that is another text without quotes, or none."""
    key, where = str(at[-1]), origin_of(resource, at)
    if not can_be_plain_key(key):
        message = f"the key {key} is no text without quotes"
        level.report("PS236", message, where, resource=resource.id, hint=f'write "{key}"')
        return
    message = f"the key {key} is printed as {as_plain_key(key)!r}, since it has no quotes"
    hint = "put it into quotes, or where Kustomize adds it a letter in front"
    level.report("PS238", message, where, severity="warning", resource=resource.id, hint=hint)
