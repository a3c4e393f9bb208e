"""Finds what people have committed by hand to a branch that Penstock renders, before it reaches a cluster.

Whoever may push to a rendered branch could otherwise deploy anything, past every review of the sources. `hydrate` keeps
foreign files, so that such a file would stay, and be applied, for ever. A branch that has no commit of Penstock's among
its latest ones is somebody else's work as a whole, and says nothing about single files.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from penstock.cli.rendered import Rendered
from penstock.emit.record import is_recorded
from penstock.git import Git, Objects
from penstock.git_files import blobs_of
from penstock.model import MARKER, Diagnostic, Pos
from penstock.rendered_branches import APPLIED, foreign_files

CODE, LEFT_ALONE = "PS644", "PS627"

MAX_COMMITS = 100
"""How many commits back a commit of Penstock's is looked for."""

MAX_BYTES = 1024 * 1024
"""The size of a commit that is read."""

MAX_NAMED = 20
"""The most files that are named."""

HINT = "review them; if they are meant: --accept-edits of `sync` and `rollback`, or put them into the sources"


def edits(git: Git, rendered: Rendered) -> list[Diagnostic]:
    """Return errors for files of the branch, or of its folder, that `penstock hydrate` has not written as they are."""
    with git.objects() as objects:
        last = _last_rendered(git, objects, rendered)
        if not last:
            return []
        known = [last] if last == rendered.revision else [last, *_proposed(git, objects, rendered, last)]
    foreign = foreign_files(rendered.files, rendered.resources, rendered.where.folder)
    found = dict.fromkeys(foreign, "is not named as `penstock hydrate` names a file")
    if not _is_among(git, rendered, known):
        since = f"was changed after the last rendered commit {last[:12]}"
        found |= dict.fromkeys(_changed(git, last, rendered), since)
    return list(_findings(found))


def _findings(found: Mapping[str, str]) -> Iterator[Diagnostic]:
    named = sorted(found.items())[:MAX_NAMED]
    rest = f"; so were {len(found) - MAX_NAMED} more files" if len(found) > MAX_NAMED else ""
    for path, why in named[:-1]:
        yield Diagnostic(CODE, "error", f"this file {why}", Pos(path))
    for path, why in named[-1:]:
        yield Diagnostic(CODE, "error", f"this file {why}{rest}", Pos(path), hint=HINT)


def _last_rendered(git: Git, objects: Objects, rendered: Rendered) -> str:
    """Return the newest of the latest commits of the branch, or of its folder, whose message names the tree that it
    has, or "".
    """
    # Nearly always it is the newest of all. A commit that changes another folder says nothing about this one.
    if not rendered.where.folder and _is_rendered(objects, rendered.revision):
        return rendered.revision
    return next(_rendered_of(git, objects, rendered, rendered.revision), "")


def _proposed(git: Git, objects: Objects, rendered: Rendered, last: str) -> Iterator[str]:
    """Yield the newer rendered commits of the branch from which people merge into this one. A service may merge all of
    them into a new commit, whose message says nothing.
    """
    places = (f"refs/heads/{rendered.branch}-next", f"refs/remotes/*/{rendered.branch}-next")
    heads = git.run("for-each-ref", "--format=%(objectname)", "--", *places).decode().split()
    return _rendered_of(git, objects, rendered, *heads, f"^{last}") if heads else iter(())


def _rendered_of(git: Git, objects: Objects, rendered: Rendered, *revisions: str) -> Iterator[str]:
    listed = git.run("rev-list", f"--max-count={MAX_COMMITS}", *revisions, "--", *_paths(rendered)).decode().split()
    return (commit for commit in listed if _is_rendered(objects, commit))


def _paths(rendered: Rendered) -> list[str]:
    return [f":(top,literal){rendered.where.folder}"] if rendered.where.folder else []


def _is_rendered(objects: Objects, commit: str) -> bool:
    held = objects.get(commit, MAX_BYTES)
    return held is not None and held.data is not None and is_recorded(held.data)


def _is_among(git: Git, rendered: Rendered, commits: Sequence[str]) -> bool:
    """Return whether the branch, or its folder, is as one of these commits has it."""
    if rendered.revision in commits:
        return True
    names = "".join(f"{commit}:{rendered.where.folder}\n" for commit in (rendered.revision, *commits))
    now, *then = git.run("cat-file", "--batch-check=%(objectname)", stdin=names.encode()).splitlines()
    return now in then


def _changed(git: Git, old: str, rendered: Rendered) -> list[str]:
    """Return the manifests that differ from those of a commit.

    A new file that holds no Kubernetes object is none: it is left alone, with a warning of its own.
    """
    blobs_of(git, old)  # refused where it is too large: git holds all differences in memory before it prints one
    options = ("-r", "-z", "--no-renames", "--name-status", "--no-commit-id")
    listed = git.run("diff-tree", *options, old, rendered.revision, "--", *_paths(rendered)).split(b"\0")
    words, names = listed[:-1:2], (name.decode(errors="surrogateescape") for name in listed[1::2])
    left_alone = {("A", finding.where.path) for finding in rendered.diagnostics if finding.code == LEFT_ALONE}
    changed = [(word.decode(), name) for word, name in zip(words, names, strict=True)]
    # Others, such as a README or a configuration of CI, reach no cluster.
    return [path for word, path in changed if _may_be_applied(path) and (word, path) not in left_alone]


def _may_be_applied(path: str) -> bool:
    return path.endswith(APPLIED) or posixpath.basename(path) == MARKER
