"""The changes that Argo CD makes to a kustomization before it builds it: `spec.source.kustomize`.

Argo CD runs `kustomize edit set nameprefix`, `set namesuffix`, `set image`, `set replicas`, `add label`, `add
annotation`, `set namespace`, then adds `patches` and `components`, and finally runs `kustomize build`. (Argo CD 3.5,
util/kustomize.)
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from penstock.definitions.argo.application import Source
from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.model import Diagnostic, Kustomization, Origin, Pointer, Step, Tree
from penstock.records import NamedTuple

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<braced>[^}]*)\}|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))")
_PLAIN_VARIABLE = re.compile(r"\$(?:\$|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))")
_IMAGE = re.compile(r"(?P<name>.*?)(?::(?P<tag>[^/:@]*))?(?:@(?P<digest>.*))?")


class _Edit(NamedTuple):
    """A kustomization that is being edited: its fields, the origins of the fields that are not from its file, and
    findings.
    """

    fields: Tree
    moved: dict[Pointer, Origin]
    findings: list[Diagnostic]

    def set(self, name: str, value: Any, where: Origin) -> None:
        self.fields[name] = value
        self.moved[(name,)] = where

    def append(self, name: str, entry: Any, where: Origin) -> None:
        entries = [*(self.fields.get(name) or ()), entry]
        self.fields[name] = entries
        self.moved[(name, len(entries) - 1)] = where

    def refuse(self, message: str, where: Origin) -> None:
        self.findings.append(Diagnostic("PS630", "error", message, where))


def overlaid(
    source: Source,
    found: Kustomization,
    variables: Mapping[str, str],
    at: Callable[..., Origin],
    is_there: Callable[[str], bool],
) -> tuple[Kustomization, list[Diagnostic]]:
    """Return the kustomization that Argo CD builds, and findings.

    `at` returns where a field of the definition was written, and `is_there` whether a directory exists.
    """
    own = mapping(source.fields.get("kustomize"))

    def where(*steps: Step) -> Origin:
        return at(*source.at, "kustomize", *steps)

    edit = _Edit(dict(found.fields), {}, [])
    for name in ("namePrefix", "nameSuffix"):
        if text(own.get(name)):
            edit.set(name, own[name], where(name))
    _set_images(edit, [expanded(each, variables) for each in texts(own.get("images"))], where)
    _set_replicas(edit, mappings(own.get("replicas")), where)
    _add_labels(edit, own, variables, where)
    _add_annotations(edit, own, variables, where)
    if text(own.get("namespace")):
        edit.set("namespace", own["namespace"], where("namespace"))
    for index, patch in enumerate(mappings(own.get("patches"))):
        edit.append("patches", _without_empty(patch), where("patches", index))
    for index, name in enumerate(texts(own.get("components"))):
        there = is_there(posixpath.normpath(posixpath.join(source.path, name)))
        if there or own.get("ignoreMissingComponents") is not True:
            edit.append("components", name, where("components", index))
    return Kustomization(found.directory, found.origin, edit.fields, edit.moved), edit.findings


def expanded(value: str, variables: Mapping[str, str]) -> str:
    """Return a text with `$NAME` and `${NAME}` replaced. `$$` becomes a dollar, and an unknown variable is empty."""

    def put(found: re.Match[str]) -> str:
        return variables.get(found[found.lastgroup], "") if found.lastgroup else "$"

    end = value.rfind("}") + 1  # a brace that opens later has no end, which each of them would look for
    return _VARIABLE.sub(put, value[:end]) + _PLAIN_VARIABLE.sub(put, value[end:])


def _without_empty(patch: Tree) -> Tree:
    return {key: value for key, value in patch.items() if value not in ("", None, {})}


def _given_images(edit: _Edit, images: list[str], where: Callable[..., Origin]) -> dict[str, tuple[Tree, Origin]]:
    """Return the entries of images by name, with their places. An image that says nothing new is refused."""
    given: dict[str, tuple[Tree, Origin]] = {}
    for index, image in enumerate(images):
        entry = _image(image)
        if entry is None:
            edit.refuse(f"the image {image!r} names no new name, tag or digest", where("images", index))
        else:
            given[entry["name"]] = entry, where("images", index)
    return given


def _keep_what_stays(entry: Tree, before: Tree) -> None:
    """Put the old value into each field of an entry that is a star, which means: as it was."""
    for field in ("newName", "newTag", "digest"):
        if entry.get(field) == "*":
            entry.pop(field)
            if field in before:
                entry[field] = before[field]


def _set_images(edit: _Edit, images: list[str], where: Callable[..., Origin]) -> None:
    """Replace the images of the same names, or add images, and sort all of them by name, as `set image` does."""
    given = _given_images(edit, images, where)
    if not given:
        return
    kept = {text(each.get("name")): each for each in mappings(edit.fields.get("images"))}
    for name, (entry, _) in given.items():
        _keep_what_stays(entry, kept.get(name, {}))
    merged = {**kept, **{name: entry for name, (entry, _) in given.items()}}
    edit.fields["images"] = [merged[name] for name in sorted(merged)]
    for index, name in enumerate(sorted(merged)):
        if name in given:
            edit.moved[("images", index)] = given[name][1]


def _image(written: str) -> Tree | None:
    """Parse `name=newName:tag`, `name:tag` or `name@digest` as an entry of `images`. Return None if it changes
    nothing.
    """
    name, equals, new = written.partition("=")
    found = None if "\n" in written else _IMAGE.fullmatch(new if equals else name)
    if found is None:
        return None
    entry: Tree = {"name": name if equals else found["name"]}
    if equals and found["name"] and found["name"] != entry["name"]:
        entry["newName"] = found["name"]
    if found["tag"]:
        entry["newTag"] = found["tag"]
    if found["digest"]:
        entry["digest"] = found["digest"]
    return entry if equals or len(entry) > 1 else None


def _set_replicas(edit: _Edit, replicas: list[Tree], where: Callable[..., Origin]) -> None:
    """Replace the counts of the same names, or add counts."""
    for index, each in enumerate(replicas):
        name, count = text(each.get("name")), each.get("count")
        number = int(count) if isinstance(count, int | str) and str(count).removeprefix("-").isdecimal() else None
        if number is None:
            edit.refuse(f"the count of {name!r} is no number", where("replicas", index))
            continue
        kept = mappings(edit.fields.get("replicas"))
        place = next((at for at, other in enumerate(kept) if other.get("name") == name), len(kept))
        kept[place : place + 1] = [{"name": name, "count": number}]
        edit.fields["replicas"] = kept
        edit.moved[("replicas", place)] = where("replicas", index)


def _add_labels(edit: _Edit, own: Tree, variables: Mapping[str, str], where: Callable[..., Origin]) -> None:
    # Variables are always replaced in labels, and in annotations only with `commonAnnotationsEnvsubst`.
    labels = {key: expanded(str(value), variables) for key, value in mapping(own.get("commonLabels")).items()}
    templates = own.get("labelIncludeTemplates") is True
    if own.get("labelWithoutSelector") is not True:
        if labels and templates:
            edit.refuse("`labelIncludeTemplates` needs `labelWithoutSelector: true`", where("labelIncludeTemplates"))
        _add_pairs(edit, "commonLabels", labels, own.get("forceCommonLabels") is True, where)
    elif labels:
        _add_without_selectors(edit, labels, templates, own.get("forceCommonLabels") is True, where)


def _add_without_selectors(
    edit: _Edit, labels: Tree, templates: bool, force: bool, where: Callable[..., Origin]
) -> None:
    """Add labels as with `--without-selector`: to the entry of `labels` with the same options, or to a new entry."""
    entries = list(mappings(edit.fields.get("labels")))
    place = next((at for at, each in enumerate(entries) if _is_like(each, templates)), len(entries))
    entry = dict(entries[place]) if place < len(entries) else {}
    pairs = dict(mapping(entry.get("pairs")))
    for key, value in labels.items():
        if key in pairs and not force:
            edit.refuse(f"label {key} already in kustomization file", where("commonLabels", key))
        pairs[key] = _unquoted(str(value))
        edit.moved[("labels", place, "pairs", key)] = where("commonLabels", key)
    entry["pairs"] = pairs
    if templates:
        entry["includeTemplates"] = True
    entries[place : place + 1] = [entry]
    edit.fields["labels"] = entries


def _unquoted(value: str) -> str:
    """Return a value as `kustomize edit` takes it, without quotes around the whole of it."""
    is_quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return value[1:-1] if is_quoted else value


def _is_like(entry: Tree, templates: bool) -> bool:
    same = bool(entry.get("includeTemplates")) == templates
    return same and not entry.get("includeSelectors") and not entry.get("fields")


def _add_annotations(edit: _Edit, own: Tree, variables: Mapping[str, str], where: Callable[..., Origin]) -> None:
    annotations = mapping(own.get("commonAnnotations"))
    if own.get("commonAnnotationsEnvsubst") is True:
        annotations = {key: expanded(str(value), variables) for key, value in annotations.items()}
    _add_pairs(edit, "commonAnnotations", annotations, own.get("forceCommonAnnotations") is True, where)


def _add_pairs(edit: _Edit, field: str, pairs: Tree, force: bool, where: Callable[..., Origin]) -> None:
    kept = dict(mapping(edit.fields.get(field)))
    word = "label" if field == "commonLabels" else "annotation"
    for key, value in pairs.items():
        if key in kept and not force:
            edit.refuse(f"{word} {key} already in kustomization file", where(field, key))
        kept[key] = _unquoted(str(value))
        edit.moved[(field, key)] = where(field, key)
    if pairs:
        edit.fields[field] = kept
