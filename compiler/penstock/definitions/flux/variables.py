"""The variables of a definition's `postBuild`, and what they make of its objects."""

import base64
import binascii
from collections.abc import Iterable, Mapping

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.substitution import OnMissing, SubstitutionError, Told, substituted
from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Resource
from penstock.records import NamedTuple

DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
"""The annotation or label with which an object says `disabled`."""


class Variables(NamedTuple):
    """The values that are known, and the objects with further ones that are not in the tree."""

    values: Mapping[str, str]
    missing: tuple[str, ...]
    wanted: bool
    """Whether there is anything to substitute: without variables Flux leaves every object as it is."""
    secrets: Mapping[str, str] = {}
    """Those that come out of Secrets, as they stand there."""


def variables_of(definition: Definition, objects: Iterable[Resource]) -> Variables:
    """The variables from `substituteFrom`, in its order, and then those of `substitute`."""
    build = mapping(definition.spec.get("postBuild"))
    references = mappings(build.get("substituteFrom"))
    by_id = {(each.id.kind, each.id.namespace, each.id.name): each for each in objects} if references else {}
    values: dict[str, str] = {}
    missing: list[str] = []
    secrets: dict[str, str] = {}
    for reference in references:
        kind, name = text(reference.get("kind")), text(reference.get("name"))
        source = by_id.get((kind, definition.resource.id.namespace, name))
        found = data_of(source) if source is not None else None
        if found is not None:
            values |= found
            secrets |= found if kind == "Secret" else {}
        elif reference.get("optional") is not True or source is not None:
            missing.append(f"{kind}/{name}")
    own = {key: value for key, value in mapping(build.get("substitute")).items() if isinstance(value, str)}
    values = {key: value.replace("\n", "") for key, value in (values | own).items()}
    return Variables(values, tuple(missing), bool(values) or bool(missing), secrets)


def data_of(source: Resource) -> dict[str, str] | None:
    """What a ConfigMap or Secret holds; None where it is encrypted."""
    if "sops" in source.body:
        return None
    data = {key: value for key, value in mapping(source.body.get("data")).items() if isinstance(value, str)}
    if source.id.kind != "Secret":
        return data
    plain = {key: value for key, value in mapping(source.body.get("stringData")).items() if isinstance(value, str)}
    return {key: _decoded(value) for key, value in data.items()} | plain


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode(errors="replace")
    except (ValueError, binascii.Error):
        return ""


def is_disabled(resource: Resource) -> bool:
    metadata = mapping(resource.body.get("metadata"))
    return any(mapping(metadata.get(field)).get(DISABLED) == "disabled" for field in ("labels", "annotations"))


def substitute(
    written: str, variables: Variables, *, strict: bool, told: Told | None = None
) -> tuple[str | None, SubstitutionError | None]:
    """A text with its variables replaced; None where Flux refuses it, and why.

    A variable whose value lies in an object that is not in the tree stays as it is.
    """
    on_missing: OnMissing = "keep" if variables.missing else "refuse" if strict else "empty"
    try:
        return substituted(written, variables.values, on_missing, told), None
    except SubstitutionError as reason:
        return None, reason
