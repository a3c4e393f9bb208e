"""`edit fix --vars`: `vars` become `replacements`.

Every `$(NAME)` in a resource or patch file becomes a target with the path of its field; the files stay as they are. The
caller must try whether a build gives the same bytes afterwards: a replacement does not know about fields that come from
elsewhere, and a variable does not know about delimiters.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from penstock.edit.fields import renamed, with_field
from penstock.model import Pointer, Refusal, Tree
from penstock.records import NamedTuple
from penstock.tree import child, leaves


class Reading(NamedTuple):
    """How to read the files that a kustomization names. Paths are relative to it."""

    kustomization: Callable[[str], Tree | None]
    """The fields of the kustomization in a directory; None where there is none."""
    documents: Callable[[str], list[Any]]
    """The documents of a file; none where there is no such file."""


class _Found(NamedTuple):
    """A document that a build reads, and the patch entry that names its file."""

    path: str
    body: Any
    patch: Tree | None


def with_replacements(fields: Tree, reading: Reading, by_name: bool = False) -> Tree:
    """Return the fields with a replacement for each of the `vars` that is used, behind the replacements that exist.

    Paths lead into lists by index, as Kustomize's own `edit fix --vars` writes them, or `by_name`, which stays right if
    a patch inserts elements in front.
    """
    if "vars" not in fields:
        return fields
    found = list(_documents(fields, ".", reading, ()))
    replacements = []
    for variable in fields["vars"]:
        targets = [t for document in found for t in _targets(document, variable.get("name", ""), by_name)]
        if targets:
            replacements.append({"source": _source(variable), "targets": targets})
    if replacements and "replacements" not in fields:
        return renamed(fields, "vars", "replacements", replacements)
    replacements = [*fields.get("replacements", ()), *replacements]
    return with_field(with_field(fields, "replacements", replacements), "vars", [])


def _documents(fields: Tree, folder: str, reading: Reading, parents: tuple[str, ...]) -> Iterator[_Found]:
    """Yield the documents of the resources and patches of a kustomization and of its bases."""
    for name in (*fields.get("resources", ()), *fields.get("bases", ())):
        path = posixpath.normpath(posixpath.join(folder, name))
        base = reading.kustomization(path)
        if base is not None and path not in parents:
            yield from _documents(base, path, reading, (*parents, path))
        elif base is None:
            yield from (_Found(path, body, None) for body in reading.documents(path))
    for patch in _patches(fields):
        path = posixpath.normpath(posixpath.join(folder, patch["path"]))
        yield from (_Found(path, body, patch) for body in reading.documents(path))


def _patches(fields: Tree) -> list[Tree]:
    """Return the patches that are files, from all three fields."""
    strategic = [{"path": text} for text in fields.get("patchesStrategicMerge", ()) if "\n" not in text]
    return [p for p in (*fields.get("patches", ()), *fields.get("patchesJson6902", ())) if p.get("path")] + strategic


def _source(variable: Tree) -> Tree:
    reference = variable.get("objref", {})
    source = _api(reference.get("apiVersion", ""))
    source |= {key: reference[key] for key in ("kind", "name", "namespace") if reference.get(key)}
    path = variable.get("fieldref", {}).get("fieldPath", "")
    if path:
        source["fieldPath"] = re.sub(r"\[(\d+)\]", r".\1", path)  # vars write ports[0], replacements ports.0
    return source


def _targets(found: _Found, name: str, by_name: bool) -> Iterator[Tree]:
    for at, value in leaves(found.body):
        if isinstance(value, str) and f"$({name})" in value:
            path = _path(found.body, at, by_name)
            target: Tree = {"select": _selected(found), "fieldPaths": [path]}
            options = _options(value, f"$({name})", f"{found.path}: {path}")
            yield {**target, "options": options} if options else target


def _path(body: Any, at: Pointer, by_name: bool) -> str:
    steps = []
    for step in at:
        body = child(body, step)
        name = body.get("name") if by_name and isinstance(step, int) and isinstance(body, dict) else None
        if isinstance(name, str) and name.replace("-", "").replace("_", "").isalnum():
            steps.append(f"[name={name}]")
        else:
            steps.append(f"[{step}]" if "." in str(step) else str(step))
    return ".".join(steps)


def _selected(found: _Found) -> Tree:
    """Return the object in a document, or the objects that its patch has as targets."""
    body = found.body
    metadata = body.get("metadata") or {}
    own = {"kind": body.get("kind", ""), "name": metadata.get("name", ""), "namespace": metadata.get("namespace", "")}
    if found.patch is None or not found.patch.get("target"):
        chosen = _api(body.get("apiVersion", "")) | own
    else:
        options = found.patch.get("options") or {}
        chosen = dict(found.patch["target"])
        if options.get("allowNameChange"):
            chosen["name"] = own["name"]
        if options.get("allowKindChange"):
            chosen["kind"] = own["kind"]
        if own["namespace"]:
            chosen["namespace"] = own["namespace"]
    return {key: value for key, value in chosen.items() if value}


def _options(value: str, variable: str, where: str) -> Tree:
    """Return the delimiter around a variable, and the number of its piece, or no options if it is the whole value."""
    if value == variable:
        return {}
    before, _, behind = value.partition(variable)
    delimiter = before[-1:] or behind[0]
    if before and behind and before[-1] != behind[0]:
        raise Refusal(f"{where}: {variable} has no delimiter around it, so that no replacement can set it")
    index = len(before.split(delimiter)) - 1
    return {"delimiter": delimiter, "index": index} if index else {"delimiter": delimiter}


def _api(api_version: str) -> Tree:
    group, _, version = api_version.rpartition("/")
    return {key: value for key, value in (("group", group), ("version", version)) if value}
