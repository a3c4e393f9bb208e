"""A cache of parsed templates, of this run and of earlier ones: templates change less often than the values for them.

The key is the text of all templates of a chart, so that charts share the templates of a library chart, whatever they
name it. Parsed YAML files are cached until the end of a run, since a chart is loaded once for each of its releases.
"""

from collections.abc import Iterator, Sequence

from penstock.charts.chart import Loaded, Read
from penstock.charts.scopes import Renderable
from penstock.gotemplate.environment import Environment
from penstock.gotemplate.nodes import Namesake, Source, Tree
from penstock.gotemplate.stored import dumps, loads
from penstock.gotemplate.values import text_bytes
from penstock.records import NamedTuple
from penstock.sources import Entries

MOST_REMEMBERED = 32 * 1024 * 1024
"""Bytes of the templates whose parsed form is remembered until the end of a run."""

MOST_READ = 8 * 1024 * 1024
"""Bytes of the YAML files whose documents are remembered."""

_NUMBER = 8
"""Bytes of a number in an entry."""


class Parsed(NamedTuple):
    """The trees of a parsed template, and the number of steps that parsing took: bounds apply to cached templates,
    too.
    """

    trees: Sequence[Tree]
    steps: int


class Kept:
    """The cache of parsed templates. Without `entries`, nothing is kept for the next run."""

    def __init__(self, entries: Entries | None = None) -> None:
        self.entries = entries
        self._remembered: dict[tuple[str, bytes], Parsed] = {}
        """By name and text."""
        self._texts: dict[bytes, Parsed] = {}
        """By text, under the name that was first. Many charts have a copy of the same library chart."""
        self._size = 0
        self._read: dict[tuple[str, str, bytes], Loaded] = {}
        """By the name of the reader, path and content."""
        self._size_read = 0

    def reader(self, name: str, read: Read) -> Read:
        """Return a reader that parses each file once. Its callers share the trees and must not change them."""

        def remembered(data: bytes, path: str) -> Loaded:
            key = (name, path, data)
            known = self._read.get(key)
            if known is None:
                known = read(data, path)
                self._size_read += len(data)
                if self._size_read <= MOST_READ:
                    self._read[key] = known
            return known

        return remembered

    def parse(self, templates: Sequence[Renderable], environment: Environment) -> None:
        """Parse templates, or look them up in the cache, and add them to the environment in their order. Raises
        `ParseError`.
        """
        charts: dict[str, list[Renderable]] = {}
        for each in templates:
            charts.setdefault(each.base_path, []).append(each)
        unknown = {_key(chart): chart for chart in charts.values() if not self._find(chart)}
        for each in templates:
            self._add(each, environment)
        for chart in unknown.values():
            self._keep(chart)

    def _add(self, each: Renderable, environment: Environment) -> None:
        known = self._known(each)
        before = environment.meter.steps
        if known is None or known.steps > before:  # if too few steps are left, parsing reports it
            trees = list(environment.parse(each.name, each.file.text).values())
            self._remember(each, Parsed(trees, before - environment.meter.steps))
        else:
            environment.meter.spend(known.steps)
            environment.add(known.trees)

    def _known(self, each: Renderable) -> Parsed | None:
        known = self._remembered.get((each.name, each.file.data))
        if known is None:
            same = self._texts.get(each.file.data)
            if same is not None and not _contains_its_name(each):
                known = self._remembered[each.name, each.file.data] = _under(each, same)
        return known

    def _remember(self, each: Renderable, parsed: Parsed) -> None:
        self._size += len(each.file.data)
        if self._size <= MOST_REMEMBERED:
            self._remembered[each.name, each.file.data] = parsed
            if not _contains_its_name(each):
                self._texts[each.file.data] = parsed

    def _find(self, chart: list[Renderable]) -> bool:
        """Return whether all templates of a chart are in the cache. Those found in `entries` are remembered for this
        run.
        """
        if all(map(self._known, chart)):
            return True
        content = self.entries.load(_key(chart)) if self.entries else None
        if content is None:
            return False
        try:
            found = [_parsed(each, part) for each, part in zip(chart, _parts(content), strict=True)]
        except ValueError:
            return False
        for each, parsed in zip(chart, found, strict=True):
            self._remember(each, parsed)
        return True

    def _keep(self, chart: list[Renderable]) -> None:
        """Store the templates of a chart for later runs."""
        if self.entries is None or any(map(_contains_its_name, chart)):
            return
        parsed = [each for each in map(self._known, chart) if each]
        if len(parsed) == len(chart):
            parts = [_number(each.steps) + dumps(each.trees) for each in parsed]
            self.entries.store(_key(chart), b"".join([_number(len(part)) + part for part in parts]))


def _contains_its_name(each: Renderable) -> bool:
    """Return whether a template contains its own name: then its text would mean something else under another name."""
    return text_bytes(each.name) in each.file.data


def _under(each: Renderable, parsed: Parsed) -> Parsed:
    """Return the trees of a text under the name of another file with this text."""
    source = Source(each.name, each.file.text)
    own = parsed.trees[0].source.name
    trees = [Namesake(each.name if tree.name == own else tree.name, source, _first(tree)) for tree in parsed.trees]
    return Parsed(trees, parsed.steps)


def _first(tree: Tree) -> Tree:
    return tree.of if isinstance(tree, Namesake) else tree


def _key(chart: list[Renderable]) -> bytes:
    """Return the texts of a chart's templates, each preceded by its length."""
    return b"".join([b"%d\n%b" % (len(each.file.data), each.file.data) for each in chart])


def _number(number: int) -> bytes:
    return number.to_bytes(_NUMBER, "big")


def _parts(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        start = at + _NUMBER
        at = start + int.from_bytes(content[at:start], "big")
        yield content[start:at]


def _parsed(each: Renderable, part: bytes) -> Parsed:
    """Decode one template of a cache entry. Raises `Unreadable`, which is a ValueError."""
    trees = loads(part[_NUMBER:], Source(each.name, each.file.text))
    return Parsed(trees, int.from_bytes(part[:_NUMBER], "big"))
