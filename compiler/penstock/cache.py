"""Results of earlier builds, kept in the user's cache folder and used only where every input is proven to be the same.

An entry holds the closure of a build: what was read (with a digest of its bytes), and what was looked for and not
found. It is used when all of that still holds. Anything else about an entry (broken, foreign, of another version)
makes it a miss. Imports little: a hit should cost no more than starting Python.
"""

import os
from collections.abc import Iterable, Mapping

from penstock import __version__
from penstock.errors import Unreadable
from penstock.files import Disk

try:
    from _blake2 import blake2b  # what hashlib has, without the 4 ms for OpenSSL
except ImportError:
    from hashlib import blake2b

Observation = tuple[str, str]
"""How a path was looked at (`read`, `real` or `is_dir`), and the path."""

Looks = dict[Observation, str]
"""What a look at each path gives."""

MAX_BYTES = 256 * 1024 * 1024
"""How large the folder may grow before the oldest entries go."""

PLAIN = "False legacy False False"
"""The flags of a `penstock build DIR` without options."""

_MAGIC = b"penstock cache 1\n"
_HEAD = len(_MAGIC) + 41
"""Bytes before the content: what this is, and a digest of the content."""


def digest(data: bytes) -> str:
    return str(blake2b(data, digest_size=20).hexdigest())


def folder(environ: Mapping[str, str]) -> str:
    """The user's cache folder for builds; empty where there is none."""
    base = environ.get("XDG_CACHE_HOME") or (os.path.join(environ["HOME"], ".cache") if environ.get("HOME") else "")
    return os.path.join(base, "penstock", "build") if os.path.isabs(base) else ""


def key(root: str, target: str, flags: str) -> str:
    """The name of an entry: what is built, how, and by which engine."""
    return digest("\0".join((_engine(), root, target, flags)).encode(errors="surrogateescape"))


def observe(files: Disk, kind: str, path: str) -> str:
    """What a look at a path gives, as text. Raises Unreadable."""
    if kind == "read":
        data = files.read(path)
        return "-" if data is None else digest(data)
    if kind == "real":
        return files.real(path)
    return "yes" if files.is_dir(path) else "no"


def load(directory: str, name: str, files: Disk, looks: Looks) -> tuple[str, str] | None:
    """(stderr, stdout) of an earlier build whose inputs are all the same; else None.

    `looks` is what this run has found already, and gets what it finds now: each file is read once.
    """
    content = load_entry(directory, name)
    try:
        return _checked(content, files, looks) if content is not None else None
    except (ValueError, Unreadable):
        return None


def store(directory: str, name: str, seen: Mapping[Observation, str], err: str, out: str) -> None:
    """Keep a result, with everything that was looked at for it."""
    lines = [f"{kind} {value}\0{path}" for (kind, path), value in seen.items()]
    if not any("\n" in line for line in lines):
        head = "\n".join((f"{len(lines)} {len(err.encode())}", *lines, ""))
        store_entry(directory, name, (head + err + out).encode(errors="surrogateescape"))


def load_entry(directory: str, name: str) -> bytes | None:
    """The content of an entry that is ours and whole; else None."""
    try:
        with open(_path(directory, name), "rb") as file:
            entry = file.read() if os.fstat(file.fileno()).st_uid == os.geteuid() else b""
    except OSError:
        return None
    content = entry[_HEAD:]
    return content if entry[:_HEAD] == _MAGIC + digest(content).encode() + b"\n" else None


def store_entry(directory: str, name: str, content: bytes) -> None:
    """Write an entry in one step. A folder that cannot be written is no error: the next build does the work again."""
    path = _path(directory, name)
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_MAGIC + digest(content).encode() + b"\n" + content)
        os.replace(temporary, path)
        if name.startswith("0"):  # now and then is enough
            _make_room(directory)
    except OSError:
        return


def _checked(content: bytes, files: Disk, looks: Looks) -> tuple[str, str] | None:
    counts, _, rest = content.partition(b"\n")
    lines, err_size = map(int, counts.split(b" "))
    for _ in range(lines):
        line, _, rest = rest.partition(b"\n")
        kind, _, looked = line.decode(errors="surrogateescape").partition(" ")
        value, _, path = looked.partition("\0")
        look = (kind, path)
        if look not in looks:
            looks[look] = observe(files, kind, path)
        if looks[look] != value:
            return None
    return rest[:err_size].decode(), rest[err_size:].decode()


def _path(directory: str, name: str) -> str:
    return os.path.join(directory, name[:2], name[2:])


def _engine() -> str:
    """What made a result: the version, and for a checkout the state of its files."""
    here = os.path.dirname(__file__)
    if not os.path.exists(os.path.join(here, "..", "..", "pyproject.toml")):
        return __version__
    newest, count = 0, 0
    waiting = [here]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    newest, count = max(newest, entry.stat().st_mtime_ns), count + 1
                elif entry.is_dir() and entry.name != "__pycache__":
                    waiting.append(entry.path)
    return f"{__version__} {newest} {count}"


def _make_room(directory: str) -> None:
    """Remove the entries that were written longest ago until the folder is small enough."""
    entries: list[tuple[int, int, str]] = []
    for part in os.scandir(directory):
        if part.is_dir(follow_symlinks=False):
            entries += _entries(part.path)
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= MAX_BYTES:
            return
        os.unlink(path)
        total -= size


def _entries(directory: str) -> Iterable[tuple[int, int, str]]:
    for entry in os.scandir(directory):
        status = entry.stat(follow_symlinks=False)
        yield status.st_mtime_ns, status.st_size, entry.path
