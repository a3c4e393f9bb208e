"""Versions and version ranges, as defined by Masterminds' semver."""

from penstock.gotemplate.semver import Invalid, Version, allows


def is_version(text: str) -> bool:
    """Return whether a text is a version, such as `1.2.3` or `v1.2`."""
    try:
        Version.read(text)
    except Invalid:
        return False
    return True


def fits(constraint: str, version: str) -> bool:
    """Return whether a version is in a range. A malformed range contains no version, nor does an empty one."""
    try:
        return allows(constraint, version)
    except Invalid:
        return False
