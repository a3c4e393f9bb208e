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
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Literal, NamedTuple

from penstock.emit.branch import (
    REGULAR,
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
    place_of,
    tree_id,
    wanted_files,
    with_contents,
)
from penstock.emit.debris import sweep
from penstock.emit.layout import is_from
from penstock.emit.notes import NOTES, Noted, Notes, note_stream
from penstock.emit.record import COMMITTER, message
from penstock.emit.repository import MAX_FILE, Branch, Git, Odd, bytes_of, text_of
from penstock.emit.signing import signed
from penstock.emit.source import Histories, Later, Source
from penstock.emit.tips import Remote, Tip, tips_of
from penstock.model import Diagnostic, Refusal

PRIVATE = "refs/penstock"
"""New commits hang here until their branches move, so that a garbage collection leaves them alone."""

FORGOTTEN = 24 * 3600
"""Seconds after which a private ref can only be that of a hydration that was killed."""

ATTEMPTS = 12
"""How often a hydration starts again because somebody else has moved a branch."""

PATIENCE = 2.0
"""Seconds to wait for a lock that somebody holds, while no branch moves: a process that was killed leaves its locks."""


class Outcome(NamedTuple):
    """What became of a branch. `changes` says of each path whether it came, changed or went.

    `superseded` means: it holds what a later commit, `source`, rendered, and was left alone. `new` means: there is no
    such branch, and it is not made unasked.
    """

    branch: str
    state: Literal["created", "updated", "unchanged", "superseded", "new"]
    before: str
    after: str
    changes: Mapping[str, Literal["added", "changed", "removed"]]
    pushed: bool = False
    source: str = ""
    tree: str = ""
    """The root tree that the branch is to have."""
    contents: Mapping[str, str] = {}
    """The id that the content of each file is to have that comes or changes."""
    held: Mapping[str, int] = {}
    """The paths of targets with errors, whose files stay as they are, and how many these are."""


class _Step(NamedTuple):
    """What to do to one branch: new content by path (None: no such file any more) and the tree that it makes."""

    rendering: Rendering
    tip: Tip
    edits: Mapping[str, bytes | None]
    tree: str
    outcome: Outcome
    is_noted: bool = False
    """Whether it is to be noted that this commit, too, comes to what the branch holds."""


class Anything(Container[str]):
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


class Request(NamedTuple):
    """How to go about it. `engine` gives the name and version of Penstock.

    With `dry_run` nothing is written. With `allow_older`, a branch goes back to an older commit if that is to be
    rendered. `may_create` are the branches that are made where there are none. `expected` has the trees that some
    branches are to have: if one gets another, nothing is written at all. With `signing_key`, commits are signed:
    `CONFIGURED` leaves the key to git.
    """

    engine: Callable[[], str]
    remote: Remote
    dry_run: bool = False
    allow_older: bool = False
    may_create: Container[str] = Anything()
    expected: Mapping[str, str] = {}
    signing_key: str | None = None


def hydrate(
    git: Git, source: Source, renderings: Sequence[Rendering], request: Request
) -> tuple[list[Outcome], list[Diagnostic]]:
    """Bring branches to what they are to hold, all of them or none.

    A branch with a finding is left out. In a dry run the outcomes say what would be. Raises `Refusal` (exit status 4)
    where git or the remote refuses.
    """
    renderings, findings = check_names(renderings)
    if not renderings:
        return [], findings
    outcomes, more = _hydrate(git, source, renderings, request)
    return outcomes, findings + more


def _hydrate(
    git: Git, source: Source, renderings: Sequence[Rendering], request: Request
) -> tuple[list[Outcome], list[Diagnostic]]:
    branches = [rendering.branch for rendering in renderings]
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
            return [step.outcome for step in steps], findings
        done = _move(git, source, steps, request, tips[NOTES])
        if not done.complaint:
            return done.outcomes, findings + done.findings
        moved = moved or [outcome for outcome in done.outcomes if outcome.pushed]
        is_locked = ".lock'" in done.complaint and time.monotonic() < since + PATIENCE
        if not is_locked and tips_of(git, branches, request.remote) == tips:
            break  # nobody was faster: it would fail again
        time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))
    raise Refusal(_failed(done.complaint, moved, request.remote), 4)


def _asked_for(step: _Step, may_create: Container[str]) -> _Step:
    """A step that makes no branch unasked."""
    if step.tip.base or step.rendering.branch in may_create:
        return step
    return step._replace(edits={}, outcome=step.outcome._replace(state="new"))


UNEXPECTED = "PS530"


def _unexpected(steps: Iterable[_Step], expected: Mapping[str, str]) -> list[Diagnostic]:
    """The branches that would get another tree than the one that is expected."""
    findings = []
    for step in steps:
        wanted = expected.get(step.rendering.branch, step.tree)
        if wanted != step.tree:
            message = f"the branch {step.rendering.branch} would get the tree {step.tree}, and {wanted} is expected"
            hint = "render the commit that was reviewed (--revision), by the same version of Penstock"
            findings.append(Diagnostic(UNEXPECTED, "error", message, place_of(step.rendering), hint=hint))
    return findings


def _failed(complaint: str, pushed: Sequence[Outcome], remote: Remote) -> str:
    """What is said where the branches here could not be moved; those of the remote may have been before."""
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
    algorithm = "sha1" if len(source.commit) == 40 else "sha256"
    steps: list[_Step] = []
    findings: list[Diagnostic] = []
    histories = Histories(git, source, int(time.time()), Notes(git, tips[NOTES].base))
    for rendering in renderings:
        tip = tips[rendering.branch]
        try:
            step = _plan_branch(git, rendering, tip, algorithm)
        except Odd as reason:
            step = [_odd(rendering, str(reason))]
        if isinstance(step, _Step) and tip.base:
            step = _in_history(step, histories, source, request)
        if isinstance(step, _Step):
            steps.append(step)
        else:
            findings += step
    return steps, findings


def _in_history(step: _Step, histories: Histories, source: Source, request: Request) -> _Step | list[Diagnostic]:
    """A step that undoes nothing newer; and that leaves a note where it changes nothing, for whoever comes later."""
    base = step.tip.base
    if step.edits:
        later = None if request.allow_older else histories.later(base)
        return _superseded(step, later) if later else step
    last = histories.last(base) if request.remote.push else None
    is_news = last is not None and last.source != source.commit
    return step._replace(is_noted=is_news and (request.allow_older or histories.later(base) is None))


def _plan_branch(git: Git, rendering: Rendering, tip: Tip, algorithm: str) -> _Step | list[Diagnostic]:
    branch = Branch(git.lookup, tip.base) if tip.base else None
    marker = branch.marker() if branch else None
    if rendering.settled and not (branch and branch.tree == rendering.as_of):
        rendering = with_contents(rendering, branch.entries(rendering.settled) if branch else {})
    entries = branch.entries(directories_of(rendering, marker) | rendering.held) if branch else {}
    wanted = wanted_files(rendering, marker)
    stale = _stale(git, entries, leftovers(entries, wanted, rendering, marker))
    kept = {path: entry for path, entry in entries.items() if path not in stale}
    findings = (
        check_marker(marker, entries, rendering)
        or check_in_the_way(kept, wanted, rendering)
        or check_held(entries, wanted, rendering)
    )
    if findings:
        return findings
    changed = changed_files(kept, wanted, algorithm)
    edits = {**dict.fromkeys(sorted(stale)), **changed}
    new = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in changed.items()}
    tree = tree_id(kept | new, algorithm) if edits else branch.tree if branch else ""
    contents = {path: entry.id for path, entry in new.items()}
    outcome = _outcome(rendering.branch, tip, entries, edits)
    outcome = outcome._replace(tree=tree, contents=contents, held=held_files(entries, rendering))
    return _Step(rendering, tip, edits, tree, outcome)


def _stale(git: Git, entries: Entries, paths: Sequence[str]) -> set[str]:
    """Those of the paths that hold an object which a target has written."""
    likely: dict[str, list[str]] = {}
    for path in paths:
        if "_" in path.rpartition("/")[2]:  # as in every name that `layout.file_name` makes
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


def _superseded(step: _Step, later: Later) -> _Step | list[Diagnostic]:
    """What to do with a branch that a later commit has rendered: nothing, or to say that this is not established."""
    base, branch = step.tip.base, step.rendering.branch
    if not later.doubt:
        return step._replace(
            edits={}, tree="", outcome=Outcome(branch, "superseded", base, base, {}, source=later.commit)
        )
    message = f"the branch {branch} holds what a later commit renders, {later.commit[:10]}, which {later.doubt}"
    hint = "`git fetch` or merge that commit; with --allow-older, this commit is rendered all the same"
    return [Diagnostic("PS512", "error", message, place_of(step.rendering), hint=hint)]


def _outcome(branch: str, tip: Tip, entries: Entries, edits: Mapping[str, bytes | None]) -> Outcome:
    changes: dict[str, Literal["added", "changed", "removed"]] = {}
    for path in sorted(edits):
        changes[path] = "removed" if edits[path] is None else "changed" if path in entries else "added"
    state: Literal["unchanged", "updated", "created"]
    state = "unchanged" if not edits else "updated" if tip.base else "created"
    return Outcome(branch, state, tip.base, tip.base, changes)


# --- doing it --------------------------------------------------------------------------------------------------------


LEFT_ALONE = ("superseded", "new")


class _Done(NamedTuple):
    """What came of an attempt. With a complaint, no branch has moved here; `pushed` says what did on the remote."""

    outcomes: list[Outcome]
    findings: list[Diagnostic]
    complaint: str


def _move(git: Git, source: Source, steps: Sequence[_Step], request: Request, notes: Tip) -> _Done:
    """Write the commits, push them and move the branches, and the notes with them."""
    live = [step for step in steps if step.outcome.state not in LEFT_ALONE]
    telling = [step for step in live if step.edits or step.is_noted]
    token = f"{int(time.time())}-{token_hex(4)}"
    try:
        commits = _write(git, source, telling, request.engine, token, notes)
        if request.signing_key is not None:
            commits |= _signed(git, telling, commits, token, request.signing_key)
        moves, odd = _moves(live, commits)
        refs = _refs(moves, commits.get(NOTES, ""), notes)
        refused = _push(git, refs, request.remote) if request.remote.push else ""
        complaint = refused or _update_refs(git, refs)
    finally:
        if telling:
            _forget(git, token)
    outcomes = [step.outcome for step in steps if step.outcome.state in LEFT_ALONE]
    for step, commit in moves:
        pushed = request.remote.push and not refused and commit != step.tip.remote
        outcomes.append(step.outcome._replace(after=commit, pushed=pushed))
    return _Done(sorted(outcomes, key=lambda outcome: outcome.branch), odd, complaint)


def _moves(steps: Iterable[_Step], commits: Mapping[str, str]) -> tuple[list[tuple[_Step, str]], list[Diagnostic]]:
    """Where each branch goes, which may be where it is; and a finding for each whose commit git has not made so."""
    moves: list[tuple[_Step, str]] = []
    odd: list[Diagnostic] = []
    for step in steps:
        commit = commits.get(step.rendering.branch, "") if step.edits else step.tip.base
        if commit or not step.edits:
            moves.append((step, commit))
        else:
            odd.append(_odd(step.rendering, NOT_OURS))
    return moves, odd


NOT_OURS = "git does not write its directories as they are there; `git fsck` says more"


def _write(
    git: Git, source: Source, steps: Sequence[_Step], engine: Callable[[], str], token: str, notes: Tip
) -> dict[str, str]:
    """The new commits by branch, each held by a private ref of its number, and that of the notes.

    One whose tree is not as planned is left out: the branch has a directory that git reads, and would not write.
    """
    if not steps:
        return {}
    name = engine() if any(step.edits for step in steps) else ""
    stream = [b"feature done\n"]
    for number, step in enumerate(steps):
        if step.edits:
            stream += _commit(f"{PRIVATE}/{token}/{number}", source, step, name)
    noted = [step.tip.base for step in steps if step.is_noted]
    if noted:
        said = Noted(source.commit, int(source.date.split()[0]))
        stream += note_stream(f"{PRIVATE}/{token}/{len(steps)}", notes.base, noted, said, source.date)
    with sweep(git, FORGOTTEN):
        git.run("fast-import", "--quiet", "--done", stdin=b"".join((*stream, b"done\n")))
    listing = git.run("for-each-ref", "--format=%(refname:lstrip=3) %(objectname) %(tree)", f"{PRIVATE}/{token}/")
    commits = {}
    for line in listing.decode().splitlines():
        index, commit, tree = line.split()
        if int(index) == len(steps):
            commits[NOTES] = commit
        elif tree == steps[int(index)].tree:
            commits[steps[int(index)].rendering.branch] = commit
    return commits


def _signed(git: Git, steps: Sequence[_Step], commits: Mapping[str, str], token: str, key: str) -> dict[str, str]:
    """The new commits of branches with signatures."""
    new = [step.rendering.branch for step in steps if step.edits and step.rendering.branch in commits]
    refs = {step.rendering.branch: f"{PRIVATE}/{token}/{number}" for number, step in enumerate(steps)}
    return dict(zip(new, signed(git, ((refs[branch], commits[branch]) for branch in new), key), strict=True))


def _commit(ref: str, source: Source, step: _Step, engine: str) -> list[bytes]:
    """A commit as `fast-import` reads it. What goes is said first: a file may give way to a directory."""
    rendering = step.rendering
    said = message(source.subject, rendering.environment, source.commit, step.tree, engine, sorted(rendering.held))
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
    """A ref that is to move: where it was seen here and on the remote (empty: nowhere), and its new commit."""

    name: str
    local: str
    remote: str
    commit: str


def _refs(moves: Iterable[tuple[_Step, str]], noted: str, notes: Tip) -> list[_Ref]:
    """What is to move: the branches, and the notes where there is a new one."""
    found = [_Ref(f"refs/heads/{step.rendering.branch}", step.tip.local, step.tip.remote, c) for step, c in moves]
    return [*found, _Ref(NOTES, notes.local, notes.remote, noted)] if noted else found


def _push(git: Git, refs: Iterable[_Ref], remote: Remote) -> str:
    """Push all refs or none, each only onto what the remote was seen to have. Gives what the remote objects to."""
    moving = [ref for ref in refs if ref.commit != ref.remote]
    if not moving:
        return ""
    leases = [f"--force-with-lease={ref.name}:{ref.remote}" for ref in moving]
    refspecs = [f"{ref.commit}:{ref.name}" for ref in moving]
    options = ["--porcelain", "--atomic", "--no-verify", "--no-recurse-submodules", *leases]
    answer = git.ask("push", *options, "--", remote.name, *refspecs, network=True)
    if answer.status == 0:
        return ""
    refused = [line.split("\t") for line in text_of(answer.out).split("\n") if line[:2] == "!\t"]
    if not refused:
        raise Refusal(f"git push: {answer.complaint}", 4)
    reasons = "; ".join(f"{words[1].rpartition('refs/heads/')[2]} {words[-1]}" for words in refused)
    return f"git push to {remote.name}: {reasons}\n{answer.complaint}"


def _update_refs(git: Git, refs: Iterable[_Ref]) -> str:
    """Move all refs or none, each only from where it was seen. Gives git's complaint where that fails."""
    lines = []
    for name, old, _, commit in refs:
        if commit != old:
            lines.append(f"update {name} {commit} {old}\n" if old else f"create {name} {commit}\n")
    if not lines:
        return ""
    answer = git.ask("update-ref", "--no-deref", "-m", "penstock hydrate", "--stdin", stdin=bytes_of("".join(lines)))
    return f"git update-ref: {answer.complaint}" if answer.status else ""


def _forget(git: Git, token: str) -> None:
    """Drop the private refs of this run, and those that a run before could not drop."""
    refs = text_of(git.run("for-each-ref", "--format=%(refname)", f"{PRIVATE}/")).split("\n")
    stale = int(token.partition("-")[0]) - FORGOTTEN
    lines = []
    for ref in refs:
        began = re.match(rf"{PRIVATE}/(\d+)-", ref)
        if ref.startswith(f"{PRIVATE}/{token}/") or (began and int(began[1]) < stale):
            lines.append(f"delete {ref}\n")
    git.ask("update-ref", "--no-deref", "--stdin", stdin=bytes_of("".join(lines)))
