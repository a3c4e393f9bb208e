"""The data model: a chart with its subcharts, and the error for a chart that cannot be rendered."""

from collections.abc import Callable, Iterator

from penstock.model import Diagnostic, Document, Origin, Pointer, Pos, Tree
from penstock.records import NamedTuple
from penstock.typed import Any

Loaded = tuple[list[Document], list[Diagnostic]]
Read = Callable[[bytes, str], Loaded]
"""A function from (data, path) to the documents of a YAML file, and findings about it."""


LONGEST_MESSAGE = 2_000
"""Characters of a message. The chain of templates that include one another, or a name in an archive, can be longer."""


def cut(message: str) -> str:
    """Return a message without its middle, if it is too long."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]} […] {message[-half:]}"


class Refused(Exception):  # noqa: N818  # carries a finding, is none
    """Helm would render nothing here. `release` turns the error into a result."""

    def __init__(self, code: str, message: str, where: Origin | Pos, hint: str = "") -> None:
        super().__init__(message)
        self.findings = [Diagnostic(code, "error", cut(message), where, hint=hint)]
        self.about: Pointer = ()
        """The path of the value that a template could not use, where that is known."""


class File(NamedTuple):
    """A file of a chart.

    `name` is relative to the chart. `path` is its path among the sources; for a file in an archive, that is
    `shop-1.2.3.tgz/templates/web.yaml`.
    """

    name: str
    path: str
    data: bytes

    @property
    def text(self) -> str:
        """The text that the template engine reads. Bytes that are not UTF-8 become lone surrogates."""
        return self.data.decode("utf-8", "surrogateescape")


class Dependency:
    """An entry of `dependencies` in Chart.yaml. An alias replaces its name, and `enabled` is computed from values."""

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
        """Return a copy whose name and imports can change independently."""
        other = object.__new__(Dependency)
        for slot in Dependency.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other


class Metadata(NamedTuple):
    """Chart.yaml, with strings as Helm reads them. `fields` holds all fields by their names in the file."""

    fields: Tree
    origin: Origin

    def text(self, field: str) -> str:
        value = self.fields.get(field)
        return value if isinstance(value, str) else ""

    @property
    def version(self) -> str:
        return self.text("version")


class Chart:
    """A chart as it was loaded, and as dependencies change it: an alias renames it, a condition removes it."""

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
        """The entries of Chart.yaml that are enabled; None where there are none."""
        self.values: Tree = {}
        self.documents: list[Document] = []
        """The documents of values.yaml, which tell where a value was written."""
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
        """Return a separate chart for an alias. Its direct subcharts are copied too; the subcharts below them are
        shared.
        """
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
        """The path by which comments and errors name the chart: `shop/charts/web`."""
        return f"{self.parent.full_path}/charts/{self.name}" if self.parent is not None else self.name

    @property
    def crds(self) -> Iterator[tuple[str, File]]:
        """The files in `crds/` with the names that comments give them, followed by those of the subcharts."""
        for file in self.files:
            if file.name.startswith("crds/") and file.name.lower().endswith((".yaml", ".yml", ".json")):
                yield f"{self.full_path}/{file.name}", file
        for subchart in self.subcharts:
            yield from subchart.crds
