"""Spellings of YAML × ways of building: the real `kustomize build` and Penstock must agree on each.

python bench/spellings.py [--kustomize PATH] [--batch PROGRAM] [--only PATTERN] [--save DIR]

A spelling is the text of a block mapping, or what stands around a whole file. A way puts it into a tree: as an object,
in a list, in a patch, in a kustomization, in another configuration. Prints how many agree, by family and by way.

Every spelling is an object, and turns are taken with the other ways: 15,000 trees, about six minutes on two cores with
a process for each tree, and two with --batch (as of fuzz_build.py). --thorough goes through every way, which takes four
times as long.
"""

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from fuzz_build import signature
from random_trees import TOP, Texts
from side_by_side import PINNED, batch, difference, kustomize, save
from spelled_yaml import bodies, field_specs, frames

Way = TypeVar("Way")

KUSTOMIZATION = f"{TOP}/kustomization.yaml"
OBJECTS = f"{TOP}/objects.yaml"

HEAD = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\n"
BASE = f"{HEAD}spec:\n  kept: 1\n  v: old\n  quoted: 'old'\n"
RESOURCES = "resources: [objects.yaml]\n"
TARGET = "target: {kind: Widget}"


class Case(NamedTuple):
    family: str
    way: str
    texts: Texts


def _lines(text: str) -> list[str]:
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def inside(text: str, by: int) -> str:
    """A text with every line that has something moved to the right."""
    return "".join(" " * by + line if line.strip("\r\n") else line for line in _lines(text))


# --- ways of a block mapping ------------------------------------------------------------------------------------------


def as_object(body: str) -> Texts:
    return {KUSTOMIZATION: RESOURCES, OBJECTS: f"{HEAD}spec:\n{inside(body, 2)}"}


def with_prefix(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}namePrefix: p-\nnamespace: n\ncommonAnnotations: {{x: y}}\n",
        OBJECTS: f"{HEAD}spec:\n{inside(body, 2)}",
    }


def as_annotations(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}commonLabels: {{x: y}}\n",
        OBJECTS: f"{HEAD}  annotations:\n{inside(body, 4)}",
    }


def in_a_patch(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}patches: [{{path: patch.yaml}}]\n",
        OBJECTS: BASE,
        f"{TOP}/patch.yaml": f"{HEAD}spec:\n{inside(body, 2)}",
    }


def under_a_patch(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}patches: [{{path: patch.yaml}}]\n",
        OBJECTS: f"{HEAD}spec:\n{inside(body, 2)}",
        f"{TOP}/patch.yaml": BASE,
    }


def in_an_inline_patch(body: str) -> Texts:
    patch = inside(f"{HEAD}spec:\n{inside(body, 2)}", 4)
    return {KUSTOMIZATION: f"{RESOURCES}patches:\n- patch: |\n{patch}\n", OBJECTS: BASE}


def in_a_json_patch(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}patches: [{{path: patch.yaml, {TARGET}}}]\n",
        OBJECTS: BASE,
        f"{TOP}/patch.yaml": f"- op: add\n  path: /spec/new\n  value:\n{inside(body, 4)}",
    }


def under_a_json_patch(body: str) -> Texts:
    return {
        KUSTOMIZATION: f"{RESOURCES}patches: [{{path: patch.yaml, {TARGET}}}]\n",
        OBJECTS: f"{HEAD}spec:\n{inside(body, 2)}",
        f"{TOP}/patch.yaml": "- op: add\n  path: /spec/new\n  value: 1\n",
    }


def in_a_list(body: str) -> Texts:
    item = inside(f"{HEAD}spec:\n{inside(body, 2)}", 2)
    return {KUSTOMIZATION: RESOURCES, OBJECTS: f"apiVersion: v1\nkind: List\nitems:\n-{item[1:]}"}


def in_a_list_of_a_kind(body: str) -> Texts:
    item = inside(f"{HEAD}spec:\n{inside(body, 2)}", 2)
    return {KUSTOMIZATION: RESOURCES, OBJECTS: f"apiVersion: v1\nkind: WidgetList\nitems:\n-{item[1:]}"}


def in_a_kustomization(body: str) -> Texts:
    return {KUSTOMIZATION: f"{RESOURCES}commonAnnotations:\n{inside(body, 2)}", OBJECTS: BASE}


def in_generator_options(body: str) -> Texts:
    fields = f"configMapGenerator:\n- name: a\n  options:\n    annotations:\n{inside(body, 6)}"
    return {KUSTOMIZATION: fields}


def in_a_plugin(body: str) -> Texts:
    head = "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\n"
    specs = "fieldSpecs:\n- {path: metadata/annotations, create: true}\n"
    return {
        KUSTOMIZATION: f"{RESOURCES}transformers: [plugin.yaml]\n",
        OBJECTS: BASE,
        f"{TOP}/plugin.yaml": f"{head}{specs}annotations:\n{inside(body, 2)}",
    }


WAYS: tuple[Callable[[str], Texts], ...] = (
    as_object,
    with_prefix,
    as_annotations,
    in_a_patch,
    under_a_patch,
    in_an_inline_patch,
    in_a_json_patch,
    under_a_json_patch,
    in_a_list,
    in_a_list_of_a_kind,
    in_a_kustomization,
    in_generator_options,
    in_a_plugin,
)

# --- ways of a whole file ---------------------------------------------------------------------------------------------

WHOLE = f"{HEAD}spec:\n  v: new\n  w: |\n    a\n    b\n"

Frame = Callable[[str], str]


def framed_object(frame: Frame) -> Texts:
    return {KUSTOMIZATION: f"{RESOURCES}namePrefix: p-\n", OBJECTS: frame(WHOLE)}


def framed_list(frame: Frame) -> Texts:
    text = f"apiVersion: v1\nkind: List\nitems:\n- {inside(WHOLE, 2)[2:]}"
    return {KUSTOMIZATION: RESOURCES, OBJECTS: frame(text)}


def framed_json(frame: Frame) -> Texts:
    text = '{"apiVersion": "example.com/v1",\n"kind": "Widget",\n"metadata": {"name": "a"},\n"spec": {"v": 1}}\n'
    return {KUSTOMIZATION: RESOURCES, OBJECTS: frame(text)}


def framed_patch(frame: Frame) -> Texts:
    fields = f"{RESOURCES}patches: [{{path: patch.yaml}}]\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/patch.yaml": frame(WHOLE)}


def framed_patch_with_a_target(frame: Frame) -> Texts:
    fields = f"{RESOURCES}patches: [{{path: patch.yaml, {TARGET}}}]\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/patch.yaml": frame(WHOLE)}


def framed_old_patch(frame: Frame) -> Texts:
    fields = f"{RESOURCES}patchesStrategicMerge: [patch.yaml]\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/patch.yaml": frame(WHOLE)}


def framed_json_patch(frame: Frame) -> Texts:
    fields = f"{RESOURCES}patches: [{{path: patch.yaml, {TARGET}}}]\n"
    patch = "- op: add\n  path: /spec/v\n  value: new\n- op: add\n  path: /spec/w\n  value: 1\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/patch.yaml": frame(patch)}


def framed_old_json_patch(frame: Frame) -> Texts:
    target = "target: {group: example.com, version: v1, kind: Widget, name: a}"
    fields = f"{RESOURCES}patchesJson6902: [{{path: patch.yaml, {target}}}]\n"
    patch = "- op: add\n  path: /spec/v\n  value: new\n- op: add\n  path: /spec/w\n  value: 1\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/patch.yaml": frame(patch)}


def framed_kustomization(frame: Frame) -> Texts:
    return {KUSTOMIZATION: frame(f"{RESOURCES}namePrefix: p-\ncommonAnnotations:\n  a: b\n"), OBJECTS: BASE}


def framed_configuration(frame: Frame) -> Texts:
    fields = f"{RESOURCES}configurations: [fields.yaml]\ncommonAnnotations: {{a: b}}\n"
    specs = "commonAnnotations:\n- path: spec/notes\n  create: true\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/fields.yaml": frame(specs)}


def framed_replacements(frame: Frame) -> Texts:
    fields = f"{RESOURCES}replacements: [{{path: replacement.yaml}}]\n"
    text = (
        "source:\n  kind: Widget\n  fieldPath: spec.kept\ntargets:\n- select: {kind: Widget}\n  fieldPaths: [spec.v]\n"
    )
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/replacement.yaml": frame(text)}


def framed_plugin(frame: Frame) -> Texts:
    text = (
        "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\nannotations: {a: b}\n"
        "fieldSpecs:\n- {path: metadata/annotations, create: true}\n"
    )
    fields = f"{RESOURCES}transformers: [plugin.yaml]\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/plugin.yaml": frame(text)}


def framed_definitions(frame: Frame) -> Texts:
    text = (
        '{"definitions": {"v1.Widget": {"x-kubernetes-group-version-kind":\n'
        '[{"group": "example.com", "kind": "Widget", "version": "v1"}]}}}\n'
    )
    return {KUSTOMIZATION: f"{RESOURCES}crds: [crds.json]\n", OBJECTS: BASE, f"{TOP}/crds.json": frame(text)}


def framed_schema(frame: Frame) -> Texts:
    text = (
        '{"definitions": {"v1.Widget": {"x-kubernetes-group-version-kind":\n'
        '[{"group": "example.com", "kind": "Widget", "version": "v1"}]}}}\n'
    )
    fields = f"{RESOURCES}openapi: {{path: schema.json}}\npatches: [{{path: patch.yaml}}]\n"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/schema.json": frame(text), f"{TOP}/patch.yaml": WHOLE}


FRAMED: tuple[Callable[[Frame], Texts], ...] = (
    framed_object,
    framed_list,
    framed_json,
    framed_patch,
    framed_patch_with_a_target,
    framed_old_patch,
    framed_json_patch,
    framed_old_json_patch,
    framed_kustomization,
    framed_configuration,
    framed_replacements,
    framed_plugin,
    framed_definitions,
    framed_schema,
)


def in_a_configuration(spec: str) -> Texts:
    """A field spec: a block mapping with `path`, and others."""
    fields = f"{RESOURCES}configurations: [fields.yaml]\ncommonAnnotations: {{a: b}}\n"
    specs = f"commonAnnotations:\n- {inside(spec, 2)[2:]}"
    return {KUSTOMIZATION: fields, OBJECTS: BASE, f"{TOP}/fields.yaml": specs}


def in_labels_of_a_kustomization(spec: str) -> Texts:
    fields = f"{RESOURCES}labels:\n- pairs: {{a: b}}\n  fields:\n  - {inside(spec, 4)[4:]}"
    return {KUSTOMIZATION: fields, OBJECTS: BASE}


FEW = {"tags": 1, "blocks": 1}
"""In how many ways, beside the object, each spelling of a large family is built; `OTHERS` for the other families."""

OTHERS, FRAMES = 3, 5


def cases(thorough: bool) -> Iterator[Case]:
    """Every spelling as an object and in some other ways, each time in others; or in all of them."""
    first, *others = WAYS
    for number, (family, body) in enumerate(bodies()):
        few = len(others) if thorough else FEW.get(family, OTHERS)
        for way in (first, *_taking_turns(others, number, few)):
            yield Case(family, way.__name__, way(body))
    for family, spec in field_specs():
        for way in (in_a_configuration, in_labels_of_a_kustomization):
            yield Case(family, way.__name__, way(spec))
    for number, (family, frame) in enumerate(frames()):
        for framed in _taking_turns(FRAMED, number, len(FRAMED) if thorough else FRAMES):
            yield Case(family, framed.__name__, framed(frame))


def _taking_turns(ways: Sequence[Way], number: int, count: int) -> list[Way]:
    start = number * count % len(ways)
    return [*ways[start:], *ways[:start]][:count]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kustomize", default=os.environ.get("KUSTOMIZE", str(PINNED)))
    parser.add_argument("--batch")
    parser.add_argument("--thorough", action="store_true", help="every spelling in every way (69,000 trees)")
    parser.add_argument("--only", default="", help="cases whose family and way match this pattern")
    parser.add_argument("--save", type=Path, default=Path(tempfile.gettempdir()) / "penstock-spellings")
    parser.add_argument("--most", type=int, default=40, help="differences that are shown")
    given = parser.parse_args()
    return run(cases(given.thorough), given)


def run(all_cases: Iterator[Case], given: argparse.Namespace) -> int:
    """Build every case with both; print the counts, and keep the trees that differ."""
    peer = batch(given.batch) if given.batch else kustomize(given.kustomize)
    chosen = [(n, case) for n, case in enumerate(all_cases) if re.search(given.only, f"{case.family} {case.way}")]
    counts: Counter[str] = Counter()
    families: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    with ThreadPoolExecutor(1 if given.batch else 2) as pool:
        answers = pool.map(lambda chosen: difference(chosen[1].texts, peer, counts), chosen)
        for (number, case), found in zip(chosen, answers, strict=True):
            families[case.family] += 1
            if found is None:
                continue
            families[f"{case.family}: differ"] += 1
            kind = signature(found)
            kinds[f"{case.way} {kind}"] += 1
            save(case.texts, found, given.save / f"{number}")
            if sum(kinds.values()) <= given.most:
                print(f"{number} {case.family} {case.way}: {kind}", flush=True)
    for family in sorted(families):
        print(f"{families[family]:6} {family}")
    for kind, count in kinds.most_common(given.most):
        print(f"{count:6} {kind}")
    print(f"{len(chosen)} trees, {sum(kinds.values())} differ; {dict(counts)}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
