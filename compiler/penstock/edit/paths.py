"""`add` and `remove` for the fields that list paths: resources, components, generators, transformers,
configurations.
"""

from collections.abc import Sequence

from penstock.edit.fields import DEPRECATED, Edited, entries, with_entries, with_field
from penstock.edit.wildcards import is_match
from penstock.model import Refusal, Tree


def add_paths(fields: Tree, field: str, paths: Sequence[str]) -> Edited:
    """Append paths. A path that is in the list already is not added again, and is reported."""
    old = entries(fields, field)
    known = [value for value, _ in old]
    items = [item for _, item in old]
    notes = []
    for path in paths:
        if path in known:
            notes.append(f"{field}: {path} is in the kustomization file already")
            continue
        known.append(path)
        items.append(path)
    return (with_entries(fields, field, items) if len(items) > len(old) else fields), notes


def add_bases(fields: Tree, argument: str) -> Edited:
    """Append directories, which are separated by commas, to `resources`. One that is in the list already is an
    error.
    """
    known = [value for value, _ in entries(fields, "resources")]
    paths = argument.split(",")
    for index, path in enumerate(paths):
        if path in known or path in paths[:index]:
            raise Refusal(f"base {path} is in the kustomization file already")
    return add_paths(fields, "resources", paths)


def remove_paths(fields: Tree, field: str, patterns: Sequence[str]) -> Edited:
    """Remove the entries that the patterns match. Files are not looked at."""
    wanted = fields
    for name in (field, DEPRECATED.get(field, "")):
        stay = [path for path in fields.get(name, ()) if not any(is_match(pattern, path) for pattern in patterns)]
        if len(stay) < len(fields.get(name, ())):
            wanted = with_field(wanted, name, stay)
    if wanted is fields:
        return fields, [f"{field}: nothing in the kustomization file matches {' '.join(patterns)}"]
    return wanted, []
