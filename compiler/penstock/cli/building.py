"""Building one directory for the command line: from the cache, or anew."""

import os

from penstock import cache
from penstock.budget import Bounds, Budget, Over
from penstock.cli.streams import CLEAN, SOURCES, WORLD, Streams, status_of
from penstock.errors import Refusal
from penstock.files import ANYWHERE, DIRECTORIES, Disk, levels_above, real_path
from penstock.records import NamedTuple
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.model import Diagnostic, Resource
    from penstock.parse.parsed import Parsed
    from penstock.parse.project import Project
    from penstock.resolve.options import Options
    from penstock.sources import Looks


class Request(NamedTuple):
    """The directories to build, and the options. The directories are relative to the current directory, which is the
    root of the files.
    """

    directories: tuple[str, ...]
    anywhere: bool = False
    order: str = "legacy"
    managed_by: bool = False
    plugins: bool = False
    executes: bool = False
    env: tuple[str, ...] = ()
    output: str = ""
    cached: bool = True
    jobs: int = 1
    fetch: bool = False
    offline: bool = False
    merge: str = ""
    helm: tuple[bool | str, ...] = (False, "")
    """Whether charts are rendered, the Kubernetes version for them, and the API versions."""
    everything: bool = False
    """Whether to show all findings."""
    bounds: Bounds = Bounds()
    names: tuple[str, ...] = ()
    """The names of targets and environments to build, besides the directories."""

    @property
    def reach(self) -> str:
        """Where symlinks may lead."""
        return ANYWHERE if self.anywhere else DIRECTORIES

    @property
    def flags(self) -> str:
        """The options that change the output; `cache.PLAIN` if none is set."""
        helm = " ".join(map(str, self.helm)) if self.helm[0] else ""
        return f"{self.anywhere} {self.order} {self.managed_by} {self.plugins} {self.merge} {helm}".rstrip()


class Built(NamedTuple):
    """The outcome for one directory. `out` is empty if the sources do not compile."""

    status: int
    err: str
    out: str


def build_one(request: Request, directory: str, files: Disk, streams: Streams) -> Built:
    """Build one directory, or take the result from the cache if all its inputs are unchanged."""
    known = from_cache(request, directory, files, streams, {})
    if known:
        return known
    witness = cache.Witness(files.root, files.reach)
    return build_anew(request, directory, witness, open_files(witness, request, streams), streams)


def from_cache(request: Request, directory: str, files: Disk, streams: Streams, looks: "cache.Looks") -> Built | None:
    """Return the result of an earlier build of the same inputs, or None. `looks` holds the looks that were taken in
    this run.
    """
    store, name = _place(request, directory, files, streams)
    known = cache.load(store, name, files, looks) if store else None
    return None if known is None else Built(CLEAN, *known)


def build_anew(request: Request, directory: str, files: cache.Witness, project: "Project", streams: Streams) -> Built:
    """Build one directory and store the result. One project of these files may serve many directories."""
    store, name = _place(request, directory, files, streams)
    if store:
        project.trust(parsed_before(store, name), files.digest_of)
    with project.watched() as looks:
        resources, err, status = compile_one(request, directory, project, streams)
        out, refused = printed(resources, project, request)
    if len(request.directories) > 1:
        from penstock.pipeline import forget_built

        forget_built(project)
    built = Built(SOURCES if refused else status, err + refused, out)
    if store and built.status == CLEAN:
        _keep(store, name, files, looks, project, built)
    return built


def _place(request: Request, directory: str, files: Disk, streams: Streams) -> tuple[str, str]:
    """Return the folder and the name of a cache entry; empty if nothing is to be cached."""
    if not request.cached or request.executes:
        return "", ""
    store = cache.folder(streams.environ, files.root, os.path.join(files.root, directory))
    return store, cache.key(files.root, directory, request.flags) if store else ""


def printed(resources: "list[Resource]", project: "Project", request: Request) -> tuple[str, str]:
    """Return the manifests, and a message for stderr if one of them has no YAML text (it holds an infinity, or is
    nested too deeply).
    """
    from penstock.emit.yaml import Unprintable, dump, dump_all

    try:
        return dump_all((r.body for r in resources), Budget(request.bounds)), ""
    except Over as over:
        from penstock.resolve.level import beyond

        return "", _said([beyond(over, resources[-1].origin)], project, request.everything)
    except Unprintable:
        from penstock.emit.layout import unprintable

    findings = []
    for resource in resources:
        try:
            dump(resource.body)
        except Unprintable as reason:
            findings.append(unprintable(resource, reason))
    return "", _said(findings, project, request.everything)


def _said(findings: "list[Diagnostic]", project: "Project", everything: bool) -> str:
    from penstock.report.text import text

    return text(findings, project.place, everything)


def open_files(files: Disk, request: Request, streams: Streams) -> "Project":
    """Open the sources. The imports of this function cost more than a small build."""
    from penstock.cli.remotes import lock_path, opener
    from penstock.pipeline import open_project

    lock = lock_path(streams, request.directories[0])
    sources = (os.path.join(files.root, directory) for directory in request.directories)
    kept = cache.folder(streams.environ, files.root, *sources) if request.cached else ""
    remotes = opener(streams, lock, fetch=request.fetch, offline=request.offline, named=request.directories)
    project = open_project(files, remotes, cache.Entries(kept))
    project.bound(request.bounds)
    return project


def compile_one(
    request: Request, directory: str, project: "Project", streams: Streams
) -> "tuple[list[Resource], str, int]":
    """Return the objects of a directory, the messages for stderr, and the exit status."""
    from penstock.pipeline import blames, build

    resources, findings = build(project, directory, options_of(request, directory, streams))
    err = _said(findings, project, request.everything) if findings else ""
    return resources, err, status_of(blames(findings))


def options_of(request: Request, directory: str, streams: Streams) -> "Options":
    """Return the options with which `resolve` builds a directory of a request."""
    from penstock.resolve.options import Options

    options = Options(
        anywhere=request.anywhere,
        above=_above(directory, streams.cwd),
        order=request.order,
        managed_by=request.managed_by,
        plugins=request.plugins,
        merge=request.merge,
        helm=bool(request.helm[0]),
        helm_kube_version=str(request.helm[1]),
        helm_api_versions=tuple(map(str, request.helm[2:])),
        bounds=request.bounds,
        is_alone=True,
    )
    if request.executes:
        from penstock.cli.functions import runner

        options = options._replace(run_function=runner(streams, request.env))
    return options


def _above(directory: str, cwd: str) -> int | None:
    """Return the same as `levels_above`, but None if the user names a directory outside of this repository, to which
    the bounds of this repository do not apply.
    """
    count = levels_above(cwd)
    way = os.path.relpath(real_path(os.path.join(cwd, directory)), os.path.realpath(cwd)).split(os.sep)
    leads_out = count is not None and way[: count + 1] == [os.pardir] * (count + 1)
    return None if leads_out else count


def _keep(store: str, name: str, files: cache.Witness, looks: "Looks", project: "Project", built: Built) -> None:
    """Store a result with its closure, and its parsed files, unless a file has changed meanwhile."""
    seen = files.closure(looks)
    if seen is None:
        return
    read = {path for (kind, path), value in seen.items() if kind == "read" and value != "-"}
    cache.store(store, name, cache.without_needless(seen), built.err, built.out)
    keep_parsed(store, name, project.parsed({path: seen["read", path] for path in read}))


def keep_parsed(store: str, name: str, parsed: "Parsed") -> None:
    """Store the parsed content of many files."""
    if len(parsed) < MANY_FILES:
        return
    from penstock.parse.parsed import encode

    try:
        cache.store_entry(store, _pack_name(name), encode(parsed).encode())
    except ValueError:
        return


MANY_FILES = 50
"""The number of files of a target from which on its parsed files are cached. With fewer, parsing is faster than a
lookup.
"""


def parsed_before(store: str, name: str) -> "Parsed":
    """Return the parsed files of this target from an earlier build, whose result may be out of date."""
    pack = cache.load_entry(store, _pack_name(name))
    if pack is None:
        return {}
    from penstock.parse.parsed import decode

    try:
        return decode(pack.decode())
    except ValueError:
        return {}


def _pack_name(name: str) -> str:
    return cache.digest(f"parsed {name}".encode())


def write_objects(resources: "list[Resource]", request: Request, streams: Streams) -> None:
    """Write one file for each object into the directory of a request. Files with the same name are overwritten, but
    none is removed.
    """
    from penstock.emit.yaml import dump

    for name, resource in _file_names(resources):
        write_file(os.path.join(streams.cwd, request.output), name, dump(resource.body))


def _file_names(resources: "list[Resource]") -> "list[tuple[str, Resource]]":
    """Return Kustomize's file names: group, version, kind and name, preceded by the namespace if there are several."""
    from penstock.resolve.finding.identities import NOT_NAMESPACED, current

    spaces = {current(r).namespace for r in resources} - {NOT_NAMESPACED}
    names = []
    for resource in resources:
        identity = current(resource)
        parts = [p for p in (identity.group, identity.version, identity.kind, identity.name) if p]
        if len(spaces) > 1 and identity.namespace != NOT_NAMESPACED:
            parts.insert(0, identity.namespace)
        names.append(("_".join(parts).lower().replace("/", "_") + ".yaml", resource))
    return names


def write_file(directory: str, name: str, text: str, *, makes_folders: bool = False) -> None:
    """Write a file into a directory. No symlink below the directory is followed, because it can have come with the
    sources.

    An absolute name, such as `/dev/stdout`, was given by the user. Raises `Refusal`.
    """
    path = os.path.join(directory, name)
    try:
        plain = os.path.normpath(os.path.join(real_path(directory), name))
        if not os.path.isabs(name) and real_path(path) != plain:
            raise Refusal(f"cannot write {path}: nothing is written through a symlink", WORLD)
        if makes_folders:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        raise Refusal(f"cannot write {path}: {getattr(error, 'strerror', None) or error}", WORLD) from None
