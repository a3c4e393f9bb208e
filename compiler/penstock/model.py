"""The nouns. Every stage imports this module; this module imports nothing of ours but `errors`.

Keys and messages are NamedTuples. `Resource` is the one noun that changes, and only while `resolve` runs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

from penstock.errors import Refusal as Refusal
from penstock.errors import Unreadable as Unreadable
from penstock.records import NamedTuple

Tree = dict[str, Any]
"""A YAML mapping as plain dict, list, str, int, float, bool and None. A parsed tree is never changed, only shared."""


class Embedded(NamedTuple):
    """A step into a string that is itself YAML, such as an inline patch: go on inside its document `doc`."""

    doc: int = 0


Step = str | int | Embedded
Pointer = tuple[Step, ...]
"""The way from the root of a document to a value: mapping keys and list indexes."""

Severity = Literal["error", "warning", "info"]


class Origin(NamedTuple):
    """Where a value was written, by name rather than by line; `parse.locate` turns it into a `Pos`.

    `path` is relative to the root of the files, `doc` is the line (from 0) on which the document starts (in a file
    that is not YAML, such as an env file: the line of the value), `at` leads to the value.
    """

    path: str
    doc: int = 0
    at: Pointer = ()

    def below(self, *steps: Step) -> "Origin":
        return Origin(self.path, self.doc, (*self.at, *steps))


class Pos(NamedTuple):
    """A place in a file for people: line and column count from 1; 0 means the file as a whole."""

    path: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in self if part)


class Spot(NamedTuple):
    """What a source has at a place: from `start` up to `end`, which is behind its last character.

    `subject` is the object of the document that it stands in (`Deployment.apps/shop`), as far as the source names it,
    and `field` the way to it, on which entries of lists go by their names. Neither changes when lines move.
    """

    start: Pos
    end: Pos
    subject: str = ""
    field: str = ""


class ResourceId(NamedTuple):
    """What makes an object the same object, here and in a cluster. The version is not part of it."""

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
    """The origin of a value that was copied within its object: that of what stood at `at` when the write log was `log`.

    A patch may copy a value some thousand times, and few of its copies are ever asked for their origin.
    """

    log: Log | None
    at: Pointer


class Lineage(NamedTuple):
    """What Kustomize notes about an object while it builds: name references, generators and overlays ask for it.

    It stays with the object when the body is replaced, and is of no interest after `resolve`. `past` holds (name,
    namespace, kind) from before each rename, oldest first; a namespace is never empty there.
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
    """A text that a replacement wrote where it does not fit, which is an error if it is still there in the end."""

    at: Pointer
    text: str
    type: str
    """What the field has held, and what Kustomize takes it for."""
    message: str
    where: Origin


class Untyped(NamedTuple):
    """A text that Kustomize has written without saying that it is one."""

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
    """How the values of one body are written where that is not what its sources and its write log say.

    It belongs to the body: whoever gives an object a new body begins a new spelling. Kustomize writes each object as
    YAML and reads it again, so quotes, number formats and styles decide what comes out (`resolve/spelling/`).
    """

    through_json: Literal["", "list", "patch", "function"] = ""
    """The object came out of a list, a JSON 6902 patch went over it, or an exec function: how a file spells a number no
    longer counts. What a function gives back as JSON is like an item of a list: in braces, with its strings in quotes.
    """
    log_then: Log | None = None
    """The write log when the object went through JSON: older entries no longer say how a value is spelled."""
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
    shared: tuple[tuple[Pointer, ...], ...] = ()
    """Places that hold one value: who writes to one writes to all (`resolve/spelling/shared_labels.py`)."""


class Resource:
    """One object on its way from a file to the output: the one noun that changes.

    `body` is its tree and `spelling` how that is written, `origin` the document that it came from, `log` who wrote
    what since, `lineage` what it was before.
    """

    __slots__ = ("body", "id", "lineage", "log", "origin", "spelling", "version")

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
        self.lineage = lineage
        self.spelling = spelling

    def fork(self) -> "Resource":
        """A resource of its own that shares the body and the log: writing to one does not show in the other."""
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
    whether there are values that are `scalar.Tagged` or keys that are `Again`. `overlaid` are the keys of a
    configuration that merge keys set twice, as the findings that they are where Kustomize is strict.
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
        """Where a part of it is written."""
        return self.origin.below(*at)


class First(str):
    """A step of an origin to the first one of keys that stand twice; without it, the last one is meant."""

    __slots__ = ()


class Again(str):
    """A key that stands in a mapping of an object a second time. It equals no other key, so that both values are kept:
    Kustomize goes by the first one, and refuses the second when it has written the object and reads it again.
    """

    __slots__ = ("finding", "key")
    finding: "Diagnostic"
    key: str
    """The key that it is where the first one is gone."""

    def __new__(cls, key: str, finding: "Diagnostic") -> "Again":
        made = super().__new__(cls, key)
        made.finding, made.key = finding, key
        return made

    def __deepcopy__(self, memo: Any) -> "Again":
        return self

    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


Blame = Literal["sources", "configuration", "world"]
"""What is at fault: the sources, `penstock.yaml`, or a world that does not answer (a remote base cannot be fetched)."""


class Diagnostic(NamedTuple):
    """A finding: what is wrong, where it was written, where the other half is, and what to do about it.

    `blame` decides on the exit status where the finding is an error that keeps a target from being compiled. `others`
    are further objects that the same is to be said of.
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
    """Whether one of them is an error."""
    return any(finding.severity == "error" for finding in findings)


class Edge(NamedTuple):
    """`src` needs `dst`, because its field `at` names it.

    `why` is the reference in a word or two: `volume`, `roleRef`.
    """

    src: ResourceId
    dst: ResourceId
    at: Pointer
    why: str


Waves = tuple[tuple[ResourceId, ...], ...]
"""Objects in the order of apply: a wave needs only earlier ones."""


class Graph(NamedTuple):
    """Which object needs which.

    Selectors, and references that go both ways by nature (a StatefulSet and its Service), say nothing of the order.
    """

    edges: tuple[Edge, ...]
    waves: Waves


class Change(NamedTuple):
    """What a sync will do to one object. `before` is the live body (None: absent), `after` the wanted one."""

    action: Literal["create", "update", "unchanged", "delete"]
    id: ResourceId
    before: Tree | None
    after: Tree | None


class Plan(NamedTuple):
    """The changes of a sync, wave by wave, and then what is pruned, last dependant first."""

    waves: tuple[tuple[Change, ...], ...]
    prune: tuple[Change, ...]


HealthWord = Literal["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"]


class Health(NamedTuple):
    """Whether a live object is what it should become, and why not."""

    word: HealthWord
    reason: str = ""


Sync = Literal["Synced", "OutOfSync", "Missing", "Extra", "Unknown"]
"""Missing: on the branch, not in the cluster. Extra: ours in the cluster, no longer on the branch."""

WORST_FIRST: tuple[HealthWord, ...] = ("Degraded", "Missing", "Progressing", "Unknown")


class ObjectStatus(NamedTuple):
    """One object. `details` say what differs (values of Secrets are left out) or why nothing can be said."""

    id: ResourceId
    sync: Sync
    health: Health
    details: tuple[str, ...] = ()


class LastSync(NamedTuple):
    """What the cluster remembers of earlier syncs: the last complete one, the last one begun, and how that stands.

    `phase` is `never` where there was none.
    """

    revision: str = ""
    attempt: str = ""
    phase: str = "never"


class Ignored(NamedTuple):
    """A difference that is meant. In the first three, `*` stands for any characters."""

    kind: str
    namespace: str
    name: str
    fields: tuple[tuple[str, ...], ...]
    """JSON pointers to fields whose live value stays."""
    managers: frozenset[str]
    """Field managers whose values stay where they conflict with ours."""


class Status(NamedTuple):
    """How far a cluster is from a rendered branch: all objects, and what it remembers of the last sync."""

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

    `environment` is where it goes, empty where that is open, and `app` its name there. `why` says how that is known;
    `proposed` is an environment that the user may choose, for a target whose environment is open. `anywhere` says
    that it may read files outside of the directories of its kustomizations. `folder` is where it lies on the branch of
    its environment, empty for its path.
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
        """What people call it: `prod/shop`. Empty where its environment is open."""
        return f"{self.environment}/{self.app}" if self.environment and self.app else self.environment


class Installation(NamedTuple):
    """How a chart may be installed: the name of its release, its namespace, and its environments, each with the path of
    a file of values; empty where there is none.
    """

    name: str
    namespace: str
    environments: Mapping[str, str]


def with_those_above(path: str) -> list[str]:
    """A path of the sources and the directories that it lies in, itself first; the root is not among them."""
    names = path.split("/")
    return ["/".join(names[:depth]) for depth in range(len(names), 0, -1)]


class TargetNeed(NamedTuple):
    """`target` needs `needed`, for what is written at `where`. `why` is `dependsOn`, or what the edge between two of
    their objects says.
    """

    target: Target
    needed: Target
    why: str
    where: Origin
    edge: Edge | None = None


class Made(NamedTuple):
    """What a target was built to, what is to say about it, and the paths that were read or looked for. `needs` are the
    targets that its definition waits for.
    """

    resources: list[Resource]
    diagnostics: list[Diagnostic]
    read: frozenset[str] = frozenset()
    printed: list[Resource] | None = None
    """What `build` prints, where that is not what goes to the cluster: without the namespace of the destination."""
    needs: tuple[TargetNeed, ...] = ()


Layout = Literal["objects", "argocd"]
"""How objects lie on a branch: each in a file of its own, or as Argo CD's source hydrator writes them."""


MARKER = ".penstock"
"""The name of the file that marks a rendered branch, or a rendered folder of one. It has no extension: deployers apply
whatever ends in `.yaml` or `.json`.
"""


class Destination(NamedTuple):
    """Where and how the objects of an environment are written. Empty texts stand for the defaults.

    `folder` is the one of the branch that holds them; `repository` the address of another repository, or a name that
    git has for it. What is `proposed` goes to the branch with `-next` behind its name, from which others merge it.
    """

    branch: str = ""
    folder: str = ""
    repository: str = ""
    layout: Layout = "objects"
    proposed: bool = False


class Environment(NamedTuple):
    """Where targets go. `targets` are all that the sources have for it."""

    name: str
    targets: tuple[Target, ...]
    destination: Destination = Destination()

    @property
    def branch(self) -> str:
        """The branch that is deployed."""
        return self.destination.branch or f"rendered/{self.name}"

    @property
    def written(self) -> str:
        """The branch that hydration writes."""
        return f"{self.branch}-next" if self.destination.proposed else self.branch

    @property
    def place(self) -> str:
        """What is written, as it is shown to people: a branch, with the folder as git names one."""
        return f"{self.written}:{self.destination.folder}" if self.destination.folder else self.written


class Compiled(NamedTuple):
    """All that is known of one target.

    `failed` says what keeps it from being compiled; then there are no `resources`. It is empty for a target that
    compiles, whatever the findings about its objects. `without_schema` is how many objects could not be checked
    against one.
    """

    target: Target
    resources: list[Resource]
    graph: Graph
    diagnostics: list[Diagnostic]
    failed: frozenset[Blame] = frozenset()
    without_schema: int = 0


class Together(NamedTuple):
    """Targets that are compiled as one: those of an environment, or one alone.

    `needs` lead from one target to another. `steps` are the targets in the order in which their definitions wait for
    each other; empty where none does.
    """

    environment: str
    compiled: list[Compiled]
    needs: tuple[TargetNeed, ...] = ()
    steps: tuple[tuple[Target, ...], ...] = ()


class Kustomization(NamedTuple):
    """A kustomization file whose fields have been checked; deprecated spellings stand under their own names.

    `directory` is its folder, `origin` the file; `fields` is the tree by the canonical names of the fields.
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
    """A name in a kustomization that leads out of the repository.

    `repository` is what git fetches and `path` a directory in it; empty where no repository can be meant. `ref` is a
    branch, tag or commit, empty for the default branch. `timeout` is in seconds. With `http` it is a file first, and
    a repository only where there is no such file.
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
    """A packed Helm chart that lies elsewhere, in a Helm repository (`https://…`) or a registry (`oci://…`).

    `version` is a version or a range, as Helm has them; in a registry also any tag, or the digest of a manifest. Empty
    for the newest. What is no chart is an archive of any files, in a registry.
    """

    repository: str
    name: str
    version: str = ""
    is_chart: bool = True
    layer: str = ""
    """The media type of the layer that is meant, in a registry; empty for the usual one."""

    def __str__(self) -> str:
        return f"{self.name} {self.version or '(newest)'} of {self.repository}"

    @property
    def kind(self) -> str:
        return "chart" if self.is_chart else "artifact"


class Remote(NamedTuple):
    """What an address leads to, once it is here: a file, or a directory in `clone`, the top of a repository. A packed
    chart is a file, and `clone` a directory with what is in it.

    Both paths are those of `Files`; they start with `//`, which no local path does.
    """

    path: str
    clone: str = ""


Wanted = Literal["any", "file", "directory"]
"""What a field of a kustomization takes."""


class ValueAt(NamedTuple):
    """A text that is put at a path among values, as `targetPath` of Flux does: read like the value of `--set`, or, if
    it is literal, as it is.
    """

    path: str
    text: str
    is_literal: bool
    where: Origin


class ChartRequest(NamedTuple):
    """A Helm chart, what it is rendered with, and what is wanted of it. Paths are those of `Files`."""

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
    own_values: tuple[str, ...] = ()
    """Files that take the place of the chart's values.yaml."""
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
    written: tuple[Document, ...] = ()
    """The documents that `values` were made of, the last of which wins: for the places of values only."""
    boundary: str = ""
    """The directory that symlinks of the chart may not leave; empty: the chart."""
    dependencies: tuple[str, ...] = ()
    """Charts that it depends on, and that are not in its `charts/`: packed, or directories."""


class Written(NamedTuple):
    """Who wrote a line of a text that was made: a line of a file, and the values that went into it, by name."""

    by: Pos
    values: "tuple[tuple[Origin, str], ...]" = ()


class Rendition(NamedTuple):
    """A text that was made and stands in no file. `lines` works out who wrote each of its lines: the text is made again
    for that, so only where it is to be said.
    """

    path: str
    """A name for the text, which no file has."""
    text: str
    lines: Callable[[], Sequence[Written]]


RenderChart = Callable[["Files", ChartRequest], tuple[Rendition | None, list[Diagnostic]]]
"""Renders a chart to what `helm template` prints; None where a finding is an error."""


class JsonnetValue(NamedTuple):
    """What a file of Jsonnet is given by name: an external variable, or an argument of the function that it is."""

    name: str
    text: str
    is_code: bool = False
    """Whether the text is Jsonnet, and not the value itself."""
    where: Origin = Origin("(command line)")


class JsonnetRequest(NamedTuple):
    """A file of Jsonnet, and what it is evaluated with. Paths are those of `Files`."""

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
    """A value that was made and stands in no file. `spot` finds what has made a part of it, and `text` writes it as
    JSON: both only where that is to be said.
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
    """Values that came out of Secrets, and that no finding may quote."""

    def add(self, value: str) -> None:
        """Hide a value from now on."""

    def add_tree(self, tree: Any) -> None:
        """Hide every text and number of a tree from now on."""


class Sources(Protocol):
    """All that a compile reads, each file once. `parse` makes it; `resolve` asks it. Paths are those of `Files`."""

    def watched(self) -> AbstractContextManager[Looks]:
        """While this is open, it collects every look at a path: the closure of what is made in that time.

        Those of an inner one count for the outer one too. Nothing is kept while none is open.
        """

    def saw(self, looks: Looks) -> None:
        """Count looks that were taken earlier, for a result that is used again."""

    def kustomization(self, directory: str) -> tuple[Kustomization | None, list[Diagnostic]]:
        """The kustomization of a directory; None and no finding where there is no such file."""

    def resources(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """The documents of a file of resources or patches; None where there is no such file."""

    def configs(self, path: str) -> tuple[list[Document] | None, list[Diagnostic]]:
        """The documents of a file of configuration (YAML 1.1: JSON patches, field specs, replacements)."""

    def embedded(self, text: str, where: Origin, config: bool) -> tuple[list[Document], list[Diagnostic]]:
        """The documents of a string that stands at `where`, such as an inline patch."""

    def text(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is no such file. Raises `Unreadable`."""

    def real(self, path: str) -> str:
        """As `Files.real`. Raises `Unreadable`."""

    def is_dir(self, path: str) -> bool:
        """As `Files.is_dir`."""

    def unfetched(self, path: str, where: Origin) -> Diagnostic | None:
        """What is to say of a path that lies in a git submodule of which nothing is here; None of any other path."""

    def typed(self, tree: Any, shape: str, where: Origin) -> tuple[Any, list[Diagnostic]]:
        """A configuration with canonical field names, checked against a shape by name; a finding for each wrong
        field.
        """

    def remote(
        self, address: Address, where: Origin, wanted: Wanted, within: str
    ) -> tuple[Remote | None, list[Diagnostic]]:
        """What an address leads to; None where it cannot be had, with the reason. `within` is the repository that
        names it, empty for our own.
        """

    def remote_chart(self, address: ChartAddress, where: Origin, within: str) -> tuple[Remote | None, list[Diagnostic]]:
        """A packed chart that lies elsewhere, as `remote`."""

    def chart(self, request: ChartRequest) -> tuple[list[Document] | None, list[Diagnostic]]:
        """The documents that a Helm chart renders to; None where a finding is an error."""

    def evaluated(self, request: JsonnetRequest) -> tuple[Evaluated | None, list[Diagnostic]]:
        """The value of a file of Jsonnet; None where a finding is an error."""

    @property
    def withheld(self) -> Secrets:
        """What no finding may quote."""

    @property
    def spellings(self) -> "Spellings":
        """How what was read is written."""


class Spellings(Protocol):
    """How the values of the sources are written, where Kustomize goes by that and a plain tree no longer tells.

    A source that no file spells out, such as a rendered chart, may answer "nothing is known" to all of these.
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
        """Whether a scalar of an object or patch is written in quotes, or as a block; None where there is none. What
        a configuration has is put into objects without. It reads the file again: not for the hot path.
        """

    def is_null(self, origin: Origin) -> bool:
        """Whether a scalar is null, written in any way. As slow as `is_quoted`."""

    def is_text(self, origin: Origin) -> bool:
        """Whether a scalar is a string, with quotes or without. As slow as `is_quoted`."""

    def is_block(self, origin: Origin) -> bool | None:
        """Whether a scalar of an object or patch is written as a block (`|` or `>`); None where there is none. As slow
        as `is_quoted`.
        """

    def is_folded(self, origin: Origin) -> bool | None:
        """Whether a scalar is written folded (`>`); None where there is none. As slow as `is_quoted`."""

    def is_flow(self, origin: Origin) -> bool | None:
        """Whether a mapping or list of an object or patch is written in braces or brackets, whatever it stands in; None
        where nothing is, or an empty one. As slow as `is_quoted`.
        """

    def is_braced(self, origin: Origin) -> bool | None:
        """As `is_flow`, but of an empty mapping or list too."""

    def is_mapping(self, origin: Origin) -> bool:
        """Whether a mapping is at a place. As slow as `is_quoted`."""

    def has_comment_behind(self, origin: Origin) -> bool | None:
        """Whether a comment stands behind a scalar, on its line; None where there is none. As slow as `is_quoted`."""

    def has_comment(self, origin: Origin) -> bool | None:
        """Whether a comment stands behind the key that an origin ends with, and the value below it, or none; None where
        there is no such key. As slow as `is_quoted`.
        """

    def unquoted(self, text: str, origin: Origin) -> frozenset[Pointer]:
        """The places of scalars without quotes in a text that was read by `Sources.embedded`, below an origin that
        leads into it.
        """

    def is_plain_key(self, origin: Origin) -> bool | None:
        """Whether the key that an origin ends with has no quotes, of those that are no text then; None where there is
        no such key.
        """

    def spell(self, origin: Origin, text: str) -> None:
        """Say how a scalar is spelled that is read like one of an object, and stands in another file."""

    def spelled(self, origin: Origin) -> str | None:
        """The text of a scalar that its value cannot give back; else None."""

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
    """Where bytes come from. Paths are posix, relative to a root; `..` and symlinks are resolved by `real`."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is no such file. Raises `Unreadable`."""

    def real(self, path: str) -> str:
        """The same path without symlinks, relative to the root (so it starts with `..` where it leaves the root)."""

    def is_dir(self, path: str) -> bool:
        """Whether a directory is there."""

    def blob(self, path: str) -> str | None:
        """The id that git has, or would give, to the content of a file; None where there is no such file. Raises
        `Unreadable`.
        """

    def walk(self, path: str) -> Iterator[str]:
        """All files below a directory, sorted, `.git` left out, symlinked directories not followed."""


class Entries(Protocol):
    """What is kept from run to run, for this engine alone, by all that it depends on. Nothing may be there."""

    def load(self, key: bytes) -> bytes | None: ...

    def store(self, key: bytes, content: bytes) -> None: ...


def leads_out(path: str, real: str) -> bool:
    """Whether a path leads out of its repository; `real` is the same path with links followed. What was fetched lies
    in repositories of its own, below `//`.
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
