"""`namespace:` puts every object into a namespace.

It leaves out only the objects of Helm charts and those that Kustomize knows to be cluster-scoped: a custom resource
gets a namespace even if its definition says `scope: Cluster`. A core Namespace object is renamed. Of the subjects of a
(Cluster)RoleBinding, those named `default` get the namespace.
"""

from collections import Counter
from collections.abc import Hashable
from functools import partial

from penstock.kubernetes import text
from penstock.model import Copied, Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.resolve.accumulation import Accumulation
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find
from penstock.resolve.finding.identities import Identity, current, is_cluster_scoped
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, show_annotations
from penstock.resolve.spelling.written_identity import is_text
from penstock.resolve.spelling.written_values import text_of
from penstock.resolve.transformers import moves
from penstock.resolve.transformers.moves import Move
from penstock.resolve.waiting import Change
from penstock.resolve.writing import KEPT, Writing
from penstock.scalar import may_be_date
from penstock.tree import MISSING, get, origin_of
from penstock.typed import Any
from penstock.unsettled import is_null

_ANYWHERE = Origin("")
_IDENTITY = ("metadata/namespace", "metadata/name")
_APART = "differ by name"
"""Objects of which it is known that none of them has the type and the name of another one."""

ROLE_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


class Setting(NamedTuple):
    """A namespace, the fields that it is written to, its place in the configuration, and the objects and subjects it is
    for.
    """

    namespace: str
    specs: tuple[FieldSpec, ...]
    where: Origin
    subjects: str = "defaultOnly"
    """The subjects of role bindings that get it: `defaultOnly` (named `default`), `allServiceAccounts` or `none`."""
    unset_only: bool = False
    """Whether a namespace that is already set stays."""

    def value(self, now: Any, at: Pointer) -> Any:
        """Return the new value of a field. Raises Conflict."""
        if isinstance(now, dict | list):
            raise Conflict(
                "the field of a namespace must hold a string",
                at,
                hint="write a text there, or take the path out of the field specs",
            )
        is_set = not is_null(now) and text(now) != ""
        return KEPT if self.unset_only and is_set else self.namespace


def transform(level: Level) -> None:
    namespace = level.fields.get("namespace", "")
    if namespace:
        put_all(level, Setting(namespace, level.accumulation.specs.namespace, level.at("namespace")))
        level.ran("NamespaceTransformer")


def put_all(level: Level, setting: Setting) -> None:
    """Put every object into a namespace, and report objects that get the same identity by it.

    Many components may set the same namespace, so a repeated setting that would change nothing is skipped.
    """
    change = setting._replace(where=_ANYWHERE)
    if not setting.namespace or level.accumulation.is_settled(change):
        return
    if _waits(level, setting):
        return
    level.spend_values(setting.namespace, level.accumulation.size, setting.where)
    before = level.accumulation.bodies()
    _put_all(level, setting)
    level.accumulation.note_change(change, before)


def _waits(level: Level, setting: Setting) -> bool:
    """Let the setting wait until the objects are asked for, and return whether this gives the same result: the setting
    changes only the namespaces of ordinary objects, reports nothing, and keeps their identities distinct.
    """
    accumulation = level.accumulation
    is_usual = setting.subjects == "defaultOnly" and not setting.unset_only and not may_be_date(setting.namespace)
    if not is_usual or level.run.tracked or not _are_ordinary(accumulation, setting.specs):
        return False

    def one(resource: Resource) -> None:
        with Writing(level, resource) as writing:
            writing.remember()
            apply(level, writing, setting)

    move = Move(setting.where, one, namespace=setting.namespace)
    if not accumulation.waiting.is_repeated(moves.KIND, move):
        level.spend_values(setting.namespace, accumulation.size, setting.where)
        accumulation.put_off(Change(moves.make, moves.KIND, move), moves.KIND, _checked(setting.specs), _APART)
        accumulation.may_clash = True
    return True


def _checked(specs: tuple[FieldSpec, ...]) -> Hashable:
    return "namespace", specs


def _are_ordinary(accumulation: Accumulation, specs: tuple[FieldSpec, ...]) -> bool:
    """Return whether all objects are ordinary, and would still differ if all were in one namespace."""
    return (
        accumulation.all_differ()
        and all(map(moves.is_ordinary, accumulation.unchecked(moves.KIND)))
        and all(_is_ordinary(resource, specs) for resource in accumulation.unchecked(_checked(specs)))
        and _differ_by_name(accumulation)
    )


def _is_ordinary(resource: Resource, specs: tuple[FieldSpec, ...]) -> bool:
    """Return whether the namespace of an object is its only field that a setting would write."""
    if resource.lineage.is_helm or resource.id.kind in ROLE_BINDINGS or "subjects" in resource.body:
        return False
    return is_text(resource.body) and not any(_is_meant(each, resource) and each.selects(resource) for each in specs)


def _differ_by_name(accumulation: Accumulation) -> bool:
    """Return whether no two objects of a type have the same name."""
    waiting, resources = accumulation.waiting, accumulation.as_they_were
    first = waiting.unchecked(_APART)
    names = list(waiting.names(resources, first))
    return len(set(names)) == len(names) and not (
        first and any(len(waiting.named(resources, *each)) > 1 for each in names)
    )


def _put_all(level: Level, setting: Setting) -> None:
    level.accumulation.changed()  # the indexes by namespace, which are all about to change
    taken = Counter(map(current, level.resources))
    for resource in level.resources:
        if resource.lineage.is_helm:
            continue
        taken[current(resource)] -= 1
        before = resource.body.get("subjects")
        try:
            with Writing(level, resource) as writing:
                writing.remember()
                apply(level, writing, setting)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)
        if before is not None:
            from penstock.resolve.subjects import report_changed  # few builds have role bindings

            report_changed(level, resource, before)
        identity = current(resource)
        taken[identity] += 1
        if taken[identity] > 1:
            _report_clash(level, resource, identity, setting.where)


def apply(level: Level, writing: Writing, setting: Setting) -> None:
    """Write the namespace into all its fields in one resource. Raises Conflict."""
    resource = writing.resource
    if not is_cluster_scoped(resource.id.group, resource.version, resource.id.kind):
        _apply_to_metadata(writing, setting)
    specs = [spec for spec in setting.specs if _is_meant(spec, resource)]
    if resource.id.kind in ROLE_BINDINGS:
        _apply_to_subjects(writing, setting)
        # The rule for subjects has just been applied, and the spec would apply to all of them.
        specs = [s for s in specs if s.path != "subjects/namespace" or s.gvk.kind != resource.id.kind]
    if any(spec.steps[:2] == ANNOTATIONS for spec in specs):
        # The earlier identity has just been noted there, so a field that leads to the annotations finds a mapping.
        show_annotations(level, resource)
    for each in specs:
        change = partial(_made, writing, setting) if setting.unset_only and each.create else setting.value
        writing.set_fields([each], change, setting.where)


def _made(writing: Writing, setting: Setting, now: Any, at: Pointer) -> Any:
    """Return the new value of a field that is made if it is missing.

    Kustomize turns a null there into a text before it asks whether a namespace is set, so `null` is a namespace.
    """
    written = _null_text(writing, at)
    if not written:
        return setting.value(now, at)
    writing.set(at, written, origin_of(writing.resource, at))
    _note_spelled_out(writing.resource, at, written)
    return KEPT


def _null_text(writing: Writing, at: Pointer) -> str:
    """Return the text of a null, which is `null` or `~`, or anything that has the tag `!!null`. The result is empty for
    a null that is written as nothing, and for everything that is no null.
    """
    value = get(writing.resource.body, at, MISSING)
    if value is MISSING or not is_null(value):
        return ""
    return text_of(writing.level, writing.resource, at, value)


def _note_spelled_out(resource: Resource, at: Pointer, written: str) -> None:
    """Note that a null is not empty, even if its file has nothing there: JSON has spelled it out."""
    note = Copied(at, None, written, is_text=False)
    resource.spelling = resource.spelling._replace(copied=(*resource.spelling.copied, note))


def _apply_to_metadata(writing: Writing, setting: Setting) -> None:
    at = ("metadata", "namespace")
    body = writing.resource.body
    if not isinstance(body.get("metadata"), dict | None):
        raise Conflict("`metadata` must be a mapping", ("metadata",), hint="write `metadata: {name: …}`")
    written = _null_text(writing, at)
    if setting.unset_only and written:
        # Kustomize takes away the tag of the null, which leaves its text as the name of a namespace.
        writing.set_text(at, written, origin_of(writing.resource, at))
        _note_spelled_out(writing.resource, at, written)
    else:
        writing.set(at, setting.value(get(body, at, MISSING), at), setting.where)


def _is_meant(spec: FieldSpec, resource: Resource) -> bool:
    """Return whether a field spec applies: only a core Namespace is renamed, and `metadata.namespace` is written
    elsewhere.
    """
    return spec.path not in _IDENTITY or (spec.path == "metadata/name" and resource.api_version == "v1")


def _apply_to_subjects(writing: Writing, setting: Setting) -> None:
    """Write the namespace into subjects by Kustomize's rule for role bindings.

    The rule is `api/filters/namespace.Filter.roleBindingHack`, v5.8.2.
    """
    if setting.subjects == "none":
        return
    field, wanted = ("kind", "ServiceAccount") if setting.subjects == "allServiceAccounts" else ("name", "default")
    for at, elements in find(writing.resource.body, ("subjects",)):
        if not isinstance(elements, list | None):
            raise Conflict("`subjects` must be a list", at, hint="write each subject behind a dash")
        for index, subject in enumerate(elements or ()):
            if subject is not None and _has(subject, field, wanted, (*at, index)):
                place = (*at, index, "namespace")
                writing.set(place, setting.value(subject.get("namespace"), place), setting.where)


def _has(subject: Any, field: str, wanted: str, at: Pointer) -> bool:
    """Return whether a field of a subject has a given text. Raises Conflict where the field or the subject has a wrong
    type.
    """
    if not isinstance(subject, dict):
        raise Conflict("a subject must be a mapping", at, hint="write its kind and name there, or remove it")
    if isinstance(subject.get(field), dict | list):
        raise Conflict(f"the {field} of a subject must be a string", (*at, field), hint="write a text there")
    return text(subject.get(field)) == wanted


def _report_clash(level: Level, resource: Resource, identity: Identity, where: Origin) -> None:
    others = [r for r in level.resources if r is not resource and current(r) == identity]
    notes = ((where, "the namespace is set here"), *((r.origin, "the other one") for r in others))
    message = f"with this namespace {resource.id} is there twice"
    level.report("PS241", message, resource.origin, resource=resource.id, notes=notes, hint="rename one of the two")
