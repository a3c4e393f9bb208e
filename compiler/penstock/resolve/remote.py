"""Entries of a kustomization that are addresses, and what Kustomize says of them in origin annotations."""

import posixpath

from penstock.resolve.addresses import address_of
from penstock.resolve.level import Folder, Level, Made, may_be_remote

NO_PATH = "notCloned"
"""What origin annotations of Kustomize say for the top of a repository: the name of a folder that was never made."""


def is_fetched(level: Level, name: str) -> bool:
    """Whether an address is fetched: not where there is a local file of that name."""
    address = address_of(name)
    return address is not None and (address.http or level.is_missing(level.path(name)))


def folder(level: Level, name: str) -> Folder:
    """The folder of an address that has led into a clone."""
    path = level.path(name)
    label, source = shown(level.folder, name)
    clone = level.run.clones[name]
    return Folder(path, level.sources.real(path), level.folder, label, source, clone, level.folder.depth + 1)


def shown(folder: Folder, name: str) -> tuple[str, Made]:
    """Path and source of a name as origin annotations have them."""
    address = address_of(name) if may_be_remote(name) else None
    if address is None or not address.repository:
        return posixpath.normpath(posixpath.join(folder.shown, name)), folder.source
    path = posixpath.normpath(address.path)
    ref = (("ref", address.ref),) if address.ref else ()
    return NO_PATH if path == "." else path, (("repo", address.repository), *ref)
