"""`penstock COMMAND`: finds the command's module, runs it, and turns what it raises into an exit status."""

import os
from collections.abc import Sequence
from errno import EBADF, EDQUOT, EFBIG, EIO, ENOSPC, EPIPE
from importlib import import_module

from penstock.cli.screen import Screen, Shown
from penstock.cli.streams import BUG, INTERRUPTED, SOURCES, USAGE, Help, Streams
from penstock.model import Refusal

COMMANDS = {
    "build": "print the manifests of an overlay, as `kustomize build` does",
    "template": "print the manifests of a Helm chart, as `helm template` does",
    "targets": "show what compiles on its own, where it goes, and why",
    "init": "propose a penstock.yaml for this repository",
    "check": "compile and validate every target; say what is wrong, and where",
    "graph": "show which object needs which",
    "affected": "show which targets a change reaches, and why",
    "diff": "show what changes in which environments, each change once",
    "explain": "show which line sets a field, and which fields a line sets",
    "hydrate": "write the manifests to the branches rendered/ENVIRONMENT",
    "images": "list the images in use, with the line that decides on each",
    "set": "set an image, by changing the line that decides on it",
    "sync": "bring a cluster to what a rendered branch says",
    "status": "say whether a cluster is as its branch says, and healthy",
    "history": "say what was synced to a cluster, when, and by whom",
    "rollback": "bring a cluster back to an older commit, and keep it there",
    "health": "judge objects in files, as status judges those in a cluster",
    "edit": "change a kustomization file as `kustomize edit` does",
    "create": "write a new kustomization file",
    "lock": "write down what the remote bases are, in penstock.lock",
    "rule": "explain the code of a finding",
    "completion": "print a script for completion in bash, zsh or fish",
}
"""The commands. Each is the module of that name in this package."""

VERSION, HELP = ("-V", "--version", "version"), ("-h", "--help", "help")
"""What may stand in place of a command."""

DATA = ("build", "template", "graph", "completion", "diff")
"""The commands whose output is for programs, too."""

NO_OUTPUT = (EBADF, EPIPE, ENOSPC, EDQUOT, EFBIG, EIO)
"""The errors of writing to a closed file or pipe, or to a full disk. `start.py` handles them."""


def main(argv: Sequence[str], streams: Streams) -> int:
    """Run one command and return its exit status. All exceptions are handled here, except if no output is possible any
    more.
    """
    streams = _for_people(argv, streams)
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
    except (MemoryError, RecursionError):  # a case that the bounds of `budget` do not cover
        print("penstock: the sources need more memory, or go deeper, than Penstock can", file=streams.err)
        return SOURCES
    except Exception as error:  # the last resort: no traceback ever reaches a user
        if isinstance(error, OSError) and error.errno in NO_OUTPUT:
            raise
        print(_bug_report(error), file=streams.err)
        return BUG


def _for_people(argv: Sequence[str], streams: Streams) -> Streams:
    """Return the streams as screens. Output for programs is passed on unchanged."""
    is_data = argv[:1] and argv[0] in DATA
    out = Screen(streams.out, streams.environ, is_data=bool(is_data))
    return streams._replace(out=out, err=Screen(streams.err, streams.environ))


def _run(argv: Sequence[str], streams: Streams) -> int:
    name = argv[0] if argv else ""
    if name in VERSION:
        from penstock.cli.version import engine

        print(engine(streams), file=streams.out)
        return 0
    if name == "help" and argv[1:]:
        return _run([*argv[1:], "--help"], streams)
    if name in ("", *HELP):
        print(_usage(), file=streams.out if name else streams.err)
        return 0 if name else USAGE
    if name not in COMMANDS:
        raise Refusal(f"there is no command {name}{_meant(name)}; `penstock --help` lists them")
    run = import_module(f"penstock.cli.{name}").run
    with Shown(name, streams):
        status: int = run(argv[1:], streams)
    return status


def _meant(name: str) -> str:
    from penstock.words import nearest

    known = nearest(name, (*COMMANDS, *VERSION, *HELP))
    return f"; did you mean {known}?" if known else ""


def _usage() -> str:
    lines = ["usage: penstock COMMAND [OPTION ...]", "", "commands:"]
    lines += [f"  {name:11} {what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "", "`penstock COMMAND --help` says more."])


def _bug_report(error: Exception) -> str:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return (
        f"penstock: a bug of ours, please report it: {type(error).__name__} at {place} in {frame.name}\n"
        "  The exit status is 70. Nothing was written after this point."
    )
