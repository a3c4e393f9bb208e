"""The ValidatingAdmissionPolicies among the sources, evaluated for the objects of the sources.

A policy counts where the sources have a binding for it. It is evaluated for the creation of each object that matches
its constraints and those of the binding. Where it depends on what only a cluster knows (parameters that are not among
the sources, the namespace of an object where the sources lack it, an authorizer), it is reported as not evaluated.

Source: apiserver pkg/admission/plugin/policy/validating, as of Kubernetes 1.37.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from penstock.kubernetes import CLUSTER_SCOPED
from penstock.model import Diagnostic, Pointer, Resource, Severity, Tree
from penstock.records import NamedTuple
from penstock.tree import get, origin_of
from penstock.validate.cel.defaults import defaulted
from penstock.validate.cel.evaluate import CALL_LIMIT, Closure, CostlyError, Run, compiled, evaluated
from penstock.validate.cel.filled_in import filled_in
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, parse
from penstock.validate.cel.values import EvaluationError, UnsupportedError
from penstock.validate.objects import items, mapping, mappings, text_of
from penstock.validate.parameters import Parameters, parameters, selects
from penstock.validate.patience import GONE, Patience, hint_of
from penstock.validate.schemas import Kind
from penstock.withheld import is_secret
from penstock.words import quoted

CODE, NOT_EVALUATED = "PS481", "PS409"

GROUP = "admissionregistration.k8s.io"
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"

SEVERITIES: tuple[tuple[str, Severity], ...] = (("Deny", "error"), ("Warn", "warning"))
"""The severity of a finding, by the action of the binding. A binding that only audits yields no findings."""

MAX_FINDINGS = 1_000

MAX_SCOPES = 2_000
"""Of so many objects, what the policies see beside them is kept from one policy to the next."""

PAIR = 30
"""What a policy costs for an object before its expressions do: whether it is about the object has to be found out."""

UNSAID = "its words are withheld, since they can hold values of the Secret"


class Bound(NamedTuple):
    """A policy with one of its bindings: the constraints of both, and the severity of a violation."""

    policy: Resource
    constraints: tuple[Tree, ...]
    severity: Severity
    params: Parameters | None
    """None where the policy has no parameters."""


class Around(NamedTuple):
    """What a policy may need to know of other objects: the Namespaces by name, and the plurals and versions of custom
    kinds, as their definitions have them; and the scopes that are known, by the identity of their objects.
    """

    namespaces: dict[str, Tree]
    plurals: dict[tuple[str, str], str]
    versions: dict[Kind, Tree]
    scopes: dict[int, tuple[Resource, dict[str, Any]]]


Type = tuple[str, str, str]
"""The group, version and plural by which the rules of policies name a type of objects."""


class Policies:
    """The policies among `everything`, the objects of an environment, that some binding puts to use."""

    def __init__(self, everything: Sequence[Resource], patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._bound = [(bound, _compiled(bound, self._patience)) for bound in _bound(everything)]
        self._around = _around(everything) if self._bound else Around({}, {}, {}, {})
        self._by_type: dict[Type, list[int]] = {}
        """By the type of an object: the positions in `_bound` of the policies whose rules list it."""

    def judge(self, resources: Sequence[Resource]) -> Iterator[Diagnostic]:
        """Yield the violations of the policies by some of these objects."""
        meant: dict[int, list[Resource]] = {}
        # Most policies are about few types, so an object is tried only against those that list its type.
        for resource in resources if self._bound else ():
            about = self._about(_type(resource, self._around))
            if about:
                self._patience.next_object(resource.body)
            for number in about:
                meant.setdefault(number, []).append(resource)
        every = (
            each
            for number, (bound, policy) in enumerate(self._bound)
            for each in _judge_all(bound, policy, meant.get(number, ()), self._around)
        )
        return islice(every, MAX_FINDINGS)

    def _about(self, type: Type) -> list[int]:
        """Return the positions of the policies whose rules list a type of objects."""
        if type not in self._by_type:
            self._by_type[type] = [
                number
                for number, (bound, _) in enumerate(self._bound)
                if all(_lists(constraints, type) for constraints in bound.constraints)
            ]
        return self._by_type[type]


def _bound(everything: Sequence[Resource]) -> Iterator[Bound]:
    found = {each.id.name: each for each in everything if (each.id.group, each.id.kind) == (GROUP, POLICY)}
    for binding in everything:
        if (binding.id.group, binding.id.kind) != (GROUP, BINDING):
            continue
        spec = mapping(binding.body, ("spec",))
        policy = found.get(text_of(spec, "policyName"))
        actions = items(spec, ("validationActions",))
        severity = next((severity for action, severity in SEVERITIES if action in actions), None)
        # A binding whose action is Audit alone refuses nothing.
        if policy is not None and severity is not None:
            constraints = (mapping(policy.body, ("spec", "matchConstraints")), mapping(spec, ("matchResources",)))
            params = parameters(mapping(policy.body, ("spec",)), spec, everything)
            yield Bound(policy, constraints, severity, params)


def _around(everything: Iterable[Resource]) -> Around:
    around = Around({}, {}, {}, {})
    for each in everything:
        if (each.id.group, each.id.kind) == ("", "Namespace"):
            around.namespaces[each.id.name] = each.body
        elif each.id.kind == "CustomResourceDefinition":
            names = mapping(each.body, ("spec", "names"))
            group = str(get(each.body, ("spec", "group")))
            kind = text_of(names, "kind")
            around.plurals[group, kind] = text_of(names, "plural")
            for _, version in mappings(each.body, ("spec", "versions")):
                around.versions[Kind(group, text_of(version, "name"), kind)] = version
    return around


def _compiled(bound: Bound, patience: Patience) -> "Policy | str":
    """Return the expressions of a policy, or the reason why they cannot be evaluated."""
    try:
        return Policy(mapping(bound.policy.body, ("spec",)), patience)
    except (UnreadableError, TooLargeError, UnsupportedError, EvaluationError) as why:
        return str(why)


def _judge_all(
    bound: Bound, policy: "Policy | str", resources: Sequence[Resource], around: Around
) -> Iterator[Diagnostic]:
    """Yield the violations of one policy. That it cannot be evaluated for some objects is reported once."""
    if isinstance(policy, str):
        yield _unsaid(bound, f"its expressions cannot be evaluated here: {policy}")
        return
    unsaid: set[str] = set()
    for resource in resources:
        if not policy.next_object():
            unsaid.add(GONE)
            break
        try:
            if not all(_matches(each, resource, around) for each in bound.constraints if each):
                continue
            for at, message in _violations(bound, policy, resource, around):
                message = UNSAID if is_secret(resource.body) else message
                text = f"the policy {quoted(bound.policy.id.name)} of the tree refuses this: {message}"
                notes = ((origin_of(bound.policy, at), "the validation"),)
                yield Diagnostic(CODE, bound.severity, text, origin_of(resource, ("kind",)), resource.id, notes)
        except UnsupportedError as why:
            unsaid.add(str(why))
    if unsaid:
        yield _unsaid(bound, f"of some objects nothing can be said: {min(unsaid)}")


def _violations(bound: Bound, policy: "Policy", resource: Resource, around: Around) -> Iterator[tuple[Pointer, str]]:
    """Yield the validations that an object fails, for all parameters of the policy."""
    scope = _known_scope(resource, around)
    if bound.params is None:
        yield from policy.judge(scope)
        return
    params = bound.params.of(resource.id.namespace)
    if not params:
        raise UnsupportedError("its parameters are not among the sources")
    for each in params:
        yield from policy.judge({**scope, "params": each})


def _unsaid(bound: Bound, why: str) -> Diagnostic:
    message = f"the policy {quoted(bound.policy.id.name)} is not evaluated: {why}"
    where = origin_of(bound.policy, ("kind",))
    return Diagnostic(NOT_EVALUATED, "info", message, where, bound.policy.id, hint=hint_of(why))


def _known_scope(resource: Resource, around: Around) -> dict[str, Any]:
    """Return what the expressions of all policies see beside an object."""
    known = around.scopes.get(id(resource))
    if known is not None and known[0] is resource:
        return known[1]
    scope = _scope(resource, around)
    if len(around.scopes) < MAX_SCOPES:
        around.scopes[id(resource)] = resource, scope
    return scope


def _scope(resource: Resource, around: Around) -> dict[str, Any]:
    key = resource.id
    request = {
        "operation": "CREATE",
        "name": key.name,
        "namespace": key.namespace,
        "kind": {"group": key.group, "version": resource.version, "kind": key.kind},
        "resource": {"group": key.group, "version": resource.version, "resource": _plural(resource, around)},
        "dryRun": False,
    }
    scope: dict[str, Any] = {"object": _seen(resource, around), "oldObject": None, "request": request}
    if not key.namespace:
        scope["namespaceObject"] = None
    elif key.namespace in around.namespaces:
        scope["namespaceObject"] = _namespace_seen(around.namespaces[key.namespace])
    return scope


def _namespace_seen(body: Tree) -> Tree:
    """Return a Namespace as the cluster has it: with a label, a finalizer and a phase that no source has."""
    metadata, given = mapping(body, ("metadata",)), items(body, ("spec", "finalizers"))
    labels = {**mapping(metadata, ("labels",)), NAME_OF_NAMESPACE: metadata.get("name")}
    known: Tree = {
        "metadata": filled_in({**metadata, "labels": labels}, "metadata"),
        "spec": {"finalizers": [*given, *({"kubernetes"} - {*map(str, given)})]},
        "status": {"phase": "Active"},
    }
    known["metadata"].unsaid |= {"resourceVersion"}
    return known


def _seen(resource: Resource, around: Around) -> Tree:
    """Return an object as policies see it. The definition of a custom resource tells what is filled in."""
    version = around.versions.get(Kind(resource.id.group, resource.version, resource.id.kind))
    if version is None:
        filled: Tree = filled_in(resource.body)
        return filled
    whole: Tree = defaulted(resource.body, mapping(version, ("schema", "openAPIV3Schema")))
    if "status" in mapping(version, ("subresources",)):
        whole.pop("status", None)
    return {**whole, "metadata": filled_in(whole.get("metadata"), "metadata")}


class Policy:
    """The compiled expressions of one policy. Creating it raises an error where one of them is not supported."""

    def __init__(self, spec: Tree, patience: Patience) -> None:
        self._patience = patience
        self._forgives = spec.get("failurePolicy") == "Ignore"
        self._conditions = [(at, _expression(each)) for at, each in mappings(spec, ("matchConditions",))]
        self._variables = [(text_of(each, "name"), _expression(each)) for _, each in mappings(spec, ("variables",))]
        self._validations = [
            (at, _expression(each), text_of(each, "message"), _expression(each, "messageExpression"), each)
            for at, each in mappings(spec, ("validations",))
        ]
        annotations = mappings(spec, ("auditAnnotations",))
        self._annotations = [(at, _expression(each, "valueExpression")) for at, each in annotations]

    def next_object(self) -> bool:
        """Go on with another object. Return whether anything more is evaluated in this run."""
        self._patience.spend(PAIR)
        return not self._patience.is_gone

    def judge(self, scope: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
        """Yield the validations that fail, each with its path in the policy.

        Raises UnsupportedError where an expression cannot be evaluated here.
        """
        # The conditions decide whether the policy is about this object at all.
        wrong: list[tuple[Pointer, str]] = []
        if not all(self._holds(at, condition, scope, wrong) for at, condition in self._conditions):
            return
        if wrong:
            if not self._forgives:
                yield wrong[0]
            return
        scope = {**scope, "variables": self._values(scope)}
        for at, condition, message, said, entry in self._validations:
            try:
                if condition is None or self._evaluated(condition, scope) is True:
                    continue
            except EvaluationError as error:
                if not self._forgives:
                    yield ("spec", *at), f"a validation cannot be evaluated: {error}"
                continue
            yield ("spec", *at), self._said(said, scope) or message or f"failed: {text_of(entry, 'expression')}"
        if not self._forgives:
            yield from self._wrong_annotations(scope)

    def _wrong_annotations(self, scope: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
        """Yield the annotations of the audit that cannot be evaluated: the API server refuses the object for them."""
        for at, closure in self._annotations:
            try:
                if closure is not None:
                    self._evaluated(closure, scope)
            except EvaluationError as error:
                yield ("spec", *at), f"an audit annotation cannot be evaluated: {error}"

    def _holds(
        self, at: Pointer, condition: Closure | None, scope: dict[str, Any], wrong: list[tuple[Pointer, str]]
    ) -> bool:
        """Return whether a condition may hold. One that cannot be evaluated is added to `wrong`: it counts only if all
        others hold.
        """
        try:
            return condition is None or self._evaluated(condition, scope) is True
        except EvaluationError as error:
            wrong.append((("spec", *at), f"a match condition cannot be evaluated: {error}"))
            return True

    def _values(self, scope: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the variables. One that cannot be evaluated is omitted, so that its use is an error."""
        values: dict[str, Any] = {}
        for name, closure in self._variables:
            try:
                if closure is not None:
                    values[name] = self._evaluated(closure, {**scope, "variables": dict(values)})
            except EvaluationError:
                continue
        return values

    def _said(self, closure: Closure | None, scope: dict[str, Any]) -> str:
        try:
            found = self._evaluated(closure, scope) if closure is not None else ""
        except (EvaluationError, UnsupportedError):
            return ""
        return found.strip() if isinstance(found, str) and "\n" not in found.strip() else ""

    def _evaluated(self, closure: Closure, scope: dict[str, Any]) -> Any:
        """Return the value of an expression. Raises EvaluationError and UnsupportedError."""
        if self._patience.is_gone:
            raise UnsupportedError(GONE)
        run = Run()
        try:
            return evaluated(closure, scope, run)
        except CostlyError:
            raise UnsupportedError("it costs too much") from None
        finally:
            self._patience.spend(CALL_LIMIT - max(run.left, 0))


def _expression(entry: Tree, field: str = "expression") -> Closure | None:
    text = text_of(entry, field)
    return compiled(parse(text)) if text else None


def _lists(constraints: Tree, type: Type) -> bool:
    """Return whether the rules of constraints list a type, so that they may match an object of it."""
    rules = [each for _, each in mappings(constraints, ("resourceRules",))]
    return not rules or any(_is_about_type(rule, type) for rule in rules)


def _matches(constraints: Tree, resource: Resource, around: Around) -> bool:
    """Return whether constraints match an object."""
    rules = [each for _, each in mappings(constraints, ("resourceRules",))]
    if rules and not any(_is_about(rule, resource, around) for rule in rules):
        return False
    if any(_is_about(rule, resource, around) for _, rule in mappings(constraints, ("excludeResourceRules",))):
        return False
    labels = mapping(resource.body, ("metadata", "labels"))
    if not selects(mapping(constraints, ("objectSelector",)), labels):
        return False
    selector = mapping(constraints, ("namespaceSelector",))
    return not selector or _selects_namespace(selector, resource, around)


def _selects_namespace(selector: Tree, resource: Resource, around: Around) -> bool:
    """Return whether a selector of namespaces chooses the one of an object. An object without one is always chosen.

    Raises UnsupportedError where that depends on labels of a Namespace that is not among the sources.
    """
    if not resource.id.namespace and resource.id.kind != "Namespace":
        return True
    namespace = resource.body if resource.id.kind == "Namespace" else around.namespaces.get(resource.id.namespace)
    if namespace is None and _asked_labels(selector) - {NAME_OF_NAMESPACE}:
        raise UnsupportedError(
            f"the Namespace {quoted(resource.id.namespace)} with its labels is not among the sources"
        )
    known = {NAME_OF_NAMESPACE: resource.id.namespace or resource.id.name}
    return selects(selector, {**mapping(namespace, ("metadata", "labels")), **known})


NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"
"""The label that the API server puts on each Namespace."""


def _asked_labels(selector: Tree) -> set[str]:
    keys = (text_of(each, "key") for _, each in mappings(selector, ("matchExpressions",)))
    return {*mapping(selector, ("matchLabels",)), *keys}


def _is_about(rule: Tree, resource: Resource, around: Around) -> bool:
    names, scope = items(rule, ("resourceNames",)), text_of(rule, "scope")
    is_cluster_scoped = (resource.id.group, resource.id.kind) in CLUSTER_SCOPED
    if scope == ("Namespaced" if is_cluster_scoped else "Cluster"):
        return False
    return _is_about_type(rule, _type(resource, around)) and (not names or resource.id.name in names)


def _is_about_type(rule: Tree, type: Type) -> bool:
    group, version, plural = type
    asked = (("apiGroups", group), ("apiVersions", version), ("operations", "CREATE"))
    if not all({"*", value} & {str(each) for each in items(rule, (field,))} for field, value in asked):
        return False
    # `*/*` and `pods/*` mean the objects themselves, besides their subresources.
    return any(str(each) in ("*", "*/*", plural, f"{plural}/*") for each in items(rule, ("resources",)))


def _type(resource: Resource, around: Around) -> Type:
    return resource.id.group, resource.version, _plural(resource, around)


def _plural(resource: Resource, around: Around) -> str:
    """Return the plural by which rules name a kind. Those of built-in kinds follow English spelling."""
    known = around.plurals.get((resource.id.group, resource.id.kind))
    if known:
        return known
    name = resource.id.kind.lower()
    if name == "endpoints":
        return name
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch")) else f"{name}s"
