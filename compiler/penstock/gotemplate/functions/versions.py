"""Sprig's `semver` and `semverCompare`, with the versions and constraints of Masterminds/semver."""

from penstock.gotemplate.calls import Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.semver import Invalid, Version, allows
from penstock.gotemplate.values import Object, Uint64, Value


class SemVer(Object):
    """A version with the methods of `*semver.Version`."""

    go_type = "*semver.Version"
    kind = "ptr"

    def __init__(self, version: Version) -> None:
        self.version = version

    def text(self) -> str:
        return str(self.version)

    def parts(self) -> dict[str, Value]:
        own = self.version
        numbers = {"major": Uint64(own.major), "minor": Uint64(own.minor), "patch": Uint64(own.patch)}
        return {**numbers, "pre": own.prerelease, "metadata": own.metadata, "original": own.original}

    def plain(self) -> Value:
        return str(self.version)

    METHODS = {  # noqa: RUF012
        "Compare": Function(lambda own, other: own.version.compared(_version(other)), "any"),
        "Equal": Function(lambda own, other: own.version.compared(_version(other)) == 0, "any"),
        "GreaterThan": Function(lambda own, other: own.version.compared(_version(other)) > 0, "any"),
        "GreaterThanEqual": Function(lambda own, other: own.version.compared(_version(other)) >= 0, "any"),
        "IncMajor": Function(lambda own: SemVer(own.version.next_major())),
        "IncMinor": Function(lambda own: SemVer(own.version.next_minor())),
        "IncPatch": Function(lambda own: SemVer(own.version.next_patch())),
        "LessThan": Function(lambda own, other: own.version.compared(_version(other)) < 0, "any"),
        "LessThanEqual": Function(lambda own, other: own.version.compared(_version(other)) <= 0, "any"),
        "Major": Function(lambda own: Uint64(own.version.major)),
        "Metadata": Function(lambda own: own.version.metadata),
        "Minor": Function(lambda own: Uint64(own.version.minor)),
        "Original": Function(lambda own: own.version.original),
        "Patch": Function(lambda own: Uint64(own.version.patch)),
        "Prerelease": Function(lambda own: own.version.prerelease),
        "String": Function(lambda own: str(own.version)),
    }


def _version(value: Value) -> Version:
    if not isinstance(value, SemVer):
        raise Failure("wrong type for value; expected *semver.Version")
    return value.version


def semver(text: str) -> SemVer:
    try:
        return SemVer(Version.read(text))
    except Invalid as problem:
        raise Failure(str(problem)) from None


def semver_compare(constraint: str, text: str) -> bool:
    try:
        return allows(constraint, text)
    except Invalid as problem:
        raise Failure(str(problem)) from None


FUNCTIONS: dict[str, Function] = {
    "semver": Function(semver, "string"),
    "semverCompare": Function(semver_compare, "string string"),
}
