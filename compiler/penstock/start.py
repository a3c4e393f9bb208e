"""What runs first: a `penstock build DIR` that the cache can answer, before anything else is imported.

Python and PyYAML take more time to start than a small overlay takes to build.
"""

import gc
import os
import sys

from penstock import cache
from penstock.files import Disk


def console() -> int:
    """The `penstock` script: runs a command on this process. Output that cannot be written is no bug of ours."""
    gc.disable()  # a command is short, and the trees that it makes have no cycles
    try:
        status = 0 if _answered(sys.argv[1:]) else _command()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `penstock build | head`: not an error, and nothing is left to say it to
        return _unheard(141)
    except OSError as error:
        sys.stderr.write(f"penstock: cannot write the output: {error.strerror}\n")
        return _unheard(4)


def _command() -> int:
    from penstock.cli.main import main
    from penstock.cli.streams import Streams

    return main(sys.argv[1:], Streams(sys.stdout, sys.stderr, os.environ, os.getcwd()))


def _unheard(status: int) -> int:
    """Let what is left of the output go nowhere: Python would try to write it once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _answered(argv: list[str]) -> bool:
    """Whether the command was a plain build, and the cache had its outcome."""
    if len(argv) != 2 or argv[0] != "build" or argv[1].startswith("-"):
        return False
    if "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL" in os.environ:
        return False
    store = cache.folder(os.environ)
    if not store:
        return False
    files = Disk(os.getcwd())
    directory = os.path.relpath(os.path.join(files.root, argv[1]), files.root)
    known = cache.load(store, cache.key(files.root, directory, cache.PLAIN), files, {})
    if known is None:
        return False
    sys.stderr.write(known[0])
    sys.stdout.write(known[1])
    return True
