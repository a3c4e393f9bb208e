"""`helmCharts:` renders Helm charts that lie in the repository, and adds the objects in their output.

Kustomize runs `helm template` for each entry; here the chart is rendered without a program (`penstock.charts`, by way
of `Sources.chart`). A chart that is not in `chartHome` is the one that penstock.lock has for its `repo` and `version`.
"""

import posixpath

from penstock.model import Document, Origin, Resource, Spelling, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding.identities import current
from penstock.resolve.generators.chart_values import Values, merged
from penstock.resolve.level import Level
from penstock.resolve.objects import is_listed, objects_of
from penstock.resolve.spelling.written_identity import written_resource
from penstock.sources import ChartAddress, ChartRequest

FIELD, OLD_FIELD = "helmCharts", "helmChartInflationGenerator"
KIND = "HelmChartInflationGenerator"
DEFAULT_HOME = "charts"
DEFAULT_NAME = "release-name"
"""The name of a release of `helm template --generate-name`."""

MERGES = ("merge", "override", "replace")

_NEW_NAMES = (
    ("chartName", "name"),
    ("chartVersion", "version"),
    ("chartRepoUrl", "repo"),
    ("values", "valuesFile"),
    ("valuesLocal", "valuesInline"),
    ("valuesMerge", "valuesMerge"),
    ("releaseName", "releaseName"),
)
"""Fields of the deprecated generator that Kustomize takes over; it silently drops the others."""


class Entry(NamedTuple):
    """A request for a chart: its fields by their present names, and where they are written."""

    fields: Tree
    home: str
    where: Origin
    inline: Origin
    """The place of `valuesInline`."""
    namespace: str = ""
    """The namespace of the kustomization, for a chart without one of its own."""


def generate(level: Level) -> None:
    """Add the objects of each entry, in the order of the entries."""
    for entry in _entries(level):
        for resource in inflate(level, entry):
            if level.run.tracked:
                resource.lineage = resource.lineage._replace(made=level.made_by(KIND))
            _absorb(level, resource, entry.where)


def _entries(level: Level) -> list[Entry]:
    """Return the entries of the field, followed by those of the deprecated field."""
    old = level.fields.get(OLD_FIELD) or []
    home = _home(level, old)
    found = []
    entries = [*(level.fields.get(FIELD) or []), *old]
    # The kustomizations above are asked only where an entry needs their namespace.
    namespace = "" if all(each.get("namespace") for each in entries) else _inherited(level)
    for index, fields in enumerate(level.fields.get(FIELD) or []):
        where = level.at(FIELD, index)
        found.append(Entry(fields, home, where, where.below("valuesInline"), namespace))
    for index, fields in enumerate(old):
        where = level.at(OLD_FIELD, index)
        named = {new: fields[name] for name, new in _NEW_NAMES if name in fields}
        found.append(Entry(named, home, where, where.below("valuesLocal"), namespace))
    return found


def _home(level: Level, old: list[Tree]) -> str:
    """Return the folder of the charts, or "" for the default.

    Without `helmGlobals`, the last entry of the deprecated field that sets the folder counts.
    """
    settings = level.fields.get("helmGlobals")
    if settings is None:
        return next((each["chartHome"] for each in reversed(old) if each.get("chartHome")), "")
    home: str = settings.get("chartHome", "")
    return home


def configured(config: Tree, where: Origin) -> Entry:
    """Return the entry of an object that configures the generator. Kustomize gives it only its own namespace."""
    return Entry(config, config.get("chartHome") or "", where, where.below("valuesInline"))


def inflate(level: Level, entry: Entry) -> list[Resource]:
    """Return the objects of one chart; report a problem and return none if it cannot be rendered."""
    if not level.options.helm:
        hint = "write `helm: {enabled: true}` in penstock.yaml; `penstock build` also takes --enable-helm"
        level.report("PS720", "this asks for a Helm chart, and those are not enabled", entry.where, hint=hint)
        return []
    request = _request(level, entry)
    if request is None:
        return []
    documents, findings = level.sources.chart(request)
    level.findings.add(findings)
    documents = documents or []
    made = []
    for body, origin in objects_of(documents, level):
        # Kustomize takes lists apart by way of JSON, which changes how their values are spelled.
        spelling = Spelling(through_json="list" if is_listed(origin, documents) else "")
        resource = written_resource(level, body, origin, spelling=spelling)
        resource.lineage = resource.lineage._replace(is_helm=True)
        made.append(resource)
    return made


def _request(level: Level, entry: Entry) -> ChartRequest | None:
    if not _is_sound(level, entry):
        return None
    fields = entry.fields
    name, merge = fields["name"], fields.get("valuesMerge") or "override"
    chart = _chart(level, entry, name)
    values = _values(level, entry, chart, merge) if chart else None
    more = _additional(level, entry) if values is not None else None
    if values is None or more is None:
        return None
    template = fields.get("nameTemplate") or ""
    return ChartRequest(
        chart=chart,
        name=fields.get("releaseName") or ("" if template else DEFAULT_NAME),
        name_template=template,
        namespace=fields.get("namespace") or entry.namespace or "default",
        kube_version=fields.get("kubeVersion") or level.options.helm_kube_version,
        api_versions=_api_versions(level, fields),
        values=(*values.given, *more),
        include_crds=bool(fields.get("includeCRDs")),
        hooks=not fields.get("skipHooks"),
        tests=not fields.get("skipTests"),
        where=entry.where,
        written=values.written,
        boundary=_boundary(level, chart),
    )


def _boundary(level: Level, chart: str) -> str:
    """Return the directory that symlinks of the chart may not leave: its repository, or "" for the fetched chart
    itself.
    """
    if _is_fetched(level, chart):
        return ""
    clone = level.folder.clone
    return clone.top if clone is not None else level.options.boundary


def _is_fetched(level: Level, chart: str) -> bool:
    """Return whether a chart was fetched, and so does not lie in the repository of its kustomization."""
    clone = level.folder.clone
    return chart.startswith("//") and not (clone is not None and chart.startswith(f"{clone.top}/"))


def _is_sound(level: Level, entry: Entry) -> bool:
    """Return whether the fields of an entry fit together, and report it if they do not."""
    fields = entry.fields
    if not fields.get("name"):
        level.report("PS721", "chart name cannot be empty", entry.where, hint="add `name:`")
        return False
    if not _has_file(fields["name"]):
        # Kustomize writes the values into a new folder, to a file whose name starts with that of the chart.
        message = f"failed to write values file: the chart's name {fields['name']!r} leads into a folder"
        hint = "name the folder above it as `chartHome` in `helmGlobals:`"
        level.report("PS721", message, entry.where.below("name"), hint=hint)
        return False
    merge = fields.get("valuesMerge") or "override"
    if merge not in MERGES:
        message = f"valuesMerge must be one of {', '.join(MERGES)}; found {merge!r}"
        level.report("PS721", message, entry.where.below("valuesMerge"))
        return False
    if fields.get("releaseName") and fields.get("nameTemplate"):
        message = (
            "cannot set --name-template and also specify a name: `releaseName` and `nameTemplate` exclude each other"
        )
        level.report("PS721", message, entry.where.below("nameTemplate"))
        return False
    return True


def _has_file(name: str) -> bool:
    """Return whether Kustomize can write a file of values for the chart of this name."""
    file = posixpath.normpath(posixpath.join("/", name + "-values.yaml")).lstrip("/")
    return name.startswith("../") or "/" not in file


def _inherited(level: Level) -> str:
    """Return the namespace of the kustomization or of one that uses it."""
    own: str = level.fields.get("namespace") or ""
    if own:
        return own
    level.run.inherits = True
    return level.folder.namespace


def _api_versions(level: Level, fields: Tree) -> tuple[str, ...]:
    """Return the API versions of an entry, or else those of the command line.

    Kustomize decodes the former into the memory of the latter, so that later entries get them, too.
    """
    own, given = fields.get("apiVersions") or (), level.run.helm_api_versions
    given[: len(own)] = own[: len(given)]
    return tuple(own or given)


def _chart(level: Level, entry: Entry, name: str) -> str:
    """Return the directory of the chart; report a missing chart and return ""."""
    home = entry.home or DEFAULT_HOME
    fields = entry.fields
    version, repo = fields.get("version"), fields.get("repo")
    # Kustomize pulls each version into a folder of its own.
    if version and repo:
        home = posixpath.join(home, f"{name}-{version}")
    chart = level.path(_joined(home, name))
    if level.sources.is_dir(chart):
        return chart
    # These are Kustomize's words, and its order: a chart in the folder counts before any repository.
    if not repo:
        message = f"no repo specified for pull, no chart found at {chart!r}"
        level.report("PS722", message, entry.where.below("name"), hint="put the chart there")
        return ""
    address = ChartAddress(*_at(repo, name), version or (_NEWEST_OF_ALL if fields.get("devel") else ""))
    clone = level.folder.clone
    remote, findings = level.sources.remote_chart(address, entry.where.below("repo"), clone.repository if clone else "")
    level.findings.add(findings)
    return remote.clone if remote is not None else ""


_NEWEST_OF_ALL = ">0.0.0-0"
"""The version that `--devel` stands for if none is given."""


def _joined(home: str, name: str) -> str:
    """Return the directory of a chart: to Kustomize, a name that begins with a slash lies in the folder, too."""
    return posixpath.join(home, name.lstrip("/"))


def _at(repo: str, name: str) -> tuple[str, str]:
    """Return repository and name as `helm pull` takes them: for a registry, both are parts of one address."""
    if repo.startswith("oci://"):
        above, _, last = f"{repo.rstrip('/')}/{name}".rpartition("/")
        return above, last
    return repo, name


# --- values -----------------------------------------------------------------------------------------------------------


def _values(level: Level, entry: Entry, chart: str, merge: str) -> Values | None:
    """Return the values file of the entry or of the chart, merged with the inline values; None if it cannot be read."""
    inline = entry.fields.get("valuesInline") or {}
    # The values file of the chart is not even read.
    if inline and merge == "replace":
        document = Document(entry.inline, inline)
        return Values((document,), (document,))
    path = _values_file(level, entry, chart)
    if path is None:
        return None
    if not inline:
        return Values((path,))
    defaults = posixpath.join(chart, "values.yaml")
    return merged(level, path, Document(entry.inline, inline), merge, defaults)


def _values_file(level: Level, entry: Entry, chart: str) -> str | None:
    named = entry.fields.get("valuesFile")
    if named:
        return _file(level, named, entry.where.below("valuesFile"))
    if _is_fetched(level, chart):
        return _own_values(level, entry, chart)
    name = posixpath.relpath(posixpath.join(chart, "values.yaml"), level.folder.path)
    return _file(level, name, entry.where)


def _own_values(level: Level, entry: Entry, chart: str) -> str | None:
    """Return the values file of a fetched chart; report a missing file and return None."""
    path = posixpath.join(chart, "values.yaml")
    if level.is_missing(path):
        level.report("PS101", f"there is no file values.yaml in the chart {entry.fields['name']}", entry.where)
        return None
    return path


def _additional(level: Level, entry: Entry) -> tuple[str, ...] | None:
    """Return the paths of `additionalValuesFiles`, or None if one of them cannot be read."""
    where = entry.where.below("additionalValuesFiles")
    names = enumerate(entry.fields.get("additionalValuesFiles") or ())
    paths = [_file(level, name, where.below(index)) for index, name in names]
    found = tuple(path for path in paths if path is not None)
    return found if len(found) == len(paths) else None


def _file(level: Level, name: str, where: Origin) -> str | None:
    """Return the path of a file that Kustomize may load; report a missing file and return None."""
    path = level.readable(name, where)
    if path is not None and level.is_missing(path):
        level.no_such_file(name, where)
        return None
    return path


# --- objects ----------------------------------------------------------------------------------------------------------


def _absorb(level: Level, resource: Resource, where: Origin) -> None:
    """Add an object, or report it if another one has its identity."""
    level.spend("objects", 1, where)
    matches = level.accumulation.by_any_id(current(resource))
    if matches:
        notes = ((matches[0].origin, "it is here"), (where, "rendered for this"))
        level.report("PS225", f"{resource.id} exists already", resource.origin, resource=resource.id, notes=notes)
        return
    level.accumulation.add(resource)
