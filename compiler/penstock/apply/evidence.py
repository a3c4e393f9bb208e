"""What establishes that an object is well of whose kind nothing is known. Pure.

A status that tells of no trouble does not do that by itself: it may hold nothing yet but a name or a time. Evidence is
good news in a condition, a good word, a flag that is true, a number, a result such as an address, or the time of a
success.
"""

from typing import Any

from penstock.apply.amounts import MAX_DEPTH
from penstock.apply.claims import TELLS_OF_USE, unknown_flag, unknown_word, vouched_by_flag
from penstock.apply.conditions import is_good_news, unclear
from penstock.apply.failure import one_line
from penstock.apply.inner import IDENTITY, WORD_FIELD
from penstock.apply.judge import is_outdated, words_in
from penstock.apply.shape import mappings
from penstock.apply.signs import TIME, is_flag_of_all
from penstock.apply.vocabulary import is_good, plain, tells_of_success
from penstock.cluster import Health
from penstock.model import Tree
from penstock.regex import regex

OF_SUCCESS = regex(r"(?i)succe|complet|sync|applied|loaded|checked|refreshed|schedule|recoverability|backup")
"""Parts of names of fields with the time of something that has been done."""

NONE_OF_THEM = regex(r"(?i)^(total)?(problems|violations|errors|issues|alerts|warnings)(count)?$")
"""Fields with a number of things that are wrong, of which 0 is good news."""

SENTENCE = regex(r"(?i)message|reason|description|detail|note|info$|cause|log$|explanation")
"""Parts of names of fields with sentences, which are evidence only where they tell of success."""


OF_A_CONDITION = ("type", "severity", "category", "kind", "apiVersion", "namespace", "group", "version")
"""Fields that name things."""

ROLES = frozenset(("primary", "secondary", "leader", "follower", "active", "passive", "standby", "replica", "master"))
"""Words for what an object does among others of its kind."""


def doubt(body: Tree, status: Tree) -> Health | None:
    """Return Unknown for an object whose status claims what nobody knows to be good news, else None.

    Such a claim is a condition, a word or a flag. What is not established is not called Healthy.
    """
    if any(WORD_FIELD.search(str(name)) and is_good(plain(str(value))) for name, value in status.items()):
        return None
    listed = [found for found in mappings(status.get("conditions")) if not is_outdated(body, found)]
    found = unclear(listed)
    if found:
        return Health("Unknown", words_in(found, str(found.get("type"))))
    word = _unknown_claim(status, listed)
    if word:
        return Health("Unknown", one_line(word))
    return None if _is_established(status) else _nothing_said(status)


def _unknown_claim(status: Tree, listed: list[Tree]) -> str:
    if vouched_by_flag(status):
        return ""
    # Many flags tell how an object is used, so that any good news vouches for them.
    return unknown_word(status) or ("" if any(map(is_good_news, listed)) else unknown_flag(status))


def _nothing_said(status: Tree) -> Health:
    if status.get("conditions") == []:
        return Health("Progressing", "its controller has not reported yet")
    return Health("Unknown", "nothing in its status tells that it is well")


def _is_established(status: Tree) -> bool:
    """Return whether anything in a status tells that the object is well, or at least what has come of it."""
    has_looked = bool(status.get("conditions", True))
    rest = status if has_looked else {key: value for key, value in status.items() if key != "observedGeneration"}
    return _has_evidence("status", rest, 0)


def _has_evidence(name: str, value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH + 1:
        return False
    if depth == 1 and name.endswith("Ref") and value:
        return True  # what the object has been given
    if isinstance(value, dict):
        return any(_has_evidence(str(key), inner, depth + 1) for key, inner in value.items())
    if isinstance(value, list):
        return any(_is_good_condition(name, inner) or _has_evidence(name, inner, depth + 1) for inner in value)
    return _is_evidence(name, value)


def _is_good_condition(name: str, value: Any) -> bool:
    return name.lower().endswith("conditions") and isinstance(value, dict) and is_good_news(value)


def _is_evidence(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value and (is_flag_of_all(name) or TELLS_OF_USE.search(name) is not None)
    if isinstance(value, str):
        return bool(value) and _is_good_text(name, value)
    return isinstance(value, int | float) and (value > 0 or NONE_OF_THEM.search(name) is not None)


def _is_good_text(name: str, value: str) -> bool:
    if TIME.search(value):
        return OF_SUCCESS.search(name) is not None
    if SENTENCE.search(name):
        return is_good(plain(value)) or tells_of_success(value)
    if WORD_FIELD.search(name):
        return is_good(plain(value)) or plain(value) in ROLES
    return IDENTITY.search(name) is None and name not in OF_A_CONDITION
