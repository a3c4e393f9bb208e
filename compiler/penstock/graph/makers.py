"""Objects that make other objects which are not in the sources: Helm releases, and the custom resources of operators.

What such an object makes is not known. So if it may have made a missing object, or the pods that a selector is for, it
is not certain that there is a mistake: the finding becomes an info that names the maker.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import islice

from penstock.graph.index import kind_of
from penstock.graph.passive import PASSIVE_GROUPS, PASSIVE_KINDS
from penstock.graph.references import (
    CLUSTER_ROLE,
    DEFINITION,
    PRODUCTS,
    RELEASES,
    ROLE,
    VOLUME,
    Kind,
)
from penstock.graph.walk import strings
from penstock.kubernetes import POD_TEMPLATES, text
from penstock.model import Pointer, Resource, ResourceId, Tree
from penstock.regex import regex
from penstock.tree import get, leaves

MAX_VALUES = 10_000
"""Values of one object that are looked at for labels."""

MAX_NAME = 253
"""The largest length of the name of an object. The name in a reference may have any length."""


FLUX = frozenset(("kustomize.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io"))
"""Groups whose objects show that Flux is in the cluster."""

SERVICES_OF_FLUX = frozenset(("notification-controller", "source-controller", "webhook-receiver"))
"""The Services that `flux install` makes. Ingresses lead to the one for webhooks."""


class Makers:
    """The objects of a target, or of all targets of an environment, that make others, by namespace.

    `unlocked` are definitions that make objects of other repositories in a namespace, as a release does. `known` are
    releases of which all objects are here.
    """

    def __init__(
        self,
        resources: Sequence[Resource],
        unlocked: Sequence[tuple[str, Resource]] = (),
        known: Set[ResourceId] = frozenset(),
    ) -> None:
        self.known = known
        self._groups: set[str] = set()
        self._in: dict[str, _InNamespace] = {}
        self._flux: Resource | None = None
        self._creating: dict[str, dict[str, Resource]] = {}
        """For each namespace in which programs may create Secrets: the first role that names a Secret, by its name."""
        for resource in resources:
            if kind_of(resource)[0] in FLUX:
                self._flux = self._flux or resource
            if resource.id not in known:
                self._sort_in(resource)
            if kind_of(resource) == DEFINITION:
                self._groups.update(strings(resource.body, "spec.group"))
            elif is_custom(kind_of(resource)):
                self._groups.add(resource.id.group)
        for namespace, definition in unlocked:
            self._at(namespace).releases.append(definition)

    def _sort_in(self, resource: Resource) -> None:
        """Note what an object may make, by its kind."""
        kind = kind_of(resource)
        place = _place_of_installed(resource)
        if place is not None:
            namespace = get(resource.body, place)
            at = namespace if isinstance(namespace, str) and namespace else resource.id.namespace
            self._at(at).releases.append(resource)
        elif kind in (ROLE, CLUSTER_ROLE):
            self._note_created(resource)
        elif kind == JOB:
            self._at(resource.id.namespace).jobs.append(resource)
        elif _is_active(resource):
            self._at(resource.id.namespace).custom.append(resource)
            for named in _namespaces_of(resource):
                self._at(named).releases.append(resource)

    def _note_created(self, role: Resource) -> None:
        """Note the Secrets that a role lets programs create."""
        created = secrets_created(role)
        if created is not None:
            named = self._creating.setdefault(role.id.namespace, {})
            for name in created:
                named.setdefault(name, role)

    def _at(self, namespace: str) -> "_InNamespace":
        if namespace not in self._in:
            self._in[namespace] = _InNamespace()
        return self._in[namespace]

    def of_name(self, namespace: str, name: str) -> Resource | None:
        """Return the maker of an object of this name: a maker whose name the object's name begins with, or ends with if
        an operator has put a part in front, or has between two dots; or any release.
        """
        there = self._in.get(namespace, _NONE)
        related = there.longest_named(_beginnings(name)) or there.first_custom((*_endings(name), *_between_dots(name)))
        return related or self._of_flux(name) or next(iter(there.releases), None)

    def of_secret(self, namespace: str, name: str) -> Resource | None:
        """Return what may make a Secret of this name where a role in the sources lets programs create Secrets: a Job
        with a name like that, or the role itself if it names the Secret.
        """
        created = [self._creating[each] for each in (namespace, "") if each in self._creating]
        there = self._in.get(namespace, _NONE) if created else _NONE
        naming = next((roles[name] for roles in created if name in roles), None)
        return there.job_like(name) or (naming and next(iter(there.jobs), naming))

    def _of_flux(self, name: str) -> Resource | None:
        """Return an object of Flux if a Service of this name belongs to Flux itself, which is rarely in the sources."""
        return self._flux if name in SERVICES_OF_FLUX else None

    def of_cluster(self, name: str) -> Resource | None:
        """Return the release that may make a cluster-scoped object of this name, since the name begins with the
        release's. A release in any namespace may make one.
        """
        return self._everywhere.longest_named(_beginnings(name))

    @cached_property
    def _everywhere(self) -> "_InNamespace":
        everywhere = _InNamespace()
        everywhere.releases = [release for there in self._in.values() for release in there.releases]
        return everywhere

    def of_pods(self, namespace: str, labels: Mapping[str, str]) -> Resource | None:
        """Return the maker of pods with these labels: a maker with one of their values. Otherwise it is any release,
        unless a maker has the beginning of a value as its name.
        """
        there = self._in.get(namespace, _NONE)
        related = there.first_named(_names_in(labels)) or there.with_labels(labels)
        if related is not None or not there.releases:
            return related
        beginnings = (each for value in labels.values() for each in _beginnings(value))
        return there.longest_named(beginnings) or there.releases[0]

    def words(self, maker: Resource, name: str) -> str:
        """Return what a message calls the maker of an object of this name, or of pods with this value of a label. One
        that merely stands beside the object is not named, since any other may be the maker as well.
        """
        if name in SERVICES_OF_FLUX and maker is self._flux:
            return "Flux itself"
        if kind_of(maker) in (ROLE, CLUSTER_ROLE):
            return f"a program with {maker.id}"
        is_certain = kind_of(maker) not in RELEASES or self.is_related(maker, name)
        return str(maker.id) if is_certain else f"{one(maker)} beside it"

    def words_of_pods(self, maker: Resource, labels: Mapping[str, str]) -> str:
        """Return what a message calls the maker of pods with these labels."""
        values = [value for value in labels.values() if self.is_related(maker, value)]
        return self.words(maker, values[0] if values else "")

    def has_operator_of(self, labels: Mapping[str, str]) -> bool:
        """Return whether a label belongs to an operator, which sets it on pods while it runs: its domain is that of the
        group of a custom kind here, as `longhorn.io/webhook` is.
        """
        domains = {key.partition("/")[0] for key in labels if "/" in key}
        ends = {group[at:] for group in self._groups for at in _ends_of_domain(group)}
        return not domains.isdisjoint(ends)

    def is_named(self, maker: Resource, labels: Mapping[str, str]) -> bool:
        """Return whether labels of pods name the custom resource that makes them, as operators label what they make."""
        return kind_of(maker) not in RELEASES and maker.id.name in _names_in(labels)

    def is_related(self, maker: Resource, name: str) -> bool:
        """Return whether a name begins or ends with that of its maker. If not, the two merely stand side by side."""
        return maker.id.name in _beginnings(name) or maker.id.name in _endings(name)


class _InNamespace:
    """The releases and the custom resources of one namespace, and the tables in which they are found."""

    def __init__(self) -> None:
        self.releases: list[Resource] = []
        self.custom: list[Resource] = []
        self.jobs: list[Resource] = []

    @cached_property
    def _by_name(self) -> dict[str, Resource]:
        """The first maker of each name: releases come before custom resources."""
        return {maker.id.name: maker for maker in reversed((*self.releases, *self.custom)) if maker.id.name}

    @cached_property
    def _custom_by_name(self) -> dict[str, Resource]:
        return {maker.id.name: maker for maker in reversed(self.custom)}

    @cached_property
    def _by_pair(self) -> dict[tuple[str, str], list[int]]:
        """For each pair of a key and a value: the numbers of the custom resources that have it anywhere."""
        by_pair: dict[tuple[str, str], list[int]] = {}
        for number, maker in enumerate(self.custom):
            for pair in set(islice(_pairs(maker), MAX_VALUES)):
                by_pair.setdefault(pair, []).append(number)
        return by_pair

    def first_named(self, names: Iterable[str]) -> Resource | None:
        """Return the maker with the first of these names that one has."""
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def longest_named(self, names: Iterable[str]) -> Resource | None:
        """Return the maker with the longest of these names: `shop-db` is more likely to make `shop-db-app` than `shop`
        is.
        """
        return self.first_named(sorted(names, key=len, reverse=True))

    def first_custom(self, names: Iterable[str]) -> Resource | None:
        """Return the custom resource with the first of these names that one has."""
        return next((self._custom_by_name[name] for name in names if name in self._custom_by_name), None)

    def with_labels(self, labels: Mapping[str, str]) -> Resource | None:
        """Return the first custom resource that has all of these labels somewhere: in what may be a pod template, or as
        its own labels.
        """
        if not labels or not self.custom:
            return None
        having = [set(self._by_pair.get(pair, ())) for pair in labels.items()]
        found = set.intersection(*having)
        return self.custom[min(found)] if found else None

    @cached_property
    def _jobs_by_name(self) -> dict[str, int]:
        """The number of the first Job of each name."""
        return {job.id.name: number for number, job in reversed([*enumerate(self.jobs)])}

    @cached_property
    def _jobs_by_beginning(self) -> dict[str, int]:
        """For each beginning of a name: the number of the first Job whose name begins so."""
        jobs = reversed([*enumerate(self.jobs)])
        return {beginning: number for number, job in jobs for beginning in _beginnings(job.id.name)}

    @cached_property
    def _jobs_of_certificates(self) -> list[int]:
        return [number for number, job in enumerate(self.jobs) if "certgen" in job.id.name]

    def job_like(self, name: str) -> Resource | None:
        """Return the first Job with a name that shows that it makes a Secret: one name begins with the other, or the
        Job generates certificates.
        """
        found = [self._jobs_by_name[each] for each in _beginnings(name) if each in self._jobs_by_name]
        if name in self._jobs_by_beginning:
            found.append(self._jobs_by_beginning[name])
        if "cert" in name or "tls" in name:
            found += self._jobs_of_certificates[:1]
        return self.jobs[min(found)] if found else None


_NONE = _InNamespace()

JOB: Kind = ("batch", "Job")


def secrets_created(role: Resource) -> set[str] | None:
    """Return the names of Secrets in a role that lets programs create Secrets, or None if it does not."""
    rules = get(role.body, ("rules",))
    about = [each for each in rules if _is_about_secrets(each)] if isinstance(rules, list) else []
    if not any({"create", "*"}.intersection(_texts(each, "verbs")) for each in about):
        return None
    return {name for each in about for name in _texts(each, "resourceNames")}


def _is_about_secrets(rule: object) -> bool:
    return isinstance(rule, dict) and "secrets" in _texts(rule, "resources")


def _texts(rule: Tree, field: str) -> list[str]:
    found = rule.get(field)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


ARTIFACTS = frozenset(("Bucket", "ExternalArtifact", "OCIRepository"))
"""Sources of Flux that are no repository with this tree."""


def _place_of_installed(resource: Resource) -> Pointer | None:
    """Return the field with the namespace of what an object installs, or None if it installs nothing from elsewhere."""
    kind = kind_of(resource)
    is_of_artifact = kind == KUSTOMIZATION and text(get(resource.body, ("spec", "sourceRef", "kind"))) in ARTIFACTS
    return ("spec", "targetNamespace") if is_of_artifact else RELEASES.get(kind)


KUSTOMIZATION: Kind = ("kustomize.toolkit.fluxcd.io", "Kustomization")


def _is_active(resource: Resource) -> bool:
    """Return whether an operator may make objects for this one. Kinds of Kubernetes itself are not among these, and
    neither are groups that are known to make nothing.
    """
    return _is_active_kind(*kind_of(resource))


def _namespaces_of(resource: Resource) -> Iterator[str]:
    """Yield the namespaces that the spec of a custom resource names directly, such as `targetNamespace`: its operator
    makes objects there, whose names and labels are the operator's own affair.
    """
    spec = get(resource.body, ("spec",))
    for key, value in spec.items() if isinstance(spec, dict) else ():
        if isinstance(key, str) and key.endswith("Namespace") and isinstance(value, str):
            yield value


def may_make(kind: Kind) -> bool:
    """Return whether objects of a kind may make others, so that their content decides on what is missing elsewhere."""
    return kind in RELEASES or kind in _PRODUCING or _is_active_kind(*kind)


_PRODUCING = frozenset((*(product.kind for product in PRODUCTS), JOB, ROLE, CLUSTER_ROLE, VOLUME))
"""Kinds that say whether something else may be made elsewhere: by them, with their leave, or as they are."""


def is_custom(kind: Kind) -> bool:
    """Return whether a kind is none of Kubernetes itself."""
    return "." in kind[0] and not kind[0].endswith(".k8s.io")


def _ends_of_domain(group: str) -> Iterator[int]:
    """Yield where the domains begin that a group is in, but for those of one name: `cnpg.io` in `sql.cnpg.io`."""
    starts = [0, *(at + 1 for at, sign in enumerate(group) if sign == ".")]
    yield from starts[:-1]


def _is_active_kind(group: str, kind: str) -> bool:
    is_passive = group in PASSIVE_GROUPS or (group, kind) in PASSIVE_KINDS
    return is_custom((group, kind)) and not is_passive and (group, kind) not in POD_TEMPLATES


def one(maker: Resource) -> str:
    """Return what a message calls an object that stands for all of its kind: `a HelmRelease.helm.toolkit.fluxcd.io`."""
    article = "an" if maker.id.kind.startswith(("A", "E", "I", "O")) else "a"
    return f"{article} {maker.id.kind}.{maker.id.group}"


_OF_KSERVE = regex(r"isvc\.(.+)-(?:predictor|transformer|explainer)(?:-.+)?")
"""The label `app` of the pods that KServe makes for an InferenceService; `isvc.NAME-predictor`."""


def _names_in(labels: Mapping[str, str]) -> list[str]:
    """Return the names of makers that the labels of their pods may have."""
    matches = map(_OF_KSERVE.fullmatch, labels.values())
    return [*labels.values(), *(match[1] for match in matches if match is not None)]


def _beginnings(name: str) -> list[str]:
    """Return a name, and what stands before each of its hyphens, as far as that can be the name of an object."""
    ends = (end for end, character in enumerate(name[: MAX_NAME + 1]) if character == "-")
    return [*(name[:end] for end in ends), name]


def _endings(name: str) -> list[str]:
    """Return what stands behind each hyphen of a name, longest first: `vmselect-main` is a part of a cluster `main`."""
    return [name[at + 1 :] for at, character in enumerate(name[: MAX_NAME + 1]) if character == "-"]


def _between_dots(name: str) -> list[str]:
    """Return what stands between two dots of a name: `app.main.credentials.postgresql.acid.zalan.do` is a Secret that
    Zalando's operator makes for its cluster `main`.
    """
    return name[: MAX_NAME + 1].split(".")[1:-1]


def _pairs(resource: Resource) -> Iterator[tuple[str, str]]:
    for at, value in leaves(resource.body):
        if isinstance(value, str) and at:
            yield str(at[-1]), value
