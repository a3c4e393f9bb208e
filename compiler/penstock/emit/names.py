"""Names of the files and directories on a branch, chosen so that every system can check them out."""

import re
from collections.abc import Sequence

from penstock.model import Diagnostic, Pos, ResourceId, Target
from penstock.regex import regex

Files = dict[str, bytes]
"""The files of a branch by path."""

LONGEST_NAME = 200
"""The most bytes of a file name. File systems accept 255, but people add suffixes."""

IGNORED = "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]"
"""Characters that HFS+ ignores in names (`next_hfs_char` of git's `utf8.c`)."""

RESERVED = r"\.git(?:modules|attributes)?|git~[0-9]+|(?:gitmod|gitatt)~[0-9]+|gi[0-9a-f]{4}~[0-9]+"
"""Names that git reserves, or that NTFS may take for one of these (`is_ntfs_dotgit`, `is_ntfs_dot_generic`)."""

LONGEST_PART = 255
"""The most bytes of a name that file systems accept."""


def place(directory: str, identity: ResourceId) -> str:
    """Return the path of an object's file on the branch."""
    name = file_name(identity)
    return name if directory == "." else f"{directory}/{name}"


ODD = regex(r"[^a-z0-9.-]")


def file_name(identity: ResourceId) -> str:
    """Return `<kind>.<group>_<namespace>_<name>.yaml`, without the group for the core group, and without the namespace
    if there is none.

    If a name has to be changed to fit (capitals, unusual characters, length), a hash distinguishes it from others.
    """
    kind = identity.kind.lower().replace(".", "-")
    parts = [f"{kind}.{identity.group}" if identity.group else kind, identity.namespace, identity.name]
    if not identity.namespace:
        del parts[1]
    stem = "_".join(ODD.sub("-", part.lower()) for part in parts)
    fits = stem == "_".join(parts) and "." not in identity.kind and len(stem) <= LONGEST_NAME - len(".yaml")
    if not fits:
        from hashlib import sha256  # few names need it

        digest = sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:8]
        stem = f"{stem[: LONGEST_NAME - len('-12345678.yaml')]}-{digest}"
    return f"{stem}.yaml"


def check_apart(targets: Sequence[Target]) -> list[Diagnostic]:
    """Return errors for targets of one branch whose directories are the same on a file system that ignores case."""
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


def check_directory(directory: str) -> list[Diagnostic]:
    """Return an error for a target's directory that some systems could not check out."""
    reason = "" if directory == "." else next(filter(None, map(_wrong, directory.split("/"))), "")
    if not reason:
        return []
    message = f"{directory} cannot be a directory of a branch: {reason}"
    return [Diagnostic("PS503", "error", message, Pos(directory), hint="rename the directory")]


def _wrong(name: str) -> str:
    """Return the reason why a part of a path is not allowed; empty if it is."""
    if name in ("", ".", ".."):
        return f"it has a part {name!r}"
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST_PART:
        return f"a part of it has more than {LONGEST_PART} bytes"
    if any(_is_reserved(part) for part in name.split("\\")):  # Windows takes a backslash for a slash
        return f"{name!r} is git's own to some file system"
    return ""


def _is_reserved(name: str) -> bool:
    seen = re.sub(IGNORED, "", name).casefold().partition(":")[0].rstrip(". ")
    return bool(re.fullmatch(RESERVED, seen))
