"""Shapes for `growth.py` of what `configurations` and `crds` say about fields: n field specs, and an object for each of
them.
"""

import json
from collections.abc import Callable

from growth_of_builds import KUSTOMIZATION, Tree, objects


def widget(name: str) -> str:
    """Return a custom resource called a7 whose field r7 names an image, a ConfigMap and a variable."""
    number = name.removeprefix("a")
    field = f"{{image: 'r/a1:1', ref: a{number}, text: x$(V{number})y}}"
    return f"apiVersion: x.io/v1\nkind: Widget\nmetadata: {{name: w{number}}}\nspec: {{r{number}: {field}}}\n"


def configured(field: str, entries: str, fields: str) -> Callable[[int], Tree]:
    """Return a shape whose configuration has n field specs, each with its own number in the place of `#`."""

    def shape(n: int) -> Tree:
        listed = "".join(entries.replace("#", str(i)) for i in range(n))
        made = "".join(fields.replace("#", str(i)) for i in range(n)) if "#" in fields else fields
        return {
            "kustomization": f"{KUSTOMIZATION}resources: [objects.yaml]\nconfigurations: [c.yaml]\n{made}",
            "c": f"{field}{listed}",
            "objects": f"{objects(n)}---\n{objects(n, widget)}",
        }

    return shape


def variables_in_fields(n: int) -> Tree:
    tree = configured("varReference:\n", "- {kind: Widget, path: spec/r#/text}\n", "")(n)
    entries = "".join(f"- {{name: V{i}, objref: {{apiVersion: v1, kind: ConfigMap, name: a{i}}}}}\n" for i in range(n))
    return {**tree, "kustomization": f"{tree['kustomization']}vars:\n{entries}"}


def definitions_of_each(n: int) -> Tree:
    """n files of `crds`, each for a kind of its own that refers to ConfigMaps."""
    reference = {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap"}
    tree = {f"d{i}.json": definition(f"x.Kind{i}", reference) for i in range(n)}
    listed = ", ".join(tree)
    root = f"{KUSTOMIZATION}resources: [objects.yaml]\nnamePrefix: x-\ncrds: [{listed}]\n"
    return {"kustomization": root, "objects": objects(n), **tree}


def definition(name: str, reference: dict[str, str]) -> str:
    properties = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {}, "ref": reference}
    return json.dumps({name: {"Schema": {"properties": properties}}})


SHAPES: dict[str, Callable[[int], Tree]] = {
    "images_in_fields": configured(
        "images:\n", "- {kind: Widget, path: spec/r#/image}\n", "images: [{name: r/a1, newTag: '2'}]\n"
    ),
    "references_in_fields": configured(
        "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs:\n",
        "  - {kind: Widget, path: spec/r#/ref}\n",
        "namePrefix: x-\n",
    ),
    "prefixes_in_fields": configured("namePrefix:\n", "- {kind: Widget, path: spec/r#/ref}\n", "namePrefix: x-\n"),
    "variables_in_fields": variables_in_fields,
    "definitions_of_each": definitions_of_each,
}
