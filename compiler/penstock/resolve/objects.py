"""Extracts the objects of a file: expands lists, leaves out local configuration and empty documents, reports broken
objects.
"""

from collections.abc import Callable, Iterable, Sequence

from penstock.kubernetes import text
from penstock.model import Diagnostic, Document, Origin, Pointer, Resource, Tree
from penstock.resolve.finding.identities import Identity, current
from penstock.resolve.level import Level
from penstock.resolve.merging.merge_signs import has_sign, without_signs
from penstock.tree import get
from penstock.typed import Any
from penstock.unsettled import is_null, read_again


def objects_of(documents: Sequence[Document], level: Level) -> list[tuple[Tree, Origin]]:
    """Return (body, origin) of every object of a file. `List` and other `…List` kinds with items are replaced by their
    items.
    """
    objects, findings = objects_in(documents)
    level.findings.add(findings)
    return objects


LOCAL = "config.kubernetes.io/local-config"
"""An object with this annotation is for tools only: it is not printed, unless the value is "false"."""


def is_local(resource: Resource) -> bool:
    """Return whether an object is for tools only, and is not printed."""
    value = get(resource.body, ("metadata", "annotations", LOCAL))
    return value is not None and text(value) != "false"


def report_twins(level: Level, where: Origin, by: str) -> None:
    """Report objects that have the same identity after what `by` names, which may rename objects."""
    known: dict[Identity, Resource] = {}
    for resource in level.resources:
        first = known.setdefault(current(resource), resource)
        if first is not resource:
            notes = ((first.origin, "the other one"), (resource.origin, "this object"))
            message = f"with this {by} {resource.id} is there twice"
            hint = "rename one of the two, or leave it out of what this changes"
            level.report("PS201", message, where, resource=resource.id, notes=notes, hint=hint)


UNWRAPPED = ("List", "ResourceList")
"""The kinds of list that Kustomize unwraps while it reads a file, if the list is the only document of the file."""


def is_unwrapped(document: Document) -> bool:
    """Return whether a document is the only one of its file and stands for its items, even if it has none."""
    body = document.body
    if not document.is_alone or not isinstance(body, dict) or text(body.get("kind")) not in UNWRAPPED:
        return False
    return "items" in body or "functionConfig" in body


def is_listed(origin: Origin, documents: Sequence[Document]) -> bool:
    """Return whether the object at a place in a file is an item of a list that Kustomize takes apart by way of JSON.

    It does not do so with a `List` that is the only document of its file.
    """
    if not origin.at:
        return False
    return not (len(origin.at) == 2 and len(documents) == 1 and is_unwrapped(documents[0]))


_Candidate = tuple[Any, Origin, bool]
"""A value that should be an object, its place, and whether its document is unsettled."""


def objects_in(documents: Iterable[Document]) -> tuple[list[tuple[Tree, Origin]], list[Diagnostic]]:
    """Return the objects of the documents of a file, and findings.

    As in Kustomize, the items of lists come after all other documents of the file, and those of lists inside lists
    after these.
    """
    objects: list[tuple[Tree, Origin]] = []
    findings: list[Diagnostic] = []
    waiting: list[_Candidate] = []
    for document in documents:
        outermost, wrong = _outermost(document)
        waiting += ((body, where, document.is_unsettled) for body, where in outermost)
        findings += wrong
    while waiting:
        here, waiting, wrong = _unpacked(waiting)
        objects += here
        findings += wrong
    return objects, findings


def _unpacked(waiting: list[_Candidate]) -> tuple[list[tuple[Tree, Origin]], list[_Candidate], list[Diagnostic]]:
    """Return the objects among the candidates, the items of the lists among them, and findings."""
    objects: list[tuple[Tree, Origin]] = []
    inner: list[_Candidate] = []
    findings: list[Diagnostic] = []
    for candidate, where, is_unsettled in waiting:
        if candidate is None or candidate == {} or candidate == []:
            continue
        finding = _refusal(candidate, where)
        if finding is not None:
            findings.append(finding)
            continue
        if is_unsettled and _is_list(candidate):  # Kustomize parses the list as a whole
            candidate, unread = read_again(candidate, _below(where))
            findings += unread
        if _is_list(candidate) and "items" in candidate:
            inner += ((item, place, is_unsettled) for item, place in _items_of(candidate, where))
        else:
            objects.append((candidate, where))
    return objects, inner, findings


def _items_of(body: Tree, where: Origin) -> list[tuple[Any, Origin]]:
    items = body["items"] or ()
    return _items(without_signs(items) if has_sign(items) else items, where)


def _outermost(document: Document) -> tuple[list[tuple[Any, Origin]], list[Diagnostic]]:
    """Return the values of a document that should be objects: its items if it is unwrapped, otherwise its body."""
    body, origin = document.body, document.origin
    if not is_unwrapped(document):
        return [(body, origin)], []
    items = body.get("items")
    if isinstance(items, dict) and items:
        return [], [_no_list(body, origin)]
    # To Kustomize, a value that is neither a list nor a mapping has no items, which is not an error here.
    return _items(items if isinstance(items, list) else (), origin), []


def _is_list(body: Tree) -> bool:
    return text(body["kind"]).endswith("List")


def _items(items: Iterable[Any], where: Origin) -> list[tuple[Any, Origin]]:
    """Return the items of a list that is at `where`, each with its own origin."""
    return [(item, where.below("items", index)) for index, item in enumerate(items)]


def _below(where: Origin) -> Callable[[Pointer], Origin]:
    return lambda at: where.below(*at)


def _refusal(body: Any, where: Origin) -> Diagnostic | None:
    """Return the finding that says why Kustomize does not accept a document as an object, or None where it does."""
    if not isinstance(body, dict):
        message = "this is no Kubernetes object: it has no apiVersion, kind and metadata"
        hint = "begin it with `apiVersion:`, `kind:` and `metadata:`"
        return Diagnostic("PS202", "error", message, where, hint=hint)
    kind = "" if is_null(body.get("kind")) else text(body["kind"])
    if not kind:
        return Diagnostic("PS202", "error", "this object has no `kind`", where, hint=_add("kind", body))
    if kind.endswith("List"):
        return None if isinstance(body.get("items"), list | None) else _no_list(body, where)
    return _refusal_of_metadata(kind, body.get("metadata"), where)


def _refusal_of_metadata(kind: str, metadata: Any, where: Origin) -> Diagnostic | None:
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if is_null(name) or not text(name):
        hint = "`generateName` is not enough: Kustomize needs a name" if _generated(metadata) else "add `metadata.name`"
        return Diagnostic("PS202", "error", f"this {kind} has no `metadata.name`", where, hint=hint)
    return None


def _add(field: str, body: Tree) -> str:
    """Return the hint to add a field, or to spell it right where it is there in other letters."""
    written = next((key for key in body if isinstance(key, str) and key.lower() == field and key != field), "")
    return f"write `{field}:` for `{written}:`" if written else f"add `{field}:`"


def _no_list(body: Tree, where: Origin) -> Diagnostic:
    message = f"`items` of a {text(body['kind'])} must be a list"
    return Diagnostic("PS202", "error", message, where.below("items"), hint="put a dash in front of each object")


def _generated(metadata: Any) -> bool:
    return isinstance(metadata, dict) and "generateName" in metadata
