"""What has to change on a rendered branch: pure, by content ids, before anything is written.

A branch says by a marker at its root that it is Penstock's, for which environment, and which targets lie on it. A file
in the directory of a target with the name and the content of an object is the target's. All else is foreign and stays.
"""

import json
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.emit.argocd import ATTRIBUTES, ATTRIBUTES_TEXT, METADATA, OF_ROOT, OF_TARGET
from penstock.emit.names import Files, place
from penstock.model import MARKER, Diagnostic, Layout, Pos, Refusal, ResourceId
from penstock.records import NamedTuple

SCHEMA = 1
"""The version of the marker, and of how files are named."""


class Entry(NamedTuple):
    """A file, symlink or submodule of a branch, or a directory that is not opened: mode (octal) and id."""

    mode: str
    id: str

    @property
    def is_file(self) -> bool:
        """Whether it is a file, whoever may read or run it."""
        return self.mode.startswith("100")


Entries = Mapping[str, Entry]
"""All that a branch holds, by path."""

REGULAR, TREE = "100644", "40000"


class Rendering(NamedTuple):
    """What a branch is to hold: the files of each target that was rendered, by the target's path.

    `known` are the paths of all targets that the sources have for it: what an unknown target left there is removed.
    """

    environment: str
    branch: str
    targets: Mapping[str, Files]
    known: frozenset[str]
    settled: Mapping[str, Sequence[tuple[ResourceId, str]]] = {}
    """The objects of targets that were not compiled again, by the target's path, with the id that each file is to have.
    """
    as_of: str = ""
    """A tree on which all settled targets lie as they are to; empty where none is known."""
    render: Callable[[str], Files] = dict  # type: ignore[assignment]
    """Compiles a settled target, by its path: for a branch that does not hold its files."""
    held: frozenset[str] = frozenset()
    """The paths of targets with errors. Others are written nevertheless; the files of these stay as they are."""
    folder: str = ""
    """The folder of the branch that holds all this; empty for its root. All paths are within it."""
    layout: Layout = "objects"
    active: str = ""
    """The branch that a proposed one is made from for the first time."""

    @property
    def is_whole(self) -> bool:
        """Whether all targets that the sources have for the branch are in it."""
        return self.known <= self.targets.keys() | self.settled.keys()


class Marker(NamedTuple):
    """What the file at the root of a branch says. `schema` is 0 where it cannot be read."""

    environment: str = ""
    targets: frozenset[str] = frozenset()
    schema: int = SCHEMA
    layout: Layout = "objects"


def read_marker(data: bytes) -> Marker:
    """The content of a marker; anybody may have written it."""
    try:
        content = json.loads(data)
        environment, targets, schema = content["environment"], frozenset(content["targets"]), content["schema"]
        if isinstance(environment, str) and all(isinstance(t, str) for t in targets) and isinstance(schema, int):
            return Marker(environment, targets, schema, "argocd" if content.get("layout") == "argocd" else "objects")
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return Marker(schema=0)


def targets_of(read: Callable[[str], bytes | None], branch: str, environment: str, folder: str = "") -> frozenset[str]:
    """The directories of the targets that were rendered to a branch, or to a folder of it, whose files `read` gives.

    Raises `Refusal` where it is not one that was rendered for the environment.
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
    """The same bytes for the same marker: a hydration that changes nothing must not change this."""
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
    """Refuse a branch that somebody else has made, or that is another environment's."""
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
    """Refuse environments whose branches differ by capitals alone, and those of one branch whose folders are not apart.

    Gives those that are left, and the findings.
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
    """What is wrong with an environment beside one of those before it; None where nothing is."""
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
    """Whether two folders are the same, or one lies in the other. The empty one is the root."""
    return any(not b or a == b or a.startswith(f"{b}/") for a, b in ((one, other), (other, one)))


def place_on(rendering: Rendering) -> str:
    """A branch with the folder that is written, as git names one."""
    return f"{rendering.branch}:{rendering.folder}" if rendering.folder else rendering.branch


def wanted_files(rendering: Rendering, marker: Marker | None) -> dict[str, bytes]:
    """All files that the rendering asks for, the marker among them. Targets that were not rendered now stay on it."""
    kept = marker.targets & rendering.known if marker else frozenset()
    targets = kept | rendering.targets.keys() | rendering.settled.keys()
    wanted = {MARKER: write_marker(Marker(rendering.environment, targets, layout=rendering.layout))}
    if rendering.layout == "argocd":
        wanted[ATTRIBUTES] = ATTRIBUTES_TEXT
    for files in rendering.targets.values():
        wanted |= files
    return wanted


def directories_of(rendering: Rendering, marker: Marker | None) -> frozenset[str]:
    """Where files may be what a target wrote: the directories of the targets that are rendered, and of gone ones."""
    gone = marker.targets - rendering.known if marker else frozenset()
    return gone | rendering.targets.keys()


def leftovers(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering, marker: Marker | None) -> list[str]:
    """Files that may be what a target wrote before and does not write any more; their content decides (`is_from`)."""
    directories = directories_of(rendering, marker)
    return [
        path
        for path, entry in entries.items()
        if path not in wanted and path[-5:] == ".yaml" and entry.is_file and directory_of(path) in directories
    ]


def other_leftovers(entries: Entries, wanted: Files, rendering: Rendering, marker: Marker | None) -> set[str]:
    """What the layout of Argo CD has left where targets are gone, or where that is the layout no more."""
    if marker is None or marker.layout != "argocd":
        return set()
    folders = directories_of(rendering, marker)
    if rendering.layout == "argocd":
        folders -= rendering.targets.keys()
    paths = {name if folder == "." else f"{folder}/{name}" for folder in folders for name in OF_TARGET}
    paths = paths - set(OF_ROOT) if rendering.layout == "argocd" else paths | set(OF_ROOT)
    return {path for path in paths if path not in wanted and path in entries and entries[path].is_file}


def directory_of(path: str) -> str:
    """The directory of a file as `Target.path` has it."""
    return posixpath.dirname(path) or "."


def changed_files(entries: Entries, wanted: Mapping[str, bytes], algorithm: str) -> dict[str, bytes]:
    """The wanted files that the branch does not have, or not with this content."""
    return {
        path: data for path, data in wanted.items() if entries.get(path) != Entry(REGULAR, blob_id(data, algorithm))
    }


def check_in_the_way(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering) -> list[Diagnostic]:
    """Refuse where a file stands where a directory must be, or the other way round. `entries` are those that stay."""
    closed = {path for path, entry in entries.items() if entry.mode == TREE}
    added = [path for path in wanted if path not in entries or path in closed]
    if not added:
        return []
    files = (entries.keys() - closed) | wanted.keys()
    parents = {posixpath.dirname(path) for path in files | closed}
    directories = {ancestor for each in parents for ancestor in _ancestors(each)} | closed
    for path in added:
        between = next((each for each in _ancestors(posixpath.dirname(path)) if each in files), "")
        if between or path in directories:
            message = f"on the branch {rendering.branch}, {between or path} would be a file and a directory"
            return [Diagnostic("PS506", "error", message, place_of(rendering))]
    return []


def check_held(entries: Entries, wanted: Mapping[str, bytes], rendering: Rendering) -> list[Diagnostic]:
    """Refuse an object that would lie on the branch twice: anew, and in what a target that is held back has left."""
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
    """How many files of each target that is held back stay on the branch."""
    folders = [directory_of(path) for path in entries if path.endswith(".yaml")]
    return {folder: folders.count(folder) for folder in sorted(rendering.held)}


def _ancestors(directory: str) -> Iterable[str]:
    """The directory itself, the one that it is in, and so on up to the root, which is not among them."""
    while directory:
        yield directory
        directory = posixpath.dirname(directory)


def place_of(rendering: Rendering) -> Pos:
    """Where a finding about the branch is reported: it has no line in the sources."""
    return Pos(min((*rendering.targets, *rendering.settled)))


def with_contents(rendering: Rendering, entries: Entries) -> Rendering:
    """A rendering with the files of those settled targets that do not lie on a branch as they are to.

    `entries` are those of the branch, with the directories of the settled targets open.
    """
    if rendering.layout == "argocd":  # of which no target knows the id of its manifest
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
    """The id of a file's content. `algorithm` is `sha1` or `sha256`."""
    return _object_id(b"blob", data, algorithm)


def tree_id(entries: Entries, algorithm: str) -> str:
    """The id of the root tree that has these entries, by way of those of all directories, the deepest first."""
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
    """Git sorts names as bytes, a directory's as if it ended in a slash."""
    ordered = sorted((name + b"/" * (entry.mode == TREE), name, entry) for name, entry in entries.items())
    lines = [b"%s %s\0%s" % (entry.mode.encode(), name, bytes.fromhex(entry.id)) for _, name, entry in ordered]
    return _object_id(b"tree", b"".join(lines), algorithm)


def _object_id(kind: bytes, data: bytes, algorithm: str) -> str:
    from hashlib import new  # takes long to import, and is not needed where nothing changes

    return new(algorithm, b"%s %d\0" % (kind, len(data)) + data, usedforsecurity=False).hexdigest()
