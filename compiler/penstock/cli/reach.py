"""Which targets a change can reach, so that `check --staged` and `check --since` judge these alone.

A target is reached if something that it reads, or looks for, has changed. What it makes may concern the others of its
environment, too: they may name an object that is gone now, or make the same object. Then these are reached as well.
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from penstock.affected import Affected, Comparison, Side, changed_paths, compare, place_of
from penstock.graph.homes import home
from penstock.graph.makers import may_make
from penstock.incremental import Incremental
from penstock.ledger import Settled
from penstock.model import ResourceId, Target
from penstock.resolve.codes import UNMATCHED

EVERYTHING = ("penstock.yaml", "penstock.lock")
"""The files that affect all targets, whatever these read."""

NAMESPACE = "Namespace"
DEFINITION, BINDING = "CustomResourceDefinition", "ValidatingAdmissionPolicyBinding"

Place = tuple[str, str, str]
"""The key of a target that `place_of` returns."""

Objects = Mapping[ResourceId, str]
"""The objects of a target, each with the id of its content."""


def reached(before: Side, after: Side) -> frozenset[str] | None:
    """Return the paths of the targets that a change reaches; None if it may reach all of them."""
    if _concerns_all(before, after):
        return None
    found = compare(before, after)
    old = {place_of(target): target for target in found.earlier}
    targets = after.run.everything()[0]
    paths = _itself(found, before.run, after.run)
    for environment, affected in _by_environment(found.affected).items():
        members = [target for target in targets if target.environment == environment]
        pairs = [(each, old.get(place_of(each.target))) for each in affected]
        paths |= _beside(pairs, members, before.run, after.run)
    if found.affected:
        was_read = _was_read([old.get(place_of(each.target)) for each in found.affected], before.run)
        others = [target for target in targets if target.path not in paths]
        paths |= {target.path for target in others if _shares(target, was_read, after.run)}
    after.run.build_definitions()
    return frozenset(paths)


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
    return is_changed or _are_schemas_changed(before, after)


Pair = tuple[Affected, Target | None]
"""A target that a change reaches, and the same target before the change."""


def _beside(affected: Sequence[Pair], members: Sequence[Target], before: Incremental, after: Incremental) -> set[str]:
    """Return the targets of an environment that are reached because other targets of the environment are."""
    change = _change(affected, before, after)
    if change is None or any(_has_policies(target, after) for target in members):
        return {target.path for target in members}
    return _that_make(change | _namespaces([each for each, _ in affected], after), members, after)


def _was_read(targets: Iterable[Target | None], run: Incremental) -> set[str]:
    """Return the files that some targets have read."""
    return {path for target in targets if target is not None for how, path in run.looks(target) if how == "read"}


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


def _by_environment(affected: Iterable[Affected]) -> dict[str, list[Affected]]:
    groups: dict[str, list[Affected]] = {}
    for each in affected:
        groups.setdefault(each.target.environment, []).append(each)
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
