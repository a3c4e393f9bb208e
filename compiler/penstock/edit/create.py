"""`create`: the text of a new kustomization file."""

from collections.abc import Sequence

from penstock.edit.fix import VERSIONS
from penstock.edit.write import Writer
from penstock.model import Tree


def new_kustomization(
    resources: Sequence[str] = (),
    prefix: str = "",
    suffix: str = "",
    namespace: str = "",
    labels: dict[str, str] = {},
    annotations: dict[str, str] = {},
) -> str:
    """Return a kustomization as Kustomize writes it: in its order of fields, with sorted keys, and without empty
    fields.
    """
    fields: Tree = {
        "apiVersion": VERSIONS["Kustomization"],
        "kind": "Kustomization",
        "resources": list(resources),
        "namePrefix": prefix,
        "nameSuffix": suffix,
        "namespace": namespace,
        "commonLabels": dict(sorted(labels.items())),
        "commonAnnotations": dict(sorted(annotations.items())),
    }
    written = {name: value for name, value in fields.items() if value}
    return Writer().entries(written, 0) + "\n"
