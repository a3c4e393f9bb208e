"""Standard input, where a command line names it by `-`."""

import sys

from penstock.cli.streams import WORLD
from penstock.errors import Refusal
from penstock.files import MAX_BYTES, too_large

STANDARD_INPUT = "(standard input)"
"""The name of standard input in findings."""


def standard_input() -> bytes:
    """Return all of standard input. Raises `Refusal` if it cannot be read, or is larger than a file may be."""
    if sys.stdin is None:
        raise Refusal("cannot read standard input: it is closed", WORLD)
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refusal(f"cannot read standard input: {error.strerror or error}", WORLD) from None
    if len(data) > MAX_BYTES:
        raise Refusal(f"standard input {too_large(len(data))}")
    return data
