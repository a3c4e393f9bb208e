"""What an evaluation costs, as the API server counts it, and where it is broken off.

The costs are those of cel-go: names and fields 1, lists 10, maps 30, rounds of macros by what they expand to.
"""

import pytest

from penstock.model import Tree
from penstock.validate.cel.evaluate import CALL_LIMIT, CostlyError, Run, compiled, evaluated
from penstock.validate.cel.rules import Rules
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


LONG = {"spec": {"a": "a" * 9_000, "b": "a" * 9_000}}


def test_the_rules_of_a_run_are_broken_off_within_an_object() -> None:
    rules = Rules(schema(*["self.a.contains(self.b)"] * 20))
    assert PATIENCE < 20 * 900 * 900
    with pytest.raises(UnsupportedError, match="of this run have cost too much"):
        list(rules.judge(LONG))


def test_messages_count_as_rules_do() -> None:
    patience = Patience()
    costly = {"rule": "self.a != self.b", "messageExpression": "self.a.contains(self.b) ? 'one' : 'two'"}
    told = schema()
    told["properties"]["spec"]["x-kubernetes-validations"] = [costly]
    assert [each.message for each in Rules(told, patience).judge(LONG)] == ["one"]
    assert patience.left < PATIENCE - 800 * 900


def test_a_part_of_the_patience_has_a_bound_of_its_own() -> None:
    patience = Patience()
    rules = schema("self.a.contains(self.b)")
    with pytest.raises(UnsupportedError, match="they cost more than 20,000"):
        list(Rules(rules, patience.part(20_000)).judge(LONG))
    assert patience.left < PATIENCE
    patience.spend(PATIENCE)
    with pytest.raises(UnsupportedError, match="of this run have cost too much"):
        list(Rules(rules, patience.part(20_000)).judge(LONG))


def schema(*rules: str) -> Tree:
    text = {"type": "string"}
    spec = {"type": "object", "properties": {"a": text, "b": text}}
    validations = [{"rule": rule} for rule in rules]
    return {"type": "object", "properties": {"spec": {**spec, "x-kubernetes-validations": validations}}}


def test_the_rules_of_all_definitions_share_what_they_may_cost() -> None:
    patience = Patience()
    first, second = (Rules(schema(*["self.a.contains(self.b)"] * 2), patience) for _ in range(2))
    assert list(first.judge(LONG)) == []
    with pytest.raises(UnsupportedError, match="of this run have cost too much"):
        list(second.judge(LONG))


def test_each_object_adds_to_what_the_rules_may_cost() -> None:
    patience = Patience()
    patience.spend(PATIENCE + 1)
    rules = Rules(schema("self.a == self.b"), patience)
    assert list(rules.judge({"spec": {"a": "a", "b": "a"}})) == []
