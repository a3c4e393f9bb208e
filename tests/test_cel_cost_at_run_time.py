"""What an evaluation costs, as the API server counts it, and where it is broken off.

The costs are those of cel-go: names and fields 1, lists 10, maps 30, rounds of macros by what they expand to.
"""

import pytest

from penstock.model import Tree
from penstock.validate.cel.evaluate import CALL_LIMIT, CostlyError, Run, compiled, evaluated
from penstock.validate.cel.rules import OBJECT_LIMIT, Rules
from penstock.validate.cel.syntax import parse
from penstock.validate.cel.values import UnsupportedError
from penstock.validate.patience import PATIENCE, Patience

COSTS = (
    ("1 + 1", 1),
    ("text", 1),
    ("body.a.b", 3),
    ("has(body.a.b)", 2),
    ("!flag", 2),
    ("flag ? body.a : text", 2),
    ("[1, 2]", 10),
    ("[1, 2] + [3]", 21),
    ("{'a': 1}", 30),
    ("2 in [1, 2, 3]", 13),
    ("numbers.all(x, x > 0)", 2 + 3 * (3 + 2)),
    ("numbers.all(x, x > 1)", 2 + (3 + 2) + 2),
    ("numbers.exists(x, x == 2)", 2 + 2 * (4 + 2) + 3),
    ("numbers.exists_one(x, x == 2)", 3 + 3 * 2 + 2),
    ("numbers.filter(x, x > 1)", 12 + 3 * 2 + 2 * 13),
    ("numbers.map(x, x + 1)", 12 + 3 * (12 + 2)),
    ("text.startsWith('abc')", 2),
    ("text.contains('abcdefghijk')", 1 + 3 * 2),
    ("text.matches('^[a-z]+$')", 1 + 4 * 2),
    ("text == text", 2 + 3),
    ("text + text", 2 + 6),
    ("text.lowerAscii()", 1 + 3),
    ("text.size()", 2),
    ("cel.bind(x, text, x == x)", 1 + 2 + 3),
)
SEEN = {"text": "a" * 30, "flag": True, "body": {"a": {"b": 1}}, "numbers": [1, 2, 3]}


@pytest.mark.parametrize(("text", "cost"), COSTS, ids=[text for text, _ in COSTS])
def test_what_an_expression_costs(text: str, cost: int) -> None:
    run = Run()
    evaluated(compiled(parse(text)), SEEN, run)
    assert CALL_LIMIT - run.left == cost


def test_a_call_is_broken_off_at_its_limit() -> None:
    closure = compiled(parse("one.contains(two)"))
    names = {"one": "a" * 10_000, "two": "a" * 10_000}
    with pytest.raises(CostlyError):
        evaluated(closure, names, Run())
    with pytest.raises(UnsupportedError):
        evaluated(closure, names)


def test_an_object_whose_rules_cost_too_much_is_refused() -> None:
    found = list(Rules(schema("self.a.contains(self.b)")).judge({"spec": {"a": "a" * 10_000, "b": "a" * 10_000}}))
    assert [(each.code, each.at) for each in found] == [("PS477", ("spec",))]


def test_the_rules_of_an_object_have_a_budget_together_and_those_of_a_run_another() -> None:
    rules = Rules(schema(*["self.a.contains(self.b)"] * 20))
    body = {"spec": {"a": "a" * 9_000, "b": "a" * 9_000}}
    assert [each.code for each in rules.judge(body)] == ["PS477"]
    assert PATIENCE < OBJECT_LIMIT < 20 * 900 * 900
    with pytest.raises(UnsupportedError):
        list(rules.judge(body))


def schema(*rules: str) -> Tree:
    text = {"type": "string"}
    spec = {"type": "object", "properties": {"a": text, "b": text}}
    validations = [{"rule": rule} for rule in rules]
    return {"type": "object", "properties": {"spec": {**spec, "x-kubernetes-validations": validations}}}


def test_the_rules_of_all_definitions_share_what_they_may_cost() -> None:
    patience = Patience()
    body = {"spec": {"a": "a" * 9_000, "b": "a" * 9_000}}
    first, second = (Rules(schema(*["self.a.contains(self.b)"] * 20), patience) for _ in range(2))
    assert [each.code for each in first.judge(body)] == ["PS477"]
    with pytest.raises(UnsupportedError, match="too much for the objects before this one"):
        list(second.judge(body))


def test_each_object_adds_to_what_the_rules_may_cost() -> None:
    patience = Patience()
    patience.spend(PATIENCE + 1)
    rules = Rules(schema("self.a == self.b"), patience)
    assert list(rules.judge({"spec": {"a": "a", "b": "a"}})) == []
