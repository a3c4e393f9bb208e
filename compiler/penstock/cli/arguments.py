"""An argument parser that raises instead of ending the process, shared by all commands."""

import argparse
from typing import Any, NoReturn

from penstock.cli.streams import Help, Streams
from penstock.model import Refusal


class Arguments(argparse.ArgumentParser):
    """`argparse`, with errors as `Refusal` (exit status 2) and no abbreviated options (a script must not break
    later).
    """

    def __init__(self, command: str, streams: Streams, description: str) -> None:
        super().__init__(
            prog=f"penstock {command}",
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self._streams = streams

    def _print_message(self, message: str, file: Any = None) -> None:
        self._streams.out.write(message)

    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message}\n{self.format_usage()}".rstrip(), 2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise Help
