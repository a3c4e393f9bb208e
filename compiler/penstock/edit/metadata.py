"""`set|add|remove label` and `… annotation`: the common labels and annotations of all objects."""

import re

from penstock.edit.fields import Edited, names_of, pairs_of, with_field
from penstock.model import Refusal, Tree

FIELDS = {"label": "commonLabels", "annotation": "commonAnnotations"}

_ANNOTATION = re.compile(r"([a-zA-Z]([-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?")


def set_pairs(fields: Tree, what: str, arguments: list[str]) -> Edited:
    """Set `key:value` pairs, replacing those that exist."""
    pairs = _given(arguments, what)
    wrong = [key for key in pairs if what == "annotation" and not _ANNOTATION.fullmatch(key)]
    if wrong:
        raise Refusal(f"invalid annotation key {wrong[0]!r}: it is [prefix/]name, of letters, digits, - _ and .")
    return _laid_over(fields, FIELDS[what], pairs), []


def add_pairs(fields: Tree, what: str, arguments: list[str], force: bool) -> Edited:
    """Add `key:value` pairs. A key that exists is an error, unless it is replaced by force."""
    pairs = _given(arguments, what)
    _refuse_present(fields.get(FIELDS[what], {}), what, pairs, force)
    return _laid_over(fields, FIELDS[what], pairs), []


def add_plain_labels(fields: Tree, arguments: list[str], force: bool, templates: bool) -> Edited:
    """Add labels that do not go into selectors: to the first entry of `labels` of this sort, or else to a new entry."""
    pairs = _given(arguments, "label")
    labels = list(fields.get("labels", ()))
    sort = (False, templates)
    index = next((i for i, entry in enumerate(labels) if _sort(entry) == sort), None)
    if index is None:
        labels.append({"includeTemplates": True, "pairs": pairs} if templates else {"pairs": pairs})
    else:
        _refuse_present(labels[index].get("pairs", {}), "label", pairs, force)
        labels[index] = _laid_over(labels[index], "pairs", pairs)
    return with_field(fields, "labels", labels), []


def remove_pairs(fields: Tree, what: str, argument: str, ignore: bool) -> Edited:
    """Remove keys, which are separated by commas. A key that does not exist is an error, unless such keys are
    ignored.
    """
    field = FIELDS[what]
    if field not in fields and not ignore:
        raise Refusal(f"{field} is not defined in the kustomization file")
    pairs = dict(fields.get(field, {}))
    for key in names_of(argument, what):
        if key not in pairs and not ignore:
            raise Refusal(f"{what} {key} is not defined in the kustomization file")
        pairs.pop(key, None)
    return with_field(fields, field, pairs), []


def _given(arguments: list[str], what: str) -> dict[str, str]:
    if not arguments:
        raise Refusal(f"name at least one {what}, as key:value")
    return pairs_of(arguments, what)


def _laid_over(fields: Tree, field: str, pairs: dict[str, str]) -> Tree:
    return with_field(fields, field, {**fields.get(field, {}), **pairs})


def _refuse_present(present: Tree, what: str, pairs: dict[str, str], force: bool) -> None:
    found = [key for key in pairs if key in present]
    if found and not force:
        raise Refusal(f"{what} {found[0]} is in the kustomization file already; --force writes over it")


def _sort(entry: Tree) -> tuple[bool, bool]:
    return bool(entry.get("includeSelectors")), bool(entry.get("includeTemplates"))
