"""Missing files that a config management plugin writes before Kustomize runs, as with
`helm template . > all.yaml && kustomize build`.

Nothing in the repository has to name such a plugin: Argo CD finds it by the files of a folder. So this is assumed only
where a chart lies beside the kustomization that names the file, or in its base, and the name is one that such commands
use.
"""

import posixpath
from collections.abc import Sequence

from penstock.model import Diagnostic, Origin
from penstock.parse.project import Project
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
    """Return findings, with a warning for each file that is probably rendered from a chart beside its kustomization,
    or in its base.
    """
    return [_rendered(each, chart) if (chart := _chart_of(project, each)) else each for each in findings]


def _chart_of(project: Project, finding: Diagnostic) -> str:
    if finding.code != "PS101" or finding.severity != "error" or not finding.hint.startswith(LOOKED_FOR):
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
