"""`penstock build [DIR]`: print the manifests of an overlay, byte for byte what `kustomize build` v5.8.2 prints.

What Kustomize drops or ignores in silence is said on stderr, with file and line. Nothing is printed where the sources
do not compile (exit status 3).
"""

import os
from collections.abc import Sequence
from typing import Any

from penstock.cli.streams import CLEAN, SOURCES, WORLD, Streams
from penstock.emit.yaml import dump, dump_all
from penstock.files import Disk
from penstock.model import Refusal, Resource
from penstock.pipeline import build, open_project
from penstock.resolve.ids import NOT_NAMESPACED, current
from penstock.resolve.level import Options

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")
MANAGED_BY = "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL"


def run(argv: Sequence[str], streams: Streams) -> int:
    directory, output, options = _parse(argv, streams)
    files = Disk(streams.cwd)
    resources, findings = build(open_project(files), directory, options)
    if findings:
        from penstock.parse.locate import locate
        from penstock.report.text import text

        streams.err.write(text(findings, lambda where: locate(files, where)))
    if any(f.severity == "error" for f in findings):
        return SOURCES
    if output:
        _write(os.path.join(streams.cwd, output), resources)
    else:
        streams.out.write(dump_all(r.body for r in resources))
    return CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> tuple[str, str, Options]:
    """The directory (relative to where we are, which is the root of the files), where to write, and the options."""
    managed_by = streams.environ.get(MANAGED_BY) == "on"
    if len(argv) == 1 and not argv[0].startswith("-"):
        return _directory(argv[0], streams), "", Options(managed_by=managed_by)
    arguments = _arguments(argv, streams)
    options = Options(
        anywhere=arguments.load_restrictor == RESTRICTORS[1],
        order=arguments.reorder,
        managed_by=managed_by or arguments.enable_managedby_label,
        plugins=arguments.enable_alpha_plugins,
    )
    if arguments.enable_exec:
        from penstock.cli.functions import runner

        options = options._replace(run_function=runner(streams, arguments.env))
    return _directory(arguments.directory, streams), arguments.output or "", options


def _arguments(argv: Sequence[str], streams: Streams) -> Any:
    from penstock.cli.arguments import Arguments

    parser = Arguments("build", streams, __doc__ or "")
    add = parser.add_argument
    add("directory", nargs="?", default=".", help="a directory with a kustomization.yaml (default: .)")
    add("-o", "--output", metavar="PATH", help="a file, or a directory that is there: one file for each object")
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
        what = (
            f"{name} is a file; name the directory that it is in"
            if os.path.exists(full)
            else f"there is no directory {name}"
        )
        raise Refusal(what)
    return os.path.relpath(full, streams.cwd)


def _write(path: str, resources: list[Resource]) -> None:
    """Into a file, or one file for each object into a directory.

    Files of the same name are written over, none is removed.
    """
    try:
        if not os.path.isdir(path):
            _write_file(path, dump_all(r.body for r in resources))
            return
        for name, resource in _file_names(resources):
            _write_file(os.path.join(path, name), dump(resource.body))
    except OSError as error:
        raise Refusal(f"cannot write {error.filename or path}: {error.strerror}", WORLD) from None


def _write_file(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _file_names(resources: list[Resource]) -> list[tuple[str, Resource]]:
    """Kustomize's names: group, version, kind and name, with the namespace in front where there are several."""
    spaces = {current(r).namespace for r in resources} - {NOT_NAMESPACED}
    names = []
    for resource in resources:
        identity = current(resource)
        parts = [p for p in (identity.group, identity.version, identity.kind, identity.name) if p]
        if len(spaces) > 1 and identity.namespace != NOT_NAMESPACED:
            parts.insert(0, identity.namespace)
        names.append(("_".join(parts).lower().replace("/", "_") + ".yaml", resource))
    return names
