"""Which environment each target belongs to, read from the structure of the repository.

The rule: the name of an application stands both in the path of a target and in the path of what it is built on
(`apps/web/overlays/dev` on `apps/web/base`, `envs/dev/web` on `apps/web`). Without these names and without those that
all targets of an application share (`overlays`, `envs`), what is left of a path is the environment. So it makes no
difference whether the environment stands above or below the application.

A target that shares its application with no other one shows no difference to read; then the environments of the other
targets count, after them words that everybody uses, and at last the folders in which everybody puts environments
(`clusters/east`). Where that says nothing, the environment stays open, with a proposal: nothing is written on a guess.
"""

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise, takewhile

from penstock.parse.usage import Usage
from penstock.records import NamedTuple

WORDS = frozenset(
    (
        *("canary", "dev", "devel", "develop", "development", "demo", "int", "integration", "lab", "live", "local"),
        *("nonprod", "non-prod", "perf", "pre-prod", "preprod", "preview", "prd", "prod", "production", "qa"),
        *("sandbox", "sit", "stage", "staging", "stg", "test", "testing", "tst", "uat"),
    )
)
"""Names of environments that everybody uses."""

OTHERWISE = frozenset(("demo", "integration", "test", "testing"))
"""Those of them that mean something else as often: tests, a part of an application."""

FOLDERS = frozenset(("clusters", "env", "envs", "environment", "environments"))
"""Names of folders whose folders are environments."""

SHARED = frozenset(("all", "base", "bases", "common", "components", "shared", "templates"))
"""Names of folders that hold what environments share."""

_BASES = frozenset(("base", "bases"))

OVERLAYS = frozenset(("overlay", "overlays"))

DEFAULT = "default"


class Place(NamedTuple):
    """What the structure says of a target: its environment, or a proposal where that is open; and why."""

    environment: str
    app: str
    why: str
    proposed: str = ""


class _Parts(NamedTuple):
    """The names of a target's path: those that its bases have too, and the others."""

    shared: tuple[str, ...]
    own: tuple[str, ...]
    has_base: bool


class Siblings:
    """The names of folders beside each other, on the way to some paths."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._beside: dict[tuple[str, ...], set[str]] = {}
        for path in paths:
            names = tuple(path.split("/"))
            for index, name in enumerate(names):
                self._beside.setdefault(names[:index], set()).add(name)

    def usual(self, path: str) -> list[str]:
        """The names of a path that are usual ones of environments. One that may mean something else is, where another
        usual name stands beside it, or where it lies in `overlays`.
        """
        names = tuple(path.split("/"))
        return [name for index, name in enumerate(names) if name in WORDS and self._is_clear(names[: index + 1])]

    def _is_clear(self, names: tuple[str, ...]) -> bool:
        *above, name = names
        if name not in OTHERWISE or any(folder in FOLDERS | OVERLAYS for folder in above[-1:]):
            return True
        return len(self._beside[tuple(above)] & WORDS) > 1


class _Words(NamedTuple):
    """Names of environments in this repository: those that definitions name, and those of other targets as well."""

    named: Set[str]
    learned: Set[str]
    siblings: Siblings
    own: Mapping[str, int]
    """How many targets have a name as the only one that their bases do not have."""


def places(usage: Usage, targets: Sequence[str], named: Set[str] = frozenset()) -> dict[str, Place]:
    """The place of each target. The paths are relative to the root of the repository; `named` are environments that
    definitions name.
    """
    parts = {target: _parts(usage, target) for target in targets}
    apps = _applications(parts)
    structural = {name for members in apps.values() for name in _common(members)}
    found = _by_applications(apps, structural, named)
    learned = frozenset(place.environment for place in found.values() if place.environment)
    own = Counter(_own_name(part, structural) for part in parts.values())
    known = _Words(named, learned | named, Siblings(targets), own)
    for target in targets:
        if target not in found or not found[target].environment:
            place = _by_name(target, parts[target], known, structural)
            if place.environment or target not in found:
                found[target] = place
    return {target: _as_base(target, place) for target, place in found.items()}


def _as_base(target: str, place: Place) -> Place:
    """A target in a folder of bases is rather what other repositories build on: then its environment is a question."""
    folder = next((name for name in target.split("/")[:-1] if name in _BASES), "")
    if not folder or not place.environment:
        return place
    return Place("", place.app, f"it lies in {folder}, so others may build on it", proposed=place.environment)


def _by_applications(
    apps: Mapping[tuple[str, ...], Mapping[str, tuple[str, ...]]], structural: Set[str], named: Set[str]
) -> dict[str, Place]:
    """The places of targets that have others of the same application beside them."""
    candidates = {
        target: place
        for shared, members in apps.items()
        for target, place in _by_difference("/".join(shared), members, structural, named).items()
    }
    counts = Counter(place.environment for place in candidates.values())
    return {
        target: place if is_sure or counts[place.environment] > 1 or _is_usual(target, place) else _open(place)
        for target, place in candidates.items()
        for is_sure in [len(apps) == 1 or place.environment in named]
    }


def _applications(parts: Mapping[str, _Parts]) -> dict[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The applications that have several targets: for each target the names of its path that are not the app's."""
    apps: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for target, part in parts.items():
        if part.has_base:
            apps.setdefault(part.shared, {})[target] = part.own
    return {shared: members for shared, members in apps.items() if len(members) > 1}


def _is_usual(target: str, place: Place) -> bool:
    """Whether the environment is one name of the path, and has a usual word in it, as `prod-eu` has."""
    name = place.environment
    return name in target.split("/") and any(word in WORDS for word in (name, *name.split("-")))


def is_usual(environment: str, paths: Iterable[str]) -> bool:
    """Whether everybody calls environments so, or targets of this one lie in a folder of environments."""
    if not WORDS.isdisjoint((environment, *environment.split("-"))):
        return True
    steps = (pair for path in paths for pair in pairwise(path.split("/")))
    return any(above in FOLDERS and below == environment for above, below in steps)


def _open(place: Place) -> Place:
    why = f"no other application has {place.environment}, so it may be a variant and no environment"
    return Place("", place.app, why, proposed=place.environment)


def _parts(usage: Usage, target: str) -> _Parts:
    names = () if target == "." else tuple(target.split("/"))
    leaves = usage.leaves(target)
    base_names = {name for leaf in leaves for name in leaf.split("/")}
    return _Parts(
        tuple(name for name in names if name in base_names),
        tuple(name for name in names if name not in base_names),
        bool(leaves),
    )


def _common(members: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The names that the targets of one application share, at the start and at the end of their paths."""
    paths = list(members.values())
    before = _shared_start(paths)
    after = _shared_start([names[len(before) :][::-1] for names in paths])
    return before + after


def _shared_start(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The names that all paths begin with."""
    first, last = min(paths), max(paths)  # what these two share, all between them share
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: len(list(takewhile(bool, same)))]


def _by_difference(
    app: str, members: Mapping[str, tuple[str, ...]], structural: Set[str], named: Set[str]
) -> dict[str, Place]:
    """The targets of one application: what differs between their paths is the environment. One of these names alone
    is, where definitions name it: the others are groups.
    """
    differing = {
        target: "-".join(name for name in names if name not in structural) for target, names in members.items()
    }
    by_definition = {target: _only(names, named) or differing[target] for target, names in members.items()}
    if len(set(by_definition.values())) == len(members):
        differing = by_definition
    names = sorted(differing.values())
    if not all(names) or len(set(names)) < len(names):
        return {}
    return {
        target: Place(environment, app, f"the application has {_others(names, environment)} beside it")
        for target, environment in differing.items()
    }


def _only(names: Sequence[str], known: Set[str]) -> str:
    """The one name that is known; empty where there are several, or none."""
    matching = {name for name in names if name in known}
    return matching.pop() if len(matching) == 1 else ""


def _others(names: Sequence[str], own: str) -> str:
    others = [name for name in names if name != own]
    return others[0] if len(others) == 1 else f"{others[0]} and {len(others) - 1} more"


def _by_name(target: str, parts: _Parts, words: _Words, structural: Set[str]) -> Place:
    """A target that no other one can be compared with."""
    if target == ".":
        return Place(DEFAULT, "", "it is the root of the repository")
    names = tuple(target.split("/"))
    by_definition = _only([name for name in names if name not in parts.shared], words.named)
    if by_definition:
        return Place(by_definition, _app(names, by_definition, structural), "definitions name this environment")
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
    """A target below a folder of environments; `overlays` and the like may stand between the two."""
    for index, folder in enumerate(names):
        if folder in FOLDERS:
            below = [name for name in names[index + 1 :] if name not in structural | OVERLAYS]
            if below and below[0] not in SHARED:
                return Place(below[0], _app(names, below[0], structural | OVERLAYS | {folder}), f"it lies in {folder}")
    return None


def _own_name(parts: _Parts, structural: Set[str]) -> str:
    """The only name of a target that its bases do not have; empty where there are several, or none."""
    left = [name for name in parts.own if name not in structural]
    return left[0] if parts.has_base and len(left) == 1 else ""


def _unknown(target: str, parts: _Parts, structural: Set[str], words: _Words) -> Place:
    """A target whose path has no word that is surely an environment: what may be one is proposed."""
    own = _own_name(parts, structural)
    if own:
        why = f"only {target} is built on its base, so nothing shows what {own} is"
        return Place("", "", why, own if _is_likely(own, target, words) else DEFAULT)
    usual = [name for name in target.split("/") if name in WORDS]
    if usual:
        return Place("", "", f"{usual[-1]} in its path may mean something else than an environment", DEFAULT)
    return Place("", "", "nothing in its path shows an environment", proposed=DEFAULT)


def _is_likely(name: str, target: str, words: _Words) -> bool:
    """Whether a name that only one overlay of an application has is rather an environment than its own name."""
    above = posixpath.dirname(target).split("/")
    return words.own[name] > 1 or above[-1] in FOLDERS | OVERLAYS or any(word in WORDS for word in name.split("-"))


def _app(names: Sequence[str], environment: str, structural: Set[str]) -> str:
    return "/".join(name for name in names if name != environment and name not in structural)


def places_of_clusters(folders: Sequence[str]) -> dict[str, Place]:
    """The place of each folder that holds the entry of a cluster: what differs between them is the environment."""
    distinct = sorted(set(folders))
    paths = {folder: () if folder == "." else tuple(folder.split("/")) for folder in distinct}
    if len(distinct) < 2:
        return {folder: _only_cluster(names) for folder, names in paths.items()}
    shared = _common(paths)
    own = {folder: [name for name in names if name not in shared] for folder, names in paths.items()}
    if any(names and not _has_letter(names) for names in own.values()):
        own = {folder: _with_one_above(paths[folder], names) for folder, names in own.items()}
    return {folder: _one_of_clusters(folder, names, distinct) for folder, names in own.items()}


def shows_cluster(folder: str) -> bool:
    """Whether a folder of definitions lies where clusters do, by the names of its path."""
    names = folder.split("/")
    return not any(name in SHARED for name in names) and any(name in WORDS | FOLDERS for name in names)


def _has_letter(names: Sequence[str]) -> bool:
    return any(sign.isalpha() for name in names for sign in name)


def _with_one_above(path: Sequence[str], own: Sequence[str]) -> list[str]:
    """Some names of a path with the one before them: numbers alone, as in `live/01`, are no name of an environment."""
    at = path.index(own[0]) if own else 0
    return [*path[at - 1 : at], *own] if at > 0 else list(own)


def _one_of_clusters(folder: str, own: Sequence[str], distinct: Sequence[str]) -> Place:
    """A cluster beside others; `own` are the names of its path that the others do not have."""
    others = [other for other in distinct if other != folder]
    more = f" and {len(others) - 1} more" if others[1:] else ""
    return Place("-".join(own) or DEFAULT, "", f"the cluster at {folder} has {others[0]}{more} beside it")


def _only_cluster(names: Sequence[str]) -> Place:
    usual = [name for name in names if name in WORDS]
    found = None if usual else _by_folder(tuple(names), frozenset())
    environment = usual[-1] if usual else found.environment if found else DEFAULT
    return Place(environment, "", "it is the only cluster")
