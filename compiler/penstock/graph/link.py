"""Follow every reference of a target. `link` is the one function of this stage."""

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property

from penstock.graph.environment import IN_NO_NAMESPACE, RENAMED, Surroundings
from penstock.graph.index import Index, kind_of
from penstock.graph.makers import Makers, one
from penstock.graph.parts import Parts, parts_of
from penstock.graph.references import (
    ALIKE,
    CLUSTER_ROLE,
    FLUX_KUSTOMIZATION,
    GIT_REPOSITORY,
    OCI_REPOSITORY,
    RELEASES,
    ROLE,
    SECRET,
    VOLUME,
    External,
    Kind,
)
from penstock.graph.selectors import follow_selectors
from penstock.graph.walk import Named, named_by
from penstock.graph.waves import order
from penstock.kubernetes import CLUSTER_SCOPED
from penstock.model import Diagnostic, Edge, Graph, Origin, Pointer, Resource, ResourceId, Severity
from penstock.regex import regex
from penstock.tree import origin_of
from penstock.withheld import is_encrypted
from penstock.words import Nearest, one_of, quoted

MAX_NOTES = 3


def link(
    resources: Sequence[Resource],
    externals: Sequence[External] = (),
    around: Surroundings | None = None,
    *,
    hints: bool = True,
) -> tuple[Graph, list[Diagnostic]]:
    """Return the graph of a target, with its references and the order of apply, and the findings about references that
    lead nowhere.

    `externals` are objects that are made elsewhere; the objects that every cluster has are known. `around` holds the
    objects of all targets of the environment; it is None for a target alone. The order of the resources decides
    wherever references do not. With `hints`, the object that was probably meant is searched for, which takes time.
    """
    makers = around.makers if around is not None else Makers(resources)
    linker = _Linker(resources, externals, around, makers)
    nearest = Nearest() if hints else Nearest(searches=0)
    edges: list[Edge] = []
    findings: list[Diagnostic] = []
    pods = around.pods if around is not None else None
    for found in (*linker.follow_names(nearest), *follow_selectors(resources, nearest, makers, pods)):
        if isinstance(found, Edge):
            edges.append(found)
        else:
            findings.append(found)
    waves, loops = order(resources, edges)
    return Graph(tuple(edges), waves), findings + loops


class _Linker:
    """Follows references by name. It remembers what it has looked up and what it has reported, so that neither happens
    twice.
    """

    def __init__(
        self, resources: Sequence[Resource], externals: Sequence[External], around: Surroundings | None, makers: Makers
    ) -> None:
        self._resources = resources
        self._around = around.all if around is not None else None
        self._open = around.open if around is not None else None
        self._find_beside = around.beside if around is not None else None
        self._find_unbuilt = around.unbuilt if around is not None else None
        self._makers = makers
        self._index = Index(resources, externals)
        self._parts: dict[ResourceId, Parts | None] = {}
        self._said: set[tuple[str, str]] = set()

    def follow_names(self, nearest: Nearest) -> Iterator[Edge | Diagnostic]:
        for resource in self._resources:
            yield from self._general(resource)
            for named in named_by(resource):
                found = self._index.find(named)
                if found is None:
                    yield from self._missing(resource, named, nearest)
                elif found is not resource or kind_of(found) == named.kind:  # an Ingress may make its own Secret
                    yield Edge(resource.id, found.id, named.at, named.reference.why)
                    yield from self._missing_parts(resource, named, found, nearest)

    def _general(self, resource: Resource) -> Iterator[Edge]:
        """Yield what every object needs: its Namespace, and the definition of its kind. Both may come from
        elsewhere.
        """
        namespace, definition = self._index.namespace(resource), self._index.definition(resource)
        if namespace and kind_of(resource) not in CLUSTER_SCOPED:
            yield Edge(resource.id, namespace.id, ("metadata", "namespace"), "namespace")
        if definition:
            yield Edge(resource.id, definition.id, ("kind",), "kind")

    def _missing(self, resource: Resource, named: Named, nearest: Nearest) -> Iterator[Diagnostic]:
        """Yield the finding about a name that no object has, unless that is allowed."""
        severity, kind, name = named.reference.severity, named.kind[1], quoted(named.name)
        if severity is None or named.optional or self._is_elsewhere(named):
            return
        where = origin_of(resource, named.at)
        if _is_open(kind):
            yield from self._once(
                f"{quoted(kind)} is a placeholder, so it is not known what this is", where, resource.id
            )
        elif _is_open(named.name):
            message = f"{name} is a placeholder, so it is not known which {kind} this is"
            yield from self._once(message, where, resource.id)
        elif _is_open(named.namespace) and self._index.same_name(named):
            return  # the placeholder may stand for the namespace of the one that is here
        elif severity == "info" or self._is_of_cluster(resource, named, nearest):
            yield from self._once(f"{kind} {name} is not in this target; the cluster must have it", where, resource.id)
        else:
            yield self._leads_nowhere(resource, named, nearest)

    def _is_elsewhere(self, named: Named) -> bool:
        """Return whether an object is made outside of the target: by configuration, or by another target."""
        if named.kind == HOSTNAME or self._index.is_made_elsewhere(named) or self._index.is_of_volumes(named):
            return True
        around = self._around
        return around is not None and (around.find(named) is not None or around.is_of_volumes(named))

    def _is_of_cluster(self, resource: Resource, named: Named, nearest: Nearest) -> bool:
        """Return whether an object is made elsewhere, by people or by a program: a volume whose name is that of one
        which was made for a claim; or a volume, or what Flux builds, where the sources have no other. `flux bootstrap`
        makes the source that is this repository itself. Sources that only releases use do not count, unless one has
        almost the same name.
        """
        if named.kind == VOLUME and _MADE_FOR_CLAIM.fullmatch(named.name):
            return True
        if named.kind != VOLUME and (kind_of(resource) != FLUX_KUSTOMIZATION or named.kind not in _BUILT):
            return False
        known = self._around if self._around is not None else self._index
        names = known.names(named)
        return not names or (named.kind != VOLUME and not known.built(named) and not nearest.to(named.name, names))

    def _leads_nowhere(self, resource: Resource, named: Named, nearest: Nearest) -> Diagnostic:
        is_own = named.kind == kind_of(resource)
        names = [name for name in self._index.names(named) if not (is_own and name == resource.id.name)]
        meant = nearest.to(named.name, names)
        candidates = self._candidates(resource, named, meant)
        notes = tuple((origin_of(each, ("metadata", "name")), f"{each.id} {how}") for each, how in candidates)
        place = f"the namespace {named.namespace} of this target" if named.said else "this target"
        message = f"no {named.kind[1]} {quoted(named.name)} in {place}"
        severity, where = named.reference.severity or "error", origin_of(resource, named.at)
        code = "PS301" if severity == "error" else "PS302"
        if self._open is not None and self._open.find(named) is not None:
            message = f"{message}; a target that may be in the same cluster may have it"
            return Diagnostic(code, "info", message, where, resource.id)
        maker = self._makers.of_secret(named.namespace, named.name) if named.kind == SECRET else None
        maker = maker or self._maker(resource, named, meant)
        if maker is not None:
            is_role = kind_of(maker) in (ROLE, CLUSTER_ROLE)
            is_namesake = maker.id.name == named.name and not (notes or is_role)
            by_name = f"{message}; {self._makers.words(maker, named.name)} may make it"
            message = _of_namesake(named.kind[1], maker) if is_namesake else by_name
            return Diagnostic(code, "info", message, where, resource.id, notes)
        if severity in _LESS and self._may_join(resource, named):
            message = f"{message}, as long as {resource.id} has no namespace"
            return Diagnostic(code, _LESS[severity], message, where, resource.id, notes, _hint(named.name, meant))
        beside = self._beside.same_name(named)[:1] if self._beside is not None else ()
        notes += tuple(
            (origin_of(each, ("metadata", "name")), f"no kustomization names this {each.id}") for each in beside
        )
        example = next((each.origin.path for each in beside if _IS_EXAMPLE.search(each.origin.path)), "")
        if example:
            message = f"{message}; {posixpath.basename(example)} shows how to make it"
            return Diagnostic(code, "info", message, where, resource.id, notes, AS_SHOWN)
        kept = None if beside else self._kept(named, severity)
        if kept is not None:
            message = f"{message}; {kept.origin.path} has it, which nothing builds"
            return Diagnostic(code, "info", message, where, resource.id, notes, BY_HAND)
        hint = "name its file under `resources:`" if beside else _hint(named.name, meant)
        if severity == "error" and (unplaced := self._unplaced(named)) is not None:
            severity, message = "warning", f"{message}, as long as {unplaced.id} has no namespace"
        return Diagnostic(code, severity, message, where, resource.id, notes, hint)

    @cached_property
    def _beside(self) -> Index | None:
        """The objects in files beside those of the target. They are read only where an object is missing."""
        return self._find_beside() if self._find_beside is not None else None

    def _kept(self, named: Named, severity: Severity) -> Resource | None:
        """Return the object in a file that nothing builds, by which people make a missing Secret by hand."""
        if self._find_unbuilt is None or named.kind != SECRET or severity != "warning":
            return None
        return self._find_unbuilt(named.namespace, named.name)

    def _unplaced(self, named: Named) -> Resource | None:
        """Return the missing object without a namespace, if there is one: what applies it may give it the right one."""
        return next((same for same in self._index.same_name(named) if not same.id.namespace), None)

    def _may_join(self, resource: Resource, named: Named) -> bool:
        """Return whether an object without a namespace may get the one in which a missing object is, from a program
        that applies it, as Flux does with `targetNamespace`.
        """
        is_open = not named.said and not resource.id.namespace and kind_of(resource) not in CLUSTER_SCOPED
        return is_open and any(same.id.namespace for same in self._index.same_name(named))

    def _maker(self, resource: Resource, named: Named, meant: str) -> Resource | None:
        """Return the object that may make a missing one.

        An object that only stands beside it does not count if the name looks like a misspelling of another one, and
        nothing else makes what the object itself needs.
        """
        # Operators make Secrets and Services; custom resources are written by people.
        is_custom = "." in named.kind[0] and not named.kind[0].endswith(".k8s.io")
        if is_custom or _is_hashed(named.name, meant):
            return None
        if named.kind in CLUSTER_SCOPED:
            maker = self._makers.of_cluster(named.name) or self._release
        else:
            maker = self._makers.of_name(named.namespace, named.name) or self._unplaced_maker(named)
        if maker is None or maker.id == resource.id:
            return None
        is_near = bool(meant) and not meant.startswith(f"{named.name}-")
        return None if is_near and not self._makers.is_related(maker, named.name) else maker

    def _unplaced_maker(self, named: Named) -> Resource | None:
        """Return the maker among the objects without a namespace. These will get one that is not known here, so that
        one may make what a reference with a namespace names.
        """
        return self._makers.of_name("", named.name) if named.said else None

    @cached_property
    def _release(self) -> Resource | None:
        """A release of this target, which may make whatever else of the target needs."""
        releases = (resource for resource in self._resources if kind_of(resource) in RELEASES)
        return next((release for release in releases if release.id not in self._makers.known), None)

    def _once(self, message: str, where: Origin, id: ResourceId) -> Iterator[Diagnostic]:
        """Report only once, at the first object that names it, that the cluster must have a storage class."""
        key = message, id.namespace
        if key not in self._said:
            self._said.add(key)
            yield Diagnostic("PS302", "info", message, where, id)

    def _candidates(self, resource: Resource, named: Named, meant: str) -> Iterator[tuple[Resource, str]]:
        """Yield the objects that may have been meant: those with another name, in another namespace, or of another
        kind.
        """
        if meant and (near := self._index.get(named.kind, named.namespace, meant)):
            yield near, "is here"
        for same in self._index.same_name(named)[:MAX_NOTES]:
            yield same, f"is in the namespace {same.id.namespace}" if same.id.namespace else IN_NO_NAMESPACE
        for kind in _alike(named.kind):
            namespace = "" if kind in CLUSTER_SCOPED else named.namespace or resource.id.namespace
            if other := self._index.get(kind, namespace, named.name):
                yield other, "has this name"

    def _missing_parts(
        self, resource: Resource, named: Named, found: Resource, nearest: Nearest
    ) -> Iterator[Diagnostic]:
        is_told = named.parts and not named.optional and kind_of(found) == named.kind
        if is_told and not self._index.is_filled(found):
            if found.id not in self._parts:
                self._parts[found.id] = parts_of(found)
            parts = self._parts[found.id]
            for at, part in named.parts if parts else ():
                if parts and part not in parts.names and not _is_open(part):
                    yield _missing_part(resource, at, part, found, parts, nearest)


def _is_open(text: str) -> bool:
    """Return whether another tool puts in what a text means, such as Flux for a variable, or SOPS."""
    return "$" in text or is_encrypted(text)


def _of_namesake(kind: str, maker: Resource) -> str:
    """Return what is said once of all objects that have the names of their makers, such as those of Helm releases."""
    return f"this {kind} is not in this target; {one(maker)} of the same name may make it"


_MADE_FOR_CLAIM = regex(r"pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BUILT = (GIT_REPOSITORY, OCI_REPOSITORY)
"""The kinds of the sources that `flux bootstrap` and the Flux Operator make."""

_HASHED = regex(r"-[24-9bcdfghkmt]{10}")


_LESS: dict[str, Severity] = {"error": "warning", "warning": "info"}
"""The severity of what is right once something has given the object a namespace."""

HOSTNAME: Kind = ("networking.istio.io", "Hostname")
"""What Istio lets a route name in place of an object: a host in its mesh."""

AS_SHOWN = "make it in the cluster, as the example shows"
BY_HAND = "build that file, too; or if it is applied by hand, name the Secret under `externals:` in penstock.yaml"

_IS_EXAMPLE = regex(r"(?i)(?:^|[/._-])(?:example|sample|template|tpl|dist)s?(?:[._-][^/]*)?$")
"""Files that show people how to make an object by hand, such as `secret.example.yaml`; nobody applies them as they
stand.
"""


def _hint(name: str, meant: str) -> str:
    """Return the advice about a name that no object has. A name with a hash is no good advice, since it changes with
    the content.
    """
    if _is_hashed(name, meant):
        return RENAMED
    return f"did you mean {quoted(meant)}?" if meant else ""


def _is_hashed(name: str, meant: str) -> bool:
    """Return whether one name is the other one followed by a hash of Kustomize."""
    return meant.startswith(name) and bool(_HASHED.fullmatch(meant[len(name) :]))


def _alike(kind: Kind) -> list[Kind]:
    return [other for pair in ALIKE if kind in pair for other in pair if other != kind]


def _missing_part(
    resource: Resource, at: Pointer, part: str, found: Resource, parts: Parts, nearest: Nearest
) -> Diagnostic:
    meant = "" if part.isdigit() else nearest.to(part, parts.names)
    hint = f"did you mean {quoted(meant)}?" if meant else f"it has {one_of(parts.names)}" if parts.names else ""
    message = f"{found.id.kind} {quoted(found.id.name)} has no {parts.word} {quoted(part)}"
    notes = ((origin_of(found, parts.at), f"the {parts.word}s of {found.id}"),)
    where = origin_of(resource, at)
    if parts.word != "key":
        return Diagnostic("PS305", "error", message, where, resource.id, notes, hint)
    severity: Severity = "error" if parts.names else "warning"  # an empty one may be there for a controller to fill
    return Diagnostic("PS304", severity, message, where, resource.id, notes, hint)
