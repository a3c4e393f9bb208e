"""The parameters of a ValidatingAdmissionPolicy: the objects to which the `paramRef` of its binding refers.

A policy is evaluated for each of them. Where the sources have none, the cluster may have some, so nothing is known.

Source: apiserver pkg/admission/plugin/policy/generic, CollectParams.
"""

from collections.abc import Sequence

from penstock.model import Resource, Tree
from penstock.records import NamedTuple
from penstock.validate.objects import items, mapping, mappings, text_of


class Parameters(NamedTuple):
    """The objects of the sources to which a binding refers.

    Without a `namespace` in the reference, those in the namespace of the judged object count, and those in none.
    """

    found: tuple[Resource, ...]
    namespace: str

    def of(self, namespace: str) -> list[Tree]:
        """Return the parameters for an object in a namespace."""
        wanted = ("", self.namespace or namespace)
        return [each.body for each in self.found if each.id.namespace in wanted]


def parameters(policy: Tree, binding: Tree, everything: Sequence[Resource]) -> Parameters | None:
    """Return the parameters of a policy with a binding, by the `spec` of both; None for a policy that has none."""
    kind, reference = mapping(policy, ("paramKind",)), mapping(binding, ("paramRef",))
    if not kind:
        return None
    wanted = text_of(kind, "apiVersion").rpartition("/")[0], text_of(kind, "kind")
    found = (each for each in everything if (each.id.group, each.id.kind) == wanted)
    return Parameters(tuple(each for each in found if _is_meant(each, reference)), text_of(reference, "namespace"))


def _is_meant(resource: Resource, reference: Tree) -> bool:
    if name := text_of(reference, "name"):
        return resource.id.name == name
    selector = reference.get("selector")
    return isinstance(selector, dict) and selects(selector, mapping(resource.body, ("metadata", "labels")))


def selects(selector: Tree, labels: Tree) -> bool:
    """Return whether a label selector matches labels. An empty selector matches all labels."""
    if any(labels.get(key) != value for key, value in mapping(selector, ("matchLabels",)).items()):
        return False
    return all(_agrees(each, labels) for _, each in mappings(selector, ("matchExpressions",)))


def _agrees(term: Tree, labels: Tree) -> bool:
    key, operator, values = text_of(term, "key"), term.get("operator"), items(term, ("values",))
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) is (operator == "Exists")
