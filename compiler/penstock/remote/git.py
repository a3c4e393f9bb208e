"""Fetching from git repositories: which commit a ref stands for, and a commit with all its files.

No checkout is made, so no hook, filter or attribute of a repository ever runs. Git may speak https, http and ssh; it
may use a repository of this machine only if one was named. The user's settings (credentials, `insteadOf`) apply.
"""

import os
import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from subprocess import TimeoutExpired
from threading import Lock, Thread
from typing import IO

from penstock.git import Answer, Git, kill, message_of
from penstock.gotemplate.semver import Invalid
from penstock.model import Refusal, Unreadable
from penstock.records import NamedTuple
from penstock.remote import http, index
from penstock.remote.commit import CommitFiles, Damaged
from penstock.remote.failure import NOT_AS_LOCKED, REFUSED, UNAVAILABLE, Failure
from penstock.remote.permit import Hosts, host_of, is_commit, refusal_of_url, shown, split
from penstock.remote.request import addresses_of

MAX_SECONDS = 600.0
"""However long a `?timeout=` is."""

MAX_PACK = 1 << 30
"""Bytes that a repository may have on the way here."""

MAX_MEMORY = 256 << 20
"""Bytes that git may keep of what a server says of itself, as its branches and tags: a million of them are fewer."""

MAX_MEMORY_OF_PACKS = 1 << 30
"""The same while it reads a pack, where it keeps a table of all objects."""

MAX_SAID = {"stdout": 64 << 20, "stderr": 1 << 20}
"""Bytes of what git prints of it that are kept."""

MAX_SUBMODULES, MAX_DEPTH = 100, 8

RULES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""How git reads a short ref; the first that is there counts."""

SETTINGS = (
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.http.allow=user",  # where the user says so, but not where a server redirects to it
    "protocol.file.allow=user",
    "protocol.version=2",
    "http.followRedirects=false",  # they could lead to this machine, which no setting of git forbids
    "fetch.unpackLimit=1",  # one pack, whose size can be limited
    "transfer.unpackLimit=1",
    "transfer.bundleURI=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "core.bigFileThreshold=32m",
    "advice.detachedHead=false",
)

_NOT_THERE = ("not our ref", "unadvertised object", "couldn't find remote ref")
"""What git says where a server does not give a commit by its id."""


class Ref(NamedTuple):
    """The part of a repository that is meant: a branch, tag or commit (empty for the default branch), or the newest tag
    within a range of versions.
    """

    name: str
    range: str = ""


def _listed(out: bytes) -> dict[str, str]:
    """Return the commits of the refs that `git ls-remote` prints."""
    pairs = (line.partition("\t")[::2] for line in out.decode("utf-8", "replace").splitlines())
    return {name: commit for commit, name in pairs if is_commit(commit)}


class Session:
    """The git of a folder, the time until which it has to be done, and the hosts of this machine that it may reach."""

    def __init__(self, folder: str, environ: Mapping[str, str], seconds: float, hosts: Hosts = Hosts()) -> None:
        self.git = Git(folder, environ)
        self.deadline = time.monotonic() + min(seconds, MAX_SECONDS)
        self.hosts = hosts

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(self.deadline - time.monotonic(), 0.01)


def resolve(url: str, ref: Ref, session: Session) -> tuple[str, str]:
    """Return the full name of a ref and the commit to which it leads. The name is empty if the ref is a commit
    itself.
    """
    if not ref.range and is_commit(ref.name):
        return "", ref.name.lower()
    patterns = ("refs/tags/*",) if ref.range else (ref.name or "HEAD", f"{ref.name or 'HEAD'}^{{}}")
    asked = _reach(session, url, ("ls-remote", "--quiet"), patterns)
    if asked.status:
        raise Failure(UNAVAILABLE, f"{shown(url)} cannot be read: {_reason(asked)}")
    known = _listed(asked.out)
    names = _in_range(known, ref.range) if ref.range else full_names(ref.name)
    found = next((name for name in names if name in known), "")
    if not found:
        raise _no_ref(url, ref)
    return found, known.get(f"{found}^{{}}", known[found])  # what a tag object leads to


def _no_ref(url: str, ref: Ref) -> Failure:
    what = f"branch or tag {ref.name}" if ref.name else "default branch"
    if ref.range:
        what = f"tag in the range {ref.range}"
    hint = ""
    if not ref.range and re.fullmatch("[0-9a-f]{7,39}", ref.name):
        hint = "an abbreviated commit id will not do; write all of it"
    return Failure(UNAVAILABLE, f"{shown(url)} has no {what}", hint)


def _in_range(known: Iterable[str], wanted: str) -> list[str]:
    """Return the newest tag within a range of versions."""
    tags = [name.removeprefix(_TAGS) for name in known if not name.endswith("^{}")]
    try:
        found = index.chosen(tags, wanted)
    except Invalid:
        return []
    return [f"{_TAGS}{found}"] if found is not None else []


def tag_in(ref: str, wanted: str) -> bool:
    """Return whether the full name of a ref is that of a tag within a range of versions."""
    return ref.startswith(_TAGS) and bool(_in_range([ref], wanted))


_TAGS = "refs/tags/"


def full_names(ref: str) -> tuple[str, ...]:
    """Return the full names for which a ref may stand. The first one that exists is meant."""
    return tuple(rule.format(ref) for rule in RULES) if ref else ("HEAD",)


class Wanted(NamedTuple):
    """A commit of a repository, and the branch or tag that leads to it. With `submodules`, their commits are wanted,
    too.
    """

    url: str
    ref: str
    commit: str
    submodules: bool


def download(wanted: Wanted, session: Session) -> bool:
    """Make a bare repository that contains a commit in the folder of a session. Return whether the commit has
    submodules.
    """
    url, ref, commit, submodules = wanted
    folder = session.git.directory
    algorithm = "sha1" if len(commit) == 40 else "sha256"
    _run(session, url, "init", "--bare", "--quiet", "--template=", f"--object-format={algorithm}", "--", folder)
    with open(os.path.join(folder, "config"), "wb") as file:
        file.write(configuration(commit))
    _fetch(session, url, ref, commit)
    if _ask(session, url, "cat-file", "-t", commit).out.strip() != b"commit":
        raise Failure(UNAVAILABLE, f"{commit} of {shown(url)} is no commit")
    return submodules and _fetch_submodules(session, url, commit, 0) > 0


def configuration(commit: str) -> bytes:
    """Return the git configuration of a repository that is made for a commit. `Store` accepts no repository with
    another one.
    """
    version, extension = ("0", "") if len(commit) == 40 else ("1", "[extensions]\n\tobjectformat = sha256\n")
    return f"[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = true\n{extension}".encode()


def _fetch(session: Session, url: str, ref: str, commit: str) -> None:
    """Fetch a commit by its id, or everything to which its ref leads if the server gives nothing else."""
    answer = _reach(session, url, (*_FETCH, "--depth=1"), (f"{commit}:refs/penstock/{commit}",))
    if answer.status and any(words in answer.complaint for words in _NOT_THERE):
        answer = _reach(session, url, _FETCH, (f"{ref or 'HEAD'}:refs/penstock/{commit}",))
        if not answer.status and _ask(session, url, "cat-file", "-e", commit).status:
            raise Failure(NOT_AS_LOCKED, f"{shown(url)} no longer has the commit {commit}", _LOCK_AGAIN)
    if answer.status:
        raise Failure(UNAVAILABLE, f"{shown(url)} cannot be fetched: {_reason(answer)}")


_FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"),
    "--update-shallow",
)
_LOCK_AGAIN = "`penstock lock --update` takes what is there now"


def _fetch_submodules(session: Session, url: str, commit: str, depth: int) -> int:
    """Fetch the commits of all submodules into the same repository, and return how many there are."""
    try:
        git = session.git
        files = CommitFiles(git, git.directory, commit, submodules=False)
        links = files.submodules(MAX_SUBMODULES + 1)
        urls = _urls(git, files.read(".gitmodules") or b"") if links else {}
        files.close()
    except Damaged:
        raise Failure(UNAVAILABLE, f"{shown(url)} has sent a repository that is not whole") from None
    except Unreadable as reason:
        raise Failure(REFUSED, f"{shown(url)} {reason}", _WITHOUT) from None
    # Ten submodules in each of ten levels would be a great many repositories.
    if len(links) > MAX_SUBMODULES or (links and depth >= MAX_DEPTH):
        raise Failure(REFUSED, f"{shown(url)} has too many submodules", _WITHOUT)
    count = len(links)
    for path, wanted in links:
        if path not in urls:
            raise Failure(UNAVAILABLE, f"the submodule {path} of {shown(url)} has no URL in .gitmodules", _WITHOUT)
        below = _absolute(url, urls[path])
        _check_submodule(session.git, url, path, below)
        _fetch(session, below, "", wanted)
        count += _fetch_submodules(session, below, wanted, depth + 1)
        if count > MAX_SUBMODULES:
            raise Failure(REFUSED, f"{shown(url)} has too many submodules", _WITHOUT)
    return count


_WITHOUT = "add `submodules=false` to the query of the URL to leave submodules out"


def _urls(git: Git, gitmodules: bytes) -> dict[str, str]:
    """Return the URLs of submodules by their paths."""
    listing = git.ask("config", "--file", "-", "--null", "--list", stdin=gitmodules).out
    values: dict[str, dict[str, str]] = {}
    for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = entry.partition("\n")
        section, _, rest = key.partition(".")
        name, _, field = rest.rpartition(".")
        if section == "submodule":
            values.setdefault(name, {})[field] = value
    return {v["path"]: v["url"] for v in values.values() if "path" in v and "url" in v}


def _absolute(base: str, url: str) -> str:
    """Return the URL of a submodule, which may be relative to that of the repository."""
    if url.startswith("/"):
        return f"file://{url}"
    if not url.startswith(("./", "../")):
        return url
    base = base.rstrip("/")
    while url.startswith(("./", "../")):
        up, _, url = url.partition("/")
        if up == "..":
            base = base[: max(base.rfind("/"), base.rfind(":"))]
    return f"{base}/{url}"


def _check_submodule(git: Git, within: str, path: str, url: str) -> None:
    reason = refusal_of_url(url, within)
    if not reason and url.startswith("file://"):
        allowed = git.ask("config", "--get", "protocol.file.allow").out.strip() == b"always"
        reason = "" if allowed else "git takes submodules of this machine only with protocol.file.allow=always"
    if reason:
        raise Failure(REFUSED, f"the submodule {path} of {shown(within)} is not fetched: {reason}", _WITHOUT)


def _run(session: Session, url: str, *arguments: str) -> None:
    answer = _ask(session, url, *arguments)
    if answer.status:
        raise Failure(UNAVAILABLE, f"{shown(url)} cannot be fetched: {_reason(answer)}")


def _reach(session: Session, url: str, command: Sequence[str], refs: Sequence[str]) -> Answer:
    """Run a command that talks to a repository. A redirect is followed once, if the web client allows it."""
    answer = _ask(session, url, *command, "--", url, *refs)
    if answer.status and _REDIRECTED.search(answer.complaint):
        end = http.leads_to(url, session.left, session.hosts)
        if end != url and not refusal_of_url(end, url):
            answer = _ask(session, end, *command, "--", end, *refs)
    return answer


_REDIRECTED = re.compile(r"returned error: 30[12378]")


def _ask(session: Session, url: str, *arguments: str) -> Answer:
    """Run a git command within the time that is left. It cannot write a file larger than a pack may be."""
    git = session.git
    settings = [*SETTINGS, *(["protocol.http.allow=always"] if split(url)[0] == "http" else [])]
    if arguments[0] in ("ls-remote", "fetch"):
        settings += _pinned(url, session.hosts)
    options = [option for setting in settings for option in ("-c", setting)]
    if arguments[0] not in ("init", "ls-remote"):  # which are asked where there is no repository yet
        options.append(f"--git-dir={git.directory}")
    try:
        with _FILE_SIZE.limited():
            answer = (
                _heard(git, (*options, *arguments), session.left)
                if arguments[0] in ("ls-remote", "fetch")
                else git.ask(*options, *arguments, seconds=session.left)
            )
    except Refusal as refusal:
        late = time.monotonic() >= session.deadline
        raise Failure(UNAVAILABLE, f"{shown(url)} did not answer in time" if late else str(refusal), _LONGER) from None
    if answer.status and _largest(git.directory) >= MAX_PACK:
        raise Failure(UNAVAILABLE, f"{shown(url)} is larger than {MAX_PACK:,} bytes")
    return answer


def _heard(git: Git, command: Sequence[str], seconds: float) -> Answer:
    """Run a command that listens to a server, which may say any amount. Raises `Refusal` if it does not end in time."""
    end = time.monotonic() + seconds
    is_fetch = "fetch" in command
    process = git.start(*command, network=True)
    said = {"stdout": b"", "stderr": b""}

    def listen(name: str, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):  # which `kill` has closed
            said[name] = stream.read(MAX_SAID[name])
            while stream.read(1 << 16):  # a server may complain at length, and be of use
                pass

    streams = {"stdout": process.stdout, "stderr": process.stderr}
    out, complaint = (Thread(target=listen, args=each, daemon=True) for each in streams.items())
    try:
        _limit_memory(process.pid, MAX_MEMORY_OF_PACKS if is_fetch else MAX_MEMORY)
        out.start()
        complaint.start()
        process.wait(seconds)
        # On a busy machine, git ends long before its output is read, and a part of a list would be taken for the whole.
        # Of other streams, what git has started (a connection of ssh that stays open) may keep hold for any time.
        out.join(1 if is_fetch else end - time.monotonic())
        complaint.join(_SECONDS_OF_COMPLAINT if process.returncode else 1)
        if out.is_alive() and not is_fetch:
            raise Refusal("git did not end in time", 4)
    except TimeoutExpired:
        raise Refusal("git did not end in time", 4) from None
    finally:
        kill(process)
    return Answer(process.returncode, said["stdout"], message_of(said["stderr"]))


_SECONDS_OF_COMPLAINT = 10
"""How long to wait for the last words of a git that has failed."""


def _limit_memory(process: int, limit: int) -> None:
    """Limit the memory of a process that was started, and of those that it starts, where the system can do that."""
    if sys.platform == "linux":
        with suppress(ProcessLookupError, PermissionError):
            soft, hard = resource.prlimit(process, resource.RLIMIT_DATA)
            known = (each for each in (soft, hard, limit) if each != resource.RLIM_INFINITY)
            resource.prlimit(process, resource.RLIMIT_DATA, (min(known), hard))


_LONGER = "`?timeout=60` in the URL gives it a minute"


def _pinned(url: str, hosts: Hosts) -> list[str]:
    """Return the setting by which git connects to the addresses that the host of a URL has now, if these are known.
    Raises `NotFollowed` where the host or an address of it is not allowed.

    Without it, a name server could give git another address than the one that was judged.
    """
    hosts.check(url)
    scheme, _, place, _ = split(url)
    host, name = host_of(url), place.rpartition(":")[2]
    if not host or scheme == "file":
        return []
    port = int(name) if name.isdigit() and ":" in place else PORTS.get(scheme, 0)
    try:
        addresses = addresses_of(host, port)
    except (OSError, UnicodeError):  # a proxy or a setting of ssh may know the name
        return []
    hosts.check_addresses(url, host, addresses)
    is_name = scheme in ("http", "https") and ":" not in host
    return [f"http.curloptResolve={host}:{port}:{','.join(map(_bracketed, addresses))}"] if is_name else []


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


PORTS = {"http": 80, "https": 443, "ssh": 22}


class _FileSize:
    """A limit on the size of files that this process and the processes that it starts may write, as long as anybody
    needs it. Penstock's own files are smaller. Several threads may need it at once: the last one lifts it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._before = (0, 0)

    @contextmanager
    def limited(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
                known = [each for each in self._before if each != resource.RLIM_INFINITY]
                resource.setrlimit(resource.RLIMIT_FSIZE, (min([MAX_PACK, *known]), self._before[1]))
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


_FILE_SIZE = _FileSize()


def _largest(folder: str) -> int:
    pack = os.path.join(folder, "objects", "pack")
    if not os.path.isdir(pack):
        return 0
    with os.scandir(pack) as entries:
        return max((entry.stat(follow_symlinks=False).st_size for entry in entries), default=0)


def _reason(answer: Answer) -> str:
    if _REDIRECTED.search(answer.complaint):
        return "the server redirects to another address; name that one"
    if re.search("(?i)out of memory", answer.complaint):
        return f"the server says more of itself than {MAX_MEMORY:,} bytes"
    return shown(" ".join(answer.complaint.split())) or f"git ended with exit status {answer.status}"
