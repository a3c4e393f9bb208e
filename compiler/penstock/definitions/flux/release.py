"""A Flux `HelmRelease` whose chart lies in a Git repository, and what it is rendered with."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from penstock.definitions.flux.definition import Definition, SourceId
from penstock.definitions.flux.variables import data_of
from penstock.definitions.reading import clipped, mapping, mappings, text
from penstock.model import Origin, Resource, Tree
from penstock.tree import origin_of

GROUP, KIND = "helm.toolkit.fluxcd.io", "HelmRelease"
LONGEST_NAME = 53
VALUES_KEY = "values.yaml"


class Text(NamedTuple):
    """Values that stand as a text in a ConfigMap or Secret, and where."""

    text: str
    where: Origin


class Values(NamedTuple):
    """The values of a release, those that win last: texts, settings of one value each, and the tree in its spec."""

    texts: list[Text]
    settings: list[str]
    own: Tree
    missing: list[str]
    """Objects that are not in the tree, or that cannot be read there."""


def releases(resources: Iterable[Resource]) -> Iterator[Definition]:
    """The releases among some objects whose charts are named by a path; each has its chart as its `path`."""
    for resource in resources:
        if resource.id.group == GROUP and resource.id.kind == KIND:
            chart = _chart(mapping(resource.body.get("spec")))
            reference = mapping(chart.get("sourceRef"))
            namespace = text(reference.get("namespace")) or resource.id.namespace
            source = SourceId(text(reference.get("kind")), namespace, text(reference.get("name")))
            if text(chart.get("chart")) and source.kind == "GitRepository":
                yield Definition(resource, clipped(text(chart.get("chart"))), source)


def _chart(spec: Tree) -> Tree:
    return mapping(mapping(spec.get("chart")).get("spec"))


def name_of(release: Definition) -> str:
    """The name of the release. One that is too long ends in a digest, as the controller has it."""
    target = text(release.spec.get("targetNamespace"))
    name = text(release.spec.get("releaseName")) or "-".join(filter(None, (target, release.id[1])))
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 13]}-{sha256(name.encode()).hexdigest()[:12]}"


def namespace_of(release: Definition) -> str:
    return text(release.spec.get("targetNamespace")) or release.id[0] or "default"


def values_files(release: Definition) -> list[str]:
    """Files that take the place of the chart's own values."""
    names = _chart(release.spec).get("valuesFiles")
    return [clipped(each) for each in names if isinstance(each, str)] if isinstance(names, list) else []


def values_of(release: Definition, objects: Sequence[Resource]) -> Values:
    """`valuesFrom` in its order, and then `values`."""
    by_id = {(each.id.kind, each.id.namespace, each.id.name): each for each in objects}
    found = Values([], [], mapping(release.spec.get("values")), [])
    for reference in mappings(release.spec.get("valuesFrom")):
        kind, name = text(reference.get("kind")), text(reference.get("name"))
        key = text(reference.get("valuesKey")) or VALUES_KEY
        source = by_id.get((kind, release.id[0], name))
        data = data_of(source) if source is not None else None
        if source is not None and data is not None and key in data:
            _add(found, reference, data[key], origin_of(source, ("data", key)))
        elif reference.get("optional") is not True:
            found.missing.append(f"{kind}/{name}")
    return found


def _add(found: Values, reference: Tree, value: str, where: Origin) -> None:
    target = text(reference.get("targetPath"))
    if not target:
        found.texts.append(Text(value, where))
        return
    for sign in ("\\", ",", "{", "}", "[", "]"):
        value = value.replace(sign, f"\\{sign}")
    found.settings.append(f"{target}={value}")


def includes_crds(release: Definition) -> bool:
    """Whether the definitions of the chart are installed, as they are unless it is told otherwise."""
    return text(mapping(release.spec.get("install")).get("crds")) != "Skip"


def post_rendered(release: Definition) -> Tree:
    """What `postRenderers` do, as fields of a kustomization: the entries of all of them, field by field."""
    fields: dict[str, list[Tree]] = {}
    for each in mappings(release.spec.get("postRenderers")):
        for field in ("patches", "images"):
            fields.setdefault(field, []).extend(mappings(mapping(each.get("kustomize")).get(field)))
    return {field: entries for field, entries in fields.items() if entries}
