"""`penstock build [DIR ...]`: print the manifests of an overlay, byte for byte what `kustomize build` v5.8.2 prints.

In the place of a directory, the name of a target will do, such as `prod/shop`, or that of an environment with one
target: then these are the manifests that Argo CD or Flux makes of it, if a definition of theirs builds it.

What Kustomize drops or ignores in silence is said on stderr, with file and line. Nothing is printed where the sources
do not compile.

Exit status: 0 built, 2 wrong usage, 3 the sources do not compile, 4 a remote base cannot be fetched, or a file cannot
be written.
"""

import os
from collections.abc import Sequence

from penstock.cli.building import Request, build_one, compile_one, open_files, write_file, write_objects
from penstock.cli.sources import add_source_options, bounds_of, directory, is_anywhere
from penstock.cli.streams import CLEAN, Streams
from penstock.cli.trust import is_trusted
from penstock.files import Disk
from penstock.typed import Any

MANAGED_BY = "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL"


def run(argv: Sequence[str], streams: Streams) -> int:
    request = request_of(argv, streams)
    if request.names:
        from penstock.cli.build_target import run_targets

        return run_targets(request, streams)
    if len(request.directories) > 1:
        from penstock.cli.build_many import run_many

        return run_many(request, streams)
    if request.output and os.path.isdir(os.path.join(streams.cwd, request.output)):
        return _build_into(request, streams)
    built = build_one(request, request.directories[0], Disk(streams.cwd, request.reach), streams)
    streams.err.write(built.err)
    if built.status != CLEAN:
        return built.status
    if request.output:
        write_file(streams.cwd, request.output, built.out)
    else:
        streams.out.write(built.out)
    return CLEAN


def request_of(argv: Sequence[str], streams: Streams) -> Request:
    """Return the request of a command line. Raises `Refusal`."""
    managed_by = streams.environ.get(MANAGED_BY) == "on"
    words = [word for word in argv if word != "--no-cache"]
    if len(words) == 1 and not words[0].startswith("-"):  # importing a parser would take longer than a small build
        given = Request((), managed_by=managed_by, cached=len(words) == len(argv))
        return _with_trust(_of_words(given, words, streams), streams)
    arguments = _arguments(argv, streams)
    given = Request(
        (),
        anywhere=is_anywhere(arguments),
        bounds=bounds_of(arguments),
        order=arguments.reorder,
        managed_by=managed_by or arguments.enable_managedby_label,
        plugins=arguments.enable_alpha_plugins,
        executes=arguments.enable_exec,
        env=tuple(arguments.env),
        output=arguments.output or "",
        cached=not (arguments.no_cache or arguments.fetch or arguments.all),
        jobs=arguments.jobs or os.cpu_count() or 1,
        merge=arguments.merge,
        helm=(arguments.enable_helm, arguments.helm_kube_version, *arguments.helm_api_versions),
        everything=arguments.all,
        fetch=arguments.fetch,
        offline=arguments.offline,
    )
    return _with_trust(_of_words(given, arguments.directory or ["."], streams), streams)


def _of_words(request: Request, words: Sequence[str], streams: Streams) -> Request:
    """Return the request for directories, and for targets with names. A path that exists counts before the name of a
    target, as for `kustomize build`.
    """
    names = tuple(word for word in words if _may_be_name(word, streams))
    directories = tuple(_directory(word, streams) for word in words if word not in names)
    return request._replace(directories=directories, names=names)


def _with_trust(request: Request, streams: Streams) -> Request:
    """Return the request, which may run programs if the user trusts the repositories."""
    where = (os.path.join(streams.cwd, directory) for directory in request.directories)
    if is_trusted(streams.environ, streams.cwd, *where):
        return request._replace(plugins=True, executes=True)
    return request


def _arguments(argv: Sequence[str], streams: Streams) -> Any:
    from penstock.cli.arguments import Arguments

    parser = Arguments("build", streams, __doc__ or "")
    add = parser.add_argument
    add("directory", metavar="DIR", nargs="*", help="with a kustomization.yaml, or a name; several need --output")
    add("-o", "--output", metavar="PATH", help="a file, or a directory that is there: one file for each object")
    add("-j", "--jobs", type=int, metavar="N", help="processes for several directories (default: one for each core)")
    add("--no-cache", action="store_true", help="neither use nor keep results of earlier builds")
    add_source_options(parser)
    add("--enable-helm", action="store_true", help="render the Helm charts that kustomizations name")
    add("--helm-kube-version", default="", metavar="VERSION", help="the Kubernetes that charts ask about")
    add("--helm-api-versions", action="append", default=[], metavar="VERSION", help="an API version that charts find")
    add("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects (deprecated)")
    add("--enable-managedby-label", action="store_true", help="label every object (deprecated: use buildMetadata)")
    for flag, takes, why in WITHOUT_EFFECT:
        if takes:
            add(flag, help=why, action="append", metavar="VALUE")
        else:
            add(flag, help=why, action="store_true")
    return parser.parse_args(argv)


_HELM = "without effect: no helm runs, charts are rendered here"
_CONTAINER = "without effect: functions that are containers are refused"
WITHOUT_EFFECT = (
    ("--helm-command", True, _HELM),
    ("--helm-debug", False, _HELM),
    ("--network", False, _CONTAINER),
    ("--network-name", True, _CONTAINER),
    ("--mount", True, _CONTAINER),
    ("--as-current-user", False, _CONTAINER),
)
"""Flags of `kustomize build` that allow things which Penstock does not do: (flag, whether it takes a value, what
happens).
"""


def _directory(name: str, streams: Streams) -> str:
    is_address = "://" in name or "@" in name or name[:11].lower() == "github.com/"
    if is_address and not os.path.isdir(os.path.join(streams.cwd, name)):
        return name
    return directory(name, streams)


def _may_be_name(word: str, streams: Streams) -> bool:
    """Return whether a word may be the name of a target: it is no existing path, no option and no address."""
    if word.startswith(("-", ".", "/")) or "://" in word or "@" in word or word[:11].lower() == "github.com/":
        return False
    return not os.path.lexists(os.path.join(streams.cwd, word))


def _build_into(request: Request, streams: Streams) -> int:
    """Write the objects of a directory as `write_objects` does."""
    project = open_files(Disk(streams.cwd, request.reach), request, streams)
    resources, err, status = compile_one(request, request.directories[0], project, streams)
    streams.err.write(err)
    write_objects(resources, request, streams)
    return status
