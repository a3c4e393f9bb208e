"""Rendered branches of environments that the sources no longer have. They are reported, and never deleted."""

from collections.abc import Collection

from penstock.emit.branch import read_marker
from penstock.emit.repository import MAX_MARKER, Git, text_of
from penstock.model import MARKER
from penstock.records import NamedTuple

PREFIX = "rendered/"
"""The prefix of branches to which penstock.yaml gives no other name."""


class Gone(NamedTuple):
    """A branch, and the environment for which it was rendered."""

    branch: str
    environment: str


def gone(git: Git, remote: str, known: Collection[str]) -> list[Gone]:
    """Return the rendered branches, local ones and those last fetched, that belong to no environment."""
    places = ("refs/heads/", f"refs/remotes/{remote}/")
    listing = text_of(git.run("for-each-ref", "--format=%(refname)", *(f"{place}{PREFIX}" for place in places)))
    found: dict[str, Gone] = {}
    for ref in listing.splitlines():
        place = next((each for each in places if ref.startswith(each)), "")
        branch = ref.removeprefix(place)
        if place and branch not in known and branch not in found:
            environment = _environment_on(git, ref)
            if environment:
                found[branch] = Gone(branch, environment)
    return list(found.values())


def _environment_on(git: Git, ref: str) -> str:
    """Return the environment that a branch is of, by its marker. A branch without one was not written by Penstock,
    whatever its name is.
    """
    marker = git.lookup.get(f"{ref}:{MARKER}", MAX_MARKER)
    return read_marker(marker.data).environment if marker is not None and marker.data else ""
