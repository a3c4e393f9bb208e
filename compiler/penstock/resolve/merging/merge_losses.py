"""Finds what a strategic merge silently loses, by comparing the object, the patch and the result.

The merge itself is `kustomize_merge.py`, with all quirks of Kustomize. This module changes nothing; it reports where
the quirks have lost data. Lists that a merge left unchanged are skipped.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from penstock.kubernetes import text
from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.resolve.merging.merge_keys import BUILTIN, Schema
from penstock.resolve.merging.plain_lists import PlainList, PlainLists
from penstock.typed import Any

CHOICES = frozenset(("volumes", "resourceClaims"))
"""Merged lists whose elements make one choice each: an element has one field beside its name (`retainKeys`)."""

_TCP = "to Kubernetes no protocol is TCP; write it on both sides"
_CORRECT = "`merge: kubernetes` in penstock.yaml keeps both"


class Loss(NamedTuple):
    """Something that is missing from the output. `at` leads into the patch, or into the object if the object's value
    was lost.

    `others` are pointers into the object, each with a note.
    """

    code: str
    message: str
    at: Pointer
    in_object: bool = False
    others: tuple[tuple[Pointer, str], ...] = ()
    hint: str = ""


class _Merged(NamedTuple):
    """A value in body, patch and result; None for a side that lacks it. `at` is its place in the patch, `place` that in
    the body.
    """

    body: Any
    patch: Any
    result: Any
    at: Pointer
    place: Pointer
    lists: PlainLists

    def below(self, key: str) -> "_Merged":
        return _Merged(
            _field(self.body, key),
            _field(self.patch, key),
            _field(self.result, key),
            (*self.at, key),
            (*self.place, key),
            self.lists,
        )


class _List(NamedTuple):
    """A list that is merged by keys: the name of its field, its keys, its three sides, and the schema of its
    elements.
    """

    field: str
    keys: tuple[str, ...]
    sides: _Merged
    below: Schema | None

    def plain(self, side: Any) -> PlainList | None:
        """Return one of its sides as a plain list, or None where it is not plain."""
        return self.sides.lists.find(side, (self.keys, self.below))

    def finder(self, side: list[Any]) -> "Callable[[tuple[str, ...]], tuple[int, Any] | None]":
        """Return a function that finds the index and the element for some key values: the first one if several have
        them.
        """
        plain = self.plain(side)
        if plain is None:
            return _by_identity(side, self.keys).get
        known, number = plain.elements, plain.number
        return lambda identity: (number(identity), known[identity]) if identity in known else None

    def finder_of_candidates(self, side: list[Any]) -> Callable[[tuple[str, ...]], Iterable[Any]]:
        """Return a function that finds the elements that some key values may mean: those with the same first value."""
        plain = self.plain(side)
        by_first_key: dict[str, list[Any]] = {}

        def find(identity: tuple[str, ...]) -> Iterable[Any]:
            if plain is not None and plain.has_form_of(identity):
                return (plain.elements[identity],) if identity in plain.elements else ()
            for candidate in () if by_first_key else side:
                by_first_key.setdefault(_identity(candidate, self.keys)[0], []).append(candidate)
            return by_first_key.get(identity[0], ())

        return find


def in_merge(body: Tree, patch: Tree, result: Tree, schemas: Mapping[Any, Schema], lists: PlainLists) -> Iterator[Loss]:
    """Yield all losses in a merge of `patch` into `body` that gives `result`. `lists` are the lists known to be
    plain.
    """
    if text(patch.get("$patch")) == "replace":
        hint = "leave the directive out, and delete with null what shall go"
        yield Loss(
            "PS294",
            "`$patch: replace` at the root of a patch is ignored, and the patch with it",
            ("$patch",),
            hint=hint,
        )
        return
    kind = (text(body.get("apiVersion")), text(body.get("kind")))
    schema = schemas.get(kind)
    sides = _Merged(body, patch, result, (), (), lists)
    yield from _in_mapping(sides, schema)
    if schemas is not BUILTIN:
        yield from _in_replaced_schema(sides, schema, BUILTIN.get(kind))


def _in_mapping(sides: _Merged, schema: Schema | None) -> Iterator[Loss]:
    # The patch does not name this mapping. Kustomize may still have changed lists in it.
    if sides.patch is None:
        if sides.result is not sides.body:
            yield from _in_unnamed_fields(sides, schema, ())
        return
    directive = text(sides.patch.get("$patch"))
    if directive == "delete":
        return
    if directive == "replace":
        sides = sides._replace(body=None)
    for key in sides.patch:
        if is_directive(key):
            yield _literal(key, (*sides.at, key))
        elif key != "$patch":
            yield from _in_field(sides.below(key), key, schema)
    yield from _in_unnamed_fields(sides, schema, sides.patch)


def _in_unnamed_fields(sides: _Merged, schema: Schema | None, named: Container[str]) -> Iterator[Loss]:
    """Yield the losses in lists of the object that a merge walks through although the patch does not name them."""
    if schema and isinstance(sides.body, dict):
        for key in schema:
            if key in sides.body and key not in named:
                yield from _in_field(sides.below(key), key, schema)


def _in_field(sides: _Merged, key: str, schema: Schema | None) -> Iterator[Loss]:
    keys, below = schema.get(key, (None, None)) if schema else (None, None)
    side = sides.body if sides.patch is None else sides.patch
    if isinstance(side, dict):
        yield from _in_mapping(sides, below)
        # A patch that sets another type of strategy drops the settings of the old one.
        if key == "strategy" and sides.place == ("spec", "strategy"):
            yield from _in_strategy(sides)
    elif isinstance(side, list):
        if keys:
            yield from _in_list(_List(key, keys, sides, below))
        elif keys is None and sides.patch is not None:
            yield from _in_replaced_list(sides.patch, sides.at)


def _in_list(merged: _List) -> Iterator[Loss]:
    body, patch, result, *_ = merged.sides
    if patch is None and result is body:
        return
    whole = _whole(patch or ())
    if whole == "delete":
        return
    if whole == "replace" or not isinstance(body, list):
        body = []
    result = result if isinstance(result, list) else []
    merged = merged._replace(sides=merged.sides._replace(body=body, result=result))
    found = [*_lost_of_patch(merged), *_lost_of_object(merged)]
    without_key = [loss for loss in found if loss.code == "PS293"]
    yield from without_key or found  # one such element empties the list, which causes all other losses
    yield from _in_elements(merged)


def _lost_of_patch(merged: _List) -> Iterator[Loss]:
    field, keys, (body, patch, result, at, place, _), _ = merged
    seen: dict[tuple[str, ...], int] = {}
    candidates = merged.finder_of_candidates(result)
    for index, element in enumerate(patch or ()):
        # Directives are obeyed or refused elsewhere; only elements that carry values can lose them.
        if not isinstance(element, dict) or not element or "$patch" in element:
            if _is_ignored_replace(element):
                yield _ignored_replace(field, (*at, index, "$patch"))
            continue
        identity = _identity(element, keys)
        here = (*at, index)
        if not identity[0]:
            message = f"this element of `{field}` has no `{keys[0]}`, the key that it is merged by; it is lost"
            yield Loss("PS293", message, here, hint=f"add `{keys[0]}:`")
        elif identity in seen:
            message = f"{_shown(identity, keys)} stands twice in `{field}` of this patch; this one is lost"
            yield Loss("PS292", message, here, hint="put both into one element")
        # The result has no element with what this one says.
        elif not any(_has(candidate, element) for candidate in candidates(identity)):
            hint = f"{_TCP}, or {_CORRECT}" if "protocol" in keys else _CORRECT
            message = f"{_shown(identity, keys)} of `{field}` of this patch is lost"
            yield Loss("PS290", message, here, others=_namesakes(body, identity, keys, place), hint=hint)
        seen.setdefault(identity, index)


def _ignored_replace(field: str, at: Pointer) -> Loss:
    hint = "put `$patch: replace` in an element of its own, and all that shall stay in others"
    message = f"this element of `{field}` is ignored: `$patch: replace` does nothing beside a key"
    return Loss("PS294", message, at, hint=hint)


def _lost_of_object(merged: _List) -> Iterator[Loss]:
    field, keys, (body, patch, result, _, place, _), _ = merged
    ours, others = merged.plain(body), merged.plain(result)
    # Plain lists are indexed by name already. Where all names are still there, or were deleted on purpose, nothing is
    # lost.
    if ours and others:
        if ours.elements.keys() <= others.elements.keys():
            return
        gone = {identity[0] for identity in ours.elements.keys() - others.elements.keys()}
        if gone <= _deleted(patch or (), keys):
            return
    before, after = (Counter(_identity(e, keys) for e in elements) for elements in _changed(body, result))
    if before <= after:
        return
    # Something is missing. Each element of the body takes one survivor of its name, until there is none left for it.
    after = Counter(_identity(e, keys) for e in result)
    deleted = _deleted(patch or (), keys)
    meant = _deleted_otherwise(patch or (), keys)
    first: dict[tuple[str, ...], int] = {}
    for index, element in enumerate(body):
        identity = _identity(element, keys)
        survivor = _survivor(identity, after)
        if survivor is not None and after[survivor]:
            after[survivor] -= 1
        elif identity[0] not in deleted and not any(_has(element, fields) for fields in meant):
            yield _lost_element(field, keys, identity, (*place, index), first.get(identity), place)
        first.setdefault(identity, index)


def _deleted(patch: Sequence[Any], keys: tuple[str, ...]) -> set[str]:
    """Return the first key values of the elements that a patch deletes."""
    return {_identity(e, keys)[0] for e in patch if isinstance(e, dict) and text(e.get("$patch")) == "delete"}


def _deleted_otherwise(patch: Sequence[Any], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the other fields by which a patch names elements that it deletes, such as `name` in a list of mounts."""
    deletions = (e for e in patch if isinstance(e, dict) and text(e.get("$patch")) == "delete" and not e.get(keys[0]))
    named = ({key: value for key, value in each.items() if key != "$patch"} for each in deletions)
    return [fields for fields in named if fields]


def _survivor(identity: tuple[str, ...], after: Counter[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the identity in the result of an element of the object: unchanged, or with a key filled in; None where it
    is gone.
    """
    if after[identity]:
        return identity
    return next((other for other in after if _completes(other, identity)), None)


def _changed(body: Sequence[Any], result: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return both lists without the elements that they share, which are most elements, provided that neither repeats
    one.
    """
    ours, others = set(map(id, body)), set(map(id, result))
    if len(ours) < len(body) or len(others) < len(result):
        return body, result
    return [each for each in body if id(each) not in others], [each for each in result if id(each) not in ours]


def _lost_element(
    field: str, keys: tuple[str, ...], identity: tuple[str, ...], at: Pointer, first: int | None, place: Pointer
) -> Loss:
    if not identity[0]:
        message = f"this element of `{field}` has no `{keys[0]}`, the key that it is merged by; it is lost"
        return Loss("PS293", message, at, in_object=True, hint=f"add `{keys[0]}:`")
    if first is None:
        message = f"{_shown(identity, keys)} of `{field}` is lost"
        return Loss(
            "PS290", message, at, in_object=True, hint=f"{_TCP}, or {_CORRECT}" if "protocol" in keys else _CORRECT
        )
    message = f"{_shown(identity, keys)} stands twice in `{field}`; only one is left after a patch"
    others = (((*place, first), "first here"),)
    return Loss("PS291", message, at, in_object=True, others=others, hint="keep one of the two")


def _in_elements(merged: _List) -> Iterator[Loss]:
    """Yield the losses inside the elements."""
    field, keys, (body, patch, result, at, place, lists), below = merged
    ours, outcome = merged.finder(body), merged.finder(result)
    named = set()
    for index, element in enumerate(patch or ()):
        if isinstance(element, dict) and "$patch" not in element and (identity := _identity(element, keys))[0]:
            named.add(identity)
            number, own = ours(identity) or (0, None)
            _, made = outcome(identity) or (0, {})
            sides = _Merged(own, element, made, (*at, index), (*place, number), lists)
            yield from _in_mapping(sides, below)
            if field in CHOICES and own is not None:
                yield from _in_choice(sides, keys[0])
    if not below or merged.plain(body):  # a merge leaves the other elements of a plain list as they are
        return
    for identity, (number, own) in _by_identity(body, keys).items():
        found = outcome(identity)
        if identity not in named and found:
            yield from _in_mapping(_Merged(own, None, found[1], at, (*place, number), lists), below)


def _in_choice(sides: _Merged, key: str) -> Iterator[Loss]:
    for old in outvoted(sides.body, sides.patch, key):
        if old in sides.result:
            yield _old_choice(old, sides)


def _in_strategy(sides: _Merged) -> Iterator[Loss]:
    if isinstance(sides.body, dict) and isinstance(sides.result, dict):
        for old in outvoted_strategy(sides.body, sides.patch or {}):
            if old in sides.result:
                yield _old_choice(old, sides)


def _old_choice(old: str, sides: _Merged) -> Loss:
    message = f"`{old}` of the object stays beside what this patch chooses instead"
    others = (((*sides.place, old), "it is here"),)
    return Loss("PS296", message, sides.at, others=others, hint=f"add `{old}: null` to the patch")


def outvoted(body: Tree, patch: Tree, key: str) -> list[str]:
    """Return the keys of an element that must go when a patch makes another choice (Kubernetes: `retainKeys`)."""
    chosen = {k for k, value in patch.items() if value is not None and k != key and k[:1] != "$"}
    # A patch that goes on with what the object has makes no other choice.
    if not chosen or not chosen.isdisjoint(body):
        return []
    return [k for k in body if k != key and k not in patch]


def outvoted_strategy(body: Tree, patch: Tree) -> list[str]:
    """Return the keys that must go from the strategy of a Deployment, whose `type` holds the choice."""
    chosen = patch.get("type")
    if chosen is None or chosen == body.get("type", "RollingUpdate"):
        return []
    return [k for k in body if k != "type" and k not in patch]


def _in_replaced_list(tree: Any, at: Pointer) -> Iterator[Loss]:
    """Yield the directives in a list that is replaced as a whole, where they are data like any other."""
    for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(step, str) and (step == "$patch" or is_directive(step)):
            yield _literal(step, (*at, step))
        elif isinstance(value, dict | list):
            yield from _in_replaced_list(value, (*at, step))


def is_directive(key: str) -> bool:
    """Return whether a key is a directive of strategic merge that Kustomize does not know."""
    return key == "$retainKeys" or key.startswith(("$setElementOrder/", "$deleteFromPrimitiveList/"))


def _literal(key: str, at: Pointer) -> Loss:
    hint = "in this list it has no meaning" if key == "$patch" else "`merge: kubernetes` in penstock.yaml obeys it"
    return Loss("PS295", f"the directive `{key}` is not obeyed here and goes into the output", at, hint=hint)


def _in_replaced_schema(sides: _Merged, schema: Schema | None, builtin: Schema | None) -> Iterator[Loss]:
    """Yield the losses in lists that the built-in schema would merge and the schema of `openapi:` does not."""
    if not isinstance(sides.patch, dict) or not isinstance(sides.body, dict) or not builtin or "$patch" in sides.patch:
        return
    for key, (keys, known) in builtin.items():
        own_keys, below = schema.get(key, (None, None)) if schema else (None, None)
        inner = sides.below(key)
        # The field is a mapping for the built-in schema, so lists may be below it.
        if keys is None:
            yield from _in_replaced_schema(inner, below, known)
        elif own_keys is None and keys and isinstance(inner.patch, list) and isinstance(inner.body, list):
            yield from _in_unknown_list(key, keys, inner)


def _in_unknown_list(key: str, keys: tuple[str, ...], sides: _Merged) -> Iterator[Loss]:
    """Yield the loss in a list that `openapi:` does not know and that would be merged by `keys`."""
    named = {_identity(element, keys)[0] for element in sides.patch}
    lost = [e for e in sides.body if _identity(e, keys)[0] not in named]
    if lost:
        names = ", ".join(_shown(_identity(e, keys), keys) for e in lost[:5])
        message = f"`{key}` is replaced as a whole, so it loses {names}: the schema of `openapi` does not know it"
        yield Loss("PS297", message, sides.at, others=((sides.place, "the object has it here"),))


def _whole(patch: Sequence[Any]) -> str:
    """Return the directive of a whole list: that of an element with `$patch` and nothing else."""
    return next((text(e["$patch"]) for e in patch if isinstance(e, dict) and e.keys() == {"$patch"}), "")


def _is_ignored_replace(element: Any) -> bool:
    return isinstance(element, dict) and len(element) > 1 and text(element.get("$patch")) == "replace"


def _field(side: Any, key: str) -> Any:
    return side.get(key) if isinstance(side, dict) else None


def _identity(element: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(element, dict):
        return ("",) * len(keys)
    return tuple([value if (value := element.get(key)).__class__ is str else text(value) for key in keys])


def _by_identity(elements: Sequence[Any], keys: tuple[str, ...]) -> dict[tuple[str, ...], tuple[int, Any]]:
    """Return (index, element) by key values; the first one if several elements have them."""
    found: dict[tuple[str, ...], tuple[int, Any]] = {}
    for index, element in enumerate(elements):
        found.setdefault(_identity(element, keys), (index, element))
    return found


def _namesakes(
    body: Sequence[Any], identity: tuple[str, ...], keys: tuple[str, ...], place: Pointer
) -> tuple[tuple[Pointer, str], ...]:
    """Return the places of the object's elements that have the same first key, each with a note."""
    return tuple(
        ((*place, index), f"the object has {_shown(_identity(element, keys), keys)}")
        for index, element in enumerate(body)
        if _identity(element, keys)[0] == identity[0]
    )


def _has(candidate: Any, element: Tree) -> bool:
    """Return whether an element of the result has all the scalars of an element of the patch."""
    return isinstance(candidate, dict) and all(
        candidate.get(key) == value for key, value in element.items() if not isinstance(value, dict | list | None)
    )


def _completes(other: tuple[str, ...], identity: tuple[str, ...]) -> bool:
    """Return whether an identity of the result is one of the object with a key filled in (`80` that has become
    `80/TCP`).
    """
    return len(identity) > 1 and other != identity and all(a in ("", b) for a, b in zip(identity, other, strict=True))


def _shown(identity: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """Return an identity as text: `name web`, or `port 80/TCP`."""
    return f"{keys[0]} " + "/".join(part for part in identity if part)
