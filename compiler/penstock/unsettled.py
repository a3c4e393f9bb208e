"""What Kustomize finds out about an object only when it has written it as YAML and reads it again.

Until then it takes the first value of a key, the text of a scalar, whatever its tag says, a mapping as a key, and some
merge keys for fields like any other. What is wrong with these is an error if it is still there: what a patch deletes or
replaces never was.
"""

from collections.abc import Callable, Iterator

from penstock.model import Again, Diagnostic, LateKey, NoText, Origin, Pointer, Tree
from penstock.scalar import KEY_WITHOUT_TEXT, UNFIT, Tagged, key_text, unfit
from penstock.tree import MISSING
from penstock.typed import Any

Written = Callable[[Pointer], Origin]
"""Where a part of a tree is written."""


def read_again(tree: Tree, written: Written, brought: list[Pointer] | None = None) -> tuple[Tree, list[Diagnostic]]:
    """Return what Kustomize reads of an object that it has written, and the findings about what it cannot read. The
    tree itself is returned where nothing differs. The places of what merge keys bring are added to `brought`.
    """
    reading = _Reading(written, [] if brought is None else brought)
    return reading.mapping(tree, ()), reading.findings


def second_is_lost(key: Again) -> Diagnostic:
    """Return the finding that Kustomize takes the first value of a key and drops the second one without a word."""
    notes = tuple((where, "this value counts") for where, _ in key.finding.notes)
    return key.finding._replace(severity="warning", notes=notes, hint="the first one wins here: remove the other")


def first_is_lost(key: Again) -> Diagnostic:
    """Return the finding that Kustomize takes the last value of a key and drops the first one."""
    notes = tuple((where, "the value here is lost") for where, _ in key.finding.notes)
    return key.finding._replace(severity="warning", notes=notes, hint="the last one wins here: remove the other")


def keys_twice(tree: Any) -> Iterator[Again]:
    """Yield the keys that stand a second time in their mapping, anywhere in a tree."""
    if tree.__class__ is dict:
        for key, value in tree.items():
            if isinstance(key, Again):
                yield key
            yield from keys_twice(value)
    elif tree.__class__ is list:
        for item in tree:
            yield from keys_twice(item)


_UNSETTLED = frozenset((Again, NoText, Tagged))
"""The types of keys that are read as something else, or not at all."""


_HEADS = {"apiVersion", "kind"}
"""The keys with which an object begins."""


class _Reading:
    """One object is read again. Each method returns its argument where nothing changes."""

    def __init__(self, written: Written, brought: list[Pointer]) -> None:
        self.written = written
        self.brought = brought
        self.findings: list[Diagnostic] = []
        self.heads_twice: set[str] = set()

    def value(self, value: Any, at: Pointer) -> Any:
        if value.__class__ is dict:
            return self.mapping(value, at)
        if value.__class__ is list:
            items = [self.value(item, (*at, index)) for index, item in enumerate(value)]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        if value.__class__ is not Tagged:
            return value
        read = value.value
        if read is UNFIT:
            self.refuse(*unfit(value.tag), at)
            return str(value)
        return self.value(read, at)

    def mapping(self, tree: Tree, at: Pointer) -> Tree:
        read: Tree = {}
        is_changed = False
        for key, value in tree.items():
            new_key: str | None = key
            if key.__class__ in _UNSETTLED:
                new_key = self.unsettled_key(key, tree, read, at)
            new = self.value(value, (*at, key))
            is_changed = is_changed or new is not value or new_key is not key
            if new_key is not None:
                read[new_key] = new
        if "<<" in read and any(key.__class__ is LateKey for key in read):
            return self.merged(read, at)
        return read if is_changed else tree

    def unsettled_key(self, key: Any, tree: Tree, read: Tree, at: Pointer) -> str | None:
        """Return what a key is read as, or None where that is an error."""
        if key.__class__ is Again:
            return self.second_key(key, tree, read, at)
        if key.__class__ is NoText:
            self.findings.append(key.finding)
            return None
        return self.tagged_key(key, at)

    def merged(self, tree: Tree, at: Pointer) -> Tree:
        """Return a mapping with what its merge key brings: its own keys win, then those of the earlier mappings. This
        follows `merge` of go-yaml v3's `decode.go`.
        """
        own = {key: value for key, value in tree.items() if key.__class__ is not LateKey}
        merged = tree["<<"] if tree["<<"].__class__ is list else [tree["<<"]]
        if not all(mapping.__class__ is dict for mapping in merged):
            message = "a merge key takes a mapping, or a list of mappings; this is something else"
            where = self.written((*at, "<<"))
            self.findings.append(Diagnostic("PS161", "error", message, where, hint="remove the key"))
            return own
        found: Tree = {}
        for mapping in reversed(merged):
            found.update(mapping)
        self.brought += [(*at, key) for key in found if key not in own]
        return {**found, **own}

    def second_key(self, key: Any, tree: Tree, read: Tree, at: Pointer) -> str | None:
        """Return the finding about a key that stands twice, or None if the first one is not there any more."""
        if str(key) in tree or str(key) in read:
            if at or not self.is_of_second_object(str(key)):
                self.findings.append(key.finding)
            return None
        return self.tagged_key(key.key, at) if key.key.__class__ is Tagged else str(key)

    def is_of_second_object(self, key: str) -> bool:
        """Return whether a key at the top stands twice since a second object begins without a line between the two,
        which the finding about the first of its keys has said.
        """
        if key in _HEADS:
            self.heads_twice.add(key)
        return self.heads_twice == _HEADS

    def tagged_key(self, key: Any, at: Pointer) -> str:
        read = key.value
        text = None if read is UNFIT else key_text(read, is_config=False)
        if read is UNFIT:
            self.refuse(*unfit(key.tag), (*at, key))
        elif text is None:
            self.refuse(KEY_WITHOUT_TEXT, "remove the tag", (*at, key))
        return str(key) if text is None else text

    def refuse(self, message: str, hint: str, at: Pointer) -> None:
        self.findings.append(Diagnostic("PS160", "error", message, self.written(at), hint=hint))


def is_null(value: Any) -> bool:
    """Return whether Kustomize takes a value for null when it looks at it: the value is null, or has the tag of
    null.
    """
    return value is None or value is MISSING or (value.__class__ is Tagged and value.is_null)


def without_nulls(tree: Any, other: Any) -> Any:
    """Return a tree as it takes part in a merge. A value with the tag `!!null` becomes null where the other side has
    its key, and an empty one is dropped where it has not.
    """
    if tree.__class__ is list and tree is other:  # elements of a patch are merged with others
        return [without_nulls(item, item) for item in tree]
    if tree.__class__ is not dict:
        return tree
    found: Tree = {}
    for key, value in tree.items():
        theirs = other.get(key, MISSING) if other.__class__ is dict else MISSING
        is_null = value.__class__ is Tagged and value.is_null and (theirs is not MISSING or not value)
        if not is_null:
            found[key] = without_nulls(value, theirs)
        elif theirs is not MISSING:
            found[key] = None
    return found
