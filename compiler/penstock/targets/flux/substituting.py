"""Replaces the variables of Flux in the objects that a definition builds: in the YAML text of each, as Flux does."""

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.definitions.flux.substitution import SubstitutionError, Told
from penstock.definitions.flux.variables import Variables, is_disabled, is_name, substitute
from penstock.emit.yaml import Unprintable, dump
from penstock.model import Diagnostic, NamedPlaces, Origin, Pointer, Resource
from penstock.parse.document import CONFIG, load
from penstock.parse.project import Project
from penstock.resolve.finding.identities import reidentify
from penstock.tree import leaves, origin_of, put


def replace_variables(
    resources: Sequence[Resource], variables: Variables, lenient: str, project: Project
) -> tuple[list[Diagnostic], dict[Origin, NamedPlaces]]:
    """Replace the variables in each object. Return findings, and the places of the variables by the places of the texts
    into which they have gone.

    `lenient` is the version of the cluster's Flux if that Flux replaces a variable without a value by an empty text;
    otherwise it is empty.
    """
    filled: dict[Origin, NamedPlaces] = {}
    if not variables.wanted or all(map(is_disabled, resources)):
        return [], filled
    findings = [*_misnamed(variables)]

    def told(name: str, made: str) -> None:
        if name in variables.secrets:
            project.withheld.add(made)

    for resource in resources:
        if is_disabled(resource) or not _may_have_variables(resource.body):
            continue
        try:
            before = dump(resource.body)
        except Unprintable:
            continue  # the printer reports it
        if "$" in before:
            more, changed = _replaced(resource, before, variables, lenient, told)
            findings += more
            filled |= {where: variables.named_in(text) for where, text in changed}
    return findings, filled


def _may_have_variables(tree: Any) -> bool:
    """Return whether there is a `$` in the text of a tree, which takes longer to print than to go through."""
    waiting = [tree]
    for each in waiting:
        if isinstance(each, dict):
            waiting += (*each, *each.values())
        elif isinstance(each, list):
            waiting += each
        elif "$" in each if isinstance(each, str) else each is not None and not isinstance(each, int | float):
            return True  # it has a variable, or a tag
    return False


def _misnamed(variables: Variables) -> Iterator[Diagnostic]:
    """Yield a finding for each variable whose name Flux refuses, even if nothing uses it."""
    for name in variables.values:
        if not is_name(name):
            message = f"{name} is no name of a variable, so Flux substitutes nothing and refuses the Kustomization"
            hint = "use letters, digits and _ in the keys of objects that `substituteFrom` names"
            yield Diagnostic("PS196", "error", message, variables.places.get(name, Origin("")), hint=hint)


_Changed = list[tuple[Origin, str]]
"""The texts of an object that have changed, each with its place and as it was."""


def _replaced(
    resource: Resource, before: str, variables: Variables, lenient: str, told: Told
) -> tuple[list[Diagnostic], _Changed]:
    """Replace the variables in one object, whose YAML text is `before`. Return findings, and what has changed."""
    findings: list[Diagnostic] = []
    after, reason = substitute(before, variables, strict=True, told=told)
    if reason is not None and reason.name and variables.optional:
        findings.append(_perhaps_optional(resource, variables, reason))
        variables = variables.with_more_from(variables.optional[0])
        after, reason = substitute(before, variables, strict=True, told=told, defaults=True)
    if reason is not None:
        findings.append(_refused(resource, variables, reason, lenient))
        if findings[-1].severity != "error":
            after, _ = substitute(before, variables, strict=False, told=told)
    if after is None or after == before:
        return findings, []
    changed = _read_back(resource, after)
    if changed is None and variables.missing:
        # An expression that is left as it is may break the text around it. The cluster reads that text, and most
        # likely with the default that stands there.
        after, _ = substitute(before, variables, strict=False, told=told, defaults=True)
        changed = _read_back(resource, after) if after is not None else None
    if changed is not None:
        return findings, changed
    message = f"{resource.id}: with its variables replaced, this is no YAML that can be read"
    if variables.missing:
        message += f"; it is left as it is, since {variables.missing[0]} is not in the repository"
        return [*findings, Diagnostic("PS196", "warning", message, resource.origin, resource=resource.id)], []
    return [*findings, Diagnostic("PS196", "error", message, resource.origin, resource=resource.id)], []


def _perhaps_optional(resource: Resource, variables: Variables, reason: SubstitutionError) -> Diagnostic:
    """Return the finding about a variable that has no value here, but may get one from an optional object."""
    message = f"{reason} here; {variables.optional[0]}, which is optional and not in the repository, may have one"
    return Diagnostic("PS196", "info", message, _place_of_refused(resource, variables), resource=resource.id)


def _place_of_refused(resource: Resource, variables: Variables) -> Origin:
    """Return the place of the first field with an expression that Flux refuses."""
    refused = (
        origin_of(resource, at)
        for at, value in leaves(resource.body)
        if isinstance(value, str) and substitute(value, variables, strict=True)[1] is not None
    )
    return next(refused, resource.origin)


MAX_NOTES = 3
"""The sources of variables that a finding names."""


def _refused(resource: Resource, variables: Variables, reason: SubstitutionError, lenient: str) -> Diagnostic:
    """Return the finding about an expression that Flux refuses, at the field that contains it.

    It is a warning if the Flux of the cluster accepts the expression, and only Flux 2.9 and later refuse it.
    """
    hint = "give it a default: `${NAME:=value}`, or write `$${NAME}` for a text that is no variable"
    where = _place_of_refused(resource, variables)
    notes = tuple((place, f"{what} has the values of variables") for place, what in variables.sources[:MAX_NOTES])
    notes = notes if reason.name else ()
    if lenient and reason.name:
        message = f"{reason}: Flux {lenient} puts nothing in its place, and since Flux 2.9 this is an error"
        return Diagnostic("PS196", "warning", message, where, resource.id, notes, hint)
    return Diagnostic("PS196", "error", str(reason), where, resource.id, notes, hint)


def _read_back(resource: Resource, written: str) -> _Changed | None:
    """Apply the changes in the YAML text of an object to the object. Return what has changed, or None if the text is
    not that of one object.
    """
    documents, findings = load(written.encode(), resource.origin.path, CONFIG)
    if findings or len(documents) != 1 or not isinstance(documents[0].body, dict):
        return None
    changed: _Changed = []
    for at, old, new in list(_changes((), resource.body, documents[0].body)):
        where = origin_of(resource, at)
        put(resource, at, new, where)
        changed += [(where, old)] if isinstance(old, str) else []
    reidentify(resource)
    return changed


def _changes(at: Pointer, old: Any, new: Any) -> Iterator[tuple[Pointer, Any, Any]]:
    """Yield the parts of a tree that another tree has otherwise, each with its pointer and both values."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            yield from _changes((*at, key), old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes((*at, index), before, after)
    elif old.__class__ is not new.__class__ or old != new:
        yield at, old, new
