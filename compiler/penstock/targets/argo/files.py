"""Files that define the same Applications for different environments, such as `root-dev.yaml` beside `root-prod.yaml`.

People apply one of them to each cluster. All of these go to the cluster of Argo CD, so only the names of the files say
which environments there are.
"""

import posixpath
from collections.abc import Iterable, Sequence
from itertools import takewhile

from penstock.definitions.argo.application import KIND, Application
from penstock.regex import regex
from penstock.targets.argo.entries import Entry
from penstock.targets.argo.places import has_usual_word

BY_FILE = "files beside that of its definition define the same for other environments"

MOST_FILES = 100
"""The number of files beside each other that may be environments. More are none, and comparing them takes long."""

_PARTS = regex(r"[-._]")


def with_words(entries: Sequence[Entry]) -> list[Entry]:
    """Return some definitions, each with the environment that the name of its file shows beside other files."""
    words: dict[str, str] = {}
    for files in _alike(entries):
        words.update(_words(files))
    return [each._replace(word=words.get(each.resource.origin.path, "")) for each in entries] if words else [*entries]


def _alike(entries: Iterable[Entry]) -> list[list[str]]:
    """Return the files of each folder that define an Application of one name differently, for no named cluster."""
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for each in entries:
        if each.resource.id.kind == KIND and not each.environment and _has_no_cluster(Application(each.resource)):
            folder = posixpath.dirname(each.resource.origin.path)
            found.setdefault((folder, *each.resource.id[2:]), []).append(each)
    groups = ({each.resource.origin.path: each.resource.body for each in group} for group in found.values())
    return [list(bodies) for bodies in groups if 1 < len(bodies) <= MOST_FILES and _all_differ(list(bodies.values()))]


def _has_no_cluster(app: Application) -> bool:
    return not app.branch and app.destination.cluster in ("", "in-cluster")


def _all_differ(bodies: Sequence[object]) -> bool:
    return all(one != other for number, one in enumerate(bodies) for other in bodies[:number])


def _words(files: Sequence[str]) -> dict[str, str]:
    """Return the part of the name of each file that the others do not have, if most of these parts are usual names of
    environments, and otherwise nothing.
    """
    names = [_PARTS.split(posixpath.splitext(posixpath.basename(path))[0]) for path in files]
    before = _same(names)
    behind = _same([name[before:][::-1] for name in names])
    words = ["-".join(name[before : len(name) - behind]) for name in names]
    is_usual = 2 * sum(map(has_usual_word, words)) > len(words)
    return dict(zip(files, words, strict=True)) if is_usual and all(words) else {}


def _same(names: Sequence[Sequence[str]]) -> int:
    """Return the number of parts with which all names begin."""
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, zip(*names, strict=False)))
