"""The marks by which Penstock recognizes a commit that it rendered: the committer and the trailers.

Commits are read raw. The output of `git log` depends on the user's settings (`trailer.*`, `i18n.*`), and decisions must
not.
"""

import re
from collections.abc import Sequence

from penstock.records import NamedTuple
from penstock.words import printable

COMMITTER = b"Penstock <hydrate@penstock.dev>"

TRAILER = re.compile(rb"(Dry-Sha|Rendered-Tree): ([0-9a-f]{40}|[0-9a-f]{64})")
COMMITTED = re.compile(rb"committer (.*) (\d{1,12}) [-+]\d{4}")


class Record(NamedTuple):
    """The information that a rendered commit carries. `source` is the commit that was rendered, `date` is its committer
    date in seconds, and `tree` is the resulting tree.
    """

    source: str
    date: int
    tree: str


class Made(NamedTuple):
    """The source and the tree of a rendered commit. `engine` is the name and version of Penstock."""

    source: str
    tree: str
    engine: str


def message(subject: str, environments: str, made: Made, held: Sequence[str]) -> str:
    """Return the message of a rendered commit. `held` are the paths of targets that were left unchanged because of
    errors.
    """
    text = f"{subject}\n\nRendered for {environments} from {made.source[:12]}.\n"
    return with_trailers(text, [], made, held)


def with_trailers(text: str, trailers: Sequence[str], made: Made, held: Sequence[str]) -> str:
    """Return a message with the held-back targets and the trailers of a rendered commit. `text` ends in a newline."""
    but = "".join(f"Left as it was, for its errors: {printable(path)}\n" for path in held)
    body = f"{text}{but}".rstrip("\n")
    last = (*trailers, f"Dry-Sha: {made.source}", f"Rendered-Tree: {made.tree}", f"Engine: {made.engine}")
    return f"{body}\n\n" + "".join(f"{trailer}\n" for trailer in last)


def tree_of(commit: bytes) -> str:
    """Return the id of a commit's root tree; empty if the commit is broken."""
    key, _, tree = commit.partition(b"\n")[0].partition(b" ")
    return tree.decode("ascii", "replace") if key == b"tree" else ""


def read_record(commit: bytes) -> Record | None:
    """Parse a raw commit. Return None if Penstock did not make it.

    A commit that people have made, amended or rebased is theirs: it has another committer, or another tree than its
    message names.
    """
    head, _, _ = commit.partition(b"\n\n")
    committed = next((found for line in head.split(b"\n") if (found := COMMITTED.fullmatch(line))), None)
    if committed is None or committed[1] != COMMITTER:
        return None
    said = _trailers(commit)
    if not _names_its_tree(commit, said):
        return None
    return Record(said[b"Dry-Sha"], int(committed[2]), said[b"Rendered-Tree"])


def is_recorded(commit: bytes) -> bool:
    """Return whether a raw commit has the tree that its message names, whoever has committed it.

    A service that merges a rendered commit commits it anew, with the same tree.
    """
    return _names_its_tree(commit, _trailers(commit))


def _trailers(commit: bytes) -> dict[bytes, str]:
    # Only the last paragraph has trailers: a subject from the sources could look like one.
    text = commit.partition(b"\n\n")[2]
    lines = (TRAILER.fullmatch(line) for line in text.rstrip(b"\n").rpartition(b"\n\n")[2].split(b"\n"))
    return {line[1]: line[2].decode() for line in lines if line}


def _names_its_tree(commit: bytes, said: dict[bytes, str]) -> bool:
    return b"Dry-Sha" in said and said.get(b"Rendered-Tree", "") == tree_of(commit)
