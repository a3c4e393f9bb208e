"""`penstock lock [TARGET ...]`: write down which commit, chart or content each source elsewhere is, in penstock.lock.

A TARGET is a directory, or the name of an environment or of a target; without one, those of the whole repository are
meant. They are followed, and what they name elsewhere is fetched: bases and files of kustomizations, Helm charts, and
the sources of Argo CD and Flux. What the lock file has already stays as it is; `--update` asks again for all. Commit
the file: with it, every build uses exactly what it says.

Exit status: 0 all is locked, 1 with --check: it is not, 2 wrong usage, 3 a target does not compile (what it names may
be missing), 4 something cannot be fetched: the rest is written down, and what was known of it stays.

With --verify, every chart must have a provenance file with a signature of a key in --keyring, also one that is locked
already. The keyring must not lie in the repository, where a pull request could change it.

Nothing is fetched from this machine and from addresses that it alone can reach (loopback, link-local, metadata services
of clouds), unless --allow-host or the file ~/.config/penstock/hosts names the host.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress

from penstock.cache import Entries, folder, repository_of
from penstock.cli.arguments import Arguments
from penstock.cli.remotes import LOCK, open_with
from penstock.cli.screen import tracked
from penstock.cli.sources import ALL_TARGETS, add_source_options, bounds_of, options_of
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, WORLD, Streams
from penstock.cli.workspace import Workspace
from penstock.files import REPOSITORY, Disk
from penstock.model import Diagnostic, Refusal, Target, has_errors
from penstock.pipeline import build_target, open_project
from penstock.remote import lock
from penstock.remote.charts import Missing
from penstock.remote.codes import CODES
from penstock.remote.failure import Failure
from penstock.remote.lock import ChartPin, Key, Lock, Pin
from penstock.remote.permit import shown
from penstock.remote.remotes import Policy, Remotes, read_lock
from penstock.report.text import count, text
from penstock.resolve.options import Options
from penstock.sources import Files
from penstock.words import LOCKS, printable

UNLOCKED = ("PS137", "PS193", "PS628", "PS634")
"""The codes of findings about remote sources that are left out. Other such findings have the hint to lock these
sources.
"""

MOST_LINES = 1_000
"""The most entries that are listed; the others are counted. A pull request may bring a lock file with any number."""


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    top = repository_of(streams.cwd)
    place = os.path.join(top, LOCK)
    files = Disk(top, REPOSITORY)
    shown_path = os.path.relpath(place, streams.cwd)
    old = _old(files, shown_path)
    policy = Policy(
        LOCK,
        fetch=not arguments.check,
        update=arguments.update,
        locked=True,
        keyring=_keyring(arguments, streams),
    )
    remotes = open_with(streams, policy, files, arguments.allow_host)
    if not arguments.check:
        # Most addresses are known from the files here, and are fetched side by side. What they name in turn follows
        # one by one.
        known = open_with(streams, Policy(LOCK, offline=True, update=arguments.update), files)
        remotes.fetch_ahead(_known(_workspace(known, arguments, streams), arguments.targets, known))
    workspace = _workspace(remotes, arguments, streams)
    of_remotes, others = _sorted(_follow(workspace, arguments.targets, options_of(arguments, streams)))
    streams.err.write(text([*of_remotes, *others], workspace.place, arguments.all))
    is_missing = has_errors(of_remotes)
    # An entry is dropped only if it is certain that nothing needs it any more.
    kept = old if arguments.targets or others or is_missing else {}
    new = {**kept, **remotes.used}
    if new != old or not is_missing:
        streams.out.write(_summary(old, new, shown_path))
    if arguments.check:
        return FINDINGS if new != old or is_missing or remotes.not_locked else CLEAN
    if new != old:
        _write(place, lock.write(new.values()))
    return WORLD if is_missing else SOURCES if others else CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("lock", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=ALL_TARGETS)
    parser.add_argument("--update", action="store_true", help="look up everything anew, also what is locked already")
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the file is as it should be")
    local = "allow this host, though it is this machine or its neighbour (127.0.0.1, localhost)"
    parser.add_argument("--allow-host", metavar="HOST", action="append", default=[], help=local)
    parser.add_argument("--verify", action="store_true", help="take only charts that are signed by a key of --keyring")
    parser.add_argument("--keyring", metavar="FILE", help="keys that you trust (default: ~/.gnupg/pubring.gpg)")
    add_source_options(parser, remotes=False)
    arguments = parser.parse_args(argv)
    if arguments.verify and arguments.check:
        raise Refusal("--verify asks servers for signatures, which --check would not")
    if arguments.keyring and not arguments.verify:
        raise Refusal("--keyring is for --verify")
    if arguments.update and arguments.check:
        raise Refusal("--check looks at what is locked, which --update would not")
    return arguments


def _keyring(arguments: argparse.Namespace, streams: Streams) -> str:
    """Return the absolute path of the keyring, or an empty string where nothing is verified."""
    if not arguments.verify:
        return ""
    home = streams.environ.get("HOME", "")
    path = os.path.join(streams.cwd, arguments.keyring or os.path.join(home, ".gnupg", "pubring.gpg"))
    if not os.path.isfile(path):
        raise Refusal(f"there is no keyring {path}; `gpg --export KEY >FILE` makes one for `--keyring FILE`")
    real, top = os.path.realpath(path), os.path.realpath(repository_of(streams.cwd))
    if real.startswith(os.path.join(top, "")):
        raise Refusal(f"the keyring {path} lies in the repository, where a pull request could change it")
    return real


def _old(files: Files, shown_path: str) -> Lock:
    try:
        return read_lock(files, LOCK)
    except Failure as failure:
        raise Refusal(f"{shown_path}: {failure.message}; {failure.hint}") from None


def _workspace(remotes: Remotes, arguments: argparse.Namespace, streams: Streams) -> Workspace:
    """Return the repository of the current directory, with its own files and fetched ones."""
    top = repository_of(streams.cwd)
    project = open_project(remotes, lambda _: remotes, Entries(folder(streams.environ, top)))
    project.bound(bounds_of(arguments))
    return Workspace(project, streams._replace(cwd=top), os.path.relpath(os.path.realpath(streams.cwd), top))


def _known(workspace: Workspace, words: Sequence[str], remotes: Remotes) -> Missing:
    """Return the charts that definitions name and the cache lacks, as far as that is known before anything is
    fetched.
    """
    with suppress(Refusal):  # before anything is fetched, there may be no target
        _targets(workspace, words)
    return remotes.missing


def _targets(workspace: Workspace, words: Sequence[str]) -> tuple[list[Target], list[Diagnostic]]:
    """Return the targets of the command line, or those of the whole repository."""
    return workspace.targets(words or [os.path.relpath(".", workspace.here)])


def _follow(workspace: Workspace, words: Sequence[str], options: Options) -> list[Diagnostic]:
    """Build all targets in order to find everything that they name."""
    found, findings = _targets(workspace, words)
    for target in tracked(found, "following {} targets", workspace.streams):
        findings += build_target(workspace.project, target, options)[1]
    return list(dict.fromkeys(findings))


def _sorted(findings: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Split the findings into those about remote sources, and other errors that keep a target from compiling."""
    of_remotes = [f for f in findings if f.code in CODES or f.code in UNLOCKED or f.hint == LOCKS]
    return of_remotes, [f for f in findings if f.severity == "error" and f not in of_remotes]


def _summary(old: Lock, new: Lock, path: str) -> str:
    lines = [_change(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES:,} more"]
    lines.append(f"{path}: {_counted(new)}{'' if old == new else ', changed'}")
    return "".join(f"{printable(line)}\n" for line in lines)


def _change(key: Key, before: Pin | ChartPin | None, after: Pin | ChartPin | None) -> str:
    what = "updated" if before and after else "added" if after else "removed"
    return f"{what} {_named(key)} {' -> '.join(_short(pin) for pin in (before, after) if pin)}"


def _named(key: Key) -> str:
    address, chart, wanted = key
    return f"{shown(address)} {chart}{' ' if wanted else ''}{wanted}:" if chart else shown(address)


def _counted(pins: Lock) -> str:
    charts = sum(isinstance(pin, ChartPin) for pin in pins.values())
    remotes = count(len(pins) - charts, "remote")
    return f"{remotes}, {count(charts, 'chart')}" if charts else remotes


def _short(pin: Pin | ChartPin) -> str:
    if isinstance(pin, ChartPin):
        return f"{pin.version} (sha256 {pin.sha256[:12]})"
    if pin.sha256:
        return f"sha256 {pin.sha256[:12]}"
    return f"{pin.commit[:12]} ({pin.ref})" if pin.ref else pin.commit[:12]


def _write(path: str, content: str) -> None:
    """Replace a file by a new one. The temporary name cannot be predicted, so nobody can have created it before."""
    mode = os.stat(path).st_mode & 0o777 if os.path.isfile(path) else 0o666 & ~_umask()
    temporary = ""
    try:
        number, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{lock.NAME}.")
        with open(number, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise Refusal(f"cannot write {path}: {error.strerror}", WORLD) from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
