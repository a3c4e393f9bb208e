"""From a text and a wanted tree to a text that holds the tree, with as few changed lines as possible.

The result is read again, so a text that does not hold exactly the wanted tree is never returned.
"""

from collections.abc import Callable, Iterator

from yaml import YAMLError

from penstock.edit.aliases import without_aliases
from penstock.edit.changes import changed
from penstock.edit.kept import without_kept
from penstock.edit.layout import read_layout
from penstock.edit.splice import Tangled
from penstock.model import Refusal, Tree

Read = Callable[[str], Tree | None]
"""Reads a text into the tree that it holds; None where it is broken."""


def rewrite(text: str, wanted: Tree, read: Read) -> str:
    """Return the text with the fewest changes that make it hold `wanted`. Raises `Refusal` where no way is found.

    Values of the wanted tree may be `Kept`. If anchors and aliases are in the way, aliases are replaced by what they
    stand for.
    """
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    before = read(text) or {}
    plain = without_kept(wanted, before)
    if plain == before:
        return mark + text
    for attempt in _attempts(text, before, wanted, plain):
        if read(attempt) == plain:
            return mark + attempt
    raise Refusal("this file is laid out in a way that cannot be edited without changing more; edit it by hand")


def _attempts(text: str, before: Tree, wanted: Tree, plain: Tree) -> Iterator[str]:
    """Yield ways to change the text, the best one first."""
    for source in _sources(text):
        for tree in (wanted, plain):
            try:
                yield changed(read_layout(source), before, tree)
            except (YAMLError, Tangled, RecursionError):
                continue


def _sources(text: str) -> Iterator[str]:
    """Yield the text, then the text with a line break at its end (a block of lines may need one), and then the text
    without aliases.
    """
    yield text
    ended = text if text.endswith("\n") else text + "\n"
    yield ended
    try:
        yield from without_aliases(ended)
    except (YAMLError, Tangled):
        return
