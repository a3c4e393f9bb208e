"""Packed charts (`.tgz`): their files are read in memory, within bounds. Links, devices and names that lead out of the
chart are refused.

The tar format is parsed here rather than by Python's `tarfile`, which unpacks to disk and follows links within an
archive: a chart needs regular files only.
"""

import zlib
from collections.abc import Iterator

from penstock.charts.bounds import Room
from penstock.charts.chart import File, Refused
from penstock.model import Pos
from penstock.records import NamedTuple
from penstock.regex import regex

BLOCK = 512
MOST_STREAMS = 1_000
"""The most gzip streams that one archive may consist of. Programs that pack charts write one."""

BOM = b"\xef\xbb\xbf"
_DRIVE = regex(r"[a-zA-Z]:/")

_FILES = (b"0", b"\0", b"7")
_DIRECTORY, _LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"5", b"L", b"K", b"x", b"g"

POINTER = b"version https://git-lfs.github.com/spec/"
"""The beginning of a file that stands for one that Git LFS keeps elsewhere."""


class Entry(NamedTuple):
    """One entry of the archive: `name` and `kind` from its header, and the `data` that follows it."""

    name: str
    kind: bytes
    data: bytes


def files_of(data: bytes, path: str, room: Room, is_chart: bool = True) -> list[File]:
    """Return the files of a packed chart by their names in the chart, in the order of the archive.

    If the archive is not a chart (`is_chart`), the names are those in the archive. Raises `Refused`.
    """
    if data[:3] != b"\x1f\x8b\x08":
        hint = "`git lfs pull` fetches what this stands for" if data.startswith(POINTER) else ""
        raise Refused("PS701", "this does not appear to be a gzipped archive", Pos(path), hint)
    files = []
    for entry in _entries(_unpacked(data, path, room), path):
        if entry.kind == _DIRECTORY or entry.kind == _PAX_GLOBAL:
            continue
        if entry.kind not in _FILES:
            message = f"{entry.name!r} is no regular file: a packed chart has no links and devices"
            raise Refused("PS701", message, Pos(path), "pack the chart anew with `helm package`")
        name = _name_in_chart(entry.name if is_chart else f"top/{entry.name.removeprefix('/')}", path)
        room.take(1, 0, path)
        files.append(File(name, f"{path}/{name}", entry.data.removeprefix(BOM)))
    if not files:
        raise Refused("PS701", "no files in chart archive", Pos(path))
    return files


def _unpacked(data: bytes, path: str, room: Room) -> bytes:
    """Decompress gzip data. A stream that would exceed the bytes left in `room` is not read to its end."""
    parts: list[bytes] = []
    try:
        while data:
            if len(parts) >= MOST_STREAMS:  # each copies all that follows it
                raise Refused("PS702", f"this archive has more than {MOST_STREAMS:,} streams of gzip", Pos(path))
            stream = zlib.decompressobj(31)
            part = stream.decompress(data, room.bytes_left + 1)
            room.take(0, len(part), path)
            parts.append(part)
            if not stream.eof:
                break
            data = stream.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise Refused("PS701", f"this archive is damaged: {error}", Pos(path)) from None
    if data and not stream.eof:
        raise Refused("PS701", "this archive is cut short: unexpected EOF", Pos(path))
    return b"".join(parts)


def _entries(tar: bytes, path: str) -> Iterator[Entry]:
    """Yield the entries of a tar archive, with the long names that PAX and GNU headers give them."""
    position, given = 0, ""
    while position + BLOCK <= len(tar):
        header = tar[position : position + BLOCK]
        if not any(header):
            return
        size = _number(header[124:136], path)
        start, end = position + BLOCK, position + BLOCK + size
        if end > len(tar):
            raise Refused("PS701", "this archive is cut short: unexpected EOF", Pos(path))
        kind, data = header[156:157], tar[start:end]
        position = end + -size % BLOCK
        if kind == _LONG_NAME:
            given = data.rstrip(b"\0").decode(errors="replace")
        elif kind == _PAX:
            given = _pax_path(data) or given
        elif kind != _LONG_LINK:
            yield Entry(given or _plain_name(header), kind, data)
            given = ""


def _number(field: bytes, path: str) -> int:
    """Parse a number of a header: octal, or binary if it is large. Raises `Refused`."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise Refused("PS701", "this archive is damaged: archive/tar: invalid tar header", Pos(path)) from None


def _plain_name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:262] == b"ustar" and header[263:265] == b"00" else b""
    return (prefix + b"/" + name if prefix else name).decode(errors="replace")


def _pax_path(data: bytes) -> str:
    """Return the `path` of a PAX header, whose records are `LENGTH KEY=VALUE` lines, or the empty string if it has
    none.
    """
    while data:
        length, _, rest = data.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(data):
            return ""
        record = rest[: int(length) - len(length) - 2]
        if record.startswith(b"path="):
            return record[5:].decode(errors="replace")
        data = data[int(length) :]
    return ""


def _name_in_chart(written: str, path: str) -> str:
    """Return a name without the directory that contains all files of a packed chart. Raises `Refused` if it leads out
    of that directory.
    """
    parts = written.split("\\" if "\\" in written else "/")
    name = "/".join(parts[1:])
    if name.startswith("/"):
        raise Refused("PS701", f"chart illegally contains absolute paths: {written!r}", Pos(path))
    if parts[0] == "Chart.yaml":
        raise Refused("PS701", "chart yaml not in base directory", Pos(path))
    name = _clean(name)
    if name == ".":
        message = f"chart illegally contains content outside the base directory: {written!r}"
        raise Refused("PS701", message, Pos(path))
    if name.startswith(".."):
        raise Refused("PS701", f"chart illegally references parent directory: {written!r}", Pos(path))
    if _DRIVE.match(name) or "\0" in name:
        raise Refused("PS701", f"chart contains illegally named files: {written!r}", Pos(path))
    return name


def _clean(name: str) -> str:
    """Return a relative path as Go's `path.Clean` normalizes it."""
    kept: list[str] = []
    for part in name.split("/"):
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    return "/".join(kept) or "."
