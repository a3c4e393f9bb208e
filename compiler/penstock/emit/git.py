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
from secrets import token_hex
from typing import Literal, NamedTuple

from penstock.emit.branch import (
    REGULAR,
    Entry,
    Rendering,
    blob_id,
    changed_files,
    check_in_the_way,
    check_marker,
    directory_of,
    leftovers,
    tree_id,
    wanted_files,
)
from penstock.emit.layout import is_from
from penstock.emit.repository import Git, bytes_of, contents_of, entries_of, marker_of, text_of
from penstock.emit.source import Source, later_source
from penstock.emit.tips import NETWORK, Remote, Tip, tips_of
from penstock.model import Diagnostic, Refusal

PRIVATE = "refs/penstock"
"""New commits hang here until their branches move, so that a garbage collection leaves them alone."""

FORGOTTEN = 24 * 3600
"""Seconds after which a private ref can only be that of a hydration that was killed."""

COMMITTER = b"Penstock <hydrate@penstock.dev>"

ATTEMPTS = 12
"""How often a hydration starts again because somebody else has moved a branch."""


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


class _Step(NamedTuple):
    """What to do to one branch: new content by path (None: no such file any more) and the tree that it makes."""

    rendering: Rendering
    tip: Tip
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
    for attempt in range(ATTEMPTS if branches else 0):
        tips = tips_of(git, branches, remote)
        steps, findings = _plan(git, source, renderings, tips)
        if dry_run:
            return [step.outcome for step in steps], findings
        outcomes, complaint = _move(git, source, steps, engine, remote)
        if not complaint:
            return outcomes, findings
        if ".lock'" not in complaint and tips_of(git, branches, remote) == tips:
            break  # nobody was faster: it would fail again
        time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))
    if complaint:
        raise Refusal(complaint, 4)
    return [], []


# --- what to do ------------------------------------------------------------------------------------------------------


def _plan(
    git: Git, source: Source, renderings: Iterable[Rendering], tips: Mapping[str, Tip]
) -> tuple[list[_Step], list[Diagnostic]]:
    algorithm = git.run("rev-parse", "--show-object-format").decode().strip()
    steps: list[_Step] = []
    findings: list[Diagnostic] = []
    for rendering in renderings:
        step = _plan_branch(git, source, rendering, tips[rendering.branch], algorithm)
        if isinstance(step, _Step):
            steps.append(step)
        else:
            findings += step
    return steps, findings


def _plan_branch(git: Git, source: Source, rendering: Rendering, tip: Tip, algorithm: str) -> _Step | list[Diagnostic]:
    entries = entries_of(git, tip.base) if tip.base else {}
    marker = marker_of(git, entries)
    wanted = wanted_files(rendering, marker)
    stale = _stale(git, entries, leftovers(entries, wanted, rendering, marker))
    kept = {path: entry for path, entry in entries.items() if path not in stale}
    findings = check_marker(marker, entries, rendering) or check_in_the_way(kept, wanted, rendering)
    if findings:
        return findings
    changed = changed_files(kept, wanted, algorithm)
    edits = {**dict.fromkeys(sorted(stale)), **changed}
    later = later_source(git, source, tip.base) if edits and tip.base else ""
    new = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in changed.items()}
    tree = tree_id(kept | new, algorithm) if edits and not later else ""
    return _Step(rendering, tip, edits, tree, _outcome(rendering.branch, tip, entries, edits, later))


def _stale(git: Git, entries: Mapping[str, Entry], paths: Sequence[str]) -> set[str]:
    """Those of the paths that hold an object which a target has written."""
    contents = contents_of(git, [entries[path].id for path in paths])
    texts = {path: contents.get(entries[path].id, b"").decode("utf-8", "replace") for path in paths}
    return {path for path, text in texts.items() if is_from(directory_of(path), path, text)}


def _outcome(
    branch: str, tip: Tip, entries: Mapping[str, Entry], edits: Mapping[str, bytes | None], later: str
) -> Outcome:
    if later:
        return Outcome(branch, "superseded", tip.base, tip.base, {}, source=later)
    changes: dict[str, Literal["added", "changed", "removed"]] = {}
    for path in sorted(edits):
        changes[path] = "removed" if edits[path] is None else "changed" if path in entries else "added"
    state: Literal["unchanged", "updated", "created"]
    state = "unchanged" if not edits else "updated" if tip.base else "created"
    return Outcome(branch, state, tip.base, tip.base, changes)


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
    message = bytes_of(_message(source, step, engine))
    stream = [
        b"commit %s\nauthor %s %s\n" % (bytes_of(ref), source.author, source.date),
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
    escaped = bytes_of(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
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
    refused = [line.split("\t") for line in text_of(answer.out).split("\n") if line[:2] == "!\t"]
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
