"""The values files of a chart by the environments that they are for, as their names and places suggest.

They lie in the directory of the chart (`values-prod.yaml`, `environments/prod.yaml`), or in a folder above it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from penstock.model import with_those_above
from penstock.parse.usage import is_below
from penstock.parse.usual_names import FOLDERS, SHARED, WORDS
from penstock.regex import regex
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Pattern

_NAME = r"([a-z0-9][a-z0-9.-]{0,62})"
_FOLDERS = "|".join(sorted(FOLDERS))
_OUTSIDE = "|".join(sorted((FOLDERS | {"values"}) - {"clusters"}))

_VALUES = r"values(?:[-_.][a-z0-9.-]{1,63})?\.ya?ml"


def _pattern(folders: str) -> str:
    """Return the pattern of the paths of values files, below the directory of their chart or beside it."""
    in_folder = rf"(?:values|{folders})/(?:values[-_.])?{_NAME}\.ya?ml"
    return rf"values[-_.]{_NAME}\.ya?ml|{in_folder}|(?:{folders})/{_NAME}/{_VALUES}"


_OWN = regex(_pattern(_FOLDERS))
"""Their paths below the directory of the chart."""

_BESIDE = regex(_pattern(_OUTSIDE))
"""Their paths below a folder that holds no other chart."""

_LIKELY = regex(rf"(?:^|/)(?:values|{_FOLDERS})[-_./]")

_NO_ENVIRONMENTS = SHARED | frozenset(
    (
        *("ci", "default", "defaults", "example", "examples", "global", "override", "overrides", "sample", "secret"),
        "secrets",
    )
)


def likely(files: Iterable[str]) -> list[str]:
    """Return the files of a repository that may be values files for an environment."""
    return [path for path in sorted(files) if _LIKELY.search(path)]


def values_by_environment(chart: str, charts: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """Return the values files of a chart by environment, from the nearest folder that has some. `charts` are all charts
    of the repository.
    """
    return next((found for pattern, folder in _places(chart, charts) if (found := _in(folder, files, pattern))), {})


def _places(chart: str, charts: Sequence[str]) -> "Iterator[tuple[Pattern[str], str]]":
    """Yield the folders that may hold values files of a chart, the nearest one first, each with the pattern of their
    paths below it.
    """
    yield _OWN, chart
    if chart == ".":
        return
    by_name = _of_chart(chart.rpartition("/")[2])
    for folder in (*with_those_above(chart)[1:], "."):
        if not any(other != chart and is_below(other, folder) for other in charts):
            yield _BESIDE, folder
        yield by_name, folder


def _of_chart(name: str) -> "Pattern[str]":
    """Return the pattern of values files that name their chart, such as `environments/prod/web.yaml`."""
    chart = re.escape(name)
    return regex(
        rf"(?:{_OUTSIDE})/{_NAME}/(?:values[-_.])?{chart}(?:[-_.]values)?\.ya?ml|(?:{_OUTSIDE})/{_NAME}/{chart}/values\.ya?ml"
        rf"|values/{chart}[-_./](?:values[-_.])?{_NAME}\.ya?ml"
    )


def _in(folder: str, files: Sequence[str], pattern: "Pattern[str]") -> dict[str, str]:
    """Return the values files in a folder by environment.

    The result is empty unless there are several, or one of them has a usual name of an environment.
    """
    found: dict[str, str] = {}
    for path in files:
        named = pattern.fullmatch(path, 0 if folder == "." else len(folder) + 1) if is_below(path, folder) else None
        name = next(filter(None, named.groups()), "") if named else ""
        if name and name not in _NO_ENVIRONMENTS:
            found.setdefault(name, path)
    # A single `values-small.yaml` may be for anything.
    is_clear = len(found) > 1 or not WORDS.isdisjoint(found)
    return found if is_clear else {}
