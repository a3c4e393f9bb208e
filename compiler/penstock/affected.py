"""The targets that a change of the sources reaches, and the way it takes: file → base → component → overlay.

A target is unaffected if all looks of its closure give the same before and after. So a file that is added, removed or
renamed counts for every target that has read it, or that has looked for it in vain.
"""

import posixpath
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Literal

from penstock.closures import Answers
from penstock.definitions.scan import is_definition
from penstock.incremental import Incremental, known_of
from penstock.ledger import Known, Settled
from penstock.model import Diagnostic, Made, Target, Unreadable, has_errors
from penstock.parse.project import FILE_NAMES, PROJECT_FILE, Project
from penstock.parse.uninstalled import CHART_FILE, chart_of
from penstock.parse.usage import Usage, named_by, read_usage
from penstock.records import NamedTuple
from penstock.sources import Files

MANY = 50
"""Up to this number, targets are compiled to get their closures without first asking which of them the change can
reach.
"""


PROJECT = "AppProject"
"""The kind of a definition that decides about others."""

LOCK = "penstock.lock"
"""The file that decides on remote bases, for every target."""


Change = Literal["changed", "added", "removed"]


class Reason(NamedTuple):
    """An input that differs, and the directories through which it reaches the target, beginning with the one that has
    the file.
    """

    path: str
    change: Change
    chain: tuple[str, ...]


class Affected(NamedTuple):
    """A target that a change reaches. If it is added or removed, there is nothing to compare it with, and it has no
    reasons.
    """

    target: Target
    state: Change
    reasons: tuple[Reason, ...] = ()
    before: Target | None = None
    """The target as it was, if it was found in another way."""


class Comparison(NamedTuple):
    """The targets that a change reaches, those that it does not reach, and the findings of discovery."""

    affected: tuple[Affected, ...]
    unaffected: tuple[Target, ...]
    findings: tuple[Diagnostic, ...]
    earlier: tuple[Target, ...]
    """The targets before the change."""
    unread: tuple[str, ...] = ()
    """The files that differ and that no target reads. It is set only if `unread` was called."""


class Side(NamedTuple):
    """One state of the sources. `listing` returns the id of each file by path, or None if symbolic links make that
    unreliable.
    """

    run: Incremental
    files: Files
    answers: Answers
    listing: Callable[[], Mapping[str, str] | None]


def _compile_few(targets: Sequence[Target], after: Side) -> None:
    """Compile the targets of which nothing is known, if they are few: they are then part of the ledger by which the
    state before is proven, and no second one is needed.
    """
    unknown = [target for target in targets if after.run.result(target) is None]
    if len(unknown) <= MANY:
        for target in unknown:
            after.run.compile(target)


def compare(before: Side, after: Side) -> Comparison:
    """Return which targets differ between two states of the sources."""
    found, findings = after.run.everything()
    was, proven = (_by_closures if after.run.is_kept else _anew)(found, before, after)
    places = {place_of(target): target for target in was}
    bases = _Bases(before.run.project), _Bases(after.run.project)
    hidden = _Hidden(before, after)
    affected: list[Affected] = []
    unaffected: list[Target] = []
    for target in found:
        old = places.pop(place_of(target), None)
        if old is None:
            state: Affected | None = Affected(target, "added")
        else:
            state = None if target in proven else _changed(old, target, (before, after), bases)
            state = state or hidden.change_of(old, target)
        if state is None:
            unaffected.append(target)
        else:
            affected.append(state)
    affected += (Affected(target, "removed") for target in places.values())
    return Comparison(tuple(affected), tuple(unaffected), tuple(findings), tuple(was))


def _anew(found: Sequence[Target], before: Side, after: Side) -> tuple[Sequence[Target], Set[Target]]:
    """Return the targets before, and those that are proven to have the same result, where nothing is known from earlier
    runs and nothing is kept for later ones. So nothing is printed that both states have.
    """
    is_same = not after.run.is_passing and _known_before(before, after).discovered() is not None
    was = found if is_same else before.run.everything()[0]
    old, new = before.run.project.made, after.run.project.made
    proven = {each for each in found if each in old and each in new and _is_shared(old[each], new[each])}
    others = [each for each in found if each not in new]
    proven |= _untouched(others, before, after) if is_same else frozenset()
    return was, proven | {each for each in others if each in proven or _rests_on_the_same(each, before, after)}


def _is_shared(old: Made, new: Made) -> bool:
    """Return whether one state has taken over from the other what a definition comes to, since all that it rests on is
    the same.
    """
    is_sound = not has_errors(new.diagnostics)
    return is_sound and old.resources is new.resources and old.read is new.read and old.diagnostics == new.diagnostics


def _rests_on_the_same(target: Target, before: Side, after: Side) -> bool:
    """Return whether all looks that building a target takes give the same in both states. A target with errors is never
    said to.
    """
    looks = after.run.build(target)
    return looks is not None and all(before.answers.give(look) == after.answers.give(look) for look in looks)


def _known_before(before: Side, after: Side) -> Known:
    """Return what the state after says about the state before."""
    ledger = after.run.whole_ledger()
    after.answers.settle(ledger.looks)
    return known_of([ledger], before.files, before.answers, exact=False)


def _by_closures(found: Sequence[Target], before: Side, after: Side) -> tuple[Sequence[Target], Set[Target]]:
    """Return the targets before, and those that are proven to have the same result by all that they have looked at."""
    if after.run.goes_on_from(before.run, found):
        return before.run.everything()[0], {target for target in found if after.run.has_from(before.run, target)}
    _compile_few(found, after)
    earlier = _known_before(before, after)
    is_same = earlier.discovered() is not None
    was = found if is_same else before.run.everything()[0]
    return was, _proven(found, before, after, earlier, is_same=is_same)


class _Hidden:
    """Changes of files that a target would read if it were compiled: those below the directory of one that is not, such
    as an Application that a plugin of Argo CD makes. What it comes to is not known, before and after.
    """

    def __init__(self, before: Side, after: Side) -> None:
        self._before = before
        self._after = after

    @cached_property
    def _changed(self) -> list[str]:
        return sorted(changed_paths(self._before, self._after))

    def change_of(self, old: Target, new: Target) -> Affected | None:
        """Return the change of a target that is not compiled, or None."""
        result = self._after.run.result(new)
        if result is None or result.is_sound or result.objects or new.path.startswith((".", "/")):
            return None
        below = [path for path in self._changed if path.startswith(f"{new.path}/")]
        if not below:
            return None
        self._before.run.everything()  # a target that a definition makes is compiled as such
        return Affected(new, "changed", tuple(Reason(path, self._how(path), (new.path,)) for path in below), old)

    def _how(self, path: str) -> Change:
        return _change(*(side.answers.give(("read", path)) for side in (self._before, self._after)))


def _proven(targets: Sequence[Target], before: Side, after: Side, earlier: Known, *, is_same: bool) -> Set[Target]:
    """Return the targets that are proven to have the same result before and after. A target without a known result is
    compiled, if the change may reach it at all.
    """
    open_ones = [target for target in targets if after.run.result(target) is None]
    untouched = _untouched(open_ones, before, after) if is_same else frozenset()
    for target in open_ones:
        if target not in untouched:
            after.run.compile(target)
    if open_ones:
        earlier = _known_before(before, after)
    return untouched | {target for target in targets if earlier.settled(target) is not None}


def _changed(old: Target, new: Target, sides: tuple[Side, Side], bases: "tuple[_Bases, _Bases]") -> Affected | None:
    """Return what reaches a target without a proof; None if its result is the same nevertheless."""
    before, after = sides
    ways = _Ways(bases[0], old.path), _Ways(bases[1], new.path)
    reasons = tuple(_reasons(old, new, sides, ways))
    was, now = before.run.made(old), after.run.made(new)
    if not reasons and (_is_equal(was, now) or _fails_alike(was, now)):
        return None
    if {reason.path for reason in reasons} == {LOCK} and _has_equal_objects(was, now):
        return None  # the lock file has changed for others
    return Affected(new, "changed", reasons, old)


def place_of(target: Target) -> tuple[str, str, str]:
    """Return the key by which a target is recognized in two states of the sources. The path of a fetched target is left
    out, because it changes with the version.
    """
    path = "" if target.path.startswith("//") else target.path
    return target.environment, path, target.folder


def _is_equal(old: Settled | None, new: Settled | None) -> bool:
    """Return whether a target of a definition has the same result, although discovery has looked at something else."""
    return new is not None and new.is_defined and _has_equal_objects(old, new)


def _fails_alike(old: Settled | None, new: Settled | None) -> bool:
    """Return whether a target fails in the same way, although what was looked at for a hint may differ."""
    if old is None or new is None or new.is_sound:
        return False
    return old.objects == new.objects and _errors(old) == _errors(new)


def _errors(settled: Settled) -> list[Diagnostic]:
    return [each._replace(hint="", notes=()) for each in settled.findings if each.severity == "error"]


def _has_equal_objects(old: Settled | None, new: Settled | None) -> bool:
    """Return whether two results are proven to have the same objects. A Secret in clear text gets no file, so nobody
    knows whether it is the same.
    """
    if old is None or new is None or old.objects != new.objects:
        return False
    return all(content for _, content in new.objects)


def _untouched(targets: Sequence[Target], before: Side, after: Side) -> Set[Target]:
    """Return the targets that the change cannot reach, because no file has changed in any directory that they use.

    This relies on the files of a kustomization lying below its directory. Where that is not certain, the result is
    empty: with files from anywhere, symbolic links, or definitions that decide what is built. Targets with charts are
    left out.
    """
    project = after.run.project
    if len(targets) <= MANY or project.made or not are_files_below(before, after):
        return frozenset()
    changed = changed_paths(before, after)
    # These decide about all targets.
    if changed & {PROJECT_FILE, LOCK}:
        return frozenset()
    usage = read_usage(project)
    suspects = _tops(usage, changed) | {directory for directory in usage.uses if _has_charts(project, directory)}
    return {target for target in targets if not target.anywhere and suspects.isdisjoint(usage.reach(target.path))}


def are_files_below(before: Side, after: Side) -> bool:
    """Return whether all files of a kustomization lie below its directory, on both sides."""
    return before.listing() is not None and after.listing() is not None and not after.run.is_anywhere


def _has_charts(project: Project, directory: str) -> bool:
    kustomization, _ = project.kustomization(directory)
    return kustomization is not None and any(field.startswith("helm") for field in kustomization.fields)


def _tops(usage: Usage, changed: Set[str]) -> set[str]:
    """Return the directories with a kustomization in or below which a changed file lies."""
    found: set[str] = set()
    for path in changed:
        directory = path
        while directory:
            directory = directory.rpartition("/")[0]
            found.add(directory or ".")
    return found & usage.uses.keys()


def unread(found: Comparison, before: Side, after: Side) -> tuple[str, ...]:
    """Return the files that differ and that no target reads, before or after, by whatever symbolic links."""
    read = {PROJECT_FILE, LOCK}
    for each in found.affected:
        read |= {reason.path for reason in each.reasons}
        if not each.reasons:  # it was added or removed, or definitions make it
            read |= _read_by(each, before, after)
    sides = before, after
    changed = _differing(_listed(before), _listed(after)) - _followed(read, sides)
    discovered = _followed(before.run.discovered_files() | after.run.discovered_files(), sides)
    idle = _idle(changed & discovered, found, sides) | _of_charts(changed, before, after)
    return tuple(sorted(changed - (discovered - idle)))


def _listed(side: Side) -> Mapping[str, str]:
    """Return the id of each file by path, without symbolic links."""
    listing = side.listing()
    if listing is not None:
        return listing
    paths = (path for path in side.files.walk(".") if side.files.real(path) == path)
    return {path: side.answers.give(("read", path)) for path in paths}


def _followed(paths: Set[str], sides: tuple[Side, Side]) -> Set[str]:
    """Return the paths with those to which symbolic links lead from them."""
    linked = [side for side in sides if side.listing() is None]
    return paths | {side.files.real(path) for side in linked for path in paths}


def _idle(paths: Iterable[str], found: Comparison, sides: tuple[Side, Side]) -> set[str]:
    """Return the files of which nothing comes although discovery reads them: kustomizations, and definitions that make
    no target, such as an Application whose chart is not locked. That one makes a target is said there (`why`).
    """
    targets = (*found.earlier, *found.unaffected, *(each.target for each in found.affected))
    reasons = "\n".join(target.why for target in targets)
    return {path for path in paths if _is_kustomization(path) or (path not in reasons and _only_defines(path, sides))}


def _is_kustomization(path: str) -> bool:
    return posixpath.basename(path) in FILE_NAMES


def _only_defines(path: str, sides: tuple[Side, Side]) -> bool:
    """Return whether a file holds nothing but definitions of what is to be built."""
    documents = [each for side in sides for each in side.run.project.resources(path)[0] or ()]
    return bool(documents) and all(is_definition(each.body) and each.body["kind"] != PROJECT for each in documents)


def _read_by(found: Affected, before: Side, after: Side) -> set[str]:
    """Return the files that a target reads, before and after. One that was removed is compiled if nothing is known."""
    read: set[str] = set()
    is_removed = found.state == "removed"
    old, new = (found.target, None) if is_removed else (found.before, found.target)
    for run, target in ((before.run, old), (after.run, new)):
        if target is not None:
            run.made(target)
            read |= {path for how, path in run.looks(target) if how == "read"}
    return read


def _of_charts(paths: Iterable[str], before: Side, after: Side) -> set[str]:
    """Return the files that matter only as parts of a chart.

    Discovery reads them, too, but that makes them no part of a target: only a chart that is rendered counts.
    """
    templates = chart_of({**_listed(before), **_listed(after)})
    written = {path: after.files.read(path) or before.files.read(path) or b"" for path in paths if path in templates}
    unrendered = {path for path, data in written.items() if b"{{" in data}
    return unrendered | {path for path in paths if posixpath.basename(path) == CHART_FILE}


def changed_paths(before: Side, after: Side) -> set[str]:
    """Return the files that were added, changed or removed."""
    return _differing(before.listing() or {}, after.listing() or {})


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


def _reasons(old: Target, new: Target, sides: tuple[Side, Side], ways: "tuple[_Ways, _Ways]") -> Iterable[Reason]:
    """Yield the inputs of a target that differ, each with the directories through which it reaches the target."""
    before, after = sides
    before.run.made(old)
    after.run.made(new)
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
    """The directories with a kustomization that each directory of a state names. Each kustomization is read once for
    all targets.
    """

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
        except Unreadable:  # a build reports this
            return True


class _Ways:
    """The directories that a target uses, each with the directory that names it."""

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
        """Return the directories from that of a file up to the target; empty if no directory of the target contains the
        file.
        """
        directory = path.rpartition("/")[0] or "."
        while directory not in self._users:
            if directory == ".":
                return ()
            directory = directory.rpartition("/")[0] or "."
        chain = [directory]
        while user := self._users[chain[-1]]:
            chain.append(user)
        return tuple(chain)
