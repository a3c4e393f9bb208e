"""The builtin plugin ValueAddTransformer, which writes one value into fields of selected objects, or inserts it into
the file paths in them.
"""

import posixpath

from penstock.model import Origin, Pointer, Resource, Tree, has_errors
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_paths import is_element, look_up
from penstock.resolve.finding.field_specs import Conflict, split_path
from penstock.resolve.level import Level
from penstock.resolve.selecting import Selection
from penstock.resolve.spelling.written_values import text_of
from penstock.resolve.transformers import namespace
from penstock.resolve.writing import Writing
from penstock.tree import get


def apply_config(level: Level, config: Tree, where: Origin) -> None:
    value = config.get("value", "").strip() or posixpath.basename(level.folder.real)
    targets = [(target, where.below("targets", i)) for i, target in enumerate(config.get("targets", ()))]
    targets += _from_file(level, config, where)
    if not targets:
        level.report("PS280", "a ValueAddTransformer needs targets", where, hint="add `targets: [{fieldPath: …}]`")
    selection = Selection(level.accumulation, (target["selector"] for target, _ in targets if target.get("selector")))
    for target, at in targets:
        try:
            _apply(level, target, value, where.below("value"), selection)
        except Conflict as conflict:
            level.report_conflict("PS240", Conflict(str(conflict)), at)


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


def _apply(level: Level, target: Tree, value: str, where: Origin, selection: Selection) -> None:
    path = target.get("fieldPath", "")
    if not path:
        raise Conflict("a target needs `fieldPath`")
    selected = selection.select(target["selector"]) if target.get("selector") else level.resources
    for resource in selected:
        with Writing(level, resource) as writing:
            if path == "metadata/namespace":
                namespace.apply(level, writing, namespace.Setting(value, (), where))
            else:
                at = _place(resource, [step for step in split_path(path) if step])
                _check(resource, at)
                writing.set_text(at, _changed(level, resource, at, target, value), where)


def _place(resource: Resource, steps: list[str]) -> Pointer:
    """Return the place that a path selects; numbers and `[name=value]` select list elements. Raises Conflict."""
    at: Pointer = ()
    for step in steps:
        if not is_element(step):
            at = (*at, step)
            continue
        found = look_up(get(resource.body, at), [step])
        if found is None:
            raise Conflict(f"there is no element {step}")
        at += found
    return at


def _check(resource: Resource, at: Pointer) -> None:
    """Raise Conflict if a place cannot hold a text."""
    for depth in range(1, len(at)):
        if not isinstance(get(resource.body, at[:depth]), dict | (list if isinstance(at[depth], int) else None)):
            raise Conflict(f"`{'/'.join(map(str, at[:depth]))}` must be a mapping")
    if isinstance(get(resource.body, at), dict | list):
        raise Conflict("the field must hold a string")


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
