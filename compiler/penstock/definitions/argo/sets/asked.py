"""The labels and annotations of clusters that an ApplicationSet names: those that a file of clusters has to have."""

import json
from collections.abc import Iterator
from typing import Any

from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Tree
from penstock.regex import regex
from penstock.words import some_of

_NAMED = regex(r"\bmetadata\.(labels|annotations)(?:\.([A-Za-z0-9_./-]*[A-Za-z0-9])| \\\"([^\"\\]+)\\\")")
"""Matches `metadata.labels.env` and `index .metadata.labels "example.com/env"`, as JSON has them."""

FIELDS = ("labels", "annotations")

MOST = 8
"""Names of each kind that a hint has room for."""


def asked_of_clusters(spec: Tree) -> str:
    """Return which labels and annotations of clusters an ApplicationSet reads or selects by, or "" if it reads none."""
    found: dict[str, set[str]] = {field: set() for field in FIELDS}
    found["labels"].update(_selected(spec))
    for field, plain, indexed in _NAMED.findall(json.dumps(spec, default=str)):
        found[field].add(plain or indexed)
    told = [f"the {field} {_listed(found[field])}" for field in FIELDS if found[field]]
    return f"give each cluster there {' and '.join(told)}" if told else ""


def _listed(names: set[str]) -> str:
    return some_of(sorted(names), MOST)


def _selected(tree: Any) -> Iterator[str]:
    """Yield the labels by which the generators `clusters` in a tree select."""
    if isinstance(tree, list):
        for each in tree:
            yield from _selected(each)
    elif isinstance(tree, dict):
        selector = mapping(mapping(tree.get("clusters")).get("selector"))
        yield from mapping(selector.get("matchLabels"))
        yield from (text(each.get("key")) for each in mappings(selector.get("matchExpressions")))
        for each in tree.values():
            yield from _selected(each)
