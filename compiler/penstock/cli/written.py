"""Files that are written as a whole or not at all: a full disk takes nothing from the user."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from penstock.files import real_path


def replace(path: str, data: bytes) -> None:
    """Replace a file, or the one that a symlink leads to, at once. A file that is new gets the usual mode. What is no
    file, such as a device, is written to.
    """
    path = real_path(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    with _temporary(path, _mode(path)) as temporary:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def make(path: str, data: bytes) -> None:
    """Make a new file, never through a link in its place. Raises FileExistsError where there is something already."""
    with open(path, "xb") as file:
        try:
            file.write(data)
            file.flush()
        except OSError:
            os.unlink(path)
            raise


def _mode(path: str) -> int:
    """Return the mode of a file, or the one that a new file gets."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path).st_mode & 0o7777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def _temporary(path: str, mode: int) -> Iterator[str]:
    """Create a file beside another one, under a name that nobody can know before. It is removed unless it is
    renamed.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=".penstock-", dir=os.path.dirname(path))
    os.close(descriptor)
    try:
        os.chmod(temporary, mode)
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
