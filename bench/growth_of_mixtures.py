"""Shapes for `growth.py` in which several kinds of work meet: generators over overlays, patches of what was generated,
references across namespaces, definitions of merge keys, lists of subjects, edits of long files.
"""

import json
from collections.abc import Callable

from growth_of_builds import COMPONENT, KUSTOMIZATION, Tree, config_map, deployment, objects, with_objects
from growth_of_commands import Work, check, each, one


def generators_over_overlays(n: int) -> Tree:
    """A chain of overlays, each of which merges into twenty generated ConfigMaps."""
    levels = max(n // 20, 1)
    tree = {}
    for level in range(levels):
        behavior = "merge" if level else "create"
        entries = "".join(
            f"- {{name: g{i}, behavior: {behavior}, literals: [k{level}=v, last={level}]}}\n" for i in range(20)
        )
        below = f"resources: [../l{level - 1}]\n" if level else ""
        tree[f"l{level}/kustomization"] = f"{KUSTOMIZATION}{below}configMapGenerator:\n{entries}"
    return {**tree, "kustomization": f"{KUSTOMIZATION}resources: [l{levels - 1}]\n"}


def components_that_generate(n: int) -> Tree:
    """n components that merge into one generated ConfigMap."""
    body = f"{COMPONENT}configMapGenerator: [{{name: g, behavior: merge, literals: [k#=v]}}]\n"
    made = {f"c{i}/kustomization": body.replace("#", str(i)) for i in range(n)}
    listed = ", ".join(f"c{i}" for i in range(n))
    root = f"{KUSTOMIZATION}configMapGenerator: [{{name: g, literals: [a=b]}}]\ncomponents: [{listed}]\n"
    return {"kustomization": root, **made}


def components_that_generate_and_label(n: int) -> Tree:
    """n components that merge into one generated ConfigMap and put a label on it."""
    tree = components_that_generate(n)
    labels = "labels: [{pairs: {l: v}}]\n"
    return {path: text + (labels if path.startswith("c") else "") for path, text in tree.items()}


def components_that_patch(n: int) -> Tree:
    """n components, each with a patch of an object of its own."""
    body = (
        f"{COMPONENT}patches:\n- target: {{kind: ConfigMap, name: a#}}\n"
        '  patch: \'[{"op": "add", "path": "/data/z", "value": "z"}]\'\n'
    )
    made = {f"c{i}/kustomization": body.replace("#", str(i)) for i in range(n)}
    return {**with_objects(f"components: [{', '.join(f'c{i}' for i in range(n))}]\n", objects(n)), **made}


def untyped_values_of_one_mapping(n: int) -> Tree:
    """n replacements, each of which makes a field of one ConfigMap that looks like a number."""
    entries = "".join(
        f"- source: {{kind: ConfigMap, name: a{i}, fieldPath: data.k}}\n"
        f"  targets: [{{select: {{name: b}}, fieldPaths: [data.f{i}], options: {{create: true}}}}]\n"
        for i in range(n)
    )
    numbers = objects(n).replace("k: v", 'k: "5"')
    return with_objects(f"replacements:\n{entries}", f"{numbers}---\n{config_map('b')}")


def parts_of_one_text(n: int) -> Tree:
    """n replacements, each of which takes another part of one text."""
    entries = "".join(
        f"- source: {{kind: ConfigMap, name: a, fieldPath: data.k, options: {{delimiter: '.', index: {i}}}}}\n"
        f"  targets: [{{select: {{name: b}}, fieldPaths: [data.f{i}], options: {{create: true}}}}]\n"
        for i in range(n)
    )
    text = config_map("a").replace("k: v", f"k: {'.'.join(f'v{i}' for i in range(n))}")
    return with_objects(f"replacements:\n{entries}", f"{text}---\n{config_map('b')}")


def digests_of_containers(n: int) -> Tree:
    """n images with a digest, each of a container of one Deployment."""
    entries = "".join(f"- {{name: r/i{i}, newName: q/i{i}, digest: 'sha256:{i:064x}'}}\n" for i in range(n))
    containers = ", ".join(f"{{name: c{i}, image: 'r/i{i}:1'}}" for i in range(n))
    return with_objects(f"images:\n{entries}", deployment("a", containers))


def paths_of_one_replacement(n: int) -> Tree:
    """A replacement into n fields that it creates."""
    paths = ", ".join(f"data.f{i}" for i in range(n))
    entry = (
        "replacements:\n- source: {kind: ConfigMap, name: a0, fieldPath: data.k}\n"
        f"  targets: [{{select: {{name: a1}}, fieldPaths: [{paths}], options: {{create: true}}}}]\n"
    )
    return with_objects(entry, objects(2))


def documents_of_one_patch(n: int) -> Tree:
    """A file with n strategic merge patches of n objects."""
    patch = "---\n".join(config_map(f"a{i}").replace("k: v", "z: z") for i in range(n))
    return {**with_objects("patches: [{path: patch.yaml}]\n", objects(n)), "patch": patch}


def fields_of_one_label(n: int) -> Tree:
    """Labels with n fields of their own."""
    fields = ", ".join(f"{{path: spec/f{i}/labels, kind: ConfigMap, create: true}}" for i in range(n // 5))
    return with_objects(f"labels: [{{pairs: {{l: v}}, fields: [{fields}]}}]\n", objects(5))


def account(name: str) -> str:
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: x}}\n"


def subjects(n: int) -> Tree:
    """A RoleBinding of n ServiceAccounts, which get another namespace and a prefix."""
    named = ", ".join(f"{{kind: ServiceAccount, name: a{i}, namespace: x}}" for i in range(n))
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: x}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}}\nsubjects: [{named}]\n"
    )
    return with_objects("namespace: z\nnamePrefix: p-\n", f"{objects(n, account)}---\n{binding}")


def merge_keys(n: int) -> Tree:
    """n kinds whose lists are merged by a key, as a schema of the kustomization says."""
    definitions = {
        f"v1.Thing{i}": {
            "properties": {
                "list": {
                    "type": "array",
                    "items": {"type": "object"},
                    "x-kubernetes-patch-merge-key": "name",
                    "x-kubernetes-patch-strategy": "merge",
                }
            },
            "x-kubernetes-group-version-kind": [{"group": "x.io", "kind": f"Thing{i}", "version": "v1"}],
        }
        for i in range(n)
    }
    thing = "apiVersion: x.io/v1\nkind: Thing#\nmetadata: {name: a}\nlist: [{name: x, v: 1}]\n"
    patch = each(n, thing.replace("v: 1", "w: 2"))
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\nopenapi: {{path: schema.json}}\n"
        "patches: [{path: patch.yaml}]\n",
        "objects": each(n, thing),
        "patch": patch,
        "schema.json": json.dumps({"definitions": definitions}),
    }


def bases_in_namespaces(n: int) -> Tree:
    """n bases of one shape, each in a namespace of its own."""
    tree = {"kustomization": f"{KUSTOMIZATION}resources: [{', '.join(f'b{i}' for i in range(n // 2))}]\n"}
    for i in range(n // 2):
        tree[f"b{i}/kustomization"] = f"{KUSTOMIZATION}resources: [objects.yaml]\nnamespace: n{i}\n"
        tree[f"b{i}/objects"] = f"{config_map('ca')}---\n{deployment('a')}"
    return tree


def patches_of_generated(n: int) -> Tree:
    """n generated ConfigMaps, each with a patch, and with a Deployment that names it."""
    made = "".join(f"- {{name: ca{i}, literals: [a=b]}}\n" for i in range(n))
    patch = "---\n".join(config_map(f"ca{i}").replace("k: v", "z: z") for i in range(n))
    tree = with_objects(f"configMapGenerator:\n{made}patches: [{{path: patch.yaml}}]\n", objects(n, deployment))
    return {**tree, "patch": patch}


def kinds_of_references(n: int) -> Tree:
    """n kinds with a field of their own that names a ConfigMap."""
    fields = "".join(f"  - {{kind: Thing{i}, path: spec/map}}\n" for i in range(n))
    thing = "apiVersion: x.io/v1\nkind: Thing#\nmetadata: {name: t}\nspec: {map: a#}\n"
    return {
        "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\nnamePrefix: p-\nconfigurations: [c.yaml]\n",
        "objects": f"{objects(n)}---\n{each(n, thing)}",
        "c": f"nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs:\n{fields}",
    }


def files_of_one_secret(n: int) -> Tree:
    """A Secret of n files, which a Deployment mounts."""
    listed = ", ".join(f"f{i}.txt" for i in range(n))
    tree = {"kustomization": f"{KUSTOMIZATION}secretGenerator: [{{name: s, files: [{listed}]}}]\n"}
    return {**tree, **{f"f{i}.txt": f"content {i}\n" for i in range(n)}}


def order_of_kinds(n: int) -> Tree:
    """n objects of n kinds that are sorted by kind."""
    thing = "apiVersion: x#.io/v1\nkind: Thing#\nmetadata: {name: t}\n"
    return with_objects("sortOptions: {order: legacy}\n", each(n, thing))


BUILDS: dict[str, Callable[[int], Tree]] = {
    "generators_over_overlays": generators_over_overlays,
    "components_that_generate": components_that_generate,
    "components_that_generate_and_label": components_that_generate_and_label,
    "components_that_patch": components_that_patch,
    "untyped_values_of_one_mapping": untyped_values_of_one_mapping,
    "parts_of_one_text": parts_of_one_text,
    "digests_of_containers": digests_of_containers,
    "paths_of_one_replacement": paths_of_one_replacement,
    "documents_of_one_patch": documents_of_one_patch,
    "fields_of_one_label": fields_of_one_label,
    "subjects": subjects,
    "merge_keys": merge_keys,
    "bases_in_namespaces": bases_in_namespaces,
    "patches_of_generated": patches_of_generated,
    "kinds_of_references": kinds_of_references,
    "files_of_one_secret": files_of_one_secret,
    "order_of_kinds": order_of_kinds,
}

# --- other commands ---------------------------------------------------------------------------------------------------


def baseline(n: int) -> Work:
    """A baseline of n findings that are no more, beside n that are new."""
    entries = [
        {"code": "PS401", "target": ".", "object": f"v1/ConfigMap/a{i}", "fingerprint": f"{i:040x}"} for i in range(n)
    ]
    known = json.dumps({"apiVersion": "penstock.dev/v1", "kind": "Baseline", "findings": entries})
    return Work("check --no-cache", {**one(objects(n)), "penstock-baseline.json": known}, most=2)


def scattered(n: int) -> Work:
    """n objects of one file that move to n files."""
    resources = ", ".join(f"a{i}.yaml" for i in range(n))
    after = {"kustomization": f"{KUSTOMIZATION}resources: [{resources}]\n"}
    after |= {f"a{i}": config_map(f"a{i}") for i in range(n)}
    return Work("diff --base HEAD~1 --no-cache", {**after, "objects": "# empty\n"}, one(objects(n)), most=1)


SHAPES: dict[str, Callable[[int], Work]] = {
    "check_old_baseline": baseline,
    "diff_scattered_objects": scattered,
    "explain_line_of_many_objects": lambda n: Work(
        f"explain objects.yaml:{4 * n}", one(objects(n, deployment)), most=2
    ),
    "edit_add_resource": lambda n: Work(
        "edit add resource new.yaml",
        {**one(objects(2)), "new": "a: b\n", "kustomization": f"{KUSTOMIZATION}resources:\n{each_resource(n)}"},
    ),
    "edit_set_image": lambda n: Work(
        "edit set image r.example/new=x:2",
        {"kustomization": f"{KUSTOMIZATION}images:\n" + "".join(f"- {{name: i{i}, newTag: '1'}}\n" for i in range(n))},
    ),
    "check_subjects": lambda n: check(subjects(n)),
}


def each_resource(n: int) -> str:
    return "".join(f"- r{i}.yaml\n" for i in range(n))
