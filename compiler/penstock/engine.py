"""Which engine makes results: Penstock, Python, and the parts that are installed and replaced independently.

Results are kept for the very same engine alone. It is known by its content and not by when it was installed: a job of
CI installs it anew each time, and uses what an earlier job has kept. Asked for by each run that keeps results, so it
imports next to nothing.
"""

import os
import sys
from collections.abc import Iterable, Iterator

from penstock import __version__
from penstock.digests import digest

PARTS = ("google_re2-", "gojsonnet-", "pyyaml-", "rjsonnet-")
"""The beginnings of the folders in which `pip` describes the parts on which results depend besides Penstock."""

_ENGINES: dict[str, str] = {}
"""The results of `engine` in this process."""


def engine() -> str:
    """Return an identifier of the engine."""
    here = os.path.dirname(__file__)
    if here not in _ENGINES:
        _ENGINES[here] = " ".join((_content(here), here, sys.version, *_parts(sys.path)))
    return _ENGINES[here]


def _content(here: str) -> str:
    """Return a digest of Penstock. For an installation other than that of a wheel, such as a checkout, the state of its
    files has to suffice.
    """
    record = _record(os.path.dirname(here), f"penstock_gitops-{__version__}.dist-info")
    return record or digest("\n".join(sorted(_states(here))).encode(errors="surrogateescape"))


def _parts(folders: Iterable[str]) -> list[str]:
    """Return a digest of each part that lies in folders with modules, or its state where nothing says what was
    installed.
    """
    found = [(folder, name) for folder in folders for name in _names(folder) if name.lower().startswith(PARTS)]
    parts = [_record(folder, name) or f"{name} {state_of(os.path.join(folder, name))}" for folder, name in found]
    has_parser = any(name.lower().startswith("pyyaml-") for _, name in found)
    return parts if has_parser else [*parts, _state_of_parser()]


def _names(folder: str) -> list[str]:
    """Return the names in a folder in order; none of one that is not there."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _state_of_parser() -> str:
    """Return the state of the YAML parser where no installer has described it, without loading it."""
    from importlib.machinery import PathFinder  # slow to import, and seldom needed

    package = PathFinder.find_spec("yaml")
    binding = PathFinder.find_spec("yaml._yaml", package.submodule_search_locations) if package else None
    return state_of(str(binding.origin)) if binding else "-"


def _record(folder: str, name: str) -> str:
    """Return a digest of the RECORD of a distribution, in which `pip` lists the digest of each file that it has
    installed; empty if there is none.
    """
    try:
        with open(os.path.join(folder, name, "RECORD"), "rb") as file:
            return digest(file.read())
    except OSError:
        return ""


def state_of(path: str) -> str:
    """Return the size and time of a file, which change when it is replaced."""
    try:
        status = os.stat(path)
    except OSError:
        return "-"
    return f"{status.st_size}/{status.st_mtime_ns}"


def _states(folder: str) -> Iterator[str]:
    """Yield the path, size and time of each module, and of the schemas, which lie beside the sources in a checkout."""
    schemas = os.path.join(folder, "..", "..", "schemas")
    waiting = [folder, schemas] if os.path.isdir(schemas) else [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".pack")):
                    status = entry.stat()
                    yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
                elif entry.name != "__pycache__" and entry.is_dir():
                    waiting.append(entry.path)
