"""The options that hints and messages name: each command that prints them has these options."""

import ast
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from penstock.cli.completions.words import commands
from penstock.cli.main import COMMANDS
from penstock.cli.streams import Streams

PACKAGE = Path(__file__).parent.parent / "compiler" / "penstock"

COMPILE = ("build", "targets", "check", "graph", "affected", "diff", "explain", "hydrate", "images", "set")
"""The commands that print findings about sources that do not compile."""

PRINTED_BY = {
    "adoption": ("check",),
    "apply": ("sync",),
    "charted": COMPILE,
    "edit": ("edit",),
    "emit": ("hydrate",),
    "jsonnet": (*COMPILE, "lock"),
    "parse": (*COMPILE, "lock"),
    "remote": COMPILE,
    "resolve": (*COMPILE, "lock"),
    "validate": ("check",),
}
"""The commands that print what a stage says, or that print it first: `rollback` takes the options of `sync`."""

ELSEWHERE = {
    "resolve/function_configs.py": "commands that read commits run no programs, and say so instead",
    "resolve/generators/helm_chart.py": "these are the words of Helm about the fields of a kustomization",
    "parse/project_file/fields.py": "these texts describe fields of penstock.yaml, and are no messages",
    "edit/project_file.py": "this is a comment in a proposed penstock.yaml, about Kustomize",
}
"""Modules whose texts name options that other commands have."""

OPTION = re.compile(r"(?<![\w=-])--[a-z][a-z-]+\b(?!=%)")
OTHER_PROGRAM = re.compile(r"`(?:git|gpg|helm|kubectl|kustomize) [^`]*`?( with --[a-z]+)?")
NAMED_COMMAND = re.compile(r"`penstock (?P<command>\w+)(?P<options>[^`]*)`?")


class Saying(NamedTuple):
    """A text that a module holds, and where it is."""

    where: str
    stage: str
    text: str


def sayings() -> Iterator[Saying]:
    """Yield the texts of the stages that name an option, but not docstrings and the pages of findings."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        stage = place.with_suffix("").parts[0]
        if stage not in PRINTED_BY or path.name == "codes.py" or str(place) in ELSEWHERE:
            continue
        text = path.read_text(encoding="utf-8")
        if OPTION.search(text):
            yield from (Saying(f"{place}:{line}", stage, OTHER_PROGRAM.sub("", said)) for line, said in texts(text))


def texts(module: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module in which an option stands among other words, with their lines."""
    tree = ast.parse(module)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
            continue
        if OPTION.search(node.value) and " " in node.value.strip():
            yield node.lineno, node.value


def named(saying: Saying) -> Iterator[tuple[str, str]]:
    """Yield each option that a text names, with each command that has to know it."""
    for found in NAMED_COMMAND.finditer(saying.text):
        yield from ((found["command"], option) for option in OPTION.findall(found["options"]))
    for option in OPTION.findall(NAMED_COMMAND.sub("", saying.text)):
        yield from ((command, option) for command in PRINTED_BY[saying.stage])


def test_the_command_that_prints_a_hint_has_the_options_that_it_names() -> None:
    known: dict[str, set[str]] = {}
    for command in commands(COMMANDS, Streams(StringIO(), StringIO(), {}, "/")):
        names = known.setdefault(command.words.partition(" ")[0], set())
        names.update(name for option in command.options for name in option.names)
    found = list(sayings())
    assert len(found) > 30
    assert [
        (saying.where, command, option)
        for saying in found
        for command, option in named(saying)
        if option not in known[command]
    ] == []
