"""`Remotes`: the files of a repository, and with them everything that its kustomizations name by address."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Literal, TypeVar

from penstock.model import Diagnostic, Origin, Pos, Refusal, Unreadable
from penstock.records import NamedTuple
from penstock.remote import git, http, lock
from penstock.remote.charts import Charts, Missing, fits, label_of, refusal_of_chart
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
from penstock.remote.lock import ChartPin, Key, Lock, Pin
from penstock.remote.packed import Packed
from penstock.remote.permit import label, refusal, shown, without_secrets
from penstock.remote.request import Ask, Response
from penstock.remote.store import Store
from penstock.sources import Address, ChartAddress, Files, Remote, Wanted

MAX_REMOTES = 500
"""Addresses that one run follows; a server could make up new ones for ever."""

Asked = tuple[str | ChartAddress, Wanted | Literal["chart"], str]
Found = tuple[Remote | None, tuple[Diagnostic, ...]]

Result = TypeVar("Result")


class Policy(NamedTuple):
    """What may be fetched: what kustomizations name and is locked; the rest of what is locked as well (`locked`); what
    is not locked as well (`fetch`); or nothing (`offline`).

    `lock` is the path of the lock file. With `update`, its pins are ignored. With a `keyring`, an absolute path, only
    charts count that one of its keys has signed.
    """

    lock: str = lock.NAME
    fetch: bool = False
    offline: bool = False
    update: bool = False
    locked: bool = False
    keyring: str = ""


class Clone(NamedTuple):
    """A commit that is shown at paths below `//…`."""

    address: Address
    pin: Pin
    files: CommitFiles


class Remotes:
    """`sources.Remotes` over other files. All paths that do not start with `//` belong to those files."""

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
        self._charts = Charts(store)
        self._packed = Packed()
        self._found: dict[Asked, Found] = {}
        self.used: dict[Key, Pin | ChartPin] = {}
        """What each address that was asked for stands for."""
        self.not_locked: list[str] = []
        """What was asked for, is not locked, and may not be fetched."""
        self.missing: dict[ChartAddress, ChartPin | None] = {}
        """Charts that the cache lacked, with their pins where they are locked."""
        self.is_settled = not (policy.update or policy.keyring)

    # --- files

    def read(self, path: str) -> bytes | None:
        if not path.startswith("//"):
            return self._files.read(path)
        if path in self._contents:
            return self._contents[path]
        packed = self._packed.top(path)
        if packed:
            return self._packed.read(packed, path)
        return self._in_clone(path, lambda files, rest: files.read(rest), None)

    def real(self, path: str) -> str:
        if not path.startswith("//"):
            return self._files.real(path)
        if self._packed.top(path):
            return posixpath.normpath(path)
        top = self._top(path)
        rest = self._in_clone(path, lambda files, rest: files.real(rest), "")
        if rest == "..":
            return "//"  # out of the clone: in nothing
        return posixpath.normpath(posixpath.join(top, rest)) if top else path

    @property
    def unlisted(self) -> Mapping[str, str]:
        return self._files.unlisted

    def is_dir(self, path: str) -> bool:
        if not path.startswith("//"):
            return self._files.is_dir(path)
        packed = self._packed.top(path)
        if packed:
            return self._packed.is_dir(packed, path)
        with suppress(Unreadable):
            return self._in_clone(path, lambda files, rest: files.is_dir(rest), False)
        return False

    def blob(self, path: str) -> str | None:
        """Return the id of a file of the repository itself. Fetched content is identified by the lock file instead."""
        return None if path.startswith("//") else self._files.blob(path)

    def walk(self, path: str) -> Iterator[str]:
        if not path.startswith("//"):
            return self._files.walk(path)
        packed = self._packed.top(path)
        if packed:
            return self._packed.walk(packed, path)
        nothing: list[str] = []
        names = self._in_clone(path, lambda files, rest: list(files.walk(rest)), nothing)
        return (posixpath.normpath(posixpath.join(self._top(path), name)) for name in names)

    def links(self, path: str) -> Iterator[str]:
        if not path.startswith("//"):
            return self._files.links(path)
        if self._packed.top(path):
            return iter(())
        nothing: list[str] = []
        names = self._in_clone(path, lambda files, rest: list(files.links(rest)), nothing)
        return (posixpath.normpath(posixpath.join(self._top(path), name)) for name in names)

    def _top(self, path: str) -> str:
        """Return the top of the clone that contains a path, or the empty string where there is none."""
        while path not in self._clones:
            path = posixpath.dirname(path)
            if path in ("//", "/", ""):
                return ""
        return path

    def _in_clone(self, path: str, ask: Callable[[CommitFiles, str], Result], absent: Result) -> Result:
        """Ask the clone. If the cache turns out to be damaged, the commit is fetched again, once."""
        top = self._top(path)
        if not top:
            return absent
        rest = path[len(top) + 1 :]
        try:
            return ask(self._clones[top].files, rest)
        except Damaged:
            self.is_settled = False
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
        asked = (address.name, wanted, within)
        return self._once(asked, where, lambda: self._find(address, wanted, within))

    def find_chart(self, address: ChartAddress, where: Origin, within: str) -> tuple[Remote | None, list[Diagnostic]]:
        return self._once((address, "chart", within), where, lambda: self._find_chart(address, within))

    def fetch_ahead(self, missing: Missing) -> None:
        """Fetch several charts at once that are going to be asked for."""
        self._charts.fetch_ahead(missing)

    def _once(self, asked: Asked, where: Origin, find: Callable[[], Found]) -> tuple[Remote | None, list[Diagnostic]]:
        """Return what was found earlier, or look for it now. The reason why something cannot be had is reported at each
        place that names it.
        """
        if asked not in self._found:
            self._found[asked] = self._tried(find)
        remote, findings = self._found[asked]
        return remote, [f if isinstance(f.where, Pos) else f._replace(where=where) for f in findings]

    def _tried(self, find: Callable[[], Found]) -> Found:
        here = Origin("")
        try:
            if len(self._found) >= MAX_REMOTES:
                raise Failure(REFUSED, f"there are more than {MAX_REMOTES} remote addresses")
            return find()
        except Failure as failure:
            self.is_settled = self.is_settled and failure.code == NOT_LOCKED
            return None, (failure.diagnostic(here),)
        except Refusal as refused:  # git cannot be started
            self.is_settled = False
            return None, (unavailable(str(refused), here),)
        except OSError as error:
            self.is_settled = False
            message = f"the cache of remote bases cannot be written: {error.strerror}"
            return None, (unavailable(message, here),)

    def _find(self, address: Address, wanted: Wanted, within: str) -> Found:
        reason = refusal(address, within)
        if reason:
            raise Failure(REFUSED, f"{shown(address.name)} is not fetched: {reason}")
        pin, is_locked = self._pin(address, wanted)
        self.is_settled = self.is_settled and is_locked
        remote = self._file(address, pin) if pin.sha256 else self._directory(address, pin)
        self.used[lock.key(pin)] = pin
        return remote, tuple(_warnings(address, pin, is_locked, Origin("")))

    def _find_chart(self, address: ChartAddress, within: str) -> Found:
        reason = refusal_of_chart(address, within)
        if reason:
            raise Failure(REFUSED, f"the {address.kind} {shown(str(address))} is not fetched: {reason}")
        pin = None if self._policy.update else lock.find_chart(self._pins(), address)
        if pin is None:
            self.missing[address] = None
            self._check_unlocked(f"the {address.kind} {shown(str(address))}")
            self.is_settled = False
            pin = self._charts.resolve(address)
        elif not fits(address, pin):
            raise _of_another(f"the {address.kind} {shown(str(address))}")
        archive = self._charts.cached(pin)
        if archive is None:
            self.missing[address] = pin
            self._check_online(f"the {address.kind} {shown(str(address))}", only_cached=True)
            archive = self._charts.fetch(address, pin)
        if self._policy.keyring and address.is_chart:
            self._charts.verify(address, pin, self._policy.keyring)
        self.used[lock.key(pin)] = pin
        top = self._label((pin.repository, pin.chart, pin.sha256, address.kind), label_of(address, pin))
        path = self._label((pin.repository, pin.chart, pin.sha256, address.kind, "packed"), f"{top}.tgz")
        self._contents[path] = archive
        self._packed.add(top, archive, is_chart=address.is_chart)
        return Remote(path, top, pin.manifest), ()

    def _pin(self, address: Address, wanted: Wanted) -> tuple[Pin, bool]:
        """Return the pin of an address, and whether it comes from the lock file."""
        name = without_secrets(address.name)
        pin = None if self._policy.update else lock.find(self._pins(), name, wanted)
        if pin:
            _check_pin(address, pin)
            return pin, True
        self._check_unlocked(shown(address.name))
        data = self._asked(address, wanted)
        if data is None and not address.repository:
            raise Failure(UNAVAILABLE, f"{shown(address.name)} names no repository")
        if data is not None:
            return Pin(name, sha256=self._store.keep_file(data)), False
        ref, commit = self._resolved(address)
        return Pin(name, address.repository, ref, commit), False

    def _check_unlocked(self, name: str) -> None:
        """Raise `Failure` if what is not locked may not be fetched."""
        if not self._policy.fetch or self._policy.offline:
            self.not_locked.append(name)
            hint = "`penstock lock` finds out what it stands for and writes it down"
            if not self._policy.offline:
                hint += "; `--fetch` fetches it for this run"
            raise Failure(NOT_LOCKED, f"{name} is not in {self._policy.lock}", hint)

    def _asked(self, address: Address, wanted: Wanted) -> bytes | None:
        """Return the file that an address is, or None if it is a repository."""
        if not address.http or wanted == "directory":
            return None
        may_be_repository = wanted == "any" and bool(address.repository)
        try:
            response = self._got(address)
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

    def _got(self, address: Address) -> Response:
        return http.get(address.name, min(address.timeout, git.MAX_SECONDS), Ask(hosts=self._store.hosts))

    def _resolved(self, address: Address) -> tuple[str, str]:
        """Return the ref and the commit of a repository. They are the same for all addresses of one run."""
        key = (address.repository, address.tags or address.ref)
        if key not in self._commits:
            self._commits[key] = self._locked_commit(address) or self._newest_commit(address)
        return self._commits[key]

    def _locked_commit(self, address: Address) -> tuple[str, str] | None:
        """Return the commit to which another address of the same repository and ref is locked, so that one is not ahead
        of the other.
        """
        if self._policy.update or address.tags:
            return None
        names = git.full_names(address.ref)
        pins = (pin for pin in self._pins().values() if isinstance(pin, Pin) and pin.ref in names)
        return next(((pin.ref, pin.commit) for pin in pins if pin.repository == address.repository), None)

    def _newest_commit(self, address: Address) -> tuple[str, str]:
        with self._store.scratch() as folder:
            ref = git.Ref(address.ref, address.tags)
            return git.resolve(address.repository, ref, self._session(folder, address))

    def _pins(self) -> Lock:
        if self._locked is None:
            self._locked = read_lock(self._files, self._policy.lock)
        return self._locked

    # --- getting what they stand for

    def _file(self, address: Address, pin: Pin) -> Remote:
        data = self._store.file(pin.sha256)
        if data is None:
            self._check_online(shown(address.name), address.only_cached)
            response = self._got(address)
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
        self._check_online(shown(address.name), address.only_cached)
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
        found = git.download(wanted, self._session(folder, address))
        self._store.keep_commit(folder, pin.commit, found)

    def _session(self, folder: str, address: Address) -> git.Session:
        return git.Session(folder, self._store.environ, address.timeout, self._store.hosts)

    def _check_online(self, name: str, only_cached: bool) -> None:
        """Raise `Failure` if what is locked may not be fetched."""
        if self._policy.offline:
            hint = "run `penstock lock` or `penstock check` once where there is a network"
            raise Failure(UNAVAILABLE, f"{name} is not in the cache", hint)
        if only_cached and not (self._policy.fetch or self._policy.locked):
            hint = "`penstock lock` brings what is locked into the cache; `--fetch` fetches it for this run"
            raise Failure(UNAVAILABLE, f"{name} is locked, and is not in the cache of this machine", hint)

    def _label(self, key: tuple[str, ...], wish: str) -> str:
        """Return a path at which something can be shown: nothing else is shown there, above it or below it."""
        if key not in self._labels:
            taken = self._labels.values()
            path, number = wish, 1
            while any(f"{path}/".startswith(f"{t}/") or f"{t}/".startswith(f"{path}/") for t in taken):
                number += 1
                path = f"{wish}~{number}"
            self._labels[key] = path
        return self._labels[key]


def _check_pin(address: Address, pin: Pin) -> None:
    """Refuse an entry of the lock file that cannot be what `penstock lock` has written for an address."""
    is_of_git = _leads_to(address, pin) and pin.repository == address.repository
    if not (address.http if pin.sha256 else is_of_git):
        raise _of_another(shown(address.name))


def _leads_to(address: Address, pin: Pin) -> bool:
    """Return whether the ref of an address can have led to a commit."""
    if address.tags:
        return git.tag_in(pin.ref, address.tags)
    return pin.ref in git.full_names(address.ref) if pin.ref else address.ref.lower() == pin.commit


def _of_another(name: str) -> Failure:
    hint = "`penstock lock --update` writes the entry anew"
    return Failure(NOT_AS_LOCKED, f"what is locked for {name} is of another address", hint)


def read_lock(files: Files, path: str) -> Lock:
    """Return the pins of a lock file, or none where there is no such file. Raises `Failure` where it cannot be used."""
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
        what = f"the branch {address.ref}" if address.ref not in ("", "HEAD") else "the default branch"
        message = f"{shown(address.name)} follows {what} of its repository"
        hint = "add `?ref=` with a tag or a commit"
    yield Diagnostic(UNPINNED, "warning", message, here, hint=hint)
