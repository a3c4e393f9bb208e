"""`edit fix`: deprecated fields become current ones, and a missing `apiVersion` and `kind` are put on top.

bases → resources                 imageTags → images              commonLabels → labels, with selectors
patchesStrategicMerge → patches   patchesJson6902 → patches       env → envs
helmChartInflationGenerator → helmCharts and helmGlobals
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.edit.fields import entries, renamed, with_entries, with_field
from penstock.edit.kept import Kept
from penstock.model import Refusal, Tree

VERSIONS = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}

PATCH_FIELDS = (
    ("patches", "patchesJson6902", "patchesStrategicMerge"),
    ("patchesStrategicMerge", "patches", "patchesJson6902"),
)
"""In which order the patches may come: first as Kustomize's own `edit fix` puts them, then as a build applies them.

They differ only where patches of two fields meet in one object.
"""

_CHART = {
    "chartName": "name",
    "chartVersion": "version",
    "chartRepoUrl": "repo",
    "values": "valuesFile",
    "valuesLocal": "valuesInline",
    "valuesMerge": "valuesMerge",
    "releaseName": "releaseName",
}
"""Fields of `helmChartInflationGenerator` entries, and what `helmCharts` calls them."""


def fix(fields: Tree, is_file: Callable[[str], bool], order: tuple[str, ...] = PATCH_FIELDS[0]) -> Tree:
    """Return the fields without deprecated ones. `is_file` tells a patch that is a path from a patch that is a text."""
    fields = _with_labels(_with_patches(_with_envs(_with_charts(fields)), is_file, order))
    for field in ("resources", "images"):
        fields = with_entries(fields, field, [item for _, item in entries(fields, field)])
    return _with_version(fields)


def fixed_fields(before: Tree, after: Tree) -> list[str]:
    """Return which field became which other one, for people."""
    moves = (
        ("bases", "resources"),
        ("imageTags", "images"),
        ("patchesJson6902", "patches"),
        ("patchesStrategicMerge", "patches"),
        ("commonLabels", "labels"),
        ("helmChartInflationGenerator", "helmCharts"),
        ("vars", "replacements"),
    )
    fixed = [f"{old} -> {new}" for old, new in moves if old in before and old not in after]
    if any("env" in e for field in ("configMapGenerator", "secretGenerator") for e in before.get(field, ())):
        fixed.append("env -> envs")
    return fixed + [f"{field} added" for field in ("apiVersion", "kind") if not before.get(field)]


def _with_version(fields: Tree) -> Tree:
    """Return the fields with `apiVersion` and `kind`, which are put on top where they are missing."""
    kind = fields.get("kind") or "Kustomization"
    version = fields.get("apiVersion") or VERSIONS[kind]
    head = {} if fields.get("apiVersion") else {"apiVersion": version}
    if "kind" not in fields:
        head = {"apiVersion": version, "kind": kind}
    return {**head, **fields, "apiVersion": version, "kind": kind}


def _with_patches(fields: Tree, is_file: Callable[[str], bool], order: tuple[str, ...]) -> Tree:
    """Return the fields with all patches in one list, which stands where the first of the patch fields stood."""
    deprecated = [field for field in fields if field in order and field != "patches"]
    if not deprecated:
        return fields
    # Kustomize applies the fields in this order, whatever their order in the file.
    patches = [each for field in order for each in _patches(fields, field, is_file)]
    if "patches" in fields:
        fields = {**fields, "patches": patches}
    elif patches:
        fields = renamed(fields, deprecated[0], "patches", patches)
    return {key: value for key, value in fields.items() if key not in deprecated}


def _patches(fields: Tree, field: str, is_file: Callable[[str], bool]) -> Iterator[Any]:
    """Yield the entries of one field as entries of `patches`."""
    for index, patch in enumerate(fields.get(field, ())):
        kept = Kept((field, index))
        yield kept if field != "patchesStrategicMerge" else {"path" if is_file(patch) else "patch": kept}


def _with_labels(fields: Tree) -> Tree:
    common = fields.get("commonLabels")
    if not common:
        return with_field(fields, "commonLabels", [])
    labels = fields.get("labels", [])
    twice = [name for entry in labels for name in entry.get("pairs", {}) if name in common]
    if twice:
        raise Refusal(f"the label {twice[0]!r} stands in both commonLabels and labels; take it out of one of them")
    moved = [*labels, {"includeSelectors": True, "pairs": Kept(("commonLabels",))}]
    if "labels" not in fields:
        return renamed(fields, "commonLabels", "labels", moved)
    return with_field({**fields, "labels": moved}, "commonLabels", [])


def _with_envs(fields: Tree) -> Tree:
    for field in ("configMapGenerator", "secretGenerator"):
        if field in fields:
            fields = {**fields, field: [_envs(entry) for entry in fields[field]]}
    return fields


def _envs(entry: Tree) -> Tree:
    if not entry.get("env"):
        return with_field(entry, "env", [])
    envs = [*entry.get("envs", ()), entry["env"]]
    if "envs" not in entry:
        return renamed(entry, "env", "envs", envs)
    return with_field({**entry, "envs": envs}, "env", [])


def _with_charts(fields: Tree) -> Tree:
    old = fields.get("helmChartInflationGenerator")
    if old is None:
        return fields
    charts = [{_CHART[key]: value for key, value in entry.items() if key in _CHART and value} for entry in old]
    fields = with_entries(fields, "helmCharts", [*fields.get("helmCharts", ()), *charts])
    homes = _homes(old)
    if homes and "helmGlobals" not in fields:
        fields = {**fields, "helmGlobals": homes}
    return with_field(fields, "helmChartInflationGenerator", [])


def _homes(entries: list[Tree]) -> Tree:
    """Return the directories of Helm, each from the last entry that names one."""
    found: Tree = {}
    for name, field in (("chartHome", "chartHome"), ("configHome", "helmHome")):
        said = [entry[field] for entry in entries if entry.get(field)]
        found |= {name: said[-1]} if said else {}
    return found
