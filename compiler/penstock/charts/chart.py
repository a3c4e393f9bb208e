"""The nouns: a chart with its subcharts, and what goes wrong on the way to its manifests."""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Diagnostic, Document, Origin, Pos, Tree
from penstock.records import NamedTuple

Loaded = tuple[list[Document], list[Diagnostic]]
Read = Callable[[bytes, str], Loaded]
"""(data, path) to the documents of a file of YAML, and what is wrong with it."""


class Refused(Exception):  # noqa: N818  # carries a finding, is none
    """Helm would render nothing here. `release` makes a result of it."""

    def __init__(self, code: str, message: str, where: Origin | Pos, hint: str = "") -> None:
        super().__init__(message)
        self.findings = [Diagnostic(code, "error", message, where, hint=hint)]


class File(NamedTuple):
    """A file of a chart. `name` is relative to the chart, `path` is where it lies among the sources; in an archive that
    is `shop-1.2.3.tgz/templates/web.yaml`.
    """

    name: str
    path: str
    data: bytes

    @property
    def text(self) -> str:
        """What the template engine reads. Bytes that are no UTF-8 become lone surrogates."""
        return self.data.decode("utf-8", "surrogateescape")


class Dependency:
    """An entry of `dependencies` in Chart.yaml. Its name becomes its alias, and `enabled` is worked out from values."""

    __slots__ = ("alias", "condition", "enabled", "imports", "name", "origin", "repository", "tags", "version")

    def __init__(self, fields: Tree, origin: Origin) -> None:
        self.name: str = fields.get("name", "")
        self.version: str = fields.get("version", "")
        self.repository: str = fields.get("repository", "")
        self.condition: str = fields.get("condition", "")
        self.tags: list[str] = fields.get("tags") or []
        self.enabled: bool = fields.get("enabled", False)
        self.imports: list[Any] = fields.get("import-values") or []
        self.alias: str = fields.get("alias", "")
        self.origin = origin

    def copy(self) -> "Dependency":
        """One of its own, whose name and imports can change."""
        other = object.__new__(Dependency)
        for slot in Dependency.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other


class Metadata(NamedTuple):
    """Chart.yaml, with the texts as Helm reads them. `fields` holds all of them by their names in the file."""

    fields: Tree
    origin: Origin

    def text(self, field: str) -> str:
        value = self.fields.get(field)
        return value if isinstance(value, str) else ""

    @property
    def version(self) -> str:
        return self.text("version")


class Chart:
    """A chart as it was loaded, and as its dependencies change it: an alias renames it, a condition takes it away."""

    __slots__ = (
        "dependencies",
        "documents",
        "files",
        "metadata",
        "name",
        "parent",
        "path",
        "schema",
        "subcharts",
        "templates",
        "values",
    )

    def __init__(self, path: str, metadata: Metadata) -> None:
        self.path = path
        self.metadata = metadata
        self.name = metadata.text("name")
        self.dependencies: list[Dependency] | None = None
        """Those of Chart.yaml that are left; None where it has none."""
        self.values: Tree = {}
        self.documents: list[Document] = []
        """Those of values.yaml, which tell where a value was written."""
        self.schema: File | None = None
        self.templates: list[File] = []
        self.files: list[File] = []
        self.subcharts: list[Chart] = []
        self.parent: Chart | None = None

    def add(self, subchart: "Chart") -> None:
        subchart.parent = self
        self.subcharts.append(subchart)

    def set_subcharts(self, subcharts: list["Chart"]) -> None:
        self.subcharts = []
        for subchart in subcharts:
            self.add(subchart)

    def copy(self) -> "Chart":
        """A chart of its own for an alias. The subcharts are copies too, of which the inner ones are shared."""
        other = self._shallow()
        other.dependencies = None if self.dependencies is None else [each.copy() for each in self.dependencies]
        other.set_subcharts([subchart._shallow() for subchart in self.subcharts])
        return other

    def _shallow(self) -> "Chart":
        other = object.__new__(Chart)
        for slot in Chart.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other

    @property
    def is_root(self) -> bool:
        return self.parent is None

    @property
    def is_library(self) -> bool:
        return self.metadata.text("type").lower() == "library"

    @property
    def full_path(self) -> str:
        """What comments and errors call it: `shop/charts/web`."""
        return f"{self.parent.full_path}/charts/{self.name}" if self.parent is not None else self.name

    @property
    def crds(self) -> Iterator[tuple[str, File]]:
        """The definitions below `crds/`, with the names that comments give them; those of subcharts follow."""
        for file in self.files:
            if file.name.startswith("crds/") and file.name.lower().endswith((".yaml", ".yml", ".json")):
                yield f"{self.full_path}/{file.name}", file
        for subchart in self.subcharts:
            yield from subchart.crds
