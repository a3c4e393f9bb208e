"""A CustomResourceDefinition keeps the versions in which objects may be stored.

Bad:   `versions:` of a CustomResourceDefinition without `v1alpha1`, which was the version that is stored
Good:  `v1alpha1` with `served: false` until all objects are stored in the new version, and then without it

Why: the API server refuses a definition that lacks a version of `status.storedVersions`. This list keeps every version
that has ever had `storage: true` until somebody removes it.
Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionUpdate.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.words import quoted

CODE = "PS462"
NAME = "removed-version"
SEVERITY: Severity = "error"

AT = ("spec", "versions")


def check(old: Resource, new: Resource) -> Iterator[Problem]:
    """Yield the removed versions in which objects were stored."""
    if (new.id.group, new.id.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return
    left = {version.get("name") for version in _versions(new)}
    for version in _versions(old):
        name = version.get("name")
        if version.get("storage") is True and name not in left:
            message = f"the version {quoted(str(name))} is gone, in which objects are stored"
            yield Problem(AT, message, "keep it with `served: false` until they are stored in another one")


def _versions(definition: Resource) -> list[Tree]:
    found = get(definition.body, AT)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
