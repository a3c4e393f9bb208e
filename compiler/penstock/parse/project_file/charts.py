"""The section `charts:` of penstock.yaml: charts, and the environments in which they are installed.

The name of an environment may be `{1}`. Such an entry stands for each file that the star of its values file matches:
`values: [deploy/values-*.yaml]`.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from penstock.model import Origin, Tree
from penstock.parse.project_file.pattern import PatternError, compile_pattern, filled
from penstock.records import NamedTuple
from penstock.regex import regex

_HOLE = regex(r"\{\d+\}")


class Abilities(NamedTuple):
    """The cluster version and API versions that charts are told. Empty values stand for Helm's defaults."""

    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class ChartEntry(NamedTuple):
    """A chart in one environment: an entry of `charts:` combined with one of its `environments:`."""

    path: str
    environment: str
    app: str
    release: str
    namespace: str
    values: tuple[str, ...]
    abilities: Abilities
    origin: Origin
    is_named: bool = False
    """Whether penstock.yaml writes `app`, which is the name of the directory otherwise."""

    @property
    def starred(self) -> str:
        """The values file with a star, if the entry stands for several environments; else empty."""
        return next((each for each in self.values if "*" in each), "") if _HOLE.search(self.environment) else ""


def chart_entries(body: Tree, origin: Origin) -> tuple[ChartEntry, ...]:
    """Return one entry for each chart and environment."""
    return tuple(
        _chart(entry, name, own or {}, origin.below("charts", index, "environments", name))
        for index, entry in enumerate(body.get("charts", ()))
        for name, own in entry["environments"].items()
    )


def _chart(entry: Tree, environment: str, own: Tree, origin: Origin) -> ChartEntry:
    path = posixpath.normpath(entry["path"])
    app: str = entry.get("app", posixpath.basename(path).removesuffix(".tgz"))
    return ChartEntry(
        path,
        environment,
        app,
        str(own.get("release") or entry.get("release") or app),
        str(own.get("namespace") or entry.get("namespace") or "default"),
        (*entry.get("values", ()), *own.get("values", ())),
        abilities_of(own),
        origin,
        "app" in entry,
    )


def abilities_of(entry: Tree) -> Abilities:
    return Abilities(entry.get("kubeVersion", ""), tuple(entry.get("apiVersions", ())))


def wrong_charts(body: Tree, origin: Origin) -> Iterator[tuple[str, Origin]]:
    """Yield what is wrong with entries that stand for several environments, and where."""
    for entry in chart_entries(body, origin):
        message = _wrong_in(entry)
        if message:
            yield message, entry.origin


def _wrong_in(entry: ChartEntry) -> str:
    stars = [each for each in entry.values if "*" in each]
    if not _HOLE.search(entry.environment):
        without = f"has a star, and the environment `{entry.environment}` has no `{{1}}` for it"
        return f"`{stars[0]}` {without}" if stars else ""
    if len(stars) != 1:
        return f"`{entry.environment}` needs one file with a star under `values`, and has {len(stars)}"
    try:
        pattern = compile_pattern(stars[0])
    except PatternError as reason:
        return str(reason)
    texts = (entry.environment, entry.release, entry.namespace, *entry.values)
    wrong = next(filter(None, map(pattern.unknown_in, texts)), "")
    return f"`{wrong}` stands for no star of `{pattern.text}`, which has {pattern.stars}" if wrong else ""


def for_each_file(entries: Sequence[ChartEntry], files: Iterable[str]) -> tuple[list[ChartEntry], list[ChartEntry]]:
    """Return the entries with those replaced that stand for each file that a star matches, and the entries of which no
    file matches the star. An environment that another entry of the chart names is left to that one.
    """
    found: list[ChartEntry] = []
    unmatched: list[ChartEntry] = []
    named = {(entry.path, entry.environment) for entry in entries}
    known = sorted(files) if any(entry.starred for entry in entries) else []
    for entry in entries:
        made = list(_for_each_file(entry, known)) if entry.starred else [entry]
        found += (each for each in made if each is entry or (each.path, each.environment) not in named)
        unmatched += [] if made else [entry]
    return found, unmatched


def _for_each_file(entry: ChartEntry, files: Iterable[str]) -> Iterator[ChartEntry]:
    pattern = compile_pattern(entry.starred)
    for path in files:
        stars = pattern.match(path)
        if stars is not None:
            yield entry._replace(
                environment=filled(entry.environment, stars),
                release=filled(entry.release, stars),
                namespace=filled(entry.namespace, stars),
                values=tuple(path if each == entry.starred else filled(each, stars) for each in entry.values),
            )
