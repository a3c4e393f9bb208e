"""Options as data: a parser is made of them, and a command line without options needs none.

To import `argparse`, and to tell it eighty options, takes a tenth of the time in which a small chart is rendered.
"""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

from penstock.records import NamedTuple
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Flag(NamedTuple):
    """An option: its names, the most telling one last, and what `argparse` is told about it."""

    names: tuple[str, ...]
    told: dict[str, Any]

    @property
    def attribute(self) -> str:
        """The name under which the parser returns the value."""
        return self.names[-1].removeprefix("--").replace("-", "_")

    @property
    def default(self) -> Any:
        """The value where the option is not given."""
        if self.told.get("action") == "store_true":
            return False
        default = self.told.get("default")
        return list(default) if isinstance(default, list) else default


def switch(*names: str, help: str) -> Flag:
    return Flag(names, {"action": "store_true", "help": help})


def single(*names: str, metavar: str | None, help: str, **told: Any) -> Flag:
    return Flag(names, {"metavar": metavar, "help": help, "default": "", **told})


def many(*names: str, metavar: str, help: str) -> Flag:
    """Return an option that may be given several times: its value is a list."""
    return Flag(names, {"metavar": metavar, "help": help, "action": "append", "default": []})


def add_all(parser: "ArgumentParser", flags: Iterable[Flag]) -> None:
    for flag in flags:
        parser.add_argument(*flag.names, **flag.told)


def without_options(argv: Sequence[str], operands: str, flags: Iterable[Flag]) -> Any:
    """Return what a parser would return for a command line of operands only, or None if there may be an option in it.

    `operands` is the attribute that takes them.
    """
    if any(word.startswith("-") for word in argv):
        return None
    return SimpleNamespace(**{flag.attribute: flag.default for flag in flags}, **{operands: list(argv)})
