"""Which targets a change can reach, so that `check --staged` and `check --since` judge these alone.

A target is reached if something that it reads, or looks for, has changed. What it makes may concern the others of its
environment, too: they may name an object that is gone now, or make the same object. Then these are reached as well.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

from penstock.affected import Affected, Comparison, Side, are_files_below, changed_paths, compare, place_of
from penstock.graph.homes import home
from penstock.graph.makers import may_make
from penstock.incremental import Incremental
from penstock.ledger import Settled
from penstock.model import Origin, Pos, ResourceId, Target
from penstock.parse.mentions import Mentions
from penstock.parse.usage import read_usage
from penstock.records import NamedTuple
from penstock.resolve.codes import UNMATCHED

EVERYTHING = ("penstock.yaml", "penstock.lock")
"""The files that affect all targets, whatever these read."""

NAMESPACE = "Namespace"
DEFINITION, BINDING = "CustomResourceDefinition", "ValidatingAdmissionPolicyBinding"
POLICIES = ResourceId("admissionregistration.k8s.io", BINDING, "", "")
"""Stands for each binding of a policy, whatever its name."""

Place = tuple[str, str, str]
"""The key of a target that `place_of` returns."""

Pair = tuple[Affected, Target | None]
"""A target that a change reaches, and the same target before the change."""

Objects = Mapping[ResourceId, str]
"""The objects of a target, each with the id of its content."""


def reached(before: Side, after: Side) -> frozenset[str] | None:
    """Return the paths of the targets that a change reaches; None if it may reach all of them.

    Whoever judges the targets needs what definitions make: that is built, if it was only known from an earlier run.
    """
    paths = _reached(before, after)
    after.run.build_definitions()
    return paths


def _reached(before: Side, after: Side) -> frozenset[str] | None:
    if _concerns_all(before, after):
        return None
    found = compare(before, after)
    is_found_twice = before.run.project.targets is not None  # if not, discovery is proven to find the same
    if is_found_twice and before.run.unlocked() != after.run.unlocked():
        return None
    pairs = _pairs(found)
    paths = _itself(found, before.run, after.run)
    paths |= _beside(pairs, before, after)
    otherwise = _used_otherwise(pairs, before.run, after.run)
    others = [target for target in after.run.everything()[0] if target.path not in paths] if otherwise else []
    paths |= {target.path for target in others if _shares(target, otherwise, after.run)}
    return frozenset(paths)


def _pairs(found: Comparison) -> list[Pair]:
    old = {place_of(target): target for target in found.earlier}
    return [(each, old.get(place_of(each.target))) for each in found.affected]


def _itself(found: Comparison, before: Incremental, after: Incremental) -> set[str]:
    """Return the targets whose objects or findings change."""
    paths = {each.target.path for each in found.affected}
    if before.project.targets is not None:  # targets were discovered in both states
        old = {place_of(target): target for target in found.earlier}
        paths |= {each.path for each in found.unaffected if _is_said_otherwise(each, old, before, after)}
    return paths


def _is_said_otherwise(target: Target, old: Mapping[Place, Target], before: Incremental, after: Incremental) -> bool:
    """Return whether a target of a definition has other findings than before, although its objects are the same."""
    now = after.result(target)
    if now is None or not now.is_defined:
        return False
    was = before.made(old[place_of(target)])
    return was is None or was.findings != now.findings


def _concerns_all(before: Side, after: Side) -> bool:
    """Return whether a file has changed that affects all targets, although they do not read it."""
    is_changed = any(before.answers.give(("read", path)) != after.answers.give(("read", path)) for path in EVERYTHING)
    return is_changed or _are_schemas_changed(before, after) or _has_environments(before) != _has_environments(after)


def _has_environments(side: Side) -> bool:
    """Return whether a state has any environment. Where there are some, a target without one may be in each of them, so
    what it lacks is no mistake.
    """
    return any(target.environment for target in side.run.everything()[0])


def _beside(pairs: Sequence[Pair], before: Side, after: Side) -> set[str]:
    """Return the targets that are reached because other targets of their environment are."""
    paths: set[str] = set()
    concerned: dict[str, set[ResourceId]] = {}
    for environment, affected in _by_environment(pairs).items():
        change = _change(affected, before.run, after.run)
        if change is None:
            paths |= {target.path for target in after.run.everything()[0] if target.environment == environment}
        else:
            concerned[environment] = change | _namespaces([each for each, _ in affected], after.run)
    makers = _Makers(before, after, {POLICIES}.union(*concerned.values()))
    for environment, objects in concerned.items():
        paths |= makers.of(objects, environment)
    return paths


class _Makers:
    """The targets that make one of some objects. A target is built to see that, unless its text says that it cannot."""

    def __init__(self, before: Side, after: Side, objects: Set[ResourceId]) -> None:
        self._before, self._after, self._run = before, after, after.run
        self._objects = objects
        self._members = _members(after.run.everything()[0])

    def of(self, objects: Set[ResourceId], environment: str) -> set[str]:
        """Return the targets of an environment that make one of some objects; all of them if one brings admission
        policies, which apply to all objects.
        """
        members = self._members[environment]
        open_ones = [target for target in members if self._may_make(target, {*objects, POLICIES})]
        if any(_has_policies(target, self._run) for target in open_ones):
            return {target.path for target in members}
        return _that_make(objects, open_ones, self._run)

    def _may_make(self, target: Target, objects: Set[ResourceId]) -> bool:
        if target.anywhere or self._run.result(target) is not None:
            return True
        return self._mentions is None or self._mentions.may_make(target.path, objects)

    @cached_property
    def _mentions(self) -> Mentions | None:
        """What the texts of targets mention; None where they do not tell all. Most often all results are known, and
        nothing has to be read.
        """
        project = self._run.project
        is_told = are_files_below(self._before, self._after) and not project.made
        return Mentions(project, read_usage(project), self._objects) if is_told else None


def _members(targets: Iterable[Target]) -> dict[str, list[Target]]:
    """Return the targets of each environment."""
    members: dict[str, list[Target]] = {}
    for target in targets:
        members.setdefault(target.environment, []).append(target)
    return members


def _used_otherwise(pairs: Iterable[Pair], before: Incremental, after: Incremental) -> Set[str]:
    """Return the files of which the change makes another use: a target does not read them any more, or an entry in them
    matches something else there than it did.
    """
    found: set[str] = set()
    for each, old in pairs:
        if old is not None:  # one more user makes no entry a mistake
            was = _use(old, before)
            now = _use(each.target, after) if each.state != "removed" else _Use()
            found |= was.read ^ now.read
            found |= {where.path for where in was.unmatched ^ now.unmatched}
    return found


class _Use(NamedTuple):
    """The files that a target reads, and the places of entries in them that match nothing."""

    read: Set[str] = frozenset()
    unmatched: Set[Origin | Pos] = frozenset()


def _use(target: Target, run: Incremental) -> _Use:
    """Return the use that a target makes of files. Nothing is known of one whose result may change by itself."""
    settled = run.made(target)
    if settled is None:
        return _Use()
    is_there = {path for how, path in run.looks(target) if how == "read" and run.answers.give((how, path)) != "-"}
    return _Use(is_there, {finding.where for finding in settled.findings if finding.code in UNMATCHED})


def _shares(target: Target, read: Set[str], run: Incremental) -> bool:
    """Return whether a target has a finding about an unmatched entry in one of the files.

    Such an entry may be a mistake only now, because another target that reads the file no longer uses or matches it.
    """
    settled = run.made(target)
    return settled is None or any(
        finding.code in UNMATCHED and finding.where.path in read for finding in settled.findings
    )


def _are_schemas_changed(before: Side, after: Side) -> bool:
    """Return whether a file has changed that `schemas:` of penstock.yaml may mean. No target reads these files."""
    config, _ = after.run.project.config()
    places = config.schemas if config is not None else ()
    if not places:
        return False
    is_told = before.listing() is not None and after.listing() is not None
    return not is_told or any(path.endswith((".yaml", ".yml", ".json")) for path in changed_paths(before, after))


def _by_environment(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for each, old in pairs:
        groups.setdefault(each.target.environment, []).append((each, old))
    return groups


def _change(affected: Sequence[Pair], before: Incremental, after: Incremental) -> set[ResourceId] | None:
    """Return the objects that the targets add or change; None if that affects the whole environment.

    This is the case if an object is gone, if a result is not known, or if a changed object defines a kind or a
    namespace, or makes objects that others name.
    """
    changed: set[ResourceId] = set()
    for each, old in affected:
        if each.state == "removed":
            return None
        now = after.made(each.target)
        was = before.made(old) if old is not None else Settled((), (), ())
        if now is None or was is None:
            return None
        made, made_before = _objects(now), _objects(was)
        if made_before.keys() - made.keys():
            return None
        changed |= {key for key, content in made.items() if not content or made_before.get(key) != content}
    return None if any(map(_concerns_others, changed)) else changed


def _concerns_others(identity: ResourceId) -> bool:
    """Return whether the content of an object decides on findings about other objects of its environment."""
    return identity.kind in (DEFINITION, NAMESPACE) or may_make((identity.group, identity.kind))


def _objects(settled: Settled) -> Objects:
    """Return the objects by their identity in a cluster: a namespace that Kubernetes ignores makes no difference."""
    return {key._replace(namespace=home(key)): content for key, content in settled.objects}


def _namespaces(affected: Iterable[Affected], run: Incremental) -> set[ResourceId]:
    """Return the Namespaces of the objects of some targets. A Namespace may set requirements for pods."""
    settled = [run.made(each.target) for each in affected]
    names = {identity.namespace for each in settled if each is not None for identity, _ in each.objects}
    return {ResourceId("", NAMESPACE, "", name) for name in names}


def _has_policies(target: Target, run: Incremental) -> bool:
    """Return whether a target brings admission policies, which apply to all objects of its environment."""
    settled = run.made(target)
    return settled is None or any(identity.kind == BINDING for identity, _ in settled.objects)


def _that_make(objects: Set[ResourceId], targets: Iterable[Target], run: Incremental) -> set[str]:
    """Return the targets that also make one of some objects."""
    found = set()
    for target in targets if objects else ():
        settled = run.made(target)
        if settled is None or not objects.isdisjoint(_objects(settled)):
            found.add(target.path)
    return found
