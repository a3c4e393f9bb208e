"""The builtin plugin ValueAddTransformer, which writes one value into fields of selected objects, or inserts it into
the file paths in them.
"""

import posixpath

from penstock.model import Origin, Pointer, Resource, Tree, has_errors
from penstock.regex import regex
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_paths import is_element, look_up
from penstock.resolve.finding.field_specs import Conflict, split_path
from penstock.resolve.level import Level
from penstock.resolve.selecting import Selection
from penstock.resolve.spelling.written_values import note_untyped, text_of
from penstock.resolve.transformers import namespace
from penstock.resolve.writing import Writing
from penstock.tree import MISSING, get, respell, with_value
from penstock.typed import Any
from penstock.unsettled import is_null


def apply_config(level: Level, config: Tree, where: Origin) -> None:
    value = config.get("value", "").strip() or posixpath.basename(level.folder.real)
    targets = [(target, where.below("targets", i)) for i, target in enumerate(config.get("targets", ()))]
    targets += _from_file(level, config, where)
    if not targets:
        level.report("PS280", "a ValueAddTransformer needs targets", where, hint="add `targets: [{fieldPath: …}]`")
    selection = Selection(level.accumulation, (target["selector"] for target, _ in targets if target.get("selector")))
    for target, at in targets:
        try:
            _apply(level, (target, at), (value, where.below("value")), selection)
        except Conflict as conflict:
            level.report_conflict("PS240", conflict.moved(()), at)


def _from_file(level: Level, config: Tree, where: Origin) -> list[tuple[Tree, Origin]]:
    name = config.get("targetFilePath")
    if not name or level.bytes_of(name, where.below("targetFilePath")) is None:
        return []
    documents, findings = read_documents(level, level.path(name), where.below("targetFilePath"), is_config=True)
    level.findings.add(findings)
    level.warn_of_rest(documents, "a file of targets")
    loaded: list[tuple[Tree, Origin]] = []
    for document in (documents or [])[:1]:
        typed, findings = level.sources.typed(document.body, "ValueAddTransformer", document.origin)
        level.findings.add(findings)
        targets = [] if has_errors(findings) else typed.get("targets", ())
        loaded += [(target, document.origin.below("targets", i)) for i, target in enumerate(targets)]
    return loaded


def _apply(level: Level, entry: tuple[Tree, Origin], given: tuple[str, Origin], selection: Selection) -> None:
    (target, place), (value, where) = entry, given
    path = target.get("fieldPath", "")
    if not path:
        raise Conflict("a target needs `fieldPath`", hint="add `fieldPath: …`")
    steps = [step.strip() for step in split_path(path) if step.strip()]
    selected = selection.select(target["selector"]) if target.get("selector") else level.resources
    for resource in selected:
        with Writing(level, resource) as writing:
            if path == "metadata/namespace":
                namespace.apply(level, writing, namespace.Setting(value, (), where))
                continue
            at = _reach(writing, steps, place.below("fieldPath"))
            if at is None:
                _report_lost(level, resource, path, place.below("fieldPath"))
                continue
            _check(resource, at)
            writing.set_text(at, _changed(level, resource, at, target, value), where)


def _reach(writing: Writing, steps: list[str], where: Origin) -> Pointer | None:
    """Return the place that a path selects, and make the lists and elements on the way (`PathGetter` of kyaml).

    The result is None where the path leads into a null or behind the end of a list: Kustomize loses what it writes
    there. Raises Conflict where the path does not fit.
    """
    at: Pointer = ()
    for number, step in enumerate(steps):
        tree = get(writing.resource.body, at, MISSING)
        if tree is not MISSING and is_null(tree):
            _check_in_null(step, is_last=number + 1 == len(steps))
            return None
        found = _element(writing, at, step, where) if _is_of_list(step) else _field(tree, at, step)
        if found is None:
            return None
        at = (*at, found)
    return at


def _is_of_list(step: str) -> bool:
    return is_element(step) or _NEGATIVE.fullmatch(step) is not None


_NEGATIVE = regex(r"-[0-9]+")


def _check_in_null(step: str, is_last: bool) -> None:
    """Raise Conflict for a step that Kustomize refuses although it leads into a null."""
    if step == "-":
        raise Conflict("there is no last element")
    if not _is_of_list(step):
        return
    _check_step(step)
    if step.startswith("[") and step.startswith("[=") != is_last:
        raise Conflict(f"the element {step} is made for the path, and has no such field")


def _check_step(step: str) -> None:
    """Raise Conflict for a step that means no single element of any list."""
    if _NEGATIVE.fullmatch(step):
        raise Conflict(f"the index {step} is negative", hint="write - for the last element")
    look_up([], [step])


def _field(tree: Any, at: Pointer, step: str) -> str:
    if tree is not MISSING and tree.__class__ is not dict:
        raise Conflict(f"`{'/'.join(map(str, at))}` must be a mapping")
    return step


def _element(writing: Writing, at: Pointer, step: str, where: Origin) -> int | None:
    """Return the position of the element that a step selects in the list at a place, or None where an index is too
    large. An element `[name=value]` is made if there is none. Raises Conflict.
    """
    _check_step(step)
    items = get(writing.resource.body, at, MISSING)
    if step == "-" and (items is MISSING or items == []):
        raise Conflict("there is no last element")
    if items is MISSING:
        items = []
        writing.set(at, items, where)
    found = look_up(items, [step])
    if found is not None:
        index = found[0]
        return index if isinstance(index, int) else None
    if not step.startswith("["):
        return None
    name, _, value = step[1:-1].partition("=")
    _append(writing, (*at, len(items)), (name, value), where)
    return len(items)


def _append(writing: Writing, at: Pointer, pair: tuple[str, str], where: Origin) -> None:
    """Append an element that has a value under a name, or a text where the name is empty."""
    (name, value), resource = pair, writing.resource
    respell(resource, with_value(resource.body, at[:-1], [*get(resource.body, at[:-1]), None]))
    writing.set(at, {name: value} if name else value, where)
    note_untyped(resource, (*at, name) if name else at, value)


def _report_lost(level: Level, resource: Resource, path: str, where: Origin) -> None:
    message = f"Kustomize loses the value: `{path}` leads into a null, or behind the end of a list"
    hint = "give the object the field or the element, or remove the target"
    level.report("PS261", message, where, severity="warning", resource=resource.id, hint=hint)


def _check(resource: Resource, at: Pointer) -> None:
    """Raise Conflict if a place cannot hold a text."""
    for depth in range(1, len(at)):
        if not isinstance(get(resource.body, at[:depth]), dict | (list if isinstance(at[depth], int) else None)):
            raise Conflict(f"`{'/'.join(map(str, at[:depth]))}` must be a mapping")
    if isinstance(get(resource.body, at), dict | list):
        raise Conflict("the field must hold a string", hint="write the path of a field that holds a text")


def _changed(level: Level, resource: Resource, at: Pointer, target: Tree, value: str) -> str:
    """Return the value, or the path in the field with the value inserted into it."""
    position = target.get("filePathPosition", 0)
    if position <= 0:
        return value
    return inserted(text_of(level, resource, at, get(resource.body, at, "")), position - 1, value)


def inserted(path: str, position: int, part: str) -> str:
    """Return a file path with a part inserted. An absolute path stays absolute, and a position past the end means the
    end.
    """
    if not path:
        return part
    absolute = path.startswith("/")
    parts = [p for p in path.split("/") if p]
    parts.insert(min(position, len(parts)), part)
    return ("/" if absolute else "") + "/".join(parts)
