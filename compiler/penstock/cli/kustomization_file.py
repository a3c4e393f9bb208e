"""The kustomization file of the current directory, as `edit` and `create` find, read and write it."""

import os
from collections.abc import Mapping

from penstock.cli.streams import SOURCES, WORLD, Streams
from penstock.cli.written import replace
from penstock.edit.rewrite import rewrite
from penstock.edit.wildcards import has_wildcard, is_match
from penstock.files import REPOSITORY, Disk, blob_id
from penstock.model import Diagnostic, Refusal, Tree, Unreadable
from penstock.parse.document import CONFIG, load
from penstock.parse.kustomization import check_fields
from penstock.parse.locate import Locator
from penstock.parse.project import FILE_NAMES
from penstock.records import NamedTuple
from penstock.report.text import text as findings_text
from penstock.resolve.build import is_remote
from penstock.sources import Files


class KustomizationFile(NamedTuple):
    """A kustomization file. `name` is its name in the current directory, and `fields` are those of its first
    document.
    """

    files: Disk
    name: str
    text: str
    fields: Tree


def find(directory: str) -> list[str]:
    """Return the kustomization files of a directory."""
    return [name for name in FILE_NAMES if os.path.lexists(os.path.join(directory, name))]


def open_kustomization(streams: Streams) -> KustomizationFile:
    """Open the kustomization file of the current directory. Raises `Refusal` if there is none, more than one, or one
    with errors, which are printed first.
    """
    names = find(streams.cwd)
    if len(names) != 1:
        problem = f"more than one kustomization file: {', '.join(names)}" if names else "no kustomization.yaml"
        raise Refusal(f"this directory has {problem}")
    files, name = Disk(streams.cwd, REPOSITORY), names[0]
    if files.real(name).startswith(("../", "/")):
        raise Refusal(f"{name} is a symbolic link that leads out of this directory; it is not edited from here")
    text = _read(files, name)
    fields, findings = read_fields(text, name)
    if findings:
        streams.err.write(findings_text(findings, Locator(files.read).place))
        raise Refusal(f"{name} must be mended before it can be edited", SOURCES)
    return KustomizationFile(files, name, text, fields)


def read_fields(text: str, name: str) -> tuple[Tree, list[Diagnostic]]:
    """Return the fields of the first document, and the errors. A file without fields is no error here."""
    documents, findings = load(text.encode(), name, CONFIG)
    fields, more = check_fields(documents[0].body, documents[0].origin) if documents else ({}, [])
    errors = [f for f in (*findings, *more) if f.severity == "error" and f.code != "PS112"]
    return fields, errors


def edited_text(file: KustomizationFile, wanted: Tree) -> str:
    """Return the text of the file with these fields and as few changes as possible."""

    def read(text: str) -> Tree | None:
        fields, errors = read_fields(text, file.name)
        return None if errors else fields

    return rewrite(file.text, wanted, read)


def save(file: KustomizationFile, text: str) -> bool:
    """Write a new text atomically. Return False, without touching the file, if nothing has changed."""
    if text == file.text:
        return False
    path = os.path.join(file.files.root, file.files.real(file.name))
    try:
        replace(path, text.encode())
    except OSError as error:
        raise Refusal(f"cannot write {file.name}: {error.strerror}", WORLD) from None
    return True


def _read(files: Disk, name: str) -> str:
    try:
        data = files.read(name)
    except Unreadable as reason:
        raise Refusal(f"{name} {reason}", SOURCES) from None
    if data is None:
        raise Refusal(f"{name} is not a file")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refusal(f"{name} is not UTF-8", SOURCES) from None


class Overlaid:
    """Files of which some have other texts than on the disk: the view of a build if these texts were written."""

    def __init__(self, files: Files, texts: Mapping[str, str]) -> None:
        self.real = files.real
        self.is_dir = files.is_dir
        self.walk = files.walk
        self.links = files.links
        self.unlisted = files.unlisted
        self._files = files
        self._texts = {path: text.encode() for path, text in texts.items()}

    def read(self, path: str) -> bytes | None:
        overlaid = self._texts.get(os.path.normpath(path))
        return self._files.read(path) if overlaid is None else overlaid

    def blob(self, path: str) -> str | None:
        overlaid = self._texts.get(os.path.normpath(path))
        return self._files.blob(path) if overlaid is None else blob_id(overlaid)


def expanded(directory: str, pattern: str) -> list[str]:
    """Return the paths below a directory that match a pattern, sorted. Paths with a leading dot match only if the
    pattern has one.
    """
    found = _matches(directory, pattern)
    if os.path.basename(pattern).startswith("."):
        return found
    return [path for path in found if not os.path.basename(path).startswith(".")]


def existing(directory: str, patterns: list[str]) -> list[str]:
    """Return the paths that match the patterns. Remote ones are taken as they are. Raises `Refusal` for a pattern
    without a match.
    """
    paths = []
    for pattern in patterns:
        found = expanded(directory, pattern)
        if not found and not is_remote(pattern):
            raise Refusal(f"{pattern} has no match")
        paths += found or [pattern]
    return paths


def _matches(directory: str, pattern: str) -> list[str]:
    if not has_wildcard(pattern):
        return [pattern] if os.path.lexists(os.path.join(directory, pattern)) else []
    folder, name = os.path.split(pattern)
    if folder == pattern:
        return []
    folders = _matches(directory, folder) if has_wildcard(folder) else [folder]
    return [
        os.path.normpath(os.path.join(folder, entry))
        for folder in folders
        for entry in _listed(os.path.join(directory, folder))
        if is_match(name, entry)
    ]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
