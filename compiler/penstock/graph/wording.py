"""How the findings of this stage name things, and what was probably meant."""

from collections.abc import Collection
from itertools import islice

MAX_LENGTH = 63
"""Names are compared up to the length of a label; longer ones are generated, and nobody misspells them."""

MAX_NAMES = 300
"""Names that one search looks at. With more of a kind it is slow, and no hint is better than a late one."""

MAX_SEARCHES = 100
"""Searches in one target, so that thousands of wrong names cost no more than a second."""

MAX_LISTED = 6
"""Names that a hint lists."""

MAX_QUOTED = 253
"""Characters of a name that a message repeats: as many as the API server allows."""


def quoted(name: str) -> str:
    return f'"{name}"' if len(name) <= MAX_QUOTED else f'"{name[: MAX_QUOTED - 1]}…"'


def one_of(names: Collection[str]) -> str:
    """`"a", "b" or "c"`; of many only the first ones."""
    words = [quoted(name) for name in islice(names, MAX_LISTED)]
    if len(names) > MAX_LISTED:
        return f"{', '.join(words)} and {len(names) - MAX_LISTED} more"
    return " or ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


class Nearest:
    """Finds the name that was probably meant, as long as not too many were asked for."""

    def __init__(self) -> None:
        self._left = MAX_SEARCHES

    def to(self, word: str, names: Collection[str]) -> str:
        """A name that differs by a suffix (a generator adds one) or in spelling; the empty string if there is none."""
        if not names or len(word) > MAX_LENGTH or not self._left:
            return ""
        self._left -= 1
        known = list(names)
        for name in known:
            if name.startswith(f"{word}-") or word.startswith(f"{name}-"):
                return name
        from difflib import get_close_matches

        return next(iter(get_close_matches(word, known[:MAX_NAMES], 1, 0.75)), "")
