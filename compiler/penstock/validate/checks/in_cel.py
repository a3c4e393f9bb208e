"""The checks of CEL expressions. Few objects have any, so the CEL modules are imported only when a check runs."""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault


def _policy(value: Tree, at: Pointer) -> Iterator[Fault]:
    from penstock.validate.checks.expressions import check_policy

    return check_policy(value, at)


def _webhook(value: Tree, at: Pointer) -> Iterator[Fault]:
    from penstock.validate.checks.expressions import check_webhook

    return check_webhook(value, at)


def _device(value: Tree, at: Pointer) -> Iterator[Fault]:
    from penstock.validate.checks.expressions import check_device

    return check_device(value, at)


def _definition(value: Tree, at: Pointer) -> Iterator[Fault]:
    from penstock.validate.checks.expressions import check_definition

    return check_definition(value, at)


def _costs(value: Tree, at: Pointer) -> Iterator[Fault]:
    from penstock.validate.checks.costs import check_costs

    return check_costs(value, at)


CHECKS = {
    "expressions of a policy": _policy,
    "expressions of a webhook": _webhook,
    "expression of a device": _device,
    "rules of a definition": _definition,
    "costs of a definition": _costs,
}
