"""Where ledgers lie: in the user's cache folder, by the engine, the way of compiling and the tree of the sources.

A repository is known by its path and by the address of its remote, so that a clone in CI finds what an earlier one has
left; how the address is spelled makes no difference, because in CI it often has a token of the job. That only decides
which ledgers are looked at: what holds of them is proven for each target.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from penstock import cache
from penstock.closures import Answers
from penstock.definitions.argo.repository import normal
from penstock.git import Git
from penstock.incremental import Incremental, Way, answers_of, known_of
from penstock.ledger import Ledger, decode, encode, given
from penstock.parse.project import Project
from penstock.resolve.options import Options
from penstock.sources import Files

KEPT = 4
"""The number of a repository's ledgers that are looked at, the newest first."""


class Shelf:
    """The ledgers of one repository, for one way of compiling. Without a cache folder, it is empty and stays so."""

    def __init__(self, git: Git, environ: Mapping[str, str], way: Sequence[Any]) -> None:
        self._git = git
        self._folder = cache.folder(environ, git.directory)
        self._loaded: dict[str, Ledger | None] = {}
        self._exact: dict[str, None] = {}
        self._added: list[str] = []
        self._key = "\0".join((cache.engine(), *map(repr, way)))

    def exact(self, tree: str) -> Ledger | None:
        """Return the ledger of a state of the sources by the id of its root tree, or None."""
        self._exact[tree] = None
        return self._load(self._name("tree", tree))

    def recent(self) -> Iterator[Ledger]:
        """Return the ledgers of the last states, the newest first. Each is read when the iterator reaches it.

        A state that this run has asked for comes first: it is the other side of a comparison. A fresh clone has no last
        states of its own.
        """
        last = (tree for name in self._names for tree in self._trees(name))
        trees = dict.fromkeys((*self._exact, *self._added, *last))
        found = (self._load(self._name("tree", tree)) for tree in trees)
        return (ledger for ledger in found if ledger is not None)

    @property
    def name(self) -> str:
        """The name of what this engine finds out in this way about the repository with this remote, wherever it is."""
        return self._name("shared", self._remote)

    def add(self, tree: str, content: bytes) -> None:
        """Put the ledger of a state on the shelf that comes from elsewhere, unless there is one."""
        self._added.append(tree)
        name = self._name("tree", tree)
        if self._load(name) is None:
            self._loaded[name] = _decoded(content)

    def keep(self, tree: str, ledger: Ledger) -> None:
        """Store the ledger of a state of the sources."""
        if self._folder:
            cache.store_entry(self._folder, self._name("tree", tree), encode(ledger))
            for name in self._names:
                trees = [tree, *(other for other in self._trees(name) if other != tree)][:KEPT]
                cache.store_entry(self._folder, name, "\n".join(trees).encode())

    def _load(self, name: str) -> Ledger | None:
        """Return a ledger by its name, or None. It is read once, because both sides of a comparison ask for the last
        ones.
        """
        if name not in self._loaded:
            content = cache.load_entry(self._folder, name) if self._folder else None
            self._loaded[name] = _decoded(content) if content is not None else None
        return self._loaded[name]

    def _trees(self, name: str) -> list[str]:
        content = cache.load_entry(self._folder, name) if self._folder else None
        return content.decode("ascii", "replace").split("\n") if content else []

    @cached_property
    def _names(self) -> list[str]:
        """The entries that list the states of this repository."""
        places = (cache.repository_of(self._git.directory), self._remote)
        return [self._name("states", place) for place in places if place]

    @cached_property
    def _remote(self) -> str:
        """The address of the remote, however it is spelled."""
        return normal(self._git.ask("config", "--get", "remote.origin.url").out.decode("utf-8", "replace").strip())

    def _name(self, *words: str) -> str:
        return cache.digest("\0".join((self._key, *words)).encode("utf-8", "surrogateescape"))


def _decoded(content: bytes) -> Ledger | None:
    try:
        return decode(content)
    except ValueError:
        return None


def open_run(
    project: Project, files: Files, tree: str, shelf: Shelf | None, way: Way, answers: Answers | None = None
) -> Incremental:
    """Return a run over a state of the sources, by the id of its root tree. Without a shelf, nothing is known from
    earlier runs.

    `answers` may be given if more is already known about the files.
    """
    exact = shelf.exact(tree) if shelf else None
    ledgers = [exact] if exact is not None else shelf.recent() if shelf is not None else ()
    answers = answers or answers_of(files)
    if exact is not None:
        answers.know(given(exact))
        answers.settle(exact.looks)
    run = Incremental(project, known_of(ledgers, files, answers, exact=exact is not None), answers, way)
    run.is_kept = shelf is not None
    return run


def way_of(options: Options, algorithm: str, *, allow_secrets: bool = False) -> Way:
    """Return the way in which the targets of a state in git are compiled and printed.

    `hydrate`, `diff`, `affected` and `check --since` use the same, so that each of them has the results of the others.
    The files of a state begin at the top of the repository, wherever the user stands, and none of its programs run.
    """
    options = options._replace(above=0, can_execute=False, plugins=False, run_function=None)
    return Way(options, algorithm, allow_secrets)


def algorithm_of(commit: str) -> str:
    """Return the hash algorithm of the repository, which the length of an id shows."""
    return "sha1" if len(commit) == 40 else "sha256"
