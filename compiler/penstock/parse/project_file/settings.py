"""The settings of a repository, as `penstock.yaml` has them."""

from typing import Literal

from penstock.cluster import Ignored
from penstock.model import Destination, Origin, Severity
from penstock.parse.project_file.charts import Abilities, ChartEntry
from penstock.parse.project_file.pattern import Pattern
from penstock.records import NamedTuple
from penstock.sources import JsonnetValue
from penstock.windows import Selection, Window


class Plain(NamedTuple):
    """The options of a target of plain manifests: which files of its directory count, and the inputs of its Jsonnet
    files.
    """

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    variables: tuple[JsonnetValue, ...] = ()
    arguments: tuple[JsonnetValue, ...] = ()
    libraries: tuple[str, ...] = ()


class TargetEntry(NamedTuple):
    """An entry of `targets:`. The templates are empty where the file leaves them to discovery."""

    pattern: Pattern
    environment: str
    app: str
    anywhere: bool
    """Whether files outside of the directories of the kustomizations may be read."""
    origin: Origin
    plain: Plain | None = None


class Binding(NamedTuple):
    """A cluster of an environment. Values that the file does not give are empty.

    `name` is empty if it is the only cluster. `user` and `groups` are the identity to act as.
    """

    context: str = ""
    server: str = ""
    digest: str = ""
    inside: bool = False
    """Whether Penstock runs in a pod of the cluster."""
    user: str = ""
    groups: tuple[str, ...] = ()
    name: str = ""


class EnvironmentEntry(NamedTuple):
    """An entry of `environments:`. Empty strings stand for the defaults."""

    name: str
    destination: Destination
    origin: Origin
    cluster: Binding = Binding()
    windows: tuple[Window, ...] = ()
    adopt: tuple[str, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    kubernetes: str = ""
    is_partial: bool = False
    clusters: tuple[Binding, ...] = ()
    """The clusters, if the environment has several."""
    removes_additions: bool = False
    """Whether `sync` removes fields that people have added by hand."""
    allow_prune: tuple[str, ...] = ()
    """Dangerous deletions that are intended."""


class External(NamedTuple):
    """An entry of `externals:`, without its reason, which is for readers of the file. `*` matches any characters."""

    kind: str
    namespace: str
    name: str


class Severities(NamedTuple):
    """An entry of `rules:` for one path. `word` selects codes; without a pattern, the entry applies everywhere."""

    word: str
    pattern: Pattern | None
    severity: Severity | Literal["off"]
    origin: Origin


class Settled(NamedTuple):
    """An entry of `suppress:`. `kind`, `namespace` and `name` are patterns of names, empty to match any object."""

    codes: tuple[str, ...]
    pattern: Pattern | None
    kind: str
    namespace: str
    name: str
    reason: str
    origin: Origin


class Config(NamedTuple):
    """The settings of a repository."""

    merge: str = ""
    """`kubernetes` for the strategic merge of Kubernetes; any other value for that of Kustomize."""
    targets: tuple[TargetEntry, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    environments: tuple[EnvironmentEntry, ...] = ()
    externals: tuple[External, ...] = ()
    schemas: tuple[str, ...] = ()
    """The places of schemas of custom resources."""
    severities: tuple[Severities, ...] = ()
    settled: tuple[Settled, ...] = ()
    helm: bool = False
    """Whether charts in kustomizations are rendered."""
    abilities: Abilities = Abilities()
    charts: tuple[ChartEntry, ...] = ()
    clusters: str = ""
    """The file that lists the clusters that Argo CD knows."""
    branch: str = ""
    """The branch that `hydrate` renders; empty for the default branch of the remote."""
    windows: tuple[Selection, ...] = ()
    health: tuple[str, ...] = ()
    """The files or folders with health rules."""
    repository: tuple[str, ...] = ()
    """Addresses of this repository."""
    jsonnet_engine: str = ""
    """The Python package that evaluates Jsonnet; empty for the first one that is installed."""
