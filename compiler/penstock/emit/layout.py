"""Objects → files of a rendered branch: one file per object, in the directory of its target.

    Deployment app in prod of apps/shop/overlays/prod  →  apps/shop/overlays/prod/deployment.apps_prod_app.yaml

The version is not part of a file name, so a new `apiVersion` shows as a change of the file.
"""

import re
from collections.abc import Iterable

from penstock.emit.names import Files, check_directory, place
from penstock.emit.secrets import check_clear_text
from penstock.emit.yaml import Printer, Unprintable
from penstock.kubernetes import group_version, name_text
from penstock.model import Diagnostic, Resource, ResourceId
from penstock.scalar import resource_scalar
from penstock.tree import origin_of


def files_of(
    directory: str, resources: Iterable[Resource], allow_secrets: bool = False
) -> tuple[Files, list[Diagnostic]]:
    """Return the files for the objects of one target, and findings. If a finding is an error, the files must not be
    written.

    `directory` is the target's path in the form of `Target.path`.
    """
    findings = check_directory(directory)
    files: Files = {}
    owners: dict[str, Resource] = {}
    printer = Printer()
    for resource in resources:
        path = place(directory, resource.id)
        if path in owners:
            findings.append(_clash(path, resource, owners[path]))
        owners[path] = resource
        try:
            text = printer.document(resource.body)
        except Unprintable as reason:
            findings.append(unprintable(resource, reason))
            continue
        files[path] = text.encode("utf-8", "surrogatepass")
        if not allow_secrets:
            findings += check_clear_text(resource, text)
    return files, findings


def is_from(directory: str, path: str, text: str) -> bool:
    """Return whether a target wrote a file of a branch: the file has the name that `place` gives to the object in
    it.
    """
    identity = _identity(text)
    return identity is not None and place(directory, identity) == path


METADATA = re.compile(r"^metadata:\n((?:(?:[ ][^\n]*)?\n)*)", re.MULTILINE)


def _field(name: str, indent: str = "") -> re.Pattern[str]:
    """Return the pattern of a field: the rest of its line, and the lines below that are indented further."""
    return re.compile(rf"^{indent}{name}:(?: ([^\n]*))?\n((?:{indent}  [^\n]*\n|\n)*)", re.MULTILINE)


API_VERSION, KIND = _field("apiVersion"), _field("kind")
NAME, NAMESPACE = _field("name", "  "), _field("namespace", "  ")


def _identity(document: str) -> ResourceId | None:
    """Return the identity of the object in a printed document, or None. The document is not parsed: the printer's
    indentation shows where the fields are.
    """
    api_version = _scalar(API_VERSION.search(document))
    kind = _scalar(KIND.search(document))
    if not kind:
        return None
    found = METADATA.search(document)
    metadata = found[1] if found else ""  # a list without items needs none
    name = _scalar(NAME.search(metadata))
    namespace = _scalar(NAMESPACE.search(metadata))
    return ResourceId(group_version(api_version)[0], kind, namespace, name)


def _scalar(found: re.Match[str] | None) -> str:
    """Return the text that `identify` takes for the value of a field: the empty one for null, and for containers."""
    line = found[1] or "" if found else ""
    if not found or line[:1] in ("", "[", "{"):
        return ""
    if line[0] not in "'\"|>":
        return name_text(resource_scalar(line))
    from yaml import YAMLError, safe_load  # one scalar in quotes or on lines of its own, not a document

    try:
        value = safe_load(f"{line}\n{found[2]}")
    # An escape that is unknown to YAML, no character, or something else that begins with quotes, however deep.
    except (YAMLError, ValueError, OverflowError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def unprintable(resource: Resource, reason: Unprintable) -> Diagnostic:
    """Return the finding about an object that has no YAML text."""
    field = ".".join(f"{step!s:.60}" for step in reason.at) or "it"
    return Diagnostic("PS504", "error", f"{resource.id}: {field} {reason}", origin_of(resource, reason.at), resource.id)


def _clash(path: str, resource: Resource, other: Resource) -> Diagnostic:
    message = f"{resource.id} and {other.id} would be the same file, {path}"
    notes = ((other.origin, f"{other.id} comes from here"),)
    return Diagnostic("PS502", "error", message, resource.origin, resource.id, notes)
