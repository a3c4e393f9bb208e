"""Versions and constraints on them, by the rules of Go's Masterminds/semver v3, which Helm uses everywhere.

Constraints: `=`, `!=`, `>`, `<`, `>=`, `<=`, `~`, `^`, wildcards (`1.x`, `*`), ranges (`1.2 - 1.4`), commas and spaces
for "and", `||` for "or". A version with a prerelease fits only a constraint that names one (`>=1.19-0`).
"""

import re
from collections.abc import Callable
from functools import lru_cache

from penstock.gotemplate.quoting import quote
from penstock.records import NamedTuple
from penstock.regex import regex

MAX_VERSION = 256
MAX_CONSTRAINT = 512
MAX_GROUPS = 32

VERSION = regex(
    r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)


class Invalid(ValueError):  # noqa: N818  # the name says what the text is
    """A text that is not a version or not a constraint. The message has the words of the Go package."""


class Version(NamedTuple):
    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = ""

    @staticmethod
    def read(text: str) -> "Version":
        """Return the version of a text; missing parts are 0. Raises `Invalid`."""
        if len(text) > MAX_VERSION:
            raise Invalid(f"version string is too long (max {MAX_VERSION} bytes)")
        return _read(text)

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{self.prerelease}" if self.prerelease else ""
        return text + (f"+{self.metadata}" if self.metadata else "")

    def compared(self, other: "Version") -> int:
        """Return -1, 0 or 1 for a version before, equal to or after another. Metadata does not count."""
        if self[:3] != other[:3]:
            return -1 if self[:3] < other[:3] else 1
        if self.prerelease == other.prerelease:
            return 0
        if not self.prerelease or not other.prerelease:
            return 1 if not self.prerelease else -1
        return compared_prereleases(self.prerelease, other.prerelease)

    def next_major(self) -> "Version":
        return self._incremented(self.major + 1, 0, 0)

    def next_minor(self) -> "Version":
        return self._incremented(self.major, self.minor + 1, 0)

    def next_patch(self) -> "Version":
        """Return the next patch version. For a prerelease, it is the release itself."""
        return self._incremented(self.major, self.minor, self.patch + (not self.prerelease))

    def _incremented(self, major: int, minor: int, patch: int) -> "Version":
        prefix = "v" if self.original.startswith("v") else ""
        version = Version(major, minor, patch)
        return version._replace(original=f"{prefix}{version}")


@lru_cache(1024)
def _read(text: str) -> Version:
    found = VERSION.fullmatch(text)
    if found is None:
        raise Invalid("invalid semantic version")
    numbers = [_segment((found[group] or "0").removeprefix(".")) for group in (1, 2, 3)]
    prerelease, metadata = found[5] or "", found[8] or ""
    if any(part.isdecimal() and len(part) > 1 and part[0] == "0" for part in prerelease.split(".")):
        raise Invalid("version segment starts with 0")
    return Version(numbers[0], numbers[1], numbers[2], prerelease, metadata, text)


def _segment(digits: str) -> int:
    number = int(digits[:40])
    if len(digits) > 40 or number >= 2**64:
        raise Invalid(f"error parsing version segment: strconv.ParseUint: parsing {quote(digits)}: value out of range")
    return number


def compared_prereleases(one: str, two: str) -> int:
    """Return -1, 0 or 1 for two prereleases. Numbers compare as numbers and come before words; a prefix comes first."""
    ones, twos = one.split("."), two.split(".")
    for number in range(max(len(ones), len(twos))):
        a = ones[number] if number < len(ones) else ""
        b = twos[number] if number < len(twos) else ""
        if a != b:
            return -1 if _is_before(a, b) else 1
    return 0


def _is_before(one: str, two: str) -> bool:
    if not one or not two:
        return not one
    if one.isdecimal() and two.isdecimal():
        return int(one) < int(two)
    if one.isdecimal() or two.isdecimal():
        return one.isdecimal()
    return one < two


PARTS = (
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?"
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
    r"(?:\+(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)
BARE = (
    r"v?[0-9|x|X|\*]+(?:\.[0-9|x|X|\*]+(?:\.[0-9|x|X|\*]+)?)?"
    r"(?:-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?"
    r"(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?"
)
SPACE = r"[\t\n\f\r ]"
RANGE = rf"{SPACE}*({BARE}){SPACE}+-{SPACE}+({BARE}){SPACE}*"
SOME_SIGN = r"!=|>=|=>|<=|=<|~>|=|>|<|~|\^"
LONGEST_FIRST = f"{SOME_SIGN}|"
ONE = rf"{SPACE}*({LONGEST_FIRST}){SPACE}*({PARTS}){SPACE}*"
EACH = rf"(?:{LONGEST_FIRST}){SPACE}*(?:{BARE})"
ITEM = rf"(?:(?:{SOME_SIGN}){SPACE}*)?(?:{BARE})"
VALID = rf"{SPACE}*{ITEM}(?:(?:{SPACE}*,{SPACE}*|{SPACE}+){ITEM})*{SPACE}*"
"""Items separated by spaces or commas. The pattern can match a text in only one way, so matching takes linear time."""

WILD = ("x", "X", "*")


@lru_cache(maxsize=8)
def compiled(expression: str) -> re.Pattern[str]:
    """Return a compiled expression. Compiling is deferred to first use, since it takes longer than rendering a small
    chart.
    """
    return re.compile(expression)


class Constraint(NamedTuple):
    """One condition on a version. Parts that the condition leaves open are 0 in `version`, and flagged."""

    sign: str
    version: Version
    is_open: bool
    """Whether any part is left open."""
    minor_is_open: bool
    patch_is_open: bool

    def allows(self, version: Version, takes_prereleases: bool) -> bool:
        if version.prerelease and not takes_prereleases:
            return False
        return CHECKS[self.sign](self, version)


def allows(constraint: str, version: str) -> bool:
    """Return whether a version fits a constraint. Raises `Invalid`."""
    groups = constraints(constraint)
    found = Version.read(version)
    return any(
        all(one.allows(found, takes_prereleases) for one in conditions) for conditions, takes_prereleases in groups
    )


@lru_cache(512)
def constraints(text: str) -> tuple[tuple[tuple[Constraint, ...], bool], ...]:
    """Return the alternatives of a constraint, each as conditions that must all hold and whether it accepts
    prereleases. Raises `Invalid`.
    """
    if len(text.encode("utf-8", "surrogateescape")) > MAX_CONSTRAINT:
        raise Invalid(f"constraint string is too long (max {MAX_CONSTRAINT} bytes)")
    alternatives = compiled(RANGE).sub(r">= \1, <= \2 ", text).split("||")
    if len(alternatives) > MAX_GROUPS:
        raise Invalid(f"too many constraint groups (max {MAX_GROUPS})")
    groups = []
    for alternative in alternatives:
        if compiled(VALID).fullmatch(alternative) is None:
            raise Invalid(f"improper constraint: {quote(alternative)}")
        conditions = tuple([_constraint(part) for part in compiled(EACH).findall(alternative)])
        groups.append((conditions, any(one.version.prerelease for one in conditions)))
    return tuple(groups)


def _constraint(text: str) -> Constraint:
    found = compiled(ONE).fullmatch(text)
    if found is None:
        raise Invalid(f"improper constraint: {quote(text)}")
    major, minor, patch = found[3], (found[4] or "")[1:], (found[5] or "")[1:]
    prerelease = found[6] or ""
    major_is_open = major in WILD
    minor_is_open = not major_is_open and (not minor or minor in WILD)
    patch_is_open = not major_is_open and not minor_is_open and (not patch or patch in WILD)
    is_open = major_is_open or minor_is_open or patch_is_open
    written = found[2]
    if major_is_open:
        # The parts that are left open count as zero for the comparison.
        written = f"0.0.0{prerelease}"
    elif minor_is_open:
        written = f"{major}.0.0{prerelease}"
    elif patch_is_open:
        written = f"{major}.{minor}.0{prerelease}"
    try:
        version = Version.read(written)
    except Invalid:
        raise Invalid("constraint parser error") from None
    return Constraint(found[1], version, is_open, minor_is_open, patch_is_open)


def _not_equal(own: Constraint, version: Version) -> bool:
    wanted = own.version
    if not own.is_open:
        return version.compared(wanted) != 0
    if wanted.major != version.major:
        return True
    if own.minor_is_open:
        return False
    if wanted.minor != version.minor:
        return True
    if own.patch_is_open:
        if version.prerelease or wanted.prerelease:
            return compared_prereleases(version.prerelease, wanted.prerelease) != 0
        return False
    return wanted.patch != version.patch or version.compared(wanted) != 0


def _greater(own: Constraint, version: Version) -> bool:
    wanted = own.version
    if not own.is_open or version.major != wanted.major:
        return version.compared(wanted) > 0 if not own.is_open else version.major > wanted.major
    if own.minor_is_open:
        return False
    if own.patch_is_open:
        return version.minor > wanted.minor
    return version.compared(wanted) > 0


def _less(own: Constraint, version: Version) -> bool:
    return version.compared(own.version) < 0


def _greater_or_equal(own: Constraint, version: Version) -> bool:
    return version.compared(own.version) >= 0


def _less_or_equal(own: Constraint, version: Version) -> bool:
    wanted = own.version
    if not own.is_open:
        return version.compared(wanted) <= 0
    if version.major > wanted.major:
        return False
    return not (version.major == wanted.major and version.minor > wanted.minor and not own.minor_is_open)


def _tilde(own: Constraint, version: Version) -> bool:
    wanted = own.version
    if version.compared(wanted) < 0:
        return False
    if wanted[:3] == (0, 0, 0) and not own.minor_is_open and not own.patch_is_open:
        return True
    if version.major != wanted.major:
        return False
    return own.minor_is_open or version.minor == wanted.minor


def _tilde_or_equal(own: Constraint, version: Version) -> bool:
    return _tilde(own, version) if own.is_open else version.compared(own.version) == 0


def _caret(own: Constraint, version: Version) -> bool:
    wanted = own.version
    if version.compared(wanted) < 0:
        return False
    if wanted.major > 0 or own.minor_is_open:
        return version.major == wanted.major
    if version.major > 0:
        return False
    if wanted.minor > 0 or own.patch_is_open:
        return version.minor == wanted.minor
    return version.minor == 0 and version.patch == wanted.patch


CHECKS: dict[str, Callable[[Constraint, Version], bool]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _greater_or_equal,
    "=>": _greater_or_equal,
    "<=": _less_or_equal,
    "=<": _less_or_equal,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
