"""Opening what kustomizations name by address, for any command. Nothing large is imported before it is needed."""

import os
from collections.abc import Callable, Sequence

from penstock.cache import repository_of
from penstock.cli.streams import Streams
from penstock.errors import Refusal
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.remote.remotes import Policy, Remotes
    from penstock.sources import Files

LOCK = "penstock.lock"
"""The lock file, at the top of the repository."""

OFFLINE = "fetch nothing: remote bases come from the cache"
"""The help of `--offline`, for every command that has it."""


def opener(
    streams: Streams, lock: str = LOCK, *, fetch: bool = False, offline: bool = False, named: Sequence[str] = ()
) -> "Callable[[Files], Remotes]":
    """Return the function that `open_project` calls for the first address. `lock` is a path of the files, and the flags
    are those of `Policy`. `named` are the words of the command line, which may be addresses.
    """
    if fetch and offline:
        raise Refusal("--fetch and --offline are opposites")

    def open_remotes(files: "Files") -> "Remotes":
        from penstock.remote.remotes import Policy

        return open_with(streams, Policy(lock, fetch=fetch, offline=offline), files, named)

    return open_remotes


def open_with(streams: Streams, policy: "Policy", files: "Files", named: Sequence[str] = ()) -> "Remotes":
    """Return the files together with fetched ones, according to a policy, with the cache of the user.

    Those hosts of this machine may be reached that the user allows, or has `named` on the command line.
    """
    from penstock.cli.trust import allowed_hosts
    from penstock.remote.permit import Hosts, host_of
    from penstock.remote.remotes import Remotes
    from penstock.remote.store import Store, cache_folder

    allowed = allowed_hosts(streams.environ, streams.cwd) | {host_of(each) or each.lower() for each in named}
    return Remotes(files, Store(cache_folder(streams.environ), streams.environ, Hosts(allowed)), policy)


def lock_path(streams: Streams, directory: str = ".") -> str:
    """Return the lock file of the repository that contains a directory, relative to the current directory."""
    top = repository_of(os.path.join(streams.cwd, directory))
    return os.path.relpath(os.path.join(top, LOCK), streams.cwd)
