"""The check of all resources: what the API server would refuse, and what it would accept but not run.

Each object is checked against the schema of its kind and by every rule. What cannot be checked is counted and reported.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from penstock.model import Diagnostic, Pointer, Resource, Severity, Tree
from penstock.recall import Recall
from penstock.records import NamedTuple
from penstock.tree import get, origin_of
from penstock.validate.checks.pods import PORT_OF_PODS
from penstock.validate.custom import CustomKinds
from penstock.validate.explain import NO_DIGITS, explain
from penstock.validate.fault import Fault, Problem
from penstock.validate.kinds import deprecation, suspicion, why_unknown
from penstock.validate.libraries import unknown_functions
from penstock.validate.metadata import CLUSTERS, wrong_metadata
from penstock.validate.nulls import refused_nulls
from penstock.validate.objects import mappings
from penstock.validate.partial import softened
from penstock.validate.patience import Patience, hint_of
from penstock.validate.placeholders import is_named_later, is_written_later
from penstock.validate.places import right_place
from penstock.validate.rules import Rule, object_name, rules_about, schema_default
from penstock.validate.schemas import Kind, Known, Schemas
from penstock.validate.statuses import DECODED, as_judged, in_status, is_reported
from penstock.validate.verdicts import Judged, Verdict, Verdicts
from penstock.words import dotted

MAX_FAULTS = 100
"""The maximum number of findings of the schema, and of each rule, about one object."""

LOOKED_AT = 3 * MAX_FAULTS
"""The number of findings of the schema about one object after which the check stops."""

MAX_FINDINGS = 10_000
"""The number of findings about one target after which its remaining objects are only counted."""

NO_SCHEMA, NOT_EVALUATED = "PS405", "PS409"

_KIND: Pointer = ("kind",)
"""The location of a finding about the whole object, or about a missing top-level field."""


class Coverage(NamedTuple):
    """How much could be checked: the numbers of objects, of objects without a schema, and of unevaluated parts."""

    objects: int
    without_schema: int
    unevaluated: Counter[str]


def validate(
    resources: Sequence[Resource],
    schemas: Schemas,
    beside: CustomKinds | None = None,
    recall: Recall | None = None,
) -> tuple[Coverage, list[Diagnostic]]:
    """Check every object. A finding is reported where its field was written, in whatever file that is.

    `beside` holds kinds that are defined elsewhere: in other targets of the environment, or in a catalogue. `recall`
    holds verdicts of earlier runs.
    """
    checking = _Checking(schemas, CustomKinds(resources, schemas, beside), recall)
    for index, resource in enumerate(resources):
        if len(checking.diagnostics) > MAX_FINDINGS:
            checking.diagnostics.append(_gave_up(resources[index:]))
            break
        checking.check(resource)
    return checking.coverage(len(resources)), checking.diagnostics


class _Checking:
    """The check of the objects of a target, one by one.

    `_unknown` holds the objects without a schema, by kind, `_partial` those whose schema has parts that are not
    evaluated, and `_later` those with fields that another tool fills in. `coverage` reports once what holds for all
    objects of a kind.
    """

    def __init__(self, schemas: Schemas, customs: CustomKinds, recall: Recall | None) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._schemas = schemas
        self._customs = customs
        self._verdicts = Verdicts(recall, schemas, customs)
        self._unknown: dict[Kind, list[Resource]] = {}
        self._partial: dict[Kind, list[Resource]] = {}
        self._later: list[Resource] = []

    def check(self, resource: Resource) -> None:
        """Check one object."""
        if is_named_later(resource.body):
            self._later.append(resource)
            return
        kind = Kind(resource.id.group, resource.version, resource.id.kind)
        known = self._schemas.find(kind) or self._customs.find(kind)
        if known is None:
            self._note_unknown(resource, kind)
        elif known.unevaluated:
            self._partial.setdefault(kind, []).append(resource)
        verdict = self._verdicts.of(resource, kind, known, lambda: self._verdict(resource, kind, known))
        if verdict.is_partial:
            self._later.append(resource)
        self.diagnostics += (_diagnostic(resource, fault, severity) for fault, severity in verdict.faults)

    def _verdict(self, resource: Resource, kind: Kind, known: Known | None) -> Verdict:
        """Return all faults of one object, by its schema if its kind has one, and by the rules."""
        faults = list(_by_kind(resource, kind, known, self._schemas)) if known is not None else []
        faults += _by_rules(resource, known is not None, self._customs.patience)
        faults = _each_once(faults)
        faults = [
            softened(each, resource.body) for each in faults if not _is_of_replaced_volume(resource.body, each[0])
        ]
        settled = [each for each in faults if not is_written_later(resource.body, each[0])]
        return Verdict(settled, len(settled) < len(faults))

    def _note_unknown(self, resource: Resource, kind: Kind) -> None:
        fault = None if kind in self._unknown else why_unknown(kind, self._schemas, self._customs)
        if fault:
            self.diagnostics.append(_diagnostic(resource, fault))
        else:
            self._unknown.setdefault(kind, []).append(resource)

    def coverage(self, objects: int) -> Coverage:
        """Report what holds for many objects, and return how much could be checked."""
        for kind, found in self._unknown.items():
            self.diagnostics.append(_no_schema(kind, found, suspicion(kind, self._schemas, self._customs)))
        unevaluated: Counter[str] = Counter()
        for kind, found in self._partial.items():
            if known := self._customs.find(kind):
                unevaluated += known.unevaluated
                self.diagnostics.append(_not_evaluated(kind, found, known.unevaluated))
        if self._later:
            self.diagnostics.append(_written_later(self._later))
        return Coverage(objects, sum(map(len, self._unknown.values())), unevaluated)


def _by_kind(resource: Resource, kind: Kind, known: Known, schemas: Schemas) -> Iterator[Judged]:
    yield from _by_schema(resource, known, schemas)
    outdated = deprecation(kind, schemas)
    if outdated:
        yield outdated, "warning"
    for fault in unknown_functions(resource, schemas.version):
        yield fault, "error"
    for fault in wrong_metadata(resource, kind in schemas.kinds, int(schemas.version.partition(".")[2])):
        yield fault, severity_of(fault, True)


def _by_schema(resource: Resource, known: Known, schemas: Schemas) -> Iterator[Judged]:
    try:
        nulls = refused_nulls(known.schema, resource.body, (), known.keeps_status)
        yield from ((fault, "warning") for fault in nulls)
        if known.accept(resource.body):
            yield from _by_judge(resource, known)
            return
        is_builtin = schemas.find(Kind(resource.id.group, resource.version, resource.id.kind)) is not None
        faults = explain(known.schema, resource.body, (), schemas.definition)
        if not known.keeps_status:
            faults = (each for each in faults if not in_status(each) or is_reported(each, resource.body, is_builtin))
        for fault in _not_too_many(faults):
            fault = _with_place(fault, known, resource.body, schemas)
            if in_status(fault) and not known.keeps_status:
                yield as_judged(fault, is_builtin)
            else:
                yield fault, severity_of(fault, is_builtin, resource.id.kind)
    except RecursionError:  # the parser limits the depth of documents, so only a deeply nested schema causes this
        yield Fault("PS406", (), "nests too deeply to be checked"), "error"


def _with_place(fault: Fault, known: Known, body: Tree, schemas: Schemas) -> Fault:
    """Return a fault about an unknown field with a hint at the place where the field belongs."""
    if fault.code != "PS400" or fault.hint.startswith("did you mean"):
        return fault
    place = right_place(known, body, fault.at, schemas.definition)
    return fault._replace(hint=place or fault.hint)


def _not_too_many(faults: Iterator[Fault]) -> Iterator[Fault]:
    """Yield a limited number of findings.

    Duplicate elements, which are often only warnings, are counted separately, so that they never hide an error.
    """
    twice = others = 0
    for fault in islice(faults, LOOKED_AT):
        is_twice = fault.code == "PS404"
        twice, others = twice + is_twice, others + (not is_twice)
        if not is_twice or twice <= MAX_FAULTS:
            yield fault
        if others == MAX_FAULTS:
            return


def _by_judge(resource: Resource, known: Known) -> Iterator[Judged]:
    """Yield the rules of its definition that an object violates, or an info where they cannot be evaluated."""
    if known.judge is None:
        return
    from penstock.validate.cel.values import UnsupportedError

    try:
        for fault in islice(known.judge(resource.body), MAX_FAULTS):
            if known.keeps_status or not in_status(fault):
                yield fault, "error"
    except UnsupportedError as why:
        message = f"a rule of its definition cannot be evaluated here: {why}"
        yield Fault(NOT_EVALUATED, (), message, hint_of(str(why))), "info"


TAKEN_BY_CREATE = frozenset(
    (
        *("env", "finalizers", "hostAliases", "imagePullSecrets", "ownerReferences", "secrets", "addresses"),
        *("apiGroups", "clusterRoles", "namespaces", "nonResourceURLs", "resources", "verbs"),  # of flow control
        *("claims", "variables", "volumeLifecycleModes", "x-kubernetes-validations"),
        *("bindMountOptions", "disableResizePreemption", "evictionResponders"),  # alpha fields, which are dropped
    )
)
"""Lists of built-in kinds in which only server-side apply refuses duplicate elements, as of Kubernetes 1.37.2."""


def severity_of(fault: Fault, is_builtin: bool, kind: str = "") -> Severity:
    """Return the severity of a finding: an error where the API server refuses the object however it is applied.

    In a custom resource, the API server always refuses two list elements with one key.
    """
    if fault.code in (NO_DIGITS, CLUSTERS) or (fault.code == PORT_OF_PODS and kind != "Pod"):
        return "warning"
    is_of_a_builtin = is_builtin or fault.at[:1] == ("metadata",)
    return "warning" if is_of_a_builtin and _is_taken_duplicate(fault) else "error"


def _is_taken_duplicate(fault: Fault) -> bool:
    return fault.code == "PS404" and len(fault.at) > 1 and _is_taken_by_create(fault.at)


def _is_taken_by_create(at: Pointer) -> bool:
    """Return whether a create accepts duplicate elements in a list. Of lists of ports, only those of containers do."""
    field = at[-2]
    if field == "values":
        return at[-3] == "exitCodes"
    return field in TAKEN_BY_CREATE or (field == "ports" and len(at) > 3 and at[-4] in _CONTAINERS)


_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def _is_of_replaced_volume(body: Tree, fault: Fault) -> bool:
    """Return whether a fault lies in a volume of a StatefulSet that a claim replaces before volumes are validated."""
    if fault.at[:4] != VOLUMES or len(fault.at) < 5 or fault.code in DECODED:
        return False
    claims = {get(each, ("metadata", "name")) for _, each in mappings(body, ("spec", "volumeClaimTemplates"))}
    name = get(body, (*fault.at[:5], "name"))
    return isinstance(name, str) and name in claims


VOLUMES: Pointer = ("spec", "template", "spec", "volumes")


def _each_once(faults: list[Judged]) -> list[Judged]:
    """Return the faults without those of server-side apply where the server refuses the same element, anyway."""
    refused = {fault.at for fault, _ in faults if fault.code == TWICE}
    return [each for each in faults if each[0].code != TWICE_IN_A_MAP or each[0].at not in refused]


TWICE, TWICE_IN_A_MAP = "PS436", "PS404"


def _by_rules(resource: Resource, is_known: bool, patience: Patience) -> Iterator[Judged]:
    """Yield the findings of all rules about an object.

    The name of an object of an unknown kind is not checked: an aggregated API server has its own rules for names.
    """
    for rule in rules_about(resource.id.group, resource.id.kind):
        if is_known or rule is not object_name:
            for problem in islice(_problems(rule, resource, patience), MAX_FAULTS):
                fault = problem if isinstance(problem, Fault) else Fault(rule.CODE, *problem)
                yield fault, rule.SEVERITY


def _problems(rule: Rule, resource: Resource, patience: Patience) -> Iterator[Problem | Fault]:
    """Yield what a rule says of an object. One of them evaluates expressions, as the check by definitions does."""
    if rule is schema_default:
        return schema_default.check_within(patience, resource)
    return rule.check(resource)


def _diagnostic(resource: Resource, fault: Fault, severity: Severity = "error") -> Diagnostic:
    path = dotted(fault.at)
    return Diagnostic(
        fault.code,
        "info" if fault.code == NOT_EVALUATED else severity,
        f"{path}: {fault.message}" if path else fault.message,
        origin_of(resource, fault.at if fault.at[:1] and fault.at[0] in resource.body else _KIND),
        resource.id,
        tuple((origin_of(resource, at), text) for at, text in fault.notes),
        fault.hint,
    )


def _gave_up(left: Sequence[Resource]) -> Diagnostic:
    message = f"not checked, since there are more than {MAX_FINDINGS:,} findings already"
    return _about_all(NOT_EVALUATED, message, left, "mend some of them and check again")


def _no_schema(kind: Kind, found: Sequence[Resource], hint: str) -> Diagnostic:
    return _about_all(NO_SCHEMA, f"no schema for {kind}: not checked against one", found, hint)


def _not_evaluated(kind: Kind, found: Sequence[Resource], unevaluated: Counter[str]) -> Diagnostic:
    parts = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in sorted(unevaluated.items()))
    message = f"the schema of {kind} has parts that are not evaluated: {parts}"
    return _about_all(NOT_EVALUATED, message, found, "the API server will evaluate them")


def _written_later(found: Sequence[Resource]) -> Diagnostic:
    message = "what stands for ${…}, ENC[…] or ref+… is not known here, and these fields were not checked"
    return _about_all(NOT_EVALUATED, message, found, "the tool that puts the values in has to have them checked")


def _about_all(code: str, message: str, found: Sequence[Resource], hint: str) -> Diagnostic:
    """Return one diagnostic for several objects. It is located at the first object, and lists the others."""
    others = tuple(resource.id for resource in found[1:])
    return Diagnostic(code, "info", message, origin_of(found[0], _KIND), found[0].id, hint=hint, others=others)
