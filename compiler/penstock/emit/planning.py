"""Renderings → steps: what each branch lacks, and the tree that it gets. Nothing is written."""

import posixpath
import time
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import partial

from penstock.emit import argocd
from penstock.emit.argocd import OF_TARGET, Dry
from penstock.emit.branch import (
    REGULAR,
    TREE,
    Entries,
    Entry,
    Marker,
    Rendering,
    blob_id,
    changed_files,
    check_held,
    check_in_the_way,
    check_marker,
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
from penstock.emit.notes import NOTES, Notes
from penstock.emit.repository import MAX_FILE, Branch, Git, Odd, is_ancestor, last_recorded, text_of
from penstock.emit.source import Histories, Later, Source
from penstock.emit.steps import Outcome, Part, Request, Step
from penstock.emit.tips import Remote, Tip, bring_commit
from penstock.model import Diagnostic, Refusal
from penstock.records import NamedTuple
from penstock.typed import Literal


def plan(
    git: Git,
    source: Source,
    renderings: Iterable[Rendering],
    tips: Mapping[str, Tip],
    request: Request,
) -> tuple[list[Step], list[Diagnostic]]:
    """Return a step for each branch whose renderings have no findings, and the findings. A step may change nothing."""
    dry = Dry(request.address, source.commit, text_of(source.author), source.written, source.message)
    members: dict[str, list[Rendering]] = {}
    for rendering in renderings:
        members.setdefault(rendering.branch, []).append(rendering)
    steps: list[Step] = []
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
    step: Step, histories: Histories, source: Source, request: Request
) -> tuple[Step | None, list[Diagnostic]]:
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


def _plan_branch(git: Git, members: Sequence[Rendering], tip: Tip, dry: Dry) -> tuple[Step | None, list[Diagnostic]]:
    """Return the step for a branch and all environments on it. An environment with a finding is left out; the step is
    None if none is left.
    """
    parts: list[Part] = []
    findings: list[Diagnostic] = []
    branch = None
    for rendering in members:
        try:
            branch = branch or (Branch.of_commit(git.lookup, tip.base) if tip.base else None)
            below = branch.below(rendering.folder) if branch else None
            part = _plan_part(git, rendering, tip, below, dry)
        except Odd as reason:
            part = [left_as_it_is(rendering, str(reason))]
        if isinstance(part, Part):
            parts.append(part)
        else:
            findings += part
    if not parts:
        return None, findings
    tree = _whole(branch, parts, dry)
    parts = [part._replace(outcome=part.outcome._replace(tree=tree)) for part in parts]
    return Step(members[0].branch, tip, parts, tree), findings


def _whole(branch: Branch | None, parts: Sequence[Part], dry: Dry) -> str:
    """Return the root tree of a branch in which the folders of the environments have their new content."""
    if not parts[0].rendering.folder:
        return parts[0].outcome.part
    folders = {part.rendering.folder: Entry(TREE, part.outcome.part) for part in parts}
    entries = branch.entries(map(directory_of, folders)) if branch else {}
    return tree_id({**entries, **folders}, _algorithm(dry.commit))


def _algorithm(commit: str) -> str:
    return "sha1" if len(commit) == 40 else "sha256"


class _View(NamedTuple):
    """What lies in an environment's folder of a branch, beside what belongs there, both by path.

    `stale` are the paths of files to remove.
    """

    rendering: Rendering
    marker: Marker | None
    entries: Entries
    wanted: Mapping[str, bytes]
    stale: Set[str]

    @property
    def kept(self) -> dict[str, Entry]:
        """What stays. What is removed in this commit cannot be in the way of what it adds."""
        return {path: entry for path, entry in self.entries.items() if path not in self.stale}


def _viewed(git: Git, rendering: Rendering, tip: Tip, branch: Branch | None) -> _View:
    """Return what has to be compared for an environment. `branch` is the view of the environment's folder."""
    marker = branch.marker() if branch else None
    if marker is not None and marker.targets - rendering.known:
        marker = _without_added(git, rendering, tip, marker)
    # Files that were taken as unchanged were so on another tree. What they hold has to be compared after all.
    if rendering.settled and not (branch and branch.tree == rendering.as_of):
        rendering = with_contents(rendering, branch.entries(rendering.settled) if branch else {})
    entries = branch.entries(directories_of(rendering, marker) | rendering.held) if branch else {}
    wanted = wanted_files(rendering, marker)
    stale = _stale(git, entries, leftovers(entries, wanted, rendering, marker))
    stale |= other_leftovers(entries, wanted, rendering, marker)
    return _View(rendering, marker, entries, wanted, stale)


def _without_added(git: Git, rendering: Rendering, tip: Tip, marker: Marker) -> Marker:
    """Return a marker without the targets that somebody has added by hand since the last rendering: what is in their
    directories was not rendered, so it stays.
    """
    commit = last_recorded(git, tip.base)
    if commit is None or commit == tip.base:
        return marker
    rendered = Branch.of_commit(git.lookup, commit).below(rendering.folder)
    before = rendered.marker() if rendered else None
    return marker if before is None else marker._replace(targets=marker.targets & (before.targets | rendering.known))


def _plan_part(git: Git, rendering: Rendering, tip: Tip, branch: Branch | None, dry: Dry) -> Part | list[Diagnostic]:
    """Return the changes for an environment, or findings. `branch` is the view of the environment's folder."""
    view = _viewed(git, rendering, tip, branch)
    rendering, kept = view.rendering, view.kept
    findings = (
        check_marker(view.marker, view.entries, rendering)
        or check_in_the_way(kept, view.wanted, rendering)
        or check_held(view.entries, view.wanted, rendering)
    )
    if findings:
        return findings
    algorithm = _algorithm(dry.commit)
    changed = changed_files(kept, view.wanted, algorithm)
    if rendering.layout == "argocd":
        # Argo CD's metadata names the source commit, so it is written only if something else changes.
        changed |= _stamped(rendering, dry, kept, {*changed, *view.stale})
    edits = {**dict.fromkeys(sorted(view.stale)), **changed}
    new = {path: Entry(REGULAR, blob_id(data, algorithm)) for path, data in changed.items()}
    tree = tree_id(kept | new, algorithm) if edits else branch.tree if branch else ""
    outcome = _outcome(rendering, tip, view.entries, edits)
    outcome = outcome._replace(
        part=tree,
        contents={_below(rendering, path): entry.id for path, entry in new.items()},
        held=held_files(view.entries, rendering),
    )
    return Part(rendering, {_below(rendering, path): data for path, data in edits.items()}, outcome)


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


def left_as_it_is(rendering: Rendering, reason: str) -> Diagnostic:
    """Return the error that a branch holds something odd, for which it is left alone."""
    message = f"the branch {rendering.branch} is left as it is: {reason}"
    hint = "take back the commit that brought it there, or delete the branch"
    return Diagnostic("PS510", "error", message, place_of(rendering), hint=hint)


def _superseded(step: Step, later: Later) -> tuple[Step | None, list[Diagnostic]]:
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
