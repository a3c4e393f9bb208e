"""Hostile objects and files of a git repository, as no command of git makes them."""

import hashlib
import random
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

NAMES = (
    *(b"..", b".", b".git", b".GIT", b"git~1", b".gitmodules", b"a/b", b"", b"x.yaml", b"prod", b"\xff\xfe", b"a\nb"),
    *(b"\xe2\x80\x8b.git", b"kustomization.yaml", b".penstock.yaml", b"x" * 300, b"-rf", b"\x1b[2J", b"con", b"a\\b"),
)
MODES = (b"100644", b"100755", b"120000", b"40000", b"160000", b"0", b"100777", b"777777", b"040000", b"", b"x")
MISSING = bytes.fromhex("ab" * 20)


class Store:
    """Writes loose objects into a repository, whatever they are."""

    def __init__(self, top: Path) -> None:
        self.folder = top / ".git"

    def write(self, kind: bytes, data: bytes) -> bytes:
        whole = b"%s %d\0%s" % (kind, len(data), data)
        key = hashlib.sha1(whole, usedforsecurity=False).digest()
        path = self.folder / "objects" / key.hex()[:2] / key.hex()[2:]
        path.parent.mkdir(exist_ok=True, parents=True)
        if not path.exists():
            path.write_bytes(zlib.compress(whole, 1))
        return key


def tree(chance: random.Random, store: Store, depth: int = 0) -> bytes:
    """A directory with odd entries: twice, out of order, of wrong kinds, missing."""
    blobs = [
        store.write(b"blob", data)
        for data in (b"", b"a: b\n", b"../../etc/passwd", b"/dev/zero", b"x" * 100_000, b"[" * 5_000, b"\0\xff")
    ]
    entries = []
    for _ in range(chance.choice((0, 1, 3, 40 if depth < 2 else 5))):
        target = chance.choice((*blobs, MISSING))
        if depth < 3 and chance.random() < 0.2:
            target = tree(chance, store, depth + 1)
        entries.append(b"%s %s\0%s" % (chance.choice(MODES), chance.choice(NAMES), target))
    if chance.random() < 0.1:
        entries.append(b"100644 cut off")
    return store.write(b"tree", b"".join(entries))


def bomb(store: Store, wide: int, deep: int, name: bytes = b"d") -> bytes:
    """Few directories that describe very many files."""
    key = store.write(b"tree", b"100644 f.yaml\0" + store.write(b"blob", b"a: b\n"))
    for _ in range(deep):
        key = store.write(b"tree", b"".join(b"40000 %s%d\0%s" % (name, number, key) for number in range(wide)))
    return key


def root(chance: random.Random, store: Store) -> bytes:
    kinds = (
        lambda: tree(chance, store),
        lambda: tree(chance, store),
        lambda: bomb(store, 10, 10),
        lambda: bomb(store, 1, 3_000),
        lambda: bomb(store, 10, 8, b"prod/"),
        lambda: store.write(b"blob", b"no directory"),
        lambda: MISSING,
        lambda: store.write(b"tree", b"\xff" * 1_000),
    )
    return chance.choice(kinds)()


def commit(chance: random.Random, store: Store, of: bytes, parents: Sequence[bytes]) -> bytes:
    """A commit that looks more or less like Penstock's, of an odd directory."""
    who = chance.choice((b"Penstock <hydrate@penstock.dev>", b"Ann <ann@example.com>", b"\x1b[2J <>", b"", b"x"))
    date = chance.choice((b"1700000000 +0000", b"99999999999999999999 +9999", b"-1 x", b""))
    message = chance.choice((
        b"Render\n\nDry-Sha: %s\nRendered-Tree: %s\nEngine: penstock 0\n" % (b"1" * 40, of.hex().encode()),
        b"Render\n\nDry-Sha: \x1b[2J\nRendered-Tree: x\n", b"", b"x" * 100_000, b"\n" * 100_000, b"\xff\0\n",
    ))  # fmt: skip
    heads = b"".join(b"parent %s\n" % parent.hex().encode() for parent in parents)
    head = chance.choice((
        b"tree %s\n%sauthor %s %s\ncommitter %s %s\n" % (of.hex().encode(), heads, who, date, who, date),
        b"tree %s\n%scommitter %s %s\nencoding UTF-16\n" % (of.hex().encode(), heads * 50, who, date),
        b"tree x\n", b"", b"parent %s\n" % MISSING.hex().encode(),
    ))  # fmt: skip
    return store.write(b"commit", head + b"\n" + message)


def spoil(chance: random.Random, top: Path) -> None:
    """Put hostile objects, refs and files into a repository."""
    store = Store(top)
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=top, capture_output=True, check=False).stdout.strip()
    head = bytes.fromhex(asked.decode()) if len(asked) == 40 else MISSING
    parents = [head]
    roots = [root(chance, store) for _ in range(3)]
    for _ in range(chance.choice((1, 1, 5, 100))):
        parents = [commit(chance, store, chance.choice(roots), parents)]
    key = parents[0]
    if chance.random() < 0.3:
        said = chance.choice((b"commit", b"tree", b"tag", b"x"))
        key = store.write(b"tag", b"object %s\ntype %s\ntag t\n\nx" % (key.hex().encode(), said))
    git = store.folder
    heads = git / "refs" / "heads"
    (heads / "rendered").mkdir(parents=True, exist_ok=True)
    refs = {
        heads / "rendered" / "prod": key.hex(),
        heads / "main": key.hex(),
        heads / "rendered" / "PROD": key.hex(),
        heads / "rendered" / "dev": "ref: refs/heads/rendered/dev",
        git / "HEAD": chance.choice((key.hex(), "ref: refs/heads/none", "ref: refs/heads/../../config", "", "x")),
        git / "packed-refs": f"# pack-refs with: peeled\n{key.hex()} refs/heads/rendered/prod\nx y\n",
        git / "shallow": chance.choice((key.hex(), "x", head.hex())),
        git / "objects" / "info" / "alternates": chance.choice(("/", "../..", "x" * 5_000, "../objects")),
        git / "info" / "grafts": f"{head.hex()} {key.hex()}",
        git / "refs" / "replace" / head.hex(): key.hex(),
        git / "index": chance.choice(("", "DIRC", "x" * 1_000)),
        git / "config": chance.choice(("[core", "[core]\n\tbare = true\n", "[core]\n\tworktree = /\n",
                                       "[extensions]\n\tobjectFormat = sha256\n", "\0")),
    }  # fmt: skip
    for path in chance.sample(sorted(refs), chance.choice((1, 2, 4))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(refs[path] + "\n")
