"""`Remotes`: the files of a repository, and with them what its kustomizations name by address."""

import posixpath
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeVar

from penstock.model import Address, Diagnostic, Files, Origin, Pos, Refusal, Remote, Unreadable, Wanted
from penstock.remote import git, http, lock
from penstock.remote.commit import CommitFiles, Damaged
from penstock.remote.failure import (
    NOT_AS_LOCKED,
    NOT_LOCKED,
    REFUSED,
    UNAVAILABLE,
    UNPINNED,
    Failure,
    NotFollowed,
    unavailable,
)
from penstock.remote.lock import Lock, Pin
from penstock.remote.permit import label, refusal, shown, without_secrets
from penstock.remote.store import Store

MAX_REMOTES = 500
"""Addresses that one run follows; a server could make up new ones for ever."""

Result = TypeVar("Result")


class Policy(NamedTuple):
    """What may be fetched: what is locked, also what is not (`fetch`), or nothing (`offline`).

    `lock` is the path of the lock file. With `update` its pins do not count.
    """

    lock: str = lock.NAME
    fetch: bool = False
    offline: bool = False
    update: bool = False


class Clone(NamedTuple):
    """A commit that paths below `//…` show."""

    address: Address
    pin: Pin
    files: CommitFiles


class Remotes:
    """`model.Remotes` over other files, which keep all paths that do not start with `//`."""

    def __init__(self, files: Files, store: Store, policy: Policy) -> None:
        self._files = files
        self._store = store
        self._policy = policy
        self.lock = policy.lock
        self._locked: Lock | None = None
        self._clones: dict[str, Clone] = {}
        self._contents: dict[str, bytes] = {}
        self._labels: dict[tuple[str, ...], str] = {}
        self._commits: dict[tuple[str, str], tuple[str, str]] = {}
        self._found: dict[tuple[str, Wanted, str], tuple[Remote | None, tuple[Diagnostic, ...]]] = {}
        self.used: dict[tuple[str, bool], Pin] = {}
        """What each address that was asked for stands for."""

    # --- files

    def read(self, path: str) -> bytes | None:
        if not path.startswith("//"):
            return self._files.read(path)
        if path in self._contents:
            return self._contents[path]
        return self._in_clone(path, lambda files, rest: files.read(rest), None)

    def real(self, path: str) -> str:
        if not path.startswith("//"):
            return self._files.real(path)
        top = self._top(path)
        rest = self._in_clone(path, lambda files, rest: files.real(rest), "")
        if rest == "..":
            return "//"  # out of the clone: in nothing
        return posixpath.normpath(posixpath.join(top, rest)) if top else path

    def is_dir(self, path: str) -> bool:
        if not path.startswith("//"):
            return self._files.is_dir(path)
        with suppress(Unreadable):
            return self._in_clone(path, lambda files, rest: files.is_dir(rest), False)
        return False

    def blob(self, path: str) -> str | None:
        """Of a file of ours alone: what was fetched is told by the lock file."""
        return None if path.startswith("//") else self._files.blob(path)

    def walk(self, path: str) -> Iterator[str]:
        if not path.startswith("//"):
            return self._files.walk(path)
        nothing: list[str] = []
        names = self._in_clone(path, lambda files, rest: list(files.walk(rest)), nothing)
        return (posixpath.normpath(posixpath.join(self._top(path), name)) for name in names)

    def _top(self, path: str) -> str:
        """The clone that a path lies in; empty where there is none."""
        while path not in self._clones:
            path = posixpath.dirname(path)
            if path in ("//", "/", ""):
                return ""
        return path

    def _in_clone(self, path: str, ask: Callable[[CommitFiles, str], Result], absent: Result) -> Result:
        """Ask the clone. Where the cache turns out to be damaged, the commit is fetched again, once."""
        top = self._top(path)
        if not top:
            return absent
        rest = path[len(top) + 1 :]
        try:
            return ask(self._clones[top].files, rest)
        except Damaged:
            clone = self._clones[top]
        self._store.drop_commit(clone.pin.commit)
        try:
            files = self._fetched_commit(clone.address, clone.pin)
            self._clones[top] = clone._replace(files=files)
            return ask(files, rest)
        except (Damaged, Failure, OSError):
            raise Unreadable("is damaged in the cache of remote bases, and cannot be fetched again") from None

    # --- addresses

    def find(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        key = (address.name, wanted, within)
        if key not in self._found:
            self._found[key] = self._find(address, wanted, within)
        remote, findings = self._found[key]
        return remote, [f if isinstance(f.where, Pos) else f._replace(where=where) for f in findings]

    def _find(self, address: Address, wanted: Wanted, within: str) -> tuple[Remote | None, tuple[Diagnostic, ...]]:
        here = Origin("")
        try:
            reason = refusal(address, within)
            if reason:
                raise Failure(REFUSED, f"{shown(address.name)} is not fetched: {reason}")
            if len(self._found) >= MAX_REMOTES:
                raise Failure(REFUSED, f"there are more than {MAX_REMOTES} remote addresses")
            pin, is_locked = self._pin(address, wanted)
            remote = self._file(address, pin) if pin.sha256 else self._directory(address, pin)
        except Failure as failure:
            return None, (failure.diagnostic(here),)
        except Refusal as refused:  # git cannot be started
            return None, (unavailable(str(refused), here),)
        except OSError as error:
            message = f"the cache of remote bases cannot be written: {error.strerror}"
            return None, (unavailable(message, here),)
        self.used[lock.key(pin)] = pin
        return remote, tuple(_warnings(address, pin, is_locked, here))

    def _pin(self, address: Address, wanted: Wanted) -> tuple[Pin, bool]:
        """What an address stands for, and whether the lock file says so."""
        name = without_secrets(address.name)
        pin = None if self._policy.update else lock.find(self._pins(), name, wanted)
        if pin:
            _check_pin(address, pin)
            return pin, True
        if not self._policy.fetch or self._policy.offline:
            hint = "`penstock lock` finds out what it stands for and writes it down"
            if not self._policy.offline:
                hint += "; `--fetch` fetches it for once"
            raise Failure(NOT_LOCKED, f"{shown(address.name)} is not in {self._policy.lock}", hint)
        data = self._asked(address, wanted)
        if data is None and not address.repository:
            raise Failure(UNAVAILABLE, f"{shown(address.name)} names no repository")
        if data is not None:
            return Pin(name, sha256=self._store.keep_file(data)), False
        ref, commit = self._resolved(address)
        return Pin(name, address.repository, ref, commit), False

    def _asked(self, address: Address, wanted: Wanted) -> bytes | None:
        """The file that an address is; None where it is a repository."""
        if not address.http or wanted == "directory":
            return None
        may_be_repository = wanted == "any" and bool(address.repository)
        try:
            response = http.get(address.name, min(address.timeout, git.MAX_SECONDS))
        except NotFollowed:  # by git neither
            raise
        except Failure:
            if may_be_repository:
                return None
            raise
        if response.is_file:
            return response.data
        if may_be_repository:
            return None
        what = "a page for people" if response.is_page else f"the status {response.status}"
        raise Failure(UNAVAILABLE, f"{shown(address.name)} gives {what}, not a file")

    def _resolved(self, address: Address) -> tuple[str, str]:
        """The ref and the commit of a repository, the same for all addresses of one run."""
        key = (address.repository, address.ref)
        if key not in self._commits:
            self._commits[key] = self._locked_commit(address) or self._newest_commit(address)
        return self._commits[key]

    def _locked_commit(self, address: Address) -> tuple[str, str] | None:
        """What another address of the same repository and ref is locked to, so that one is not ahead of the other."""
        if self._policy.update:
            return None
        names = git.full_names(address.ref)
        pins = (pin for pin in self._pins().values() if pin.repository == address.repository and pin.ref in names)
        return next(((pin.ref, pin.commit) for pin in pins), None)

    def _newest_commit(self, address: Address) -> tuple[str, str]:
        with self._store.scratch() as folder:
            return git.resolve(address.repository, address.ref, address.timeout, folder, self._store.environ)

    def _pins(self) -> Lock:
        if self._locked is None:
            self._locked = read_lock(self._files, self._policy.lock)
        return self._locked

    # --- getting what they stand for

    def _file(self, address: Address, pin: Pin) -> Remote:
        data = self._store.file(pin.sha256)
        if data is None:
            self._check_online(address)
            response = http.get(address.name, min(address.timeout, git.MAX_SECONDS))
            if not response.is_file:
                raise Failure(UNAVAILABLE, f"{shown(address.name)} gives the status {response.status}, not a file")
            if self._store.keep_file(response.data) != pin.sha256:
                hint = "see what has changed there; `penstock lock --update` takes it"
                message = f"{shown(address.name)} is not what it was when it was locked"
                raise Failure(NOT_AS_LOCKED, message, hint)
            data = response.data
        path = self._label((address.name, pin.sha256), label(address.name))
        self._contents[path] = data
        return Remote(path)

    def _directory(self, address: Address, pin: Pin) -> Remote:
        if not address.repository:
            raise Failure(UNAVAILABLE, f"{shown(address.name)} names no repository")
        key = (address.repository, pin.commit, str(address.submodules))
        name = (pin.ref.removeprefix("refs/").partition("/")[2] or pin.ref or pin.commit[:12]).replace("/", "%2F")
        top = self._label(key, f"{label(address.repository)}@{name}")
        if top not in self._clones:
            files = self._store.commit(pin.commit, address.submodules) or self._fetched_commit(address, pin)
            self._clones[top] = Clone(address, pin, files)
        path = posixpath.normpath(posixpath.join(top, address.path))
        real = self.real(path)
        if real != top and not real.startswith(f"{top}/"):
            raise Failure(REFUSED, f"{shown(address.name)} leads outside of its repository")
        if not self.is_dir(path):
            raise Failure(UNAVAILABLE, f"there is no directory {address.path} in {shown(address.repository)}")
        return Remote(path, top)

    def _fetched_commit(self, address: Address, pin: Pin) -> CommitFiles:
        self._check_online(address)
        with self._store.making(pin.commit) as folder:
            files = self._store.commit(pin.commit, address.submodules)  # made while we waited
            if files is None:
                self._download(address, pin, folder)
                files = self._store.commit(pin.commit, address.submodules)
        if files is None:
            raise Failure(UNAVAILABLE, f"{shown(address.repository)} has sent a commit that is not whole")
        return files

    def _download(self, address: Address, pin: Pin, folder: str) -> None:
        wanted = git.Wanted(address.repository, pin.ref, pin.commit, address.submodules)
        found = git.download(wanted, address.timeout, folder, self._store.environ)
        self._store.keep_commit(folder, pin.commit, found)

    def _check_online(self, address: Address) -> None:
        if self._policy.offline:
            hint = "run `penstock lock` or `penstock check` once where there is a network"
            raise Failure(UNAVAILABLE, f"{shown(address.name)} is not in the cache", hint)

    def _label(self, key: tuple[str, ...], wish: str) -> str:
        """A path to show something at: no other thing is there, above it or below it."""
        if key not in self._labels:
            taken = self._labels.values()
            path, number = wish, 1
            while any(f"{path}/".startswith(f"{t}/") or f"{t}/".startswith(f"{path}/") for t in taken):
                number += 1
                path = f"{wish}~{number}"
            self._labels[key] = path
        return self._labels[key]


def _check_pin(address: Address, pin: Pin) -> None:
    """Refuse an entry of the lock file that cannot be what `penstock lock` wrote for an address."""
    if pin.sha256:
        fits = address.http
    else:
        led = pin.ref in git.full_names(address.ref) if pin.ref else address.ref.lower() == pin.commit
        fits = led and pin.repository == address.repository
    if not fits:
        hint = "`penstock lock --update` writes the entry anew"
        raise Failure(NOT_AS_LOCKED, f"what is locked for {shown(address.name)} is of another address", hint)


def read_lock(files: Files, path: str) -> Lock:
    """The pins of a lock file; none where there is none. Raises `Failure` where it cannot be used."""
    try:
        data = files.read(path)
        return {} if data is None else lock.read(data)
    except (Unreadable, ValueError) as reason:
        hint = "`git checkout` the last one that was good, or delete it and run `penstock lock`"
        raise Failure(NOT_AS_LOCKED, f"this file {reason}", hint, Pos(path)) from None


def _warnings(address: Address, pin: Pin, is_locked: bool, here: Origin) -> Iterator[Diagnostic]:
    if pin.is_fixed or (pin.sha256 and is_locked):
        return
    message = f"{shown(address.name)} is the content of a URL, which can change"
    hint = "`penstock lock` writes down what it is now"
    if pin.commit:
        what = f"the branch {address.ref}" if address.ref else "the default branch"
        message = f"{shown(address.name)} follows {what} of its repository"
        hint = "add `?ref=` with a tag or a commit"
    yield Diagnostic(UNPINNED, "warning", message, here, hint=hint)
