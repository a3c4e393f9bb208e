"""The fields of the kinds of Flux 2.9 (its CustomResourceDefinitions)."""

from collections.abc import Mapping

from penstock.definitions.field_types import Types, types
from penstock.definitions.fields import Shape, shape

_REFERENCE = shape("apiVersion kind name namespace")
_TARGET = shape("annotationSelector group kind labelSelector name namespace version")
_CHANGES = {"images": shape("digest name newName newTag"), "patches": shape("patch", target=_TARGET)}

_COMMON: Mapping[str, Shape] = {
    "commonMetadata": shape("annotations labels"),
    "dependsOn": shape("name namespace readyExpr"),
    "healthCheckExprs": shape("apiVersion current failed inProgress kind"),
    "kubeConfig": shape("", configMapRef=shape("name"), secretRef=shape("key name")),
}

_KUSTOMIZATION = shape(
    "buildMetadata components deletionPolicy force ignoreMissingComponents interval namePrefix nameSuffix path prune"
    " retryInterval serviceAccountName suspend targetNamespace timeout wait",
    decryption=shape("provider serviceAccountName", secretRef=shape("name")),
    healthChecks=_REFERENCE,
    ignore=shape("paths", target=_TARGET),
    postBuild=shape("substitute substituteStrategy", substituteFrom=shape("kind name optional")),
    sourceRef=_REFERENCE,
    **_CHANGES,
    **_COMMON,
)

_ACTION = (
    "disableHooks disableWait disableWaitForJobs serverSideApply timeout disableOpenAPIValidation"
    " disableSchemaValidation disableTakeOwnership crds"
)
_STRATEGY = shape("name retryInterval")

_RELEASE = shape(
    "interval maxHistory persistentClient postRenderStrategy releaseName serviceAccountName storageNamespace suspend"
    " targetNamespace timeout values",
    chart=shape(
        "",
        metadata=shape("annotations labels"),
        spec=shape(
            "chart ignoreMissingValuesFiles interval reconcileStrategy valuesFiles version",
            sourceRef=_REFERENCE,
            verify=shape("provider", secretRef=shape("name")),
        ),
    ),
    chartRef=_REFERENCE,
    driftDetection=shape("mode", ignore=shape("paths", target=_TARGET)),
    install=shape(
        f"{_ACTION} createNamespace replace skipCRDs",
        remediation=shape("ignoreTestFailures remediateLastFailure retries"),
        strategy=_STRATEGY,
    ),
    postRenderers=shape("", kustomize=shape("patchesJson6902 patchesStrategicMerge", **_CHANGES)),
    rollback=shape("cleanupOnFail disableHooks disableWait disableWaitForJobs force recreate serverSideApply timeout"),
    test=shape("enable ignoreFailures timeout", filters=shape("exclude name")),
    uninstall=shape("deletionPropagation disableHooks disableWait keepHistory timeout"),
    upgrade=shape(
        f"{_ACTION} chartNameChangeStrategy cleanupOnFail force preserveValues",
        remediation=shape("ignoreTestFailures remediateLastFailure retries strategy"),
        strategy=_STRATEGY,
    ),
    valuesFrom=shape("kind name optional targetPath valuesKey literal"),
    waitStrategy=shape("name"),
    **_COMMON,
)

FIELDS: Mapping[str, Shape] = {
    "kustomize.toolkit.fluxcd.io/v1": _KUSTOMIZATION,
    "helm.toolkit.fluxcd.io/v2": _RELEASE,
}
"""The fields of the spec of each kind, by its version: earlier ones had others."""

TYPES: Types = types(
    boolean="cleanupOnFail createNamespace disableHooks disableOpenAPIValidation disableSchemaValidation"
    " disableTakeOwnership disableWait disableWaitForJobs enable exclude force ignoreFailures ignoreMissingComponents"
    " ignoreMissingValuesFiles ignoreTestFailures keepHistory literal optional persistentClient preserveValues prune"
    " recreate remediateLastFailure replace skipCRDs suspend wait",
    integer="maxHistory retries",
    mappings="dependsOn filters healthCheckExprs healthChecks ignore images patches postRenderers substituteFrom"
    " valuesFrom",
    texts="buildMetadata components paths valuesFiles",
    named_texts="annotations labels substitute",
    any="patchesJson6902 patchesStrategicMerge serverSideApply values",
)
"""The types of the fields of these kinds, which agree on them. `serverSideApply` has two."""
