"""Changes of many environments → each change once, with the environments that have it."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.changes import Change, Group, Image
from penstock.compare.images import images
from penstock.tree import MISSING

LEVELS = {"danger": 0, "caution": 1, "note": 2}
ACTIONS = {"removed": 0, "changed": 1, "added": 2}


def grouped(changes: Mapping[str, Sequence[Change]]) -> tuple[Group, ...]:
    """Put equal changes of all environments together. The most dangerous changes come first, and then the most frequent
    ones.
    """
    found: dict[Any, tuple[Change, dict[str, None]]] = {}
    for environment, members in changes.items():
        for change in members:
            found.setdefault(_content(change), (change, {}))[1][environment] = None
    groups = [Group(change, tuple(environments)) for change, environments in found.values()]
    return tuple(sorted(groups, key=_rank))


def _content(change: Change) -> Any:
    """Return what makes two changes equal. The namespace does not count, since it is that of the environment."""
    fields = tuple((f.at, f.kind, _frozen(f.before), _frozen(f.after)) for f in change.fields)
    whole: Any = None
    if change.action != "changed":
        body = dict(change.whole or {})
        metadata = body.get("metadata")
        if isinstance(metadata, dict):
            body["metadata"] = {key: value for key, value in metadata.items() if key != "namespace"}
        whole = _frozen(body)
    return change.action, change.id._replace(namespace=""), change.renamed, fields, whole


def _frozen(value: Any) -> Any:
    """Return a tree in a form that can be compared and counted. Numbers of different types differ."""
    if isinstance(value, dict):
        return tuple((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return ("list", *map(_frozen, value))
    return "missing" if value is MISSING else (value.__class__.__name__, value)


def _rank(group: Group) -> tuple[int, int, int, str]:
    change = group.change
    worst = min((LEVELS[danger.level] for danger in change.dangers), default=3)
    return worst, ACTIONS[change.action], -len(group.environments), str(change.id)


def grouped_images(changes: Mapping[str, Sequence[Change]]) -> tuple[tuple[Image, tuple[str, ...]], ...]:
    """Return each replacement of an image with the environments that have it."""
    found: dict[Image, dict[str, None]] = {}
    for environment, members in changes.items():
        for image in images(members):
            found.setdefault(image, {})[environment] = None
    return tuple(sorted((image, tuple(environments)) for image, environments in found.items()))
