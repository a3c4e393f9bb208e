"""The nouns of Penstock. Every stage imports this module; this module imports nothing of ours but `errors` and
`records`.

Keys and messages are NamedTuples. `Resource` is the only noun that changes, and it changes only while `resolve` runs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, Self

from penstock.errors import Refusal as Refusal
from penstock.errors import Unreadable as Unreadable
from penstock.records import NamedTuple

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
    untyped: tuple[Untyped, ...] = ()
    """Texts that Kustomize has written without a type or quotes: those that look like a number become one at the end,
    unless a strategic merge patch makes text of them first.
    """
    styleless: frozenset[Pointer] = frozenset()
    """Texts that variables were looked for in, and fields that a replacement made: Kustomize writes them without quotes
    where it can, and no longer folds them.
    """
    folded: frozenset[Pointer] = frozenset()
    """Texts that the answer of an exec function has folded: Kustomize folds them again whenever it writes them."""
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
    as it is, and through JSON elsewhere. `aliased` is how many values its aliases stand for. `is_unsettled` says
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


class Change(NamedTuple):
    """What a sync will do to one object. `before` is the live body (None where the object does not exist), `after` is
    the wanted one.
    """

    action: Literal["create", "update", "unchanged", "delete"]
    id: ResourceId
    before: Tree | None
    after: Tree | None


class Plan(NamedTuple):
    """The plan of a sync: the changes wave by wave, and then the objects to be pruned, the last dependant first."""

    waves: tuple[tuple[Change, ...], ...]
    prune: tuple[Change, ...]


HealthWord = Literal["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"]


class Health(NamedTuple):
    """The health of a live object, with the reason where it is not healthy."""

    word: HealthWord
    reason: str = ""


Sync = Literal["Synced", "OutOfSync", "Missing", "Extra", "Unknown"]
"""Missing: on the branch, not in the cluster. Extra: ours in the cluster, no longer on the branch."""

WORST_FIRST: tuple[HealthWord, ...] = ("Degraded", "Missing", "Progressing", "Unknown")


class ObjectStatus(NamedTuple):
    """The status of one object. `details` list the differences (without the values of Secrets), or say why the status
    is not known.
    """

    id: ResourceId
    sync: Sync
    health: Health
    details: tuple[str, ...] = ()


class LastSync(NamedTuple):
    """The record of earlier syncs that is kept in the cluster: the last complete one, the last one that was begun, and
    how that one stands. `phase` is `never` if there has been none.
    """

    revision: str = ""
    attempt: str = ""
    phase: str = "never"


class Ignored(NamedTuple):
    """A difference that the team wants to be ignored. In the first three fields, `*` stands for any characters."""

    kind: str
    namespace: str
    name: str
    fields: tuple[tuple[str, ...], ...]
    """JSON pointers to fields whose live value stays."""
    managers: frozenset[str]
    """Field managers whose values stay where they conflict with ours."""


class Status(NamedTuple):
    """The distance of a cluster from a rendered branch: the status of every object, and the record of the last sync."""

    branch: str
    revision: str
    last: LastSync
    objects: tuple[ObjectStatus, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def sync(self) -> Sync:
        words = {item.sync for item in self.objects}
        if words & {"OutOfSync", "Missing", "Extra"}:
            return "OutOfSync"
        return "Unknown" if "Unknown" in words or any(d.severity == "error" for d in self.diagnostics) else "Synced"

    @property
    def health(self) -> HealthWord:
        words = {item.health.word for item in self.objects if item.sync != "Extra"}
        return next((word for word in WORST_FIRST if word in words), "Healthy")


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


Layout = Literal["objects", "argocd"]
"""How objects lie on a branch: each in a file of its own, or as Argo CD's source hydrator writes them."""


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

    def at(self, *steps: Step) -> Origin:
        for depth in range(len(steps), 0, -1) if self.moved else ():
            if steps[:depth] in self.moved:
                return self.moved[steps[:depth]].below(*steps[depth:])
        return self.origin.below(*steps)


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


RenderChart = Callable[["Files", ChartRequest], tuple[Rendition | None, list[Diagnostic]]]
"""Renders a chart to what `helm template` prints; None where a finding is an error."""


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

    def watched(self) -> AbstractContextManager[Looks]:
        """Collect every look at a path while the context is open: this is the closure of what is made in that time.

        The looks of an inner context count for the outer one, too. Nothing is collected while no context is open.
        """

    def saw(self, looks: Looks) -> None:
        """Count looks that were taken earlier, since a result that depends on them is used again."""

    def kustomization(self, directory: str) -> tuple[Kustomization | None, list[Diagnostic]]:
        """Return the kustomization of a directory, or None and no finding where there is no such file."""

    def resources(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """Return the documents of a file of resources or patches, or None where there is no such file."""

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

    odd_keys: bool
    """Whether some object has a key without quotes that is another text, or none."""

    odd_numbers: bool
    """Whether some number is not spelled as it is printed."""

    is_unsettled: bool
    """Whether some object or patch has keys that are `Again`, or values that are `scalar.Tagged`."""

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

    def is_plain_key(self, origin: Origin) -> bool | None:
        """Return whether the key that an origin ends with is written without quotes and would be no string then (`010`,
        `true`). The answer is None where there is no such key.
        """

    def spell(self, origin: Origin, text: str) -> None:
        """Record the spelling of a scalar that is read like one of an object, and stands in another file."""

    def spelled(self, origin: Origin) -> str | None:
        """Return the text of a scalar where its value alone does not give it back, and None otherwise."""

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
        """Return all files below a directory in sorted order, without `.git`. Symlinked directories are not
        followed.
        """


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
    """`Files` that also hold what was fetched, at paths that start with `//`. `lock` is the path of the lock file."""

    lock: str

    def find(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        """As `Sources.remote`."""

    def find_chart(self, address: ChartAddress, where: Origin, within: str) -> tuple[Remote | None, list[Diagnostic]]:
        """As `Sources.remote_chart`."""
