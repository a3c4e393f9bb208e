"""Files → commits on rendered branches, by git plumbing alone: no index, no HEAD, no work tree.

Only differences are written, by one `fast-import` into private refs. Then all branches move in one transaction, each
only if nobody else has moved it meanwhile. A push comes before that transaction: it is one atomic push under the same
condition. A run that loses the race starts again from the new state.

A commit depends only on the sources, its parent and the version of Penstock: its author is that of the source commit,
and both its dates are the committer date of the source commit.
"""

import os
import posixpath
import re
import time
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

from penstock.emit import argocd
from penstock.emit.argocd import OF_TARGET, Dry
from penstock.emit.branch import (
    REGULAR,
    TREE,
    Entries,
    Entry,
    Rendering,
    blob_id,
    changed_files,
    check_held,
    check_in_the_way,
    check_marker,
    check_names,
    directories_of,
    directory_of,
    held_files,
    leftovers,
    other_leftovers,
    place_of,
    tree_id,
    wanted_files,
    with_contents,
)
from penstock.emit.debris import sweep
from penstock.emit.notes import NOTES, Noted, Notes, note_stream
from penstock.emit.record import COMMITTER, Made, message, with_trailers
from penstock.emit.repository import MAX_FILE, Branch, Git, Odd, bytes_of, is_ancestor, text_of
from penstock.emit.signing import signed
from penstock.emit.source import Histories, Later, Source
from penstock.emit.tips import Branches, Remote, Tip, bring_commit, tips_of
from penstock.model import Diagnostic, Refusal
from penstock.records import NamedTuple

PRIVATE = "refs/penstock"
"""The prefix of refs that protect new commits from garbage collection until their branches move."""

FORGOTTEN = 24 * 3600
"""Seconds after which a private ref can only be left from a hydration that was killed."""

ATTEMPTS = 12
"""How often a hydration starts again because somebody else has moved a branch."""

PATIENCE = 2.0
"""Seconds to wait for somebody's lock while no branch moves: a process that was killed leaves its locks behind."""


class Outcome(NamedTuple):
    """The result for one environment's part of a branch. `changes` maps each path to what happened to its file.

    The state `superseded` means that the branch holds the rendering of a later commit, `source`, and was left alone.
    `new` means that the branch does not exist, and is not created without being asked for.
    """

    environment: str
    branch: str
    state: Literal["created", "updated", "unchanged", "superseded", "new"]
    before: str
    after: str
    changes: Mapping[str, Literal["added", "changed", "removed"]]
    pushed: bool = False
    source: str = ""
    tree: str = ""
    """The root tree that the branch should have."""
    part: str = ""
    """The tree of the environment's folder. It equals `tree` if the folder is the root."""
    contents: Mapping[str, str] = {}
    """The content id of each file that is added or changed, by its path."""
    held: Mapping[str, int] = {}
    """The paths of targets with errors, whose files stay as they are, each with the number of its files."""


class _Part(NamedTuple):
    """The changes for one environment: new content by path (None removes the file), and the outcome for its folder."""

    rendering: Rendering
    edits: Mapping[str, bytes | None]
    outcome: Outcome


class _Step(NamedTuple):
    """The changes to one branch, and the resulting tree."""

    branch: str
    tip: Tip
    parts: Sequence[_Part]
    tree: str
    is_noted: bool = False
    """Whether to leave a note that this commit, too, renders what the branch holds."""

    @property
    def edits(self) -> dict[str, bytes | None]:
        """The new content by path, of all environments."""
        return {path: data for part in self.parts for path, data in part.edits.items()}

    @property
    def outcomes(self) -> list[Outcome]:
        return [part.outcome for part in self.parts]

    @property
    def is_left(self) -> bool:
        """Whether the branch is left alone."""
        return any(part.outcome.state in LEFT_ALONE for part in self.parts)

    @property
    def is_hydrated(self) -> bool:
        """Whether the branch has the layout of Argo CD's hydrator."""
        return any(part.rendering.layout == "argocd" for part in self.parts)

    def stays(self, state: Literal["superseded", "new"], source: str = "") -> "_Step":
        """Return the step without its edits, in the given state."""
        parts = [
            part._replace(edits={}, outcome=part.outcome._replace(state=state, source=source)) for part in self.parts
        ]
        return self._replace(parts=parts)


class Anything(Container[str]):
    """A container that holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


class Request(NamedTuple):
    """The options of a hydration. `engine` returns the name and version of Penstock.

    With `dry_run`, nothing is written. With `allow_older`, a branch may go back to an older commit. `may_create` holds
    the branches that may be created. `expected` maps branches to the trees that they should get: if one would get
    another tree, nothing is written at all. With `signing_key`, commits are signed; `CONFIGURED` leaves the choice of
    the key to git.
    """

    engine: Callable[[], str]
    remote: Remote
    dry_run: bool = False
    allow_older: bool = False
    may_create: Container[str] = Anything()
    expected: Mapping[str, str] = {}
    signing_key: str | None = None
    address: str = ""
    """The address of the source repository, for readers of the branch."""


def hydrate(
    git: Git, source: Source, renderings: Sequence[Rendering], request: Request
) -> tuple[list[Outcome], list[Diagnostic]]:
    """Write the renderings to their branches, all of them or none. Return the outcomes and the findings.

    A branch with a finding is left out. In a dry run, the outcomes say what would happen. Raises `Refusal` (exit status
    4) where git or the remote refuses.
    """
    renderings, findings = check_names(renderings)
    if not renderings:
        return [], findings
    outcomes, more = _hydrate(git, source, renderings, request)
    return outcomes, findings + more


def _hydrate(
    git: Git, source: Source, renderings: Sequence[Rendering], request: Request
) -> tuple[list[Outcome], list[Diagnostic]]:
    branches = _branches_of(renderings)
    known: dict[str, Tip] = {}
    since = time.monotonic()
    moved: list[Outcome] = []
    for attempt in range(ATTEMPTS):
        tips = tips_of(git, branches, request.remote)
        if tips != known:
            known, since = tips, time.monotonic()
        steps, findings = _plan(git, source, renderings, tips, request)
        if not request.dry_run:
            steps = [_asked_for(step, request.may_create) for step in steps]
        findings += _unexpected(steps, request.expected)
        if request.dry_run or any(finding.code == UNEXPECTED for finding in findings):
            return [outcome for step in steps for outcome in step.outcomes], findings
        done = _move(git, source, steps, request, tips)
        if not done.complaint:
            return done.outcomes, findings + done.findings
        moved = moved or [outcome for outcome in done.outcomes if outcome.pushed]
        is_locked = ".lock'" in done.complaint and time.monotonic() < since + PATIENCE
        if not is_locked and tips_of(git, branches, request.remote) == tips:
            break  # no other run moved a branch: it would fail again
        import random  # few runs have to wait

        time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))
    raise Refusal(_failed(done.complaint, moved, request.remote), 4)


def _branches_of(renderings: Sequence[Rendering]) -> Branches:
    """Return the branches and refs of notes that matter to some renderings."""
    return Branches(
        {rendering.branch: rendering.active for rendering in renderings},
        (NOTES, argocd.NOTES) if any(each.layout == "argocd" for each in renderings) else (NOTES,),
        {rendering.branch for rendering in renderings if rendering.folder},
    )


def _asked_for(step: _Step, may_create: Container[str]) -> _Step:
    """Return the step, or one that does nothing if it would create a branch that must not be created."""
    return step if step.tip.base or step.branch in may_create else step.stays("new")


UNEXPECTED = "PS530"


def _unexpected(steps: Iterable[_Step], expected: Mapping[str, str]) -> list[Diagnostic]:
    """Return errors for branches that would get another tree than the expected one."""
    findings = []
    for step in steps:
        wanted = expected.get(step.branch, step.tree)
        if wanted != step.tree:
            message = f"the branch {step.branch} would get the tree {step.tree}, and {wanted} is expected"
            hint = "render the commit that was reviewed (--revision), by the same version of Penstock"
            findings.append(Diagnostic(UNEXPECTED, "error", message, place_of(step.parts[0].rendering), hint=hint))
    return findings


def _failed(complaint: str, pushed: Sequence[Outcome], remote: Remote) -> str:
    """Return the message that the local branches could not be moved. It names the branches that were already pushed."""
    if not pushed:
        return complaint
    names = ", ".join(outcome.branch for outcome in pushed)
    return f"{names} were pushed to {remote.name}, but did not move here; the next run moves them.\n{complaint}"


# --- what to do ------------------------------------------------------------------------------------------------------


def _plan(
    git: Git,
    source: Source,
    renderings: Iterable[Rendering],
    tips: Mapping[str, Tip],
    request: Request,
) -> tuple[list[_Step], list[Diagnostic]]:
    dry = Dry(request.address, source.commit, text_of(source.author), source.written, source.message)
    members: dict[str, list[Rendering]] = {}
    for rendering in renderings:
        members.setdefault(rendering.branch, []).append(rendering)
    steps: list[_Step] = []
    findings: list[Diagnostic] = []
    bring = partial(bring_commit, git, request.remote)
    histories = Histories(git, source, int(time.time()), Notes(git, tips[NOTES].base), bring)
    for branch, group in members.items():
        _check_pushed(git, branch, tips[branch], source, request.remote)
        step, odd = _plan_branch(git, group, tips[branch], dry)
        findings += odd
        if step is not None and step.tip.base:
            step, odd = _in_history(step, histories, source, request)
            findings += odd
        if step is not None:
            steps.append(step)
    return steps, findings


def _check_pushed(git: Git, branch: str, tip: Tip, source: Source, remote: Remote) -> None:
    """Raise `Refusal` if a push would build on a branch that lacks the source commit on the remote.

    This concerns branches that are checked out, which hold the sources beside the rendered files.
    """
    if tip.is_out and remote.push and not (tip.base and is_ancestor(git, source.commit, tip.base)):
        raise Refusal(
            f"{branch} on {remote.name} does not have the commit {source.commit[:10]} yet; push that first", 4
        )


def _in_history(
    step: _Step, histories: Histories, source: Source, request: Request
) -> tuple[_Step | None, list[Diagnostic]]:
    """Return a step that undoes nothing newer, or None and findings if it may.

    A step that changes nothing is marked to leave a note instead (`is_noted`), so that later runs know about this
    commit.
    """
    base = step.tip.base
    if step.edits:
        later = None if request.allow_older else histories.later(base)
        return _superseded(step, later) if later else (step, [])
    # A note that stays here helps no other clone, so it is written with a push only.
    is_told = request.remote.push or step.is_hydrated
    last = histories.last(base) if is_told else None
    is_news = last is not None and last.source != source.commit
    return step._replace(is_noted=is_news and (request.allow_older or histories.later(base) is None)), []


def _plan_branch(git: Git, members: Sequence[Rendering], tip: Tip, dry: Dry) -> tuple[_Step | None, list[Diagnostic]]:
    """Return the step for a branch and all environments on it. An environment with a finding is left out; the step is
    None if none is left.
    """
    parts: list[_Part] = []
    findings: list[Diagnostic] = []
    branch = None
    for rendering in members:
        try:
            branch = branch or (Branch.of_commit(git.lookup, tip.base) if tip.base else None)
            below = branch.below(rendering.folder) if branch else None
            part = _plan_part(git, rendering, tip, below, dry)
        except Odd as reason:
            part = [_odd(rendering, str(reason))]
        if isinstance(part, _Part):
            parts.append(part)
        else:
            findings += part
    if not parts:
        return None, findings
    tree = _whole(branch, parts, dry)
    parts = [part._replace(outcome=part.outcome._replace(tree=tree)) for part in parts]
    return _Step(members[0].branch, tip, parts, tree), findings


def _whole(branch: Branch | None, parts: Sequence[_Part], dry: Dry) -> str:
    """Return the root tree of a branch in which the folders of the environments have their new content."""
    if not parts[0].rendering.folder:
        return parts[0].outcome.part
    folders = {part.rendering.folder: Entry(TREE, part.outcome.part) for part in parts}
    entries = branch.entries(map(directory_of, folders)) if branch else {}
    return tree_id({**entries, **folders}, _algorithm(dry.commit))


def _algorithm(commit: str) -> str:
    return "sha1" if len(commit) == 40 else "sha256"


def _plan_part(git: Git, rendering: Rendering, tip: Tip, branch: Branch | None, dry: Dry) -> _Part | list[Diagnostic]:
    """Return the changes for an environment, or findings. `branch` is the view of the environment's folder."""
    algorithm = _algorithm(dry.commit)
    marker = branch.marker() if branch else None
    # Files that were taken as unchanged were so on another tree. What they hold has to be compared after all.
    if rendering.settled and not (branch and branch.tree == rendering.as_of):
        rendering = with_contents(rendering, branch.entries(rendering.settled) if branch else {})
    entries = branch.entries(directories_of(rendering, marker) | rendering.held) if branch else {}
    wanted = wanted_files(rendering, marker)
    stale = _stale(git, entries, leftovers(entries, wanted, rendering, marker))
    stale |= other_leftovers(entries, wanted, rendering, marker)
    # What is removed in this commit cannot be in the way of what it adds.
    kept = {path: entry for path, entry in entries.items() if path not in stale}
    findings = (
        check_marker(marker, entries, rendering)
        or check_in_the_way(kept, wanted, rendering)
        or check_held(entries, wanted, rendering)
    )
    if findings:
        return findings
    changed = changed_files(kept, wanted, algorithm)
    if rendering.layout == "argocd":
        # Argo CD's metadata names the source commit, so it is written only if something else changes.
        changed |= _stamped(rendering, dry, kept, {*changed, *stale})
    edits = {**dict.fromkeys(sorted(stale)), **changed}
    new = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in changed.items()}
    tree = tree_id(kept | new, algorithm) if edits else branch.tree if branch else ""
    outcome = _outcome(rendering, tip, entries, edits)
    outcome = outcome._replace(
        part=tree,
        contents={_below(rendering, path): entry.id for path, entry in new.items()},
        held=held_files(entries, rendering),
    )
    return _Part(rendering, {_below(rendering, path): data for path, data in edits.items()}, outcome)


def _stamped(rendering: Rendering, dry: Dry, entries: Entries, touched: Collection[str]) -> dict[str, bytes]:
    """Return the files that name the commit, for targets whose manifests change or that lack such files. The result is
    empty if nothing changes at all.
    """
    folders = []
    for folder, files in rendering.targets.items():
        known = {posixpath.join("" if folder == "." else folder, name) for name in OF_TARGET}
        if files and (not known <= entries.keys() or files.keys() & touched):
            folders.append(folder)
    if not (folders or touched or argocd.METADATA not in entries):
        return {}
    from penstock.emit.dry_commit import stamps  # few branches have this layout

    return stamps(dry, folders)


def _below(rendering: Rendering, path: str) -> str:
    """Return a path within the folder of an environment as a path from the root of the branch."""
    return posixpath.join(rendering.folder, path)


def _stale(git: Git, entries: Entries, paths: Sequence[str]) -> set[str]:
    """Return those of the paths that hold an object which a target has written."""
    if not paths:
        return set()
    from penstock.emit.layout import is_from  # needed only if files are removed

    likely: dict[str, list[str]] = {}
    for path in paths:
        if "_" in path.rpartition("/")[2]:  # as in every name that `names.file_name` makes
            likely.setdefault(entries[path].id, []).append(path)
    found = set()
    for name, data in git.contents(likely, MAX_FILE):
        text = data.decode("utf-8", "replace")
        found |= {path for path in likely[name] if is_from(directory_of(path), path, text)}
    return found


def _odd(rendering: Rendering, reason: str) -> Diagnostic:
    message = f"the branch {rendering.branch} is left as it is: {reason}"
    hint = "take back the commit that brought it there, or delete the branch"
    return Diagnostic("PS510", "error", message, place_of(rendering), hint=hint)


def _superseded(step: _Step, later: Later) -> tuple[_Step | None, list[Diagnostic]]:
    """Return a step that leaves the branch alone because a later commit has rendered it, or findings if that is in
    doubt.
    """
    if not later.doubt:
        parts = [
            part._replace(outcome=part.outcome._replace(changes={}, contents={}, tree="", part=""))
            for part in step.parts
        ]
        return step._replace(parts=parts, tree="").stays("superseded", later.commit), []
    message = f"the branch {step.branch} holds what a later commit renders, {later.commit[:10]}, which {later.doubt}"
    hint = "`git fetch` or merge that commit; with --allow-older, this commit is rendered all the same"
    return None, [Diagnostic("PS512", "error", message, place_of(part.rendering), hint=hint) for part in step.parts]


def _outcome(rendering: Rendering, tip: Tip, entries: Entries, edits: Mapping[str, bytes | None]) -> Outcome:
    changes: dict[str, Literal["added", "changed", "removed"]] = {}
    for path in sorted(edits):
        what: Literal["added", "changed", "removed"]
        what = "removed" if edits[path] is None else "changed" if path in entries else "added"
        changes[_below(rendering, path)] = what
    state: Literal["created", "updated", "unchanged"]
    state = "unchanged" if not edits else "updated" if tip.is_there else "created"
    return Outcome(rendering.environment, rendering.branch, state, tip.seen, tip.seen, changes)


# --- doing it --------------------------------------------------------------------------------------------------------


LEFT_ALONE = ("superseded", "new")


class _Done(NamedTuple):
    """The result of one attempt. With a complaint, no local branch has moved; `pushed` says which ones did on the
    remote.
    """

    outcomes: list[Outcome]
    findings: list[Diagnostic]
    complaint: str


def _move(git: Git, source: Source, steps: Sequence[_Step], request: Request, tips: Mapping[str, Tip]) -> _Done:
    """Write the commits, push them, and move the branches together with the notes."""
    live = [step for step in steps if not step.is_left]
    telling = [step for step in live if step.edits or step.is_noted]
    token = f"{int(time.time())}-{os.urandom(4).hex()}"
    try:
        # The order matters: objects first, then the remote, and the branches here last. Whoever is killed in between
        # leaves no branch that the remote does not have.
        commits = _write(git, source, telling, request, token)
        moves, odd = _moves(live, commits)
        noted = _write_notes(git, source, moves, request.signing_key, token, tips)
        refs = _refs(moves, noted, tips)
        refused = _push(git, refs, request.remote) if request.remote.push else ""
        complaint = refused or _update_refs(git, refs, request.remote)
        if not complaint:
            _bring_along(git, refs)
    finally:
        if telling:
            _forget(git, token)
    outcomes = [outcome for step in steps if step.is_left for outcome in step.outcomes]
    for step, commit in moves:
        pushed = request.remote.push and not refused and commit != step.tip.remote
        outcomes += [outcome._replace(after=commit, pushed=pushed) for outcome in step.outcomes]
    return _Done(sorted(outcomes, key=lambda outcome: outcome.branch), odd, complaint)


def _moves(steps: Iterable[_Step], commits: Mapping[str, str]) -> tuple[list[tuple[_Step, str]], list[Diagnostic]]:
    """Return each step with the commit to which its branch moves (possibly its current one), and errors for the
    branches whose commit git did not write as planned.
    """
    moves: list[tuple[_Step, str]] = []
    odd: list[Diagnostic] = []
    for step in steps:
        commit = commits.get(step.branch, "") if step.edits else step.tip.base
        if commit or not step.edits:
            moves.append((step, commit))
        else:
            odd += [_odd(part.rendering, NOT_OURS) for part in step.parts]
    return moves, odd


NOT_OURS = "git does not write its directories as they are there; `git fsck` says more"


def _write(git: Git, source: Source, steps: Sequence[_Step], request: Request, token: str) -> dict[str, str]:
    """Write the new commits, each held by a private ref that is named by its number, and return them by branch.

    A commit whose tree is not as planned is left out: its branch has a directory that git reads but would not write.
    """
    steps = [step for step in steps if step.edits]
    if not steps:
        return {}
    engine = request.engine()
    stream = [b"feature done\n"]
    for number, step in enumerate(steps):
        stream += _commit(f"{PRIVATE}/{token}/{number}", source, step, _message(source, step, request.address, engine))
    commits = {
        steps[int(name)].branch: (name, commit)
        for name, commit, tree in _imported(git, stream, token)
        if tree == steps[int(name)].tree
    }
    return _perhaps_signed(git, commits, request.signing_key, token)


def _perhaps_signed(git: Git, commits: Mapping[str, tuple[str, str]], key: str | None, token: str) -> dict[str, str]:
    """Return the new commits by their owners, signed if that was asked for. Each commit is given with the name of its
    private ref.
    """
    if key is None:
        return {owner: commit for owner, (_, commit) in commits.items()}
    held = [(f"{PRIVATE}/{token}/{name}", commit) for name, commit in commits.values()]
    return dict(zip(commits, signed(git, held, key), strict=True))


def _imported(git: Git, stream: Sequence[bytes], token: str) -> list[tuple[str, str, str]]:
    """Run `fast-import` on a stream. Return the name of each private ref that results, with its commit and its tree."""
    with sweep(git, FORGOTTEN):
        git.run("fast-import", "--quiet", "--done", stdin=b"".join((*stream, b"done\n")))
    listing = git.run("for-each-ref", "--format=%(refname:lstrip=3) %(objectname) %(tree)", f"{PRIVATE}/{token}/")
    lines = (line.split(" ") for line in listing.decode().splitlines())
    return [(name, commit, tree) for name, commit, tree in lines]


def _write_notes(
    git: Git,
    source: Source,
    moves: Sequence[tuple[_Step, str]],
    signing_key: str | None,
    token: str,
    tips: Mapping[str, Tip],
) -> dict[str, str]:
    """Write the new commits of notes, each held by a private ref, and return them by the ref of the notes."""
    noted = [step.tip.base for step, _ in moves if step.is_noted]
    hydrated = [commit for step, commit in moves if step.is_hydrated and (step.edits or step.is_noted)]
    said = Noted(source.commit, int(source.date.split()[0])).text
    stream = []
    if noted:
        stream += note_stream(f"{PRIVATE}/{token}/notes", tips[NOTES].base, noted, said, source)
    if hydrated:
        ref = f"{PRIVATE}/{token}/hydrator"
        stream += note_stream(ref, tips[argocd.NOTES].base, hydrated, argocd.note(source.commit), source)
    if not stream:
        return {}
    names = {"notes": NOTES, "hydrator": argocd.NOTES}
    made = _imported(git, [b"feature done\n", *stream], token)
    commits = {names[name]: (name, commit) for name, commit, _ in made if name in names}
    return _perhaps_signed(git, commits, signing_key, token)


def _message(source: Source, step: _Step, address: str, engine: str) -> str:
    """Return the message for the commit of a branch."""
    environments = ", ".join(part.rendering.environment for part in step.parts)
    held = sorted(path for part in step.parts for path in part.rendering.held)
    made = Made(source.commit, step.tree, engine)
    if not step.is_hydrated:
        return message(source.subject or f"Render {environments}", environments, made, held)
    from penstock.emit.dry_commit import message_of  # few branches have this layout

    dry = Dry(address, source.commit, text_of(source.author), source.written, source.message)
    text, trailers = message_of(dry)
    return with_trailers(text, trailers, made, held)


def _commit(ref: str, source: Source, step: _Step, said: str) -> list[bytes]:
    """Return a commit in the format of `fast-import`. Removals come first, because a file may give way to a
    directory.
    """
    text = bytes_of(said)
    stream = [
        b"commit %s\nauthor %s %s\n" % (bytes_of(ref), source.author, source.date),
        b"committer %s %s\ndata %d\n%s\n" % (COMMITTER, source.date, len(text), text),
    ]
    if step.tip.base:
        stream.append(b"from %s\n" % step.tip.base.encode())
    for path, data in step.edits.items():
        name = _quoted(path)
        stream.append(b"D %s\n" % name if data is None else b"M %s inline %s\n" % (REGULAR.encode(), name))
        if data is not None:
            stream += b"data %d\n" % len(data), data, b"\n"
    return stream


def _quoted(path: str) -> bytes:
    escaped = bytes_of(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


class _Ref(NamedTuple):
    """A ref to move: its commits here and on the remote when it was last seen (empty: it did not exist), and its new
    commit.
    """

    name: str
    local: str
    remote: str
    commit: str
    is_out: bool = False


def _refs(moves: Iterable[tuple[_Step, str]], noted: Mapping[str, str], tips: Mapping[str, Tip]) -> list[_Ref]:
    """Return the refs to move: the branches, and the notes if there are new ones."""
    found = [
        _Ref(f"refs/heads/{step.branch}", step.tip.local, step.tip.remote, commit, step.tip.is_out)
        for step, commit in moves
    ]
    return [*found, *(_Ref(name, tips[name].local, tips[name].remote, commit) for name, commit in noted.items())]


def _push(git: Git, refs: Iterable[_Ref], remote: Remote) -> str:
    """Push all refs or none, each only if the remote still has the commit that was seen there. Return the remote's
    objections; empty on success.
    """
    moving = [ref for ref in refs if ref.commit != ref.remote]
    if not moving:
        return ""
    leases = [f"--force-with-lease={ref.name}:{ref.remote}" for ref in moving]
    refspecs = [f"{ref.commit}:{ref.name}" for ref in moving]
    options = ["--porcelain", "--atomic", "--no-verify", "--no-recurse-submodules", *leases]
    answer = git.ask("push", *options, "--", remote.name, *refspecs, network=True)
    if answer.status == 0:
        return ""
    # A ref that was refused means that somebody was faster, and the run starts again. Anything else is a failure.
    refused = [line.split("\t") for line in text_of(answer.out).split("\n") if line[:2] == "!\t"]
    if not refused:
        raise Refusal(f"git push: {answer.complaint}", 4)
    reasons = "; ".join(f"{words[1].rpartition('refs/heads/')[2]} {words[-1]}" for words in refused)
    return f"git push to {remote.name}: {reasons}\n{answer.complaint}"


def _bring_along(git: Git, refs: Iterable[_Ref]) -> None:
    """Update the work tree and the index to a branch that is checked out and has moved."""
    for ref in refs:
        if ref.is_out and ref.local and ref.commit != ref.local:
            _read_tree(git, ref.local, ref.commit)


def _read_tree(git: Git, old: str, new: str, *options: str) -> None:
    """Move the work tree from one commit to another as `git checkout` does. Raises `Refusal` if that would lose local
    edits.
    """
    answer = git.ask("read-tree", "-m", "-u", *options, old, new)
    if answer.status:
        raise Refusal(f"the work tree cannot follow the branch that is checked out: {answer.complaint}", 4)


def _update_refs(git: Git, refs: Iterable[_Ref], remote: Remote) -> str:
    """Move all refs or none, each only from the commit that was seen. Return git's complaint; empty on success."""
    lines = []
    for ref, old, _, commit, is_out in refs:
        name = remote.here(ref)
        if is_out and remote.push:
            continue  # the user who has the branch checked out will pull
        if is_out and commit != old:
            _read_tree(git, old, commit, "--dry-run")
        if commit != old:
            lines.append(f"update {name} {commit} {old}\n" if old else f"create {name} {commit}\n")
    if not lines:
        return ""
    answer = git.ask("update-ref", "--no-deref", "-m", "penstock hydrate", "--stdin", stdin=bytes_of("".join(lines)))
    return f"git update-ref: {answer.complaint}" if answer.status else ""


def _forget(git: Git, token: str) -> None:
    """Delete the private refs of this run, and those that an earlier run left behind."""
    refs = text_of(git.run("for-each-ref", "--format=%(refname)", f"{PRIVATE}/")).split("\n")
    stale = int(token.partition("-")[0]) - FORGOTTEN
    lines = []
    for ref in refs:
        began = re.match(rf"{PRIVATE}/(\d+)-", ref)
        if ref.startswith(f"{PRIVATE}/{token}/") or (began and int(began[1]) < stale):
            lines.append(f"delete {ref}\n")
    git.ask("update-ref", "--no-deref", "--stdin", stdin=bytes_of("".join(lines)))
