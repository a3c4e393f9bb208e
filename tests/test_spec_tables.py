"""The law of tables of field specs: no spec that leads somewhere in an object is left out, and the order is kept."""

import random
from typing import Any

import pytest

from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, spec
from penstock.resolve.finding.spec_tables import SpecTable

FIELDS = ("a", "b", "metadata", "annotations", "name")
PARTS = (*FIELDS, "a[]", "b[]", "*", "", " a ", "0")
KINDS = ("", "Pod", "Job")


def some_tree(chance: random.Random, depth: int = 0) -> Any:
    if depth == 4 or chance.random() < 0.2:
        return chance.choice(("x", 1, None, {}, []))
    if chance.random() < 0.3:
        return [some_tree(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {field: some_tree(chance, depth + 1) for field in FIELDS if chance.random() < 0.5}


def some_spec(chance: random.Random) -> FieldSpec:
    path = "/".join(chance.choice(PARTS) for _ in range(chance.randrange(1, 4)))
    return spec(path, chance.choice(KINDS), create=chance.random() < 0.1)


def leads_somewhere(tree: Any, each: FieldSpec) -> bool:
    try:
        return bool(find(tree, each.steps, each.create))
    except Conflict:
        return True


@pytest.mark.parametrize("seed", range(20))
def test_every_spec_that_leads_somewhere_is_in_the_table(seed: int) -> None:
    chance = random.Random(seed)
    left_out = 0
    for _ in range(100):
        specs = [some_spec(chance) for _ in range(chance.randrange(1, 12))]
        tree, kind = some_tree(chance), chance.choice(KINDS[1:])
        found = SpecTable(specs).reaching(kind, tree)
        of_kind = [number for number, each in enumerate(specs) if each.gvk.kind in (kind, "")]
        assert found == sorted(found)
        assert set(found) <= set(of_kind)
        assert [number for number in of_kind if number not in found and leads_somewhere(tree, specs[number])] == []
        left_out += len(of_kind) - len(found)
    assert left_out > 0
