"""What the text of kustomizations says, for targets that are not built.

The kind and the name of an object stand as such in a file of its target, unless a field of a kustomization makes them
of parts. So a target whose files do not hold both words cannot make the object, which is much faster to see than what
the target makes.
"""

import re
from collections.abc import Iterable, Set

from penstock.model import ResourceId, Unreadable
from penstock.parse.project import Project
from penstock.parse.usage import Usage, named_by

MAKING = frozenset(
    (
        "configMapGenerator",
        "configurations",
        "generators",
        "helmChartInflationGenerator",
        "helmCharts",
        "namePrefix",
        "nameSuffix",
        "replacements",
        "secretGenerator",
        "transformers",
        "vars",
    )
)
"""The fields of a kustomization by which an object may get a kind or a name that stands nowhere."""

SPELLED = re.compile(rb"\\[xuU\r\n]|\0|binary|needs-hash")
"""Text that may come to other words than it has: an escape, a line that goes on, another encoding, a tag, and an
annotation that lengthens a name.
"""

PLAIN = re.compile(r"[\w.:-]*", re.ASCII)
"""Words that no YAML text has to spell in another way."""

MOST_WORDS, MOST_LOOKS = 100, 100_000
"""Words, and files that are looked at, above which nothing is looked for: looking would take as long as building. A
file counts for each directory above it.
"""


class Mentions:
    """The words that the files of each kustomization hold, among the kinds and names of some objects. An empty name
    stands for any.

    Its answers are right where all files of a kustomization lie in its directory or below, and where no symbolic link
    leads to another file. Each file is read once.
    """

    def __init__(self, project: Project, usage: Usage, objects: Iterable[ResourceId]) -> None:
        self._project = project
        self._usage = usage
        self._words = {word: word.encode() for each in objects for word in (each.kind, each.name)}
        self._is_open = len(self._words) > MOST_WORDS or not all(map(PLAIN.fullmatch, self._words))
        self._looks = MOST_LOOKS
        self._held: dict[str, Set[str] | None] = {}
        self._in_files: dict[str, Set[str] | None] = {}

    def may_make(self, directory: str, objects: Iterable[ResourceId]) -> bool:
        """Return whether a kustomization may make one of some objects, in whatever namespace. The objects are among
        those that were given at first.
        """
        if self._is_open or self._looks < 0 or directory not in self._usage.uses:
            return True
        held: set[str] = set()
        for each in self._usage.reach(directory):
            words = self._held_in(each)
            if words is None:
                return True
            held |= words
        return any(each.kind in held and each.name in held for each in objects)

    def _held_in(self, directory: str) -> Set[str] | None:
        """Return the words in the files of a directory; None if its objects may have other ones."""
        if directory not in self._held:
            self._held[directory] = self._found(directory)
        return self._held[directory]

    def _found(self, directory: str) -> Set[str] | None:
        kustomization, _ = self._project.kustomization(directory)
        if kustomization is None or MAKING & kustomization.fields.keys():
            return None
        files = list(self._project.files.walk(directory))
        self._looks -= len(files)
        if not named_by(kustomization.fields, directory) <= self._usage.uses.keys() | set(files):
            return None  # something remote, or a mistake
        found: set[str] = set()
        for path in files:
            words = self._in_file(path)
            if words is None:
                return None
            found |= words
        return found

    def _in_file(self, path: str) -> Set[str] | None:
        """Return the words in a file, which may lie below several directories; None if it may come to other ones."""
        if path not in self._in_files:
            self._in_files[path] = self._words_of(path)
        return self._in_files[path]

    def _words_of(self, path: str) -> Set[str] | None:
        try:
            data = self._project.files.read(path)
        except Unreadable:  # a build says so
            return None
        if data is None or SPELLED.search(data):
            return None
        return {word for word, text in self._words.items() if text in data}
