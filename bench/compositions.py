# ruff: noqa: E501  # texts of YAML
"""Families of fields in random combinations, beside the real Kustomize.

python bench/compositions.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

Turns are taken between generators with odd files, builtin plugins, images, name references, patches, labels, sortOptions,
openapi schemas, webhooks and role bindings, in bases, components and components of components. Differences that are known
and stay are counted apart, each with its reason (`LISTED`).
"""

import random
import sys
from functools import partial
from typing import Any

from random_trees import TOP, Texts
from side_by_side import Difference, Family, battery, in_turn, penstock

KUSTOMIZATION = f"{TOP}/kustomization.yaml"


def _some(r: random.Random, entries: tuple[str, ...], most: int = 3) -> str:
    return "".join(r.sample(entries, r.randint(1, min(most, len(entries)))))


def _maybe(r: random.Random, *texts: str) -> str:
    return r.choice(("", *texts))


def _top(fields: str, **others: str) -> Texts:
    return {KUSTOMIZATION: fields} | {f"{TOP}/{name}.yaml": text for name, text in others.items()}


# --- generators -------------------------------------------------------------------------------------------------------

ENV_FILES = (
    *(
        "A=1\nB=2\n",
        "\ufeffA=1\n",
        "A=1\r\nB=2\r\n",
        "A='1'\nB=\"2\"\n",
        "A==1\nB=a=b\n",
        " A=1\n",
        "A =1\n",
        "A= 1 \n",
    ),
    *(
        "A\n",
        "=1\n",
        "A=\n",
        "# c\nA=1\n",
        "A=1 # c\n",
        "#\n\n  \n",
        "A=1\nA=2\n",
        "export A=1\n",
        "a.b-c=1\n",
        "a/b=1\n",
    ),
    *("A=\x01\n", "A=ü\nÜ=1\n", "A=1\n\n\nB=2", "\tA=1\n", "A:1\n", "A=$(B)\n", "A=\\n\n", "", "..=1\n", "A=\udcff\n"),
)
LITERALS = (
    *(
        "a=1",
        "a='1'",
        'a="1"',
        "a='1",
        'a=1"',
        "a=",
        "a",
        "=1",
        "a==",
        "a= 1 ",
        " a=1",
        "a=b=c",
        "a='",
        'a=""',
        "a=\\t",
    ),
    *(
        "a.b=1",
        "a/b=1",
        "..=1",
        "a=yes",
        "a=0x1F",
        "a=null",
        "a='\"'",
        "a=#",
        "ü=1",
        "a=$(B)",
        "a=\n",
        "a=x\ny",
        "'a'=1",
    ),
)
FILES: tuple[str, ...] = (
    "f.txt",
    "k=f.txt",
    "=f.txt",
    "k=",
    "k=b=f.txt",
    "d",
    "k=d",
    "g.bin",
    "d/h.txt",
    "./f.txt",
    "..=f.txt",
    "k k=f.txt",
)
FILES += ("missing.txt", "'k'=f.txt", "k.e-f_g=f.txt", "k/f.txt=f.txt", "d/../f.txt", " f.txt", "k= f.txt", "f.txt ")
OPTIONS = (
    *("  options: {disableNameSuffixHash: true}\n", "  options: {immutable: true}\n", "  options: {labels: {a: b}}\n"),
    *(
        "  options: {annotations: {a: 'b', c: '1'}}\n",
        "  options: null\n",
        "  options: {}\n",
        "  options: {labels: null}\n",
    ),
    *("  options: {immutable: false}\n", "  options: {disableNameSuffixHash: false, labels: {x: y}}\n"),
)
DATA_FILES = {
    f"{TOP}/f.txt": "text\n",
    f"{TOP}/g.bin": "\udcff\udcfe\x00",
    f"{TOP}/d/h.txt": "h",
}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _generator(r: random.Random, name: str = "a", behaviors: tuple[str, ...] = ("", "create")) -> str:
    text = f"- name: {name}\n"
    behavior = r.choice(behaviors)
    text += f"  behavior: {behavior}\n" if behavior else ""
    if r.random() < 0.5:
        text += "  literals:\n" + "".join(f"  - {_quoted(v)}\n" for v in r.sample(LITERALS, r.randint(1, 2)))
    if r.random() < 0.4:
        text += "  files:\n" + "".join(f"  - {_quoted(v)}\n" for v in r.sample(FILES, r.randint(1, 2)))
    if r.random() < 0.4:
        text += r.choice(
            ("  envs: [e.env]\n", "  env: e.env\n", "  envs: [e.env, e.env]\n", "  envs: [e.env, f.env]\n")
        )
    text += _maybe(r, *OPTIONS, "  namespace: n\n", "  type: Opaque\n", "  type: kubernetes.io/tls\n")
    return text


GENERATOR_OPTIONS = (
    *("", "", "generatorOptions: {disableNameSuffixHash: true}\n", "generatorOptions: {immutable: true}\n"),
    *(
        "generatorOptions: {labels: {g: o}, annotations: {g: o}}\n",
        "generatorOptions: null\n",
        "generatorOptions: {}\n",
    ),
    "generatorOptions: {labels: {a: z}, disableNameSuffixHash: true}\n",
)


def generators(r: random.Random) -> Texts:
    kind = r.choice(("configMapGenerator", "secretGenerator"))
    envs = {f"{TOP}/{d}{n}.env": r.choice(ENV_FILES) for d in ("", "base/", "c/") for n in "ef"}
    files = {path.replace(TOP, f"{TOP}{d}", 1): text for path, text in DATA_FILES.items() for d in ("", "/base", "/c")}
    shape = r.randint(0, 3)
    all_behaviors = ("merge", "replace", "create", "", "merge")
    top = r.choice(GENERATOR_OPTIONS)
    if shape == 0:
        return envs | files | {KUSTOMIZATION: f"{top}{kind}:\n{_generator(r)}"}
    base = f"{r.choice(GENERATOR_OPTIONS)}{kind}:\n{_generator(r)}" + _maybe(r, "namePrefix: b-\n", "namespace: bn\n")
    texts = envs | files | {f"{TOP}/base/kustomization.yaml": base}
    own = f"{kind}:\n{_generator(r, behaviors=all_behaviors)}" if r.random() < 0.8 else ""
    middle = _maybe(r, "namePrefix: t-\n", "nameSuffix: -s\n", "namespace: tn\n", "commonLabels: {x: y}\n")
    if shape == 1:
        return texts | {KUSTOMIZATION: f"resources: [base]\n{top}{own}{middle}"}
    head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    part = f"{head}{r.choice(GENERATOR_OPTIONS)}{kind}:\n{_generator(r, behaviors=all_behaviors)}"
    if shape == 3:
        inner = f"{head}{kind}:\n{_generator(r, behaviors=all_behaviors)}"
        texts |= {f"{TOP}/c/i/kustomization.yaml": inner, f"{TOP}/c/i/e.env": "I=1\n", f"{TOP}/c/i/f.txt": "i"}
        part += "components: [i]\n"
    texts[f"{TOP}/c/kustomization.yaml"] = part + _maybe(r, "namePrefix: c-\n", "commonLabels: {c: d}\n")
    return texts | {KUSTOMIZATION: f"resources: [base]\ncomponents: [c]\n{top}{own}{middle}"}


# --- objects ----------------------------------------------------------------------------------------------------------

IMAGES = (
    *(
        "nginx",
        "nginx:1",
        "nginx@sha256:aa",
        "nginx:1@sha256:aa",
        "r.io:5000/nginx",
        "r.io:5000/nginx:1",
        "'nginx:'",
        "''",
    ),
    *(
        "null",
        "1",
        "nginx:1:2",
        "NGINX",
        "library/nginx",
        "nginx:latest",
        "r.io/a/nginx@sha256:bb",
        "'@sha256:aa'",
        "$(V)",
    ),
    *("[nginx]", "{nginx: 1}", "'nginx '", "nginx-x", "xnginx", "r.io:5000/nginx@sha256:cc", "~", "true", "'nginx@'"),
)
DEPLOYMENT = """apiVersion: apps/v1
kind: {kind}
metadata:
  name: d
  labels: {{l: v}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{l: v}}}}
  template:
    metadata: {{labels: {{l: v}}}}
    spec:
      initContainers: [{{name: i, image: {i}}}]
      ephemeralContainers: [{{name: e, image: {e}}}]
      containers:
      - name: c
        image: {c}
        env: [{{name: A, value: a}}, {{name: B, valueFrom: {{configMapKeyRef: {{name: a, key: k}}}}}}]
        ports: [{{containerPort: 80, name: http}}, {{containerPort: 80, protocol: UDP}}]
        volumeMounts: [{{mountPath: /a, name: v}}]
      volumes: [{{name: v, configMap: {{name: a}}}}, {{name: w, emptyDir: {{}}}}]
      tolerations: [{{key: a, operator: Exists}}]
      imagePullSecrets: [{{name: p}}]
      hostAliases: [{{ip: 1.1.1.1, hostnames: [a, b]}}]
      topologySpreadConstraints: [{{topologyKey: z, whenUnsatisfiable: x, maxSkew: 1}}]
"""


def _deployment(r: random.Random) -> str:
    kind = r.choice(("Deployment", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"))
    replicas = r.choice(("1", "'1'", "null", "1.5", "[1]", "~"))
    i, e, c = (r.choice(IMAGES) for _ in range(3))
    return DEPLOYMENT.format(kind=kind, replicas=replicas, i=i, e=e, c=c)


OTHERS = """apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: {k: v}}
data: {k: v}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {selector: {l: v}, ports: [{port: 80, name: http}, {port: 81}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
---
apiVersion: e.x/v1
kind: Widget
metadata: {name: w}
spec: {image: nginx:1, replicas: 2, ref: {name: a}, list: [{name: x, v: 1}, {name: y, v: 2}], containers: [{image: nginx}]}
"""
CLUSTER = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: rb}\nroleRef: {kind: Role, name: r, "
    "apiGroup: rbac.authorization.k8s.io}\nsubjects: SUBJECTS\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: crb}\nroleRef: {kind: ClusterRole, "
    "name: cr, apiGroup: rbac.authorization.k8s.io}\nsubjects: SUBJECTS\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cr}\nrules: [{resources: [secrets], "
    "resourceNames: [a, sa], apiGroups: ['']}]\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: NS}\nrules: null\n",
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: vw}\nwebhooks: HOOKS\n",
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: mw}\nwebhooks: HOOKS\n",
    "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.e.x}\nspec: {service: {name: s, namespace: "
    "NS}, group: e.x}\n",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.e.x}\nspec: {conversion: {webhook: "
    "{clientConfig: {service: {name: s, namespace: NS}}}}, group: e.x}\n",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS}\n",
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: pvc, namespace: NS}\nspec: {volumeName: pv}\n",
    "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv, namespace: NS}\nspec: {claimRef: {name: pvc, namespace: NS}}\n",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {nginx.ingress.kubernetes.io/auth-secret: "
    "p}}\nspec: {ingressClassName: ic, defaultBackend: {service: {name: s}}, tls: [{secretName: p}], rules: [{http: {paths: "
    "[{backend: {service: {name: s}}}]}}]}\n",
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {scaleTargetRef: {kind: Deployment, "
    "name: d, apiVersion: apps/v1}}\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: p, namespace: NS}\nstringData: {a: b}\n",
)
SUBJECTS = (
    *(
        "[{kind: ServiceAccount, name: sa, namespace: NS}]",
        "[{kind: ServiceAccount, name: default}]",
        "null",
        "[]",
        "{}",
    ),
    *("[{kind: ServiceAccount, name: sa}, {kind: User, name: sa}]", "[{name: sa}]", "[null]", "[x]", "x"),
    "[{kind: ServiceAccount, name: default, namespace: other}, {kind: Group, name: default}]",
)
HOOKS = (
    *(
        "[{name: x, clientConfig: {service: {name: s, namespace: NS}}}]",
        "[{name: x, clientConfig: {url: u}}]",
        "null",
        "[]",
    ),
    *("[{name: x, clientConfig: null}]", "[{name: x, clientConfig: {service: {name: s}}}]", "{}"),
)


def _objects(r: random.Random) -> str:
    texts = [_deployment(r), OTHERS, *r.sample(CLUSTER, r.randint(0, 4))]
    r.shuffle(texts)
    text = "---\n".join(texts).replace("SUBJECTS", r.choice(SUBJECTS)).replace("HOOKS", r.choice(HOOKS))
    return text.replace("NS", r.choice(("ns", "other", "default", "''", "~")))


# --- fields -----------------------------------------------------------------------------------------------------------

IMAGE_FIELDS = (
    *(
        "newTag: '2'",
        "newName: other",
        "digest: sha256:dd",
        "newTag: ''",
        "newName: r.io:5000/o, newTag: t",
        "tagSuffix: -x",
    ),
    *(
        "digest: sha256:dd, newTag: t",
        "newName: o, digest: sha256:dd",
        "newTag: null",
        "newName: ''",
        "digest: ''",
        "newTag: 1.0",
    ),
    *(
        "newName: o, tagSuffix: -x",
        "newTag: 'a:b'",
        "newName: 'o:1'",
        "newName: 'o@sha256:ee'",
        "newTag: v, tagSuffix: -x",
    ),
)
IMAGE_NAMES = (
    "nginx",
    "r.io:5000/nginx",
    "r.io/a/nginx",
    "'nginx:1'",
    "'*'",
    "'n.*x'",
    "''",
    "library/nginx",
    "null",
    "'nginx@sha256:aa'",
)
LABELS = (
    *(
        "{pairs: {a: b}}",
        "{pairs: {a: b}, includeSelectors: true}",
        "{pairs: {a: b}, includeTemplates: true}",
        "{pairs: {}}",
    ),
    *(
        "{pairs: {a: '1'}, fields: [{path: spec/x, create: true}]}",
        "{pairs: {l: new}}",
        "{pairs: {l: new}, includeSelectors: true}",
    ),
    *("{pairs: null}", "{pairs: {a: ''}}", "{pairs: {a: b}, includeSelectors: true, includeTemplates: true}"),
    *(
        "{pairs: {a: b}, fields: [{path: metadata/labels, kind: Widget}]}",
        "{pairs: {a: b}, fields: null}",
        "{pairs: {a: null}}",
    ),
    *(
        "{pairs: {a: b}, fields: [{path: 'spec/list[]/labels', kind: Widget, create: true}]}",
        "{includeSelectors: true}",
    ),
    "{pairs: {a: b}, fields: [{path: spec/template/metadata/labels, kind: StatefulSet, create: true}], includeSelectors: true}",
)


def fields(r: random.Random) -> Texts:
    entries = (
        f"images: [{{name: {r.choice(IMAGE_NAMES)}, {r.choice(IMAGE_FIELDS)}}}, {{name: nginx, {r.choice(IMAGE_FIELDS)}}}]\n",
        f"replicas: [{{name: {r.choice(('d', 'w', 'x', 'd*', 'null'))}, count: {r.choice(('3', '0', 'null', '-1', '1e1'))}}}]\n",
        f"labels: [{r.choice(LABELS)}, {r.choice(LABELS)}]\n",
        f"namespace: {r.choice(('new', 'ns', 'default', 'null', '1'))}\n",
        r.choice(("namePrefix: p-\n", "namePrefix: '1'\n", "namePrefix: ''\n", "namePrefix: 'A.'\n")),
        r.choice(("nameSuffix: -s\n", "nameSuffix: '0'\n")),
        r.choice(
            ("commonLabels: {a: b}\n", "commonLabels: {l: c}\n", "commonLabels: {a: null}\n", "commonLabels: null\n")
        ),
        r.choice(("commonAnnotations: {a: b}\n", "commonAnnotations: {k: null}\n", "commonAnnotations: {a: '1'}\n")),
        r.choice(SORTS),
        r.choice(
            (
                "buildMetadata: [originAnnotations]\n",
                "buildMetadata: [transformerAnnotations]\n",
                "buildMetadata: [managedByLabel]\n",
            )
        ),
        f"vars: [{r.choice(VARS)}]\n",
    )
    if r.random() < 0.5:
        return _top(f"resources: [o.yaml]\n{_some(r, entries, 4)}", o=_objects(r))
    chosen = r.sample(entries, 4)
    base = f"resources: [o.yaml]\n{''.join(chosen[:2])}"
    texts = {f"{TOP}/base/kustomization.yaml": base, f"{TOP}/base/o.yaml": _objects(r)}
    return texts | {KUSTOMIZATION: f"resources: [base]\n{''.join(chosen[2:])}"}


SORTS = (
    *(
        "sortOptions: {order: fifo}\n",
        "sortOptions: {order: legacy}\n",
        "sortOptions: {order: x}\n",
        "sortOptions: {}\n",
    ),
    *(
        "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Widget], orderLast: [Service]}}\n",
        "sortOptions: null\n",
    ),
    *("sortOptions: {order: fifo, legacySortOptions: {orderFirst: [Widget]}}\n", "sortOptions: {order: ''}\n"),
    *(
        "sortOptions: {order: legacy, legacySortOptions: {}}\n",
        "sortOptions: {order: legacy, legacySortOptions: null}\n",
    ),
    *("sortOptions: {order: legacy, legacySortOptions: {orderFirst: null, orderLast: [ConfigMap, Widget]}}\n",),
    "sortOptions: {legacySortOptions: {orderFirst: [Service]}}\n",
)
VARS = (
    "{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: {fieldPath: data.k}}",
    "{name: V, objref: {apiVersion: v1, kind: Service, name: s}}",
    "{name: V, objref: {apiVersion: v1, kind: Service, name: s}, fieldref: {fieldPath: 'spec.ports[0].port'}}",
    "{name: V, objref: {apiVersion: v1, kind: Service, name: s}, fieldref: {fieldPath: spec.selector}}",
    "{name: V, objref: {apiVersion: e.x/v1, kind: Widget, name: w}, fieldref: {fieldPath: 'spec.list[1].v'}}",
    "{name: V, objref: {kind: Service, name: s}}",
    "{name: V, objref: {apiVersion: v1, kind: Service, name: missing}}",
    "{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: {fieldPath: metadata.annotations.k}}",
    "{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: null}",
    "{name: '', objref: {apiVersion: v1, kind: ConfigMap, name: a}}",
)


# --- patches ----------------------------------------------------------------------------------------------------------

POINTERS = (
    *(
        "/metadata/name",
        "/metadata/labels/l",
        "/metadata/labels/a~1b",
        "/metadata/labels/a~0b",
        "/spec/list/0",
        "/spec/list/-",
    ),
    *(
        "/spec/list/5",
        "/spec/list/-1",
        "/spec/list/01",
        "/spec/list/2",
        "/spec/x/y",
        "/spec",
        "",
        "/",
        "/kind",
        "/metadata",
    ),
    *(
        "/spec/list/0/name",
        "/spec/ref",
        "/data/k",
        "/data/new",
        "/spec/replicas",
        "/spec/template/spec/containers/0/image",
    ),
    *(
        "/metadata/annotations",
        "/spec/ports/0",
        "/spec/selector/l",
        "/spec/list/+1",
        "/spec/a~2b",
        "/apiVersion",
        "/spec/list",
    ),
)
VALUES = (
    "1",
    "'1'",
    "null",
    "true",
    "{a: b}",
    "[1, 2]",
    "''",
    "2020-01-01",
    "1e3",
    "{}",
    "[]",
    "{name: z, v: 3}",
    "'a\n\nb'",
    "0o17",
)


def _operation(r: random.Random) -> str:
    op = r.choice(("add", "replace", "remove", "move", "copy", "test", "add", "replace"))
    path = r.choice(POINTERS)
    rest = ""
    if op in ("move", "copy"):
        rest = f"  from: '{r.choice(POINTERS)}'\n"
    elif op != "remove":
        rest = f"  value: {r.choice(VALUES)}\n"
    return f"- op: {op}\n  path: '{path}'\n{rest}"


TARGETS = (
    *(
        "{kind: Widget}",
        "{kind: ConfigMap}",
        "{name: '.*'}",
        "{kind: Service}",
        "{version: v1}",
        "{group: apps}",
        "{labelSelector: l=v}",
    ),
    *(
        "{annotationSelector: k=v}",
        "{name: a}",
        "{kind: 'Deployment|Widget'}",
        "{group: e.x, kind: Widget, name: w}",
        "{kind: Wid}",
    ),
    "{labelSelector: 'l in (v, w)', kind: 'D.*'}",
)
PATCH_OPTIONS: tuple[str, ...] = (
    "",
    "",
    "",
    "  options: {allowNameChange: true}\n",
    "  options: {allowKindChange: true}\n",
)
PATCH_OPTIONS += (
    "  options: {allowNameChange: true, allowKindChange: true}\n",
    "  options: null\n",
    "  options: {allowNameChange: false}\n",
)


def json_patches(r: random.Random) -> Texts:
    entries = []
    for _ in range(r.randint(1, 2)):
        operations = "".join(_operation(r) for _ in range(r.randint(1, 3)))
        inside = "".join(f"    {line}\n" for line in operations.splitlines())
        entries.append(f"- target: {r.choice(TARGETS)}\n{r.choice(PATCH_OPTIONS)}  patch: |\n{inside}")
    return _top(
        f"resources: [o.yaml]\n{_maybe(r, 'namePrefix: p-', 'namespace: n')}\npatches:\n{''.join(entries)}", o=OTHERS
    )


ELEMENTS = (
    *(
        "{name: c, image: x}",
        "{name: n, image: x}",
        "{$patch: delete, name: c}",
        "{$patch: replace}",
        "{name: c, $patch: replace}",
    ),
    *(
        "{image: x}",
        "null",
        "{}",
        "{name: c, env: [{name: A, value: z}, {name: N}]}",
        "{name: c, env: [{name: A, $patch: delete}]}",
    ),
    *(
        "{name: c, ports: [{containerPort: 80, name: h2}]}",
        "{name: c, ports: [{containerPort: 80, protocol: UDP, name: u}]}",
    ),
    *(
        "{name: c, $setElementOrder/env: [{name: B}, {name: A}]}",
        "{name: c, volumeMounts: [{mountPath: /a, $patch: delete}]}",
    ),
    *(
        "{name: c, env: null}",
        "{name: c, env: []}",
        "{name: c, image: null}",
        "{name: c, env: [{$patch: replace}, {name: Z}]}",
    ),
)
SPECS = (
    *(
        "containers: [E]",
        "containers: [E, E]",
        "initContainers: [E]",
        "volumes: [{name: v, $patch: delete}]",
        "volumes: [{name: v, emptyDir: {}}]",
    ),
    *(
        "volumes: [{name: v, $retainKeys: [name, emptyDir], emptyDir: {}}]",
        "tolerations: [{key: b}]",
        "imagePullSecrets: [{name: q}]",
    ),
    *(
        "imagePullSecrets: [{name: p, $patch: delete}]",
        "hostAliases: [{ip: 1.1.1.1, hostnames: [c]}]",
        "$patch: replace, containers: [E]",
    ),
    *(
        "$setElementOrder/containers: [{name: n}, {name: c}], containers: [E]",
        "topologySpreadConstraints: [{topologyKey: z, maxSkew: 2}]",
    ),
    *(
        "ephemeralContainers: [{name: e, image: z}]",
        "containers: null",
        "containers: []",
        "containers: {}",
        "$retainKeys: [containers]",
    ),
    *(
        "topologySpreadConstraints: [{topologyKey: z, whenUnsatisfiable: x, $patch: delete}]",
        "volumes: [{name: new, configMap: {name: a}}]",
    ),
)


def strategic_patches(r: random.Random) -> Texts:
    entries = []
    for _ in range(r.randint(1, 2)):
        specs = ", ".join(dict.fromkeys(r.choice(SPECS) for _ in range(r.randint(1, 2))))
        while "E]" in specs or "E," in specs:
            specs = specs.replace("[E", f"[{r.choice(ELEMENTS)}", 1).replace(", E]", f", {r.choice(ELEMENTS)}]", 1)
        more = _maybe(
            r,
            "  $deleteFromPrimitiveList/x: [a]\n",
            "  replicas: 3\n",
            "  replicas: null\n",
            "  strategy: {type: Recreate}\n",
        )
        meta = r.choice(
            (
                "{name: d}",
                "{name: d, labels: {l: null, n: w}}",
                "{name: d, finalizers: [a]}",
                "{name: d, $patch: merge}",
            )
        )
        body = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {meta}\nspec:\n{more}  template: {{spec: {{{specs}}}}}\n"
        )
        inside = "".join(f"    {line}\n" for line in body.splitlines())
        target = _maybe(r, "  target: {kind: 'Dep.*'}\n", "  target: {name: d}\n")
        entries.append(f"- patch: |\n{inside}{target}{r.choice(PATCH_OPTIONS)}")
    objects = DEPLOYMENT.format(kind="Deployment", replicas=1, i="a", e="b", c="c")
    return _top(
        f"resources: [o.yaml]\n{_maybe(r, 'namePrefix: p-', 'namespace: n')}\npatches:\n{''.join(entries)}", o=objects
    )


# --- builtin plugins --------------------------------------------------------------------------------------------------

SPEC_PATHS = (
    *(
        "metadata/labels",
        "metadata/name",
        "spec/x",
        "spec/template/metadata/labels",
        "'spec/list[]/name'",
        "spec/list/name",
        "''",
        "null",
    ),
    *(
        "metadata/annotations",
        "spec/replicas",
        "'spec/containers[]/image'",
        "spec/ref/name",
        "metadata/namespace",
        "1",
        "data",
        "spec",
    ),
)


def _field_spec(r: random.Random) -> str:
    parts = [f"path: {r.choice(SPEC_PATHS)}"]
    parts += [
        part
        for part in ("kind: Widget", "kind: null", "group: e.x", "version: v1", "create: true", "create: null")
        if r.random() < 0.2
    ]
    return "{" + ", ".join(parts) + "}"


PLUGINS = (
    "LabelTransformer|labels: {a: b}|labels: null|labels: {a: '1', l: c}|labels: {}",
    "AnnotationsTransformer|annotations: {a: b}|annotations: null|annotations: {k: '1'}",
    "PrefixTransformer|prefix: p-|prefix: null|prefix: ''",
    "SuffixTransformer|suffix: -s|suffix: null",
    "PrefixSuffixTransformer|prefix: p-|prefix: p-\nsuffix: -s",
    "ImageTagTransformer|imageTag: {name: nginx, newTag: '2'}|imageTag: null|imageTag: {name: nginx, newName: o}|imageTag: {newTag: x}",
    "ReplicaCountTransformer|replica: {name: d, count: 3}|replica: {name: w, count: 4}|replica: null|replica: {name: w}",
    "NamespaceTransformer|metadata: {name: t, namespace: n}|metadata: {name: t, namespace: n}\nunsetOnly: true"
    "|metadata: {name: t, namespace: n}\nsetRoleBindingSubjects: allServiceAccounts|metadata: {name: t}"
    "|metadata: {name: t, namespace: n}\nsetRoleBindingSubjects: none|metadata: {name: t, namespace: n}\nsetRoleBindingSubjects: x",
    "ValueAddTransformer|value: v\ntargets: [{fieldPath: /spec/x}]|value: v\ntargets: [{selector: {kind: Widget}, fieldPath: spec/ref}]"
    "|value: v\ntargets: [{fieldPath: metadata/namespace, filePathPosition: 1}]|value: null\ntargets: null|value: v",
    "PatchTransformer|patch: '[{op: add, path: /spec/z, value: 1}]'\ntarget: {kind: Widget}|path: p.yaml|patch: null"
    "|patch: '{apiVersion: e.x/v1, kind: Widget, metadata: {name: w}, spec: {ref: null}}'|path: p.yaml\ntarget: {kind: Widget}",
    "PatchJson6902Transformer|target: {kind: Widget, name: w}\njsonOp: '[{op: remove, path: /spec/ref}]'|jsonOp: null|path: p.yaml"
    '|target: {group: e.x, version: v1, kind: Widget, name: w}\njsonOp: \'[{"op": "add", "path": "/spec/z", "value": 1}]\'',
    "PatchStrategicMergeTransformer|paths: [p.yaml]|patches: '{apiVersion: e.x/v1, kind: Widget, metadata: {name: w}, spec: {n: 1}}'|paths: null",
    "ReplacementTransformer|replacements: [{source: {kind: ConfigMap, fieldPath: data.k}, targets: [{select: {kind: Widget}, fieldPaths: "
    "[spec.x], options: {create: true}}]}]|replacements: null|replacements: [{path: r.yaml}]|replacements: [null]",
    "HashTransformer||",
    "SortOrderTransformer|sortOptions: {order: fifo}|sortOptions: {order: legacy}|sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Service]}}",
    "IAMPolicyGenerator|cloud: gke\nkubernetesService: {name: k}\nserviceAccount: {name: s, projectId: p}|cloud: x|cloud: null",
    "ConfigMapGenerator|name: g\nliterals: [a=b]|metadata: {name: g}\nliterals: [a=b]|metadata: {name: a}\nbehavior: merge\nliterals: [a=b]",
    "SecretGenerator|metadata: {name: g}\nliterals: [a=b]\ntype: x|metadata: {name: g, namespace: n}\nenvs: [e.env]",
    "NoSuchTransformer|a: b",
)


def plugins(r: random.Random) -> Texts:
    kind, *fields = r.choice(PLUGINS).split("|")
    own = r.choice(fields)
    text = f"apiVersion: builtin\nkind: {kind}\n{own}\n"
    if "metadata:" not in own:
        text += "metadata: {name: t}\n"
    specs = (
        "null",
        "[]",
        "[null]",
        *(f"[{_field_spec(r)}]" for _ in range(6)),
        f"[{_field_spec(r)}, {_field_spec(r)}]",
    )
    text += _maybe(r, f"fieldSpecs: {r.choice(specs)}\n", f"fieldSpecs: {r.choice(specs)}\n")
    field = (
        "generators"
        if kind.endswith("Generator")
        else r.choice(("transformers", "transformers", "transformers", "validators"))
    )
    if r.random() < 0.2:
        inline = "".join(f"  {line}\n" for line in text.splitlines())
        fields_text = f"resources: [o.yaml]\n{field}:\n- |-\n{inline}"
    else:
        fields_text = f"resources: [o.yaml]\n{field}: [t.yaml]\n"
    patch = "apiVersion: e.x/v1\nkind: Widget\nmetadata: {name: w}\nspec: {list: [{name: x, v: 9}]}\n"
    replacement = (
        "source: {kind: ConfigMap, fieldPath: data.k}\ntargets: [{select: {kind: Widget}, fieldPaths: [spec.image]}]\n"
    )
    fields_text += _maybe(r, "namePrefix: q-\n", "commonLabels: {z: z}\n", "namespace: zz\n")
    return _top(fields_text, o=_objects(r), t=text, p=patch, r=replacement) | {f"{TOP}/e.env": "E=1\n"}


# --- schemas and configurations ---------------------------------------------------------------------------------------


def _schema(r: random.Random) -> str:
    key = r.choice(
        (
            '"x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"',
            '"x-kubernetes-patch-merge-key": "name"',
            '"x-kubernetes-patch-strategy": "merge"',
            '"x-kubernetes-list-map-keys": ["name"], "x-kubernetes-list-type": "map"',
            '"x-kubernetes-patch-merge-key": "v", "x-kubernetes-patch-strategy": "replace"',
            '"x-kubernetes-patch-merge-key": "v", "x-kubernetes-patch-strategy": "merge"',
        )
    )
    item = '"properties": {"name": {"type": "string"}}, "type": "object"'
    spec = f'"spec": {{"type": "object", "properties": {{"list": {{"type": "array", "items": {{{item}}}, {key}}}}}}}'
    gvk = r.choice(
        (
            '"x-kubernetes-group-version-kind": [{"group": "e.x", "version": "v1", "kind": "Widget"}]',
            '"x-kubernetes-group-version-kind": []',
            '"x-kubernetes-group-version-kind": [{"group": "e.x", "kind": "Widget"}]',
            '"a": 1',
            '"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Widget"}]',
        )
    )
    definition = f'{{"type": "object", "properties": {{{spec}}}, {gvk}}}'
    return r.choice(
        (
            '{"definitions": {"e.Widget": D}}',
            '{"swagger": "2.0", "definitions": {"e.Widget": D}}',
            '{"definitions": {}}',
            "{}",
            '{"definitions": null}',
            '{"definitions": {"e.Widget": null}}',
            "[]",
            "",
            "x",
        )
    ).replace("D", definition)


CONFIGURATIONS = (
    "nameReference: [{kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/ref/name, kind: Widget}]}]\n",
    "nameReference: [{kind: ConfigMap, fieldSpecs: [{path: spec/ref, kind: Widget}]}]\n",
    "nameReference: [{kind: Service, fieldSpecs: [{path: 'spec/list[]/name', kind: Widget}]}]\n",
    "images: [{path: spec/image, kind: Widget}]\n",
    "images: [{path: 'spec/containers[]/image', kind: Widget}]\nreplicas: [{path: spec/replicas, kind: Widget}]\n",
    "commonLabels: [{path: spec/labels, kind: Widget, create: true}]\nnamespace: [{path: spec/ns, kind: Widget, create: true}]\n",
    "namePrefix: [{path: spec/ref/name, kind: Widget}]\n",
    "varReference: [{path: spec/image, kind: Widget}, {path: data}]\n",
    "commonAnnotations: [{path: spec/a, create: true, kind: Widget}]\n",
    "null\n", "", "nameReference: null\n", "nameReference: [null]\n", "labels: [{path: spec/l, create: true}]\n",
)  # fmt: skip


def schemas(r: random.Random) -> Texts:
    patch = (
        "apiVersion: e.x/v1\nkind: Widget\nmetadata: {name: w}\nspec: {list: ["
        + r.choice(
            (
                "{name: x, v: 9}",
                "{name: z}",
                "{name: x, $patch: delete}",
                "{v: 1, name: q}",
                "null",
                "{$patch: replace}, {name: k}",
            )
        )
        + "]}\n"
    )
    openapi = r.choice(
        (
            "openapi: {path: s.json}\n",
            "openapi: {path: s.json}\n",
            "openapi: {version: v1.21.2}\n",
            "openapi: {version: v1}\n",
            "openapi: null\n",
            "openapi: {path: s.json, version: v1.21.2}\n",
            "",
            "openapi: {}\n",
        )
    )
    more = _maybe(
        r,
        "namePrefix: p-\n",
        "images: [{name: nginx, newTag: '9'}]\n",
        "commonLabels: {c: c}\n",
        "namespace: nn\nreplicas: [{name: w, count: 7}]\n",
    )
    more += _maybe(r, f"vars: [{r.choice(VARS)}]\n", "commonAnnotations: {c: c}\n")
    texts = {f"{TOP}/s.json": _schema(r), f"{TOP}/c.yaml": r.choice(CONFIGURATIONS), f"{TOP}/crd.json": r.choice(CRDS)}
    return texts | _top(
        f"resources: [o.yaml]\npatches: [{{path: p.yaml}}]\n{openapi}{more}{_maybe(r, 'configurations: [c.yaml]', 'crds: [crd.json]')}\n",
        o=OTHERS.replace("nginx:1,", r.choice(("nginx:1,", "$(V),", "'x-$(V)-$(W)',"))),
        p=patch,
    )


CRDS = (
    *("{}", "null", "", "[]", "x", '{"a": null}', '{"a": {"Schema": null}}', '{"a": {"Schema": {"properties": {}}}}'),
    '{"github.com/e.Widget": {"Schema": {"description": "d", "properties": {"spec": {"$ref": "github.com/e.Spec"}, "apiVersion": {"type": '
    '"string"}, "kind": {"type": "string"}, "metadata": {"$ref": "m"}}}}, "github.com/e.Spec": {"Schema": {"properties": {"ref": {'
    '"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap", "$ref": "github.com/e.Ref"}}}}, '
    '"github.com/e.Ref": {"Schema": {"properties": {"name": {"type": "string"}}}}}',
    '{"e.Widget": {"Schema": {"properties": {"spec": {"properties": {"ref": {"x-kubernetes-object-ref-kind": "ConfigMap", '
    '"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-name-key": "name"}}}, "apiVersion": {}, "kind": {}, "metadata": {}}}}}',
    '{"e.Widget": {"Schema": {"properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, '
    '"spec": {"$ref": "s"}}}}, "s": {"Schema": {"properties": {"x": {"x-kubernetes-annotation": ""}, "y": {"x-kubernetes-label-selector": ""}, '
    '"z": {"x-kubernetes-identity": ""}}}}}',
)  # fmt: skip

FAMILIES: dict[str, Family] = {
    "generators": generators,
    "fields": fields,
    "json patches": json_patches,
    "strategic patches": strategic_patches,
    "plugins": plugins,
    "schemas": schemas,
}


LISTED: tuple[tuple[str, str, str], ...] = (
    (
        "we succeed",
        "validator shouldn't modify the resource map",
        "a prefix or suffix of nothing under `validators:` takes the quotes from a text such as `y`, and changes no value",
    ),
    (
        "we fail",
        "PS286",
        "the hash suffix of a generated object whose kind a patch changes is refused (docs/kustomize.md)",
    ),
)
"""What differs in a word, what the one that refuses says, and why the difference stays."""


def listed(texts: Texts, found: Difference) -> str:
    what, theirs, ours = found
    said = theirs.why if what == "we succeed" else ours.why
    return next((why for word, words, why in LISTED if word == what and words in said), "")


if __name__ == "__main__":
    arguments: Any = (__doc__, partial(in_turn, FAMILIES), 6000, (), penstock, listed)
    sys.exit(battery(*arguments))
