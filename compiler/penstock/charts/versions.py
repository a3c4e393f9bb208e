"""Versions and their ranges, as Masterminds' semver has them."""

from penstock.gotemplate.semver import Invalid, Version, allows


def is_version(text: str) -> bool:
    """Whether a text is a version, such as `1.2.3` or `v1.2`."""
    try:
        Version.read(text)
    except Invalid:
        return False
    return True


def fits(constraint: str, version: str) -> bool:
    """Whether a version is in a range; one that is malformed fits nothing, and an empty range everything."""
    try:
        return allows(constraint or "*", version)
    except Invalid:
        return False
