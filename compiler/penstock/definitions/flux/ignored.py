"""The files that a source of Flux leaves out: its `spec.ignore`, and the files `.sourceignore` of the repository.

The patterns are those of `.gitignore`, as source-controller reads them (github.com/fluxcd/pkg/sourceignore 0.18). Each
file is judged by its own path: a pattern fits it if it fits one of the names above it, too, and the last pattern that
fits decides. Without any pattern of the user, the usual ones apply.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

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
"""The most patterns of one source. Further ones are not read: each is tried on every file that a target reads."""


class Rule(NamedTuple):
    """One pattern. `folder` are the names of the directory for which it is, `where` is the place of its text."""

    text: str
    where: Origin | None
    folder: tuple[str, ...]
    parts: tuple[str, ...]
    keeps: bool
    """Whether it brings back what an earlier pattern leaves out (`!`)."""
    is_of_directories: bool

    def fits(self, names: Sequence[str]) -> bool:
        """Return whether the pattern fits a file, by the names of its path."""
        depth = len(self.folder)
        if len(names) <= depth or tuple(names[:depth]) != self.folder:
            return False
        below = names[depth:]
        return self._fits_path(below) if len(self.parts) > 1 else self._fits_name(below)

    def _fits_name(self, names: Sequence[str]) -> bool:
        """Return whether one of the names fits. The last one is that of the file."""
        known = names[:-1] if self.is_of_directories else names
        return any(fits_name(self.parts[0], name) for name in known)

    def _fits_path(self, names: Sequence[str]) -> bool:
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


def _found_from(at: int, part: str, names: Sequence[str]) -> int | None:
    """Return the index of the first name, from `at` on, that a part of a pattern fits; None if there is none."""
    return next((index for index in range(at, len(names)) if fits_name(part, names[index])), None)


def rules_in(text: str, folder: str = ".", where: Origin | None = None) -> Iterator[Rule]:
    """Yield the rules of a text, each line of which may be one."""
    names = () if folder == "." else tuple(folder.split("/"))
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.startswith("#") and line.strip():
            yield _rule(line, names, where)


def _rule(line: str, folder: tuple[str, ...], where: Origin | None) -> Rule:
    pattern = line.removeprefix("!")
    if not pattern.endswith("\\ "):
        pattern = pattern.rstrip(" ")
    is_of_directories = pattern.endswith("/")
    parts = tuple(pattern.removesuffix("/").split("/"))
    return Rule(line.strip(), where, folder, parts, line.startswith("!"), is_of_directories)


class Ignored(NamedTuple):
    """What a source leaves out, by the rules in their order."""

    rules: Sequence[Rule]

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule that leaves out a file, by its path from the root of the source; None if the source has
        it.
        """
        names = path.split("/")
        last = next((rule for rule in reversed(self.rules) if rule.fits(names)), None)
        return None if last is None or last.keeps else last


def ignored_by(rules: Iterable[Rule]) -> Ignored:
    """Return what a source with some rules of the user leaves out."""
    own = list(rules)[:MAX_RULES]
    return Ignored([*_ALWAYS, *(own or _USUAL)])


@lru_cache(maxsize=4096)
def fits_name(pattern: str, name: str) -> bool:
    """Return whether a pattern fits a whole name, as Go's `path/filepath.Match` does: with `*`, `?`, `[a-z]`, `[^a-z]`
    and a backslash before signs that mean themselves. A malformed pattern fits nothing.
    """
    tokens = _tokens(pattern)
    if tokens is None:
        return False
    at, number = 0, 0
    star, mark = -1, 0
    while at < len(name):
        if number < len(tokens) and tokens[number] is None:
            star, mark, number = number, at, number + 1
        elif number < len(tokens) and _has(tokens[number], name[at]):
            at, number = at + 1, number + 1
        elif star >= 0:
            mark += 1
            at, number = mark, star + 1
        else:
            return False
    return all(token is None for token in tokens[number:])


_Token = tuple[bool, tuple[tuple[str, str], ...]] | None
"""Ranges of characters, and whether others are meant; None stands for `*`."""

_ANY: _Token = (True, ())


def _has(token: _Token, sign: str) -> bool:
    assert token is not None
    is_negated, ranges = token
    return any(low <= sign <= high for low, high in ranges) != is_negated


@lru_cache(maxsize=1024)
def _tokens(pattern: str) -> list[_Token] | None:
    """Return the parts of a pattern, each for one character of a name; None if it is malformed."""
    found: list[_Token] = []
    rest = pattern
    while rest:
        sign = rest[0]
        if sign == "[":
            read = _class(rest)
            if read is None:
                return None
            token, rest = read
            found.append(token)
            continue
        if sign == "\\":
            rest = rest[1:]
            if not rest:
                return None
        special = {"*": None, "?": _ANY} if sign != "\\" else {}
        found.append(special.get(rest[0], (False, ((rest[0], rest[0]),))))
        rest = rest[1:]
    return found


def _class(text: str) -> tuple[_Token, str] | None:
    """Return the class of characters at the beginning of a text, and the rest; None if it is malformed."""
    is_negated = text[1:2] == "^"
    rest = text[2 if is_negated else 1 :]
    ranges: list[tuple[str, str]] = []
    while True:
        if rest[:1] == "]" and ranges:
            return (is_negated, tuple(ranges)), rest[1:]
        low, rest = _sign(rest)
        high = low
        if rest[:1] == "-":
            high, rest = _sign(rest[1:])
        if not (low and high and rest):
            return None
        ranges.append((low, high))


def _sign(text: str) -> tuple[str, str]:
    """Return the next character of a class, which may be escaped, and the rest; it is empty if there is none."""
    if not text or text[0] in "-]":
        return "", text
    if text[0] == "\\":
        text = text[1:]
    return text[:1], text[1:]


_ALWAYS = tuple(rule for pattern in ALWAYS for rule in rules_in(pattern))
_USUAL = tuple(rule for pattern in USUAL for rule in rules_in(pattern))
