"""Shapes of one target for `growth.py`: values, documents and findings that grow with n in one respect each."""

# ruff: noqa: E501  # a shape is one expression, and breaking its texts hides what grows

from collections.abc import Callable

from growth_of_builds import KUSTOMIZATION, Tree, config_map, deployment, entries, objects, with_objects
from growth_of_commands import DEFINITION, Work, check, each, one, suppressions, wrong

SCHEMA = f"""\
{DEFINITION.partition("          spec:")[0].replace("#", "")}          spec: SPEC
---
apiVersion: x.example.com/v1
kind: Thing
metadata: {{name: a}}
spec: {{VALUE}}
"""


def custom(spec: str, value: str, more: str = "") -> Work:
    """A custom resource definition, and an object of its kind."""
    return check(one(SCHEMA.replace("SPEC", spec).replace("VALUE", value) + more))


def rules_of_list(n: int) -> Work:
    """A list of n elements, each of which a rule is about."""
    items = "{type: object, properties: {a: {type: integer}}, x-kubernetes-validations: [{rule: self.a >= 0}]}"
    spec = f"{{type: object, properties: {{l: {{type: array, maxItems: 5000, items: {items}}}}}}}"
    return custom(spec, f"l: [{', '.join(f'{{a: {i}}}' for i in range(n))}]")


def rule_over_list(n: int, rule: str) -> Work:
    spec = (
        "{type: object, properties: {l: {type: array, maxItems: 5000, items: {type: string, maxLength: 10}}}, "
        f'x-kubernetes-validations: [{{rule: "{rule}"}}]}}'
    )
    return custom(spec, f"l: [{', '.join(f'x{i}' for i in range(n))}]")


def big_schema(n: int) -> Work:
    fields = ", ".join(f"f{i}: {{type: string, maxLength: 5}}" for i in range(n))
    return custom(f"{{type: object, properties: {{{fields}}}}}", ", ".join(f"f{i}: v" for i in range(n)))


def list_map(n: int, value: str) -> Work:
    """A list whose elements are told apart by a key."""
    item = "{type: object, required: [name], properties: {name: {type: string}}}"
    spec = f"{{type: object, properties: {{l: {{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {item}}}}}}}"
    return custom(spec, f"l: [{', '.join(f'{{name: {value}}}'.replace('#', str(i)) for i in range(n))}]")


def unknown_fields(n: int) -> Work:
    spec = f"{{type: object, properties: {{{', '.join(f'field{i}: {{type: string}}' for i in range(n))}}}}}"
    return custom(spec, ", ".join(f"feild{i}: v" for i in range(n)))


def anchors(n: int) -> Tree:
    lines = "".join(f"  k{i}: *a\n" for i in range(n))
    return with_objects("", f"apiVersion: x/v1\nkind: A\nmetadata: {{name: a}}\nspec:\n  k: &a {{b: c}}\n{lines}")


def anchors_each(n: int) -> Tree:
    lines = "".join(f"  a{i}: &a{i} {{b: c}}\n  b{i}: *a{i}\n" for i in range(n))
    return with_objects("", f"apiVersion: x/v1\nkind: A\nmetadata: {{name: a}}\nspec:\n{lines}")


def merges(n: int) -> Tree:
    lines = "".join(f"  k{i}: {{<<: *a, d: e}}\n" for i in range(n))
    return with_objects("", f"apiVersion: x/v1\nkind: A\nmetadata: {{name: a}}\nspec:\n  k: &a {{b: c}}\n{lines}")


def generated(n: int, entry: str, **more: str) -> Tree:
    lines = "".join(f"  - {entry}\n".replace("#", str(i)) for i in range(n))
    return {
        "kustomization": f"{KUSTOMIZATION}generatorOptions: {{disableNameSuffixHash: true}}\nconfigMapGenerator:\n- name: a\n  literals:\n{lines}",
        **more,
    }


def generated_from_files(n: int) -> Tree:
    lines = "".join(f"  - f{i}.txt\n" for i in range(n))
    return {
        "kustomization": f"{KUSTOMIZATION}configMapGenerator:\n- name: a\n  files:\n{lines}",
        **{f"f{i}.txt": "x\n" for i in range(n)},
    }


def custom_list(n: int, item: str) -> str:
    return f"apiVersion: x/v1\nkind: A\nmetadata: {{name: a}}\nspec: {{l: [{', '.join(item.replace('#', str(i)) for i in range(n))}]}}\n"


def chain_of(n: int, root: str, text: str = "", make: Callable[[str], str] = config_map) -> Tree:
    """n/10 overlays over one another with a field each, over n/10 objects."""
    depth = n // 10
    tree = {"kustomization": f"{KUSTOMIZATION}resources: [l{depth}]\n", "l0/objects": objects(depth, make)}
    tree["l0/kustomization"] = f"{KUSTOMIZATION}resources: [objects.yaml]\n"
    for i in range(1, depth + 1):
        tree[f"l{i}/kustomization"] = KUSTOMIZATION + root.replace("BASE", f"../l{i - 1}").replace("#", str(i))
        if text:
            tree[f"l{i}/o"] = text.replace("#", str(i))
    return tree


def built(tree: Tree) -> Work:
    return Work("build --no-cache .", tree)


REPLACED = """\
resources: [BASE]
replacements:
- source: {kind: ConfigMap, name: a0, fieldPath: data.k}
  targets: [{select: {name: a1}, fieldPaths: [data.x#], options: {create: true}}]
"""

SHAPES: dict[str, Callable[[int], Work]] = {
    "check_rules_of_list": rules_of_list,
    "check_rule_over_list": lambda n: rule_over_list(n, "self.l.all(e, e.startsWith('x'))"),
    "check_rule_of_unique": lambda n: rule_over_list(n // 10, "self.l.all(e, self.l.exists_one(f, f == e))"),
    "check_rule_of_map": lambda n: rule_over_list(n, "self.l.map(e, e + 'y').size() > 0"),
    "check_big_schema": big_schema,
    "check_unknown_fields": unknown_fields,
    "check_list_map": lambda n: list_map(n, "x#"),
    "check_list_map_of_same": lambda n: list_map(n, "x"),
    "check_set": lambda n: custom(
        "{type: object, properties: {l: {type: array, x-kubernetes-list-type: set, items: {type: string}}}}",
        f"l: [{', '.join(f'x{i}' for i in range(n))}]",
    ),
    "check_enum": lambda n: custom(
        f"{{type: object, properties: {{l: {{type: array, items: {{type: string, enum: [{', '.join(f'x{i}' for i in range(n // 2))}]}}}}}}}}",
        f"l: [{', '.join(f'x{i}' for i in range(n // 2))}]",
    ),
    "check_wrong_enum": lambda n: custom(
        f"{{type: object, properties: {{l: {{type: array, items: {{type: string, enum: [{', '.join(f'x{i}' for i in range(n // 2))}]}}}}}}}}",
        f"l: [{', '.join(f'y{i}' for i in range(n // 2))}]",
    ),
    "check_definition_versions": lambda n: check(
        one(
            each(n // 5, DEFINITION)
            + each(n, "apiVersion: x1.example.com/v1\nkind: Thing1\nmetadata: {name: b#}\nspec: {b: 0}\n")
        )
    ),
    "check_anchors": lambda n: check(anchors(n)),
    "check_one_line": lambda n: check(one(config_map("a").replace("k: v", ", ".join(f"k{i}: [a]" for i in range(n))))),
    "check_as_json": lambda n: Work("check --no-cache -o json", one(wrong(n)), most=1),
    "check_as_sarif": lambda n: Work("check --no-cache -o sarif", one(wrong(n)), most=1),
    "check_as_junit": lambda n: Work("check --no-cache -o junit", one(wrong(n)), most=1),
    "check_as_gitlab": lambda n: Work("check --no-cache -o gitlab", one(wrong(n)), most=1),
    "check_as_grouped": lambda n: Work("check --no-cache -o grouped", one(wrong(n)), most=1),
    "check_as_markdown": lambda n: Work("check --no-cache -o markdown", one(wrong(n)), most=1),
    "check_all_findings": lambda n: Work("check --no-cache --all", one(wrong(n)), most=1),
    "check_write_baseline": lambda n: Work("check --no-cache --write-baseline", one(wrong(n)), most=1),
    "check_unused_suppressions": lambda n: check({**one(objects(n)), "penstock": suppressions(n)}),
    "check_annotations": lambda n: check(
        one(wrong(n).replace("metadata: {name:", "metadata: {annotations: {penstock.dev/ignore: 'PS401 ours'}, name:"))
    ),
    "check_files": lambda n: Work(
        "check --no-cache " + " ".join(f"o{i}.yaml" for i in range(n)),
        {f"o{i}": config_map(f"a{i}") for i in range(n)},
        most=1,
    ),
    "check_broken_files": lambda n: Work(
        "check --no-cache .",
        {
            "kustomization": f"{KUSTOMIZATION}resources: [{', '.join(f'o{i}.yaml' for i in range(n))}]\n",
            **{f"o{i}": "a: [\n" for i in range(n)},
        },
        most=3,
    ),
    "check_duplicate_keys": lambda n: Work(
        "check --no-cache .", one(config_map("a").replace("k: v", ", ".join("k: v" for _ in range(n)))), most=3
    ),
    "check_same_objects": lambda n: Work("check --no-cache .", one(each(n, config_map("a"))), most=3),
    "check_missing_files": lambda n: Work(
        "check --no-cache .",
        {"kustomization": f"{KUSTOMIZATION}resources: [{', '.join(f'o{i}.yaml' for i in range(n))}]\n"},
        most=3,
    ),
    "check_unknown_kustomization_fields": lambda n: Work(
        "check --no-cache .",
        {"kustomization": KUSTOMIZATION + "".join(f"resuorces{i}: []\n" for i in range(n))},
        most=3,
    ),
    "check_ingresses": lambda n: check(
        one(
            each(
                n,
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a#}\nspec: {rules: [{host: a#.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s#, port: {number: 80}}}}]}}]}\n"
                "---\napiVersion: v1\nkind: Service\nmetadata: {name: s#}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n",
            )
        )
    ),
    "check_volumes_of_one_pod": lambda n: check(
        one(
            deployment(
                "a",
                "{name: c, image: x, volumeMounts: ["
                + ", ".join(f"{{name: v{i}, mountPath: /v{i}}}" for i in range(n))
                + "]}",
            ).replace(
                "spec: {containers",
                "spec: {volumes: ["
                + ", ".join(f"{{name: v{i}, configMap: {{name: c{i}}}}}" for i in range(n))
                + "], containers",
            )
        )
    ),
    "check_env_of_one_container": lambda n: check(
        one(
            deployment(
                "a",
                "{name: c, image: x, env: ["
                + ", ".join(f"{{name: E{i}, value: '$(E{max(0, i - 1)})'}}" for i in range(n))
                + "]}",
            )
        )
    ),
    "check_ports_of_one_service": lambda n: check(
        one(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}, ports: ["
            + ", ".join(f"{{name: p{i}, port: {i + 1}}}" for i in range(n))
            + "]}\n"
        )
    ),
    "check_rules_of_one_role": lambda n: check(
        one(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: ["
            + ", ".join(
                f"{{apiGroups: [''], resources: [configmaps], resourceNames: [a{i}], verbs: [get]}}" for i in range(n)
            )
            + "]\n"
        )
    ),
    "check_long_text": lambda n: check(one(config_map("a").replace("k: v", f"k: '{'x' * 500 * n}'"))),
    "check_quota_of_namespaces": lambda n: check(
        one(
            each(
                n, "apiVersion: v1\nkind: Namespace\nmetadata: {name: n#}\n---\n" + config_map("a#", ", namespace: n#")
            )
        )
    ),
    "check_pod_security": lambda n: check(
        one(
            each(
                n,
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: n#, labels: {pod-security.kubernetes.io/enforce: restricted}}\n---\n"
                + deployment("a#", "{name: c, image: x}").replace(
                    "{name: a#}\nspec", "{name: a#, namespace: n#}\nspec"
                ),
            )
        )
    ),
    "check_webhooks": lambda n: check(
        one(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\nwebhooks:\n"
            + "".join(
                f"- {{name: w{i}.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {{url: 'https://x.example.com'}}, rules: [{{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}}]}}\n"
                for i in range(n)
            )
        )
    ),
    "graph_many_edges": lambda n: Work(
        "graph",
        one(
            "---\n".join(config_map(f"c{i}") for i in range(100))
            + "---\n"
            + objects(
                n // 10,
                lambda name: deployment(
                    name,
                    "{name: a, image: x, envFrom: ["
                    + ", ".join(f"{{configMapRef: {{name: c{i}}}}}" for i in range(100))
                    + "]}",
                ),
            )
        ),
    ),
    "graph_as_dot": lambda n: Work("graph --format dot", one(objects(n, deployment)), most=3),
    "graph_as_mermaid": lambda n: Work("graph --format mermaid", one(objects(n, deployment)), most=3),
    "graph_as_json": lambda n: Work("graph --format json", one(objects(n, deployment)), most=3),
    "explain_patched_fields": lambda n: Work(
        "explain . ConfigMap/a",
        {
            **entries(
                "patches",
                n,
                '{target: {kind: ConfigMap}, patch: \'[{"op": "add", "path": "/data/z#", "value": "z"}]\'}',
            ),
            "objects": config_map("a"),
        },
    ),
    "explain_labels": lambda n: Work(
        "explain . ConfigMap/a0", {**entries("labels", n, "pairs: {l#: v}"), "objects": objects(20)}
    ),
    "explain_generated": lambda n: Work("explain . ConfigMap/a", generated(n, "k#=v")),
    "explain_list": lambda n: Work("explain . A/a", with_objects("", custom_list(n, "{a: b#}"))),
    "explain_overwritten": lambda n: Work(
        "explain . ConfigMap/a data.k",
        {
            **entries(
                "patches",
                n,
                '{target: {kind: ConfigMap}, patch: \'[{"op": "replace", "path": "/data/k", "value": "z#"}]\'}',
            ),
            "objects": config_map("a"),
        },
    ),
    "explain_file_line": lambda n: Work(
        "explain kustomization.yaml:5", {**entries("labels", 1, "pairs: {l#: v}"), "objects": objects(n)}
    ),
    "health_of_many_conditions": lambda n: Work(
        "health objects.yaml",
        {
            "objects": each(
                n,
                "apiVersion: example.com/v1\nkind: A\nmetadata: {name: a#}\nstatus: {conditions: [{type: Ready, status: 'False', reason: x, message: y}]}\n",
            )
        },
        most=1,
    ),
    "edit_set_images": lambda n: Work(
        "edit set image " + " ".join(f"r.example/a{i}=x:2" for i in range(n // 5)),
        entries("images", n // 5, "{name: r.example/a#, newTag: '1'}", deployment),
    ),
    "edit_add_resources": lambda n: Work(
        "edit add resource " + " ".join(f"o{i}.yaml" for i in range(n // 2)),
        {
            "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\n",
            "objects": config_map("a"),
            **{f"o{i}": config_map(f"a{i}") for i in range(n // 2)},
        },
    ),
    "edit_in_long_file": lambda n: Work(
        "edit set label a:b",
        entries("patches", n, '{target: {name: a#}, patch: \'[{"op": "add", "path": "/data/z", "value": "z"}]\'}'),
    ),
    "edit_fix": lambda n: Work(
        "edit fix",
        entries(
            "patchesJson6902",
            n,
            '{target: {version: v1, kind: ConfigMap, name: a#}, patch: \'[{"op": "add", "path": "/data/z", "value": "z"}]\'}',
        ),
    ),
    "edit_add_labels": lambda n: Work(
        "edit add label " + " ".join(f"l{i}:v" for i in range(n)), with_objects("", config_map("a"))
    ),
    "build_anchors": lambda n: built(anchors(n)),
    "build_anchors_each": lambda n: built(anchors_each(n)),
    "build_merge_keys": lambda n: built(merges(n)),
    "build_wide_mapping": lambda n: built(
        with_objects(
            "commonLabels: {a: b}\n", config_map("a").replace("k: v", ", ".join(f"k{i}: v" for i in range(5 * n)))
        )
    ),
    "build_long_list": lambda n: built(with_objects("namePrefix: x\n", custom_list(5 * n, "x#"))),
    "build_deep_lists": lambda n: built(with_objects("namePrefix: x\n", custom_list(n, "{a: [{b: [c, {d: e#}]}]}"))),
    "build_literals": lambda n: built(generated(5 * n, "k#=v")),
    "build_generated_from_files": lambda n: built(generated_from_files(n)),
    "build_long_lines": lambda n: built(
        with_objects("namePrefix: x\n", config_map("a").replace("k: v", f"k: '{'word ' * 200 * n}'"))
    ),
    "build_long_block": lambda n: built(
        with_objects(
            "namePrefix: x\n", config_map("a").replace("{k: v}", "\n  k: |\n" + "    a line of text\n" * 20 * n)
        )
    ),
    "build_escapes": lambda n: built(
        with_objects("namePrefix: x\n", config_map("a").replace("k: v", 'k: "' + "\\u00e9\\t\\n" * 20 * n + '"'))
    ),
    "build_comments": lambda n: built(with_objects("namePrefix: x\n", config_map("a") + "# a comment\n" * 20 * n)),
    "build_list_object": lambda n: built(
        with_objects(
            "namePrefix: x\n",
            "apiVersion: v1\nkind: List\nitems:\n"
            + "".join(
                f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a{i}}}, data: {{k: v}}}}\n" for i in range(n)
            ),
        )
    ),
    "build_secrets": lambda n: built(
        {
            "kustomization": KUSTOMIZATION
            + "secretGenerator:\n"
            + "".join(f"- {{name: s{i}, literals: [a=b]}}\n" for i in range(n))
        }
    ),
    "build_references_to_secrets": lambda n: built(
        {
            **with_objects(
                "",
                objects(
                    n,
                    lambda name: deployment(
                        name,
                        f"{{name: c, image: x, env: [{{name: A, valueFrom: {{secretKeyRef: {{name: s{name}, key: a}}}}}}]}}",
                    ),
                ),
            ),
            "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\nsecretGenerator:\n"
            + "".join(f"- {{name: sa{i}, literals: [a=b]}}\n" for i in range(n)),
        }
    ),
    "build_patches_with_files": lambda n: built(
        {
            **with_objects("", objects(n)),
            "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\npatches:\n"
            + "".join(f"- path: p{i}.yaml\n" for i in range(n)),
            **{f"p{i}": config_map(f"a{i}").replace("k: v", "z: z") for i in range(n)},
        }
    ),
    "build_patch_of_all_by_kind": lambda n: built(
        with_objects(
            "patches: [{target: {kind: ConfigMap}, patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {z: z}}'}]\n",
            objects(5 * n),
        )
    ),
    "build_many_patches_of_all": lambda n: built(
        {
            **entries(
                "patches",
                n // 20,
                '{target: {kind: ConfigMap}, patch: \'[{"op": "add", "path": "/data/z#", "value": "z"}]\'}',
            ),
            "objects": objects(20),
        }
    ),
    "build_documents_in_patch": lambda n: built(
        {
            **with_objects("patches: [{path: p.yaml}]\n", objects(n)),
            "p": "---\n".join(config_map(f"a{i}").replace("k: v", "z: z") for i in range(n)),
        }
    ),
    "build_strategic_merges": lambda n: built(
        {
            **with_objects("patchesStrategicMerge: [p.yaml]\n", objects(n)),
            "p": "---\n".join(config_map(f"a{i}").replace("k: v", "z: z") for i in range(n)),
        }
    ),
    "build_legacy_order": lambda n: built(with_objects("sortOptions: {order: legacy}\n", objects(2 * n))),
    "build_origins": lambda n: built(
        with_objects(
            "buildMetadata: [originAnnotations, transformerAnnotations]\nnamePrefix: x\nlabels: [{pairs: {a: b}}]\n",
            objects(n),
        )
    ),
    "build_replacements_with_delimiters": lambda n: built(
        {
            **entries(
                "replacements",
                n // 2,
                "source: {kind: ConfigMap, name: a#, fieldPath: data.k}\n  targets: [{select: {name: t}, fieldPaths: [data.j], options: {delimiter: ',', index: #}}]",
            ),
            "objects": objects(n // 2)
            + "---\n"
            + config_map("t").replace("{k: v}", "{j: '" + ",".join("v" * (n // 2)) + "'}"),
        }
    ),
    "build_replacements_of_all_elements": lambda n: built(
        with_objects(
            "replacements:\n- source: {kind: ConfigMap, name: a0, fieldPath: data.k}\n  targets: [{select: {kind: A}, fieldPaths: ['spec.l.*.a']}]\n",
            objects(2) + "---\n" + custom_list(n, "{a: b#}"),
        )
    ),
    "chain_with_selectors": lambda n: built(
        chain_of(n, "resources: [BASE]\nlabels: [{pairs: {l#: v}, includeSelectors: true}]\n", make=deployment)
    ),
    "chain_with_annotations_of_pods": lambda n: built(
        chain_of(n, "resources: [BASE]\ncommonAnnotations: {l#: v}\n", make=deployment)
    ),
    "chain_with_one_label": lambda n: built(chain_of(n, "resources: [BASE]\nlabels: [{pairs: {a: v#}}]\n")),
    "chain_with_the_same_label": lambda n: built(chain_of(n, "resources: [BASE]\nlabels: [{pairs: {a: b}}]\n")),
    "chain_with_images": lambda n: built(
        chain_of(n, "resources: [BASE]\nimages: [{name: r.example/a1, newTag: t#}]\n", make=deployment)
    ),
    "chain_with_replicas": lambda n: built(
        chain_of(n, "resources: [BASE]\nreplicas: [{name: a1, count: #}]\n", make=deployment)
    ),
    "chain_with_suffixes": lambda n: built(chain_of(n, "resources: [BASE]\nnameSuffix: x\n", make=deployment)),
    "chain_with_generators": lambda n: built(
        chain_of(n, "resources: [BASE]\nconfigMapGenerator: [{name: g#, literals: [a=b]}]\n")
    ),
    "chain_with_merged_generators": lambda n: built(
        chain_of(n, "resources: [BASE]\nconfigMapGenerator: [{name: a1, behavior: merge, literals: [a#=b]}]\n")
    ),
    "chain_with_everything": lambda n: built(
        chain_of(
            n,
            "resources: [BASE]\nnamePrefix: x\nnamespace: n#\nlabels: [{pairs: {l#: v}}]\ncommonAnnotations: {l#: v}\n",
        )
    ),
    "chain_with_objects": lambda n: built(
        chain_of(n, "resources: [BASE, o.yaml]\nlabels: [{pairs: {l#: v}}]\n", config_map("b#"))
    ),
    "chain_with_objects_before": lambda n: built(
        chain_of(n, "resources: [o.yaml, BASE]\nnamePrefix: x\n", config_map("b#"))
    ),
    "chain_with_namespaces_and_objects": lambda n: built(
        chain_of(n, "resources: [BASE, o.yaml]\nnamespace: n#\n", config_map("b#"))
    ),
    "chain_with_replacements": lambda n: built(chain_of(n, REPLACED)),
    "chain_with_delete": lambda n: built(
        chain_of(
            n,
            "resources: [BASE, o.yaml]\npatches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: b#}, $patch: delete}'}]\n",
            config_map("b#"),
        )
    ),
}
