"""The files that a source of Flux leaves out: its `spec.ignore`, and the files `.sourceignore` of the repository.

The patterns are those of `.gitignore`, as source-controller reads them (github.com/fluxcd/pkg/sourceignore 0.18). Each
file is judged by its own path: a pattern fits it if it fits one of the names above it, too, and the last pattern that
fits decides. Without any pattern of the user, the usual ones apply.
"""

from collections.abc import Iterable, Iterator, Sequence, Set

from penstock.definitions.flux.names import NamePatterns
from penstock.model import Origin
from penstock.records import NamedTuple

FILE = ".sourceignore"

ALWAYS = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
"""The patterns of what no source has, unless one of the user says otherwise."""

USUAL = (
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml"),
    *("codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
"""The patterns that apply besides where the user has none."""

MAX_RULES = 2_000
"""The most patterns of one source. Further ones are not read, which is a finding (PS119)."""


class Rule(NamedTuple):
    """One pattern. `folder` are the names of the directory for which it is, `where` is the place of its text."""

    text: str
    where: Origin | None
    folder: tuple[str, ...]
    parts: tuple[str, ...]
    keeps: bool
    """Whether it brings back what an earlier pattern leaves out (`!`)."""
    is_of_directories: bool

    @property
    def first(self) -> str:
        """The part that must fit one of the names of a file, if the pattern fits it; empty if it fits none."""
        return self.parts[0] if len(self.parts) == 1 else next((p for p in self.parts if p not in ("", "**")), "")

    def fits(self, names: Sequence[str], fitting: Sequence[Set[str]]) -> bool:
        """Return whether the pattern fits a file, by the names of its path, and the parts that fit each of them."""
        depth = len(self.folder)
        if len(names) <= depth or tuple(names[:depth]) != self.folder:
            return False
        below = fitting[depth:]
        return self._fits_path(below) if len(self.parts) > 1 else self._fits_name(below)

    def _fits_name(self, names: Sequence[Set[str]]) -> bool:
        """Return whether one of the names fits. The last one is that of the file."""
        known = names[:-1] if self.is_of_directories else names
        return any(self.parts[0] in fitting for fitting in known)

    def _fits_path(self, names: Sequence[Set[str]]) -> bool:
        """Return whether the names fit from the first one on. `**` stands for any number of them."""
        at, is_found, jumps = 0, False, False
        for number, part in enumerate(self.parts):
            if part == "**" and number == len(self.parts) - 1:
                break
            if part in ("", "**"):
                jumps = part == "**"
                continue
            if "**" in part or at == len(names):
                return False
            found = _found_from(at, part, names if jumps else names[: at + 1])
            if found is None and not jumps:
                return False
            # A part that nothing after `**` fits uses up all names, and counts only if no other part follows.
            is_found, at = found is not None, len(names) if found is None else found + 1
            jumps = False
        return is_found and not (self.is_of_directories and at == len(names))


def _found_from(at: int, part: str, names: Sequence[Set[str]]) -> int | None:
    """Return the index of the first name, from `at` on, that a part of a pattern fits; None if there is none."""
    return next((index for index in range(at, len(names)) if part in names[index]), None)


def rules_in(text: str, folder: str = ".", where: Origin | None = None) -> Iterator[Rule]:
    """Yield the rules of a text, each line of which may be one. `where` is the place of the text: a value, or a
    file.
    """
    names = () if folder == "." else tuple(folder.split("/"))
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        if not line.startswith("#") and line.strip():
            yield _rule(line, names, where if where is None or where.at else Origin(where.path, number))


def _rule(line: str, folder: tuple[str, ...], where: Origin | None) -> Rule:
    pattern = line.removeprefix("!")
    if not pattern.endswith("\\ "):
        pattern = pattern.rstrip(" ")
    is_of_directories = pattern.endswith("/")
    parts = tuple(pattern.removesuffix("/").split("/"))
    return Rule(line.strip(), where, folder, parts, line.startswith("!"), is_of_directories)


class Ignored:
    """What a source leaves out, by the rules in their order. A file is tried only on those of which a part fits one of
    its names. `beyond` is the first rule that is beyond the bounds, if there is one.
    """

    def __init__(self, rules: Sequence[Rule], beyond: Rule | None = None) -> None:
        self._rules = rules
        self._names = NamePatterns(part for rule in rules for part in rule.parts)
        self._by_part: dict[str, list[int]] = {}
        for number, rule in enumerate(rules):
            self._by_part.setdefault(rule.first, []).append(number)
        self._known: dict[str, Rule | None] = {}
        unread = self._names.unread
        self.beyond = next((rule for rule in rules if not unread.isdisjoint(rule.parts)), beyond)

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule that leaves out a file, by its path from the root of the source; None if the source has
        it.
        """
        if path not in self._known:
            self._known[path] = self._found(path)
        return self._known[path]

    def _found(self, path: str) -> Rule | None:
        names = path.split("/")
        fitting = [self._names.fitting(name) for name in names]
        if not any(fitting):
            return None
        numbers = {number for parts in fitting for part in parts for number in self._by_part.get(part, ())}
        rules = (self._rules[number] for number in sorted(numbers, reverse=True))
        last = next((rule for rule in rules if rule.fits(names, fitting)), None)
        return None if last is None or last.keeps else last


def ignored_by(rules: Iterable[Rule]) -> Ignored:
    """Return what a source with some rules of the user leaves out."""
    own = list(rules)
    return Ignored([*_ALWAYS, *(own[:MAX_RULES] or _USUAL)], own[MAX_RULES] if len(own) > MAX_RULES else None)


_ALWAYS = tuple(rule for pattern in ALWAYS for rule in rules_in(pattern))
_USUAL = tuple(rule for pattern in USUAL for rule in rules_in(pattern))
