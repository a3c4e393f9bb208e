"""Mappings and lists that `replacements:` copy, beside the real Kustomize.

python bench/copied_values.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

A source inside of a target, a target inside of its source, and targets one below the other, in every pair; and random
replacements between two objects, with patches before and after them, that copy what was patched or copied before.
The pairs are 3,072 trees, four minutes on two cores with a process for each tree and a few seconds with --batch (as of
fuzz_build.py).
"""

import itertools
import random
import sys
from collections.abc import Iterator, Sequence

from random_trees import TOP, Texts
from side_by_side import battery

HEAD = "apiVersion: example.com/v1\nkind: {}\nmetadata: {{name: x}}\nspec:\n"
BODY = (
    "  a:\n    b: {c: 1, e: , f: null}\n    g:\n    h: null\n"
    "  l:\n  - name: u\n    v: {w: 2, z: }\n  - name: t\n  s: text\n"
)
SOURCES = ("spec", "spec.a", "spec.a.b", "spec.l", "spec.l.0", "spec.l.[name=u].v")
TARGETS = (
    *("spec.a", "spec.a.b", "spec.a.b.c", "spec.a.b.f", "spec.a.new", "spec.a.b.new.deep", "spec.a.g", "spec.a.h"),
    *("spec.s", "spec.l", "spec.l.0", "spec.l.0.v", "spec.l.*.v", "spec.l.0.v.w", "spec.new", "spec.l.-"),
)
KINDS = ("Foo", "Bar")
MAPPINGS = (
    "{b: {c: 0x10, e: }, k: }",
    "\n    b:\n      c: 010\n      e:\n    a: {b: }\n    k: '5'",
    "\n    b: {c: 2020-01-01, e: }\n    k: yes",
)
LISTS = (
    "[{name: u, v: {w: 10:20, z: }}, {name: t}]",
    "\n  - name: u\n    v:\n      w:\n  - name: t\n    v: {z: }",
)
VALUES = ("1", "x", "'5'", "0x1F", "2020-01-01", "null", "", "~", "yes", "{}", "[]", *MAPPINGS[:1], *LISTS[:1])
PATCHES = (
    *("a:\n        b: {c: 0x22, n: {m: }}", "a: {b: {e: 5}}", "a: {k: 0o7}", "a:\n        b: null"),
    *("l: [{name: u, v: {w: 1}}]", "l:\n      - name: t\n        v: {z: }\n      - name: u\n        v:\n          w:"),
)


def replacement(kind: str, source: str, targets: Sequence[tuple[str, Sequence[str]]], create: bool) -> str:
    text = f"- source: {{kind: {kind}, fieldPath: '{source}'}}\n  targets:\n"
    for other, paths in targets:
        shown = ", ".join(f"'{path}'" for path in paths)
        text += f"  - select: {{kind: {other}}}\n    fieldPaths: [{shown}]\n"
        text += f"    options: {{create: {str(create).lower()}}}\n"
    return text


def pairs() -> Iterator[Texts]:
    chosen = [*((target,) for target in TARGETS), *itertools.permutations(TARGETS, 2)]
    for source, targets, create in itertools.product(SOURCES, chosen, (False, True)):
        copies = replacement("Foo", source, [("Foo", targets)], create)
        yield {
            f"{TOP}/objects.yaml": HEAD.format("Foo") + BODY,
            f"{TOP}/kustomization.yaml": f"resources: [objects.yaml]\nreplacements:\n{copies}",
        }


def an_object(r: random.Random, kind: str) -> str:
    return HEAD.format(kind) + f"  a: {r.choice(MAPPINGS)}\n  l: {r.choice(LISTS)}\n  b: {r.choice(VALUES)}\n"


def some_replacements(r: random.Random) -> str:
    text = "replacements:\n"
    for _ in range(r.randint(1, 3)):
        targets = [(r.choice(KINDS), r.sample(TARGETS, r.randint(1, 2))) for _ in range(r.randint(1, 2))]
        text += replacement(r.choice(KINDS), r.choice(SOURCES), targets, r.random() < 0.75)
    return text


def some_patches(r: random.Random) -> str:
    text = "patches:\n"
    for _ in range(r.randint(1, 2)):
        kind = r.choice(KINDS)
        if r.random() < 0.25:
            operation = '{"op": "add", "path": "/spec/q", "value": {"b": {"c": 1}}}'
            text += f"- target: {{kind: {kind}}}\n  patch: '[{operation}]'\n"
        else:
            head = HEAD.format(kind).replace("\n", "\n    ")
            text += f"- patch: |\n    {head}  {r.choice(PATCHES)}\n"
    return text


def random_copies(r: random.Random) -> Texts:
    base, top = f"{TOP}/mid/base", f"{TOP}/kustomization.yaml"
    return {
        f"{base}/objects.yaml": "---\n".join(an_object(r, kind) for kind in KINDS),
        f"{base}/kustomization.yaml": "resources: [objects.yaml]\n" + r.choice(("", some_patches(r))),
        f"{TOP}/mid/kustomization.yaml": "resources: [base]\n" + some_replacements(r),
        top: "resources: [mid]\n" + r.choice(("", some_patches(r), some_replacements(r))),
    }


def made(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    yield from (("pair", texts) for texts in pairs())
    yield from (("random", random_copies(random.Random(f"{seed} {number}"))) for number in range(count))


if __name__ == "__main__":
    sys.exit(battery(__doc__, made, 3000))
