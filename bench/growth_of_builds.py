"""Shapes of `penstock build` for `growth.py`: kustomizations with n entries of one kind over n objects."""

from collections.abc import Callable

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
ADD = '[{"op": "add", "path": "/data/z", "value": "z"}]'

Tree = dict[str, str]
"""The files of a shape by path; a path without an extension gets `.yaml`."""


def config_map(name: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\ndata: {{k: v}}\n"


def deployment(name: str, containers: str = "") -> str:
    containers = (
        containers or f"{{name: a, image: 'r.example/{name}:1', envFrom: [{{configMapRef: {{name: c{name}}}}}]}}"
    )
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n"
        f"  selector: {{matchLabels: {{a: {name}}}}}\n  template:\n    metadata: {{labels: {{a: {name}}}}}\n"
        f"    spec: {{containers: [{containers}]}}\n"
    )


def objects(n: int, make: Callable[[str], str] = config_map) -> str:
    return "---\n".join(make(f"a{i}") for i in range(n))


def entries(field: str, n: int, entry: str, make: Callable[[str], str] = config_map) -> Tree:
    """A kustomization with n entries of a field; `#` in an entry stands for its number."""
    lines = "".join(f"- {entry}\n".replace("#", str(i)) for i in range(n))
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\n{field}:\n{lines}",
        "objects": objects(n, make),
    }


def labelled(name: str) -> str:
    return config_map(name, f", labels: {{app: {name}}}")


def image_list(n: int) -> Tree:
    tree = entries("images", n, "{name: r.example/c#, newTag: '2'}")
    containers = ", ".join(f"{{name: c{i}, image: 'r.example/c{i}:1'}}" for i in range(n))
    return {**tree, "objects": deployment("a", containers)}


def components(n: int, body: str) -> Tree:
    names = ", ".join(f"c{i}" for i in range(n))
    made = {f"c{i}/kustomization": COMPONENT + body.replace("#", str(i)) for i in range(n)}
    root = f"{KUSTOMIZATION}resources: [objects.yaml]\ncomponents: [{names}]\n"
    return {"kustomization": root, "objects": objects(n), **made}


def bases(n: int) -> Tree:
    """n bases with objects of the same names, told apart by prefixes; each has a reference to its own."""
    tree = {"kustomization": f"{KUSTOMIZATION}resources: [{', '.join(f'b{i}' for i in range(n))}]\n"}
    for i in range(n):
        tree[f"b{i}/kustomization"] = f"{KUSTOMIZATION}namePrefix: p{i}-\nresources: [o.yaml]\n"
        tree[f"b{i}/o"] = config_map("ca") + "---\n" + deployment("a")
    return tree


def chain(n: int) -> Tree:
    """n/10 overlays over one another, over n/10 objects."""
    depth = n // 10
    tree = {"kustomization": f"{KUSTOMIZATION}resources: [l{depth}]\n", "l0/objects": objects(depth)}
    tree["l0/kustomization"] = f"{KUSTOMIZATION}resources: [objects.yaml]\n"
    for i in range(1, depth + 1):
        tree[f"l{i}/kustomization"] = f"{KUSTOMIZATION}resources: [../l{i - 1}]\nnamePrefix: x\n"
    return tree


def operations(n: int) -> Tree:
    patch = "- {op: add, path: /data/l, value: []}\n" + "- {op: add, path: /data/l/0, value: x}\n" * n
    root = f"{KUSTOMIZATION}resources: [objects.yaml]\npatches: [{{path: patch.yaml, target: {{kind: ConfigMap}}}}]\n"
    return {"kustomization": root, "objects": config_map("a"), "patch": patch}


def merged_generators(n: int) -> Tree:
    return entries("configMapGenerator", n, "{name: a#, behavior: merge, literals: [x=y]}")


def chain_of(n: int, field: str) -> Tree:
    """n/10 overlays over one another with a field each, over n/10 objects; `#` stands for the number of the overlay."""
    tree = chain(n)
    for i in range(1, n // 10 + 1):
        tree[f"l{i}/kustomization"] = f"{KUSTOMIZATION}resources: [../l{i - 1}]\n{field.replace('#', str(i))}\n"
    return tree


def chain_that_adds(n: int) -> Tree:
    """n/10 overlays over one another, each with an object of its own."""
    tree = chain(n)
    for i in range(1, n // 10 + 1):
        tree[f"l{i}/o"] = config_map(f"b{i}")
        tree[f"l{i}/kustomization"] = f"{KUSTOMIZATION}resources: [../l{i - 1}, o.yaml]\nnamePrefix: x\n"
    return tree


def chain_of_components(n: int) -> Tree:
    """n/10 components that each use the next one, over n/10 objects."""
    depth = n // 10
    tree = {f"c{i}/kustomization": f"{COMPONENT}components: [../c{i + 1}]\nnamePrefix: x\n" for i in range(depth)}
    tree[f"c{depth}/kustomization"] = f"{COMPONENT}labels: [{{pairs: {{a: b}}}}]\n"
    root = f"{KUSTOMIZATION}resources: [objects.yaml]\ncomponents: [c0]\n"
    return {**tree, "kustomization": root, "objects": objects(depth)}


def fan_in(n: int) -> Tree:
    """n/10 bases of ten objects each, ten of them in each base above, up to one."""
    names = [f"leaf{i}" for i in range(n // 10)]
    tree: Tree = {}
    for name in names:
        tree[f"{name}/kustomization"] = f"{KUSTOMIZATION}resources: [o.yaml]\n"
        tree[f"{name}/o"] = "---\n".join(config_map(f"{name}x{i}") for i in range(10))
    level = 0
    while len(names) > 1:
        tens = [names[i : i + 10] for i in range(0, len(names), 10)]
        names = [f"level{level}x{i}" for i in range(len(tens))]
        for name, ten in zip(names, tens, strict=True):
            below = ", ".join(f"../{each}" for each in ten)
            tree[f"{name}/kustomization"] = f"{KUSTOMIZATION}resources: [{below}]\nlabels: [{{pairs: {{a: b}}}}]\n"
        level += 1
    return {**tree, "kustomization": f"{KUSTOMIZATION}resources: [{names[0]}]\n"}


def with_objects(root: str, text: str, **files: str) -> Tree:
    return {"kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\n{root}", "objects": text, **files}


def patches_of_one_object(n: int) -> Tree:
    patch = '[{"op": "add", "path": "/data/z#", "value": "z"}]'
    tree = entries("patches", n, f"{{target: {{kind: ConfigMap}}, patch: '{patch}'}}")
    return {**tree, "objects": config_map("a")}


def patches_of_one_element(n: int) -> Tree:
    container = "spec: {template: {spec: {containers: [{name: c, env: [{name: E#, value: x}]}]}}}"
    patch = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, {container}}}"
    return {**entries("patches", n, f"patch: '{patch}'"), "objects": deployment("a", "{name: c, image: x}")}


def sources_of_one_object(n: int) -> Tree:
    target = "{select: {name: a0}, fieldPaths: [data.z#], options: {create: true}}"
    return entries(
        "replacements", n, f"source: {{kind: ConfigMap, name: a#, fieldPath: data.k}}\n  targets: [{target}]"
    )


def copies_within_one_object(n: int) -> Tree:
    """n replacements, each of which copies a mapping to another field of the same object."""
    target = "{select: {kind: Kind}, fieldPaths: [spec.z#], options: {create: true}}"
    fields = f"source: {{kind: Kind, fieldPath: spec.a}}\n  targets: [{target}]"
    body = "{apiVersion: example.com/v1, kind: Kind, metadata: {name: a}, spec: {a: {b: {c: 1, e: }}}}\n"
    return {**entries("replacements", n, fields), "objects": body}


def references_to_one(n: int) -> Tree:
    """n Deployments that name one generated ConfigMap."""
    tree = with_objects("configMapGenerator: [{name: cm, literals: [a=b]}]\n", "")
    containers = "{name: a, image: x, envFrom: [{configMapRef: {name: cm}}]}"
    return {**tree, "objects": "---\n".join(deployment(f"a{i}", containers) for i in range(n))}


def name_references(n: int) -> Tree:
    """n kinds that may name a ConfigMap, by as many configured field specs."""
    specs = "".join(f"  - {{path: spec/ref, kind: Kind{i}}}\n" for i in range(n))
    config = f"nameReference:\n- kind: ConfigMap\n  fieldSpecs:\n{specs}"
    items = "---\n".join(
        f"apiVersion: x/v1\nkind: Kind{i}\nmetadata: {{name: k}}\nspec: {{ref: cm}}\n" for i in range(n)
    )
    return with_objects("configurations: [config.yaml]\nconfigMapGenerator: [{name: cm}]\n", items, config=config)


def deep_value(n: int) -> Tree:
    """Objects with values of 20 levels, that a patch and labels go through."""
    value = "{a: " * 20 + "x" + "}" * 20
    text = "---\n".join(f"apiVersion: x/v1\nkind: A\nmetadata: {{name: a{i}}}\nspec: {value}\n" for i in range(n))
    return with_objects(f"commonLabels: {{a: b}}\npatches: [{{target: {{kind: A}}, patch: '{ADD_SPEC}'}}]\n", text)


ADD_SPEC = '[{"op": "add", "path": "/spec/a/z", "value": "z"}]'


def image_components(n: int) -> Tree:
    """n components with one image each, over n Deployments."""
    return {
        **components(n, "images: [{name: r.example/a#, newTag: '2'}]\n"),
        "objects": objects(n, deployment),
    }


def image_transformers(n: int) -> Tree:
    """n files of transformers with one image each, over n Deployments."""
    config = (
        "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t#}\n"
        "imageTag: {name: r.example/a#, newTag: '2'}\n"
        "fieldSpecs: [{path: 'spec/template/spec/containers[]/image'}]\n"
    )
    root = f"transformers: [{', '.join(f't{i}.yaml' for i in range(n))}]\n"
    return {**with_objects(root, objects(n, deployment)), **{f"t{i}": config.replace("#", str(i)) for i in range(n)}}


def patches_of(n: int, objects: str, container: str) -> Tree:
    """n patches of one Deployment, each with one element of a list."""
    spec = f"spec: {{template: {{spec: {{containers: [{{{container}}}]}}}}}}"
    patch = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, {spec}}}"
    return {**entries("patches", n, f"patch: '{patch}'"), "objects": objects}


def variables(n: int) -> str:
    """A Deployment with n environment variables."""
    return deployment("a", f"{{name: c, image: x, env: [{', '.join(f'{{name: E{i}, value: x}}' for i in range(n))}]}}")


def containers(n: int) -> str:
    """A Deployment with n containers."""
    more = "image: x, ports: [{containerPort: 80}, {containerPort: 81}], env: [{name: A, value: b}]"
    return deployment("a", ", ".join(f"{{name: c{i}, {more}}}" for i in range(n)))


def ports(n: int) -> str:
    """A Service with n ports."""
    listed = ", ".join(f"{{name: p{i}, port: 1{i}}}" for i in range(n))
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{listed}]}}\n"


def patches_of_ports(n: int) -> Tree:
    patch = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1#, targetPort: 9}]}}"
    return {**entries("patches", n, f"patch: '{patch}'"), "objects": ports(n)}


def operations_of(n: int, operation: str) -> Tree:
    """n operations of one patch over a list of n elements; `#` stands for the number of the operation."""
    item = f"apiVersion: x/v1\nkind: ConfigMap\nmetadata: {{name: a}}\nspec: {{l: [{', '.join('x' * n)}]}}\n"
    patch = "".join(f"- {operation}\n".replace("#", str(i)) for i in range(n))
    return with_objects("patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n", item, patch=patch)


def rejects(n: int, reject: str) -> Tree:
    """A replacement of all objects but n/2."""
    lines = "".join(f"    - {reject}\n".replace("#", str(i)) for i in range(0, n, 2))
    root = (
        "replacements:\n- source: {kind: ConfigMap, name: a0, fieldPath: data.k}\n  targets:\n"
        "  - select: {kind: ConfigMap}\n    fieldPaths: [data.x]\n    options: {create: true}\n"
        f"    reject:\n{lines}"
    )
    return with_objects(root, objects(n))


def replacements_of_elements(n: int) -> Tree:
    """n replacements into an element each of a list of n."""
    path = "spec.template.spec.containers.[name=c#].image"
    entry = "source: {kind: ConfigMap, name: a#, fieldPath: data.k}\n  targets: [{select: {kind: Deployment}, "
    tree = entries("replacements", n, f"{entry}fieldPaths: ['{path}']}}]")
    return {**tree, "objects": f"{objects(n)}---\n{containers(n)}"}


def replacements_into_json(n: int) -> Tree:
    """n replacements into as many fields of a JSON text."""
    text = ", ".join(f'"k{i}": "v"' for i in range(n))
    held = config_map("t").replace("{k: v}", "{j: '{" + text + "}'}")
    entry = "source: {kind: ConfigMap, name: a#, fieldPath: data.k}\n  targets: [{select: {name: t}, "
    tree = entries("replacements", n, f"{entry}fieldPaths: ['data.j.k#']}}]")
    return {**tree, "objects": f"{objects(n)}---\n{held}"}


REPLACEMENT = (
    "source: {kind: ConfigMap, name: a#, fieldPath: data.k}\n"
    "  targets: [{select: {%s}, fieldPaths: [metadata.annotations.x], options: {create: true}}]"
)

SHAPES: dict[str, Callable[[int], Tree]] = {
    "patches_by_name": lambda n: entries("patches", n, "patch: '" + config_map("a#").replace("\n", "\n\n    ") + "'"),
    "patches_by_target": lambda n: entries("patches", n, f"{{target: {{name: a#}}, patch: '{ADD}'}}"),
    "patches_by_expression": lambda n: entries("patches", n, f"{{target: {{name: 'a#[xyz]?'}}, patch: '{ADD}'}}"),
    "patches_by_kind_and_name": lambda n: entries(
        "patches", n, f"{{target: {{kind: 'Config.*', name: 'a#'}}, patch: '{ADD}'}}"
    ),
    "patches_by_label": lambda n: entries(
        "patches", n, f"{{target: {{labelSelector: 'app=a#'}}, patch: '{ADD}'}}", labelled
    ),
    "patches_by_labels_that_nothing_has": lambda n: entries(
        "patches", n, f"{{target: {{kind: ConfigMap, labelSelector: '!app,x=y'}}, patch: '{ADD}'}}", labelled
    ),
    "patches_that_delete": lambda n: entries(
        "patches", n, "patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a#}, $patch: delete}'"
    ),
    "replacements": lambda n: entries("replacements", n, REPLACEMENT % "name: a#"),
    "replacements_by_expression": lambda n: entries("replacements", n, REPLACEMENT % "name: 'a#x?'"),
    "images": lambda n: entries("images", n, "{name: r.example/a#, newTag: '2'}", deployment),
    "images_by_expression": lambda n: entries("images", n, "{name: 'r.example/a#x?', newTag: '2'}", deployment),
    "images_of_one_object": image_list,
    "replicas": lambda n: entries("replicas", n, "{name: a#, count: 2}", deployment),
    "vars": lambda n: entries("vars", n, "{name: V#, objref: {apiVersion: v1, kind: ConfigMap, name: a#}}"),
    "generators_that_are_named": lambda n: entries("configMapGenerator", n, "{name: ca#, literals: [a=b]}", deployment),
    "generators_that_merge": merged_generators,
    "generators_of_one_object": lambda n: entries(
        "configMapGenerator", n, "{name: a0, behavior: merge, literals: [k#=y]}"
    ),
    "components_with_labels": lambda n: components(n, "labels: [{pairs: {a: b}}]\n"),
    "components_with_namespaces": lambda n: components(n, "namespace: z\n"),
    "components_with_patches": lambda n: components(
        n, f"patches:\n- target: {{kind: ConfigMap, name: a#}}\n  patch: '{ADD}'\n"
    ),
    "components_that_rename": lambda n: components(
        n,
        "patches:\n- target: {kind: ConfigMap, name: a#}\n  options: {allowNameChange: true}\n"
        "  patch: '- {op: replace, path: /metadata/name, value: z#}'\n",
    ),
    "bases_with_the_same_names": bases,
    "chain_of_overlays": chain,
    "chain_with_labels": lambda n: chain_of(n, "labels: [{pairs: {l#: v}}]"),
    "chain_with_annotations": lambda n: chain_of(n, "commonAnnotations: {l#: v}"),
    "chain_with_namespaces": lambda n: chain_of(n, "namespace: n#"),
    "chain_with_patches": lambda n: chain_of(n, f"patches: [{{target: {{name: a#}}, patch: '{ADD}'}}]"),
    "chain_that_does_nothing": lambda n: chain_of(n, ""),
    "chain_that_adds": chain_that_adds,
    "chain_of_components": chain_of_components,
    "fan_in": fan_in,
    "annotations": lambda n: with_objects(
        "commonAnnotations:\n" + "".join(f"  a{i}: v\n" for i in range(n)), objects(n // 50)
    ),
    "labels": lambda n: {**entries("labels", n, "pairs: {l#: v}"), "objects": objects(20)},
    "labels_of_selectors": lambda n: {
        **entries("labels", n // 10, "{pairs: {l#: v}, includeSelectors: true}"),
        "objects": objects(n // 10, deployment),
    },
    "patches_of_one_object": patches_of_one_object,
    "patches_of_one_element": patches_of_one_element,
    "patches_with_operations": lambda n: entries(
        "patches", n, "{target: {name: a#}, patch: '[" + ", ".join([ADD[1:-1]] * 5) + "]'}"
    ),
    "sources_of_one_object": sources_of_one_object,
    "copies_within_one_object": copies_within_one_object,
    "references_to_one": references_to_one,
    "name_references": name_references,
    "deep_values": deep_value,
    "long_texts": lambda n: with_objects("namePrefix: x\n", objects(n).replace("k: v", f"k: {'v ' * 1000}")),
    "documents": lambda n: with_objects("namePrefix: x\nnamespace: z\ncommonLabels: {a: b}\n", objects(5 * n)),
    "operations_on_one_list": operations,
    "components_with_images": image_components,
    "transformers_of_images": image_transformers,
    "patches_of_elements": lambda n: patches_of(n, variables(n), "name: c, env: [{name: E#, value: y}]"),
    "patches_of_containers": lambda n: patches_of(n, containers(n), "name: c#, env: [{name: E#, value: y}]"),
    "patches_of_ports": patches_of_ports,
    "patches_that_delete_elements": lambda n: patches_of(
        n, variables(n + 1), "name: c, env: [{name: E#, $patch: delete}]"
    ),
    "operations_that_move": lambda n: operations_of(n, "{op: move, from: /spec/l/0, path: /spec/l/-}"),
    "operations_that_copy": lambda n: operations_of(n, "{op: copy, from: /spec/l/0, path: /spec/l/-}"),
    "rejects_by_name": lambda n: rejects(n, "{name: a#}"),
    "rejects_by_expression": lambda n: rejects(n, "{name: 'a#x?'}"),
    "replacements_of_elements": replacements_of_elements,
    "replacements_into_json": replacements_into_json,
    "labels_with_fields": lambda n: {
        **entries("labels", n // 10, "{pairs: {l#: v}, fields: [{path: spec/x, create: true}]}"),
        "objects": objects(n // 10, deployment),
    },
    "findings": lambda n: entries("patches", n, f"{{target: {{name: none#}}, patch: '{ADD}'}}"),
}
