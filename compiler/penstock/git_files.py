"""Files of a git commit or of the index, read without a checkout; and `Git`, the one place that starts `git`.

Git is asked by way of its plumbing, which is the same for every user: no hooks run, no prompt waits, messages are in
English, and neither the surroundings of a hook (`GIT_DIR`) nor replacement objects change what is read.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from signal import SIGKILL
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import NamedTuple, Self

from penstock.files import MAX_BYTES, follow, too_large
from penstock.model import Refusal, Unreadable

HERE, NETWORK = 120.0, 600.0
"""Seconds that a git command may take, without and with a network."""

MAX_MESSAGE = 2000
"""As many characters of git's own message are shown; servers can send any amount."""

CONFIGURATION = (
    "core.hooksPath=/dev/null",  # a hook is for people who commit, and may do anything
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "log.showSignature=false",
    "push.followTags=false",
    "push.gpgSign=false",
)

REDIRECTIONS = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "LANGUAGE",
)
"""Variables that point git to another repository than the one it is started in; git sets some of them for hooks."""

SETTINGS = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}


class Answer(NamedTuple):
    """What a git command said: its exit status, its output and its complaint."""

    status: int
    out: bytes
    complaint: str


class Git:
    """The repository around a directory. With `index`, the `GIT_INDEX_FILE` of a pre-commit hook counts."""

    def __init__(self, directory: str, environ: Mapping[str, str] | None = None, index: bool = False) -> None:
        inherited = os.environ if environ is None else environ
        keep = "GIT_INDEX_FILE" if index else ""
        self.directory = directory
        self._environ = {k: v for k, v in inherited.items() if k not in REDIRECTIONS or k == keep} | SETTINGS

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = HERE) -> bytes:
        """The output of a command. Raises `Refusal` (exit status 4) with git's own message if it fails."""
        answer = self.ask(*arguments, stdin=stdin, seconds=seconds)
        if answer.status:
            raise Refusal(f"git {arguments[0]}: {answer.complaint or f'exit status {answer.status}'}", 4)
        return answer.out

    def ask(self, *arguments: str, stdin: bytes = b"", seconds: float = HERE) -> Answer:
        """A command that may fail. Raises `Refusal` where it cannot be started or does not end in time."""
        process = self.start(*arguments)
        try:
            out, complaint = process.communicate(stdin, timeout=seconds)
        except TimeoutExpired:
            raise Refusal(f"git {arguments[0]} did not end within {seconds:.0f} seconds", 4) from None
        finally:
            if process.returncode is None:
                _kill(process)
        return Answer(process.returncode, out, _shown(complaint))

    def start(self, *arguments: str, quiet: bool = False) -> Popen[bytes]:
        """A command that goes on running, with pipes to it, and without a terminal on which it could ask something."""
        command = ["git", *(word for setting in CONFIGURATION for word in ("-c", setting)), *arguments]
        try:
            return Popen(
                command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL if quiet else PIPE,
                cwd=self.directory,
                env=self._environ,
                start_new_session=True,
            )
        except OSError as error:
            missing = "git is not installed, or not on the PATH" if os.path.isdir(self.directory) else str(error)
            raise Refusal(missing, 4) from None
        except ValueError:  # a NUL in an argument
            raise Refusal(f"git {arguments[0]}: an argument has a NUL character in it", 2) from None


def commit_id(git: Git, revision: str) -> str:
    """The full id of a commit. Raises `Refusal` with status 2 where the repository has no such commit."""
    if not revision.startswith("-"):
        answer = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if answer.status == 0:
            return answer.out.decode().strip()
        if answer.status != 1:
            raise Refusal(answer.complaint, 4)
    raise Refusal(f"there is no commit {revision!r} here", 2)


class Blob(NamedTuple):
    """A file or symlink: its mode (octal, as git has it) and the id of its content."""

    mode: str
    id: str


SYMLINK, SUBMODULE = "120000", "160000"

IMPOSSIBLE = re.compile(r"(?:^|/)(?:\.git|\.\.|\.|)(?:/|$)")
"""Paths that no work tree can have, though a tree made by hand can: they are not there."""


class _GitFiles:
    """`model.Files` over the blobs of a repository. Paths are relative to its top. Close it, or use `with`."""

    _process: Popen[bytes] | None = None

    def __init__(self, git: Git, blobs: Mapping[str, Blob]) -> None:
        self._git = git
        self._blobs = blobs
        self._directories = _directories(blobs)
        self._links: dict[str, str] = {}
        for path, blob in blobs.items():
            if blob.mode == SYMLINK:
                with suppress(Unreadable):  # whoever reads it finds out
                    self._links[path] = _path(self._content(blob.id))

    def read(self, path: str) -> bytes | None:
        blob = self._blobs.get(self.real(path))
        return self._content(blob.id) if blob else None

    def real(self, path: str) -> str:
        path = posixpath.normpath(path)
        if self._links:
            path = follow(path, self._links)
        return f"..{path}" if path.startswith("/") else path  # an absolute link leaves the tree, wherever it leads

    def is_dir(self, path: str) -> bool:
        try:
            return self.real(path) in self._directories
        except Unreadable:  # a loop of links
            return False

    def walk(self, path: str) -> Iterator[str]:
        top = self.real(path)
        prefix = "" if top == "." else f"{top}/"
        given = "" if path in ("", ".") else f"{posixpath.normpath(path)}/"
        below = sorted(p for p in self._blobs if p.startswith(prefix))
        return (given + p[len(prefix) :] for p in below if not (p in self._links and self.is_dir(p)))

    def close(self) -> None:
        if self._process:
            _kill(self._process)
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _content(self, blob: str) -> bytes:
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", quiet=True)
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        with suppress(BrokenPipeError):
            into.write(f"{blob}\n".encode())
            into.flush()
        header = out.readline()
        if not header:
            raise Refusal("git cat-file ended before its time", 4)
        _, _, size = header.decode().partition(" blob ")
        if not size:
            raise Unreadable("is missing from the repository")
        if int(size) > MAX_BYTES:
            self.close()
            raise Unreadable(too_large(int(size)))
        return out.read(int(size) + 1)[:-1]


class GitCommit(_GitFiles):
    """The files of a commit. `commit` is its full id. Submodules are not there.

    Raises `Refusal`: status 2 where there is no such commit, 4 where there is no repository.
    """

    def __init__(self, directory: str, revision: str, environ: Mapping[str, str] | None = None) -> None:
        git = Git(directory, environ)
        self.commit = commit_id(git, revision)
        super().__init__(git, blobs_of(git, self.commit))


class GitIndex(_GitFiles):
    """The files that the next commit would have. Raises `Refusal` where a merge has left conflicts."""

    def __init__(self, directory: str, environ: Mapping[str, str] | None = None) -> None:
        top = os.fsdecode(Git(directory, environ).run("rev-parse", "--show-toplevel")).rstrip("\n")
        git = Git(top, environ, index=True)
        super().__init__(git, _staged(git.run("ls-files", "--stage", "-z")))


def blobs_of(git: Git, tree: str) -> dict[str, Blob]:
    """The files and symlinks of a commit or tree, by path."""
    blobs = {}
    for entry in git.run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1]:
        meta, _, path = entry.partition(b"\t")
        mode, _, blob = meta.decode().split()
        blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _staged(listing: bytes) -> dict[str, Blob]:
    blobs = {}
    for entry in listing.split(b"\0")[:-1]:
        meta, _, path = entry.partition(b"\t")
        mode, blob, stage = meta.decode().split()
        if stage != "0":
            raise Refusal(f"the index has a merge conflict in {_path(path)}", 4)
        blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _path(name: bytes) -> str:
    """Paths are bytes to git; UTF-8 whatever the locale says, and nothing is lost where they are not."""
    return name.decode("utf-8", "surrogateescape")


def _possible(blobs: dict[str, Blob]) -> dict[str, Blob]:
    return {p: blob for p, blob in blobs.items() if blob.mode != SUBMODULE and not IMPOSSIBLE.search(p)}


def _directories(paths: Iterable[str]) -> frozenset[str]:
    found = {"."}
    for path in paths:
        while (path := posixpath.dirname(path)) and path not in found:
            found.add(path)
    return frozenset(found)


def _kill(process: Popen[bytes]) -> None:
    """End a command and all that it has started, which is in the session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):  # what was not sent yet
                pipe.close()
    process.wait()


CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def _shown(complaint: bytes) -> str:
    """Git's message as people may see it: no passwords of URLs, no control characters, not without end."""
    text = CREDENTIALS.sub("***", complaint.decode("utf-8", "replace")).strip()
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text[:MAX_MESSAGE])
    return clean.removeprefix("fatal: ").removeprefix("error: ")
