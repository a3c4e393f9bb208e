"""Words and flags in the fields of a status that tell of parts of an object, of which nothing is known. Pure."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from penstock.apply.amounts import ATTEMPTS, MAX_DEPTH, OF_ANOTHER_TIME, parts_of
from penstock.apply.failure import one_line
from penstock.apply.shape import mappings
from penstock.apply.signs import TIME, container_trouble, is_bad_flag, is_flag, is_unset, newer_failure
from penstock.apply.vocabulary import (
    AT_WORK,
    STEADY,
    clear_meaning,
    complains,
    is_good,
    is_plainly_bad,
    is_switched_off,
    plain,
    tells_of_work,
)
from penstock.cluster import Health, HealthWord
from penstock.model import Tree

WORD_FIELDS = (
    *("phase", "state", "status", "health", "currentState", "overallStatus", "appState", "deploymentStatus"),
    "lifecycleState",
)
"""Fields of the status that often hold one word about the whole object."""

WORD_FIELD = re.compile(
    r"(phase|state|status|statuses|health|result|stage|verdict|outcome|compliant|readiness|condition|progress)(summary|name|text|value)?$",
    re.IGNORECASE,
)

NO_WORD_FIELD = re.compile(
    r"policy|strategy|action|mode$|name|type|kind|key|event|trigger|image|version|path|url|id$|hash", re.IGNORECASE
)
"""Parts of names of fields whose words name things, so that none of them is news."""

WORK_FIELD = re.compile(
    r"^(build|import|export|backup|restore|migration|upgrade|install)[a-z_]*(status|state|phase)$", re.I
)
"""Fields about work that comes to an end, so that it is not done while it is running."""

IDENTITY = re.compile(r"^(name|id|pod|node|host|zone|member|component|branch|environment|cluster)$|Name$")
"""Fields by which an element of a list is a part of the object."""

OF_THE_LAST_TIME = re.compile(
    r"^(last|latest|current)\w*?(Operation|Action|Run|Result|Error|Failure|Phase|State|Status|Reconcil)", re.I
)
ERROR_OF_THE_LAST_TIME = re.compile(r"^(last|latest)(Error|Failure)(s|Message|Reason|Description)?$", re.IGNORECASE)


def broken_members(status: Tree) -> Iterator[Health]:
    """Yield what is plainly broken, or plainly at work, among parts that are listed by name, which are no attempts."""
    for name, word in _words_of_members(status):
        news = _plain_news(word)
        if news:
            yield Health(news, f"status.{name} has one that is {one_line(word)}")


def _words_of_members(status: Tree) -> Iterator[tuple[str, str]]:
    for name, value in status.items():
        if isinstance(value, list) and name != "conditions" and not ATTEMPTS.search(str(name)):
            yield from ((str(name), word) for member in mappings(value) for word in _words(member))


def _words(member: Tree) -> Iterator[str]:
    """Yield the words of an element of a list with a name."""
    if any(IDENTITY.search(str(field)) for field in member):
        yield from (word for field, word in member.items() if isinstance(word, str) and WORD_FIELD.search(str(field)))


def _plain_news(word: str) -> HealthWord | None:
    found = clear_meaning(plain(word))
    return found if found in ("Degraded", "Progressing") else None


def by_inner_words(tree: Tree, at: str, depth: int, with_lists: bool) -> Iterator[Health]:
    """Yield the health that words and flags about parts of the object mean, where these are clear."""
    yield from container_trouble(tree)
    yield from _newer_failures(tree, at) if depth else ()
    for name, value in tree.items():
        if OF_ANOTHER_TIME.search(str(name)) or (depth == 0 and name in WORD_FIELDS and isinstance(value, str)):
            continue
        for part in _parts(name, value, with_lists) if depth < MAX_DEPTH else ():
            yield from by_inner_words(part, f"{at}.{name}", depth + 1, with_lists)
            yield from _by_words_of_parts(str(name), part, at)
        found = _by_inner_field(str(name), value, depth)
        if found == "Progressing" and is_unset(value) and complains(tree.get("reason") or tree.get("message") or ""):
            found = "Degraded"
        if found:
            yield Health(found, f"{at}.{name} is {one_line(str(value))}")


def _by_words_of_parts(name: str, part: Tree, at: str) -> Iterator[Health]:
    """Yield what the words of a mapping mean that has one for each part: `nodeStatus: {worker-1: notready}`."""
    words = {str(key): plain(word) for key, word in part.items() if isinstance(word, str) and " " not in word}
    if len(words) < len(part) or not (WORD_FIELD.search(name) or _are_known(words.values())):
        return
    for key, word in words.items():
        found = None if NO_WORD_FIELD.search(key) or WORD_FIELD.search(key) else clear_meaning(word)
        if found:
            yield Health(found, f"{at}.{name}.{one_line(key)} is {one_line(part[key])}")


def _are_known(words: Collection[str]) -> bool:
    """Return whether each of some words tells how a part is, and one of them that it is well."""
    good = [word for word in words if is_good(word) or word in STEADY]
    return bool(good) and all(clear_meaning(word) for word in words if word not in good)


def _newer_failures(tree: Tree, at: str) -> Iterator[Health]:
    said = newer_failure(tree)
    if said:
        yield Health("Degraded", f"{at}: {said}")


def _parts(name: str, value: Any, with_lists: bool) -> list[Tree]:
    if isinstance(value, dict):
        return [value]
    listed = mappings(value)
    # A few controllers call a list `conditions` whose elements have nothing of conditions.
    return listed if with_lists and (name != "conditions" or not any("type" in each for each in listed)) else []


def _by_inner_field(name: str, value: Any, depth: int) -> HealthWord | None:
    if isinstance(value, str) and WORD_FIELD.search(name):
        return _meaning_in(name, plain(value.partition(":")[0]))
    if is_plainly_bad(value) and not NO_WORD_FIELD.search(name):
        return "Degraded"
    return _by_flag(name, value) if depth else None


def _by_flag(name: str, value: Any) -> HealthWord | None:
    if is_bad_flag(name, value):
        return "Degraded"
    return "Progressing" if is_flag(name) and is_unset(value) else None


def _meaning_in(name: str, word: str) -> HealthWord | None:
    """Return what a plain word means in a field that holds words about a part, or None where it tells nothing."""
    if is_switched_off(word):
        return None
    is_work = tells_of_work(word) or (word in AT_WORK and WORK_FIELD.search(name))
    return clear_meaning(word) or ("Progressing" if is_work else None)


def by_the_last_time(status: Tree) -> Iterator[Health]:
    """Yield what fields such as `lastOperation` tell, which are news where nothing tells of the present."""
    for name, value in status.items():
        if OF_THE_LAST_TIME.search(str(name)):
            yield from _by_news(str(name), value)


def by_the_last_error(status: Tree) -> Iterator[Health]:
    """Yield Unknown for an error of which nobody knows whether it is of the past, beside good news."""
    for name, value in status.items():
        if _is_error_of_the_last_time(str(name), value):
            yield Health("Unknown", f"status.{name} is {one_line(str(value))}")


def _is_error_of_the_last_time(name: str, value: Any) -> bool:
    # When the last failure was does not tell that it has not been mended since.
    return bool(value) and ERROR_OF_THE_LAST_TIME.search(name) is not None and not TIME.search(str(value))


def _by_news(name: str, value: Any) -> Iterator[Health]:
    for part in parts_of(value):
        yield from by_inner_words(part, f"status.{name}", 1, False)
    found = "Degraded" if _is_error_of_the_last_time(name, value) else _by_inner_field(name, value, 1)
    if found:
        yield Health(found, f"status.{name} is {one_line(str(value))}")
