"""The law of lines beyond Kustomize: charts, Jsonnet, plain manifests, and the definitions of Argo CD and Flux.

There and back, over the fixtures of these families:

- Change what stands on a line that `explain` names for a value, and that value changes, and no other one than those
  that `explain FILE:LINE` names for the line.
- Change any value of a YAML file, and only values change that `explain FILE:LINE` names for its line.

Left out is what decides who gets a value instead of what the value is, family by family: see `DECIDES`.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.test_lines import is_hash, is_value, others, value_in
from tests.test_targets import tree_of

from penstock.explain.fields import shown_at
from penstock.explain.lines import settings_of
from penstock.explain.writers import around, explained
from penstock.files import Memory
from penstock.model import Pointer, Pos, Resource, Spot, Target
from penstock.pipeline import build_target, open_project
from penstock.targets.repository import everything
from penstock.tree import MISSING, leaves

FIXTURES = Path(__file__).parent.parent / "fixtures"
FAMILIES = ("targets", "argo", "jsonnet", "explain")
TREES = [case.parent for family in FAMILIES for case in sorted((FIXTURES / family).glob("*/tree.txt"))]

FEW, MANY = 1, 12
"""Values of a fixture that are tried: one, and many in the fixtures that are about all kinds of lines. With
EVERY_LINE=1, these are all: this takes minutes.
"""

EVERY = 1_000_000 if os.environ.get("EVERY_LINE") else 0

OWN = (
    ("explain", "objects_of_jsonnet_and_manifests"),
    ("explain", "parameters_and_overrides_of_argo_cd"),
    ("explain", "values_of_charts_in_many_ways"),
    ("explain", "values_of_charts_whose_templates_end_in_many_ways"),
    ("explain", "variables_and_overrides_of_flux"),
)

KNOWN = {
    "fields_of_a_chart": "its chart prints all values as one text, which has no place in them",
    "flux_variables_from_elsewhere_may_make_a_text_readable": "its variables make the quotes that part the values",
    "flux_values_of_a_release_in_their_order": "its chart prints all values as one text, which has no place in them",
    "values_of_a_definition_in_a_file_are_yaml_1_1": "its chart prints all values as one text",
    "hostile": "none of its evaluations gives a value, and each of them takes until it meets a bound",
}
"""Fixtures that are left out; and why."""

CASES = [tree for tree in TREES if tree.name not in KNOWN]

DECIDES = {
    "name": "a name decides which object, image, parameter or element is meant",
    "namespace": "it decides which object is meant",
    "kind": "it decides which object is meant",
    "apiVersion": "it decides which object is meant, and how it is read",
    "path": "it decides which directory, file or place is read or changed",
    "targetPath": "it decides which value of a chart is set",
    "valuesKey": "it decides which text is read",
    "url": "it decides which repository is read",
    "repoURL": "it decides which repository is read",
    "values": "the path of a values file decides what is read",
    "valueFiles": "the path of a values file decides what is read",
    "components": "a path decides what is built",
    "resources": "a path decides what is built",
    "includeSelectors": "a switch decides which fields get a label",
    "labelWithoutSelector": "a switch decides which fields get a label",
    "code": "a switch decides how a text is read",
    "optional": "a switch decides whether variables may be missing, which then have their defaults",
    "ksonnet.io/component": "it is the name of the file that is named for it",
    "commonAnnotationsEnvsubst": "a switch decides whether variables count in the annotations beside it",
}
"""Keys of files whose values decide who gets a value, and not what it is; and why."""

SELECTS = {
    "target": "the target of a patch decides which objects it is for",
    "extVars": "only an evaluation of Jsonnet knows what a variable goes into; the line that uses it is named",
    "tlas": "only an evaluation of Jsonnet knows what an argument goes into; the line that uses it is named",
}
"""The same for keys above a value."""

PARAMETERS = ("globals.libsonnet", "params.libsonnet")
"""Files of ksonnet, whose parameters may go into several components by way of the library."""


class Place(NamedTuple):
    """A leaf of the objects: the target, the number of the object in it, and the way to the value."""

    target: Target
    number: int
    at: Pointer


class Built:
    """All targets of a repository."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        self.texts = texts
        self.project = open_project(Memory(texts))
        self.targets: dict[Target, list[Resource]] = {}
        for target in everything(self.project)[0]:
            resources, findings = build_target(self.project, target)
            if not any(finding.severity == "error" for finding in findings):
                self.targets[target] = resources
        self.fields = {
            Place(target, number, at): value
            for target, resources in self.targets.items()
            for number, resource in enumerate(resources)
            for at, value in leaves(resource.body)
        }

    def shape(self) -> dict[Target, list[str]]:
        """Which objects there are."""
        return {target: [str(each.id) for each in resources] for target, resources in self.targets.items()}

    def named_for(self, line: Pos) -> set[tuple[Target, str, str]]:
        """What `explain FILE:LINE` says that a line sets."""
        found = settings_of(self.project, line.path, line.line, list(self.targets.items()))
        return {(each.target, str(each.resource.id), repr(each.at)) for each in found}

    def name(self, place: Place) -> tuple[Target, str, str]:
        resource = self.targets[place.target][place.number]
        return place.target, str(resource.id), repr(shown_at(resource.body, place.at))

    def spots(self, place: Place) -> Iterator[Spot]:
        """Where `explain` says that a value comes from: the writer that counts, or the values that went into it."""
        resources = self.targets[place.target]
        known = around(self.project, place.target, resources)
        writer = explained(self.project, resources[place.number], place.at, known).writers[0]
        yield from (self.spot(each.place) for each in writer.values)
        if not writer.values or writer.by != "a template":
            yield self.spot(writer.place)

    def spot(self, place: Pos) -> Spot:
        """The value that stands at a place, with its key before it."""
        line = self.texts.get(place.path, b"").decode().split("\n")[max(place.line - 1, 0)]
        rest = line[place.col - 1 :] if place.col else ""
        found = re.match(r"""(?:["']?[\w./-]+["']?: *)?(?:"[^"{]*"|'[^'{]*'|[\w./:-]+(?<!:))(?=[,}\] ]|$)""", rest)
        return Spot(place, place._replace(col=place.col + (found.end() if found else 0)))

    def edited(self, spot: Spot, text: str) -> "Built":
        lines = self.texts[spot.start.path].decode().split("\n")
        line = lines[spot.start.line - 1]
        lines[spot.start.line - 1] = line[: spot.start.col - 1] + text + line[spot.end.col - 1 :]
        return Built(self.texts | {spot.start.path: "\n".join(lines).encode()})

    def text(self, spot: Spot) -> str:
        return (
            self.texts[spot.start.path].decode().split("\n")[spot.start.line - 1][spot.start.col - 1 : spot.end.col - 1]
        )


def built(case: Path) -> Built:
    return Built({path: text.encode() for path, text in tree_of(case).items()})


def decides(at: Pointer) -> bool:
    keys = [step for step in at if isinstance(step, str)]
    return not keys or keys[-1] in DECIDES or any(key in SELECTS for key in keys)


def chosen(case: Path, found: Iterable[Any]) -> list[Any]:
    """Some of what a fixture has, others in each."""
    many = EVERY or (MANY if (case.parent.name, case.name) in OWN else FEW)
    return sorted(found, key=lambda each: zlib.crc32(f"{case.name} {each}".encode()))[:many]


def values(built: Built) -> list[Place]:
    """The values that the law is about."""
    return [place for place, value in built.fields.items() if is_value(place.at, value) and not decides(place.at)]


@pytest.mark.parametrize(("family", "name"), OWN)
def test_the_fixtures_about_all_kinds_of_lines_have_many_values(family: str, name: str) -> None:
    assert len(values(built(FIXTURES / family / name))) >= MANY


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_line_that_is_named_for_a_value_sets_it(case: Path) -> None:
    """Fixtures about what does not compile have no values, and nothing is tried in them."""
    before = built(case)
    wrong = [
        f"{before.name(place)[1:]} and {before.text(spot)!r} at {spot.start}: {reason}"
        for place in chosen(case, values(before))
        for spot in before.spots(place)
        if value_in(before.text(spot)) and spot.start.path in before.texts and not spot.start.path.endswith(PARAMETERS)
        for reason in broken(before, spot, place)
    ]
    assert wrong == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_line_is_named_for_each_value_that_it_changes(case: Path) -> None:
    before = built(case)
    spots = (spot for path, data in before.texts.items() for at, spot in scalars(path, data) if not decides(at))
    wrong = [
        f"{before.text(spot)!r} at {spot.start}: {reason}"
        for spot in chosen(case, spots)
        for reason in broken(before, spot)
    ]
    assert wrong == []


def broken(before: Built, spot: Spot, place: Place | None = None) -> Iterator[str]:
    """What the law has against a change of the text at a spot, from which the value of a place is said to come."""
    named = before.named_for(spot.start)
    if place is not None and before.name(place) not in named:
        yield "the line does not name the value"
    has_changed = is_built = False
    for other in others(before.text(spot)):
        after = before.edited(spot, other)
        if after.shape() != before.shape():  # a name, or a text that is refused
            continue
        is_built = True
        differing = [each for each in before.fields | after.fields if differs(before, after, each)]
        named |= after.named_for(spot.start)
        yield from (f"{each.at} changes, too" for each in differing if not is_due(before, after, each, named))
        has_changed = has_changed or place in differing
    if is_built and place is not None and not has_changed:
        yield "the value does not change with it"


def differs(before: Built, after: Built, place: Place) -> bool:
    return bool(before.fields.get(place, MISSING) != after.fields.get(place, MISSING))


def is_due(before: Built, after: Built, place: Place, named: set[tuple[Target, str, str]]) -> bool:
    """Whether a value may change with a line: the line is named for it, or it follows from what is."""
    old, new = before.fields.get(place, MISSING), after.fields.get(place, MISSING)
    is_named = before.name(place) in named or after.name(place) in named
    return is_named or is_hash(old, new) or has_filled(before, after, place)


def has_filled(before: Built, after: Built, place: Place) -> bool:
    """Whether an empty mapping or list has got its first value, or lost its last one. Then it is no leaf in one of the
    states, and the values in it are judged instead.
    """
    old, new = before.fields.get(place, MISSING), after.fields.get(place, MISSING)
    other = after if new is MISSING else before
    is_empty = MISSING in (old, new) and (old in ({}, []) or new in ({}, []))
    return is_empty and any(
        (each.target, each.number, each.at[: len(place.at)]) == place and len(each.at) > len(place.at)
        for each in other.fields
    )


def scalars(path: str, data: bytes) -> Iterator[tuple[Pointer, Spot]]:
    """The values of a file that is no template, each on one line."""
    if not path.endswith((".yaml", ".yml")) or "/templates/" in path:
        return
    try:
        roots = list(yaml.compose_all(data.decode(), Loader=yaml.SafeLoader))
    except yaml.YAMLError:  # a fixture about mistakes
        return
    for root in roots:
        yield from (
            (at, Spot(_pos(path, node.start_mark), _pos(path, node.end_mark))) for at, node in _leaves(root, ())
        )


def _pos(path: str, mark: Any) -> Pos:
    return Pos(path, mark.line + 1, mark.column + 1)


def _leaves(node: Any, at: Pointer) -> Iterator[tuple[Pointer, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(value, (*at, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _leaves(value, (*at, index))
    elif node is not None and node.start_mark.line == node.end_mark.line and node.value:
        yield at, node
