"""The objects of a `HelmRelease`: the post-renderers change those of templates, and pass by the chart's `crds/`."""

import re

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.metadata import add_metadata
from penstock.definitions.flux.release import changes_what_is_printed, passes_by_hooks, post_rendered
from penstock.model import Diagnostic, Made, Resource
from penstock.parse.project import Project
from penstock.sources import ChartRequest
from penstock.targets.chart import built_by_kustomize

CODE = "PS652"

_IN_CRDS = re.compile(r"(?:charts/[^/]+/)*crds/")
"""The beginning of a path in the `crds/` of a chart, or of one that it depends on."""


def built_release(project: Project, release: Definition, request: ChartRequest) -> Made:
    """Return the objects that a release installs, without those that helm-controller leaves out."""
    made = _built(project, release, request)
    if not (request.include_crds and project.is_dir(f"{request.chart}/crds")):
        return made
    others = (each for each in made.resources if each.id.group != CRDS)
    dropped = {id(each): each for each in others if _is_in_crds(project, request, each)}
    kept = [each for each in made.resources if id(each) not in dropped]
    return made._replace(resources=kept, diagnostics=[*made.diagnostics, *map(_dropped, dropped.values())])


CRDS = "apiextensions.k8s.io"


def _is_in_crds(project: Project, request: ChartRequest, resource: Resource) -> bool:
    """Return whether an object comes from the `crds/` of a chart."""
    file = project.file_of(resource.origin)
    return _IN_CRDS.match(file.removeprefix(f"{request.chart}/")) is not None


def _dropped(resource: Resource) -> Diagnostic:
    message = (
        f"{resource.id} is in the `crds/` of its chart, where helm-controller takes CustomResourceDefinitions only"
    )
    hint = "move it to `templates/`"
    return Diagnostic(CODE, "warning", f"{message}: it is not installed", resource.origin, resource.id, hint=hint)


def _built(project: Project, release: Definition, request: ChartRequest) -> Made:
    """Return the objects that a release installs: first those that its post-renderers do not see.

    A chart is rendered once more for these, but only where the release changes anything.
    """
    if not changes_what_is_printed(release):
        return built_by_kustomize(project, request, ())
    hooks_stay = request.hooks and passes_by_hooks(release)
    kept = request._replace(manifests=False, hooks=hooks_stay)
    changed = request._replace(include_crds=False, hooks=request.hooks and not hooks_stay)
    made = built_by_kustomize(project, changed, post_rendered(release))
    add_metadata(made.resources, release)
    if not (kept.include_crds or kept.hooks):
        return made
    return _joined(built_by_kustomize(project, kept, ()), made)


def _joined(first: Made, second: Made) -> Made:
    """Return both parts of a chart. What both renderings found is said once."""
    more = [each for each in second.diagnostics if each not in first.diagnostics]
    return Made([*first.resources, *second.resources], [*first.diagnostics, *more], first.read | second.read)
