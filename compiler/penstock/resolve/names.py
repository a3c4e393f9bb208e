"""Name references: where an object was renamed, fields of other objects that name it are updated.

This is done once, over the whole build. A candidate is an object that once had the old name and the right kind, and
that lies in the namespace of the referrer, unless one of the two is not namespaced. Among several candidates, the
prefixes and suffixes that candidate and referrer went through decide.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from functools import cached_property, lru_cache
from itertools import islice

from penstock.kubernetes import text
from penstock.model import Pointer, Resource
from penstock.resolve.accumulation import References
from penstock.resolve.finding.default_specs import RBAC
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists
from penstock.resolve.finding.identities import NOT_NAMESPACED, Gvk, current, earlier, original
from penstock.resolve.finding.spec_tables import SpecTable
from penstock.resolve.finding.subjects import Subjects
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import forget_type, forget_type_and_tag, is_date, is_spelled_out, text_of
from penstock.scalar import YAML_TAGS, Tagged
from penstock.tree import get, origin_of, put
from penstock.typed import Any
from penstock.unsettled import is_null

Naming = tuple[Gvk, FieldSpec]
"""A kind that is named, and a field that names it."""


class Namings:
    """The fields that name objects, in order, and by the kind of the referrer."""

    def __init__(self, references: References) -> None:
        self._all = [(target, spec) for target, specs in references for spec in specs]

    @cached_property
    def _by_kind(self) -> dict[str, list[Naming]]:
        by_kind: dict[str, list[Naming]] = {}
        for naming in self._all:
            by_kind.setdefault(naming[1].gvk.kind, []).append(naming)
        return by_kind

    @cached_property
    def _table(self) -> SpecTable:
        return SpecTable(spec for _, spec in self._all)

    def of_kind(self, kind: str) -> list[Naming]:
        """Return the fields of one kind, and those that count for all kinds."""
        return [*self._by_kind.get(kind, ()), *self._by_kind.get("", ())]

    def in_object(self, kind: str, body: Any) -> list[Naming]:
        """Return, in order, those fields of a kind that an object of it may have."""
        return [self._all[number] for number in self._table.reaching(kind, body)]


_namings = lru_cache(maxsize=8)(Namings)


def fix_references(resources: list[Resource], references: References, level: Level) -> None:
    """Write the new name into every field that holds an old one. An ambiguous reference is a finding."""
    _check_subjects(resources, level)
    renamed = _Renamed(resources)
    namings = _namings(references)
    _check_versions(resources, namings, level)
    shapes: dict[tuple[str, str, str], Shape] = {}
    for resource in resources:
        if not renamed.are_any and _has_shape(resource, namings, shapes):
            continue
        subjects_before = resource.body.get("subjects")
        kind = original(resource).kind
        for target, spec in namings.in_object(kind, resource.body):
            if spec.gvk.selects(resource.id.group, resource.version, kind):
                _Referrer(resource, target, renamed, level).fix(spec)
        if subjects_before is not None:
            from penstock.resolve.subjects import report_changed  # few builds have role bindings

            report_changed(level, resource, subjects_before)


def _check_subjects(resources: Iterable[Resource], level: Level) -> None:
    """Report each RoleBinding that has a ServiceAccount with a blank namespace, which Kustomize refuses."""
    for resource in resources:
        if resource.id.kind != "RoleBinding" or resource.id.group != RBAC:
            continue
        subjects = resource.body.get("subjects")
        for index, subject in enumerate(subjects if isinstance(subjects, list) else ()):
            _check_subject(level, resource, ("subjects", index), subject)


def _check_subject(level: Level, resource: Resource, at: Pointer, subject: Any) -> None:
    if not isinstance(subject, dict):
        hint = "write `kind:` and `name:` of the subject"
        where = origin_of(resource, at)
        level.report("PS230", "a subject must be a mapping", where, resource=resource.id, hint=hint)
        return
    kind = subject.get("kind", "")
    if "namespace" not in subject or (isinstance(kind, str) and kind != "ServiceAccount"):
        return
    if not isinstance(kind, str | None):
        where = origin_of(resource, (*at, "kind"))
        hint = "write ServiceAccount, User or Group"
        level.report("PS230", "the kind of a subject must be a string", where, resource=resource.id, hint=hint)
    elif kind is None or not _is_text(level, resource, (*at, "namespace")):
        where = origin_of(resource, (*at, "namespace"))
        hint = "name the namespace, or leave the field out"
        level.report("PS232", "the namespace of this subject is blank", where, resource=resource.id, hint=hint)


def _is_text(level: Level, resource: Resource, at: Pointer) -> bool:
    value = get(resource.body, at)
    if value.__class__ is Tagged:
        return not value.tag.startswith(YAML_TAGS)
    return isinstance(value, str) and not is_date(level, resource, at, value)


def _check_versions(resources: Iterable[Resource], namings: Namings, level: Level) -> None:
    """Report each object that may name others and whose apiVersion is spelled out as null, which Kustomize refuses."""
    for resource in resources:
        if resource.body.get("apiVersion", "") is not None:
            continue
        kind = original(resource).kind
        specs = namings.of_kind(kind)
        if any(spec.gvk.selects("", resource.version, kind) for _, spec in specs) and is_spelled_out(
            level, resource, ("apiVersion",)
        ):
            where = origin_of(resource, ("apiVersion",))
            hint = "write the version of the kind, such as v1"
            level.report("PS202", "the `apiVersion` of this object is null", where, resource=resource.id, hint=hint)


Shape = dict[str, "Shape"]
"""The fields on the way to names, nested; empty where a name, or a mapping with a name, must be. The key `""` says that
some path does not consist of field names only.
"""


def _has_shape(resource: Resource, namings: Namings, shapes: dict[tuple[str, str, str], Shape]) -> bool:
    """Return whether all name fields of an object can be reached. Kustomize refuses any other object, even if nothing
    was renamed.
    """
    kind = original(resource).kind
    key = (resource.id.group, resource.version, kind)
    shape = shapes.get(key)
    if shape is None:
        shape = shapes[key] = {}
        for _, spec in namings.of_kind(kind):
            if spec.gvk.selects(*key):
                if not spec.is_plain:
                    # Such a path cannot be followed by names alone, so the object is left to the slow way.
                    shape[""] = {}
                below = shape
                for step in spec.steps:
                    below = below.setdefault(step, {})
    return not shape or ("" not in shape and _fits(resource.body, shape))


def _fits(value: Any, shape: Shape) -> bool:
    if value.__class__ is dict:
        if not shape:
            return "name" in value
        fewer = shape if len(shape) < len(value) else value
        return all(step not in shape or value.get(step) is None or _fits(value[step], shape[step]) for step in fewer)
    if value.__class__ is list:
        return all(_fits(element, shape) and (shape or element.__class__ is not list) for element in value)
    return value is None or not shape


Prefixes = Collection[str] | None
"""The last prefixes that candidates may have; None for any."""


class _Renamed:
    """The resources that once had another name or namespace, indexed by earlier name and present namespace."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._resources = resources
        self.are_any = any(resource.lineage.past for resource in resources)

    @cached_property
    def _by_name(self) -> dict[str, dict[str, dict[str, list[tuple[int, Resource]]]]]:
        """The resources by earlier name, then by present namespace, then by last prefix."""
        by_name: dict[str, dict[str, dict[str, list[tuple[int, Resource]]]]] = {}
        for number, resource in enumerate(self._resources):
            here = current(resource).namespace
            for name in dict.fromkeys(name for name, _, _ in resource.lineage.past):
                there = by_name.setdefault(name, {}).setdefault(here, {})
                there.setdefault(_last(resource.lineage.prefixes), []).append((number, resource))
        return by_name

    @cached_property
    def first_in(self) -> dict[str, list[Resource]]:
        """The resources by their first namespace."""
        first_in: dict[str, list[Resource]] = {}
        for resource in self._resources:
            first_in.setdefault(original(resource).namespace, []).append(resource)
        return first_in

    def called(
        self, name: str, namespaces: Iterable[str] | None, prefixes: Collection[str] | None = None
    ) -> list[Resource]:
        """Return the resources that once had a name, in order.

        `namespaces` restricts them by their present namespace and `prefixes` by their last prefix; None does not
        restrict.
        """
        found = self._by_name.get(name, {})
        places = [found[each] for each in (found if namespaces is None else namespaces) if each in found]
        numbered = [entry for place in places for last in (prefixes or place) for entry in place.get(last, ())]
        return [resource for _, resource in sorted(numbered, key=lambda entry: entry[0])]


class _Referrer:
    """One resource that may name objects of one kind."""

    def __init__(
        self,
        resource: Resource,
        target: Gvk,
        renamed: _Renamed,
        level: Level,
    ) -> None:
        self.resource = resource
        self.target = target
        self.renamed = renamed
        self.level = level
        self.now = current(resource)
        self.role: Gvk | None = None
        self.subjects = Subjects()

    def fix(self, spec: FieldSpec) -> None:
        if spec.path.endswith("roleRef/name"):
            self.role = _role(self.resource)
        try:
            make_lists(self.resource, spec)
            for at, value in find(self.resource.body, spec.steps):
                self.fix_value(at, value)
        except Conflict as conflict:
            where = origin_of(self.resource, conflict.at)
            message = f"cannot follow a name through this field: {conflict}"
            self.level.report("PS230", message, where, resource=self.resource.id)

    def fix_value(self, at: Pointer, value: Any) -> None:
        if value.__class__ is dict:
            self.fix_mapping(at, value)
        elif value.__class__ is list:
            for index, element in enumerate(value):
                if element.__class__ is list:
                    raise Conflict("there is a list where a name must be", (*at, index), hint="write a text there")
                if element.__class__ is dict:
                    self.fix_mapping((*at, index), element)
                elif not is_null(element):
                    self.fix_name((*at, index), element)
        elif not is_null(value):
            self.fix_name(at, value)

    def fix_name(self, at: Pointer, value: Any) -> None:
        name = text_of(self.level, self.resource, at, value)
        found = self.choose(at, name, lambda prefixes: self.called(name, prefixes), lambda r: (r.id.name,))
        if found is not None and found.id.name != name:
            self.write(at, name, found, "name")

    def fix_mapping(self, at: Pointer, value: dict[str, Any]) -> None:
        """Update a mapping with `name` and perhaps `namespace`, such as a subject or the service of a webhook."""
        if "name" not in value:
            raise Conflict("there is no `name`", at, hint="add `name: …`")
        name, namespace = (text_of(self.level, self.resource, (*at, f), value.get(f)) for f in ("name", "namespace"))

        def candidates(prefixes: Prefixes) -> list[Resource]:
            called = self.called(name, prefixes)
            return self.in_namespace(namespace, called) if "namespace" in value else called

        found = self.choose(at, name, candidates, lambda r: (r.id.name, r.id.namespace))
        # The name has not changed, and there is no namespace to write.
        if found is None or (found.id.name == name and not found.id.namespace):
            return
        self.write((*at, "name"), name, found, "name")
        if found.id.namespace:
            self.write((*at, "namespace"), namespace, found, "namespace")

    def write(self, at: Pointer, now: str, found: Resource, field: str) -> None:
        """Write the name or namespace of the object that is meant. A value that is right already loses its tag and
        type.
        """
        written = getattr(found.id, field)
        if written == now:
            forget_type_and_tag(self.level, self.resource, at)
            return
        forget_type(self.level, self.resource, at, written)
        put(self.resource, at, written, origin_of(found, ("metadata", field)))

    def in_namespace(self, namespace: str, candidates: Iterable[Resource]) -> list[Resource]:
        """Return the candidates whose first namespace is `namespace`.

        If no visible resource was ever first in this namespace, return the candidates that lie in it now.
        """
        if namespace == NOT_NAMESPACED:
            return []
        if any(self.may_see(r) for r in self.renamed.first_in.get(namespace, ())):
            return [r for r in candidates if original(r).namespace == namespace]
        return [r for r in candidates if current(r).namespace == namespace]

    def called(self, name: str, prefixes: Prefixes) -> list[Resource]:
        """Return the resources that once had a name and that the referrer may see."""
        return self.renamed.called(name, self.visible(), prefixes)

    def choose(
        self,
        at: Pointer,
        name: str,
        candidates: Callable[[Prefixes], Iterable[Resource]],
        sameness: Callable[[Resource], tuple[str, ...]],
    ) -> Resource | None:
        """Return the candidate that is meant, or None. Several candidates that would give different values are a
        finding.

        Candidates without the last prefix of the referrer count only where no other candidate is left, and only if
        there is exactly one.
        """
        # Objects that got their prefix together belong together, so these are asked first.
        mine = _last(self.resource.lineage.prefixes)
        left = [*self.fitting(candidates((mine, "") if mine else None))]
        if not left and mine:
            others = [*islice(self.fitting(candidates(None)), 2)]
            return others[0] if len(others) == 1 else None
        if len(left) == 1:
            return left[0]
        # Of several candidates those count that have all prefixes and suffixes of the referrer.
        left = self.with_same_affixes(left)
        # Candidates that give the same value are no question.
        if len({sameness(r) for r in left}) > 1:
            notes = tuple((r.origin, f"may be {r.id}") for r in left)
            message = f"{name!r} may mean any of {len(left)} objects"
            hint = "rename one of them, or give the objects that belong together a prefix in one kustomization"
            where = origin_of(self.resource, at)
            self.level.report("PS231", message, where, resource=self.resource.id, notes=notes, hint=hint)
            return None
        return left[0] if left else None

    def with_same_affixes(self, candidates: list[Resource]) -> list[Resource]:
        """Return the candidates that have the affixes of the referrer.

        Candidates that lack an affix fit, too, unless that leaves several.
        """
        left = [r for r in candidates if _same_affixes(self.resource, r, empty_fits=True)]
        if len(left) > 1:
            left = [r for r in left if _same_affixes(self.resource, r, empty_fits=False)]
        return left

    def fitting(self, candidates: Iterable[Resource]) -> Iterator[Resource]:
        """Return the candidates that the referrer can mean, given their kind and namespace."""
        return (r for r in candidates if self.may_see(r) and self.is_target(r) and self.is_near(r))

    def visible(self) -> tuple[str, ...] | None:
        """Return the namespaces in which the referrer can name objects; None for all of them."""
        if self.now.namespace == NOT_NAMESPACED:
            return None
        subjects = ({"default"} if "" in self.subject_namespaces() else set()) | self.subject_namespaces()
        return tuple(dict.fromkeys((self.now.namespace, NOT_NAMESPACED, *sorted(subjects))))

    def may_see(self, resource: Resource) -> bool:
        """Return whether the referrer can name a candidate at all.

        It can where the two share a namespace, where one of them is not namespaced, or where a ServiceAccount among the
        referrer's subjects has the namespace of the candidate.
        """
        there = current(resource).namespace
        if NOT_NAMESPACED in (self.now.namespace, there) or there == self.now.namespace:
            return True
        return resource.id.namespace in self.subject_namespaces()

    def subject_namespaces(self) -> Set[str]:
        """Return the namespaces of the ServiceAccounts of a RoleBinding."""
        subjects = self.resource.body.get("subjects") if self.resource.id.kind == "RoleBinding" else None
        return self.subjects.namespaces_of(subjects if isinstance(subjects, list) else [])

    def is_target(self, resource: Resource) -> bool:
        ids = earlier(resource)
        if not any(self.target.selects(i.group, i.version, i.kind) for i in ids):
            return False
        return self.role is None or any(self.role.selects(i.group, i.version, i.kind) for i in ids)

    def is_near(self, resource: Resource) -> bool:
        there = current(resource).namespace
        return (
            NOT_NAMESPACED in (self.now.namespace, there)
            or resource.id.kind == "ServiceAccount"
            or there == self.now.namespace
        )


def _last(affixes: tuple[str, ...]) -> str:
    return affixes[-1] if affixes else ""


def _role(resource: Resource) -> Gvk | None:
    role = get(resource.body, ("roleRef",))
    if not isinstance(role, dict) or "apiGroup" not in role or "kind" not in role:
        return None
    return Gvk(text(role["apiGroup"]), "", text(role["kind"]))


def _same_affixes(a: Resource, b: Resource, empty_fits: bool) -> bool:
    return all(
        (empty_fits and (not mine or not other)) or _same_ending(mine, other)
        for mine, other in (
            (a.lineage.prefixes, b.lineage.prefixes),
            (a.lineage.suffixes, b.lineage.suffixes),
        )
    )


def _same_ending(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    short, long = sorted((a, b), key=len)
    if not short:
        return not long
    return long[len(long) - len(short) :] == short
