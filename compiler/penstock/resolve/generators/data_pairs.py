"""The keys and values of a ConfigMap or Secret generator, from `envs`, `literals` and `files`, and where each is
written.
"""

import posixpath
from collections.abc import Iterator

from penstock.model import Origin
from penstock.records import NamedTuple
from penstock.resolve.level import Level
from penstock.typed import Any
from penstock.withheld import GIT_CRYPT, UNLOCK, UNREADABLE
from penstock.words import CHOOSE

_BOM = b"\xef\xbb\xbf"

_LONGEST_LINE = 65_535
"""The bytes that a line of an env file may have. Kustomize reads lines with the `bufio.Scanner` of Go, which ends at a
longer one, and does not ask why it ended.
"""

_VALUES_OF_A_PAIR = 50
"""The values that one pair counts as: an env file has a pair in three bytes. The API server takes no object of more
than 1 MiB, which has far fewer than the pairs that the bound allows.
"""


class Pair(NamedTuple):
    key: str
    value: bytes
    origin: Origin


def pairs_of(level: Level, arguments: dict[str, Any], where: Origin) -> dict[str, Pair]:
    """Return the pairs by key, and report duplicate keys and unusable sources."""
    pairs: dict[str, Pair] = {}
    for pair in _all_pairs(level, arguments, where):
        level.spend("values", _VALUES_OF_A_PAIR, pair.origin)
        first = pairs.setdefault(pair.key, pair)
        if first is not pair:
            notes = ((first.origin, "first here"),)
            message = f"the key {pair.key!r} of {arguments.get('name')} comes twice"
            hint = "remove one of the two, or give it another key"
            level.report("PS221", message, pair.origin, notes=notes, hint=hint)
    return pairs


def _all_pairs(level: Level, arguments: dict[str, Any], where: Origin) -> Iterator[Pair]:
    names = [(name, where.below("envs", i)) for i, name in enumerate(arguments.get("envs", ()))]
    if arguments.get("env"):
        names.append((arguments["env"], where.below("env")))
    for name, at in names:
        yield from _from_env_file(level, name, at)
    for i, literal in enumerate(arguments.get("literals", ())):
        yield from _from_literal(level, literal, where.below("literals", i))
    for i, source in enumerate(arguments.get("files", ())):
        yield from _from_file(level, source, where.below("files", i))


def _from_literal(level: Level, literal: str, where: Origin) -> Iterator[Pair]:
    key, equals, value = literal.partition("=")
    if not key or not equals:
        hint = "write the key, `=` and the value; behind `=` there may be nothing"
        level.report("PS222", "a literal must be KEY=VALUE", where, hint=hint)  # the text may be a secret: not shown
        return
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    yield Pair(key, value.encode(errors="surrogatepass"), where)


def _from_file(level: Level, source: str, where: Origin) -> Iterator[Pair]:
    key, equals, name = source.partition("=")
    if not equals:
        key, name = posixpath.basename(source.rstrip("/")) or ".", source
    if not key or not name or "=" in name:
        hint = "write a path alone, or a key, one `=` and a path"
        level.report(
            "PS222", "a file must be PATH or KEY=PATH", where, hint=hint
        )  # the text may be a secret: not shown
        return
    data = level.bytes_of(name, where)
    if data is not None:
        level.spend("output", len(data), where)
        yield Pair(key, data, Origin(level.path(name)))


def _from_env_file(level: Level, name: str, where: Origin) -> Iterator[Pair]:
    """Yield one pair for each line KEY=VALUE of an env file.

    Blank lines and lines that start with # are skipped; values are not unquoted, and not trimmed at the end.
    """
    data = level.bytes_of(name, where)
    if data is None:
        return
    level.spend("output", len(data), where)
    if data.startswith(GIT_CRYPT):
        notes = ((where, "used here"),)
        level.report("PS222", f"not UTF-8: {UNREADABLE}", Origin(level.path(name)), notes=notes, hint=UNLOCK)
        return
    for number, line in enumerate(data.split(b"\n")):
        at = Origin(level.path(name), number)
        if len(line) > _LONGEST_LINE:
            _report_long_line(level, name, number, where)
            return
        line = line.removesuffix(b"\r")
        try:
            line.decode()
        except UnicodeDecodeError:
            hint = "save the file as UTF-8, or name it under `files`, which takes any bytes"
            message = f"line {number + 1} of {name} is not UTF-8"
            level.report("PS222", message, at, notes=((where, "used here"),), hint=hint)
            return
        # Kustomize trims the start of a line, and only there: spaces at the end belong to the value.
        line = _without_leading_space(line.removeprefix(_BOM) if number == 0 else line)
        if not line or line.startswith(b"#"):
            continue
        key, _, value = line.partition(b"=")
        if not key:
            message = f"line {number + 1} of {name} has no key, and Kustomize drops it"
            is_conflict = line == b"======="
            hint = (
                f"in a merge conflict, {CHOOSE}" if is_conflict else "write a key in front of `=`, or remove the line"
            )
            level.report("PS222", message, at, severity="warning", notes=((where, "used here"),), hint=hint)
            continue
        yield Pair(key.decode(), value, at)


def _report_long_line(level: Level, name: str, number: int, where: Origin) -> None:
    lost = "Kustomize drops it and all lines behind it"
    level.report(
        "PS222",
        f"line {number + 1} of {name} has more than {_LONGEST_LINE:,} bytes: {lost}",
        Origin(level.path(name), number),
        severity="warning",
        notes=((where, "used here"),),
        hint="put a long value into a file of its own, and name that under `files`",
    )


def _without_leading_space(line: bytes) -> bytes:
    return line.decode().lstrip().encode()
