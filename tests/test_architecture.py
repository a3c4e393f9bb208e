"""The map of ARCHITECTURE.md is that of the tree: what it names is there, and it names every part of the package."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "compiler" / "penstock"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

NAME = re.compile(r"[\w/]+(?:\.py|/)")
"""A file or folder of the map."""

DESCRIPTION = 22
"""The column before which no line of the map begins to describe what it names."""

PATH = re.compile(r"`([\w.]+(?:/[\w.{},]+)+/?|\w+\.py)`")
"""A path, or the name of a module, in the running text."""

ENTRY = "__init__.py", "__main__.py", "py.typed", "__pycache__"
"""What every package has."""


def mapped() -> Iterator[Path]:
    """The files and folders that the map names; the indentation of a line says which folder they are in."""
    folders: list[tuple[int, Path]] = [(-1, ROOT)]
    for line in TEXT.split("## The map\n```\n")[1].split("\n```")[0].splitlines():
        names = list(names_of(line))
        if not names:
            continue
        depth = len(line) - len(line.lstrip())
        while folders[-1][0] >= depth:
            folders.pop()
        above = folders[-1][1]
        yield from (above / name for name in names)
        folders.append((depth, above / names[0]))


def names_of(line: str) -> Iterator[str]:
    """The files and folders that a line of the map begins with: those before the description."""
    for word in re.finditer(r"\S+", line):
        describes = word.start() >= DESCRIPTION and line[: word.start()].endswith("  ")
        if describes or not NAME.fullmatch(word[0]):
            return
        yield word[0]


def test_what_the_map_names_is_there() -> None:
    assert [str(path.relative_to(ROOT)) for path in mapped() if not path.exists()] == []


def test_the_map_names_every_part_of_the_package() -> None:
    named = {
        path.relative_to(PACKAGE).parts[0] for path in mapped() if path != PACKAGE and path.is_relative_to(PACKAGE)
    }
    assert {path.name for path in PACKAGE.iterdir()} - named - set(ENTRY) == set()


def test_what_the_text_names_is_there() -> None:
    """`NAME.py` stands for a new module, and `{a,b}` for several."""
    paths = {path for found in PATH.findall(TEXT) for path in several(found) if "NAME" not in path}
    assert sorted(path for path in paths if not is_there(path)) == []


def several(path: str) -> list[str]:
    before, brace, rest = path.partition("{")
    inside, _, after = rest.partition("}")
    return [f"{before}{each}{after}" for each in inside.split(",")] if brace else [path]


def is_there(path: str) -> bool:
    """Return whether there is a file or folder, in the repository or in the package, whose name may lack its suffix."""
    return any((above / name).exists() for above in (ROOT, PACKAGE) for name in (path, f"{path}.py"))
