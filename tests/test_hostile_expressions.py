"""Expressions of strangers, in every place that takes one: nothing hangs, nothing crashes.

The places are those of `fixtures/expressions/places.yaml`. Each of them gets `(a|b)` a thousand times, and the shapes
that have hurt there once. `bench/hostile_expressions.py` tries all shapes in all places, with bounds on memory too.
"""

import time
from pathlib import Path

import pytest
from tests.expressions import EXPRESSIONS, PLACES, Place, laid_out
from tests.repository import Repository

SECONDS = 5
CASES = [(place, name) for place in PLACES for name in ("choices", *place.hurt)]


@pytest.mark.parametrize(("place", "name"), CASES, ids=lambda each: getattr(each, "name", each))
def test_an_expression_is_matched_or_refused(place: Place, name: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "tree")
    repository.write(laid_out(place, EXPRESSIONS[name]))
    if place.command[0] == "hydrate":
        repository.commit()
    began = time.process_time()
    answer = repository.penstock(*place.command)
    assert time.process_time() - began < 3 * SECONDS  # a machine of CI may be slow, an attack takes minutes
    assert answer.status in (0, 1, 2, 3), answer.err
    said = answer.err + (answer.out if place.command[0] not in ("build", "template") else "")
    assert not any(character < " " and character != "\n" for character in said)


def test_each_shape_is_known() -> None:
    assert {name for place in PLACES for name in place.hurt} <= EXPRESSIONS.keys()
