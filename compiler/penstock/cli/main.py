"""`penstock COMMAND`: finds the command's module, runs it, and turns what it raises into an exit status."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from penstock.cli.streams import BUG, INTERRUPTED, USAGE, Help, Streams
from penstock.model import Refusal

COMMANDS = {
    "build": "print the manifests of an overlay, as `kustomize build` prints them",
    "check": "compile and validate every target; say what is wrong, and where",
    "graph": "show which object needs which",
    "hydrate": "write the manifests to the branches rendered/ENVIRONMENT",
    "sync": "bring a cluster to what a rendered branch says",
    "status": "say whether a cluster is what a rendered branch says, and healthy",
    "edit": "change a kustomization file, as `kustomize edit` does, and keep its comments and layout",
    "create": "write a new kustomization file",
    "lock": "write down what the remote bases are, in penstock.lock",
    "rule": "explain the code of a finding",
}
"""Each command is the module of that name in this package."""


def console() -> int:
    """Run a command on this process: its arguments, streams and environment."""
    streams = Streams(sys.stdout, sys.stderr, os.environ, os.getcwd())
    try:
        status = main(sys.argv[1:], streams)
        sys.stdout.flush()
    except BrokenPipeError:  # `penstock build | head`: not an error, and nothing is left to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    return status


def main(argv: Sequence[str], streams: Streams) -> int:
    """Run one command and return its exit status. The one place where exceptions end."""
    try:
        return _run(argv, streams)
    except Help:
        return 0
    except Refusal as refusal:
        print(f"penstock: {refusal}", file=streams.err)
        return refusal.status
    except KeyboardInterrupt:
        print("penstock: interrupted", file=streams.err)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  # the last line of defence: no traceback ever reaches a user
        print(_bug_report(error), file=streams.err)
        return BUG


def _run(argv: Sequence[str], streams: Streams) -> int:
    name = argv[0] if argv else ""
    if name in ("--version", "version"):
        from penstock import __version__

        print(f"penstock {__version__}", file=streams.out)
        return 0
    if name in ("", "-h", "--help", "help"):
        print(_usage(), file=streams.out if name else streams.err)
        return 0 if name else USAGE
    if name not in COMMANDS:
        print(f"penstock: there is no command {name!r}\n\n{_usage()}", file=streams.err)
        return USAGE
    run = import_module(f"penstock.cli.{name}").run
    status: int = run(argv[1:], streams)
    return status


def _usage() -> str:
    lines = ["usage: penstock COMMAND [OPTION ...]", "", "commands:"]
    lines += [f"  {name:9} {what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "", "`penstock COMMAND --help` says more."])


def _bug_report(error: Exception) -> str:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return (
        f"penstock: a bug of ours, please report it: {type(error).__name__} at {place} in {frame.name}\n"
        "  The exit status is 70. Nothing was written after this point."
    )
