"""Changes of a text as splices, which are applied all at once."""

from penstock.records import NamedTuple


class Splice(NamedTuple):
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


class Tangled(Exception):  # noqa: N818  # a state of the text, not an error
    """There is no way to change this text here: two changes touch the same characters, or an alias is in the way."""


def spliced(text: str, splices: list[Splice]) -> str:
    """Return the text with all splices applied. Splices that only take out may overlap. Raises `Tangled` where others
    do.
    """
    pieces: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        if splice.start < at and splice.new:
            raise Tangled
        pieces += [text[at : splice.start], splice.new]
        at = max(at, splice.end)
    return "".join([*pieces, text[at:]])
