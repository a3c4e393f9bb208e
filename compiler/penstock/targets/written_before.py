"""Missing files that a config management plugin writes before Kustomize runs, as with
`helm template . > all.yaml && kustomize build`.

Nothing in the repository has to name such a plugin: Argo CD finds it by the files of a folder. So this is assumed only
where a chart lies beside the kustomization that names the file, and the name is one that such commands use.
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

EXTENSIONS = (".yaml", ".yml")


def without_rendered(project: Project, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings, with a warning for each file that is probably rendered from the chart beside its
    kustomization.
    """
    return [_rendered(each) if _is_rendered(project, each) else each for each in findings]


def _is_rendered(project: Project, finding: Diagnostic) -> bool:
    if finding.code != "PS101" or finding.severity != "error" or not finding.hint.startswith(LOOKED_FOR):
        return False
    folder, name = posixpath.split(finding.hint.removeprefix(LOOKED_FOR))
    stem, extension = posixpath.splitext(name)
    is_likely = extension in EXTENSIONS and stem.lower() in STEMS
    return is_likely and folder == posixpath.dirname(finding.where.path) and _chart_in(project, folder) is not None


def _chart_in(project: Project, folder: str) -> bytes | None:
    return project.inside(posixpath.join(folder, CHART))


def _rendered(finding: Diagnostic) -> Diagnostic:
    chart = posixpath.join(posixpath.dirname(finding.where.path), CHART)
    message = f"{finding.message}; a plugin may render the chart beside it into that file: not compiled"
    hint = "check what `helm template` and `kustomize build` print, or list the chart under `helmCharts:`"
    return finding._replace(severity="warning", message=message, notes=((Origin(chart), "the chart"),), hint=hint)
