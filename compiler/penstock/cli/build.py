"""`penstock build [DIR]`: print the manifests of an overlay, byte for byte what `kustomize build` v5.8.2 prints."""

import os
from collections.abc import Sequence

from penstock.cli.streams import CLEAN, SOURCES, Streams
from penstock.emit.yaml import dump_all
from penstock.files import Disk
from penstock.model import Refusal
from penstock.pipeline import build, open_project
from penstock.resolve.level import Options

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")


def run(argv: Sequence[str], streams: Streams) -> int:
    directory, options = _parse(argv, streams)
    files = Disk(streams.cwd)
    project = open_project(files)
    resources, findings = build(project, directory, options)
    if findings:
        from penstock.parse.locate import locate
        try:
            from penstock.report.text import text
            streams.err.write(text(findings, lambda where: locate(files, where)))
        except ImportError:
            for f in findings:
                print(locate(files,f.where), f.severity, f.code, f.message, [(str(locate(files,o)),m) for o,m in f.notes], f.hint, file=streams.err)
    if any(f.severity == "error" for f in findings):
        return SOURCES
    streams.out.write(dump_all(r.body for r in resources))
    return CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> tuple[str, Options]:
    if len(argv) == 1 and not argv[0].startswith("-"):
        return _directory(argv[0], streams), Options()
    from penstock.cli.arguments import Arguments

    parser = Arguments("build", streams, __doc__ or "")
    parser.add_argument("directory", nargs="?", default=".", help="a directory with a kustomization.yaml (default: .)")
    parser.add_argument("--load-restrictor", choices=RESTRICTORS, default=RESTRICTORS[0])
    parser.add_argument("--reorder", choices=("legacy", "none"), default="legacy", help="the order of the objects")
    parser.add_argument("--enable-alpha-plugins", action="store_true")
    parser.add_argument("--enable-exec", action="store_true")
    arguments = parser.parse_args(argv)
    options = Options(anywhere=arguments.load_restrictor == RESTRICTORS[1], order=arguments.reorder)
    return _directory(arguments.directory, streams), options


def _directory(name: str, streams: Streams) -> str:
    """The target relative to where we are, which is the root of the files."""
    full = os.path.normpath(os.path.join(streams.cwd, name))
    if not os.path.isdir(full):
        raise Refusal(f"there is no directory {name}", 2 if not os.path.exists(full) else 2)
    return os.path.relpath(full, streams.cwd)
