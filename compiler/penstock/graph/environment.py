"""An environment as a unit: the objects that its targets make for each other, and objects that are made twice."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from penstock.graph.codes import MISSING
from penstock.graph.homes import home
from penstock.graph.index import Index, kind_of
from penstock.graph.makers import Makers
from penstock.graph.pods import AllPods
from penstock.graph.programs import all_known
from penstock.graph.references import RELEASES
from penstock.kubernetes import CLUSTER_SCOPED
from penstock.model import Diagnostic, Resource, ResourceId, Severity, Tree
from penstock.records import NamedTuple
from penstock.withheld import is_encrypted


class Surroundings(NamedTuple):
    """The objects of all targets of an environment, prepared once for the references of each target.

    An object that a reference finds in `all` is not missing. `makers` are the objects that make others. `pods` are
    those among which selectors of any target choose; it is None where each target has its own. `open` holds the objects
    of targets whose environment is not known, which may be this one. `beside` gives the objects in files that lie
    beside those of a target and are no part of it. `unbuilt` finds a Secret by its namespace and name in the files that
    no target reads.
    """

    all: Index
    makers: Makers
    pods: AllPods | None = None
    open: Index | None = None
    beside: Callable[[], Index] | None = None
    unbuilt: Callable[[str, str], Resource | None] | None = None


def around(
    targets: Iterable[Sequence[Resource]],
    unlocked: Sequence[tuple[str, Resource]] = (),
    rendered: Mapping[ResourceId, Sequence[Resource]] = {},
    *,
    share_pods: bool = False,
) -> Surroundings:
    """Return the surroundings of targets that are in one environment. `unlocked` are the definitions of which it is not
    known here what they make, each with the namespace of that; `rendered` are those of which it is, with their objects.
    """
    resources = [resource for objects in targets for resource in objects]
    pods = AllPods(resources) if share_pods else None
    return Surroundings(Index(resources, ()), Makers(resources, unlocked, all_known(rendered)), pods)


def clashes(
    paths: Sequence[str], targets: Sequence[Sequence[Resource]], guessed: Container[str], led: Container[str]
) -> Iterator[tuple[int, Diagnostic]]:
    """Yield a finding for each object that two targets of an environment make differently, or that one target makes
    twice: only one of them can be in the cluster. Each comes with the number of the target that makes the second one.

    `paths` are those of the targets. That those among `guessed` are in this environment is a guess, and so is their
    clash: it is a warning, as it is where only labels differ. It is an info where one of the two makes most of what the
    other one makes, as two ways to deploy one thing do, unless something leads to both of them (`led`); and a warning
    where what applies them may give them other namespaces. Equal objects
    of two targets count as one, since a Namespace that two applications share often is in both. An object whose name
    has a variable is left out: each target may give it another value.
    """
    first: dict[ResourceId, tuple[int, Resource]] = {}
    ways = _ways(targets)
    for number, resources in enumerate(targets):
        own: dict[ResourceId, Resource] = {}
        for resource in filter(_is_named, resources):
            place = resource.id._replace(namespace=home(resource.id))
            mine = own.setdefault(place, resource)
            other, known = first.setdefault(place, (number, resource))
            if mine is not resource:
                yield number, _twice(paths[number], mine, resource)
            elif known is not resource and _decrypted(known.body) != _decrypted(resource.body):
                both = paths[other], paths[number]
                is_led = all(path in led for path in both)
                is_harmless = any(path in guessed for path in both) or _only_labels_differ(known, resource)
                finding = _apart(both, known, resource, "warning" if is_harmless else "error")
                yield number, finding if is_led else _unled(finding, both, is_way=(other, number) in ways)


def _unled(finding: Diagnostic, paths: tuple[str, str], *, is_way: bool) -> Diagnostic:
    """Return the finding about an object of two targets, to one of which at least nothing leads."""
    identity = finding.resource
    is_placed = identity is None or bool(identity.namespace) or (identity.group, identity.kind) in CLUSTER_SCOPED
    if is_way:
        return _as_ways(finding, paths)
    return finding if is_placed else _as_open(finding)


MANY_ALIKE = 4
"""So many objects are alike in two ways to deploy one thing; fewer may be a copy in which names were forgotten."""


def _ways(targets: Sequence[Sequence[Resource]]) -> set[tuple[int, int]]:
    """Return the numbers of targets of which one makes at least half of the objects of the other one."""
    makers: dict[ResourceId, list[int]] = {}
    for number, resources in enumerate(targets):
        for place in {each.id._replace(namespace=home(each.id)) for each in resources}:
            makers.setdefault(place, []).append(number)
    shared = Counter(pair for numbers in makers.values() for pair in _with_first(numbers))
    return {pair for pair, count in shared.items() if count >= _enough(*(len(targets[each]) for each in pair))}


def _with_first(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each number with the first one, as a clash is found with the first target that makes an object."""
    return ((numbers[0], each) for each in numbers[1:])


def _enough(one: int, other: int) -> float:
    return max(MANY_ALIKE, min(one, other) / 2)


def _as_open(finding: Diagnostic) -> Diagnostic:
    """Return the finding about an object without a namespace that two targets make to which nothing leads: what
    applies them may put each into a namespace of its own.
    """
    hint = "give each of the targets a `namespace`, or rename one of the two"
    message = finding.message.replace(", and they", ", as long as both have no namespace, and they", 1)
    return finding._replace(severity="warning", message=message, hint=hint)


def _as_ways(finding: Diagnostic, paths: tuple[str, str]) -> Diagnostic:
    """Return the finding about an object of two targets that seem to be two ways to deploy one thing."""
    hint = f"if {paths[0]} and {paths[1]} are two ways to deploy one thing, name one of them under `exclude:`"
    return finding._replace(severity="info", hint=hint)


def _only_labels_differ(one: Resource, other: Resource) -> bool:
    """Return whether two objects are equal but for their labels, as where Flux adds those of each Kustomization. The
    labels of a Namespace decide on its pods.
    """
    return one.id.kind != "Namespace" and _without_labels(one.body) == _without_labels(other.body)


def _without_labels(body: Tree) -> Tree:
    metadata = body.get("metadata")
    named = {name: value for name, value in metadata.items() if name != "labels"} if isinstance(metadata, dict) else {}
    return {**_decrypted(body), "metadata": named}


def _twice(path: str, mine: Resource, resource: Resource) -> Diagnostic:
    """Return the finding about an object that one target makes twice. Two equal ones do no harm in a cluster, but they
    cannot be two files of a branch.
    """
    is_equal = mine.body == resource.body
    how = "are equal" if is_equal else f"differ in {_fields_apart(mine.body, resource.body)}"
    message = f"{resource.id} is made twice by {path}, and the two {how}"
    severity: Severity = "warning" if is_equal else "error"
    hint = "remove one of the two" if is_equal else "remove or rename one of the two"
    notes = ((mine.origin, "the other one"),)
    return Diagnostic("PS308", severity, message, resource.origin, resource.id, notes, hint)


def _apart(paths: tuple[str, str], known: Resource, resource: Resource, severity: Severity) -> Diagnostic:
    """Return the finding about an object that two targets make differently."""
    message = f"{resource.id} is made by two targets of one environment, {paths[0]} and {paths[1]}, and they differ in "
    message += _fields_apart(known.body, resource.body)
    hint = "rename one of the two, or give the targets environments of their own"
    notes = ((known.origin, f"the one of {paths[0]}"),)
    return Diagnostic("PS308", severity, message, resource.origin, resource.id, notes, hint)


def _decrypted(body: Tree) -> Tree:
    """Return what an object is once SOPS has decrypted it, as far as that can be seen: without the notes of SOPS, which
    are others each time.
    """
    return {name: value for name, value in body.items() if name != "sops"} if "sops" in body else body


def _is_named(resource: Resource) -> bool:
    return "${" not in resource.id.name and "${" not in resource.id.namespace


def _fields_apart(one: Tree, other: Tree) -> str:
    """Return the names of the fields in which two objects differ, such as `metadata.labels` and `data`: nobody sees it
    where a deployer adds them. They are names of the first two levels, so that no value of a Secret is among them.
    """
    fields = []
    for name in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(name), other.get(name)
        if mine == theirs:
            continue
        if name in _DIVIDED and isinstance(mine, dict) and isinstance(theirs, dict):
            fields += [f"{name}.{key}" for key in dict.fromkeys((*mine, *theirs)) if mine.get(key) != theirs.get(key)]
        else:
            fields.append(str(name))
    more = f" and {len(fields) - MOST_FIELDS} more fields" if len(fields) > MOST_FIELDS + 1 else ""
    shown = fields[:MOST_FIELDS] if more else fields
    return ", ".join(shown) + more if more or not shown[1:] else f"{', '.join(shown[:-1])} and {shown[-1]}"


_DIVIDED = ("metadata", "spec")
"""The fields that nearly every object has, of which the fields below say more."""

MOST_FIELDS = 2
"""The number of fields that a finding about two versions of an object names, unless there is only one more."""


def doubt(broken: Sequence[str], unrendered: Sequence[str], targets: Iterable[Sequence[Resource]]) -> str:
    """Return why a missing object may be in an environment all the same, or "" if it cannot: some of the targets do not
    compile, are not rendered here, or have objects of which SOPS has encrypted what they are.
    """
    if broken:
        return f"{broken[0]}{f' and {len(broken) - 1} more do' if broken[1:] else ' does'} not compile, and may have it"
    if unrendered:
        more = f" and {len(unrendered) - 1} more are" if unrendered[1:] else " is"
        return f"{unrendered[0]}{more} not rendered here, and may have it"
    encrypted = next((each for objects in targets for each in objects if _is_encrypted(each.id)), None)
    return f"SOPS has encrypted what the object in {encrypted.origin.path} is: it may be this one" if encrypted else ""


def _is_encrypted(identity: ResourceId) -> bool:
    return is_encrypted(identity.kind) or is_encrypted(identity.name)


def unsure(findings: Sequence[Diagnostic], why: str) -> list[Diagnostic]:
    """Return the findings of a target if a missing object may be in its environment all the same, so that the finding
    becomes softer.

    A name that is close to another one stays a mistake.
    """
    return [_unsure(each, why) if why and _is_open(each) else each for each in findings]


_PARTIAL = 'the field "containers" is missing in PodSpec'
"""The end of the message about a workload that nobody can have meant to be whole."""


def merged(findings: Iterable[Diagnostic], makers: Makers) -> list[Diagnostic]:
    """Return findings, with an info about a workload without containers that a release makes, judged by its name: it is
    a part, which is merged into what the release makes.
    """
    return [_merged(each, makers) if each.message.endswith(_PARTIAL) else each for each in findings]


def _merged(finding: Diagnostic, makers: Makers) -> Diagnostic:
    identity = finding.resource
    maker = makers.of_name(identity.namespace, identity.name) if identity is not None else None
    if identity is None or maker is None or not _is_of_release(maker, identity.name):
        return finding
    message = f"{finding.message}; {maker.id} may make the object, and this is merged into it"
    return finding._replace(severity="info", message=message)


def _is_of_release(maker: Resource, name: str) -> bool:
    return kind_of(maker) in RELEASES and name.startswith(f"{maker.id.name}-")


def undecided(findings: Sequence[Diagnostic], *, is_base: bool) -> list[Diagnostic]:
    """Return the findings of a target whose environment is open, in a repository that has environments: what only
    seems to be missing may be in one of these. Overlays may use the target if it is a base.
    """
    why = "the environment of this target is open, and may have it"
    found = [_unsure(each, why) if _may_be_there(each) or _may_join(each) else each for each in findings]
    return [_left_to_overlays(each) if is_base and each.hint == RENAMED else each for each in found]


RENAMED = (
    "Kustomize does not rename this field: list it under `nameReference` in a file of `configurations:`, or "
    "generate the object with `disableNameSuffixHash: true`"
)
"""The hint where only an object with a hash of Kustomize in its name is here."""


def _left_to_overlays(finding: Diagnostic) -> Diagnostic:
    """Return the finding about a name to which Kustomize adds no hash, in a base that nothing uses yet: an overlay of
    it may bring the configuration by which it does.
    """
    message = f"{finding.message}; an overlay of this base may have it"
    return finding._replace(severity="info", message=message, notes=())


def _may_be_there(finding: Diagnostic) -> bool:
    return _is_open(finding) and _may_be_of_another(finding)


def _may_join(finding: Diagnostic) -> bool:
    """Return whether the object that is missing in a namespace is here without one, which what leads to the target may
    give it.
    """
    is_here = any(message.endswith(IN_NO_NAMESPACE) for _, message in finding.notes)
    return finding.code in MISSING and finding.severity == "warning" and is_here


IN_NO_NAMESPACE = "is in no namespace"


def _may_be_of_another(finding: Diagnostic) -> bool:
    """Return whether a missing object may well be in another environment than the target: the finding is no error, or
    says that the object is in another namespace than that which names it.
    """
    own = f"in the namespace {finding.resource.namespace} " if finding.resource else ""
    is_away = "in the namespace " in finding.message and own not in finding.message
    return finding.severity == "warning" or is_away


def _unsure(finding: Diagnostic, why: str) -> Diagnostic:
    return finding._replace(severity="info", message=f"{finding.message}; {why}")


def _is_open(finding: Diagnostic) -> bool:
    is_sure = finding.severity == "info" or finding.notes or finding.hint
    return finding.code in MISSING and not is_sure
