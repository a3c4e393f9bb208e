"""Files of a git commit or of the index, read without a checkout; and `Git`, the only place that starts `git`.

Git is used through its plumbing, which is the same for every user: no hooks run, no prompt waits, messages are in
English, and neither the environment of a hook (`GIT_DIR`) nor replacement objects and grafts change what is read. A
command that was not started with `network=True` opens no connection: git must not fetch what a partial clone lacks,
because that would run the programs that the configuration names (`core.sshCommand`, `core.gitProxy`).
"""

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from functools import cached_property
from signal import SIGKILL
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from types import TracebackType
from typing import Self

from penstock.files import MAX_BYTES, MAX_LINK, blob_id, follow, too_large
from penstock.model import Refusal, Unreadable
from penstock.records import NamedTuple

HERE, NETWORK = 120.0, 600.0
"""Seconds that a git command may take, without and with a network."""

MAX_MESSAGE = 2000
"""The most characters of git's own message that are shown. Servers can send any amount."""

CONFIGURATION = (
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

MAX_ENTRIES = 500_000
"""The most files of a commit or of the index. Ten tree objects can describe 10^9 paths."""

LARGE = 8
"""How many objects may turn out to be too large before git is asked for the sizes of all remaining ones."""

LACKING = 16
"""How many objects of one request may be found missing before a partial clone is taken to lack the rest, too."""

BATCH = 500
"""How many ids are sent to git before its answers are read. More could fill both pipes, and cause a deadlock."""


REFETCH = "git fetch --refetch --no-filter"
"""The command that turns a partial clone into a whole one. Without the second option, its filter still holds."""


class Answer(NamedTuple):
    """The result of a git command: its exit status, its output and its error message."""

    status: int
    out: bytes
    complaint: str


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
            raise Refusal(f"git {arguments[0]}: {answer.complaint or f'exit status {answer.status}'}", 4)
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
            missing = "git is not installed, or not on the PATH" if os.path.isdir(self.directory) else str(error)
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
            raise Refusal(f"git {arguments[0]}: {message_of(complaint) or f'exit status {process.returncode}'}", 4)

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
                for taken, found in enumerate(objects.several(left, limit), 1):
                    if found is not None and found.data is not None:
                        yield left[taken - 1], found.data
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
            raise Ended("git cat-file ended before its time", 4)
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


class Commit(NamedTuple):
    """The parts of a commit that are used: its id, that of its root tree, and those of the parents that it names."""

    id: str
    tree: str
    parents: tuple[str, ...]


MAX_COMMIT = 8 * 1024 * 1024
"""The most bytes of one commit."""


def read_commit(git: Git, revision: str) -> Commit:
    """Return a commit by any name. Raises `Refusal` with status 2 if the repository has no such commit."""
    found = None
    if revision and not revision.startswith("-") and not {"\n", "\0"} & set(revision):
        try:
            found = git.lookup.get(f"{revision}^{{commit}}", MAX_COMMIT)
        except Ended:
            git.run("rev-parse", "--git-dir")  # git says why
            raise
    if found is None:
        raise Refusal(f"there is no commit {revision!r} here{_that_brings(git, revision)}", 2)
    lines = [line.split(b" ") for line in (found.data or b"").partition(b"\n\n")[0].split(b"\n")]
    named = [(line[0], line[1].decode("ascii", "replace")) for line in lines if len(line) == 2]
    tree = next((name for key, name in named if key == b"tree"), "")
    return Commit(found.id, tree, tuple(name for key, name in named if key == b"parent"))


PLAIN_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
"""The names of branches that need no quotes in a shell."""


def _that_brings(git: Git, revision: str) -> str:
    """Return the end of a message: the command that brings a commit which the clone of a pipeline often lacks; empty if
    none is known.
    """
    is_shallow = git.ask("rev-parse", "--is-shallow-repository").out.strip() == b"true"
    remote, slash, branch = revision.partition("/")
    if slash and PLAIN_BRANCH.fullmatch(branch) and remote in os.fsdecode(git.ask("remote").out).splitlines():
        options = " --unshallow" if is_shallow else ""
        return f"; `git fetch{options} {remote} +refs/heads/{branch}:refs/remotes/{revision}` brings it from the remote"
    return "; this clone is shallow: `git fetch --unshallow` brings its history" if is_shallow else ""


def check_apart(git: Git) -> None:
    """Raise `Refusal` if git takes a directory within another repository for a bare one.

    The configuration of such a repository can have come with the files, and it names programs that git runs when it
    talks to a remote.
    """
    bare, _, folder = os.fsdecode(git.run("rev-parse", "--is-bare-repository", "--absolute-git-dir")).partition("\n")
    if bare != "true":
        return
    folder = folder.removesuffix("\n")
    above = git.beside(os.path.dirname(folder)).ask("rev-parse", "--absolute-git-dir")
    if above.status == 0 and os.fsdecode(above.out).removesuffix("\n") != folder:
        message = f"{folder} is a bare repository inside of another one, whose files may have brought its configuration"
        raise Refusal(f"{message}; no remote is asked for it", 4)


def commit_id(git: Git, revision: str) -> str:
    """Return the full id of a commit. Raises `Refusal` with status 2 if the repository has no such commit."""
    return read_commit(git, revision).id


NEAR = 64
"""How many first parents are checked before git is asked where two histories part."""


def merge_base(git: Git, old: str, young: str) -> str:
    """Return the commit where two histories part; empty if they share none, or if the clone does not have it."""
    at = young
    for _ in range(NEAR):
        if at == old:
            return old
        found = git.lookup.get(at, MAX_COMMIT)
        parents = re.search(rb"^parent ([0-9a-f]+)$", (found.data or b"") if found else b"", re.MULTILINE)
        if parents is None:
            break
        at = parents[1].decode()
    return git.ask("merge-base", old, young).out.decode("ascii", "replace").partition("\n")[0]


class Blob(NamedTuple):
    """A file or symlink: its mode (octal, as in git) and the id of its content."""

    mode: str
    id: str


MAX_AHEAD = 64 * 1024
"""The most bytes of a file that is read ahead."""

MAX_ALL_AHEAD = 64 * 1024 * 1024
"""The most bytes of all files together that are read ahead."""

SYMLINK, SUBMODULE = "120000", "160000"

REGULAR = "100"
"""The prefix of the modes of files."""

MAX_TREE = 8 * 1024 * 1024
"""The most bytes of a root tree that is read alone."""

GITMODULES = ".gitmodules"
"""The file that says which entries of a tree are submodules."""

MAX_SUBMODULES, MAX_LEVELS, MAX_FOLDERS = 100, 8, 1_000
"""The most submodules that are read, how deep they may be nested, and the most folders that are searched for their
objects.
"""

IMPOSSIBLE = re.compile(r"(?:^|/)(?:\.git|\.\.|\.|)(?:/|$)")
"""Paths that no work tree can have, although a tree made by hand can. They are left out."""


class _GitFiles:
    """`model.Files` over the blobs of a repository. Paths are relative to its top. Close it, or use `with`."""

    def __init__(self, git: Git, listed: Callable[[], Mapping[str, Blob]]) -> None:
        self._git = git
        self._listed = listed
        self._objects = git.lookup
        self._ahead: dict[str, bytes] = {}

    @cached_property
    def _own(self) -> Mapping[str, Blob]:
        """The entries of the repository itself, with its submodules as entries."""
        return self._listed()

    @cached_property
    def _blobs(self) -> Mapping[str, Blob]:
        return self._whole.blobs

    @cached_property
    def _whole(self) -> "_Whole":
        return _with_submodules(self._reader, self._own)

    @property
    def has_submodules(self) -> bool:
        return self._reader is not self._git

    @cached_property
    def _reader(self) -> Git:
        """The repository with all objects, including those of submodules."""
        is_given = GITMODULES in self._own
        submodules = [path for path, blob in self._own.items() if is_given and blob.mode == SUBMODULE]
        return self._git.with_submodules(submodules) if submodules else self._git

    @cached_property
    def _directories(self) -> frozenset[str]:
        return _directories(self._blobs)

    @cached_property
    def _links(self) -> dict[str, str]:
        return _links(self._reader, self._blobs)

    def read(self, path: str) -> bytes | None:
        if _is_outside(path):
            return None
        real = self.real(path)
        blob = self._blobs.get(real)
        if blob is None:
            if _leaves(real) and not _leaves(posixpath.normpath(path)):
                raise Unreadable("is a symbolic link that leads out of the repository")
            return None
        if blob.mode == SYMLINK:
            raise Unreadable(f"is a symbolic link of more than {MAX_LINK:,} bytes, or whose content is missing")
        return self._content(blob.id)

    def real(self, path: str) -> str:
        if not self._links and path in self._blobs:
            return path
        path = posixpath.normpath(path)
        if self._links:
            path = follow(path, self._links)
        return f"..{path}" if path.startswith("/") else path  # an absolute link leaves the tree, wherever it leads

    def is_dir(self, path: str) -> bool:
        try:
            return not _is_outside(path) and self.real(path) in self._directories
        except Unreadable:  # a loop of links
            return False

    def blob(self, path: str) -> str | None:
        blob = self._blobs.get(self.real(path))
        if blob is not None and blob.mode == SYMLINK:
            raise Unreadable("is a symbolic link that leads nowhere")
        return None if blob is None else blob.id

    def listing(self) -> dict[str, str] | None:
        """Return the id of each file by path; None if there are symbolic links, with which a path may lead
        elsewhere.
        """
        if any(blob.mode == SYMLINK for blob in self._blobs.values()):
            return None
        return {path: blob.id for path, blob in self._blobs.items()}

    def entries(self) -> list[tuple[str, Blob]]:
        """Return all files and symbolic links, sorted by path. Two states with the same entries are the same."""
        return sorted(self._blobs.items())

    def walk(self, path: str) -> Iterator[str]:
        top = self.real(path)
        prefix = "" if top == "." else f"{top}/"
        given = "" if path in ("", ".") else f"{posixpath.normpath(path)}/"
        below = sorted(p for p in self._blobs if p.startswith(prefix))
        return (given + p[len(prefix) :] for p in below if not (p in self._links and self.is_dir(p)))

    def read_ahead(self, paths: Iterable[str]) -> None:
        """Read many small files at once, most of which will be needed. Reading each of them alone would mean one wait
        for git per file.

        If a repository is too large to be kept in memory, only the first files are read.
        """
        ids = [self._blobs[path].id for path in paths if path in self._blobs]
        left = MAX_ALL_AHEAD - sum(map(len, self._ahead.values()))
        for name, data in self._reader.contents((name for name in ids if name not in self._ahead), MAX_AHEAD):
            left -= len(data)
            if left < 0:
                break
            self._ahead[name] = data

    def close(self) -> None:
        self._objects.close()
        if "_reader" in self.__dict__:
            self._reader.lookup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _content(self, blob: str) -> bytes:
        if blob in self._ahead:
            return self._ahead[blob]
        found = self._objects.get(blob, MAX_BYTES)
        if found is None and self.has_submodules:
            found = self._reader.lookup.get(blob, MAX_BYTES)
        if found is None or found.kind != "blob":
            raise Unreadable(f"is missing from the repository; in a partial clone, `{REFETCH}` brings it")
        if found.data is None:
            raise Unreadable(too_large(found.size))
        return found.data


def _links(git: Git, blobs: Mapping[str, Blob]) -> dict[str, str]:
    """Return the target of each symlink. A symlink that is longer than any file system allows is left out."""
    ids = {path: blob.id for path, blob in blobs.items() if blob.mode == SYMLINK}
    targets = {name: _path(data) for name, data in git.contents(ids.values(), MAX_LINK)}
    return {path: targets[name] for path, name in ids.items() if name in targets}


def _is_outside(path: str) -> bool:
    """Return whether a path starts outside of git's files, whatever links there are."""
    return path.startswith(("../", ".git/")) or path in ("..", ".git")


def _leaves(path: str) -> bool:
    """Return whether a path leads out of the tree."""
    return path == ".." or path.startswith(("../", "/"))


class GitCommit(_GitFiles):
    """The files of a commit. `commit` is its full id, and `tree` that of its root tree. The files of submodules that
    are checked out are included, at the commits that this commit names.

    With `beside`, another commit of the same repository, only the differences from that commit are listed. Raises
    `Refusal`: status 2 if there is no such commit, 4 if there is no repository.
    """

    def __init__(self, git: Git, revision: str, beside: "GitCommit | None" = None) -> None:
        self.commit, self.tree, _ = read_commit(git, revision)
        self._beside = beside
        super().__init__(git, self._list)

    def read(self, path: str) -> bytes | None:
        """Read a file. For a file at the top, only the root tree is read first: if nothing has changed, no more is
        needed.
        """
        if "_blobs" in vars(self) or "/" in path or not path.strip("."):
            return super().read(path)
        found = self._top.get(path) if self._top is not None else Blob("", "")
        if found is not None and not found.mode.startswith(REGULAR):
            return super().read(path)
        return self._content(found.id) if found is not None else None

    @cached_property
    def _top(self) -> Mapping[str, Blob] | None:
        """The entries of the root tree, or None if it cannot be read alone."""
        found = self._objects.get(self.tree, MAX_TREE)
        return _entries(found.data, len(self.tree) // 2) if found is not None and found.data is not None else None

    def touched(self) -> Set[str] | None:
        """Return the files that differ from those of the commit beside, and the directories in or below which files
        were added or removed.

        The result is None if a symbolic link may lead to them by other paths, if there are submodules, or if there is
        no other commit.
        """
        if self._beside is None or self._beside._links or self._links:
            return None
        if self._beside.has_submodules or self.has_submodules:
            return None
        old, new = self._beside._blobs, self._blobs
        changed = {path for path in self._changes if old.get(path) != new.get(path)}
        return (
            changed | _directories(path for path in changed if (path in old) != (path in new)) if changed else changed
        )

    @cached_property
    def _changes(self) -> dict[str, Blob | None]:
        assert self._beside is not None
        return _changes(self._git, self._beside.tree, self.tree)

    @cached_property
    def state(self) -> str:
        """The state on which the files depend: the root tree, and which submodules are not here."""
        if (self._top is not None and GITMODULES not in self._top) or not self._whole.missing:
            return self.tree
        return f"{self.tree}-{blob_id(' '.join(self._whole.missing).encode())}"

    def _list(self) -> Mapping[str, Blob]:
        if self._beside is None:
            return blobs_of(self._git, self.commit)
        return _changed(self._beside._own, self._changes, self.tree)


class GitIndex(_GitFiles):
    """The files that the next commit would have. Raises `Refusal` if a merge has left conflicts."""

    def __init__(self, directory: str, environ: Mapping[str, str] | None = None) -> None:
        top = os.fsdecode(Git(directory, environ).run("rev-parse", "--show-toplevel")).rstrip("\n")
        git = Git(top, environ, index=True)
        listing = git.records("ls-files", "--stage", "-z", limit=MAX_ENTRIES, what="the index")
        staged = _staged(listing)
        super().__init__(git, lambda: staged)


def _entries(tree: bytes, size: int) -> dict[str, Blob] | None:
    """Parse a raw tree, whose ids have `size` bytes. Return None if the tree is malformed."""
    parts = re.findall(rb"([0-7]+) ([^\0/]+)\0(.{%d})" % size, tree, re.DOTALL)
    if sum(len(mode) + len(name) + size + 2 for mode, name, _ in parts) != len(tree):
        return None
    return {_path(name): Blob(mode.decode(), key.hex()) for mode, name, key in parts}


class _Whole(NamedTuple):
    """The files and symlinks of a repository with its submodules, and the commits of the submodules that are not
    here.
    """

    blobs: Mapping[str, Blob]
    missing: tuple[str, ...] = ()


def _with_submodules(git: Git, own: Mapping[str, Blob]) -> _Whole:
    """Return the files of a repository, and of those submodules whose commits are here. Raises `Refusal` if there are
    too many.
    """
    # Few repositories have submodules, and all others are done here.
    if all(blob.mode != SUBMODULE for blob in own.values()):
        return _Whole(own)
    found: dict[str, Blob] = {}
    missing: list[str] = []
    waiting = [("", own, 0 if GITMODULES in own else MAX_LEVELS)]
    count = 0
    while waiting:
        prefix, blobs, depth = waiting.pop()
        for path, blob in blobs.items():
            if blob.mode != SUBMODULE:
                found[f"{prefix}{path}"] = blob
            elif depth < MAX_LEVELS and count < MAX_SUBMODULES and git.sizes([blob.id]):
                count += 1
                waiting.append((f"{prefix}{path}/", blobs_of(git, blob.id), depth + 1))
            else:
                missing.append(blob.id)
        if len(found) > MAX_ENTRIES:
            raise Refusal(f"with its submodules, this has more than {MAX_ENTRIES:,} files and directories", 3)
    return _Whole(found, tuple(missing))


def _stores(git: Git, paths: Iterable[str]) -> list[str]:
    """Return the folders with the objects of submodules.

    Git keeps them below `modules` of the repository, and there each submodule has those of its own submodules. Old
    versions of git left them at the path of the submodule.
    """
    folders = os.fsdecode(git.run("rev-parse", "--git-common-dir", "--absolute-git-dir")).splitlines()
    above = [os.path.realpath(os.path.join(git.directory, folder)) for folder in folders]
    top = os.fsdecode(git.ask("rev-parse", "--show-toplevel").out).rstrip("\n")
    waiting = [os.path.join(folder, "modules") for folder in dict.fromkeys(above)]
    waiting += [os.path.join(top, path, ".git") for path in paths if top]
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
            waiting += sorted(entry.path for entry in os.scandir(folder))
    return found


def _quoted(path: str) -> str:
    """Quote a path for a list of paths that git reads."""
    plain = os.pathsep not in path and not path.startswith('"')
    return path if plain else '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def blobs_of(git: Git, tree: str) -> dict[str, Blob]:
    """Return the files and symlinks of a commit or tree, by path. Raises `Refusal` if there are too many."""
    blobs = {}
    listing = ("ls-tree", "-r", "-t", "-z", "--full-tree", tree)  # with the directories: they may hold no file at all
    for entry in git.records(*listing, limit=MAX_ENTRIES, what=tree):
        meta, _, path = entry.partition(b"\t")
        mode, kind, blob = meta.decode().split()
        if kind != "tree":
            blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _changes(git: Git, old: str, new: str) -> dict[str, Blob | None]:
    """Return the differences between two trees: the new entry at each path, or None if it was removed."""
    listing = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--ignore-submodules=none", "--no-abbrev", old, new)
    records = git.records(*listing, limit=2 * MAX_ENTRIES, what=new)
    found: dict[str, Blob | None] = {}
    for meta, path in zip(records, records, strict=False):
        _, mode, _, blob, status = meta.decode("ascii", "replace").split(" ")
        found[_path(path)] = None if status.startswith("D") else Blob(mode, blob)
    return found


def _changed(blobs: Mapping[str, Blob], changes: Mapping[str, Blob | None], new: str) -> Mapping[str, Blob]:
    """Return the files and symlinks of the tree `new`, computed from those of another tree and the differences between
    the two.
    """
    found = dict(blobs)
    for path, blob in changes.items():
        if blob is None:
            found.pop(path, None)
        else:
            found[path] = blob
    if len(found) > MAX_ENTRIES:
        raise Refusal(f"{new} has more than {MAX_ENTRIES:,} files and directories", 3)
    return _possible(found)


def _staged(listing: Iterable[bytes]) -> dict[str, Blob]:
    blobs = {}
    for entry in listing:
        meta, _, path = entry.partition(b"\t")
        mode, blob, stage = meta.decode().split()
        if stage != "0":
            raise Refusal(f"the index has a merge conflict in {_path(path)}", 4)
        blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _path(name: bytes) -> str:
    """Decode a path, which is bytes to git, as UTF-8 whatever the locale. Bytes that are not UTF-8 are preserved."""
    return name.decode("utf-8", "surrogateescape")


def _possible(blobs: dict[str, Blob]) -> dict[str, Blob]:
    return {p: blob for p, blob in blobs.items() if not IMPOSSIBLE.search(p)}


def _directories(paths: Iterable[str]) -> frozenset[str]:
    found = {"."}
    for path in paths:
        while (path := posixpath.dirname(path)) and path not in found:
            found.add(path)
    return frozenset(found)


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


CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def public(address: str) -> str:
    """Return the address of a repository without a user name and password."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", address)


def message_of(complaint: bytes) -> str:
    """Return git's message for people: without passwords in URLs, without control characters, and of limited length."""
    text = CREDENTIALS.sub("***", complaint.decode("utf-8", "replace")).strip()
    if "from promisor remote" in text or "lazy fetching disabled" in text:
        return f"this clone is partial and lacks what is asked for; `{REFETCH}` brings it"
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text[:MAX_MESSAGE])
    return clean.removeprefix("fatal: ").removeprefix("error: ")
