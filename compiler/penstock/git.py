"""`Git`, the only place that starts `git`, and the objects that it answers with.

Git is used through its plumbing, which is the same for every user: no hooks run, no prompt waits, messages are in
English, and neither the environment of a hook (`GIT_DIR`) nor replacement objects and grafts change what is read. A
command that was not started with `network=True` opens no connection: git must not fetch what a partial clone lacks,
because that would run the programs that the configuration names (`core.sshCommand`, `core.gitProxy`).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from signal import SIGKILL, Signals
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from types import TracebackType
from typing import Self

from penstock.damage import with_help
from penstock.model import Refusal
from penstock.records import NamedTuple
from penstock.regex import regex

HERE, NETWORK = 120.0, 600.0
"""Seconds that a git command may take, without and with a network."""

MAX_MESSAGE = 2000
"""The most characters of git's own message that are shown. Servers can send any amount."""

CONFIGURATION = (
    "advice.graftFileDeprecated=false",  # the graft file that is read is an empty one
    "core.hooksPath=/dev/null",  # a hook is for people who commit, and may do anything
    "core.fsmonitor=false",
    "gc.auto=0",
    "i18n.commitEncoding=UTF-8",
    "maintenance.auto=false",
    "log.showSignature=false",
    "push.followTags=false",
    "push.gpgSign=false",
)

REDIRECTIONS = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "LANGUAGE",
)
"""Variables that point git to another repository than the one in which it is started, or that change how it reads
paths. Git sets some of them for hooks.
"""

SETTINGS = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
}

ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
"""The variables that keep a command from the network. The second is for versions of git that do not know the first."""

LARGE = 8
"""How many objects may turn out to be too large before git is asked for the sizes of all remaining ones."""

MAX_FOLDERS = 1_000
"""The most folders that are searched for the objects of submodules."""

LACKING = 16
"""How many objects of one request may be found missing before a partial clone is taken to lack the rest, too."""

BATCH = 500
"""How many ids are sent to git before its answers are read. More could fill both pipes, and cause a deadlock."""


REFETCH = "git fetch --refetch --no-filter"
"""The command that turns a partial clone into a whole one. Without the second option, its filter still holds."""

INCOMPLETE = f"this clone is partial and lacks what is asked for; `{REFETCH}` brings it"

_NO_TREE = ("not a tree object", "bad tree object", "unable to read tree")


class Answer(NamedTuple):
    """The result of a git command: its exit status, its output and its error message."""

    status: int
    out: bytes
    complaint: str


def _failed(command: str, complaint: str, status: int) -> Refusal:
    return Refusal(with_help(f"git {command}: {complaint or _ending(status)}"), 4)


def _ending(status: int) -> str:
    """Return how a command has ended that said nothing: by itself, or by a signal."""
    names = {-each.value: each.name for each in Signals}
    return f"ended by signal {-status} ({names[status]})" if status in names else f"exit status {status}"


class Git:
    """The repository around a directory. With `index`, the `GIT_INDEX_FILE` of a pre-commit hook counts."""

    def __init__(self, directory: str, environ: Mapping[str, str] | None = None, index: bool = False) -> None:
        inherited = os.environ if environ is None else environ
        keep = "GIT_INDEX_FILE" if index else ""
        self.directory, self.limit = directory, HERE
        self._running: set[Popen[bytes]] = set()
        self._is_stopped = False
        self._environ = {k: v for k, v in inherited.items() if k not in REDIRECTIONS or k == keep} | SETTINGS

    def with_submodules(self, paths: Iterable[str]) -> "Git":
        """Return the repository with the objects of those submodules that are checked out. `paths` are the paths of the
        submodules.
        """
        other = Git(self.directory, self._environ)
        stores = [_quoted(store) for store in _stores(self, paths)]
        other._environ |= {"GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(stores)} if stores else {}
        return other

    def beside(self, directory: str) -> "Git":
        """Return the repository around another directory, with the same environment variables."""
        return Git(directory, self._environ)

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = 0, network: bool = False) -> bytes:
        """Return the output of a command. Raises `Refusal` (exit status 4) with git's own message if it fails."""
        answer = self.ask(*arguments, stdin=stdin, seconds=seconds, network=network)
        if answer.status:
            raise _failed(arguments[0], answer.complaint, answer.status)
        return answer.out

    def ask(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = 0,
        network: bool = False,
        environ: Mapping[str, str] = {},
    ) -> Answer:
        """Run a command that may fail, for `limit` seconds at most without a network. `environ` adds environment
        variables. Raises `Refusal` if the command cannot be started, or does not end in time.
        """
        seconds = seconds or (NETWORK if network else self.limit)
        process = self.start(*arguments, network=network, environ=environ)
        self._running.add(process)
        try:
            if self._is_stopped:
                _end(process)
            out, complaint = process.communicate(stdin, timeout=seconds)
        except TimeoutExpired:
            raise Refusal(f"git {arguments[0]} did not end within {seconds:.0f} seconds", 4) from None
        finally:
            self._running.discard(process)
            if process.returncode is None:
                kill(process)
        return Answer(process.returncode, out, message_of(complaint))

    def stop(self) -> None:
        """Kill the commands for whose answers other threads wait, and any that they start from now on."""
        self._is_stopped = True
        for process in tuple(self._running):
            _end(process)

    def start(
        self, *arguments: str, quiet: bool = False, network: bool = False, environ: Mapping[str, str] = {}
    ) -> Popen[bytes]:
        """Start a command that keeps running, with pipes to it, and without a terminal on which it could prompt."""
        command = ["git", *(word for setting in CONFIGURATION for word in ("-c", setting)), *arguments]
        try:
            return Popen(
                command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL if quiet else PIPE,
                cwd=self.directory,
                env={**self._environ, **environ, **({} if network else ALONE)},
                start_new_session=True,
            )
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError) and os.path.isdir(self.directory)
            missing = "git is not installed, or not on the PATH" if is_missing else f"git cannot be started: {error}"
            raise Refusal(missing, 4) from None
        except ValueError:  # a NUL in an argument
            raise Refusal(f"git {arguments[0]}: an argument has a NUL character in it", 2) from None

    def records(self, *arguments: str, limit: int, what: str) -> Iterator[bytes]:
        """Yield the records of a listing, each of which ends in a NUL, as they arrive.

        Raises `Refusal` with status 3 if there are more than `limit`. The message says that `what` has too many files.
        """
        process = self.start(*arguments)
        assert process.stdout is not None
        rest, number = b"", 0
        try:
            while chunk := process.stdout.read(1 << 16):
                *records, rest = (rest + chunk).split(b"\0")
                number += len(records)
                if number > limit:
                    raise Refusal(f"{what} has more than {limit:,} files and directories", 3)
                yield from records
            _, complaint = process.communicate()
        finally:
            if process.returncode is None:
                kill(process)
        if process.returncode:
            raise _failed(arguments[0], self._said(complaint), process.returncode)

    def _said(self, complaint: bytes) -> str:
        """Return git's message for people. Newer versions of git do not say that a partial clone lacks a tree."""
        said = message_of(complaint)
        return INCOMPLETE if said.startswith(_NO_TREE) and self.is_partial else said

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the sizes of objects in bytes, without those that are not here. Git need not unpack the objects for
        that.
        """
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        listing = self.run("cat-file", "--batch-check", stdin="".join(f"{name}\n" for name in wanted).encode())
        lines = [line.split() for line in listing.decode("ascii", "replace").splitlines()]
        return {words[0]: int(words[2]) for words in lines if len(words) == 3 and words[2].isdigit()}

    def contents(self, ids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes]]:
        """Yield the objects with these ids, each once, without those that are not here or are larger than `limit`
        bytes.

        Only one object is in memory at a time.
        """
        left = list(dict.fromkeys(ids))
        for _ in range(LARGE):
            if not left:
                return
            taken = 0
            with Objects(self) as objects:
                for taken, data in enumerate(_data_of(objects.several(left, limit)), 1):
                    if data is not None:
                        yield left[taken - 1], data
            left = left[taken:]
        small = [name for name, size in self.sizes(left).items() if size <= limit]
        with Objects(self) as objects:
            yield from ((found.id, found.data or b"") for found in objects.several(small, limit) if found is not None)

    def objects(self) -> "Objects":
        """Return a new process that answers requests for single objects."""
        return Objects(self)

    @cached_property
    def is_partial(self) -> bool:
        """Whether this is a partial clone. Versions of git before 2.45 end there at an object that they may not
        fetch.
        """
        return self.ask("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$").status == 0

    @cached_property
    def lookup(self) -> "Objects":
        """The shared process that answers requests for single objects. Starting a process takes longer than most
        answers.
        """
        return Objects(self)


def _data_of(found: Iterable["Object | None"]) -> Iterator[bytes | None]:
    return (each.data if each is not None else None for each in found)


class Ended(Refusal):
    """Raised when git ends before it has answered, because the repository is damaged or somebody has killed git."""


class Object(NamedTuple):
    """An object of git. `data` is None if it was not read because it is too large."""

    id: str
    kind: str
    size: int
    data: bytes | None


class Objects:
    """One `git cat-file --batch`, started when the first object is requested. Close it, or use `with`."""

    def __init__(self, git: Git, *options: str) -> None:
        self._git = git
        self._options = options
        self._process: Popen[bytes] | None = None

    def get(self, name: str, limit: int) -> Object | None:
        """Return the object with an id, or None if the repository lacks it."""
        self._ask(f"{name}\n")
        found = self._answer(limit)
        if found and found.data is None:
            self.close()  # git is sending it: starting again is cheaper than reading it
        return found

    def several(self, names: list[str], limit: int) -> Iterator[Object | None]:
        """Yield the object with each id, or None if the repository lacks it. They are requested in batches.

        The first object that is larger than `limit` bytes is the last one, because git is about to send its data.
        """
        at = ends = 0
        while at < len(names) and ends < LACKING:
            batch = names[at : at + BATCH]
            self._ask("".join(f"{name}\n" for name in batch))
            for _ in batch:
                found = self._answer(limit)
                at += 1
                yield found
                if found is not None and found.data is None:
                    return
                if self._process is None:  # git has ended at this one, and is asked for the others again
                    ends += 1
                    break
        yield from (None for _ in names[at:])

    def _ask(self, lines: str) -> None:
        if self._process is None:
            self._process = self._git.start(*self._options, "cat-file", "--batch", quiet=True)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(lines.encode("utf-8", "surrogateescape"))
            self._process.stdin.flush()

    def _answer(self, limit: int) -> Object | None:
        assert self._process is not None
        assert self._process.stdout is not None
        out = self._process.stdout
        header = out.readline().decode("ascii", "replace").split()
        if not header:
            self.close()
            if self._git.is_partial:
                return None
            raise Ended(with_help("git cat-file ended before its time"), 4)
        if len(header) != 3 or not header[2].isdigit():
            return None
        size = int(header[2])
        if 0 <= limit < size:
            return Object(header[0], header[1], size, None)
        return Object(header[0], header[1], size, out.read(size + 1)[:-1])

    def close(self) -> None:
        if self._process:
            kill(self._process)
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _stores(git: Git, paths: Iterable[str]) -> list[str]:
    """Return the folders with the objects of submodules.

    Git keeps them below `modules` of the repository, and there each submodule has those of its own submodules. Old
    versions of git left them at the path of the submodule.
    """
    waiting = _places_of_stores(git, paths)
    found: list[str] = []
    looked = 0
    while waiting and looked < MAX_FOLDERS:
        folder = waiting.pop(0)
        looked += 1
        # A link would lead git to objects outside of this repository.
        if os.path.islink(folder) or not os.path.isdir(folder):
            continue
        if os.path.isfile(os.path.join(folder, "HEAD")):
            found.append(os.path.join(folder, "objects"))
            waiting.append(os.path.join(folder, "modules"))
        else:
            with os.scandir(folder) as entries:
                waiting += sorted(entry.path for entry in entries)
    return found


def _places_of_stores(git: Git, paths: Iterable[str]) -> list[str]:
    folders = os.fsdecode(git.run("rev-parse", "--git-common-dir", "--absolute-git-dir")).splitlines()
    above = [os.path.realpath(os.path.join(git.directory, folder)) for folder in folders]
    top = os.fsdecode(git.ask("rev-parse", "--show-toplevel").out).rstrip("\n")
    below = [os.path.join(top, path, ".git") for path in paths if top]
    return [os.path.join(folder, "modules") for folder in dict.fromkeys(above)] + below


def _quoted(path: str) -> str:
    """Quote a path for a list of paths that git reads."""
    plain = os.pathsep not in path and not path.startswith('"')
    return path if plain else '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _end(process: Popen[bytes]) -> None:
    """Kill a command and all processes that it has started. They are in a session of their own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, SIGKILL)


def kill(process: Popen[bytes]) -> None:
    """Kill a command and all processes that it has started, and close the pipes to it."""
    _end(process)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):  # closing flushes what was not sent yet
                pipe.close()
    process.wait()


CREDENTIALS = regex(r"(?<=://)[^/@\s]+(?=@)")


def public(address: str) -> str:
    """Return the address of a repository without a user name and password."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", address)


def message_of(complaint: bytes) -> str:
    """Return git's message for people: without passwords in URLs, without control characters, and of limited length."""
    text = CREDENTIALS.sub("***", complaint.decode("utf-8", "replace")).strip()
    if "from promisor remote" in text or "lazy fetching disabled" in text:
        return INCOMPLETE
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text[:MAX_MESSAGE])
    return clean.removeprefix("fatal: ").removeprefix("error: ")
