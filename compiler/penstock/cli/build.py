"""`penstock build [DIR]`: print the manifests of an overlay, byte for byte what `kustomize build` v5.8.2 prints.

What Kustomize drops or ignores in silence is said on stderr, with file and line. Nothing is printed where the sources
do not compile (exit status 3).
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock import cache
from penstock.cli.streams import CLEAN, SOURCES, WORLD, Streams
from penstock.files import Disk
from penstock.model import Refusal, Unreadable

if TYPE_CHECKING:
    from penstock.model import Resource
    from penstock.parse.project import Project
    from penstock.resolve.level import Options

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")
MANAGED_BY = "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL"


class Request(NamedTuple):
    """What to build, and how. Directories are relative to where we are, which is the root of the files."""

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

    @property
    def flags(self) -> str:
        """What of this changes the bytes; `cache.PLAIN` where nothing is set."""
        return f"{self.anywhere} {self.order} {self.managed_by} {self.plugins}"


class Built(NamedTuple):
    """The outcome for one directory. `out` is empty where the sources do not compile."""

    status: int
    err: str
    out: str


def run(argv: Sequence[str], streams: Streams) -> int:
    request = request_of(argv, streams)
    if len(request.directories) > 1:
        from penstock.cli.build_many import run_many

        return run_many(request, streams)
    if request.output and os.path.isdir(os.path.join(streams.cwd, request.output)):
        return _build_into(request, streams)
    built = build_one(request, request.directories[0], Disk(streams.cwd), None, streams)
    streams.err.write(built.err)
    if built.status != CLEAN:
        return built.status
    if request.output:
        write_file(os.path.join(streams.cwd, request.output), built.out)
    else:
        streams.out.write(built.out)
    return CLEAN


def build_one(request: Request, directory: str, files: Disk, project: "Project | None", streams: Streams) -> Built:
    """Build one directory, from the cache where all its inputs are the same as then."""
    store = cache.folder(streams.environ) if request.cached and not request.executes else ""
    name = cache.key(files.root, directory, request.flags) if store else ""
    known = cache.load(store, name, files) if store else None
    if known is not None:
        return Built(CLEAN, *known)
    from penstock.emit.yaml import dump_all

    project = project or _open(files)
    start = len(project.seen)
    resources, err, status = compile_one(request, directory, project, streams)
    built = Built(status, err, dump_all(r.body for r in resources))
    if store and status == CLEAN:
        _keep(store, name, project, start, built)
    return built


def _open(files: Disk) -> "Project":
    from penstock.pipeline import open_project

    return open_project(files)


def compile_one(
    request: Request, directory: str, project: "Project", streams: Streams
) -> "tuple[list[Resource], str, int]":
    """The objects of a directory, what is to say on stderr, and the exit status."""
    from penstock.pipeline import build

    resources, findings = build(project, directory, options_of(request, streams))
    err = ""
    if findings:
        from penstock.parse.locate import locate
        from penstock.report.text import text

        err = text(findings, lambda where: locate(project.files, where))
    failed = any(f.severity == "error" for f in findings)
    return resources, err, SOURCES if failed else CLEAN


def options_of(request: Request, streams: Streams) -> "Options":
    """What `resolve` needs to know of a request."""
    from penstock.resolve.level import Options

    options = Options(request.anywhere, request.order, "", request.managed_by, request.plugins)
    if request.executes:
        from penstock.cli.functions import runner

        options = options._replace(run_function=runner(streams, request.env))
    return options


def _keep(store: str, name: str, project: "Project", start: int, built: Built) -> None:
    """Store a result with its closure, unless an input cannot be read again."""
    try:
        seen = {o: cache.observe(project.files, *o) for o in dict.fromkeys(project.seen[start:])}
    except Unreadable:
        return
    cache.store(store, name, seen, built.err, built.out)


def request_of(argv: Sequence[str], streams: Streams) -> Request:
    """What a command line asks for. Raises Refusal."""
    managed_by = streams.environ.get(MANAGED_BY) == "on"
    if len(argv) == 1 and not argv[0].startswith("-"):
        return Request((_directory(argv[0], streams),), managed_by=managed_by)
    arguments = _arguments(argv, streams)
    return Request(
        tuple(_directory(name, streams) for name in arguments.directory or ["."]),
        anywhere=arguments.load_restrictor == RESTRICTORS[1],
        order=arguments.reorder,
        managed_by=managed_by or arguments.enable_managedby_label,
        plugins=arguments.enable_alpha_plugins,
        executes=arguments.enable_exec,
        env=tuple(arguments.env),
        output=arguments.output or "",
        cached=not arguments.no_cache,
        jobs=arguments.jobs or os.cpu_count() or 1,
    )


def _arguments(argv: Sequence[str], streams: Streams) -> Any:
    from penstock.cli.arguments import Arguments

    parser = Arguments("build", streams, __doc__ or "")
    add = parser.add_argument
    add("directory", nargs="*", help="directories with a kustomization.yaml (default: .); several need --output")
    add("-o", "--output", metavar="PATH", help="a file, or a directory that is there: one file for each object")
    add("-j", "--jobs", type=int, metavar="N", help="processes for several directories (default: one for each core)")
    add("--no-cache", action="store_true", help="neither use nor keep results of earlier builds")
    add("--load-restrictor", choices=RESTRICTORS, default=RESTRICTORS[0], help="where files may lie")
    add("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects (deprecated)")
    add("--enable-managedby-label", action="store_true", help="label every object (deprecated: use buildMetadata)")
    add("--enable-alpha-plugins", action="store_true", help="allow plugins that are not builtin")
    add("--enable-exec", action="store_true", help="with --enable-alpha-plugins: run functions that are programs")
    add("-e", "--env", action="append", default=[], metavar="NAME=VALUE", help="environment of exec functions")
    for flag, takes, why in WITHOUT_EFFECT:
        add(flag, help=f"accepted; {why}", action="append" if takes else "store_true")
    return parser.parse_args(argv)


_HELM = "a kustomization with Helm charts is refused all the same"
_CONTAINER = "a function that is a container is refused all the same"
WITHOUT_EFFECT = (
    ("--enable-helm", False, _HELM),
    ("--helm-command", True, _HELM),
    ("--helm-api-versions", True, _HELM),
    ("--helm-kube-version", True, _HELM),
    ("--helm-debug", False, _HELM),
    ("--network", False, _CONTAINER),
    ("--network-name", True, _CONTAINER),
    ("--mount", True, _CONTAINER),
    ("--as-current-user", False, _CONTAINER),
)
"""Flags of `kustomize build` that allow what Penstock does not do: (flag, whether it takes a value, what happens)."""


def _directory(name: str, streams: Streams) -> str:
    full = os.path.normpath(os.path.join(streams.cwd, name))
    if not os.path.isdir(full):
        file = os.path.exists(full)
        raise Refusal(f"{name} is a file; name its directory" if file else f"there is no directory {name}")
    return os.path.relpath(full, streams.cwd)


def _build_into(request: Request, streams: Streams) -> int:
    """One file for each object into a directory. Files of the same name are written over, none is removed."""
    from penstock.emit.yaml import dump

    project = _open(Disk(streams.cwd))
    resources, err, status = compile_one(request, request.directories[0], project, streams)
    streams.err.write(err)
    for name, resource in _file_names(resources):
        write_file(os.path.join(streams.cwd, request.output, name), dump(resource.body))
    return status


def write_file(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror}", WORLD) from None


def _file_names(resources: "list[Resource]") -> "list[tuple[str, Resource]]":
    """Kustomize's names: group, version, kind and name, with the namespace in front where there are several."""
    from penstock.resolve.ids import NOT_NAMESPACED, current

    spaces = {current(r).namespace for r in resources} - {NOT_NAMESPACED}
    names = []
    for resource in resources:
        identity = current(resource)
        parts = [p for p in (identity.group, identity.version, identity.kind, identity.name) if p]
        if len(spaces) > 1 and identity.namespace != NOT_NAMESPACED:
            parts.insert(0, identity.namespace)
        names.append(("_".join(parts).lower().replace("/", "_") + ".yaml", resource))
    return names
