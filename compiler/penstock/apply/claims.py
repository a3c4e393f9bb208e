"""What a status claims in words that are not known as good, for kinds of which nothing is known. Pure.

That an object is well has to be established. A word of which nobody knows whether it is good news does not do that,
unless something that is known vouches for the object: a condition such as `Ready`, a word such as `Running`, a flag.
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.apply.amounts import MAX_DEPTH, OF_ANOTHER_TIME
from penstock.apply.inner import WORD_FIELD
from penstock.apply.shape import mappings
from penstock.apply.signs import is_flag, is_flag_of_all
from penstock.apply.vocabulary import LONGEST_WORD, STEADY, is_good, is_switched_off, plain
from penstock.model import Tree

NEUTRAL = frozenset(
    (
        *("on", "off", "true", "false", "yes", "no", "none", "default", "na", "notapplicable", "unset", "optional"),
        *("passive", "standby", "primary", "secondary", "leader", "follower", "master", "slave", "replica", "backup"),
        *("inuse", "managed", "unmanaged", "removed", "current", "latest", "atlatestknown", "static", "dynamic"),
        *("joined", "manual", "automatic", "auto", "public", "private", "internal", "external", "production"),
    )
)
"""Words that tell how an object is used, not how well it is."""

NUMBERED = ("state", "phase", "status", "health")
"""Fields that hold a word, for which some controllers write a number."""

TELLS_OF_USE = re.compile(r"(exists|present|enabled|supported)$", re.IGNORECASE)
"""The ends of names of flags that tell how an object is used."""

WORD = re.compile(r"^[A-Za-z][A-Za-z _-]*$")


def unknown_word(status: Tree) -> str:
    """Return the first field of the status, and of its parts, that holds a word which is not known as good, or ""."""
    return next(_unknown_words(status, "status", 0), "")


def _unknown_words(part: Tree, at: str, depth: int) -> Iterator[str]:
    for name, value in part.items():
        if OF_ANOTHER_TIME.search(str(name)) or name == "conditions":
            continue
        if _is_unknown_word(str(name), value):
            yield f"{at}.{name} is {value}"
        for inner in _parts(value) if depth < MAX_DEPTH else ():
            yield from _unknown_words(inner, f"{at}.{name}", depth + 1)


def _parts(value: Any) -> list[Tree]:
    return [value] if isinstance(value, dict) else mappings(value)


def _is_unknown_word(name: str, value: Any) -> bool:
    if name in NUMBERED and type(value) is int:
        return True  # only the controller knows what `state: 2` means
    if not isinstance(value, str) or not WORD_FIELD.search(name) or len(value) > LONGEST_WORD or not WORD.match(value):
        return False
    word = plain(value)
    return not (is_good(word) or word in NEUTRAL or word in STEADY or is_switched_off(word))


def unknown_flag(status: Tree) -> str:
    """Return a flag at the top of the status of which nobody knows whether it should be true, or ""."""
    flags = (
        f"status.{name} is {str(value).lower()}" for name, value in status.items() if _is_unknown_flag(name, value)
    )
    return next(flags, "")


def _is_unknown_flag(name: str, value: Any) -> bool:
    is_claim = isinstance(value, bool) and not is_flag(name) and not OF_ANOTHER_TIME.search(str(name))
    return is_claim and not TELLS_OF_USE.search(str(name)) and plain(str(name).removeprefix("is")) not in NEUTRAL


def vouched_by_flag(status: Tree) -> bool:
    """Return whether a flag such as `ready: true` says that the object is well."""
    return any(value is True and is_flag_of_all(name) for name, value in status.items())
