"""The built-in kinds of one Kubernetes version, read from the schema pack.

The pack is a text compressed with zlib, which `scripts/make_schemas.py` writes. Its first line lists the versions,
oldest first. Every other line is one definition: its name, the set of versions that have it (hexadecimal; the lowest
bit is the oldest version), the kinds that it describes (`group/version/kind`, comma-separated), and its schema as JSON
with the keywords that `explain` lists. A line is parsed when a document first needs it.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from json import loads

from penstock.model import Refusal, Tree
from penstock.records import NamedTuple
from penstock.validate.accept import Accept, Acceptors
from penstock.validate.fault import Fault
from penstock.validate.limits import Node

HEADER = "penstock kubernetes schemas 1:"


class Kind(NamedTuple):
    """The kind that a document names by its apiVersion and kind."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"


class Known(NamedTuple):
    """How to check objects of a kind: its schema, the same as a closure, and the parts of the schema that are not
    evaluated.

    `places` maps each field name to the paths at which it is valid; `places.right_place` fills it on first use.
    """

    schema: Node
    accept: Accept
    unevaluated: Counter[str]
    places: dict[str, list[tuple[str, ...]]]
    judge: Callable[[Tree], Iterator[Fault]] | None = None
    """Checks an object that fits the schema against the rules of a custom resource."""
    keeps_status: bool = False
    """Whether the `status` of a new object is kept, as that of a custom resource without the subresource is."""


class Schemas:
    """The kinds of one Kubernetes version, as created by `load`. Definitions and closures are cached."""

    __slots__ = (
        "_definitions",
        "_known",
        "_lifetimes",
        "_patterns",
        "_texts",
        "acceptors",
        "kinds",
        "version",
        "versions",
    )

    def __init__(self, version: str, versions: tuple[str, ...]) -> None:
        self.version = version
        self.versions = versions
        self.kinds: dict[Kind, str] = {}
        """The names of the definitions, by kind, in this version."""
        self.acceptors = Acceptors(self.definition)
        self._texts: dict[str, str] = {}
        self._definitions: dict[str, Node] = {}
        self._known: dict[Kind, Known] = {}
        self._lifetimes: dict[Kind, int] = {}

    def definition(self, name: str) -> Node:
        node = self._definitions.get(name)
        if node is None:
            node = self._definitions[name] = loads(self._texts[name])
        return node

    def find(self, kind: Kind) -> Known | None:
        """Return how to check a kind, or None where this version does not have it."""
        found = self._known.get(kind)
        if found is None and kind in self.kinds:
            schema: Node = {"$ref": self.kinds[kind]}
            found = self._known[kind] = Known(schema, self.acceptors.of(schema), Counter(), {})
        return found

    def groups(self) -> set[str]:
        """Return every API group that belongs to Kubernetes itself in any version of the pack."""
        return {kind.group for kind in self._lifetimes}

    def lifetime(self, kind: Kind) -> tuple[str, str] | None:
        """Return the first and the last version of the pack that have a kind, or None where no version has it."""
        mask = self._lifetimes.get(kind)
        if not mask:
            return None
        return self.versions[(mask & -mask).bit_length() - 1], self.versions[mask.bit_length() - 1]

    def add(self, line: str, bit: int) -> None:
        """Read one line of the pack. `bit` is the bit of this version."""
        name, digits, kinds, text = line.split("\t")
        mask = int(digits, 16)
        for each in kinds.split(",") if kinds else ():
            kind = Kind(*each.split("/"))
            self._lifetimes[kind] = self._lifetimes.get(kind, 0) | mask
            if mask & bit:
                self.kinds[kind] = name
        if mask & bit:
            self._texts[name] = text


def load(data: bytes, version: str = "") -> Schemas:
    """Return the schemas of a version such as `1.37`, `v1.37` or `1.37.2`, by default the newest one.

    Raises Refusal where the pack does not have that version.
    """
    lines = iter(zlib.decompress(data).decode().splitlines())
    versions = tuple(next(lines).removeprefix(HEADER).split())
    wanted = ".".join(version.removeprefix("v").split(".")[:2]) if version else versions[-1]
    if wanted not in versions:
        raise Refusal(f"no schemas for Kubernetes {version}: there are {versions[0]} to {versions[-1]}")
    schemas = Schemas(wanted, versions)
    bit = 1 << versions.index(wanted)
    for line in lines:
        schemas.add(line, bit)
    return schemas
