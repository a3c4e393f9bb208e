"""A difference as a patch of rendered files, as `git apply` takes it on a rendered branch."""

from collections.abc import Iterable, Mapping
from difflib import unified_diff

Files = Mapping[str, bytes]


def diff_patch(before: Files, after: Files) -> str:
    """Return the patch from some files to others, by path. Each file is text that ends with a line break, or has none
    at all.
    """
    paths = sorted(before.keys() | after.keys())
    return "".join(
        _file(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)
    )


def _file(path: str, before: bytes | None, after: bytes | None) -> str:
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = f"diff --git {old} {new}\n"
    if before is None:
        head += "new file mode 100644\n"
    if after is None:
        head += "deleted file mode 100644\n"
    head += f"--- {'/dev/null' if before is None else old}\n+++ {'/dev/null' if after is None else new}\n"
    return head + "".join(_lines(_text(before), _text(after)))


def _text(data: bytes | None) -> list[str]:
    """Return the lines with their ends. Only a line feed ends a line."""
    text = (data or b"").decode("utf-8", "surrogateescape")
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([rest] if (rest := text.rpartition("\n")[2]) else [])


def _lines(before: list[str], after: list[str]) -> Iterable[str]:
    for line in [*unified_diff(before, after)][2:]:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(path: str) -> str:
    """Return a path as git writes it: in quotes if it has odd characters."""
    if path.isprintable() and path.isascii() and not set(path) & {'"', "\\", " "}:
        return path
    escaped = "".join(_escaped(byte) for byte in path.encode("utf-8", "surrogateescape"))
    return f'"{escaped}"'


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return f"\\{character}"
    return character if 32 <= byte < 127 else f"\\{byte:03o}"
