"""The changes that a rendered branch needs, computed from content ids alone before anything is written.

A marker file at the root says that the branch belongs to Penstock, for which environment it is, and which targets it
holds. A file in the directory of a target belongs to the target if it has the name and the content of an object. All
other files are foreign and stay.
"""

import json
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.emit.argocd import ATTRIBUTES, ATTRIBUTES_TEXT, METADATA, OF_ROOT, OF_TARGET
from penstock.emit.names import Files, place
from penstock.model import MARKER, Diagnostic, Layout, Pos, Refusal, ResourceId
from penstock.records import NamedTuple

SCHEMA = 1
"""The version of the marker and of the naming of files."""


class Entry(NamedTuple):
    """A file, symlink or submodule of a branch, or a directory that is not opened, by its mode (octal) and id."""

    mode: str
    id: str

    @property
    def is_file(self) -> bool:
        """Whether the entry is a file, whatever its permissions."""
        return self.mode.startswith("100")


Entries = Mapping[str, Entry]
"""All entries of a branch, by path."""

REGULAR, TREE = "100644", "40000"


class Rendering(NamedTuple):
    """The content that a branch should have: the files of each rendered target, by the target's path.

    `known` are the paths of all targets that the sources have for the branch. Files that any other target left there
    are removed.
    """

    environment: str
    branch: str
    targets: Mapping[str, Files]
    known: frozenset[str]
    settled: Mapping[str, Sequence[tuple[ResourceId, str]]] = {}
    """The objects of targets that were not compiled again, by the target's path, each with the id that its file should
    have.
    """
    as_of: str = ""
    """A tree on which all settled targets are as they should be; empty if none is known."""
    render: Callable[[str], Files] = dict  # type: ignore[assignment]
    """Compiles a settled target by its path, for a branch that lacks its files."""
    held: frozenset[str] = frozenset()
    """The paths of targets with errors. Their files stay as they are; other targets are written nevertheless."""
    folder: str = ""
    """The folder of the branch that holds the rendering; empty for the root. All paths are relative to it."""
    layout: Layout = "objects"
    active: str = ""
    """The branch from which a proposed branch is created the first time."""

    @property
    def is_whole(self) -> bool:
        """Whether the rendering includes all targets that the sources have for the branch."""
        return self.known <= self.targets.keys() | self.settled.keys()


class Marker(NamedTuple):
    """The content of the file at the root of a branch. `schema` is 0 if the file cannot be read."""

    environment: str = ""
    targets: frozenset[str] = frozenset()
    schema: int = SCHEMA
    layout: Layout = "objects"


def read_marker(data: bytes) -> Marker:
    """Parse a marker. Its content is not trusted: anybody may have written it."""
    try:
        content = json.loads(data)
        environment, targets, schema = content["environment"], frozenset(content["targets"]), content["schema"]
        if isinstance(environment, str) and all(isinstance(t, str) for t in targets) and isinstance(schema, int):
            return Marker(environment, targets, schema, "argocd" if content.get("layout") == "argocd" else "objects")
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return Marker(schema=0)


def targets_of(read: Callable[[str], bytes | None], branch: str, environment: str, folder: str = "") -> frozenset[str]:
    """Return the directories of the targets that were rendered to a branch, or to a folder of the branch.

    `read` returns the content of a file of the branch. Raises `Refusal` if the branch or folder was not rendered for
    the environment.
    """
    data = read(posixpath.join(folder, MARKER))
    if data is None:
        where = f"in {folder}" if folder else "at its root"
        raise Refusal(f"{branch} is not a rendered branch: it has no file {MARKER} {where}")
    marker = read_marker(data)
    if not 0 < marker.schema <= SCHEMA:
        raise Refusal(f"the marker {MARKER} of {branch} is broken, or of a newer version of penstock")
    if marker.environment != environment:
        raise Refusal(f"{branch} is rendered for the environment {marker.environment!r}, not for {environment!r}")
    return frozenset(posixpath.normpath(posixpath.join(folder, target)) for target in marker.targets)


def write_marker(marker: Marker) -> bytes:
    """Return the bytes of a marker. They depend on the marker alone: a hydration without changes must not change the
    file.
    """
    content: dict[str, object] = {
        "about": "Rendered by Penstock. Files of the targets are replaced at each hydration; others are left alone.",
        "environment": marker.environment,
        "schema": marker.schema,
        "targets": sorted(marker.targets),
    }
    if marker.layout != "objects":
        content["layout"] = marker.layout
    return json.dumps(content, indent=2).encode() + b"\n"


def check_marker(marker: Marker | None, entries: Entries, rendering: Rendering) -> list[Diagnostic]:
    """Return an error for a branch that was not written by Penstock, or that belongs to another environment."""
    # Argo CD's own hydrator leaves no marker, and its branches may be taken over in its layout.
    if marker is None and (not entries or (rendering.layout == "argocd" and METADATA in entries)):
        return []
    if marker is None or not marker.schema:
        why = f"it holds files and no {MARKER} that says they are rendered"
    elif marker.schema > SCHEMA:
        why = "a later version of penstock has written it"
    elif marker.environment != rendering.environment:
        why = f"it is the branch of environment {marker.environment}"
    else:
        return []
    message = f"the branch {place_on(rendering)} is not overwritten: {why}"
    hint = "give the environment another branch, or delete that one"
    return [Diagnostic("PS505", "error", message, place_of(rendering), hint=hint)]


def check_names(renderings: Sequence[Rendering]) -> tuple[list[Rendering], list[Diagnostic]]:
    """Return the renderings that do not collide with another one, and errors for those that do.

    Two renderings collide if their branches differ by case alone, or if they share a branch and their folders overlap.
    """
    groups: dict[str, list[Rendering]] = {}
    for rendering in renderings:
        groups.setdefault(rendering.branch.casefold(), []).append(rendering)
    left: list[Rendering] = []
    findings: list[Diagnostic] = []
    for group in groups.values():
        wrong = [finding for other in group[1:] if (finding := _clash(group, other))]
        findings += wrong
        left += [] if wrong else group
    return left, findings


def _clash(group: Sequence[Rendering], other: Rendering) -> Diagnostic | None:
    """Return the error for an environment that collides with one of those before it in the group, or None."""
    before = group[: group.index(other)]
    for first in before:
        notes = ((place_of(first), f"{place_on(first)} comes from here"),)
        if first.branch != other.branch:
            message = f"the branches {other.branch} and {first.branch} differ by case alone; neither is written"
            hint = "rename one of the environments"
            return Diagnostic("PS511", "error", message, place_of(other), notes=notes, hint=hint)
        if _are_nested(first.folder.casefold(), other.folder.casefold()):
            message = (
                f"the environments {first.environment} and {other.environment} would be written into each other, to "
                f"{place_on(first)} and {place_on(other)}; neither is written"
            )
            hint = "give each a `folder` of its own in penstock.yaml, or another `branch`"
            return Diagnostic("PS515", "error", message, place_of(other), notes=notes, hint=hint)
    return None


def _are_nested(one: str, other: str) -> bool:
    """Return whether two folders are equal, or one contains the other. The empty folder is the root."""
    return any(not b or a == b or a.startswith(f"{b}/") for a, b in ((one, other), (other, one)))


def place_on(rendering: Rendering) -> str:
    """Return a branch, with the folder that is written, in git's notation."""
    return f"{rendering.branch}:{rendering.folder}" if rendering.folder else rendering.branch


def wanted_files(rendering: Rendering, marker: Marker | None) -> dict[str, bytes]:
    """Return all files of a rendering, including the marker. The marker keeps known targets that were not rendered
    now.
    """
    kept = marker.targets & rendering.known if marker else frozenset()
    targets = kept | rendering.targets.keys() | rendering.settled.keys()
    wanted = {MARKER: write_marker(Marker(rendering.environment, targets, layout=rendering.layout))}
    if rendering.layout == "argocd":
        wanted[ATTRIBUTES] = ATTRIBUTES_TEXT
    for files in rendering.targets.values():
        wanted |= files
    return wanted


def directories_of(rendering: Rendering, marker: Marker | None) -> frozenset[str]:
    """Return the directories whose files targets may have written: those of the rendered targets, and of targets that
    are gone.
    """
    gone = marker.targets - rendering.known if marker else frozenset()
    return gone | rendering.targets.keys()


def leftovers(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering, marker: Marker | None) -> list[str]:
    """Return files that a target may have written earlier and no longer writes. Their content decides (`is_from`)."""
    directories = directories_of(rendering, marker)
    return [
        path
        for path, entry in entries.items()
        if path not in wanted and path[-5:] == ".yaml" and entry.is_file and directory_of(path) in directories
    ]


def other_leftovers(entries: Entries, wanted: Files, rendering: Rendering, marker: Marker | None) -> set[str]:
    """Return stale files of Argo CD's layout: their target is gone, or the branch no longer has this layout."""
    if marker is None or marker.layout != "argocd":
        return set()
    folders = directories_of(rendering, marker)
    if rendering.layout == "argocd":
        folders -= rendering.targets.keys()
    paths = {name if folder == "." else f"{folder}/{name}" for folder in folders for name in OF_TARGET}
    # In this layout the files at the root are written for all targets together.
    paths = paths - set(OF_ROOT) if rendering.layout == "argocd" else paths | set(OF_ROOT)
    return {path for path in paths if path not in wanted and path in entries and entries[path].is_file}


def directory_of(path: str) -> str:
    """Return the directory of a file in the form of `Target.path`."""
    return posixpath.dirname(path) or "."


def changed_files(entries: Entries, wanted: Mapping[str, bytes], algorithm: str) -> dict[str, bytes]:
    """Return the wanted files that the branch lacks, or has with other content."""
    return {
        path: data for path, data in wanted.items() if entries.get(path) != Entry(REGULAR, blob_id(data, algorithm))
    }


def _directories_above(paths: Iterable[str]) -> set[str]:
    parents = {posixpath.dirname(path) for path in paths}
    return {ancestor for each in parents for ancestor in _ancestors(each)}


def check_in_the_way(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering) -> list[Diagnostic]:
    """Return an error if a path would be both a file and a directory. `entries` are the entries of the branch that
    stay.
    """
    closed = {path for path, entry in entries.items() if entry.mode == TREE}
    # Paths that are there already are in nobody's way, and most runs add none.
    added = [path for path in wanted if path not in entries or path in closed]
    if not added:
        return []
    files = (entries.keys() - closed) | wanted.keys()
    directories = _directories_above(files | closed) | closed
    for path in added:
        # Either a file stands where a directory is needed, or the other way round.
        between = next((each for each in _ancestors(posixpath.dirname(path)) if each in files), "")
        if between or path in directories:
            message = f"on the branch {rendering.branch}, {between or path} would be a file and a directory"
            return [Diagnostic("PS506", "error", message, place_of(rendering))]
    return []


def check_held(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering) -> list[Diagnostic]:
    """Return errors for objects that would lie on the branch twice: in a new file, and in one that a held-back target
    left.
    """
    left = {posixpath.basename(path): path for path in entries if directory_of(path) in rendering.held}
    findings = []
    for path in sorted(wanted):
        other = left.get(posixpath.basename(path))
        if other is not None:
            message = (
                f"the branch {rendering.branch} is left as it is: it holds {other}, of a target that is held back, and "
                f"the same object would come as {path}"
            )
            notes = ((Pos(directory_of(other)), "this target has errors, so its files stay"),)
            hint = "mend the errors of that target"
            findings.append(Diagnostic("PS523", "error", message, Pos(directory_of(path)), notes=notes, hint=hint))
    return findings


def held_files(entries: Entries, rendering: Rendering) -> dict[str, int]:
    """Return how many files of each held-back target stay on the branch."""
    folders = [directory_of(path) for path in entries if path.endswith(".yaml")]
    return {folder: folders.count(folder) for folder in sorted(rendering.held)}


def _ancestors(directory: str) -> Iterable[str]:
    """Yield the directory itself and its parents, from the innermost outwards, without the root."""
    while directory:
        yield directory
        directory = posixpath.dirname(directory)


def place_of(rendering: Rendering) -> Pos:
    """Return the position for findings about the branch as a whole, which has no line in the sources."""
    return Pos(min((*rendering.targets, *rendering.settled)))


def with_contents(rendering: Rendering, entries: Entries) -> Rendering:
    """Return a rendering in which every settled target is compiled whose files on the branch are not as they should be.

    `entries` are those of the branch, with the directories of the settled targets open.
    """
    if rendering.layout == "argocd":  # where no target knows the id of its manifest
        return rendering._replace(
            targets={**rendering.targets, **{folder: rendering.render(folder) for folder in rendering.settled}},
            settled={},
        )
    lying: dict[str, dict[str, Entry]] = {}
    for path, entry in entries.items():
        if path[-5:] == ".yaml":
            lying.setdefault(directory_of(path), {})[path] = entry
    targets = dict(rendering.targets)
    settled = {}
    for folder, objects in rendering.settled.items():
        if lying.get(folder, {}) == {place(folder, identity): Entry(REGULAR, blob) for identity, blob in objects}:
            settled[folder] = objects
        else:
            targets[folder] = rendering.render(folder)
    return rendering._replace(targets=targets, settled=settled)


# --- ids, as git works them out ---------------------------------------------------------------------------------------


def blob_id(data: bytes, algorithm: str) -> str:
    """Return the id of a file's content. `algorithm` is `sha1` or `sha256`."""
    return _object_id(b"blob", data, algorithm)


def tree_id(entries: Entries, algorithm: str) -> str:
    """Return the id of the root tree with these entries. The ids of all directories are computed first, the deepest
    ones before their parents.
    """
    directories: dict[str, dict[bytes, Entry]] = {"": {}}
    for path, entry in entries.items():
        directory, name = posixpath.split(path)
        if directory not in directories:
            directories |= {each: {} for each in _ancestors(directory) if each not in directories}
        directories[directory][_bytes(name)] = entry
    for directory in sorted(directories, key=lambda each: each.count("/"), reverse=True):
        if directory:
            parent, name = posixpath.split(directory)
            directories[parent][_bytes(name)] = Entry(TREE, _tree_id(directories[directory], algorithm))
    return _tree_id(directories[""], algorithm)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _tree_id(entries: Mapping[bytes, Entry], algorithm: str) -> str:
    """Return the id of one tree. Git sorts names as bytes, and the name of a directory as if it ended in a slash."""
    ordered = sorted((name + b"/" * (entry.mode == TREE), name, entry) for name, entry in entries.items())
    lines = [b"%s %s\0%s" % (entry.mode.encode(), name, bytes.fromhex(entry.id)) for _, name, entry in ordered]
    return _object_id(b"tree", b"".join(lines), algorithm)


def _object_id(kind: bytes, data: bytes, algorithm: str) -> str:
    from hashlib import new  # slow to import, and not needed if nothing changes

    return new(algorithm, b"%s %d\0" % (kind, len(data)) + data, usedforsecurity=False).hexdigest()
