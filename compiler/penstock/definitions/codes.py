"""The codes of the definitions (PS628 to PS642, PS648 to PS652), each with its name and its page of the manual."""

PAGES: tuple[tuple[str, str, str], ...] = (
    (
        "PS628",
        "application-source-elsewhere",
        """The source of an Argo CD Application is in this repository, or in `penstock.lock`.

Bad:   `source: {repoURL: https://charts.example.com, chart: cache}`, and no `penstock.lock`
Good:  the same, `penstock lock` run once, and its file committed

Why: Penstock has not checked the objects of this source, and the finding says so, with a count. It is not a mistake. An
address means this repository if it is one of its git remotes, in any spelling; where no Application has such an
address, it is the address whose paths are directories here.
Source: Argo CD, Application, `spec.source.repoURL`.
""",
    ),
    (
        "PS629",
        "no-path-to-build",
        """The path of an Argo CD Application is a directory of its repository, and its values files exist.

Bad:   `path: app`, where the directory is called `apps`
Good:  `path: apps`

Why: Argo CD reports "app path does not exist", and syncs nothing.
Source: Argo CD, Application, `spec.source.path`, `spec.source.helm.valueFiles`.
""",
    ),
    (
        "PS630",
        "application-source",
        """Argo CD accepts the source of an Application.

Bad:   `kustomize` and `helm` in one source, a label in `commonLabels` that the kustomization has too
Good:  one tool for each source; `forceCommonLabels: true` where a label shall win

Source: Argo CD, Application, `spec.source`; the messages about labels are those of `kustomize edit`.
""",
    ),
    (
        "PS631",
        "not-rendered",
        """Penstock can render what an Argo CD Application builds.

Bad:   a chart whose dependencies are elsewhere, a config management plugin, an object with `generateName`
Good:  a chart with its dependencies in `charts/`, a kustomization, plain manifests

Why: Penstock has not checked these objects, and the finding says so. It is not a mistake.
Source: Penstock's own rule: what was not checked is counted.
""",
    ),
    (
        "PS632",
        "dropped-manifest",
        """A YAML file in a directory of manifests contains manifests.

Bad:   `values.yaml` beside the manifests, a template with a mistake in it
Good:  directories with manifests alone, or `exclude: values.yaml`

Why: otherwise, `penstock check FILE` would report nothing wrong although it has seen nothing. From a directory, Argo CD
silently leaves out a file that it cannot read as objects, unless the file contains `apiVersion:`, `kind:` and
`metadata:`.
Source: Argo CD, directory source.
""",
    ),
    (
        "PS633",
        "unloadable-manifests",
        """Argo CD can load a directory of manifests, or what a chart prints.

Bad:   a symlink that leads out of the repository, more than 10 MB of manifests, a label that is no text
Good:  regular files; `app.kubernetes.io/version: "1.0"`

Why: Argo CD refuses the whole source, and for the plain manifests and charts that penstock.yaml names, kubectl and Helm
refuse the object.
Source: Argo CD, directory source.
""",
    ),
    (
        "PS634",
        "unknown-generator",
        """The generators of an ApplicationSet need only what is in this repository, or in `penstock.lock`.

Bad:   `scmProvider`, `pullRequest`, `clusterDecisionResource`, `plugin`; `git` of another repository that is not in
       `penstock.lock`; `clusters`, where penstock.yaml names no file of clusters
Good:
```yaml
clusters: clusters.yaml
```
in penstock.yaml, and a list of `{name: prod, server: https://prod.example.com, labels: {tier: prod}}` in that file

Why: otherwise, Penstock does not know which Applications there are, and cannot check them. The other generators still
run.
Source: Argo CD, ApplicationSet, "Generators".
""",
    ),
    (
        "PS635",
        "empty-generator",
        """A generator of an ApplicationSet produces at least one set of parameters.

Bad:   `directories: [{path: app/*}]`, where the directory is called `apps`
Good:  `directories: [{path: apps/*}]`

Why: without parameters Penstock compiles nothing, and a check without findings would mean nothing. In a cluster, Argo
CD would delete the Applications that existed before.
Source: Penstock's own rule.
""",
    ),
    (
        "PS636",
        "defined-twice",
        """An Application has only one definition for each environment.

Bad:   two ApplicationSets that both make the Application shop; one whose elements make the same name twice
Good:  a name that differs for each of them: `'{{cluster}}-shop'`

Why: Argo CD uses either one or the other. Names with `<…>` are those of templates for several definitions, and an info.
So are two Applications from folders that may be those of clusters, such as clusters/lab and clusters/cloud.
Source: Argo CD refuses an ApplicationSet that makes one name twice; the rest is Penstock's own rule.
""",
    ),
    (
        "PS637",
        "application-set",
        """An ApplicationSet is one that Argo CD accepts.

Bad:   a matrix of three generators, a merge without `mergeKeys`, `{{ .path.basnam }}` with `missingkey=error`
Good:  a matrix of two, one of which is a matrix

Why: the controller creates no Application from a set that it refuses. The messages are those of Argo CD and of Go,
where these have one. A set that generates more than 5,000 sets of parameters is refused, too.
Source: Argo CD 3.5, ApplicationSet.
""",
    ),
    (
        "PS638",
        "endless-applications",
        """Argo CD definitions that lead to one another do not go on endlessly.

Bad:   an ApplicationSet that makes an Application of the directory in which it lies, under a name that grows each time
Good:  definitions whose names are written down

Why: otherwise, a cluster would create objects without end, and Penstock would never finish.
Source: Penstock's own bound: 40 levels, and 5,000 definitions.
""",
    ),
    (
        "PS639",
        "project-source",
        """The AppProject of an Application permits its source.

Bad:   `sourceRepos: [https://git.example.com/team/*]` and a source of https://charts.example.com
Good:  `sourceRepos: [https://git.example.com/team/*, https://charts.example.com]`

Why: Argo CD does not sync the Application. Penstock does not evaluate projects that are not in the repository.
Source: Argo CD, AppProject, `spec.sourceRepos`.
""",
    ),
    (
        "PS640",
        "project-destination",
        """The AppProject of an Application permits its destination and the namespaces of its objects.

Bad:   `destinations: [{server: "*", namespace: "shop-*"}]` and an object in the namespace kube-system
Good:  an object in the namespace shop-web

Why: Argo CD does not sync the Application. Penstock reports nothing where a cluster is known only by its name and the
project lists addresses. Where a project has `permitOnlyProjectScopedClusters`, it permits only clusters whose `project`
in the file of `clusters:` is that project.
Source: Argo CD, AppProject, `spec.destinations` and `spec.permitOnlyProjectScopedClusters`.
""",
    ),
    (
        "PS641",
        "project-kind",
        """The AppProject of an Application permits the kinds of its objects.

Bad:   a Namespace, where `clusterResourceWhitelist` is empty
Good:  `clusterResourceWhitelist: [{group: "", kind: Namespace}]`

Why: Argo CD does not sync the Application. Cluster-scoped objects are denied unless they are listed. A project with
labels may inherit from a global project, so Penstock does not evaluate it.
Source: Argo CD, AppProject, `spec.clusterResourceWhitelist` and its three siblings.
""",
    ),
    (
        "PS642",
        "project-namespace",
        """An Application is in a namespace whose Applications may use its AppProject.

Bad:   an Application in the namespace team-a, of a project without `sourceNamespaces`
Good:  `sourceNamespaces: [team-*]`

Why: Argo CD ignores the Application.
Source: Argo CD, "Applications in any namespace".
""",
    ),
    (
        "PS648",
        "field-of-a-definition",
        """A definition of Argo CD or Flux has only fields of its kind.

Bad:   `targetNamspace: web`, `source: {targetRevison: main}`
Good:  `targetNamespace: web`, `source: {targetRevision: main}`

Why: the API server drops a field that it does not know, so that it has no effect; `kubectl apply` refuses the object.
Penstock knows the fields of Argo CD 3.6 and of Flux 2.9 (Kustomization v1, HelmRelease v2). Where a definition of the
kind, in the environment or below `schemas` in penstock.yaml, judges the object, `check` reports its findings instead.
Source: the CustomResourceDefinitions of Argo CD and Flux.
""",
    ),
    (
        "PS649",
        "source-of-another-namespace",
        """A Kustomization or HelmRelease of Flux has its source in its own namespace where the controllers demand that.

Bad:   `sourceRef: {kind: GitRepository, name: fleet, namespace: flux-system}` in the namespace team-a
Good:  `sourceRef: {kind: GitRepository, name: fleet}`, with that GitRepository in team-a

Why: with `--no-cross-namespace-refs`, or `multitenant: true` of a FluxInstance, the controller denies the access, gives
the object up, and applies nothing of it.
Source: Flux, "Multi-tenancy lockdown".
""",
    ),
    (
        "PS650",
        "encrypted-without-decryption",
        """A Kustomization of Flux that builds Secrets encrypted by SOPS has `decryption`.

Bad:   an encrypted Secret below `path`, and no `decryption` in the Kustomization
Good:  `decryption: {provider: sops, secretRef: {name: sops-age}}`

Why: kustomize-controller applies nothing of such a Kustomization ("configuring decryption is required"). A Secret with
the annotation `kustomize.toolkit.fluxcd.io/decrypt: disabled` is applied as it is.
Source: Flux, "Kustomization", "Decryption".
""",
    ),
    (
        "PS651",
        "type-of-a-field",
        """The fields of definitions of Argo CD and Flux have values of their types.

Bad:   `targetRevision: 1.0`, `selfHeal: "true"`, `substitute: {REPLICAS: 3}`
Good:  `targetRevision: "1.0"`, `selfHeal: true`, `substitute: {REPLICAS: "3"}`

Why: the API server refuses the object, and nothing of it is deployed. That holds for the template of an ApplicationSet,
too. A value with a template or with a variable of Flux is not judged. Where a definition of the kind, in the
environment or below `schemas` in penstock.yaml, judges the object, `check` reports its findings instead.
Source: the CustomResourceDefinitions of Argo CD and Flux.
""",
    ),
    (
        "PS652",
        "no-definition-in-crds",
        """The `crds/` of a chart that a HelmRelease installs has CustomResourceDefinitions only.

Bad:   `crds/settings.yaml` with a ConfigMap
Good:  that ConfigMap in `templates/`

Why: helm-controller leaves other objects out, with a line in its log, so Penstock leaves them out, too. (Helm itself
installs them.)
Source: helm-controller 1.6, `applyCRDs`.
""",
    ),
)
