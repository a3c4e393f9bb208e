"""Opening what kustomizations name by address, for any command."""

import os

from penstock.cli.streams import Streams
from penstock.model import Files, Refusal
from penstock.remote.lock import NAME
from penstock.remote.remotes import Policy, Remotes
from penstock.remote.store import Store, cache_folder


def open_remotes(
    files: Files,
    streams: Streams,
    directory: str = ".",
    *,
    fetch: bool = False,
    offline: bool = False,
    update: bool = False,
) -> Remotes:
    """The files of a directory with what they name by address, as `remotes.Policy` allows.

    The lock file stands at the top of the repository that `directory` is in. The paths of `files` are relative to
    where we are.
    """
    if fetch and offline:
        raise Refusal("--fetch and --offline are opposites")
    lock = os.path.relpath(os.path.join(repository_of(os.path.join(streams.cwd, directory)), NAME), streams.cwd)
    store = Store(cache_folder(streams.environ), streams.environ)
    return Remotes(files, store, Policy(lock, fetch=fetch, offline=offline, update=update))


def repository_of(directory: str) -> str:
    """The top of the repository that a directory is in; the directory itself where it is in none."""
    top = os.path.realpath(directory)
    while not os.path.exists(os.path.join(top, ".git")):
        if top == os.path.dirname(top):
            return os.path.realpath(directory)
        top = os.path.dirname(top)
    return top
