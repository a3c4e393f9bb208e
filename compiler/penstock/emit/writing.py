"""Steps → commits and notes, by one `fast-import` into private refs. No branch moves yet."""

import re
from collections.abc import Mapping, Sequence

from penstock.emit import argocd
from penstock.emit.argocd import Dry
from penstock.emit.branch import REGULAR
from penstock.emit.debris import sweep
from penstock.emit.notes import NOTES, Noted, note_stream
from penstock.emit.record import COMMITTER, Made, message, with_trailers
from penstock.emit.repository import Git, bytes_of, text_of
from penstock.emit.signing import signed
from penstock.emit.source import Source
from penstock.emit.steps import Request, Step
from penstock.emit.tips import Tip

PRIVATE = "refs/penstock"
"""The prefix of refs that protect new commits from garbage collection until their branches move."""

FORGOTTEN = 24 * 3600
"""Seconds after which a private ref can only be left from a hydration that was killed."""


def write_commits(git: Git, source: Source, steps: Sequence[Step], request: Request, token: str) -> dict[str, str]:
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


def write_notes(
    git: Git,
    source: Source,
    moves: Sequence[tuple[Step, str]],
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


def _message(source: Source, step: Step, address: str, engine: str) -> str:
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


def _commit(ref: str, source: Source, step: Step, said: str) -> list[bytes]:
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


def forget(git: Git, token: str) -> None:
    """Delete the private refs of this run, and those that an earlier run left behind."""
    refs = text_of(git.run("for-each-ref", "--format=%(refname)", f"{PRIVATE}/")).split("\n")
    stale = int(token.partition("-")[0]) - FORGOTTEN
    lines = []
    for ref in refs:
        began = re.match(rf"{PRIVATE}/(\d+)-", ref)
        if ref.startswith(f"{PRIVATE}/{token}/") or (began and int(began[1]) < stale):
            lines.append(f"delete {ref}\n")
    git.ask("update-ref", "--no-deref", "--stdin", stdin=bytes_of("".join(lines)))
