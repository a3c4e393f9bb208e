"""Running exec functions (`penstock build --enable-alpha-plugins --enable-exec`): programs of the repository, so
never by default.
"""

import os
import subprocess
from collections.abc import Callable, Sequence

from penstock.cli.streams import Streams
from penstock.emit.yaml import Unprintable, dump
from penstock.model import Refusal
from penstock.resolve.options import FunctionCall

TIMEOUT = 300
"""Seconds that a function may take."""

Runner = Callable[[FunctionCall], bytes]


def runner(streams: Streams, given: Sequence[str]) -> Runner:
    """Return a function that runs a program in a directory, passes the objects to it and returns its output.

    `given` are NAME=VALUE settings of the command line, which override those of the function's configuration.
    """

    def run(call: FunctionCall) -> bytes:
        path = call.path
        settings = dict(pair.split("=", 1) for pair in (*call.environment, *given) if pair.count("=") == 1)
        where = os.path.join(streams.cwd, call.directory)
        program = os.path.join(where, path) if "/" in path else path
        request = _resource_list(call)
        if not path:  # an annotation that names no program
            return request
        try:
            done = subprocess.run(
                [program, *call.arguments],
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


def _resource_list(call: FunctionCall) -> bytes:
    """Return the input of a function as Kustomize writes it, with the fields of the list in Kustomize's order. Raises
    `Refusal`.
    """
    try:
        items = ["- " + _indented(dump(item)) for item in call.items]
        config = "  " + _indented(dump(call.config))
    except Unprintable as reason:
        raise Refusal(f"the function {call.path} cannot be given this object: {reason}") from None
    head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
    return f"{head}{''.join(items)}functionConfig:\n{config}".encode()


def _indented(text: str) -> str:
    """Indent all lines but the first by two spaces, except empty ones."""
    return text.replace("\n", "\n  ").replace("\n  \n", "\n\n").removesuffix("  ")
