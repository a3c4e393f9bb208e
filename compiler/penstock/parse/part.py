"""What one of several processes has read of the sources, for the process that goes on with it."""

from collections.abc import Mapping

from penstock.model import Diagnostic, Document
from penstock.records import NamedTuple
from penstock.withheld import Withheld

Loaded = tuple[list[Document] | None, list[Diagnostic]]


class Part(NamedTuple):
    """The contents of files by path; what they hold, by path and the number of the dialect; what large ones count."""

    contents: Mapping[str, bytes | None]
    loaded: Mapping[tuple[str, int], Loaded]
    large: Mapping[str, int]
    withheld: Withheld


class Elsewhere(Exception):  # noqa: N818  # not an error of the program
    """One of several processes has met what is left to the one that has all of the work: charts, Jsonnet, what is
    remote, and documents that are not settled.
    """
