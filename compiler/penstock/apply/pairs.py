"""Pairs of numbers in a status: how many there are of something, and how many there should be. Pure.

Controllers name such fields in many ways: `readyNum` and `totalNum`, `completedReleases` and `desiredReleases`. A name
is taken apart into a word that tells how far the things are, a word that tells of the whole, and the rest, which names
the things.
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.model import Tree
from penstock.records import NamedTuple

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

SO_FAR = frozenset(
    (
        *("ready", "available", "healthy", "updated", "completed", "applied", "synced", "joined", "scheduled"),
        *("current", "deployed", "installed", "bound", "programmed", "configured", "running", "active"),
    )
)
"""Words that tell how far things are."""

ALSO_OF_THE_PAST = frozenset(("running", "active"))
"""Words of which there are fewer once some things have come to their end, so that they need the name of the things."""

CURRENT = "current"

WHOLE = frozenset(("desired", "expected", "total", "matched"))
"""Words that tell how many things there are or should be."""

COUNT = frozenset(("num", "number", "count", "of"))
"""Words that name nothing."""

LIVING = frozenset(("replicas", "nodes", "pods", "instances", "members", "clusters", "machines", "workers", "brokers"))
"""Things that should all be available. Of others, such as addresses, some are taken."""

PAST = frozenset(("last", "previous", "prior", "old", "history"))

MOST = 20
"""How many numbers of the same things are compared with one of the whole."""

SCHEDULED = "desiredNumberScheduled"
OF_NODES = ("numberReady", "numberAvailable", "currentNumberScheduled", "updatedNumberScheduled")
COUNTED_BY_NODE = (SCHEDULED, *OF_NODES)
"""What is counted by node, as a DaemonSet does."""


class Count(NamedTuple):
    """A number in a status, with its name taken apart."""

    name: str
    value: int
    so_far: str
    whole: str
    things: tuple[str, ...]


IS = re.compile(r"^(current|actual|observed|running|installed|deployed)(Version|Image|Revision|Hash|Release)$")
SHOULD_BE = ("desired", "target", "expected")


def not_yet_the_same(part: Tree) -> str:
    """Return that a text such as `currentVersion` differs from `desiredVersion`, or ""."""
    for name, value in part.items():
        found = IS.match(str(name)) if isinstance(value, str) and value else None
        wanted = [part.get(f"{word}{found[2]}") for word in SHOULD_BE] if found else []
        other = next((each for each in wanted if isinstance(each, str) and each and each != value), "")
        if other:
            return f"{name} is {value}, not yet {other}"
    return ""


def short_of_the_whole(part: Tree) -> str:
    """Return that there are fewer of some things than there should be, or ""."""
    counts = list(_counts(part))
    needs = [count for count in counts if count.whole]
    haves = [count for count in counts if not count.whole]
    return _too_few(needs, haves) or _none_yet(needs, haves) or _of_nodes(part)


def _counts(part: Tree) -> Iterator[Count]:
    """Yield the numbers of a status, but for those of the past."""
    numbers = ((str(name), value) for name, value in part.items() if _is_number(value))
    for name, value in numbers:
        words = [word.lower() for word in WORD.findall(name[:100])]
        if PAST.isdisjoint(words) and name not in COUNTED_BY_NODE:
            yield _count(name, value, words)


def _count(name: str, value: int, words: list[str]) -> Count:
    # What is currently available is compared with what should be available.
    so_far = _first(words, SO_FAR - {CURRENT}) or _first(words, SO_FAR)
    whole = _first(words, WHOLE)
    things = tuple(word for word in words if word not in (so_far, whole, CURRENT, *COUNT))
    return Count(name, value, so_far, whole, things)


def _first(words: list[str], known: frozenset[str]) -> str:
    return next((word for word in words if word in known), "")


def _too_few(needs: list[Count], haves: list[Count]) -> str:
    same: dict[tuple[str, ...], list[Count]] = {}
    for have in haves:
        same.setdefault(have.things, []).append(have)
    # What is `currentHealthy` is of the only things of which the status tells how many there should be.
    of_all = same.get((), []) if len(needs) == 1 else []
    pairs = ((have, need) for need in needs for have in (same.get(need.things, ()) or of_all)[:MOST])
    short = (pair for pair in pairs if pair[0].value < pair[1].value and _belong_together(*pair))
    return next((f"{have.name} is {have.value} of {need.value}" for have, need in short), "")


def _belong_together(have: Count, need: Count) -> bool:
    """Return whether two numbers of the same things are of the same kind, so that the one has to reach the other."""
    is_named = bool(have.so_far or have.things)
    return is_named and need.so_far in ("", have.so_far) and _is_comparable(have, need)


def _is_comparable(have: Count, need: Count) -> bool:
    """Return whether the one has to become as many as the other."""
    if have.so_far in ALSO_OF_THE_PAST or not have.so_far:
        return bool(have.things) and need.whole != "total"
    # Of a total of addresses some are taken, and of all tasks some have been done before.
    return need.whole != "total" or have.so_far != "available" or not LIVING.isdisjoint(have.things) or not have.things


def _none_yet(needs: list[Count], haves: list[Count]) -> str:
    """Return that things are wanted of which nothing is counted yet, or "". A number that is 0 is often left out."""
    # Other numbers may tell the same in words that are not known here.
    if any(have.so_far or not have.value for have in haves):
        return ""
    named = {have.things for have in haves}
    missing = (need for need in needs if _is_wanted(need) and need.things not in named)
    return next((f"{need.name} is {need.value}, and none is there" for need in missing), "")


def _is_wanted(need: Count) -> bool:
    return need.whole == "desired" and need.value > 0 and not need.so_far


def _of_nodes(part: Tree) -> str:
    need: Any = part.get(SCHEDULED)
    if not _is_number(need):
        return ""
    short = ((name, part[name]) for name in OF_NODES if _is_number(part.get(name)) and part[name] < need)
    return next((f"{name} is {have} of {need}" for name, have in short), "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
