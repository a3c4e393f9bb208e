"""The `templatePatch` of an ApplicationSet: a strategic merge patch for each Application that it makes.

Without a schema, such a patch is a JSON merge patch (`merge_patch`) in which `$patch` says how a mapping is merged.
"""

from collections.abc import Mapping
from typing import Any

from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.reading import mapping
from penstock.model import Tree

_DIRECTIVE = "$patch"


def patched(application: Tree, patch: Any) -> Tree:
    """Return an Application changed by a patch, which cannot change its project. Raises Failed."""
    if patch is None:
        return application
    fields = {key: _mapping(patch, key) for key in ("metadata", "spec")} if isinstance(patch, dict) else None
    if fields is None:
        raise Failed("it is no mapping")
    changed = {**application, **{key: merged(mapping(application[key]), fields[key]) for key in fields}}
    project = mapping(application["spec"]).get("project")
    spec = {key: value for key, value in changed["spec"].items() if key != "project"}
    changed["spec"] = spec if project is None else {**spec, "project": project}
    return changed


def _mapping(patch: Tree, key: str) -> Tree:
    value = patch.get(key)
    if value is not None and not isinstance(value, dict):
        raise Failed(f"its field {key} is no mapping")
    return mapping(value)


def merged(below: Tree, patch: Mapping[str, Any]) -> Tree:
    """Return a mapping changed by a patch: null removes a field, and a list replaces a list. Raises Failed."""
    directive = patch.get(_DIRECTIVE)
    given = {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "replace":
        return given
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise Failed(f"unknown patch type found: {directive}")
    result = dict(below)
    for key, value in given.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(mapping(result.get(key)), value)
        else:
            result[key] = value
    return result
