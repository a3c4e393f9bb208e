"""Running exec functions (`penstock build --enable-alpha-plugins --enable-exec`): programs of the repository, so
never by default.
"""

import os
import subprocess
from collections.abc import Callable, Sequence

from penstock.cli.streams import Streams
from penstock.model import Refusal

TIMEOUT = 300
"""Seconds that a function may take."""

Runner = Callable[[str, Sequence[str], Sequence[str], str, bytes], bytes]


def runner(streams: Streams, given: Sequence[str]) -> Runner:
    """A function that runs a program in a directory, feeds it the objects and returns what it prints.

    `given` are NAME=VALUE settings of the command line, which win over those of the function's configuration.
    """

    def run(path: str, arguments: Sequence[str], environment: Sequence[str], directory: str, request: bytes) -> bytes:
        settings = dict(pair.split("=", 1) for pair in (*environment, *given) if pair.count("=") == 1)
        where = os.path.join(streams.cwd, directory)
        program = os.path.join(where, path) if "/" in path else path
        try:
            done = subprocess.run(
                [program, *arguments],
                cwd=where,
                env={**streams.environ, **settings},
                input=request,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"the function {path} took more than {TIMEOUT} seconds") from None
        except OSError as error:
            raise Refusal(f"the function {path} cannot be run: {error.strerror}") from None
        streams.err.write(done.stderr.decode(errors="replace"))
        if done.returncode:
            raise Refusal(f"the function {path} failed with exit status {done.returncode}")
        return done.stdout

    return run
