"""A Helm chart as a target: its objects, as a cluster has them once the chart is installed."""

from penstock.elsewhere import HINT, NOT_LOCKED, with_dependencies
from penstock.model import ChartRequest, Diagnostic, Kustomization, Made, Resource, Tree
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.level import Options

_NAMESPACE = """apiVersion: builtin
kind: NamespaceTransformer
metadata:
  name: release
  namespace: {}
unsetOnly: true
setRoleBindingSubjects: none
"""
"""Helm installs what has no namespace into that of the release; of custom resources it asks the cluster whether they
have one, and this takes them to have one, as Kustomize does.
"""


def built(project: Project, request: ChartRequest, fields: Tree = {}) -> Made:
    """The objects of a chart: a kustomization that has what it renders to as its only resource, and more `fields`."""
    with project.watched() as looks:
        rendered, findings = _rendered(project, request)
        resources: list[Resource] = []
        if rendered:
            name = rendered.removeprefix(f"{request.chart}/")
            own = {"resources": [name], "transformers": [_NAMESPACE.format(request.namespace)]}
            overlaid = project.overlaid(Kustomization(request.chart, request.where, {**fields, **own}))
            resources, more = resolve(overlaid, request.chart, Options(order="none"))
            findings = [*findings, *more]
    return Made(resources, findings, frozenset(path for _, path in looks))


INCOMPLETE = "PS703"
"""A chart lacks one that it depends on."""


def _rendered(project: Project, request: ChartRequest) -> tuple[str, list[Diagnostic]]:
    """A chart rendered, with the charts that it depends on, as far as penstock.lock has them."""
    rendered, findings = project.rendered(request)
    if not any(each.code == INCOMPLETE for each in findings):
        return rendered, findings
    request, missing = with_dependencies(project, request)
    failed = [each for each in missing if each.code != NOT_LOCKED]
    if failed:
        return "", failed
    if request.dependencies:
        rendered, findings = project.rendered(request)
    if missing:
        findings = [each._replace(hint=HINT) if each.code == INCOMPLETE else each for each in findings]
    return rendered, findings
