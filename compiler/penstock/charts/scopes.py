"""The objects that templates see: `.Values`, `.Chart`, `.Release` and so on, separately for each chart."""

from penstock.charts.capabilities import Capabilities
from penstock.charts.chart import Chart, Dependency, File
from penstock.charts.coalesce import table
from penstock.charts.objects import Annotations, ChartFiles, Cluster, NoAnnotations, Values
from penstock.gotemplate.values import Scope, map_of_strings
from penstock.model import Tree
from penstock.records import NamedTuple


class Release(NamedTuple):
    """`.Release`: the name and namespace under which a chart is installed."""

    name: str
    namespace: str = "default"
    is_upgrade: bool = False

    def tree(self) -> Tree:
        return {
            "Name": self.name,
            "Namespace": self.namespace,
            "IsUpgrade": self.is_upgrade,
            "IsInstall": not self.is_upgrade,
            "Revision": 1,
            "Service": "Helm",
        }


class Renderable(NamedTuple):
    """A template and its scope. All templates of a chart share one scope: if a template changes it, later ones see the
    change.
    """

    name: str
    file: File
    scope: Scope
    base_path: str
    at: tuple[str, ...] = ()
    """The path of the chart's values in the values of the root chart."""


def renderables(chart: Chart, values: Tree, release: Release, capabilities: Capabilities) -> list[Renderable]:
    """Return the templates of a chart and its subcharts in the order in which Helm executes them."""
    top = {"Release": release.tree(), "Capabilities": Cluster(capabilities)}
    found: dict[str, Renderable] = {}
    _collect(chart, values, top, found, ())
    return sorted(found.values(), key=lambda each: (each.name.count("/"), each.name), reverse=True)


def _collect(chart: Chart, values: Tree, top: Tree, found: dict[str, Renderable], at: tuple[str, ...]) -> Tree:
    """Add the templates of a chart to `found` and return its scope, which its parent sees as `.Subcharts.NAME`."""
    subcharts: Tree = {}
    scope = Scope()
    scope |= {
        "Chart": metadata_tree(chart),
        "Files": ChartFiles({file.name: file.data for file in chart.files}),
        **top,
        "Values": Values(values),
        "Subcharts": subcharts,
    }
    for subchart in chart.subcharts:
        below = table(values, subchart.name.split("."))
        subcharts[subchart.name] = _collect(subchart, {} if below is None else below, top, found, (*at, subchart.name))
    for file in chart.templates:
        if chart.is_library and not file.name.rpartition("/")[2].startswith("_"):
            continue
        name = f"{chart.full_path}/{file.name}"
        found[name] = Renderable(name, file, scope, f"{chart.full_path}/templates", at)
    return scope


_TEXTS = ("Name", "Home", "Version", "Description", "Icon", "Condition", "Tags", "AppVersion", "KubeVersion", "Type")


def metadata_tree(chart: Chart) -> Tree:
    """Return `.Chart`: all fields by Go's names, with Go's zero values for those that are not set."""
    fields = chart.metadata.fields
    tree: Tree = {name: fields.get(name[0].lower() + name[1:]) or "" for name in _TEXTS}
    tree["Name"] = chart.name
    tree["APIVersion"] = fields.get("apiVersion") or ""
    tree["Sources"] = list(fields.get("sources") or ())
    tree["Keywords"] = list(fields.get("keywords") or ())
    tree["Deprecated"] = bool(fields.get("deprecated"))
    annotations = fields.get("annotations")
    tree["Annotations"] = NoAnnotations() if annotations is None else Annotations(annotations)
    tree["Maintainers"] = [
        {"Name": each.get("name", ""), "Email": each.get("email", ""), "URL": each.get("url", "")}
        for each in fields.get("maintainers") or ()
    ]
    tree["Dependencies"] = [_dependency_tree(each) for each in chart.dependencies or ()]
    tree["IsRoot"] = chart.is_root
    return tree


def _dependency_tree(each: Dependency) -> Tree:
    return {
        "Name": each.name,
        "Version": each.version,
        "Repository": each.repository,
        "Condition": each.condition,
        "Tags": list(each.tags),
        "Enabled": each.enabled,
        "ImportValues": [map_of_strings(entry) if isinstance(entry, dict) else entry for entry in each.imports],
        "Alias": each.alias,
    }
