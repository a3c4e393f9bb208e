"""An argument parser that raises instead of ending the process, shared by all commands."""

import argparse
import os
import re

from penstock.cli.streams import Help, Streams
from penstock.model import Refusal
from penstock.typed import Any, NoReturn
from penstock.words import nearest

USUAL_COLUMNS = 80
"""The width that is assumed if no terminal tells its own."""


MOST_OPTIONS = 5_000
"""`argparse` compares each option with all others."""


class Arguments(argparse.ArgumentParser):
    """An `argparse` parser that raises errors as `Refusal` (exit status 2) and accepts no abbreviated options, because
    a new option must not break a script.
    """

    def __init__(self, command: str, streams: Streams, description: str) -> None:
        super().__init__(
            prog=f"penstock {command}", description=description, allow_abbrev=False, formatter_class=_Formatter
        )
        self._streams = streams

    @property
    def arguments(self) -> list[argparse.Action]:
        """All options and operands, in the order in which they were added."""
        return [action for action in self._actions if action.help != argparse.SUPPRESS]

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as `argparse` does, but refuse `--option=--`, which `argparse` turns into an empty list, and more
        options than it can read in a second.
        """
        options = 0
        for word in args or ():
            if word == "--":
                break
            if word.endswith("=--") and word.startswith("-"):
                self.error(f"argument {word[:-3]}: -- is no value")
            options += word.startswith("-")
        if options > MOST_OPTIONS:
            raise Refusal(f"a command line may have {MOST_OPTIONS:,} options, and this one has {options:,}", 2)
        return super().parse_known_args(args, namespace)

    def _print_message(self, message: str, file: Any = None) -> None:
        self._streams.out.write(message)

    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message}{self._meant(message)}\n{self.format_usage()}".rstrip(), 2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise Help(self)

    def _meant(self, message: str) -> str:
        """Return a hint at what an unknown option or an invalid choice was probably meant to be; empty if nothing is
        similar.
        """
        # `argparse` gives its reasons as text only.
        unknown = re.match(r"unrecognized arguments: (?:.* )?(--?[a-zA-Z][^ =]*)", message)
        wrong = re.match(r"argument .*: invalid choice: '(.*)' \(", message)
        name = ""
        if unknown:
            name = nearest(unknown[1], [each for each in self._option_string_actions if each.startswith("--")])
        elif wrong:
            choices = [str(each) for action in self.arguments for each in action.choices or ()]
            name = nearest(wrong[1], choices)
        return f"; did you mean {name}?" if name else ""


class _Formatter(argparse.HelpFormatter):
    """A formatter that fills the width of the terminal and keeps the paragraphs of the description."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap

        paragraphs = text.strip().split("\n\n")
        return "\n\n".join(textwrap.fill(" ".join(each.split()), width) for each in paragraphs)


def _columns() -> int:
    """Return the width of the terminal. `argparse` creates a formatter for each option, and would ask `shutil`, which
    takes 2 ms to import.
    """
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(1).columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS
