"""Updates of objects, and the verdicts of a real API server on them, with which `bench/updates.py` compares again.

`fixtures/check/updates.yaml` lists objects, and changes of each. A change sets fields, or removes some.
"""

import pytest
from tests.cases import Update, resource, updates

from penstock.validate.patience import Patience
from penstock.validate.updates import judge_updates

UPDATES = list(updates())


@pytest.mark.parametrize("update", UPDATES, ids=lambda each: each.name)
def test_what_the_server_refuses_is_found_and_nothing_else(update: Update) -> None:
    old, new = resource(update.before), resource(update.after)
    found = list(judge_updates([new], {old.id: old}, lambda kind: None, Patience()))
    assert bool(found) == (update.is_refused and update.is_found), [each.message for each in found]


def test_both_verdicts_are_there() -> None:
    refused = [each for each in UPDATES if each.is_refused]
    assert len(refused) > 100
    assert len(UPDATES) - len(refused) > 100
