"""Which directories a branch can have: those that every checkout of it can have, on any system."""

import re

from penstock.model import Diagnostic, Pos

IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""Characters that HFS+ leaves out of names (`next_hfs_char` of git's `utf8.c`)."""

RESERVED = re.compile(r"\.git(?:modules|attributes)?|git~[0-9]+|(?:gitmod|gitatt)~[0-9]+|gi[0-9a-f]{4}~[0-9]+")
"""Names that git keeps for itself, or NTFS may take for one of them (`is_ntfs_dotgit`, `is_ntfs_dot_generic`)."""

LONGEST_PART = 255
"""Bytes of a name that file systems take."""


def check_directory(directory: str) -> list[Diagnostic]:
    """Refuse a target's directory that no checkout of the branch could have."""
    reason = "" if directory == "." else next(filter(None, map(_wrong, directory.split("/"))), "")
    if not reason:
        return []
    message = f"{directory} cannot be a directory of a branch: {reason}"
    return [Diagnostic("PS503", "error", message, Pos(directory), hint="rename the directory")]


def _wrong(name: str) -> str:
    """What is wrong with a part of a path; empty where nothing is."""
    if name in ("", ".", ".."):
        return f"it has a part {name!r}"
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST_PART:
        return f"a part of it has more than {LONGEST_PART} bytes"
    if any(_is_reserved(part) for part in name.split("\\")):  # which Windows takes for a slash
        return f"{name!r} is git's own to some file system"
    return ""


def _is_reserved(name: str) -> bool:
    seen = IGNORED.sub("", name).casefold().partition(":")[0].rstrip(". ")
    return bool(RESERVED.fullmatch(seen))
