"""Standard input, where a command line names it by `-`."""

import sys

from penstock.errors import Refusal
from penstock.files import MAX_BYTES, too_large

STANDARD_INPUT = "(standard input)"
"""The name of standard input in findings."""


def standard_input() -> bytes:
    """Return all of standard input. Raises `Refusal` if it is larger than a file may be."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refusal(f"standard input {too_large(len(data))}")
    return data
