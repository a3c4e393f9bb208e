"""Files → commits on rendered branches, by git plumbing alone: no index, no HEAD, no work tree.

Only what differs is written, by one `fast-import` into private refs. Then all branches move in one transaction, each
only if nobody has moved it meanwhile. With a push, that goes first: one atomic push, under the same condition. Whoever
loses the race starts again from the new state.

A commit depends on nothing but the sources, its parent and the version of Penstock: the author is that of the source
commit, both dates are its committer date.
"""

import random
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from os import fsdecode, fsencode
from secrets import token_hex
from typing import Literal, NamedTuple, Protocol

from penstock.emit.branch import (
    MARKER,
    REGULAR,
    Entry,
    Marker,
    Rendering,
    blob_id,
    changed_files,
    check_in_the_way,
    check_marker,
    directory_of,
    leftovers,
    read_marker,
    tree_id,
    wanted_files,
)
from penstock.emit.layout import is_from
from penstock.model import Diagnostic, Pos, Refusal

PRIVATE = "refs/penstock"
"""New commits hang here until their branches move, so that a garbage collection leaves them alone."""

COMMITTER = b"Penstock <hydrate@penstock.dev>"

ATTEMPTS = 12
"""How often a hydration starts again because somebody else has moved a branch."""

NETWORK = 600.0
"""Seconds for a command that talks to a remote."""

MAX_LEFTOVER = 32 * 1024 * 1024
"""Bytes of a file that could be an object's; larger ones are foreign."""

NOWHERE = ""
"""The id of a commit that is not there."""


class Answer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def out(self) -> bytes: ...
    @property
    def complaint(self) -> str: ...


class Git(Protocol):
    """What is asked of a repository; `git_files.Git` does it."""

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = ...) -> bytes:
        """The output of a git command. Raises `Refusal` if it fails."""

    def ask(self, *arguments: str, stdin: bytes = b"", seconds: float = ...) -> Answer:
        """A git command that may fail."""


class Source(NamedTuple):
    """The commit that is rendered. `author` is `Name <email>`; `date` is its committer date: seconds and zone."""

    commit: str
    author: bytes
    date: bytes
    subject: str


class Remote(NamedTuple):
    """Where branches may also be. Without `push`, only what was fetched from it before is looked at."""

    name: str = "origin"
    push: bool = False


class Outcome(NamedTuple):
    """What became of a branch. `changes` says of each path whether it came, changed or went.

    `superseded` means: it holds what a later commit, `source`, rendered, and was left alone.
    """

    branch: str
    state: Literal["created", "updated", "unchanged", "superseded"]
    before: str
    after: str
    changes: Mapping[str, Literal["added", "changed", "removed"]]
    pushed: bool = False
    source: str = ""


class _Tip(NamedTuple):
    """Where a branch stands here and on the remote, and which of the two the next commit stands on."""

    local: str
    remote: str
    base: str


class _Step(NamedTuple):
    """What to do to one branch: new content by path (None: no such file any more) and the tree that it makes."""

    rendering: Rendering
    tip: _Tip
    edits: Mapping[str, bytes | None]
    tree: str
    outcome: Outcome


def hydrate(
    git: Git,
    source: Source,
    renderings: Sequence[Rendering],
    engine: str,
    remote: Remote,
    dry_run: bool = False,
) -> tuple[list[Outcome], list[Diagnostic]]:
    """Bring branches to what they are to hold, all of them or none. `engine` is the name and version of Penstock.

    A branch with a finding is left out. With `dry_run` nothing is written, and the outcomes say what would be. Raises
    `Refusal` (exit status 4) where git or the remote refuses.
    """
    branches = [rendering.branch for rendering in renderings]
    complaint = ""
    for attempt in range(ATTEMPTS):
        tips = _tips(git, branches, remote)
        steps, findings = _plan(git, source, renderings, tips)
        if dry_run:
            return [step.outcome for step in steps], findings
        outcomes, complaint = _move(git, source, steps, engine, remote)
        if not complaint:
            return outcomes, findings
        if "lock'" not in complaint and _tips(git, branches, remote) == tips:
            break  # nobody was faster: it would fail again
        time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))
    raise Refusal(complaint, 4)


# --- the source commit -----------------------------------------------------------------------------------------------

IDENTITY = re.compile(rb"([^<>\n]*)<([^<>\n]*)> (\d{1,12}) ([-+])(\d{4})")


def read_source(git: Git, commit: str) -> Source:
    """What a rendered commit takes over from its source. Odd identities and dates become harmless ones."""
    head, _, message = git.run("cat-file", "commit", commit).partition(b"\n\n")
    lines = [line.partition(b" ") for line in head.split(b"\n")]
    fields = {key: value for key, _, value in reversed(lines)}
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author = IDENTITY.match(fields.get(b"author", b""))
    committer = IDENTITY.match(fields.get(b"committer", b""))
    name = _text(author[1], encoding).strip() if author else ""
    email = _text(author[2], encoding).strip() if author else ""
    return Source(
        commit,
        f"{_one_line(name) or 'unknown'} <{_one_line(email)}>".encode("utf-8", "replace"),
        _date(committer),
        _one_line(_text(message.strip().partition(b"\n\n")[0], encoding)),
    )


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return data.decode("latin-1")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _date(committer: re.Match[bytes] | None) -> bytes:
    if committer is None:
        return b"0 +0000"
    zone = committer[4] + committer[5] if int(committer[5]) <= 1400 else b"+0000"
    return committer[3] + b" " + zone


# --- where the branches are ------------------------------------------------------------------------------------------


def check_name(git: Git, branch: str, environment: str, where: str) -> list[Diagnostic]:
    """Refuse an environment whose name cannot be part of the name of a branch."""
    if "\0" not in branch and git.ask("check-ref-format", f"refs/heads/{branch}").status == 0:
        return []
    message = f"environment {environment!r} makes no name for a branch: git does not take {branch!r}"
    hint = "rename the directory"
    return [Diagnostic("PS507", "error", message, Pos(where), hint=hint)]


def _tips(git: Git, branches: Sequence[str], remote: Remote) -> dict[str, _Tip]:
    here = _local_tips(git, branches, remote)
    there = _remote_tips(git, branches, remote) if remote.push else {}
    tips = {}
    for branch in branches:
        local = here.get(f"refs/heads/{branch}", NOWHERE)
        other = there.get(branch, NOWHERE) if remote.push else here.get(f"refs/remotes/{remote.name}/{branch}", NOWHERE)
        tips[branch] = _Tip(local, other, _base(git, branch, local, other))
    return tips


def _local_tips(git: Git, branches: Sequence[str], remote: Remote) -> dict[str, str]:
    """The ids of the branches, and of what was last fetched of them. Refuses branches that are not free to be moved."""
    refs = [f"refs/heads/{b}" for b in branches] + [f"refs/remotes/{remote.name}/{b}" for b in branches]
    layout = "%(refname)%00%(objectname)%00%(worktreepath)%00%(symref)"
    tips = {}
    listing = git.run("for-each-ref", f"--format={layout}", "--", *refs).decode("utf-8", "replace")
    for ref, commit, work_tree, link in (line.split("\0") for line in listing.split("\n") if line.count("\0") == 3):
        if ref in refs:
            tips[ref] = commit
            if ref.startswith("refs/heads/"):
                _check_free(ref, work_tree, link)
    head = git.ask("symbolic-ref", "--quiet", "HEAD").out.decode("utf-8", "replace").strip()
    if head in refs and head not in tips:
        _check_free(head, "this work tree, unborn", "")
    return tips


def _check_free(ref: str, work_tree: str, link: str) -> None:
    branch = ref.removeprefix("refs/heads/")
    if work_tree:
        raise Refusal(f"{branch} is checked out in {work_tree}; switch to another branch there", 4)
    if link:
        raise Refusal(f"{branch} is a symbolic ref to {link}; penstock does not write through it", 4)


def _remote_tips(git: Git, branches: Sequence[str], remote: Remote) -> dict[str, str]:
    """The ids of the branches on the remote, whose commits are then here."""
    if remote.name not in git.run("remote").decode("utf-8", "replace").split("\n"):
        raise Refusal(f"there is no remote {remote.name!r} here; --remote takes the name of one", 2)
    refs = {f"refs/heads/{branch}": branch for branch in branches}
    listing = git.run("ls-remote", "--", remote.name, *refs, seconds=NETWORK).decode("utf-8", "replace")
    pairs = [line.split("\t") for line in listing.splitlines()]
    tips = {refs[ref]: commit for commit, ref in pairs if ref in refs and re.fullmatch("[0-9a-f]{40,64}", commit)}
    missing = [branch for branch, commit in tips.items() if not _has_commit(git, commit)]
    if missing:
        shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
        options = ["--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head"]
        options += ["--depth=1"] if shallow else []
        git.run("fetch", *options, "--", remote.name, *(f"refs/heads/{b}" for b in missing), seconds=NETWORK)
    return tips


def _base(git: Git, branch: str, local: str, other: str) -> str:
    """The commit to go on from: the further one. Where both went on, the remote's, if no commit of people is lost."""
    if not other or not local or local == other:
        return local or other
    if _is_ancestor(git, other, local):
        return local
    if _is_ancestor(git, local, other):
        return other
    ours_alone = git.run("log", "--max-count=1000", f"--format={TRAILER}", f"{other}..{local}", "--").decode()
    if all(ours_alone.splitlines()):
        return other
    raise Refusal(f"{branch} here and on the remote have gone apart, and commits here are not penstock's own", 4)


TRAILER = "%(trailers:key=Dry-Sha,valueonly,separator=%x2C)"


def _has_commit(git: Git, commit: str) -> bool:
    return git.ask("cat-file", "-e", f"{commit}^{{commit}}").status == 0


def _is_ancestor(git: Git, old: str, young: str) -> bool:
    return git.ask("merge-base", "--is-ancestor", old, young).status == 0


# --- what to do ------------------------------------------------------------------------------------------------------


def _plan(
    git: Git, source: Source, renderings: Iterable[Rendering], tips: Mapping[str, _Tip]
) -> tuple[list[_Step], list[Diagnostic]]:
    algorithm = git.run("rev-parse", "--show-object-format").decode().strip()
    steps = []
    findings: list[Diagnostic] = []
    for rendering in renderings:
        step, more = _plan_branch(git, source, rendering, tips[rendering.branch], algorithm)
        findings += more
        if not more:
            steps.append(step)
    return steps, findings


def _plan_branch(
    git: Git, source: Source, rendering: Rendering, tip: _Tip, algorithm: str
) -> tuple[_Step, list[Diagnostic]]:
    entries = _entries(git, tip.base) if tip.base else {}
    marker = _marker(git, entries)
    wanted = wanted_files(rendering, marker)
    stale = _stale(git, entries, leftovers(entries, wanted, rendering, marker))
    kept = {path: entry for path, entry in entries.items() if path not in stale}
    findings = check_marker(marker, entries, rendering) or check_in_the_way(kept, wanted, rendering)
    changed = changed_files(kept, wanted, algorithm)
    edits = {**dict.fromkeys(stale), **changed}
    new = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in changed.items()}
    later = _later_source(git, source, tip.base) if edits and tip.base else ""
    outcome = _outcome(rendering.branch, tip, entries, edits, later)
    return _Step(rendering, tip, edits, tree_id(kept | new, algorithm) if edits else "", outcome), findings


def _outcome(
    branch: str, tip: _Tip, entries: Mapping[str, Entry], edits: Mapping[str, bytes | None], later: str
) -> Outcome:
    if later:
        return Outcome(branch, "superseded", tip.base, tip.base, {}, source=later)
    changes: dict[str, Literal["added", "changed", "removed"]] = {}
    for path in sorted(edits):
        changes[path] = "removed" if edits[path] is None else "changed" if path in entries else "added"
    state: Literal["unchanged", "updated", "created"]
    state = "unchanged" if not edits else "updated" if tip.base else "created"
    return Outcome(branch, state, tip.base, tip.base, changes)


def _entries(git: Git, commit: str) -> dict[str, Entry]:
    entries = {}
    for line in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, name = meta.decode().split()
        entries[fsdecode(path)] = Entry(mode, name)
    return entries


def _marker(git: Git, entries: Mapping[str, Entry]) -> Marker | None:
    entry = entries.get(MARKER)
    return read_marker(_contents(git, [entry.id]).get(entry.id, b"")) if entry else None


def _stale(git: Git, entries: Mapping[str, Entry], paths: Sequence[str]) -> list[str]:
    """Those of the paths that hold an object which a target has written."""
    contents = _contents(git, [entries[path].id for path in paths])
    texts = {path: contents.get(entries[path].id, b"").decode("utf-8", "replace") for path in paths}
    return [path for path, text in texts.items() if is_from(directory_of(path), path, text)]


def _contents(git: Git, blobs: Sequence[str]) -> dict[str, bytes]:
    """The content of blobs, without those that are far too large."""
    if not blobs:
        return {}
    checked = git.run("cat-file", "--batch-check", stdin="".join(f"{b}\n" for b in blobs).encode()).decode()
    sizes = {line.split()[0]: int(line.split()[2]) for line in checked.splitlines() if " blob " in line}
    small = [blob for blob, size in sizes.items() if size <= MAX_LEFTOVER]
    out = git.run("cat-file", "--batch", stdin="".join(f"{b}\n" for b in small).encode())
    contents = {}
    at = 0
    for blob in small:
        start = out.index(b"\n", at) + 1
        contents[blob] = out[start : start + sizes[blob]]
        at = start + sizes[blob] + 1
    return contents


def _later_source(git: Git, source: Source, base: str) -> str:
    """The commit that the branch was rendered from, if it comes after ours: a late job must not undo a newer one.

    Where that commit is not here (a shallow clone, a history that was rewritten), its date has to do.
    """
    listing = git.run("log", "--max-count=100", f"--format=%ct {TRAILER}", base, "--").decode("utf-8", "replace")
    recorded = (line.split() for line in listing.splitlines())
    date, commit = next(((words[0], words[1]) for words in recorded if len(words) == 2), ("0", ""))
    if not re.fullmatch("[0-9a-f]{40,64}", commit) or commit == source.commit:
        return ""
    if _has_commit(git, commit):
        return commit if _is_ancestor(git, source.commit, commit) else ""
    return commit if int(date) > int(source.date.split()[0]) else ""


# --- doing it --------------------------------------------------------------------------------------------------------


def _move(git: Git, source: Source, steps: Iterable[_Step], engine: str, remote: Remote) -> tuple[list[Outcome], str]:
    """Write the commits, push them and move the branches. Gives a complaint if that failed; nothing has moved then."""
    outcomes = [step.outcome for step in steps if step.outcome.state == "superseded"]
    live = [step for step in steps if step.outcome.state != "superseded"]
    token = f"{int(time.time())}-{token_hex(4)}"
    commits: dict[str, str] = {}
    try:
        commits = _write(git, source, [step for step in live if step.edits], engine, token)
        moves = [(step, commits.get(step.rendering.branch, step.tip.base)) for step in live]
        complaint = _push(git, moves, remote) if remote.push else ""
        complaint = complaint or _update_branches(git, moves)
    finally:
        if any(step.edits for step in live):
            _forget(git, token)
    for step, commit in moves:
        pushed = remote.push and commit != step.tip.remote
        outcomes.append(step.outcome._replace(after=commit, pushed=pushed))
    return sorted(outcomes, key=lambda outcome: outcome.branch), complaint


def _write(git: Git, source: Source, steps: Sequence[_Step], engine: str, token: str) -> dict[str, str]:
    """The new commits by branch, each held by a private ref of its number."""
    if not steps:
        return {}
    stream = [b"feature done\n"]
    for number, step in enumerate(steps):
        stream += _commit(f"{PRIVATE}/{token}/{number}", source, step, engine)
    git.run("fast-import", "--quiet", "--done", stdin=b"".join((*stream, b"done\n")))
    listing = git.run("for-each-ref", "--format=%(refname:lstrip=3) %(objectname) %(tree)", f"{PRIVATE}/{token}/")
    commits = {}
    for line in listing.decode().splitlines():
        index, commit, tree = line.split()
        step = steps[int(index)]
        if tree != step.tree:
            raise AssertionError(f"git made the tree {tree} for {step.rendering.branch}, not {step.tree}")
        commits[step.rendering.branch] = commit
    return commits


def _commit(ref: str, source: Source, step: _Step, engine: str) -> list[bytes]:
    """A commit as `fast-import` reads it. What goes is said first: a file may give way to a directory."""
    message = _message(source, step, engine).encode()
    stream = [
        b"commit %s\nauthor %s %s\n" % (ref.encode(), source.author, source.date),
        b"committer %s %s\ndata %d\n%s\n" % (COMMITTER, source.date, len(message), message),
    ]
    if step.tip.base:
        stream.append(b"from %s\n" % step.tip.base.encode())
    for path, data in step.edits.items():
        name = _quoted(path)
        stream.append(b"D %s\n" % name if data is None else b"M %s inline %s\n" % (REGULAR.encode(), name))
        if data is not None:
            stream += b"data %d\n" % len(data), data, b"\n"
    return stream


def _message(source: Source, step: _Step, engine: str) -> str:
    environment = step.rendering.environment
    return (
        f"{source.subject or f'Render {environment}'}\n\n"
        f"Rendered for {environment} from {source.commit[:12]}.\n\n"
        f"Dry-Sha: {source.commit}\nRendered-Tree: {step.tree}\nEngine: {engine}\n"
    )


def _quoted(path: str) -> bytes:
    escaped = fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def _push(git: Git, moves: Iterable[tuple[_Step, str]], remote: Remote) -> str:
    """Push all branches or none, each only onto what the remote was seen to have. Gives what the remote objects to."""
    leases = []
    refspecs = []
    for step, commit in moves:
        if commit != step.tip.remote:
            ref = f"refs/heads/{step.rendering.branch}"
            leases.append(f"--force-with-lease={ref}:{step.tip.remote}")
            refspecs.append(f"{commit}:{ref}")
    if not refspecs:
        return ""
    options = ["--porcelain", "--atomic", "--no-verify", "--no-recurse-submodules", *leases]
    answer = git.ask("push", *options, "--", remote.name, *refspecs, seconds=NETWORK)
    if answer.status == 0:
        return ""
    refused = [line.split("\t") for line in answer.out.decode("utf-8", "replace").splitlines() if line[:2] == "!\t"]
    if not refused:
        raise Refusal(f"git push: {answer.complaint}", 4)
    reasons = "; ".join(f"{words[1].rpartition('refs/heads/')[2]} {words[-1]}" for words in refused)
    return f"git push to {remote.name}: {reasons}\n{answer.complaint}"


def _update_branches(git: Git, moves: Iterable[tuple[_Step, str]]) -> str:
    """Move all branches or none, each only from where it was seen. Gives git's complaint where that fails."""
    lines = []
    for step, commit in moves:
        ref, old = f"refs/heads/{step.rendering.branch}", step.tip.local
        if commit != old:
            lines.append(f"update {ref} {commit} {old}\n" if old else f"create {ref} {commit}\n")
    if not lines:
        return ""
    answer = git.ask("update-ref", "--no-deref", "-m", "penstock hydrate", "--stdin", stdin="".join(lines).encode())
    return f"git update-ref: {answer.complaint}" if answer.status else ""


FORGOTTEN = 24 * 3600
"""Seconds after which a private ref can only be that of a hydration that was killed."""


def _forget(git: Git, token: str) -> None:
    """Drop the private refs of this run, and those that a run before could not drop."""
    refs = git.run("for-each-ref", "--format=%(refname)", f"{PRIVATE}/").decode("utf-8", "replace").splitlines()
    stale = int(token.partition("-")[0]) - FORGOTTEN
    lines = []
    for ref in refs:
        began = re.match(rf"{PRIVATE}/(\d+)-", ref)
        if ref.startswith(f"{PRIVATE}/{token}/") or (began and int(began[1]) < stale):
            lines.append(f"delete {ref}\n")
    git.ask("update-ref", "--no-deref", "--stdin", stdin="".join(lines).encode())
