"""Finds what people have committed by hand to a branch that Penstock renders, before it reaches a cluster.

Whoever may push to a rendered branch could otherwise deploy anything, past every review of the sources. `hydrate` keeps
foreign files, so that such a file would stay, and be applied, for ever. A branch that has no commit of Penstock's among
its latest ones is somebody else's work as a whole, and says nothing about single files.
"""

from collections.abc import Iterator, Sequence

from penstock.emit.names import file_name
from penstock.emit.record import is_recorded
from penstock.git import Git, Objects
from penstock.model import Diagnostic, Pos, Resource

CODE = "PS644"

MAX_COMMITS = 100
"""How many commits back a commit of Penstock's is looked for."""

MAX_BYTES = 1024 * 1024
"""The size of a commit that is read."""

MAX_NAMED = 20
"""The most files that are named."""

HINT = "review them; if they are meant: --accept-edits, or put them into the sources"


def edits(git: Git, revision: str, resources: Sequence[Resource]) -> list[Diagnostic]:
    """Return errors for files of the branch that `penstock hydrate` has not written as they are."""
    rendered = _rendered_commit(git, revision)
    if not rendered:
        return []
    found = dict.fromkeys(_foreign(resources), "is not named as `penstock hydrate` names a file")
    if rendered != revision:
        since = f"was changed after the last rendered commit {rendered[:12]}"
        found |= dict.fromkeys(_changed(git, rendered, revision), since)
    named = sorted(found.items())[:MAX_NAMED]
    rest = f"; so were {len(found) - MAX_NAMED} more files" if len(found) > MAX_NAMED else ""
    findings = [Diagnostic(CODE, "error", f"this file {why}", Pos(path)) for path, why in named]
    last = [each._replace(message=f"{each.message}{rest}", hint=HINT) for each in findings[-1:]]
    return [*findings[:-1], *last]


def _rendered_commit(git: Git, revision: str) -> str:
    """Return the newest of the latest commits whose message names the tree that it has, or ""."""
    with git.objects() as objects:
        # Nearly always it is the newest of all.
        if _is_rendered(objects, revision):
            return revision
        listed = git.run("rev-list", "--first-parent", f"--max-count={MAX_COMMITS}", revision, "--").decode().split()
        return next((commit for commit in listed if _is_rendered(objects, commit)), "")


def _is_rendered(objects: Objects, commit: str) -> bool:
    held = objects.get(commit, MAX_BYTES)
    return held is not None and held.data is not None and is_recorded(held.data)


def _changed(git: Git, old: str, new: str) -> list[str]:
    """Return the manifests that differ between two commits."""
    names = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", "--no-commit-id", old, new)
    paths = (name.decode(errors="surrogateescape") for name in names.split(b"\0") if name)
    # Others, such as a README or a configuration of CI, reach no cluster.
    return [path for path in paths if path.endswith((".yaml", ".yml", ".json"))]


def _foreign(resources: Sequence[Resource]) -> Iterator[str]:
    """Yield the files with objects that have another name than Penstock gives them."""
    for each in resources:
        path = each.origin.path
        if path.rpartition("/")[2] != file_name(each.id):
            yield path
