"""What becomes of the files of a check, as far as an edit of one may leave every finding as it is.

Such a file holds objects, and kustomizations pass on what they do not write of these. `unaltered` proves with this that
an outcome still holds although files have changed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from penstock.budget import Bounds
from penstock.cli.judging import Told
from penstock.cli.unaltered import Fate, Made, Named, is_no_more, plain
from penstock.kubernetes import identify, text
from penstock.model import Document, Origin, Pos, Resource, ResourceId, Spot, Target
from penstock.parse.project import Project
from penstock.pipeline import built
from penstock.sources import Looks
from penstock.tree import get
from penstock.validate.own_fields import MISSING, differences, has_own, is_apart
from penstock.validate.schemas import Kind, Schemas
from penstock.withheld import is_secret

PASSING = frozenset(
    (
        *("apiVersion", "commonAnnotations", "commonLabels", "components", "configMapGenerator", "generatorOptions"),
        *("kind", "labels", "metadata", "namePrefix", "nameSuffix", "namespace", "resources", "secretGenerator"),
        "sortOptions",
    )
)
"""The fields of kustomizations that leave what they do not write as it is, without a look at it."""

MOST_VALUES = Bounds().values // 10
"""The values of all documents up to which no edit of a few comes near a bound."""

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
"""Where there are both for the same policy, its expressions may look at every field."""


_Builds = Mapping[Target, tuple[Sequence[Resource], Looks]]
"""The objects of each target, and what was looked at for them."""


def fates(project: Project, told: Told) -> dict[str, Fate]:
    """Return the fate of each file of which an edit may leave all findings as they are."""
    builds = _builds(project, told.targets)
    resources = [each for made, _ in builds.values() for each in made]
    if project.made or project.bounds != Bounds() or _has_policies(resources):
        return {}
    named = _named(told.spots)
    files = dict(_files(project, builds, named))
    if sum(document.size for documents in files.values() for document in documents) > MOST_VALUES:
        return {}
    objects = _objects(builds, files, told)
    known = {path: [each for each in made if each] for path, made in objects.items() if _is_whole(made, files[path])}
    return {path: (made, named.get(path) or []) for path, made in known.items()}


def _builds(project: Project, targets: Sequence[Target]) -> _Builds:
    """Return the builds of all targets; none if something else was built beside them, which may look at anything."""
    by_path = {target.path: target for target in targets}
    found = list(built(project))
    is_all = all(directory in by_path for directory, _, _ in found)
    return {by_path[directory]: (resources, looks) for directory, resources, looks in found} if is_all else {}


def _has_policies(resources: Sequence[Resource]) -> bool:
    """Return whether a policy among the objects has a binding."""
    policies = {each.id.name for each in resources if each.id.kind == POLICY}
    bindings = (each for each in resources if each.id.kind == BINDING)
    return any(text(get(each.body, ("spec", "policyName"))) in policies for each in bindings)


def _named(spots: Mapping[Origin | Pos, Spot]) -> dict[str, list[Named] | None]:
    """Return the places that findings name, by file: None for a file with one that cannot be looked up again."""
    named: dict[str, list[Named] | None] = {}
    for where, spot in spots.items():
        found = named.setdefault(where.path, [])
        if isinstance(where, Pos) or not all(step.__class__ in (str, int) for step in where.at):
            named[where.path] = None
        elif found is not None:
            found.append((where.doc, where.at, plain(spot)))
    return named


def _files(project: Project, builds: _Builds, named: Mapping[str, object]) -> Iterator[tuple[str, Sequence[Document]]]:
    """Yield the files that hold objects, and nothing else for anyone."""
    read = project.kustomizations()
    folders = {each.directory for each in read}
    others = {each.origin.path for each in read if not each.fields.keys() <= PASSING}
    looks = [{path for _, path in looks} for _, looks in builds.values()]
    barred = {path for each in looks if not others.isdisjoint(each) for path in each}
    for path, documents in project.objects_alone():
        is_open = path not in barred and named.get(path, ()) is not None and not folders.isdisjoint(_above(path))
        if is_open and is_no_more(project.content_of(path), documents):
            yield path, documents


def _above(path: str) -> Iterator[str]:
    """Yield the directories above a file."""
    yield "."
    yield from (path[:at] for at, sign in enumerate(path) if sign == "/")


def _objects(builds: _Builds, files: Mapping[str, Sequence[Document]], told: Told) -> dict[str, list[Made | None]]:
    """Return the objects that were made of each file; None for one whose fate is open."""
    made: dict[str, list[Made | None]] = {path: [] for path in files}
    shared = _shared(builds)
    for target, (resources, _) in builds.items():
        versions = told.versions(target)
        for resource in resources:
            path = resource.origin.path
            if path in made:
                is_alone = (target.environment, resource.id) not in shared and _is_known(resource, versions)
                made[path].append(_made(resource, files[path], versions) if is_alone else None)
    return made


def _is_whole(made: Sequence[Made | None], documents: Sequence[Document]) -> bool:
    """Return whether it is known what became of all documents of a file."""
    return {each and each[0] for each in made} == set(range(len(documents)))


def _shared(builds: _Builds) -> set[tuple[str, ResourceId]]:
    """Return the objects that more than one target of an environment makes, which are compared as a whole."""
    counts = Counter((target.environment, each.id) for target, (resources, _) in builds.items() for each in resources)
    return {each for each, count in counts.items() if count > 1}


def _is_known(resource: Resource, versions: Sequence[Schemas]) -> bool:
    """Return whether the verdict about an object needs nothing else: its kind is built in, or has no own fields."""
    kind = Kind(resource.id.group, resource.version, resource.id.kind)
    return all(schemas.find(kind) for schemas in versions) or not has_own(kind.group, kind.kind)


def _made(resource: Resource, documents: Sequence[Document], versions: Sequence[Schemas]) -> Made | None:
    """Return what became of a document, or None if the build has done more than to write values beside its own
    fields.
    """
    numbers = [number for number, each in enumerate(documents) if each.origin == resource.origin]
    if not numbers or identify(resource.body) != (resource.id, resource.version):
        return None
    kind = resource.id.group, resource.id.kind
    written = list(differences(documents[numbers[0]].body, resource.body))
    # What is written into a Secret is nothing to be kept.
    if any(each.new is MISSING or not is_apart(kind, each.at) or is_secret(resource.body) for each in written):
        return None
    return numbers[0], [schemas.version for schemas in versions], [(each.at, each.new) for each in written]
