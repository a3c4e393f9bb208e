"""What a compile asks of its surroundings, and in which words: files, what was fetched, rendered charts, Jsonnet.

The stages know these protocols alone. What is behind them is put in from outside: `pipeline.py` and the commands do so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from penstock.budget import Budget
from penstock.model import Diagnostic, Document, Kustomization, NamedPlaces, Origin, Pointer, Pos, Spot, ToMerge
from penstock.records import NamedTuple
from penstock.typed import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Address(NamedTuple):
    """An entry of a kustomization that leads out of the repository.

    `repository` is what git fetches and `path` is a directory in it; both are empty where no repository can be meant.
    `ref` is a branch, a tag or a commit, and empty for the default branch. `timeout` is in seconds. If `http` is set,
    the address is tried as a file first, and as a repository only where there is no such file.
    """

    name: str
    repository: str = ""
    path: str = ""
    ref: str = ""
    submodules: bool = True
    timeout: float = 27.0
    http: bool = False
    tags: str = ""
    """A range of versions: the newest tag in it is meant, whatever `ref` says."""
    only_cached: bool = False
    """It is taken from the cache, even where it is locked, unless fetching was asked for by name."""


class ChartAddress(NamedTuple):
    """The address of a packed Helm chart in a Helm repository (`https://…`) or a registry (`oci://…`).

    `version` is a version or a range in Helm's notation; in a registry it may also be any tag, or the digest of a
    manifest. An empty version means the newest one. If `is_chart` is not set, the address is that of an archive of any
    files in a registry.
    """

    repository: str
    name: str
    version: str = ""
    is_chart: bool = True
    layer: str = ""
    """The media type of the layer that is meant, in a registry; empty for the usual one."""
    tags: str = ""
    """A regular expression that a tag in the range must contain, in a registry; empty for all tags."""

    def __str__(self) -> str:
        return f"{self.name} {self.version or '(newest)'} of {self.repository}"

    @property
    def kind(self) -> str:
        return "chart" if self.is_chart else "artifact"


class Remote(NamedTuple):
    """What an address has led to after it was fetched: a file, or a directory within `clone`, the top of a repository.
    For a packed chart it is a file, and `clone` is a directory with the contents of the chart.

    Both paths are those of `Files`. They start with `//`, which no local path does.
    """

    path: str
    clone: str = ""
    manifest: str = ""
    """The digest of the manifest of a chart from a registry."""


Wanted = Literal["any", "file", "directory"]
"""What a field of a kustomization takes."""


class ValueAt(NamedTuple):
    """A text that is put at a path among the values of a chart, as `targetPath` of Flux does. It is read like the value
    of `--set`, or taken as it stands if it is literal.
    """

    path: str
    text: str
    is_literal: bool
    where: Origin


class ChartRequest(NamedTuple):
    """A request to render a Helm chart: the chart, its inputs, and which of the results are wanted. Paths are those of
    `Files`.
    """

    chart: str
    """A directory, or a packed chart."""
    name: str = ""
    """Of the release; empty where `name_template` makes it."""
    namespace: str = "default"
    is_upgrade: bool = False
    kube_version: str = ""
    """Empty for the one that Helm assumes."""
    api_versions: tuple[str, ...] = ()
    """Those that are there beside the ones that Helm assumes."""
    values: "tuple[str | Document | ValueAt, ...]" = ()
    """Files of values by their paths, and values that stand elsewhere. The last one wins."""
    own_values: tuple[str, ...] | None = None
    """Files that take the place of the chart's values.yaml, if they are given."""
    json: tuple[str, ...] = ()
    """What `--set-json` says; `settings`, `texts`, `file_texts` and `literals` are the others of `--set`."""
    settings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    file_texts: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    skip_schema: bool = False
    name_template: str = ""
    is_random: bool = False
    """Random functions and the clock are those of the machine, as in Helm; else they depend on the request alone."""
    include_crds: bool = False
    manifests: bool = True
    """Whether the objects of templates are wanted that are no hooks."""
    hooks: bool = True
    tests: bool = True
    only: tuple[str, ...] = ()
    """Patterns for the paths of templates within the chart, where not all are wanted."""
    where: Origin = Origin("(command line)")
    """Where all of this is written."""
    places: tuple[Origin, ...] = ()
    """Where the single settings are written, in the order of `json`, `settings`, `texts` and so on, if that is
    known.
    """
    written: tuple[Document, ...] = ()
    """The documents that `values` were made of, the last of which wins: for the places of values only."""
    boundary: str = ""
    """The directory that symlinks of the chart may not leave; empty: the chart."""
    dependencies: tuple[str, ...] = ()
    """Charts that it depends on, and that are not in its `charts/`: packed, or directories."""
    version_metadata: str = ""
    """What the version of the chart gets as its build metadata: `1.0.0` becomes `1.0.0+…`."""


class Piece(NamedTuple):
    """A part of a line of a generated text: its columns, counted from 0, and the values that went into it, by name."""

    start: int
    end: int
    values: NamedPlaces
    leaves: "tuple[tuple[Origin, str, Pointer], ...]" = ()
    """The values of tables that went into it as a whole, each with its way in its table."""


class Written(NamedTuple):
    """The writers of one line of a generated text: a line of a file, and the pieces of the text."""

    by: Pos
    pieces: tuple[Piece, ...] = ()

    @property
    def values(self) -> NamedPlaces:
        """The values that went into the line."""
        return tuple(dict.fromkeys(pair for piece in self.pieces for pair in piece.values))

    def between(self, start: int, end: int | None) -> "Written":
        """Return the same with those pieces only that have some of the columns from `start` to before `end`, or to the
        end of the line.
        """
        pieces = (each for each in self.pieces if each.end > start and (end is None or each.start < end))
        return self._replace(pieces=tuple(pieces))


class Rendition(NamedTuple):
    """A text that was generated and stands in no file.

    `lines` works out who wrote each line. The text is generated again for that, so it is called only when a message
    needs it.
    """

    path: str
    """A name for the text, which no file has."""
    text: str
    lines: Callable[[], Sequence[Written]]


RenderChart = Callable[["Files", ChartRequest, Budget], tuple[Rendition | None, list[Diagnostic]]]
"""Renders a chart to what `helm template` prints, within a budget; None where a finding is an error."""


class JsonnetValue(NamedTuple):
    """A value that a Jsonnet file is given by name: an external variable, or an argument of its top-level function."""

    name: str
    text: str
    is_code: bool = False
    """Whether the text is Jsonnet, and not the value itself."""
    where: Origin = Origin("(command line)")


class JsonnetRequest(NamedTuple):
    """A request to evaluate a Jsonnet file, with its inputs. Paths are those of `Files`."""

    file: str
    variables: tuple[JsonnetValue, ...] = ()
    arguments: tuple[JsonnetValue, ...] = ()
    libraries: tuple[str, ...] = ()
    """Directories in which an import is looked for that does not lie beside the file that has it, the last one first.
    """
    packages: tuple[tuple[str, str], ...] = ()
    """What the beginning of an import stands for: a name such as `incubator/redis`, and a directory."""
    engine: str = ""
    """Empty for the first one that is installed."""
    has_natives: bool = False
    """Whether `std.native` has the functions of ksonnet, kubecfg and Tanka. Argo CD has none."""
    seconds: int = 5
    """What all evaluations of the run may take, as `--bound seconds` says."""


class Natives(Protocol):
    """The functions of `std.native`."""

    parameters: Mapping[str, tuple[str, ...]]
    """The names of the functions, with those of their parameters."""

    def __call__(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return the result of a function. Raises ValueError with what is wrong."""


class Evaluated(NamedTuple):
    """A value that was computed and stands in no file. `spot` finds the source of a part of it, and `text` writes it as
    JSON; both are called only when a message needs them.
    """

    path: str
    """A name for the value, which no file has; the origins of its parts have it."""
    value: Any
    text: Callable[[], str]
    spot: Callable[[Origin], Spot]


Evaluate = Callable[["Files", JsonnetRequest], tuple[Evaluated | None, list[Diagnostic]]]
"""Evaluates a file of Jsonnet; None where a finding is an error."""


Looks = dict[tuple[str, str], None]
"""The looks at paths that something took, each once: (how, path). `closures.Answers` has the ways to look."""


class Secrets(Protocol):
    """The values that came out of Secrets. No finding may quote them."""

    def add(self, value: str) -> None:
        """Hide a value from now on."""

    def add_tree(self, tree: Any) -> None:
        """Hide every text and number of a tree from now on."""


class Sources(Protocol):
    """Everything that a compile reads, each file once. `parse` makes it and `resolve` asks it. Paths are those of
    `Files`.
    """

    bytes_read: int
    """The bytes of the files that were read so far."""

    def watched(self) -> "AbstractContextManager[Looks]":
        """Collect every look at a path while the context is open: this is the closure of what is made in that time.

        The looks of an inner context count for the outer one, too. Nothing is collected while no context is open.
        """

    def saw(self, looks: Looks) -> None:
        """Count looks that were taken earlier, since a result that depends on them is used again."""

    def kustomization(self, directory: str) -> tuple[Kustomization | None, list[Diagnostic]]:
        """Return the kustomization of a directory, or None and no finding where there is no such file."""

    def resources(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """Return the documents of a file of resources or patches, or None where there is no such file."""

    def manifests(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """Return the same as `resources`, but with the values that kubectl and Argo CD read: `yes` is true, and a date
        is a text.
        """

    def configs(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """Return the documents of a configuration file. It is read as YAML 1.1, as JSON patches, field specs and
        replacements are.
        """

    def values(self, path: str) -> tuple[ToMerge | None, list[Diagnostic]]:
        """Return the values of a chart in a file, before merge keys have merged and aliases were followed; None where a
        finding is an error.
        """

    def embedded(self, text: str, where: Origin, config: bool) -> tuple[list[Document], list[Diagnostic]]:
        """Return the documents of a string that stands at `where`, such as an inline patch."""

    def text(self, path: str) -> bytes | None:
        """Return the bytes of a file, or None where there is no such file. Raises `Unreadable`."""

    def real(self, path: str) -> str:
        """As `Files.real`. Raises `Unreadable`."""

    def is_dir(self, path: str) -> bool:
        """As `Files.is_dir`."""

    def beside(self, path: str) -> Sequence[str]:
        """Return names that lie in the directory of a path, as candidates for what was meant by it. Of very many, some
        may be missing.
        """

    def unfetched(self, path: str, where: Origin) -> Diagnostic | None:
        """Return the finding about a path in a git submodule that has not been fetched, and None for any other path."""

    def typed(self, tree: Any, shape: str, where: Origin) -> tuple[Any, list[Diagnostic]]:
        """Return a configuration with canonical field names. It is checked against the shape of that name, and each
        wrong field gives a finding.
        """

    def remote(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        """Return what an address leads to, or None and the reason where it cannot be had. `within` is the repository
        that contains the address; it is empty for our own.
        """

    def remote_chart(self, address: ChartAddress, where: Origin, within: str) -> tuple[Remote | None, list[Diagnostic]]:
        """Return a packed chart that lies elsewhere, in the same way as `remote`."""

    def chart(self, request: ChartRequest) -> tuple[list[Document] | None, list[Diagnostic]]:
        """Return the documents that a Helm chart renders to, or None where a finding is an error."""

    def evaluated(self, request: JsonnetRequest) -> tuple[Evaluated | None, list[Diagnostic]]:
        """Return the value of a Jsonnet file, or None where a finding is an error."""

    @property
    def withheld(self) -> Secrets:
        """The values that no finding may quote."""

    @property
    def spellings(self) -> "Spellings":
        """The way in which the sources were written."""


class Spellings(Protocol):
    """How values are written in the sources. Kustomize's output depends on it, and a plain tree does not tell it.

    A source that no file spells out, such as a rendered chart, may give the answer "nothing is known" to every
    question.
    """

    loose: set[str]
    """The files with a scalar that is another one inside braces than outside (nothing, or a date), or a folded one."""

    commented: set[str]
    """The files with a comment behind a key, in an object or patch."""

    braced: set[str]
    """The files that may have a mapping or list in braces or brackets, in an object or patch."""

    odd_keys: bool
    """Whether some object has a key without quotes that is another text, or none."""

    odd_numbers: bool
    """Whether some number is not spelled as it is printed."""

    is_unsettled: bool
    """Whether some object or patch has keys that are `Again`, or values that are `scalar.Tagged`."""

    def note_config(self, origin: Origin) -> None:
        """Note that a document that was read as an object is the configuration of a builtin plugin."""

    def is_quoted(self, origin: Origin) -> bool | None:
        """Return whether a scalar of an object or patch is written in quotes or as a block, or None where there is no
        scalar. A scalar of a configuration counts as unquoted, since it is put into objects without its quotes.

        The file is read again for the answer, so this is not for the hot path.
        """

    def is_tagged(self, origin: Origin) -> bool:
        """Return whether a scalar is written with a tag (`!!str "5"`). It is as slow as `is_quoted`."""

    def is_null(self, origin: Origin) -> bool:
        """Return whether a scalar is null, in any spelling. It is as slow as `is_quoted`."""

    def is_text(self, origin: Origin) -> bool:
        """Return whether a scalar is a string, with or without quotes. It is as slow as `is_quoted`."""

    def is_block(self, origin: Origin) -> bool | None:
        """Return whether a scalar of an object or patch is written as a block (`|` or `>`), or None where there is no
        scalar. It is as slow as `is_quoted`.
        """

    def is_folded(self, origin: Origin) -> bool | None:
        """Return whether a scalar is written folded (`>`), or None where there is no scalar. It is as slow as
        `is_quoted`.
        """

    def is_flow(self, origin: Origin) -> bool | None:
        """Return whether a mapping or list of an object or patch is written in braces or brackets, whatever surrounds
        it. The answer is None where there is no mapping or list, or an empty one. It is as slow as `is_quoted`.
        """

    def is_braced(self, origin: Origin) -> bool | None:
        """Answer like `is_flow`, and also for an empty mapping or list."""

    def is_mapping(self, origin: Origin) -> bool:
        """Return whether there is a mapping at a place. It is as slow as `is_quoted`."""

    def has_comment_behind(self, origin: Origin) -> bool | None:
        """Return whether a comment follows a scalar on its line, or None where there is no scalar. It is as slow as
        `is_quoted`.
        """

    def has_comment(self, origin: Origin) -> bool | None:
        """Return whether there is a comment behind the key that an origin ends with, or at the value below it. The
        answer is None where there is no such key. It is as slow as `is_quoted`.
        """

    def styles_in(self, text: str, origin: Origin) -> Mapping[Pointer, str]:
        """Return the style of each scalar (`'`, `"`, `|` or `>`, empty for an unquoted one) in a text that
        `Sources.embedded` has read, below an origin that leads into the text.
        """

    def are_apart(self, text: str, origin: Origin) -> bool:
        """Return whether no alias in an item of a list leads to an anchor in another item. The list is below an origin
        that leads into a text that `Sources.embedded` has read.
        """

    def aliases_in(self, text: str, origin: Origin) -> frozenset[Pointer]:
        """Return the places of the aliases in a document, given as for `styles_in`."""

    def is_plain_key(self, origin: Origin) -> bool | None:
        """Return whether the key that an origin ends with is written without quotes and would be no string then (`010`,
        `true`). The answer is None where there is no such key.
        """

    def spell(self, origin: Origin, text: str) -> None:
        """Record the spelling of a scalar that is read like one of an object, and stands in another file."""

    def spelled(self, origin: Origin) -> str | None:
        """Return the text of a scalar where its value alone does not give it back, and None otherwise."""

    def is_string(self, text: str) -> bool | None:
        """Return whether YAML 1.1 reads a text as a string, maybe another one. None where it is not valid YAML."""

    def written_tree(self, text: str) -> Any:
        """The first document of a YAML text as it is written: `<<` is a key, and an alias a text. MISSING where there
        is none, and for a null within it that is written as nothing.
        """

    def reprinted(
        self, text: str, tree: Any, places: Iterable[Pointer], change: Callable[[str | None], Any], source: Origin
    ) -> str | None:
        """YAML text as Kustomize prints it anew with a change at each place, where `tree` has something; None where it
        cannot. `change` makes of the text of the scalar there, None for a container, what shall stand there, and
        `source` is where that is written.
        """

    def read_back(self, text: str, where: Origin) -> Any:
        """What Go makes JSON of, of the text that was printed for the string at `where`: keys are texts. `tree.MISSING`
        for a key that it has no text for, and a tag that does not fit its scalar.
        """


class Files(Protocol):
    """The place where bytes come from. Paths are posix and relative to a root; `..` and symlinks are resolved by
    `real`.
    """

    @property
    def unlisted(self) -> Mapping[str, str]:
        """The directories that a walk could not list, each with the reason. The files in them are not known."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None where there is no such file. Raises `Unreadable`."""

    def real(self, path: str) -> str:
        """Return the same path without symlinks, relative to the root. It starts with `..` where it leaves the root."""

    def is_dir(self, path: str) -> bool:
        """Return whether there is a directory at the path."""

    def blob(self, path: str) -> str | None:
        """Return the id that git has, or would give, to the content of a file, or None where there is no such file.
        Raises `Unreadable`.
        """

    def walk(self, path: str) -> Iterator[str]:
        """Return all files below a directory without `.git`, sorted name by name. Symlinked directories are not
        followed.
        """

    def links(self, path: str) -> Iterator[str]:
        """Return the symlinks to directories below a directory in sorted order: those that `walk` does not follow."""


class Entries(Protocol):
    """Results that are kept from run to run, for this version of the engine alone, under a key made of all their
    inputs. An entry may be missing at any time.
    """

    def load(self, key: bytes) -> bytes | None: ...

    def store(self, key: bytes, content: bytes) -> None: ...


def leads_out(path: str, real: str) -> bool:
    """Return whether a path leads out of its repository; `real` is the same path with its links followed.

    Whatever was fetched lies in repositories of its own, below `//`.
    """
    if path.startswith("//"):
        return real == "//" or not real.startswith("//")
    return real.startswith(("../", "/"))


class Remotes(Files, Protocol):
    """`Files` that also hold what was fetched, at paths that start with `//`. `lock` is the path of the lock file.

    `is_settled` says whether all answers so far follow from the lock file: what was asked for is locked, and here; or
    it is not locked, and not fetched.
    """

    lock: str
    is_settled: bool

    def find(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        """As `Sources.remote`."""

    def find_chart(self, address: ChartAddress, where: Origin, within: str) -> tuple[Remote | None, list[Diagnostic]]:
        """As `Sources.remote_chart`."""
