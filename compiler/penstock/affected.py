"""Which targets a change of the sources reaches, and by which way: file → base → component → overlay.

A target is not affected if all looks of its closure give the same before and after. So a file that comes, goes or is
renamed counts for every target that has read it, or has looked for it and not found it.
"""

import posixpath
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Literal

from penstock.closures import Answers
from penstock.incremental import Incremental, known_of
from penstock.ledger import Known, Settled
from penstock.model import Diagnostic, Files, Target, Unreadable
from penstock.parse.project import FILE_NAMES, PROJECT_FILE, Project
from penstock.parse.uninstalled import CHART_FILE, chart_of
from penstock.parse.usage import Usage, named_by, read_usage
from penstock.records import NamedTuple

MANY = 50
"""So many targets are compiled to know their closures without asking first which of them the change can reach."""


LOCK = "penstock.lock"
"""What decides on remote bases, for every target."""


Change = Literal["changed", "added", "removed"]


class Reason(NamedTuple):
    """An input that differs, and the way from it to the target: directories, the one that has the file first."""

    path: str
    change: Change
    chain: tuple[str, ...]


class Affected(NamedTuple):
    """A target that a change reaches. One that comes or goes has nothing to be compared with, and no reasons."""

    target: Target
    state: Change
    reasons: tuple[Reason, ...] = ()
    before: Target | None = None
    """The target as it was, where that was found in another way."""


class Comparison(NamedTuple):
    """The targets that a change reaches, how many it does not reach, and what is to say about finding the targets."""

    affected: tuple[Affected, ...]
    unaffected: tuple[Target, ...]
    findings: tuple[Diagnostic, ...]
    earlier: tuple[Target, ...]
    """The targets that there were before."""
    unread: tuple[str, ...] = ()
    """The files that differ and that no target reads, where `unread` was asked for them."""


class Side(NamedTuple):
    """One state of the sources. `listing` gives the id of each file by path; None where a path may lead elsewhere."""

    run: Incremental
    files: Files
    answers: Answers
    listing: Callable[[], Mapping[str, str] | None]


def compare(before: Side, after: Side) -> Comparison:
    """Which targets differ between two states of the sources."""
    found, findings = after.run.everything()
    earlier = known_of([after.run.whole_ledger()], before.files, before.answers, exact=False)
    is_same = earlier.discovered() is not None
    was = found if is_same else before.run.everything()[0]
    proven = _proven(found, before, after, earlier, is_same=is_same)
    places = {place_of(target): target for target in was}
    bases = _Bases(before.run.project), _Bases(after.run.project)
    affected: list[Affected] = []
    unaffected: list[Target] = []
    for target in found:
        old = places.pop(place_of(target), None)
        if old is None:
            state: Affected | None = Affected(target, "added")
        else:
            state = None if target in proven else _changed(old, target, (before, after), bases)
        if state is None:
            unaffected.append(target)
        else:
            affected.append(state)
    affected += (Affected(target, "removed") for target in places.values())
    return Comparison(tuple(affected), tuple(unaffected), tuple(findings), tuple(was))


def _proven(targets: Sequence[Target], before: Side, after: Side, earlier: Known, *, is_same: bool) -> Set[Target]:
    """The targets that come to the same before and after, by all that they look at. What is not known of them is found
    out, where the change may reach them at all.
    """
    open_ones = [target for target in targets if after.run.result(target) is None]
    untouched = _untouched(open_ones, before, after) if is_same else frozenset()
    for target in open_ones:
        if target not in untouched:
            after.run.compile(target)
    if open_ones:
        earlier = known_of([after.run.whole_ledger()], before.files, before.answers, exact=False)
    return untouched | {target for target in targets if earlier.settled(target) is not None}


def _changed(old: Target, new: Target, sides: tuple[Side, Side], bases: "tuple[_Bases, _Bases]") -> Affected | None:
    """What reaches a target of which no proof is known; None where it comes to the same all the same."""
    before, after = sides
    ways = _Ways(bases[0], old.path), _Ways(bases[1], new.path)
    reasons = tuple(_reasons(old, new, sides, ways))
    was, now = before.run.made(old), after.run.made(new)
    if not reasons and _is_equal(was, now):
        return None
    if {reason.path for reason in reasons} == {LOCK} and _has_equal_objects(was, now):
        return None  # the lock file has changed for others
    return Affected(new, "changed", reasons, old)


def place_of(target: Target) -> tuple[str, str, str]:
    """What makes a target the same one in two states of the sources. One that was fetched has another path in each
    version.
    """
    path = "" if target.path.startswith("//") else target.path
    return target.environment, path, target.folder


def _is_equal(old: Settled | None, new: Settled | None) -> bool:
    """Whether a target that definitions make comes to the same, though discovery has looked at something else."""
    return new is not None and new.is_defined and _has_equal_objects(old, new)


def _has_equal_objects(old: Settled | None, new: Settled | None) -> bool:
    return old is not None and new is not None and old.objects == new.objects


def _untouched(targets: Sequence[Target], before: Side, after: Side) -> Set[Target]:
    """Those that the change cannot reach, whatever they read: no file has changed in any directory that they use.

    Files of a kustomization lie below its directory. Where that need not be so, nothing is said: with files from
    anywhere, symbolic links, charts, or definitions that decide what is built.
    """
    project = after.run.project
    if len(targets) <= MANY or project.made or not _are_files_below(before, after):
        return frozenset()
    changed = changed_paths(before, after)
    if changed & {PROJECT_FILE, LOCK}:
        return frozenset()
    usage = read_usage(project)
    suspects = _tops(usage, changed) | {directory for directory in usage.uses if _has_charts(project, directory)}
    return {target for target in targets if not target.anywhere and suspects.isdisjoint(usage.reach(target.path))}


def _are_files_below(before: Side, after: Side) -> bool:
    """Whether all files of a kustomization lie below its directory, on both sides."""
    return before.listing() is not None and after.listing() is not None and not after.run.is_anywhere


def _has_charts(project: Project, directory: str) -> bool:
    kustomization, _ = project.kustomization(directory)
    return kustomization is not None and any(field.startswith("helm") for field in kustomization.fields)


def _tops(usage: Usage, changed: Set[str]) -> set[str]:
    """The directories with a kustomization that a changed file lies in or below."""
    found: set[str] = set()
    for path in changed:
        directory = path
        while directory:
            directory = directory.rpartition("/")[0]
            found.add(directory or ".")
    return found & usage.uses.keys()


def unread(found: Comparison, before: Side, after: Side) -> tuple[str, ...]:
    """The files that differ and that no target reads, before or after; none where links may lead to them."""
    if before.listing() is None or after.listing() is None:
        return ()
    read = {PROJECT_FILE, LOCK}
    for each in found.affected:
        read |= {reason.path for reason in each.reasons}
        if not each.reasons:  # it comes, goes, or is told by what definitions come to
            run = before.run if each.state == "removed" else after.run
            read |= {path for how, path in run.looks(each.target) if how == "read"}
    changed = changed_paths(before, after) - read
    discovered = {path for how, path in (*before.run.project.discovery, *after.run.project.discovery) if how == "read"}
    return tuple(sorted(changed - (discovered - _of_charts(changed, before, after))))


def _of_charts(paths: Iterable[str], before: Side, after: Side) -> set[str]:
    """Those of some files that are nothing without the chart that they are parts of. That targets are looked for there,
    too, makes them no part of one: only a chart that is rendered counts.
    """
    templates = chart_of({**(before.listing() or {}), **(after.listing() or {})})
    written = {path: after.files.read(path) or before.files.read(path) or b"" for path in paths if path in templates}
    unrendered = {path for path, data in written.items() if b"{{" in data}
    return unrendered | {path for path in paths if posixpath.basename(path) == CHART_FILE}


def changed_paths(before: Side, after: Side) -> set[str]:
    """The files that came, changed or went."""
    old, new = before.listing() or {}, after.listing() or {}
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


def _reasons(old: Target, new: Target, sides: tuple[Side, Side], ways: "tuple[_Ways, _Ways]") -> Iterable[Reason]:
    """The inputs of a target that differ, each with its way."""
    before, after = sides
    before.run.made(old)
    looks = dict.fromkeys((*after.run.looks(new), *before.run.looks(old)))
    paths = [path for how, path in looks if how == "read"]
    given = [(path, before.answers.give(("read", path)), after.answers.give(("read", path))) for path in paths]
    for path, was, now in given:
        if was != now:
            chains = (way.to(path) for way in (ways if now == "-" else ways[::-1]))
            yield Reason(path, _change(was, now), next(filter(None, chains), (new.path,)))


def _change(was: str, now: str) -> Change:
    if was == "-":
        return "added"
    return "removed" if now == "-" else "changed"


class _Bases:
    """The directories with a kustomization that each directory of a state names; each is read once for all targets."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._of: dict[str, tuple[str, ...]] = {}
        self._is: dict[str, bool] = {}

    def of(self, directory: str) -> tuple[str, ...]:
        if directory not in self._of:
            kustomization, _ = self._project.kustomization(directory)
            named = named_by(kustomization.fields, directory) if kustomization is not None else ()
            self._of[directory] = tuple(filter(self._has_kustomization, sorted(named)))
        return self._of[directory]

    def _has_kustomization(self, directory: str) -> bool:
        if directory not in self._is:
            names = (f"{directory}/{name}" for name in FILE_NAMES)
            self._is[directory] = any(map(self._is_file, names))
        return self._is[directory]

    def _is_file(self, name: str) -> bool:
        try:
            return self._project.files.read(name) is not None
        except Unreadable:  # which a build says
            return True


class _Ways:
    """The directories that a target uses, each with the one that names it."""

    def __init__(self, bases: _Bases, target: str) -> None:
        self._bases = bases
        self._target = target

    @cached_property
    def _users(self) -> dict[str, str]:
        users = {self._target: ""}
        waiting = deque(users)
        while waiting:
            directory = waiting.popleft()
            for named in self._bases.of(directory):
                if named not in users:
                    users[named] = directory
                    waiting.append(named)
        return users

    def to(self, path: str) -> tuple[str, ...]:
        """The directories from the one that a file lies in to the target; empty where none of them has the file."""
        directory = path.rpartition("/")[0] or "."
        while directory not in self._users:
            if directory == ".":
                return ()
            directory = directory.rpartition("/")[0] or "."
        chain = [directory]
        while user := self._users[chain[-1]]:
            chain.append(user)
        return tuple(chain)
