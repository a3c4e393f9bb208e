"""Objects → files of a rendered branch: one for each object, in the directory of its target.

    Deployment app in prod of apps/shop/overlays/prod  →  apps/shop/overlays/prod/deployment.apps_prod_app.yaml

The version is not part of a name, so that a new `apiVersion` shows as a change of the file.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from penstock.emit.names import check_directory
from penstock.emit.secrets import check_clear_text
from penstock.emit.yaml import Printer, Unprintable
from penstock.model import Diagnostic, Pos, Resource, ResourceId, Target
from penstock.tree import origin_of

LONGEST_NAME = 200
"""Bytes of a file name; file systems take 255, and people add suffixes."""

Files = dict[str, bytes]
"""The files of a branch by path."""


def files_of(
    directory: str, resources: Iterable[Resource], allow_secrets: bool = False
) -> tuple[Files, list[Diagnostic]]:
    """The files that the objects of one target become. Where a finding is an error, they must not be written.

    `directory` is the target's path, as `Target.path` has it.
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


def place(directory: str, identity: ResourceId) -> str:
    """The path of an object's file on the branch."""
    name = file_name(identity)
    return name if directory == "." else f"{directory}/{name}"


ODD = re.compile(r"[^a-z0-9.-]")


def file_name(identity: ResourceId) -> str:
    """`<kind>.<group>_<namespace>_<name>.yaml`; no group in the core group, no namespace where there is none.

    Where a name has to be changed to fit (capitals, odd characters, length), a hash keeps it apart from others.
    """
    kind = identity.kind.lower().replace(".", "-")
    parts = [f"{kind}.{identity.group}" if identity.group else kind, identity.namespace, identity.name]
    if not identity.namespace:
        del parts[1]
    stem = "_".join(ODD.sub("-", part.lower()) for part in parts)
    fits = stem == "_".join(parts) and "." not in identity.kind and len(stem) <= LONGEST_NAME - len(".yaml")
    if not fits:
        digest = sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:8]
        stem = f"{stem[: LONGEST_NAME - len('-12345678.yaml')]}-{digest}"
    return f"{stem}.yaml"


def is_from(directory: str, path: str, text: str) -> bool:
    """Whether a file on a branch is one that a target wrote: it has the name that `place` gives to what is in it."""
    identity = _identity(text)
    return identity is not None and place(directory, identity) == path


SCALAR = r"""([^\s"'][^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')\n"""
API_VERSION = re.compile(rf"^apiVersion: {SCALAR}", re.MULTILINE)
KIND = re.compile(rf"^kind: {SCALAR}", re.MULTILINE)
METADATA = re.compile(r"^metadata:\n((?:(?:[ ][^\n]*)?\n)*)", re.MULTILINE)
NAME = re.compile(rf"^  name: {SCALAR}", re.MULTILINE)
NAMESPACE = re.compile(rf"^  namespace: {SCALAR}", re.MULTILINE)


def _identity(text: str) -> ResourceId | None:
    """Which object a printed document is, without parsing all of it: the printer's indentation tells what is where."""
    metadata = METADATA.search(text)
    api_version = _scalar(API_VERSION.search(text))
    kind = _scalar(KIND.search(text))
    if not metadata or not kind:
        return None
    name = _scalar(NAME.search(metadata[1]))
    namespace = _scalar(NAMESPACE.search(metadata[1]))
    return ResourceId(api_version.rpartition("/")[0], kind, namespace, name)


def _scalar(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    text = found[1]
    if text[0] not in "'\"":
        return text
    from yaml import YAMLError, safe_load  # one quoted scalar, not a document

    try:
        return str(safe_load(text))
    except (YAMLError, ValueError, OverflowError):  # an escape that YAML does not have, or that is no character
        return ""


def check_apart(targets: Sequence[Target]) -> list[Diagnostic]:
    """Targets of one branch whose directories are the same to a file system that ignores case."""
    findings = []
    seen: dict[str, Target] = {}
    for target in targets:
        folder = target.folder or target.path
        other = seen.setdefault(folder.casefold(), target)
        if other is not target:
            both = f"{folder} and {other.folder or other.path}"
            message = f"{both} differ by case alone, and would share a directory on one branch"
            findings.append(
                Diagnostic("PS502", "error", message, Pos(target.path), notes=((Pos(other.path), "the other"),))
            )
    return findings


def unprintable(resource: Resource, reason: Unprintable) -> Diagnostic:
    """The finding for an object that has no YAML text."""
    field = ".".join(f"{step!s:.60}" for step in reason.at) or "it"
    return Diagnostic("PS504", "error", f"{resource.id}: {field} {reason}", origin_of(resource, reason.at), resource.id)


def _clash(path: str, resource: Resource, other: Resource) -> Diagnostic:
    message = f"{resource.id} and {other.id} would be the same file, {path}"
    notes = ((other.origin, f"{other.id} comes from here"),)
    return Diagnostic("PS502", "error", message, resource.origin, resource.id, notes)
