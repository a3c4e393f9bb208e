"""The health rules of custom resources: a file for each API group in `rules/`, read on demand.

A file maps kinds (`Issuer, ClusterIssuer`, or `*` for all of the group) to rules. `judge.py` explains rules. A file
whose name begins with `_.` applies to all groups with that ending. Files of the user (`use`) take precedence.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml

from penstock.model import Tree
from penstock.records import NamedTuple

FOLDER = os.path.join(os.path.dirname(__file__), "rules")
SILENT = os.path.join(os.path.dirname(__file__), "silent.yaml")
ENDING = ".yaml"


class Loader(yaml.CSafeLoader):
    """A YAML loader that leaves times as text, as JSON does."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}

Rule = dict[str, Any]
Kinds = dict[str, list[Rule]]

Compile = Callable[[str], Callable[[Tree], bool]]
"""Compiles an expression to a function. Raises `ValueError` that says what is wrong with the expression."""


class Expression(NamedTuple):
    """The compiled value of a `cel` test: its text, and a function that returns whether it is true of an object."""

    text: str
    holds: Callable[[Tree], bool]


WORDS = ("Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown")
MAX_DEPTH = 20
"""The depth to which tests may be nested."""

_own: dict[str, Kinds] = {}
"""The user's rules by API group."""


def use(own: dict[str, Kinds]) -> None:
    """Use the user's rules for this run, in place of those of an earlier run."""
    _own.clear()
    _own.update(own)


def rules_of(group: str, kind: str) -> list[Rule]:
    """Return the rules of a kind in the order in which they are tried; an empty list where there are none."""
    names = _names_for(group)
    for kinds in (*(_own.get(name, {}) for name in names), *map(_shipped, names)):
        if kind in kinds or "*" in kinds:
            return kinds.get(kind) or kinds["*"]
    return []


def is_own(group: str, kind: str) -> bool:
    """Return whether the rules of a kind are the user's."""
    return any(kind in kinds or "*" in kinds for kinds in (_own.get(name, {}) for name in _names_for(group)))


def is_named(group: str, kind: str) -> bool:
    """Return whether the rules of a kind name it; otherwise they are those of all kinds of its group."""
    return any(kind in kinds for name in _names_for(group) for kinds in (_own.get(name, {}), _shipped(name)))


def is_last_word(rule: Rule) -> bool:
    """Return whether a rule has no tests, so that it holds for whatever the rules before it do not know."""
    return not any(rule[word] for word in WORDS if word in rule)


def _names_for(group: str) -> tuple[str, ...]:
    """Return the names of the files with rules for a group, the one that counts most first."""
    # The file of the group itself counts before those of all groups that end alike, and the user's before ours.
    return (group, *(f"_{group[at:]}" for at, letter in enumerate(group) if letter == "."))


def _shipped(name: str) -> Kinds:
    return _read(name) if name + ENDING in _names() else {}


def _loaded(text: str) -> Tree:
    """Return the mapping that a file of rules holds. Raises `ValueError` as `parse` does."""
    try:
        tree = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"{f'line {mark.line + 1} ' if mark else ''}is not YAML") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(tree, dict):
        raise ValueError("is no mapping of kinds to rules")
    return tree


def parse(text: str, compile: Compile) -> Kinds:
    """Parse a file of rules, and compile its expressions.

    Raises `ValueError` that says what is wrong with the file, and in which line where that is known.
    """
    tree = _loaded(text)
    for kinds, rules in tree.items():
        if not isinstance(rules, list) or not rules:
            raise ValueError(f"has no list of rules for {kinds}")
        for number, rule in enumerate(rules, 1):
            if wrong := _wrong(rule):
                raise ValueError(f"has a rule for {kinds}, the {number}., that {wrong}")
            for tests in rule.values():
                _compile(tests, compile)
    return {kind.strip(): rules for kinds, rules in tree.items() for kind in str(kinds).split(",")}


def _wrong(rule: Any) -> str:
    """Return what is wrong with a rule, or "" where it is valid."""
    if not isinstance(rule, dict):
        return "is no mapping of a word to tests"
    words = [key for key in rule if key != "say"]
    if len(words) != 1 or words[0] not in WORDS:
        return f"does not have just one of the words {', '.join(WORDS)}"
    if not isinstance(rule.get("say", ""), str):
        return "has a `say` that is no text"
    return _wrong_tests(rule[words[0]], 0)


def _wrong_tests(tests: Any, depth: int) -> str:
    if tests is None:
        return ""
    if depth > MAX_DEPTH:
        return "is nested too deeply"
    if not isinstance(tests, dict):
        return f"has {tests!r} where tests are expected, such as {{Ready: true}}"
    found = (_wrong_test(str(name), wanted, depth) for name, wanted in tests.items())
    return next(filter(None, found), "")


def _wrong_test(name: str, wanted: Any, depth: int) -> str:
    if name == "any":
        if not isinstance(wanted, list):
            return "has `any` without a list of tests"
        return next(filter(None, (_wrong_tests(each, depth + 1) for each in wanted)), "")
    if name == "cel" and not isinstance(wanted, str):
        return "has `cel` without an expression"
    if name == "not" or name.startswith(("some .", "each .")):
        return _wrong_tests(wanted, depth + 1)
    return ""


def _compile(tests: Any, compile: Compile) -> None:
    """Replace each expression by its compiled form. Raises `ValueError` for an expression that cannot be compiled."""
    for name, wanted in tests.items() if isinstance(tests, dict) else ():
        if name == "any":
            for each in wanted:
                _compile(each, compile)
        elif name == "not" or str(name).startswith(("some .", "each .")):
            _compile(wanted, compile)
        elif name == "cel" and isinstance(wanted, str):
            tests[name] = _expression(wanted, compile)


def _expression(text: str, compile: Compile) -> Expression:
    try:
        return Expression(text, compile(text))
    except ValueError as error:
        raise ValueError(f"has an expression that cannot be used, {text!r}: {error}") from None


@cache
def silent_kinds() -> dict[str, list[str]]:
    """Return the kinds of other projects that report nothing, by their groups; `*` stands for all of a group."""
    with open(SILENT, encoding="utf-8") as file:
        kinds: dict[str, list[str]] = yaml.load(file, Loader)
    return kinds


@cache
def _names() -> frozenset[str]:
    return frozenset(os.listdir(FOLDER))


@cache
def _read(name: str) -> Kinds:
    with open(os.path.join(FOLDER, name + ENDING), encoding="utf-8") as file:
        tree = yaml.load(file, Loader)
    return {kind: rules for kinds, rules in tree.items() for kind in kinds.split(", ")}
