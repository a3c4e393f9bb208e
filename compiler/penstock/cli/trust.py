"""The repositories whose programs the user lets Penstock run, as `--enable-alpha-plugins --enable-exec` does.

They stand in the file `penstock/trusted` of the user's configuration folder, one absolute path on a line; `~/` and
comments are understood. A repository cannot name itself: a file that lies in it does not count.
"""

import os
from collections.abc import Mapping

FILE = os.path.join("penstock", "trusted")

MAX_FILE = 1 << 20
"""The most bytes of the file that are read."""


def is_trusted(environ: Mapping[str, str], *directories: str) -> bool:
    """Return whether the user trusts the repositories of all these directories, which are absolute paths."""
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    place = os.path.join(folder, FILE)
    if not os.path.isabs(place) or not os.path.isfile(place):
        return False
    from penstock.cache import repository_of

    named = {os.path.realpath(path) for path in _paths(place, home)}
    mine = os.path.realpath(place)
    tops = {repository_of(directory) for directory in directories}
    return tops <= named and not any(mine.startswith(top.rstrip("/") + "/") for top in tops)


def _paths(place: str, home: str) -> list[str]:
    try:
        with open(place, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read(MAX_FILE).splitlines()
    except OSError:
        return []
    words = (line.strip() for line in lines)
    paths = (os.path.join(home, word[2:]) if word.startswith("~/") else word for word in words)
    return [path for path in paths if os.path.isabs(path)]
