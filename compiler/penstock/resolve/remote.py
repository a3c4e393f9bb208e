"""Entries of a kustomization that are addresses, and how origin annotations of Kustomize show them."""

import posixpath

from penstock.resolve.addresses import address_of
from penstock.resolve.level import Folder, Level, Made, may_be_remote

NO_PATH = "notCloned"
"""The path that Kustomize's origin annotations show for the top of a repository: the name of a folder that is never
made.
"""


def is_fetched(level: Level, name: str) -> bool:
    """Return whether a name is an address that is fetched.

    The address of a web server always is; any other one is not if there is a local file of that name.
    """
    address = address_of(name)
    return address is not None and (address.http or level.is_missing(level.path(name)))


def folder(level: Level, name: str) -> Folder:
    """Return the folder of an address that has led into a clone."""
    path = level.path(name)
    label, source = shown(level.folder, name)
    clone = level.run.clones[name]
    return Folder(path, level.sources.real(path), level.folder, label, source, clone, level.folder.depth + 1)


def shown(folder: Folder, name: str) -> tuple[str, Made]:
    """Return the path and the source of an entry as origin annotations have them."""
    address = address_of(name) if may_be_remote(name) else None
    if address is None or not address.repository:
        return posixpath.normpath(posixpath.join(folder.shown, name)), folder.source
    path = posixpath.normpath(address.path)
    ref = (("ref", address.ref),) if address.ref else ()
    return NO_PATH if path == "." else path, (("repo", address.repository), *ref)
