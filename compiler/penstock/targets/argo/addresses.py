"""The addresses of this repository: those of its remotes, or else the one whose paths exist here."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from penstock.definitions.argo.application import KIND, SET, Application, Source
from penstock.definitions.argo.repository import normal, remotes
from penstock.definitions.reading import mappings, text
from penstock.parse.project import Project
from penstock.targets.argo.entries import Entry


def addresses_here(project: Project, entries: Sequence[Entry]) -> frozenset[str]:
    """Return the addresses of this repository: those of its remotes, or else the address whose paths exist here."""
    config, _ = project.config()
    given = config.repository if config is not None else ()
    named = set(map(normal, [*given, *remotes(project.inside(".git/config") or b"")]))
    sources = [
        source for entry in entries if entry.resource.id.kind == KIND for source in Application(entry.resource).sources
    ]
    used = {normal(source.repository) for source in sources if source.repository and not source.chart}
    used |= {normal(address) for entry in entries if entry.resource.id.kind == SET for address in _addresses(entry)}
    # The remotes of the clone are among the addresses that definitions use, so nothing has to be guessed.
    if named & used:
        return frozenset(named)
    return frozenset(named) | _by_paths(project, sources, entries)


def _addresses(entry: Entry) -> Iterator[str]:
    """Yield the addresses in an ApplicationSet that contain no template."""
    for _, address in paths_of_set(entry.resource.body.get("spec")):
        if "{{" not in address:
            yield address


def paths_of_set(tree: Any) -> Iterator[tuple[list[str], str]]:
    """Yield each `repoURL` of an ApplicationSet with the paths and patterns beside it."""
    waiting = [tree]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            if text(current.get("repoURL")) and not current.get("chart"):
                patterns = [*mappings(current.get("directories")), *mappings(current.get("files")), current]
                yield [text(each.get("path")) for each in patterns if each.get("path")], current["repoURL"]
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _by_paths(project: Project, sources: Iterable[Source], entries: Sequence[Entry]) -> frozenset[str]:
    """Return the address with the most paths in definitions, among those of whose paths at least half are directories
    here.

    If several addresses have equally many paths, all are returned.
    """
    paths = _paths_by_address(sources, entries)
    fitting = {
        # Every repository has a root, so that path tells nothing.
        address: len(named - {"."})
        for address, named in paths.items()
        if sum(project.is_dir(path) for path in named) * 2 >= len(named)
    }
    best = max(fitting.values(), default=0)
    return frozenset(address for address, count in fitting.items() if count == best and best)


def _fixed(pattern: str) -> str:
    """Return the directory before the first star or template of a pattern, or the empty string if there is none."""
    names = pattern.strip("/").split("/")
    fixed = list(takewhile(lambda name: not any(sign in name for sign in "*{?["), names))
    return posixpath.normpath("/".join(fixed if len(fixed) < len(names) else names[:-1] or names)) if fixed else ""


def _paths_by_address(sources: Iterable[Source], entries: Sequence[Entry]) -> dict[str, set[str]]:
    """Return the paths that definitions name beside each address."""
    paths: dict[str, set[str]] = {}
    for entry in entries:
        if entry.resource.id.kind == SET:
            for found, address in paths_of_set(entry.resource.body.get("spec")):
                fixed = {_fixed(path) for path in found}
                paths.setdefault(normal(address), set()).update(path for path in fixed if path)
    for source in sources:
        if source.repository and not source.chart and source.has_path:
            paths.setdefault(normal(source.repository), set()).add(source.path)
    return paths
