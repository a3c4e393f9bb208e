"""`penstock.yaml`, at the root of the repository: what a repository wants to be different."""

from typing import NamedTuple

from penstock.model import Diagnostic, Document, Origin
from penstock.parse.document import RESOURCES, load

API_VERSION, KIND = "penstock.dev/v1", "Project"

VALUES = {"apiVersion": (API_VERSION,), "kind": (KIND,), "merge": ("kustomize", "kubernetes")}
"""The fields, and what each may say."""


class Config(NamedTuple):
    """The settings of a repository."""

    merge: str = ""
    """`kubernetes` for the strategic merge of Kubernetes; else that of Kustomize."""


def read_config(data: bytes, path: str) -> tuple[Config | None, list[Diagnostic]]:
    """The settings in the text of the file; None and what is wrong, where something is."""
    documents, findings = load(data, path, RESOURCES)
    if not findings:
        findings = _check(documents, Origin(path))
    if findings:
        return None, [finding._replace(code="PS115", severity="error", blame="configuration") for finding in findings]
    return Config(documents[0].body.get("merge", "")), []


def _check(documents: list[Document], where: Origin) -> list[Diagnostic]:
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        return [Diagnostic("PS115", "error", "penstock.yaml must be one mapping", where)]
    body, origin = documents[0].body, documents[0].origin
    findings = []
    for field, value in body.items():
        if field not in VALUES:
            hint = f"known here: {', '.join(VALUES)}"
            findings.append(Diagnostic("PS115", "error", f"unknown field `{field}`", origin.below(field), hint=hint))
        elif value not in VALUES[field]:
            message = f"`{field}` must be {' or '.join(VALUES[field])}"
            findings.append(Diagnostic("PS115", "error", message, origin.below(field)))
    for field in ("apiVersion", "kind"):
        if field not in body:
            hint = f"write `{field}: {VALUES[field][0]}`"
            findings.append(Diagnostic("PS115", "error", f"penstock.yaml has no `{field}`", origin, hint=hint))
    return findings
