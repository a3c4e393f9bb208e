"""Listings: which of all files decide what the targets are, by their names alone.

A file that is added later must show, although nobody has looked at it: the listings that discovery has used are part of
what its result depends on.
"""

from collections.abc import Iterable, Sequence

from penstock.model import TEST_FILES, name_of
from penstock.parse.loose_manifests import CANDIDATES, candidates_in
from penstock.parse.project import KUSTOMIZATIONS, Project, kustomizations_in
from penstock.parse.rancher_fleet import FILE
from penstock.parse.uninstalled import CHART_FILE

TELLING = "telling"
"""The files whose names say something about their directories: charts, bundles of Rancher's Fleet, tests of Kyverno."""

_NAMES = frozenset((CHART_FILE, FILE, *TEST_FILES))
_MATCHING = "matching "


MOST_PATTERNS = 16
"""The number of patterns up to which only what they match is compared, and not all files."""


def notice_matching(project: Project, patterns: Sequence[str]) -> None:
    """Count it as a change if patterns of penstock.yaml match other files or directories later."""
    if len(patterns) > MOST_PATTERNS:
        project.walk(".")
        return
    for pattern in patterns:
        project.notice(f"{_MATCHING}{pattern}")


def listed(listing: str, files: Sequence[str]) -> Iterable[str]:
    """Return what a listing has of all files below a directory."""
    if listing == KUSTOMIZATIONS:
        return kustomizations_in(files)
    if listing == CANDIDATES:
        return candidates_in(files)
    if listing == TELLING:
        return [path for path in files if name_of(path) in _NAMES]
    return _matching(listing.removeprefix(_MATCHING), files)


def _matching(pattern: str, files: Sequence[str]) -> Iterable[str]:
    from penstock.definitions.argo.sets.generators import directories_of  # few repositories have such patterns
    from penstock.parse.project_file.pattern import compile_pattern

    match = compile_pattern(pattern).match
    return [place for place in (".", *directories_of(files), *files) if match(place) is not None]
