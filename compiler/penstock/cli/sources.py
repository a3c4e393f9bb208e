"""What every command that compiles shares: its options for sources, and the way from them to a project."""

import os

from penstock.budget import Bounds
from penstock.cli.remotes import OFFLINE
from penstock.cli.streams import Streams
from penstock.cli.trust import is_trusted
from penstock.errors import Refusal
from penstock.files import ANYWHERE, REPOSITORY, levels_above
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from penstock.resolve.options import Options

TARGETS = "a directory, or the name of an environment or of a target (default: the current directory)"
"""The help for operands that name targets, for every command that has them."""

ALL_TARGETS = "a directory, or the name of an environment or of a target (default: all targets)"
"""The same, for commands that without an operand are about the whole repository."""

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")
MERGES = ("kustomize", "kubernetes")


def add_source_options(parser: "ArgumentParser", *, remotes: bool = True, programs: bool = True) -> None:
    """Add the options for sources.

    Without `remotes`, the command has its own rule for fetching. Without `programs`, it reads from git, where no
    program of the sources can be run.
    """
    add = parser.add_argument
    restrictor = (
        f"where files may lie: {RESTRICTORS[0]} (the default: below the kustomization that names them), "
        f"or {RESTRICTORS[1]} (anywhere)"
    )
    add("--load-restrictor", choices=RESTRICTORS, default=RESTRICTORS[0], metavar="WHERE", help=restrictor)
    merge = "how patches are merged: as Kustomize does (the default), or as Kubernetes does, where nothing is lost"
    add("--merge", choices=MERGES, default="", help=merge)
    bound = f"what a target may cost: NAME is one of {', '.join(Bounds._fields)}"
    add("--bound", action="append", default=[], metavar="NAME=NUMBER", help=bound)
    if remotes:
        add("--fetch", action="store_true", help="fetch also the remote bases that penstock.lock does not have")
        add("--offline", action="store_true", help=OFFLINE)
    if programs:
        add("--enable-alpha-plugins", action="store_true", help="allow plugins that are not builtin")
        add("--enable-exec", action="store_true", help="with --enable-alpha-plugins: run functions that are programs")
        add("-e", "--env", action="append", default=[], metavar="NAME=VALUE", help="environment of exec functions")
    add("--all", action="store_true", help="show all findings, not only the first thousand of each code")


def options_of(arguments: "Namespace", streams: Streams) -> "Options":
    """Return the options for building, from those that `add_source_options` has added."""
    from penstock.resolve.options import Options

    options = Options(
        anywhere=is_anywhere(arguments),
        merge=arguments.merge,
        bounds=bounds_of(arguments),
        above=levels_above(streams.cwd),
        stays_inside=True,
    )
    if not hasattr(arguments, "enable_exec"):
        return options._replace(can_execute=False)
    is_allowed = allows_programs(arguments, streams)
    options = options._replace(plugins=arguments.enable_alpha_plugins or is_allowed)
    if arguments.enable_exec or is_allowed:
        from penstock.cli.functions import runner

        options = options._replace(run_function=runner(streams, arguments.env))
    return options


def allows_programs(arguments: "Namespace", streams: Streams) -> bool:
    """Return whether the user lets programs of the sources run, by options or by trusting the repository."""
    return bool(arguments.enable_alpha_plugins and arguments.enable_exec) or is_trusted(streams.environ, streams.cwd)


def is_anywhere(arguments: "Namespace") -> bool:
    """Return whether files may lie anywhere."""
    return bool(arguments.load_restrictor == RESTRICTORS[1])


def reach_of(arguments: "Namespace") -> str:
    """Return where symlinks may lead (`files.Disk`)."""
    return ANYWHERE if is_anywhere(arguments) else REPOSITORY


def bounds_of(arguments: "Namespace") -> Bounds:
    """Return the bounds for the cost of a target. Raises `Refusal` for an invalid bound."""
    given: dict[str, int] = {}
    for each in arguments.bound:
        name, _, number = each.partition("=")
        if name not in Bounds._fields or not number.isdecimal() or len(number) > 15:
            raise Refusal(f"--bound {each}: NAME=NUMBER is needed; NAME is one of {', '.join(Bounds._fields)}")
        given[name] = int(number)
    return Bounds(**given)


def relative(word: str, cwd: str) -> str:
    """Return a word of the command line, with an absolute path as the way from the current directory."""
    return os.path.relpath(os.path.realpath(word), os.path.realpath(cwd)) if os.path.isabs(word) else word


def directory(name: Any, streams: Streams) -> str:
    """Return a directory of the command line, relative to the current directory. Raises `Refusal` if it does not
    exist.
    """
    full = os.path.normpath(os.path.join(streams.cwd, name))
    if os.path.isdir(full):
        return os.path.relpath(full, streams.cwd)
    if os.path.exists(full):
        raise Refusal(f"{name} is a file; name its directory")
    from penstock.words import nearest

    meant = nearest(os.path.basename(full), _directories_in(os.path.dirname(full)))
    hint = f"; did you mean {os.path.join(os.path.dirname(name), meant)}?" if meant else ""
    raise Refusal(f"there is no directory {name}{hint}")


def _directories_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []
