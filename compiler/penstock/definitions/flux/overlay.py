"""The changes that kustomize-controller makes to the kustomization of a directory before it builds it.

The fields of the definition are applied to those of the file: `targetNamespace`, `namePrefix` and `nameSuffix` replace
them, `patches` and `components` are appended, `images` are merged by name. A directory without a kustomization gets one
that lists all manifests below it. (github.com/fluxcd/pkg/kustomize 1.40, `GenerateManifest`.)
"""

import json
import posixpath
from collections.abc import Callable, Container, Iterable, Iterator
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
"""Files that source-controller leaves out of every source."""


def _patch(given: Tree) -> Tree:
    """Return the entry of a kustomization for a patch of a definition."""
    entry: Tree = {"patch": text(given.get("patch"))}
    if isinstance(given.get("target"), dict):
        entry["target"] = {key: value for key, value in given["target"].items() if isinstance(value, str)}
    return entry


def overlaid(
    definition: Definition, found: Kustomization | None, manifests: Iterable[str], is_there: Callable[[str], bool]
) -> tuple[Kustomization, list[Diagnostic]]:
    """Return the kustomization that Flux builds: that of the directory or a new one, changed by the definition.

    `manifests` are the results of `manifests_of`; `is_there` returns whether a path exists.
    """
    spec = definition.spec
    fields, moved = _start(definition, found, manifests)
    for flux, kustomize in _REPLACED:
        if isinstance(spec.get(flux), str):
            _set(fields, moved, kustomize, spec[flux], definition.at(flux))
    for index, patch in enumerate(mappings(spec.get("patches"))):
        _append(fields, moved, "patches", _patch(patch), definition.at("patches", index))
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
    """Return the initial fields, and the origins of those that are not from a file."""
    if found is None:
        resources = list(manifests)
        where = definition.at("path")
        moved: dict[Pointer, Origin] = {("resources", index): where for index in range(len(resources))}
        return ({"resources": resources} if resources else {"namespace": "_placeholder"}), moved
    fields = dict(found.fields)
    if not fields.get("resources"):
        fields["buildMetadata"] = ["originAnnotations"]  # Flux avoids Kustomize's error for an empty file this way
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
    """Set the fields of the image with the same name, or add it. Tag and digest belong together: one of them replaces
    both.
    """
    images = list(fields.get("images") or ())
    index = next((at for at, each in enumerate(images) if each.get("name") == image.get("name")), len(images))
    new: Tree = {"newName": image["newName"]} if image.get("newName") else {}
    if image.get("newTag") or image.get("digest"):
        new |= {"newTag": text(image.get("newTag")), "digest": text(image.get("digest"))}
    if index < len(images):
        moved |= {("images", index, field): where.below(field) for field in new}
        images[index] = {**images[index], **new}
    else:
        moved[("images", index)] = where
        images.append({"name": text(image.get("name")), **new})
    fields["images"] = images


def _outermost(parts: tuple[str, ...], kustomizations: Container[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the outermost directory with a kustomization above a file. It says itself what is used of the inner
    ones.
    """
    above = (parts[:depth] for depth in range(1, len(parts)))
    return next((each for each in above if each in kustomizations), None)


def manifests_of(directory: str, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files and directories that make up a directory without a kustomization, relative to it.

    `paths` are all files below the directory. A subdirectory with a kustomization is included as a whole. Hidden files
    and directories are included, except those that Flux leaves out of every source.
    """
    names = sorted(tuple(_relative(path, directory).split("/")) for path in paths)
    kustomizations = {parts[:-1] for parts in names if parts[-1] in FILE_NAMES and len(parts) > 1}
    given: set[tuple[str, ...]] = set()
    for parts in names:
        above = _outermost(parts, kustomizations)
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
