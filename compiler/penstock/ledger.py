"""The results of targets, each with the closure that proves it. They are kept from run to run, and used only where the
closure holds.

A ledger records what one run has found out about one state of the sources. Nothing in it is trusted: the result of a
target is used for other sources only if every look of its closure gives the same there.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import Any, TypeVar

from penstock.closures import EXCLUDED, Answers, Look
from penstock.errors import Unreadable
from penstock.model import Destination, Diagnostic, ResourceId, Target, has_errors
from penstock.plain_findings import as_plain, from_plain
from penstock.records import NamedTuple
from penstock.sources import Files

FORMAT = 5
"""The version of the format that `encode` writes."""


class Settled(NamedTuple):
    """The result of a target: its objects, each with the id of its file, and the findings.

    `closure` are indices into `Ledger.looks`. A target that `is_defined` by another one, such as a Kustomization of
    Flux, depends on more: on everything that discovery has looked at.
    """

    closure: Sequence[int]
    objects: tuple[tuple[ResourceId, str], ...]
    findings: tuple[Diagnostic, ...]
    is_defined: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether no finding is an error."""
        return not has_errors(self.findings)


class Discovered(NamedTuple):
    """The targets of the sources. With `by_definitions`, some of them come from definitions of Flux or Argo CD, and
    were compiled in order to find them.
    """

    closure: Sequence[int]
    targets: tuple[Target, ...]
    findings: tuple[Diagnostic, ...]
    by_definitions: bool
    destinations: Mapping[str, Destination]
    """The branches of environments, as far as the sources name them."""
    named: tuple[str, ...] = ()
    """The environments that are not only derived from the structure of the repository."""
    unlocked: tuple[str, ...] = ()
    """The Applications of which it is not known what they make, each with the namespace of that."""


class Ledger(NamedTuple):
    """All that is known of one state of the sources.

    `branches` has the tree of each environment's branch once all of its targets lie on it. `looks` are those of all
    closures with their results, each once, because targets share most of them.
    """

    looks: Sequence[tuple[Look, str]] = ()
    discovered: Discovered | None = None
    settled: Mapping[Target, Settled] = {}
    branches: Mapping[str, str] = {}


class Scan(NamedTuple):
    """The criteria for files that may hold definitions: the ends of their names, and a test of their content."""

    ends: tuple[str, ...]
    may_define: Callable[[bytes], bool]


FEW = 32
"""The number of unknown targets above which a further ledger is read that may know them."""


class Known:
    """The proven part of what earlier ledgers say about the current sources.

    A further ledger is read only if the ledgers before it do not have the targets, or know too few of them. With
    `exact`, the first ledger is that of the very same sources, and holds as a whole.
    """

    def __init__(self, ledgers: Iterable[Ledger], files: Files, answers: Answers, scan: Scan, *, exact: bool) -> None:
        self._waiting = iter(ledgers)
        self.ledgers: list[Ledger] = []
        self._unknown: set[Target] = set()
        self._files = files
        self._answers = answers
        self._scan = scan
        self._exact = exact
        self._differing: dict[int, frozenset[int]] = {}
        self._holds: dict[int, bool] = {}

    @property
    def exact(self) -> Ledger | None:
        """The ledger of the very same sources, or None."""
        return self._ledger(0) if self._exact else None

    def _ledger(self, number: int) -> Ledger | None:
        """Return the ledger with a number, and read it if necessary; None if there are fewer ledgers."""
        while number >= len(self.ledgers):
            found = next(self._waiting, None)
            if found is None:
                return None
            self.ledgers.append(found)
        return self.ledgers[number]

    def discovered(self) -> tuple[int, Discovered] | None:
        """Return the number of the ledger that has the targets of the sources, and these targets; None if they have to
        be discovered again.
        """
        number = 0
        while (ledger := self._ledger(number)) is not None:
            if ledger.discovered is not None and self._is_same(number, ledger.discovered):
                return number, ledger.discovered
            number += 1
        return None

    def settled(self, target: Target) -> tuple[int, Settled] | None:
        """Return the number of the ledger that knows a target, and the target's result; None if no ledger does."""
        number = 0
        while number < max(len(self.ledgers), 1) or len(self._unknown) > FEW:
            ledger = self._ledger(number)
            if ledger is None:
                break
            found = ledger.settled.get(target)
            if found is not None and self._is_proven(number, found):
                return number, found
            number += 1
        self._unknown.add(target)
        return None

    def looks(self, target: Target) -> list[Look]:
        """Return the looks that were taken for a target; empty if it is not settled."""
        known = self.settled(target)
        return [self.ledgers[known[0]].looks[at][0] for at in known[1].closure] if known else []

    def branch(self, environment: str, numbers: Iterable[int]) -> str:
        """Return the tree of a branch that holds the targets as the ledgers with these numbers have them; empty if
        there is no such tree.
        """
        distinct = set(numbers)
        return self.ledgers[distinct.pop()].branches.get(environment, "") if len(distinct) == 1 else ""

    def _is_proven(self, number: int, settled: Settled) -> bool:
        if self._exact and number == 0:
            return True
        if not settled.is_defined:
            return self._differing_in(number).isdisjoint(settled.closure)
        discovered = self.ledgers[number].discovered
        return discovered is not None and self._is_same(number, discovered)

    def _differing_in(self, number: int) -> frozenset[int]:
        """Return the indices of a ledger's looks whose results have changed."""
        if number not in self._differing:
            self._differing[number] = self._answers.differing_among(self.ledgers[number].looks)
        return self._differing[number]

    def _is_same(self, number: int, discovered: Discovered) -> bool:
        """Return whether discovery would find the same as in a ledger."""
        if number not in self._holds:
            is_exact = self._exact and number == 0
            self._holds[number] = is_exact or self._still_finds(number, discovered)
        return self._holds[number]

    def _still_finds(self, number: int, discovered: Discovered) -> bool:
        looks = self.ledgers[number].looks
        differing = self._differing_in(number).intersection(discovered.closure)
        if any(looks[at][0][0] not in SCANS for at in differing):
            return False
        known = {looks[at][0] for at in discovered.closure} - {looks[at][0] for at in differing}
        paths = (path for path in self._files.walk(".") if path.endswith(self._scan.ends))
        return not any(self._is_new(path, known) for path in paths)

    def _is_new(self, path: str, known: Set[Look]) -> bool:
        """Return whether a file that was not looked at may hold a definition."""
        if ("scan", path) in known or ("read", path) in known or (EXCLUDED, path) in known:
            return False
        try:
            return self._scan.may_define(self._files.read(path) or b"")
        except Unreadable:
            return False


SCANS = ("scan", EXCLUDED)
"""The looks of discovery that may hold although the content of the file has changed."""


def given(ledger: Ledger) -> Iterator[tuple[Look, str]]:
    """Return the looks on which the results of a ledger rest, with their results at its sources. The other looks are
    left over from earlier states.
    """
    for at in _used(ledger):
        if ledger.looks[at][0][0] not in SCANS:
            yield ledger.looks[at]


def _used(ledger: Ledger) -> frozenset[int]:
    """Return the indices of the looks in all closures."""
    closures = [settled.closure for settled in ledger.settled.values()]
    closures += [ledger.discovered.closure] if ledger.discovered is not None else []
    return frozenset[int]().union(*closures)


def excluded(looks: Mapping[Look, Any], paths: Iterable[str], ends: tuple[str, ...]) -> Iterator[Look]:
    """Yield the files that would have been scanned for definitions if penstock.yaml did not exclude them."""
    for path in paths:
        if path.endswith(ends) and ("scan", path) not in looks and ("read", path) not in looks:
            yield EXCLUDED, path


OUTSIDE = -1
"""Replaces the index of a look that is left out."""


class Draft:
    """A ledger under construction. It begins with some looks, which keep their indices."""

    def __init__(self, looks: Sequence[tuple[Look, str]] = ()) -> None:
        self._numbers = {each: number for number, each in enumerate(looks)}
        self._first = looks
        self._ours: dict[int, list[int]] = {}
        self._discovered: Discovered | None = None
        self.settled: dict[Target, Settled] = {}
        self.branches: dict[str, str] = {}

    def number(self, closure: Iterable[tuple[Look, str]]) -> tuple[int, ...]:
        """Return the indices of looks with their results. New looks are added."""
        numbers = self._numbers
        found = []
        for each in closure:
            number = numbers.get(each)
            if number is None and not _is_outside(*each):
                number = numbers[each] = len(numbers)
            if number is not None:
                found.append(number)
        return tuple(found)

    def _renumbered(self, closure: Sequence[int], looks: Sequence[tuple[Look, str]]) -> Sequence[int]:
        """Translate indices of another ledger's looks into those of this one. All looks of the other ledger are taken
        over at once, because most are used.
        """
        if looks is self._first:
            return closure
        ours = self._ours.get(id(looks))
        if ours is None:
            add, numbers = self._numbers.setdefault, self._numbers
            ours = [OUTSIDE if _is_outside(*each) else add(each, len(numbers)) for each in looks]
            self._ours[id(looks)] = ours
        return [number for at in closure if (number := ours[at]) != OUTSIDE]

    def discover(self, discovered: Discovered, looks: Sequence[tuple[Look, str]] = ()) -> None:
        """Record the targets of the sources. The indices of `discovered.closure` refer to `looks`, or to this ledger's
        looks if `looks` is empty.
        """
        if looks:
            discovered = discovered._replace(closure=self._renumbered(discovered.closure, looks))
        self._discovered = discovered

    def settle(self, target: Target, settled: Settled, looks: Sequence[tuple[Look, str]] = ()) -> None:
        """Record the result of a target. The indices of `settled.closure` refer to `looks`, or to this ledger's looks
        if `looks` is empty.
        """
        if looks:
            settled = settled._replace(closure=self._renumbered(settled.closure, looks))
        self.settled[target] = settled

    def finished(self) -> Ledger:
        """Return the ledger. Looks that were taken over from earlier ledgers and that no closure uses are dropped once
        there are many.
        """
        looks = list(self._numbers)
        ledger = Ledger(looks, self._discovered, self.settled, self.branches)
        used = _used(ledger)
        return ledger if len(used) > len(looks) * STILL_USED else _compact(ledger, used)


STILL_USED = 0.8
"""The share of used looks below which the others are dropped from a ledger."""


def _compact(ledger: Ledger, used: Set[int]) -> Ledger:
    """Return a ledger without the looks that no closure uses."""
    numbers = {old: new for new, old in enumerate(sorted(used))}
    discovered = ledger.discovered
    if discovered is not None:
        discovered = discovered._replace(closure=[numbers[at] for at in discovered.closure])
    settled = {
        target: each._replace(closure=[numbers[at] for at in each.closure]) for target, each in ledger.settled.items()
    }
    return Ledger([ledger.looks[old] for old in numbers], discovered, settled, ledger.branches)


def _is_outside(look: Look, given: str) -> bool:
    """Return whether a look leads out of the repository, where a commit has no files."""
    return look[1].startswith("..") and given in ("-", "no", look[1])


# --- as text ----------------------------------------------------------------------------------------------------------


_Item = TypeVar("_Item")


class _Later(Sequence[_Item]):
    """A sequence that is made when somebody asks for its items. A run over the very same sources asks for no look."""

    def __init__(self, make: Callable[[], Sequence[_Item]]) -> None:
        self._make = make

    @cached_property
    def _items(self) -> Sequence[_Item]:
        return self._make()

    def __getitem__(self, at: Any) -> Any:
        return self._items[at]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[_Item]:
        return iter(self._items)


def encode(ledger: Ledger) -> bytes:
    """Return a ledger as three lines of JSON. The looks and the closures are apart, since they are most of the text."""
    found = ledger.discovered
    targets = list(dict.fromkeys((*(found.targets if found else ()), *ledger.settled)))
    number_of = {target: number for number, target in enumerate(targets)}
    content = {
        "format": FORMAT,
        "targets": targets,
        "discovered": found and _discovered(found, number_of),
        "settled": [
            [
                number_of[target],
                settled.objects,
                list(map(as_plain, settled.findings)),
                settled.is_defined,
            ]
            for target, settled in ledger.settled.items()
        ],
        "branches": dict(ledger.branches),
    }
    looks = [(*look, given) for look, given in ledger.looks]
    closures = [list(settled.closure) for settled in ledger.settled.values()]
    return b"\n".join(map(_text, (content, looks, closures)))


def _text(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def _discovered(found: Discovered, number_of: Mapping[Target, int]) -> list[Any]:
    members = [number_of[target] for target in found.targets]
    return [
        list(found.closure),
        members,
        list(map(as_plain, found.findings)),
        found.by_definitions,
        dict(found.destinations),
        found.named,
        found.unlocked,
    ]


def decode(data: bytes) -> Ledger:
    """Parse a ledger. Raises `ValueError` for a text that `encode` has not made."""
    try:
        content, looks, closures = data.split(b"\n")
        return _decoded(json.loads(content), _Later(partial(_looks, looks)), _Later(partial(json.loads, closures)))
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no ledger: {error}") from None


def _looks(data: bytes) -> list[tuple[Look, str]]:
    return [((how, path), given) for how, path, given in json.loads(data)]


def _decoded(content: dict[str, Any], looks: Sequence[tuple[Look, str]], closures: Sequence[Sequence[int]]) -> Ledger:
    if content["format"] != FORMAT:
        raise ValueError("this is a ledger of another version")
    targets = [Target(*fields) for fields in content["targets"]]
    discovered = None
    if content["discovered"] is not None:
        numbers, members, findings, by_definitions, destinations, named, unlocked = content["discovered"]
        discovered = Discovered(
            numbers,
            tuple(targets[number] for number in members),
            tuple(map(from_plain, findings)),
            by_definitions,
            {name: Destination(*fields) for name, fields in destinations.items()},
            tuple(named),
            tuple(unlocked),
        )
    settled = {
        targets[number]: Settled(
            _Later(partial(closures.__getitem__, at)),
            tuple((ResourceId(*identity), blob) for identity, blob in objects),
            tuple(map(from_plain, findings)),
            is_defined,
        )
        for at, (number, objects, findings, is_defined) in enumerate(content["settled"])
    }
    return Ledger(looks, discovered, settled, content["branches"])
