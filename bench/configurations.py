"""Random `configurations:` beside the real Kustomize: kinds where the defaults have none, in bases and components.

python bench/configurations.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

A tree has a base, perhaps a second one, perhaps a component in each, and field specs in any of them: for one kind and
for all, of one path twice, with another `create`, in every section, and what each section needs to show. 6,000 trees
take about five minutes with a process for each, and one with --batch (as of fuzz_build.py).
"""

import json
import random
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

SECTIONS: dict[str, tuple[str, ...]] = {
    "namePrefix": ("metadata/name", "spec/other", "spec/ref", "spec/list/name", "spec/deep/new"),
    "nameSuffix": ("metadata/name", "spec/other", "spec/ref", "spec/list/name", "spec/deep/new"),
    "namespace": ("metadata/namespace", "metadata/name", "spec/space", "spec/service/namespace", "subjects/namespace"),
    "commonLabels": ("metadata/labels", "spec/selector", "spec/selector/matchLabels", "spec/template/metadata/labels"),
    "labels": ("metadata/labels", "spec/selector", "spec/more/labels", "spec/list[]/labels"),
    "templateLabels": ("metadata/labels", "spec/template/metadata/labels", "spec/more/labels"),
    "volumeClaimTemplateLabels": ("spec/volumeClaimTemplates[]/metadata/labels", "spec/more/labels"),
    "commonAnnotations": ("metadata/annotations", "spec/template/metadata/annotations", "spec/more/notes"),
    "varReference": ("spec/text", "spec/list/name", "metadata/annotations", "metadata/labels", "data"),
    "images": ("spec/image", "spec/list/image", "spec/list[]/image", "spec/deep/image", "spec/containers[]/image"),
    "replicas": ("spec/replicas", "spec/deep/count", "spec/size"),
}
NAMED = ("ConfigMap", "Widget", "Gadget", "Deployment", "Secret", "")
KINDS = ("Widget", "Gadget", "ConfigMap", "Deployment", "Service", "MutatingWebhookConfiguration", "Role")
GROUPS = {"Widget": "example.com", "Gadget": "example.org", "Deployment": "apps", "Role": "rbac.authorization.k8s.io"}
CREATED = (
    "metadata/labels",
    "spec/selector",
    "spec/selector/matchLabels",
    "spec/template/metadata/labels",
    "metadata/annotations",
    "spec/template/metadata/annotations",
    "spec/volumeClaimTemplates[]/metadata/labels",
    "spec/containers[]/image",
    "spec/replicas",
)
"""Paths that some default creates."""

NEVER_CREATED = (SECTIONS["varReference"],)
"""Sections whose defaults create nothing."""

MANY = 15
"""Go sorts up to 12 elements in a stable way and longer lists in another one."""


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    for number in range(seed, seed + count):
        yield f"seed {number}", _Tree(random.Random(number)).texts


class _Tree:
    def __init__(self, random: random.Random) -> None:
        self.random = random
        self.texts: Texts = {}
        self.sections = random.sample(sorted(SECTIONS), random.choice((1, 1, 2, 3)))
        self.references = random.random() < 0.3
        self.makes: dict[str, bool] = {}
        self.names: set[str] = set()
        bases = [self.folder("base", [])]
        if random.random() < 0.3:
            bases.append(self.folder("other", []))
        self.folder(TOP, [f"../{base}" for base in bases])

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def folder(self, name: str, bases: list[str]) -> str:
        components = []
        if self.chance(0.3):
            components = [f"../{self.component(name)}"]
        known = []
        if "varReference" in self.sections:
            known = ["known.yaml"]
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "known", "namespace": name}}
            self.texts[f"{name}/known.yaml"] = json.dumps(body)
        self.kustomization(name, {"resources": [*bases, *known, "objects.yaml"], "components": components})
        self.texts[f"{name}/objects.yaml"] = "---\n".join(
            json.dumps(self.object(name, i)) + "\n" for i in range(self.random.choice((1, 2, 4)))
        )
        return name

    def component(self, of: str) -> str:
        name = f"{of}-part"
        self.kustomization(name, {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"})
        return name

    def kustomization(self, folder: str, fields: dict[str, Any]) -> None:
        files = []
        for index in range(self.random.choice((0, 1, 1, 1, 2))):
            self.texts[f"{folder}/specs{index}.yaml"] = json.dumps(self.field_specs())
            files.append(f"specs{index}.yaml")
        fields = {
            **fields,
            "configurations": files,
            **(self.uses(folder.removesuffix("-part")) if self.chance(0.8) else {}),
        }
        self.texts[f"{folder}/kustomization.yaml"] = json.dumps({k: v for k, v in fields.items() if v})

    def uses(self, folder: str) -> dict[str, Any]:
        """Fields that make the sections show."""
        fields: dict[str, Any] = {}
        for section in self.sections:
            if section in ("namePrefix", "nameSuffix"):
                fields[section] = self.random.choice(("p-", "-q"))
            elif section == "namespace":
                fields[section] = self.random.choice(("one", "two"))
            elif section in ("commonLabels", "commonAnnotations"):
                fields[section] = self.pairs()
            elif section in ("labels", "templateLabels", "volumeClaimTemplateLabels"):
                fields["labels"] = [self.labels() for _ in range(self.random.choice((1, 1, 2)))]
            elif section == "varReference":
                reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "known", "namespace": folder}
                fields["vars"] = [{"name": f"V{len(self.texts)}", "objref": reference}]
            elif section == "images":
                fields[section] = [{"name": "nginx", "newTag": self.random.choice("12"), "newName": "nginx"}]
            else:
                fields[section] = [{"name": "a", "count": self.random.randrange(5)}]
        if self.references:
            fields["namePrefix"] = "r-"
        return fields

    def pairs(self) -> dict[str, str]:
        return {
            self.random.choice("kxy"): self.random.choice(("v", "w", "1")) for _ in range(self.random.choice((1, 2)))
        }

    def labels(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"pairs": self.pairs()}
        for option in ("includeSelectors", "includeTemplates", "includeVolumeClaimTemplates"):
            if self.chance(0.3):
                entry[option] = True
        if self.chance(0.3):
            entry["fields"] = [self.spec(SECTIONS["labels"]) for _ in range(2)]
        return entry

    def field_specs(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for section in self.sections:
            many = MANY if self.chance(0.1) else self.random.choice((1, 2, 3, 5))
            fields[section] = [self.spec(SECTIONS[section]) for _ in range(many)]
        if self.references:
            fields["nameReference"] = [self.reference() for _ in range(self.random.choice((1, 2, 3)))]
        return fields

    def reference(self) -> dict[str, Any]:
        paths = ("spec/ref", "spec/other", "spec/list/name", "spec/more", "spec/nothing", "spec/list[]/name")
        return {**self.kind(NAMED), "fieldSpecs": [self.spec(paths) for _ in range(self.random.choice((1, 2, 3)))]}

    def spec(self, paths: tuple[str, ...]) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": self.random.choice(paths), **self.kind(("", "", *KINDS))}
        makes = self.makes.setdefault(f"{paths}{entry['path']}", entry["path"] in CREATED or self.chance(0.5))
        makes = makes and paths not in NEVER_CREATED
        if makes != self.chance(0.005):  # seldom another one: most trees shall build
            entry["create"] = True
        return entry

    def kind(self, kinds: tuple[str, ...]) -> dict[str, str]:
        kind = self.random.choice(kinds)
        entry = {"kind": kind} if kind else {}
        if kind in GROUPS and self.chance(0.2):
            entry["group"] = GROUPS[kind]
        if self.chance(0.2):
            entry["version"] = self.random.choice(("v1", "v1", "v2"))
        return entry

    def object(self, folder: str, number: int) -> dict[str, Any]:
        kind = self.random.choice(KINDS)
        version = "v1" if self.chance(0.9) else "v2"
        group = GROUPS.get(kind, "")
        if kind == "MutatingWebhookConfiguration":
            group = "admissionregistration.k8s.io"
        name = self.random.choice([n for n in ("a", "b", "p-a", f"{folder}{number}") if n not in self.names])
        self.names.add(name)
        body: dict[str, Any] = {
            "apiVersion": f"{group}/{version}" if group else version,
            "kind": kind,
            "metadata": {"name": name},
        }
        if self.chance(0.4):
            body["metadata"]["labels"] = {"x": self.random.choice(("1", "$(V0)", "old"))}
        if kind == "ConfigMap":
            body["data"] = {"text": self.random.choice(("$(V0) $(V1)", "a"))}
            if self.chance(0.3):
                return body
        body["spec"] = {key: value for key, value in self.spec_fields().items() if self.chance(0.5)}
        return body

    def spec_fields(self) -> dict[str, Any]:
        choose = self.random.choice
        return {
            "other": choose(("a", "p-a", None, "base0")),
            "ref": choose(("a", "b", "base0", {"name": "a"}, ["a", "b"])),
            "text": choose(("$(V0)", "$(V1)-$$(V0)", 5, None)),
            "list": choose(([], [{"name": "a", "image": "nginx"}], [{"name": "b"}, {"image": "nginx:0"}], None, ["x"])),
            "image": choose(("nginx", "nginx:1", None)),
            "containers": [{"name": "c", "image": "nginx"}],
            "selector": choose(({"x": "1"}, {"matchLabels": {"x": "1"}}, None, {})),
            "template": choose(({"metadata": {"labels": {"x": "1"}}}, {}, None)),
            "more": choose(({"name": "a"}, {}, None, "a")),
            "deep": choose(({"image": "nginx", "count": 1}, None, {})),
            "replicas": choose((1, "1", None)),
            "size": choose((1, None)),
            "space": choose(("one", None)),
            "service": choose(({"namespace": "x", "name": "a"}, {})),
            "volumeClaimTemplates": choose(([{"metadata": {"name": "v"}}], None)),
            "nothing": None,
        }


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 6000))
