"""What kustomize-controller writes into the kustomization of a directory before it builds it.

The fields of the definition go over those of the file: `targetNamespace`, `namePrefix` and `nameSuffix` replace,
`patches` and `components` are added behind, `images` are merged by name. A directory without a kustomization gets one
that names all manifests below it. (github.com/fluxcd/pkg/kustomize 1.40, `GenerateManifest`.)
"""

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from penstock.definitions.flux.definition import Definition
from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Diagnostic, Kustomization, Origin, Pointer, Tree

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "/", "file:///")
_REPLACED = (("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix"))
_NOT_IN_A_SOURCE = (".github", ".circleci", ".git")
_NO_MANIFESTS = (
    *(".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml", "codeship-services.yml"),
    *("codeship-steps.yml", ".goreleaser.yml", ".sops.yaml", ".flux.yaml"),
)
"""What source-controller leaves out of every source."""


def overlaid(
    definition: Definition, found: Kustomization | None, manifests: Iterable[str], is_there: Callable[[str], bool]
) -> tuple[Kustomization, list[Diagnostic]]:
    """The kustomization that Flux builds: that of the directory, or a new one, with the definition over it.

    `manifests` are the files and directories of `manifests_of`; `is_there` says whether a path exists.
    """
    spec = definition.spec
    fields, moved = _start(definition, found, manifests)
    for flux, kustomize in _REPLACED:
        if isinstance(spec.get(flux), str):
            _set(fields, moved, kustomize, spec[flux], definition.at(flux))
    for index, patch in enumerate(mappings(spec.get("patches"))):
        entry: Tree = {"patch": text(patch.get("patch"))}
        if isinstance(patch.get("target"), dict):
            entry["target"] = {key: value for key, value in patch["target"].items() if isinstance(value, str)}
        _append(fields, moved, "patches", entry, definition.at("patches", index))
    findings = _add_components(definition, fields, moved, is_there)
    for index, merge_patch in enumerate(spec.get("patchesStrategicMerge") or ()):
        where = definition.at("patchesStrategicMerge", index)
        _append(fields, moved, "patchesStrategicMerge", json.dumps(merge_patch), where)
    for index, patch in enumerate(mappings(spec.get("patchesJson6902"))):
        entry = {"patch": json.dumps(patch.get("patch")), "target": mapping(patch.get("target"))}
        _append(fields, moved, "patchesJson6902", entry, definition.at("patchesJson6902", index))
    for index, image in enumerate(mappings(spec.get("images"))):
        _merge_image(fields, moved, image, definition.at("images", index))
    if spec.get("buildMetadata"):
        _set(fields, moved, "buildMetadata", spec["buildMetadata"], definition.at("buildMetadata"))
    origin = found.origin if found else definition.at()
    return Kustomization(definition.path, origin, fields, moved), findings


def _start(
    definition: Definition, found: Kustomization | None, manifests: Iterable[str]
) -> tuple[Tree, dict[Pointer, Origin]]:
    """The fields to begin with, and where those that no file has were written."""
    if found is None:
        resources = list(manifests)
        where = definition.at("path")
        moved: dict[Pointer, Origin] = {("resources", index): where for index in range(len(resources))}
        return ({"resources": resources} if resources else {"namespace": "_placeholder"}), moved
    fields = dict(found.fields)
    if not fields.get("resources"):
        fields["buildMetadata"] = ["originAnnotations"]  # Flux's way round Kustomize's error for an empty file
    return fields, {}


def _set(fields: Tree, moved: dict[Pointer, Origin], name: str, value: Any, where: Origin) -> None:
    fields[name] = value
    moved[(name,)] = where


def _append(fields: Tree, moved: dict[Pointer, Origin], name: str, entry: Any, where: Origin) -> None:
    entries = [*(fields.get(name) or ()), entry]
    fields[name] = entries
    moved[(name, len(entries) - 1)] = where


def _add_components(
    definition: Definition, fields: Tree, moved: dict[Pointer, Origin], is_there: Callable[[str], bool]
) -> list[Diagnostic]:
    findings = []
    may_miss = definition.spec.get("ignoreMissingComponents") is True
    for index, name in enumerate(definition.spec.get("components") or ()):
        where = definition.at("components", index)
        if not isinstance(name, str) or name.lower().startswith(_REMOTE):
            findings.append(Diagnostic("PS195", "error", f"the component {name!r} must be a relative path", where))
        elif not may_miss or is_there(posixpath.normpath(posixpath.join(definition.path, name))):
            _append(fields, moved, "components", name, where)
    return findings


def _merge_image(fields: Tree, moved: dict[Pointer, Origin], image: Tree, where: Origin) -> None:
    """An image of the same name gets the new fields; tag and digest go together, so one replaces both."""
    images = list(fields.get("images") or ())
    index = next((at for at, each in enumerate(images) if each.get("name") == image.get("name")), len(images))
    entry = dict(images[index]) if index < len(images) else {"name": text(image.get("name"))}
    if image.get("newName"):
        entry["newName"] = image["newName"]
    if image.get("newTag") or image.get("digest"):
        entry |= {"newTag": text(image.get("newTag")), "digest": text(image.get("digest"))}
    images[index : index + 1] = [entry]
    fields["images"] = images
    moved[("images", index)] = where


def manifests_of(directory: str, paths: Iterable[str]) -> Iterator[str]:
    """The files and directories that a directory without a kustomization consists of, relative to it.

    `paths` are all files below it. A directory with a kustomization counts as a whole. Hidden files and directories
    count, but for those that are in no source.
    """
    names = sorted(tuple(_relative(path, directory).split("/")) for path in paths)
    kustomizations = {parts[:-1] for parts in names if parts[-1] in FILE_NAMES and len(parts) > 1}
    given: set[tuple[str, ...]] = set()
    for parts in names:
        above = next((parts[:depth] for depth in range(1, len(parts)) if parts[:depth] in kustomizations), None)
        if above is not None:
            if above not in given:
                given.add(above)
                yield "/".join(above)
        elif parts[-1].endswith((".yaml", ".yml")) and not _is_left_out(parts):
            yield "/".join(parts)


def _relative(path: str, directory: str) -> str:
    return path if directory == "." else path.removeprefix(f"{directory}/")


def _is_left_out(parts: tuple[str, ...]) -> bool:
    return parts[-1] in _NO_MANIFESTS or any(part in _NOT_IN_A_SOURCE for part in parts)
