"""What Kustomize does to the answer of an exec function before it reads the objects: it copies the comments of the
objects that the function was given, and notes a path in the annotations of each object.
"""

from collections.abc import Iterable
from typing import Any

from penstock.kubernetes import text
from penstock.model import Document, Pointer, Tree
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.tree import get, with_value

NUMBERS = ("internal.config.kubernetes.io/id", "config.k8s.io/id")
INDEXES = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")
_PATHS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")


def number_of(answer: Any) -> str:
    """Return the number that an object was given; empty for one that the function has made."""
    return text(get(answer, (*ANNOTATIONS, NUMBERS[0]))) or text(get(answer, (*ANNOTATIONS, NUMBERS[1])))


def misfit(level: Level, documents: list[Document], answers: list[Document], call: tuple[str, list[Tree]]) -> Any:
    """Return the place where an answer has a mapping, list, scalar or alias in the place of another type, or None.

    Kustomize copies the comments of an object to its answer, which it finds by its number, and fails there
    (`kyaml/comments.CopyComments`). `call` has the text of the answer and the objects that the function was given.
    """
    written, items = call
    aliases: set[Pointer] = set()
    for document in documents if "*" in written else ():
        aliases.update(document.origin.at + at for at in level.spellings.aliases_in(written, document.origin))
    given = {text(get(item, (*ANNOTATIONS, NUMBERS[0]))): item for item in items}
    for answer in answers:
        item = given.get(text(get(answer.body, (*ANNOTATIONS, NUMBERS[0]))))
        start = answer.origin.at
        own = {at[len(start) :] for at in aliases if at[: len(start)] == start}
        found = None if item is None else _other_kind(item, answer.body, (), own)
        if found is not None:
            return found
    return None


def _other_kind(old: Any, new: Any, at: Pointer, aliases: set[Pointer]) -> Pointer | None:
    if old is None or new is None:
        return None
    if at in aliases:
        return at
    pairs = _pairs_of(old, new)
    if pairs is None:
        return at if isinstance(old, dict | list) or isinstance(new, dict | list) else None
    found = (_other_kind(a, b, (*at, step), aliases) for step, a, b in pairs)
    return next((place for place in found if place is not None), None)


def _pairs_of(old: Any, new: Any) -> list[tuple[Any, Any, Any]] | None:
    """Return (key or index, value in the one, value in the other) for the values that two mappings or two lists share;
    None where they are neither two mappings nor two lists.
    """
    if old.__class__ is dict and new.__class__ is dict:
        return [(key, old[key], new[key]) for key in old if key in new]
    if old.__class__ is list and new.__class__ is list:
        pairs = enumerate(zip(old, new, strict=False))
        return [(index, one, other) for index, (one, other) in pairs if one.__class__ is other.__class__]
    return None


def with_notes_in_copies(body: Tree) -> Tree:
    """Return an answer with Kustomize's notes in what its aliases copy of the metadata or of the annotations.

    The notes in the annotations themselves are taken away later; those in the copies are printed.
    """
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("annotations", {}), dict):
        return body
    annotations = metadata.get("annotations", {})
    paths = _paths_of(body)
    kept = {key: value for key, value in annotations.items() if key not in (*NUMBERS, *INDEXES)}
    noted = {**kept, **paths}
    for at in list(_copies(body, (metadata, annotations), ())):
        copy = get(body, at)
        body = with_value(body, at if copy is annotations else (*at, "annotations"), noted)
    return body


def _paths_of(body: Tree) -> dict[str, str]:
    """Return the notes of the path of an object, which Kustomize makes up where the function gives none
    (`kioutil.CreatePathAnnotationValue`).
    """
    metadata = body["metadata"]
    known = metadata.get("annotations", {})
    given = text(known.get(_PATHS[0])) or text(known.get(_PATHS[1]))
    if given:
        return dict.fromkeys(_PATHS, given)
    namespace, name = text(metadata.get("namespace")), text(metadata.get("name"))
    path = f"{text(body.get('kind')).lower()}_{name}.yaml"
    return dict.fromkeys(_PATHS, f"{namespace}/{path}" if namespace else path)


def _copies(tree: Any, originals: tuple[Tree, Tree], at: Pointer) -> Iterable[Pointer]:
    """Yield the places where one of the originals stands, but for those in which Kustomize keeps its notes."""
    is_own = at in (ANNOTATIONS[:1], ANNOTATIONS)
    if not is_own and any(tree is original for original in originals):
        yield at
    elif tree.__class__ is dict:
        for key, value in tree.items():
            yield from _copies(value, originals, (*at, key))
    elif tree.__class__ is list:
        for index, value in enumerate(tree):
            yield from _copies(value, originals, (*at, index))
