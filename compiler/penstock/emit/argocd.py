"""The layout of Argo CD's source hydrator: one `manifest.yaml` for each target, and files that name the source commit.

    hydrator.metadata   .gitattributes              at the root: the commit that was rendered, for GitOps Promoter
    PATH/manifest.yaml   PATH/hydrator.metadata   PATH/README.md

The metadata name the commit, so they change only together with a manifest. Where no manifest changes, the note
`refs/notes/hydrator.metadata` on the head of the branch names the commit that rendered the same content.

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
    """The commit that was rendered, as the files of the layout describe it.

    `address` is that of the source repository, or empty if unknown. `author` is `Name <address>`, `date` is the author
    date in seconds with its zone, and `message` is the whole message.
    """

    address: str
    commit: str
    author: str
    date: str
    message: str


def in_one_file(folder: str, files: Files) -> Files:
    """Return the manifest of a target, joined from the files of its objects."""
    return {path_of(folder, MANIFEST): b"---\n".join(files.values())} if files else {}


def note(commit: str) -> bytes:
    """Return the note for a hydrated commit, which names the source commit."""
    return b'{"drySha":"%s"}\n' % commit.encode()


def path_of(folder: str, name: str) -> str:
    return posixpath.join("" if folder == "." else folder, name)
