"""The subresources of a CustomResourceDefinition.

Source: apiextensions-apiserver pkg/apis/apiextensions/v1, CustomResourceSubresourceStatus, a type without fields, which
the published schema does not say.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping
from penstock.words import quoted


def check_subresources(value: Tree, at: Pointer) -> Iterator[Fault]:
    for key in mapping(value, ("status",)):
        yield Fault("PS400", (*at, "status", key), f"the field {quoted(key)} does not exist", "write status: {}")


CHECKS = {"subresources of a definition": check_subresources}
