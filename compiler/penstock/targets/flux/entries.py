"""The entry of each cluster: the definition of Flux with which it begins.

The most certain entries are explicit: a definition in the directory that it builds, as `flux bootstrap` writes it, or
in a file that the kustomization of this directory uses, and a directory that a `FluxInstance` syncs. Often there is
none, since a command or Terraform has created it. Then a folder of definitions that no other definition builds is taken
as an entry. If some entries are known, only folders beside theirs are.
"""

import posixpath
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.definitions.argo.repository import normal
from penstock.definitions.flux.definition import GROUP, KIND, SOURCES, Definition, SourceId, definitions
from penstock.definitions.flux.instance import Sync, syncs
from penstock.definitions.reading import clipped, mapping, text
from penstock.model import Document, Kustomization, Origin, Resource, with_those_above
from penstock.parse.environments import home_of_cluster
from penstock.parse.project import Project
from penstock.parse.usage import files_of, named_by, read_usage
from penstock.records import NamedTuple
from penstock.resolve.build import resolve
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.objects import objects_in
from penstock.resolve.options import Options

LAST = "\U0010ffff"
"""A text behind every path."""


class Entry(NamedTuple):
    """A definition with which a cluster begins.

    `folder` is the cluster's own folder in the repository. `root` is the directory that is the root of the definition's
    source, since an artifact may contain a part of the repository. `has_source` says that the source is defined in the
    same file, as by `flux bootstrap`, or that a `FluxInstance` creates it. `kustomization` is the file that makes the
    definition, if the definition's own file is elsewhere. `is_alone` says that this is no beginning: what leads to the
    definition, and would change it, is not known. `source` is the source that is defined in the same file. `is_assumed`
    says that no file has the definition: a command made it, which may have given it anything, such as variables.
    """

    definition: Definition
    folder: str
    root: str = "."
    has_source: bool = False
    kustomization: str = ""
    is_alone: bool = False
    source: Resource | None = None
    is_assumed: bool = False

    @property
    def file(self) -> str:
        """The file that another cluster has read if the entry is a part of that cluster."""
        return self.kustomization or self.definition.resource.origin.path


class Written(NamedTuple):
    """The definitions in files, the explicit entries, and the addresses of the sources that files define."""

    definitions: list[Definition]
    entries: list[Entry]
    addresses: Mapping[SourceId, str]


def written(project: Project, paths: Sequence[str], marked: Sequence[str]) -> Written:
    """Return the definitions and explicit entries in the files `marked`, which may hold some. `paths` are all files of
    the repository.
    """
    documents = [each for path in marked for each in project.resources(path)[0] or ()]
    every = [each for document in documents for each in _defined(document, project)]
    found = [each for each in every if not (builds(each, each) and _is_hollow(each.path, project))]
    namespaces = _Namespaces(every)
    entries = (
        *_bootstrapped(project, found, documents),
        *_used(project, [each for each in found if not builds(each, each)]),
        *_of_instances(project, paths, documents, namespaces),
    )
    folders: dict[str, Entry] = {}
    for entry in _of_this_repository(entries):
        folders.setdefault(entry.folder, entry)
    return Written(found, list(folders.values()), _addresses(documents, namespaces, project))


def _of_this_repository(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries without those whose source, in the same file, is another repository than that from which Flux
    was bootstrapped: folders of this repository only have the names of folders of that one.
    """
    own = {_address(each) for each in entries if each.definition.source.name == BOOTSTRAPPED} - {""}
    return [each for each in entries if not own or _address(each) in ("", *own)]


BOOTSTRAPPED = "flux-system"
"""The name that `flux bootstrap` gives to the source of a cluster."""


def _address(entry: Entry) -> str:
    """Return the address of the source in the same file as an entry, or "" if there is none."""
    source = {} if entry.source is None else entry.source.body
    return normal(text(mapping(source.get("spec")).get("url")))


class _Namespaces:
    """The namespaces that definitions give to what they build, by the directories of that."""

    def __init__(self, found: Iterable[Definition]) -> None:
        self._of_path = {
            each.path: text(mapping(each.resource.body.get("spec")).get("targetNamespace")) for each in found
        }

    def of(self, document: Document) -> str:
        """Return the namespace that a document gets where it says none, from the definition of the nearest directory.
        It is empty if none gives it one.
        """
        above = with_those_above(posixpath.dirname(document.origin.path))
        return next((self._of_path[path] for path in above if path in self._of_path), "")


def _bootstrapped(project: Project, found: Iterable[Definition], documents: Iterable[Document]) -> Iterator[Entry]:
    """Yield the entries as `flux bootstrap` writes them: each lies in the folder that it builds."""
    sources = {(document.origin.path, *_named(document.body)): document for document in documents}
    for each in found:
        root = _root_that_builds(each, project)
        if root is not None:
            folder = clipped(posixpath.join(root, each.path))
            source = sources.get((each.resource.origin.path, each.source.kind, each.source.name))
            made = new_resource(source.body, source.origin) if source is not None else None
            yield Entry(each, folder, root, source is not None, source=made)


def _of_instances(
    project: Project, paths: Sequence[str], documents: Iterable[Document], namespaces: _Namespaces
) -> Iterator[Entry]:
    """Yield the entries of the operator's FluxInstances, which name the folder with which a cluster begins."""
    for document in documents:
        for sync in syncs(document.body, namespaces.of(document)):
            root = _root_of(sync, project, paths, document.origin.path)
            if root is not None:
                folder = clipped(posixpath.join(root, sync.path))
                yield Entry(_made_of(sync, document.origin), folder, root, has_source=True)


def _addresses(documents: Iterable[Document], namespaces: _Namespaces, project: Project) -> dict[SourceId, str]:
    """Return the addresses of the sources that documents define, without those that have several."""
    found: dict[SourceId, set[str]] = {}
    for document in documents:
        for source, url in _sources_in(document, namespaces.of(document), project):
            found.setdefault(source, set()).add(normal(url))
    return {source: next(iter(urls)) for source, urls in found.items() if len(urls) == 1}


def _sources_in(document: Document, applied_to: str, project: Project) -> Iterator[tuple[SourceId, str]]:
    """Yield the sources that a document defines, or that the Flux Operator creates for it, each with its address."""
    yield from ((sync.source, sync.url) for sync in syncs(document.body, applied_to) if sync.url)
    kind, name = _named(document.body)
    body = mapping(document.body)
    url = text(mapping(body.get("spec")).get("url"))
    if url and text(body.get("apiVersion")).startswith(f"{SOURCES}/"):
        namespace = text(mapping(body.get("metadata")).get("namespace"))
        yield SourceId(kind, namespace or _given(document.origin.path, project), name), url


def _used(project: Project, definitions_of_files: Sequence[Definition]) -> Iterator[Entry]:
    """Yield the entries whose files are elsewhere and are used by the kustomization of the directory that they build.

    The definition is the one that this kustomization makes, since its file may be just a patch.
    """
    if not definitions_of_files:
        return
    usage = read_usage(project)
    for path, group in _by_path(each for each in definitions_of_files if each.path in usage.uses):
        files = files_of(project, usage, path)
        wanted = {each.id for each in group if each.resource.origin.path in files}
        if wanted:
            options = Options(anywhere=True, boundary=".", order="none")
            resources, _ = resolve(project, path, options, project.memo)
            made = definitions(each.fork() for each in resources)
            of_path = (each for each in made if each.id in wanted and each.path == path)
            yield from (Entry(each, path, kustomization=usage.files[path]) for each in of_path)


def _by_path(found: Iterable[Definition]) -> Iterable[tuple[str, list[Definition]]]:
    """Group definitions by the directory that they build."""
    groups: dict[str, list[Definition]] = {}
    for each in found:
        groups.setdefault(each.path, []).append(each)
    return groups.items()


def unwritten(project: Project, left: Sequence[Definition], roots: Mapping[str, str]) -> list[Entry]:
    """Return entries for definitions that no other definition builds. The folder of such an entry is that of the
    kustomization that names the file of the definition, or else that of the file.

    `roots` are the directories that are the roots of the known clusters' sources, by the folders of these clusters.
    """
    entries: dict[str, Entry] = {}
    builders = _Builders(left)
    for each in left:
        folder, root = _folder_of(each.resource.origin.path, project), "."
        if roots:
            folder, root = _beside(folder, roots)
        if folder and not builders.have_another_for(each):
            entries.setdefault(folder, Entry(_that_builds(folder, each, root), folder, root, is_assumed=True))
    return list(entries.values())


def _folder_of(path: str, project: Project) -> str:
    user = _user_of(path, project)
    return user.directory if user is not None else posixpath.dirname(path)


class _Builders:
    """Definitions by the directories that they build."""

    def __init__(self, found: Iterable[Definition]) -> None:
        found = list(found)
        self._everything = sum(builds(each, each) for each in found if each.path == ".")
        """How many build the root of the repository: each of them builds every file."""
        self._of_path = Counter(each.path for each in found if each.path != ".")

    def have_another_for(self, definition: Definition) -> bool:
        """Return whether another definition builds the file of this one."""
        file = definition.resource.origin.path
        above = [file[:at] for at, letter in enumerate(file) if letter == "/"]
        number = self._everything + sum(self._of_path[folder] for folder in above)
        return number > builds(definition, definition)


def alone(left: Iterable[Definition]) -> list[Entry]:
    """Return an entry for each definition that nothing else has led to."""
    return [Entry(each, posixpath.dirname(each.resource.origin.path) or ".", is_alone=True) for each in left]


def leading_first(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries in an order in which each stands behind one that builds its file, if there is any."""
    by_file: dict[str, list[Entry]] = {}
    for each in entries:
        by_file.setdefault(each.definition.resource.origin.path, []).append(each)
    left = sorted(by_file)
    builders = _Builders(each.definition for each in entries)
    beginnings = (each for each in entries if not builders.have_another_for(each.definition))
    found: list[Entry] = []
    for entry in (*beginnings, *entries):  # of a circle, none is a beginning
        file = entry.definition.resource.origin.path
        waiting = _taken(left, file, f"{file}\0")
        while waiting:
            group = by_file[waiting.pop()]
            found += group
            for each in group:
                waiting += reversed(_taken(left, *_range_of(each.definition)))
    return found


def _range_of(definition: Definition) -> tuple[str, str]:
    """Return the limits of the paths of all files that a definition builds: the first one, and that after the last."""
    if definition.path == ".":
        return ("", LAST) if builds(definition, definition) else ("", "")
    return f"{definition.path}/", f"{definition.path}0"  # a zero follows a slash


def _taken(left: list[str], low: str, high: str) -> list[str]:
    """Take the paths between two limits out of a sorted list, and return them."""
    begin, end = bisect_left(left, low), bisect_left(left, high)
    found = left[begin:end]
    del left[begin:end]
    return found


def builds(outer: Definition, inner: Definition) -> bool:
    """Return whether the file of one definition is in the directory that another definition builds.

    A definition of the root directory is usually about another repository, unless its source has the name that `flux
    bootstrap` uses.
    """
    if outer.path == ".":
        return outer.source.name == "flux-system"
    return inner.resource.origin.path.startswith(f"{outer.path}/")


def _root_that_builds(definition: Definition, project: Project) -> str | None:
    """Return the directory that is the root of a definition's source if the definition builds the folder of its own
    file, and otherwise None.

    The root is that of the repository, unless the path only exists below another directory: then this repository
    gathers several that are deployed on their own.
    """
    if builds(definition, definition):
        return "."
    path = definition.path
    above, found, _ = definition.resource.origin.path.partition(f"/{path}/")
    return above if path != "." and found and not project.is_dir(path) else None


def _is_hollow(directory: str, project: Project) -> bool:
    """Return whether the kustomization of a directory names no files. Some exist for definitions that only build
    components, and then the definitions below are no beginnings.
    """
    kustomization, _ = project.kustomization(directory)
    return kustomization is not None and not named_by(kustomization.fields, kustomization.directory)


def _named(body: Any) -> tuple[str, str]:
    """Return the kind and name of an object."""
    fields = mapping(body)
    return text(fields.get("kind")), text(mapping(fields.get("metadata")).get("name"))


def _defined(document: Document, project: Project) -> Iterator[Definition]:
    objects, _ = objects_in((document,))
    resources = [new_resource(body, where) for body, where in objects]
    for each in resources:
        if each.id.kind == KIND and not each.id.namespace:
            each.id = each.id._replace(namespace=_given(each.origin.path, project))
    yield from definitions(resources)


def _given(path: str, project: Project) -> str:
    """Return the namespace that a kustomization gives to the objects of a file, or the empty text if none names it."""
    found = _user_of(path, project)
    return text(found.fields.get("namespace")) if found is not None else ""


def _user_of(path: str, project: Project) -> Kustomization | None:
    """Return the kustomization beside a file, or in the nearest directory above, that names the file itself."""
    known: _Uses = project.memo.setdefault(_user_of, {})
    for directory in with_those_above(posixpath.dirname(path) or "."):
        if directory not in known:
            found, _ = project.kustomization(directory)
            known[directory] = found, frozenset(named_by(found.fields, directory) if found is not None else ())
        user, named = known[directory]
        if path in named:
            return user
    return None


_Uses = dict[str, tuple[Kustomization | None, frozenset[str]]]
"""The kustomizations of directories, each with the files that it names: it may name thousands."""


def _root_of(sync: Sync, project: Project, paths: Sequence[str], where: str) -> str | None:
    """Return the directory that is the root of a synced source, or None if this repository does not have the synced
    path. `where` is the file that says so.

    An artifact may be made of any directory: its root is the only directory that contains the path. One that is synced
    as a whole is most likely made of the cluster's folder, in which the file lies.
    """
    if sync.source.kind != "GitRepository" and sync.path == ".":
        folder = posixpath.dirname(where)
        return posixpath.dirname(folder) or "." if posixpath.basename(folder) == "flux-system" else folder or "."
    if project.is_dir(sync.path):
        return "."
    if sync.source.kind == "GitRepository":
        return None
    project.walk(".")  # a directory of this name may come
    roots = {before for path in paths for before, found, _ in (path.partition(f"/{sync.path}/"),) if found}
    return roots.pop() if len(roots) == 1 else None


def _beside(folder: str, roots: Mapping[str, str]) -> tuple[str, str]:
    """Return the directory beside the folder of a known cluster that is, or contains, a folder, and the root of that
    cluster's source. The directory is empty if there is none.
    """
    for known, root in roots.items():
        above = posixpath.dirname(known)
        if above and folder.startswith(f"{above}/"):
            beside = _first_below(above, folder)
            return ("", ".") if _is_part(beside, known) else (beside, root)
    return "", "."


def _first_below(above: str, folder: str) -> str:
    return "/".join(folder.split("/")[: above.count("/") + 2])


def _is_part(folder: str, known: str) -> bool:
    """Return whether a folder beside the folder of a cluster is only another part of that cluster: both lie in
    `clusters/east`. Where numbers tell them apart, as in `clusters/east/01`, they are clusters.
    """
    home = home_of_cluster(known)
    has_number = any(sign.isdigit() for sign in posixpath.basename(folder))
    return home != known and home == home_of_cluster(folder) and not has_number


def _made_of(sync: Sync, where: Origin) -> Definition:
    decrypts: dict[str, Any] = {"decryption": {"provider": "sops"}} if sync.decrypts else {}
    return _definition(sync.path, (sync.source.namespace, sync.source.name), sync.source, where, decrypts)


def _that_builds(folder: str, first: Definition, root: str) -> Definition:
    """Return the definition that would build a folder. The source of the folder's definitions is assumed to be this
    repository, of which `root` is the directory that the source has.
    """
    namespace, source = first.resource.id.namespace, first.source
    if source.kind == "ExternalArtifact":  # it is made of the repository, to which bootstrap gives this name
        source = SourceId("GitRepository", namespace, "flux-system")
    where = Origin(first.resource.origin.path)
    path = posixpath.relpath(folder, root)
    return _definition(path, (namespace, posixpath.basename(folder)), source, where)


def _definition(
    path: str, identity: tuple[str, str], source: SourceId, where: Origin, more: Mapping[str, Any] = {}
) -> Definition:
    namespace, name = identity
    body = {
        "apiVersion": f"{GROUP}/v1",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"path": path, **more},
    }
    return Definition(new_resource(body, where), path, source)
