"""Values that are set but make no difference: usually a misspelt key.

A key is suspected if the chart has no default for it, although it has defaults for other keys at the same place, and if
no template contains its name. Templates of subcharts do not see the values at the top, unless others can include them.
Where templates do not contain the names of those other keys either, such as those of `env`, they go through whatever is
there, and nothing is suspected. A suspicion is verified before it is reported: the chart is rendered once more without
the key, and with another value, and the output must not change.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import getitem

from penstock.charts.chart import Chart, Dependency, Refused
from penstock.charts.coalesce import GLOBAL, Walk, copied
from penstock.charts.dependencies import all_of
from penstock.charts.release import named
from penstock.model import Diagnostic, Origin, Step, Tree
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.typed import Any
from penstock.words import did_you_mean, nearest

MAX_SUSPECTS = 20
"""Keys of one chart that are tried one by one if they make a difference together."""

MAX_ELEMENTS = 100
"""Elements of one list that are looked at."""

_WORD = regex(r"\w[\w-]*")

Path = tuple[Step, ...]


class Suspect(NamedTuple):
    """The path of a key that may be unused, and the keys for which the chart has defaults at the same place
    (`known`). `better` is where the key has an effect, if that is known.
    """

    path: Path
    known: tuple[str, ...]
    better: str = ""


def suspects(chart: Chart, given: Tree, declared: Sequence[Dependency]) -> list[Suspect]:
    """Return the given keys that occur neither in the defaults nor in the templates.

    The chart has been rendered; `declared` are the dependencies that it had before.
    """
    if not given:
        return []
    names = {name for each in declared for name in _names(each)} | {GLOBAL, "tags"}
    defaults = defaults_of(chart)
    words = _words(chart)
    seen = _seen_by(chart)
    found: list[Suspect] = []

    def is_known(path: Path) -> bool:
        own = seen if len(path) == 1 else words
        return path[-1] in own or (len(path) == 1 and path[0] in names)

    _compare(given, defaults, (), is_known, found)
    aliases = {each.name: each.alias for each in declared if each.alias}
    return [each._replace(better=_better(each, chart, aliases)) for each in found]


def defaults_of(chart: Chart) -> Tree:
    """Return the values that a chart that has been rendered has by default, or none if they cannot be merged."""
    try:
        return Walk().over(chart, None)
    except Refused:
        return {}


def _better(suspect: Suspect, chart: Chart, aliases: Mapping[str, str]) -> str:
    """Return where a key at the top has an effect: the alias of a subchart, or the subchart that has a default for
    it.
    """
    key = str(suspect.path[0])
    if len(suspect.path) > 1:
        return ""
    owners = (each.name for each in chart.subcharts if key in each.values)
    return aliases.get(key) or next((f"{name}.{key}" for name in owners), "")


def _names(dependency: Dependency) -> Iterable[str]:
    """Return the keys at the top that a dependency reads: its name or the alias instead, and those of conditions."""
    yield dependency.alias or dependency.name
    for condition in dependency.condition.split(","):
        yield condition.strip().partition(".")[0]


def _compare(given: Tree, defaults: Tree, at: Path, is_known: Callable[[Path], bool], found: list[Suspect]) -> None:
    if 2 * sum(is_known((*at, key)) for key in defaults) < len(defaults):
        return
    for key, value in given.items():
        path = (*at, key)
        default = defaults.get(key)
        if isinstance(value, dict) and isinstance(default, dict) and default:
            _compare(value, default, path, is_known, found)
        elif isinstance(value, list) and isinstance(default, list):
            _compare_elements(value, default, path, is_known, found)
        elif key not in defaults and value is not None and not is_known(path):
            found.append(Suspect(path, tuple(defaults)))


def _compare_elements(
    given: list[Any], defaults: list[Any], at: Path, is_known: Callable[[Path], bool], found: list[Suspect]
) -> None:
    """Compare the mappings in a list with those that it has by default. There, only keys are suspected that resemble
    another one: many lists have elements of several shapes.
    """
    known = {key: None for each in defaults if isinstance(each, dict) for key in each}
    for number, element in enumerate(given[:MAX_ELEMENTS]):
        inner: list[Suspect] = []
        if known and isinstance(element, dict):
            _compare(element, known, (*at, number), is_known, inner)
        found += (each for each in inner if nearest(str(each.path[-1]), set(known) - set(element)))


def _words(chart: Chart) -> set[str]:
    """Return all words of templates, and of values that may be templates themselves."""
    return {word for each in all_of(chart) for text in _templates(each) for word in _WORD.findall(text)}


def _seen_by(chart: Chart) -> set[str]:
    """Return the words of templates that can see the values at the top: the chart's own, and those that it can
    include.
    """
    inner = (file.text for each in all_of(chart) for file in each.templates if "define" in file.text)
    return {word for text in chain(_templates(chart), inner) for word in _WORD.findall(text)}


def _templates(chart: Chart) -> Iterable[str]:
    """Yield the templates of one chart, and the values that may be templates."""
    yield from (file.text for file in chart.templates)
    yield from (text for text in _texts(chart.values) if "{{" in text)


def _texts(tree: Any) -> Iterable[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(value)


def unread(found: list[Suspect], makes_no_difference: Callable[[list[Path]], bool]) -> list[Suspect]:
    """Return the suspects that make no difference to the output. `makes_no_difference` renders the chart without some
    paths, and with other values there.
    """
    if not found or makes_no_difference([each.path for each in found]):
        return found
    if len(found) == 1 or len(found) > MAX_SUSPECTS:
        return []
    return [each for each in found if makes_no_difference([each.path])]


def without(tree: Tree, paths: Sequence[Path]) -> Tree:
    """Return values without some keys."""
    changed: Any = copied(tree)
    for *above, key in paths:
        reduce(getitem, above, changed).pop(key)
    return dict(changed)


def with_other(tree: Tree, paths: Sequence[Path]) -> Tree:
    """Return values with other values of the same types at some paths."""
    changed: Any = copied(tree)
    for *above, key in paths:
        table = reduce(getitem, above, changed)
        table[key] = _other(table[key])
    return dict(changed)


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list):
        return [*value, "x"]
    return {**value, "x": "x"}


def finding(suspect: Suspect, where: Origin) -> Diagnostic:
    """Return the finding about an unused key."""
    message = f"no template reads the value {named(suspect.path)}: without it, the chart prints the same"
    hint = f"a subchart reads it at {suspect.better}" if suspect.better else ""
    hint = hint or did_you_mean(str(suspect.path[-1]), suspect.known)
    return Diagnostic("PS719", "warning", message, where, hint=hint or "remove it, or look at the chart's values.yaml")
