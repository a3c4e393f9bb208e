"""Files → commits on rendered branches, by git plumbing alone: no index, no HEAD, no work tree.

Only differences are written, by one `fast-import` into private refs. Then all branches move in one transaction, each
only if nobody else has moved it meanwhile. A push comes before that transaction: it is one atomic push under the same
condition. A run that loses the race starts again from the new state.

A commit depends only on the sources, its parent and the version of Penstock: its author is that of the source commit,
and both its dates are the committer date of the source commit.
"""

import os
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from penstock.emit import argocd
from penstock.emit.branch import Rendering, check_names, place_of
from penstock.emit.notes import NOTES
from penstock.emit.planning import left_as_it_is, plan
from penstock.emit.refs import bring_along, push, refs_of, update_refs
from penstock.emit.repository import Git
from penstock.emit.source import Source
from penstock.emit.steps import Outcome, Request, Step
from penstock.emit.tips import Branches, Remote, Tip, tips_of
from penstock.emit.writing import forget, write_commits, write_notes
from penstock.model import Diagnostic, Refusal
from penstock.records import NamedTuple

ATTEMPTS = 12
"""How often a hydration starts again because somebody else has moved a branch."""

PATIENCE = 2.0
"""Seconds to wait for somebody's lock while no branch moves: a process that was killed leaves its locks behind."""


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
        steps, findings = _steps(git, source, renderings, request, tips)
        if request.dry_run or any(finding.code == UNEXPECTED for finding in findings):
            return [outcome for step in steps for outcome in step.outcomes], findings
        done = _move(git, source, steps, request, tips)
        if not done.complaint:
            return done.outcomes, findings + done.findings
        moved = moved or [outcome for outcome in done.outcomes if outcome.pushed]
        is_locked = ".lock'" in done.complaint and time.monotonic() < since + PATIENCE
        if not is_locked and tips_of(git, branches, request.remote) == tips:
            break  # no other run moved a branch: it would fail again
        _wait(attempt)
    raise Refusal(_failed(done.complaint, moved, request.remote), 4)


def _steps(
    git: Git, source: Source, renderings: Sequence[Rendering], request: Request, tips: Mapping[str, Tip]
) -> tuple[list[Step], list[Diagnostic]]:
    """Return what is to be done to each branch, as far as it was asked for, and the findings."""
    steps, findings = plan(git, source, renderings, tips, request)
    if not request.dry_run:
        steps = [_asked_for(step, request.may_create) for step in steps]
    return steps, findings + _unexpected(steps, request.expected)


def _wait(attempt: int) -> None:
    """Wait for a time that differs from that of other runs, and is longer the more often this one has failed."""
    import random  # few runs have to wait

    time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))


def _branches_of(renderings: Sequence[Rendering]) -> Branches:
    """Return the branches and refs of notes that matter to some renderings."""
    return Branches(
        {rendering.branch: rendering.active for rendering in renderings},
        (NOTES, argocd.NOTES) if any(each.layout == "argocd" for each in renderings) else (NOTES,),
        {rendering.branch for rendering in renderings if rendering.folder},
    )


def _asked_for(step: Step, may_create: Container[str]) -> Step:
    """Return the step, or one that does nothing if it would create a branch that must not be created."""
    return step if step.tip.base or step.branch in may_create else step.stays("new")


UNEXPECTED = "PS530"


def _unexpected(steps: Iterable[Step], expected: Mapping[str, str]) -> list[Diagnostic]:
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


class _Done(NamedTuple):
    """The result of one attempt. With a complaint, no local branch has moved; `pushed` says which ones did on the
    remote.
    """

    outcomes: list[Outcome]
    findings: list[Diagnostic]
    complaint: str


def _move(git: Git, source: Source, steps: Sequence[Step], request: Request, tips: Mapping[str, Tip]) -> _Done:
    """Write the commits, push them, and move the branches together with the notes."""
    live = [step for step in steps if not step.is_left]
    telling = [step for step in live if step.edits or step.is_noted]
    token = f"{int(time.time())}-{os.urandom(4).hex()}"
    try:
        # The order matters: objects first, then the remote, and the branches here last. Whoever is killed in between
        # leaves no branch that the remote does not have.
        commits = write_commits(git, source, telling, request, token)
        moves, odd = _moves(live, commits)
        noted = write_notes(git, source, moves, request.signing_key, token, tips)
        refs = refs_of(moves, noted, tips)
        refused = push(git, refs, request.remote) if request.remote.push else ""
        complaint = refused or update_refs(git, refs, request.remote)
        if not complaint:
            bring_along(git, refs)
    finally:
        if telling:
            forget(git, token)
    outcomes = [outcome for step in steps if step.is_left for outcome in step.outcomes]
    outcomes += _moved(moves, is_pushed=request.remote.push and not refused)
    return _Done(sorted(outcomes, key=lambda outcome: outcome.branch), odd, complaint)


def _moved(moves: Iterable[tuple[Step, str]], *, is_pushed: bool) -> Iterator[Outcome]:
    """Yield the outcomes of branches with the commits to which they have moved."""
    for step, commit in moves:
        is_new = commit != step.tip.remote
        for outcome in step.outcomes:
            yield outcome._replace(after=commit, pushed=is_pushed and is_new)


def _moves(steps: Iterable[Step], commits: Mapping[str, str]) -> tuple[list[tuple[Step, str]], list[Diagnostic]]:
    """Return each step with the commit to which its branch moves (possibly its current one), and errors for the
    branches whose commit git did not write as planned.
    """
    moves: list[tuple[Step, str]] = []
    odd: list[Diagnostic] = []
    for step in steps:
        commit = commits.get(step.branch, "") if step.edits else step.tip.base
        if commit or not step.edits:
            moves.append((step, commit))
        else:
            odd += [left_as_it_is(part.rendering, NOT_OURS) for part in step.parts]
    return moves, odd


NOT_OURS = "git does not write its directories as they are there; `git fsck` says more"
