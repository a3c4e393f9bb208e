"""`.helmignore`: the files of a directory that are not part of its chart."""

from collections.abc import Callable

from penstock.charts.bounds import MAX_COMPARISONS, MAX_IGNORED, MAX_PATTERNS
from penstock.charts.chart import Refused
from penstock.charts.paths import BadPattern, matcher, matches
from penstock.model import Pos
from penstock.records import NamedTuple
from penstock.words import quoted

FILE = ".helmignore"


class Rule(NamedTuple):
    """One line of the file. `matched` matches a whole path, or only its last part if `anywhere` is true."""

    matched: Callable[[str], bool]
    negated: bool
    only_directories: bool
    anywhere: bool


HIDDEN_TEMPLATES = Rule(
    lambda path: matches("templates/.?*", path), negated=False, only_directories=False, anywhere=False
)
"""The rule that Helm adds for every chart."""


class Ignored:
    """The rules of one chart, from the file at `path`. The answer for each directory is cached."""

    def __init__(self, rules: list[Rule], path: str) -> None:
        self._rules = rules
        self._path = path
        self._comparisons_left = MAX_COMPARISONS
        self._directories: dict[str, bool] = {"": False}

    def covers(self, path: str) -> bool:
        """Return whether a file, or a directory that contains it, is ignored. Raises `Refused` where there are too many
        paths and patterns.
        """
        directory, _, _ = path.rpartition("/")
        return self._covers_directory(directory) or self._fits(path, is_directory=False)

    def _covers_directory(self, path: str) -> bool:
        if path not in self._directories:
            above, _, _ = path.rpartition("/")
            self._directories[path] = self._covers_directory(above) or self._fits(path, is_directory=True)
        return self._directories[path]

    def _fits(self, path: str, is_directory: bool) -> bool:
        """Apply the rules as Helm does: a negated rule ignores every path that does not match it."""
        self._comparisons_left -= len(self._rules)
        if self._comparisons_left < 0:
            message = (
                f"this chart takes more than {MAX_COMPARISONS:,} comparisons of paths with patterns of .helmignore"
            )
            raise Refused("PS702", message, Pos(self._path), "ignore whole directories, by fewer patterns")
        name = path.rpartition("/")[2]
        for rule in self._rules:
            fits = rule.matched(name if rule.anywhere else path)
            if rule.negated:
                if not fits or (rule.only_directories and not is_directory):
                    return True
            elif fits and (is_directory or not rule.only_directories):
                return True
        return False


def read_ignored(data: bytes | None, path: str) -> Ignored:
    """Parse the rules of a chart; the file may be missing. Raises `Refused` for a pattern that Helm does not accept."""
    rules = []
    if data is not None and len(data) > MAX_IGNORED:
        message = f"this file has more than {MAX_IGNORED:,} bytes"
        raise Refused("PS702", message, Pos(path), "ignore whole directories, by fewer patterns")
    for number, line in enumerate((data or b"").decode(errors="replace").removeprefix("\ufeff").split("\n"), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            rules.append(_rule(text, Pos(path, number, 1)))
        if len(rules) > MAX_PATTERNS:
            message = f"this file has more than {MAX_PATTERNS:,} patterns"
            raise Refused("PS702", message, Pos(path, number, 1), "ignore whole directories, by fewer patterns")
    return Ignored([*rules, HIDDEN_TEMPLATES], path)


def _rule(text: str, where: Pos) -> Rule:
    if "**" in text:
        raise Refused("PS700", "double-star (**) syntax is not supported in .helmignore", where)
    try:
        matches(text, "abc")
    except BadPattern:
        raise Refused("PS700", f"{quoted(text)} is no pattern of .helmignore: syntax error in pattern", where) from None
    negated = text.startswith("!")
    pattern = text[1:] if negated else text
    only_directories = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    anywhere = "/" not in pattern
    return Rule(matcher(pattern.removeprefix("/")), negated, only_directories, anywhere)
