"""The nouns of Penstock. Every stage imports this module; this module imports nothing of ours but `errors` and
`records`.

Keys and messages are NamedTuples. `Resource` is the only noun that changes, and it changes only while `resolve` runs.
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from penstock.errors import Refusal as Refusal
from penstock.errors import Unreadable as Unreadable
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.typed import Any, Literal, Self

Tree = dict[str, Any]
"""A YAML mapping as plain dict, list, str, int, float, bool and None. A parsed tree is never changed, only shared."""


class Embedded(NamedTuple):
    """A step into a string that is itself YAML, such as an inline patch. The steps after it lead through its document
    `doc`.
    """

    doc: int = 0


Step = str | int | Embedded

Pointer = tuple[Step, ...]
"""The way from the root of a document to a value: mapping keys and list indexes."""

Severity = Literal["error", "warning", "info"]


class Origin(NamedTuple):
    """An origin says where a value was written, by name rather than by line; `parse.locate` turns it into a `Pos`.

    `path` is relative to the root of the files. `doc` is the line (counted from 0) on which the document starts; in a
    file that is not YAML, such as an env file, it is the line of the value. `at` leads from the document to the value.
    """

    path: str
    doc: int = 0
    at: Pointer = ()

    def below(self, *steps: Step) -> "Origin":
        return Origin(self.path, self.doc, (*self.at, *steps))


class Pos(NamedTuple):
    """A place in a file, as people are told it. Lines and columns count from 1; 0 stands for the file as a whole."""

    path: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in self if part)


class Spot(NamedTuple):
    """The stretch of a source at which a value is written, from `start` up to `end`, the place behind its last
    character.

    `subject` is the object that contains the value (`Deployment.apps/shop`), as far as the source names it. `field` is
    the path to the value, in which list elements are called by their names. Neither of the two changes when lines move.
    """

    start: Pos
    end: Pos
    subject: str = ""
    field: str = ""


class ResourceId(NamedTuple):
    """The identity of an object, in the sources and in a cluster. The API version is not part of it."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind}/{self.namespace}/{self.name}" if self.namespace else f"{kind}/{self.name}"


Rearranged = Sequence["int | Origin | Taken"]
"""A write log entry for a list: for each element its index before, or the origin of a new element."""

Log = tuple[Any, Pointer, "Origin | Taken | Rearranged"]
"""The write log, newest entry first: (earlier log or None, where, what is there now). Immutable, so copies share it."""


class Taken(NamedTuple):
    """The origin of a value that was copied within its object: it is that of the value which stood at `at` when the
    write log was `log`.

    A patch may copy a value a thousand times, and hardly any of the copies is ever asked for its origin, so the origin
    is looked up only on demand.
    """

    log: Log | None
    at: Pointer


class Lineage(NamedTuple):
    """What Kustomize remembers about an object during a build. Name references, generators and overlays ask for it.

    A lineage stays with the object when its body is replaced, and has no meaning after `resolve`. `past` holds the
    (name, namespace, kind) that the object had before each rename, oldest first; a namespace is never empty there.
    """

    past: tuple[tuple[str, str, str], ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    needs_hash: bool = False
    behavior: str = ""
    is_helm: bool = False
    """It came out of a Helm chart, which has been told the namespace: `namespace:` leaves it alone."""
    variables: tuple[str, ...] = ()
    """The names of the `vars` that take their value from this object."""
    made: tuple[tuple[str, Any], ...] = ()
    """For `buildMetadata: [originAnnotations]`: the fields of its origin annotation."""
    transformed: tuple[tuple[tuple[str, Any], ...], ...] = ()
    """For `buildMetadata: [transformerAnnotations]`: the transformers that have run over it."""


class Unfit(NamedTuple):
    """A text that a replacement wrote into a place where it does not fit. It is an error if it is still there when the
    build ends.
    """

    at: Pointer
    text: str
    type: str
    """What the field has held, and what Kustomize takes it for."""
    message: str
    where: Origin


class Untyped(NamedTuple):
    """A text that Kustomize wrote without marking it as a string."""

    at: Pointer
    text: str
    may_have_quotes: bool = False
    """Whether it may stand in quotes that its place had before. Nobody has looked, since it is a text with and without
    them; what a replacement lays over it may not be.
    """


class Copied(NamedTuple):
    """A scalar that a replacement wrote."""

    at: Pointer
    value: Any
    text: str
    """How it is spelled."""
    is_text: bool
    """Whether it is a text, although it may look like a date."""
    hidden: str = ""
    """The type that Kustomize takes a text in quotes for, if it is not the type of a text."""


class Beside(NamedTuple):
    """New places to which one transformer has written one text. They have the quotes of the last of those places to
    which it has written beside them, and otherwise those that the text needs.
    """

    made: tuple[Pointer, ...]
    last: Pointer | None
    """The last place that had a text before; None where there is none."""
    text: str
    """The text, or "" where `last` was written after all new places."""


class Spelling(NamedTuple):
    """How the values of one body are written in YAML, where the sources and the write log do not tell.

    A spelling belongs to one body: code that gives an object a new body begins a new spelling. Kustomize writes each
    object as YAML and reads it again, so quotes, number formats and styles have an effect on the output
    (`resolve/spelling/`).
    """

    through_json: Literal["", "list", "patch", "function"] = ""
    """The object came out of a list, a JSON 6902 patch went over it, or an exec function: how a file spells a number no
    longer counts. What a function gives back as JSON is like an item of a list: in braces, with its strings in quotes.
    """
    log_then: Log | None = None
    """The write log when the object went through JSON: older entries no longer say how a value is spelled."""
    body_then: Any = None
    """The body that a JSON 6902 patch left: it tells which of its texts Kustomize has put in quotes."""
    merged: tuple[Log | None, ...] = ()
    """The write log before the latest strategic merge patch: Kustomize has put `yes`, `on` and the like in quotes that
    were there then.
    """
    unfit: tuple[Unfit, ...] = ()
    """Texts that replacements wrote where they do not fit."""
    copied: tuple[Copied, ...] = ()
    """Scalars that replacements wrote, where the source of the value does not say how they are spelled."""
    copied_whole: frozenset[tuple[Pointer, Origin]] = frozenset()
    """Mappings and lists that replacements have put in the place of others, each with the origin that the write log has
    for it: braces are those of the source, whatever was there before.
    """
    in_quotes: frozenset[Origin] = frozenset()
    """Numbers, booleans and dates of strategic merge patches that were set over strings in quotes, which makes texts of
    them. Only a replacement still has to fit their type.
    """
    laid: frozenset[Origin] = frozenset()
    """Texts of strategic merge patches that were set over texts which Kustomize had put in quotes."""
    beside: tuple[Beside, ...] = ()
    """Labels that may have quotes which the sources do not tell."""
    quoted: Set[Pointer] = frozenset()
    """Texts that a generator has written in quotes, since they would be no text without them."""
    untyped: tuple[Untyped, ...] = ()
    """Texts that Kustomize has written without a type or quotes: those that look like a number become one at the end,
    unless a strategic merge patch makes text of them first.
    """
    styleless: Set[Pointer] = frozenset()
    """Texts that variables were looked for in, and fields that a replacement made: Kustomize writes them without quotes
    where it can, and no longer folds them.
    """
    folded: frozenset[Pointer] = frozenset()
    """Texts that the answer of an exec function has folded: Kustomize folds them again whenever it writes them."""
    rewritten: frozenset[Pointer] = frozenset()
    """Keys of annotations, labels and data that Kustomize has written anew, and that are no text without their
    quotes.
    """
    shared: tuple[tuple[Pointer, ...], ...] = ()
    """Places that hold one value: who writes to one writes to all (`resolve/spelling/shared_labels.py`)."""


class Resource:
    """One object on its way from a file to the output. It is the only noun that changes.

    `body` is the tree of the object and `spelling` the way in which its values are written. `origin` is the document
    that the object came from, `log` records who wrote which value since, and `lineage` says what the object was called
    before.
    """

    __slots__ = ("body", "id", "index", "lineage", "log", "origin", "spelling", "version")

    def __init__(
        self,
        body: Tree,
        origin: Origin,
        id: ResourceId,
        version: str = "",
        *,
        lineage: Lineage = Lineage(),
        spelling: Spelling = Spelling(),
    ) -> None:
        self.body = body
        self.origin = origin
        self.id = id
        self.version = version
        self.log: Log | None = None
        self.index: Any = None
        """What `tree` has found out about the write log."""
        self.lineage = lineage
        self.spelling = spelling

    def fork(self) -> "Resource":
        """Return a second resource that shares the body and the log. A write to one of them does not show in the
        other.
        """
        fork = Resource(self.body, self.origin, self.id, self.version, lineage=self.lineage, spelling=self.spelling)
        fork.log = self.log
        return fork

    @property
    def api_version(self) -> str:
        return f"{self.id.group}/{self.version}" if self.id.group else self.version

    def __repr__(self) -> str:
        return f"<Resource {self.id}>"


class Document(NamedTuple):
    """One YAML document of a file. `spelled` holds the text of scalars that a plain value cannot give back (`0x1F`),
    and `scalar.BLANK_IN_FLOW` for nothing in braces or brackets. `plain_keys` are those without quotes that are no text
    (`010:`), `folded` says whether there is a text that is folded (`>`), `tabbed` one that starts with a tab and may be
    written as a block, and `is_alone` whether nothing in its file separates documents: Kustomize unwraps a `List` there
    as it is, and through JSON elsewhere. `aliased` is how many values its aliases stand for, and `size` how
    many keys and values it has with those. `is_unsettled` says
    whether there are values that are `scalar.Tagged` or keys that are `Again`, `NoText` or `LateKey`. `overlaid` are
    the keys of a configuration that merge keys set twice, as the findings that they are where Kustomize is strict.
    """

    origin: Origin
    body: Any
    spelled: Mapping[Pointer, str] = {}
    plain_keys: frozenset[Pointer] = frozenset()
    folded: bool = False
    is_alone: bool = False
    aliased: int = 0
    tabbed: bool = False
    is_unsettled: bool = False
    overlaid: "tuple[Diagnostic, ...]" = ()
    size: int = 0

    def at(self, at: Pointer) -> Origin:
        """Return the origin of a part of the document."""
        return self.origin.below(*at)


class ToMerge(NamedTuple):
    """Values of a chart that are merged with others: a mapping, or None for a null. `aliases` are the places where the
    file has an alias; the document has nothing there.
    """

    document: Document
    aliases: tuple[Pointer, ...] = ()


class First(str):
    """A step of an origin that means the first of two equal keys in a mapping. Without it, the last one is meant."""

    __slots__ = ()


class _Unlike(str):
    """A key that equals no other key of its mapping. `finding` says what is wrong with it."""

    __slots__ = ("finding", "key")
    finding: "Diagnostic"
    key: str

    def __new__(cls, key: str, finding: "Diagnostic") -> Self:
        made = super().__new__(cls, key)
        made.finding, made.key = finding, key
        return made

    def __reduce__(self) -> Any:
        return type(self), (self.key, self.finding)

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


class Again(_Unlike):
    """A key that stands in a mapping of an object a second time, so that both values are kept: Kustomize goes by the
    first one, and refuses the second when it has written the object and reads it again. `key` is what it is where the
    first one is gone.
    """

    __slots__ = ()


class NoText(_Unlike):
    """A key that is a mapping or a list. Kustomize refuses it where it merges the mapping that has it, and when it
    reads the object again.
    """

    __slots__ = ()


class LateKey(str):
    """A key `<<` of an object that Kustomize does not merge when it reads a file. Until it has written the object and
    reads it again it is a field like any other, which hides what it brings; then that is merged.
    """

    __slots__ = ()


Blame = Literal["sources", "configuration", "world"]
"""What is at fault: the sources, `penstock.yaml`, or a world that does not answer (a remote base cannot be fetched)."""


class Diagnostic(NamedTuple):
    """A finding says what is wrong, where it was written, where the other half of the problem is, and what to do about
    it.

    `blame` decides on the exit status if the finding is an error that keeps a target from being compiled. `others` are
    further objects that have the same problem.
    """

    code: str
    severity: Severity
    message: str
    where: Origin | Pos
    resource: ResourceId | None = None
    notes: tuple[tuple[Origin | Pos, str], ...] = ()
    hint: str = ""
    blame: Blame = "sources"
    others: tuple[ResourceId, ...] = ()


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    """Return whether at least one of the findings is an error."""
    return any(finding.severity == "error" for finding in findings)


class Edge(NamedTuple):
    """The object `src` needs the object `dst`, because its field `at` names it. `why` names the kind of reference in a
    word or two, such as `volume` or `roleRef`.
    """

    src: ResourceId
    dst: ResourceId
    at: Pointer
    why: str


Waves = tuple[tuple[ResourceId, ...], ...]
"""Objects in the order of apply: a wave needs only earlier ones."""


class Graph(NamedTuple):
    """The graph says which object needs which other one.

    Selectors, and references that by their nature go both ways (a StatefulSet and its Service), do not decide on the
    order.
    """

    edges: tuple[Edge, ...]
    waves: Waves


class Target(NamedTuple):
    """One thing that compiles on its own. `path` is its directory, relative to the root of the files.

    `environment` is where the target goes; it is empty while that is an open question. `app` is the name of the target
    within its environment. `why` says how the environment is known, and `proposed` is an environment that the user may
    choose for an open question. `anywhere` allows the target to read files outside of the directories of its
    kustomizations. `folder` is the place of the target on the branch of its environment; if it is empty, the path is
    used.
    """

    path: str
    environment: str
    app: str = ""
    why: str = ""
    proposed: str = ""
    anywhere: bool = False
    folder: str = ""

    @property
    def name(self) -> str:
        """The name by which people call the target, such as `prod/shop`. It is empty while the environment is an open
        question.
        """
        return f"{self.environment}/{self.app}" if self.environment and self.app else self.environment


class Installation(NamedTuple):
    """A way in which a chart may be installed: the name of the release, its namespace, and its environments. Each
    environment comes with the path of its values file; that is empty where there is none.

    `pattern` is a pattern that matches all these files if they differ by the names of the environments only; `others`
    are files that it matches besides.
    """

    name: str
    namespace: str
    environments: Mapping[str, str]
    pattern: str = ""
    others: tuple[str, ...] = ()


def name_of(path: str) -> str:
    """Return the last name of a path of the sources. Those are normal, so this is `posixpath.basename`, and faster: it
    is asked for every file of a repository.
    """
    return path[path.rfind("/") + 1 :]


def directory_of(path: str) -> str:
    """Return the directory of a path of the sources, or "" for one at the top, like `posixpath.dirname`."""
    return path[: max(path.rfind("/"), 0)]


def with_those_above(path: str) -> list[str]:
    """Return a path of the sources and the directories that contain it, the path itself first and without the root."""
    names = path.split("/")
    return ["/".join(names[:depth]) for depth in range(len(names), 0, -1)]


class TargetNeed(NamedTuple):
    """The target `target` needs the target `needed`, because of what is written at `where`. `why` is `dependsOn`, or
    the reason of an edge between two of their objects.
    """

    target: Target
    needed: Target
    why: str
    where: Origin
    edge: Edge | None = None


NamedPlaces = tuple[tuple[Origin, str], ...]
"""The places of values, each with the name of the value."""


class Made(NamedTuple):
    """The result of building a target: its objects, the findings, and the paths that were read or looked for. `needs`
    are the targets that its definition waits for.
    """

    resources: list[Resource]
    diagnostics: list[Diagnostic]
    read: frozenset[str] = frozenset()
    printed: list[Resource] | None = None
    """What `build` prints, where that is not what goes to the cluster: without the namespace of the destination."""
    needs: tuple[TargetNeed, ...] = ()
    filled: Mapping[Origin, NamedPlaces] = {}
    """The places of the variables and parameters that definitions have put into texts of the sources, by the places of
    the texts.
    """
    of: ResourceId | None = None
    """The definition that makes the target, if one does."""


Layout = Literal["objects", "argocd"]
"""How objects lie on a branch: each in a file of its own, or as Argo CD's source hydrator writes them."""

TEST_DATA = regex(r"(^|/)(test[-_]?data|test[-_]?cases|tests?/(.+/)?fixtures)/")
"""Folders that hold test data by their names."""

TEST_FILES = ("kyverno-test.yaml", "kyverno-test.yml", "chainsaw-test.yaml", "chainsaw-test.yml")
"""The names of files that describe tests of Kyverno. The files beside them are test data, which define nothing."""

MARKER = ".penstock"
"""The name of the file that marks a rendered branch, or a rendered folder of one. It has no extension: deployers apply
whatever ends in `.yaml` or `.json`.
"""


class Destination(NamedTuple):
    """Where and how the objects of an environment are written. An empty text stands for the default.

    `folder` is the folder of the branch that holds the objects. `repository` is the address of another repository, or
    the name of a git remote. If `proposed` is set, the objects go to the branch with `-next` behind its name, from
    which others merge them.
    """

    branch: str = ""
    folder: str = ""
    repository: str = ""
    layout: Layout = "objects"
    proposed: bool = False


class Environment(NamedTuple):
    """A place where targets go. `targets` are all targets of the sources that go there."""

    name: str
    targets: tuple[Target, ...]
    destination: Destination = Destination()

    @property
    def branch(self) -> str:
        """The branch from which the environment is deployed."""
        return self.destination.branch or f"rendered/{self.name}"

    @property
    def written(self) -> str:
        """The branch to which `hydrate` writes."""
        return f"{self.branch}-next" if self.destination.proposed else self.branch

    @property
    def place(self) -> str:
        """The place that is written, as people are shown it: a branch, with the folder in git's notation."""
        return f"{self.written}:{self.destination.folder}" if self.destination.folder else self.written


class Compiled(NamedTuple):
    """Everything that is known about one target.

    `failed` says what keeps the target from being compiled; then there are no `resources`. It is empty for a target
    that compiles, whatever the findings about its objects. `without_schema` is the number of objects that could not be
    checked against a schema.
    """

    target: Target
    resources: list[Resource]
    graph: Graph
    diagnostics: list[Diagnostic]
    failed: frozenset[Blame] = frozenset()
    without_schema: int = 0


class Together(NamedTuple):
    """Targets that are compiled together: those of an environment, or a single one.

    `needs` lead from one target to another. `steps` are the targets in the order in which their definitions wait for
    each other; they are empty where no definition waits.
    """

    environment: str
    compiled: list[Compiled]
    needs: tuple[TargetNeed, ...] = ()
    steps: tuple[tuple[Target, ...], ...] = ()


class Kustomization(NamedTuple):
    """A kustomization file whose fields have been checked. `directory` is its folder and `origin` the file.

    `fields` is the tree by the canonical names of the fields; deprecated spellings have been replaced.
    """

    directory: str
    origin: Origin
    fields: Tree
    moved: Mapping[Pointer, Origin] = {}
    """Where the fields were written that are not in the file: what Argo CD or Flux puts over it."""
    size: int = 0
    """How many keys and values the file has."""

    def at(self, *steps: Step) -> Origin:
        for depth in range(len(steps), 0, -1) if self.moved else ():
            if steps[:depth] in self.moved:
                return self.moved[steps[:depth]].below(*steps[depth:])
        return self.origin.below(*steps)
