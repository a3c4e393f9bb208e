"""The layout of Argo CD's source hydrator: one `manifest.yaml` for each target, and what says where it comes from.

    hydrator.metadata   .gitattributes              at the root: the commit that was rendered, for GitOps Promoter
    PATH/manifest.yaml   PATH/hydrator.metadata   PATH/README.md

The metadata name the commit, so they change only together with a manifest; where nothing changes, the note
`refs/notes/hydrator.metadata` on the head of the branch names the commit that came to the same.

Source: `commitserver/commit` and `util/hydrator` of Argo CD 3.5; "Custom hydrators" of the manual of GitOps Promoter.
"""

import posixpath

from penstock.emit.names import Files
from penstock.records import NamedTuple

MANIFEST, METADATA, README, ATTRIBUTES = "manifest.yaml", "hydrator.metadata", "README.md", ".gitattributes"

OF_TARGET = (MANIFEST, METADATA, README)
"""The files in the directory of a target."""

OF_ROOT = (METADATA, ATTRIBUTES)
"""The files at the root."""

ATTRIBUTES_TEXT = b"**/README.md linguist-generated=true\n**/hydrator.metadata linguist-generated=true"

NOTES = "refs/notes/hydrator.metadata"


class Dry(NamedTuple):
    """What the files say of the commit that was rendered. `address` is that of its repository; empty where unknown.

    `author` is `Name <address>`, `date` the seconds and the zone of the author, `message` the whole text.
    """

    address: str
    commit: str
    author: str
    date: str
    message: str


def in_one_file(folder: str, files: Files) -> Files:
    """The manifest of a target from the files of its objects."""
    return {path_of(folder, MANIFEST): b"---\n".join(files.values())} if files else {}


def note(commit: str) -> bytes:
    """The note on a hydrated commit: which commit it comes to."""
    return b'{"drySha":"%s"}\n' % commit.encode()


def path_of(folder: str, name: str) -> str:
    return posixpath.join("" if folder == "." else folder, name)
