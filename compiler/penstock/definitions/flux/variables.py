"""The variables of a definition's `postBuild`, and their substitution in its objects."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.definitions.flux.definition import Definition, Named, SourceId, by_source
from penstock.definitions.flux.substitution import OnMissing, SubstitutionError, Told, substituted
from penstock.definitions.reading import mapping, mappings, text
from penstock.model import NamedPlaces, Origin, Resource
from penstock.records import NamedTuple
from penstock.tree import origin_of

_NAME = re.compile(r"\$\{#?(\w+)")
"""The name at the beginning of an expression."""

DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
"""The annotation or label by which an object disables substitution, with the value `disabled`."""


class Variables(NamedTuple):
    """The known values, and the objects (`missing`) that have further values but are not in the tree."""

    values: Mapping[str, str]
    missing: tuple[str, ...]
    wanted: bool
    """Whether there is anything to substitute: without variables, Flux leaves every object unchanged."""
    secrets: Mapping[str, str] = {}
    """The values that come from Secrets, as they are written there."""
    places: Mapping[str, Origin] = {}
    """Where the values are written."""
    optional: tuple[str, ...] = ()
    """The optional objects that are not in the tree. They count as missing in the cluster, too, unless a variable has
    neither a value nor a default.
    """
    sources: tuple[tuple[Origin, str], ...] = ()
    """What has the values, each with its place: ConfigMaps, Secrets, and the definition itself."""

    def with_more_from(self, place: str) -> "Variables":
        """Return the same variables, with further ones at a place that is not in the tree."""
        return self._replace(missing=(*self.missing, place))

    def named_in(self, text: str) -> NamedPlaces:
        """Return the places and names of the variables that the expressions of a text name."""
        names = dict.fromkeys(_NAME.findall(text.replace("$$", "")))  # `$${NAME}` stands for a text
        return tuple((self.places[name], name) for name in names if name in self.places)


def _texts(given: Any) -> dict[str, str]:
    return {key: value for key, value in mapping(given).items() if isinstance(value, str)}


def sources_of(definition: Definition) -> list[SourceId]:
    """Return the objects from which the variables of a definition come, in the order of `substituteFrom`."""
    namespace = definition.resource.id.namespace
    references = mappings(mapping(definition.spec.get("postBuild")).get("substituteFrom"))
    return [SourceId(text(each.get("kind")), namespace, text(each.get("name"))) for each in references]


def variables_of(definition: Definition, around: Named, objects: Sequence[Resource]) -> Variables:
    """Return the variables from `substituteFrom`, in its order, overridden by those of `substitute`.

    The objects that the definition makes count before those around it.
    """
    build = mapping(definition.spec.get("postBuild"))
    references = mappings(build.get("substituteFrom"))
    own_objects = by_source(objects) if references else {}
    values: dict[str, str] = {}
    missing: list[str] = []
    optional: list[str] = []
    secrets: dict[str, str] = {}
    places: dict[str, Origin] = {}
    sources: list[tuple[Origin, str]] = []
    for reference, wanted in zip(references, sources_of(definition), strict=True):
        kind, name = wanted.kind, wanted.name
        source = own_objects.get(wanted) or around.get(wanted)
        found = data_of(source) if source is not None else None
        if found is not None:
            assert source is not None
            values |= found
            secrets |= found if kind == "Secret" else {}
            places |= {key: place_of(source, key) for key in found}
            sources.append((source.origin, str(source.id)))
        # An optional object may be missing; one that is there and cannot be read may not.
        elif reference.get("optional") is not True or source is not None:
            missing.append(f"{kind}/{name}")
        else:
            optional.append(f"{kind}/{name}")
    own = _texts(build.get("substitute"))
    places |= {key: definition.at("postBuild", "substitute", key) for key in own}
    if own:
        sources.append((definition.at("postBuild", "substitute"), "the definition"))
    # Flux takes line breaks out of the values of variables.
    values = {key: value.replace("\n", "") for key, value in (values | own).items()}
    return Variables(
        values, tuple(missing), bool(values) or bool(missing), secrets, places, tuple(optional), tuple(sources)
    )


def data_of(source: Resource) -> dict[str, str] | None:
    """Return the data of a ConfigMap or Secret, or None if it is encrypted."""
    if "sops" in source.body:
        return None
    data = {key: value for key, value in mapping(source.body.get("data")).items() if isinstance(value, str)}
    if source.id.kind != "Secret":
        return data
    plain = {key: value for key, value in mapping(source.body.get("stringData")).items() if isinstance(value, str)}
    return {key: _decoded(value) for key, value in data.items()} | plain


def place_of(source: Resource, key: str) -> Origin:
    """Return where the text of a key of a ConfigMap or Secret was written."""
    field = "stringData" if key in mapping(source.body.get("stringData")) and source.id.kind == "Secret" else "data"
    return origin_of(source, (field, key))


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode(errors="replace")
    except (ValueError, binascii.Error):
        return ""


def is_name(name: str) -> bool:
    """Return whether Flux accepts a name of a variable."""
    return name.isascii() and name.isidentifier()


def is_disabled(resource: Resource) -> bool:
    metadata = mapping(resource.body.get("metadata"))
    return any(mapping(metadata.get(field)).get(DISABLED) == "disabled" for field in ("labels", "annotations"))


def substitute(
    written: str, variables: Variables, *, strict: bool, told: Told | None = None, defaults: bool = False
) -> tuple[str | None, SubstitutionError | None]:
    """Return a text with its variables replaced, or None and the reason if Flux refuses the text.

    If values are in objects that are not in the tree, expressions with unknown values are left as they are; with
    `defaults`, only those without a default.
    """
    on_missing: OnMissing = "refuse" if strict else "empty"
    if variables.missing:
        on_missing = "default" if defaults else "keep"
    try:
        return substituted(written, variables.values, on_missing, told), None
    except SubstitutionError as reason:
        return None, reason
