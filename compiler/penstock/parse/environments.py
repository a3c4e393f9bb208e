"""The environment of each target, derived from the structure of the repository.

The rule: the name of an application occurs both in the path of a target and in the path of its base
(`apps/web/overlays/dev` on `apps/web/base`, `envs/dev/web` on `apps/web`). Without the names shared with the base, and
without the names that all targets of an application share (`overlays`, `envs`), the rest of the path is the
environment. So the environment may stand above or below the application.

A target that is the only one of its application has nothing to be compared with. Its environment is looked up first
among the environments of the other targets, then among the usual names, and last by folders that usually hold
environments (`clusters/east`). If none of these decides, the environment stays open, with a proposal: nothing is
written on a guess.
"""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise, takewhile

from penstock.parse.numbered import Numbered
from penstock.parse.usage import Usage
from penstock.parse.usual_names import (
    APPLICATIONS,
    DEFAULT,
    FOLDERS,
    OTHERWISE,
    OVERLAYS,
    SHARED,
    TOOLS,
    WORDS,
    contains_usual,
    is_usual,
)
from penstock.records import NamedTuple
from penstock.regex import regex

_BASES = frozenset(("base", "bases"))

_VERSION = regex(r"v?\d+(\.\d+)*")
"""A name that is a version of an application."""


class Place(NamedTuple):
    """The environment and application that the structure gives to a target, and why; `proposed` is set where it is
    open.
    """

    environment: str
    app: str
    why: str
    proposed: str = ""


class _Parts(NamedTuple):
    """The names in a target's path: `shared` are those that occur in the paths of its bases, `own` the others."""

    shared: tuple[str, ...]
    own: tuple[str, ...]
    has_base: bool


class Siblings:
    """An index of the folder names that stand beside each other along some paths."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._beside: dict[tuple[str, ...], set[str]] = {}
        for path in paths:
            names = tuple(path.split("/"))
            for index, name in enumerate(names):
                self._beside.setdefault(names[:index], set()).add(name)

    def usual(self, path: str) -> list[str]:
        """Return the names in a path that are usual names of environments.

        An ambiguous name counts only if another usual name stands beside it, or if its folder is `overlays` or a folder
        of environments.
        """
        names = tuple(path.split("/"))
        return [name for index, name in enumerate(names) if name in WORDS and self._is_clear(names[: index + 1])]

    def _is_clear(self, names: tuple[str, ...]) -> bool:
        *above, name = names
        if name not in OTHERWISE or any(folder in FOLDERS | OVERLAYS for folder in above[-1:]):
            return True
        return len(self._beside[tuple(above)] & WORDS) > 1


class _Words(NamedTuple):
    """The known environments of this repository: `named` by definitions, and `learned` from these and the other
    targets.
    """

    named: Set[str]
    learned: Set[str]
    siblings: Siblings
    own: Mapping[str, int]
    """For each name, the number of targets for which it is the only name that their bases do not have."""


def places(usage: Usage, targets: Sequence[str], named: Set[str] = frozenset()) -> dict[str, Place]:
    """Return the place of each target. Paths are relative to the root of the repository.

    `named` are the environments that definitions name.
    """
    # A number that only orders the environments (`01-dev`, `02-prod`) is no part of their names.
    plain = numbered(targets).plain
    names = {target: plain(target) for target in targets}
    found = _places({name: _parts(name, map(plain, usage.leaves(target))) for target, name in names.items()}, named)
    return {target: found[name] for target, name in names.items()}


def numbered(paths: Iterable[str]) -> Numbered:
    """Return the environments among some folders that have a number in front of their names."""
    return Numbered(set(paths), WORDS, SHARED)


def _places(parts: Mapping[str, _Parts], named: Set[str]) -> dict[str, Place]:
    """Return the place of each target, by its path without such numbers."""
    apps = _applications(parts)
    # Names that all targets of an application share, such as `overlays`, tell nothing apart.
    structural = {name for members in apps.values() for name in _common(members)}
    found = _by_applications(apps, structural, named, _repeated(parts))
    # What is clear for applications with several targets helps with those that have a single one.
    learned = frozenset(place.environment for place in found.values() if place.environment)
    own = Counter(_own_name(part, structural) for part in parts.values())
    known = _Words(named, learned | named, Siblings(parts), own)
    open_ones = [target for target in parts if target not in found or not found[target].environment]
    by_name = {target: _by_name(target, parts[target], known, structural) for target in open_ones}
    regional = Counter(_regional(target, parts[target], place) for target, place in by_name.items() if target in found)
    for target, place in by_name.items():
        # Two regions of one application cannot both be `dev`: they make the same objects.
        is_sure = place.environment and regional[_regional(target, parts[target], place)] < 2
        if is_sure or target not in found:
            found[target] = place
    return {target: _as_base(target, place) for target, place in found.items()}


def _regional(target: str, parts: _Parts, place: Place) -> tuple[tuple[str, ...], str]:
    """Return the application of a target and its environment, if this is the last name of the path, below others that
    may be regions. Two targets that have both in common make the same objects.
    """
    return (parts.shared, place.environment) if target.endswith(f"/{place.environment}") else ((), target)


def _as_base(target: str, place: Place) -> Place:
    """Return the place with its environment left open if the target lies in a folder of bases.

    Such a target is more likely to be a base for other repositories.
    """
    folder = next((name for name in target.split("/")[:-1] if name in _BASES), "")
    if not folder or not place.environment:
        return place
    return Place("", place.app, f"it lies in {folder}, so others may build on it", proposed=place.environment)


def _repeated(parts: Mapping[str, _Parts]) -> set[str]:
    """Return the names that several applications have in folders of the same name, as in `web/overlays/north` and
    `cart/overlays/north`. Names of versions are left out.
    """
    having: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for target, part in parts.items():
        for above, name in pairwise(("", *target.split("/"))):
            having.setdefault((above, name), set()).add(part.shared)
    return {name for (_, name), apps in having.items() if len(apps) > 1 and not _VERSION.fullmatch(name)}


def _by_applications(
    apps: Mapping[tuple[str, ...], Mapping[str, tuple[str, ...]]],
    structural: Set[str],
    named: Set[str],
    repeated: Set[str],
) -> dict[str, Place]:
    """Return the places of the targets whose application has several targets. `repeated` are the names that several
    applications have.
    """
    found = {shared: _by_difference("/".join(shared), members, structural, named) for shared, members in apps.items()}
    candidates = {target: place for members in _within_environments(found) for target, place in members.items()}
    counts = Counter(place.environment for place in candidates.values())
    often = {name for name in counts if counts[name] > 1 and not _VERSION.fullmatch(name)}
    variants = _variants(candidates, named | repeated | often, is_alone=len(apps) == 1)
    return {target: _open(place) if target in variants else place for target, place in candidates.items()}


def _variants(candidates: Mapping[str, Place], known: Set[str], *, is_alone: bool) -> set[str]:
    """Return the targets that may be variants of their application, such as its versions, so that they are left open.

    A name that only one application has may be a variant, if it is no usual name: `mysql` and `postgres`, or `with-tls`
    beside `dev` and `prod`. `known` are the names of environments that definitions or several applications show.
    """
    usual = {target for target, place in candidates.items() if contains_usual(place.environment, target)}
    if is_alone:
        usual.update(target for target, place in candidates.items() if is_usual(place.environment, [target]))
    return {target for target, place in candidates.items() if target not in usual and place.environment not in known}


def _within_environments(found: Mapping[tuple[str, ...], Mapping[str, Place]]) -> Iterator[dict[str, Place]]:
    """Yield the places of each application, with those changed that lie within an environment.

    In `web/overlays/prod/api` and `web/overlays/prod/jobs`, which share a base in `web/overlays/prod`, the parts of an
    application differ. `prod` is the environment if more applications have it as theirs than have `api`.
    """
    having = Counter(name for members in found.values() for name in {place.environment for place in members.values()})
    for shared, members in found.items():
        around = max(shared, key=having.__getitem__, default="")
        often = having[around]
        if often > 1 and all(having[place.environment] < often for place in members.values()):
            why = f"{often} other applications have the environment {around}"
            app = [name for name in shared if name != around]
            yield {target: Place(around, "/".join((*app, place.environment)), why) for target, place in members.items()}
        else:
            yield dict(members)


def _applications(parts: Mapping[str, _Parts]) -> dict[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the applications with several targets, and for each target the names in its path that are not the
    application's.
    """
    apps: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for target, part in parts.items():
        if part.has_base:
            apps.setdefault(part.shared, {})[target] = part.own
    return {shared: members for shared, members in apps.items() if len(members) > 1}


def _open(place: Place) -> Place:
    why = "no other application has this name, so it may be a variant and no environment"
    if _VERSION.fullmatch(place.environment):
        why = "this name may be a version and no environment"
    return Place("", place.app, why, proposed=place.environment)


def _parts(target: str, leaves: Iterable[str]) -> _Parts:
    base_names = {name for leaf in leaves for name in leaf.split("/")}
    names = () if target == "." else tuple(_names(target, base_names))
    return _Parts(
        tuple(name for name in names if name in base_names),
        tuple(name for name in names if name not in base_names),
        bool(base_names),
    )


def _names(target: str, base_names: Set[str]) -> Iterator[str]:
    """Yield the names in the path of a target. `web-dev` on a base in `web` is two of them: the application and its
    environment.
    """
    for name in target.split("/"):
        app, _, word = name.rpartition("-")
        if word in WORDS and app in base_names and name not in base_names:
            yield from (app, word)
        else:
            yield name


def _common(members: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names that the targets of one application share at the start and at the end of their paths."""
    paths = list(members.values())
    before = _shared_start(paths)
    after = _shared_start([names[len(before) :][::-1] for names in paths])
    return before + after


def _shared_start(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names with which all paths begin."""
    first, last = min(paths), max(paths)  # all paths in between share what these two share
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: len(list(takewhile(bool, same)))]


def _by_difference(
    app: str, members: Mapping[str, tuple[str, ...]], structural: Set[str], named: Set[str]
) -> dict[str, Place]:
    """Return the places of the targets of one application, whose environments are the differences between their paths.

    If definitions name one of the differing names, that name alone is the environment, and the others are groups. The
    result is empty if the paths do not give each target an environment of its own, or show that these are several
    applications, which share a base.
    """
    if all(_is_application_with_usual_name(target, names, structural) for target, names in members.items()):
        return {}
    differing = {
        target: "-".join(name for name in names if name not in structural) for target, names in members.items()
    }
    by_definition = {target: _only(names, named) or differing[target] for target, names in members.items()}
    # Names from definitions only serve if they still tell all members apart.
    if len(set(by_definition.values())) == len(members):
        differing = by_definition
    names = sorted(differing.values())
    if not all(names) or len(set(names)) < len(names):
        return {}
    return {
        target: Place(environment, app, f"the application has {_others(names, environment)} beside it")
        for target, environment in differing.items()
    }


def _is_application_with_usual_name(target: str, own: Sequence[str], structural: Set[str]) -> bool:
    """Return whether a path ends with an application and a usual environment, as `services/cart/prod` does."""
    names = target.split("/")
    differing = [name for name in own if name not in structural]
    if len(differing) != 2 or differing[0] in WORDS or differing[1] not in WORDS:
        return False
    return any(above in APPLICATIONS and name == differing[0] for above, name in pairwise(names))


def _only(names: Sequence[str], known: Set[str]) -> str:
    """Return the one name that is known, or "" where several or no names are."""
    matching = {name for name in names if name in known}
    return matching.pop() if len(matching) == 1 else ""


def _others(names: Sequence[str], own: str) -> str:
    others = [name for name in names if name != own]
    return others[0] if len(others) == 1 else f"{others[0]} and {len(others) - 1} more"


def _by_name(target: str, parts: _Parts, words: _Words, structural: Set[str]) -> Place:
    """Return the place of a target that cannot be compared with another one."""
    if target == ".":
        return Place(DEFAULT, "", "it is the root of the repository")
    names = tuple(target.split("/"))
    by_definition = _only([name for name in names if name not in parts.shared], words.named)
    if by_definition:
        return Place(by_definition, _app(names, by_definition, structural), "definitions name this environment")
    # What this repository shows counts before usual names.
    sure = words.siblings.usual(target)
    for known, why in ((words.learned, "other targets have this environment"), (sure, "it is a usual name")):
        matching = dict.fromkeys(name for name in names if name in known and name not in parts.shared)
        if len(matching) == 1:
            environment = next(iter(matching))
            return Place(environment, _app(names, environment, structural), why)
        if matching:
            return Place("", "", f"{' and '.join(matching)} may each be the environment", proposed="-".join(matching))
    return _by_folder(names, structural) or _unknown(target, parts, structural, words)


def _by_folder(names: tuple[str, ...], structural: Set[str]) -> Place | None:
    """Return the place of a target below a folder of environments, or None. `overlays` and the like may stand in
    between.
    """
    for index, folder in enumerate(names):
        if folder in FOLDERS:
            below = [name for name in names[index + 1 :] if name not in structural | OVERLAYS]
            if below and below[0] not in SHARED:
                return Place(below[0], _app(names, below[0], structural | OVERLAYS | {folder}), f"it lies in {folder}")
    return None


def _own_name(parts: _Parts, structural: Set[str]) -> str:
    """Return the only name of a target that does not occur in its bases, or "" where there are several or none."""
    left = [name for name in parts.own if name not in structural]
    return left[0] if parts.has_base and len(left) == 1 else ""


def _unknown(target: str, parts: _Parts, structural: Set[str], words: _Words) -> Place:
    """Return the open place of a target whose path has no certain environment, with a proposal."""
    own = _own_name(parts, structural)
    if own:
        why = f"nothing else is built on its base, so nothing shows what {own} is"
        return Place("", "", why, own if _is_likely(own, target, words) else DEFAULT)
    usual = [name for name in target.split("/") if name in WORDS]
    if usual:
        return Place("", "", f"{usual[-1]} in its path may mean something else than an environment", DEFAULT)
    return Place("", "", "nothing in its path shows an environment", proposed=DEFAULT)


def _is_likely(name: str, target: str, words: _Words) -> bool:
    """Return whether a name that only one overlay of an application has is more likely an environment than a variant's
    name.
    """
    above = posixpath.dirname(target).split("/")
    return words.own[name] > 1 or above[-1] in FOLDERS | OVERLAYS or any(word in WORDS for word in name.split("-"))


def _app(names: Sequence[str], environment: str, structural: Set[str]) -> str:
    return "/".join(name for name in names if name != environment and name not in structural)


def places_of_clusters(folders: Sequence[str]) -> dict[str, Place]:
    """Return the place of each folder that holds the entry point of a cluster, by the differences between the folders'
    paths.
    """
    distinct = sorted(set(folders))
    plain = numbered(distinct).plain
    paths = {folder: () if folder == "." else tuple(plain(folder).split("/")) for folder in distinct}
    if len(distinct) < 2:
        return {folder: _only_cluster(names) for folder, names in paths.items()}
    shared = _common(paths)
    own = {folder: [name for name in names if name not in shared] for folder, names in paths.items()}
    own |= _by_folders_of_clusters(paths, own)
    own |= _without_names_of_tools(own)
    if any(names and not _has_letter(names) for names in own.values()):
        # Folders such as `prod/01` differ by numbers alone, which name no environment.
        own = {folder: _with_one_above(paths[folder], names) for folder, names in own.items()}
    return {folder: _one_of_clusters(folder, names, distinct) for folder, names in own.items()}


def _by_folders_of_clusters(
    paths: Mapping[str, tuple[str, ...]], own: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return the names of clusters that a folder of clusters shows, such as `east` for `clusters/east/flux`.

    They count where they tell all clusters apart. `own` are the names that only the path of this cluster has.
    """
    shown = {folder: _plain_name(names) for folder, names in paths.items()}
    names = [shown[folder] or "-".join(own[folder]) for folder in paths]
    if len(set(names)) < len(names):
        return {}
    return {folder: [name] for folder, name in shown.items() if name and name in own[folder]}


def _without_names_of_tools(own: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the names of clusters without such as `kubernetes`, which name none, as long as they tell all clusters
    apart.
    """
    shorter = {folder: [name for name in names if name not in TOOLS] for folder, names in own.items()}
    found = {folder: names for folder, names in shorter.items() if names and SHARED.isdisjoint(names)}
    joined = ["-".join(found.get(folder, names)) for folder, names in own.items()]
    return found if len(set(joined)) == len(joined) else {}


def _plain_name(names: tuple[str, ...]) -> str:
    place = _by_folder(names, frozenset())
    return place.environment if place else ""


def home_of_cluster(folder: str) -> str:
    """Return the folder of the cluster to which a folder belongs: `clusters/east` for `clusters/east/flux/apps`.

    Where no folder of clusters is above, it is the folder itself.
    """
    names = folder.split("/")
    at = next((index for index, name in enumerate(names[:-1]) if name in FOLDERS), None)
    return folder if at is None else "/".join(names[: at + 2])


def shows_cluster(folder: str) -> bool:
    """Return whether the path of a folder of definitions looks like that of a cluster."""
    names = folder.split("/")
    return not any(name in SHARED for name in names) and any(name in WORDS | FOLDERS for name in names)


def _has_letter(names: Sequence[str]) -> bool:
    return any(sign.isalpha() for name in names for sign in name)


def _with_one_above(path: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return names of a path together with the name before them: numbers alone, as in `live/01`, do not name an
    environment.
    """
    at = path.index(own[0]) if own else 0
    return [*path[at - 1 : at], *own] if at > 0 else list(own)


def _one_of_clusters(folder: str, own: Sequence[str], distinct: Sequence[str]) -> Place:
    """Return the place of a cluster beside others; `own` are the names in its path that the other paths do not have."""
    others = [other for other in distinct if other != folder]
    more = f" and {len(others) - 1} more" if others[1:] else ""
    return Place("-".join(own) or DEFAULT, "", f"the cluster at {folder} has {others[0]}{more} beside it")


def _only_cluster(names: Sequence[str]) -> Place:
    usual = [name for name in names if name in WORDS]
    found = None if usual else _by_folder(tuple(names), frozenset())
    environment = usual[-1] if usual else found.environment if found else DEFAULT
    return Place(environment, "", "it is the only cluster")
