"""The CEL functions that each version of Kubernetes knows. An older API server refuses the functions of later versions.

In new expressions, an API server accepts only functions that the previous version already knew, so that it can be
rolled back. A library is therefore usable from the version after the one that introduced it.

Source: apiserver pkg/cel/environment/base.go, `baseOpts` and `DefaultCompatibilityVersion`; cel-go ext/strings.go.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from penstock.model import Pointer, Resource
from penstock.tree import leaves
from penstock.validate.fault import Fault
from penstock.words import quoted

CODE = "PS482"

FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("rule", "messageExpression"),
    **{
        ("admissionregistration.k8s.io", kind): ("expression", "messageExpression", "valueExpression")
        for kind in (
            "MutatingAdmissionPolicy",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingWebhookConfiguration",
        )
    },
}
"""The names of the fields that hold expressions, by kind."""

OPTIONAL, TWO_VARIABLES = "an optional value", "a macro with two variables"

SINCE: dict[str, int] = {
    **dict.fromkeys(("quantity", "isQuantity"), 29),
    **dict.fromkeys(("optional.none", "optional.of", "optional.ofNonZeroValue", "optMap", "optFlatMap", OPTIONAL), 29),
    **dict.fromkeys(("sets.contains", "sets.equivalent", "sets.intersects", "strings.quote"), 30),
    **dict.fromkeys(("ip", "isIP", "ip.isCanonical", "cidr", "isCIDR"), 31),
    **dict.fromkeys(("transformList", "transformMap", "transformMapEntry", TWO_VARIABLES), 33),
    **dict.fromkeys(("semver", "isSemver"), 34),
}
"""The first minor version of Kubernetes in which a new expression may call a function."""

FORMATTED, NAMED_FORMATS = 30, 32
"""The first minor versions for `format` of a string, and for named formats such as `format.dns1123Label()`."""

_LIBRARIES = ("format", "ip", "optional", "sets", "strings")
"""The prefixes of function names."""

_MACROS = ("all", "exists", "exists_one", "existsOne")


def unknown_functions(resource: Resource, version: str) -> Iterator[Fault]:
    """Yield the functions in the expressions of an object that a version of Kubernetes does not know."""
    fields = FIELDS.get((resource.id.group, resource.id.kind))
    if not fields:
        return
    minor = int(version.partition(".")[2])
    if minor >= max(SINCE.values()):
        return
    for at, text in leaves(resource.body):
        if isinstance(text, str) and len(at) > 2 and at[-1] in fields and _is_of_a_rule(at):
            yield from _unknown(text, at, minor)


def _is_of_a_rule(at: Pointer) -> bool:
    """Return whether a field may hold an expression: within a schema, only the fields of rules may."""
    return "openAPIV3Schema" not in at or at[-3] == "x-kubernetes-validations"


def _unknown(text: str, at: Pointer, minor: int) -> Iterator[Fault]:
    for name, since in _calls(text):
        if minor < since:
            called = name if " " in name else quoted(name)
            message = f"the expression has {called}, which new expressions may have from Kubernetes 1.{since} on"
            yield Fault(CODE, at, message)


@lru_cache(maxsize=1_000)
def _calls(text: str) -> tuple[tuple[str, int], ...]:
    """Return the functions in an expression that not every version knows, each with the first version that accepts
    it.
    """
    from penstock.validate.cel.syntax import TooLargeError, UnreadableError, parse

    try:
        return tuple(dict.fromkeys(_late(parse(text))))
    except (UnreadableError, TooLargeError, RecursionError):
        return ()


def _late(tree: Any) -> Iterator[tuple[str, int]]:
    if not isinstance(tree, tuple | list):
        return
    if isinstance(tree, tuple) and tree and isinstance(tree[0], str):
        yield from _late_here(tree)
    for each in tree:
        yield from _late(each)


def _late_here(tree: Any) -> Iterator[tuple[str, int]]:
    if tree[0] in ("field", "index") and len(tree) == 4 and tree[3] is True:
        yield OPTIONAL, SINCE[OPTIONAL]
    elif tree[0] == "call":
        yield from _late_call(tree)


def _late_call(tree: Any) -> Iterator[tuple[str, int]]:
    name, owner, arguments = tree[1:]
    library = owner[1] if owner is not None and owner[0] == "name" and owner[1] in _LIBRARIES else ""
    full = f"{library}.{name}" if library else name
    if library == "format":
        yield full, NAMED_FORMATS
    elif name == "format" and owner is not None:
        yield name, FORMATTED
    elif name in _MACROS and len(arguments) == 3:
        yield TWO_VARIABLES, SINCE[TWO_VARIABLES]
    elif full in SINCE:
        yield full, SINCE[full]
