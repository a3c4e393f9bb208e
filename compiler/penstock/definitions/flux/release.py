"""A Flux `HelmRelease`: the chart that it installs, and the values with which the chart is rendered."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from penstock.definitions.flux.definition import Definition, Named, SourceId
from penstock.definitions.flux.variables import data_of, place_of
from penstock.definitions.reading import clipped, mapping, mappings, text, texts
from penstock.model import Kustomization, Origin, Resource, Tree
from penstock.records import NamedTuple
from penstock.sources import ChartAddress

GROUP, KIND = "helm.toolkit.fluxcd.io", "HelmRelease"
LONGEST_NAME = 53
VALUES_KEY = "values.yaml"


class Text(NamedTuple):
    """Values in a string of a ConfigMap or Secret, and where they were written. With a `target`, the text is the value
    at that path.
    """

    text: str
    where: Origin
    is_secret: bool
    target: str = ""
    is_literal: bool = False


class NoKey(NamedTuple):
    """An object in the tree that lacks the requested key, so that the release fails."""

    source: Resource
    key: str
    at: tuple[str | int, ...]
    """The path in the spec at which the key is requested."""


class Values(NamedTuple):
    """The values of a release in their order, and the values in its spec (`own`), which override them."""

    texts: list[Text]
    own: Tree
    missing: list[str]
    """Objects that are not in the tree, or that cannot be read there."""
    keyless: list[NoKey]


class ChartOf(NamedTuple):
    """The chart of a release: a directory of a git repository, or a packed chart.

    If neither is known, `why` is the reason. `at` is the path of the reference to the chart in the spec.
    """

    source: SourceId | None = None
    path: str = ""
    packed: ChartAddress | None = None
    why: str = ""
    at: tuple[str, ...] = ("chart",)
    values_files: tuple[str, ...] = ()
    """Files that replace the chart's own values."""
    ignores_missing_files: bool = False
    """Whether those of them that are missing are left out."""
    has_digest: bool = False
    """Whether the controller puts the digest of the chart into its version, which it does for an OCIRepository."""


def releases(resources: Iterable[Resource]) -> Iterator[Definition]:
    """Yield the releases among some objects."""
    for resource in resources:
        if resource.id.group == GROUP and resource.id.kind == KIND:
            yield Definition(resource, ".", SourceId("", "", ""))


def chart_of(release: Definition, resources: Named) -> ChartOf:
    """Return the chart that a release installs. `resources` are the objects of its cluster."""
    reference = mapping(release.spec.get("chartRef"))
    if not reference:
        return _by_template(mapping(mapping(release.spec.get("chart")).get("spec")), release, resources)
    source = source_of(reference, release.id[0])
    found = resources.get(source)
    if found is None:
        return ChartOf(source, why=f"there is no {source.kind} {source.name} here", at=("chartRef",))
    if source.kind == "HelmChart":
        return _by_template(mapping(found.body.get("spec")), release, resources)._replace(at=("chartRef",))
    if source.kind == "OCIRepository":
        packed = artifact_of(mapping(found.body.get("spec")))
        return ChartOf(source, packed=packed, at=("chartRef",), has_digest=True)
    return ChartOf(source, why=f"its chart comes from the {source.kind} {source.name}", at=("chartRef",))


def _by_template(spec: Tree, release: Definition, resources: Named) -> ChartOf:
    """Return the chart that a chart template names by its name and source."""
    name, version = text(spec.get("chart")), text(spec.get("version"))
    source = source_of(mapping(spec.get("sourceRef")), release.id[0])
    if source.kind == "GitRepository":
        return _with_values_files(ChartOf(source, clipped(name)), spec)
    found = resources.get(source)
    if source.kind != "HelmRepository" or not name:
        return ChartOf(source, why=f"its chart comes from the {source.kind or 'source'} {source.name}")
    if found is None:
        return ChartOf(source, why=f"there is no HelmRepository {source.name} here")
    address = text(mapping(found.body.get("spec")).get("url")).rstrip("/")
    if address.startswith("oci://"):
        address, _, name = f"{address}/{name}".rpartition("/")
    return _with_values_files(ChartOf(source, packed=ChartAddress(address, name, version)), spec)


def artifact_of(spec: Tree) -> ChartAddress:
    """Return the address of the chart or files of an OCIRepository.

    The version is a digest, range or tag, in this order of precedence; only tags that `semverFilter` matches are in the
    range. The layer is selected by its media type.
    """
    reference = mapping(spec.get("ref"))
    version = next((text(reference.get(name)) for name in ("digest", "semver", "tag") if reference.get(name)), "latest")
    above, _, name = text(spec.get("url")).rstrip("/").rpartition("/")
    layer = text(mapping(spec.get("layerSelector")).get("mediaType"))
    is_range = version == text(reference.get("semver")) != ""
    tags = text(reference.get("semverFilter")) if is_range else ""
    return ChartAddress(above, name, version, layer="" if layer == CHART_LAYER else layer, tags=tags)


CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""The media type of the layer that is used for a chart by default."""


def source_of(reference: Tree, namespace: str) -> SourceId:
    """Return the object that a reference names. Its default namespace is the given one."""
    return SourceId(
        text(reference.get("kind")), text(reference.get("namespace")) or namespace, text(reference.get("name"))
    )


def name_of(release: Definition) -> str:
    """Return the name of the release. A name that is too long is cut and gets a digest, as in the controller."""
    target = text(release.spec.get("targetNamespace"))
    name = text(release.spec.get("releaseName")) or "-".join(filter(None, (target, release.id[1])))
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 13]}-{sha256(name.encode()).hexdigest()[:12]}"


def namespace_of(release: Definition) -> str:
    return text(release.spec.get("targetNamespace")) or release.id[0] or "default"


def _with_values_files(chart: ChartOf, spec: Tree) -> ChartOf:
    """Return the chart with its `valuesFiles`. The chart's own file alone changes nothing (source-controller 1.9)."""
    files = tuple(map(clipped, texts(spec.get("valuesFiles"))))
    if files == (VALUES_KEY,):
        return chart
    return chart._replace(values_files=files, ignores_missing_files=spec.get("ignoreMissingValuesFiles") is True)


def values_of(release: Definition, objects: Named) -> Values:
    """Return the values of `valuesFrom`, in its order, and of `values`."""
    found = Values([], mapping(release.spec.get("values")), [], [])
    for index, reference in enumerate(mappings(release.spec.get("valuesFrom"))):
        kind, name = text(reference.get("kind")), text(reference.get("name"))
        key = text(reference.get("valuesKey")) or VALUES_KEY
        source = objects.get(SourceId(kind, release.id[0], name))
        data = data_of(source) if source is not None else None
        if source is not None and data is not None and key in data:
            where = place_of(source, key)
            target, is_literal = text(reference.get("targetPath")), reference.get("literal") is True
            found.texts.append(Text(data[key], where, kind == "Secret", target, is_literal))
        elif reference.get("optional") is True:
            continue
        elif source is not None and data is not None:
            found.keyless.append(NoKey(source, key, ("valuesFrom", index)))
        else:
            found.missing.append(f"{kind}/{name}")
    return found


def includes_crds(release: Definition) -> bool:
    """Return whether the chart's CustomResourceDefinitions are installed, which is the default."""
    return text(mapping(release.spec.get("install")).get("crds")) != "Skip"


def skips_schema(release: Definition) -> bool:
    """Return whether the values may violate the chart's schema."""
    return mapping(release.spec.get("install")).get("disableSchemaValidation") is True


def runs_hooks(release: Definition) -> bool:
    return mapping(release.spec.get("install")).get("disableHooks") is not True


def version_metadata(manifest: str) -> str:
    """Return what the controller appends to the version of a chart from an OCIRepository: the start of the digest."""
    return manifest.partition(":")[2][:DIGITS_OF_DIGEST]


DIGITS_OF_DIGEST = 12


def post_rendered(release: Definition) -> list[Kustomization]:
    """Return the `postRenderers`, each as a kustomization that is applied to the output of the one before it. It has no
    directory and no resources yet.
    """
    found: list[Kustomization] = []
    for index, each in enumerate(mappings(release.spec.get("postRenderers"))):
        kustomize = mapping(each.get("kustomize"))
        fields: Tree = {field: list(mappings(kustomize.get(field))) for field in ("patches", "images")}
        fields = {field: entries for field, entries in fields.items() if entries}
        if fields:
            found.append(Kustomization("", release.at("postRenderers", index, "kustomize"), fields))
    return found


def passes_by_hooks(release: Definition) -> bool:
    """Return whether the post-renderers do not see the hooks of the chart. By default they do, as in Helm 4."""
    return release.spec.get("postRenderStrategy") == "nohooks"


def changes_what_is_printed(release: Definition) -> bool:
    """Return whether the controller changes what the templates have printed."""
    return any(release.spec.get(field) for field in ("postRenderers", "commonMetadata"))
