"""The objects of a `HelmRelease`: the post-renderers change those of templates, and pass by the chart's `crds/`."""

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.metadata import add_metadata
from penstock.definitions.flux.release import changes_what_is_printed, passes_by_hooks, post_rendered
from penstock.model import Made
from penstock.parse.project import Project
from penstock.sources import ChartRequest
from penstock.targets.chart import built_by_kustomize


def built_release(project: Project, release: Definition, request: ChartRequest) -> Made:
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
