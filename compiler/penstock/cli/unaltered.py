"""The proof that the outcome of a check holds although some files have changed.

It holds if all edits are in fields that only the verdict about their own object reads, if these verdicts are what they
were, and if the places that findings name are where they were. The edited files are parsed, and their objects are
judged. All other files are those of the earlier run, by their digests.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from penstock.cache import load_entry, of_fates, of_parsed
from penstock.files import Disk, resource_of_package
from penstock.kubernetes import identify
from penstock.model import Diagnostic, Document, Origin, Pointer, Resource, Spot
from penstock.parse.document import RESOURCES, load
from penstock.parse.parsed import pack_of
from penstock.tree import with_values
from penstock.validate.check import validate
from penstock.validate.own_fields import differences, is_own
from penstock.validate.schemas import Schemas
from penstock.validate.schemas import load as load_schemas

TELLING = (b"argoproj.io", b"fluxcd", b"sync:", b"uildOptions", b"ksonnet", b"penstock:", b"{{")
"""Words by which a file says more than what its objects are: to discovery, or to Penstock itself."""

LARGEST = 50_000
"""The bytes of a file from which on its size may count (`parse.large_files`)."""

Made = tuple[int, Sequence[str], Sequence[tuple[Pointer, Any]]]
"""An object that a build has made of a file: the number of its document, the versions of Kubernetes for which it is
judged, and what the build has written into it.
"""

Named = tuple[int, Pointer, Sequence[Any]]
"""A place that a finding names: the line of its document, the way to it, and where that has led."""

Fate = tuple[Sequence[Made], Sequence[Named]]
"""What became of a file: its objects, and the places in it that findings name."""


def is_unaltered(store: str, files: Disk, outcome: bytes, changed: Mapping[str, str]) -> bool:
    """Return whether an outcome holds although some files have changed, by path with the digests that they had.

    Raises `Unreadable` for a file that cannot be read, and ValueError for an entry of another format.
    """
    fates: Mapping[str, Fate] = json.loads(load_entry(store, of_fates(outcome)) or b"{}")
    if not fates.keys() >= changed.keys():
        return False
    pack = pack_of((load_entry(store, of_parsed(files.root)) or b"").decode())
    return all(
        _says_the_same(path, pack.documents(path, before) or (), files.read(path) or b"", fates[path])
        for path, before in changed.items()
    )


def _says_the_same(path: str, old: Sequence[Document], data: bytes, fate: Fate) -> bool:
    """Return whether a file leaves all findings as they are with other content."""
    made, named = fate
    new = _documents(path, data)
    if len(old) != len(new) or not new or not all(map(_is_alike, old, new)):
        return False
    is_as_good = all(_verdict(each, new) == _verdict(each, old) for each in made)
    return is_as_good and (not named or _are_there(path, data, named))


def _documents(path: str, data: bytes) -> list[Document]:
    """Return the documents of a file that is nothing but these, or none if it is more."""
    documents, findings = load(data, path, RESOURCES) if len(data) <= LARGEST else ([], [])
    return documents if not findings and is_no_more(data, documents) else []


def is_no_more(data: bytes, documents: Sequence[Document]) -> bool:
    """Return whether a file is nothing but its documents."""
    return len(data) <= LARGEST and not any(word in data for word in TELLING) and all(map(_is_simple, documents))


def _is_simple(document: Document) -> bool:
    """Return whether the tree of a document is all that there is to it."""
    more = document.plain_keys or document.aliased or document.is_unsettled or document.overlaid
    return not more and document.body.__class__ is dict


def _is_alike(old: Document, new: Document) -> bool:
    """Return whether two states of a document are written alike, on whatever lines, and differ only in fields that
    nothing but their own verdicts reads.
    """
    identity, _ = identify(old.body)
    kind = identity.group, identity.kind
    is_same = old._replace(origin=new.origin, body=new.body, size=new.size) == new
    return is_same and all(is_own(kind, each) for each in differences(old.body, new.body))


def _verdict(made: Made, documents: Sequence[Document]) -> Sequence[Diagnostic]:
    """Return what is to be said of the object that a build makes of a document, whatever others there are."""
    number, versions, written = made
    document = documents[number]
    body = with_values(document.body, written) if written else document.body
    resource = Resource(body, document.origin, *identify(body))
    return [each for version in versions for each in validate([resource], _schemas(version))[1]]


@cache
def _schemas(version: str) -> Schemas:
    return load_schemas(resource_of_package("kubernetes.pack"), version)


def _are_there(path: str, data: bytes, named: Sequence[Named]) -> bool:
    """Return whether the places that findings name are where they were."""
    from penstock.parse.locate import Locator  # most files have none

    locator = Locator(lambda _: data)
    return all(plain(locator.spot(Origin(path, line, tuple(at)))) == spot for line, at, spot in named)


def plain(spot: Spot) -> list[Any]:
    """Return a place of a known file as plain values."""
    return [spot.start.line, spot.start.col, spot.end.line, spot.end.col, spot.subject, spot.field]
