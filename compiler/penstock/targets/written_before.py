"""Missing files that something writes before Kustomize runs: people or a pipeline, by an example beside the file, or a
config management plugin, as with `helm template . > all.yaml && kustomize build`.

Nothing in the repository has to name such a plugin: Argo CD finds it by the files of a folder. So this is assumed only
where a chart lies beside the kustomization that names the file, or in its base, and the name is one that such commands
use.
"""

import posixpath
from collections.abc import Sequence

from penstock.model import Diagnostic, Origin
from penstock.parse.project import Project
from penstock.regex import regex
from penstock.words import LOOKED_FOR

CHART = "Chart.yaml"

STEMS = frozenset(
    (
        *("all", "base", "chart", "generated", "helm", "helm-all", "helm-output", "helm-template", "helm_output"),
        *("_helm", "manifest", "manifests", "output", "rendered", "template", "upstream"),
    )
)
"""What the file is called, in the documentation of Argo CD and elsewhere, without the extension."""

PLACES = (".", "..", "../base", "../..", "../../base")
"""Where the chart lies, from the kustomization that names the file."""

EXTENSIONS = (".yaml", ".yml")


def without_rendered(project: Project, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings, with a warning for each file of which an example lies beside it, or that is probably rendered
    from a chart beside its kustomization, or in its base.
    """
    return [_explained(project, each) for each in findings]


def _explained(project: Project, finding: Diagnostic) -> Diagnostic:
    if finding.code != "PS101" or finding.severity != "error":
        return finding
    if (example := _example_of(finding)) is not None:
        message = f"{finding.message}; {example} shows how to make it: not compiled"
        return finding._replace(severity="warning", message=message, hint="check it where the file is made")
    chart = _chart_of(project, finding)
    return _rendered(finding, chart) if chart else finding


def _example_of(finding: Diagnostic) -> str | None:
    """Return the name of the file that the hint proposes, if it is an example of the missing one."""
    found = _WITH_EXAMPLE.search(f"{finding.message}\0{finding.hint}")
    return found["example"] if found is not None else None


_WITH_EXAMPLE = regex(
    r"(?P<name>[^/\s]+)\0did you mean (?:\S*/)?(?P<example>(?P=name)[._-](?:dist|example|sample|template|tpl))\?$"
)
"""The name of a missing file, and a hint at an example of it: people copy that, and fill it in."""


def _chart_of(project: Project, finding: Diagnostic) -> str:
    if not finding.hint.startswith(LOOKED_FOR):
        return ""
    folder, name = posixpath.split(finding.hint.removeprefix(LOOKED_FOR))
    stem, extension = posixpath.splitext(name)
    is_likely = extension in EXTENSIONS and stem.lower() in STEMS and folder == posixpath.dirname(finding.where.path)
    return _chart_for(project, folder) if is_likely else ""


def _chart_for(project: Project, folder: str) -> str:
    """Return the path of the chart that may be rendered for an overlay, or the empty text: it lies beside the overlay,
    or in its base.
    """
    paths = (posixpath.normpath(posixpath.join(folder, there, CHART)) for there in PLACES)
    return next((path for path in paths if not path.startswith("../") and project.inside(path) is not None), "")


def _rendered(finding: Diagnostic, chart: str) -> Diagnostic:
    message = f"{finding.message}; a plugin may render a chart into that file: not compiled"
    hint = "check what `helm template` and `kustomize build` print, or list the chart under `helmCharts:`"
    return finding._replace(severity="warning", message=message, notes=((Origin(chart), "the chart"),), hint=hint)
