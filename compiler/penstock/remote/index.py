"""The index of a Helm repository, and which version of a chart a range means, as Helm decides it.

An index can have tens of megabytes. If it has Helm's layout, the lines about one chart are cut out of the text, and
only these are read as YAML, event by event, without keeping anything that is not needed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cmp_to_key
from typing import Any

from penstock.gotemplate.semver import Invalid, Version, allows
from penstock.records import NamedTuple

MAX_INDEX = 64 * 1024 * 1024
"""Bytes of an index. The largest public ones have about 20 million."""

MAX_WHOLE = 4 * 1024 * 1024
"""Bytes of an index that is not laid out as Helm writes it, and so is read as a whole."""

MAX_VERSIONS, MAX_DEPTH = 50_000, 100

_ENTRIES = re.compile(rb"^entries:[ \t]*(?:#.*)?\r?\n", re.MULTILINE)
_HELMS = re.compile(rb"(?:  [^\s#:][^\n]*:[ \t]*\r?\n  - |[^ \n])")
"""What follows `entries:` in a file that Helm has written: a name and the first of its versions, or nothing."""
_NEXT = re.compile(rb"^(?:  [^\s-]|[^\s#])", re.MULTILINE)

Path = tuple[str | int, ...]


class Entry(NamedTuple):
    """A version of a chart: its URLs, and the SHA-256 that the index claims for it."""

    version: str
    urls: tuple[str, ...]
    digest: str = ""


class Unusable(ValueError):  # noqa: N818  # says what the index is
    """The index cannot be read."""


def entries_of(data: bytes, name: str) -> list[Entry]:
    """Return the versions of a chart in the order of the index, or none where it has no such chart. Raises
    `Unusable`.
    """
    if data.lstrip()[:1] == b"{":
        return _of_json(data, name)
    block = _block(data, name)
    if block is None:
        if len(data) > MAX_WHOLE:
            raise Unusable("is not laid out as Helm writes it, and too large to be read as a whole")
        return _entries((path[2:], value) for path, value in _leaves(data) if path[:2] == ("entries", name))
    return _entries((path[1:], value) for path, value in _leaves(block) if path[:1] == (name,))


def names_in(data: bytes) -> list[str]:
    """Return the names of the charts of an index, if it has Helm's layout."""
    start = _ENTRIES.search(data)
    found = re.findall(rb"^  ([\w.-]+):[ \t]*\r?$", data[start.end() :], re.MULTILINE) if start else []
    return [name.decode("ascii", "replace") for name in found]


def _block(data: bytes, name: str) -> bytes | None:
    """Return the lines about a chart, or no lines where it is not there. The answer is None where the index does not
    have Helm's layout.
    """
    start = _ENTRIES.search(data)
    if start is None or _HELMS.match(data, start.end()) is None:
        return None
    word = re.escape(name.encode())
    head = re.compile(rb"^  (?:%s|\"%s\"|'%s'):[ \t]*\r?\n" % (word, word, word), re.MULTILINE).search(
        data, start.end()
    )
    if head is None:
        return b""
    following = _NEXT.search(data, head.end())
    return data[head.start() : following.start() if following else len(data)]


def _of_json(data: bytes, name: str) -> list[Entry]:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        raise Unusable("is no JSON") from None
    entries = tree.get("entries") if isinstance(tree, dict) else None
    versions = entries.get(name) if isinstance(entries, dict) else None
    return _entries(_leaves_of(versions if isinstance(versions, list) else []))


def _leaves_of(versions: Sequence[Any]) -> Iterator[tuple[Path, str]]:
    for number, each in enumerate(versions):
        for field, value in each.items() if isinstance(each, dict) else ():
            if isinstance(value, str):
                yield (number, field), value
            elif isinstance(value, list):
                yield from (((number, field, at), url) for at, url in enumerate(value) if isinstance(url, str))


def _entries(leaves: Iterable[tuple[Path, str]]) -> list[Entry]:
    """Return the versions that are described by leaves such as `(0, "version")` and `(0, "urls", 0)`. Entries without a
    version are left out.
    """
    found: dict[str | int, dict[str, list[str]]] = {}
    for path, value in leaves:
        if len(path) > 1 and path[1] in ("version", "digest", "urls"):
            found.setdefault(path[0], {}).setdefault(str(path[1]), []).append(value)
            if len(found) > MAX_VERSIONS:
                raise Unusable(f"has more than {MAX_VERSIONS:,} versions of one chart")
    entries = []
    for each in found.values():
        version = each.get("version", [""])[0]
        if _version(version) is not None:
            entries.append(Entry(version, tuple(each.get("urls", ())), each.get("digest", [""])[0]))
    return entries


def _leaves(data: bytes) -> Iterator[tuple[Path, str]]:
    """Yield the scalars of a YAML text with their paths. Raises `Unusable`."""
    import yaml

    way: list[_Step] = []
    try:
        event: Any
        for event in yaml.parse(data, Loader=yaml.CSafeLoader):
            kind = type(event).__name__
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                way.pop()
                continue
            if kind == "ScalarEvent" and way and way[-1].takes_key():
                way[-1].key = event.value
                continue
            if kind in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent") and way:
                way[-1].took_value()
            if kind == "ScalarEvent":
                yield tuple([step.at for step in way]), event.value
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                way.append(_Step(kind == "MappingStartEvent"))
                if len(way) > MAX_DEPTH:
                    raise Unusable("is nested too deeply")
    except yaml.YAMLError:
        raise Unusable("is no YAML") from None


class _Step:
    """A collection on the way to a scalar."""

    def __init__(self, is_mapping: bool) -> None:
        self.is_mapping = is_mapping
        self.key: str | None = None
        self.at: str | int = "" if is_mapping else -1

    def takes_key(self) -> bool:
        return self.is_mapping and self.key is None

    def took_value(self) -> None:
        """Note that the next value has begun: the value of the key, or the next item."""
        if isinstance(self.at, int):
            self.at += 1
        elif self.key is not None:
            self.at, self.key = self.key, None
        else:  # a key that is no text
            self.key = ""


def _version(text: str) -> Version | None:
    try:
        return Version.read(text)
    except Invalid:
        return None


def is_exact(wanted: str) -> bool:
    """Return whether a text asks for one version rather than for a range."""
    return _version(wanted) is not None


def chosen(versions: Iterable[str], wanted: str) -> str | None:
    """Return the version that is asked for: the one with the very same text, or else the newest one in the range. The
    answer is None where there is none.

    Without a range, it is the newest version that is no prerelease. Raises `Invalid` for a text that is no range.
    """
    known = list(versions)
    if wanted and wanted in known:
        return wanted
    fitting = [each for each in known if _version(each) is not None and allows(wanted or "*", each)]
    if not fitting:
        allows(wanted or "*", "0.0.0")  # is it a range at all?
        return None
    return newest(fitting)[0]


def newest(versions: Iterable[str]) -> list[str]:
    """Return the versions, the newest one first. Of equal versions, the first one in the index comes first."""
    return sorted(versions, key=cmp_to_key(_newest_first))


def _newest_first(one: str, two: str) -> int:
    return Version.read(two).compared(Version.read(one))
