"""The fields of the kinds of Argo CD 3.6 (its CustomResourceDefinitions), and those of ksonnet, which it had before."""

from collections.abc import Mapping
from typing import Any

from penstock.definitions.argo.application import KIND, PROJECT, SET
from penstock.definitions.field_types import Types, types
from penstock.definitions.fields import OTHERS, Shape, shape

_TARGET = shape("annotationSelector group kind labelSelector name namespace version")
_VARIABLE = shape("code name value")
_TOP = "apiVersions kubeVersion namespace"

SOURCE = shape(
    "chart name path ref repoURL tagPrefix targetRevision",
    directory=shape(
        "disableExtensionFilter exclude include recurse",
        jsonnet=shape("libs", extVars=_VARIABLE, tlas=_VARIABLE),
    ),
    helm=shape(
        f"{_TOP} ignoreMissingValueFiles passCredentials releaseName skipCrds skipSchemaValidation skipTests valueFiles"
        " values valuesObject version",
        fileParameters=shape("name path"),
        parameters=shape("forceString name value"),
    ),
    ksonnet=shape("environment", parameters=shape("component name value")),
    kustomize=shape(
        f"{_TOP} commonAnnotations commonAnnotationsEnvsubst commonLabels components forceCommonAnnotations"
        " forceCommonLabels ignoreMissingComponents images labelIncludeTemplates labelWithoutSelector namePrefix"
        " nameSuffix version",
        patches=shape("options patch path", target=_TARGET),
        replicas=shape("count name"),
    ),
    plugin=shape("name", env=shape("name value"), parameters=shape("array map name string")),
)

_APPLICATION = shape(
    "project revisionHistoryLimit",
    destination=shape("name namespace server"),
    ignoreDifferences=shape("group jqPathExpressions jsonPointers kind managedFieldsManagers name namespace"),
    info=shape("name value"),
    source=SOURCE,
    sourceHydrator=shape(
        "",
        drySource=SOURCE,
        hydrateTo=shape("targetBranch"),
        syncSource=shape("path targetBranch"),
    ),
    sources=SOURCE,
    syncPolicy=shape(
        "syncOptions",
        automated=shape("allowEmpty enabled prune selfHeal"),
        managedNamespaceMetadata=shape("annotations labels"),
        retry=shape("limit refresh", backoff=shape("duration factor maxDuration")),
    ),
)

_OF_KIND = shape("group kind name")

_PROJECT = shape(
    "description permitOnlyProjectScopedClusters sourceNamespaces sourceRepos",
    clusterResourceBlacklist=_OF_KIND,
    clusterResourceWhitelist=_OF_KIND,
    destinationServiceAccounts=shape("defaultServiceAccount namespace server"),
    destinations=shape("name namespace server"),
    namespaceResourceBlacklist=shape("group kind"),
    namespaceResourceWhitelist=shape("group kind"),
    orphanedResources=shape("warn", ignore=_OF_KIND),
    roles=shape("description groups name policies", jwtTokens=shape("exp iat id")),
    signatureKeys=shape("keyID"),
    sourceIntegrity=shape("git"),
    syncWindows=shape(
        "andOperator applications clusters description duration kind manualSync namespaces schedule syncOverrun"
        " timeZone"
    ),
)

_TEMPLATE = shape("", metadata=shape("annotations finalizers labels name namespace"), spec=_APPLICATION)
_SELECTOR = shape("matchLabels", matchExpressions=shape("key operator values"))

_PATHS = shape("exclude path")


def _generator(name: str, **below: Shape) -> Shape:
    return shape(f"requeueAfterSeconds values {name}", template=_TEMPLATE, **below)


_INNERMOST: Mapping[str, Any] = {
    "clusterDecisionResource": _generator("configMapRef name", labelSelector=_SELECTOR),
    "clusters": _generator("flatList", selector=_SELECTOR),
    "git": _generator(
        "pathParamPrefix repoURL revision", directories=shape("exclude path"), files=shape("exclude path")
    ),
    "list": shape("elements elementsYaml", template=_TEMPLATE),
    "plugin": _generator("", configMapRef=shape("name"), input=shape("parameters")),
    "pullRequest": _generator(
        "azuredevops bitbucket bitbucketServer continueOnRepoNotFoundError gitea github gitlab",
        filters=shape("branchMatch targetBranchMatch titleMatch"),
    ),
    "scmProvider": _generator(
        "awsCodeCommit azureDevOps bitbucket bitbucketServer cloneProtocol gitea github gitlab",
        filters=shape("branchMatch labelMatch pathsDoNotExist pathsExist repositoryMatch"),
    ),
    "selector": _SELECTOR,
    OTHERS: None,  # an unknown generator is an error of its own (PS637)
}

_NESTED: Mapping[str, Any] = {**_INNERMOST, "matrix": None, "merge": None}
"""Argo CD combines generators in two levels. What stands in the inner one is not in its CustomResourceDefinition."""

_GENERATORS: Mapping[str, Any] = {
    **_INNERMOST,
    "matrix": shape("", generators=_NESTED, template=_TEMPLATE),
    "merge": shape("mergeKeys", generators=_NESTED, template=_TEMPLATE),
}

_SET = shape(
    "applyNestedSelectors goTemplate goTemplateOptions templatePatch",
    generators=_GENERATORS,
    ignoreApplicationDifferences=shape("jqPathExpressions jsonPointers name"),
    preservedFields=shape("annotations labels"),
    strategy=shape(
        "deletionOrder type",
        rollingSync=shape("", steps=shape("maxUpdate", matchExpressions=shape("key operator values"))),
    ),
    syncPolicy=shape("applicationsSync preserveResourcesOnDeletion"),
    template=_TEMPLATE,
)

FIELDS: Mapping[str, Shape] = {KIND: _APPLICATION, PROJECT: _PROJECT, SET: _SET}
"""The fields of the spec of each kind."""

_BOOLEAN = (
    "allowEmpty code commonAnnotationsEnvsubst disableExtensionFilter enabled forceCommonAnnotations forceCommonLabels"
    " forceString ignoreMissingComponents ignoreMissingValueFiles labelIncludeTemplates labelWithoutSelector"
    " passCredentials prune recurse refresh selfHeal skipCrds skipSchemaValidation skipTests"
)
_MAPPINGS = "env extVars fileParameters ignoreDifferences info patches replicas sources tlas"
_TEXTS = (
    "apiVersions array components images jqPathExpressions jsonPointers libs managedFieldsManagers syncOptions"
    " valueFiles"
)

TYPES: Mapping[str, Types] = {
    KIND: types(
        boolean=_BOOLEAN,
        integer="factor limit revisionHistoryLimit",
        integer_or_string="count",
        mappings=f"{_MAPPINGS} parameters",
        texts=_TEXTS,
        named_texts="annotations commonAnnotations commonLabels labels map",
        named_booleans="options",
        mapping="valuesObject",
    ),
    PROJECT: types(
        boolean="andOperator manualSync permitOnlyProjectScopedClusters syncOverrun warn",
        integer="exp iat",
        mappings="clusterResourceBlacklist clusterResourceWhitelist destinationServiceAccounts destinations ignore"
        " jwtTokens namespaceResourceBlacklist namespaceResourceWhitelist roles signatureKeys syncWindows",
        texts="applications clusters groups namespaces policies sourceNamespaces sourceRepos",
        mapping="git",
    ),
    SET: types(
        boolean=f"{_BOOLEAN} applyNestedSelectors continueOnRepoNotFoundError flatList goTemplate"
        " preserveResourcesOnDeletion",
        integer="factor limit requeueAfterSeconds revisionHistoryLimit",
        integer_or_string="count maxUpdate",
        mappings=f"{_MAPPINGS} directories files filters generators ignoreApplicationDifferences matchExpressions"
        " steps",
        texts=f"{_TEXTS} finalizers goTemplateOptions mergeKeys pathsDoNotExist pathsExist",
        named_texts="commonAnnotations commonLabels map matchLabels",
        named_booleans="options",
        list="elements",
        mapping="awsCodeCommit azureDevOps azuredevops bitbucket bitbucketServer gitea github gitlab valuesObject",
        any="annotations exclude labels matrix merge parameters values",
    ),
}
"""The types of the fields of each kind. Some names of an ApplicationSet have several."""
