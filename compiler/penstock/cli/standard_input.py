"""Standard input, where a command line names it by `-`."""

import sys

from penstock.errors import Refusal
from penstock.files import MAX_BYTES, too_large

STANDARD_INPUT = "(standard input)"
"""What it is called in findings."""


def standard_input() -> bytes:
    """All of it. Raises `Refusal` for more than a file may have."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refusal(f"standard input {too_large(len(data))}")
    return data
