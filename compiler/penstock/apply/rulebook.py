"""The rules of health of kinds that others define: a file for each API group in `rules/`, read when it is asked for.

A file maps kinds (`Issuer, ClusterIssuer`, or `*` for all of the group) to rules. `judge.py` says what a rule is. A
name that begins with `_.` is for all groups with that ending.
"""

import os
from functools import cache
from typing import Any

import yaml

FOLDER = os.path.join(os.path.dirname(__file__), "rules")
ENDING = ".yaml"


class Loader(yaml.CSafeLoader):
    """YAML in which times stay text, as in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}

Rule = dict[str, Any]


def rules_of(group: str, kind: str) -> list[Rule]:
    """The rules of a kind in the order in which they are tried; none where nobody has written any."""
    for name in (group, *(f"_{group[at:]}" for at, letter in enumerate(group) if letter == ".")):
        kinds = _read(name) if name + ENDING in _names() else {}
        if kind in kinds or "*" in kinds:
            return kinds.get(kind) or kinds["*"]
    return []


@cache
def _names() -> frozenset[str]:
    return frozenset(os.listdir(FOLDER))


@cache
def _read(name: str) -> dict[str, list[Rule]]:
    with open(os.path.join(FOLDER, name + ENDING), encoding="utf-8") as file:
        tree = yaml.load(file, Loader)
    return {kind: rules for kinds, rules in tree.items() for kind in kinds.split(", ")}
