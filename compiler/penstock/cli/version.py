"""Which Penstock this is: the version, and the commit that it was built from where that is known."""

import os
from collections.abc import Mapping

from penstock import __version__
from penstock.cli.streams import Streams
from penstock.errors import Refusal

BUILT_FROM = "commit.txt"
"""A file of the package, which `scripts/built_from.py` writes into each wheel."""

SHORT = 12
"""The number of digits of a commit that are shown."""


def engine(streams: Streams) -> str:
    """Return `penstock 0.1.0 (3f2c9d1b7a40)`, without the parentheses if the commit is not known."""
    if streams.engine:
        return streams.engine
    commit = _commit(os.path.dirname(os.path.dirname(__file__)), streams.environ)
    return f"penstock {__version__} ({commit})" if commit else f"penstock {__version__}"


def _commit(package: str, environ: Mapping[str, str]) -> str:
    try:
        with open(os.path.join(package, BUILT_FROM), encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        pass
    top = os.path.dirname(os.path.dirname(package))
    if not os.path.exists(os.path.join(top, ".git")) or not os.path.exists(os.path.join(top, "pyproject.toml")):
        return ""
    return _commit_of_checkout(top, environ)


def _commit_of_checkout(top: str, environ: Mapping[str, str]) -> str:
    """Return the commit of a checkout, with a mark if its code has been changed since."""
    from penstock.git import Git

    git = Git(top, environ)
    try:
        found = git.ask("rev-parse", "--verify", "--quiet", "HEAD")
        changed = git.ask("diff-index", "--quiet", "HEAD", "--", "compiler", "schemas")
    except Refusal:  # without git, the commit is not known
        return ""
    commit = found.out.decode(errors="replace").strip()[:SHORT]
    return f"{commit}, modified" if commit and changed.status else commit
