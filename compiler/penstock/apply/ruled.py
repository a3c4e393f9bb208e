"""The health of an object by the rules for its kind, and by what its status says beyond them. Pure."""

from penstock.apply.conditions import contradicts_itself
from penstock.apply.generations import behind, of_the_past
from penstock.apply.judge import judge
from penstock.apply.rulebook import Rule, is_last_word, is_named, is_own, rules_of
from penstock.cluster import Health, HealthWord
from penstock.kubernetes import group_kind
from penstock.model import Tree

MAY_REPLACE: dict[str, tuple[HealthWord, ...]] = {
    "Healthy": ("Degraded", "Missing", "Suspended", "Progressing"),
    "Progressing": ("Degraded", "Missing", "Suspended"),
    "Unknown": ("Degraded", "Missing", "Suspended", "Progressing"),
}
"""By the word of a rule without tests: the words that a status may have in its place."""


def by_rules(body: Tree, has_status: bool | None) -> Health | None:
    """Return the health by rules, or None where there are none for the kind.

    `has_status` is whether the kind has a status, or None where that is not known.
    """
    group, kind = group_kind(body)
    rules = rules_of(group, kind)
    # The rules of all kinds of a group wait for a report, which a kind without a status never has. Rules that name the
    # kind know better: some controllers write a status that their definition does not declare.
    if not rules or (has_status is False and not body.get("status") and not is_named(group, kind)):
        return None
    found = behind(body) or of_the_past(body)
    if found or is_own(group, kind):
        return found or judge(body, rules)
    return _second_opinion(body, rules)


def _second_opinion(body: Tree, rules: list[Rule]) -> Health | None:
    """Return the health by rules, which do not know all that a status may say, and by what else it says.

    Trouble counts beside good news. Where no rule has a test that holds, the status itself tells more than the last
    rule, which has no tests.
    """
    from penstock.apply.guess import guess

    known = [rule for rule in rules if not is_last_word(rule)]
    found = judge(body, known)
    if found and found.word != "Healthy":
        return found
    other = guess(body)
    if found:
        return other if other and (other.word == "Degraded" or contradicts_itself(body)) else found
    last = judge(body, rules)
    return other if other and last and other.word in MAY_REPLACE.get(last.word, ()) else last
