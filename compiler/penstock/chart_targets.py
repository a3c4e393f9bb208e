"""A Helm chart as a target: its objects, as a cluster has them once the chart is installed."""

from penstock.model import ChartRequest, Kustomization, Made, Resource, Tree
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
        rendered, findings = project.rendered(request)
        resources: list[Resource] = []
        if rendered:
            name = rendered.removeprefix(f"{request.chart}/")
            own = {"resources": [name], "transformers": [_NAMESPACE.format(request.namespace)]}
            overlaid = project.overlaid(Kustomization(request.chart, request.where, {**fields, **own}))
            resources, more = resolve(overlaid, request.chart, Options(order="none"))
            findings = [*findings, *more]
    return Made(resources, findings, frozenset(path for _, path in looks))
