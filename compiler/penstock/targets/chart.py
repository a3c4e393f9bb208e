"""A Helm chart as a target: its objects, as a cluster has them once the chart is installed."""

import posixpath
from collections.abc import Callable, Sequence

from penstock.definitions.argo.loader import in_documents, made_of, with_names
from penstock.model import Diagnostic, Kustomization, Made, Resource
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.options import Options
from penstock.sources import ChartRequest
from penstock.targets.elsewhere import NOT_LOCKED, with_dependencies
from penstock.targets.landing import land
from penstock.words import LOCKS


def built(project: Project, request: ChartRequest) -> Made:
    """Return the objects of a chart as Helm and Argo CD read its output: by YAML 1.1, as other manifests."""

    def read(told: ChartRequest, rendered: str) -> Objects:
        documents, findings = project.manifests(rendered)
        found = in_documents(documents or ())
        resources, more = made_of(found._replace(findings=[*findings, *found.findings]))
        kept, unnamed = with_names(resources)
        return kept, [*more, *unnamed]

    return _made(project, request, read, as_manifests=True)


def built_by_kustomize(project: Project, request: ChartRequest, layers: Sequence[Kustomization]) -> Made:
    """Return the objects of a chart as helm-controller makes them: it reads the output by Kustomize, which labels them.

    Each of `layers` is a kustomization, which has the one before it as its resource, and the first one the output.
    References between objects are not changed.
    """

    def read(told: ChartRequest, rendered: str) -> Objects:
        return _resolved(project, told, rendered, layers or (Kustomization("", told.where, {}),))

    return _made(project, request, read, as_manifests=False)


Objects = tuple[list[Resource], list[Diagnostic]]


def _made(
    project: Project, request: ChartRequest, read: Callable[[ChartRequest, str], Objects], *, as_manifests: bool
) -> Made:
    """Render a chart, and read the output. Objects without a namespace go into that of the release, as with Helm."""
    request = _told(project, request)
    with project.watched() as looks:
        rendered, findings = _rendered(project, request, as_manifests=as_manifests)
        resources: list[Resource] = []
        if rendered:
            resources, more = read(request, rendered)
            findings = [*findings, *more]
            land(resources, request.namespace, request.where)
    return Made(resources, findings, frozenset(path for _, path in looks))


_KINDS = {
    "v1": "ConfigMap Namespace PersistentVolumeClaim Pod Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver StorageClass",
}
"""Kinds for which charts ask a cluster, by versions that all releases of Kubernetes since 1.25 have."""

OF_CLUSTERS = tuple(f"{version}/{kind}" for version, kinds in _KINDS.items() for kind in kinds.split())
"""API versions with kinds, which a cluster tells a chart besides those without. `helm template` knows only those."""


def in_a_cluster(project: Project, request: ChartRequest) -> ChartRequest:
    """Return the request as Flux and Argo CD render a chart: the API versions of the cluster have kinds, too, unless
    the definition says which versions there are.
    """
    if request.api_versions:
        return request
    return request._replace(api_versions=(*_told(project, request).api_versions, *OF_CLUSTERS))


def _told(project: Project, request: ChartRequest) -> ChartRequest:
    """Return a request with the Kubernetes version and the API versions that penstock.yaml has for all charts, where it
    says none itself.
    """
    config, _ = project.config()
    if config is None:
        return request
    known = config.abilities
    return request._replace(
        kube_version=request.kube_version or known.kube_version,
        api_versions=request.api_versions or known.api_versions,
    )


def _resolved(
    project: Project, request: ChartRequest, rendered: str, layers: Sequence[Kustomization]
) -> tuple[list[Resource], list[Diagnostic]]:
    below, directory = rendered.removeprefix(f"{request.chart}/"), request.chart
    for number, layer in enumerate(layers):
        if number:
            below, directory = f"../{posixpath.basename(directory)}", f"{request.chart}(layer {number + 1})"
        fields = {**layer.fields, "resources": [below]}
        project = project.overlaid(Kustomization(directory, layer.origin, fields, {("resources",): request.where}))
    return resolve(project, directory, Options(order="none"))


INCOMPLETE = "PS703"
"""The code for a chart that lacks another chart on which it depends."""


def _rendered(project: Project, request: ChartRequest, *, as_manifests: bool) -> tuple[str, list[Diagnostic]]:
    """Render a chart, with the charts that it depends on if penstock.lock has them. Return the path of the output."""
    rendered, findings = project.rendered(request, as_manifests=as_manifests)
    if not any(each.code == INCOMPLETE for each in findings):
        return rendered, findings
    # Most charts hold the charts that they depend on, so the lock file is asked only now.
    request, missing = with_dependencies(project, request)
    failed = [each for each in missing if each.code != NOT_LOCKED]
    if failed:
        return "", failed
    if request.dependencies:
        rendered, findings = project.rendered(request, as_manifests=as_manifests)
    if missing:
        findings = [each._replace(hint=LOCKS) if each.code == INCOMPLETE else each for each in findings]
    return rendered, findings
