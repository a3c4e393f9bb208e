"""The commands with their options and operands, as their parsers have them. So a completion is never out of date."""

import argparse
import io
from collections.abc import Iterator
from importlib import import_module

from penstock.cli.arguments import Arguments
from penstock.cli.streams import Help, Streams
from penstock.records import NamedTuple

KINDS = {
    "TARGET": "directory",
    "DIR": "directory",
    "PATH": "file",
    "FILE": "file",
    "ENVIRONMENT": "environment",
    "ENV": "environment",
    "CODE": "code",
}
"""The kind of completion for an operand or a value, by its word in the help: see `Value`."""


class Value(NamedTuple):
    """The possible values of an option or operand: some words, those of a `kind` (`file`, `directory`, `environment`,
    `code`), or anything.
    """

    words: tuple[str, ...] = ()
    kind: str = ""


class Option(NamedTuple):
    """An option with its names and its value, which is None for a switch."""

    names: tuple[str, ...]
    help: str
    value: Value | None


class Command(NamedTuple):
    """A command. `words` are those after `penstock`, such as `build` or `edit set image`."""

    words: str
    help: str
    options: tuple[Option, ...]
    operand: Value


def commands(summaries: dict[str, str], streams: Streams) -> list[Command]:
    """Return every command. `summaries` has a summary for each command of the first level."""
    found = []
    for words, summary in _names(summaries):
        parser = _parser(words, streams)
        options = tuple(_option(action) for action in parser.arguments if action.option_strings)
        operands = [_value(action) for action in parser.arguments if not action.option_strings]
        found.append(Command(words, summary, options, operands[0] if operands else Value()))
    return found


def codes() -> list[str]:
    """Return the codes of all findings."""
    from penstock.cli.rule import pages

    return [page.code for page in pages()]


def _names(summaries: dict[str, str]) -> Iterator[tuple[str, str]]:
    from penstock.cli.edit import COMMANDS

    for name, summary in summaries.items():
        if name == "edit":
            yield from ((f"edit {command.words}", summary) for command in COMMANDS)
            yield "edit fix", summary
        else:
            yield name, summary


def _parser(words: str, streams: Streams) -> Arguments:
    """Return the parser of a command. The command is run with `--help`, which gives access to its parser."""
    name, *rest = words.split()
    nowhere = streams._replace(out=io.StringIO(), err=io.StringIO())
    try:
        import_module(f"penstock.cli.{name}").run([*rest, "--help"], nowhere)
    except Help as asked:
        if isinstance(asked.parser, Arguments):
            return asked.parser
    raise AssertionError(f"penstock {words} has no help")


def _option(action: argparse.Action) -> Option:
    is_switch = action.nargs == 0
    return Option(tuple(action.option_strings), action.help or "", None if is_switch else _value(action))


def _value(action: argparse.Action) -> Value:
    if action.choices:
        return Value(tuple(map(str, action.choices)))
    return Value(kind=KINDS.get(str(action.metavar), ""))
