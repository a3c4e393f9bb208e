"""The manifests that lie beside those of a target, and that its kustomization does not name."""

import posixpath
from collections.abc import Iterator
from itertools import islice

from penstock.model import Resource, Target
from penstock.parse.project import Project
from penstock.regex import regex
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.objects import objects_in

_MAY_HOLD = regex(r"\.ya?ml(?:[._-](?:example|sample|template|tpl|dist))?$")
"""The ends of the names of files with manifests, and with examples of these."""

MAX_FILES = 100
"""The files of a directory that are looked at."""


def unnamed_objects(project: Project, target: Target) -> list[Resource]:
    """Return the objects in the files of a target's own directory that it does not read: people forget to name these in
    the kustomization, or apply them by hand.
    """
    found = islice(_unread(project, target), MAX_FILES)
    return [each for path in found for each in objects_of(project, path)]


def _unread(project: Project, target: Target) -> Iterator[str]:
    read = project.made[target].read
    for path in project.walk(target.path) if project.is_dir(target.path) else ():
        is_own = (posixpath.dirname(path) or ".") == target.path
        if is_own and _MAY_HOLD.search(path) and path not in read:
            yield path


def objects_of(project: Project, path: str) -> Iterator[Resource]:
    """Yield the objects in a file of manifests, as they are written there."""
    documents, _ = project.manifests(path)
    objects, _ = objects_in(documents or ())
    yield from (new_resource(body, where) for body, where in objects)
