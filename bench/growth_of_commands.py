"""Shapes of the other commands for `growth.py`: repositories that grow with n in one respect each."""

from collections.abc import Callable
from typing import NamedTuple

from growth_of_builds import KUSTOMIZATION, Tree, config_map, containers, deployment, objects


class Work(NamedTuple):
    """A command, and the files that it works on.

    If there is an `earlier` tree, both are commits, `tree` the later one. `most` is the greatest exit status that the
    command may have.
    """

    command: str
    tree: Tree
    earlier: Tree | None = None
    most: int = 0


def check(tree: Tree) -> Work:
    return Work("check --no-cache", tree, most=1)


def one(text: str, **files: str) -> Tree:
    """A kustomization of one file."""
    return {"kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\n", "objects": text, **files}


def each(n: int, text: str) -> str:
    """n documents; `#` stands for the number of the document."""
    return "".join(f"---\n{text}".replace("#", str(i)) for i in range(n))


def service(name: str, selector: str) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{{selector}}}, ports: [{{port: 80}}]}}\n"
    )


CONTAINERS = "{name: c, image: 'r.example/c:1'}"

# --- one target -------------------------------------------------------------------------------------------------------

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things#.x#.example.com}
spec:
  group: x#.example.com
  scope: Namespaced
  names: {plural: things#, singular: thing#, kind: Thing#, listKind: Thing#List}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {a: {type: string}, b: {type: integer}, c: {type: array, items: {type: string}}}
            x-kubernetes-validations: [{rule: self.b > 0}]
---
apiVersion: x#.example.com/v1
kind: Thing#
metadata: {name: a}
spec: {a: b, b: 1, c: [d]}
"""

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: policy#}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: "object.metadata.name != 'x#'"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: binding#}
spec: {policyName: policy#, validationActions: [Deny]}
"""

MAKER_OF_A_SECRET = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a#}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [s#], verbs: [create]}]
---
apiVersion: v1
kind: Pod
metadata: {name: a#}
spec: {containers: [{name: a, image: a, envFrom: [{secretRef: {name: sx#}}]}]}
"""

JOB_BESIDE_A_SECRET = """\
apiVersion: batch/v1
kind: Job
metadata: {name: a-b-c-d#}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: a, image: a, envFrom: [{secretRef: {name: q-r-s-t#}}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a#}
rules: [{apiGroups: [""], resources: [secrets], verbs: [create]}]
"""

ROLES = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: a#}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a#}
rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [a#], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a#}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a#}
subjects: [{kind: ServiceAccount, name: a#, namespace: default}]
"""

NETWORK_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a#}
spec:
  podSelector: {matchLabels: {a: a#}}
  ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [a#, b#]}]}}]}]
"""

SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a#}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a#}, maxReplicas: 2}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a#}
spec: {selector: {matchLabels: {a: a#}}, minAvailable: 1}
"""


def plain_deployments(n: int) -> str:
    return objects(n, lambda name: deployment(name, CONTAINERS))


def wrong(n: int, comment: str = "") -> str:
    """n ConfigMaps with a number where a text must be."""
    return each(n, config_map("a#").replace("{k: v}", "\n  k: 5")).replace("k: 5", f"k: 5{comment}")


def suppressions(n: int) -> str:
    lines = "".join(f"- {{codes: [PS401], kind: ConfigMap, name: a{i}, reason: ours}}\n" for i in range(n))
    return f"suppress:\n{lines}"


def externals(n: int, name: str) -> str:
    lines = "".join(f"- {{kind: ConfigMap, name: '{name}', reason: ours}}\n".replace("#", str(i)) for i in range(n))
    return f"externals:\n{lines}"


def with_services(n: int, value: str) -> str:
    """n Deployments, and as many Services; `#` in the value of a selector stands for the number of the Service."""
    return f"{plain_deployments(n)}---\n" + "---\n".join(
        service(f"s{i}", f"a: {value.replace('#', str(i))}") for i in range(n)
    )


def keys_of_one(n: int, key: str) -> str:
    """n Deployments that each name a key of one ConfigMap of n keys."""
    env = "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: %s}}}]"
    pods = "---\n".join(
        deployment(f"a{i}", "{name: c, image: x, " + env % key.replace("#", str(i)) + "}") for i in range(n)
    )
    data = ", ".join(f"k{i}: v" for i in range(n))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{{data}}}\n---\n{pods}"


TARGET_SHAPES: dict[str, Callable[[int], Work]] = {
    "check_documents": lambda n: check(one(plain_deployments(n))),
    "check_small_documents": lambda n: check(one(objects(5 * n))),
    "check_definitions": lambda n: check(one(each(n // 5, DEFINITION))),
    "check_objects_of_one_definition": lambda n: check(
        one(
            DEFINITION.replace("#", "")
            + each(n, "apiVersion: x.example.com/v1\nkind: Thing\nmetadata: {name: b#}\nspec: {b: 1}\n")
        )
    ),
    "check_policies": lambda n: check(one(plain_deployments(10) + each(n // 5, POLICY))),
    "check_objects_of_policies": lambda n: check(one(plain_deployments(n) + each(3, POLICY))),
    "check_findings": lambda n: check(one(wrong(n))),
    "check_findings_in_one_object": lambda n: check(
        one(config_map("a").replace("k: v", ", ".join(f"k{i}: 5" for i in range(n))))
    ),
    "check_findings_in_one_list": lambda n: check(one(containers(n).replace("image: x", "imag: x"))),
    "check_comments": lambda n: check(one(wrong(n, " # penstock: ignore=PS401 ours"))),
    "check_suppressions": lambda n: check({**one(wrong(n)), "penstock": suppressions(n)}),
    "check_externals": lambda n: check({**one(objects(n, deployment)), "penstock": externals(n, "ca#")}),
    "check_externals_by_pattern": lambda n: check({**one(objects(n, deployment)), "penstock": externals(n, "ca#*")}),
    "check_missing_objects": lambda n: check(one(objects(n, deployment))),
    "check_misspelt_objects": lambda n: check(
        one(objects(n, deployment) + "---\n" + "---\n".join(config_map(f"cxa{i}") for i in range(n)))
    ),
    "check_keys": lambda n: check(one(keys_of_one(n, "k#"))),
    "check_misspelt_keys": lambda n: check(one(keys_of_one(n, "kx#"))),
    "check_selectors": lambda n: check(one(with_services(n, "a#"))),
    "check_selectors_without_pods": lambda n: check(one(with_services(n, "ax#"))),
    "check_one_label": lambda n: check(
        one(
            "---\n".join(deployment(f"a{i}", CONTAINERS).replace(f"a: a{i}", "a: b") for i in range(n // 4))
            + "---\n"
            + "---\n".join(service(f"s{i}", "a: b") for i in range(n // 4))
        )
    ),
    "check_network_policies": lambda n: check(one(f"{plain_deployments(n)}{each(n, NETWORK_POLICY)}")),
    "check_roles": lambda n: check(one(objects(n) + each(n, ROLES))),
    "check_secrets_of_roles": lambda n: check(one(each(n, MAKER_OF_A_SECRET))),
    "check_secrets_of_jobs": lambda n: check(one(each(n, JOB_BESIDE_A_SECRET))),
    "check_scalers": lambda n: check(one(f"{plain_deployments(n)}{each(n, SCALER)}")),
    "check_containers": lambda n: check(one(containers(n))),
    "graph_objects": lambda n: Work(
        "graph", one(objects(n, deployment) + "---\n" + "---\n".join(config_map(f"ca{i}") for i in range(n)))
    ),
    "graph_of_one": lambda n: Work("graph", one(config_map("c") + "---\n" + objects(n, of_one))),
    "explain_object": lambda n: Work("explain . ConfigMap/a1", one(objects(n))),
    "explain_fields": lambda n: Work(
        "explain . ConfigMap/a", one(config_map("a").replace("k: v", ", ".join(f"k{i}: v" for i in range(n))))
    ),
    "images_of_objects": lambda n: Work("images", one(plain_deployments(n))),
    "health_objects": lambda n: Work("health objects.yaml", {"objects": plain_deployments(n)}, most=1),
}


def of_one(name: str) -> str:
    return deployment(name, "{name: a, image: x, envFrom: [{configMapRef: {name: c}}]}")


# --- many targets -----------------------------------------------------------------------------------------------------


def targets(n: int, environments: int = 1, more: str = "") -> Tree:
    """n/2 overlays of bases, in some environments; `more` is added to the objects of each base."""
    apps = max(1, n // 2 // environments)
    tree: Tree = {}
    for app in range(apps):
        base = deployment(f"app{app}", "{name: c, image: 'r.example/c:1', envFrom: [{configMapRef: {name: c}}]}")
        base += f"---\n{service(f'app{app}', f'a: app{app}')}---\n{config_map('c')}{more.replace('#', str(app))}"
        tree[f"apps/app{app}/base/kustomization"] = f"{KUSTOMIZATION}resources: [objects.yaml]\nnamePrefix: p{app}-\n"
        tree[f"apps/app{app}/base/objects"] = base
        for number in range(environments):
            overlay = f"{KUSTOMIZATION}resources: [../../base]\nnamespace: n{number}\n"
            tree[f"apps/app{app}/overlays/env{number}/kustomization"] = overlay
    lines = "targets: [{path: 'apps/*/overlays/*', environment: '{2}', app: '{1}'}]\n"
    return {**tree, "penstock": lines}


def under_policies(n: int) -> Tree:
    """The same targets beside one with three policies."""
    tree = targets(n)
    tree["apps/policies/overlays/env0/kustomization"] = f"{KUSTOMIZATION}resources: [policies.yaml]\n"
    return {**tree, "apps/policies/overlays/env0/policies": each(3, POLICY)}


def changed(n: int, environments: int = 1) -> Tree:
    """The same targets after a change of each base."""
    tree = targets(n, environments)
    return {path: text.replace("r.example/c:1", "r.example/c:2") for path, text in tree.items()}


def changed_in_one(n: int) -> Tree:
    tree = targets(n)
    path = "apps/app0/base/objects"
    return {**tree, path: tree[path].replace("r.example/c:1", "r.example/c:2")}


CLUSTER = """\
---
apiVersion: postgresql.example.com/v1
kind: Cluster
metadata: {name: c#}
spec: {instances: 3}
"""

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app#, namespace: argocd}
spec:
  project: default
  source: {repoURL: 'https://git.example.com/fleet.git', targetRevision: main, path: apps/app#}
  destination: {server: 'https://kubernetes.default.svc', namespace: app#}
"""

APPLICATION_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: argocd}
spec:
  generators:
  - GENERATOR
  template:
    metadata: {name: 'app-{{NAME}}'}
    spec:
      project: default
      source: {repoURL: 'https://git.example.com/fleet.git', targetRevision: main, path: 'apps/{{NAME}}'}
      destination: {server: 'https://kubernetes.default.svc', namespace: '{{NAME}}'}
"""

FLUX = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: flux-system}
spec: {interval: 1m, url: 'https://git.example.com/fleet.git', ref: {branch: main}}
"""

FLUX_KUSTOMIZATION = """\
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app#, namespace: flux-system}
spec: {interval: 1m, path: ./apps/app#, prune: true, sourceRef: {kind: GitRepository, name: fleet}MORE}
"""

HELM_RELEASE = """\
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app#, namespace: flux-system}
spec:
  interval: 1m
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: fleet}}}
  values: {image: 'r.example/c:#'}
"""

GIT = {
    ".git/config": '[remote "origin"]\n\turl = https://git.example.com/fleet.git\n',
    ".git/HEAD": "ref: refs/heads/main\n",
}


def apps(n: int) -> Tree:
    """n directories with a kustomization of one object each."""
    tree: Tree = {}
    for i in range(n):
        tree[f"apps/app{i}/kustomization"] = f"{KUSTOMIZATION}resources: [o.yaml]\n"
        tree[f"apps/app{i}/o"] = config_map(f"a{i}")
    return tree


def applications(n: int) -> Tree:
    return {**GIT, **apps(n), "argocd/applications": each(n, APPLICATION)}


def application_set(n: int, generator: str, name: str) -> Tree:
    text = APPLICATION_SET.replace("GENERATOR", generator).replace("NAME", name)
    return {**GIT, **apps(n), "argocd/applications": text}


def listed(n: int) -> Tree:
    elements = ", ".join(f"{{name: app{i}}}" for i in range(n))
    return application_set(n, f"list: {{elements: [{elements}]}}", "name")


def directories(n: int) -> Tree:
    generator = "git: {repoURL: 'https://git.example.com/fleet.git', revision: main, directories: [{path: apps/*}]}"
    return application_set(n, generator, "path.basename")


def fleet(n: int, more: str = "") -> Tree:
    """n Kustomizations of Flux; `#` in more fields stands for the number before."""
    entries = [
        FLUX_KUSTOMIZATION.replace("MORE", more.replace("#", str(max(0, i - 1))) if i else "").replace("#", str(i))
        for i in range(n)
    ]
    return {**GIT, **apps(n), "clusters/one/fleet": FLUX + "".join(entries)}


def chain_by_path(n: int) -> Tree:
    """n Kustomizations of Flux, each of which the one before applies."""
    tree = {**GIT, **apps(n), "clusters/one/fleet": FLUX + entry(0)}
    for i in range(n - 1):
        tree[f"apps/app{i}/o"] = config_map(f"a{i}") + entry(i + 1)
    return tree


def chain_of_folders(n: int, back: bool = False, own: bool = False) -> Tree:
    """n folders with a Kustomization of Flux each, which builds the next folder, or its own one, too. `back` closes the
    circle. Folders lead to one another in tens.
    """
    tree: Tree = dict(GIT)
    for i in range(n):
        ten = i - i % 10
        following = ten + (i + 1) % 10 if back else i + 1
        tree[f"apps/app{i}/o"] = config_map(f"a{i}")
        tree[f"apps/app{i}/k"] = FLUX + (entry(i) if own else "")
        if back or following % 10:
            tree[f"apps/app{i}/k"] += entry(following)
    return tree


def entry(number: int) -> str:
    return FLUX_KUSTOMIZATION.replace("MORE", "").replace("#", str(number))


CHART = {
    "chart/Chart": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/values": "image: x\nlist: []\n",
    "chart/templates/deployment": deployment("{{ .Release.Name }}", "{name: c, image: {{ .Values.image }}}"),
}


def releases(n: int) -> Tree:
    return {**GIT, **CHART, **apps(1), "clusters/one/fleet": FLUX + entry(0), "apps/app0/o": each(n, HELM_RELEASE)}


FLEET_SHAPES: dict[str, Callable[[int], Work]] = {
    "targets_in_one_environment": lambda n: Work("targets", targets(n)),
    "targets_in_20_environments": lambda n: Work("targets", targets(n, 20)),
    "check_targets_in_one_environment": lambda n: check(targets(n)),
    "check_targets_in_20_environments": lambda n: check(targets(n, 20)),
    "check_targets_of_operators": lambda n: check(targets(n, 1, CLUSTER)),
    "check_targets_under_policies": lambda n: check(under_policies(n)),
    "check_targets_that_clash": lambda n: check(
        {path: text.replace("namePrefix", "nameSuffix").replace(": p", ": -x") for path, text in targets(n).items()}
    ),
    "check_targets_with_findings": lambda n: check(
        {path: text.replace("{port: 80}", "{port: 80, prot: 5}") for path, text in targets(n).items()}
    ),
    "check_missing_in_targets": lambda n: check(
        {path: text.replace("configMapRef: {name: c}", "configMapRef: {name: d}") for path, text in targets(n).items()}
    ),
    "graph_targets": lambda n: Work("graph", targets(n)),
    "images_of_targets": lambda n: Work("images", targets(n)),
    "explain_line": lambda n: Work("explain apps/app0/base/objects.yaml:8", targets(n)),
    "explain_line_of_all": lambda n: Work("explain shared/c.yaml:4", shared(n)),
    "affected_all": lambda n: Work("affected --base HEAD~1", changed(n), targets(n)),
    "affected_one": lambda n: Work("affected --base HEAD~1", changed_in_one(n), targets(n)),
    "diff_all": lambda n: Work("diff --base HEAD~1 --no-cache", changed(n), targets(n), most=1),
    "diff_all_in_20_environments": lambda n: Work(
        "diff --base HEAD~1 --no-cache", changed(n, 20), targets(n, 20), most=1
    ),
    "diff_one": lambda n: Work("diff --base HEAD~1 --no-cache", changed_in_one(n), targets(n), most=1),
    "hydrate": lambda n: Work("hydrate --create --any-branch --dry-run", changed(n), targets(n), most=1),
    "hydrate_20_environments": lambda n: Work(
        "hydrate --create --any-branch --dry-run", changed(n, 20), targets(n, 20), most=1
    ),
    "argo_applications": lambda n: Work("targets", applications(n // 2), most=1),
    "argo_list": lambda n: Work("targets", listed(n // 2), most=1),
    "argo_directories": lambda n: Work("targets", directories(n // 2), most=1),
    "check_argo_list": lambda n: check(listed(n // 2)),
    "flux_kustomizations": lambda n: Work("targets", fleet(n // 2), most=1),
    "flux_chain_of_dependencies": lambda n: Work("targets", fleet(n // 5, ", dependsOn: [{name: app#}]"), most=1),
    "check_flux_chain_of_dependencies": lambda n: check(fleet(n // 5, ", dependsOn: [{name: app#}]")),
    "flux_chain_by_path": lambda n: Work("targets", chain_by_path(n // 5), most=1),
    "flux_chain_without_an_entry": lambda n: Work("targets", chain_of_folders(n // 5), most=1),
    "flux_circle_without_an_entry": lambda n: Work("targets", chain_of_folders(n // 5, back=True), most=1),
    "flux_chain_of_entries": lambda n: Work("targets", chain_of_folders(n // 5, own=True), most=1),
    "check_flux_kustomizations": lambda n: check(fleet(n // 2)),
    "flux_releases": lambda n: Work("targets", releases(n // 5), most=1),
    "check_flux_releases": lambda n: check(releases(n // 5)),
}


def shared(n: int) -> Tree:
    """n/2 targets that all use one base."""
    tree = {f"t{i}/kustomization": f"{KUSTOMIZATION}resources: [../shared]\nnamespace: n{i}\n" for i in range(n // 2)}
    return {**tree, "shared/kustomization": f"{KUSTOMIZATION}resources: [c.yaml]\n", "shared/c": config_map("c")}


# --- charts -----------------------------------------------------------------------------------------------------------


def chart(templates: dict[str, str], values: str = "") -> Work:
    tree = {"Chart": CHART["chart/Chart"], "values": values or "image: x\n"}
    return Work("template a .", {**tree, **{f"templates/{name}": text for name, text in templates.items()}})


CHART_SHAPES: dict[str, Callable[[int], Work]] = {
    "chart_templates": lambda n: chart({f"t{i}": config_map(f"a{i}-{{{{ .Values.image }}}}") for i in range(n)}),
    "chart_values": lambda n: chart(
        {"t": config_map("a") + "  {{- toYaml .Values.map | nindent 2 }}\n".replace("  {{-", "x: {{-")},
        "map:\n" + "".join(f"  k{i}: {{a: b}}\n" for i in range(n)),
    ),
    "chart_range": lambda n: chart(
        {"t": "{{- range $i, $e := .Values.list }}\n---\n" + config_map("a{{ $i }}") + "{{- end }}\n"},
        f"list: [{', '.join('x' * n)}]\n",
    ),
    "chart_until": lambda n: chart({"t": f"{{{{- range until {n} }}}}\n---\n{config_map('a{{ . }}')}{{{{- end }}}}\n"}),
    "chart_includes": lambda n: chart(
        {
            "_h.tpl": '{{- define "name" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}',
            "t": "---\n".join(config_map(f'{{{{ include "name" . }}}}-{i}') for i in range(n)),
        }
    ),
    "chart_appends": lambda n: chart(
        {
            "t": f"{{{{- $l := list }}}}{{{{- range until {n} }}}}{{{{- $l = append $l . }}}}{{{{- end }}}}\n"
            + config_map("a{{ len $l }}")
        }
    ),
    "chart_sets": lambda n: chart(
        {
            "t": f"{{{{- $d := dict }}}}{{{{- range until {n} }}}}"
            + "{{- $_ := set $d (toString .) . }}{{- end }}\n"
            + config_map("a{{ len $d }}")
        }
    ),
}

SHAPES: dict[str, Callable[[int], Work]] = {**TARGET_SHAPES, **FLEET_SHAPES, **CHART_SHAPES}
