"""What runs first: a `penstock build DIR` that the cache can answer, before anything else is imported.

Python and PyYAML take more time to start than a small overlay takes to build.
"""

import gc
import os
import sys

from penstock import cache
from penstock.files import Disk


def console() -> int:
    """The `penstock` script."""
    gc.disable()  # a command is short, and the trees that it makes have no cycles
    if not _answered(sys.argv[1:]):
        from penstock.cli.main import console as run

        return run()
    return 0


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
    try:
        sys.stdout.write(known[1])
        sys.stdout.flush()
    except BrokenPipeError:  # `penstock build | head`: nothing is left to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True
