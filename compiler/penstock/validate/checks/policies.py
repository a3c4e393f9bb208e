"""Wildcards in the rules of webhooks, admission policies, access control and flow control, and values that exclude
others.

Source: pkg/apis/admissionregistration/validation, pkg/apis/flowcontrol/validation, pkg/apis/rbac/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.regex import regex
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number, items, mapping, mappings, strings, text_of
from penstock.validate.syntax import is_dns_label, is_dns_subdomain, is_qualified_name
from penstock.words import one_of, quoted

ALONE, RESOURCES, SUBJECT, LEVEL = "PS448", "PS448", "PS431", "PS406"
FLOW_VERBS = ("*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")


def check_rule(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a rule that selects the requests of a webhook or policy."""
    for field in ("apiGroups", "apiVersions", "operations"):
        yield from _alone(value, field, at)
    for field in ("apiVersions", "resources"):
        for index, each in enumerate(items(value, (field,))):
            if each in (None, ""):
                yield Fault("PS402", (*at, field, index), "the item is empty")
    yield from _resources([text for _, text in strings(value, ("resources",))], value, at)


def _alone(value: Tree, field: str, at: Pointer) -> Iterator[Fault]:
    found = items(value, (field,))
    if "*" in found and len(found) > 1:
        yield Fault(
            ALONE, (*at, field, found.index("*")), "the wildcard stands alone", "remove the others: it means them too"
        )


def _resources(found: list[str], value: Tree, at: Pointer) -> Iterator[Fault]:
    if "*/*" in found and len(found) > 1:
        yield Fault(RESOURCES, (*at, "resources"), '"*/*" stands alone', "it means all others too")
        return
    plain = [each for each in found if "/" not in each]
    if "*" in plain and set(plain) != {"*"}:
        yield Fault(RESOURCES, (*at, "resources"), '"*" stands alone among resources', "it means them too")
    for here, each in strings(value, ("resources",)):
        if _is_meant(each, found):
            yield Fault(RESOURCES, (*at, *here), f"{quoted(each)} is meant by a wildcard already")


def _is_meant(text: str, found: list[str]) -> bool:
    """Return whether a wildcard such as `pods/*` or `*/status` in a list covers a subresource such as `pods/status`."""
    resource, slash, sub = text.partition("/")
    if not slash:
        return False
    return (sub != "*" and f"{resource}/*" in found) or (resource != "*" and f"*/{sub}" in found)


def check_versions(value: Tree, at: Pointer, field: str = "admissionReviewVersions") -> Iterator[Fault]:
    """Yield a fault where a webhook supports none of the versions of AdmissionReview that the API server sends."""
    versions = items(value, (field,))
    if versions and not {each for each in versions if isinstance(each, str)} & {"v1", "v1beta1"}:
        yield Fault(ALONE, (*at, field), f"neither {one_of(('v1', 'v1beta1'))} is there, which the API server sends")


def check_versions_of_conversion(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from check_versions(value, at, "conversionReviewVersions")


def check_webhooks(value: Tree, at: Pointer) -> Iterator[Fault]:
    seen: dict[str, Pointer] = {}
    for here, hook in mappings(value, ("webhooks",)):
        name = text_of(hook, "name")
        if name and seen.setdefault(name, here) != here:
            notes = (((*at, *seen[name]), "the first one"),)
            yield Fault("PS436", (*at, *here, "name"), f"the name {quoted(name)} is there twice", "", notes)


def check_flow_resources(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("verbs", "apiGroups", "resources", "namespaces"):
        yield from _alone(value, field, at)
    yield from _words(value, "verbs", FLOW_VERBS, at)
    if value.get("clusterScope") is not True and not items(value, ("namespaces",)):
        yield Fault("PS435", at, "a rule about resources says clusterScope: true or names namespaces")
    for index, each in enumerate(items(value, ("namespaces",))):
        text = "" if each is None else each
        if isinstance(text, str) and text != "*" and not is_dns_label(text):
            yield Fault("PS431", (*at, "namespaces", index), f"{quoted(text)} is not the name of a namespace")


def check_flow_urls(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("verbs", "nonResourceURLs"):
        yield from _alone(value, field, at)
    yield from _words(value, "verbs", FLOW_VERBS, at)


def _words(value: Tree, field: str, allowed: tuple[str, ...], at: Pointer) -> Iterator[Fault]:
    for index, each in enumerate(items(value, (field,))):
        text = "" if each is None else each
        if isinstance(text, str) and text not in allowed:
            yield Fault("PS406", (*at, field, index), f"{quoted(text)} is not {one_of(allowed)}")


def check_flow_subject(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = text_of(mapping(value, ("serviceAccount",)), "name")
    if name not in ("", "*") and not is_dns_subdomain(name):
        yield Fault("PS431", (*at, "serviceAccount", "name"), f"{quoted(name)} is not the name of a ServiceAccount")


def check_queuing(value: Tree, at: Pointer) -> Iterator[Fault]:
    queues, size = as_number(value.get("queues", 64)), as_number(value.get("handSize", 8))
    if type(queues) is not int or type(size) is not int or queues <= 0:
        return
    if size > queues:
        yield Fault(LEVEL, (*at, "handSize"), f"{size} is more than the number of queues, {queues}")
    elif _entropy(queues, size) > 60:
        yield Fault(LEVEL, (*at, "handSize"), f"dealing {size} of {queues} queues needs more than 60 bits")


def _entropy(deck: int, hand: int) -> float:
    from math import log2

    return sum(log2(deck - index) for index in range(min(hand, 200)))


def check_subject(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a subject of a RoleBinding."""
    name = text_of(value, "name")
    if value.get("kind") == "ServiceAccount" and name and not is_dns_subdomain(name):
        yield Fault(SUBJECT, (*at, "name"), f"{quoted(name)} is not the name of a ServiceAccount")


def check_match_conditions(value: Tree, at: Pointer) -> Iterator[Fault]:
    found = items(value, ("matchConditions",))
    if len(found) > 64:
        yield Fault("PS406", (*at, "matchConditions"), f"has {len(found)} items, at most 64 allowed")


LABEL = "PS406"

LABELS = ("baseline", "privileged", "restricted")
_MINOR = regex(r"v1\.(0|[1-9][0-9]*)")


def check_namespace(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the labels of a Namespace that select a Pod Security Standard."""
    labels = mapping(value, ("metadata", "labels"))
    for mode in ("audit", "enforce", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        level = labels.get(key)
        if key in labels and isinstance(level, str | None) and level not in LABELS:
            yield Fault(LABEL, (*at, "metadata", "labels", key), f"{quoted(level or '')} is not {one_of(LABELS)}")
        yield from _version_of_standard(labels, f"{key}-version", (*at, "metadata", "labels"))


def _version_of_standard(labels: Tree, key: str, at: Pointer) -> Iterator[Fault]:
    """Check a label with the version of a Pod Security Standard. Null is an empty label."""
    version = labels.get(key, "latest") or ""
    if isinstance(version, str) and version != "latest" and _MINOR.fullmatch(version) is None:
        yield Fault(LABEL, (*at, key), f"{quoted(version)} is not latest or a version", "such as v1.37")


def check_aggregation(value: Tree, at: Pointer) -> Iterator[Fault]:
    rule = value.get("aggregationRule")
    if isinstance(rule, dict) and not items(rule, ("clusterRoleSelectors",)):
        yield Fault("PS402", (*at, "aggregationRule"), "the rule has no selector of roles")


def check_actions(value: Tree, at: Pointer) -> Iterator[Fault]:
    actions = items(value, ("validationActions",))
    if "Deny" in actions and "Warn" in actions:
        yield Fault("PS434", (*at, "validationActions"), '"Deny" and "Warn" say the same twice')


def check_mutated(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the operations that a mutation is about: what is deleted cannot be changed."""
    for field in ("matchConstraints", "matchResources"):
        for here, rule in mappings(value, (field, "resourceRules")):
            for there, operation in strings(rule, ("operations",)):
                if operation == "DELETE":
                    yield Fault("PS406", (*at, *here, *there), "nothing can be changed by a DELETE")


def check_audit_keys(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the keys of audit annotations: the name of their policy stands in front of them, as a prefix."""
    name = text_of(mapping(value, ("metadata",)), "name")
    for here, each in mappings(value, ("spec", "auditAnnotations")):
        key = text_of(each, "key")
        if is_qualified_name(key) and "/" in key and name:
            message = f"{quoted(f'{name}/{key}')}, as it is recorded with the name of the policy, has two prefixes"
            yield Fault("PS431", (*at, *here, "key"), message, "remove the slash")


def check_validation(value: Tree, at: Pointer) -> Iterator[Fault]:
    message = value.get("message")
    if isinstance(message, str) and message and ("\n" in message.strip() or not message.strip()):
        yield Fault("PS433", (*at, "message"), "a message is one line of text")


CHECKS = {
    "operations of a mutation": check_mutated,
    "audit keys": check_audit_keys,
    "validation": check_validation,
    "actions": check_actions,
    "aggregation": check_aggregation,
    "namespace": check_namespace,
    "rule of a webhook": check_rule,
    "versions of a webhook": check_versions,
    "versions of a conversion": check_versions_of_conversion,
    "webhooks": check_webhooks,
    "flow of resources": check_flow_resources,
    "flow of urls": check_flow_urls,
    "subject of a flow": check_flow_subject,
    "queuing": check_queuing,
    "subject": check_subject,
    "match conditions": check_match_conditions,
}
