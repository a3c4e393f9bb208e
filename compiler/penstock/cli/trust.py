"""What the user allows to repositories, in files of the user's configuration folder with one word on a line.

`penstock/trusted` has the absolute paths of the repositories whose programs Penstock may run, as with the options
`--enable-alpha-plugins --enable-exec`; `~/` is understood. `penstock/hosts` has the hosts of this machine and its
neighbourhood from which things may be fetched. Comments begin with `#`. A repository cannot allow itself anything: a
file that lies in it does not count.
"""

import os
from collections.abc import Mapping

TRUSTED, HOSTS = "trusted", "hosts"

MAX_FILE = 1 << 20
"""The most bytes of such a file that are read."""


def is_trusted(environ: Mapping[str, str], *directories: str) -> bool:
    """Return whether the user trusts the repositories of all these directories, which are absolute paths."""
    words = _words(environ, TRUSTED, *directories)
    if not words:
        return False
    from penstock.cache import repository_of

    home = environ.get("HOME", "")
    paths = (os.path.join(home, word[2:]) if word.startswith("~/") else word for word in words)
    named = {os.path.realpath(path) for path in paths if os.path.isabs(path)}
    return {repository_of(directory) for directory in directories} <= named


def allowed_hosts(environ: Mapping[str, str], directory: str) -> frozenset[str]:
    """Return the hosts that the user allows for the repository of a directory, which is an absolute path."""
    return frozenset(word.strip("[]").lower() for word in _words(environ, HOSTS, directory))


def _words(environ: Mapping[str, str], name: str, *directories: str) -> list[str]:
    """Return the lines of a file of the user, or none where it lies in the repository of one of these directories."""
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    place = os.path.join(folder, "penstock", name)
    if not os.path.isabs(place) or not os.path.isfile(place):
        return []
    from penstock.cache import repository_of

    mine = os.path.realpath(place)
    if any(mine.startswith(f"{repository_of(directory).rstrip('/')}/") for directory in directories):
        return []
    return _lines(place)


def _lines(place: str) -> list[str]:
    try:
        with open(place, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read(MAX_FILE).splitlines()
    except OSError:
        return []
    words = (line.strip() for line in lines)
    return [word for word in words if word and not word.startswith("#")]
