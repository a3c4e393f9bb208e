"""Compare two sides, environment by environment, and join equal changes: this is what a report of differences shows.

A side is a state of the sources (`affected.Side`), of which only the targets that the change reaches are compiled, or a
lot of objects that were read from somewhere.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain

from penstock.affected import Affected, Comparison, Side
from penstock.changed_lines import ChangedLines
from penstock.changes import Change, Compared, Difference, Element, EnvironmentChange, Failure, Group, Image
from penstock.cluster import Change as Planned
from penstock.cluster import Plan
from penstock.compare.groups import grouped, grouped_images
from penstock.compare.live import place_in, sides
from penstock.compare.objects import Lots, Way, compare, compare_each
from penstock.model import Diagnostic, Origin, Pos, Resource, ResourceId, Target
from penstock.records import NamedTuple
from penstock.resolve.merging.merge_keys import BUILTIN
from penstock.tree import origin_of

NO_ENVIRONMENT = "no environment yet"

Place = Callable[[Origin | Pos], Pos]
PlaceIn = Callable[[Resource, Origin], Pos]
"""Returns the place of a field of an object."""


class Lot(NamedTuple):
    """The objects of one side, the targets whose objects are not known, and the places where fields are written."""

    name: str
    resources: Sequence[Resource]
    failures: Sequence[Failure]
    place: Place
    environment: str = ""
    is_whole: bool = False
    """Whether these are all objects of the environment."""


def way_of(secret_key: bytes, *, across: bool = False) -> Way:
    """Return how objects are compared: their lists by the keys by which Kubernetes merges them."""
    return Way(lambda version, kind: BUILTIN.get((version, kind)), secret_key, across)


def between_lots(before: Lot, after: Lot, environment: str, way: Way) -> Difference:
    """Return the differences between two lots of objects, as those of one environment."""
    found = compare(before.resources, after.resources, way)
    failures = (*before.failures, *after.failures)
    changes = _located({environment: found.changes}, _places_in_sources(_of_any(before.place), _of_any(after.place)))
    state = _environment(environment, found, is_failed=bool(failures))
    images = grouped_images({environment: found.changes})
    return Difference(before.name, after.name, (state,), changes, images, failures, found.hidden)


class Wanted(NamedTuple):
    """The objects that a cluster is to have, by their ids in the cluster, and the places where their fields are
    written.
    """

    name: str
    resources: Mapping[ResourceId, Resource]
    place: Place


SAME_VALUES = "that it becomes managed by penstock, with the same values,"


def with_cluster(plan: Plan, wanted: Wanted, failures: Mapping[ResourceId, Failure], way: Way) -> Difference:
    """Return what a plan would change in a cluster, as the differences of one environment. Objects with a failure are
    left out.
    """
    pairs = [sides(each) for each in _looked_at(plan, failures)]
    found = compare([old for old, _ in pairs if old], [new for _, new in pairs if new], way)
    same = sum(each.action == "update" for each in _looked_at(plan, failures))
    same -= sum(each.action == "changed" for each in found.changes)
    changes = _located({wanted.name: found.changes}, lambda change: _places_in_cluster(change, wanted))
    state = _environment(wanted.name, found, is_failed=bool(failures))
    images = grouped_images({wanted.name: found.changes})
    hidden = {SAME_VALUES: same} if same else {}
    return Difference("the cluster", wanted.name, (state,), changes, images, (*failures.values(),), hidden)


def _looked_at(plan: Plan, failures: Collection[ResourceId]) -> list[Planned]:
    planned = [change for wave in plan.waves for change in wave] + [*plan.prune]
    return [change for change in planned if change.id not in failures]


def in_cluster(change: Planned, way: Way) -> Change | None:
    """Return what one change of a plan does to an object, or None where no value of it differs."""
    old, new = sides(change)
    found = compare([old] if old else [], [new] if new else [], way).changes
    return found[0] if found else None


def _places_in_cluster(change: Change, wanted: Wanted) -> tuple[Pos, ...]:
    """Return the places where those fields are written that a sync would change. For a field that goes away, this is
    the place of its object; an object that is pruned is written nowhere.
    """
    resource = wanted.resources.get(change.id)
    if resource is None:
        return tuple(Pos("") for _ in change.fields)
    if change.after is None or change.action != "changed":
        return (wanted.place(resource.origin),)
    places = []
    for field in change.fields:
        at = place_in(resource.body, change.after.body, field.pointer)
        places.append(wanted.place(origin_of(resource, at) if at else resource.origin))
    return tuple(places)


def _by_environment(affected: Iterable[Affected]) -> dict[str, list[Affected]]:
    members: dict[str, list[Affected]] = {}
    for each in affected:
        members.setdefault(each.target.environment or NO_ENVIRONMENT, []).append(each)
    return members


def between_sides(names: tuple[str, str], before: Side, after: Side, comparison: Comparison, way: Way) -> Difference:
    """Return the differences between two states of the sources. `comparison` says which targets the change reaches."""
    members = _by_environment(comparison.affected)
    untouched = {target.environment or NO_ENVIRONMENT for target in comparison.unaffected}
    states: list[EnvironmentChange] = []
    failures: list[Failure] = []
    changes: dict[str, tuple[Change, ...]] = {}
    hidden: Counter[str] = Counter()
    lines = ChangedLines(before, after), ChangedLines(after, before)
    for name in sorted(members.keys() | untouched):
        found, failed = _environment_compared(members.get(name, ()), before, after, way, lines)
        failures += failed
        changes[name] = found.changes
        hidden.update(found.hidden)
        state = _environment(name, found, is_failed=bool(failed))
        # An environment is new or gone as a whole only if that is so for each of its targets.
        if name not in untouched and not failed:
            state = _as_a_whole(state, {each.state for each in members.get(name, ())})
        states.append(state._replace(why=_why(members.get(name, ()))))
    return Difference(
        *names,
        tuple(states),
        _located(changes, _places_in_sources(lines[0].place, lines[1].place)),
        grouped_images(changes),
        tuple(dict.fromkeys(failures)),
        hidden,
        len(comparison.affected) + len(comparison.unaffected),
        len(comparison.unaffected),
        tuple(target.name or target.path for target in comparison.unaffected if _is_broken(after, target)),
        comparison.unread,
    )


def _as_a_whole(state: EnvironmentChange, of_targets: set[str]) -> EnvironmentChange:
    """Return the change of an environment. The environment itself comes or goes if all of its targets do."""
    if of_targets == {"added"}:
        return state._replace(state="added")
    return state._replace(state="removed") if of_targets == {"removed"} else state


def _is_broken(side: Side, target: Target) -> bool:
    """Return whether a target is known not to compile."""
    result = side.run.result(target)
    return result is not None and not result.is_sound and not result.objects


def files_between(before: Side, after: Side, comparison: Comparison) -> tuple[dict[str, bytes], dict[str, bytes], int]:
    """Return the files of rendered branches that the change reaches, before and after, and how many files are left out.

    Files that hold Secrets, or a value of one, are left out. Targets that fail on one side are on neither.
    """
    old, new = _files_of_both(before, after, comparison)
    differing = {path for path in (*old, *new) if old.get(path) != new.get(path)}
    secrets = {path for path in differing if is_secret(path, (old.get(path), new.get(path)), (before, after))}
    for path in secrets:
        old.pop(path, None)
        new.pop(path, None)
    return old, new, len(secrets)


def _files_of_both(before: Side, after: Side, comparison: Comparison) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files of the targets that compile on both sides, before and after."""
    old: dict[str, bytes] = {}
    new: dict[str, bytes] = {}
    for each in comparison.affected:
        was = None if each.state == "added" else before.run.compile(each.before or each.target)
        now = None if each.state == "removed" else after.run.compile(each.target)
        if not any(output and output.failed for output in (was, now)):
            old |= was.files if was else {}
            new |= now.files if now else {}
    return old, new


def is_secret(path: str, contents: Iterable[bytes | None], sides: Iterable[Side]) -> bool:
    """Return whether a file of a rendered branch holds a Secret, or a value that came out of one."""
    if path.rpartition("/")[2].startswith(("secret_", "secret.core_")):
        return True
    texts = [data.decode("utf-8", "replace") for data in contents if data is not None]
    withheld = [side.run.project.withheld.text for side in sides]
    return any(hide(text) != text for hide in withheld for text in texts)


def _environment_compared(
    members: Sequence[Affected], before: Side, after: Side, way: Way, lines: tuple[ChangedLines, ChangedLines]
) -> tuple[Compared, list[Failure]]:
    """Compare the objects of those targets of one environment that the change reaches. A target that fails on one side
    is on neither. `lines` are told which target makes which objects.
    """
    lots: list[Lots] = []
    failures: list[Failure] = []
    for each in members:
        was = [] if each.state == "added" else _compiled(before, each.before or each.target, "before")
        now = [] if each.state == "removed" else _compiled(after, each.target, "after")
        if isinstance(was, Failure) or isinstance(now, Failure):
            files = tuple(dict.fromkeys(reason.path for reason in each.reasons))
            failures += (failure._replace(files=files) for failure in _failures(was, now))
        else:
            lines[0].belong(was, each.before or each.target)
            lines[1].belong(now, each.target)
            lots.append((was, now))
    if any(each.target.environment for each in members):
        return compare([*chain(*(old for old, _ in lots))], [*chain(*(new for _, new in lots))], way), failures
    return compare_each(lots, way), failures  # nobody knows which of them go to the same place


def _failures(was: object, now: object) -> list[Failure]:
    """Return why a target fails. A reason that is the same before and after is given once."""
    found = [failure for failure in (was, now) if isinstance(failure, Failure)]
    if len(found) == 2 and found[0]._replace(side="") == found[1]._replace(side=""):
        return [found[0]._replace(side="before and after")]
    return found


def _compiled(side: Side, target: Target, name: str) -> list[Resource] | Failure:
    output = side.run.compile(target)
    return failure_of(target, name, output.findings, side.run.project.place) if output.failed else output.resources


def failure_of(target: Target, side: str, findings: Iterable[Diagnostic], place: Place) -> Failure:
    """Return why a target does not compile on a side: its first error."""
    first = next(finding for finding in findings if finding.severity == "error")
    return Failure(target.name or target.path, side, first.code, first.message, place(first.where))


def without_secrets(found: Difference, hide: Callable[[str], str]) -> Difference:
    """Return a difference whose names and messages contain no value of a Secret. Field values are hidden when they are
    written.
    """
    return found._replace(
        groups=tuple(group._replace(change=_hidden(group.change, hide)) for group in found.groups),
        images=tuple((Image(hide(each.before), hide(each.after)), names) for each, names in found.images),
        failures=tuple(failure._replace(message=hide(failure.message)) for failure in found.failures),
    )


def _hidden(change: Change, hide: Callable[[str], str]) -> Change:
    return change._replace(
        id=ResourceId(*map(hide, change.id)),
        renamed=hide(change.renamed),
        fields=tuple(field._replace(at=tuple(_step(step, hide) for step in field.at)) for field in change.fields),
        dangers=tuple(danger._replace(message=hide(danger.message)) for danger in change.dangers),
    )


def _step(step: str | int | Element, hide: Callable[[str], str]) -> str | int | Element:
    return Element(hide(step.key)) if isinstance(step, Element) else step


def _environment(name: str, found: Compared, *, is_failed: bool) -> EnvironmentChange:
    counts = {action: sum(change.action == action for change in found.changes) for action in ACTIONS}
    state = "failed" if is_failed else "changed" if found.changes else "identical"
    return EnvironmentChange(name, state, *counts.values())  # type: ignore[arg-type]


ACTIONS = ("added", "changed", "removed")


def _why(members: Iterable[Affected]) -> tuple[str, ...]:
    """Return the files through which the change reaches an environment."""
    return tuple(dict.fromkeys(reason.path for each in members for reason in each.reasons))


def _located(changes: Mapping[str, Sequence[Change]], places: Callable[[Change], tuple[Pos, ...]]) -> tuple[Group, ...]:
    """Return the groups of changes with the lines that set their fields."""
    return tuple(group._replace(places=places(group.change)) for group in grouped(changes))


def _of_any(place: Place) -> PlaceIn:
    return lambda resource, origin: place(origin)


def _places_in_sources(before: PlaceIn, after: PlaceIn) -> Callable[[Change], tuple[Pos, ...]]:
    return lambda change: _places(change, before, after)


def _places(change: Change, before: PlaceIn, after: PlaceIn) -> tuple[Pos, ...]:
    """Return the place where each field is written: in the new sources, or in the old ones if the field is gone. For an
    object that comes or goes, it is the place of the object.
    """
    if change.action != "changed":
        new, old = change.after, change.before
        return (after(new, new.origin),) if new else (before(old, old.origin),) if old else ()
    places = []
    for field in change.fields:
        resource, place = (change.before, before) if field.kind == "removed" else (change.after, after)
        assert resource is not None
        places.append(place(resource, origin_of(resource, field.pointer)))
    return tuple(places)
