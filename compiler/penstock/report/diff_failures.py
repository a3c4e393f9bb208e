"""What cannot be compared, each cause once: where a base does not compile, all of its overlays fail."""

from collections.abc import Iterable

from penstock.changes import Failure
from penstock.records import NamedTuple


class Failures(NamedTuple):
    """The failures of one cause on one side, of which each says the same. `targets` are what cannot be compared, and
    `files` the changed files that these read.
    """

    first: Failure
    targets: tuple[str, ...]
    files: tuple[str, ...]


def by_cause(failures: Iterable[Failure]) -> list[Failures]:
    """Return the failures by their causes, in the order in which these first come."""
    alike: dict[Failure, list[Failure]] = {}
    for each in failures:
        alike.setdefault(each._replace(target="", files=()), []).append(each)
    return [_joined(group) for group in alike.values()]


def _joined(group: list[Failure]) -> Failures:
    files = dict.fromkeys(path for each in group for path in each.files)
    return Failures(group[0], tuple(each.target for each in group), tuple(files))
