"""Run many commands of Penstock in one process, for `tests/test_trace.py`: a mark in the trace comes before each.

python -m tests.trace_driver COMMAND ...
"""

import io
import os
import sys
from contextlib import suppress

from penstock.cli.main import main
from penstock.cli.streams import Streams

MARK = "/no-such-folder/command-"
"""A look at a path that begins like this says which command comes next."""

for number, command in enumerate(sys.argv[1:]):
    with suppress(FileNotFoundError):
        os.open(f"{MARK}{number}", os.O_RDONLY)
    out, err = io.StringIO(), io.StringIO()
    status = main(command.split(), Streams(out, err, os.environ, os.getcwd(), "penstock 0"))
    print(status, command, "Traceback" in err.getvalue(), flush=True)
