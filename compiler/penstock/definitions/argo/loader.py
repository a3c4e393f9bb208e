"""Loading a directory of manifests as Argo CD does: which files are read, and which objects they contain.

It reads files that end in `.yaml`, `.yml`, `.json` and `.jsonnet`, and evaluates the last. Argo CD silently drops a
YAML file that it cannot parse, unless the file looks like a Kubernetes manifest; here there is a finding. (Argo CD 3.5,
reposerver/repository.)
"""

import json
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from penstock.definitions.argo.pattern import glob, matches
from penstock.definitions.reading import mapping, text
from penstock.expression import TooMuch
from penstock.kubernetes import identify
from penstock.model import Diagnostic, Document, Origin, Pos, Resource, Tree, Unreadable
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.sources import JsonnetRequest, JsonnetValue, Sources, leads_out
from penstock.words import WITHOUT_DIRECTORY, type_of

_MANIFEST = regex(r"(?s).*\.(yaml|yml|json|jsonnet)")
SKIP_MARK = b"+argocd:skip-file-rendering"
DROPPED = "Argo CD drops this file without a word, since it holds no manifest that can be read"

JSONNET = ".jsonnet"
"""The suffix of files that are evaluated. Other Jsonnet files are only imported."""

TWICE = "PS104"
"""The code for a key that stands twice: the last one counts, for Argo CD as for kubectl."""

MAX_WRONG = 10
"""Findings about the result of one file."""

MAX_BYTES = 10_000_000
"""Bytes of all YAML and JSON files of one directory, Argo CD's default limit."""


class Jsonnet(NamedTuple):
    """`spec.source.directory.jsonnet`. The paths of libraries are relative to the root of the repository."""

    variables: tuple[JsonnetValue, ...] = ()
    arguments: tuple[JsonnetValue, ...] = ()
    libraries: tuple[str, ...] = ()
    has_natives: bool = False
    """Whether `std.native` has functions, as where penstock.yaml names the directory; Argo CD has none."""


class Directory(NamedTuple):
    """`spec.source.directory`, or a single file. An empty pattern includes everything or excludes nothing.

    `any_name` is `disableExtensionFilter`: files of any name are read.
    """

    path: str
    recurse: bool = False
    include: str = ""
    exclude: str = ""
    max_bytes: int = MAX_BYTES
    where: Origin = Origin("")
    jsonnet: Jsonnet = Jsonnet()
    any_name: bool = False

    def looks_at(self, path: str) -> bool:
        """Return whether Argo CD looks at a file of the repository, and refuses it if it is a link that leads out."""
        name = self.name_of(path)
        if "/" in name and not self.recurse:
            return False
        return self.any_name or _MANIFEST.fullmatch(name) is not None

    def takes(self, path: str) -> bool:
        """Return whether a file that Argo CD looks at is read."""
        name = self.name_of(path)
        if self.exclude and matches(glob(self.exclude), name):
            return False
        return not self.include or matches(glob(self.include), name)

    def name_of(self, path: str) -> str:
        """Return the path of a file relative to the directory."""
        if path == self.path:
            return posixpath.basename(path)
        return path if self.path == "." else path.removeprefix(f"{self.path}/")


class Loaded(NamedTuple):
    """The objects of a directory or a file, in the order of the files, and findings about them."""

    objects: list[tuple[Tree, Origin]]
    findings: list[Diagnostic]


def scanned(project: Sources, directory: Directory, paths: Iterable[str]) -> Loaded:
    """Return the objects in the files of a directory, with lists not yet expanded. `paths` are all files below the
    directory.
    """
    found = Loaded([], [])
    try:
        files = list(_chosen(project, directory, paths, found.findings))
    except TooMuch:
        message = "`include` and `exclude` take too long to match"
        return Loaded([], [Diagnostic("PS633", "error", message, directory.where)])
    size = 0
    for path in files:
        data, finding = _content(project, path)
        found.findings.extend(finding)
        if data is None or SKIP_MARK in data:
            continue
        # Argo CD counts what it reads as manifests, and Jsonnet is not among it.
        size += 0 if path.endswith(JSONNET) else len(data)
        if size > directory.max_bytes:
            message = f"the manifests of {directory.path} exceed the max combined manifest size of Argo CD"
            message += f", {directory.max_bytes:,} bytes"
            found.findings.append(Diagnostic("PS633", "error", message, Pos(path)))
            break
        is_jsonnet = path.endswith(JSONNET)
        more = evaluated_file(project, path, directory) if is_jsonnet else scanned_file(project, path, data)
        found.objects.extend(more.objects)
        found.findings.extend(more.findings)
    return found


def _chosen(project: Sources, directory: Directory, paths: Iterable[str], findings: list[Diagnostic]) -> Iterator[str]:
    """Yield the files that are read, in order, and add findings about links that Argo CD refuses. It does so before it
    compares any name with `include` and `exclude`.
    """
    for path in sorted(filter(directory.looks_at, paths), key=_in_order):
        wrong = _wrong_link(project, path)
        findings += wrong
        if not wrong and directory.takes(path):
            yield path


def _in_order(path: str) -> list[str]:
    """Return a sort key by which the files of a directory are sorted together with its subdirectories, by name."""
    return path.split("/")


def _content(project: Sources, path: str) -> tuple[bytes | None, list[Diagnostic]]:
    """Return the bytes of a file and findings. The bytes are None for a dangling symlink, which Argo CD ignores, and
    after an error.
    """
    try:
        return project.text(path), []
    except Unreadable as reason:
        return None, [_unreadable(path, reason)]


def _wrong_link(project: Sources, path: str) -> list[Diagnostic]:
    """Return a finding about a link that leads out of the repository."""
    try:
        if not leads_out(path, project.real(path)):
            return []
    except Unreadable as reason:
        return [_unreadable(path, reason)]
    return [Diagnostic("PS633", "error", "this is an out of bounds symlink: Argo CD refuses it", Pos(path))]


def _unreadable(path: str, reason: Unreadable) -> Diagnostic:
    is_circular = "symbolic link" in str(reason)
    message = "this is a circular symlink: Argo CD refuses it" if is_circular else f"this file {reason}"
    return Diagnostic("PS633", "error", message, Pos(path))


def _has_kind(body: Any) -> bool:
    return isinstance(body, dict) and bool(text(body.get("kind")))


def _looks_like_objects(data: bytes) -> bool:
    return all(word in data for word in (b"apiVersion:", b"kind:", b"metadata:"))


def scanned_file(project: Sources, path: str, data: bytes) -> Loaded:
    """Return the objects of one YAML or JSON file. A JSON file contains one object."""
    documents, findings = project.manifests(path)
    errors = [finding for finding in findings if finding.severity == "error" and finding.code != TWICE]
    if path.endswith(".json"):
        return _json(data, documents or [], errors, path)
    found = in_documents(documents or ())
    errors += found.findings
    if not errors:
        return Loaded(found.objects, findings)
    # A file that does not look like objects is dropped by Argo CD without a word.
    if found.objects or _looks_like_objects(data):
        return Loaded([], [errors[0]._replace(code="PS633", message=f"failed to unmarshal: {errors[0].message}")])
    return Loaded([], [_dropped(errors[0])])


def in_documents(documents: Iterable[Document]) -> Loaded:
    """Return the objects in the documents of a text, up to the first that is none, and a finding about that one."""
    objects: list[tuple[Tree, Origin]] = []
    for document in documents:
        body = document.body
        if body is None or body == {}:
            continue
        if not _has_kind(body):
            message = "failed to unmarshal: Object 'Kind' is missing"
            return Loaded(objects, [Diagnostic("PS633", "error", message, document.origin)])
        objects.append((body, document.origin))
    return Loaded(objects, [])


def evaluated_file(project: Sources, path: str, directory: Directory) -> Loaded:
    """Return the objects that a Jsonnet file evaluates to: one object, or a list of objects, in which null is
    ignored.
    """
    own = directory.jsonnet
    here = directory.path if path != directory.path else posixpath.dirname(path) or "."
    libraries = (here, *own.libraries)
    request = JsonnetRequest(path, own.variables, own.arguments, libraries, has_natives=own.has_natives)
    made, findings = project.evaluated(request)
    if made is None:
        return Loaded([], findings)
    if isinstance(made.value, list):
        parts = [(each, Origin(made.path, 0, (index,))) for index, each in enumerate(made.value)]
    else:
        parts = [(made.value, Origin(made.path))]
    parts = [(body, where) for body, where in parts if body is not None]
    wrong = not_objects(parts)
    return Loaded([] if wrong else parts, [*findings, *wrong[:MAX_WRONG]])


def not_objects(parts: Iterable[tuple[Any, Origin]]) -> list[Diagnostic]:
    """Return findings about the parts of a result that are not Kubernetes objects."""
    return [_no_object(body, where) for body, where in parts if not _is_object(body)]


def _is_object(body: Any) -> bool:
    return isinstance(body, dict) and bool(text(body.get("kind")))


def _no_object(body: Any, where: Origin) -> Diagnostic:
    """Return the finding about a part that is not an object. Argo CD refuses the whole file for it."""
    if not isinstance(body, dict):
        message = f"failed to unmarshal: expected {'an object' if where.at else 'an object or a list of objects'}"
        return Diagnostic("PS734", "error", f"{message}, found {type_of(body)}", where)
    message = "failed to unmarshal: Object 'Kind' is missing"
    inner = [key for key, value in body.items() if _is_object(value)]
    hint = f"the field `{inner[0]}` is an object: put the fields in a list, as by `std.objectValues`" if inner else ""
    return Diagnostic("PS734", "error", message, where, hint=hint)


def _dropped(error: Diagnostic) -> Diagnostic:
    why = error.message.removeprefix("failed to unmarshal: ")
    message = f"{DROPPED}: {why}"
    return Diagnostic("PS632", "info", message, error.where, hint="keep it elsewhere, or leave it out by `exclude`")


def _json(data: bytes, documents: list[Document], errors: list[Diagnostic], path: str) -> Loaded:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        message = "failed to unmarshal: a JSON file holds one object"
        where = errors[0].where if errors else Pos(path)
        return Loaded([], [Diagnostic("PS633", "error", message, where)])
    if _is_object(body) and documents:
        return Loaded([(documents[0].body, documents[0].origin)], [])
    return Loaded([], [Diagnostic("PS633", "error", "failed to unmarshal: Object 'Kind' is missing", Pos(path))])


def loaded(project: Sources, directory: Directory, paths: Iterable[str]) -> tuple[list[Resource], list[Diagnostic]]:
    """Return the objects of a directory, with lists expanded."""
    found = scanned(project, directory, paths)
    return made_of(found)


def made_of(found: Loaded) -> tuple[list[Resource], list[Diagnostic]]:
    """Return the objects of `found` with lists expanded, and findings about those that Argo CD refuses."""
    resources: list[Resource] = []
    findings = list(found.findings)
    for body, where in found.objects:
        for each, origin in _expanded(body, where):
            wrong = list(_wrong(each, origin))
            findings += wrong
            if not wrong:
                resources.append(Resource(each, origin, *identify(each)))
    return resources, findings


def _expanded(body: Tree, where: Origin) -> Iterator[tuple[Any, Origin]]:
    """Yield the items of a list object, or the object itself if it is not a list."""
    items = body.get("items")
    if items is None and "items" in body and "spec" not in body and "status" not in body:
        return
    if not isinstance(items, list):
        yield body, where
        return
    for index, item in enumerate(items):
        yield item, where.below("items", index)


def _wrong(body: Any, where: Origin) -> Iterator[Diagnostic]:
    if not isinstance(body, dict):
        yield Diagnostic("PS633", "error", f"an item of a list: expected an object, found {type_of(body)}", where)
        return
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        message = f"metadata: expected a mapping, found {type_of(metadata)}"
        yield Diagnostic("PS633", "error", message, where.below("metadata"))
        return
    for field in ("labels", "annotations"):
        for key, value in mapping(mapping(metadata).get(field)).items():
            if not isinstance(value, str):
                message = f"{field} has a non-string value in the map: {key}"
                place = where.below("metadata", field, key)
                yield Diagnostic("PS633", "error", message, place, hint="put the value in quotes")


def with_names(resources: Sequence[Resource]) -> tuple[list[Resource], list[Diagnostic]]:
    """Return the objects that have a name, and findings about the others."""
    wrong = {id(each): finding for each in resources if (finding := unnamed(each)) is not None}
    return [each for each in resources if id(each) not in wrong], [*wrong.values()]


def unnamed(resource: Resource) -> Diagnostic | None:
    """Return a finding about an object without a name, or None if it has one. Argo CD loads the object, but no cluster
    can have it.
    """
    metadata = mapping(resource.body.get("metadata"))
    if text(metadata.get("name")):
        return None
    if text(metadata.get("generateName")):
        message = f"each sync makes this {resource.id.kind} anew under a new name, so it is left out"
        return Diagnostic("PS631", "info", message, resource.origin.below("metadata", "generateName"))
    message = f"this {resource.id.kind} has no `metadata.name`"
    is_for_kustomize = text(resource.body.get("apiVersion")).startswith("kustomize.config.k8s.io/")
    hint = WITHOUT_DIRECTORY if is_for_kustomize else "add `metadata.name`"
    return Diagnostic("PS633", "error", message, resource.origin, hint=hint)
