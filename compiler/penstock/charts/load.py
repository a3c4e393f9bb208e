"""Loading a directory or a `.tgz` as a `Chart`, as Helm's loader does. All bytes are read once, within bounds."""

import posixpath
from collections.abc import Callable, Iterator, Sequence

from penstock.charts import ignore
from penstock.charts.archive import BOM, files_of
from penstock.charts.bounds import MAX_LINKED, MAX_NESTING, Room
from penstock.charts.chart import Chart, File, Metadata, Read, Refused
from penstock.charts.metadata import checked, dependencies_of, read_metadata, with_requirements
from penstock.charts.reading import Readers, mappings, merged
from penstock.model import Diagnostic, Document, Origin, Pos, Unreadable
from penstock.regex import regex
from penstock.sources import Files

CHART_FILE = "Chart.yaml"
_TIME = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})")
LOCKS = ("Chart.lock", "requirements.lock")


class Loader:
    """Loads charts from one tree of sources. `findings` holds the warnings; errors are raised as `Refused`."""

    def __init__(self, files: Files, readers: Readers, boundary: str = "") -> None:
        """A symlink may not lead out of `boundary`; if it is empty, not out of the chart."""
        self._files = files
        self._readers = readers
        self._boundary = boundary
        self._room = Room()
        self.findings: list[Diagnostic] = []

    def load(self, path: str, dependencies: Sequence[str] = ()) -> Chart:
        """Load the chart at a path, and add the charts at the paths of `dependencies` as its subcharts. Raises
        `Refused`.
        """
        chart = _of_known_version(self._at(path, 0))
        for each in sorted(dependencies, key=posixpath.basename):
            chart.add(self._at(each, 1))
        return chart

    def _at(self, path: str, depth: int) -> Chart:
        """Load a directory or an archive as a chart. Raises `Refused`."""
        if self._files.is_dir(path):
            return self._chart(self._directory(path), path, depth)
        data = self._read(path)
        if data is None:
            raise Refused("PS703", f"path {path!r} not found", Pos(path))
        return self._chart(files_of(data, path, self._room), path, depth)

    # --- files --------------------------------------------------------------------------------------------------------

    def _directory(self, top: str) -> list[File]:
        """Return the files of a directory, without those that `.helmignore` names, in the order of Helm's walk."""
        ignored = ignore.read_ignored(self._read(posixpath.join(top, ignore.FILE)), posixpath.join(top, ignore.FILE))
        prefix = "" if top == "." else f"{posixpath.normpath(top)}/"
        files = []
        for path in self._walk(top, lambda path: ignored.covers(path.removeprefix(prefix))):
            name = path.removeprefix(prefix)
            self._stays_inside(path, top)
            data = self._read(path)
            if data is None:
                raise Refused("PS700", "this file of the chart is a symlink that leads to no file", Pos(path))
            self._room.take(0, len(data), path)
            files.append(File(name, path, data.removeprefix(BOM)))
        return sorted(files, key=lambda file: file.name.split("/"))

    def _walk(self, top: str, is_ignored: Callable[[str], bool]) -> Iterator[str]:
        """Yield the files of a chart, also those in symlinked directories, which Helm follows.

        A directory to which many links lead is listed once.
        """
        listed: dict[str, tuple[list[str], list[str]]] = {}
        waiting = [(top, top, 0)]
        for shown, real, depth in waiting:
            if real not in listed:
                listed[real] = self._listing(real)
            names, links = listed[real]
            linked = frozenset(links)
            for name in names:
                path = posixpath.normpath(posixpath.join(shown, name))
                self._room.take(1, 0, path)
                if name not in linked and not is_ignored(path):
                    yield path
            for link in links:
                path = posixpath.normpath(posixpath.join(shown, link))
                self._room.take(1, 0, path)
                if is_ignored(path):
                    continue
                self._stays_inside(path, top)
                if depth == MAX_NESTING:
                    raise Refused("PS700", "this file of the chart has too many levels of symbolic links", Pos(path))
                if len(waiting) > MAX_LINKED:
                    raise Refused("PS702", f"this chart has more than {MAX_LINKED:,} symlinked directories", Pos(path))
                waiting.append((path, self._files.real(path), depth + 1))

    def _listing(self, directory: str) -> tuple[list[str], list[str]]:
        """Return the files and the symlinked directories below a directory, by their paths from there."""
        prefix = "" if directory == "." else f"{posixpath.normpath(directory)}/"
        names, links = self._files.walk(directory), self._files.links(directory)
        return [path.removeprefix(prefix) for path in names], [path.removeprefix(prefix) for path in links]

    def _stays_inside(self, path: str, top: str) -> None:
        """Raise `Refused` for a symlink that leads out of the chart. Helm follows it, and so would give away any
        file.
        """
        try:
            real = self._files.real(path)
            inside = self._boundary or self._files.real(top)
        except Unreadable as reason:
            raise Refused("PS700", f"this file of the chart {reason}", Pos(path)) from None
        if not _is_within(real, inside):
            message = "this file of the chart is a symlink that leads out of it"
            raise Refused("PS701", message, Pos(path), "copy the file into the chart")

    def _read(self, path: str) -> bytes | None:
        try:
            return self._files.read(path)
        except Unreadable as reason:
            raise Refused("PS700", f"this file of the chart {reason}", Pos(path)) from None

    # --- charts -------------------------------------------------------------------------------------------------------

    def _chart(self, files: list[File], path: str, depth: int) -> Chart:
        """Build a chart with its subcharts from its files."""
        if depth > MAX_NESTING:
            raise Refused("PS702", f"charts lie more than {MAX_NESTING} deep inside one another", Pos(path))
        by_name = {file.name: file for file in files}
        chart = self._described(by_name, path)
        inside: dict[str, list[File]] = {}
        for file in files:
            if file.name.startswith("charts/") and not file.name.endswith(".prov"):
                # A folder or an archive below `charts/` is one subchart.
                inside.setdefault(file.name.split("/")[1], []).append(file)
            elif file.name.startswith("templates/"):
                chart.templates.append(file)
            elif _is_extra(file.name, chart.metadata):
                chart.files.append(file)
        for name in sorted(inside):
            subchart = self._subchart(name, inside[name], depth)
            if subchart is not None:
                chart.add(subchart)
        return chart

    def _described(self, by_name: dict[str, File], path: str) -> Chart:
        """Return a chart with its metadata, dependencies, values and schema, but without templates and subcharts."""
        metadata = self._metadata(by_name.get(CHART_FILE), path)
        where = metadata.origin
        requirements = by_name.get("requirements.yaml")
        if requirements is not None:
            documents, findings = self._mappings(self._readers.chart, requirements, "PS700")
            self.findings += findings
            if documents:
                metadata, where = with_requirements(metadata, documents[0].body, documents[0].origin)
        metadata = checked(metadata)
        chart = Chart(path, metadata)
        chart.dependencies = dependencies_of(metadata, where)
        values = by_name.get("values.yaml")
        if values is not None:
            chart.documents, findings = self._mappings(self._readers.values, values, "PS704")
            chart.values = merged(chart.documents)
            self.findings += findings
        chart.schema = by_name.get("values.schema.json")
        for name in LOCKS:
            self._check_lock(by_name.get(name), name)
        return chart

    def _check_lock(self, file: File | None, name: str) -> None:
        """Check a lock file. Its content is not used, but Helm refuses a chart with a lock file that it cannot
        parse.
        """
        if file is None:
            return
        for document in self._mappings(self._readers.chart, file, "PS700")[0][:1]:
            generated, dependencies = document.body.get("generated"), document.body.get("dependencies")
            if generated is not None and not _TIME.fullmatch(str(generated)):
                place = document.origin.below("generated")
                raise Refused("PS700", f"cannot load {name}: this must be a time, as in RFC 3339", place)
            if not isinstance(dependencies, list | type(None)):
                raise Refused(
                    "PS700", f"cannot load {name}: this must be a list", document.origin.below("dependencies")
                )

    def _mappings(self, read: Read, file: File, code: str) -> tuple[list[Document], list[Diagnostic]]:
        self._room.take_text(file.data, file.path)
        return mappings(read, file.data, file.path, code)

    def _metadata(self, file: File | None, path: str) -> Metadata:
        if file is None:
            raise Refused("PS700", "Chart.yaml file is missing", Pos(path))
        documents, findings = self._mappings(self._readers.chart, file, "PS700")
        self.findings += findings
        if not documents:
            return read_metadata({}, Origin(file.path))
        return read_metadata(documents[0].body, documents[0].origin)

    def _subchart(self, name: str, files: list[File], depth: int) -> Chart | None:
        """Load a chart in `charts/`. Return None for an entry that Helm does not treat as a chart."""
        if name.startswith(("_", ".")):
            return None
        first = files[0]
        if name.endswith(".tgz"):
            if first.name != f"charts/{name}":
                raise Refused("PS700", f"error unpacking subchart tar: {name} is a directory", Pos(first.path))
            return self._chart(files_of(first.data, first.path, self._room), first.path, depth + 1)
        skipped = len(f"charts/{name}/")
        inside = [file._replace(name=file.name[skipped:]) for file in files if file.name.count("/") > 1]
        top = first.path[: len(first.path) - len(first.name)] + f"charts/{name}"
        return self._chart(inside, top, depth + 1)


def _of_known_version(chart: Chart) -> Chart:
    """Return the chart. Raises `Refused` if Helm does not render its `apiVersion`."""
    version = chart.metadata.text("apiVersion")
    if version not in ("v1", "v2"):
        reason = "invalid chart apiVersion" if version == "v3" else "unsupported chart version"
        raise Refused("PS700", f"{reason}: {version}", chart.metadata.origin.below("apiVersion"), "v1 and v2 are known")
    return chart


def _is_within(path: str, top: str) -> bool:
    """Return whether a path without symlinks lies in a directory. Both are relative to the same root."""
    parts = path.split("/")
    above = [] if top == "." else top.split("/")
    if set(above) <= {".."}:  # the directory contains the root
        return parts[:1] != [""] and parts[: len(above) + 1].count("..") <= len(above)
    return parts[: len(above)] == above and parts[len(above) : len(above) + 1] != [".."]


def _is_extra(name: str, metadata: Metadata) -> bool:
    """Return whether a file is part of `.Files`: one without a role of its own or, in a v1 chart, one with
    requirements.
    """
    if name in (CHART_FILE, "Chart.lock", "values.yaml", "values.schema.json"):
        return False
    return name not in ("requirements.yaml", "requirements.lock") or metadata.text("apiVersion") == "v1"
