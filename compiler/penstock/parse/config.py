"""`penstock.yaml`, at the root of the repository: what a repository wants to be different."""

from collections.abc import Callable
from typing import NamedTuple

from penstock.model import Diagnostic, Document, Origin, Pos, Unreadable

NAME = "penstock.yaml"
API_VERSION, KIND = "penstock.dev/v1", "Project"

VALUES = {"apiVersion": (API_VERSION,), "kind": (KIND,), "merge": ("kustomize", "kubernetes")}
"""The fields, and what each may say."""

MAX_PARENTS = 30
"""Directories that are looked at for the root of the repository."""


class Config(NamedTuple):
    """The settings of a repository."""

    merge: str = ""
    """`kubernetes` for the strategic merge of Kubernetes; else that of Kustomize."""


Text = Callable[[str], bytes | None]
"""Reads a file, as `Sources.text`."""


def read_config(text: Text, is_dir: Callable[[str], bool]) -> tuple[Config, list[Diagnostic]]:
    """The settings in the file at the root of the repository, or else of the files. Without a file: the defaults."""
    path = _root(text, is_dir) + NAME
    try:
        data = text(path)
    except Unreadable as reason:
        return Config(), [Diagnostic("PS102", "error", f"this file {reason}", Pos(path))]
    if data is None:
        return Config(), []
    from penstock.parse.document import RESOURCES, load

    documents, findings = load(data, path, RESOURCES)
    if not findings:
        findings = _check(documents, Origin(path))
    if findings:
        return Config(), [f._replace(severity="error") for f in findings]
    return Config(documents[0].body.get("merge", "")), []


def _root(text: Text, is_dir: Callable[[str], bool]) -> str:
    """The way to the directory that has a `.git`, with a slash at its end; empty where there is none."""
    for depth in range(MAX_PARENTS):
        above = "../" * depth
        if is_dir(above + ".git") or _is_file(text, above + ".git"):
            return above
    return ""


def _is_file(text: Text, path: str) -> bool:
    """In a work tree of its own, and in a submodule, `.git` is a file."""
    try:
        return text(path) is not None
    except Unreadable:
        return False


def _check(documents: list[Document], where: Origin) -> list[Diagnostic]:
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        return [Diagnostic("PS115", "error", f"{NAME} must be one mapping", where)]
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
            findings.append(Diagnostic("PS115", "error", f"{NAME} has no `{field}`", origin, hint=hint))
    return findings
