"""Numbers in the status of an object that disagree: fewer replicas are ready than there should be, things have failed.

Pure. The rules are those that most controllers' names of fields follow, for kinds of which nothing is known.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.apply.pairs import not_yet_the_same, short_of_the_whole
from penstock.apply.shape import mappings
from penstock.apply.vocabulary import is_good, plain
from penstock.model import Tree

OF_ANOTHER_TIME = re.compile(
    r"last|previous|prior|old|history|desired|target(?!(?-i:s))|requested|expected|^admin", re.IGNORECASE
)
"""A part of the names of fields that do not tell of the present. `targets` are what a controller looks after."""

ATTEMPTS = re.compile(
    r"histor|attempt|retr|run|step|task|stage|event|operation|job|execution|log|action|backup", re.IGNORECASE
)
"""Parts of names of lists of which a later element may have made an earlier one good."""

MAX_DEPTH = 3
"""How many mappings deep words and numbers of parts of the object are looked for."""

FAILURES = re.compile(
    r"^(failed|failing|failure|unhealthy|broken|missing|unresolved|conflicting|invalid|rejected|orphaned|offline|unreachable"
    r"|mismatched|stuck|lost|unsynced|outOfSync|drifted|violating|blocked|corrupt(ed)?|misplaced|underReplicated|quarantined"
    r"|expired|degraded|errored|stale|unrecoverable|unassigned)([A-Z]\w*)?$|^[a-z]\w*(Failed|Failures)$"
    r"|^(problems|issues|alerts|violations|exitCode)$|^(problem|issue|alert|violation|conflict|mismatch)(s|es)?Count$"
    r"|^num(ber)?(Of)?(Problems|Issues|Alerts|Violations|Conflicts|Mismatches)$|^down$|^[a-z]\w*[a-z](?<!scale)(?<!Scale)(?<!cool)(?<!count)Down$"
)
"""Fields of the status with the number, or the list, of things that have failed or are wrong."""

UNDER_WAY = re.compile(r"^(inProgress|pending|pendingReplicas)$|^(unready|notReady|unavailable)([A-Z]\w*)?$")
"""Fields of the status with the number, or the list, of things that are not ready yet."""

THINGS = "replicas|instances|nodes|members|pods|machines|workers|brokers|servers|shards|leaders|followers|hosts|agents"
SIZES = (*THINGS.split("|"), "size")
"""Fields that tell in the status how many there are, and in the spec how many there should be."""

HAVE = re.compile(rf"^(?:(ready)(\w+)|(available|updated|healthy|running)({THINGS}))$", re.IGNORECASE)
HAVE_OF_A_PART = re.compile(rf"^([a-z]\w*?)(?:Ready|Available|Healthy)({THINGS})$", re.IGNORECASE)
"""Fields such as `serverReadyReplicas`, beside which there is `serverReplicas`."""

HAVE_AFTER = re.compile(rf"^({THINGS})(Ready|Available|Healthy|Completed|Running)$")
WHOLE = ("size", "desired", "total", "all", "wanted", "replicas", "instances", "members", "nodes")
"""Fields beside `ready` that tell how many there are or should be."""

PART = re.compile(r"^(\d{1,9})/(\d{1,9})$")

SHARE = re.compile(r"^(progress|percent(age)?|(progress|complet(ed|ion))Percent(age)?|percent(age)?(Completed?|Done))$")
SHARE_OF_ALL, ALL = re.compile(r"^(?!1(?:\.0+)?$)(\d{1,2}|100)(?:\.\d+)?%?$"), 100
"""How much of some work is done, of 100. By 1, all of it may be meant."""


def shortfall(part: Tree, spec: Tree) -> str:
    """Return that fewer things are ready than there are or should be, or "".

    `part` is the status, or the status of a part; `spec` is what should be, and empty for a part.
    """
    found = (
        _short_of_its_kind(str(name), have, (part, spec)) or _part_in_words(name, have) for name, have in part.items()
    )
    short = next(filter(None, found), "")
    short = short or _short_of_the_size(part) or short_of_the_whole(part)
    return short or _fewer_than_wanted(part, spec) or not_yet_the_same(part)


def _short_of_its_kind(name: str, have: Any, trees: Iterable[Tree]) -> str:
    """Return that a field such as `readyReplicas` is less than `replicas`, or ""."""
    what = _things(name)
    if not what or not _is_count(have):
        return ""
    need = max(_counts(trees, _names(what)), default=0)
    return f"{have} of {need} {what} are ready" if have < need else ""


def _part_in_words(name: Any, have: Any) -> str:
    """Return that a text such as `1/3` is not the whole, or ""."""
    found = PART.match(have) if isinstance(have, str) else None
    return f"{name} is {have}" if found and int(found[1]) < int(found[2]) else ""


def not_whole_yet(part: Tree) -> str:
    """Return that a share, such as `progress: 40`, is not the whole yet, or ""."""
    inner = part.get("progress")
    shares = {**part, **inner} if isinstance(inner, dict) else part
    found = ((name, SHARE_OF_ALL.match(str(value))) for name, value in shares.items() if SHARE.search(str(name)))
    return next((f"{name} is {share[0]}" for name, share in found if share and int(share[1]) < ALL), "")


def _short_of_the_size(part: Tree) -> str:
    have = part.get("ready")
    if not isinstance(have, int) or isinstance(have, bool):
        return ""
    need = max(_counts((part,), WHOLE), default=0)
    return f"{have} of {need} are ready" if have < need else ""


def _fewer_than_wanted(status: Tree, spec: Tree) -> str:
    both = (name for name in SIZES if _is_count(status.get(name)) and _is_count(spec.get(name)))
    return next((f"there are {status[name]} of {spec[name]} {name}" for name in both if status[name] < spec[name]), "")


def _counts(trees: Iterable[Tree], names: Iterable[str]) -> Iterator[int]:
    return (tree[name] for tree in trees for name in names if _is_count(tree.get(name)))


def failures(part: Tree) -> str:
    """Return that things have failed, by their number or their names, or ""."""
    return next(_counted(part, FAILURES), "")


def unfinished(part: Tree) -> str:
    """Return that things are not ready yet, by their number or their names, or ""."""
    return next(_counted(part, UNDER_WAY), "")


def _counted(part: Tree, names: re.Pattern[str]) -> Iterator[str]:
    for field, value in part.items():
        name = str(field)[:1].lower() + str(field)[1:]
        many = len(value) if isinstance(value, list | dict) else value
        if names.search(name) and not OF_ANOTHER_TIME.search(name) and isinstance(many, int) and many > 0:
            yield f"{field} is {many}"


def _things(name: str) -> str:
    """Return what a field counts that are ready, such as `replicas` for `readyReplicas`, or ""."""
    found = HAVE.match(name)
    if found:
        counted = found[2] or found[4]
        return counted[0].lower() + counted[1:]
    found = HAVE_AFTER.match(name)
    if found:
        return found[1]
    found = None if OF_ANOTHER_TIME.search(name) else HAVE_OF_A_PART.match(name)
    return f"{found[1]}{found[2]}" if found else ""


def _names(what: str) -> tuple[str, ...]:
    """Return the fields that may tell how many of something there should be."""
    large = what[0].upper() + what[1:]
    return (what, f"desired{large}", f"total{large}", f"{what.removesuffix('s')}Count")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def parts_of(value: Any) -> list[Tree]:
    """Return the mappings that a field holds: itself, the elements of a list, or those of a mapping by name."""
    if isinstance(value, list):
        return mappings(value)
    return [value] if isinstance(value, dict) else []


def short_parts(part: Tree, depth: int = 0) -> Iterator[str]:
    """Yield that fewer things are ready than should be in parts of the status, with the path to each."""
    for name, inner in _present_parts(part) if depth < MAX_DEPTH else ():
        said = shortfall(inner, {}) or unfinished(inner)
        if said:
            yield f"{name}: {said}"
        yield from (f"{name}.{below}" for below in short_parts(inner, depth + 1))


def _present_parts(part: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield the parts that tell of the present, and do not sum themselves up."""
    for name, value in part.items():
        if name != "conditions" and not OF_ANOTHER_TIME.search(str(name)) and not ATTEMPTS.search(str(name)):
            yield from ((str(name), inner) for inner in parts_of(value) if not _says_that_it_is_well(inner))


def is_at_work(status: Tree) -> bool:
    """Return whether a task counts things that are at work, itself or in a part: `active: 1`."""
    parts = (status, *(part for value in status.values() for part in parts_of(value)))
    return any(count > 0 for count in _counts(parts, ("active", "running")))


def _says_that_it_is_well(part: Tree) -> bool:
    """Return whether a part sums itself up, as in `health: Healthy`, so that its numbers need no judgement."""
    return is_good(plain(str(part.get("health", ""))))
